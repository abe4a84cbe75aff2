#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures loam beside Lua, LuaJIT and Node, and prints Markdown tables.

    bench/run_bench.py [--loam build/loam] [--engine=interp] [--runs 5] [--quick] [--json FILE]

Four sections: the programs of bench/mitscript beside their twins; start-up; the collector beside a bump allocator that
never collects; the programs under the heap caps of the MITScript course. README.md says how to read the tables.
Exit status: 0, 1 when a run failed or printed something else than its twins, 3 with --strict when a goal is missed.
"""

import argparse
import glob
import json
import os
import platform
import re
import shutil
import sys

sys.dont_write_bytecode = True  # the source tree stays clean

from bench_measure import BenchError, Contender, HERE, Workshop, geometric_mean, luajit_source, median, race

SECTIONS = ("programs", "startup", "collector", "caps")
EXTRA_SECTIONS = ("minheap",)

# The course's limits, by the kind of program; every other program gets the course's default of 8 MB. bintrees has more
# than 8 MB alive by itself, so it gets the largest.
CAPS = {"bignum": "40M", "bintrees": "40M", "closuretree": "6M", "closures": "4M", "traffic": "4M", "trees": "40M",
        "lists": "40M"}
CAP_DEFAULT = "8M"

# The goals of README.md. A ratio is loam's time divided by the other's.
GOAL_MEAN = 1.0
GOAL_WORST = 1.5
GOAL_COLLECTOR = 1.2
GOAL_START_MS = 2.0
GOAL_START_MB = 8.0
GOAL_CAP = 1.5


class Report:
    """Collects the Markdown, the numbers for --json, and the goals reached and missed."""

    def __init__(self, quick):
        self.quick = quick
        self.numbers = {}
        self.goals = []
        self.failures = []

    def fail(self, error):
        """Notes a run that failed; the other programs still run, and the exit status will be 1."""
        self.failures.append(str(error))
        print("bench: %s" % error, file=sys.stderr, flush=True)

    def say(self, line=""):
        print(line, flush=True)

    def table(self, header, rows):
        self.say("| " + " | ".join(header) + " |")
        self.say("|---|" + "---:|" * (len(header) - 1))
        for row in rows:
            self.say("| " + " | ".join(row) + " |")
        self.say()

    def goal(self, what, value, limit, unit=""):
        """Notes whether `value` stays within `limit`; a quick run proves nothing about that."""
        if self.quick:
            return
        met = value <= limit
        self.goals.append({"goal": what, "value": value, "limit": limit, "met": met})
        verdict = "met" if met else "MISSED"
        self.say("- %s: **%.2f%s**, goal at most %g%s: %s" % (what, value, unit, limit, unit, verdict))

    def missed(self):
        return [goal for goal in self.goals if not goal["met"]]


def ms(seconds):
    return "%.1f" % (seconds * 1e3)


def mb(size):
    return "%.1f" % (size / 1048576)


def find_contenders(args):
    """loam's engines first, then the others that are installed."""
    engines = [Contender("loam " + engine, [args.loam, "run"], ".mit", ["--engine=" + engine])
               for engine in args.engine.split(",") if not args.without_loam]
    others = []
    for name, suffix, dialect in (("lua5.4", ".lua", None), ("luajit", ".lua", luajit_source), ("node", ".js", None)):
        if name in args.beside.split(","):
            command = shutil.which(name) or (name == "lua5.4" and shutil.which("lua"))
            if command:
                others.append(Contender(name, [command], suffix, dialect=dialect))
            else:
                print("bench: %s is not installed: left out" % name, file=sys.stderr)
    return engines, others


def programs(args, folder):
    """Paths without suffix of the MITScript programs in a folder, hello left out, or those of --only."""
    bases = [path[:-len(".mit")] for path in sorted(glob.glob(os.path.join(HERE, folder, "*.mit")))]
    bases = [base for base in bases if os.path.basename(base) != "hello"]
    if args.only:
        bases = [base for base in bases if os.path.basename(base) in args.only.split(",")]
    return bases


