#!/bin/sh
# SPDX-License-Identifier: MIT
#
# check.sh BUILD: everything `make check` runs behind the build: the tests of that build, then the parts of them that
# find more under the sanitizers, in builds of their own. Closes with one line that counts the steps.
set -u
cd "$(dirname "$0")/.."
build=${1:-build}
CC=clang-19; export CC
passed=0; failed=0; start=$(date +%s)

step() { # step NAME COMMAND...
  name=$1; shift
  printf '== %s (at %d s)\n' "$name" $(($(date +%s) - start))
  if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); printf 'FAILED: %s\n' "$name"; fi
}

sanitized() { # sanitized FOLDER SANITIZERS
  [ -e "$1/build.ninja" ] || meson setup "$1" -Db_sanitize="$2" -Db_lundef=false -Dbuildtype=debugoptimized >/dev/null || return 1
  ninja -C "$1" >"$1/build.log" 2>&1 || { tail -n 40 "$1/build.log"; return 1; }
}

formatted() { # clang-format has nothing to say
  git ls-files '*.c' '*.h' 2>/dev/null | xargs -r clang-format-19 --dry-run -Werror 2>&1 | head -n 20 | { ! grep .; }
}

meson_tests() { # meson_tests FOLDER ARGUMENTS...
  folder=$1; shift
  meson test -C "$folder" --no-rebuild --print-errorlogs "$@"
}

conformance_share() { # what can't be fetched is no failure
  tests/conformance.sh "$1" share
  status=$?
  [ $status = 0 ] || [ $status = 77 ]
}

step 'tests' meson_tests "$build"
step 'format' formatted
step "a share of OCaml's test suite" conformance_share "$build"

# Threads of OCaml's; where there is no OCaml 4.13 there is nothing to run. The program's own status is 3.
zam_threads() { # zam_threads LOAM
  [ "$(ocamlc -version 2>/dev/null)" = 4.13.1 ] || return 0
  folder=$(mktemp -d) && cp tests/zam/threads.ml "$folder" || return 1
  (cd "$folder" && ocamlc -w -a -I +threads -o threads.byte unix.cma threads.cma threads.ml) || return 1
  for stress in deopt:200 tier:50 preempt:1; do
    "$1" run --engine=auto --stress=$stress "$folder/threads.byte" >/dev/null
    [ $? = 3 ] || return 1
  done
  rm -rf "$folder"
}

zam_tools() { # zam_tools LOAM; programs that end themselves keep what they have
  ASAN_OPTIONS=detect_leaks=0:$ASAN_OPTIONS python3 tests/zam/zam_tools_test.py "$1"
  status=$?
  [ $status = 0 ] || [ $status = 77 ]
}

asan=$build-asan
ASAN_OPTIONS=allocator_may_return_null=1; export ASAN_OPTIONS
UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1; export UBSAN_OPTIONS
step 'build with address and undefined behaviour sanitizers' sanitized "$asan" address,undefined
step 'unit tests, sanitized' meson_tests "$asan" --suite unit
# Sanitizers and LLVM without optimisation are slow, and the machine may be busy.
patient=--time-ms=60000
step 'file tests, sanitized' "$asan/tools/filetest" $patient --loam "$asan/loam" --modes baseline,auto,gc7,baseline-gc1,hot,auto-rounds,tier-gc tests/mitscript tests/toy
step "OCaml's tools, sanitized" zam_tools "$asan/loam"
step 'no memory for hot code, sanitized' "$asan/tests/fuzz_memory" --loam "$asan/loam" --engine hot tests/mitscript/closure_counters.mit
step 'malformed programs, sanitized' "$asan/tests/fuzz_malformed" --time-ms 90000 --loam "$asan/loam" --runs 300 tests/mitscript
step 'malformed P-code, sanitized' "$asan/tests/fuzz_malformed" --time-ms 90000 --loam "$asan/loam" --no-huge --runs 150 tests/pcode
step 'the prompt of pcode, sanitized' tests/repl/repl_test.sh "$asan/loam" tests/repl/pcode

tsan=$build-tsan
TSAN_OPTIONS=halt_on_error=1; export TSAN_OPTIONS # a program that ends itself would hide it
step 'build with the thread sanitizer' sanitized "$tsan" thread
step 'unit tests of what threads share, sanitized' meson_tests "$tsan" thread_world heap_thread baseline interp hot_policy hot_compile hot_leave hot_targets
step 'threads, sanitized' "$tsan/tools/filetest" $patient --loam "$tsan/loam" --modes interp,baseline,auto,gc7,preempt,auto-gc7,auto-preempt,auto-tier,auto-deopt,hot-preempt --all tests/toy
step "threads of zam, sanitized" zam_threads "$tsan/loam"
# Programs that run long enough for samples: the compiler reads what they write, and they read of its code, when they
# leave it, what it wrote.
for program in dictionary tokenizer circuit; do
  step "$program compiled in the background, sanitized" sh -c '"$0" run --engine=auto --stress=deopt:200 "$1" >/dev/null' "$tsan/loam" "bench/mitscript/$program.mit"
done

printf '%d passed, %d failed, in %d s\n' "$passed" "$failed" $(($(date +%s) - start))
[ "$failed" = 0 ]
