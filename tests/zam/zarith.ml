(* SPDX-License-Identifier: MIT *)
(* Numbers of any size, from a library that OCaml doesn't come with. *)
(* with: -I +zarith zarith.cma *)
let rec factorial n = if n = 0 then Z.one else Z.mul (Z.of_int n) (factorial (n - 1))
let () =
  let f = factorial 60 in
  print_endline (Z.to_string f);
  Printf.printf "%s\n" (Z.to_string (Z.gcd f (Z.pow (Z.of_int 6) 40)));
  Printf.printf "%d %b %d\n" (compare f (factorial 61)) (f = factorial 60) (Hashtbl.hash f);
  let g = (Marshal.from_string (Marshal.to_string [f; Z.neg f] []) 0 : Z.t list) in
  Printf.printf "%b %s\n" (List.hd g = f) (Z.to_string (List.nth g 1));
  (try ignore (Z.div f Z.zero) with Division_by_zero -> print_endline "divided by zero");
  (try ignore (Z.to_int f) with Z.Overflow -> print_endline "too large");
  print_endline (Q.to_string (Q.div (Q.of_string "355/113") (Q.of_ints 22 7)))
