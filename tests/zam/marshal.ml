(* SPDX-License-Identifier: MIT *)
(* Values written and read back, with sharing, cycles, functions, and all sizes of numbers. *)
type t = { mutable self : t option; name : string; data : float array }
let bytes v flags = let s = Marshal.to_string v flags in Printf.printf "%d %s\n" (String.length s) (Digest.to_hex (Digest.string s)); s
let () =
  let r = { self = None; name = "loop"; data = [| 1.; -0.; nan; infinity |] } in
  r.self <- Some r;
  let r' : t = Marshal.from_string (bytes r []) 0 in
  (match r'.self with Some x -> Printf.printf "%b %s %g\n" (x == r') x.name x.data.(0) | None -> print_endline "none");
  let ints = [0; 63; 64; -1; 127; 128; -128; -129; 32767; 32768; 1 lsl 30 - 1; 1 lsl 30; max_int; min_int] in
  Printf.printf "%b\n" (Marshal.from_string (bytes ints []) 0 = ints);
  let mixed = (1l, 2L, 3n, Nativeint.shift_left 1n 40, "s", String.make 300 'x', 2.5, [| "a"; "b" |], Array.init 300 string_of_int) in
  Printf.printf "%b\n" (Marshal.from_string (bytes mixed []) 0 = mixed);
  let shared = let s = String.make 3 'y' in (s, s) in
  let a, b = Marshal.from_string (bytes shared []) 0 in
  let c, d = Marshal.from_string (bytes shared [Marshal.No_sharing]) 0 in
  Printf.printf "%b %b\n" (a == b) (c == (d : string));
  let k = 10 in
  let f, g = let rec f n = if n = 0 then k else g (n - 1) and g n = if n = 0 then -k else f (n - 1) in (f, g) in
  let f', g' = Marshal.from_string (Marshal.to_string (f, g) [Marshal.Closures]) 0 in
  Printf.printf "%d %d %d\n" (f' 3) (g' 3) ((Marshal.from_string (Marshal.to_string (List.fold_left max) [Marshal.Closures]) 0 : int -> int list -> int) 0 [3; 9; 2]);
  List.iter (fun f -> try f () with Failure m | Invalid_argument m -> print_endline m)
    [(fun () -> ignore (Marshal.to_string f [])); (fun () -> ignore (Marshal.from_string "xxxxxxxxxxxxxxxxxxxxxxxxxxxxx" 0));
     (fun () -> ignore (Marshal.from_string (String.sub (Marshal.to_string ints []) 0 25) 0));
     (fun () -> ignore (Marshal.to_string stdout []))];
  let rec long n acc = if n = 0 then acc else long (n - 1) (n :: acc) in
  let l = long 30000 [] in
  Printf.printf "%b\n" (Marshal.from_string (bytes l []) 0 = l);
  (* Long messages may be put elsewhere than what is made by hand: they are read, stored into, and collected. *)
  let cell i = (ref (string_of_int i), Int64.of_int i, float_of_int i, Array.make (1 + i mod 5) (Some i), fun x -> x + i) in
  let table = Array.init 1500 cell in
  let read : (string ref * int64 * float * int option array * (int -> int)) array = Marshal.from_string (Marshal.to_string table [Marshal.Closures]) 0 in
  let weak = Weak.create 1 and died = ref 0 in
  Weak.set weak 0 (Some read.(7));
  Array.iteri (fun i (s, _, _, _, _) -> if i mod 100 = 0 then Gc.finalise (fun _ -> incr died) s) read;
  for round = 1 to 3 do
    Array.iteri (fun i (s, _, _, a, f) -> if i mod round = 0 then (s := !s ^ string_of_int (f round); a.(0) <- Some (i * round))) read;
    if round = 2 then Gc.full_major () else Gc.minor ()
  done;
  let sum = Array.fold_left (fun n (s, i, x, a, _) -> n + String.length !s + Int64.to_int i + int_of_float x + (match a.(0) with Some k -> k | None -> 0)) 0 read in
  Printf.printf "%d %d %b\n" sum !died (Weak.check weak 0);
  Array.iteri (fun i _ -> read.(i) <- table.(i)) read;
  Gc.full_major (); Gc.full_major ();
  Printf.printf "%d %b %s\n" !died (Weak.check weak 0) (let s, _, _, _, _ = read.(7) in !s)

(* Blocks that say they are closures. *)
let () =
  let made code info = let b = Obj.new_block Obj.closure_tag 3 in Obj.set_field b 0 code; Obj.set_field b 1 info; b in
  let code = Obj.field (Obj.repr print_endline) 0 and outside = Obj.field (Obj.repr 1L) 0 in
  let forged =
    [ made (Obj.repr 12) (Obj.repr 4); made (Obj.repr (ref 1)) (Obj.repr 4); made code (Obj.repr max_int);
      made code (Obj.repr 0); made outside (Obj.repr 4); Obj.new_block Obj.closure_tag 3;
      Obj.with_tag Obj.closure_tag (Obj.repr (1, 2, 3)); Obj.with_tag Obj.closure_tag (Obj.repr (ref 1)) ] in
  let attempt f = Printf.printf "%s " (match f () with n -> string_of_int n | exception e -> Printexc.to_string e) in
  let look b =
    attempt (fun () -> String.length (Marshal.to_string b []));
    attempt (fun () -> String.length (Marshal.to_string b [Marshal.Closures]));
    attempt (fun () -> compare b (Obj.dup b));
    attempt (fun () -> compare b (Obj.repr 1));
    attempt (fun () -> Obj.reachable_words b);
    attempt (fun () -> Hashtbl.hash b * 0);
    print_newline () in
  List.iter look forged
