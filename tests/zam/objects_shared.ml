(* Tuples, references, options and closures that die at once, and the same where code leaves while they are there:
   physical equality sees how many objects there are, and mutations through which of them they went. *)
let pair a b = (a, b)
let apply f x = f x
let swap (a, b) = (b, a)
type r = { mutable u : int; mutable v : int; next : r option }

let sums n =
  let s = ref 0 in
  for i = 1 to n do
    let a, b = swap (pair i (i * 2)) in
    s := !s + a - b
  done;
  !s

(* Two names of one reference, one of them in a closure: what leaves must make one object. *)
let kept : int ref list ref = ref []
let leak (r : int ref) = kept := r :: !kept
let leaks : (int -> unit) ref = ref ignore
let two_names i rare =
  let r = ref i in
  let add x = r := !r + x in
  apply add 3;
  let q = r in
  if i = rare then begin
    leak r; leak q; leaks := add
  end;
  add 1;
  !q + !r + (if q == r then 1 else 0)

(* Objects in objects: both, or only the inner one, are wanted where code leaves. *)
let outer : ((int * int) * (int * int)) ref = ref ((0, 0), (0, 0))
let inner : (int * int) ref = ref (0, 0)
let nested i rare =
  let p = pair i (i + 1) in
  let q = pair p p in
  if i = rare then outer := q;
  if i = rare + 1 then inner := fst q;
  fst (fst q) + snd (snd q) + (if fst q == snd q then 1 else 0)

(* A record that changes, which a frame further out has, too. *)
let record = ref { u = 0; v = 0; next = None }
let change r i rare =
  r.u <- r.u + i;
  if i = rare then record := r;
  r.v <- r.v + r.u
let changes i rare =
  let r = { u = 1; v = i; next = None } in
  change r i rare;
  change r (i + 1) rare;
  let o = { u = r.u; v = r.v; next = Some r } in
  if i = rare + 2 then record := o;
  r.u <- 7;
  match o.next with Some n -> n.u + r.v | None -> 0

let find i = if i land 3 = 0 then None else Some (float_of_int i, i)
let options i rare =
  match find i with
  | None -> 0.0
  | Some (x, n) as o ->
      if n = rare then ignore (Sys.opaque_identity o);
      x +. float_of_int n

let partial i =
  let f a b c = a + (b * c) in
  let g = f i in
  g 2 3

exception Odd of int * int
let raising i =
  try if i land 1 = 1 then raise (Odd (i, i + 1)) else i with Odd (a, b) -> b - a

let () =
  let rounds = try int_of_string Sys.argv.(1) with _ -> 400 in
  let total = ref 0 and floats = ref 0.0 in
  for i = 1 to rounds do
    let rare = if i mod 199 = 0 || i > rounds - 3 then i else -1 in
    total := !total + sums 20 + two_names i rare + nested i rare + nested i (rare - 1) + changes i rare;
    total := !total + changes i (rare - 2) + partial i + raising i;
    floats := !floats +. options i rare;
    if i = rare then begin
      !leaks 5;
      (match !kept with a :: b :: _ -> if a == b then incr total; a := !a + 1; total := !total + !b | _ -> ());
      let (p, q) = !outer in
      if p == q then total := !total + fst p;
      total := !total + snd !inner + !record.u + !record.v
    end
  done;
  Printf.printf "%d %f %d %d\n" !total !floats (List.length !kept) (List.fold_left (fun s r -> s + !r) 0 !kept)
