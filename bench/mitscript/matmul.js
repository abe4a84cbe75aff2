// SPDX-License-Identifier: MIT
//
// matmul: products of square matrices of small integers, eight times over. Twin of matmul.mit.
const size = 200; // quick: 8 long: 450

function makeMatrix(n, seed) {
  const matrix = [null];
  for (let i = 1; i <= n; i++) {
    const row = [0];
    for (let j = 1; j <= n; j++) {
      seed = ((seed * 171 + 11213) | 0) % 53125;
      row[j] = (((seed / 53) | 0) - 500) | 0;
    }
    matrix[i] = row;
  }
  return matrix;
}

function transpose(a, n) {
  const matrix = [null];
  for (let i = 1; i <= n; i++) {
    const row = [0];
    for (let j = 1; j <= n; j++) row[j] = a[j][i];
    matrix[i] = row;
  }
  return matrix;
}

function multiply(a, b, n) {
  const columns = transpose(b, n);
  const product = [null];
  for (let i = 1; i <= n; i++) {
    const row = a[i];
    const result = [0];
    for (let j = 1; j <= n; j++) {
      const column = columns[j];
      let sum = 0;
      for (let k = 1; k <= n; k++) sum = (sum + Math.imul(row[k], column[k])) | 0;
      result[j] = sum;
    }
    product[i] = result;
  }
  return product;
}

function main(n) {
  let trace = 0;
  let product = null;
  for (let round = 1; round <= 8; round++) {
    product = multiply(makeMatrix(n, round), makeMatrix(n, 2 * round), n);
    for (let i = 1; i <= n; i++) trace = (trace + ((product[i][i] / 1000) | 0)) | 0;
  }
  console.log("matmul: traces " + trace + ", corners " + product[1][n] + " " + product[n][1]);
}

main(size);
