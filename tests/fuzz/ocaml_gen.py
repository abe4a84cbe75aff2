#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ocaml_gen.py SEED: prints a random OCaml program; for zam_fuzz.py.

Programs are well-typed and end: loops are short, and every call takes one from a global fuel. They keep to what OCaml
defines, or what its machine does in one way (the order of evaluation is in the bytecode), but use no addresses, times
or random numbers. Exceptions are raised and caught on purpose, some of them not. Some programs go round many times, so
that the compilers have something to go by. The same seed makes the same program everywhere."""
import sys

FUEL = 1000  # calls in each round
ROUNDS_FEW = 3

PRELUDE = '''exception E1 of int
exception E2 of float * string
exception E3
type var = A | B | C of int | D of float | F of var * int | G of { mutable g : int; h : float }
type record = { mutable a : int; mutable b : float; c : string; mutable d : int list }
type floats = { mutable x : float; mutable y : float }
let fuel = ref 0
let shown = ref 0
let sum = ref 0
let note text =
  sum := (!sum * 31 + Hashtbl.hash text) land 0x3fffffff;
  incr shown;
  if !shown < 60 then print_endline text
let text_float x = Printf.sprintf "%h" (if x <> x then nan else x)
let show_int n = note (string_of_int n)
let show_float x = note (text_float x)
let show_bool b = note (if b then "true" else "false")
let show_string s = note (Printf.sprintf "%S" s)
let show_list l = note (String.concat ";" (List.map string_of_int l))
let rec text_var = function
  | A -> "A" | B -> "B" | C n -> "C" ^ string_of_int n | D x -> "D" ^ text_float x | G { g; _ } -> "G" ^ string_of_int g
  | F (v, n) -> if n land 7 = 0 then "F" else "F(" ^ text_var v ^ string_of_int n ^ ")"
let show_var v = note (text_var v)
let text_exn = function
  | E1 n -> "E1 " ^ string_of_int n | E2 (x, s) -> "E2 " ^ text_float x ^ s | e -> Printexc.to_string e
let rec depth_var = function F (v, _) -> 1 + depth_var v | _ -> 0
let cut_var v = if depth_var v > 6 then A else v
let cut_list l = List.filteri (fun i _ -> i < 12) l
let cut_string s = if String.length s > 30 then String.sub s 0 30 else s
class cell (x : int) = object (self)
  val mutable v = x
  method get = v
  method set y = v <- y land 0xffffff
  method bump n = self#set (self#get + n); v
end
class twice x = object (self)
  inherit cell x as super
  val mutable count = 0
  method! set y = count <- count + 1; super#set (y + count)
  method count = count + self#get
end
'''

# The generator's names of types, and OCaml's where they differ.
NAMES = {'list': 'int list', 'arr': 'int array', 'farr': 'float array', 'opt': 'int option', 'rec': 'record',
         'pt': 'floats', 'i64': 'int64', 'i32': 'int32', 'tup': '(int * float)', 'fun': '(int -> int)',
         'ffun': '(float -> float)', 'obj': 'cell'}
SIMPLE = ('int', 'int', 'int', 'float', 'float', 'bool', 'string', 'list', 'var', 'opt', 'i64', 'i32', 'tup', 'char')
TYPES = ('int', 'float', 'bool', 'string', 'list', 'arr', 'farr', 'var', 'opt', 'rec', 'pt', 'i64', 'i32', 'tup',
         'fun', 'ffun', 'obj', 'char')
SHOWN = ('int', 'int', 'float', 'float', 'bool', 'string', 'list', 'var')

# What an expression of each type may be: a literal where nothing else is left, or a form whose {parts} are expressions
# or one of WORDS.
LITERALS = {
    'int': '0 ;; 1 ;; 2 ;; 7 ;; (-1) ;; 255 ;; 4611686018427387903 ;; (-4611686018427387904) ;; 1000003 ;; 42 ;; 13',
    'float': '0. ;; 1. ;; (-0.5) ;; 3.25 ;; 1e300 ;; 0.1 ;; infinity ;; nan ;; (-0.) ;; 17.5 ;; 2.25 ;; 1e-310',
    'bool': 'true ;; false', 'string': '"" ;; "a" ;; "xyz" ;; "Hello" ;; "zz\\n"', 'list': '[] ;; [1] ;; [3; 1; 2]',
    'arr': '[|1; 2; 3; 4|]', 'farr': '[|1.; 2.5; 0.5|]', 'var': 'A ;; B ;; (C 3) ;; (D 1.5)', 'opt': 'None ;; (Some 4)',
    'rec': '{ a = 1; b = 2.; c = "r"; d = [] }', 'pt': '{ x = 1.; y = 2. }', 'i64': '0L ;; 5L ;; (-1L)',
    'i32': '0l ;; 9l ;; (-7l) ;; 2147483647l', 'tup': '(1, 2.)', 'fun': '(fun x -> x + 1)',
    'ffun': '(fun x -> x *. 0.5)', 'obj': '(new cell 3) ;; (new cell 0)', 'char': "'a' ;; 'Z' ;; '\\000'"}
WORDS = {
    'op': '+ ;; - ;; * ;; land ;; lor ;; lxor ;; + ;; -', 'fop': '+. ;; -. ;; *. ;; /. ;; +. ;; *.',
    'is': '< ;; <= ;; > ;; >= ;; = ;; <>', 'bop': 'add ;; sub ;; mul ;; logand ;; logor ;; logxor ;; add ;; sub'}
FORMS = {
    'int': '''{int} {op} {int} ;; {int} {op} {int} ;; {int} {op} {int} ;; {int} {op} {int} ;; {int} {op} {int} ;;
{int} {op} {int} ;; {int} {op} {int} ;; {int} {op} {int} ;; {int} {op} {int} ;; {int} {op} {int} ;; {int} / {int} ;;
{int} mod {int} ;; {int} / 3 ;; {int} mod 10 ;; {int} lsl ({int} land 15) ;; {int} lsr ({int} land 63 mod 63) ;;
{int} asr 3 ;; abs {int} ;; - {int} ;; String.length {string} ;; Array.length {arr} ;; {arr}.({int} land 3) ;;
{arr}.({int}) ;; Char.code {char} ;; int_of_float {float} ;; truncate {float} ;; List.length {list} ;;
List.fold_left (fun x y -> x * 3 + y) {int} {list} ;; compare {float} {float} ;; compare {string} {string} ;;
compare {tup} {tup} ;; compare {var} {var} ;; Hashtbl.hash {tup} ;; Int64.to_int {i64} ;; Int32.to_int {i32} ;;
{rec}.a ;; fst {tup} ;; {fun} {int} ;; {fun} {int} ;; max {int} {int} ;; Int64.compare {i64} {i64} ;; {obj}#get ;;
{obj}#bump {int} ;; Char.code {string}.[{int} land 3] ;; {int} land 0xffff ;; Array.fold_left (+) 0 {arr} ;;
let k = {fun} in k (k {int}) ;; List.nth {list} ({int} land 3) ;; Bool.to_int {bool} ;; List.hd {list} ;;
(let s = ref 0 in List.iter (fun x -> s := !s + x) {list}; !s) ;;
(let s = ref {int} in for i = 0 to 5 do s := !s + i * {int} done; !s) ;;
(let s = ref 0 in Array.iteri (fun i x -> s := !s + i * x) {arr}; !s) ;; String.compare {string} {string} ;;
match {opt} with Some x -> x | None -> {int}''',
    'float': '''{float} {fop} {float} ;; {float} {fop} {float} ;; {float} {fop} {float} ;; {float} {fop} {float} ;;
{float} {fop} {float} ;; {float} {fop} {float} ;; {float} {fop} {float} ;; {float} {fop} {float} ;; float_of_int {int} ;;
float_of_int {int} ;; sqrt {float} ;; abs_float {float} ;; -. {float} ;; {farr}.({int} land 1) ;; {farr}.({int}) ;;
{rec}.b ;; {pt}.x ;; {pt}.y ;; snd {tup} ;; {ffun} {float} ;; min {float} {float} ;; max {float} 0.5 ;; floor {float} ;;
ceil {float} ;; mod_float {float} 7. ;; Int64.to_float {i64} ;; Int32.to_float {i32} ;; Array.fold_left (+.) 0. {farr} ;;
exp ({float} *. 1e-3) ;; Float.round {float} ;; Float.trunc {float} ;; cos {float} ;; copysign {float} {float} ;;
(let s = ref {float} in for i = 1 to 6 do s := !s *. 0.5 +. float_of_int i done; !s) ;; ldexp {float} ({int} land 7) ;;
(let p = {pt} in p.x <- p.x +. {float}; p.x *. p.y) ;; List.fold_left (fun s x -> s +. float x) {float} {list} ;;
Int64.float_of_bits (Int64.bits_of_float {float}) ;; float_of_string (string_of_int {int})''',
    'bool': '''{int} {is} {int} ;; {int} {is} {int} ;; {float} {is} {float} ;; {float} {is} {float} ;;
{string} {is} {string} ;; {bool} && {bool} ;; {bool} || {bool} ;; not {bool} ;; {tup} {is} {tup} ;; {var} = {var} ;;
{list} {is} {list} ;; {i64} {is} {i64} ;; {i32} {is} {i32} ;; {opt} {is} {opt} ;; {int} == {int} ;; {char} {is} {char} ;;
List.mem {int} {list} ;; List.exists (fun x -> x > {int}) {list} ;; {int} land 1 = 0 ;; {farr} {is} {farr} ;;
Float.is_nan {float}''',
    'string': '''cut_string ({string} ^ {string}) ;; string_of_int {int} ;; String.make ({int} land 7) {char} ;;
String.uppercase_ascii {string} ;; Printf.sprintf "%d:%s" {int} {string} |> cut_string ;; String.sub {string} 0 2 ;;
{rec}.c ;; String.concat "," [{string}; {string}] |> cut_string ;; Int64.to_string {i64} ;; Int32.to_string {i32} ;;
(let t = Bytes.of_string {string} in Bytes.set t 0 {char}; Bytes.to_string t) ;; string_of_bool {bool} ;;
text_var {var} |> cut_string ;; String.map Char.lowercase_ascii {string} ;; text_float {float}''',
    'char': '''{string}.[0] ;; {string}.[{int} land 7] ;; Char.chr ({int} land 127) ;; Char.uppercase_ascii {char} ;;
Char.chr {int}''',
    'list': '''cut_list ({int} :: {list}) ;; cut_list ({list} @ {list}) ;; List.rev {list} ;; List.map {fun} {list} ;;
List.filter (fun x -> x land 1 = 0) {list} ;; List.sort compare {list} ;; List.init ({int} land 3) {fun} ;;
List.tl {list} ;; {rec}.d ;; Array.to_list (Array.sub {arr} 0 2) ;; List.map (fun x -> x + {int}) {list} ;;
List.rev_map (fun x -> -x) {list}''',
    'arr': '''Array.make (4 + {int} land 3) {int} ;; Array.map {fun} {arr} ;; Array.init 5 {fun} ;; Array.copy {arr} ;;
(let t = Array.copy {arr} in t.({int} land 3) <- {int}; t) ;; (let t = Array.copy {arr} in Array.sort compare t; t) ;;
Array.append (Array.sub {arr} 0 2) (Array.sub {arr} 1 3) ;; [|{int}; {int}; {int}; {int}|]''',
    'farr': '''Array.make 3 {float} ;; Array.map {ffun} {farr} ;; Array.init 3 (fun i -> float_of_int i *. {float}) ;;
(let t = Array.copy {farr} in t.({int} land 1) <- {float}; t) ;; [|{float}; {float}; {float}|] ;; Array.copy {farr} ;;
(let t = Array.make 4 0. in for i = 0 to 3 do t.(i) <- t.(max 0 (i - 1)) +. {float} done; t)''',
    'var': '''C {int} ;; D {float} ;; cut_var (F ({var}, {int})) ;; cut_var (F ({var}, {int})) ;; A ;;
G {[} g = {int}; h = {float} {]}''',
    'opt': '''Some {int} ;; Some {int} ;; Option.map {fun} {opt} ;; List.find_opt (fun x -> x > {int}) {list} ;;
int_of_string_opt {string}''',
    'rec': '''{[} a = {int}; b = {float}; c = {string}; d = {list} {]} ;; {[} {rec} with a = {int} {]} ;;
{[} {rec} with b = {float}; d = {list} {]}''',
    'pt': '{[} x = {float}; y = {float} {]} ;; {[} {pt} with y = {float} {]}',
    'i64': '''Int64.{bop} {i64} {i64} ;; Int64.{bop} {i64} {i64} ;; Int64.of_int {int} ;; Int64.neg {i64} ;;
Int64.div {i64} {i64} ;; Int64.rem {i64} {i64} ;; Int64.shift_left {i64} ({int} land 31) ;; Int64.of_float {float} ;;
Int64.shift_right_logical {i64} ({int} land 63) ;; Int64.shift_right {i64} 7 ;; Int64.of_int32 {i32} ;;
Int64.bits_of_float (abs_float {float} +. 1.)''',
    'i32': '''Int32.{bop} {i32} {i32} ;; Int32.{bop} {i32} {i32} ;; Int32.of_int {int} ;; Int32.neg {i32} ;;
Int32.div {i32} {i32} ;; Int32.rem {i32} {i32} ;; Int32.shift_left {i32} ({int} land 15) ;; Int64.to_int32 {i64} ;;
Int32.shift_right_logical {i32} ({int} land 31)''',
    'tup': '({int}, {float}) ;; (let (p, q) = {tup} in (p + 1, q *. 2.))',
    'fun': '''(let f = {fun} and g = {fun} in fun x -> f (g x)) ;; (+) {int} ;; max {int} ;;
(let o = {obj} in fun x -> o#bump x) ;; (let n = ref {int} in fun x -> n := !n + x; !n)''',
    'ffun': '( *. ) {float} ;; (let f = {ffun} in fun x -> f x +. 1.)',
    'obj': 'new cell {int} ;; (new twice {int} :> cell)',
    'exception': 'E1 ({int}) ;; E3 ;; Not_found ;; Failure "f" ;; Exit ;; E2 ({float}, "e")',
    'set': '''t.({int} land 3) <- {int}; show_int t.(0) ;; t.({int}) <- {int}''',
    'fset': '''t.({int} land 1) <- {float}; show_float t.(1) ;; t.({int}) <- {float}''',
    'mutate': '''r.a <- {int} ;; r.b <- {float} ;; r.d <- {list}'''}
CHOICES = {kind: [form.strip() for form in text.replace('\n', ' ').split(' ;; ')]
           for table in (LITERALS, WORDS) for kind, text in table.items()}
FORM_CHOICES = {kind: [form.strip() for form in text.replace('\n', ' ').split(' ;; ')] for kind, text in FORMS.items()}


def type_name(kind):
    return NAMES.get(kind, kind)


def rounds_for(seed):
    return 400 if seed % 8 == 5 else 40 if seed % 3 == 1 else ROUNDS_FEW


class Generator:
    """Makes the text of one program. What an expression may use are the variables around it (name, type, is a
    reference) and the functions above it (name, parameters, result)."""
    def __init__(self, seed):
        self.state = seed
        self.rounds = rounds_for(seed)
        self.variables = []
        self.functions = []
        self.names = 0

    # ---- random numbers: splitmix64, the same everywhere ---------------------------------------------------------

    def below(self, limit):
        mask = 2**64 - 1
        self.state = (self.state + 0x9e3779b97f4a7c15) & mask
        z = self.state
        z = ((z ^ z >> 30) * 0xbf58476d1ce4e5b9) & mask
        z = ((z ^ z >> 27) * 0x94d049bb133111eb) & mask
        return (z ^ z >> 31) % limit

    def one_in(self, times):
        return self.below(times) == 0

    def pick(self, things):
        return things[self.below(len(things))]

    # ---- expressions ----------------------------------------------------------------------------------------------

    def name(self, prefix):
        self.names += 1
        return '%s%d' % (prefix, self.names)

    def within(self, make, *variables):
        """What `make` gives where these variables are known, too."""
        count = len(self.variables)
        self.variables += variables
        text = make()
        del self.variables[count:]
        return text

    def expression_with(self, kind, depth, *variables):
        return self.within(lambda: self.expression(kind, depth), *variables)

    def known(self, kind):
        found = [v for v in self.variables if v[1] == kind]
        if not found:
            return None
        name, _, is_reference = self.pick(found[-6:] if self.one_in(2) else found)
        return '!' + name if is_reference else name

    def literal(self, kind):
        return self.pick(CHOICES[kind])

    def form(self, kind, depth):
        """One of the forms, its parts filled in."""
        text, out = self.pick(FORM_CHOICES[kind]), ''
        while '{' in text:
            before, rest = text.split('{', 1)
            part, text = rest.split('}', 1)
            out += before
            if part in '[]':
                out += {'[': '{', ']': '}'}[part]
            else:
                out += self.literal(part) if part in WORDS else self.expression(part, depth)
        return out + text

    def expression(self, kind, depth):
        if self.one_in(3) or depth <= 0:
            text = self.known(kind)
            if text and not self.one_in(5):
                return text
        if depth <= 0:
            return self.literal(kind)
        if self.one_in(5):
            return self.any_of_type(kind, depth - 1)
        if kind in ('fun', 'ffun') and not self.one_in(3):
            return '(%s)' % self.function_value(kind, depth - 1)
        return '(%s)' % self.form(kind, depth - 1)

    def any_of_type(self, kind, depth):
        how = self.below(9)
        if how < 3:
            called = [f for f in self.functions if f[2] == kind]
            if called:
                return self.call(self.pick(called), depth)
        if how == 3:
            return '(if %s then %s else %s)' % tuple(self.expression(k, depth) for k in ('bool', kind, kind))
        if how == 4:
            bound, name = self.pick(TYPES), self.name('v')
            value = self.expression(bound, depth)
            return '(let %s = %s in %s)' % (name, value, self.expression_with(kind, depth, (name, bound, False)))
        if how == 5:
            return self.match(kind, depth)
        if how == 6:
            return '(try %s with %s)' % (self.expression(kind, depth), self.handlers(kind, depth))
        if how == 7:
            bound, name = self.pick(SIMPLE), self.name('v')
            value = self.expression(bound, depth)
            body = self.within(lambda: '%s; %s' % (self.statement(depth), self.expression(kind, depth)),
                               (name, bound, True))
            return '(let %s = ref %s in %s)' % (name, value, body)
        if self.one_in(4):
            return '(raise (%s))' % self.form('exception', depth)
        return '(%s)' % self.form(kind, depth)

    def handlers(self, kind, depth):
        name, other = self.name('e'), self.name('e')
        rows = ['E1 %s -> %s' % (name, self.expression_with(kind, depth, (name, 'int', False))),
                'E2 (%s, _) -> %s' % (other, self.expression_with(kind, depth, (other, 'float', False))),
                'Not_found | E3 -> %s' % self.expression(kind, depth),
                'Invalid_argument _ | Division_by_zero -> %s' % self.expression(kind, depth)]
        rows = [row for row in rows if not self.one_in(3)] or rows[:1]
        if self.one_in(2):
            rows.append('_ -> %s' % self.expression(kind, depth))
        return ' | '.join(rows)

    def match(self, kind, depth):
        n, m = self.name('m'), self.name('m')

        def arm(pattern, *variables):
            return '%s -> %s' % (pattern, self.expression_with(kind, depth, *variables))

        def matched(of, *arms):
            return '(match %s with %s)' % (self.expression(of, depth), ' | '.join(arms))
        what = self.below(5)
        if what == 0:
            return matched('var', arm('A'), arm('C %s' % n, (n, 'int', False)), arm('D %s' % n, (n, 'float', False)),
                           arm('F (%s, %s)' % (n, m), (n, 'var', False), (m, 'int', False)), arm('_'))
        if what == 1:
            return matched('opt', arm('None'), arm('Some %s' % n, (n, 'int', False)))
        if what == 2:
            return matched('list', arm('[]'), arm('%s :: %s' % (n, m), (n, 'int', False), (m, 'list', False)))
        if what == 3:
            return matched('tup', arm('(%s, %s)' % (n, m), (n, 'int', False), (m, 'float', False)))
        arms = [arm(str(i)) for i in range(self.below(6) + 1)]
        return '(match (%s) land 7 with %s)' % (self.expression('int', depth), ' | '.join(arms + [arm('_')]))

    def call(self, function, depth):
        name, params, _ = function
        given = [self.expression(kind, depth) for kind in params]
        if len(given) > 1 and self.one_in(4):  # a partial application
            partial = self.name('p')
            return '(let %s = %s %s in %s %s)' % (partial, name, given[0], partial, ' '.join(given[1:]))
        return '(%s %s)' % (name, ' '.join(given))

    def function_value(self, kind, depth):
        name, other = self.name('x'), self.name('y')
        of = 'int' if kind == 'fun' else 'float'
        taken = [f for f in self.functions if f[1][-1] == of and f[2] == of and len(f[1]) > 1]
        if taken and self.one_in(3):
            function, params, _ = self.pick(taken)
            return '%s %s' % (function, ' '.join(self.expression(param, depth) for param in params[:-1]))
        if self.one_in(3):
            body = self.expression_with(of, depth, (name, of, False), (other, 'int', False))
            return '(fun %s %s -> %s) %s' % (other, name, body, self.expression('int', depth))
        return 'fun %s -> %s' % (name, self.expression_with(of, depth, (name, of, False)))

    # ---- statements: expressions of type unit ----------------------------------------------------------------------

    def show(self, depth):
        kind = self.pick(SHOWN)
        return 'show_%s %s' % (kind, self.expression(kind, depth))

    def statements(self, count, depth):
        return '; '.join(self.statement(depth) for _ in range(count))

    def statement(self, depth):
        less, how = depth - 1, self.below(12)
        references = [v for v in self.variables if v[2]]
        if how < 3 and references:
            name, kind, _ = self.pick(references[-8:])
            return '%s := %s' % (name, self.expression(kind, depth))
        if how in (3, 4):
            kind, form = ('arr', 'set') if how == 3 else ('farr', 'fset')
            value = self.expression(kind, less)
            return '(let t = %s in %s)' % (value, self.within(lambda: self.form(form, less), ('t', kind, False)))
        if how > 4 and depth > 0:
            return self.compound(how, less)
        return self.show(depth)

    def compound(self, how, depth):
        if how == 5:
            name = self.name('i')
            ends = self.pick(('%d downto 0' % self.below(6), '0 to %d' % self.below(8), '1 to %d' % self.below(5)))
            body = self.within(lambda: self.statements(1 + self.below(2), depth), (name, 'int', False))
            return '(for %s = %s do %s done)' % (name, ends, body)
        if how == 6:
            return '(if %s then (%s) else (%s))' % (self.expression('bool', depth), self.statement(depth),
                                                    self.statement(depth))
        if how == 7:
            value = self.expression('rec', depth)
            body = self.within(lambda: '%s; %s' % (self.form('mutate', depth), self.statement(depth)),
                               ('r', 'rec', False))
            return '(let r = %s in %s; show_int r.a)' % (value, body)
        if how == 8:
            return '(try %s with %s)' % (self.statements(2, depth), self.unit_handlers())
        if how == 9:  # a counter that nothing else changes
            name = self.name('w')
            return '(let %s = ref 0 in while !%s < %d && %s do incr %s; %s done)' % (
                name, name, 2 + self.below(8), self.expression('bool', depth), name, self.statement(depth))
        if how == 10:
            name = self.name('l')
            body = self.within(lambda: self.statement(depth), (name, 'int', False))
            return 'List.iter (fun %s -> %s) %s' % (name, body, self.expression('list', depth))
        return self.show(depth)

    def unit_handlers(self):
        name = self.name('e')
        return self.pick(('E1 %s -> show_int %s' % (name, name), 'E3 | Not_found -> show_int 3',
                          'Division_by_zero -> ()', 'E2 (%s, s) -> show_float %s; show_string s' % (name, name),
                          '%s -> note (text_exn %s)' % (name, name)))

    def caught(self, depth):
        text = self.statement(depth)
        return text if self.one_in(12) else '(try %s with e -> note (text_exn e))' % text

    # ---- the program ------------------------------------------------------------------------------------------------

    def function(self, header, name, params, result):
        names = [self.name('a') for _ in params]
        given = ' '.join('(%s : %s)' % (n, type_name(kind)) for n, kind in zip(names, params))

        def body():
            if self.one_in(3):
                return '%s; %s' % (self.statement(2), self.expression(result, 4))
            return self.expression(result, 5)
        text = self.within(body, *((n, kind, False) for n, kind in zip(names, params)))
        return '%s %s %s : %s =\n  if !fuel <= 0 then %s else begin decr fuel; %s end\n' % (
            header, name, given, type_name(result), self.literal(result), text)

    def function_group(self):
        group = []
        for _ in range(1 + self.one_in(3)):
            params = [self.pick(TYPES) for _ in range(1 + self.below(4))]
            group.append((self.name('f'), params, self.pick(SIMPLE)))
        known_inside = len(group) > 1 or self.one_in(2)
        if known_inside:
            self.functions += group
        text = ''.join(self.function('and' if i else 'let rec', *function) for i, function in enumerate(group))
        if not known_inside:
            self.functions += group
        return text

    def program(self):
        text = PRELUDE
        for kind in SIMPLE:
            name = self.name('g')
            text += 'let %s : %s ref = ref %s\n' % (name, type_name(kind), self.literal(kind))
            self.variables.append((name, kind, True))
        for _ in range(3 + self.below(6)):
            text += self.function_group()
        text += 'let main () =\n  %s\n' % ';\n  '.join(self.caught(4) for _ in range(5 + self.below(6)))
        call = 'main ()' if self.one_in(4) else 'try main () with e -> note (text_exn e)'
        text += 'let () =\n  for round = 1 to %d do\n' % self.rounds
        text += '    fuel := %d; shown := (if round > 2 then 100 else 0); %s\n  done;\n  shown := 0;\n' % (FUEL, call)
        for name, kind, _ in self.variables:
            if kind in SHOWN:
                text += '  show_%s !%s;\n' % (kind, name)
        return text + '  show_int !sum\n'


if __name__ == '__main__':
    if len(sys.argv) != 2 or not sys.argv[1].isdigit():
        sys.exit('usage: ocaml_gen.py SEED')
    sys.stdout.write(Generator(int(sys.argv[1])).program())
