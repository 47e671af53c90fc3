#!/bin/sh
# Compiles the launcher's parsers with libFuzzer, by the clang that comes with Swift, and runs them for so many seconds.
set -eu

seconds=$1
launcher=Sources/Agent/Launcher
tests=Tests/LauncherTests/Fuzz
folder=.build/fuzz
clang=$(dirname "$(readlink -f "$(command -v swift)")")/clang

mkdir -p "$folder/corpus"
sources=$(find "$launcher" -name '*.c' ! -name main.c)
# shellcheck disable=SC2086 # word splitting is wanted
"$clang" -std=c11 -g -O1 -Wall -Wextra -Werror -fuse-ld=lld -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
    -I "$launcher" -I "$launcher/generated" -o "$folder/launcher" "$tests/fuzz.c" $sources -lprotobuf-c
exec "$folder/launcher" -max_total_time="$seconds" -max_len=8192 -timeout=10 -rss_limit_mb=1024 -artifact_prefix="$folder/" "$folder/corpus" "$tests/seeds"
