(* Bigarrays: all kinds and layouts, views, whole arrays as values. *)
open Bigarray

let fails f = try ignore (f ()); print_endline "no exception" with e -> print_endline (Printexc.to_string e)

(* What is stored, and what comes back. *)
let kind_test name kind values show =
  let n = List.length values in
  let a = Array1.create kind c_layout n and b = Array1.create kind fortran_layout n in
  List.iteri (fun i v -> a.{i} <- v; b.{i + 1} <- v) values;
  Printf.printf "%s (%d):" name (kind_size_in_bytes kind);
  for i = 0 to n - 1 do
    Printf.printf " %s" (show a.{i});
    if compare a.{i} b.{i + 1} <> 0 then print_string " differs"
  done;
  print_newline ();
  let g = genarray_of_array1 a in
  Printf.printf "  hash %d %d" (Hashtbl.hash a) (Hashtbl.hash b);
  let back : ('a, 'b, c_layout) Genarray.t = Marshal.from_string (Marshal.to_string g []) 0 in
  Printf.printf " %b %s\n" (compare back g = 0) (Digest.to_hex (Digest.string (Marshal.to_string (a, b) [])));
  Array1.fill a (List.nth values (n - 1));
  Printf.printf "  %s %d %d %d\n" (show a.{0}) (compare g back) (compare back g) (compare a (Array1.sub a 0 (n - 1)))

let () =
  let ints = [ 0; 1; -1; 127; 128; 255; 256; 32767; 32768; 65535; 65536; max_int; min_int; 42 ] in
  let show_int = string_of_int and show_float = Printf.sprintf "%h" in
  kind_test "int8_signed" int8_signed ints show_int;
  kind_test "int8_unsigned" int8_unsigned ints show_int;
  kind_test "int16_signed" int16_signed ints show_int;
  kind_test "int16_unsigned" int16_unsigned ints show_int;
  kind_test "int" int ints show_int;
  kind_test "small int" int [ 1; -0x40000000; 0x3fffffff; 7 ] show_int;
  kind_test "int32" int32 [ 1l; -1l; Int32.max_int; Int32.min_int; 3l ] Int32.to_string;
  kind_test "int64" int64 [ 1L; -1L; Int64.max_int; Int64.min_int; 3L ] Int64.to_string;
  kind_test "nativeint" nativeint [ 1n; -1n; Nativeint.max_int; 3n ] Nativeint.to_string;
  kind_test "small nativeint" nativeint [ 1n; -0x80000000n; 0x7fffffffn; 3n ] Nativeint.to_string;
  let floats = [ 0.; -0.; 1.5; 0.1; nan; infinity; 1e300; 3. ] in
  kind_test "float32" float32 floats show_float;
  kind_test "float64" float64 floats show_float;
  let complex = [ Complex.zero; Complex.i; { Complex.re = 0.1; im = nan }; { Complex.re = -2.5; im = 1e10 } ] in
  let show_complex c = show_float c.Complex.re ^ "+" ^ show_float c.Complex.im in
  kind_test "complex32" complex32 complex show_complex;
  kind_test "complex64" complex64 complex show_complex;
  kind_test "char" char [ 'a'; '\000'; '\255'; 'z' ] (Printf.sprintf "%C")

let () =
  let a = Array1.of_array float64 c_layout [| 1.; nan |] and b = Array1.of_array float64 c_layout [| 1.; 2. |] in
  Printf.printf "%b %b %b %b %d %d\n" (a = b) (a < b) (a > b) (a <> b) (compare a b) (compare b a);
  Printf.printf "%b %d\n" (a = a) (compare a a)

