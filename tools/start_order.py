#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# start_order.py LOAM: writes cli/start.order anew, on standard output: the functions that short programs run. LOAM is the
# command with its symbols. What several guests run comes first, then what only one of them does, guest by guest; in each
# part first what most programs run. For what the list is good: cli/start_script.sh. To be run when functions of a start
# were made, or renamed: each that is missing may cost a run 64 KB. Needs OCaml 4.13.
#
# Each function gets a breakpoint (of x86-64), which goes away when it is hit. A simulator was slower, and could not map
# memory for code as loam wants it, so that it never saw the compilers.
import ctypes, os, signal, subprocess, sys, tempfile

TRACE_ME, PEEK_USER, POKE_USER, CONTINUE, SET_OPTIONS = 0, 3, 6, 7, 0x4200  # requests of ptrace
TRACE_CLONE, ALL_THREADS = 8, 0x40000000
PROGRAM_COUNTER = 16 * 8  # in struct user
BREAKPOINT = 0xcc
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
    "text.ml": '''let () =
  let out = open_out "text" in
  Printf.fprintf out "%d %s %f %x %c %S %b %ld %Ld\\n" 1 "two" 3.5 4 'c' "d\\n" true 5l 6L;
  close_out out;
  let input = open_in_bin "text" in
  Scanf.sscanf (input_line input) "%d %s %f" (fun a b c -> Printf.printf "%d %s %g\\n" a b c);
  seek_in input (in_channel_length input - 2);
  ignore (input_char input);
  close_in input;
  Sys.remove "text";
  let copy : (int * string) list = Marshal.from_string (Marshal.to_string [ 1, "a"; 2, "b" ] []) 0 in
  Printf.printf "%d %d %B\\n" (List.length copy) (Hashtbl.hash copy) (compare copy [] > 0);
  print_endline (Digest.to_hex (Digest.string "a") ^ Int64.to_string (Int64.add 1L (Int64.of_string "0x10")))
''',
    "library.ml": '''let () =
  let stats = Unix.stat "library.ml" in
  Printf.printf "%d %d\\n" (Unix.getpid ()) stats.Unix.st_size;
  print_endline (Str.global_replace (Str.regexp "a+") "b" "caat")
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
    ("zam", "run text.byte"),
    ("zam", "run library.byte"),
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
    loam, users = os.path.abspath(sys.argv[1]), {}  # by address: the guest of each program that runs it
    names = symbols(loam)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name, text in FILES.items():
            with open(name, "w") as out: out.write(text)
        for name in "hello", "more", "text", "library":
            subprocess.check_call(["ocamlc", "-o", name + ".byte", "unix.cma", "str.cma", name + ".ml"])
        for guest, line in RUNS:
            words = line.split()
            arguments = [loam] + words if words[0] == "run" else words
            for address in addresses_run(loam, arguments, names): users.setdefault(address, []).append(guest)
        os.chdir("/")
    print("# SPDX-License-Identifier: MIT")
    print("# The functions that run in a start, made by tools/start_order.py (see start_script.sh).")
    for group in ["several guests"] + list(dict.fromkeys(guest for guest, _ in RUNS)):
        mine = sorted((-len(of), address) for address, of in users.items()
                      if (of[0] if len(set(of)) == 1 else "several guests") == group)
        print("# " + group)
        line = ""
        for name in dict.fromkeys(name for _, address in mine for name in names[address]):
            if len(line) + len(name) > 118:
                print(line.rstrip())
                line = ""
            line += name + " "
        print(line.rstrip())

main()
