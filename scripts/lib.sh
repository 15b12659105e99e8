# Shared by the other scripts: messages, the toolchain, the Debian packages.
# shellcheck shell=bash

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

SWIFT_WANTED="6.3"

# Progress is for people. A pipe or CI gets plain lines.
if [ -t 2 ] && [ "${CI:-}" != "true" ]; then
    bold=$'\e[1m' red=$'\e[31m' plain=$'\e[0m'
else
    bold="" red="" plain=""
fi

say() { printf '%s==>%s %s\n' "$bold" "$plain" "$*" >&2; }
stop() {
    printf '%serror:%s %s\n' "$red" "$plain" "$1" >&2
    shift
    for line in "$@"; do printf '       %s\n' "$line" >&2; done
    exit 1
}

# Puts a Swift toolchain that is new enough on PATH, or says what to install.
require_swift() {
    if ! command -v swift >/dev/null; then
        local folder
        for folder in /opt/swift/usr/bin /usr/local/swift/usr/bin "${HOME:-/root}/.local/share/swiftly/bin" \
            /usr/share/swift/usr/bin; do
            if [ -x "$folder/swift" ]; then
                export PATH="$folder:$PATH"
                break
            fi
        done
    fi
    command -v swift >/dev/null || stop "no Swift toolchain was found; Purser is built with Swift $SWIFT_WANTED or later." \
        "Install one as https://www.swift.org/install/linux/ says, and see that 'swift' is on PATH."
    local version
    version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | sed -n 1p)
    [ -n "$version" ] || stop "'swift --version' does not work: $(swift --version 2>&1 | sed -n 1p)" \
        "See https://www.swift.org/install/linux/ for what a toolchain needs."
    if [ "$(printf '%s\n%s\n' "$SWIFT_WANTED" "$version" | sort -V | sed -n 1p)" != "$SWIFT_WANTED" ]; then
        stop "Swift $version is too old; Purser is built with Swift $SWIFT_WANTED or later." \
            "See https://www.swift.org/install/linux/."
    fi
}

# A folder that another user (often root) built in cannot be built in again by this one.
require_writable() {
    local folder
    for folder in . .build; do
        if [ -e "$folder" ] && [ ! -w "$folder" ]; then
            stop "$(realpath "$folder") belongs to $(stat -c %U "$folder"), and $(id -un) may not write there." \
                "Mend it with: sudo chown -R $(id -un) $(realpath "$folder")"
        fi
    done
}

swift_flags() {
    SWIFT_FLAGS=()
    if [ -n "${JOBS:-}" ]; then SWIFT_FLAGS+=(--jobs "$JOBS"); fi
    if [ "${WARNINGS_AS_ERRORS:-}" = "1" ]; then SWIFT_FLAGS+=(-Xswiftc -warnings-as-errors); fi
}

build_release() {
    swift_flags
    say "building the release binary (the first time takes some minutes)"
    swift build -c release --product purser "${SWIFT_FLAGS[@]}" >&2
}

# A virtual environment for Python tools, made once for each requirements file.
# $1 folder, $2 requirements file
python_environment() {
    local folder=$1 wanted=$2 stamp
    stamp=$(sha256sum "$wanted" | cut -c 1-16)
    if [ -x "$folder/bin/python" ] && [ "$(cat "$folder/.stamp" 2>/dev/null)" = "$stamp" ]; then return; fi
    say "installing the Python packages of $wanted into $folder"
    rm -rf "$folder"
    python3 -m venv "$folder" || stop "python3 could not make a virtual environment in $folder."
    "$folder/bin/pip" install --quiet --disable-pip-version-check -r "$wanted" >&2 \
        || stop "the Python packages of $wanted could not be installed (is the network there?)."
    echo "$stamp" >"$folder/.stamp"
}
