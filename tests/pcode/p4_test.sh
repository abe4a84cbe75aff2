#!/bin/sh
# SPDX-License-Identifier: MIT
#
# p4_test.sh LOAM: what a P4 program is to a user: the files prd and prr of the command line, a program known by its
# content, and its text printed and read again.
set -eu
loam=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

check() { # what, expected, found
  [ "$2" = "$3" ] || { printf '%s: expected\n%s\nfound\n%s\n' "$1" "$2" "$3" >&2; exit 1; }
}

# Copies prd to prr, with a '-' before each line.
cat >copy.p4 <<'END'
l 3
 ent 1 l 4
 ent 2 l 5
l 6
 ldcc '-'
 ldci 1
 lao 8
 csp wrc
l 7
 lao 7
 csp eln
 fjp l 8
 lao 7
 csp rln
 lao 8
 csp wln
 lao 7
 eof
 fjp l 6
 retp
l 8
 lao 9
 lao 7
 csp rdc
 ldoc 9
 ldci 1
 lao 8
 csp wrc
 ujp l 7
l 4= 10
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
END
printf 'one\n\nthree' >prd
for engine in interp baseline hot auto; do
  "$loam" run --engine=$engine copy.p4 prd prr
  check "prr, $engine" "-one
-
-three" "$(cat prr)"
done

cp copy.p4 nameless
"$loam" run nameless prd prr2
check 'a program known by its content' "$(cat prr)" "$(cat prr2)"

"$loam" asm copy.p4 -o plain.p4
"$loam" asm plain.p4 -o plain2.p4
cmp plain.p4 plain2.p4
"$loam" run plain.p4 prd prr3
check 'the text printed and read again' "$(cat prr)" "$(cat prr3)"
check 'dis' '   10 csp eln
   11 fjp l 8  # 20' "$("$loam" dis copy.p4 | sed -n '/csp eln/,/fjp/p')"
check 'verify' 'copy.p4: a good program for pcode' "$("$loam" verify copy.p4)"

printf 'l 3\n ent 1 l 4\n' >bad.p4
if "$loam" verify bad.p4 2>message; then exit 1; fi
check 'refused' "loam: bad.p4:2: expected 'q' behind each of two sections, found the end of the text" "$(cat message)"
if "$loam" run copy.p4 missing prr 2>message; then exit 1; fi
grep -q "a file that can't be read: missing" message
