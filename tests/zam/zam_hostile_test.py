#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""zam_hostile_test.py LOAM: executables with each section missing, cut, emptied or filled with garbage, and programs
whose surroundings are unfriendly: a closed pipe, a full disk, signals while they read. A malformed one must end with
one line that says why, and a status that is neither 0 nor a signal's; the others as under OCaml's own ocamlrun.
Skipped (77) where there is no OCaml 4.13."""
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

TRAILER = 16
failed = 0


def fail(what):
    global failed
    failed = 1
    print('FAILED:', what)


def run(command, **how):
    environment = {k: v for k, v in os.environ.items() if k not in ('OCAMLRUNPARAM', 'LOAM_OPTIONS')}
    environment['ASAN_OPTIONS'] = 'detect_leaks=0:' + environment.get('ASAN_OPTIONS', '')
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=120, env=environment, **how)


def compile_program(name, text, *words):
    with open(name + '.ml', 'w') as out:
        out.write(text)
    subprocess.run(['ocamlc', '-w', '-a', *words, '-o', name + '.byte', name + '.ml'], check=True)
    return './' + name + '.byte'


# ---- malformed executables ------------------------------------------------------------------------------------------

def read_sections(image):
    (count,) = struct.unpack('>I', image[-TRAILER:-12])
    table = len(image) - TRAILER - 8 * count
    entries = [(image[at:at + 4], struct.unpack('>I', image[at + 4:at + 8])[0])
               for at in range(table, table + 8 * count, 8)]
    at = table - sum(length for _, length in entries)
    sections = []
    for name, length in entries:
        sections.append((name, image[at:at + length]))
        at += length
    return sections


def write_sections(sections, magic=b'Caml1999X030', lengths=None, count=None):
    table = b''.join(name + struct.pack('>I', (lengths or {}).get(name, len(data))) for name, data in sections)
    return (b'#!/usr/bin/ocamlrun\n' + b''.join(data for _, data in sections) + table
            + struct.pack('>I', len(sections) if count is None else count) + magic)


# Calls the function that follows with 1, twice.
CALLS = (43, 0, 14, 9, 100, 9, 1, 33, 100, 9, 1, 33, 19, 1, 99, 143)


def malformed_functions():
    """What can't be translated; as it stands it is not to be done either. Codes are those of malformed_images and ACC 8,
    PUSHACC0 10, POP 19, ASSIGN 20, PUSH_RETADDR 31, APPLY 32, APPTERM 36, RETURN 40, CLOSUREREC 44, GETGLOBAL 54,
    MAKEBLOCK 62, GETFIELD 71, BRANCH 84, SWITCH 87, PUSHTRAP 89, POPTRAP 90, RAISE 91, ADDINT 110."""
    yield 'takes more than there is', (19, 2, 99, 40, 0)
    yield 'returns from too deep', (10, 40, 1)
    yield 'returns from too high', (40, 2)
    yield 'reads what is not there', (8, 1, 40, 1)
    yield 'reads a cell before the stack', (8, -1, 40, 1)
    yield 'reads a cell far away', (8, 0x7fffffff, 40, 1)
    yield 'writes what is not there', (20, 5, 40, 1)
    yield 'adds what is not there', (110, 110, 40, 0)
    yield 'takes a trap frame', (89, 7, 19, 4, 99, 91, 99, 99, 40, 1)
    yield 'takes a part of a trap frame', (89, 6, 110, 110, 99, 91, 99, 99, 40, 1)
    yield 'writes into a trap frame', (89, 6, 20, 1, 99, 91, 99, 99, 40, 1)
    yield 'writes the handler of a trap frame', (89, 6, 20, 0, 99, 91, 99, 99, 40, 1)
    yield 'returns a trap frame that it has not', (99, 90, 40, 1)
    yield 'has a block of a trap frame', (89, 7, 62, 4, 0, 99, 91, 99, 40, 1)
    yield 'calls with a trap frame', (89, 6, 99, 32, 3, 99, 91, 99, 40, 1)
    yield 'calls with a return frame that is not there', (99, 32, 1, 40, 0)
    yield 'calls with too many arguments', (99, 32, 0x7fffffff, 40, 1)
    yield 'calls for the last time with nothing', (99, 36, 0, 1)
    yield 'calls for the last time with too much', (99, 36, 7, 1)
    yield 'calls a primitive with too much', (99, 98, 900, 0, 40, 1)
    yield 'calls a primitive that is not there', (99, 98, 1, 0x7fffffff, 40, 1)
    yield 'makes a block of too much', (99, 62, 0x40000000, 0, 40, 1)
    yield 'makes a closure of too much', (99, 43, 0x7fffffff, 1, 40, 1)
    yield 'makes no closures', (99, 44, 0, 0, 40, 1)
    yield 'makes closures of what is not code', (99, 44, 2, 0, 0x70000000, -0x70000000, 40, 1)
    yield 'reads a global that is not there', (54, 0x7fffffff, 40, 1)
    yield 'goes before the code', (84, -100, 40, 1)
    yield 'goes behind the code', (84, 100, 40, 1)
    yield 'goes far away', (84, 0x7fffffff, 40, 1)
    yield 'has cases outside', (99, 87, 2, 0x7fffffff, -0x7fffffff, 40, 1)
    yield 'has more cases than there is code', (99, 87, -1, 1, 40, 1)
    yield 'has no cases', (99, 87, 0, 40, 1)
    yield 'is handled outside', (89, 0x70000000, 99, 91)
    yield 'goes into an instruction', (84, 2, 103, 19, 200, 40, 1)
    yield 'does not end', (99, 9)
    yield 'is nothing', (9999,)


# Traps whose handlers stand before what raises: each doubles what is done. A limit ends it all the same.
DOUBLED = CALLS + 40 * (89, 1) + (99, 91)


def malformed_images(image):
    sections = read_sections(image)
    yield 'wrong magic', write_sections(sections, magic=b'Caml1999X029')
    yield 'sections without end', write_sections(sections, count=0xffffffff)
    yield 'no sections', write_sections([])
    yield 'an empty file', b''
    yield 'a trailer alone', image[-TRAILER:]
    yield 'the end is missing', image[:-1]
    yield 'the beginning is missing', image[len(image) // 2:]
    for name in (b'CODE', b'PRIM', b'DATA'):
        others = [s for s in sections if s[0] != name]
        data = dict(sections)[name]
        text = name.decode()

        def changed(content):
            return write_sections([(n, content if n == name else d) for n, d in sections])
        yield text + ' missing', write_sections(others)
        yield text + ' empty', changed(b'')
        yield text + ' cut in half', changed(data[:len(data) // 8 * 4])
        yield text + ' without its last byte', changed(data[:-1])
        yield text + ' of 0xff', changed(b'\xff' * len(data))
        yield text + ' longer than the file', write_sections(sections, lengths={name: 0x7fffffff})
    # Codes are CONST0 99, STOP 143, PUSH 9, CHECK_SIGNALS 92, CLOSURE 43, APPLY1 33, GRAB 42,
    # MAKEFLOATBLOCK 66, C_CALLN 98, BRANCHIF 85. In loops, where an operand too many would be one more each round.
    for name, words in (('off its end', (99,)), ('off its end in a function', (99, 9, 43, 0, 3, 33, 143, 42, 0)),
                        ('a block of no floats', (92, 99, 66, 0, 85, -3, 143)),
                        ('a call without arguments', (92, 99, 98, 0, 0, 85, -4, 143)),
                        ('a call of -1 arguments', (92, 99, 98, -1, 0, 143)),
                        ('a closure of -3 values', (43, -3, 0, 143))):
        code = struct.pack('<%di' % len(words), *words)
        yield 'CODE: ' + name, write_sections([(n, code if n == b'CODE' else d) for n, d in sections])
    for name, body in malformed_functions():
        code = CALLS + body
        code = struct.pack('<%di' % len(code), *code)
        yield 'a function: ' + name, write_sections([(n, code if n == b'CODE' else d) for n, d in sections])
    yield 'an unknown primitive', write_sections([(n, d + b'no_such_primitive\0' if n == b'PRIM' else d)
                                                  for n, d in sections])
    yield 'an unknown library', write_sections(sections + [(b'DLLS', b'dllnosuch\0')])
    for name, value in (('a length of 2^60', b'\x15' + struct.pack('>Q', 1 << 60)[:4]),
                        ('a block of 2^50 fields', b'\x13' + struct.pack('>Q', 1 << 60 | 0)),
                        ('a reference before the start', b'\x04\x07'),
                        ('an integer', b'\x41'), ('a nativeint of size 0', b'\x19_n\0\0')):
        data = struct.pack('>IIIII', 0x8495A6BE, len(value), 1, 1, 1) + value
        yield 'DATA: ' + name, write_sections([(n, data if n == b'DATA' else d) for n, d in sections])


def check_malformed(loam, image):
    for what, content in malformed_images(image):
        with open('bad.byte', 'wb') as out:
            out.write(content)
        for command in ('run', 'verify', 'dis'):
            done = run([loam, command, 'bad.byte'])
            lines = done.stderr.decode(errors='replace').splitlines()
            if command != 'run' and done.returncode == 0:
                continue  # what is wrong need not concern it
            if done.returncode <= 0 or done.returncode >= 126 or len(lines) != (3 if 'library' in what else 1):
                fail('%s: loam %s: status %d, %r' % (what, command, done.returncode, lines[:3]))
            if '-3' in what and not lines[0].endswith('not negative nor too large, found -3'):
                fail('%s: loam %s: %r' % (what, command, lines[0]))
    with open('bad.byte', 'wb') as out:
        code = struct.pack('<%di' % len(DOUBLED), *DOUBLED)
        out.write(write_sections([(n, code if n == b'CODE' else d) for n, d in read_sections(image)]))
    done = run([loam, 'run', '--time-max=0.3', 'bad.byte'])
    if done.returncode not in (2, 3) or not done.stderr:
        fail('traps that double: status %d, %r' % (done.returncode, done.stderr[:300]))


# ---- malformed debug information ------------------------------------------------------------------------------------

INT, SELF = b'\x41', b'\x04'  # SELF and a byte: the object that began so many before the next


def block(*fields, tag=0):
    return b'\x08' + struct.pack('>I', len(fields) << 10 | tag) + b''.join(fields)


def text(string):
    return b'\x09' + struct.pack('B', len(string)) + string


def event(position=INT, file=text(b'file.ml'), line=INT, location=None, function=text(b'f')):
    place = block(file, line, INT, INT)
    return block(position, text(b'M'), location or block(place, place, INT), INT, function, INT)


def marshalled(value):
    return struct.pack('>IIIII', 0x8495A6BE, len(value), 0, 0, 0) + value


def debug_section(events, units=1, offset=0):
    return struct.pack('>I', units) + struct.pack('>I', offset) + marshalled(events) + marshalled(b'\x40')


def malformed_events():
    outside = b'\x10' + bytes(20)
    yield 'no list', debug_section(text(b'x'))
    yield 'a list without a tail', debug_section(block(event()))
    yield 'a list that ends in a string', debug_section(block(event(), text(b'x')))
    yield 'a list in itself', debug_section(block(event(), SELF + b'\x0a'))
    yield 'a list in itself, later', debug_section(block(event(), block(event(), SELF + b'\x0a')))
    yield 'an event of two fields', debug_section(block(block(INT, INT), b'\x40'))
    yield 'an integer for an event', debug_section(block(INT, b'\x40'))
    yield 'an atom for an event', debug_section(block(b'\x80', b'\x40'))
    yield 'a file of another kind', debug_section(block(event(file=block(INT, INT)), b'\x40'))
    yield 'a string that is a block', debug_section(block(event(file=block(b'\x43\xff', tag=252)), b'\x40'))
    yield 'an empty block as a string', debug_section(block(event(function=block(tag=252)), b'\x40'))
    yield 'a line of another kind', debug_section(block(event(line=text(b'1')), b'\x40'))
    yield 'a position of another kind', debug_section(block(event(position=text(b'1')), b'\x40'))
    yield 'a location of one position', debug_section(block(event(location=block(INT)), b'\x40'))
    yield 'a function of no value', debug_section(block(event(function=outside), b'\x40'))
    yield 'a part of a closure', debug_section(block(b'\x11\0\0\0\x18' + block(*5 * [INT], tag=247), b'\x40'))
    yield 'a location outside the heap', debug_section(block(event(location=outside), b'\x40'))
    yield 'many units', debug_section(block(event(), b'\x40'), units=0xffffffff)
    yield 'an offset at the end', debug_section(block(event(), b'\x40'), offset=0xfffffffc)
    yield 'empty', b''
    yield 'three bytes', b'\0\0\1'
    yield 'of 0xff', b'\xff' * 1000


def damaged(section):
    yield 'cut in half', section[:len(section) // 2]
    random = 1
    for _ in range(40):
        random = random * 1103515245 + 12345 & 0x7fffffff
        at = 28 + (random >> 8) % min(4000, len(section) - 28)
        yield 'byte %d changed' % at, section[:at] + bytes([section[at] ^ 1 + random % 255]) + section[at + 1:]


DEBUGGED = '''let rec f n = if n = 0 then failwith "deep" else 1 + f (n - 1)
let () =
  Printexc.record_backtrace true;
  (try ignore (f 3) with Failure _ -> Gc.full_major (); Printexc.print_backtrace stdout);
  Printexc.print_raw_backtrace stdout (Printexc.get_callstack 10);
  Array.iter (fun s -> ignore (Printexc.Slot.location s, Printexc.Slot.name s))
    (Option.value ~default:[||] (Printexc.backtrace_slots (Printexc.get_callstack 10)));
  print_endline "end";
  ignore (f 2)
'''


# A program runs as without debug information, whatever stands there.
def check_debug(loam, image):
    sections = read_sections(image)
    section = dict(sections)[b'DBUG']
    for what, content in list(malformed_events()) + list(damaged(section)):
        with open('bad.byte', 'wb') as out:
            out.write(write_sections([(n, content if n == b'DBUG' else d) for n, d in sections]))
        stress = [] if len(content) > 10000 else ['--verify=heap', '--stress=gc:1,move,poison']
        done = run([loam, 'run', *stress, 'bad.byte'])
        if done.returncode != 2 or b'\nend\n' not in done.stdout or b'Fatal error: exception' not in done.stderr:
            fail('DBUG: %s: status %d, %r, %r' % (what, done.returncode, done.stdout[-200:], done.stderr[:300]))
        if run([loam, 'dis', 'bad.byte']).returncode != 0:
            fail('DBUG: %s: loam dis' % what)

def malformed_symbols():
    name, none = block(text(b'Name'), tag=2), b'\x40'

    def table(tree, count=b'\x4a'):  # ten globals
        return marshalled(block(count, tree))
    yield 'one name', table(block(none, name, INT, none, INT))
    yield 'a tree in itself', table(block(none, name, INT, SELF + b'\x01', INT))
    yield 'a count of another kind', table(none, text(b'x'))
    yield 'a negative count', table(none, b'\0\xff')
    yield 'a large count', table(block(none, name, INT, none, INT), b'\x02\x7f\xff\xff\xff')
    yield 'a node of four fields', table(block(none, name, INT, none))
    yield 'a global beyond the count', table(block(none, name, b'\0\x7f', none, INT))
    yield 'a global of another kind', table(block(none, name, name, none, INT))
    yield 'a name of another kind', table(block(none, block(INT, tag=2), INT, none, INT))
    yield 'an identifier of another kind', table(block(none, text(b'Name'), INT, none, INT))
    yield 'a string', marshalled(text(b'x'))
    yield 'empty', b''


# The listing says what it can.
def check_symbols(loam, image):
    sections = read_sections(image)
    for what, content in list(malformed_symbols()) + list(damaged(dict(sections)[b'SYMB'])):
        with open('bad.byte', 'wb') as out:
            out.write(write_sections([(n, content if n == b'SYMB' else d) for n, d in sections]))
        done = run([loam, 'dis', 'bad.byte'])
        if done.returncode != 0 or b'STOP' not in done.stdout[-100:] or done.stderr:
            fail('SYMB: %s: status %d, %r' % (what, done.returncode, done.stderr[:300]))


# ---- unfriendly surroundings ----------------------------------------------------------------------------------------

def same(what, wanted, got):
    if wanted != got:
        fail('%s: expected %r, found %r' % (what, wanted, got))


def to_closed_pipe(command):
    reader, writer = os.pipe()
    os.close(reader)
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=writer, stderr=subprocess.PIPE,
                             restore_signals=False)  # so that SIGPIPE is ignored, as loam does itself
    os.close(writer)
    errors = child.communicate(timeout=120)[1]
    return child.returncode, errors


def to_full_disk(command):
    with open('/dev/full', 'wb') as full:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=full, stderr=subprocess.PIPE, timeout=120)
    return done.returncode, done.stderr


def signalled(command):
    child = subprocess.Popen(command, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    output = child.stdout.readline()
    for number in (signal.SIGUSR1, signal.SIGUSR1, signal.SIGUSR2):
        time.sleep(0.1)
        child.send_signal(number)
        output += child.stdout.readline()
    rest, errors = child.communicate(b'a line\n', timeout=120)
    return child.returncode, output + rest, errors


def debugged(command, words):
    """The command beside a debugger that says these words to its first connection, and hangs up."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind('debugger')
    listener.listen()
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             env=dict(os.environ, CAML_DEBUG_SOCKET='debugger'))
    peer, _ = listener.accept()
    hello = peer.recv(8, socket.MSG_WAITALL)
    same('the debugger hears a process', struct.pack('>ii', -1, child.pid), hello)
    peer.sendall(words)
    peer.shutdown(socket.SHUT_WR)
    while peer.recv(4096):
        pass
    output, errors = child.communicate(timeout=120)
    peer.close()
    listener.close()
    os.remove('debugger')
    return child.returncode, output, errors


