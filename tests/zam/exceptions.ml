(* SPDX-License-Identifier: MIT *)
(* Exceptions: raised, caught, passed on, from primitives and from deep calls. *)
exception A
exception B of int * string
let rec dig n = if n = 0 then raise (B (1, "deep")) else 1 + dig (n - 1)
let protect f = try f () with A -> "A" | B (n, s) -> Printf.sprintf "B %d %s" n s | Not_found -> "not found"
  | Failure s | Invalid_argument s -> s | Division_by_zero -> "zero" | Stack_overflow -> "overflow" | End_of_file -> "eof"
let nested n =
  try
    let x = try if n = 1 then raise A else if n = 2 then raise Exit else n with A -> 10 in
    let y = try x + (if n = 3 then raise Not_found else 1) with Not_found -> 20 in
    x * y
  with Exit -> -1
let finally f g = match f () with x -> g (); x | exception e -> g (); raise e
let loop () =
  let count = ref 0 in
  for i = 1 to 100 do try if i mod 3 = 0 then raise A; if i mod 7 = 0 then failwith "7" with A -> incr count | Failure _ -> count := !count + 10 done;
  !count
let temporaries f = 1 + (try 2 * (try f () with A -> 5) with Not_found -> 7) + (try f () with _ -> 100)
let rec forever n = 1 + forever (n + 1)
let () =
  List.iter (fun f -> print_endline (protect f))
    [(fun () -> raise A); (fun () -> string_of_int (dig 1000)); (fun () -> Hashtbl.find (Hashtbl.create 1) 0);
     (fun () -> failwith "f"); (fun () -> string_of_int (1 / Sys.opaque_identity 0)); (fun () -> "fine");
     (fun () -> string_of_int (forever 0)); (fun () -> raise_notrace A); (fun () -> List.hd []);
     (fun () -> finally (fun () -> raise A) (fun () -> print_string "finally ")); (fun () -> string_of_int (int_of_string "x"))];
  List.iter (fun n -> Printf.printf "%d " (nested n)) [0; 1; 2; 3; 4];
  Printf.printf "%d %d %d %d\n" (loop ()) (temporaries (fun () -> 3)) (temporaries (fun () -> raise A))
    (temporaries (fun () -> raise Not_found));
  Printf.printf "%s\n" (Printexc.to_string (B (3, "x")));
  at_exit (fun () -> print_endline "at exit");
  raise (B (42, "uncaught"))
