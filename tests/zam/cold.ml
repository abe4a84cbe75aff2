(* with: -g -dllib -lthreads *)
(* SPDX-License-Identifier: MIT *)
(* Functions that are called up to 18 times: the first calls are done as the code stands, the 17th translates. *)
let id = Sys.opaque_identity
let show name n = Printf.printf "%s %d\n" name n
let often name f = for i = 1 to 18 do show name (f i) done

(* ---- values ---- *)
let arithmetic n =
  let a = id (n * 29) and b = id (-7) in
  (a + b) lxor (a - b) + (a * b) land (a lor b) + (a lsl 3) - (b lsr 60) + (b asr 1) - -a + succ b
(* What computes with what is no integer gives the same each time, whoever does it. *)
let no_integers n =
  let s = string_of_int n in
  let block : int = Obj.magic s in
  let same k = Bool.to_int ((Obj.magic (k : int) : string) == s) in
  same (block + id 0) + (2 * same (block - id 0)) + (4 * same (block + 1 - 1)) + (8 * same (- (- block)))
let compared n =
  let a = id n and b = id 3 in
  let flags = [ a = b; a <> b; a < b; a <= b; a > b; a >= b; a == b; not (a < b);
    id 3 = 3; 3 > id 4; a land 1 = 0 && b > 2 ] in
  List.fold_left (fun n flag -> 2 * n + if flag then 1 else 0) 0 flags
let divided n = try (100 / id (n - 2)) + (7 mod id (n - 3)) with Division_by_zero -> -1
let floats n = let x = float_of_int n in int_of_float ((x *. 2.5) +. sqrt x -. (x /. 3.)) + compare x 2.
let text n =
  let s = String.make n 'a' ^ "bc" in
  Char.code s.[n] + String.length s + (try Char.code s.[n + 2] with Invalid_argument _ -> 1000)
let arrays n =
  let a = [| n; 2; 3 |] in
  (try a.(n) <- 7 with Invalid_argument _ -> a.(0) <- 8);
  a.(0) + a.(1) + a.(2) + Array.length a + (try a.(n) with Invalid_argument _ -> 100)
type shape = A | B | C | D | E of int | F of int * string | G of { mutable g : int } | H of float
let switched = function A -> 1 | B -> 2 | C -> 3 | D -> 4 | E n -> n | F (n, s) -> n + String.length s
  | G r -> r.g <- r.g + 1; r.g | H x -> int_of_float x
let only_constant = function `A -> 1 | `Bcd -> 2 | `E -> 3 | `Fgh -> 4 | `I n -> n
let named = function "one" -> 1 | "two" -> 2 | "three" -> 3 | "a longer one than eight" -> 4 | _ -> 0
let () =
  often "arithmetic" arithmetic; often "compared" compared; often "no integers" no_integers;
  often "divided" divided; often "floats" floats;
  often "text" text; often "arrays" arrays;
  List.iter (fun s -> show "switched" (switched s)) [ G { g = 6 }; A; H 2.5; D; E 12; F (3, "ab"); B; C ];
  List.iter (fun s -> show "polymorphic" (only_constant s)) [ `I 9; `Fgh; `Bcd; `A; `E ];
  List.iter (fun s -> show "named" (named s)) [ "two"; "none"; "a longer one than eight"; "three"; "one" ]

