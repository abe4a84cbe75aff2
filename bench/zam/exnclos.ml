(* SPDX-License-Identifier: MIT *)
(* Exceptions raised through a few frames, closures, partial application, functions of functions. *)
let size = 3000000 (* quick: 5000 long: 20000000 *)

exception Found of int

let rec search depth n = if depth = 0 then raise (Found n) else 1 + search (depth - 1) n
let find n = try search 3 n with Found k -> k
let compose f g x = f (g x)
let twice f = compose f f
let add a b c = a + b + c

let () =
  let sum = ref 0 in
  for i = 1 to size do
    sum := !sum + find i;
    let step = add i 1 in
    sum := (!sum + twice step i) land 0xffffff;
    if i land 3 = 0 then (try if i land 7 = 0 then failwith "odd" else raise Not_found with Failure _ | Not_found -> incr sum)
  done;
  let fs = List.map (fun n x -> x * n + 1) [1; 2; 3; 4; 5] in
  for i = 1 to size / 4 do sum := List.fold_left (fun x f -> f x land 0xffff) (!sum + i) fs done;
  Printf.printf "%d\n" !sum
