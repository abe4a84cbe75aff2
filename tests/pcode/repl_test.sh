#!/bin/sh
# SPDX-License-Identifier: MIT
#
# repl_test.sh LOAM: sessions at the prompt of pcode, which come through a pipe; whole transcripts are compared. The
# programs are the course's, in the form of its listing and in Pascal-, and one with arrays, records and nested blocks.
loam=$(realpath "$1")
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
unset LOAM_OPTIONS
failed=0

# session NAME STATUS PROGRAM COMMAND...: each argument is a line of commands; the transcript is standard input.
session() {
  name=$1 status=$2 program=$3
  shift 3
  cat >"$work/wanted"
  (cd "$work" && printf '%s\n' "$@" | "$loam" repl pcode $program >out 2>err)
  got=$?
  cat "$work/err" >>"$work/out"
  [ $got = "$status" ] && cmp -s "$work/wanted" "$work/out" && return
  echo "FAILED: $name (status $got, expected $status)"
  diff "$work/wanted" "$work/out"
  failed=1
}

cat >"$work/ExempleA.mvp" <<'END'
Deb 3
AdrL 3
Lire
AdrL 4
Cnst 5
Aff1
AdrL 5
VarL 3
VarL 4
Mul
Cnst 3
Div
Aff1
VarL 5
Ecr
Fin
END
cat >"$work/Factr.pm" <<'END'
program Factr;
var n, f: integer;
procedure Fact(n: integer; var r: integer);
var t: integer;
begin
  if n = 0 then r := 1
  else begin Fact(n - 1, t); r := t * n end
end;
begin
  read(n);
  Fact(n, f);
  write(f)
end.
END
cat >"$work/Nested.pm" <<'END'
program Nested;
type pair = record count: integer; full: Boolean end;
     table = array [1..3] of pair;
var all: table; i: integer;
procedure outer(limit: integer);
var sum: integer;
  procedure inner(k: integer);
  begin
    sum := sum + k; all[k].count := sum; all[k].full := sum > limit
  end;
begin
  sum := 0; inner(1); inner(2); inner(i)
end;
begin
  i := 4; outer(2)
end.
END
printf 'Deb 1 5\nBr 0\n' >"$work/Endless.mvp"
printf 'program P(output);\nbegin\nend.\n' >"$work/Iso.pas"

session 'each instruction of ExempleA, with the stack' 0 ExempleA.mvp dis step step step 'input 7' step step step step \
  stack step '' '' '' '' '' '' stack step step step stack step <<'END'
    0  Deb 3 0 5 1
=>     0  Deb 3 0 5 1
       5  AdrL 3
       7  Lire
       8  AdrL 4
      10  Cnst 5
      12  Aff1
      13  AdrL 5
      15  VarL 3
      17  VarL 4
      19  Mul
      20  Cnst 3
      22  Div
    5  AdrL 3
    7  Lire                     stack: 31
the program waits for an integer: input NUMBER
    7  Lire                     stack: 31
    8  AdrL 4
   10  Cnst 5                   stack: 32
   12  Aff1                     stack: 32 5
   13  AdrL 5
program, at 13, base 28:
     31  [3] = 7
     32  [4] = 5
     33  [5] = 0
   15  VarL 3                   stack: 33
   17  VarL 4                   stack: 33 7
   19  Mul                      stack: 33 7 5
   20  Cnst 3                   stack: 33 35
   22  Div                      stack: 33 35 3
   23  Aff1                     stack: 33 11
   24  VarL 5
program, at 24, base 28:
     31  [3] = 7
     32  [4] = 5
     33  [5] = 11
   26  Ecr                      stack: 11
11
   27  Fin
the program has ended
program, at 27, base 28:
     31  [3] = 7
     32  [4] = 5
     33  [5] = 11
the program has ended; restart begins it again
END
session 'the activations of Factr are shown by name' 0 Factr.pm 'break 6' 'input 2' continue stack continue continue \
  'line' stack finish stack 'next 2' next globals continue <<'END'
    1: program Factr;
    0  Deb 2 5 45 1
breakpoint
    6: if n = 0 then r := 1
   10  VarL -2
Fact, line 6, base 66:
     64  n = 2
     65  r -> 63 = 0
     66  static link 59 (Factr)
     67  dynamic link 59 (Factr)
     68  return address 55
     69  t = 0
Factr, line 11, base 59:
     62  n = 2
     63  f = 0
breakpoint
   10  VarL -2
breakpoint
   10  VarL -2
    7: else begin Fact(n - 1, t); r := t * n end
   22  Aff1                     stack: 75 1
Fact, line 7, base 78:
     76  n = 0
     77  r -> 75 = 0
     78  static link 59 (Factr)
     79  dynamic link 72 (Fact)
     80  return address 34
     81  t = 0
     82  temporaries 75 1
Fact, line 7, base 72:
     70  n = 1
     71  r -> 69 = 0
     72  static link 59 (Factr)
     73  dynamic link 66 (Fact)
     74  return address 34
     75  t = 0
Fact, line 7, base 66:
     64  n = 2
     65  r -> 63 = 0
     66  static link 59 (Factr)
     67  dynamic link 59 (Factr)
     68  return address 55
     69  t = 0
Factr, line 11, base 59:
     62  n = 2
     63  f = 0
   34  AdrP 0 -1