def check_debuggers(vm, hello):
    """Numbers and frames that are not there are asked for; places without code are told to stop."""
    number = [struct.pack('>i', n) for n in (0, -1, 1, 1 << 30, -1 << 31)]
    absurd = b''.join(command + frag + pos for command in (b'e', b'B', b'i') for frag in number for pos in number[1:])
    absurd += b''.join(command + n for command in (b'U', b'S', b'L', b'E', b'G', b'b') for n in number) + b'0fAxyz'
    lost = b"Fatal error: can't read from the debugger: the connection was closed\n"
    same('a debugger that hangs up', (2, b'', lost), debugged(vm + [hello], b''))
    same('half a command', (2, b'', lost), debugged(vm + [hello], b'g\0\0'))
    same('absurd commands', (2, b'Hello world\n', lost), debugged(vm + [hello], absurd + b'g' + number[1]))
    for name, text in (('nowhere', b'cannot connect to debugger at nowhere: No such file or directory'),
                       ('x' * 200, b'CAML_DEBUG_SOCKET: expected the path of a socket of less than 108 bytes, found 200'
                                   b' bytes')):
        done = subprocess.run(vm + [hello], capture_output=True, env=dict(os.environ, CAML_DEBUG_SOCKET=name))
        same('debugger at ' + name, (2, b'', b'Fatal error: ' + text + b'\n'), (done.returncode, done.stdout, done.stderr))


