#!/usr/bin/env bash
# Starts the program that was built on a directory of its own and drives its page in a real browser.
set -euo pipefail
cd "$(dirname "$0")/../.."
binary=${BINARY:-.build/debug/purser}
[ -x "$binary" ] || { echo "browser: $binary is missing; build it first" >&2; exit 1; }
Tests/browser/setup.sh
work=$(mktemp -d)
server=
provider=
verified=
finish() {
    for each in $server $verified $provider; do kill -TERM "$each" 2>/dev/null || true; wait "$each" 2>/dev/null || true; done
    rm -rf "$work"
}
trap finish EXIT
# Another service to sign in with, where Tests/tools/setup.sh has put one.
services=()
if [ -x .build/tools-venv/bin/oidc-provider-mock ]; then
    port=$(python3 -c 'import socket; probe = socket.socket(); probe.bind(("127.0.0.1", 0)); print(probe.getsockname()[1])')
    .build/tools-venv/bin/oidc-provider-mock --port "$port" \
        --user-claims '{"sub": "grace", "email": "grace@example.org", "email_verified": true}' > "$work/provider" 2>&1 &
    provider=$!
    printf secret > "$work/secret"
    printf '[{"id": "example", "name": "Example", "issuer": "http://127.0.0.1:%s", "clientId": "purser", "clientSecretFile": "secret"}]' \
        "$port" > "$work/services.json"
    services=(--oidc-providers "$work/services.json" --oidc-insecure-loopback true)
    export TEST_PROVIDER=1
fi
"$binary" serve --host 127.0.0.1 --port 0 --data "$work/data" --rate-limits off ${services[@]+"${services[@]}"} > "$work/out" 2> "$work/err" &
server=$!
# Another server, where only the link in a letter opens an account.
"$binary" serve --host 127.0.0.1 --port 0 --data "$work/verified" --rate-limits off --registration verified > "$work/out2" 2> "$work/err2" &
verified=$!
wait_for() {
    for _ in $(seq 1 600); do
        grep -qs '^listening on' "$1" && break
        kill -0 "$2" 2>/dev/null || { cat "$1" "$3" >&2; exit 1; }
        sleep 0.1
    done
}
wait_for "$work/out" "$server" "$work/err"
wait_for "$work/out2" "$verified" "$work/err2"
url=$(sed -n 's/^listening on //p' "$work/out")
VERIFIED_URL=$(sed -n 's/^listening on //p' "$work/out2")
export VERIFIED_URL VERIFIED_MAIL="$work/verified/mail"
MAIL_FOLDER="$work/data/mail" Tests/browser/run.py --url "$url" "$@"
