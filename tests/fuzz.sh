#!/bin/sh
# SPDX-License-Identifier: MIT
# fuzz.sh BUILD SECONDS: every file test in every mode, shares or not; then a long differential run and a long malformed
# one, half of the time each, from a new seed.
set -eu
cd "$(dirname "$0")/.."
build=${1:-build}; half=$(( ${2:-3600} / 2 ))
seed=$(date +%s)
for folder in tests/*; do # of the guests that are built in
  "$build/loam" explain --list "${folder#tests/}" >/dev/null 2>&1 || continue
  "$build/tools/filetest" --loam "$build/loam" --all "$folder" || echo "FAILED: $folder"
done
echo "seed $seed, $half seconds each"
"$build/tests/fuzz_engines" --loam "$build/loam" --from "$seed" --seconds "$half" --all
"$build/tests/fuzz_malformed" --loam "$build/loam" --from "$seed" --seconds "$half" tests/mitscript
