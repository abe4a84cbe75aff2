(* SPDX-License-Identifier: MIT *)
(* Conditions, loops, switches with many cases. *)
let name = function
  | 0 -> "zero" | 1 -> "one" | 2 -> "two" | 3 -> "three" | 4 | 5 -> "some" | 6 -> "six" | 7 -> "seven" | 10 -> "ten"
  | n when n < 0 -> "negative" | _ -> "many"
type t = A | B | C | D of int | E of int | F of int * int | G | H of string
let value = function A -> 1 | B -> 2 | C -> 3 | D x -> x | E x -> -x | F (x, y) -> x * y | G -> 7 | H s -> String.length s
let classify c = match c with
  | 'a' .. 'z' -> 1 | 'A' .. 'Z' -> 2 | '0' .. '9' -> 3 | ' ' | '\t' -> 4 | _ -> 5
let word = function "if" -> 1 | "then" -> 2 | "else" -> 3 | "function" -> 4 | "match with" -> 5 | _ -> 0
let range n = if n >= 3 && n <= 8 then "in" else if n > 100 then "above" else if n < -100 then "below" else "out"
let () =
  for i = -2 to 11 do Printf.printf "%s " (name i) done;
  List.iter (fun x -> Printf.printf "%d " (value x)) [A; B; C; D 4; E 5; F (2, 3); G; H "eight888"];
  String.iter (fun c -> Printf.printf "%d" (classify c)) "aZ5 \t-zA0";
  print_newline ();
  List.iter (fun s -> Printf.printf "%d" (word s)) ["if"; "then"; "else"; "function"; "match with"; "matchwith"; ""];
  List.iter (fun n -> Printf.printf " %s" (range n)) [2; 3; 8; 9; 101; -101];
  print_newline ();
  let i = ref 0 in
  while !i < 10 && (!i <> 7 || false) do incr i; if !i = 3 || !i = 5 then print_char 'x' else print_char '.' done;
  for i = 5 downto 1 do print_int i done;
  for _ = 1 to 0 do print_string "never" done;
  print_newline ();
  let b = Sys.opaque_identity true in
  Printf.printf "%b %b %b\n" (b && not b) (b || b) (if b then not b else b)