def numbers_of(samples, clock):
    """What --json keeps of each contender."""
    return {name: {"median_s": median(runs, clock), "peak_bytes": median(runs, "peak"),
                   "wall_s": [run.wall for run in runs], "cpu_s": [run.cpu for run in runs]}
            for name, runs in samples.items()}


def section_programs(args, workshop, report, engines, others):
    """Time and memory of each program, and the ratio of each loam engine to the one it is measured against."""
    contenders = engines + others
    against = args.against if any(other.name == args.against for other in others) else None
    report.say("## Programs")
    report.say()
    report.say("Median %s time in ms of %d runs; peak resident memory in MB." % (args.clock, args.runs))
    report.say()
    header = ["program"] + [contender.name for contender in contenders]
    header += ["%s / %s" % (engine.name, against) for engine in engines if against]
    header += ["MB " + contender.name for contender in contenders if contender in engines or contender.name == against]
    rows, ratios, kept = [], {engine.name: {} for engine in engines}, {}
    for base in programs(args, "mitscript"):
        name = os.path.basename(base)
        try:
            samples = race(workshop, contenders, base, args.runs, not args.quick)
        except BenchError as error:
            report.fail(error)
            continue
        kept[name] = numbers_of(samples, args.clock)
        row = [name] + [ms(median(samples[c.name], args.clock)) if c.name in samples else "-" for c in contenders]
        for engine in engines if against else ():
            ratio = median(samples[engine.name], args.clock) / max(median(samples[against], args.clock), 1e-9)
            ratios[engine.name][name] = ratio
            row.append("%.2f" % ratio)
        row += [mb(median(samples[c.name], "peak")) for c in contenders if c in engines or c.name == against]
        rows.append(row)
        progress(name)
    if not rows:
        return
    mean_row = ["**geometric mean**"]
    for contender in contenders:
        mean_row.append(ms(geometric_mean([numbers[contender.name]["median_s"] for numbers in kept.values()])))
    mean_row += ["**%.2f**" % geometric_mean(list(ratios[engine.name].values())) for engine in engines if against]
    rows.append(mean_row + [""] * (len(header) - len(mean_row)))
    report.table(header, rows)
    for engine in engines if against else ():
        worst = max(ratios[engine.name], key=ratios[engine.name].get)
        report.goal("geometric mean of %s to %s" % (engine.name, against),
                    geometric_mean(list(ratios[engine.name].values())), GOAL_MEAN)
        report.goal("worst program of %s to %s (%s)" % (engine.name, against, worst), ratios[engine.name][worst],
                    GOAL_WORST)
    report.say()
    report.numbers["programs"] = kept


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


def live_size(base):
    """Bytes alive at the peak of a collector program, as its head says: `// live: 6M`."""
    with open(base + ".mit", encoding="utf-8") as file:
        found = re.search(r"^// live: (\d+)M$", file.read(), re.MULTILINE)
    if not found:
        raise BenchError("%s.mit: the head has no line `// live: NM`" % base)
    return int(found.group(1)) << 20


def stats_row(sample, name):
    """The text of one row of the table that --stats prints, or an empty text."""
    found = re.search(r"^\s+%s\s+(.*)$" % re.escape(name), sample.errors, re.MULTILINE)
    return found.group(1) if found else ""


def longest_pause_ms(samples):
    """The longest pause in any of the runs, or None when --stats says nothing about it."""
    found = [re.search(r"longest (\d+(?:\.\d+)?) ms", stats_row(sample, "pauses")) for sample in samples]
    return max((float(match.group(1)) for match in found if match), default=None)


