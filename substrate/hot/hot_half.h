// SPDX-License-Identifier: MIT
//
// hot_half.h: words of which one half is a constant, computed with as their other half; see hot_half.c.
#ifndef LOAM_HOT_HOT_HALF_H
#define LOAM_HOT_HOT_HALF_H

#include "hot/hot_ir.h"

// Before LLVM's late passes: they find the tests decided, and clear away what is left of words. Where memory is out,
// the plan has failed.
void hot_half_run(struct hot_build *build);

#endif