PRINTER = 'let () = for i = 1 to 100000 do print_int i; print_newline () done\n'
SIGNALS = '''exception Two
let () =
  Sys.set_signal Sys.sigusr1 (Sys.Signal_handle (fun _ -> Gc.full_major (); print_endline "one"));
  Sys.set_signal Sys.sigusr2 (Sys.Signal_handle (fun _ -> print_endline "two"; raise Two));
  print_endline "ready";
  (try print_endline (input_line stdin) with Two -> print_endline "left");
  print_endline (input_line stdin);
  print_endline (input_line stdin)
'''
BOMBS = '''let refused s = match Marshal.from_string s 0 with _ -> "read" | exception _ -> "refused"
let header n objects = let b = Buffer.create 20 in
  List.iter (fun n -> Buffer.add_int32_be b (Int32.of_int n)) [ 0x8495A6BE; n; objects; n; n ]; Buffer.contents b
let big n = let b = Buffer.create 32 in
  Buffer.add_int32_be b 0x8495A6BFl; Buffer.add_int32_be b 0l;
  List.iter (fun n -> Buffer.add_int64_be b n) [ n; 1L; n ]; Buffer.contents b
let body s = header (String.length s) 1 ^ s
let rec nested n = if n = 0 then None else Some (Obj.repr (nested (n - 1)))
let () =
  print_endline (refused (big 0x1000000000000000L ^ String.make 100 'x'));
  print_endline (refused (header 1000000000 1 ^ "x"));
  let deep = ref (Obj.repr 0) in
  for _ = 1 to 1_000_000 do deep := Obj.repr (ref !deep) done;
  let copy = ref (Marshal.from_string (Marshal.to_string !deep []) 0 : Obj.t) and depth = ref 0 in
  while Obj.is_block !copy do copy := Obj.field !copy 0; incr depth done;
  Printf.printf "%d\\n" !depth;
  let rec ring = 1 :: 2 :: ring in
  let other : int list = Marshal.from_string (Marshal.to_string ring []) 0 in
  Printf.printf "%b %d\\n" (List.tl (List.tl other) == other) (List.hd other);
  let rec down n = 1 + down (n + 1) in
  (try ignore (down 0) with Stack_overflow -> print_endline "Stack_overflow");
  (try ignore (Array.make (1 lsl 50) 0) with Out_of_memory -> print_endline "Out_of_memory" | Invalid_argument _ -> print_endline "Invalid_argument");
  (try ignore (Bytes.create (1 lsl 46)) with Out_of_memory -> print_endline "Out_of_memory");
  (try ignore (compare !deep (Marshal.from_string (Marshal.to_string !deep []) 0)) with Out_of_memory -> print_endline "deep");
  ignore (down 0)
'''
MALFORMED_DATA = '''let body s = let n = String.length s in let b = Buffer.create 20 in
  List.iter (fun n -> Buffer.add_int32_be b (Int32.of_int n)) [ 0x8495A6BE; n; 4; n; n ]; Buffer.add_string b s; Buffer.contents b
let () = List.iter (fun s -> match Marshal.from_string (body s) 0 with
    | (_ : Obj.t) -> print_endline "read" | exception Failure _ -> print_endline "Failure")
  [ "\\x04\\x01"; "\\x04\\x00"; "\\xa0"; "\\xa0\\x04\\x09"; "\\x15\\x10\\x00\\x00\\x00\\x00\\x00\\x00\\x00x"; "\\x13\\x10\\x00\\x00\\x00\\x00\\x00\\x00\\x00";
    "\\x17\\x20\\x00\\x00\\x00\\x00\\x00\\x00\\x01"; "\\x19_nobody\\x00"; "\\x19_i"; "\\x11\\x00\\x00\\x00\\x08"; "\\x11\\x00\\x00\\x00\\x08\\x11"; "\\x10\\x00\\x00\\x00\\x00";
    "\\x08\\x00\\x00\\x04\\xfc\\x41"; "\\x08\\x00\\x00\\x00\\xfc";
    "\\x90\\x11\\x00\\x00\\x00\\x18\\x08\\x00\\x00\\x14\\xf7\\x40\\x40\\x40\\x40\\x40";
    "\\x18_bigarr02\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x10\\x00\\x00\\x00\\x01"; "\\x1a"; "\\x1f" ]
'''

