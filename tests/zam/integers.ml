(* SPDX-License-Identifier: MIT *)
(* Integers of 63 bits: arithmetic, shifts, comparison, division, text. *)
let id = Sys.opaque_identity
let show = Printf.printf "%d "
let () =
  let a = id 1234567 and b = id (-89) and z = id 0 in
  List.iter show [a + b; a - b; a * b; a / b; a mod b; b / a; b mod a; -a; a land b; a lor b; a lxor b; lnot a];
  List.iter show [a lsl 10; a lsl 62; b lsr 3; b asr 3; b lsr 62; 1 lsl id 61; a lsl id 40];
  List.iter show [max_int; min_int; max_int + id 1; min_int / id (-1); min_int mod id (-1); max_int * id 2];
  print_newline ();
  List.iter (Printf.printf "%b ") [a < b; a <= b; a > b; a >= b; a = b; a <> b; a == a; a != a; not (a < b)];
  List.iter (Printf.printf "%d ") [compare a b; compare b a; compare a a; succ a; pred a; abs b];
  print_newline ();
  (try ignore (a / z) with Division_by_zero -> print_string "div ");
  (try ignore (a mod z) with Division_by_zero -> print_endline "mod");
  List.iter (fun s -> Printf.printf "%s " (try string_of_int (int_of_string s) with Failure f -> f))
    ["0"; "-0"; "+7"; "1_000"; "0x1F"; "-0b101"; "0o17"; "0u12"; "0x7fffffffffffffff"; "4611686018427387903";
     "4611686018427387904"; "-4611686018427387904"; ""; "x"; "12a"; "0x"; "1__2"; "_1"; " 1"];
  print_newline ();
  Printf.printf "%5d|%-5d|%05d|%x|%X|%o|%u|%+d|% d|%#x\n" 42 42 42 255 255 8 (-1) 5 5 255;
  Printf.printf "%ld %Ld %nd %lx %Lu %lu\n" (-5l) (-6L) (-7n) (-1l) (-1L) (-1l);
  let u = id 5 in
  Printf.printf "%b %b\n" (u >= 0 && u < 10) (Obj.is_int (Obj.repr u));
  let r = ref 10 in
  incr r; decr r; decr r; r := !r + 100;
  Printf.printf "%d\n" !r;
  let i = Int32.of_int 0x7fffffff and j = Int64.max_int and n = Nativeint.min_int in
  Printf.printf "%ld %Ld %nd %ld %Ld\n" (Int32.add i 1l) (Int64.succ j) (Nativeint.pred n) (Int32.div i (-2l))
    (Int64.rem j 10L);
  Printf.printf "%ld %Ld %Lx %ld %b\n" (Int32.shift_right_logical (-1l) 28) (Int64.shift_left 1L 63)
    (Int64.bits_of_float 1.5) (Int32.of_string "0xffffffff") (Int64.compare 1L 2L < 0)
