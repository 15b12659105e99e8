#!/bin/sh
# Makes the virtual environment of the browser tests: .build/browser-venv, with selenium from PyPI.
# Safe to repeat; does nothing when it is already there.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
venv="$root/.build/browser-venv"
if [ -x "$venv/bin/python" ] && "$venv/bin/python" -c 'import selenium' 2>/dev/null; then
    exit 0
fi
command -v python3 >/dev/null || { echo "python3 is missing: apt-get install python3 python3-venv" >&2; exit 1; }
mkdir -p "$root/.build"
python3 -m venv "$venv" || { echo "python3-venv is missing: apt-get install python3-venv" >&2; exit 1; }
"$venv/bin/pip" install --quiet --disable-pip-version-check 'selenium>=4.20,<5'
