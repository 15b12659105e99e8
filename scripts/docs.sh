#!/usr/bin/env bash
# Writes docs/openapi.json, docs/schema.sql and the table of settings in README.md from the program itself.
# With --check it only tells whether they are up to date.
set -euo pipefail
cd "$(dirname "$0")/.."
purser=${BINARY:-.build/release/purser}
[ -x "$purser" ] || { echo "docs: $purser is missing; run make build first" >&2; exit 1; }
work=$(mktemp -d)
server=
finish() {
    [ -z "$server" ] || { kill -TERM "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; }
    rm -rf "$work"
}
trap finish EXIT

"$purser" openapi | python3 -c 'import json, sys; json.dump(json.load(sys.stdin), sys.stdout, indent=1, ensure_ascii=False); print()' \
    > "$work/openapi.json"

"$purser" serve --port 0 --data "$work/data" > "$work/out" 2> "$work/err" &
server=$!
for _ in $(seq 1 300); do
    grep -q '^listening on' "$work/out" && break
    kill -0 "$server" 2>/dev/null || { cat "$work/out" "$work/err" >&2; exit 1; }
    sleep 0.1
done
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
"$bin/pg_dump" -h "$work/data/postgres/cluster" -U purser --schema-only --no-owner --no-privileges purser \
    | grep -vE '^(--|SET |SELECT pg_catalog|\\)|^$' > "$work/schema.sql"

env -i PATH="$PATH" "$purser" config --markdown > "$work/settings"
awk -v file="$work/settings" '
    /<!-- generated: / { print; while ((getline line < file) > 0) print line; skip = 1; next }
    /<!-- end of generated -->/ { skip = 0 }
    !skip { print }' README.md > "$work/README.md"

if [ "${1:-}" = --check ]; then
    status=0
    for pair in openapi.json:docs/openapi.json schema.sql:docs/schema.sql README.md:README.md; do
        diff -u "${pair#*:}" "$work/${pair%%:*}" || { echo "docs: ${pair#*:} is out of date; run make docs" >&2; status=1; }
    done
    exit $status
fi
cp "$work/openapi.json" docs/openapi.json
cp "$work/schema.sql" docs/schema.sql
cp "$work/README.md" README.md
