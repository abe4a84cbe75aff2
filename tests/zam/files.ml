(* SPDX-License-Identifier: MIT *)
(* Channels, files and the environment. *)
(* Channels that were closed. *)
let () =
  let attempt f = print_endline (try f (); "done" with e -> Printexc.to_string e) in
  let name = Filename.temp_file "closed" "" in
  let out = open_out name and input = open_in name in
  output_string out "text";
  close_out out;
  close_in input;
  List.iter attempt
    [ (fun () -> output_string out "x"); (fun () -> output_char out 'x'); (fun () -> output_value out 1);
      (fun () -> output_string out (String.make 100000 'x')); (fun () -> output_binary_int out 1);
      (fun () -> flush out); (fun () -> close_out out); (fun () -> seek_out out 0); (fun () -> LargeFile.seek_out out 0L);
      (fun () -> print_int (pos_out out)); (fun () -> print_string (Int64.to_string (LargeFile.pos_out out)));
      (fun () -> print_int (pos_in input)); (fun () -> ignore (input_char input)); (fun () -> ignore (input_line input));
      (fun () -> ignore (input_value input)); (fun () -> seek_in input 0); (fun () -> close_in input);
      (fun () -> ignore (in_channel_length input)) ];
  Sys.remove name

let () =
  let name = Filename.temp_file "loam" ".txt" in
  let out = open_out_bin name in
  for i = 1 to 20000 do Printf.fprintf out "line %d\n" i done;
  output_byte out 255; output_binary_int out (-2); output_value out [1, "x"];
  Printf.printf "%d\n" (pos_out out); close_out out;
  let inp = open_in_bin name in
  let first = input_line inp in
  let n = ref 1 in
  (try while !n < 20000 do ignore (input_line inp); incr n done with End_of_file -> ());
  let byte = input_byte inp in
  let int = input_binary_int inp in
  let value : (int * string) list = input_value inp in
  Printf.printf "%s %d %d %d %d %d\n" first !n byte int (List.length value) (in_channel_length inp);
  (try ignore (input_char inp) with End_of_file -> print_endline "eof");
  seek_in inp 5; print_endline (really_input_string inp 6); Printf.printf "%d\n" (pos_in inp); close_in inp;
  (try ignore (input_char inp) with Sys_error m -> print_endline m);
  print_endline (Digest.to_hex (Digest.file name));
  Printf.printf "%b %b\n" (Sys.file_exists name) (Sys.is_directory "/");
  Sys.remove name;
  (try ignore (open_in name) with Sys_error _ -> print_endline "no file");
  (try ignore (Sys.getenv "LOAM_NO_SUCH") with Not_found -> print_endline "no variable");
  Printf.printf "%d %d %d\n" (Sys.command "exit 3") Sys.word_size Sys.int_size;
  prerr_endline "to stderr";
  exit 7
