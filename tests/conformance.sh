#!/bin/sh
# SPDX-License-Identifier: MIT
#
# conformance.sh BUILD [share]: runs OCaml's own test suite, the part that a bytecode machine can run alone, with the
# loam of that build, and then the large programs that are installed; `share` a minute's worth of the suite: the one-opcode
# tests and fifty programs. The suite comes with
# Debian's source package, into a folder beside the build (or is at $OCAML_SRC), and is no part of this project, as its
# runner is not: that is expected at ../shared/tools, or at $CONFORMANCE_TOOLS. What is missing is a reason to skip (77).
set -u
cd "$(dirname "$0")/.." || exit 1
build=$(cd "${1:-build}" && pwd) || exit 1
tools=${CONFORMANCE_TOOLS:-$PWD/../shared/tools}
scratch=$build-conformance

skip() {
  echo "conformance: skipped: $1"
  exit 77
}

[ -e "$tools/ocaml_tests.py" ] || skip "no runner at $tools/ocaml_tests.py"
[ "$(ocamlc -version 2>/dev/null)" = 4.13.1 ] || skip 'no OCaml 4.13.1'
[ -x "$build/loam" ] || skip "no $build/loam"
mkdir -p "$scratch"

# The machine's package sources need not name source packages: lists of our own do.
fetch_suite() {
  apt=$scratch/apt
  mkdir -p "$apt/parts" "$apt/lists/partial"
  for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ -f "$list" ] && sed -n 's/^deb /deb-src /p' "$list" >"$apt/parts/$(basename "$list" .list)-src.list"
  done
  for list in /etc/apt/sources.list.d/*.sources; do
    [ -f "$list" ] && sed 's/^Types:.*/Types: deb-src/' "$list" >"$apt/parts/$(basename "$list")"
  done
  set -- -q -o "Dir::Etc::SourceList=/dev/null" -o "Dir::Etc::SourceParts=$apt/parts" -o "Dir::State::Lists=$apt/lists" \
    -o "Dir::Cache::pkgcache=" -o "Dir::Cache::srcpkgcache="
  timeout 120 apt-get "$@" update && cd "$scratch" && timeout 120 apt-get "$@" source --download-only ocaml &&
    tar -xf ocaml_4.13.1.orig.tar.*
}

if [ -z "${OCAML_SRC:-}" ]; then
  OCAML_SRC=$scratch/ocaml-4.13.1
  [ -d "$OCAML_SRC/testsuite" ] || (fetch_suite) >"$scratch/fetch.log" 2>&1
  [ -d "$OCAML_SRC/testsuite" ] || skip "apt-get source ocaml brought nothing (see $scratch/fetch.log)"
fi
export OCAML_SRC OCAML_TESTS_WORK="$scratch/work"

cp "$tools/ocaml_tests.dev" "$scratch/tests"
if [ "${2:-}" = share ]; then
  # Programs that wait for clocks are left to the whole run.
  sed -n 's/^P\t\(.*\)/P\t\1/p' "$scratch/tests" | grep -v -e lib-threads -e lib-systhreads -e lib-unix -e statmemprof |
    awk 'NR % 2 == 1' | head -n 50 >"$scratch/share"
  exec python3 "$tools/ocaml_tests.py" --kinds PO --tests "$scratch/share" --vm "$build/loam run"
fi
python3 "$tools/ocaml_tests.py" --tests "$scratch/tests" --vm "$build/loam run" || exit 1
exec tests/zam/zam_tools_test.py --all "$build/loam"