def section_collector(args, workshop, report, engines):
    """Each program of bench/gc with the default collector in three times its live size, and without collection."""
    report.say("## Collector")
    report.say()
    report.say("%s at a heap of 3 times the live size, beside --gc=nogc, which never collects; median %s time in ms."
               % (args.gc, args.clock))
    report.say()
    engine, rows, ratios, kept = engines[0], [], [], {}
    for base in programs(args, "gc"):
        name, live = os.path.basename(base), live_size(base)
        collecting = Contender(args.gc, engine.command, ".mit",
                               engine.options + ["--gc=" + args.gc, "--heap-max=%d" % (3 * live), "--stats"])
        bump = Contender("nogc", engine.command, ".mit", engine.options + ["--gc=nogc", "--heap-max=16G", "--stats"])
        try:
            samples = race(workshop, [collecting, bump], base, args.runs, not args.quick)
        except BenchError as error:
            report.fail(error)
            continue
        with_gc, without = samples[args.gc], samples["nogc"]
        ratio = median(with_gc, args.clock) / max(median(without, args.clock), 1e-9)
        pause = longest_pause_ms(with_gc)
        ratios.append(ratio)
        kept[name] = {"runs": numbers_of(samples, args.clock), "ratio": ratio, "longest_pause_ms": pause}
        rows.append([name, mb(live), mb(3 * live), stats_row(with_gc[0], "allocated") or "?",
                     stats_row(with_gc[0], "collections") or "?", stats_row(with_gc[0], "heap peak") or "?",
                     ms(median(with_gc, args.clock)), ms(median(without, args.clock)), "%.2f" % ratio,
                     "?" if pause is None else "%.2f" % pause])
        progress(name)
    report.table(["program", "live MB", "heap MB", "allocated", "collections", "heap peak", args.gc, "nogc", "ratio",
                  "longest pause ms"], rows)
    if ratios:
        report.goal("%s to nogc, geometric mean" % args.gc, geometric_mean(ratios), GOAL_COLLECTOR)
        report.goal("%s to nogc, worst" % args.gc, max(ratios), GOAL_COLLECTOR)
        pauses = [kept[name]["longest_pause_ms"] for name in kept if kept[name]["longest_pause_ms"] is not None]
        report.say("- longest pause: **%.2f ms**" % max(pauses) if pauses else "- longest pause: not told by --stats")
    report.say()
    report.numbers["collector"] = kept


def section_caps(args, workshop, report, engines):
    """Every program under the course's heap cap for its kind, beside the default heap."""
    report.say("## Heap caps")
    report.say()
    report.say("Programs under the heap limits of the MITScript course beside the default heap; median %s time in ms."
               % args.clock)
    report.say()
    engine, rows, kept = engines[0], [], {}
    for base in programs(args, "mitscript") + programs(args, "gc"):
        name = os.path.basename(base)
        cap = CAPS.get(name, CAP_DEFAULT)
        free = Contender("default", engine.command, ".mit", engine.options)
        capped = Contender("capped", engine.command, ".mit", engine.options + ["--heap-max=" + cap])
        try:
            samples = race(workshop, [free, capped], base, args.runs, not args.quick)
        except BenchError as error:
            report.fail(error)
            rows.append([name, cap, "-", "-", "FAILED"])
            continue
        ratio = median(samples["capped"], args.clock) / max(median(samples["default"], args.clock), 1e-9)
        kept[name] = {"cap": cap, "ratio": ratio, "runs": numbers_of(samples, args.clock)}
        rows.append([name, cap, ms(median(samples["default"], args.clock)), ms(median(samples["capped"], args.clock)),
                     "%.2f" % ratio])
        progress(name)
    report.table(["program", "cap", "default heap", "capped", "ratio"], rows)
    if kept:
        worst = max(kept, key=lambda name: kept[name]["ratio"])
        report.goal("worst slow-down by a heap cap (%s)" % worst, kept[worst]["ratio"], GOAL_CAP)
    report.say()
    report.numbers["caps"] = kept


