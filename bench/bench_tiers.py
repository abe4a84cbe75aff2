# SPDX-License-Identifier: MIT
"""Sections of run_bench.py about the compilers themselves: how far from C, and what they cost a short program.

`toy`: programs of bench/toy, a guest so small that nothing but the engine is measured, beside twins in C that clang
compiles with -O2 when the section begins. Both come out of LLVM, so the ratio says what the substrate adds: checks of
types and overflow, polls, exits, and compiling itself. The slow engines run once, to show the distance.

`short`: a program of a few milliseconds ends before compiled code can pay back. It must not suffer: the ratio of wall
medians of auto to interp, over at least 11 runs of each program at its quick size. Beside it stand the ratio of the
fastest runs, which other users of the machine disturb least, and that of processor time. Whether a program counts as
short is for its processor time to say: a busy machine would drop another one every time.
"""

import glob
import os
import shutil
import subprocess
import sys

from bench_measure import BenchError, Contender, HERE, geometric_mean, median, race
from bench_report import ms, numbers_of, plain, programs, progress, ratio_of

# The goals of README.md: ratios of wall times.
GOAL_TOY = 1.5
GOAL_SHORT = 1.1
SHORT_LIMIT_S = 0.05  # longer programs are for the section of programs
SHORT_RUNS = 31       # 11 are enough for a median of 20 ms; those of 2 ms need more beside other users of the machine
C_NAME = "C -O2"


def loam_engine(args, name, suffix):
    return Contender("loam " + name, [args.loam, "run"], suffix, ["--engine=" + name])


def c_contender():
    """clang -O2, or nothing where there is none: another compiler would be another yardstick."""
    for compiler in ("clang-19", "clang"):
        if shutil.which(compiler):
            return [Contender(C_NAME, [], ".c", compiler=[compiler, "-O2"])]
    return []


def knows_toy(args):
    """Whether this loam has toy built in, which is for whoever configures it to decide."""
    return subprocess.run([args.loam, "explain", "toy"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode == 0


def toy_samples(args, workshop, base):
    """Samples of one program in every engine and in C. Raises BenchError when one fails or prints something else."""
    fast = [loam_engine(args, "auto", ".toy")] + c_contender()
    slow = [loam_engine(args, name, ".toy") for name in ("interp", "baseline")]
    samples = race(workshop, fast, base, args.runs, not args.quick)
    samples.update(race(workshop, slow, base, 1, False))
    if samples["loam interp"][0].output != samples["loam auto"][0].output:
        raise BenchError("%s: interp and auto print different texts" % os.path.basename(base))
    return samples


def section_toy(args, workshop, report):
    """Wall times of the toy programs and the ratios of auto to C."""
    if not knows_toy(args):
        print("bench: toy is not built in: left out", file=sys.stderr)
        return
    report.say("## Toy beside C")
    report.say()
    report.say("Wall time in ms: auto and C median of %d runs, the others of one run; CPU: all threads." % args.runs)
    report.say()
    names, rows, kept, ratios = ["loam interp", "loam baseline", "loam auto", C_NAME], [], {}, {}
    for path in sorted(glob.glob(os.path.join(HERE, "toy", "*.toy"))):
        name = os.path.basename(path)[:-len(".toy")]
        try:
            samples = toy_samples(args, workshop, path[:-len(".toy")])
        except BenchError as error:
            report.fail(error)
            continue
        kept[name] = numbers_of(samples, "wall")
        row = [name] + [ms(median(samples[one], "wall")) if one in samples else "-" for one in names]
        if C_NAME in samples:
            ratios[name] = ratio_of(samples, "loam auto", C_NAME, "wall")
            row += [plain(ratios[name]), plain(ratio_of(samples, "loam auto", C_NAME, "cpu"))]
        rows.append(row + ["-"] * (len(names) + 3 - len(row)))
        progress(name)
    report.table(["program"] + names + ["auto / C", "CPU auto / C"], rows)
    for name, ratio in ratios.items():
        report.goal("toy's %s in auto to C" % name, ratio, GOAL_TOY)
    report.say()
    report.numbers["toy"] = kept


def section_short(args, workshop, report):
    """The ratio of auto to interp for every program at its quick size."""
    runs = 3 if args.quick else max(SHORT_RUNS, args.runs)
    report.say("## Short programs")
    report.say()
    report.say("Programs under %d ms, at their quick sizes: median wall time in ms of %d runs." %
               (SHORT_LIMIT_S * 1e3, runs))
    report.say()
    engines = [loam_engine(args, name, ".mit") for name in ("interp", "auto")]
    rows, kept, ratios = [], {}, {}
    for base in programs(args, "mitscript", True):
        name = os.path.basename(base)
        try:
            samples = race(workshop, engines, base, runs, not args.quick, "quick")
        except BenchError as error:
            report.fail(error)
            continue
        kept[name] = numbers_of(samples, "wall")
        if median(samples["loam interp"], "cpu") > SHORT_LIMIT_S:
            continue
        ratios[name] = ratio_of(samples, "loam auto", "loam interp", "wall")
        fastest = [min(run.wall for run in samples[engine.name]) for engine in engines]
        rows.append([name] + ["%.2f" % (median(samples[engine.name], "wall") * 1e3) for engine in engines] +
                    [plain(ratios[name]), plain(fastest[1] / max(fastest[0], 1e-9)),
                     plain(ratio_of(samples, "loam auto", "loam interp", "cpu"))])
        progress(name)
    if ratios:
        rows.append(["**geometric mean**", "", "", plain(geometric_mean(list(ratios.values()))), "", ""])
        report.table(["program", "loam interp", "loam auto", "auto / interp", "fastest", "CPU"], rows)
        worst = max(ratios, key=ratios.get)
        report.goal("worst short program of auto to interp (%s)" % worst, ratios[worst], GOAL_SHORT)
        report.say()
    report.numbers["short"] = kept
