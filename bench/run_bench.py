#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures loam beside Lua, LuaJIT, Node and C, and prints Markdown tables.

    bench/run_bench.py [--loam build/loam] [--engine=interp] [--runs 5] [--size=quick|normal|long] [--json FILE]

Seven sections: the programs of bench/mitscript beside their twins; start-up; programs too short for a compiler; toy's
programs beside C; OCaml programs beside ocamlrun; the collector beside a bump allocator that never collects; the
programs under the heap caps of the MITScript course. README.md says how to read the tables.
Exit status: 0, 1 when a run failed or printed something else than its twins, 3 with --strict when a goal is missed.
"""

import argparse
import json
import os
import shutil
import sys

sys.dont_write_bytecode = True  # the source tree stays clean

from bench_measure import SIZES, BenchError, Contender, HERE, Workshop, luajit_source
from bench_memory import section_caps, section_collector, section_minheap
from bench_report import Report, machine
from bench_speed import section_programs, section_startup
from bench_tiers import section_short, section_toy
from bench_zam import section_zam

SECTIONS = ("programs", "startup", "short", "toy", "zam", "collector", "caps")
EXTRA_SECTIONS = ("minheap",)


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


def parse_arguments():
    parser = argparse.ArgumentParser(description="Measures loam beside other language engines.")
    parser.add_argument("--loam", default=os.path.join(os.path.dirname(HERE), "build", "loam"),
                        help="the loam command (default: build/loam beside this folder)")
    parser.add_argument("--engine", default="interp", help="engines of loam, with commas (default: interp)")
    parser.add_argument("--beside", default="lua5.4,luajit,node", help="other engines (default: %(default)s)")
    parser.add_argument("--against", default="lua5.4", help="the other engine for the ratios (default: %(default)s)")
    parser.add_argument("--gc", default="genimmix",
                        help="the collector to measure; with commas, others to compare with it (default: %(default)s)")
    parser.add_argument("--runs", type=int, default=5, help="runs after the warm-up (default: %(default)s)")
    parser.add_argument("--clock", choices=("cpu", "wall"),
                        help="what the ratios compare: user and system time, or elapsed time (default: wall for tables "
                             "with the engines auto or hot, cpu for others)")
    parser.add_argument("--sections", default=",".join(SECTIONS), help="which of %(default)s, and minheap")
    parser.add_argument("--short", action="store_true", help="the same as --sections=short")
    parser.add_argument("--only", help="names of programs, with commas")
    parser.add_argument("--timeout", type=float,
                        help="seconds for one run (default: 120 for the size quick, otherwise 300)")
    parser.add_argument("--size", choices=SIZES, default="normal",
                        help="quick: one run of each, which shows that all of it works; long: 1 to 3 s in the baseline "
                             "compiler, so that compiling weighs little (default: %(default)s)")
    parser.add_argument("--quick", action="store_true", help="the same as --size=quick")
    parser.add_argument("--without-loam", action="store_true", help="measure the others alone")
    parser.add_argument("--strict", action="store_true", help="exit with 3 when a goal is missed")
    parser.add_argument("--json", metavar="FILE", help="write all numbers to FILE")
    args = parser.parse_args()
    args.gc, *args.other_gcs = args.gc.split(",")
    if args.quick:
        args.size = "quick"
    args.quick = args.size == "quick"
    if args.quick:
        args.runs = 1
    args.timeout = args.timeout or (120 if args.quick else 300)
    if args.short:
        args.sections = "short"
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
    if "short" in wanted and engines:
        section_short(args, workshop, report)
    if "toy" in wanted and engines:
        section_toy(args, workshop, report)
    if "zam" in wanted and engines:
        section_zam(args, workshop, report)
    if "collector" in wanted and engines:
        section_collector(args, workshop, report, engines)
    if "caps" in wanted and engines:
        section_caps(args, workshop, report, engines)
    if "minheap" in wanted and engines:
        section_minheap(args, workshop, report, engines)


def main():
    args = parse_arguments()
    report = Report(args.quick)
    workshop = Workshop(args.size, args.timeout)
    try:
        about = " (quick: the numbers mean nothing)" if args.quick else ", size " + args.size
        report.say("# Benchmarks" + about)
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
                json.dump({"machine": machine(), "size": args.size, "quick": args.quick, "runs": args.runs,
                           "clock": args.clock, "sections": report.numbers, "goals": report.goals,
                           "failures": report.failures}, file, indent=1)
    for failure in report.failures:
        report.say("- FAILED: " + failure.splitlines()[0])
    if report.failures:
        return 1
    return 3 if args.strict and report.missed() else 0


if __name__ == "__main__":
    sys.exit(main())
