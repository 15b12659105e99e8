#!/usr/bin/env python3
"""Looks for constants that two modules of a release build define differently under one name.

Swift 6.3 turns the array literals of an @inlinable function into weak global data, in every module that inlines
it, numbered in the order that module's optimizer met them. The linker keeps one of each name: with two literals
in a function, one module's `true` became another's `false` (ADR 12).

Usage: scripts/release-check.py FOLDER    the folder with the *.build folders, such as .build/release
Exit status: 0 none, 1 some, 2 nothing to look at.
"""

import collections
import concurrent.futures
import pathlib
import re
import subprocess
import sys

SYMBOL = re.compile(r"^([0-9a-f]{16}) (.{7}) (\S+)\t([0-9a-f]{16})\s+(?:\.hidden )?(\S+)$")
# A literal moved out of a function: its name ends in Tv and a number; r is for one that is only read.
OUTLINED = re.compile(r"Tv\d*_r?$")
# An array in static data: two words for the object, filled in at run time.
OBJECT_HEADER = 16


def symbols(path):
    listing = subprocess.run(["objdump", "-t", path], capture_output=True, text=True, check=True).stdout
    found = []
    for line in listing.splitlines():
        match = SYMBOL.match(line)
        if match and match[2][1] == "w" and match[3] != "*UND*" and OUTLINED.search(match[5]):
            found.append((match[5], path, match[3], int(match[1], 16), int(match[4], 16)))
    return found


def content(path, section, start, size):
    flags = ["--only-section", section, "--set-section-flags", section + "=alloc"]
    section = subprocess.run(
        ["objcopy", "-O", "binary", *flags, path, "/dev/stdout"], capture_output=True, check=True).stdout
    return section[start + OBJECT_HEADER:start + size]


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        print(__doc__)
        return 2
    objects = sorted(pathlib.Path(sys.argv[1]).glob("*.build/*.swift.o"))
    definitions = collections.defaultdict(list)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        for found in pool.map(symbols, objects):
            for name, *place in found:
                definitions[name].append(place)
    if not definitions:
        print(f"no constants of a release build in {sys.argv[1]}")
        return 2
    shared = {name: places for name, places in definitions.items() if len(places) > 1}
    wrong = 0
    for name, places in sorted(shared.items()):
        if len({content(*place) for place in places}) > 1:
            wrong += 1
            print(f"{name} differs between {', '.join(str(place[0]) for place in places)}")
    print(f"{len(definitions)} constants in {len(objects)} objects, {len(shared)} in several, {wrong} of them differ")
    return 1 if wrong else 0


sys.exit(main())
