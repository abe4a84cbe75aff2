// SPDX-License-Identifier: MIT
//
// mitscript_gen_int.h: what the two halves of the generator share: kinds, variables, functions under construction.
// For the generator's own files.
#ifndef MITSCRIPT_GEN_INT_H
#define MITSCRIPT_GEN_INT_H

#include "mitscript_gen.h"

// What the generator knows of a value. A record type or a signature goes with KIND_RECORD and KIND_FUNCTION.
enum kind { KIND_INT, KIND_BOOL, KIND_STRING, KIND_RECORD, KIND_ARRAY, KIND_DICT, KIND_FUNCTION, KIND_COUNT };

struct type {
  enum kind kind;
  unsigned detail; // index of the record type or the signature
};

#define FIELDS_MAX 5
struct record_type {
  unsigned field_count;
  struct type fields[FIELDS_MAX]; // record types in it have lower indices, so that no record contains its own type
  unsigned length;                // its text at most
};

#define PARAMS_MAX 4
struct signature {
  unsigned param_count;
  struct type params[PARAMS_MAX], result;
};

// A variable as one function sees it. Inner functions look outwards, as the language does.
struct variable {
  char name[12];
  struct type type;
  unsigned length; // the text of a string in it at most
  bool assignable; // in the function that has this entry
  bool counter;    // a loop's counter: only read
};

#define VARIABLES_MAX 120
struct function_scope {
  struct variable variables[VARIABLES_MAX];
  unsigned count;
  bool top;
  struct signature signature;
  char self[12]; // the name it can call itself by, or ""
  struct function_scope *outer;
};

#define RECORD_TYPES 5
#define SIGNATURES 6
// Strings that are built on are at most about so long; others are shorter (LENGTH_VALUE).
#define LENGTH_GROWING 40000
#define LENGTH_VALUE 64
#define LENGTH_EXPRESSION 2000

struct generator {
  struct bytes *out;
  struct gen_options options;
  uint64_t state;
  struct function_scope *scope;
  struct record_type records[RECORD_TYPES];
  struct signature signatures[SIGNATURES];
  unsigned next_name, indent, loop_depth, function_depth;
  unsigned statements_left;
};

// A number below `limit`, which is at least 1.
unsigned gen_below(struct generator *gen, unsigned limit);
bool gen_one_in(struct generator *gen, unsigned times);
void gen_put(struct generator *gen, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct type gen_random_type(struct generator *gen, bool functions);
bool gen_same_type(struct type a, struct type b);
// The longest text a value of this type can have, when strings in it keep to LENGTH_VALUE.
unsigned gen_type_length(const struct generator *gen, struct type type);

// The variable that `name` means in the current function; NULL when there is none.
const struct variable *gen_lookup(const struct generator *gen, const char *name);
// A random visible variable of the type; NULL when there is none.
const struct variable *gen_pick_variable(struct generator *gen, struct type type);

// Writes an expression of the type and returns its text's length at most. `depth` bounds its nesting.
unsigned gen_expression(struct generator *gen, struct type type, unsigned depth);
// The same with a limit on the length.
unsigned gen_expression_within(struct generator *gen, struct type type, unsigned depth, unsigned length_max);
// Writes a function literal of the signature (mitscript_gen.c); `self` is the name of the variable that will hold it.
void gen_function(struct generator *gen, unsigned signature, const char *self);

#endif