HANDLERS = '''let set f = Sys.set_signal Sys.sigusr1 (Obj.magic f : Sys.signal_behavior)
let () = List.iter (fun f -> try set f with Invalid_argument _ -> print_endline "refused")
  [ Obj.repr (Some 3); Obj.repr (Some "text"); Obj.repr (ref [| 1 |]) ]
'''

# Programs large enough to be mapped that write into their own file, as an update in place does, and go on with code that
# was not read before.
CHANGED = """let text = "%s"
let overwrite () = let out = open_out_gen [Open_wronly] 0 Sys.argv.(0) in output_char out '#'; close_out out
let late () = print_endline (string_of_int (String.length text))
let wait until = while Sys.time () < until do () done
let change () = print_endline "before"; flush stdout; wait 0.02; CHANGE; wait 0.03
let all () = change (); late ()
let () = RUN
""" % ('x' * 300000)
CHANGES = (('cut', 'close_out (open_out_bin Sys.argv.(0))', 'all ()', '%s: %s cut short'),
           ('written_inside', 'overwrite ()', 'all ()', 'loam: %s: %s written to'),
           ('written_outside', 'overwrite ()', 'change (); late ()', 'loam: %s: %s written to'))

# What they write is code that crashes (GETFIELD0 of an integer), when nothing is left to be translated.
SPOILED = """let text = "%s"
let rec words n s = if n = 0 then s else words (n - 1) (s ^ s)
let spoil name =
  let out = open_out_gen [Open_wronly; Open_creat; Open_binary] 0o600 name in
  output_string out (words 17 "\\x43\\x00\\x00\\x00"); close_out out
let wait until = while Sys.time () < until do () done
let change _ = wait 0.02; spoil Sys.argv.(0); wait 0.03
let () = spoil "another file"; wait 0.01
RUN
""" % ('x' * 300000)
SPOILS = (('spoilt_in_a_loop', [], 'let () = for i = 1 to 1 do change () done'),
          ('spoilt_by_a_finaliser', ['--stress=gc:1'],
           'let () = Gc.finalise change (ref (Sys.opaque_identity 1))\nlet made x = x, [Sys.opaque_identity 2]'))