Fact, line 7, base 72:
     70  n = 1
     71  r -> 69 = 0
     72  static link 59 (Factr)
     73  dynamic link 66 (Fact)
     74  return address 34
     75  t = 1
Fact, line 7, base 66:
     64  n = 2
     65  r -> 63 = 0
     66  static link 59 (Factr)
     67  dynamic link 59 (Factr)
     68  return address 55
     69  t = 0
Factr, line 11, base 59:
     62  n = 2
     63  f = 0
next takes nothing, found '2'
   37  VarL 3                   stack: 69
     62  n = 2
     63  f = 0
2
the program has ended
END
session 'the heading of a procedure has no variables yet' 0 Factr.pm 'input 1' 'break @5' c stack step stack 'dis' \
  'delete @5' c restart 'dis 43' <<'END'
    1: program Factr;
    0  Deb 2 5 45 1
breakpoint
    3: procedure Fact(n: integer; var r: integer);
    5  DebP 1 5 5 3
Fact, line 3, base 66:
     64  n = 1
     65  r -> 63 = 0
     66  static link 59 (Factr)
     67  dynamic link 59 (Factr)
     68  return address 55
         no variables before its DebP
Factr, line 11, base 59:
     62  n = 1
     63  f = 0
    6: if n = 0 then r := 1
   10  VarL -2
Fact, line 6, base 66:
     64  n = 1
     65  r -> 63 = 0
     66  static link 59 (Factr)
     67  dynamic link 59 (Factr)
     68  return address 55
     69  t = 0
Factr, line 11, base 59:
     62  n = 1
     63  f = 0
    6: if n = 0 then r := 1
=>    10  VarL -2
      12  Cnst 0
      14  Ceg
      15  BrNc 10
      17  AdrP 0 -1
      20  Cnst 1
    7: else begin Fact(n - 1, t); r := t * n end
      22  Aff1
      23  Br 20
      25  VarL -2
      27  Cnst 1
      29  Diff
      30  AdrL 3
1
the program has ended
    1: program Factr;
    0  Deb 2 5 45 1
    8: end;
      43  FinP 2
   10: read(n);
      45  AdrL 3
      47  Lire
   11: Fact(n, f);
      48  VarL 3
      50  AdrL 4
      52  Apl 0 -47
   12: write(f)
      55  VarL 4
      57  Ecr
   13: end.
      58  Fin
END
session 'static links lead to the enclosing block; a range error leaves the stack to be seen' 0 Nested.pm 'break 9' c \
  stack 'delete 9' c stack globals step <<'END'
    1: program Nested;
    0  Deb 7 4 78 1
breakpoint
    9: sum := sum + k; all[k].count := sum; all[k].full := sum > limit
   15  AdrG 3
inner, line 9, base 105:
    104  k = 1
    105  static link 100 (outer)
    106  dynamic link 100 (outer)
    107  return address 66
outer, line 12, base 100:
     99  limit = 2
    100  static link 89 (Nested)
    101  dynamic link 89 (Nested)
    102  return address 88
    103  sum = 0
Nested, line 16, base 89:
     92  all = [(count: 0, full: false), (count: 0, full: false), (count: 0, full: false)]
     98  i = 4
Line     9 Range Error
   28  AdrI 1 3 2 9             stack: 92
inner, line 9, base 105:
    104  k = 4
    105  static link 100 (outer)
    106  dynamic link 100 (outer)
    107  return address 76
    108  temporaries 92
outer, line 13, base 100:
     99  limit = 2
    100  static link 89 (Nested)
    101  dynamic link 89 (Nested)
    102  return address 88
    103  sum = 7
Nested, line 16, base 89:
     92  all = [(count: 1, full: false), (count: 3, full: true), (count: 0, full: false)]
     98  i = 4
     92  all = [(count: 1, full: false), (count: 3, full: true), (count: 0, full: false)]
     98  i = 4
the program has ended; restart begins it again
END
session 'mistakes are answered' 0 '' step 'load' 'load nothing.pm' 'load Factr.pm' hop 'break' 'break 99' 'break @1' \
  'break @99999999999999999999' 'step x' 'dis 3' 'input 1 x' 'next 3' 'load ExempleA.mvp' 'step 2' 'load Iso.pas' \
  where quit step <<'END'
expected a program first: load FILE
expected a FILE
nothing.pm: can't be opened: No such file or directory
    1: program Factr;
    0  Deb 2 5 45 1
expected a command, found 'hop' (help lists them)
expected a LINE, or an address as @ADDRESS
line 99 has no code
no instruction begins at 1
no instruction begins at 9223372036854775807
expected a number, found 'x'
no instruction begins at 3
expected numbers, found 'x'
next takes nothing, found '3'
    0  Deb 3 0 5 1
    7  Lire                     stack: 31
Iso.pas: Compilation Errors
expected a program first: load FILE
Line    1  Invalid Syntax
Line    3  Invalid Syntax
END
session 'a program that is none' 2 Iso.pas step <<'END'
Line    1  Invalid Syntax
Line    3  Invalid Syntax
loam: Iso.pas: Compilation Errors
END
session 'a program that is not there' 2 nothing.mvp step <<'END'
loam: nothing.mvp: can't be opened: No such file or directory
END
session 'a limit ends a program that does not' 3 '--time-max=1 Endless.mvp' continue step <<'END'
    0  Deb 1 0 5 1
loam: limit: time: the program ran longer than 1 seconds (--time-max)
END
exit $failed
