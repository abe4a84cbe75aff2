(* Primitives that are instructions of their own: bigarrays, numbers in bytes, strings, functions of floats; at their
   bounds, and in loops in which the kind of array changes. *)
open Bigarray
let digest = ref 0
let note s = digest := ((!digest * 31) + Hashtbl.hash s) land 0x3fffffff
let say what = Printf.printf "%s %d\n" what !digest
let attempt f = try note (f ()) with Invalid_argument w -> note w

(* One place in the code, arrays of all kinds: what was seen there last is wrong for the next one. *)
let sum1 show (a : ('a, 'b, 'c) Array1.t) from = for i = from to from + Array1.dim a - 1 do note (show a.{i}) done
let all_kinds () =
  let int k = let v = Array1.create k c_layout 5 in Array1.fill v (-3); v.{2} <- 300; v in
  sum1 string_of_int (int int8_signed) 0;
  sum1 string_of_int (int int8_unsigned) 0;
  sum1 string_of_int (int int16_signed) 0;
  sum1 string_of_int (int int16_unsigned) 0;
  sum1 string_of_int (int Bigarray.int) 0;
  let set k v w show = let a = Array1.create k fortran_layout 4 in
    Array1.fill a v; a.{1} <- w; a.{4} <- w; sum1 show a 1 in
  set float32 0.1 (-1e30) string_of_float;
  set float64 0.1 nan string_of_float;
  set int32 Int32.min_int 7l Int32.to_string;
  set int64 Int64.min_int 7L Int64.to_string;
  set nativeint Nativeint.max_int (-7n) Nativeint.to_string;
  set char 'a' '\255' Char.escaped;
  set complex64 Complex.i { Complex.re = 0.1; im = -2. } (fun c -> string_of_float (c.Complex.re -. c.Complex.im))

let fill2 (a : (float, 'k, 'l) Array2.t) from n m =
  for i = from to from + n - 1 do for j = from to from + m - 1 do a.{i, j} <- float ((i * 100) + j) done done
let read2 (a : (float, 'k, 'l) Array2.t) from n m =
  let s = ref 0.0 in
  for i = from to from + n - 1 do for j = from to from + m - 1 do s := (!s *. 0.75) +. a.{i, j} done done;
  note (string_of_float !s)
let two () =
  let c = Array2.create float64 c_layout 7 9 and f = Array2.create float64 fortran_layout 9 7 in
  let s = Array2.create float32 c_layout 3 4 in
  for _ = 1 to 20 do
    fill2 c 0 7 9; fill2 f 1 9 7; fill2 s 0 3 4;
    read2 c 0 7 9; read2 f 1 9 7; read2 s 0 3 4
  done;
  for i = -1 to 10 do for j = -1 to 10 do
    attempt (fun () -> string_of_float c.{i, j});
    attempt (fun () -> string_of_float f.{i, j});
    attempt (fun () -> c.{i, j} <- 1.5; "set")
  done done
let three () =
  let c = Array3.create int32 c_layout 3 4 5 and f = Array3.create int64 fortran_layout 3 4 5 in
  for i = 0 to 2 do for j = 0 to 3 do for k = 0 to 4 do
    c.{i, j, k} <- Int32.of_int ((i * 100) + (j * 10) + k);
    f.{i + 1, j + 1, k + 1} <- Int64.of_int ((i * 1000) + (j * 10) + k)
  done done done;
  for i = -1 to 3 do for j = 0 to 4 do for k = 0 to 5 do
    attempt (fun () -> Int32.to_string c.{i, j, k});
    attempt (fun () -> Int64.to_string f.{i, j, k});
    attempt (fun () -> f.{i, j, k} <- 3L; "set")
  done done done;
  List.iter (fun n -> note (string_of_int n)) [ Array3.dim1 c; Array3.dim2 c; Array3.dim3 c; Array3.dim1 f; Array3.dim3 f ];
  attempt (fun () -> string_of_int (Array3.dim3 (Obj.magic (Array2.create int c_layout 2 2))));
  attempt (fun () -> string_of_int (Array1.get (Obj.magic (Array2.create int c_layout 2 2)) 0));
  attempt (fun () -> Array2.set (Obj.magic (Array1.create int c_layout 2)) 0 0 1; "set")

(* Elements pass from array to array without boxes; every now and then one is kept. *)
let mix n =
  let a = Array1.create int64 c_layout 64 and b = Array1.create int32 c_layout 64 and kept = ref [] in
  let g = Array1.create float32 c_layout 64 in
  Array1.fill a 1L; Array1.fill b 1l; Array1.fill g 0.5;
  for i = 1 to n do
    let k = i land 63 in
    a.{k} <- Int64.add (Int64.mul a.{(k + 7) land 63} 6364136223846793005L) (Int64.of_int32 b.{k});
    b.{k} <- Int32.logxor b.{k} (Int64.to_int32 a.{k});
    g.{k} <- g.{(k + 1) land 63} +. Int32.to_float (Int32.logand b.{k} 15l);
    if i land 255 = 9 then kept := a.{k} :: !kept
  done;
  note (Int64.to_string (List.fold_left Int64.logxor a.{3} !kept));
  note (string_of_float g.{5})

external get16 : string -> int -> int = "%caml_string_get16"
external get32 : string -> int -> int32 = "%caml_string_get32"
external get64 : string -> int -> int64 = "%caml_string_get64"
external set16 : bytes -> int -> int -> unit = "%caml_bytes_set16"
external set32 : bytes -> int -> int32 -> unit = "%caml_bytes_set32"
external set64 : bytes -> int -> int64 -> unit = "%caml_bytes_set64"
type bytes1 = (char, int8_unsigned_elt, c_layout) Array1.t
external big_get16 : bytes1 -> int -> int = "%caml_bigstring_get16"
external big_get32 : bytes1 -> int -> int32 = "%caml_bigstring_get32"
external big_get64 : bytes1 -> int -> int64 = "%caml_bigstring_get64"
external big_set16 : bytes1 -> int -> int -> unit = "%caml_bigstring_set16"
external big_set32 : bytes1 -> int -> int32 -> unit = "%caml_bigstring_set32"
external big_set64 : bytes1 -> int -> int64 -> unit = "%caml_bigstring_set64"
let words () =
  let size = 13 in
  let b = Bytes.init size (fun i -> Char.chr (i * 37 land 255)) and big = Array1.create char c_layout size in
  for i = 0 to size - 1 do big.{i} <- Bytes.get b i done;
  List.iter (fun i ->
      attempt (fun () -> string_of_int (get16 (Bytes.to_string b) i));
      attempt (fun () -> Int32.to_string (get32 (Bytes.to_string b) i));
      attempt (fun () -> Int64.to_string (get64 (Bytes.to_string b) i));
      attempt (fun () -> string_of_int (big_get16 big i));
      attempt (fun () -> Int32.to_string (big_get32 big i));
      attempt (fun () -> Int64.to_string (big_get64 big i));
      attempt (fun () -> set16 b i (-2); Bytes.to_string b);
      attempt (fun () -> set32 b i 0x8001_0203l; Bytes.to_string b);
      attempt (fun () -> set64 b i 0x8001_0203_0405_0607L; Bytes.to_string b);
      attempt (fun () -> big_set16 big i 0x1_fffe; "16");
      attempt (fun () -> big_set32 big i 0x8001_0203l; "32");
      attempt (fun () -> big_set64 big i 0x8001_0203_0405_0607L; "64");
      for k = 0 to size - 1 do note (Char.escaped big.{k}) done)
    [ -1; 0; 1; 4; 5; 6; 9; 10; 11; 12; 13; 100; max_int; min_int; max_int - 6; 3 ]

(* A hash of eight bytes at a time. *)
let hash s =
  let h = ref 0xcbf29ce484222325L in
  for i = 0 to (String.length s / 8) - 1 do
    h := Int64.mul (Int64.logxor !h (get64 s (8 * i))) 0x100000001b3L;
    h := Int64.logxor !h (Int64.shift_right_logical !h 29)
  done;
  !h

(* Around the ends of words, where padding differs. *)
let strings () =
  let all = List.concat_map (fun n ->
      let s = String.init n (fun i -> Char.chr (97 + (i land 15))) in
      [ s; s ^ "\000"; "\001" ^ s; s ^ "\007" ]) [ 0; 1; 6; 7; 8; 9; 15; 16; 40 ] in
  let same = ref 0 and other = ref 0 in
  List.iter (fun a -> List.iter (fun b ->
      if String.equal a b then incr same;
      if a <> b then incr other;
      if Bytes.equal (Bytes.of_string a) (Bytes.of_string b) && not (a = b) then print_endline "bytes differ") all) all;
  Printf.printf "%d %d\n" !same !other;
  let name n = match String.sub "alphabetagammadelta" n 5 with
    | "alpha" -> 1 | "betag" -> 2 | "gamma" -> 3 | "delta" -> 4 | "lphab" -> 5 | _ -> 0 in
  for n = 0 to 14 do note (string_of_int (name n)) done

let floats = [ 0.; -0.; 0.5; -0.5; 1.; -1.; 1.5; -1.5; 2.5; 0.49999999999999994; 1e15; -1e15; 4503599627370495.5;
  -4503599627370495.5; 4503599627370496.; -4503599627370497.; 9007199254740993.; 1e300; -1e300; 5e-324; -5e-324; nan;
  infinity; neg_infinity; 3.9999999999999996; 709.; -745. ]
let functions () =
  let show x = note (Int64.to_string (Int64.bits_of_float (if x <> x then nan else x))) in
  List.iter (fun x ->
      List.iter (fun f -> show (f x))
        [ (fun x -> floor x); (fun x -> ceil x); (fun x -> Float.trunc x); (fun x -> Float.round x); (fun x -> sqrt x);
          (fun x -> exp x); (fun x -> log x); (fun x -> sin x); (fun x -> cos x); (fun x -> tan x); (fun x -> atan x);
          (fun x -> abs_float x); (fun x -> log1p x); (fun x -> expm1 x); (fun x -> tanh x); (fun x -> Float.cbrt x) ];
      note (string_of_int (truncate x));
      List.iter (fun y ->
          List.iter (fun f -> show (f x y))
            [ (fun x y -> x ** y); (fun x y -> mod_float x y); (fun x y -> atan2 x y); (fun x y -> hypot x y);
              (fun x y -> copysign x y) ];
          note (string_of_int (Float.compare x y))) floats) floats
let curve n =
  let s = ref 0.0 in
  for i = 1 to n do
    let x = float i *. 0.01 in
    s := !s +. (sin x *. exp (-.x /. 10.)) +. floor (x *. 1.3) -. ceil (mod_float x 3.) +. (x ** 0.3);
    if i land 127 = 77 then note (string_of_float !s)
  done;
  note (string_of_float !s)

let () =
  all_kinds (); all_kinds (); say "kinds";
  two (); say "two";
  three (); say "three";
  mix 3000; say "mix";
  words (); say "words";
  note (Int64.to_string (hash (String.init 4096 (fun i -> Char.chr (i * i land 255))))); say "hash";
  strings (); say "strings";
  functions (); say "functions";
  curve 2000; say "curve"
