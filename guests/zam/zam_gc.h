// SPDX-License-Identifier: MIT
//
// zam_gc.h: module Gc's control record.
#ifndef ZAM_GC_H
#define ZAM_GC_H

#include "zam_state.h"

// The record as OCaml's own runtime starts with it.
void zam_gc_reset(struct zam_state *state);

#endif
