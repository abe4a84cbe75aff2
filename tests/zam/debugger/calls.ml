(* SPDX-License-Identifier: MIT *)
(* Arguments too many and too few, callbacks from C, a fork, a signal: for ocamldebug, see calls.session. *)
let rec apply2 f = f 1 2 3 4
let over a = fun b -> fun c d -> a + b + c + d
let partial a b c = a * b + c
let sort_cb () = let a = [|3;1;2|] in Array.sort (fun x y -> compare x y) a; a.(0)
let fin () = let r = ref 5 in Gc.finalise (fun r -> print_int !r; print_newline ()) r
let () =
  print_int (apply2 (Obj.magic over)); print_newline ();
  let p = partial 3 4 in
  print_int (p 5); print_newline ();
  fin (); Gc.full_major ();
  print_int (sort_cb ()); print_newline ();
  let rec deep n = if n = 0 then failwith "bottom" else 1 + deep (n - 1) in
  (try ignore (deep 10000) with Failure s -> print_endline s);
  at_exit (fun () -> print_endline "bye");
  Sys.set_signal Sys.sigusr1 (Sys.Signal_handle (fun _ -> print_endline "signal"));
  let pid = Unix.fork () in
  if pid = 0 then (print_endline "child"; exit 3);
  (match Unix.waitpid [] pid with _, Unix.WEXITED n -> print_int n | _ -> ()); print_newline ();
  Unix.kill (Unix.getpid ()) Sys.sigusr1;
  print_endline (match int_of_string "x" with exception Failure s -> s | n -> string_of_int n);
  exit 7
