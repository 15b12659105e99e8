#!/bin/bash
# `swift format`, as .swift-format says. With --fix it changes the files instead of complaining.
source "$(dirname "$0")/lib.sh"
require_swift
folders=(Package.swift)
for folder in Sources Tests Fuzz Benchmarks; do
    if [ -d "$folder" ]; then folders+=("$folder"); fi
done
if [ "${1:-}" = "--fix" ]; then
    swift format format --in-place --recursive --parallel "${folders[@]}"
else
    swift format lint --strict --recursive --parallel "${folders[@]}"
    # Each requirement of sign-in has its row, and each test that it names is there.
    python3 scripts/asvs-check.py
fi
