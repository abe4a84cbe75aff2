(* Boxed integers: every operation at its edges, and in loops where compiled code need not make the boxes. *)
let digest = ref 0
let note s = digest := ((!digest * 31) + Hashtbl.hash s) land 0x3fffffff
let attempt f = try f () with Division_by_zero -> note "division by zero" | Invalid_argument w -> note w

module type NUMBER = sig
  type t
  val neg : t -> t
  val binary : (string * (t -> t -> t)) list
  val shifts : (string * (t -> int -> t)) list
  val compare : t -> t -> int
  val to_int : t -> int
  val of_int : int -> t
  val to_float : t -> float
  val of_float : float -> t
  val to_string : t -> string
  val edges : t list
  val less : t -> t -> bool
  val orders : t -> t -> bool list
end

(* The operations are written out, so that each is an instruction of its own. *)
module I32 : NUMBER = struct
  type t = int32
  let neg x = Int32.neg x
  let binary = Int32.[ "add", (fun a b -> add a b); "sub", (fun a b -> sub a b); "mul", (fun a b -> mul a b);
    "div", (fun a b -> div a b); "rem", (fun a b -> rem a b); "and", (fun a b -> logand a b);
    "or", (fun a b -> logor a b); "xor", (fun a b -> logxor a b) ]
  let shifts = Int32.[ "lsl", (fun a n -> shift_left a n); "asr", (fun a n -> shift_right a n);
    "lsr", (fun a n -> shift_right_logical a n) ]
  let compare (a : t) b = compare a b
  let to_int x = Int32.to_int x
  let of_int x = Int32.of_int x
  let to_float x = Int32.to_float x
  let of_float x = Int32.of_float x
  let to_string = Int32.to_string
  let edges = [ 0l; 1l; -1l; 2l; 7l; -7l; 0x5555_5555l; 0x1234_5678l; Int32.max_int; Int32.min_int; 0x8000_0001l ]
  let less (a : t) b = a < b
  let orders (a : t) b = [ a = b; a <> b; a < b; a <= b; a > b; a >= b; a == a ]
end
module I64 : NUMBER = struct
  type t = int64
  let neg x = Int64.neg x
  let binary = Int64.[ "add", (fun a b -> add a b); "sub", (fun a b -> sub a b); "mul", (fun a b -> mul a b);
    "div", (fun a b -> div a b); "rem", (fun a b -> rem a b); "and", (fun a b -> logand a b);
    "or", (fun a b -> logor a b); "xor", (fun a b -> logxor a b) ]
  let shifts = Int64.[ "lsl", (fun a n -> shift_left a n); "asr", (fun a n -> shift_right a n);
    "lsr", (fun a n -> shift_right_logical a n) ]
  let compare (a : t) b = compare a b
  let to_int x = Int64.to_int x
  let of_int x = Int64.of_int x
  let to_float x = Int64.to_float x
  let of_float x = Int64.of_float x
  let to_string = Int64.to_string
  let edges = [ 0L; 1L; -1L; 2L; 7L; -7L; 0x5555_5555_5555_5555L; 0x1234_5678_9abc_def0L; Int64.max_int; Int64.min_int;
    0x7fff_ffffL; 0xffff_ffffL; -0x8000_0000L; 0x4000_0000_0000_0000L ]
  let less (a : t) b = a < b
  let orders (a : t) b = [ a = b; a <> b; a < b; a <= b; a > b; a >= b; a == a ]
end
module Native : NUMBER = struct
  type t = nativeint
  let neg x = Nativeint.neg x
  let binary = Nativeint.[ "add", (fun a b -> add a b); "sub", (fun a b -> sub a b); "mul", (fun a b -> mul a b);
    "div", (fun a b -> div a b); "rem", (fun a b -> rem a b); "and", (fun a b -> logand a b);
    "or", (fun a b -> logor a b); "xor", (fun a b -> logxor a b) ]
  let shifts = Nativeint.[ "lsl", (fun a n -> shift_left a n); "asr", (fun a n -> shift_right a n);
    "lsr", (fun a n -> shift_right_logical a n) ]
  let compare (a : t) b = compare a b
  let to_int x = Nativeint.to_int x
  let of_int x = Nativeint.of_int x
  let to_float x = Nativeint.to_float x
  let of_float x = Nativeint.of_float x
  let to_string = Nativeint.to_string
  let edges = [ 0n; 1n; -1n; 5n; -5n; 0x1234_5678_9abc_def0n; Nativeint.max_int; Nativeint.min_int; 0x8000_0000n ]
  let less (a : t) b = a < b
  let orders (a : t) b = [ a = b; a <> b; a < b; a <= b; a > b; a >= b; a == a ]
