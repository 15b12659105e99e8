#!/usr/bin/env bash
# Starts the program that was built on a directory of its own and drives its page in a real browser.
set -euo pipefail
cd "$(dirname "$0")/../.."
binary=${BINARY:-.build/debug/purser}
[ -x "$binary" ] || { echo "browser: $binary is missing; build it first" >&2; exit 1; }
Tests/browser/setup.sh
work=$(mktemp -d)
server=
finish() {
    [ -z "$server" ] || { kill -TERM "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; }
    rm -rf "$work"
}
trap finish EXIT
"$binary" serve --host 127.0.0.1 --port 0 --data "$work/data" --rate-limits off > "$work/out" 2> "$work/err" &
server=$!
for _ in $(seq 1 600); do
    grep -q '^listening on' "$work/out" && break
    kill -0 "$server" 2>/dev/null || { cat "$work/out" "$work/err" >&2; exit 1; }
    sleep 0.1
done
url=$(sed -n 's/^listening on //p' "$work/out")
MAIL_FOLDER="$work/data/mail" Tests/browser/run.py --url "$url" "$@"
