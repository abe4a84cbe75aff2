(* SPDX-License-Identifier: MIT *)
(* Three planets and a sun under gravity, as records of floats: boxed arithmetic. *)
let size = 3000000 (* quick: 2000 long: 10000000 *)

type body = {
  mutable x : float; mutable y : float; mutable z : float;
  mutable vx : float; mutable vy : float; mutable vz : float; mass : float }

let planet x vx vy mass = { x; y = 0.1 *. x; z = 0.01 *. x; vx; vy; vz = 0.05 *. vy; mass }
let bodies = [| planet 0. 0. 0. 39.; planet 4.8 0.6 2.8 0.037; planet 8.3 (-1.0) 1.8 0.011; planet 12.9 1.1 0.9 0.0017 |]

let pull dt a b =
  let dx = a.x -. b.x and dy = a.y -. b.y and dz = a.z -. b.z in
  let square = dx *. dx +. dy *. dy +. dz *. dz in
  let force = dt /. (square *. sqrt square) in
  a.vx <- a.vx -. dx *. b.mass *. force;
  a.vy <- a.vy -. dy *. b.mass *. force;
  a.vz <- a.vz -. dz *. b.mass *. force;
  b.vx <- b.vx +. dx *. a.mass *. force;
  b.vy <- b.vy +. dy *. a.mass *. force;
  b.vz <- b.vz +. dz *. a.mass *. force

let advance dt =
  let count = Array.length bodies in
  for i = 0 to count - 1 do
    for j = i + 1 to count - 1 do pull dt bodies.(i) bodies.(j) done
  done;
  for i = 0 to count - 1 do
    let b = bodies.(i) in
    b.x <- b.x +. dt *. b.vx;
    b.y <- b.y +. dt *. b.vy;
    b.z <- b.z +. dt *. b.vz
  done

let () =
  for _ = 1 to size do advance 0.001 done;
  Array.iter (fun b -> Printf.printf "%.9f %.9f\n" b.x b.vy) bodies
