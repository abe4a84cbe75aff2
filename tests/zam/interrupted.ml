(* SPDX-License-Identifier: MIT *)
(* A signal's function writes to the channel whose bytes wait for room in a pipe. *)
(* with: unix.cma *)
let () =
  let from, into = Unix.pipe () in
  let out = Unix.out_channel_of_descr into in
  let calls = ref 0 in
  let handle _ = incr calls; for _ = 1 to 100 do output_char out 'h' done in
  Sys.set_signal Sys.sigalrm (Sys.Signal_handle handle);
  let timer interval = ignore (Unix.setitimer Unix.ITIMER_REAL { Unix.it_interval = interval; it_value = interval }) in
  match Unix.fork () with
  | 0 ->
    Unix.close into;
    ignore (Unix.select [from] [] [] (-1.));
    Unix.sleepf 0.3;
    let bytes = Bytes.create 65536 and others = ref 0 and theirs = ref 0 in
    let rec read () =
      let got = Unix.read from bytes 0 65536 in
      for i = 0 to got - 1 do if Bytes.get bytes i = 'h' then incr theirs else incr others done;
      if got > 0 then read () in
    read ();
    Printf.printf "%d %d %b\n%!" !others (!theirs mod 100) (!theirs > 0)
  | child ->
    Unix.close from;
    timer 0.02;
    output_string out (String.make 100000 'x');
    flush out;
    timer 0.;
    close_out out;
    ignore (Unix.waitpid [] child);
    Printf.printf "%b\n" (!calls > 0)
