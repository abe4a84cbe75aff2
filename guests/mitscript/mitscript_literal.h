// SPDX-License-Identifier: MIT
//
// mitscript_literal.h: which instructions make a record from a literal.
#ifndef MITSCRIPT_LITERAL_H
#define MITSCRIPT_LITERAL_H

#include "mitscript_image.h"
#include "mitscript_shape.h"

// A literal: one alloc_record, a dup for each field, then for each field what computes its value, and its field_store.
struct mit_literal {
  uint32_t alloc; // the alloc_record
  uint32_t field_count, stored;
  uint32_t stores[MIT_CAPACITY_MAX]; // the field_stores found so far, in their order
  uint32_t floor;                    // how many operands are below the record
  struct mit_literal *outer;         // whose field is being computed
  const struct mit_shape *shape;     // of the record with its fields; for who makes it
};

// How many fields the record that the alloc_record at `at` makes is going to get: compilers duplicate it once for each,
// with no way in between. `targets` says, by instruction, what something branches to.
uint32_t mit_literal_fields(const struct mit_function *function, const bool *targets, uint32_t at);

// Fills in, by instruction, the literal that an alloc_record, dup or field_store is part of; NULL for others. A literal
// whose fields nothing else can come between is found: nothing branches into it or out of it, and no instruction sees
// the record before it has all fields. False when memory is out.
bool mit_literals_find(const struct mit_function *function, const bool *targets, struct arena *arena,
                       struct mit_literal **by_insn);

#endif
