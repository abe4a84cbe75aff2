#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""zam_memory_test.py LOAM LAUNCH: a program of which nothing gets hot takes at most 1.3 times the memory, at its peak, that
it takes under OCaml's own ocamlrun: a small one, and the compiler, which says its version or compiles a line. LAUNCH is
bench/bench_launch.c. Means of several runs: where the system puts code, and so how much of it comes with a page, is chance.
Skipped (77) where there is no OCaml 4.13."""
import os
import shutil
import subprocess
import sys
import tempfile

LIMIT, RUNS = 1.3, 12
ENVIRONMENT = {name: text for name, text in os.environ.items() if name != 'MALLOC_PERTURB_'}  # Meson's: it touches all
HELLO = b'let () = print_endline "hello"\n'


def peak(launch, command):
    """The mean peak of the resident set, in KB."""
    total = 0
    for _ in range(RUNS):
        row = subprocess.run([launch, os.devnull, os.devnull, *command], stdout=subprocess.PIPE, check=True, env=ENVIRONMENT)
        _, _, kilobytes, status = row.stdout.split()
        assert int(status) == 0, '%s: expected status 0, found %s' % (' '.join(command), status.decode())
        total += int(kilobytes)
    return total / RUNS


def main():
    loam, launch = sys.argv[1:]
    run, compiler = shutil.which('ocamlrun'), shutil.which('ocamlc.byte')
    version = run and subprocess.run([run, '-version'], stdout=subprocess.PIPE, check=False).stdout
    if not compiler or b'4.13.' not in version:
        print('no OCaml 4.13 here')
        return 77
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        with open(folder + '/hello.ml', 'wb') as out:
            out.write(HELLO)
        hello = folder + '/hello.byte'
        subprocess.run([compiler, '-o', hello, 'hello.ml'], cwd=folder, check=True)
        line = [compiler, '-c', '-o', folder + '/hello.cmo', folder + '/hello.ml']
        for program in ([hello], [compiler, '-version'], line):
            expected, found = peak(launch, [run, *program]), peak(launch, [loam, 'run', *program])
            what = '%s: expected at most %.2f times the %.0f KB of ocamlrun, found %.0f, %.2f times'
            print(what % (' '.join(program), LIMIT, expected, found, found / expected))
            failed = failed or found > LIMIT * expected
    return failed


sys.exit(main())
