#!/bin/sh
# The database benchmarks: builds, prepares asyncpg in .bench/venv, compares, prints a table and writes
# .bench/database.json. Options are passed on: --rounds N --seconds N.
set -eu
cd "$(dirname "$0")/../.."
mkdir -p .bench
if ! .bench/venv/bin/python -c 'import asyncpg' 2>/dev/null; then
    python3 -m venv .bench/venv || {
        echo "python3-venv is missing: apt-get install python3-venv" >&2
        exit 1
    }
    .bench/venv/bin/pip install --quiet --disable-pip-version-check asyncpg uvloop
fi
swift build -c release --product bench-database
exec .build/release/bench-database "$@"
