(* SPDX-License-Identifier: MIT *)
(* Values on the stack: let, assignment to a captured-free reference, many of them, branches that leave some behind. *)
let many a b c d e f g h =
  let i = a + b and j = c * d and k = e - f and l = g lxor h in
  let m = i + j and n = k + l in
  if m > n then i + j * k - l + a + b + c + d else e + f + g + h + i + j + k + l + m + n
let count n =
  let total = ref 0 and step = ref 1 in
  for i = 1 to n do
    if i land 1 = 0 then step := !step + 1;
    total := !total + (i * !step) + (if i mod 3 = 0 then i else let x = i + 1 in x * x)
  done;
  !total
let rec deep n = if n = 0 then 0 else 1 + deep (n - 1)
let unused x = ignore (x + 1); ignore (x * 2); x
let () =
  Printf.printf "%d %d\n" (many 1 2 3 4 5 6 7 8) (many 8 7 6 5 4 3 2 1);
  Printf.printf "%d %d %d\n" (count 10) (count 1000) (deep 100000);
  Printf.printf "%d\n" (unused 4)
