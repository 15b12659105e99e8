#!/bin/bash
# Express and node-postgres for the peer server, from Debian's packages, into .bench/node.
#
# Installed by apt where that works. Where another nodejs is installed (from nodesource, say) Debian's
# packages conflict with it, so they are downloaded and unpacked beside the project instead, one after the
# other until `require` is content. Prints the NODE_PATH to use.

set -euo pipefail
cd "$(dirname "$0")/../.."

folder=$PWD/.bench/node
node_path=$folder/usr/share/nodejs:$folder/usr/lib/nodejs:/usr/share/nodejs:/usr/lib/nodejs
try='require("express")(); require("express").json(); require("express").Router(); new (require("pg").Pool)()'

works() { NODE_PATH=$node_path node -e "$try" >/dev/null 2>&1; }
stop() { printf 'error: %s\n' "$@" >&2; exit 1; }

if command -v node >/dev/null && works; then
    echo "$node_path"
    exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then as_root=(sudo); fi
if apt-get install --simulate --no-install-recommends node-express node-pg >/dev/null 2>&1; then
    echo "==> installing node-express node-pg" >&2
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        node-express node-pg >&2 || true
fi
command -v node >/dev/null || stop "there is no node here, and apt could not install it." \
    "Install Debian's nodejs, node-express and node-pg."

# What the two need on Debian 12, asked for at once. Where the list does not fit, the loop below finds
# the rest: the package named like the missing module, or the one that provides that name.
known="node-accepts node-array-flatten node-body-parser node-bytes node-content-disposition node-content-type
    node-cookie node-cookie-signature node-debbundle-es-to-primitive node-debug node-deep-equal node-depd
    node-encodeurl node-escape-html node-etag node-express node-finalhandler node-fresh node-function-bind
    node-http-errors node-iconv-lite node-inherits node-ipaddr.js node-media-typer node-merge-descriptors
    node-methods node-mime node-mime-types node-ms node-negotiator node-object-inspect node-on-finished
    node-parseurl node-path-to-regexp node-pg node-proxy-addr node-qs node-range-parser node-raw-body
    node-safe-buffer node-send node-serve-static node-setprototypeof node-split2 node-statuses
    node-toidentifier node-type-is node-unpipe node-utils-merge node-vary"

mkdir -p "$folder/archives"
fetch() {
    (cd "$folder/archives" && apt-get download "$@" >/dev/null 2>&1) || return 1
    local archive
    for archive in "$folder/archives"/*.deb; do
        dpkg -x "$archive" "$folder"
        rm -f "$archive"
    done
}
provider() {
    apt-cache showpkg "$1" 2>/dev/null | sed -n '/^Reverse Provides:/,$p' | awk 'NR == 2 { print $1 }'
}

if ! works; then
    echo "==> unpacking node-express and node-pg into .bench/node" >&2
    # shellcheck disable=SC2086
    fetch $known || { fetch node-express && fetch node-pg; } \
        || stop "node-express and node-pg could not be downloaded." "Try 'apt-get update' first."
fi
for _ in $(seq 1 100); do
    if works; then
        echo "$node_path"
        exit 0
    fi
    missing=$(NODE_PATH=$node_path node -e "$try" 2>&1 | sed -n "s/.*Cannot find module '\([^'/]*\).*/\1/p" | sed -n 1p || true)
    [ -n "$missing" ] || break
    fetch "node-$missing" || fetch "$(provider "node-$missing")" || stop "no Debian package holds the module $missing."
done
NODE_PATH=$node_path node -e "$try" >&2 || true
stop "express and pg could not be put together from Debian's packages."
