(* Code that a program makes, runs and releases, again and again: what was freed stays free. Each piece has much behind
   its code that is never run, so that memory would grow by hundreds of megabytes. ROUNDS says how often. *)
type code
external reify : bytes array -> Obj.t array -> string option -> code * ((int -> int) -> int) = "caml_reify_bytecode"
external release : code -> unit = "caml_static_release_bytecode"

let acc0 = 0 and acc1 = 1 and push = 9 and assign = 20 and apply1 = 33 and return = 40 and closure = 43
let restart = 41 and grab = 42 and branchif = 85 and addint = 110 and const0 = 99 and constint = 103 and offsetint = 127

(* n; n behind a loop of 40 rounds; f 0 and then n; n from a function within. *)
let plain n = [constint; n; return; 1]
let loop n = [constint; 40; push; acc0; offsetint; -1; assign; 0; acc0; branchif; -7; constint; n; return; 2]
let calls n = [const0; push; acc1; apply1; constint; n; return; 1]
let within n = [const0; push; closure; 0; 4; apply1; return; 1; constint; n; return; 1]

(* A function of two arguments. *)
let adds = [closure; 0; 4; return; 1; restart; grab; 1; acc1; push; acc1; addint; return; 2]

let room = Bytes.make 30000 '\000'
let fill words =
  List.iteri (fun i word -> Bytes.set_int32_le room (4 * i) (Int32.of_int word)) words;
  [| room |]

let resident () =
  let file = open_in "/proc/self/status" in
  let rec find () =
    let line = input_line file in
    try Scanf.sscanf line "VmRSS: %d kB" (fun n -> n) with Scanf.Scan_failure _ | End_of_file -> find () in
  let kilobytes = find () in
  close_in file; kilobytes

let seen = ref 0
let run i =
  let n = i land 1023 in
  let kind = List.nth [plain; loop; calls; within] (i land 3) in
  let code, f = reify (fill (kind n)) [||] None in
  let result = f (fun x -> incr seen; x) in
  release code;
  if result <> n then Printf.printf "piece %d gave %d\n" i result

(* Calls of it with too few arguments, and of what they give, lead to what is freed with it. Unit: no debug information. *)
let run_adds i =
  let code, f = reify (fill adds) (if i land 1 = 0 then [||] else Obj.magic ()) None in
  let add = (Obj.magic f : unit -> int -> int -> int) () in
  let plus = add i in
  if add i 2 <> i + 2 || List.map plus [3; 4] <> [i + 3; i + 4] then Printf.printf "sum %d is wrong\n" i;
  release code

let () =
  let rounds = try int_of_string (Sys.getenv "ROUNDS") with Not_found -> 4000 in
  for i = 0 to 49 do run i done;
  let before = resident () in
  for i = 50 to rounds - 1 do run i; run_adds i done;
  let grown = resident () - before in
  if grown < 150_000 then print_endline "bounded" else Printf.printf "grew by %d KB\n" grown;
  Printf.printf "%b\n" (!seen >= 15)
