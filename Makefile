# SPDX-License-Identifier: MIT
#
# A thin shell around Meson and Ninja: installs what is missing, configures, builds.
#
#   make          build/loam and its other names      make run      build, then run a real program
#   make check    build, then all tests               make bench    beside lua5.4 in one run
#   make conformance  OCaml's own test suite, fetched
#   make fuzz     every test in every mode; fuzzing   make install  command, library, headers, loam.pc

BUILD ?= build
CC = clang-19
BUILD_PACKAGES = clang-19 llvm-19 llvm-19-dev meson ninja-build pkg-config libedit-dev libcmocka-dev
CHECK_PACKAGES = clang-format-19 libclang-rt-19-dev python3 ocaml
BENCH_PACKAGES = lua5.4 luajit python3
FUZZ_SECONDS ?= 3600

.PHONY: all run check conformance bench fuzz install clean packages

all: $(BUILD)/build.ninja
	@ninja -C $(BUILD)

$(BUILD)/build.ninja: | packages
	@CC=$(CC) meson setup $(BUILD) >/dev/null

packages:
	@tools/install_packages.sh $(BUILD_PACKAGES)

run: all
	@$(BUILD)/loam run --stats docs/tour.mit

check: all
	@tools/install_packages.sh $(CHECK_PACKAGES)
	@tests/check.sh $(BUILD)

conformance: all
	@tools/install_packages.sh $(CHECK_PACKAGES)
	@tests/conformance.sh $(BUILD)

bench: all
	@tools/install_packages.sh $(BENCH_PACKAGES)
	@python3 bench/run_bench.py --loam $(BUILD)/loam --engine interp,auto

fuzz: all
	@tools/install_packages.sh $(CHECK_PACKAGES)
	@tests/fuzz.sh $(BUILD) $(FUZZ_SECONDS)

install: all
	@meson install -C $(BUILD)

clean:
	rm -rf $(BUILD) $(BUILD)-asan $(BUILD)-tsan
