(* SPDX-License-Identifier: MIT *)
(* Calls with as many arguments as the function takes, fewer, and more; tail calls; primitives as functions. *)
let f1 a = a + 1
let f2 a b = a - b
let f3 a b c = a * b - c
let f4 a b c d = a + (b * 10) + (c * 100) + (d * 1000)
let f6 a b c d e f = [a; b; c; d; e; f]
let curried a = let k = a * 2 in fun b -> fun c -> (k, b, c)
let apply f x = f x
let compose f g x = f (g x)
let rec even n = if n = 0 then true else odd (n - 1)
and odd n = if n = 0 then false else even (n - 1)
let rec sum acc = function [] -> acc | x :: rest -> sum (acc + x) rest
let rec last3 a b c n = if n = 0 then (a, b, c) else last3 b c (a + 1) (n - 1)
let rec last4 a b c d n = if n = 0 then (a, b, c, d) else last4 b c d (a + 1) (n - 1)
let opt ?(x = 5) ~y z = x + y + z
let show l = String.concat " " (List.map string_of_int l)
let () =
  let p = f4 1 in
  let q = p 2 in
  let r = q 3 4 and s = (p 5) 6 7 in
  Printf.printf "%d %d %d %d %d\n" (f1 1) (f2 5 3) (f3 2 3 4) r s;
  print_endline (show (f6 1 2 3 4 5 6));
  let g = f6 1 2 in
  let h = g 3 4 in
  print_endline (show (h 5 6));
  print_endline (show (g 9 8 7 6));
  let a, b, c = curried 1 2 3 in
  let d, e, f = (curried 4) 5 6 in
  Printf.printf "%d %d %d %d %d %d\n" a b c d e f;
  Printf.printf "%d %d\n" (apply (f2 10) 3) (compose (f3 1 2) (f2 7) 3);
  Printf.printf "%b %b %d\n" (even 100001) (odd 7) (sum 0 [1; 2; 3; 4]);
  let x, y, z = last3 0 0 0 1000 in
  let t, u, v, w = last4 1 2 3 4 1001 in
  Printf.printf "%d %d %d %d %d %d %d\n" x y z t u v w;
  Printf.printf "%d %d\n" (opt ~y:1 2) (opt ~x:1 ~y:1 2);
  List.iter (fun op -> Printf.printf "%d " (op 7 2)) [( + ); ( - ); ( * ); ( / ); ( mod ); max; min; compare];
  print_newline ();
  ignore (List.fold_left (fun f x -> f; fun y -> Printf.printf "%d,%d " x y) (fun _ -> ()) [1; 2; 3] 4);
  print_newline ()
