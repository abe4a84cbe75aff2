#!/bin/sh
# SPDX-License-Identifier: MIT
#
# p4_fixed_point.sh LOAM PCOM.pas [PINT]: the P4 compiler compiles itself on loam until nothing changes.
#
# PCOM.pas is the compiler of Pascal-P4 as it is distributed (source/pcom.pas); nothing is fetched here. Free Pascal
# compiles it, and what the compiler writes when it reads itself is its P-code: stage 0. Stage 0 on loam compiles the
# compiler: stage 1. Stage 1 on loam does the same: stage 2, which must equal stage 1 byte for byte in every engine.
# Stages 0 and 1 may differ in blanks, as Free Pascal's default width of integers isn't P4's.
#
# What the distribution has for ISO compilers and P4 itself doesn't know is taken back before: the declaration of prr,
# which is predefined, a variant record without a tag that makes integers of pointers, and a comment in braces.
# With PINT, P4's own interpreter, its output is compared too: PINT prd prr < input.
set -eu
[ $# -ge 2 ] || { echo "usage: $0 LOAM PCOM.pas [PINT]" >&2; exit 2; }
loam=$1
pcom=$2
pint=${3:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fpc -Miso -O2 -FE"$work" -o"$work/pcom" "$pcom" >"$work/fpc.log" 2>&1 || { cat "$work/fpc.log" >&2; exit 1; }
sed -e '/^ *prr: text; *$/d' -e '/^ *rewrite(prr);/d' -e 's/{packed}/packed/' -e '/var r: record case boolean of/d' \
    -e 's/begin r\.p := p; \([cs]tptoint\) := r\.i end/begin \1 := ord(p) end/' "$pcom" >"$work/self.pas"

"$work/pcom" "$work/0.p4" <"$work/self.pas" >"$work/0.list"
if grep -q '\*\*\*\*' "$work/0.list"; then
  echo "$0: the compiler has errors:" >&2
  cat "$work/0.list" >&2
  exit 1
fi
"$loam" verify "$work/0.p4"
"$loam" run --engine=interp "$work/0.p4" "$work/1.p4" <"$work/self.pas" >"$work/1.list"
diff -b "$work/0.p4" "$work/1.p4" >"$work/diff" || { echo "$0: stage 1 differs from stage 0:"; head "$work/diff"; exit 1; }
for engine in interp baseline hot auto; do
  "$loam" run --engine=$engine "$work/1.p4" "$work/2.p4" <"$work/self.pas" >"$work/2.list"
  cmp "$work/1.p4" "$work/2.p4"
  cmp "$work/1.list" "$work/2.list"
  echo "$engine: fixed point, $(wc -l <"$work/2.p4") lines"
done
if [ -n "$pint" ]; then
  "$pint" "$work/1.p4" "$work/pint.p4" <"$work/self.pas" >/dev/null
  cmp "$work/1.p4" "$work/pint.p4"
  echo "pint: the same"
fi
