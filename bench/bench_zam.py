# SPDX-License-Identifier: MIT
"""The section of run_bench.py about OCaml's bytecode: loam beside ocamlrun, which is what it replaces, and ocamlopt.

ocamlc and ocamlopt compile the programs of bench/zam when the section begins; loam and ocamlrun run the same bytecode.
The start-up of a large program, OCaml's own compiler, stands beside them. Where OCaml 4.13.1 is not installed the
section is left out.
"""

import glob
import os
import shutil
import subprocess
import sys

from bench_measure import BenchError, Contender, HERE, geometric_mean, median, race
from bench_report import mb, ms, numbers_of, plain, progress, ratio_of

# The goals of README.md: ratios of processor time to ocamlrun's.
GOALS = {"interp": 1.0, "auto": 0.2}
GOAL_NATIVE = 1.3  # auto to ocamlopt's code
GOAL_START = 1.0
VERSION = "4.13.1"
START_RUNS = 21


def has_ocaml(args):
    """Whether the OCaml whose bytecode zam runs is here, and zam is built in."""
    def answer(argv):
        return subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    if not shutil.which("ocamlc") or answer(["ocamlc", "-version"]).stdout.decode().strip() != VERSION:
        return False
    return shutil.which("ocamlrun") and answer([args.loam, "explain", "zam"]).returncode == 0


def copied(text):
    """OCaml's compilers write beside their source: a copy is compiled."""
    return text + "\n"


def contenders(args):
    bytecode = {"dialect": copied, "compiler": ["ocamlc", "-w", "-a"]}
    made = [Contender("loam " + engine, [args.loam, "run"], ".ml", ["--engine=" + engine], **bytecode)
            for engine in ("interp", "auto")]
    made.append(Contender("ocamlrun", ["ocamlrun"], ".ml", **bytecode))
    if shutil.which("ocamlopt"):
        made.append(Contender("ocamlopt", [], ".ml", dialect=copied, compiler=["ocamlopt", "-w", "-a"]))
    return made


def start_samples(args, workshop, runs):
    """The compiler's start-up, run in turn."""
    program = shutil.which("ocamlc.byte")
    if not program:
        return None
    commands = [Contender("loam " + engine, [args.loam, "run"], "", ["--engine=" + engine, program])
                for engine in ("interp", "auto")] + [Contender("ocamlrun", ["ocamlrun", program], "")]
    samples = {one.name: [] for one in commands}
    for _ in range(runs + 1):
        for one in commands:
            sample = workshop.run(one, "-version")
            if sample.status != 0 or sample.output.decode().strip() != VERSION:
                raise BenchError("ocamlc.byte -version under %s: status %d" % (one.name, sample.status))
            samples[one.name].append(sample)
    return {name: taken[1:] for name, taken in samples.items()}


def row_of(name, samples, names):
    times = [ms(median(samples[one], "cpu")) if one in samples else "-" for one in names]
    ratios = [plain(ratio_of(samples, "loam " + engine, "ocamlrun", "cpu")) for engine in ("interp", "auto")]
    native = [plain(ratio_of(samples, "loam auto", "ocamlopt", clock)) if "ocamlopt" in samples else "-"
              for clock in ("cpu", "wall")]
    memory = [mb(median(samples[one], "peak")) for one in ("loam interp", "ocamlrun")]
    return [name] + times + ratios + native + memory


def section_zam(args, workshop, report):
    """Processor time and memory of OCaml programs under loam, ocamlrun and as native code."""
    if not has_ocaml(args):
        print("bench: OCaml %s is not installed, or zam not built in: left out" % VERSION, file=sys.stderr)
        return
    report.say("## OCaml bytecode")
    report.say()
    report.say("CPU time of all threads in ms, start-up included, median of %d runs; peak resident memory in MB. "
               "The ratio of wall time beside ocamlopt has what a user waits for." % args.runs)
    report.say()
    runners = contenders(args)
    names = [one.name for one in runners]
    kept, rows = {}, []
    for path in sorted(glob.glob(os.path.join(HERE, "zam", "*.ml"))):
        name = os.path.basename(path)[:-len(".ml")]
        if args.only and name not in args.only.split(","):
            continue
        try:
            runs = args.runs if name != "hello" or args.quick else max(START_RUNS, args.runs)
            kept[name] = race(workshop, runners, path[:-len(".ml")], runs, not args.quick)
        except BenchError as error:
            report.fail(error)
            continue
        rows.append(row_of(name, kept[name], names))
        progress(name)
    programs = [name for name in kept if name != "hello"]
    start = None if args.only else start_samples(args, workshop, 1 if args.quick else START_RUNS)
    if start:
        kept["ocamlc.byte -version"] = start
        rows.append(row_of("ocamlc.byte -version", start, names))
    report.table(["program"] + names + ["interp / ocamlrun", "auto / ocamlrun", "auto / ocamlopt",
                                        "wall auto / ocamlopt", "MB interp", "MB ocamlrun"], rows)
    if programs:
        for engine, goal in GOALS.items():
            mean = geometric_mean([ratio_of(kept[name], "loam " + engine, "ocamlrun", "cpu") for name in programs])
            report.goal("geometric mean of OCaml programs, loam %s to ocamlrun" % engine, mean, goal)
        for clock in ("cpu", "wall") if "ocamlopt" in names else ():
            mean = geometric_mean([ratio_of(kept[name], "loam auto", "ocamlopt", clock) for name in programs])
            report.goal("geometric mean of OCaml programs, loam auto to ocamlopt, %s time" % clock, mean, GOAL_NATIVE)
    for name in ("hello", "ocamlc.byte -version"):
        if name in kept:
            report.goal("%s, loam auto to ocamlrun" % name, ratio_of(kept[name], "loam auto", "ocamlrun", "cpu"),
                        GOAL_START)
    report.say()
    report.numbers["zam"] = {name: numbers_of(samples, "cpu") for name, samples in kept.items()}
