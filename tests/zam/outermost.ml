(* SPDX-License-Identifier: MIT *)
(* Outermost code, which is done directly until it loops, and translated from there. *)
let id = Sys.opaque_identity
let show name n = Printf.printf "%s %d\n" name n

(* Arithmetic and comparisons of a kind each. *)
let a = id 29 and b = id (-7)
let () = show "add" (a + b); show "sub" (a - b); show "mul" (a * b); show "and" (a land b); show "or" (a lor b)
let () = show "xor" (a lxor b); show "lsl" (a lsl 3); show "lsr" (b lsr 5); show "asr" (b asr 1)
let () = show "max" (max_int + id 1); show "div" (a / b); show "mod" (a mod b)
let flags = [a = b; a <> b; a < b; a <= b; a > b; a >= b; a == b; not (a < b); id 3 = 3; 3 > id 4]
let () = List.iter (fun flag -> print_string (if flag then "t" else "f")) flags; print_newline ()
let () = if id 3 < 4 then print_endline "less" else print_endline "not less"
let () = if id 3 >= 4 then print_endline "no" else if id 5 <> 5 then print_endline "no" else print_endline "last"

(* Loops that are entered at their test, in their middle, and one in another. *)
let n = ref 0
let () = while (incr n; !n < 10) do () done; show "while" !n
let depth = ref 4
let () =
  while !depth <= 12 do
    let sum = ref 0 in
    for i = 1 to 1 lsl (12 - !depth) do sum := !sum + i done;
    show "inner" !sum;
    depth := !depth + 4
  done
let rest = show "after the loop" !depth; id 5

(* What lies on the stack, and the accumulator, when the rest of a module is translated. *)
let () =
  let x = id 1 and y = id "two" and z = [id 3; 4] in
  let five = try int_of_string (id "five") with Failure _ -> 5 in
  let w = match id (Some x) with Some n when n > 1 -> "many" | Some n -> string_of_int n | None -> "none" in
  Printf.printf "%d %s %d %d %s\n" x y (List.length z) five w;
  let name = match id x with 0 -> "zero" | 1 -> "one" | 2 -> "two" | 3 -> "three" | _ -> "more" in
  print_endline (name ^ y)

(* Calls with few, many, too few and too many arguments. *)
let five a b c d e = a + (10 * b) + (100 * c) + (1000 * d) + (10000 * e)
let () = show "five" (five (id 1) 2 3 (five 0 0 0 0 0 + 4) 5)
let partial = five 1 2 3
let () = show "partial" (partial 4 5); show "more" ((fun f -> f) (fun x -> x + 1) (id 8))

(* What is translated begins between the arguments of a call. *)
let () = show "try" (five 1 2 3 4 (try int_of_string (id "5") with Failure _ -> 2))
let () = show "loop" (five 1 (five 1 2 3 4 5) 3 a (let n = ref 0 in for i = 1 to 3 do n := !n + i done; !n))
let () = show "two" (five 1 2 3 (five 1 2 3 4 (a / id 2)) (b mod 5))

(* Closures that know each other and what is around them; values that a collection moves. *)
let () =
  let step = id 2 and kept = String.make 3 'k' in
  let rec even n = n = 0 || odd (n - 1) and odd n = n <> 0 && even (n - 1) and twice n = if even n then n * step else n in
  Gc.full_major ();
  Printf.printf "%b %b %d %d %s\n" (even 10) (odd 10) (twice 4) (twice 5) kept
let table = Array.init 5 (fun i -> float_of_int i)
let record = ref (table, "kept")
let () = Gc.compact (); record := (table, snd !record ^ "!"); Printf.printf "%.1f %s\n" (fst !record).(3) (snd !record)

(* Objects and lazy values. *)
class counter = object val mutable n = 0 method next = n <- n + 1; n end
let counter = new counter
let () = ignore counter#next; show "object" counter#next
let lazily = lazy (show "forced" 1; 7)
let () = show "lazy" (Lazy.force lazily + Lazy.force lazily)

(* A primitive raises where no frame is; what at_exit was given runs all the same. *)
let () = at_exit (fun () -> print_endline "at exit")
let () = Printexc.record_backtrace true
let never = int_of_string (id "no number")
