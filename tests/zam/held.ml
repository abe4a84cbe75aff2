(* SPDX-License-Identifier: MIT *)
(* Memory outside the heap makes the collector look for what is dead, also where views share it. *)
open Bigarray

let views make =
  let died = ref 0 and rounds = 1500 in
  let window = Array.make 10 (Array1.create char c_layout 1) in
  for i = 1 to rounds do
    let all = make i in
    let view = Array1.sub all 100 100 in
    Gc.finalise (fun _ -> incr died) view;
    window.(i mod 10) <- view
  done;
  Printf.printf "%b\n" (!died > rounds * 4 / 5)

let create _ = Array1.create char c_layout (1 lsl 20)

(* Arrays that were read are counted, too, when they come and when they go. *)
let read =
  let message = Marshal.to_string (Array1.create char c_layout 4096) [] in
  fun i -> if i mod 2 = 0 then create i else Marshal.from_string message 0

let () =
  views create;
  views read
