(* SPDX-License-Identifier: MIT *)
(* C code of the program's own, written against the headers of OCaml's runtime: stubs.c. *)
(* with: -I +threads unix.cma threads.cma *)
external list : int -> string list = "test_list"
external array : float -> float * float * float * float = "test_array"
external seven : string -> string -> string -> string -> string -> string -> string -> string array
  = "test_seven_bytecode" "test_seven"
external keep : int -> 'a -> unit = "test_keep"
external kept : unit -> string array = "test_kept"
external drop : int -> unit = "test_drop"
external fill : string array -> string -> unit = "test_fill"
external large : int -> 'a -> 'a array = "test_large"
external pairs : 'a -> 'b -> (('a * 'b) * 'b) * 'b = "test_inline"
type outside
external outside : unit -> outside = "test_outside"
external is_outside : outside -> bool = "test_is_outside"
external raise_kind : int -> unit = "test_raise"
external apply : (int -> int64) -> int -> int64 = "test_apply"
type functions = { mutable three : float -> float -> float -> float;
                   twelve : float -> float -> float -> float -> float -> float -> float -> float -> float -> float ->
                            float -> float -> float }
external many : functions -> float = "test_many"
external catch : ('a -> 'b) -> 'a -> string = "test_catch"
external named : string -> 'a -> string = "test_named"
type box
external register : unit -> unit = "test_register"
external box : float -> box = "test_box"
external unbox : box -> float = "test_unbox"
external finalized : unit -> int = "test_finalized"
external marshal : 'a -> 'a = "test_marshal"
external blocking : string -> string = "test_blocking"
type flag = A | B | C | D
external flags : flag list -> int * string array * float array * Obj.t * int array = "test_misc"

exception Constant
exception Text of string
exception Pair of string * float
let garbage () = ignore (Sys.opaque_identity (Array.init 200 string_of_int))
let () =
  Callback.register_exception "stubs.constant" Constant;
  Callback.register_exception "stubs.text" (Text "");
  Callback.register_exception "stubs.pair" (Pair ("", 0.));
  Callback.register "stubs.upper" (fun s -> garbage (); String.uppercase_ascii s)

let () =
  print_endline (String.concat ", " (list 20));
  let a, b, c, d = array 0.25 in
  Printf.printf "%g %g %g %g\n" a b c d;
  Array.iter print_string (seven "a" "b" "c" "d" "e" "f" "g");
  print_newline ()

let () =
  keep 0 (String.make 3 'x'); keep 1 (String.concat "-" ["a"; "b"]); keep 2 "gone";
  garbage (); Gc.full_major ();
  keep 0 (String.make 4 'y'); garbage (); Gc.minor ();
  drop 2; garbage ();
  let k = kept () in
  Printf.printf "%s %s %b\n" k.(0) k.(1) (Obj.is_int (Obj.repr k.(2)));
  let old = Array.make 300 "" in
  Gc.full_major ();
  fill old "?text"; garbage (); Gc.minor (); garbage ();
  Printf.printf "%s %s %s\n" old.(0) old.(1) old.(299);
  let big = large 5000 (String.make 2 'z') in
  garbage (); Gc.full_major (); garbage ();
  Printf.printf "%d %s %b\n" (Array.length big) big.(4999) (big.(0) == big.(4999));
  let ((p, q), r), s = pairs (string_of_int 1) (string_of_int 2) in
  Printf.printf "%s %s %s %s\n" p q r s;
  let o = outside () in
  let held = [| o; o |] in
  garbage (); Gc.full_major (); garbage ();
  Printf.printf "%b %b\n" (is_outside held.(0)) (is_outside held.(1))

let () =
  for kind = 0 to 10 do
    match raise_kind kind with
    | () -> print_endline "nothing"
    | exception Pair (s, f) -> Printf.printf "%s %g\n" s f
    | exception e -> print_endline (Printexc.to_string e)
  done

let rec nested n () = if n = 0 then failwith "deep" else catch (nested (n - 1)) ()
let () =
  Printf.printf "%Ld\n" (apply (fun i -> garbage (); Int64.of_int (i * i)) 30);
  (try ignore (apply (fun i -> if i = 3 then raise (Text "stop") else 1L) 30)
   with Text s -> print_endline s);
  let f = { three = (fun a b -> garbage (); fun c -> a +. (10. *. b) +. (100. *. c));
            twelve = fun a b c d e f g h -> garbage (); fun i j k l ->
              a +. b +. c +. d +. e +. f +. g +. h +. i +. j +. k +. (100. *. l) } in
  Printf.printf "%g\n" (many f);
  Printf.printf "%g\n" (Obj.magic f.three);
  print_endline (catch (fun s -> failwith (s ^ "!")) "fails");
  print_endline (catch (fun () -> raise_kind 7) ());
  print_endline (nested 5 ());
  Printf.printf "%s %s\n" (named "stubs.upper" "shout") (named "stubs.nobody" "")

let () =
  let id = Sys.opaque_identity in
  let a = box 1.5 and b = box (id 1.5) and c = box 2. and nan = box nan in
  Printf.printf "%d %d %b %b %b\n" (compare a b) (compare a c) (a = b) (nan = nan) (nan < a);
  Printf.printf "%b %d\n" (Hashtbl.hash a = Hashtbl.hash b) (Hashtbl.hash a);
  (try ignore (compare [box 1e7] [a]) with Failure s -> print_endline s);
  (try ignore (Marshal.from_string (Marshal.to_string [a] []) 0 : box list) with Failure s -> print_endline s);
  register ();
  let l = (Marshal.from_string (Marshal.to_string [a; c; a] []) 0 : box list) in
  Printf.printf "%g %b %s\n" (unbox (List.nth l 1)) (List.nth l 0 == List.nth l 2)
    (Digest.to_hex (Digest.string (Marshal.to_string (a, 1L, 2n, 3l) [])));
  (try ignore (Marshal.to_string (box 1e7) []) with Failure s -> print_endline s);
  let damaged = Bytes.of_string (Marshal.to_string a []) in
  Bytes.set damaged (Bytes.length damaged - 9) '\000';
  (try ignore (Marshal.from_bytes damaged 0 : box) with Failure s -> print_endline s);
  let n, s, t = marshal (1, "two", [3.5]) in
  Printf.printf "%d %s %g\n" n s (List.hd t);
  for i = 1 to 1000 do ignore (id (box (float i))) done;
  Gc.full_major ();
  Printf.printf "%b %g\n" (finalized () >= 1000) (unbox c)

(* Threads change places in the middle of C code that called them. *)
let results = Array.make 3 ""
let work k =
  let sum = apply (fun i -> garbage (); if i mod 3 = k then Thread.yield (); Int64.of_int (i + k)) 12 in
  let text = catch (fun s -> ignore (apply (fun i -> if i = 4 then failwith (s ^ blocking "x") else 1L) 9)) (string_of_int k) in
  results.(k) <- Printf.sprintf "%Ld %s %s" sum text (String.concat "" (list 3))
let () =
  List.iter Thread.join (List.init 3 (fun k -> Thread.create work k));
  Array.iter print_endline results

(* Threads that C code made call the program, while its own run. *)
external visitors : (string -> int -> int) -> int -> string = "test_visitors"
external lasting : (unit -> unit) -> unit = "test_lasting"
let () =
  let seen = Hashtbl.create 8 and id = Thread.id (Thread.self ()) and mutex = Mutex.create () in
  let visit text i =
    garbage ();
    Mutex.lock mutex; (* two visitors come at once *)
    Hashtbl.replace seen text (Thread.id (Thread.self ()) <> id);
    Mutex.unlock mutex;
    if i mod 3 = 0 then Thread.yield ();
    if i = 5 then failwith text;
    String.length text + i in
  let stop = ref false in
  let own = Thread.create (fun () -> while not !stop do garbage (); Thread.yield () done) () in
  print_endline (visitors visit 8);
  stop := true;
  Thread.join own;
  Printf.printf "%d %b\n" (Hashtbl.length seen) (Hashtbl.fold (fun _ other all -> other && all) seen true);
  let calls = ref 0 in
  lasting (fun () -> garbage (); incr calls);
  while !calls < 3 do Thread.yield () done;
  print_endline "called"

let () =
  print_endline (blocking "blocked");
  let n, texts, floats, variant, empty = flags [A; C; D] in
  Printf.printf "%d %s %g %b %d\n" n (String.concat "" (Array.to_list texts)) (floats.(0) +. floats.(1))
    (variant = Obj.repr `Some_name) (Array.length empty)

(* Channels, static data and primitives from C. *)
external write : out_channel -> string -> int = "test_write"
external read : in_channel -> string = "test_read"
external static : unit -> int * string = "test_static"
external static_add : int * string -> int = "test_static_add"
external static_remove : int * string -> int = "test_static_remove"
external primitives : (int, Bigarray.int_elt, Bigarray.c_layout) Bigarray.Genarray.t -> int array -> bool * int * string
  = "test_primitives"
let () =
  let file = Filename.temp_file "stubs" "" in
  let out = open_out_bin file in
  output_string out "head ";
  Printf.printf "%d " (write out "marshalled");
  output_string out "!";
  close_out out;
  let input = open_in_bin file in
  print_string (really_input_string input 5);
  print_endline (read input);
  seek_in input 5;
  (try for _ = 1 to 2 do print_endline (read input) done with e -> print_endline (Printexc.to_string e));
  Thread.join (Thread.create (fun () -> Printf.printf "%d\n" (pos_in input)) ());
  close_in input;
  Sys.remove file;
  let s = static () in
  let same () = compare s (7, "static") = 0 && Hashtbl.hash s = Hashtbl.hash (7, "static") in
  Printf.printf "%b %d %b " (same ()) (static_add s) (same ());
  let copy = (Marshal.from_string (Marshal.to_string s []) 0 : int * string) in
  garbage (); Gc.full_major ();
  Printf.printf "%s %b %d %b\n" (snd copy) (copy = s) (static_remove s) (same ());
  let shaped, dims, digest = primitives (Bigarray.Genarray.create Bigarray.int Bigarray.c_layout [| 6 |]) [| 2; 3 |] in
  Printf.printf "%b %d %s\n" shaped dims (Digest.to_hex digest)

(* A comparison that has met boxed numbers meets addresses of C's. *)
type page
external naked_page : unit -> page = "test_naked_page"
let order a b = compare a b
let () =
  let page = naked_page () in
  Printf.printf "%d %d %d\n" (order page page) (order (Obj.magic 1L) (Obj.magic 2L : page)) (order page page)

let () =
  print_endline (catch (fun () -> exit 7) ());
  print_endline "exit returned"
