(* SPDX-License-Identifier: MIT *)
(* Hash tables, maps, strings and lists of the library: its primitives in C, and polymorphic comparison. *)
let size = 3000000 (* quick: 5000 long: 8000000 *)

module Words = Map.Make (String)

let () =
  let table = Hashtbl.create 1000 in
  for i = 1 to size do
    let key = (i * 7919) land 0xffff in
    Hashtbl.replace table key (1 + try Hashtbl.find table key with Not_found -> 0)
  done;
  let words = ref Words.empty in
  for i = 1 to size / 8 do
    let word = "w" ^ string_of_int (i * 31 land 0xfff) in
    words := Words.add word (i + try Words.find word !words with Not_found -> 0) !words
  done;
  let buffer = Buffer.create 100 in
  Words.iter (fun word n -> if n land 7 = 0 then Buffer.add_string buffer (String.uppercase_ascii word)) !words;
  let pairs = Hashtbl.fold (fun k n rest -> (n, k) :: rest) table [] in
  let sorted = List.sort compare pairs in
  let sum = List.fold_left (fun sum (n, k) -> (sum * 31 + n * k) land 0xffffff) 0 sorted in
  Printf.printf "%d %d %d\n" (Buffer.length buffer) (List.length sorted) sum
