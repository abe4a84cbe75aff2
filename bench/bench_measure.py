# SPDX-License-Identifier: MIT
"""Runs programs and measures them: what run_bench.py needs, and no tables.

A *contender* is one way to run a program: an engine of loam, or another language's command with the twin written for
it. A *sample* is one run. `race` runs all contenders of a program in turn, A B C A B C, so that what happens to the
machine meanwhile happens to all of them, and compares what they print.

The sizes: each program says `size = 35; // quick: 15 long: 40` in one line near its top. For a quick or a long run a
copy with that size is made; a program without a long size keeps its normal one. LuaJIT has no `//`, so it gets a copy
of the Lua twin in which `a // b` is written `floor(a / b)`. Twins in C are compiled once, into the scratch directory.
"""

import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SIZES = ("quick", "normal", "long")
SIZE_LINE = re.compile(r"(?P<normal>\d+)(?P<rest>[;} ]* (?:--|//|#|\(\*) quick: (?P<quick>\d+)"
                       r"(?: long: (?P<long>\d+))?(?: \*\))?)$", re.MULTILINE)
OPENING = {")": "(", "]": "["}


class BenchError(Exception):
    """Something that makes the whole run pointless, with a text for the user."""


class Sample:
    """One run: times in seconds, peak resident set in bytes, exit status, what it printed."""

    def __init__(self, wall, cpu, peak, status, output, errors):
        self.wall, self.cpu, self.peak = wall, cpu, peak
        self.status, self.output, self.errors = status, output, errors


class Contender:
    """A way to run a program: `command` and `options` before the file, the suffix of its twin, what changes its text.

    With a `compiler`, a command that takes `-o TARGET SOURCE`, the file is compiled, and what comes out is run.
    """

    def __init__(self, name, command, suffix, options=(), dialect=None, compiler=()):
        self.name, self.command, self.suffix = name, list(command), suffix
        self.options, self.dialect, self.compiler = list(options), dialect, list(compiler)

    def argv(self, path):
        return self.command + self.options + [path]


class Workshop:
    """A scratch directory with the launcher, the copies of programs, and the outputs of runs."""

    def __init__(self, size, timeout):
        self.size, self.timeout = size, timeout
        self.directory = tempfile.mkdtemp(prefix="loam-bench-")
        self.launcher = self._build_launcher()

    def close(self):
        shutil.rmtree(self.directory, ignore_errors=True)

    def _build_launcher(self):
        """The path of the compiled bench_launch.c, or None without a C compiler."""
        target = os.path.join(self.directory, "bench_launch")
        for compiler in (os.environ.get("CC"), "clang-19", "cc", "gcc"):
            if compiler and shutil.which(compiler.split()[0]):
                command = compiler.split() + ["-O1", "-o", target, os.path.join(HERE, "bench_launch.c")]
                if subprocess.run(command, stderr=subprocess.DEVNULL).returncode == 0:
                    return target
        print("bench: no C compiler: peak memory and the times of short programs include Python's own", file=sys.stderr)
        return None

    def source(self, path, contender, size=None):
        """The file to run for `path`: itself, or a copy of another size, in the contender's dialect, or compiled."""
        size = size or self.size
        with open(path, encoding="utf-8") as file:
            original = text = file.read()
        text = SIZE_LINE.sub(lambda found: (found[size] or found["normal"]) + found["rest"], text)
        if contender.dialect:
            text = contender.dialect(text)
        copy = path
        if text != original:
            name = "%s_%s_%s" % (contender.name.replace(" ", "_"), size, os.path.basename(path))
            copy = os.path.join(self.directory, name)
            with open(copy, "w", encoding="utf-8") as file:
                file.write(text)
        return self._compile(copy, contender, size) if contender.compiler else copy

    def _compile(self, path, contender, size):
        """The path of the program that the contender's compiler makes of a file."""
        target = os.path.join(self.directory, "%s_%s.out" % (os.path.basename(path), size))
        done = subprocess.run(contender.compiler + ["-o", target, path], stderr=subprocess.PIPE)
        if done.returncode != 0:
            raise BenchError("%s: %s" % (contender.name, done.stderr.decode("utf-8", "replace")))
        return target

    def run(self, contender, path):
        """One sample of a contender running `path`."""
        out, err = (os.path.join(self.directory, name) for name in ("out", "err"))
        measure = self._launch if self.launcher else self._fork
        wall, cpu, peak, status = measure(contender.argv(path), out, err)
        with open(out, "rb") as file:
            output = file.read()
        with open(err, "rb") as file:
            errors = file.read().decode("utf-8", "replace")
        return Sample(wall, cpu, peak, status, output, errors)

    def _launch(self, argv, out, err):
        try:
            done = subprocess.run([self.launcher, out, err] + argv, stdout=subprocess.PIPE, timeout=self.timeout)
        except subprocess.TimeoutExpired:
            return self.timeout, self.timeout, 0, 124  # 124 is what timeout(1) answers
        if done.returncode != 0:
            raise BenchError("the launcher failed")
        wall, cpu, peak, status = (int(word) for word in done.stdout.split())
        return wall / 1e9, cpu / 1e9, peak * 1024, status

    def _fork(self, argv, out, err):
        with open(out, "wb") as out_file, open(err, "wb") as err_file:
            start = time.perf_counter()
            child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out_file, stderr=err_file)
            _, status, usage = os.wait4(child.pid, 0)
            wall = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        code = child.returncode if child.returncode >= 0 else 128 - child.returncode
        return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, code


