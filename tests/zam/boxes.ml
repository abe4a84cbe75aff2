(* Floats in boxes that compiled code need not make, and those that it must. *)
let sum n =
  let s = ref 0.0 in
  for i = 1 to n do s := !s +. float i *. 0.5 done;
  !s

(* Carried around a loop, and kept every now and then. *)
let kept n =
  let x = ref 1.0 and list = ref [] in
  for i = 1 to n do
    x := (!x *. 1.0001) +. (1.0 /. float i);
    if i land 1023 = 0 then list := !x :: !list
  done;
  List.iter (Printf.printf "%.6f ") !list;
  !x

(* Two variables of one value; one that is sometimes from elsewhere. *)
let shared n z =
  let a = ref z and b = ref z in
  for i = 1 to n do
    let t = !a +. 1.5 in
    if i land 7 = 0 then a := z else a := t;
    b := if i land 3 = 0 then !a else t
  done;
  !a +. !b

type point = { mutable x : float; mutable y : float }
type mixed = { name : string; mutable v : float }

let move p n = for i = 1 to n do p.x <- p.x +. (p.y *. 0.25); p.y <- -.p.y +. float (i land 1) done
let rename m n = let m = ref m in for i = 1 to n do m := { !m with v = !m.v +. float i } done; !m

let integrate f a b n =
  let h = (b -. a) /. float n in
  let rec go i acc = if i = n then acc *. h else go (i + 1) (acc +. f (a +. (h *. float i))) in
  go 0 0.0

let matrix n =
  let m = Array.init n (fun i -> Array.init n (fun j -> float ((i * j) mod 7))) in
  let r = Array.make_matrix n n 0.0 in
  for i = 0 to n - 1 do
    for j = 0 to n - 1 do
      let s = ref 0.0 in
      for k = 0 to n - 1 do s := !s +. (m.(i).(k) *. m.(k).(j)) done;
      r.(i).(j) <- !s
    done
  done;
  Array.fold_left (fun acc row -> Array.fold_left ( +. ) acc row) 0.0 r

(* The sum so far is in the exception's way out, in a closure, in a polymorphic comparison. *)
exception Stop of float
let search limit =
  let s = ref 0.0 in
  try
    for i = 1 to max_int do
      s := !s +. sqrt (float i);
      if !s > limit then raise (Stop !s)
    done;
    0.0
  with Stop x -> x +. !s

let closures n =
  let last = ref (fun () -> 0.0) in
  for i = 1 to n do let v = float i /. 3.0 in last := fun () -> v +. 1.0 done;
  !last ()

let compared n =
  let count = ref 0 in
  for i = 1 to n do let v = float (i mod 10) in if compare v 5.0 < 0 && min v 7.0 = v then incr count done;
  !count

let special n =
  let x = ref 0.0 in
  for i = 1 to n do x := if i = n - 1 then nan else if i = n then !x else -0.0 *. !x done;
  classify_float !x = FP_nan

let () =
  Printf.printf "%.3f\n" (sum 30000);
  Printf.printf "%.6f\n" (kept 10000);
  Printf.printf "%.3f\n" (shared 10000 0.5);
  let p = { x = 0.0; y = 1.0 } in
  move p 20000;
  Printf.printf "%.4f %.4f\n" p.x p.y;
  let m = rename { name = "m"; v = 0.0 } 10000 in
  Printf.printf "%s %.1f\n" m.name m.v;
  Printf.printf "%.9f\n" (integrate (fun x -> (x *. x) +. sin x) 0.0 2.0 20000);
  Printf.printf "%.1f\n" (matrix 24);
  Printf.printf "%.6f\n" (search 100000.0);
  Printf.printf "%.6f\n" (closures 10000);
  Printf.printf "%d\n" (compared 10000);
  Printf.printf "%b\n" (special 10000)
