// SPDX-License-Identifier: MIT
//
// zam_weak.h: ephemerons: blocks that hold keys weakly, and data as long as all keys live. Weak arrays are ephemerons
// without data.
#ifndef ZAM_WEAK_H
#define ZAM_WEAK_H

#include "zam_state.h"

// For the collector, when all that is reachable is known: keeps the data whose keys live, until nothing more follows.
void zam_weaks_keep(struct zam_state *state, struct weak_visitor *visit);
// Then: dead keys go, and data with them.
void zam_weaks_clean(struct zam_state *state, struct weak_visitor *visit);
void zam_weaks_free(struct zam_state *state);

#endif
