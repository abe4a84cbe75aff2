(* SPDX-License-Identifier: MIT *)
(* Strings and bytes: access, parts, comparison, formatting, buffers, digests. *)
let id = Sys.opaque_identity
let () =
  let s = id "hello, world" and b = Bytes.of_string "abcdef" in
  Bytes.set b 2 'X'; Bytes.unsafe_set b 3 'Y';
  Printf.printf "%c %c %d %s\n" s.[4] (String.unsafe_get s 7) (String.length s) (Bytes.to_string b);
  Bytes.blit_string s 0 b 0 3; Bytes.fill b 4 2 '-'; print_endline (Bytes.to_string b);
  List.iter (fun f -> try ignore (f ()); print_endline "no" with Invalid_argument m -> print_endline m)
    [(fun () -> s.[id 12]); (fun () -> Bytes.get b (id (-1))); (fun () -> Bytes.set b (id 6) 'x'; 'x');
     (fun () -> (String.sub s 5 (id 9)).[0])];
  Printf.printf "%b %b %b %d %d\n" ("abc" < "abd") ("ab" < "abc") (s = "hello, " ^ "world") (compare "b" "a") (compare "" "a");
  Printf.printf "%s|%10s|%-10s|%S|%C\n" s "r" "l" "q\n\"\\\001" '\'';
  print_endline (String.concat "," (List.map String.uppercase_ascii (String.split_on_char 'o' s)));
  let buf = Buffer.create 1 in
  for i = 0 to 300 do Buffer.add_char buf (Char.chr (i land 255)) done;
  Buffer.add_string buf s;
  print_endline (Digest.to_hex (Digest.string (Buffer.contents buf)));
  Printf.printf "%d %d %d %d\n" (Hashtbl.hash s) (Hashtbl.hash "") (Hashtbl.hash (Buffer.contents buf)) (Hashtbl.hash "abcde");
  Printf.printf "%x %lx %Lx\n" (Bytes.get_uint16_le b 1) (Bytes.get_int32_be b 0) (String.get_int64_le s 2);
  Bytes.set_int32_le b 1 0x41424344l; print_endline (Bytes.to_string b);
  Printf.printf "%d %d\n" (Scanf.sscanf "12 0x1f" "%d %i" (+)) (String.index s 'w');
  print_endline (String.escaped "tab\tnul\000é")
