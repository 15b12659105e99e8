#!/bin/bash
# Everything that must hold: the Swift tests against a real PostgreSQL, the page in a real browser,
# the HTTP parser under a fuzzer for a bounded time, and the layout of the sources. A part that fails
# does not hide the others; the totals come last.

source "$(dirname "$0")/lib.sh"
require_swift
require_writable
scripts/packages.sh build test
Tests/tools/setup.sh
swift_flags

logs=.build/test-logs
mkdir -p "$logs"
rm -f "$logs"/*
summary=()
failed_parts=0
passed=0
failed=0

say "building everything, tests included"
swift build --build-tests "${SWIFT_FLAGS[@]}" || stop "the build failed, so no test was run."
# What people run is the release build: the programs and the page are tested on it. An optimizer may err.
build_release || stop "the release build failed, so no test was run."
release=$PWD/.build/release/purser

# Deadlines of fractions of a second, and programs that are killed, each want the machine to themselves.
swift_tests() {
    local name=$1 status=0 ran broken last
    shift
    say "Swift tests: $name"
    swift test --skip-build --disable-xctest "${SWIFT_FLAGS[@]}" --xunit-output "$logs/swift-$name.xml" "$@" 2>&1 \
        | tee "$logs/swift-$name.log" || status=$?
    # The runner's own report, test by test. Cut short by a crash it cannot be read, and nothing counts.
    read -r ran broken < <(python3 - "$logs/swift-$name.xml" <<'PYTHON'
import sys, xml.etree.ElementTree as tree
try:
    cases = [case for case in tree.parse(sys.argv[1]).getroot().iter("testcase") if case.find("skipped") is None]
except (OSError, tree.ParseError):
    cases = []
print(len(cases), sum(case.find("failure") is not None for case in cases))
PYTHON
    )
    if [ "$ran" -eq 0 ]; then status=1; fi
    if [ "$status" -ne 0 ] && [ "$broken" -eq 0 ]; then broken=1; fi
    passed=$((passed + (ran > broken ? ran - broken : 0)))
    failed=$((failed + broken))
    last=$(grep -a 'Test run with' "$logs/swift-$name.log" | tail -n 1 || true)
    summary+=("$(printf '%-9s %s' "$name:" "${last:-did not run to its end; see $logs/swift-$name.log}")")
    [ "$status" -eq 0 ] || failed_parts=$((failed_parts + 1))
}
timed='^(EventLoopTests|HTTPServerTests)\.'
programs='^AppTests\.'
swift_tests most --skip "$timed" --skip "$programs"
swift_tests timed --filter "$timed"
PURSER_BINARY=$release swift_tests programs --filter "$programs"

# A part that is a script: its exit code decides. If its last line counts its tests they are added to
# the totals, else the part counts as one.
part() {
    local name=$1 status=0 last good=0 bad=0
    shift
    say "$name"
    "$@" 2>&1 | tee "$logs/$name.log" || status=$?
    last=$(grep -av '^[[:space:]]*$' "$logs/$name.log" | tail -n 1 || true)
    if [[ "$last" =~ ([0-9]+)\ passed ]]; then
        good=${BASH_REMATCH[1]}
        if [[ "$last" =~ ([0-9]+)\ failed ]]; then bad=${BASH_REMATCH[1]}; fi
    elif [ "$status" -eq 0 ]; then
        good=1
    fi
    if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1; fi
    if [ "$bad" -gt 0 ]; then failed_parts=$((failed_parts + 1)); fi
    passed=$((passed + good))
    failed=$((failed + bad))
    summary+=("$(printf '%-9s %s' "$name:" "$last")")
}

browser_tests() { BINARY=$release Tests/browser/run.sh; }
docs_are_true() { BINARY=$release scripts/docs.sh --check && echo "up to date"; }
release_constants() { scripts/release-check.py .build/release; }
lint() { scripts/lint.sh && echo "no finding"; }

if [ -x Tests/browser/run.sh ]; then part browser browser_tests; fi
if [ -x Fuzz/run.sh ]; then part fuzz Fuzz/run.sh; fi
part release release_constants
part docs docs_are_true
part lint lint

say "totals"
printf '%s\n' "${summary[@]}"
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed_parts" -eq 0 ]
