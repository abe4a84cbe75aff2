(* SPDX-License-Identifier: MIT *)
(* with: -g *)
(* Exceptions caught where they are raised, with and without backtraces; calls with too few and too many arguments. *)
exception Found of int
let rec find p = function [] -> raise Not_found | x :: r -> if p x then raise (Found x) else find p r
let local n = try if n land 1 = 0 then raise (Found n) else if n land 2 = 0 then raise Exit else n with Found n -> -n | Exit -> 0
let deep n = try 1 + (try local n + (if n land 3 = 3 then raise (Found 5) else 0) with Exit -> 7) with Found x -> x * n
let searched n = try find (fun x -> x = n land 7) [1; 2; 3; 4; 5]; 0 with Found x -> x | Not_found -> -1
let rec dig depth n = if depth = 0 then raise (Found n) else 1 + dig (depth - 1) n
let dug depth n = try dig depth n with Found k -> k - depth
let again f n = try f n with e -> raise e
let traced f = match f () with () -> "none" | exception _ -> Printexc.get_backtrace ()
let rec rounds n s = if n = 0 then s else rounds (n - 1) (s + local n + deep n + searched n)
let digs n = let s = ref 0 in for i = 1 to n do s := !s + dug 3 i + dug (i / 15) i done; !s
let six a b c d e f = a + 10 * (b + 10 * (c + 10 * (d + 10 * (e + 10 * f))))
let two a b = if a > b then fun c -> a - b + c else fun c -> a + b * c
let compose f g = fun x -> f (g x)
let rec apply n s =
  if n = 0 then s
  else
    let one = six n in
    let three = one 2 3 in
    let five = three 4 5 in
    let f = compose (two n 3) ((fun x y -> x + y) n) in
    apply (n - 1) (s + five 6 + three 1 1 1 + one 0 1 0 1 0 + two n 2 5 + f 4 + List.fold_left ( + ) 0 (List.map (two 1 n) [1; 2; 3]))
let () =
  Printf.printf "%d %d %d %d\n" (rounds 40 0) (apply 30 0) (digs 40) (digs 90);
  Printexc.record_backtrace true;
  for i = 1 to 2 do
    Printf.printf "%d\n" (rounds 10 0);
    print_string (traced (fun () -> raise Exit));
    print_string (traced (fun () -> ignore (try raise Exit with e -> raise e)));
    print_string (traced (fun () -> again (find (fun x -> x = i)) [1; 2; 3]));
    print_string (traced (fun () -> raise_notrace Exit))
  done;
  Printexc.record_backtrace false;
  Printf.printf "%d %S\n" (rounds 40 0) (traced (fun () -> raise Exit))
