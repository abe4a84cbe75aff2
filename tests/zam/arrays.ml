(* SPDX-License-Identifier: MIT *)
(* Arrays: access with and without checks, of values and of floats, parts of them. *)
let id = Sys.opaque_identity
let sum (a : int array) = let s = ref 0 in for i = 0 to Array.length a - 1 do s := !s + a.(i) done; !s
let poly a i v = a.(i) <- v; a.(i)
let show a = Array.iter (Printf.printf "%d ") a; print_newline ()
let () =
  let a = Array.init 10 (fun i -> i * i) in
  a.(3) <- id 100;
  show a; Printf.printf "%d\n" (sum a);
  show (Array.sub a 2 3); show (Array.append a [| 1; 2 |]); show (Array.concat [a; [||]; [| 7 |]]);
  Array.blit a 0 a 2 5; show a; Array.fill a 1 3 (-1); show a;
  Array.sort compare a; show a;
  Printf.printf "%s %g\n" (poly [| "x"; "y" |] 1 "z") (poly [| 1.; 2. |] 0 5.5);
  let strings = Array.make 300 "s" in
  strings.(299) <- String.concat "-" ["a"; "b"];
  Gc.minor (); Gc.full_major ();
  Printf.printf "%s %s %d\n" strings.(0) strings.(299) (Array.length strings);
  List.iter (fun f -> try ignore (f ()); print_endline "no" with Invalid_argument s -> print_endline s)
    [(fun () -> a.(id 10)); (fun () -> a.(id (-1))); (fun () -> a.(id 10) <- 1; 0); (fun () -> (Array.make (id (-1)) 0).(0));
     (fun () -> (Array.sub a 5 (id 6)).(0))];
  Printf.printf "%d %d\n" (Array.unsafe_get a (id 0)) (Array.unsafe_set a 0 5; a.(0));
  let m = Array.make_matrix 3 3 0 in
  for i = 0 to 2 do for j = 0 to 2 do m.(i).(j) <- i * j done done;
  Array.iter show m;
  Printf.printf "%b %b\n" ([| 1; 2 |] = [| 1; 2 |]) (compare [| 1. |] [| 2. |] < 0)
