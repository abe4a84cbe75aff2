// SPDX-License-Identifier: MIT
//
// zam_start.h: running the outermost code.
#ifndef ZAM_START_H
#define ZAM_START_H

#include "zam_state.h"

#include "loam/rt.h"

// Runs the program's outermost code to its end.
MAY_GC MAY_THROW enum loam_status zam_start_run(struct mutator *th);

#endif
