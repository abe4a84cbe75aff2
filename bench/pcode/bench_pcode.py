#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures the pcode guest: Pascal programs beside fpc -O3, Pascal- programs beside a plain P-machine in C.

    bench/pcode/bench_pcode.py [--loam build/loam] [--runs 3]

Prints two Markdown tables. "checks" are fpc's -Cr -Co -Ci and all of loam's; "none" is without on both sides. A ratio is
loam's time divided by the other's. Exit status 1 when a program prints something else than its twin.
"""

import argparse
import glob
import math
import os
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))


def best_time(command, runs):
    """The shortest of `runs` runs in seconds, and what the last one printed."""
    best, output = math.inf, ""
    for _ in range(runs):
        start = time.monotonic()
        output = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        best = min(best, time.monotonic() - start)
    return best, output.split()


def mean(ratios):
    return math.exp(sum(math.log(ratio) for ratio in ratios) / len(ratios))


def pascal_row(path, folder, options):
    """One program: fpc with and without checks, loam interpreted, with all checks, without."""
    name = os.path.splitext(os.path.basename(path))[0]
    flags = {"checks": ["-Cr", "-Co", "-Ci"], "none": []}
    times, outputs = {}, []
    for kind, extra in flags.items():
        target = os.path.join(folder, name + "." + kind)
        subprocess.run(["fpc", "-Miso", "-O3", *extra, "-o" + target, path], capture_output=True, check=True, cwd=folder)
        times["fpc " + kind], output = best_time([target], options.runs)
        outputs.append(output)
    for kind, extra in {"interp": ["--engine=interp"], "checks": [], "none": ["--checks=none"]}.items():
        times[kind], output = best_time([options.loam, "run", *extra, path], options.runs)
        outputs.append(output)
    return name, times, all(output == outputs[0] for output in outputs)


def pascal_table(folder, options):
    good, ratios = True, {"checks": [], "none": []}
    print("| program | fpc checks | loam checks | ratio | fpc none | loam none | ratio | interpreter |")
    print("|---|---|---|---|---|---|---|---|")
    for path in sorted(glob.glob(os.path.join(HERE, "*.pas"))):
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
    for path in sorted(glob.glob(os.path.join(HERE, "*.pm"))):
        code = os.path.join(folder, "code.mvp")
        subprocess.run([options.loam, "compile", path, "-o", code], check=True)
        plain, expected = best_time([machine, code], options.runs)
        interp, first = best_time([options.loam, "run", "--engine=interp", path], options.runs)
        auto, second = best_time([options.loam, "run", path], options.runs)
        good = good and expected == first == second
        ratios.append(plain / interp)
        print("| %s | %.3f | %.3f | %.2f | %.3f |" % (os.path.basename(path)[:-3], plain, interp, ratios[-1], auto),
              flush=True)
    print("| geometric mean | | | %.2f | |" % mean(ratios))
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--loam", default="build/loam")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    options.loam = os.path.abspath(options.loam)
    with tempfile.TemporaryDirectory() as folder:
        good = pascal_table(folder, options)
        good = machine_table(folder, options) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
