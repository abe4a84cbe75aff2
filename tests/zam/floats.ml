(* SPDX-License-Identifier: MIT *)
(* Floats: arithmetic, comparison, conversion, text; records and arrays of floats. *)
type v = { mutable x : float; mutable y : float }
let id = Sys.opaque_identity
let () =
  let a = id 1.5 and b = id (-0.25) and n = id nan and i = id infinity in
  List.iter (Printf.printf "%.17g ") [a +. b; a -. b; a *. b; a /. b; -.a; abs_float b; sqrt a; a ** b; float 7; floor b;
    ceil b; mod_float a b; exp a; log a; cos a; atan2 a b; hypot a b; Float.round 2.5; Float.fma a b 1.0; Float.cbrt 27.];
  print_newline ();
  List.iter (Printf.printf "%b ") [a < b; a <= b; a > b; a >= b; a = b; a <> b; n = n; n < a; n <> n; compare n n = 0;
    compare n a < 0; i > a; 0. = -0.; compare 0. (-0.) = 0; a == a];
  print_newline ();
  List.iter (fun f -> Printf.printf "%d %h %s %F|" (truncate f) f (string_of_float f) f)
    [0.; -0.; 1.; 0.1; 1e22; 1e-320; 123456789.123; max_float; min_float; epsilon_float];
  print_newline ();
  List.iter (fun s -> Printf.printf "%s " (try Printf.sprintf "%.17g" (float_of_string s) with Failure f -> f))
    ["1"; "1."; "-.5"; "1e3"; "1_0.5_0"; "0x1p3"; "0x1.8p-1"; "0x.8"; "-0x1P+2"; "nan"; "inf"; "-infinity"; ""; "x"; "1x"; "0x1.fffffffffffffp1023"; "1e400"];
  print_newline ();
  Printf.printf "%f %e %g %G %5.1f|%-8.2f|%+.0f|%#.3g %s\n" a b 1e10 1e-10 a b 2.5 1. (Float.to_string n);
  let v = { x = a; y = b } in
  v.x <- v.x +. v.y; v.y <- v.x *. 2.;
  let w = { v with x = 9. } in
  Printf.printf "%g %g %g %b\n" v.x v.y w.x (v = w);
  let arr = [| a; b; 3.; 4. |] in
  arr.(2) <- arr.(0) +. arr.(1);
  let fa = Float.Array.init 4 float in
  Float.Array.set fa 1 9.5;
  Printf.printf "%g %g %g %d\n" arr.(2) (Array.fold_left ( +. ) 0. arr) (Float.Array.get fa 1) (Float.Array.length fa);
  (try ignore arr.(id 4) with Invalid_argument s -> print_endline s);
  (try ignore (Float.Array.get fa (id (-1))) with Invalid_argument s -> print_endline s);
  (try Float.Array.set fa (id 4) 1.5 with Invalid_argument s -> print_endline s);
  Float.Array.unsafe_set fa (id 2) (a *. 2.);
  Printf.printf "%g %g\n" (Float.Array.unsafe_get fa (id 2)) (Float.Array.unsafe_get fa (id 1));
  let m, e = frexp 10. and f, w = modf 3.75 in
  Printf.printf "%g %d %g %g %g %d\n" m e f w (ldexp 1. 5) (Hashtbl.hash 1.5);
  Printf.printf "%b %b %d\n" (Float.is_nan n) (Float.sign_bit b) (match classify_float 1e-310 with FP_subnormal -> 1 | _ -> 0)
