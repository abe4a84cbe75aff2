#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""zam_tools_test.py LOAM [--all] [TOOL...]: real programs of others, run under OCaml's own ocamlrun and under loam in each
engine, in folders of their own: output, exit status and every file that they leave must be the same. Without --all
those that take a second in all; with it the compiler on two of the standard library's largest modules, ocamldoc,
ocamlopt, camlp4, camlp5 and coqc too. A tool that isn't installed is named and left out. Skipped (77) where there is no OCaml 4.13."""
import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile

ENGINES = ('interp', 'baseline', 'auto')

HELLO = b'let () = Printf.printf "hello, %s\\n" (String.concat " " (List.map string_of_int [1; 2; 3]))\n'

LEXER = b'''{ type token = Word of string | Number of int | End }
rule token = parse
  | [' ' '\\n'] { token lexbuf }
  | ['a'-'z']+ as word { Word word }
  | ['0'-'9']+ as digits { Number (int_of_string digits) }
  | eof { End }
{ let () =
    let lexbuf = Lexing.from_string "one 2 three 44" in
    let rec go () = match token lexbuf with
      | Word w -> print_endline w; go () | Number n -> Printf.printf "%d\\n" n; go () | End -> () in
    go () }
'''

DOCUMENTED = b'''(** Stacks, for the documentation tool. *)

type 'a t = 'a list ref (** what holds them *)

(** [create ()] is an empty one. *)
let create () : 'a t = ref []

(** [push x s] puts [x] on [s]. @raise Failure when there are too many. *)
let push x (s : 'a t) = if List.length !s > 1000 then failwith "full" else s := x :: !s
'''

SCRIPT = b'''let rec fib n = if n < 2 then n else fib (n - 1) + fib (n - 2)
let () = Printf.printf "%d %s\\n" (fib 20) Sys.argv.(1);;
#load "str.cma";;
let () = List.iter print_endline (Str.split (Str.regexp "[ ,]+") "a, b c");;
let () = raise Not_found
'''

SESSION = b'''let f x = x * 2;;
f 21;;
type t = A | B of int;;
[A; B 3];;
f "x";;
let rec loop n = if n = 0 then 0 else 1 + loop (n - 1);;
loop 100_000;;
List.nth [1; 2] 5;;
module M = struct let x = lazy (print_endline "forced"; 7) end;;
Lazy.force M.x;;
#trace f;;
f 4;;
let g x y z = x + y + z;;
let h = g 1;;
#trace h;;
let k = h 7;;
#trace k;;
k 1;;
List.map (h 2) [3; 4];;
#untrace_all;;
k 2;;
'''

STREAM = b'''let rec sum = parser [< 'n; rest >] -> n + sum rest | [< >] -> 0
let () = print_int (sum [< '1; '2; '3 >])
'''

COQ = b'''Require Import List.
Import ListNotations.
Fixpoint insert (n : nat) (l : list nat) : list nat :=
  match l with [] => [n] | m :: t => if Nat.leb n m then n :: l else m :: insert n t end.
Lemma insert_length : forall n l, length (insert n l) = S (length l).
Proof. induction l as [|m t IH]; simpl; auto. destruct (Nat.leb n m); simpl; auto. Qed.
Eval compute in insert 3 [1; 2; 5].
Print Assumptions insert_length.
'''

class Case:
    """Commands run one after the other: {vm} is the machine, {runtime} a file that a #! line can name, {bin} the folder
    of the tools, {lib} the standard library."""

    def __init__(self, name, files, *commands, needs=(), long=False, stdin=b''):
        self.name, self.files, self.commands, self.needs, self.long = name, files, commands, needs, long
        self.stdin = stdin


def debugging(name, library=''):
    """ocamldebug starts the program by its #! line: with it comes the machine that is looked at. The file names it."""
    files = {'.ocamldebug': b''}
    for suffix in ('ml', 'session'):
        with open(os.path.join(os.path.dirname(__file__), 'debugger', '%s.%s' % (name, suffix)), 'rb') as file:
            files['%s.%s' % (name, suffix)] = file.read()
    return Case('ocamldebug-' + name, files,
                '{bin}/ocamlc -w -a -g -use-runtime {runtime} -o debugged.byte %s %s.ml' % (library, name),
                '{vm} {bin}/ocamldebug ./debugged.byte', 'rm debugged.byte', needs=('ocamldebug',), stdin=files[name + '.session'])


