#!/usr/bin/env python3
"""Checks docs/asvs.md: a row for every requirement of levels 1 and 2 in scripts/asvs-ids.txt, with its level and a state, and
every test that a row names, in backticks in its last cell, exists in Tests."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STATES = ("met", "by a setting", "not met", "n/a")


def names_of_tests(folder):
    names = set()
    for file in folder.rglob("*.swift"):
        names.update(re.findall(r"\bfunc `([^`]+)`", file.read_text(encoding="utf-8")))
    for file in folder.rglob("*.py"):
        names.update(re.findall(r'@test\(\s*"([^"]+)"', file.read_text(encoding="utf-8")))
    return names


def problems(document, ids, tests):
    wanted = dict(line.split() for line in ids.read_text(encoding="utf-8").splitlines() if line.strip())
    seen = set()
    for number, line in enumerate(document.read_text(encoding="utf-8").splitlines(), 1):
        if not re.match(r"\| V\d+\.", line):
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) != 5:
            yield f"line {number}: {len(cells)} cells instead of 5"
            continue
        name, level, _, state, proof = cells
        if name in seen:
            yield f"line {number}: {name} has a row already"
        seen.add(name)
        if wanted.get(name) != level:
            yield f"line {number}: {name} of level {level} is not in {ids.name}"
        if state not in STATES:
            yield f"line {number}: {name} is “{state}”, neither of {', '.join(STATES)}"
        if not proof:
            yield f"line {number}: {name} has no proof and no reason"
        for quoted in re.findall(r"`([^`]+)`", proof):
            if quoted not in tests:
                yield f"line {number}: {name} names a test that is not there: {quoted}"
        for link in re.findall(r"\]\(([^)#]+)", proof):
            if not (document.parent / link).exists():
                yield f"line {number}: {name} links to {link}, which is not there"
    for name in wanted.keys() - seen:
        yield f"{name} has no row"


if __name__ == "__main__":
    paths = [Path(each) for each in sys.argv[1:]] or [ROOT / "docs/asvs.md", ROOT / "scripts/asvs-ids.txt", ROOT / "Tests"]
    found = sorted(problems(paths[0], paths[1], names_of_tests(paths[2])))
    print("\n".join(f"asvs: {each}" for each in found), file=sys.stderr)
    sys.exit(1 if found else 0)
