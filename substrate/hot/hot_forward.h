// SPDX-License-Identifier: MIT
//
// hot_forward.h: who reads a slot gets what was stored there last; see hot_forward.c.
#ifndef LOAM_HOT_HOT_FORWARD_H
#define LOAM_HOT_HOT_FORWARD_H

#include "hot/hot_ir.h"

// Before the bodies that have branches are inlined, and behind that. False: memory is out.
bool hot_forward_run(struct hot_build *build);

#endif
