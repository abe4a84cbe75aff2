// SPDX-License-Identifier: MIT
//
// fuzz_bytecode.h: random functions in MITScript's textual bytecode: they are well-formed as text, and nearly always
// right in stack depth and kinds, so that many pass the verifier and run. What passes must not break memory safety.
#ifndef FUZZ_BYTECODE_H
#define FUZZ_BYTECODE_H

#include "filetest_bytes.h"

#include <stdint.h>

// Appends a random program to `out`. The same state gives the same program; the state moves on. With `ends` no jump
// that is taken goes back, so that the program ends by itself.
void bytecode_program(uint64_t *state, bool ends, struct bytes *out);

#endif