# A module with about as many values on its stack as may be done directly, and calls and recursive functions at the end.
def large_module(count):
    return ('let f a b c d e = a + b + c + d + e\nlet x0 = 0\n'
            + ''.join('let x%d = %s\n' % (i, i if i < 4000 else 'f 1 2 x%d (-1) (-1)' % (i - 1))
                      for i in range(1, count))
            + 'let rec g x = h (x - 1) and h x = if x < 0 then x0 + x%d else g x\n' % (count - 1)
            + 'let () = print_int (g 5)\n')


# As many globals as nobody has, or fewer than none; blocks of such sizes for recursive values; the globals cut short.
SIZES = """
external realloc_global : int -> unit = "caml_realloc_global"
external globals : unit -> Obj.t = "caml_get_global_data"
external truncate : Obj.t -> int -> unit = "caml_obj_truncate"
external dummy : int -> Obj.t = "caml_alloc_dummy"
external dummy_infix : int -> int -> Obj.t = "caml_alloc_dummy_infix"
let attempt f n = print_endline (try ignore (f n); "done" with Out_of_memory | Invalid_argument _ -> "refused")
let () = List.iter (attempt realloc_global) [-1; min_int; max_int; 1 lsl 40; 0; 1000]
let () = List.iter (attempt dummy) [-1; min_int; max_int; 1 lsl 54; 0; 3]
let () = List.iter (attempt (dummy_infix 6)) [7; max_int; 3; 0]
let () = List.iter (attempt (fun n -> dummy_infix n 0)) [-1; min_int; 0; 1; 1 lsl 54; 2]
let () = attempt (truncate (globals ())) 20
"""
SIZES_OUTPUT = ''.join({'r': 'refused\n', 'd': 'done\n'}[c] for c in 'rrrrdd' 'rrrrdd' 'rrdd' 'rrrrrd' 'r')
EXPECTED = 'expected the program that was loaded, found its file'


