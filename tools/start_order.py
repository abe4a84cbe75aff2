#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# start_order.py LOAM GUEST[:NAME]=PROGRAM[,ARGUMENT..]..: writes cli/start.order anew, on standard output: the functions
# that the programs run, as the processor does, step by step (ptrace; a simulator would not map code as loam wants it).
# LOAM is the command with its symbols; NAME is one of its names. What several guests run comes first, then what only one
# of them does, guest by guest; in each part first what most programs run. For what the list is good: cli/start_script.sh.
import bisect, ctypes, os, signal, subprocess, sys

TRACE_ME, PEEK_USER, SINGLE_STEP = 0, 3, 9  # requests of ptrace
PROGRAM_COUNTER = 16 * 8  # in struct user of x86-64
libc = ctypes.CDLL(None)
libc.ptrace.restype = ctypes.c_long
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]

def symbols(loam):
    rows = [line.split() for line in subprocess.check_output(["nm", "-n", "-S", loam], text=True).splitlines()]
    return [(int(row[0], 16), int(row[1], 16), row[3]) for row in rows if len(row) == 4 and row[2] in "tT"]

def start(loam, arguments):
    child = os.fork()
    if child: return child
    null = os.open(os.devnull, os.O_RDWR)
    for fd in 0, 1, 2: os.dup2(null, fd)
    libc.ptrace(TRACE_ME, 0, None, None)
    os.execv(loam, arguments)

def addresses_run(loam, arguments):
    child = start(loam, arguments)
    _, status = os.waitpid(child, 0)
    with open(f"/proc/{child}/maps") as maps: base = int(maps.readline().split("-")[0], 16)
    met = set()
    while os.WIFSTOPPED(status):
        met.add(libc.ptrace(PEEK_USER, child, PROGRAM_COUNTER, None) - base)
        sent = os.WSTOPSIG(status)
        libc.ptrace(SINGLE_STEP, child, None, None if sent == signal.SIGTRAP else sent)
        _, status = os.waitpid(child, 0)
    return met

def functions_run(loam, functions, name, program):
    starts, met = [begin for begin, _, _ in functions], set()
    for address in addresses_run(loam, ([name] if name else [loam, "run"]) + program):
        at = bisect.bisect_right(starts, address) - 1
        if at >= 0 and address < starts[at] + functions[at][1]: met.add(at)
    return met

def main():
    loam, users = sys.argv[1], {}  # by function: the guest of each program that runs it
    functions = symbols(loam)
    guests = []
    for argument in sys.argv[2:]:
        guest, program = argument.split("=", 1)
        guest, _, name = guest.partition(":")
        if guest not in guests: guests.append(guest)
        for at in functions_run(loam, functions, name, program.split(",")): users.setdefault(at, []).append(guest)
    print("# SPDX-License-Identifier: MIT")
    print("# The functions that run in a start, made by tools/start_order.py of programs that print a word (see start_script.sh).")
    for group in ["several guests"] + guests:
        mine = sorted((-len(of), at) for at, of in users.items() if (of[0] if len(set(of)) == 1 else "several guests") == group)
        print("# " + group)
        line = ""
        for name in dict.fromkeys(functions[at][2] for _, at in mine):
            if len(line) + len(name) > 118:
                print(line.rstrip())
                line = ""
            line += name + " "
        print(line.rstrip())

main()
