// SPDX-License-Identifier: MIT
//
// pcode_pascal.h: the compiler of ISO 7185 Pascal, level 1, to extended P-code.
#ifndef PCODE_PASCAL_H
#define PCODE_PASCAL_H

#include "pcode_image.h"

// What is checked while the program runs; --checks takes some of these words away.
enum pascal_checks {
  PASCAL_CHECK_RANGES = 1,
  PASCAL_CHECK_UNDEFINED = 2,
  PASCAL_CHECK_POINTERS = 4,
  PASCAL_CHECK_ALL = 7
};

// The blocks of a program with all their names, for who watches it run.
struct pascal_names {
  struct arena memory;
  const struct pascal_block *blocks;
};

// Compiles a program; `names`, or NULL, gets its blocks, for the caller to free. Its errors are written to standard
// error: place, what was expected, what was found, and the line with a caret; then LOAM_ERR_INPUT is returned.
enum loam_err pcode_pascal_compile(const struct loam_source *source, unsigned checks, struct pcode_image *image,
                                   struct pascal_names *names, struct error *err);

#endif
