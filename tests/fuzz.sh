#!/bin/sh
# SPDX-License-Identifier: MIT
# fuzz.sh BUILD SECONDS: a long differential run and a long malformed one, half of the time each, from a new seed.
set -eu
cd "$(dirname "$0")/.."
build=${1:-build}; half=$(( ${2:-3600} / 2 ))
seed=$(date +%s)
echo "seed $seed, $half seconds each"
"$build/tests/fuzz_engines" --loam "$build/loam" --from "$seed" --seconds "$half"
"$build/tests/fuzz_malformed" --loam "$build/loam" --from "$seed" --seconds "$half" tests/mitscript
