#!/bin/bash
# Installs the Debian packages of the given groups (build, run, test, bench), if any is missing.
# When all are there it asks neither apt nor the network, so repeated runs are quick and work offline.

source "$(dirname "$0")/lib.sh"

build_packages=(libpq-dev libssl-dev libargon2-dev zlib1g-dev libexpat1-dev libcurl4-openssl-dev libvips-dev
    libqrencode-dev libcrypt-dev pkg-config)
run_packages=(postgresql libjs-chart.js fonts-inter-variable util-linux)
test_packages=("${run_packages[@]}" chromium chromium-driver python3-venv)
bench_packages=("${run_packages[@]}" wrk python3-venv python3-cryptography hledger ledger beancount)

installed() {
    case "$1" in
        # Any server of version 15 or later will do, wherever it came from.
        postgresql) compgen -G "/usr/lib/postgresql/1[5-9]/bin/postgres" >/dev/null \
            || compgen -G "/usr/lib/postgresql/[2-9][0-9]/bin/postgres" >/dev/null ;;
        pkg-config) command -v pkg-config >/dev/null ;;
        wrk) command -v wrk >/dev/null ;;
        *) [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = "installed" ] ;;
    esac
}

# Read whole before it is searched: `grep -q` in a pipe would end apt-cache early, which counts as failure.
known() {
    local policy
    policy=$(apt-cache policy "$1" 2>/dev/null) || return 1
    grep -q 'Candidate: [^(]' <<<"$policy"
}

# The server of Debian 12 by name, without the metapackage; elsewhere whatever is the default.
apt_name() {
    if [ "$1" = "postgresql" ] && known postgresql-15; then echo postgresql-15; else echo "$1"; fi
}

missing=()
for group in "$@"; do
    list="${group}_packages[@]"
    for package in "${!list}"; do
        installed "$package" || missing+=("$package")
    done
done
[ ${#missing[@]} -gt 0 ] || exit 0

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    stop "these packages are missing, and there is no apt-get here to install them:" "${missing[*]}" \
        "Install what your system calls them, then run this again."
fi

names=()
for package in "${missing[@]}"; do names+=("$(apt_name "$package")"); done
mapfile -t names < <(printf '%s\n' "${names[@]}" | sort -u)

by_hand="apt-get update && apt-get install --no-install-recommends ${names[*]}"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || stop "Debian packages are missing, and there is no sudo here. As root, run:" "$by_hand"
    # At a terminal sudo may ask for a password; elsewhere it must not hang.
    if [ -t 0 ] && [ -t 2 ]; then
        sudo -v || stop "Debian packages are missing, and sudo refused. As root, run:" "$by_hand"
    else
        sudo -n true 2>/dev/null \
            || stop "Debian packages are missing, and sudo wants a password. As root, run:" "$by_hand"
    fi
    as_root=(sudo)
fi

apt() {
    local quiet=(-qq)
    if [ -t 2 ] && [ "${CI:-}" != "true" ]; then quiet=(-q); fi
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get "${quiet[@]}" -o DPkg::Lock::Timeout=300 "$@" >&2
}

# Debian's server package makes and starts a cluster of its own, on port 5432, when it is first
# installed. Purser has its own, so this asks for none; the file is removed again afterwards.
no_cluster=/etc/postgresql-common/createcluster.d/zz-purser.conf
remove_no_cluster() { "${as_root[@]}" rm -f "$no_cluster"; }
if [[ " ${missing[*]} " == *" postgresql "* ]]; then
    "${as_root[@]}" mkdir -p "$(dirname "$no_cluster")"
    echo "create_main_cluster = false" | "${as_root[@]}" tee "$no_cluster" >/dev/null
    trap remove_no_cluster EXIT
fi

say "installing ${names[*]}"
updated=""
for package in "${names[@]}"; do
    if ! known "$package"; then
        apt update || stop "apt-get update failed (is the network there?). By hand:" "$by_hand"
        updated=1
        break
    fi
done
unknown=()
for package in "${names[@]}"; do known "$package" || unknown+=("$package"); done
if [ ${#unknown[@]} -gt 0 ]; then
    stop "this system's package sources do not have: ${unknown[*]}" \
        "Purser is tried on Debian 12 (bookworm), section main."
fi
if ! apt install -y --no-install-recommends "${names[@]}"; then
    # An old package list names files that the mirror no longer has.
    [ -z "$updated" ] && apt update && apt install -y --no-install-recommends "${names[@]}" \
        || stop "the packages could not be installed. By hand, as root:" "$by_hand"
fi
