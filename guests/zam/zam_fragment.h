// SPDX-License-Identifier: MIT
//
// zam_fragment.h: code pointers in marshalled data: a fragment of code by its MD5, and an offset in it.
#ifndef ZAM_FRAGMENT_H
#define ZAM_FRAGMENT_H

#include "zam_state.h"

// The function at a byte offset of the fragment with this digest; NULL when there is none. At a RESTART: the partial
// application whose closure has `closure_size` words.
struct zam_function *zam_fragment_find(struct zam_state *state, const uint8_t digest[16], uint64_t offset,
                                       uint64_t closure_size);

// The digest of a fragment, computed when it is first asked for.
const uint8_t *zam_fragment_digest(struct zam_code *code);

#endif
