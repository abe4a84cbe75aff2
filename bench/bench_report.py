# SPDX-License-Identifier: MIT
"""What the sections of run_bench.py share: the report, the look of numbers, the list of programs, and the clocks.

A *goal* is a number of README.md that a section compares with what it measured. Quick runs note none, for one run of a
program of a millisecond proves nothing.

The clocks: an engine that compiles on threads of its own (auto, hot) is judged by the wall clock, for that is what a
user waits for, and its processor time is shown beside it, for that is what a full machine pays. Everything else runs on
one thread, where processor time says the same and suffers less from other programs; but columns of one table share a
clock, so one compiling engine in a table makes all of it wall time.
"""

import glob
import os
import platform
import re
import sys

from bench_measure import HERE, median

COMPILING = ("auto", "hot")


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


def plain(ratio):
    return "%.2f" % ratio


def programs(args, folder, hello=False):
    """Paths without suffix of the MITScript programs in a folder, or those of --only; `hello`: also hello.mit."""
    bases = [path[:-len(".mit")] for path in sorted(glob.glob(os.path.join(HERE, folder, "*.mit")))]
    bases = [base for base in bases if hello or os.path.basename(base) != "hello"]
    if args.only:
        bases = [base for base in bases if os.path.basename(base) in args.only.split(",")]
    return bases


def compiles(engine):
    """Whether a contender is an engine of loam that compiles on threads of its own."""
    return engine.name.split()[-1] in COMPILING


def clock_of(args, engines):
    """The clock of a table with these engines: that of --clock, or by the rule in the head of this file."""
    return args.clock or ("wall" if any(compiles(engine) for engine in engines) else "cpu")


def ratio_of(samples, name, other, clock):
    """The median of one contender divided by the other's."""
    return median(samples[name], clock) / max(median(samples[other], clock), 1e-9)


def numbers_of(samples, clock):
    """What --json keeps of each contender."""
    return {name: {"clock": clock, "median_s": median(runs, clock), "peak_bytes": median(runs, "peak"),
                   "wall_s": [run.wall for run in runs], "cpu_s": [run.cpu for run in runs]}
            for name, runs in samples.items()}


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
