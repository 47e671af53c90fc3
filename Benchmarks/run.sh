#!/bin/sh
# Builds and runs the benchmarks; prints the table of docs/performance.md.
set -eu
cd "$(dirname "$0")/.."
configuration=${CONFIGURATION:-release}
swift build -c "$configuration" --explicit-target-dependency-import-check error --product agora-example >&2
swift build -c "$configuration" --explicit-target-dependency-import-check error --product agora-bench >&2
exec ".build/$configuration/agora-bench" "$@"
