// SPDX-License-Identifier: MIT
//
// recursion: Takeuchi's function, Ackermann's function and the towers of Hanoi. Twin of recursion.mit.
const size = 10; // quick: 4 long: 11

function tak(x, y, z) {
  if (y >= x) return z;
  return tak(tak((x - 1) | 0, y, z), tak((y - 1) | 0, z, x), tak((z - 1) | 0, x, y));
}

function ack(m, n) {
  if (m === 0) return (n + 1) | 0;
  if (n === 0) return ack((m - 1) | 0, 1);
  return ack((m - 1) | 0, ack(m, (n - 1) | 0));
}

// Moves a tower of `discs` discs between two pegs and counts the moves on each peg.
function hanoi(discs, source, target, spare, moves) {
  if (discs === 0) return;
  hanoi((discs - 1) | 0, source, spare, target, moves);
  moves[target] = (moves[target] + 1) | 0;
  hanoi((discs - 1) | 0, spare, target, source, moves);
}

const moves = { left: 0, middle: 0, right: 0 };
hanoi(2 * size, "left", "right", "middle", moves);
console.log("hanoi: " + moves.left + " " + moves.middle + " " + moves.right);
console.log("tak: " + tak(2 * size, size + ((size / 3) | 0), (size / 3) | 0));
console.log("ack: " + ack(2, 20 * size) + " " + ack(3, size - 1));
