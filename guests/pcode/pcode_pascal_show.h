// SPDX-License-Identifier: MIT
//
// pcode_pascal_show.h: variables of Pascal as a reader of the program knows them: names, types, values.
#ifndef PCODE_PASCAL_SHOW_H
#define PCODE_PASCAL_SHOW_H

#include "pcode_pascal_int.h"

// An activation of a block.
struct pascal_activation {
  const struct pcode_state *state;
  const struct value *locals;
  int64_t cells; // where its cells are; -1: it has none, or not yet
};

// Appends "NAME: TYPE = VALUE", of a variable parameter with the address between them.
void pcode_pascal_show(const struct pascal_symbol *symbol, const struct pascal_activation *activation,
                       struct text *out);
// The cell of a variable that has one now, or -1.
int64_t pcode_pascal_cell(const struct pascal_symbol *symbol, const struct pascal_activation *activation);

#endif
