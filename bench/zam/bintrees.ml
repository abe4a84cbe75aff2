(* SPDX-License-Identifier: MIT *)
(* Binary trees of many depths, made and counted: allocation and collection. *)
let size = 19 (* quick: 8 long: 20 *)

type tree = Leaf | Node of tree * tree

let rec make depth = if depth = 0 then Node (Leaf, Leaf) else Node (make (depth - 1), make (depth - 1))
let rec count = function Leaf -> 0 | Node (l, r) -> 1 + count l + count r

let () =
  let long_lived = make size in
  let depth = ref 4 in
  while !depth <= size do
    let trees = 1 lsl (size - !depth + 4) in
    let nodes = ref 0 in
    for _ = 1 to trees do nodes := !nodes + count (make !depth) done;
    Printf.printf "%d trees of depth %d: %d\n" trees !depth !nodes;
    depth := !depth + 4
  done;
  Printf.printf "%d\n" (count long_lived)
