// SPDX-License-Identifier: MIT
//
// zam_symbols.h: the names of a program's globals, as section SYMB has them for the toplevel and Dynlink.
#ifndef ZAM_SYMBOLS_H
#define ZAM_SYMBOLS_H

#include "zam_image.h"
#include "zam_state.h"

struct zam_symbols {
  const char **names; // by global; NULL where it has none. Both they and the names live as long as the VM
  uint32_t count;
};

// Reads the section; what isn't there, or is malformed, has no names.
MAY_GC void zam_symbols_read(struct mutator *th, const struct zam_section *section, struct zam_symbols *symbols);

#endif
