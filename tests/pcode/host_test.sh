#!/bin/sh
# SPDX-License-Identifier: MIT
#
# host_test.sh LOAM: what a host can do to Pascal programs: outputs that are full or closed, files that are missing or
# can't be written, texts of unreasonable depth. One error each, and an exit status that is not 0.
loam=$(realpath "$1")
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
unset LOAM_OPTIONS
cd "$work" || exit 1
failed=0

# tells NAME STATUS TEXT COMMAND: the command's status, and what begins its standard error.
tells() {
  sh -c "$4" >out 2>err
  status=$?
  [ $status = "$2" ] && [ "$(head -c ${#3} err)" = "$3" ] && return
  echo "FAILED: $1: status $status, expected $2: '$3', found:"
  head -n 3 err
  failed=1
}

cat >hello.pas <<'END'
program hello(output);
var i: integer;
begin for i := 1 to 10000 do writeln('hello') end.
END
cat >reader.pas <<'END'
program reader(output, data);
var data: text; n: integer;
begin reset(data); read(data, n); writeln(n:1) end.
END
cat >writer.pas <<'END'
program writer(output, data);
var data: text;
begin rewrite(data); writeln(data, 5) end.
END
cat >both.pas <<'END'
program both(output, data);
var data: text; n: integer;
begin rewrite(data); writeln(data, 5); n := n + 1 end.
END
export loam
full='loam: output: can'"'"'t write to standard output: '
tells 'a full output' 2 "${full}No space left" '"$loam" run hello.pas >/dev/full'
tells 'a closed output' 2 "${full}Bad file" '"$loam" run hello.pas >&-'
tells 'a missing file' 1 "run-time error at line 3: a file that can't be read: nothing" '"$loam" run reader.pas nothing'
tells 'a file that is a folder' 1 "run-time error at line 3: a file that can't be read: /" '"$loam" run reader.pas /'
tells 'a full disk, seen when the file is closed' 1 "run-time error" '"$loam" run writer.pas /dev/full'
tells 'only the first of two errors' 1 'run-time error at line 3: a variable that has no value (D.43)
  at program (both.pas:3:' '"$loam" run both.pas /dev/full'
tells 'a translation that can not be written' 2 'loam: /dev/full: ' '"$loam" compile hello.pas -o /dev/full'
tells 'a program that is not there' 2 'loam: nothing.pas: ' '"$loam" run nothing.pas'
tells 'no input' 1 'Line     3 the input has ended' \
  'printf "program p;\nvar n: integer;\nbegin read(n) end." >reads.pm; "$loam" run reads.pm <&-'
tells 'a million nested statements' 2 'deep.pas:1:' \
  '{ printf "program p; "; yes "begin " | head -n 1000000 | tr -d "\n"; } >deep.pas; "$loam" run deep.pas'
tells 'a million nested brackets in Pascal-' 2 'Line    1  Invalid Syntax' \
  '{ printf "program p; begin write("; yes "(" | head -n 1000000 | tr -d "\n"; } >deep.pm; "$loam" run deep.pm'

# Memory that runs out anywhere in the text: the constants move where.
for constants in $(seq 1 16); do
  awk -v n="$constants" 'BEGIN {
    print "program p(output); const"
    for (i = 0; i < n; i++) print "c" i " = " i ";"
    print "type t = record a: ^u; b: integer end; u = array [1..3] of ^t; var v: t; g: integer;"
    for (i = 0; i < 30; i++) {
      print "procedure q" i "(a, b: integer; var c: t; function f(x: integer): integer); label 1, 2; var k: integer;"
      print "begin 1: k := a; if k = 0 then goto 2; with c do begin a := nil; goto 1 end; goto 2; goto 2; goto 2; 2: end;"
    }
    print "begin g := 1; case g of 1: g := 2; 2, 3: g := 3 end end."
  }' >memory.pas
  for nth in 11 12 13 14; do
    tells "no memory for request $nth with $constants constants" 2 'loam: memory.pas: no memory' \
      "\"\$loam\" dis --stress=oom:$nth memory.pas"
  done
done
exit $failed
