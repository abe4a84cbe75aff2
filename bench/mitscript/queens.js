// SPDX-License-Identifier: MIT
//
// queens: counts all ways to put n queens on an n by n board so that none attacks another. Twin of queens.mit.
const size = 11; // quick: 5 long: 12

// Places queens from `row` on; `board` says which columns and diagonals are free.
function place(board, row) {
  const n = board.size;
  if (row > n) {
    board.solutions = (board.solutions + 1) | 0;
    return;
  }
  const columns = board.columns;
  const rising = board.rising;
  const falling = board.falling;
  for (let column = 1; column <= n; column++) {
    const sum = (row + column) | 0;
    const difference = (row - column + n) | 0;
    if (columns[column] && rising[sum] && falling[difference]) {
      columns[column] = false;
      rising[sum] = false;
      falling[difference] = false;
      board.queens[row] = column;
      place(board, (row + 1) | 0);
      columns[column] = true;
      rising[sum] = true;
      falling[difference] = true;
    }
  }
}

function allFree(count) {
  const flags = [true];
  for (let i = 1; i <= count; i++) flags[i] = true;
  return flags;
}

function main(n) {
  let total = 0;
  for (let round = 1; round <= 15; round++) {
    const board = {
      size: n,
      solutions: 0,
      queens: [0],
      columns: allFree(n),
      rising: allFree(2 * n),
      falling: allFree(2 * n),
    };
    place(board, 1);
    total = (total + board.solutions) | 0;
  }
  console.log("queens(" + n + "): " + total + " solutions in 15 rounds");
}

main(size);
