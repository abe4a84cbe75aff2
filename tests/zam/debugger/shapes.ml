(* SPDX-License-Identifier: MIT *)
(* What ocamldebug is led through: shapes.session has the commands. Line numbers matter. *)
exception Found of int * string
type shape = Circle of float | Square of { side : float; name : string } | Point
module M = Map.Make (String)
let table : (string, int) Hashtbl.t = Hashtbl.create 7
let area = function Circle r -> 3. *. r *. r | Square { side; name } -> ignore name; side *. side | Point -> 0.
let rec find p = function
  | [] -> raise Not_found
  | x :: rest -> if p x then x else find p rest
let guarded f x = try f x with Not_found -> -1 | Found (n, s) -> n + String.length s
let counter start =
  let count = ref start in
  fun step -> count := !count + step; !count
let rec even n = n = 0 || odd (n - 1)
and odd n = n <> 0 && even (n - 1)
let apply_all fs x = List.fold_left (fun acc f -> f acc) x fs
let deep n =
  let a = n + 1 in
  let b = [| a; a * 2; a * 3 |] in
  let inner y =
    let z = y + b.(1) in
    if z > 1000 then raise (Found (z, "deep")) else z in
  inner (a * 10)
class point x = object val mutable x = x method move d = x <- x + d; x end
let () =
  let shapes = [Circle 1.5; Square { side = 2.; name = "sq" }; Point] in
  let areas = List.map area shapes in
  List.iter (fun a -> Printf.printf "%.2f\n" a) areas;
  let r = guarded (fun l -> find (fun x -> x > 2) l) [1; 2; 3] in
  let m = guarded (fun l -> find (fun x -> x > 20) l) [1; 2; 3] in
  let d = guarded deep 3 and e = guarded deep 500 in
  Printf.printf "%d %d %d %d\n" r m d e;
  let c = counter 10 in
  let one = c 1 in let two = c 2 in
  Hashtbl.replace table "one" one;
  let map = M.add "two" two M.empty in
  Printf.printf "%d %d %b\n" one (M.find "two" map) (even 10);
  let p = new point 3 in
  Printf.printf "%d\n" (p#move 4);
  Printf.printf "%d\n" (apply_all [(fun x -> x + 1); (fun x -> x * two)] 5);
  let add3 a b c = a + b + c in
  let part = add3 1 2 in
  Printf.printf "%d\n" (part 3);
  let sorted = List.sort (fun a b -> compare b a) [3; 1; 2] in
  List.iter print_int sorted; print_newline ();
  failwith "the end"