(* Many arguments, and as much on the stack as there may be. *)
let full a1 a2 a3 a4 a5 a6 a7 a8 a9 a10 a11 a12 a13 a14 a15 a16 = [|
  a1; a2; a3; a4; a5; a6; a7; a8; a9; a10; a11; a12; a13; a14; a15; a16; a1; a2; a3; a4; a5; a6; a7; a8; a9; a10; a11;
  a12; a13; a14; a15; a16; a1; a2; a3; a4; a5; a6; a7; a8; a9; a10; a11; a12; a13; a14; a15; a16; a1; a2; a3; a4; a5;
  a6; a7; a8; a9; a10; a11; a12; a13; a14; a15; a16; a1; a2; a3; a4; a5; a6; a7; a8; a9; a10; a11; a12; a13; a14; a15;
  a16; a1; a2; a3; a4; a5; a6; a7; a8; a9; a10; a11; a12; a13; a14; a15; a16; a1; a2; a3; a4; a5; a6; a7; a8; a9; a10;
  a11; a12; a13; a14; a15; a16; a1; a2; a3; a4; a5; a6; a7; a8; a9; a10; a11; a12; a13; a14; a15; a16; a1; a2; a3; a4;
  a5; a6; a7; a8; a9; a10; a11; a12; a13; a14; a15; a16; a1; a2; a3; a4; a5; a6; a7; a8; a9; a10; a11; a12; a13; a14;
  a15; a16; a1; a2; a3; a4; a5; a6; a7; a8; a9; a10; a11; a12; a13; a14; a15; a16; a1; a2; a3; a4; a5; a6; a7; a8; a9;
  a10; a11; a12; a13; a14; a15; a16; a1; a2; a3; a4; a5; a6; a7; a8; a9; a10; a11; a12; a13; a14; a15; a16; a1; a2;
  a3; a4; a5; a6; a7; a8; a9; a10; a11; a12; a13; a14; a15; a16; a1; a2; a3; a4; a5; a6; a7; a8; a9; a10; a11; a12;
  a13; a14; a15; a16; a1; a2; a3; a4; a5; a6; a7; a8; |]
let too_wide v = [|
  v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v;
  v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v;
  v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v;
  v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v;
  v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v;
  v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v;
  v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v;
  v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; v; |]
