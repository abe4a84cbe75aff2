// SPDX-License-Identifier: MIT
//
// spectral: power iteration in fixed-point integers with a matrix whose elements are computed. Twin of spectral.mit.
const size = 300; // quick: 10 long: 900

// Element of the matrix, times 10000; rows and columns count from 1.
function element(i, j) {
  const diagonal = (i + j - 2) | 0;
  return (10000 / (((Math.imul(diagonal, diagonal + 1) / 2) | 0) + i)) | 0;
}

// Product of the matrix, or its transpose, with a vector whose parts are below 10000.
function times(vector, n) {
  const result = [0];
  for (let i = 1; i <= n; i++) {
    let sum = 0;
    for (let j = 1; j <= n; j++) sum = (sum + ((Math.imul(element(i, j), vector[j]) / 100) | 0)) | 0;
    result[i] = sum;
  }
  return result;
}

function timesTransposed(vector, n) {
  const result = [0];
  for (let i = 1; i <= n; i++) {
    let sum = 0;
    for (let j = 1; j <= n; j++) sum = (sum + ((Math.imul(element(j, i), vector[j]) / 100) | 0)) | 0;
    result[i] = sum;
  }
  return result;
}

// Scales a vector so that its largest part becomes 10000.
function normalise(vector, n) {
  let largest = 1;
  for (let i = 1; i <= n; i++) if (vector[i] > largest) largest = vector[i];
  const unit = (((largest / 10000) | 0) + 1) | 0;
  const result = [0];
  for (let i = 1; i <= n; i++) result[i] = (vector[i] / unit) | 0;
  return result;
}

function main(n) {
  let vector = [0];
  for (let i = 1; i <= n; i++) vector[i] = 10000;
  for (let round = 1; round <= 100; round++) {
    vector = normalise(times(vector, n), n);
    vector = normalise(timesTransposed(vector, n), n);
  }
  let sum = 0;
  for (let i = 1; i <= n; i++) sum = (sum + Math.imul(vector[i], i)) | 0;
  console.log("spectral: " + vector[1] + " " + vector[2] + " " + vector[3] + ", weighted sum " + sum);
}

main(size);
