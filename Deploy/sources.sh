#!/bin/sh
# Prints the Swift files that people write, for `make format` and `make lint`: all but the generated ones.
cd "$(dirname "$0")/.." || exit 1
echo Package.swift
find Sources Tests Benchmarks -name '*.swift' -not -path '*/Generated/*' -not -path '*/.build*' 2>/dev/null | sort
