(* Floats without boxes where compiled code is left: in loops that end in a call of themselves, under inlined functions
   that end in calls, swapped and rotated among variables and fields. *)
let rec shrink a b acc =
  if b = 0 then acc +. float a
  else begin
    let s = ref acc and i = ref 0 in
    while !i < b land 3 do
      s := (!s *. 1.5) +. float !i;
      incr i;
      if !s > 1e6 then s := !s *. 1e-6
    done;
    shrink b (if a mod b = 0 && b > 1 then 1 else a mod b) !s
  end

let give k x = k (x +. 0.25)
let less k x y = give k (x -. y)
let scaled k x y z = let t = x *. y in less k t z
let odd i v = if i land 127 = 3 then float (String.length (string_of_float v)) else v
let inlined n =
  let s = ref 0.0 and u = ref 1.0 in
  for i = 1 to n do
    s := !s +. scaled (odd i) (float i) 0.5 !u;
    u := !u +. (float i *. 1e-3)
  done;
  !s +. !u

type turned = { mutable a : float; mutable b : float; mutable c : float }
let turn r n =
  for i = 1 to n do
    let a = r.a in
    r.a <- r.b; r.b <- r.c; r.c <- a +. 1.0;
    if i land 255 = 9 then ignore (string_of_float r.a)
  done

let swap n =
  let x = ref 1.0 and y = ref 2.0 and z = ref 0.0 in
  for i = 1 to n do
    let t = !x in
    x := !y; y := t;
    z := !z +. ((!x -. !y) *. float i);
    if i mod 97 = 0 then try ignore (List.find (fun q -> q > !z) [ 1e300 ]; raise Not_found) with Not_found -> z := 0.5
  done;
  !z +. !x

let () =
  let t = ref 0.0 in
  for i = 1 to 300 do t := !t +. shrink (i * 7919) ((i * 31) + 1) 0.5 done;
  Printf.printf "%.6f\n%.6f\n" !t (inlined 5000);
  let r = { a = 0.0; b = 1.0; c = 2.0 } in
  turn r 5000;
  Printf.printf "%.1f %.1f %.1f\n%.6f\n" r.a r.b r.c (swap 5000)