(* Functions that know each other and a hundred values: there is room behind that for few more than before it. *)
let crowded n =
  let v0 = id (n + 0) in let v1 = id (n + 1) in let v2 = id (n + 2) in let v3 = id (n + 3) in let v4 = id (n + 4) in
  let v5 = id (n + 5) in let v6 = id (n + 6) in let v7 = id (n + 7) in let v8 = id (n + 8) in let v9 = id (n + 9) in
  let v10 = id (n + 10) in let v11 = id (n + 11) in let v12 = id (n + 12) in let v13 = id (n + 13) in
  let v14 = id (n + 14) in let v15 = id (n + 15) in let v16 = id (n + 16) in let v17 = id (n + 17) in
  let v18 = id (n + 18) in let v19 = id (n + 19) in let v20 = id (n + 20) in let v21 = id (n + 21) in
  let v22 = id (n + 22) in let v23 = id (n + 23) in let v24 = id (n + 24) in let v25 = id (n + 25) in
  let v26 = id (n + 26) in let v27 = id (n + 27) in let v28 = id (n + 28) in let v29 = id (n + 29) in
  let v30 = id (n + 30) in let v31 = id (n + 31) in let v32 = id (n + 32) in let v33 = id (n + 33) in
  let v34 = id (n + 34) in let v35 = id (n + 35) in let v36 = id (n + 36) in let v37 = id (n + 37) in
  let v38 = id (n + 38) in let v39 = id (n + 39) in let v40 = id (n + 40) in let v41 = id (n + 41) in
  let v42 = id (n + 42) in let v43 = id (n + 43) in let v44 = id (n + 44) in let v45 = id (n + 45) in
  let v46 = id (n + 46) in let v47 = id (n + 47) in let v48 = id (n + 48) in let v49 = id (n + 49) in
  let v50 = id (n + 50) in let v51 = id (n + 51) in let v52 = id (n + 52) in let v53 = id (n + 53) in
  let v54 = id (n + 54) in let v55 = id (n + 55) in let v56 = id (n + 56) in let v57 = id (n + 57) in
  let v58 = id (n + 58) in let v59 = id (n + 59) in let v60 = id (n + 60) in let v61 = id (n + 61) in
  let v62 = id (n + 62) in let v63 = id (n + 63) in let v64 = id (n + 64) in let v65 = id (n + 65) in
  let v66 = id (n + 66) in let v67 = id (n + 67) in let v68 = id (n + 68) in let v69 = id (n + 69) in
  let v70 = id (n + 70) in let v71 = id (n + 71) in let v72 = id (n + 72) in let v73 = id (n + 73) in
  let v74 = id (n + 74) in let v75 = id (n + 75) in let v76 = id (n + 76) in let v77 = id (n + 77) in
  let v78 = id (n + 78) in let v79 = id (n + 79) in let v80 = id (n + 80) in let v81 = id (n + 81) in
  let v82 = id (n + 82) in let v83 = id (n + 83) in let v84 = id (n + 84) in let v85 = id (n + 85) in
  let v86 = id (n + 86) in let v87 = id (n + 87) in let v88 = id (n + 88) in let v89 = id (n + 89) in
  let v90 = id (n + 90) in let v91 = id (n + 91) in let v92 = id (n + 92) in let v93 = id (n + 93) in
  let v94 = id (n + 94) in let v95 = id (n + 95) in let v96 = id (n + 96) in let v97 = id (n + 97) in
  let v98 = id (n + 98) in let v99 = id (n + 99) in let v100 = id (n + 100) in let v101 = id (n + 101) in
  let v102 = id (n + 102) in let v103 = id (n + 103) in let v104 = id (n + 104) in let v105 = id (n + 105) in
  let v106 = id (n + 106) in let v107 = id (n + 107) in let v108 = id (n + 108) in let v109 = id (n + 109) in
  let v110 = id (n + 110) in let v111 = id (n + 111) in let v112 = id (n + 112) in let v113 = id (n + 113) in
  let v114 = id (n + 114) in let v115 = id (n + 115) in let v116 = id (n + 116) in let v117 = id (n + 117) in
  let v118 = id (n + 118) in let v119 = id (n + 119) in let v120 = id (n + 120) in let v121 = id (n + 121) in
  let v122 = id (n + 122) in let v123 = id (n + 123) in let v124 = id (n + 124) in let v125 = id (n + 125) in
  let rec a k = if k <= 0 then (v0 + v1 + v2 + v3 + v4 + v5 + v6 + v7 + v8 + v9 + v10 + v11 + v12 + v13 + v14 + v15 + v16 + v17 + v18 + v19 +
    v20 + v21 + v22 + v23 + v24 + v25 + v26 + v27 + v28 + v29 + v30 + v31 + v32 + v33 + v34 + v35 + v36 + v37 +
    v38 + v39 + v40 + v41 + v42 + v43 + v44 + v45 + v46 + v47 + v48 + v49 + v50 + v51 + v52 + v53 + v54 + v55 +
    v56 + v57 + v58 + v59 + v60 + v61 + v62 + v63 + v64 + v65 + v66 + v67 + v68 + v69 + v70 + v71 + v72 + v73 +
    v74 + v75 + v76 + v77 + v78 + v79 + v80 + v81 + v82 + v83 + v84 + v85 + v86 + v87 + v88 + v89 + v90 + v91 +
    v92 + v93 + v94 + v95 + v96 + v97 + v98 + v99 + v100 + v101 + v102 + v103 + v104 + v105 + v106 + v107 + v108 +
    v109 + v110 + v111 + v112 + v113 + v114 + v115 + v116 + v117 + v118 + v119 + v120 + v121 + v122 + v123 + v124
    + v125)
    else b (k - 1) and b k = c k and c k = d k and d k = e k and e k = f k
  and f k = g k and g k = h k and h k = i k and i k = j k and j k = a k in
  a 3
let seventeen a b c d e f g h i j k l m n o p q = a + b + c + d + e + f + g + h + i + j + k + l + m + n + o + p - q
let () =
  often "full" (fun n -> let a = full n 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 in Array.fold_left (+) a.(17) a);
  often "wide" (fun n -> Array.length (too_wide n));
  often "crowded" crowded;
  often "seventeen" (fun n -> seventeen n 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17)

