#!/bin/bash
# From a fresh clone to the demo in the browser.
source "$(dirname "$0")/lib.sh"
require_swift
require_writable
scripts/packages.sh build run
build_release
say "starting Purser with demo data in $DATA (stop it with Ctrl-C)"
exec .build/release/purser serve --demo --data "$DATA" --host "$HOST" --port "$PORT"
