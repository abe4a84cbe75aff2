// SPDX-License-Identifier: MIT
//
// hot_box.h: boxes that are not made; see hot_box.c.
#ifndef LOAM_HOT_HOT_BOX_H
#define LOAM_HOT_HOT_BOX_H

#include "hot/hot_ir.h"

// Replaces the markers of boxes in a module in which bodies are inlined and slots are values. False: there is a form of
// them that is not known here, and the module is of no use; or build->plan->failed.
bool hot_box_run(struct hot_build *build);

#endif
