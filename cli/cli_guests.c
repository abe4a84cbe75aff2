// SPDX-License-Identifier: MIT
//
// cli_guests.c: the list of built-in guests, made of guests.def. It is part of the library as well as of the command:
// the substrate names no guest, so the list stands above both.
#include "loam/guest.h"
#include "loam/loam.h"

#include <string.h>

#define GUEST(symbol) extern const struct loam_guest symbol;
#include "guests.def"
#undef GUEST

#define GUEST(symbol) &symbol,
static const struct loam_guest *const guests[] = {
#include "guests.def"
    NULL};
#undef GUEST

const struct loam_guest *loam_guest_at(size_t index) { return index < COUNT_OF(guests) - 1 ? guests[index] : NULL; }

const struct loam_guest *loam_guest_find(const char *name) {
  for (size_t i = 0; guests[i]; i++)
    if (strcmp(guests[i]->name, name) == 0) return guests[i];
  return NULL;
}
