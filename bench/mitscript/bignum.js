// SPDX-License-Identifier: MIT
//
// bignum: numbers of any size as linked lists of base-10000 digits, least first. Twin of bignum.mit.
const size = 500; // quick: 30 long: 1500

const cons = (head, tail) => ({ head, tail });

function reverse(list) {
  let result = null;
  for (; list !== null; list = list.tail) result = cons(list.head, result);
  return result;
}

// Walks two lists in step, with 0 for what is missing, and keeps a carry: `f` gives the full sum of one place.
function carryMap(f, a, b) {
  let result = null;
  let carry = 0;
  while (a !== null || b !== null || carry !== 0) {
    let x = 0;
    let y = 0;
    if (a !== null) {
      x = a.head;
      a = a.tail;
    }
    if (b !== null) {
      y = b.head;
      b = b.tail;
    }
    const sum = (f(x, y) + carry) | 0;
    carry = (sum / 10000) | 0;
    result = cons((sum - carry * 10000) | 0, result);
  }
  return reverse(result);
}

function fromInt(n) {
  if (n === 0) return null;
  return cons(n % 10000, fromInt((n / 10000) | 0));
}

const add = (a, b) => carryMap((x, y) => (x + y) | 0, a, b);

const scale = (a, factor) => carryMap((x, y) => Math.imul(x, factor), a, null);

function multiply(a, b) {
  if (b === null) return null;
  let rest = multiply(a, b.tail);
  if (rest !== null) rest = cons(0, rest);
  return add(scale(a, b.head), rest);
}

function power(base, exponent) {
  if (exponent === 0) return fromInt(1);
  const half = power(base, (exponent / 2) | 0);
  const square = multiply(half, half);
  return exponent % 2 === 1 ? multiply(square, base) : square;
}

function factorial(n) {
  let result = fromInt(1);
  for (; n > 1; n--) result = multiply(result, fromInt(n));
  return result;
}

function fibonacci(n) {
  let a = null;
  let b = fromInt(1);
  for (; n > 0; n--) {
    const next = add(a, b);
    a = b;
    b = next;
  }
  return a;
}

function toString(a) {
  if (a === null) return "0";
  a = reverse(a);
  let text = "" + a.head;
  for (a = a.tail; a !== null; a = a.tail) {
    if (a.head < 1000) text = text + "0";
    if (a.head < 100) text = text + "0";
    if (a.head < 10) text = text + "0";
    text = text + a.head;
  }
  return text;
}

function main(n) {
  console.log(toString(factorial(2 * n)));
  console.log(toString(fibonacci(10 * n)));
  console.log(toString(power(fromInt(31415), n)));
}

main(size);
