// SPDX-License-Identifier: MIT
//
// hot_scalar.h: objects that are not made; see hot_scalar.c.
#ifndef LOAM_HOT_HOT_SCALAR_H
#define LOAM_HOT_HOT_SCALAR_H

#include "hot/hot_ir.h"

// Makes variables of the objects that can go, in a module in which bodies are inlined and slots are values. True: there
// are some, for LLVM to make values of. *again: behind that, more may go.
bool hot_scalar_run(struct hot_build *build, bool *again);

#endif
