#!/bin/sh
# Fuzzes the HTTP parser, the chunk decoder and the decoder of WebSocket frames for a bounded time: Fuzz/run.sh [seconds].
# Needs the Swift toolchain and nothing else. Ends with an error on a crash, and leaves the input that caused it.
set -eu
cd "$(dirname "$0")/.."
seconds="${1:-${FUZZ_SECONDS:-20}}"
build=.build/fuzz
mkdir -p "$build/found"
# Preconditions stay on in -O; the parser is checked for reading out of bounds by the address sanitizer.
swiftc -O -use-ld=lld -swift-version 6 -parse-as-library -sanitize=fuzzer,address -module-name HTTPFuzz -package-name purser \
    Sources/HTTPServer/Wire/*.swift Fuzz/HTTPFuzz.swift Fuzz/WebSocketFuzz.swift -o "$build/http-fuzz"
export SWIFT_BACKTRACE=enable=no
exec "$build/http-fuzz" -max_total_time="$seconds" -max_len=2048 -timeout=5 -rss_limit_mb=1024 \
    -dict=Fuzz/http.dict -artifact_prefix="$build/" -print_final_stats=1 "$build/found" Fuzz/corpus