(* ---- calls ---- *)
let five a b c d e = a + (10 * b) + (100 * c) + (1000 * d) + (10000 * e)
let never a b c = a * b - c
let unary a = fun b c -> (a - b) * c
let three f = f 1 2 3
let adder n =
  let rec even k = k = 0 || odd (k - 1) and odd k = k <> 0 && even (k - 1) in
  fun x -> if even n then x + n else x - n
let both n = let rec a () = n + b 1 and b k = if k = 0 then c () else b (k - 1) and c () = n * 3 in a () + c ()
let () =
  let partial = never 5 in
  let more = five 1 2 in
  often "partial" (fun n -> partial n 2); often "more" (fun n -> more 3 n 5); often "over" (fun n -> unary n 1 2);
  often "maker" (fun n -> List.fold_left (+) 0 (List.map (five n 1 1 1) [ 1; 2 ]));
  show "three" (three never); show "three" (three unary); show "three" (three (fun a b -> ( + ) (a * b)));
  often "adder" (fun n -> adder n 10); often "both" both

(* The first call is not over when the last one begins; and tail calls go on for ever. *)
let rec nested n = if n = 0 then 0 else let before = id n in nested (n - 1) + before
let rec loops n acc = if n = 0 then acc else loops (n - 1) (acc + n)
let rec ping n = if n = 0 then "ping" else pong (n - 1) and pong n = if n = 0 then "pong" else ping (n - 1)
let rec list_of n = if n = 0 then [] else let rest = list_of (n - 1) in ref n :: rest
type tree = Leaf | Node of tree * tree
let rec tree n = if n = 0 then Leaf else Node (tree (n - 1), tree (n - 1))
let rec leaves = function Leaf -> 1 | Node (a, b) -> leaves a + leaves b
let rec ends n f = if n = 0 then f () else (ends (n - 1) f : int)
let () =
  show "nested" (nested 3); show "nested" (nested 300); show "loops" (loops 100_000 0);
  print_endline (ping 3); print_endline (ping 100_000);
  show "list" (List.fold_left (fun n r -> n + !r) 0 (list_of 20)); show "tree" (leaves (tree 7));
  show "ends" (ends 3 (fun () -> Gc.compact (); 4))

(* Deeper in each other than such calls may be. *)
let c0 x = if x < 0 then raise Exit else x let c1 x = c0 x + 1 let c2 x = c1 x + 1 let c3 x = c2 x + 1
let c4 x = c3 x + 1 let c5 x = c4 x + 1 let c6 x = c5 x + 1 let c7 x = c6 x + 1 let c8 x = c7 x + 1
let c9 x = c8 x + 1 let c10 x = c9 x + 1 let c11 x = c10 x + 1 let c12 x = c11 x + 1 let c13 x = c12 x + 1
let c14 x = c13 x + 1 let c15 x = c14 x + 1 let c16 x = c15 x + 1 let c17 x = c16 x + 1 let c18 x = c17 x + 1
let c19 x = c18 x + 1 let c20 x = c19 x + 1 let c21 x = c20 x + 1 let c22 x = c21 x + 1 let c23 x = c22 x + 1
let c24 x = c23 x + 1 let c25 x = c24 x + 1 let c26 x = c25 x + 1 let c27 x = c26 x + 1 let c28 x = c27 x + 1
let c29 x = c28 x + 1 let c30 x = c29 x + 1 let c31 x = c30 x + 1 let c32 x = c31 x + 1 let c33 x = c32 x + 1
let c34 x = c33 x + 1 let c35 x = c34 x + 1 let c36 x = c35 x + 1 let c37 x = c36 x + 1 let c38 x = c37 x + 1
let c39 x = c38 x + 1 let c40 x = c39 x + 1 let c41 x = c40 x + 1 let c42 x = c41 x + 1 let c43 x = c42 x + 1
let c44 x = c43 x + 1 let c45 x = c44 x + 1 let c46 x = c45 x + 1 let c47 x = c46 x + 1 let c48 x = c47 x + 1
let c49 x = c48 x + 1 let c50 x = c49 x + 1 let c51 x = c50 x + 1 let c52 x = c51 x + 1 let c53 x = c52 x + 1
let c54 x = c53 x + 1 let c55 x = c54 x + 1 let c56 x = c55 x + 1 let c57 x = c56 x + 1 let c58 x = c57 x + 1
let c59 x = c58 x + 1 let c60 x = c59 x + 1 let c61 x = c60 x + 1 let c62 x = c61 x + 1 let c63 x = c62 x + 1
let c64 x = c63 x + 1 let c65 x = c64 x + 1 let c66 x = c65 x + 1 let c67 x = c66 x + 1 let c68 x = c67 x + 1
let c69 x = c68 x + 1 let c70 x = c69 x + 1 let c71 x = c70 x + 1 let c72 x = c71 x + 1 let c73 x = c72 x + 1
let c74 x = c73 x + 1 let c75 x = c74 x + 1 let c76 x = c75 x + 1 let c77 x = c76 x + 1 let c78 x = c77 x + 1
let c79 x = c78 x + 1
let deep n = try c79 n with Exit -> -1
let () = Printf.printf "deep %d %d %d %d\n" (deep 1) (deep (-1)) (deep 5) (deep (-3))

