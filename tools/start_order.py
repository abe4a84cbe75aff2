#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# start_order.py LOAM: writes cli/start.order anew, on standard output: the functions that short programs run. LOAM is the
# command with its symbols. What several guests run comes first, then what only one of them does, guest by guest; in each
# part first what most short programs run, and side by side what the same ones do. For what the list is good:
# cli/start_script.sh. To be run when functions of a start were made, or renamed: each that is missing may cost a run
# 64 KB. Needs OCaml 4.13.
#
# Programs of tests/zam are among them, for what short programs do of exceptions, objects, threads, libraries and files.
#
# Each function gets a breakpoint (of x86-64), which goes away when it is hit. A simulator was slower, and could not map
# memory for code as loam wants it, so that it never saw the compilers.
import collections, ctypes, glob, os, re, signal, subprocess, sys, tempfile

TRACE_ME, PEEK_USER, POKE_USER, CONTINUE, DETACH, SET_OPTIONS = 0, 3, 6, 7, 17, 0x4200  # requests of ptrace
TRACE_FORK, TRACE_CLONE, ALL_THREADS = 2, 8, 0x40000000
PROGRAM_COUNTER = 16 * 8  # in struct user
BREAKPOINT = 0xcc
TESTS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tests", "zam")
libc = ctypes.CDLL(None)
libc.ptrace.restype = ctypes.c_long
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]

FILES = {
    "hello.ml": 'let () = print_endline "hello"\n',
    "more.ml": '''exception Stop of int
let table = Hashtbl.create 16
let rec sum n = if n = 0 then raise (Stop 3) else n + sum (n - 1)
let () =
  List.iteri (fun i word -> Hashtbl.replace table word (float_of_int i)) (String.split_on_char ' ' "words of a line");
  (try ignore (sum 5) with Stop n -> Printf.printf "%d\\n" n);
  Hashtbl.iter (fun word x -> Printf.printf "%s %.2f\\n" word (x *. 1.5)) table;
  print_string (String.concat "," (List.sort compare [ "b"; "a" ]));
  failwith "end"
''',
    "words.mll": "rule word = parse eof { 1 } | ['a'-'z']+ as word { String.length word }\n",
    "script.ml": 'print_endline "hello";;\n',
    "hello.mit": 'print("hello");\n',
    "hello.pas": "program hello(output); begin writeln('hello') end.\n",
}
# Of each guest: a command of loam, or one of its names, with arguments.
RUNS = [
    ("zam", "run hello.byte"),
    ("zam", "ocamlrun hello.byte"),
    ("zam", "run more.byte"),
    ("zam", "run /usr/bin/ocamlc.byte -version"),
    ("zam", "run /usr/bin/ocamllex.byte words.mll"),
    ("zam", "run /usr/bin/ocamlc.byte -c hello.ml"),
    ("zam", "run /usr/bin/ocaml script.ml"),
    ("mitscript", "run hello.mit"),
    ("pcode", "run hello.pas"),
]

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
        libc.ptrace(SET_OPTIONS, child, None, TRACE_FORK | TRACE_CLONE)
        return child
    null = os.open(os.devnull, os.O_RDWR)
    for fd in 0, 1, 2: os.dup2(null, fd)
    libc.ptrace(TRACE_ME, 0, None, None)
    try: os.execv(loam, arguments)
    finally: os._exit(127)

def process_of(thread):
    with open(f"/proc/{thread}/status") as status: return int(re.search(r"^Tgid:\t(.*)$", status.read(), re.M)[1])

def let_go(process, base, bytes_there):
    """A process that the program made: it runs without breakpoints."""
    memory = os.open(f"/proc/{process}/mem", os.O_RDWR)
    for address, byte in bytes_there.items(): os.pwrite(memory, byte, base + address)
    os.close(memory)
    libc.ptrace(DETACH, process, None, None)

def has_fixed_place(loam):
    with open(loam, "rb") as file: return file.read(18)[16] == 2  # ET_EXEC

def addresses_run(loam, arguments, addresses):
    child, met = start(loam, arguments), set()
    with open(f"/proc/{child}/maps") as maps: base = 0 if has_fixed_place(loam) else int(maps.readline().split("-")[0], 16)
    memory = os.open(f"/proc/{child}/mem", os.O_RDWR)
    bytes_there = {address: os.pread(memory, 1, base + address) for address in addresses}
    for address in addresses: os.pwrite(memory, bytes([BREAKPOINT]), base + address)
    libc.ptrace(CONTINUE, child, None, None)
    while True:
        thread, status = os.waitpid(-1, ALL_THREADS)
        if not os.WIFSTOPPED(status):
            if thread == child: return met
            continue
        if process_of(thread) != child:
            let_go(thread, base, bytes_there)
            continue
        sent = os.WSTOPSIG(status)
        address = libc.ptrace(PEEK_USER, thread, PROGRAM_COUNTER, None) - base - 1
        if sent == signal.SIGTRAP and address in bytes_there:
            met.add(address)
            os.pwrite(memory, bytes_there[address], base + address)
            libc.ptrace(POKE_USER, thread, PROGRAM_COUNTER, base + address)
        libc.ptrace(CONTINUE, thread, None, None if sent in (signal.SIGTRAP, signal.SIGSTOP) else sent)

def compile_tests():
    """The programs of tests/zam that need no C code of their own, compiled in this folder, with debug information."""
    os.environ["OCAMLRUNPARAM"] = "b"
    programs = []
    for source in sorted(glob.glob(TESTS + "/*.ml")):
        name = os.path.basename(source)[:-len(".ml")]
        with open(source) as file: text = file.read()
        options = re.findall(r"^\(\* with: (.*) \*\)$", text, re.M)
        if os.path.exists(f"{TESTS}/{name}.c") or "zarith" in "".join(options): continue
        with open(name + ".ml", "w") as out: out.write(text)
        subprocess.check_call(["ocamlc", "-g", "-w", "-a", "-o", name + ".byte"] + "".join(options).split() + [name + ".ml"])
        for made in glob.glob("*.cm?"): os.remove(made)  # a program may be called as a module that the next one wants
        programs.append(name + ".byte")
    return programs

def main():
    loam, users = os.path.abspath(sys.argv[1]), {}  # by address: guest and line of each program that runs it
    short = collections.Counter()                   # by address: programs that run it, and get no function compiled
    names = symbols(loam)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name, text in FILES.items():
            with open(name, "w") as out: out.write(text)
        for name in "hello", "more": subprocess.check_call(["ocamlc", "-o", name + ".byte", name + ".ml"])
        for guest, line in RUNS + [("zam", "run " + program) for program in compile_tests()]:
            words = line.split()
            arguments = [loam] + words if words[0] == "run" else words
            met = addresses_run(loam, arguments, names)
            for address in met: users.setdefault(address, []).append((guest, line))
            if not any("baseline_compile" in names[address] for address in met): short.update(met)
        os.chdir("/")
    print("# SPDX-License-Identifier: MIT")
    print("# The functions that run in a start, made by tools/start_order.py (see start_script.sh).")
    for group in ["several guests"] + list(dict.fromkeys(guest for guest, _ in RUNS)):
        mine = sorted((-short[address], -len(of), of, address) for address, of in users.items()
                      if (of[0][0] if len(set(guest for guest, _ in of)) == 1 else "several guests") == group)
        print("# " + group)
        line = ""
        for name in dict.fromkeys(name for *_, address in mine for name in names[address]):
            if len(line) + len(name) > 118:
                print(line.rstrip())
                line = ""
            line += name + " "
        print(line.rstrip())

main()
