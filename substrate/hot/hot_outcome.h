// SPDX-License-Identifier: MIT
//
// hot_outcome.h: whoever knows the outcome of a body goes where the test of it would send him; see hot_outcome.c.
#ifndef LOAM_HOT_HOT_OUTCOME_H
#define LOAM_HOT_HOT_OUTCOME_H

#include "hot/hot_ir.h"

// Behind the inlining of bodies, and before values take the place of slots.
void hot_outcome_run(struct hot_build *build);

#endif
