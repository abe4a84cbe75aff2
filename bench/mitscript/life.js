// SPDX-License-Identifier: MIT
//
// life: Conway's game of life on a 64 by 64 torus, through the methods of a world object. Twin of life.mit.
const size = 400; // quick: 3 long: 3000

function makeWorld(width, height) {
  const self = { width, height, cells: [null] };

  // The row or column one before and one after, around the edge.
  const before = (i, count) => (i === 1 ? count : (i - 1) | 0);
  const after = (i, count) => (i === count ? 1 : (i + 1) | 0);

  self.get = (x, y) => self.cells[y][x];
  self.set = (x, y, alive) => { self.cells[y][x] = alive; };

  self.neighbours = (x, y) => {
    const left = before(x, self.width);
    const right = after(x, self.width);
    const up = before(y, self.height);
    const down = after(y, self.height);
    return (self.get(left, up) + self.get(x, up) + self.get(right, up) + self.get(left, y) + self.get(right, y)
      + self.get(left, down) + self.get(x, down) + self.get(right, down)) | 0;
  };

  self.rule = (alive, count) => {
    if (count === 3) return 1;
    if (count === 2) return alive;
    return 0;
  };

  // One generation: a new set of rows replaces the old one.
  self.step = () => {
    const rows = [null];
    for (let y = 1; y <= self.height; y++) {
      const row = [0];
      for (let x = 1; x <= self.width; x++) row[x] = self.rule(self.get(x, y), self.neighbours(x, y));
      rows[y] = row;
    }
    self.cells = rows;
  };

  self.population = () => {
    let count = 0;
    for (let y = 1; y <= self.height; y++) {
      for (let x = 1; x <= self.width; x++) count = (count + self.get(x, y)) | 0;
    }
    return count;
  };

  self.rowText = (y) => {
    let text = "";
    for (let x = 1; x <= self.width; x++) text += self.get(x, y) === 1 ? "#" : ".";
    return text;
  };

  // An empty world to begin with.
  for (let y = 1; y <= height; y++) {
    const row = [0];
    for (let x = 1; x <= width; x++) row[x] = 0;
    self.cells[y] = row;
  }
  return self;
}

function main(generations) {
  const world = makeWorld(64, 64);
  let seed = 7;
  for (let y = 1; y <= 64; y++) {
    for (let x = 1; x <= 64; x++) {
      seed = ((seed * 171 + 11213) | 0) % 53125;
      if (seed < 18000) world.set(x, y, 1);
    }
  }
  console.log("life: population " + world.population());
  for (let generation = 1; generation <= generations; generation++) world.step();
  console.log("life: population " + world.population());
  for (let y = 1; y <= 64; y++) console.log(world.rowText(y));
}

main(size);
