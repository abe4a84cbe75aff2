(* SPDX-License-Identifier: MIT *)
(* Closures: captured values, functions that know each other, recursive values, and their identity. *)
let adder a b c = fun x -> a + b + c + x
let make () =
  let rec f n = if n = 0 then "f" else g (n - 1)
  and g n = if n = 0 then "g" else h (n - 1)
  and h n = if n = 0 then "h" else f (n - 1) in
  (f, g, h)
let captured base =
  let rec up n = if n > base then [] else n :: down (n + 1)
  and down n = if n > base then [] else (-n) :: up (n + 1) in
  up
let counter () = let c = ref 0 in ((fun () -> incr c; !c), fun () -> c := 0)
type stream = { head : int; tail : stream Lazy.t }
let rec ones = { head = 1; tail = lazy ones }
let rec xs = 1 :: 2 :: ys and ys = 3 :: xs
let rec fact = fun n -> if n < 2 then 1 else n * fact (n - 1)
let rec ping = fun n -> pong.contents (n - 1)
and pong = ref (fun n -> if n <= 0 then n else ping n)
let () =
  let f, g, h = make () in
  Printf.printf "%s %s %s\n" (f 100) (g 101) (h 102);
  List.iter (Printf.printf "%d ") (captured 5 1);
  let next, reset = counter () in
  ignore (next ()); ignore (next ()); Printf.printf "%d " (next ()); reset (); Printf.printf "%d\n" (next ());
  Printf.printf "%d %d %d\n" (adder 1 2 3 4) ((Lazy.force ones.tail).head) (List.nth xs 4);
  Printf.printf "%d %d %b %b\n" (fact 10) (ping 5) (f == f) (List.hd ys == 3);
  Gc.full_major ();
  Printf.printf "%s %d\n" (h 7) (List.length (captured 100 1));
  (try ignore (compare f g) with Invalid_argument s -> print_endline s)