end

module Edges (N : NUMBER) = struct
  let floats = [ 0.; -0.; 1.9; -1.9; 2147483647.; 2147483648.; -2147483649.; 4294967296.; 9.3e18; -9.3e18; nan; infinity ]
  let run name =
    let show x = note (N.to_string x) in
    let each a =
      show (N.neg a);
      note (string_of_int (N.to_int a) ^ string_of_float (N.to_float a));
      List.iter (fun (_, f) -> for n = 0 to 65 do show (f a n) done; show (f a (-1))) N.shifts;
      List.iter (fun b ->
          List.iter (fun (_, f) -> attempt (fun () -> show (f a b))) N.binary;
          note (string_of_int (N.compare a b));
          List.iter (fun x -> note (string_of_bool x)) (N.orders a b)) N.edges in
    List.iter each N.edges;
    List.iter (fun n -> show (N.of_int n)) [ 0; -1; max_int; min_int; 0x8000_0000; 0x1_0000_0001 ];
    List.iter (fun f -> show (N.of_float f)) floats;
    Printf.printf "%s %d\n" name !digest
end
module E32 = Edges (I32)
module E64 = Edges (I64)
module En = Edges (Native)

external bswap32 : int32 -> int32 = "%bswap_int32"
external bswap64 : int64 -> int64 = "%bswap_int64"
external bswapn : nativeint -> nativeint = "%bswap_native"
let conversions () =
  List.iter (fun x ->
      Printf.printf "%ld %nd %Ld %h %Lx %nd " (Int64.to_int32 x) (Int64.to_nativeint x) (Int64.of_int32 (Int64.to_int32 x))
        (Int64.float_of_bits x) (Int64.bits_of_float (Int64.to_float x)) (Nativeint.of_int32 (Int64.to_int32 x));
      Printf.printf "%ld %Ld " (Nativeint.to_int32 (Int64.to_nativeint x)) (Int64.of_nativeint (Int64.to_nativeint x));
      Printf.printf "%lx %Lx %nx\n" (bswap32 (Int64.to_int32 x)) (bswap64 x) (bswapn (Int64.to_nativeint x)))
    [ 0L; 1L; -1L; Int64.min_int; Int64.max_int; 0x1_8000_0000L; 0x7ff8_0000_0000_0001L ]

(* A generator of random numbers, whose state is in boxes around the loop. *)
let xorshift n =
  let x = ref 88172645463325252L and sum = ref 0L in
  for _ = 1 to n do
    x := Int64.logxor !x (Int64.shift_left !x 13);
    x := Int64.logxor !x (Int64.shift_right_logical !x 7);
    x := Int64.logxor !x (Int64.shift_left !x 17);
    sum := Int64.add !sum (Int64.rem !x 1000L)
  done;
  Int64.logxor !x !sum

let crc text =
  let step c byte =
    let c = ref (Int32.logxor c (Int32.of_int byte)) in
    for _ = 0 to 7 do
      let low = Int32.logand !c 1l in
      c := Int32.shift_right_logical !c 1;
      if low <> 0l then c := Int32.logxor !c 0xedb88320l
    done;
    !c in
  let c = ref (-1l) in
  String.iter (fun b -> c := step !c (Char.code b)) text;
  Int32.lognot !c

