#!/bin/bash
# The release binary at .build/release/purser.
source "$(dirname "$0")/lib.sh"
require_swift
require_writable
scripts/packages.sh build
build_release
say "built .build/release/purser"