def operand_start(text, end):
    """Where the operand that ends before `end` begins: a name, a number, or brackets with the name before them."""
    i = end
    while i > 0:
        if text[i - 1] in OPENING:
            depth = 0
            while i > 0:
                i -= 1
                depth += (text[i] in OPENING) - (text[i] in OPENING.values())
                if depth == 0:
                    break
        elif text[i - 1].isalnum() or text[i - 1] in "_.":
            i -= 1
        else:
            break
    return i


def luajit_source(text):
    """Lua 5.4 to what LuaJIT reads: `a // b` becomes `floor(a / b)`; both operands must be one name, number or pair of
    brackets. Comments may not hold `//`."""
    while True:
        place = text.find(" // ")
        if place < 0:
            break
        start = operand_start(text, place)
        right = re.match(r"[\w.]+|\(", text[place + 4:])
        end = place + 4 + right.end()
        if right.group() == "(":
            depth = 1
            while depth:
                depth += {"(": 1, ")": -1}.get(text[end], 0)
                end += 1
        text = text[:start] + "floor(" + text[start:place] + " / " + text[place + 4:end] + ")" + text[end:]
    return "local floor = math.floor " + text


def race(workshop, contenders, base, runs, warm_up=True, size=None):
    """Samples of every contender for the program at `base` (a path without suffix): name to list, run in turn.

    `size` is one of SIZES, by default the workshop's.

    A contender without a file of its suffix is left out. Raises BenchError when one fails or when the outputs differ.
    """
    files = {}
    for contender in contenders:
        path = base + contender.suffix
        if os.path.exists(path):
            files[contender.name] = workshop.source(path, contender, size)
    samples = {name: [] for name in files}
    expected = None
    for turn in range(runs + (1 if warm_up else 0)):
        for contender in contenders:
            if contender.name not in files:
                continue
            sample = workshop.run(contender, files[contender.name])
            check(contender, base, sample)
            if expected is None:
                expected = (contender.name, sample.output)
            elif sample.output != expected[1]:
                raise BenchError("%s: %s prints other text than %s:\n%s" % (
                    os.path.basename(base), contender.name, expected[0], difference(expected[1], sample.output)))
            if turn > 0 or not warm_up:
                samples[contender.name].append(sample)
    return samples


def check(contender, base, sample):
    """Raises BenchError when a run did not end well."""
    if sample.status == 0:
        return
    lines = (sample.output.decode("utf-8", "replace") + sample.errors).strip().splitlines()
    what = "took too long" if sample.status == 124 else "exit status %d" % sample.status
    raise BenchError(": ".join([os.path.basename(base), contender.name, what] + lines[-3:]))


def difference(expected, found):
    """The first line in which two outputs differ."""
    wanted, got = (text.decode("utf-8", "replace").splitlines() for text in (expected, found))
    for i in range(max(len(wanted), len(got))):
        a = wanted[i] if i < len(wanted) else "(end)"
        b = got[i] if i < len(got) else "(end)"
        if a != b:
            return "  line %d: expected %r\n  line %d: found    %r" % (i + 1, a[:200], i + 1, b[:200])
    return "  (they differ in line ends only)"


def median(samples, what):
    """Median over samples of one of their numbers, named by its field."""
    return statistics.median(getattr(sample, what) for sample in samples)


def geometric_mean(values):
    return statistics.geometric_mean(values) if values else float("nan")