def check_written_to(loam, image):
    """A file that is cut and written to while commands look at it: each ends with a status of its own."""
    done = threading.Event()

    def write():
        while not done.is_set():
            for length in (len(image) // 2, len(image) + 8192 - len(image) % 4096, 0):
                os.truncate('written.byte', length)
                time.sleep(0.001)
                with open('written.byte', 'r+b') as out:
                    out.write(image)
                    out.truncate()
                time.sleep(0.004)

    with open('written.byte', 'wb') as out:
        out.write(image)
    writer = threading.Thread(target=write)
    writer.start()
    for command in ('run', 'dis', 'verify') * 30:
        got = run([loam, command, 'written.byte'])
        if got.returncode not in (0, 2):
            fail('%s of a file that is written to: status %d, %s' % (command, got.returncode, got.stderr))
    done.set()
    writer.join()


def main():
    loam = os.path.abspath(sys.argv[1])
    try:
        if subprocess.run(['ocamlc', '-version'], capture_output=True).stdout.strip() != b'4.13.1':
            return 77
    except FileNotFoundError:
        return 77
    with tempfile.TemporaryDirectory() as work:
        os.chdir(work)
        hello = compile_program('hello', 'let () = print_endline (String.concat " " ["Hello"; "world"])\n')
        with open(hello, 'rb') as image:
            check_malformed(loam, image.read())
        with open(compile_program('debugged', DEBUGGED, '-g'), 'rb') as image:
            content = image.read()
            check_debug(loam, content)
            check_symbols(loam, content)
        with open(compile_program('mapped', CHANGED.replace('CHANGE', '()').replace('RUN', 'all ()')), 'rb') as image:
            check_written_to(loam, image.read())
        printer, signals, bombs = (compile_program(*p) for p in
                                   (('printer', PRINTER), ('signals', SIGNALS), ('bombs', BOMBS)))
        handlers = compile_program('handlers', HANDLERS)
        malformed = compile_program('malformed', MALFORMED_DATA)
        sizes = compile_program('sizes', SIZES)
        for count in (4085, 4087, 4088, 4089, 4090, 4091):
            large = compile_program('large', large_module(count))
            same('%d values' % count, run(['ocamlrun', large]).stdout, run([loam, 'run', large]).stdout)
        literal = compile_program('literal', 'let () = print_string "%s"\n' % ('x' * 1000000))
        for plan in ('genimmix', 'marksweep'):
            got = run([loam, 'run', '--gc=' + plan, '--heap-max=600k', literal])
            same('low limit', (2, b'', b'loam: ./literal.byte: no memory for its globals (--heap-max)\n'),
                 (got.returncode, got.stdout, got.stderr))
        for engine in ('interp', 'auto'):
            vm = [loam, 'run', '--engine=' + engine]
            check_debuggers(vm, hello)
            same('closed pipe', to_closed_pipe(['ocamlrun', printer]), to_closed_pipe(vm + [printer]))
            same('full disk', to_full_disk(['ocamlrun', printer]), to_full_disk(vm + [printer]))
            same('signals', signalled(['ocamlrun', signals]), signalled(vm + [signals]))
            wanted, got = run(['ocamlrun', bombs]), run(vm + [bombs])
            same('bombs', (wanted.returncode, wanted.stdout, wanted.stderr), (got.returncode, got.stdout, got.stderr))
            for name, change, start, message in CHANGES:
                changed = compile_program(name, CHANGED.replace('CHANGE', change).replace('RUN', start))
                got = run(vm + [changed])
                same(name, (2, b'before\n', (message % (changed, EXPECTED)).encode() + b'\n'),
                     (got.returncode, got.stdout, got.stderr))
            for name, stress, start in SPOILS:
                spoilt = compile_program(name, SPOILED.replace('RUN', start))
                got = run(vm + stress + [spoilt])
                same(name, (2, b'', ('loam: %s: %s written to' % (spoilt, EXPECTED)).encode() + b'\n'),
                     (got.returncode, got.stdout, got.stderr))
            for stress in ([], ['--stress=gc:1,move,poison', '--verify=heap']):
                got = run(vm + stress + [malformed])
                same('malformed data', (0, b'Failure\n' * 18, b''), (got.returncode, got.stdout, got.stderr))
            got = run(vm + [handlers])
            same('handlers', (0, b'refused\nrefused\nrefused\n', b''), (got.returncode, got.stdout, got.stderr))
            got = run(vm + [sizes])
            same('sizes', (0, SIZES_OUTPUT.encode(), b''), (got.returncode, got.stdout, got.stderr))
    return failed


sys.exit(main())
