// SPDX-License-Identifier: MIT
//
// mandelbrot: the Mandelbrot set in fixed-point integers with 12 bits after the point. Twin of mandelbrot.mit.
const size = 1200; // quick: 48 long: 4000

// Steps until the point leaves the circle of radius 2, at most `limit`. Products of negative numbers are shifted into
// the positive range before they are divided, so that the quotient is rounded down as it is everywhere else.
function escape(cx, cy, limit) {
  let x = 0;
  let y = 0;
  let xx = 0;
  let yy = 0;
  let steps = 0;
  while (xx + yy <= 16384 && steps < limit) {
    y = (((Math.imul(x, y) + 134217728) / 2048) | 0) - 65536 + cy;
    x = (xx - yy + cx) | 0;
    xx = (Math.imul(x, x) / 4096) | 0;
    yy = (Math.imul(y, y) / 4096) | 0;
    steps = (steps + 1) | 0;
  }
  return steps;
}

function main(width) {
  const letters = [" ", ".", ":", "+", "#"];
  const height = (width / 3) | 0;
  const limit = 200;
  let total = 0;
  for (let row = 0; row < height; row++) {
    const cy = (((row * 10240) / height) | 0) - 5120;
    let line = "";
    for (let column = 0; column < width; column++) {
      const cx = (((column * 14336) / width) | 0) - 10240;
      const steps = escape(cx, cy, limit);
      total = (total + steps) | 0;
      if (column % 16 === 0) line += letters[((steps * 4) / limit) | 0];
    }
    if (row % 16 === 0) console.log(line);
  }
  console.log("mandelbrot: " + total + " steps");
}

main(size);
