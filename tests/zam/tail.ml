(* Calls in the place of the running function: loops, permuted arguments, targets that change, many rounds. *)
let rec count i acc = if i = 0 then acc else count (i - 1) (acc + (i land 3))
let rec turn a b c n = if n = 0 then (a, b, c) else turn b c a (n - 1)
let rec even n = if n = 0 then true else odd (n - 1)
and odd n = if n = 0 then false else even (n - 1)

(* Inlined functions that end in a call. *)
let finish x k = k (x + 1)
let small x = finish x (fun y -> y * 2)
let rec drive n acc = if n = 0 then acc else drive (n - 1) (acc + small n)

(* The function called changes after a while. *)
let rec apply_all f g n acc = if n = 0 then acc else apply_all (if n mod 1000 = 0 then g else f) f (n - 1) (f acc n)
let step f x = f x
let rec many n acc = if n = 0 then acc else many (n - 1) (acc + step (if n < 50 then succ else pred) n)

(* Too many and too few arguments in tail position. *)
let pick b = if b then fun x y -> x - y else fun x y -> y - x
let over b x y = pick b x y
let part a b c d = a + (2 * b) + (3 * c) + (4 * d)
let under x = part x x
let rec mixed n acc = if n = 0 then acc else mixed (n - 1) (acc + over (n land 1 = 0) n 3 + under n 1 2)

(* Eight arguments, and locals between. *)
let rec eight a b c d e f g n =
  if n = 0 then a + b + c + d + e + f + g
  else
    let s = a + g in
    let t = s land 1023 in
    eight b c d e f g t (n - 1)

(* A handler around a loop of tail calls; the call in the handler is one, the one inside is not. *)
exception Done of int
let rec until n = if n > 20000 then raise (Done n) else until (n + 1)
let rec retry k acc = if k = 0 then acc else match until k with _ -> 0 | exception Done n -> retry (k - 1) (acc + n)

(* State machine with strings, so that references move while it loops. *)
let rec state_a s n = if n = 0 then String.length s else state_b (String.make ((n land 7) + 1) 'x') (n - 1)
and state_b s n = if n = 0 then String.length s else state_a (s ^ "y") (n - 1)

let () =
  Printf.printf "%d\n" (count 300000 0);
  let a, b, c = turn "a" "b" "c" 100001 in
  Printf.printf "%s%s%s\n" a b c;
  Printf.printf "%b %b\n" (even 100001) (odd 100001);
  Printf.printf "%d\n" (drive 20000 0);
  Printf.printf "%d\n" (apply_all ( + ) ( - ) 30000 0);
  Printf.printf "%d\n" (many 20000 0);
  Printf.printf "%d\n" (mixed 20000 0);
  Printf.printf "%d\n" (eight 1 2 3 4 5 6 7 30000);
  Printf.printf "%d\n" (retry 20 0);
  Printf.printf "%d\n" (state_a "" 20000)
