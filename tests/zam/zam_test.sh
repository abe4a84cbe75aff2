#!/bin/sh
# SPDX-License-Identifier: MIT
#
# zam_test.sh LOAM [FILE.ml...]: compiles each program of this folder with ocamlc, runs it under OCaml's own ocamlrun and
# under loam in every engine, collector and stress mode, and compares output and exit status. At the end every op must
# have been executed. Skipped (77) where there is no OCaml 4.13. A comment "with: WORDS" in a program has words for ocamlc;
# NAME.c beside NAME.ml becomes a library of C code for it.
loam=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
here=$(cd "$(dirname "$0")" && pwd)
shift
[ "$(ocamlc -version 2>/dev/null)" = 4.13.1 ] || exit 77
all=$(mktemp -d) || exit 1
trap 'rm -rf "$all"' EXIT
[ $# -gt 0 ] || set -- "$here"/*.ml
unset OCAMLRUNPARAM LOAM_OPTIONS
export ASAN_OPTIONS="detect_leaks=0:quarantine_size_mb=16:$ASAN_OPTIONS" # release.ml looks at the memory in use
export ROUNDS                                                           # of release.ml

fail() {
  echo "FAILED: $1"
  : >"$all/failed"
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

# The frames at each exception must be those of the interpreter; but stacks of different engines end at different depths.
check_frames() {
  [ "$name" = exceptions ] && return
  timeout 300 "$loam" run --trace=frames --engine=interp "$program" 2>"$work/wanted-frames" >"$work/out"
  timeout 300 "$loam" run --trace=frames --stress=tier:2,deopt:97 "$program" 2>"$work/frames" >"$work/out"
  cmp -s "$work/wanted-frames" "$work/frames" && return
  fail "$name: frames differ"
  diff "$work/wanted-frames" "$work/frames" | head -n 5
}

# Runs one program in all modes, in a folder of its own; or nothing, when another worker has made that folder.
check_program() { # check_program FILE.ml
  source=$1
  name=$(basename "$source" .ml)
  work=$all/$name
  mkdir "$work" 2>/dev/null || return
  cp "$source" "$work/$name.ml"
  program=$work/$name.byte
  with=$(sed -n 's/^(\* with: \(.*\) \*)$/\1/p' "$source")
  case $with in *zarith*) [ -e "$(ocamlc -where)/zarith/z.cmi" ] || return ;; esac
  if [ -e "$here/$name.c" ]; then # C code of the program's own
    cc -shared -fPIC -w -I"$(ocamlc -where)" -o "$work/dll$name.so" "$here/$name.c" || { fail "$name: cc"; return; }
    with="-dllpath $work -dllib -l$name $with"
  fi
  # shellcheck disable=SC2086
  (cd "$work" && ocamlc -w -a -o "$name.byte" $with "$name.ml") || { fail "$name: ocamlc"; return; }
  ROUNDS=4000
  every=61
  case $name in cold | raises | traced) every=397 ;; esac # the places of all modules fill their heaps
  ocamlrun "$program" >"$work/wanted" 2>"$work/wanted-err"
  expected=$?
  for engine in interp baseline auto; do
    check --engine=$engine
    check --engine=$engine --nursery=64K --verify=heap
    check --engine=$engine --stress=gc:$every,move,poison --verify=heap --gc=genimmix
  done
  check --engine=interp --gc=semispace --stress=gc:$every,move,poison --verify=heap
  check --engine=baseline --gc=semispace --nursery=64K
  check --engine=auto --gc=marksweep --stress=gc:$every,poison --verify=heap
  check --engine=auto --gc=markcompact --stress=gc:$every,poison --verify=heap
  ROUNDS=90 # LLVM makes code for many pieces
  check --engine=auto --stress=tier:7,deopt:3
  check --engine=auto --stress=tier:2,deopt:97
  check --engine=auto --stress=tier:3,deopt:5,gc:$every,move,poison --verify=heap
  case $name in threads | cold | forked)
    for engine in interp baseline auto; do check --engine=$engine --stress=preempt:1; done
    [ "$name" != threads ] || check --engine=hot
    ;;
  stubs | release | libraries | interrupted) ;; # threads, the size of the process, a timer show in their frames
  *) check_frames ;;
  esac
  # LLVM compiles every function of the library that runs.
  case $name in calls | closures | exceptions | raises | floats | tail | boxes | boxed | release) check --engine=hot ;; esac
  case $name in stubs) check --stress=gc:1,move,poison --verify=heap ;; esac
  "$loam" verify "$program" >/dev/null || fail "$name: verify"
  "$loam" dis "$program" >"$work/listing" || fail "$name: dis"
  grep -q '^main:' "$work/listing" || fail "$name: the listing has no main"
  "$loam" run --stats=ops "$program" 2>&1 >/dev/null | sed -n 's/^loam-op: //p' >>"$all/ops"
}

# Runs the name ocamlrun and OCaml's own with the same command line, and compares. $more: what ours may say in addition.
check_tool() {
  "$(dirname "$loam")/ocamlrun" "$@" >"$work/out" 2>"$work/err"
  status=$?
  ocamlrun "$@" >"$work/wanted" 2>"$work/wanted-err"
  expected=$?
  [ -z "$more" ] || grep -q "$more" "$work/err" || fail "ocamlrun $*: expected $more"
  [ -z "$more" ] || sed -i "/$more/d" "$work/err"
  if [ $status != $expected ] || ! cmp -s "$work/wanted" "$work/out" || ! cmp -s "$work/wanted-err" "$work/err"; then
    fail "ocamlrun $* (status $status, expected $expected)"
    diff "$work/wanted" "$work/out" | head -n 5
    diff "$work/wanted-err" "$work/err" | head -n 5
  fi
}

