// SPDX-License-Identifier: MIT
//
// hot_width.h: conversions between 32 and 64 bits that cost no instruction; see hot_width.c.
#ifndef LOAM_HOT_HOT_WIDTH_H
#define LOAM_HOT_HOT_WIDTH_H

#include "hot/hot_ir.h"

// Behind all of LLVM's passes: they would write it as before.
void hot_width_run(struct hot_build *build);

#endif
