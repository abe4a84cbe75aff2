// SPDX-License-Identifier: MIT
//
// hello: the smallest program, for measuring start-up.
console.log("Hello, world");
