(* SPDX-License-Identifier: MIT *)
(* Modules, functors, and what they export. *)
module type S = sig type t val zero : t val add : t -> t -> t val show : t -> string end
module Int = struct type t = int let zero = 0 let add = ( + ) let show = string_of_int end
module Str = struct type t = string let zero = "" let add = ( ^ ) let show s = s end
module Sum (X : S) = struct let sum l = X.show (List.fold_left X.add X.zero l) let twice x = X.add x x end
module A = Sum (Int)
module B = Sum (Str)
module M = Map.Make (String)
let table = Hashtbl.create 10
let global = ref 1
let bump () = incr global; !global
module Rec = struct
  module rec E : sig val even : int -> bool end = struct let even n = n = 0 || O.odd (n - 1) end
  and O : sig val odd : int -> bool end = struct let odd n = n <> 0 && E.even (n - 1) end
end
let () =
  Printf.printf "%s %s %d\n" (A.sum [1; 2; 3]) (B.sum ["x"; "y"]) (A.twice 21);
  ignore (bump ()); Printf.printf "%d\n" (bump ());
  List.iter (fun (k, v) -> Hashtbl.replace table k v) ["a", 1; "b", 2; "a", 3];
  Printf.printf "%d %d\n" (Hashtbl.find table "a") (Hashtbl.length table);
  M.iter (Printf.printf "%s=%d ") (M.add "z" 1 (M.add "a" 2 M.empty));
  Printf.printf "%b\n" (Rec.E.even 10);
  let pack = (module Int : S with type t = int) in
  let module P = (val pack) in
  print_endline (P.show (P.add 1 2))
