#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# start_order.py LOAM GUEST[:NAME]=PROGRAM[,ARGUMENT..]..: writes cli/start.order anew, on standard output: the functions
# that the programs run, as valgrind's lackey sees them. LOAM is the command with its symbols; NAME is one of its names. What most guests run comes
# first, then what only one of them does, guest by guest. For what the list is good: cli/start_script.sh.
import bisect, os, re, subprocess, sys, tempfile

def symbols(loam):
    rows = [line.split() for line in subprocess.check_output(["nm", "-n", "-S", loam], text=True).splitlines()]
    return [(int(row[0], 16), int(row[1], 16), row[3]) for row in rows if len(row) == 4 and row[2] in "tT"]

def functions_run(loam, functions, name, program):
    with tempfile.TemporaryDirectory() as folder:
        stripped, log = folder + "/" + (name or "loam"), folder + "/log"  # valgrind does not read all of clang's debug information
        subprocess.check_call(["strip", "-o", stripped, loam])
        subprocess.run(["valgrind", "--tool=lackey", "--trace-mem=yes", "--log-file=" + log, stripped, *([] if name else ["run"]), *program],
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False)
        pages = {int(line[3:].split(",")[0], 16) for line in open(log) if line.startswith("I ")}
    starts, met = [start for start, _, _ in functions], set()
    base = 0x108000  # where valgrind puts an executable that may lie anywhere
    for address in pages:
        at = bisect.bisect_right(starts, address - base) - 1
        if at >= 0 and address - base < starts[at] + functions[at][1]: met.add(at)
    return met

def main():
    loam, guests = sys.argv[1], {}
    functions = symbols(loam)
    for argument in sys.argv[2:]:
        guest, program = argument.split("=", 1)
        guest, _, name = guest.partition(":")
        guests.setdefault(guest, set()).update(functions_run(loam, functions, name, program.split(",")))
    users = {}
    for guest, met in guests.items():
        for at in met: users.setdefault(at, []).append(guest)
    groups = {}
    for at, names in users.items():
        groups.setdefault("several guests" if len(names) > 1 else names[0], []).append((-len(names), at))
    for group in sorted(groups, key=lambda group: (group != "several guests", list(guests).index(group) if group in guests else 0)):
        print("# " + group)
        names = list(dict.fromkeys(functions[at][2] for _, at in sorted(groups[group])))
        line = ""
        for name in names:
            if len(line) + len(name) > 118:
                print(line.rstrip())
                line = ""
            line += name + " "
        print(line.rstrip())

main()
