(* Functions whose code is replaced, as the toplevel's #trace does; and how much a value leads to. *)

external environment : unit -> Obj.t = "caml_get_current_environment"
external invoke_traced : Obj.raw_data -> Obj.t -> Obj.t -> Obj.t = "caml_invoke_traced_function"

(* ocamlrun wants a function around it, and no tail call of that. *)
let invoke code closure argument = invoke_traced code closure argument

let originals : (Obj.t * Obj.raw_data * string) list ref = ref []
let depth = ref 0

let rec find closure = function
  | [] -> failwith "not traced"
  | (c, code, name) :: rest -> if c == closure then (code, name) else find closure rest

let traced closure argument =
  let code, name = find closure !originals in
  let n : int = Obj.obj argument in
  Printf.printf "%s%s <- %d\n" (String.make !depth ' ') name n;
  incr depth;
  match invoke code closure argument with
  | result ->
      decr depth;
      Printf.printf "%s%s -> %s\n" (String.make !depth ' ') name
        (if Obj.is_int result then string_of_int (Obj.obj result) else "closure");
      result
  | exception e ->
      decr depth;
      Printf.printf "%s%s raises %s\n" (String.make !depth ' ') name (Printexc.to_string e);
      raise e

(* It runs in place of others, and so with their environment: what it needs must be another unit's. *)
let () = Filename.set_temp_dir_name (Obj.magic traced)
let tracer argument = (Obj.magic (Filename.get_temp_dir_name ()) : Obj.t -> Obj.t -> Obj.t) (environment ()) argument

let trace name f =
  let closure = Obj.repr f in
  originals := (closure, Obj.raw_field closure 0, name) :: !originals;
  Obj.set_raw_field closure 0 (Obj.raw_field (Obj.repr tracer) 0)

let make k =
  let rec factorial n = if n < 0 then raise Exit else if n = 0 then k else n * factorial (n - 1) in
  let rec sum a b = if b = 0 then a + k else sum (a + 1) (b - 1) in
  (factorial, sum)

let () =
  let factorial, sum = make 1 in
  trace "factorial" factorial;
  trace "sum" sum;
  Printf.printf "%d\n" (factorial 4);
  (try ignore (factorial (-1)) with Exit -> print_endline "Exit");
  let add3 = sum 3 in
  Printf.printf "%d %d\n" (add3 2) (sum 1 1)

let () =
  let words v = Obj.reachable_words (Obj.repr v) in
  let shared = [| 1; 2; 3 |] in
  let rec ring = 1 :: 2 :: ring in
  Printf.printf "%d %d %d %d %d %d %d\n" (words 1) (words (1, 2)) (words (shared, shared)) (words "1234567")
    (words "12345678") (words ring) (words [||]);
  let x = ref 1 in
  let rec f () = g () + !x and g () = !x in
  Printf.printf "%d %d\n" (words f) (words g);
  Printf.printf "%d\n" (words (List.init 100000 (fun i -> i)))
