#!/bin/sh
# Installs what only the tests need: the program sqlite3, which Deploy/examples/nightly runs, from Debian; and the other people's clients that
# Tests/Compatibility runs into .build/clients, if they aren't there: pinned, and nowhere else.
set -eu
cd "$(dirname "$0")/.."

command -v sqlite3 >/dev/null 2>&1 || Deploy/setup.sh sqlite3

requirements=Tests/Compatibility/Python
target=.build/clients
wanted=$(cat "$requirements"/requirements*.txt Deploy/setup-tests.sh | cksum)
[ "$(cat "$target/installed" 2>/dev/null || true)" != "$wanted" ] || exit 0

python3 -m pip --version >/dev/null 2>&1 || Deploy/setup.sh python3 python3-pip
echo "Installing Python clients for the tests into $target"
rm -rf "$target"
mkdir -p "$target/source"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! {
    python3 -m pip install --disable-pip-version-check --no-deps --require-hashes --target "$target" -r "$requirements/requirements.txt" &&
        python3 -m pip download --disable-pip-version-check --no-deps --require-hashes --no-binary :all: -d "$target/source" \
            -r "$requirements/requirements-source.txt" &&
        tar -xzf "$target"/source/http-parser-*.tar.gz -C "$target/source" --strip-components=1 &&
        mkdir "$target/http_parser" && cp "$target"/source/http_parser/*.py "$target/http_parser/" && rm -rf "$target/source"
} >"$log" 2>&1; then
    tail -n 5 "$log" >&2
    echo "The Python clients of the tests can't be installed" >&2
    exit 1
fi
echo "$wanted" >"$target/installed"