def section_minheap(args, workshop, report, engines):
    """The smallest heap, to 2 %, in which each collector program ends well: a check of its `live` line."""
    report.say("## Smallest heaps with " + args.gc)
    report.say()
    engine, rows = engines[0], []
    for base in programs(args, "gc"):
        low, high = 0, 64 * live_size(base)
        while high - low > max(high // 50, 65536):
            middle = (low + high) // 2
            contender = Contender("minheap", engine.command, ".mit",
                                  engine.options + ["--gc=" + args.gc, "--heap-max=%d" % middle])
            sample = workshop.run(contender, workshop.source(base + ".mit", contender))
            low, high = (low, middle) if sample.status == 0 else (middle, high)
        rows.append([os.path.basename(base), mb(live_size(base)), mb(high)])
    report.table(["program", "live MB by its head", "smallest heap MB"], rows)


def progress(name):
    """Tells somebody who waits at a terminal how far it is; nothing in a log."""
    if sys.stderr.isatty():
        print("bench: %s done" % name, file=sys.stderr)


def machine():
    """Processor, kernel and number of processors, for the head of the report."""
    model = platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            found = re.search(r"model name\s*:\s*(.+)", file.read())
            model = found.group(1) if found else model
    except OSError:
        pass
    return "%s, %d processors, %s %s" % (model, os.cpu_count() or 1, platform.system(), platform.release())


def parse_arguments():
    parser = argparse.ArgumentParser(description="Measures loam beside other language engines.")
    parser.add_argument("--loam", default=os.path.join(os.path.dirname(HERE), "build", "loam"),
                        help="the loam command (default: build/loam beside this folder)")
    parser.add_argument("--engine", default="interp", help="engines of loam, with commas (default: interp)")
    parser.add_argument("--beside", default="lua5.4,luajit,node", help="other engines (default: %(default)s)")
    parser.add_argument("--against", default="lua5.4", help="the other engine for the ratios (default: %(default)s)")
    parser.add_argument("--gc", default="genimmix", help="the collector to measure (default: %(default)s)")
    parser.add_argument("--runs", type=int, default=5, help="runs after the warm-up (default: %(default)s)")
    parser.add_argument("--clock", choices=("cpu", "wall"), default="cpu",
                        help="what the ratios compare: user and system time, or elapsed time (default: %(default)s)")
    parser.add_argument("--sections", default=",".join(SECTIONS), help="which of %(default)s, and minheap")
    parser.add_argument("--only", help="names of programs, with commas")
    parser.add_argument("--timeout", type=float, default=120, help="seconds for one run (default: %(default)s)")
    parser.add_argument("--quick", action="store_true", help="small sizes and one run each: shows that all of it works")
    parser.add_argument("--without-loam", action="store_true", help="measure the others alone")
    parser.add_argument("--strict", action="store_true", help="exit with 3 when a goal is missed")
    parser.add_argument("--json", metavar="FILE", help="write all numbers to FILE")
    args = parser.parse_args()
    if args.quick:
        args.runs = 1
    unknown = set(args.sections.split(",")) - set(SECTIONS + EXTRA_SECTIONS)
    if unknown:
        parser.error("unknown section %s; there are %s" % (", ".join(sorted(unknown)),
                                                           ", ".join(SECTIONS + EXTRA_SECTIONS)))
    if args.runs < 1:
        parser.error("--runs must be at least 1")
    if not args.without_loam and not os.access(args.loam, os.X_OK):
        parser.error("%s is not a program: build it, or name it with --loam" % args.loam)
    return args


def run_sections(args, workshop, report):
    engines, others = find_contenders(args)
    wanted = args.sections.split(",")
    if "programs" in wanted:
        section_programs(args, workshop, report, engines, others)
    if "startup" in wanted:
        section_startup(args, workshop, report, engines, others)
    if "collector" in wanted and engines:
        section_collector(args, workshop, report, engines)
    if "caps" in wanted and engines:
        section_caps(args, workshop, report, engines)
    if "minheap" in wanted and engines:
        section_minheap(args, workshop, report, engines)


def main():
    args = parse_arguments()
    report = Report(args.quick)
    workshop = Workshop(args.quick, args.timeout)
    try:
        report.say("# Benchmarks" + (" (quick: the numbers mean nothing)" if args.quick else ""))
        report.say()
        report.say(machine())
        report.say()
        run_sections(args, workshop, report)
    except BenchError as error:
        print("bench: %s" % error, file=sys.stderr)
        return 1
    finally:
        workshop.close()
        if args.json:
            with open(args.json, "w", encoding="utf-8") as file:
                json.dump({"machine": machine(), "quick": args.quick, "runs": args.runs, "clock": args.clock,
                           "sections": report.numbers, "goals": report.goals, "failures": report.failures},
                          file, indent=1)
    for failure in report.failures:
        report.say("- FAILED: " + failure.splitlines()[0])
    if report.failures:
        return 1
    return 3 if args.strict and report.missed() else 0


if __name__ == "__main__":
    sys.exit(main())
