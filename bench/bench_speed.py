# SPDX-License-Identifier: MIT
"""Sections of run_bench.py about loam beside other languages: the programs of bench/mitscript, and start-up.

A ratio is loam's median divided by the other's. An engine that compiles in the background gets its processor time and
the ratio of that in columns of their own, since the wall clock hides work that another processor does.
"""

import os

from bench_measure import BenchError, HERE, geometric_mean, median, race
from bench_report import clock_of, compiles, mb, ms, numbers_of, plain, programs, progress, ratio_of

# The goals of README.md. A ratio is loam's time divided by the other's.
GOAL_MEAN = 1.0
GOAL_WORST = 1.5
GOAL_START_MS = 2.0
GOAL_START_MB = 8.0


def columns(contenders, engines, against, clock):
    """The columns of the table of programs after the name: (title, of a dictionary of samples to a number, format).

    Ratios come with their geometric means, times too; memory has none, and its format says so by being `mb`.
    """
    def time(name, of):
        return lambda samples: median(samples[name], of) if name in samples else None

    def ratio(name, of):
        return lambda samples: ratio_of(samples, name, against, of)

    def peak(name):
        return lambda samples: median(samples[name], "peak") if name in samples else None

    hidden = [engine for engine in engines if compiles(engine) and clock == "wall"]
    made = [(contender.name, time(contender.name, clock), ms) for contender in contenders]
    made += [("%s / %s" % (engine.name, against), ratio(engine.name, clock), plain) for engine in engines if against]
    made += [("CPU " + engine.name, time(engine.name, "cpu"), ms) for engine in hidden]
    made += [("CPU %s / %s" % (engine.name, against), ratio(engine.name, "cpu"), plain) for engine in hidden if against]
    return made + [("MB " + contender.name, peak(contender.name), mb) for contender in contenders
                   if contender in engines or contender.name == against]


def programs_table(report, cols, kept):
    """Prints a row for each program, and one of geometric means."""
    rows = []
    for name, samples in kept.items():
        values = [of(samples) for _, of, _ in cols]
        rows.append([name] + ["-" if value is None else look(value) for value, (_, _, look) in zip(values, cols)])
    means = ["**geometric mean**"]
    for _, of, look in cols:
        values = [value for value in map(of, kept.values()) if value is not None]
        means.append("" if look is mb or not values else look(geometric_mean(values)))
    report.table(["program"] + [title for title, _, _ in cols], rows + [means])


def section_programs(args, workshop, report, engines, others):
    """Time and memory of each program, and the ratio of each loam engine to the one it is measured against."""
    contenders, clock = engines + others, clock_of(args, engines)
    against = args.against if any(other.name == args.against for other in others) else None
    report.say("## Programs")
    report.say()
    report.say("Median %s time in ms of %d runs, size %s; peak resident memory in MB. CPU: user and system time of all "
               "threads." % (clock, args.runs, args.size))
    report.say()
    kept = {}
    for base in programs(args, "mitscript"):
        try:
            kept[os.path.basename(base)] = race(workshop, contenders, base, args.runs, not args.quick)
        except BenchError as error:
            report.fail(error)
            continue
        progress(os.path.basename(base))
    if not kept:
        return
    programs_table(report, columns(contenders, engines, against, clock), kept)
    for engine in engines if against else ():
        ratios = {name: ratio_of(samples, engine.name, against, clock) for name, samples in kept.items()}
        worst = max(ratios, key=ratios.get)
        report.goal("geometric mean of %s to %s" % (engine.name, against), geometric_mean(list(ratios.values())),
                    GOAL_MEAN)
        report.goal("worst program of %s to %s (%s)" % (engine.name, against, worst), ratios[worst], GOAL_WORST)
    report.say()
    report.numbers["programs"] = {name: numbers_of(samples, clock) for name, samples in kept.items()}


def section_startup(args, workshop, report, engines, others):
    """The hello program: wall time from fork to end, and memory."""
    report.say("## Start-up")
    report.say()
    runs = 3 if args.quick else max(30, args.runs)
    samples = race(workshop, engines + others, os.path.join(HERE, "mitscript", "hello"), runs)
    report.say("The hello program, %d runs: wall time from fork to end, peak resident memory." % runs)
    report.say()
    report.table(["command", "median ms", "fastest ms", "CPU ms", "peak MB"], [
        [name, "%.2f" % (median(list_, "wall") * 1e3), "%.2f" % (min(run.wall for run in list_) * 1e3),
         "%.2f" % (median(list_, "cpu") * 1e3), mb(median(list_, "peak"))] for name, list_ in samples.items()])
    for engine in engines:
        report.goal("start-up of " + engine.name, median(samples[engine.name], "wall") * 1e3, GOAL_START_MS, " ms")
        report.goal("memory of hello in " + engine.name, median(samples[engine.name], "peak") / 1048576, GOAL_START_MB,
                    " MB")
    report.say()
    report.numbers["startup"] = numbers_of(samples, "wall")
