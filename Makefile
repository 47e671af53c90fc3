# The two commands that matter are `make run` and `make test`; both do all set-up on a fresh Debian 12 with Swift 6.3.
CONFIGURATION ?= release
SWIFT_FLAGS := -c $(CONFIGURATION) --explicit-target-dependency-import-check error
BIN := .build/$(CONFIGURATION)
# The targets of tests that need the machine for themselves.
REAL := ^(EndToEnd|Compatibility|LauncherTests|SimulationTests)\.

.PHONY: help run test tests build setup bench format lint protos soak fuzz fuzz-launcher schedules simulate clean

help:
	@echo "make run      build Agora, start a cluster on this machine, show an app running on it (Ctrl-C stops all of it)"
	@echo "make test     run every test"
	@echo "make build    build $(BIN)/agora and its launcher"
	@echo "make bench    measure; prints the table of docs/performance.md"
	@echo "make simulate play lives of a simulated cluster in which anything may fail (SEEDS=1-1000)"
	@echo "make soak     kill servers at random moments, many times; make fuzz, fuzz-launcher  send them what is nearly right"
	@echo "make schedules  a million drawn schedules against brute force (CASES=1000000)"
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

# Builds what is tested, in the configuration that `run` uses, so that neither builds what the other has built. `--build-tests` would build all that our
# packages have to offer, too: swift-protobuf alone would compile protoc, which takes half an hour.
tests: build
	@Deploy/setup-tests.sh
	swift build $(SWIFT_FLAGS) --product agora-example
	swift build $(SWIFT_FLAGS) --product agora-simulate
	swift build $(SWIFT_FLAGS) --product agoraPackageTests

# What runs in one process first, side by side; then what starts real programs, kills them and keeps the machine busy, one suite at a time.
test: lint tests
ifdef TEST
	swift test $(SWIFT_FLAGS) --skip-build $(TEST)
else
	swift test $(SWIFT_FLAGS) --skip-build --skip '$(REAL)'
	swift test $(SWIFT_FLAGS) --skip-build --no-parallel --filter '$(REAL)'
endif

# The long runs of the tests that docs/reliability.md and docs/nodes.md describe (ROUNDS=200 for more), one at a time and with limits on times, which
# only a machine that does nothing else can hold.
soak: tests
	AGORA_LEDGER_ROUNDS=$(or $(ROUNDS),50) AGORA_DURABILITY_ROUNDS=$(or $(ROUNDS),200) AGORA_NOTHING_LEFT_ROUNDS=$(or $(ROUNDS),20) \
		AGORA_CRASH_STRIDE=1 AGORA_STRICT_TIMES=1 AGORA_DUE_SECONDS=$(or $(DUE),200) \
		swift test $(SWIFT_FLAGS) --skip-build --no-parallel --filter 'LedgerTests|DurabilityTests|NothingLeftTests|CrashPoints|DueTests'
	AGORA_STRICT_TIMES=1 AGORA_BUSY_SECONDS=60 AGORA_STOPPED_SECONDS=60 \
		swift test $(SWIFT_FLAGS) --skip-build --no-parallel --filter 'NodeTests|NodeAwayTests|SlowReaderTests'

# Mutants of valid requests to all servers; REQUESTS=10000000 for more.
fuzz: tests
	AGORA_FUZZ_REQUESTS=$(or $(REQUESTS),2000000) swift test $(SWIFT_FLAGS) --skip-build --filter FuzzTests

# Schedules drawn at random against a second implementation, slow and simple; CASES=100000 for fewer.
schedules: tests
	AGORA_SCHEDULE_CASES=$(or $(CASES),1000000) swift test $(SWIFT_FLAGS) --skip-build --filter BruteForceTests

# libFuzzer on what the launcher reads; SECONDS=3600 for more. What it finds stays in .build/fuzz.
fuzz-launcher: setup
	Deploy/fuzz-launcher.sh $(or $(SECONDS),600)

# Lives of a whole simulated cluster, a seed each; SEEDS=201-5000 for others, SIMULATE="--trace" for what happens in one.
simulate: setup
	swift build $(SWIFT_FLAGS) --product agora-simulate
	$(BIN)/agora-simulate --seeds $(or $(SEEDS),1-1000) $(SIMULATE)

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
