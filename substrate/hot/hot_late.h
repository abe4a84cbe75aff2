// SPDX-License-Identifier: MIT
//
// hot_late.h: tests that others imply, made only where those fail; see hot_late.c.
#ifndef LOAM_HOT_HOT_LATE_H
#define LOAM_HOT_HOT_LATE_H

#include "hot/hot_ir.h"

// Behind all of LLVM's passes: they would move nothing more, and see no branch where there was one.
void hot_late_run(struct hot_build *build);

#endif