CASES = (
    Case('ocamllex', {'lexer.mll': LEXER}, '{vm} {bin}/ocamllex.byte lexer.mll',
         '{vm} {bin}/ocamlc.byte -o lexer.byte lexer.ml', '{vm} ./lexer.byte', needs=('ocamllex.byte',)),
    Case('ocamlc', {'hello.ml': HELLO}, '{vm} {bin}/ocamlc.byte -g -o hello.byte hello.ml', '{vm} ./hello.byte',
         needs=('ocamlc.byte',)),
    Case('ocamldep', {'a.ml': b'open B\nlet x = C.y\n', 'b.ml': b'let z = 1\n', 'c.mli': b'val y : int\n'},
         '{vm} {bin}/ocamldep.byte a.ml b.ml c.mli', needs=('ocamldep.byte',)),
    Case('toplevel-script', {'script.ml': SCRIPT}, '{vm} {bin}/ocaml script.ml word', needs=('ocaml',)),
    Case('toplevel', {}, '{vm} {bin}/ocaml -noprompt', needs=('ocaml',), stdin=SESSION),
    Case('ocamlobjinfo', {'hello.ml': HELLO}, '{vm} {bin}/ocamlc.byte -c hello.ml',
         '{vm} {bin}/ocamlobjinfo.byte hello.cmo hello.cmi', needs=('ocamlobjinfo.byte',)),
    Case('ocamldoc', {'stack.ml': DOCUMENTED}, '{vm} {bin}/ocamldoc -html stack.ml',
         '{vm} {bin}/ocamldoc -man -o stack.man stack.ml', needs=('ocamldoc',), long=True),
    Case('ocamlopt', {'hello.ml': HELLO}, '{vm} {bin}/ocamlopt.byte -S -o hello.exe hello.ml', './hello.exe',
         needs=('ocamlopt.byte', 'gcc'), long=True),
    Case('ocamlc-large', {}, '{vm} {bin}/ocamlc.byte -nopervasives -nostdlib -I {lib} -c -o format.cmo {lib}/format.ml',
         '{vm} {bin}/ocamlc.byte -I {lib} -g -c -o camlinternalFormat.cmo {lib}/camlinternalFormat.ml',
         needs=('ocamlc.byte',), long=True),
    Case('camlp4', {'stream.ml': STREAM}, '{vm} {bin}/camlp4o stream.ml', '{vm} {bin}/camlp4o -printer o stream.ml',
         needs=('camlp4o',), long=True),
    Case('camlp5', {'stream.ml': STREAM}, '{vm} {bin}/camlp5o pr_o.cmo stream.ml', '{vm} {bin}/camlp5r -v',
         needs=('camlp5o',), long=True),
    Case('coqc', {'Insert.v': COQ}, '{vm} {bin}/coqc.byte -q Insert.v', needs=('coqc.byte',), long=True),
    debugging('shapes'),
    debugging('calls', 'unix.cma'),
)


def contents(folder, hide):
    """Every file's digest."""
    found = {}
    for at, _, names in os.walk(folder):
        for name in names:
            if name.endswith('.aux'):  # coqc's times
                continue
            with open(os.path.join(at, name), 'rb') as file:
                found[os.path.relpath(file.name, folder)] = hashlib.sha256(hide(file.read())).hexdigest()
    return found


def run(case, folder, machine, runtime, words):
    """Output, errors and status of each command, and the files at the end. The folder has the same name for all:
    debugging information holds it."""
    shutil.rmtree(folder, ignore_errors=True)
    os.mkdir(folder)
    for name, text in case.files.items():
        with open(os.path.join(folder, name), 'wb') as file:
            file.write(text)
    environment = {k: v for k, v in os.environ.items() if k not in ('OCAMLRUNPARAM', 'LOAM_OPTIONS')}
    environment.update(HOME=folder, TERM='dumb', LC_ALL='C', **machine.get('environment', {}))
    outcome = []

    def hide(data):
        return data.replace(runtime.encode(), b'RUNTIME').replace(words['bin'].encode() + b'/ocamlrun', b'RUNTIME')

    for command in case.commands:
        words_of_command = [part for word in command.split() for part in
                            (machine['vm'] if word == '{vm}' else [word.format(runtime=runtime, **words)])]
        done = subprocess.run(words_of_command, cwd=folder, input=case.stdin, capture_output=True, timeout=600,
                              env=environment)
        outcome.append((command, done.returncode, hide(done.stdout), hide(done.stderr)))
    return outcome, contents(folder, hide)


def differences(wanted, found):
    for (command, *theirs), (_, *ours) in zip(wanted[0], found[0]):
        for what, a, b in zip(('status', 'output', 'errors'), theirs, ours):
            if a != b:
                yield '%s: %s\n  expected %r\n  found    %r' % (command, what, a, b)
    for name in sorted(wanted[1].keys() | found[1].keys()):
        if wanted[1].get(name) != found[1].get(name):
            yield 'file %s: %s' % (name, 'differs' if name in wanted[1] and name in found[1] else
                                   'is missing' if name in wanted[1] else 'should not be there')


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('loam')
    parser.add_argument('tools', nargs='*')
    parser.add_argument('--all', action='store_true')
    arguments = parser.parse_args()
    loam = os.path.abspath(arguments.loam)
    theirs = shutil.which('ocamlrun')
    version = subprocess.run(['ocamlc', '-version'], capture_output=True) if theirs and shutil.which('ocamlc') else None
    if not version or version.stdout.strip() != b'4.13.1':
        print('no OCaml 4.13.1')
        return 77
    where = subprocess.run(['ocamlc', '-where'], capture_output=True, check=True).stdout.decode().strip()
    words = {'bin': os.path.dirname(theirs), 'lib': where}
    ours = os.path.join(os.path.dirname(loam), 'ocamlrun')
    failed = ran = 0
    with tempfile.TemporaryDirectory() as work:
        folder = os.path.join(work, 'case')
        for case in CASES:
            if arguments.tools and case.name not in arguments.tools or case.long and not (
                    arguments.all or arguments.tools):
                continue
            missing = [tool for tool in case.needs if not shutil.which(tool)]
            if missing:
                print('%s: left out, as %s is not installed' % (case.name, ', '.join(missing)))
                continue
            wanted = run(case, folder, {'vm': [theirs]}, theirs, words)
            for engine in ENGINES:
                options = '--engine=' + engine
                machine = {'vm': [loam, 'run', options], 'environment': {'LOAM_OPTIONS': options}}
                ran += 1
                for difference in differences(wanted, run(case, folder, machine, ours, words)):
                    failed += 1
                    print('FAILED: %s, %s: %s' % (case.name, options, difference))
    print('%d runs, %d differences' % (ran, failed))
    return 1 if failed or not ran else 0


sys.exit(main())
