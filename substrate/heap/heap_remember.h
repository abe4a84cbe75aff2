// SPDX-License-Identifier: MIT
//
// heap_remember.h: the remembered set, as the plans see it. Mutators add to it with heap_remember of rt.h.
#ifndef LOAM_HEAP_HEAP_REMEMBER_H
#define LOAM_HEAP_HEAP_REMEMBER_H

#include "heap/heap_int.h"

// Sets the size of the set's area for a heap of at most `bytes_max`, before the space is reserved.
void heap_remember_plan_area(struct heap_remembered *set, size_t bytes_max);

// The remembered objects; the world is stopped.
struct ref *heap_remember_list(const struct heap *heap, size_t *count);

// Empties the set. The caller has set HEADER_OLD_CLEAN in those that live on.
void heap_remember_clear(struct heap *heap);

#endif
