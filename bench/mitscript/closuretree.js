// SPDX-License-Identifier: MIT
//
// closuretree: a search tree whose nodes are closures that call a visitor. Twin of closuretree.mit.
const size = 25000; // quick: 100 long: 60000

const leaf = (ifLeaf, ifNode) => ifLeaf();

const node = (left, key, value, right) => (ifLeaf, ifNode) => ifNode(left, key, value, right);

// A new tree with `key` bound to `value`; the old one stays as it was.
function insert(tree, newKey, newValue) {
  return tree(
    () => node(leaf, newKey, newValue, leaf),
    (left, key, value, right) => {
      if (newKey < key) return node(insert(left, newKey, newValue), key, value, right);
      if (newKey > key) return node(left, key, value, insert(right, newKey, newValue));
      return node(left, key, newValue, right);
    });
}

function find(tree, wanted, otherwise) {
  return tree(
    () => otherwise,
    (left, key, value, right) => {
      if (wanted < key) return find(left, wanted, otherwise);
      if (wanted > key) return find(right, wanted, otherwise);
      return value;
    });
}

// Folds `f` over the bindings in order of their keys.
function fold(tree, f, start) {
  return tree(
    () => start,
    (left, key, value, right) => fold(right, f, f(fold(left, f, start), key, value)));
}

function depth(tree) {
  return tree(
    () => 0,
    (left, key, value, right) => {
      const a = depth(left);
      const b = depth(right);
      return ((a > b ? a : b) + 1) | 0;
    });
}

function main(count) {
  let tree = leaf;
  let seed = 99;
  for (let i = 1; i <= count; i++) {
    seed = ((seed * 1471 + 12345) | 0) % 1000003;
    tree = insert(tree, seed, i);
  }
  let found = 0;
  seed = 99;
  for (let i = 1; i <= 2 * count; i++) {
    seed = ((seed * 1471 + 12345) | 0) % 1000003;
    if (find(tree, seed, 0) === i) found = (found + 1) | 0;
  }
  let checksum = 0;
  for (let round = 1; round <= 10; round++) {
    checksum = fold(tree, (sum, key, value) => ((sum * 17 + key + value) | 0) % 1000003, checksum);
  }
  console.log("closuretree: found " + found + ", depth " + depth(tree) + ", checksum " + checksum);
}

main(size);