# What the collector counted, at the exit: the words stand for numbers that are each collector's own.
check_counters() {
  cat >counters.ml <<'END'
let () =
  let before = Gc.quick_stat () in
  let kept = List.init 10000 (fun i -> i) in
  Gc.minor ();
  Gc.full_major ();
  Gc.compact ();
  let after = Gc.quick_stat () in
  let promoted = after.Gc.promoted_words -. before.Gc.promoted_words in
  Printf.printf "%b %b %d %d\n" (promoted >= 30000. && promoted < 60000.)
    (after.Gc.major_words -. before.Gc.major_words >= promoted)
    (after.Gc.forced_major_collections - before.Gc.forced_major_collections) (List.length kept)
END
  ocamlc -w -a -o counters.byte counters.ml
  check_tool counters.byte
  OCAMLRUNPARAM=v=0x400 ocamlrun counters.byte 2>&1 | sed 's/[0-9]*$//' >counters.wanted
  OCAMLRUNPARAM=v=0x400 "$(dirname "$loam")/ocamlrun" counters.byte 2>&1 | sed 's/[0-9]*$//' >counters.found
  diff counters.wanted counters.found || fail "ocamlrun: what v=0x400 prints"
}

# Functions, globals and primitives have their names, instructions their places.
check_listing() {
  echo 'let twice x = x + x let () = print_int (twice (Hashtbl.hash 4))' >named.ml
  ocamlc -w -a -g -o named.byte named.ml
  "$loam" dis named.byte >named.listing || fail "dis named.byte"
  for line in '^code@[0-9]*: # Named.twice$' '^ *# file "named.ml", line 1, characters 14-19$' \
    '^ *[0-9]*  .*GETGLOBALFIELD global [0-9]* (Stdlib__Hashtbl) ' '^ *[0-9]*  C_CALL4 caml_hash$' \
    '^ *[0-9]*  SETGLOBAL global [0-9]* (Named)$'; do
    grep -q "$line" named.listing || fail "dis named.byte: no line $line"
  done
}

# Whoever writes where nobody reads any more ends silently, by the signal.
check_closed_pipe() {
  echo 'let () = for i = 1 to 100000 do print_string "0123456789" done' >pipe.ml
  ocamlc -w -a -o pipe.byte pipe.ml
  (trap - PIPE; "$(dirname "$loam")/ocamlrun" pipe.byte 2>pipe.err; echo $? >pipe.status) | true
  [ "$(cat pipe.status)" = 141 ] && [ ! -s pipe.err ] || fail "ocamlrun: a closed pipe"
}

check_tools() {
  cd "$work" || return
  echo 'let () = Array.iter print_endline Sys.argv; (Gc.get ()).Gc.space_overhead |> print_int; raise Exit' >tool.ml
  ocamlc -w -a -g -o tool.byte tool.ml
  echo 'external f : int -> int = "nobody_has_it" let () = print_int (f 1)' >missing.ml
  for function in nobody_has_it other; do
    printf '#include <caml/mlvalues.h>\nvalue %s(value v) { return v; }\n' $function >$function.c
    cc -shared -fPIC -w -I"$(ocamlc -where)" -o dll$function.so $function.c
  done
  mv dllnobody_has_it.so dllmissing.so
  ocamlc -w -a -dllib -lmissing -o missing.byte missing.ml
  more=
  for words in "" -version -vnum -M -p -help --help -config "-I /x -config" -q -vv -- -I "-m tool.byte" -m "-m nowhere" \
    "tool.byte a -b" "-- tool.byte" "-b tool.byte" nowhere / /bin/ls missing.ml; do
    # shellcheck disable=SC2086
    check_tool $words
  done
  OCAMLRUNPARAM=b,o=77,l=64k check_tool ./tool.byte
  check_tool -t tool.byte
  check_tool -v tool.byte
  OCAMLRUNPARAM=v=0x20,s=8k,h=32k,i=4k,O=200,a=1,w=3 check_tool tool.byte
  OCAMLRUNPARAM=v=8,l=100k check_tool tool.byte
  OCAMLRUNPARAM=l=1 check_tool tool.byte
  OCAMLRUNPARAM=l=40000000000 check_tool tool.byte # more than loam's own option takes
  check_counters
  check_listing
  check_closed_pipe
  check_tool -I . missing.byte
  more='^Looked for in: '
  check_tool missing.byte
  mv dllother.so dllmissing.so
  check_tool -I . missing.byte
  ocamlc -w -a -custom -o custom.exe missing.ml nobody_has_it.c
  more='^This program was linked with C code of its own '
  check_tool ./custom.exe
  cd "$here" || return
}

for worker in $(seq "$(nproc)"); do
  for file in "$@"; do check_program "$file"; done &
done
wait

# The whole folder: each op has a program that executes it.
if [ $# -gt 3 ]; then
  work=$all/command-line && mkdir "$work" && check_tools
  awk '{ count[$1] += $2 } END { for (op in count) if (!count[op]) print op }' "$all/ops" |
    grep -v '+' | sort >"$all/never.all"
  # ocamlc never emits what these come from; `event` runs under a debugger (zam_tools_test.py).
  grep -vx -e getdynmet -e ult -e uge -e event "$all/never.all" >"$all/never"
  while read -r op; do fail "op $op: no program executes it"; done <"$all/never"
fi
[ ! -e "$all/failed" ]
