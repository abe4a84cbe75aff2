(* SPDX-License-Identifier: MIT *)
(* The greatest eigenvalue of an endless matrix's corner: floats in arrays, small functions. *)
let size = 1500 (* quick: 50 long: 3000 *)

let a i j = 1.0 /. float ((i + j) * (i + j + 1) / 2 + i + 1)

let times at v =
  Array.init size (fun i ->
    let sum = ref 0.0 in
    for j = 0 to size - 1 do sum := !sum +. at i j *. v.(j) done;
    !sum)

let () =
  let transposed i j = a j i in
  let u = ref (Array.make size 1.0) and v = ref [||] in
  for _ = 1 to 5 do
    v := times transposed (times a !u);
    u := times transposed (times a !v)
  done;
  let uv = ref 0.0 and vv = ref 0.0 in
  for i = 0 to size - 1 do
    uv := !uv +. !u.(i) *. !v.(i);
    vv := !vv +. !v.(i) *. !v.(i)
  done;
  Printf.printf "%.9f\n" (sqrt (!uv /. !vv))
