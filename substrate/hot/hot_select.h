// SPDX-License-Identifier: MIT
//
// hot_select.h: choices between constants that stay conditional moves; see hot_select.c.
#ifndef LOAM_HOT_HOT_SELECT_H
#define LOAM_HOT_HOT_SELECT_H

#include "hot/hot_ir.h"

// Behind all of LLVM's passes: they would know what to make of a constant, and of none.
void hot_select_run(struct hot_build *build);

#endif
