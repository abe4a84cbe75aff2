// SPDX-License-Identifier: MIT
//
// pcode_prove.h: accesses of extended P-code that can't leave the store need no look at their address.
#ifndef PCODE_PROVE_H
#define PCODE_PROVE_H

#include "pcode_image.h"

// Replaces loads and stores of a procedure, as they were lowered, by those that don't look, where the address is known
// to lie in the store. False when memory is out.
bool pcode_prove(const struct pcode_code *code, struct insn *insns);

#endif
