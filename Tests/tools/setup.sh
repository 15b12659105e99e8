#!/bin/sh
# Makes the virtual environment of the programs that tests talk to: .build/tools-venv, from PyPI.
# Safe to repeat; does nothing when it is already there.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
venv="$root/.build/tools-venv"
if [ -x "$venv/bin/python" ] && "$venv/bin/python" -c 'import aiosmtpd, oidc_provider_mock, websockets' 2>/dev/null; then
    exit 0
fi
command -v python3 >/dev/null || { echo "python3 is missing: apt-get install python3 python3-venv" >&2; exit 1; }
mkdir -p "$root/.build"
python3 -m venv "$venv" || { echo "python3-venv is missing: apt-get install python3-venv" >&2; exit 1; }
"$venv/bin/pip" install --quiet --disable-pip-version-check 'aiosmtpd==1.4.6' 'oidc-provider-mock==0.3.4' 'websockets>=14,<16'
