// SPDX-License-Identifier: MIT
//
// zinc_value.h: the machine's registers, cells and code. Everything in the heap is a cell of three words: a closure
// (code and environment) and the next cell. Environment and stack are chains of cells, empty at 0; cells never change,
// so chains share their ends. Words with bit 0 set are no references:
//
//     code    the address of a struct zinc_code, | 1; | 3 in a marked closure, which waits for a value
//     number  n << 1 | 1, the environment of a number's closure
#ifndef ZINC_VALUE_H
#define ZINC_VALUE_H

#include "loam/guest.h"

#define ZINC_REF_MASK UINT64_C(1)
#define ZINC_MARK UINT64_C(2)
#define ZINC_CODE_MASK UINT64_C(3)
#define ZINC_STOPPED ((struct value){1})
#define ZINC_GOES_ON ((struct value){3})

enum zinc_tag { ZINC_TAG_CELL = 1 };
enum zinc_word { ZINC_CODE, ZINC_ENV, ZINC_NEXT, ZINC_CELL_WORDS };
#define ZINC_CELL_HEADER header_make(ZINC_TAG_CELL, ZINC_CELL_WORDS)

enum zinc_insn_kind { ZINC_ACCESS, ZINC_PUSH, ZINC_REDUCE, ZINC_GRAB, ZINC_GO_ON };

struct zinc_code;

// One instruction of a piece of code.
struct zinc_insn {
  enum zinc_insn_kind op;
  uint32_t index;               // ZINC_ACCESS
  uint32_t line, column;        // in the source
  const struct zinc_code *code; // ZINC_PUSH, ZINC_REDUCE: what they hold; ZINC_GO_ON
  const struct zinc_code *rest; // ZINC_REDUCE: what comes after it
  const char *name;             // ZINC_GRAB: the variable's in the source; "" when it has none
  struct zinc_insn *next;
};

// A piece of code: a GRAB begins one, and ends the one before it. Lives as long as the VM. The machine's own pieces
// (tick, count, number) have a name and no instructions.
struct zinc_code {
  uint32_t number; // c0, c1, ... in listings
  uint32_t insn_count;
  const char *name; // of the definition, or NULL
  struct zinc_insn *insns, **insns_end;
  const struct zinc_term *term; // to be compiled, or NULL
  struct method *method;
  struct zinc_code *next;
};

// A term to evaluate.
struct zinc_query {
  struct zinc_code *code;
  bool strict;  // it stands in a part of the text that is by value
  bool numeral; // print it as a number
  struct zinc_query *next;
};

// What a VM of this guest holds. `env` and `stack` are roots.
struct zinc_state {
  struct arena memory;
  const struct zinc_code *code;
  struct value env, stack;
  struct value going; // ZINC_STOPPED or ZINC_GOES_ON
  bool strict;        // applications are by value unless the text says otherwise
  struct zinc_code *codes, **codes_end;
  uint32_t code_count;
  struct zinc_code tick, count, number;
  struct zinc_query *queries;
};

enum zinc_error { ZINC_ERROR_MEMORY = 1, ZINC_ERROR_STACK, ZINC_ERROR_NUMERAL };

static inline struct value zinc_from_code(const void *code) { return (struct value){(uintptr_t)code | 1}; }
static inline struct value zinc_from_mark(const void *code) { return (struct value){(uintptr_t)code | 1 | ZINC_MARK}; }
static inline const struct zinc_code *zinc_code(struct value v) {
  return (const struct zinc_code *)(uintptr_t)(v.bits & ~ZINC_CODE_MASK);
}
static inline bool zinc_is_marked(struct value code) { return code.bits & ZINC_MARK; }
static inline struct value *zinc_cell(struct value v) { return object_fields(value_to_ref(v)); }
// Whether there is a closure on the stack, and it is an argument.
static inline bool zinc_is_plain(struct value stack) {
  return stack.bits && !zinc_is_marked(zinc_cell(stack)[ZINC_CODE]);
}
static inline struct value zinc_from_int(int64_t n) { return (struct value){(uint64_t)n << 1 | 1}; }
static inline int64_t zinc_to_int(struct value v) { return (int64_t)v.bits >> 1; }

MAY_THROW enum loam_status zinc_throw(struct mutator *th, enum zinc_error error);
// What the bodies of the instructions call; zinc.c.
MAY_GC MAY_THROW enum loam_status zinc_push(struct mutator *th, struct value code);
MAY_GC MAY_THROW enum loam_status zinc_grab(struct mutator *th);
// The closure of `self` and the environment is a value: gives it to the marked closure on top, or stops.
MAY_GC MAY_THROW enum loam_status zinc_give_back(struct mutator *th, const struct zinc_code *self);
MAY_GC MAY_THROW enum loam_status zinc_tick(struct mutator *th, const struct zinc_code *self);
MAY_THROW enum loam_status zinc_count(struct mutator *th);
MAY_GC MAY_THROW enum loam_status zinc_number(struct mutator *th, const struct zinc_code *self);

// Hooks of struct loam_guest: makes the methods of a program; lists its code.
enum loam_err zinc_load(struct vm *vm, const struct loam_source *source, struct method **loop, struct error *err);
enum loam_err zinc_disassemble(struct vm *vm, const struct loam_source *source, struct text *out, struct error *err);
bool zinc_trace(struct mutator *th, const struct op_info *op, uint32_t insn, struct text *line);
// Makes the method of one of the machine's own pieces, whose only instruction is `op`.
enum loam_err zinc_code_create_own(struct vm *vm, struct zinc_code *code, const char *name, uint16_t op,
                                   struct error *err);

// Appends the term that the closure of `code` and `env` is; variables of the environment are replaced by what they
// stand for. What is larger than a page ends with "...".
void zinc_print_term(const struct zinc_code *code, struct value env, bool strict, bool indices, struct text *out);
// Appends the instructions from the `skip`th on: PUSH(c1);GRAB;ACCESS(0).
void zinc_print_code(const struct zinc_code *code, uint32_t skip, struct text *out);

#endif
