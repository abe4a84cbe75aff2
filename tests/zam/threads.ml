(* with: -dllib -lthreads *)
(* Threads, as module Thread makes them, but without the C library that it needs beside: they compute, block, hand over,
   raise, end themselves. *)

type t
type mutex
type condition
external initialize : unit -> unit = "caml_thread_initialize"
external thread_new : (unit -> unit) -> t = "caml_thread_new"
external uncaught : exn -> unit = "caml_thread_uncaught_exception"
external yield : unit -> unit = "caml_thread_yield"
external self : unit -> t = "caml_thread_self"
external id : t -> int = "caml_thread_id"
external join : t -> unit = "caml_thread_join"
external exit_thread : unit -> unit = "caml_thread_exit"
external mutex : unit -> mutex = "caml_mutex_new"
external lock : mutex -> unit = "caml_mutex_lock"
external try_lock : mutex -> bool = "caml_mutex_try_lock"
external unlock : mutex -> unit = "caml_mutex_unlock"
external condition : unit -> condition = "caml_condition_new"
external wait : condition -> mutex -> unit = "caml_condition_wait"
external signal : condition -> unit = "caml_condition_signal"
external broadcast : condition -> unit = "caml_condition_broadcast"

let () =
  Sys.set_signal Sys.sigvtalrm (Sys.Signal_handle (fun _ -> yield ()));
  initialize ()

let create f x =
  thread_new (fun () -> try f x with e -> flush stdout; flush stderr; uncaught e)

(* They compute at the same time; each has its own stack and its own exceptions. *)
let rec fib n = if n < 2 then n else fib (n - 1) + fib (n - 2)
let rec depth n = if n = 0 then 0 else 1 + depth (n - 1)

let () =
  let results = Array.make 4 0 in
  let work i =
    let n = ref 0 in
    for k = 1 to 20 do
      (try if k mod 3 = 0 then failwith "x" else n := !n + fib 10 with Failure _ -> incr n);
      n := !n + depth 1000 + List.length (List.init 100 (fun j -> (i, j)));
      if k mod 5 = 0 then yield ()
    done;
    results.(i) <- !n
  in
  let threads = List.init 4 (create work) in
  List.iter join threads;
  Array.iter (Printf.printf "%d ") results;
  print_newline ()

(* A thread that calls, and never loops, is interrupted too. *)
let () =
  let seen = ref false in
  let other = create (fun () -> seen := true) () in
  let rec spin n = if n = 0 then () else if !seen then () else (ignore (fib 5); spin (n - 1)) in
  spin 10_000_000;
  Printf.printf "seen %b\n" !seen;
  join other

(* A bounded queue between producers and consumers. *)
let () =
  let queue = Queue.create () and m = mutex () and changed = condition () in
  let put x =
    lock m;
    while Queue.length queue >= 3 do wait changed m done;
    Queue.add x queue;
    broadcast changed;
    unlock m
  and take () =
    lock m;
    while Queue.is_empty queue do wait changed m done;
    let x = Queue.take queue in
    broadcast changed;
    unlock m;
    x
  in
  let sum = ref 0 in
  let producers = List.init 3 (create (fun k -> for i = 1 to 50 do put ((k * 1000) + i) done)) in
  let consumers = List.init 2 (create (fun _ -> for _ = 1 to 75 do let x = take () in lock m; sum := !sum + x; unlock m done)) in
  List.iter join producers;
  List.iter join consumers;
  Printf.printf "sum %d\n" !sum

(* One signal wakes one. *)
let () =
  let m = mutex () and c = condition () in
  let waiting = ref 0 and woken = ref 0 in
  let body _ =
    lock m;
    incr waiting;
    wait c m;
    incr woken;
    unlock m
  in
  let threads = List.init 3 (create body) in
  while lock m; let n = !waiting in unlock m; n < 3 do yield () done;
  lock m; signal c; unlock m;
  while lock m; let n = !woken in unlock m; n < 1 do yield () done;
  for _ = 1 to 20 do yield () done;
  Printf.printf "woken %d\n" !woken;
  lock m; broadcast c; unlock m;
  List.iter join threads;
  Printf.printf "woken %d\n" !woken

let fails f = try f (); print_endline "no exception" with e -> print_endline (Printexc.to_string e)

let () =
  let m = mutex () and c = condition () in
  lock m;
  Printf.printf "%b %b\n" (try_lock m) (compare m m = 0);
  fails (fun () -> lock m);
  unlock m;
  fails (fun () -> unlock m);
  fails (fun () -> wait c m);
  lock m;
  let refused = ref "" in
  join (create (fun () -> try unlock m with Sys_error s -> refused := s) ());
  print_endline !refused

(* Exceptions are reported; Thread.exit runs no handler. *)
let () =
  let t = create (fun () -> raise Not_found) () in
  join t;
  let after = ref "left" in
  let t = create (fun () -> (try exit_thread () with _ -> after := "handler"); after := "went on") () in
  join t;
  print_endline !after;
  Printf.printf "%d %b\n" (id (self ())) (id t > 0)

(* Threads that come and go; finalisers and weak pointers meanwhile. *)
let () =
  let finals = ref 0 in
  for i = 1 to 60 do
    let t = create (fun () ->
      let r = ref i in
      Gc.finalise (fun _ -> incr finals) r;
      ignore (Array.init 100 (fun k -> string_of_int k))) () in
    if i mod 2 = 0 then join t
  done;
  Gc.full_major ();
  Printf.printf "finals %b\n" (!finals > 0)

(* A channel is one thread's at a time. *)
let () =
  let name = Filename.temp_file "zam" "threads" in
  let out = open_out name in
  let line k = String.make 200 (Char.chr (97 + k)) in
  List.iter join (List.init 4 (create (fun k -> for _ = 1 to 400 do output_string out (line k ^ "\n"); if Random.int 50 = 0 then yield () done)));
  close_out out;
  let input = open_in name in
  let good = ref 0 in
  (try while true do
    let l = input_line input in
    if String.length l = 200 && String.for_all (fun c -> c = l.[0]) l then incr good
  done with End_of_file -> ());
  close_in input;
  Sys.remove name;
  Printf.printf "lines %d\n" !good

(* A mutex that is always taken again at once is everybody's now and then. *)
let () =
  let m = mutex () and turns = Array.make 3 0 and done_ = ref false in
  let turn k = while not !done_ do
      lock m;
      turns.(k) <- turns.(k) + 1;
      ignore (fib 10);
      if Array.for_all (fun n -> n >= 3) turns then done_ := true;
      unlock m
    done in
  List.iter join (List.init 3 (create turn));
  Printf.printf "turns %b\n" (Array.for_all (fun n -> n >= 3) turns)

(* The program ends while threads wait, and compute. *)
let () =
  let m = mutex () in
  lock m;
  let blocked = create (fun () -> lock m) () in
  ignore (create (fun () -> while true do ignore (fib 10) done) ());
  ignore (create (fun () -> while true do yield () done) ());
  at_exit (fun () -> print_endline "at_exit");
  yield ();
  ignore (create (fun () -> exit 3) ());
  join blocked
