(* SPDX-License-Identifier: MIT *)
(* Objects, classes, methods found at run time, and identity. *)
class counter start = object (self)
  val mutable n = start
  method get = n
  method incr = n <- n + 1; self#changed
  method changed = ()
  method add x = for _ = 1 to x do self#incr done
end
class loud start = object
  inherit counter start as super
  val mutable log = []
  method! changed = log <- super#get :: log
  method log = List.rev log
end
let total l = List.fold_left (fun s o -> s + o#get) 0 l
let rec poly o n = if n = 0 then o#name else poly o (n - 1)
let () =
  let a = new counter 1 and b = new loud 10 in
  a#add 3; b#add 2; b#incr;
  Printf.printf "%d %s\n" (total [a; (b :> counter)]) (String.concat "," (List.map string_of_int b#log));
  let p = object method name = "p" method other = 1 end and q = object method zzz = 0 method name = "q" end in
  Printf.printf "%s %s %b %b\n" (poly p 3) (poly q 3) (a = a) (compare a (b :> counter) < 0);
  let c = Oo.copy a in
  c#incr; Printf.printf "%d %d %b\n" a#get c#get (Oo.id a <> Oo.id c);
  let o = object (s) val x = 5 method x = x method set y = {< x = y >} method sum z = s#x + z end in
  Printf.printf "%d %d\n" ((o#set 9)#x) (o#sum 2)
