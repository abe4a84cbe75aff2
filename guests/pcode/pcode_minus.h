// SPDX-License-Identifier: MIT
//
// pcode_minus.h: the compiler of Pascal-, Brinch Hansen's subset of Pascal (On Pascal Compilers, 1985), to the
// 39-instruction machine. It makes the code his compiler makes, word for word, and reports errors with his texts.
#ifndef PCODE_MINUS_H
#define PCODE_MINUS_H

#include "pcode_mvp.h"

// What the blocks of a program and their variables are called. The names are in the program's text, which must live as
// long.
struct minus_block {
  const char *name;
  size_t name_length;
  int64_t label;
  uint32_t address;                   // of its Deb or DebP
  const struct minus_object *objects; // its names, newest first
  struct minus_block *next;
};
struct minus_names {
  struct arena memory; // for arena_fini
  struct minus_block *blocks;
};

// Compiles a program. When it has errors, they are written to standard error as lines "Line nnnn  TEXT", one for each
// line of the program that has any, and LOAM_ERR_INPUT is returned. `names`, if not NULL, is zero-initialised and gets
// the names.
enum loam_err pcode_minus_compile(const struct loam_source *source, struct mvp_image *image, struct minus_names *names,
                                  struct error *err);

// The variable or parameter of a block that has this displacement; NULL: none has.
const struct minus_object *pcode_minus_object_at(const struct minus_block *block, int64_t displacement);
// How many words it takes in the activation.
int64_t pcode_minus_object_words(const struct minus_object *object);
// Appends the name and the value, which lies at an address of a store of `limit` cells.
void pcode_minus_show(const struct minus_object *object, const int64_t *cells, int64_t limit, int64_t address,
                      struct text *out);

#endif
