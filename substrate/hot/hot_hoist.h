// SPDX-License-Identifier: MIT
//
// hot_hoist.h: what a loop's first round tests, tested before the loop; see hot_hoist.c.
#ifndef LOAM_HOT_HOT_HOIST_H
#define LOAM_HOT_HOT_HOIST_H

#include "hot/hot_ir.h"

// Before LLVM's late passes, which find the tests made; loops must have blocks of their own before and behind them
// (loop-simplify), and what is computed in them must come out by joins (lcssa). Where memory is out, the plan has
// failed.
void hot_hoist_run(struct hot_build *build);

#endif
