#!/bin/sh
# Installs what Agora needs from Debian, and the packages that are named, if they aren't there. Says what it does; does nothing, silently, when all is there.
set -eu

# What for: the launcher's messages; the store; gzip on HTTP; the time zones of schedules; the example app's web server; what the fetcher unpacks with; the C tests.
packages="libprotobuf-c-dev libsqlite3-dev zlib1g-dev tzdata busybox curl unzip xz-utils bzip2 gcc libc6-dev procps iproute2 $*"

if ! command -v swift >/dev/null 2>&1; then
    echo "Swift is not on the PATH. Agora needs Swift 6.3 or later: https://www.swift.org/install" >&2
    exit 1
fi
if ! command -v dpkg-query >/dev/null 2>&1; then
    echo "This is no Debian; see to it that these packages' counterparts are installed: $packages" >&2
    exit 0
fi
missing=
for package in $packages; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

become=
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
        echo "These Debian packages are missing, and only root can install them:$missing" >&2
        exit 1
    fi
    become=sudo
fi
echo "Installing from Debian:$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # word splitting is wanted
if ! { $become apt-get update && $become apt-get install -y --no-install-recommends $missing; } >"$log" 2>&1; then
    tail -n 5 "$log" >&2
    echo "These Debian packages can't be installed:$missing" >&2
    exit 1
fi
