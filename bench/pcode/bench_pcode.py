#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures the pcode guest: Pascal programs beside fpc -O3, Pascal- programs beside a plain P-machine in C.

    bench/pcode/bench_pcode.py [--loam build/loam] [--runs 3] [--clock cpu|wall] [--only NAME,...]

Prints two Markdown tables, what compiling costs and how long a start takes. What is not installed is left out. "checks" are fpc's -Cr -Co -Ci and all of loam's; "none" is without on both sides. A ratio is
loam's time divided by the other's. Exit status 1 when a program prints something else than its twin.
"""

import argparse
import glob
import math
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))


def clock(kind):
    """Seconds: elapsed ones, or those that the processors worked for runs that have ended, on all threads."""
    if kind == "wall":
        return time.monotonic()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def best_time(command, options):
    """The shortest of the runs in seconds, and what the last one printed."""
    best, output = math.inf, ""
    for _ in range(options.runs):
        start = clock(options.clock)
        output = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        best = min(best, clock(options.clock) - start)
    return best, output.split()


def programs(suffix, options):
    """The programs that were asked for."""
    paths = sorted(glob.glob(os.path.join(HERE, "*" + suffix)))
    wanted = options.only.split(",") if options.only else None
    return [path for path in paths if not wanted or os.path.basename(path)[:-len(suffix)] in wanted]


def mean(ratios):
    if not ratios:
        return math.nan
    return math.exp(sum(math.log(ratio) for ratio in ratios) / len(ratios))


def pascal_row(path, folder, options):
    """One program: fpc with and without checks, loam interpreted, with all checks, without."""
    name = os.path.splitext(os.path.basename(path))[0]
    flags = {"checks": ["-Cr", "-Co", "-Ci"], "none": []}
    times, outputs = {}, []
    for kind, extra in flags.items():
        target = os.path.join(folder, name + "." + kind)
        subprocess.run(["fpc", "-Miso", "-O3", *extra, "-o" + target, path], capture_output=True, check=True, cwd=folder)
        times["fpc " + kind], output = best_time([target], options)
        outputs.append(output)
    for kind, extra in {"interp": ["--engine=interp"], "checks": [], "none": ["--checks=none"]}.items():
        times[kind], output = best_time([options.loam, "run", *extra, path], options)
        outputs.append(output)
    return name, times, all(output == outputs[0] for output in outputs)


def pascal_table(folder, options):
    good, ratios = True, {"checks": [], "none": []}
    print("| program | fpc checks | loam checks | ratio | fpc none | loam none | ratio | interpreter |")
    print("|---|---|---|---|---|---|---|---|")
    for path in programs(".pas", options):
        name, times, same = pascal_row(path, folder, options)
        good = good and same
        for kind, list_of in ratios.items():
            list_of.append(times[kind] / times["fpc " + kind])
        print("| %s%s | %.3f | %.3f | %.2f | %.3f | %.3f | %.2f | %.2f |" % (
            name, "" if same else " DIFFERS", times["fpc checks"], times["checks"], ratios["checks"][-1],
            times["fpc none"], times["none"], ratios["none"][-1], times["interp"]), flush=True)
    print("| geometric mean | | | %.2f | | | %.2f | |\n" % (mean(ratios["checks"]), mean(ratios["none"])))
    return good


def machine_table(folder, options):
    good, ratios = True, []
    machine = os.path.join(folder, "pmachine")
    subprocess.run(["gcc", "-O2", "-o", machine, os.path.join(HERE, "bench_pmachine.c")], check=True)
    print("| program | P-machine in C | loam's interpreter | times faster | loam |")
    print("|---|---|---|---|---|")
    for path in programs(".pm", options):
        code = os.path.join(folder, "code.mvp")
        subprocess.run([options.loam, "compile", path, "-o", code], check=True)
        plain, expected = best_time([machine, code], options)
        interp, first = best_time([options.loam, "run", "--engine=interp", path], options)
        auto, second = best_time([options.loam, "run", path], options)
        good = good and expected == first == second
        ratios.append(plain / interp)
        print("| %s | %.3f | %.3f | %.2f | %.3f |" % (os.path.basename(path)[:-3], plain, interp, ratios[-1], auto),
              flush=True)
    print("| geometric mean | | | %.2f | |" % mean(ratios))
    return good


def lines_of_pascal(count):
    """A program of about `count` lines, all of whose parts are ordinary."""
    routine = ["procedure p%d(n: integer; var r: integer);", "var i, s: integer;", "begin", "  s := 0;",
               "  for i := 1 to n do", "    if odd(i) then s := s + i * 3", "    else s := s - i div 2;",
               "  while s > 1000 do s := s - 17;", "  r := s", "end;"]
    body = ["\n".join(routine) % number for number in range(count // len(routine))]
    return "\n".join(["program lines(output);", "var r: integer;", *body, "begin p1(10, r); writeln(r:1) end."]) + "\n"


def front_end(folder, options):
    """Compiling to P-code, and starting: lines a second and milliseconds."""
    source, target = os.path.join(folder, "lines.pas"), os.path.join(folder, "lines.pcode")
    small = os.path.join(folder, "hello.pas")
    with open(source, "w", encoding="ascii") as file:
        file.write(lines_of_pascal(14000))
    with open(small, "w", encoding="ascii") as file:
        file.write("program hello(output);\nbegin writeln('hello') end.\n")
    empty, _ = best_time([options.loam, "compile", small, "-o", target], options)
    seconds, _ = best_time([options.loam, "compile", source, "-o", target], options)
    start, _ = best_time([options.loam, "run", small], argparse.Namespace(runs=20, clock="cpu"))
    print("\nCompiling to P-code: %d lines a second. A start of hello: %.2f ms." %
          (14000 / (seconds - empty), start * 1000))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--loam", default="build/loam")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--clock", choices=("cpu", "wall"), default="cpu",
                        help="what is compared: work on all threads, or elapsed time (default: %(default)s)")
    parser.add_argument("--only", help="names of programs, with commas")
    options = parser.parse_args()
    options.loam = os.path.abspath(options.loam)
    with tempfile.TemporaryDirectory() as folder:
        good = True
        for command, suffix, table in (("fpc", ".pas", pascal_table), ("gcc", ".pm", machine_table)):
            if not programs(suffix, options):
                continue
            if shutil.which(command):
                good = table(folder, options) and good
            else:
                print("bench: %s is not installed: left out" % command, file=sys.stderr)
        front_end(folder, options)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
