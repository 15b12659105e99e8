#!/bin/bash
# Each folder of Benchmarks/ measures Purser beside something else, in the same run. A benchmark leaves its
# numbers in .bench/NAME/results.json; they are printed together at the end.

source "$(dirname "$0")/lib.sh"
require_swift
require_writable
scripts/packages.sh build run bench
# BENCH_BIN is a folder with programs that are not to be built.
[ -n "${BENCH_BIN:-}" ] || build_release

ulimit -n "$(ulimit -Hn)" 2>/dev/null || true
failed=()
ran=()
for name in ${BENCH:-database http api signin import}; do
    script=""
    for candidate in "Benchmarks/$name/run.sh" "Benchmarks/$name/run.py"; do
        if [ -x "$candidate" ]; then
            script=$candidate
            break
        fi
    done
    if [ -z "$script" ]; then
        failed+=("$name (there is no Benchmarks/$name/run.sh or run.py)")
        continue
    fi
    say "benchmark: $name"
    mkdir -p ".bench/$name"
    rm -f ".bench/$name/results.json"
    # A target that is not met is told by the table; only a benchmark that could not run has failed.
    "$script" || true
    if [ -f ".bench/$name/results.json" ]; then ran+=("$name"); else failed+=("$name"); fi
done

say "all benchmarks"
python3 - "${ran[@]}" <<'PYTHON'
import json, sys
rows = []
for name in sys.argv[1:]:
    with open(f".bench/{name}/results.json") as file:
        rows += [{"part": name, **row} for row in json.load(file)]
columns = ["part", "what", "ours", "peer", "ratio", "target"]
widths = [max([len(name)] + [len(str(row.get(name, ""))) for row in rows]) for name in columns]
print("  ".join(name.ljust(width) for name, width in zip(columns, widths)))
for row in rows:
    cells = "  ".join(str(row.get(name, "")).ljust(width) for name, width in zip(columns, widths))
    print(cells + ("  met" if row.get("met") else "  NOT MET"))
print(f"{sum(bool(row.get('met')) for row in rows)} of {len(rows)} targets met")
PYTHON
[ ${#failed[@]} -eq 0 ] || stop "did not run: ${failed[*]}"
