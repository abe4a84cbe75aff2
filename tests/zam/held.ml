(* SPDX-License-Identifier: MIT *)
(* Memory outside the heap makes the collector look for what is dead, also where views share it. *)
open Bigarray

let () =
  let died = ref 0 and rounds = 1500 in
  let window = Array.make 10 (Array1.create char c_layout 1) in
  for i = 1 to rounds do
    let all = Array1.create char c_layout (1 lsl 20) in
    let view = Array1.sub all 100 100 in
    Gc.finalise (fun _ -> incr died) view;
    window.(i mod 10) <- view
  done;
  Printf.printf "%b\n" (!died > rounds * 9 / 10)
