(* SPDX-License-Identifier: MIT *)
(* Traps in outermost code, which is done as it stands: what is raised, by whom, and where control goes on. *)
let id = Sys.opaque_identity
let show name n = Printf.printf "%s %d\n" name n
exception Found of int
let raises n = if n > 0 then raise (Found n) else n
let passes n = raises n + 1
let five a b c d e = a + (10 * b) + (100 * c) + (1000 * d) + (10000 * e)

(* By functions, primitives, divisions, and by the code itself. *)
let () = try show "function" (passes (id 3)) with Found n -> show "found" n
let () = try show "none" (passes (id 0)) with Found n -> show "found" n
let () = try show "primitive" (int_of_string (id "x")) with Failure s -> print_endline s
let () = try show "division" (7 / id 0) with Division_by_zero -> print_endline "division"
let () = try show "remainder" (7 mod id 0) with Division_by_zero -> print_endline "remainder"
let () = show "divided" ((id (-7) / 2) + (100 * (id (-7) mod 2)) + (id min_int / id (-1)) - min_int)
let () = try if id 1 = 1 then raise Exit else show "no" 0 with Exit -> print_endline "exit"
let () = try raise_notrace (Found (id 4)) with Found n -> show "no trace" n
let () = try ignore ([| 1; 2 |].(id 2)) with Invalid_argument s -> print_endline s
let () = try ignore (List.find (fun x -> x > id 5) [ 1; 2 ]) with Not_found -> print_endline "not found"
let floats = try [| float_of_int (id 1); 2.5; raises (id 0) |> float_of_int |] with Found _ -> [| |]
let () = Array.iter (Printf.printf "%.1f ") floats; print_newline ()
let constants = [| 1.5; 2.5; 3.5 |]
let () = constants.(0) <- 4.; Printf.printf "%.1f\n" (constants.(0) +. constants.(2))

(* In each other; raised again; in handlers; with values above and below that are kept. *)
let () =
  let x = id 1 and y = id "two" in
  (try
     let z = id 3 in
     (try show "inner" (passes z) with Not_found -> show "wrong" z);
     show "never" z
   with Found n -> show "outer" (n + x));
  (try (try raise Not_found with Not_found -> raise (Found (id 7))) with Found n -> show "by the handler" n);
  (try (try ignore (passes 8) with Found n as e when n > 7 -> raise e) with Found n -> show "again" n);
  (try (try ignore (passes 9) with Not_found -> ()) with _ -> show (String.uppercase_ascii y) x);
  show y x
let () = show "arguments" (five 1 2 3 (try passes (id 4) with Found n -> n) (try passes (id 0) with Found n -> n))
let deep =
  try try try try try try try try raises (id 1) with Exit -> 0 with Exit -> 1 with Exit -> 2 with Exit -> 3
  with Exit -> 4 with Exit -> 5 with Exit -> 6 with Found n -> n + 10
let () = show "deep" deep
let value = match passes (id 2) with k -> k | exception Found n -> -n
let other = match passes (id 0) with k -> k | exception Found n -> -n
let () = show "value" value; show "other" other
let case = try (match id (Some 3) with Some n when n > 2 -> raises n | Some n -> n | None -> raise Exit) with Found n -> n
let switched = try (match id 2 with 0 -> raise Exit | 1 -> 10 | 2 -> raises 20 | 3 -> 30 | _ -> 40) with Found n -> n
let () = show "case" case; show "switched" switched

(* Closures, lazy values, what a collection moves, signals. *)
let () =
  let kept = String.make 3 'k' in
  try let f x = if x > 1 then raise (Found x) else kept in Gc.compact (); print_endline (f (id 1)); print_endline (f (id 2))
  with Found n -> Gc.full_major (); show kept n
let lazily = lazy (raises (id 6))
let () = (try show "lazy" (Lazy.force lazily) with Found n -> show "forced" n);
  try show "lazy" (Lazy.force lazily) with Found n -> show "again" n
let () = Sys.set_signal Sys.sigusr1 (Sys.Signal_handle (fun n -> raise Exit))
let () = try Gc.finalise (fun r -> raise (Found !r)) (ref (id 5)); Gc.full_major (); Gc.full_major (); print_endline "no"
  with Found n -> show "finalised" n

(* From here on the module is translated: loops in traps, and around them; objects. *)
let () = try for i = 0 to 3 do ignore (raises (i - 2)) done with Found n -> show "in a loop" n
let () = let i = ref 0 in try while incr i; true do ignore (passes (!i - 5)) done with Found n -> show "while" n
let () = for i = 0 to 1 do try ignore (passes i); show "passed" i with Found n -> show "in the loop" n done
let () = try (let n = ref 0 in for i = 1 to 3 do n := !n + i done; show "before" !n); ignore (raises 1) with Found n -> show "after" n
class counter = object val mutable n = 0 method next = n <- n + 1; if n > 1 then raise (Found n) else n end
let () = try let c = new counter in show "next" c#next; show "next" c#next with Found n -> show "of an object" n
let () = try print_endline "last"; ignore (passes (id 1)) with Not_found -> print_endline "wrong"
