#!/bin/sh
# SPDX-License-Identifier: MIT
#
# zam_test.sh LOAM [FILE.ml...]: compiles each program of this folder with ocamlc, runs it under OCaml's own ocamlrun and
# under loam in every engine, collector and stress mode, and compares output and exit status. At the end every op must
# have been executed. Skipped (77) where there is no OCaml 4.13.
loam=$1
here=$(cd "$(dirname "$0")" && pwd)
shift
[ "$(ocamlc -version 2>/dev/null)" = 4.13.1 ] || exit 77
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
[ $# -gt 0 ] || set -- "$here"/*.ml
failed=0
unset OCAMLRUNPARAM LOAM_OPTIONS
export ASAN_OPTIONS="detect_leaks=0:quarantine_size_mb=16:$ASAN_OPTIONS" # release.ml looks at the memory in use
export ROUNDS                                                           # of release.ml

fail() {
  echo "FAILED: $1"
  failed=1
}

# Runs $program with the options, and compares.
check() {
  timeout 300 "$loam" run "$@" "$program" >"$work/out" 2>"$work/err"
  status=$?
  if [ $status != "$expected" ] || ! cmp -s "$work/wanted" "$work/out" || ! cmp -s "$work/wanted-err" "$work/err"; then
    fail "$name, options: $* (status $status, expected $expected)"
    diff "$work/wanted" "$work/out" | head -n 5
    diff "$work/wanted-err" "$work/err" | head -n 5
  fi
}

for source in "$@"; do
  name=$(basename "$source" .ml)
  cp "$source" "$work/$name.ml"
  program=$work/$name.byte
  (cd "$work" && ocamlc -w -a -o "$name.byte" "$name.ml") || { fail "$name: ocamlc"; continue; }
  ROUNDS=4000
  ocamlrun "$program" >"$work/wanted" 2>"$work/wanted-err"
  expected=$?
  for engine in interp baseline auto; do
    check --engine=$engine
    check --engine=$engine --nursery=64K --verify=heap
    check --engine=$engine --stress=gc:97,move,poison --verify=heap --gc=genimmix
  done
  check --engine=interp --gc=semispace --stress=gc:61,move,poison --verify=heap
  check --engine=baseline --gc=semispace --nursery=64K
  check --engine=auto --gc=marksweep --stress=gc:61,poison --verify=heap
  check --engine=auto --gc=markcompact --stress=gc:61,poison --verify=heap
  ROUNDS=90 # LLVM makes code for many pieces
  check --engine=auto --stress=tier:7,deopt:3
  check --engine=auto --stress=tier:2,deopt:97
  check --engine=auto --stress=tier:3,deopt:5,gc:97,move,poison --verify=heap
  # LLVM compiles every function of the library that runs.
  case $name in calls | closures | exceptions | floats | release) check --engine=hot ;; esac
  "$loam" verify "$program" >/dev/null || fail "$name: verify"
  "$loam" dis "$program" >"$work/listing" || fail "$name: dis"
  grep -q '^main:' "$work/listing" || fail "$name: the listing has no main"
  "$loam" run --stats=ops "$program" 2>&1 >/dev/null | sed -n 's/^loam-op: //p' >>"$work/ops"
done

# The whole folder: each op has a program that executes it.
if [ $# -gt 3 ]; then
  awk '{ count[$1] += $2 } END { for (op in count) if (!count[op]) print op }' "$work/ops" |
    grep -v '+' | sort >"$work/never.all"
  # ocamlc never emits what these come from.
  grep -vx -e getdynmet -e ult -e uge "$work/never.all" >"$work/never"
  while read -r op; do fail "op $op: no program executes it"; done <"$work/never"
fi
exit $failed
