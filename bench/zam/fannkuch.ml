(* SPDX-License-Identifier: MIT *)
(* The most flips of the first pancakes, over all permutations: arrays of integers. *)
let size = 10 (* quick: 6 long: 11 *)

let flips p q =
  Array.blit p 0 q 0 size;
  let count = ref 0 in
  while q.(0) <> 0 do
    let last = q.(0) in
    let i = ref 0 and j = ref last in
    while !i < !j do
      let t = q.(!i) in
      q.(!i) <- q.(!j);
      q.(!j) <- t;
      incr i;
      decr j
    done;
    incr count
  done;
  !count

let () =
  let p = Array.init size (fun i -> i) and q = Array.make size 0 and turns = Array.make size 0 in
  let most = ref (flips p q) and sum = ref 0 and sign = ref 1 and i = ref 1 in
  while !i < size do
    if turns.(!i) < !i then begin
      let other = if !i land 1 = 0 then 0 else turns.(!i) in
      let t = p.(!i) in
      p.(!i) <- p.(other);
      p.(other) <- t;
      sign := - !sign;
      let n = flips p q in
      sum := !sum + !sign * n;
      if n > !most then most := n;
      turns.(!i) <- turns.(!i) + 1;
      i := 1
    end else begin
      turns.(!i) <- 0;
      incr i
    end
  done;
  Printf.printf "%d %d\n" !most !sum
