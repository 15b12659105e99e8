#!/bin/sh
# The database benchmarks: builds, prepares asyncpg in .bench/venv, compares, prints a table and writes
# .bench/database/results.json. Options are passed on: --rounds N --seconds N. BENCH_BIN is a folder with
# bench-database in it that is not to be built.
set -eu
cd "$(dirname "$0")/../.."
mkdir -p .bench/database
if ! .bench/venv/bin/python -c 'import asyncpg' 2>/dev/null; then
    python3 -m venv .bench/venv || {
        echo "python3-venv is missing: apt-get install python3-venv" >&2
        exit 1
    }
    .bench/venv/bin/pip install --quiet --disable-pip-version-check asyncpg uvloop
fi
if [ -z "${BENCH_BIN:-}" ]; then
    swift build -c release --product bench-database >&2
    BENCH_BIN=.build/release
fi
status=0
"$BENCH_BIN/bench-database" "$@" || status=$?
# Its own file speaks in numbers; the table of `make bench` wants words.
if [ -f .bench/database.json ]; then
    python3 - <<'PYTHON'
import json

def number(value):
    return f"{value:,.0f}"

rows = []
for row in json.load(open(".bench/database.json")):
    rows.append({
        "what": f"{row['workload']}, beside {row['peer']}", "ours": number(row["ours"]), "peer": number(row["theirs"]),
        "ratio": f"{row['ratio']:.2f}×", "target": f"≥ {row['target']}×", "met": row["ratio"] >= row["target"]})
json.dump(rows, open(".bench/database/results.json", "w"), indent=1)
PYTHON
    rm -f .bench/database.json
fi
exit "$status"
