# The two commands that matter are `make run` and `make test`; both do all set-up on a fresh Debian 12 with Swift 6.3.
CONFIGURATION ?= release
SWIFT_FLAGS := -c $(CONFIGURATION) --explicit-target-dependency-import-check error
BIN := .build/$(CONFIGURATION)

.PHONY: help run test build setup bench format lint protos soak clean

help:
	@echo "make run      build Agora, start a cluster on this machine, show an app running on it (Ctrl-C stops all of it)"
	@echo "make test     run every test"
	@echo "make build    build $(BIN)/agora and its launcher"
	@echo "make bench    measure; prints the table of docs/performance.md"
	@echo "make format   reformat the Swift sources;  make lint  check them"
	@echo "make protos   generate the messages anew from the .proto files"

setup:
	@Deploy/setup.sh

build: setup
	swift build $(SWIFT_FLAGS) --product agora-launcher
	swift build $(SWIFT_FLAGS) --product agora

# AGORA_… variables and UP="--agents 3" reach `agora up`.
run: build
	@exec $(BIN)/agora up --app Deploy/examples/hello.json $(UP)

# Builds all, tests included, in the configuration that `run` uses, so that neither builds what the other has built.
test: setup lint
	swift build $(SWIFT_FLAGS) --build-tests
	swift test $(SWIFT_FLAGS) --skip-build $(TEST)

bench: build
	Benchmarks/run.sh

format:
	swift format --in-place --recursive --parallel $(shell Deploy/sources.sh)

lint:
	@swift format lint --strict --recursive --parallel $(shell Deploy/sources.sh)

protos: setup
	Deploy/protos.sh

clean:
	rm -rf .build
