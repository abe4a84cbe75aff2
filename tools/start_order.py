#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# start_order.py LOAM GUEST[:NAME]=PROGRAM[,ARGUMENT..]..: writes cli/start.order anew, on standard output: the functions
# that the programs run. LOAM is the command with its symbols; NAME is one of its names. What several guests run comes
# first, then what only one of them does, guest by guest; in each part first what most programs run. For what the list is
# good: cli/start_script.sh.
#
# Each function gets a breakpoint (of x86-64), which goes away when it is hit. A simulator was slower, and could not map
# memory for code as loam wants it, so that it never saw the compilers.
import ctypes, os, signal, subprocess, sys

TRACE_ME, PEEK_USER, POKE_USER, CONTINUE, SET_OPTIONS = 0, 3, 6, 7, 0x4200  # requests of ptrace
TRACE_CLONE, ALL_THREADS = 8, 0x40000000
PROGRAM_COUNTER = 16 * 8  # in struct user
BREAKPOINT = 0xcc
libc = ctypes.CDLL(None)
libc.ptrace.restype = ctypes.c_long
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]

def symbols(loam):
    names = {}
    for line in subprocess.check_output(["nm", "-n", "-S", loam], text=True).splitlines():
        row = line.split()
        if len(row) == 4 and row[2] in "tT": names.setdefault(int(row[0], 16), []).append(row[3])
    return names

def start(loam, arguments):
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        libc.ptrace(SET_OPTIONS, child, None, TRACE_CLONE)
        return child
    null = os.open(os.devnull, os.O_RDWR)
    for fd in 0, 1, 2: os.dup2(null, fd)
    libc.ptrace(TRACE_ME, 0, None, None)
    os.execv(loam, arguments)

def addresses_run(loam, arguments, addresses):
    child, met = start(loam, arguments), set()
    with open(f"/proc/{child}/maps") as maps: base = int(maps.readline().split("-")[0], 16)
    memory = os.open(f"/proc/{child}/mem", os.O_RDWR)
    bytes_there = {address: os.pread(memory, 1, base + address) for address in addresses}
    for address in addresses: os.pwrite(memory, bytes([BREAKPOINT]), base + address)
    libc.ptrace(CONTINUE, child, None, None)
    while True:
        thread, status = os.waitpid(-1, ALL_THREADS)
        if not os.WIFSTOPPED(status):
            if thread == child: return met
            continue
        sent = os.WSTOPSIG(status)
        address = libc.ptrace(PEEK_USER, thread, PROGRAM_COUNTER, None) - base - 1
        if sent == signal.SIGTRAP and address in bytes_there:
            met.add(address)
            os.pwrite(memory, bytes_there[address], base + address)
            libc.ptrace(POKE_USER, thread, PROGRAM_COUNTER, base + address)
        libc.ptrace(CONTINUE, thread, None, None if sent in (signal.SIGTRAP, signal.SIGSTOP) else sent)

def main():
    loam, users = sys.argv[1], {}  # by address: the guest of each program that runs it
    names = symbols(loam)
    guests = []
    for argument in sys.argv[2:]:
        guest, program = argument.split("=", 1)
        guest, _, name = guest.partition(":")
        if guest not in guests: guests.append(guest)
        arguments = ([name] if name else [loam, "run"]) + program.split(",")
        for address in addresses_run(loam, arguments, names): users.setdefault(address, []).append(guest)
    print("# SPDX-License-Identifier: MIT")
    print("# The functions that run in a start, made by tools/start_order.py of programs that print a word (see start_script.sh).")
    for group in ["several guests"] + guests:
        mine = sorted((-len(of), address) for address, of in users.items() if (of[0] if len(set(of)) == 1 else "several guests") == group)
        print("# " + group)
        line = ""
        for name in dict.fromkeys(name for _, address in mine for name in names[address]):
            if len(line) + len(name) > 118:
                print(line.rstrip())
                line = ""
            line += name + " "
        print(line.rstrip())

main()
