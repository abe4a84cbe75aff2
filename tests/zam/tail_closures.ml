(* Calls in the place of the running function, of other closures of the same function: each has its own environment. *)
type walker = { walk : walker -> int -> int -> int }

let walker n =
  let rec self =
    { walk =
        (fun next k acc ->
          if k = 0 then acc
          else
            let text = if k land 255 = n then String.make n 'x' else "" in
            next.walk self (k - 1) (((acc * 3) + n + String.length text) land 0xffffff)) }
  in
  self

(* The same, around a loop, with floats that are in no boxes where the loop is left. *)
type summer = { sum : summer -> int -> float -> float }

let summer x =
  let rec self =
    { sum =
        (fun next k acc ->
          if k = 0 then acc
          else begin
            let s = ref acc and t = ref x in
            for i = 1 to k land 3 do s := !s +. (!t *. x); t := !t -. 0.25 done;
            if k land 511 = 7 then ignore (string_of_float !s);
            next.sum self (k - 1) (!s -. !t)
          end) }
  in
  self

(* Functions that are inlined and end in a call, in callers with floats on the stack. *)
let last f x = f (x +. 1.0)
let keep f x y = (x *. 2.0) +. last f y
let mega = [| (fun x -> x +. 0.5); (fun x -> x *. 0.5); (fun x -> -.x); sqrt; abs_float |]
let rec drive n acc = if n = 0 then acc else drive (n - 1) (keep mega.(if n < 500 then n mod 5 else 0) 0.125 acc *. 0.5)

(* Two fields at once, for a function that is another one every time. *)
type point = { x : float; y : float }
let pairs = [| (fun a b -> a +. b); (fun a b -> a -. b); (fun a b -> (a, b) |> fst) |]
let rec spread p n acc = if n = 0 then acc else spread p (n - 1) (acc +. pairs.(n mod 3) p.x p.y)

(* A handler that uses floats computed before and within. *)
exception Odd of float
let caught n =
  let s = ref 0.0 in
  for i = 1 to n do
    let a = float i *. 0.5 in
    s := !s +. (try if i land 63 = 5 then raise (Odd (a +. 1.0)) else a -. 1.0 with Odd b -> a +. b)
  done;
  !s

let () =
  let a = walker 1 and b = walker 2 in
  for _ = 1 to 3 do Printf.printf "%d\n" (a.walk b 10001 0) done;
  let a = summer 0.5 and b = summer 0.25 in
  for _ = 1 to 3 do Printf.printf "%.6f\n" (a.sum b 3001 0.0) done;
  Printf.printf "%.6f\n" (drive 6000 1.0);
  Printf.printf "%.6f\n" (spread { x = 0.5; y = 0.125 } 6000 0.0);
  Printf.printf "%.6f\n" (caught 6000)
