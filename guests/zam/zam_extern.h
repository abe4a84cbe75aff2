// SPDX-License-Identifier: MIT
//
// zam_extern.h: writing marshalled values.
#ifndef ZAM_EXTERN_H
#define ZAM_EXTERN_H

#include "zam_state.h"

enum zam_marshal_flag { ZAM_NO_SHARING = 1, ZAM_CLOSURES = 2, ZAM_COMPAT_32 = 4 };

// Appends the value, with its header, to a text. THROWN when it can't be marshalled.
MAY_THROW enum loam_status zam_extern(struct mutator *th, struct value v, unsigned flags, struct text *out);

#endif
