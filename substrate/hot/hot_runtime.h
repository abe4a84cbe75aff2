// SPDX-License-Identifier: MIT
//
// hot_runtime.h: the substrate's handlers that hot code jumps to, by name.
#ifndef LOAM_HOT_HOT_RUNTIME_H
#define LOAM_HOT_HOT_RUNTIME_H

#include "loam/guest.h"

extern const struct op_symbol hot_runtime_symbols[]; // ended by a NULL name

#endif