(* ---- exceptions ---- *)
exception Found of int
let raises n = if n > 0 then raise (Found n) else n
let passes n = raises n + 1
let catches n = try passes n with Found k -> 100 + k
let assigned n =
  let x = ref 0 and y = ref "no" in
  (try x := n; (try y := "inner"; ignore (passes n); x := 77 with Not_found -> y := "wrong"); y := "never"
   with Found k -> x := !x + k);
  (try ignore (passes 0); incr x with Found _ -> x := -1);
  !x + String.length !y
let again n =
  let r = try (try passes n with Found k as e -> if k = 1 then raise e else if k = 2 then raise Not_found else k) with
    | Found k -> 10 * k
    | Not_found -> -20 in
  r + (try List.assoc n [ (3, 4) ] with Not_found -> 1000)
let from_primitives n =
  (try int_of_string (if n mod 2 = 0 then "12" else "x") with Failure s -> String.length s)
  + (try Char.code (Bytes.get (Bytes.create 3) n) * 0 with Invalid_argument _ -> 50)
  + (try Array.length (Array.make (-n) 0) with Invalid_argument _ -> 500)
  + (try compare (fun x -> x) (fun x -> x + n) with Invalid_argument _ -> 5000)
  + (try Hashtbl.find (Hashtbl.create 1) n with Not_found -> 50000)
let rec down n = 1 + down (n + 1)
let overflows n = try down n with Stack_overflow -> n
let too_large n = try Bytes.length (Bytes.create max_int) with Invalid_argument _ | Out_of_memory -> n
let order = Buffer.create 100
let finally n =
  try Fun.protect ~finally:(fun () -> Buffer.add_string order "f") (fun () -> Buffer.add_string order "b"; passes n)
  with Found k -> k
let in_the_handler n = try try passes n with Found k -> passes (k + 1) with Found k -> k
let returned n = match passes n with k -> k | exception Found k -> -k
let last_call n = try raises n with Found _ -> (ends [@tailcall]) n (fun () -> raises 0)
let () =
  List.iter (fun (name, f) -> often name f)
    [ ("catches", catches); ("assigned", assigned); ("again", again); ("primitives", from_primitives);
      ("large", too_large); ("finally", finally); ("handler", in_the_handler);
      ("returned", returned); ("last call", last_call) ];
  show "overflow" (overflows 1 + overflows 2); print_endline (Buffer.contents order)

