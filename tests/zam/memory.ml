(* SPDX-License-Identifier: MIT *)
(* Weak references, ephemerons, finalisers, and structures that survive collections. *)
type tree = Leaf | Node of tree * int * tree
let rec build d = if d = 0 then Leaf else Node (build (d - 1), d, build (d - 1))
let rec sum = function Leaf -> 0 | Node (l, n, r) -> sum l + n + sum r
let () =
  let w = Weak.create 3 in
  let kept = ref (Some (String.make 10 'k')) in
  Weak.set w 0 !kept; Weak.set w 1 (Some (String.make 10 'd'));
  let t = build 12 in
  Gc.full_major ();
  Printf.printf "%b %b %b %d\n" (Weak.check w 0) (Weak.check w 1) (Weak.check w 2) (sum t);
  (match Weak.get w 0 with Some s -> print_endline s | None -> print_endline "gone");
  let order = ref [] in
  let register () =
    let values = List.map ref [1; 2; 3] in
    List.iter (Gc.finalise (fun r -> order := !r :: !order)) values;
    ignore (Sys.opaque_identity values) in
  register ();
  let dead = ref 0 in
  Gc.finalise_last (fun () -> incr dead) (Array.make 3 0);
  Gc.full_major (); Gc.full_major ();
  List.iter (Printf.printf "%d ") !order; Printf.printf "%d\n" !dead;
  let e = Ephemeron.K1.create () in
  let key = ref 5 in
  Ephemeron.K1.set_key e key; Ephemeron.K1.set_data e (Array.make 4 key);
  Gc.full_major ();
  Printf.printf "%b %b\n" (Ephemeron.K1.check_key e) (Ephemeron.K1.check_data e);
  Printf.printf "%d\n" !key;
  let lists = Array.init 50 (fun i -> List.init 200 (fun j -> (i * j, string_of_int j))) in
  let total = Array.fold_left (fun s l -> List.fold_left (fun s (a, b) -> s + a + String.length b) s l) 0 lists in
  Printf.printf "%d %b\n" total (Option.is_some !kept);
  let l = lazy (print_string "once "; 42) in
  Printf.printf "%d %d\n" (Lazy.force l) (Lazy.force l)

(* What ocamlrun would not take is brought into its ranges. *)
let () =
  Gc.set { (Gc.get ()) with Gc.minor_heap_size = 5000; space_overhead = 0; window_size = 77 };
  let c = Gc.get () in
  Printf.printf "%d %d %d\n" c.Gc.minor_heap_size c.Gc.space_overhead c.Gc.window_size;
  let words = Gc.quick_stat () in
  Printf.printf "%b\n" (words.Gc.promoted_words <= words.Gc.minor_words)
