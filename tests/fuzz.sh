#!/bin/sh
# SPDX-License-Identifier: MIT
# fuzz.sh BUILD SECONDS: every file test in every mode, shares or not; then long differential runs and a long malformed one,
# a fourth of the time each, from a new seed.
set -eu
cd "$(dirname "$0")/.."
build=${1:-build}; part=$(( ${2:-3600} / 4 ))
seed=$(date +%s)
for folder in tests/*; do # of the guests that are built in
  "$build/loam" explain --list "${folder#tests/}" >/dev/null 2>&1 || continue
  "$build/tools/filetest" --loam "$build/loam" --all "$folder" || echo "FAILED: $folder"
done
echo "seed $seed, $part seconds each"
"$build/tests/fuzz_engines" --loam "$build/loam" --from "$seed" --seconds "$part" --all
"$build/tests/fuzz_engines" --loam "$build/loam" --language pascal --from "$seed" --seconds "$part" --all \
  --fpc "$(command -v fpc || true)"
tests/fuzz/zam_fuzz.py "$build/loam" --from "$seed" --seconds "$part" || [ $? = 77 ] # where there is no OCaml 4.13
"$build/tests/fuzz_malformed" --loam "$build/loam" --from "$seed" --seconds "$part" tests/mitscript tests/pcode