(* ---- memory ---- *)
let weak : int ref Weak.t = Weak.create 4
let kept k r = Weak.set weak k (Some r); r
let state k = if Weak.check weak k then 1 else 0
let forgotten n = ignore (kept 0 (ref n)); Gc.full_major (); state 0
let given_away r = Gc.full_major (); state 1
let gives_away n = let r = ref n in ignore (kept 1 r); let k = id n in ignore k; given_away r
let dropped n = let f () = Weak.set weak 2 (Some (ref n)) in f (); Gc.full_major (); state 2
let uses n = let r = kept 3 (ref n) in Gc.full_major (); let alive = state 3 in !r - n + alive
let closure n = let r = kept 0 (ref n) in let f () = !r in (fun g -> let k = g () in Gc.full_major (); k + state 0) f
let environment n =
  let r = kept 1 (ref n) in
  let f () = let k = !r in ends 2 (fun () -> Gc.full_major (); state 1 + k) in f
let tail_of n = (environment n) ()
let finalised = ref 0
let finaliser n = Gc.finalise (fun r -> finalised := !finalised + !r) (ref n); Gc.full_major (); !finalised
let finaliser_raises n =
  try Gc.finalise (fun r -> raise (Found !r)) (ref n); Gc.full_major (); Gc.full_major (); -1 with Found k -> k
let moved n =
  let a = [ n; n + 1 ] and b = string_of_int n in
  let c = (a, b, fun x -> x + List.length a) in
  Gc.compact ();
  let p, q, f = c in
  Gc.full_major ();
  f (List.hd p) + String.length q + List.length a + String.length b
let reachable n = let r = ref (List.init n id) in let f () = !r in Obj.reachable_words (Obj.repr f)
let marshalled n =
  let r = [ n; 2 ] in
  let f x = x + List.length r + n in
  let s = Marshal.to_string f [ Marshal.Closures ] in
  let g : int -> int = Marshal.from_string s 0 in
  let h : int -> int -> int = Marshal.from_string (Marshal.to_string (fun a b -> a - b - n) [ Marshal.Closures ]) 0 in
  f 1 + g 2 + h 10 3 + (Marshal.from_string s 0 : int -> int) 4
let () =
  List.iter (fun (name, f) -> often name f)
    [ ("forgotten", forgotten); ("given away", gives_away); ("dropped", dropped); ("uses", uses); ("closure", closure);
      ("tail of", tail_of); ("finaliser", finaliser); ("raises", finaliser_raises); ("moved", moved);
      ("reachable", reachable); ("marshalled", marshalled) ]

(* ---- modules, lazy and recursive values, objects ---- *)
module type T = sig val n : int val f : int -> int end
module Make (X : T) = struct let n = X.n + 1 let f k = X.f k + n let g = lazy (f 1) end
let functors n =
  let module M = Make (struct let n = id n let f k = k * n end) in
  let module N = Make (M) in
  N.f 2 + Lazy.force N.g + Lazy.force M.g + Lazy.force N.g
let lazily n = let l = lazy (if n mod 2 = 0 then raise (Found n) else n) in
  (try Lazy.force l with Found k -> k) + (try Lazy.force l with Found k -> 10 * k)
let recursive n = let rec a = n :: b and b = 2 :: a in List.hd (List.tl a) + List.hd (List.tl b)
let objects n =
  let o = object (self) val mutable k = n method next = k <- k + 1; k method twice = self#next + self#next end in
  o#twice + o#next
let () = often "functors" functors; often "lazily" lazily; often "recursive" recursive; often "objects" objects

(* ---- signals ---- *)
let came = ref 0
let signals n =
  Sys.set_signal Sys.sigusr1 (Sys.Signal_handle (fun _ -> came := !came + nested 3));
  ignore (Sys.command "kill -USR1 $PPID");
  let rec wait k = if !came > 0 || k = 0 then !came else (ignore (id k); wait (k - 1)) in
  let r = wait 1_000_000 in
  came := 0;
  r + n