(* Boxes that leave the loop: into a list, an exception, a closure; and division by zero in the middle. *)
exception Stop of int64 * nativeint
let escapes n =
  let kept = ref [] and x = ref 1L and k = ref 3n in
  (try
     for i = 1 to n do
       x := Int64.add (Int64.mul !x 3L) (Int64.of_int i);
       k := Nativeint.sub (Nativeint.mul !k 5n) (Int64.to_nativeint !x);
       if i land 63 = 5 then kept := !x :: !kept;
       if i land 255 = 77 then begin
         try ignore (Int64.div !x (Int64.of_int (i land 1 - 1))) with Division_by_zero -> x := Int64.neg !x
       end;
       if i = n - 3 then raise (Stop (!x, !k))
     done
   with Stop (a, b) -> Printf.printf "stopped %Ld %nd\n" a b);
  List.fold_left Int64.add (Int64.of_nativeint !k) !kept

(* One object stays one, and a variable may hold different kinds in turn. *)
let identity n =
  let same = ref 0 and x = ref 5L in
  for i = 1 to n do
    let y = Int64.add !x 1L in
    let pair = (y, y) in
    if fst pair == snd pair then incr same;
    x := y
  done;
  !same
let together = ref (fun (a : int64) b -> a == b)
let two_names n =
  let a = ref (Int64.of_int n) and b = ref (Int64.of_int (n + 1)) and same = ref 0 in
  for i = 1 to n do
    let y = Int64.add !a 3L in
    a := y; b := y;
    if i land 511 = 500 then if !together !a !b then incr same
  done;
  !same
let mixed n =
  let any = ref (Obj.repr 1L) and sum = ref 0.0 in
  for i = 1 to n do
    any := if i land 1 = 0 then Obj.repr (Int64.of_int i) else if i land 2 = 0 then Obj.repr (float i) else Obj.repr i;
    if Obj.is_int !any then sum := !sum +. float (Obj.obj !any)
    else if Obj.tag !any = Obj.custom_tag then sum := !sum +. Int64.to_float (Obj.obj !any)
    else sum := !sum +. Obj.obj !any
  done;
  !sum

(* Polymorphic comparison, of which each place sees other types. *)
let order a b = [ a = b; a <> b; a < b; a <= b; a > b; a >= b; compare a b > 0; compare a b < 0 ]
let count_orders n =
  let found = ref 0 in
  let look l = List.iteri (fun i x -> if x then found := !found + i + 1) l in
  for i = 1 to n do
    look (order i (n - i));
    if i land 3 = 0 then look (order (Int64.of_int i) (Int64.of_int (n - i)));
    if i land 7 = 0 then look (order (Int32.of_int i) (Int32.of_int (n - i)));
    if i land 15 = 0 then look (order (Nativeint.of_int i) (Nativeint.of_int (n - i)));
    if i land 31 = 0 then look (order (string_of_int i) "77");
    if i land 63 = 0 then look (order (float i) nan);
    if i land 127 = 0 then look (order [ Some i ] [ None ])
  done;
  !found
let bounded (limit : int64) =
  let i = ref 0L and n = ref 0 in
  while !i < limit && !i <> 999_999L do
    i := Int64.succ !i;
    if compare !i 17L = 0 || Int64.equal !i 19L then incr n;
    if !i >= 1000L && !i <= 1010L then n := !n + 10
  done;
  !n

let () =
  E32.run "int32";
  E64.run "int64";
  En.run "nativeint";
  conversions ();
  Printf.printf "%Lx %lx\n" (xorshift 3000) (crc (String.init 300 (fun i -> Char.chr (i land 255))));
  Printf.printf "%Ld %d %d %.1f\n" (escapes 3000) (identity 3000) (two_names 30000) (mixed 3000);
  Printf.printf "%d %d\n" (count_orders 2000) (bounded 3000L);
  (try ignore (compare (Obj.repr 1L) (Obj.repr (fun x -> x)) < 0); print_endline "ordered" with Invalid_argument w -> print_endline w);
  try ignore ((fun x -> x) = (fun x -> x)) with Invalid_argument w -> print_endline w

(* Numbers of different types are compared by the types' names. *)
let () = Printf.printf "%d %b\n" (compare (Obj.repr 1L) (Obj.repr 1n)) (Obj.repr 1L = Obj.repr 1n)
