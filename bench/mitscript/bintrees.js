// SPDX-License-Identifier: MIT
//
// bintrees: builds complete binary trees of many depths, counts their nodes and drops them. Twin of bintrees.mit.
const size = 15; // quick: 6 long: 17

function bottomUp(depth) {
  if (depth === 0) return { left: null, right: null };
  return { left: bottomUp((depth - 1) | 0), right: bottomUp((depth - 1) | 0) };
}

function countNodes(tree) {
  if (tree.left === null) return 1;
  return (1 + countNodes(tree.left) + countNodes(tree.right)) | 0;
}

function main(maxDepth) {
  const minDepth = 4;
  console.log("bintrees: stretch tree of depth " + (maxDepth + 1) + ", nodes " + countNodes(bottomUp(maxDepth + 1)));
  const longLived = bottomUp(maxDepth);
  let rounds = 8;
  for (let depth = maxDepth; depth >= minDepth; depth--) {
    let nodes = 0;
    for (let round = 1; round <= rounds; round++) nodes = (nodes + countNodes(bottomUp(depth))) | 0;
    console.log("bintrees: " + rounds + " trees of depth " + depth + ", nodes " + nodes);
    rounds = (rounds * 2) | 0;
    if (rounds > 512) rounds = 512;
  }
  console.log("bintrees: long-lived tree of depth " + maxDepth + ", nodes " + countNodes(longLived));
}

main(size);
