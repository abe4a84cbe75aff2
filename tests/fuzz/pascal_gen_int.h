// SPDX-License-Identifier: MIT
//
// pascal_gen_int.h: what the parts of the Pascal generator share: types, variables, routines. For its own files.
#ifndef PASCAL_GEN_INT_H
#define PASCAL_GEN_INT_H

#include "pascal_gen.h"

#define VALUE_MAX 9999 // what integer variables hold at most, and reals
enum pas_kind {
  PAS_INTEGER,
  PAS_BOOLEAN,
  PAS_CHAR,
  PAS_REAL,
  PAS_SMALL, // a subrange
  PAS_ENUM,
  PAS_SET,
  PAS_STRING, // packed array [1..8] of char
  PAS_ARRAY,
  PAS_RECORD
};

#define PAS_FIELDS_MAX 5
#define PAS_STRING_LENGTH 8
struct pas_type {
  enum pas_kind kind;
  char name[12];
  int low, high;                                 // of PAS_SMALL, PAS_ENUM; of PAS_ARRAY without an index type
  const struct pas_type *index;                  // of an array; the base of a set
  const struct pas_type *fields[PAS_FIELDS_MAX]; // fields[0]: an array's elements
  unsigned field_count;
};

struct pas_variable {
  char name[16];
  const struct pas_type *type;
  bool assignable;
};

// What a routine that may be passed looks like: these, in the order of their numbers.
enum pas_signature { PAS_TAKES_INTEGER, PAS_GIVES_INTEGER, PAS_CHANGES_INTEGER, PAS_SIGNATURES, PAS_NO_SIGNATURE };

struct pas_param {
  const struct pas_type *type; // NULL: a routine
  enum pas_signature signature;
  bool by_address;
};
#define PAS_PARAMS_MAX 4
struct pas_routine {
  char name[16];
  struct pas_param params[PAS_PARAMS_MAX];
  unsigned param_count;
  const struct pas_type *result; // NULL: a procedure
  enum pas_signature signature;
  bool pure; // uses its parameters only
};

#define PAS_TYPES_MAX 24
#define PAS_VARIABLES_MAX 200
#define PAS_ROUTINES_MAX 60
struct pas_generator {
  struct bytes *out;
  struct pas_options options;
  uint64_t state;
  struct pas_type types[PAS_TYPES_MAX];
  unsigned type_count;
  struct pas_variable variables[PAS_VARIABLES_MAX]; // what is declared around here, outermost first
  unsigned variable_count, block_start;             // where those of this block begin
  unsigned variable_first;                          // a pure function sees none before
  struct pas_routine routines[PAS_ROUTINES_MAX];
  unsigned routine_count;
  unsigned next_name, indent, level, loop_depth, index_depth, statements_left;
  bool pure;
};

// A number below `limit`, which is at least 1.
unsigned pas_below(struct pas_generator *gen, unsigned limit);
bool pas_one_in(struct pas_generator *gen, unsigned times);
bool pas_mistake(struct pas_generator *gen);
void pas_put(struct pas_generator *gen, const char *format, ...) __attribute__((format(printf, 2, 3)));
void pas_put_line_start(struct pas_generator *gen);

static inline bool pas_is_simple(const struct pas_type *type) { return type->kind <= PAS_ENUM; }
// The first type of a kind.
const struct pas_type *pas_type_of_kind(const struct pas_generator *gen, enum pas_kind kind);
const struct pas_type *pas_random_type(struct pas_generator *gen);

// pascal_gen_expression.c
enum pas_use { PAS_READ, PAS_ASSIGN, PAS_ADDRESS }; // PAS_ADDRESS: passed as a variable, so not a part of a packed one
// Writes a variable of the type, or a part of one. False, and nothing, when there is none.
bool pas_access(struct pas_generator *gen, const struct pas_type *type, enum pas_use use);
// An entire variable of the type that may be assigned; NULL when there is none.
const struct pas_variable *pas_pick_variable(struct pas_generator *gen, const struct pas_type *type);
void pas_expression(struct pas_generator *gen, const struct pas_type *type, unsigned depth);
// An integer from low to high.
void pas_within(struct pas_generator *gen, int low, int high, unsigned depth);
// A literal of a simple type, or of a set or string.
void pas_literal(struct pas_generator *gen, const struct pas_type *type);

// pascal_gen_statement.c
void pas_statements(struct pas_generator *gen, unsigned count);
// Statements that give every part of a variable a value, and that print every part.
void pas_initialise(struct pas_generator *gen, const char *path, const struct pas_type *type, unsigned depth);
void pas_print(struct pas_generator *gen, const char *path, const struct pas_type *type, unsigned depth);

#endif
