// SPDX-License-Identifier: MIT
//
// zam_slots.h: a set of addresses of values outside frames and objects' own scanning: what C code registers as roots,
// and fields that it stored into. An open hash table: C code may register thousands, and takes them back in any order.
#ifndef ZAM_SLOTS_H
#define ZAM_SLOTS_H

#include "loam/rt.h"

// Zero-initialise.
struct zam_slots {
  uintptr_t *table; // of `room` places: 0 free, 1 freed, else the address
  size_t count, used, room;
};

// False when memory is out.
bool zam_slots_add(struct zam_slots *slots, struct value *slot);
void zam_slots_remove(struct zam_slots *slots, struct value *slot);
void zam_slots_visit(const struct zam_slots *slots, struct root_visitor *visit);
// Forgets all, and gives a large table back.
void zam_slots_clear(struct zam_slots *slots);

#endif
