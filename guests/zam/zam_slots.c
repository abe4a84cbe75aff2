// SPDX-License-Identifier: MIT
//
// zam_slots.c: a set of addresses. See zam_slots.h.
#include "zam_slots.h"

#include <string.h>

enum { FREE = 0, FREED = 1, ROOM_MIN = 64, ROOM_KEPT = 4096 }; // a power of two each

// The place of an address, or the free one where it would stand.
static size_t place_of(const struct zam_slots *slots, uintptr_t address) {
  ASSERT(slots->used < slots->room, "zam.I19: %zu addresses are in a set of %zu places, none of them free", slots->used,
         slots->room);
  size_t at = (size_t)((address >> 3) * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (slots->room - 1);
  while (slots->table[at] != FREE && slots->table[at] != address) at = (at + 1) & (slots->room - 1);
  return at;
}

static bool resize(struct zam_slots *slots, size_t room) {
  struct zam_slots larger = {mem_alloc_zero(room, sizeof *slots->table), slots->count, slots->count, room};
  if (!larger.table) return false;
  for (size_t i = 0; i < slots->room; i++)
    if (slots->table[i] > FREED) larger.table[place_of(&larger, slots->table[i])] = slots->table[i];
  ASSERT((room & (room - 1)) == 0 && 2 * slots->count <= room, "zam.I19: %zu addresses move to a set of %zu places",
         slots->count, room);
  mem_free(slots->table);
  *slots = larger;
  return true;
}

bool zam_slots_add(struct zam_slots *slots, struct value *slot) {
  ASSERT((uintptr_t)slot > FREED && slots->count <= slots->used,
         "zam.I19: the address %p is added to %zu in %zu places", (void *)slot, slots->count, slots->used);
  if (2 * (slots->used + 1) > slots->room) { // at most half of it is in use; places that were freed come back
    size_t room = slots->room ? slots->room : ROOM_MIN;
    while (4 * (slots->count + 1) > room) room *= 2;
    if (!resize(slots, room)) return false;
  }
  uintptr_t *place = &slots->table[place_of(slots, (uintptr_t)slot)];
  if (*place != FREE) return true;
  *place = (uintptr_t)slot;
  slots->count++;
  slots->used++;
  ASSERT(2 * slots->used <= slots->room, "zam.I19: %zu of %zu places are in use", slots->used, slots->room);
  return true;
}

void zam_slots_remove(struct zam_slots *slots, struct value *slot) {
  if (!slots->room) return;
  uintptr_t *place = &slots->table[place_of(slots, (uintptr_t)slot)];
  if (*place == FREE) return;
  *place = FREED;
  ASSERT(slots->count, "zam.I19: %p is taken from an empty set", (void *)slot);
  slots->count--;
}

void zam_slots_visit(const struct zam_slots *slots, struct root_visitor *visit) {
  for (size_t i = 0; slots->count && i < slots->room; i++)
    if (slots->table[i] > FREED) visit->slot(visit, (struct value *)slots->table[i]);
}

void zam_slots_clear(struct zam_slots *slots) {
  if (slots->room > ROOM_KEPT) {
    mem_free(slots->table);
    *slots = (struct zam_slots){0};
  } else if (slots->used) {
    memset(slots->table, 0, slots->room * sizeof *slots->table);
    slots->count = slots->used = 0;
  }
}
