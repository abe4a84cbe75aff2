// SPDX-License-Identifier: MIT
//
// hot_remake.h: making what hot code did without; see hot_remake.c.
#ifndef LOAM_HOT_HOT_REMAKE_H
#define LOAM_HOT_HOT_REMAKE_H

#include "loam/rt.h"

// Hot code calls it on its way out: the word at `word` is to be put into a box. NULL: the operand on top, which is in a
// register. Words with the same `object` are of one object.
void hot_note_unboxed(struct mutator *th, struct value *word, uint64_t header, uint64_t type, uint64_t object);

// Makes the boxes and objects that the frames between `lowest` and the mutator's sp, which are published, lack. `top`
// is where the operand on top is; NULL: there is none, though a place that shares its exit with others has noted one.
// THROWN: there is no memory, and some of the frames' values are lost, but no handler in them will see that.
MAY_GC MAY_THROW enum loam_status hot_remake(struct mutator *th, struct value *lowest, struct value *top);

#endif