let signalled_out n =
  Sys.set_signal Sys.sigusr1 (Sys.Signal_handle (fun _ -> raise (Found n)));
  try ignore (Sys.command "kill -USR1 $PPID"); while true do ignore (id n) done; 0 with Found k -> k
let () = often "signals" signals; often "signalled" signalled_out

(* ---- threads: each calls what the other may just be about to call ---- *)
type t
external initialize : unit -> unit = "caml_thread_initialize"
external thread_new : (unit -> unit) -> t = "caml_thread_new"
external yield : unit -> unit = "caml_thread_yield"
external join : t -> unit = "caml_thread_join"
let t00 n = let k = id n in k + 0 let t01 n = let k = id n in k + 1 let t02 n = let k = id n in k + 2
let t03 n = let k = id n in k + 3 let t04 n = let k = id n in k + 4 let t05 n = let k = id n in k + 5
let t06 n = let k = id n in k + 6 let t07 n = let k = id n in k + 7 let t08 n = let k = id n in k + 8
let t09 n = let k = id n in k + 9 let t10 n = let k = id n in k + 10 let t11 n = let k = id n in k + 11
let t12 n = let k = id n in k + 12 let t13 n = let k = id n in k + 13 let t14 n = let k = id n in k + 14
let t15 n = let k = id n in k + 15 let t16 n = let k = id n in k + 16 let t17 n = let k = id n in k + 17
let t18 n = let k = id n in k + 18 let t19 n = let k = id n in k + 19 let t20 n = let k = id n in k + 20
let t21 n = let k = id n in k + 21 let t22 n = let k = id n in k + 22 let t23 n = let k = id n in k + 23
let t24 n = let k = id n in k + 24 let t25 n = let k = id n in k + 25 let t26 n = let k = id n in k + 26
let t27 n = let k = id n in k + 27 let t28 n = let k = id n in k + 28 let t29 n = let k = id n in k + 29
let t30 n = let k = id n in k + 30 let t31 n = let k = id n in k + 31 let t32 n = let k = id n in k + 32
let t33 n = let k = id n in k + 33 let t34 n = let k = id n in k + 34 let t35 n = let k = id n in k + 35
let t36 n = let k = id n in k + 36 let t37 n = let k = id n in k + 37 let t38 n = let k = id n in k + 38
let t39 n = let k = id n in k + 39 let t40 n = let k = id n in k + 40 let t41 n = let k = id n in k + 41
let t42 n = let k = id n in k + 42 let t43 n = let k = id n in k + 43 let t44 n = let k = id n in k + 44
let t45 n = let k = id n in k + 45 let t46 n = let k = id n in k + 46 let t47 n = let k = id n in k + 47
let functions = [
  t00; t01; t02; t03; t04; t05; t06; t07; t08; t09; t10; t11; t12; t13; t14; t15; t16; t17; t18; t19; t20; t21; t22;
  t23; t24; t25; t26; t27; t28; t29; t30; t31; t32; t33; t34; t35; t36; t37; t38; t39; t40; t41; t42; t43; t44; t45;
  t46; t47; ]
let work total () = List.iter (fun f -> total := !total + f 1) functions
let () =
  Sys.set_signal Sys.sigvtalrm (Sys.Signal_handle (fun _ -> yield ()));
  initialize ();
  let totals = Array.init 3 (fun _ -> ref 0) in
  let others = List.map (fun k -> thread_new (fun () -> List.iter (work totals.(k)) [ (); () ])) [ 1; 2 ] in
  List.iter (work totals.(0)) [ (); () ];
  List.iter join others;
  Array.iter (fun total -> show "total" !total) totals

(* ---- where exceptions were raised, and what they passed; late, as the places fill the heap ---- *)
let backtrace name = Printf.printf "-- %s\n%s" name (Printexc.get_backtrace ())
let traced_raise n = if id n >= 0 then raise (Found n) else n
let traced_pass n = let k = traced_raise n in k + 1
let traced_catch n = try traced_pass n with Found k -> backtrace "caught"; k
let traced_again n =
  try traced_catch (traced_pass n) with Found k as e ->
    (try raise e with Found k -> backtrace "again"; k)
