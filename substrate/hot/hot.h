// SPDX-License-Identifier: MIT
//
// hot.h: the hot compiler. Methods that run long are compiled by LLVM on a thread of their own, while the program goes on
// in the lower engines.
//
// The thread is no mutator: it reads bytecode, inline caches and counters, never an object, so that no collection waits
// for it and it waits for none. What to compile is found by sampling: every few milliseconds the mutators are asked to
// stop at their next safepoint, and each tells the method, and the loop, that it is in. Code in the lower engines counts
// nothing for it.
#ifndef LOAM_HOT_HOT_H
#define LOAM_HOT_HOT_H

#include "emit/emit.h"
#include "loam/guest.h"
#include "loam/rt.h"

struct hot;

#endif
