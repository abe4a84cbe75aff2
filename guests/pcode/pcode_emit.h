// SPDX-License-Identifier: MIT
//
// pcode_emit.h: making code of the Pascal compiler's trees. A simple variable whose address nobody needs is a local of
// the substrate; all others lie in the store: the program's at fixed addresses, those of other blocks in the
// activation's cells, whose cell 0 is the static link. Values of simple types are words on the stack, those of others
// are given by an address.
#ifndef PCODE_EMIT_H
#define PCODE_EMIT_H

#include "pcode_ops.h"
#include "pcode_pascal_int.h"
#include "pcode_routine.h"

// Where a variable is. PLACE_STACK: its address is on the stack; PLACE_INDIRECT: in a local; `at` is added to both.
// PLACE_BYTE: an element that is a byte; its array's address and its index are on the stack.
struct emit_place {
  enum { PLACE_LOCAL, PLACE_PROGRAM, PLACE_FRAME, PLACE_STACK, PLACE_INDIRECT, PLACE_BYTE } kind;
  int64_t at;
  uint32_t local;
  int64_t low, high; // the array's bounds
};

struct emitter {
  struct pascal *p;
  struct pcode_image *image;
  struct pascal_block *block;
  struct pcode_code *code;
  struct pascal_place place; // of what is made code of
  uint32_t *labels;          // where each stands
  uint32_t label_count, label_capacity;
  uint32_t base, link;      // locals: the activation, the static link
  uint32_t local_count;     // in use; code->locals is the most
  int64_t frame, frame_max; // cells in use, and most
  bool framed;
  // Variables of the block that have a value wherever control is, newest last: they need no look before a load.
  struct pascal_symbol **defined;
  uint32_t defined_count, defined_capacity;
};

// pcode_emit.c
void pcode_emit(struct emitter *e, uint16_t op, int64_t a, int64_t b, int64_t c);
uint32_t pcode_emit_new_label(struct emitter *e);
void pcode_emit_label(struct emitter *e, uint32_t label);
uint32_t pcode_emit_new_local(struct emitter *e);
// Cells for a while; their address is pushed.
void pcode_emit_temporary(struct emitter *e, int64_t cells);
void pcode_emit_constant(struct emitter *e, int64_t value);
void pcode_emit_string(struct emitter *e, const char *bytes, int64_t length);
// Runs a routine of the library on the words that were pushed; its result is pushed.
void pcode_emit_routine(struct emitter *e, enum pcode_routine routine);
void pcode_emit_activation(struct emitter *e, unsigned level);
uint32_t pcode_emit_param_words(const struct pascal_symbol *symbol);

// A value was stored into the variable. What is so marked after `count` is not certain any more; or nothing that was
// marked is, at a label, where the places of the marks are kept for the parts that are still open.
void pcode_emit_define(struct emitter *e, const struct pascal_node *variable);
void pcode_emit_undefine(struct emitter *e, uint32_t count);
void pcode_emit_forget_defined(struct emitter *e);

// pcode_emit_place.c
struct emit_place pcode_emit_place(struct emitter *e, const struct pascal_node *node, bool writes);
// Whether the variable is an array whose elements are bytes, and how many cells it takes then.
bool pcode_emit_is_bytes(const struct pascal_symbol *symbol);
int64_t pcode_emit_byte_cells(const struct pascal_symbol *symbol);
struct emit_place pcode_emit_symbol_place(struct emitter *e, const struct pascal_symbol *symbol);
void pcode_emit_address(struct emitter *e, struct emit_place place);
void pcode_emit_load(struct emitter *e, struct emit_place place);
// Around the value: what has to be on the stack below it, and the store.
struct emit_place pcode_emit_prepare(struct emitter *e, struct emit_place place);
void pcode_emit_store(struct emitter *e, struct emit_place place);
// The word of a parameter: an address, a bound, a routine's number or link (`word` 1).
void pcode_emit_symbol_word(struct emitter *e, const struct pascal_symbol *symbol, int64_t word);
void pcode_emit_conformant_size(struct emitter *e, const struct pascal_type *type);

// pcode_emit_value.c
void pcode_emit_value(struct emitter *e, const struct pascal_node *node);
void pcode_emit_jump_unless(struct emitter *e, const struct pascal_node *condition, uint32_t label);
void pcode_emit_jump_if(struct emitter *e, const struct pascal_node *condition, uint32_t label);
// Checks that the value on the stack, which `from` was made of, fits the type.
void pcode_emit_check(struct emitter *e, const struct pascal_type *type, const struct pascal_node *from,
                      enum pcode_error error);
// Whether that check is superfluous or not wanted.
bool pcode_emit_fits(const struct emitter *e, const struct pascal_type *type, const struct pascal_node *from);
// pcode_emit_call.c
void pcode_emit_call(struct emitter *e, const struct pascal_node *node);
void pcode_emit_standard(struct emitter *e, const struct pascal_node *node);
void pcode_emit_library(struct emitter *e, const struct pascal_node *node); // a standard procedure
// pcode_emit_statement.c
void pcode_emit_statement(struct emitter *e, const struct pascal_node *node);
void pcode_emit_assign(struct emitter *e, const struct pascal_node *variable, const struct pascal_node *value);

#endif
