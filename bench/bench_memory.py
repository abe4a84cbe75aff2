# SPDX-License-Identifier: MIT
"""Sections of run_bench.py about the collector: its price, the course's heap limits, the smallest heaps.

They ask about memory, not about compilers, so they use the first engine of --engine only. The live size of a program of
bench/gc stands in its head; the heap of the first section is three times that.
"""

import os
import re

from bench_measure import BenchError, Contender, geometric_mean, median, race
from bench_report import clock_of, mb, ms, numbers_of, programs, progress, ratio_of

# The goals of README.md: ratios of times.
GOAL_COLLECTOR = 1.2
GOAL_CAP = 1.5

# The course's limits, by the kind of program; every other program gets the course's default of 8 MB. bintrees has more
# than 8 MB alive by itself, so it gets the largest.
CAPS = {"bignum": "40M", "bintrees": "40M", "closuretree": "6M", "closures": "4M", "traffic": "4M", "trees": "40M",
        "lists": "40M"}
CAP_DEFAULT = "8M"


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


def with_collector(name, engine, heap_max):
    return Contender(name, engine.command, ".mit",
                     engine.options + ["--gc=" + name, "--heap-max=%d" % heap_max, "--stats"])


def section_collector(args, workshop, report, engines):
    """Each program of bench/gc with the collectors in three times its live size, and without collection."""
    clock = clock_of(args, engines[:1])
    report.say("## Collector")
    report.say()
    report.say("%s at a heap of 3 times the live size, beside --gc=nogc, which never collects; median %s time in ms."
               % (args.gc, clock))
    report.say()
    engine, rows, ratios, kept = engines[0], [], [], {}
    for base in programs(args, "gc"):
        name, live = os.path.basename(base), live_size(base)
        plans = [with_collector(name, engine, 3 * live) for name in [args.gc] + args.other_gcs]
        try:
            samples = race(workshop, plans + [with_collector("nogc", engine, 16 << 30)], base, args.runs, not args.quick)
        except BenchError as error:
            report.fail(error)
            continue
        with_gc, without = samples[args.gc], samples["nogc"]
        ratio = ratio_of(samples, args.gc, "nogc", clock)
        pause = longest_pause_ms(with_gc)
        ratios.append(ratio)
        kept[name] = {"runs": numbers_of(samples, clock), "ratio": ratio, "longest_pause_ms": pause}
        rows.append([name, mb(live), mb(3 * live), stats_row(with_gc[0], "allocated") or "?",
                     stats_row(with_gc[0], "collections") or "?", stats_row(with_gc[0], "heap peak") or "?",
                     ms(median(with_gc, clock)), ms(median(without, clock)), "%.2f" % ratio,
                     "?" if pause is None else "%.2f" % pause] +
                    ["%.2f" % ratio_of(samples, other, args.gc, clock) for other in args.other_gcs])
        progress(name)
    report.table(["program", "live MB", "heap MB", "allocated", "collections", "heap peak", args.gc, "nogc", "ratio",
                  "longest pause ms"] + ["%s to %s" % (other, args.gc) for other in args.other_gcs], rows)
    if ratios:
        report.goal("%s to nogc, geometric mean" % args.gc, geometric_mean(ratios), GOAL_COLLECTOR)
        report.goal("%s to nogc, worst" % args.gc, max(ratios), GOAL_COLLECTOR)
        pauses = [kept[name]["longest_pause_ms"] for name in kept if kept[name]["longest_pause_ms"] is not None]
        report.say("- longest pause: **%.2f ms**" % max(pauses) if pauses else "- longest pause: not told by --stats")
    report.say()
    report.numbers["collector"] = kept


def section_caps(args, workshop, report, engines):
    """Every program under the course's heap cap for its kind, beside the default heap."""
    clock = clock_of(args, engines[:1])
    report.say("## Heap caps")
    report.say()
    report.say("Programs under the heap limits of the MITScript course beside the default heap; median %s time in ms."
               % clock)
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
        ratio = ratio_of(samples, "capped", "default", clock)
        kept[name] = {"cap": cap, "ratio": ratio, "runs": numbers_of(samples, clock)}
        rows.append([name, cap, ms(median(samples["default"], clock)), ms(median(samples["capped"], clock)),
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