(* Views share, also when the first array is gone. *)
let () =
  let a = Array3.create int c_layout 3 4 5 in
  for i = 0 to 2 do for j = 0 to 3 do for k = 0 to 4 do a.{i, j, k} <- (100 * i) + (10 * j) + k done done done;
  let b = Array3.slice_left_2 a 1 in
  let c = Array3.slice_left_1 a 2 3 and d = Array3.sub_left a 1 2 in
  Printf.printf "%d %d %d %d\n" (Array2.dim1 b) b.{3, 4} c.{2} d.{1, 0, 0};
  c.{2} <- -1;
  Printf.printf "%d %d\n" a.{2, 3, 2} d.{1, 3, 2};
  let f = Genarray.change_layout (genarray_of_array3 a) fortran_layout in
  Printf.printf "%d %d\n" (Genarray.nth_dim f 0) (Genarray.get f [| 5; 4; 3 |]);
  let r = reshape_2 (genarray_of_array3 a) 6 10 in
  Printf.printf "%d\n" r.{5, 9};
  let s = Genarray.slice_right f [| 3 |] in
  Printf.printf "%d %d\n" (Genarray.num_dims s) (Genarray.get s [| 3; 4 |]);
  let t = Genarray.sub_right f 2 2 in
  Printf.printf "%d\n" (Genarray.get t [| 1; 1; 1 |]);
  Array2.blit (Array2.sub_left r 0 3) (Array2.sub_left r 2 3);
  Printf.printf "%d %d\n" r.{2, 0} r.{4, 9};
  let z = Array0.of_value float64 c_layout 2.5 in
  Printf.printf "%g\n" (Array0.get z);
  fails (fun () -> a.{3, 0, 0});
  fails (fun () -> a.{0, -1, 0});
  fails (fun () -> Genarray.get f [| 0; 1; 1 |]);
  fails (fun () -> Genarray.get f [| 1; 1 |]);
  fails (fun () -> Genarray.set f [| 1; 1; 1; 1 |] 0);
  fails (fun () -> Array1.create int c_layout (-1));
  fails (fun () -> Genarray.create int c_layout (Array.make 17 1));
  fails (fun () -> Array1.create int c_layout max_int);
  fails (fun () -> Genarray.create int8_signed c_layout [| max_int; max_int |]);
  fails (fun () -> Array3.sub_left a 2 2);
  fails (fun () -> Array3.sub_left a (-1) 2);
  fails (fun () -> reshape_1 (genarray_of_array3 a) 61);
  fails (fun () -> Array2.blit b (Array2.sub_left b 0 2));
  fails (fun () -> Genarray.slice_left (genarray_of_array3 a) [| 0; 0; 0; 0 |]);
  fails (fun () -> Genarray.nth_dim f 3)

let () =
  let view = ref (Array1.sub (Array1.init int c_layout 1000 (fun i -> i)) 10 10) in
  for i = 1 to 200 do
    let other = Array1.create int c_layout 1000 in
    Array1.fill other i;
    if i mod 20 = 0 then Gc.full_major ();
    view := Array1.sub !view 0 (max 1 (Array1.dim !view - (i mod 2)))
  done;
  Printf.printf "%d %d\n" (Array1.dim !view) !view.{0}

external get16 : (int, int8_unsigned_elt, c_layout) Array1.t -> int -> int = "%caml_bigstring_get16"
external get32 : (int, int8_unsigned_elt, c_layout) Array1.t -> int -> int32 = "%caml_bigstring_get32"
external get64 : (int, int8_unsigned_elt, c_layout) Array1.t -> int -> int64 = "%caml_bigstring_get64"
external set16 : (int, int8_unsigned_elt, c_layout) Array1.t -> int -> int -> unit = "%caml_bigstring_set16"
external set32 : (int, int8_unsigned_elt, c_layout) Array1.t -> int -> int32 -> unit = "%caml_bigstring_set32"
external set64 : (int, int8_unsigned_elt, c_layout) Array1.t -> int -> int64 -> unit = "%caml_bigstring_set64"

let () =
  let a = Array1.create int8_unsigned c_layout 9 in
  Array1.fill a 0;
  set64 a 1 0x0123456789abcdefL;
  set32 a 0 0xdeadbeefl;
  set16 a 7 0x12345;
  Printf.printf "%x %lx %Lx %x\n" (get16 a 0) (get32 a 2) (get64 a 1) a.{8};
  fails (fun () -> get64 a 2);
  fails (fun () -> set32 a (-1) 0l);
  fails (fun () -> get16 a 8);
  let empty = Array1.create int8_unsigned c_layout 3 in
  fails (fun () -> get64 empty 0)

(* Malformed data. *)
let () =
  let good = Marshal.to_bytes (Array1.of_array int32 c_layout [| 1l; 2l; 3l |]) [] in
  for at = Marshal.header_size to Bytes.length good - 1 do
    let bad = Bytes.copy good in
    Bytes.set bad at '\255';
    match (Marshal.from_bytes bad 0 : (int32, int32_elt, c_layout) Array1.t) with
    | _ -> () | exception Failure _ -> ()
  done
