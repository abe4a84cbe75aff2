(* SPDX-License-Identifier: MIT *)
(* The child of a fork has none of the threads that waited, and nothing of what they had. *)
(* with: -thread unix.cma threads.cma *)
let fork_and_wait f = match Unix.fork () with
  | 0 -> f (); exit 7
  | child -> Printf.printf "%b\n%!" (snd (Unix.waitpid [] child) = Unix.WEXITED 7)

(* A channel that a thread reads from. *)
let () =
  let from, into = Unix.pipe () in
  let input = Unix.in_channel_of_descr from in
  let reader = Thread.create (fun () -> ignore (input_char input)) () in
  Thread.delay 0.05;
  fork_and_wait (fun () ->
    ignore (Unix.write_substring into "ab" 0 2); (* the parent takes one, or both *)
    Thread.delay 0.05;
    ignore (Unix.write_substring into "cd" 0 2);
    ignore (input_char input));
  Thread.join reader

(* Threads in the child, and collections, while some of the parent's wait. *)
let () =
  let m = Mutex.create () and c = Condition.create () and stop = ref false and ended = ref 0 in
  let work i =
    while not !stop do
      Mutex.lock m;
      ignore (List.init 50 string_of_int);
      if i = 1 then Condition.broadcast c;
      if i = 2 && not !stop then Condition.wait c m;
      Mutex.unlock m;
      if i = 0 then Thread.yield ()
    done;
    incr ended in
  let threads = List.init 4 (Thread.create work) in
  for _ = 1 to 4 do
    fork_and_wait (fun () ->
      let m = Mutex.create () and n = ref 0 in
      let count _ = for _ = 1 to 20 do Mutex.lock m; incr n; if !n mod 10 = 0 then Thread.yield (); Mutex.unlock m done in
      List.iter Thread.join (List.init 3 (Thread.create count));
      Gc.full_major ();
      if !n <> 60 then exit 1)
  done;
  stop := true;
  while !ended < 4 do Condition.broadcast c; Thread.delay 0.001 done;
  List.iter Thread.join threads;
  print_endline "ended"
