(* Gc.Memprof at a rate of 1, where every word is a sample; and at others, where nothing is lost. *)
(* with: unix.cma *)
open Gc.Memprof

type tally = { mutable minor : int; mutable major : int; mutable promoted : int; mutable dead : int }

let sampled rate f =
  let t = { minor = 0; major = 0; promoted = 0; dead = 0 } in
  start ~callstack_size:5 ~sampling_rate:rate
    { alloc_minor = (fun i -> t.minor <- t.minor + i.n_samples; Some i.n_samples);
      alloc_major = (fun i -> t.major <- t.major + i.n_samples; Some i.n_samples);
      promote = (fun n -> t.promoted <- t.promoted + n; Some n);
      dealloc_minor = (fun n -> t.dead <- t.dead + n);
      dealloc_major = (fun n -> t.dead <- t.dead + n) };
  (match f () with () -> () | exception e -> stop (); raise e);
  stop ();
  t

let keep = ref []

let () =
  let t = sampled 1. (fun () -> ignore (Sys.opaque_identity (ref (ref 1)))) in
  Printf.printf "%d %d\n" t.minor t.major;
  let t = sampled 1. (fun () -> ignore (Sys.opaque_identity (Array.make 1000 'x'))) in
  Printf.printf "%d\n" t.major;
  let t = sampled 1. (fun () ->
    for i = 1 to 1000 do keep := Array.make 3 i :: !keep done;
    Gc.full_major ();
    keep := [];
    Gc.full_major ()) in
  Printf.printf "%d %b\n" t.minor (t.dead >= 7000);
  let t = sampled 0. (fun () -> ignore (List.init 1000 (fun i -> i))) in
  Printf.printf "%d %d\n" t.minor t.major;
  let none = [||] in
  let t = sampled 0.1 (fun () -> for _ = 1 to 10000 do keep := [ none ] done) in
  keep := [];
  Printf.printf "%b\n" (t.minor > 2500 && t.minor < 3500)

let fails f = try f () with e -> stop (); print_endline (Printexc.to_string e)

let () =
  fails (fun () -> start ~sampling_rate:1. { null_tracker with alloc_minor = (fun _ -> failwith "told") };
                   keep := [ Array.make 1 0 ];
                   for _ = 1 to 3 do ignore (Sys.opaque_identity !keep) done;
                   stop (); print_endline "not told");
  (try start ~sampling_rate:2. null_tracker with Invalid_argument s -> print_endline s);
  (try stop () with Failure s -> print_endline s)

(* What an instruction allocates is told at once: its exception is the instruction's. *)
type 'a made = Block of 'a | Closure of (unit -> 'a) | Floats of float array
let () =
  let told = ref 0 and x = Sys.opaque_identity 3 and d = Sys.opaque_identity 1.5 in
  let tracker = { null_tracker with alloc_minor = (fun i -> if i.size = !told then raise Exit else None) } in
  let attempt size f =
    told := size;
    start ~sampling_rate:1. tracker;
    let found = match f () with _ -> "made" | exception Exit -> "raised" in
    stop ();
    Printf.printf "%d %s\n" size found in
  attempt 1 (fun () -> try Block x with Exit -> Block 0);
  attempt 1 (fun () -> let b = Block x in (try ignore (Sys.opaque_identity b) with Exit -> ()); b);
  attempt 2 (fun () -> try [ x ] with Exit -> []);
  attempt 3 (fun () -> try ignore (Sys.opaque_identity (x, x, x)); 1 with Exit -> 2);
  attempt 4 (fun () -> try ignore (Sys.opaque_identity (x, x, x, x)); 1 with Exit -> 2);
  attempt 2 (fun () -> try Floats [| d; d |] with Exit -> Floats [||]);
  attempt 3 (fun () -> try Closure (fun () -> x) with Exit -> Closure (fun () -> 0));
  attempt 9 (fun () -> try Block x with Exit -> Block 0)

(* What nothing else sees is allocated all the same, though hot code did without it before. *)
let pair i = (i, i + 1)
let pairs n =
  let sum = ref 0 in
  for i = 1 to n do
    let a, b = pair i in
    sum := !sum + a * b
  done;
  !sum
let floats n =
  let x = ref 0. in
  for i = 1 to n do x := !x +. float i done;
  !x
let () =
  let long = Sys.opaque_identity 100 in
  for round = 1 to 3 do
    for _ = 1 to 2 do ignore (Sys.opaque_identity (pairs long)); ignore (Sys.opaque_identity (floats long)) done;
    let t = sampled 1. (fun () -> ignore (Sys.opaque_identity (pairs 200))) in
    let u = sampled 1. (fun () -> ignore (Sys.opaque_identity (floats 200))) in
    Printf.printf "%d: %d %d\n" round t.minor u.minor
  done

(* Nor does the code that a child has from its parent go on doing without it. *)
let triple i = (i, i + 1, i + 2)
let triples n =
  let sum = ref 0 in
  for i = 1 to n do
    let a, b, c = triple i in
    sum := !sum + a * b * c
  done;
  !sum
let () =
  for _ = 1 to 20 do ignore (Sys.opaque_identity (triples 100)) done;
  flush stdout;
  match Unix.fork () with
  | 0 ->
    let t = sampled 1. (fun () -> ignore (Sys.opaque_identity (triples 200))) in
    Printf.printf "child: %d\n" t.minor;
    exit 0
  | child -> ignore (Unix.waitpid [] child)
