(* SPDX-License-Identifier: MIT *)
(* Tuples, records, variants, references: making, reading, changing, comparing. *)
type shape = Empty | Full | Dot of int | Line of int * int | Box of { w : int; mutable h : int } | Many of shape list
type big = { a : int; b : string; mutable c : float; d : int list; mutable e : int; f : char; g : unit }
let rec area = function
  | Empty | Full -> 0 | Dot _ -> 1 | Line (a, b) -> abs (a - b) | Box { w; h } -> w * h
  | Many l -> List.fold_left (fun s x -> s + area x) 0 l
let id = Sys.opaque_identity
let () =
  let box = Box { w = id 3; h = 4 } in
  (match box with Box b -> b.h <- b.h + 1 | _ -> ());
  Printf.printf "%d\n" (area (Many [Empty; Full; Dot 1; Line (2, 9); box; Many []]));
  let r = { a = id 1; b = "two"; c = 3.5; d = [4; 5]; e = 6; f = '7'; g = () } in
  r.e <- r.e * 2; r.c <- r.c *. 2.;
  let s = { r with a = 10; d = 3 :: r.d } in
  Printf.printf "%d %s %g %d %d %c %b\n" s.a s.b s.c (List.length s.d) s.e s.f (s = r);
  Printf.printf "%b %b %d %d\n" (compare (1, "a") (1, "b") < 0) ([1; 2] = [1; 2]) (compare Empty (Dot 0))
    (compare (Dot 5) (Line (0, 0)));
  Printf.printf "%d %d %b\n" (Hashtbl.hash (1, "x", [2.5])) (Hashtbl.hash r.d) ([||] == [||]);
  let t = (id 1, id 2, id 3, id 4, id 5, id 6, id 7) in
  let x, _, _, _, _, _, y = t in
  Printf.printf "%d %b\n" (x + y) (t = (1, 2, 3, 4, 5, 6, 7));
  ignore (Some (id 1) : int option);
  Printf.printf "%d %d\n" (Obj.size (Obj.repr t)) (Obj.tag (Obj.repr box))

(* Addresses that are no values: a custom block's operations, a closure's code. *)
let () =
  let field x = Obj.field (Obj.repr (Sys.opaque_identity x)) 0 in
  let same x y = field x = field y and hash_is_kept x = Hashtbl.hash (field x) = Hashtbl.hash (field x) in
  Printf.printf "%b %b %b %b %b %d %b %b\n" (same 1l 2l) (same 1l 1L) (same 1n 3n) (same print_int print_int)
    (same print_int print_char) (compare (field 1L) (field 2L)) (hash_is_kept 1L) (hash_is_kept print_int);
  try ignore (Marshal.to_string (field 1L) []) with e -> print_endline (Printexc.to_string e)
