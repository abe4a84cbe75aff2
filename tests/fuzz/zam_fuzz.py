#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""zam_fuzz.py LOAM [--from SEED] [--runs N] [--seconds S] [--modes A,B,...] [--keep FOLDER]: differential fuzzing of zam.

Compiles the random OCaml program of every seed (ocaml_gen.py) with ocamlc, runs it under OCaml's own ocamlrun and under
loam in every engine and stress mode, and compares standard output, standard error and exit status. Every second program
prints the backtrace of what it doesn't catch. A program on which a mode differs is kept in FOLDER (default:
fuzz-failures), and the command is printed. The last line is "N programs, N runs, N differ"; the exit status is 1 when
one differs, 77 when there is no OCaml 4.13."""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time

from ocaml_gen import ROUNDS_FEW, Generator, rounds_for

MODES = {
    'interp': ['--engine=interp'],
    'baseline': ['--engine=baseline'],
    'auto': ['--engine=auto'],
    'hot': ['--engine=hot'],
    'preempt': ['--engine=auto', '--stress=preempt:1'],
    'tier': ['--engine=auto', '--stress=tier:1'],
    'deopt': ['--engine=auto', '--stress=tier:7,deopt:3'],
    'rounds': ['--engine=auto', '--stress=tier:2,deopt:97'],
    'tier-gc': ['--engine=auto', '--stress=tier:3,deopt:5,gc:97,move,poison', '--verify=heap'],
    'gc': ['--engine=interp', '--stress=gc:13,move,poison', '--verify=heap'],
    'baseline-gc': ['--engine=baseline', '--gc=semispace', '--stress=gc:61,move,poison', '--verify=heap'],
    'hot-gc': ['--engine=hot', '--stress=gc:61,move,poison', '--verify=heap'],
    'marksweep': ['--engine=auto', '--gc=marksweep', '--stress=gc:61,poison', '--verify=heap'],
    'markcompact': ['--engine=auto', '--gc=markcompact', '--stress=gc:61,poison', '--verify=heap'],
}
TIME_S = 60  # of one run
REFERENCE_TIME_S = 1  # a program that takes longer under ocamlrun is left out


def is_collecting(mode):
    return any('gc:' in option for option in MODES[mode])


class Fuzzer:
    def __init__(self, args, folder):
        self.args, self.folder = args, folder
        self.modes = args.modes.split(',')
        self.programs = self.executed = self.failed = 0

    def path(self, name):
        return os.path.join(self.folder, name)

    def run(self, command, seed, seconds):
        environment = dict(os.environ, OCAMLRUNPARAM='b' if seed % 2 else '')
        self.executed += 1
        try:
            done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=seconds,
                                  env=environment, check=False)
        except subprocess.TimeoutExpired:
            return 'no end', b'', b''
        return done.returncode, done.stdout, done.stderr

    def report(self, seed, mode, command, expected, found):
        self.failed += 1
        os.makedirs(self.args.keep, exist_ok=True)
        kept = os.path.join(self.args.keep, 'seed_%d' % seed)
        shutil.copy(self.path('p.ml'), kept + '.ml')
        shutil.copy(self.path('p.byte'), kept + '.byte')
        print('DIFFERS seed %d, %s: %s' % (seed, mode, kept + '.ml'))
        if expected[0] != found[0]:
            print('  exit status: expected %s, found %s' % (expected[0], found[0]))
        for what, *texts in zip(('standard output', 'standard error'), expected[1:], found[1:]):
            lines = [text.decode(errors='replace').split('\n') + ['(its end)'] for text in texts]
            at = next((i for i, (a, b) in enumerate(zip(*lines)) if a != b), None)
            if at is not None:
                print('  %s, line %d: expected %.200s, found %.200s' % (what, at + 1, lines[0][at], lines[1][at]))
        print('  again: %s' % ' '.join(command[:-1] + [kept + '.byte']), flush=True)

    def compile(self, seed):
        with open(self.path('p.ml'), 'w', encoding='ascii') as file:
            file.write(Generator(seed).program())
        made = subprocess.run(['ocamlc', '-w', '-a', '-g', '-o', 'p.byte', 'p.ml'], cwd=self.folder,
                              capture_output=True, check=False)
        if made.returncode:
            sys.exit('zam_fuzz: seed %d makes no program of OCaml: %s' % (seed, made.stderr.decode()))

    def fuzz(self, seed):
        self.compile(seed)
        expected = self.run(['ocamlrun', self.path('p.byte')], seed, REFERENCE_TIME_S)
        if expected[0] == 'no end':
            return
        self.programs += 1
        for mode in self.modes:
            if is_collecting(mode) and rounds_for(seed) > ROUNDS_FEW:
                continue
            command = [self.args.loam, 'run'] + MODES[mode] + [self.path('p.byte')]
            found = self.run(command, seed, TIME_S)
            if found != expected:
                self.report(seed, mode, command, expected, found)


def has_ocaml():
    try:
        done = subprocess.run(['ocamlc', '-version'], capture_output=True, text=True, check=False)
    except OSError:
        return False
    return done.stdout.startswith('4.13')


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('loam')
    parser.add_argument('--from', dest='first', type=int, default=1)
    parser.add_argument('--runs', type=int, default=50)
    parser.add_argument('--seconds', type=int, default=0, help='instead of a number of runs')
    parser.add_argument('--modes', default=','.join(MODES))
    parser.add_argument('--keep', default='fuzz-failures')
    args = parser.parse_args()
    if not has_ocaml():
        print('zam_fuzz: there is no OCaml 4.13')
        return 77
    unknown = [mode for mode in args.modes.split(',') if mode not in MODES]
    if unknown:
        parser.error('expected modes of %s, found %s' % (', '.join(MODES), ', '.join(unknown)))
    with tempfile.TemporaryDirectory(prefix='zam-fuzz-') as folder:
        fuzzer = Fuzzer(args, folder)
        end, seed = time.monotonic() + args.seconds, args.first
        while time.monotonic() < end if args.seconds else seed < args.first + args.runs:
            fuzzer.fuzz(seed)
            seed += 1
    print('%d programs, %d runs, %d differ' % (fuzzer.programs, fuzzer.executed, fuzzer.failed))
    return 1 if fuzzer.failed else 0


if __name__ == '__main__':
    sys.exit(main())