let traced_other n = try (try traced_pass n with Found _ -> raise Not_found) with Not_found -> backtrace "other"; n
let traced_notrace n = try (try traced_pass n with Found _ -> raise_notrace Exit) with Exit -> backtrace "no trace"; n
let traced_with n =
  try (try traced_pass n with Found _ as e ->
    let b = Printexc.get_raw_backtrace () in (try ignore (traced_pass n) with _ -> ());
    Printexc.raise_with_backtrace e b)
  with Found _ -> backtrace "with"; n
let traced_reraise n =
  try (match traced_pass n with k -> k | exception (Found 100) -> 0) with Found k -> backtrace "reraised"; k
let traced_primitive n = try int_of_string "x" + n with Failure _ -> backtrace "primitive"; n
let traced_bounds n = try [| n |].(id 5) with Invalid_argument _ -> backtrace "bounds"; n
let traced_division n = try n / id 0 with Division_by_zero -> backtrace "division"; n
let traced_library n = try List.find (fun k -> k = n + 1) [ n ] with Not_found -> backtrace "library"; n
let traced_iter n = try List.iter (fun k -> if k = n then raise Exit) [ 0; n ]; n with Exit -> backtrace "iter"; n
let traced_sort n = try ignore (List.sort (fun a b -> raise Exit) [ 1; n ]); n with Exit -> backtrace "sort"; n
let traced_deep n = try c79 (-n) with Exit -> show "length" (String.length (Printexc.get_backtrace ())); n
let traced_stack n =
  let stack = Printexc.get_callstack n in
  Printf.printf "-- stack of %d\n%s" (Printexc.raw_backtrace_length stack) (Printexc.raw_backtrace_to_string stack);
  n
let traced_caller n = let k = traced_stack n in k + 1
let traced_tail n = traced_caller n
let traced_finally n =
  try Fun.protect ~finally:(fun () -> ignore (traced_catch 3)) (fun () -> traced_pass n)
  with Found _ -> backtrace "finally"; n
let () =
  Printexc.record_backtrace true;
  List.iter (fun (name, f) -> often name f)
    [ ("t1", traced_catch); ("t2", traced_again); ("t3", traced_other); ("t4", traced_notrace); ("t5", traced_with);
      ("t6", traced_reraise); ("t7", traced_primitive); ("t8", traced_bounds); ("t9", traced_division);
      ("t10", traced_library); ("t11", traced_iter); ("t12", traced_sort); ("t13", traced_tail);
      ("t14", traced_finally); ("t15", traced_deep) ]
(* The same of outermost code. *)
let () = try ignore (traced_pass (id 1)) with Found _ -> backtrace "outermost"
let () = try (try ignore (traced_pass (id 1)) with Found _ as e -> raise e) with Found _ -> backtrace "outermost"
let () = try ignore (1 / id 0) with Division_by_zero -> backtrace "outermost"
let () = try raise Exit with Exit -> backtrace "outermost"
let () = try ignore (List.find (fun x -> raise Exit) [ id 1 ]) with Exit -> backtrace "outermost"
let () = try ignore (Array.make (id (-1)) 0) with Invalid_argument _ -> backtrace "outermost"
let () = try (try raise Exit with Exit -> ignore (traced_pass 2)) with Found _ -> backtrace "outermost"
let () = Printexc.record_backtrace false

(* ---- the end, in the middle of such calls ---- *)
let leaves_with n = try (try exit n with Exit -> print_endline "never") with _ -> print_endline "never"
let ends_here n = leaves_with n; print_endline "never"
let () =
  at_exit (fun () -> show "at exit" (catches 3));
  at_exit (fun () -> try raise Not_found with Not_found -> print_endline "at exit, first");
  ends_here 7
