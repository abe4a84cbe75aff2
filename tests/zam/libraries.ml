(* SPDX-License-Identifier: MIT *)
(* The C libraries that come with OCaml: unix and str. *)
(* with: unix.cma str.cma *)
let garbage () = ignore (Sys.opaque_identity (Array.init 200 string_of_int))
let () =
  let r, w = Unix.pipe () in
  let sent = Unix.write_substring w "hello, pipe" 0 11 in
  let bytes = Bytes.create 20 in
  let got = Unix.read r bytes 0 20 in
  Printf.printf "%d %S\n" sent (Bytes.sub_string bytes 0 got);
  (try ignore (Unix.openfile "/nowhere/at/all" [Unix.O_RDONLY] 0)
   with Unix.Unix_error (e, f, a) -> Printf.printf "%s: %s %s\n" (Unix.error_message e) f a);
  let tm = Unix.gmtime 1e9 in
  Printf.printf "%d-%d-%d %b\n" tm.Unix.tm_year tm.Unix.tm_mon tm.Unix.tm_mday (fst (Unix.mktime tm) > 9e8);
  (match Unix.fork () with
   | 0 -> garbage (); Printf.printf "child\n"; exit 3
   | pid ->
     let p, status = Unix.waitpid [] pid in
     Printf.printf "%b %b\n" (p = pid) (status = Unix.WEXITED 3));
  let input = Unix.open_process_in "echo one; echo two" in
  (try while true do print_endline (input_line input) done with End_of_file -> ());
  ignore (Unix.close_process_in input);
  let a, b = Unix.socketpair Unix.PF_UNIX Unix.SOCK_STREAM 0 in
  let out = Unix.out_channel_of_descr a and inp = Unix.in_channel_of_descr b in
  output_string out "through a channel\n"; flush out;
  print_endline (input_line inp);
  let ready, _, _ = Unix.select [b] [] [] 0. in
  Printf.printf "%d %s\n" (List.length ready) (Unix.string_of_inet_addr Unix.inet_addr_loopback);
  Printf.printf "%s\n" (Unix.readlink "/proc/self/cwd" |> fun s -> if s = Sys.getcwd () then "here" else s)

let () =
  let came = ref 0 in
  Sys.set_signal Sys.sigusr1 (Sys.Signal_handle (fun _ -> garbage (); incr came));
  Unix.kill (Unix.getpid ()) Sys.sigusr1;
  (try Unix.sleepf 0.01 with Unix.Unix_error (Unix.EINTR, _, _) -> ());
  Printf.printf "%d\n" !came;
  Sys.set_signal Sys.sigalrm (Sys.Signal_handle (fun _ -> raise Exit));
  let r, _ = Unix.pipe () in
  (try
     ignore (Unix.setitimer Unix.ITIMER_REAL { Unix.it_value = 0.02; it_interval = 0. });
     ignore (Unix.read r (Bytes.create 1) 0 1); print_endline "read"
   with Exit -> print_endline "interrupted")

let () =
  let vowel = Str.regexp "[aeiou]+" in
  print_endline (Str.global_replace vowel "<\\0>" "queueing in a row");
  print_endline (String.concat "|" (Str.split (Str.regexp "[ \t]*,[ \t]*") "a , b,c ,d"));
  print_endline (Str.global_substitute vowel (fun s -> garbage (); String.uppercase_ascii (Str.matched_string s)) "abcde");
  Printf.printf "%d %b\n" (Str.search_forward (Str.regexp_string "need") "the needle" 0)
    (Str.string_match (Str.regexp "\\(a*\\)b\\1$") "aabaa" 0)
