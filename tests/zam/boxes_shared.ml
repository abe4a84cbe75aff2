(* Numbers that are computed twice, or held by two names, and the objects behind them: physical equality sees how many
   are made. *)
let keep = ref (0., 0.)
let twice x y = keep := (x +. y, x +. y)
let same_twice x y = let a = x +. y in let b = x +. y in if a == b then 1 else 0
let pair x y = (Int64.add x y, Int64.add x y)

let same = ref 0
let count = ref 0
let last = ref 0.5
let or_older n a b mask =
  let t = a +. b and s = ref 0.0 in
  for i = 1 to n do
    let u = float_of_int i +. a in
    s := !s +. u;
    let x = if i land mask = 0 then (incr count; u) else t in
    let old = !last in
    last := x;
    if old == !last then incr same;
    for j = 1 to 2 do count := !count + j done
  done;
  t +. !s

let kept = ref 0.5
let bad = ref 0
let never (x : float) = if x != !kept then incr bad
let kept_or_not c a b i rare =
  let x = if c then (let t = a +. b in kept := t; incr count; t) else a -. b in
  if i = rare then never x;
  x *. 2.0
let joined_and_kept c a b i rare =
  let t = a +. b in
  let x = if c then (incr count; a -. b) else t in
  kept := x;
  if i = rare then never t;
  t *. 2.0

let () =
  let rounds = try int_of_string Sys.argv.(1) with _ -> 400 in
  let total = ref 0.0 and sum = ref 0L and equal = ref 0 in
  for i = 1 to rounds do
    let y = float_of_int i in
    twice 1.5 y;
    equal := !equal + same_twice 1.5 y;
    let c, d = pair 1L (Int64.of_int i) in
    sum := Int64.add !sum (Int64.sub c d);
    if i land 15 = 0 then total := !total +. or_older 20 1.5 2.5 7;
    let rare = if i = rounds then i else -1 in
    total := !total +. kept_or_not (i land 1 = 0) 1.5 y i rare +. joined_and_kept (i land 1 = 1) 1.5 y i rare
  done;
  Printf.printf "%f %Ld %d %d %d %f %d\n" (fst !keep) !sum !equal !same !bad !total !count
