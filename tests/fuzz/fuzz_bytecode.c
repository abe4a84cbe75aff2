// SPDX-License-Identifier: MIT
//
// fuzz_bytecode.c: writes random instructions while it keeps a model of the operand stack: 'i' an integer, 'b' a
// Boolean, 's' a string, 'o' a record, 'v' any value. An instruction is chosen among those that suit the model, so that
// programs pass the verifier and run for a while; once in a while any instruction with any operand is written, to see
// it refused. Jumps go forward over a few instructions that leave the stack as it was, and back to earlier places of
// the same depth, so that joins fit.
#include "fuzz_bytecode.h"

#include <string.h>

#define STACK_MAX 12
#define PLACES_MAX 24

struct writer {
  uint64_t *state;
  struct bytes *out;
  bool ends;
  unsigned locals, refs, frees, functions, inner_frees, level;
  char stack[STACK_MAX]; // bottom first
  unsigned depth, written;
  unsigned places[PLACES_MAX], place_count; // instructions where the stack was empty
  unsigned params[4];                       // of the inner functions
};

static unsigned below(struct writer *writer, unsigned limit) {
  uint64_t z = *writer->state += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return (unsigned)((z ^ z >> 31) % limit);
}

static void put(struct writer *writer, const char *mnemonic) {
  bytes_printf(writer->out, "    %s\n", mnemonic);
  writer->written++;
}
static void put_number(struct writer *writer, const char *mnemonic, int operand) {
  bytes_printf(writer->out, "    %s %d\n", mnemonic, operand);
  writer->written++;
}
static void push(struct writer *writer, char kind) {
  if (writer->depth < STACK_MAX) writer->stack[writer->depth++] = kind;
}
#define CONSTANT_COUNT 9
static const char constants[] = "None, true, false, 0, 1, -1, 2147483647, \"name\", \"3\"";
#define NAME_COUNT 4

static void put_constant(struct writer *writer) {
  static const char kinds[] = "vbbiiiiss"; // of the constants
  unsigned index = below(writer, CONSTANT_COUNT);
  put_number(writer, "load_const", (int)index);
  push(writer, kinds[index]);
}

static void put_value(struct writer *writer) {
  unsigned form = below(writer, 6);
  if (form == 0)
    put(writer, "alloc_record"), push(writer, 'o');
  else if (form == 1)
    put_number(writer, "load_global", (int)below(writer, NAME_COUNT)), push(writer, 'v');
  else if (form == 2 && writer->locals)
    put_number(writer, "load_local", (int)below(writer, writer->locals)), push(writer, 'v');
  else
    put_constant(writer);
}

// Makes a closure of an inner function and calls it. All of them have the same number of free variables.
static void put_closure_call(struct writer *writer) {
  unsigned refs = writer->refs + writer->frees;
  if (writer->functions == 0 || (writer->inner_frees && refs == 0) || writer->depth + 4 > STACK_MAX) {
    put_value(writer);
    return;
  }
  unsigned index = below(writer, writer->functions), before = writer->depth;
  put_number(writer, "load_func", (int)(index + (writer->level == 0 ? 3 : 0)));
  for (unsigned i = 0; i < writer->inner_frees; i++) put_number(writer, "push_ref", (int)below(writer, refs));
  put_number(writer, "alloc_closure", (int)writer->inner_frees);
  push(writer, 'v');
  if (below(writer, 4) == 0) return;
  for (unsigned i = 0; i < writer->params[index]; i++) put_value(writer);
  put_number(writer, "call", (int)writer->params[index]);
  writer->depth = before;
  push(writer, 'v');
}

static void put_anything(struct writer *writer) {
  static const char *const plain[] = {"load_ref", "store_ref", "alloc_record", "index_load", "index_store",
                                      "return",   "add",       "eq",           "and",        "not",
                                      "neg",      "dup",       "swap",         "pop"};
  static const char *const numbered[] = {"load_const", "load_func",  "load_local",  "store_local",
                                         "push_ref",   "field_load", "field_store", "alloc_closure",
                                         "call",       "goto",       "if"};
  int operand = below(writer, 4) ? (int)below(writer, 6) : (int)below(writer, 3000) - 1500;
  unsigned index = below(writer, sizeof numbered / sizeof *numbered);
  bool jump = index + 2 >= sizeof numbered / sizeof *numbered;
  if (jump && writer->ends && operand < 1) operand = 1 - operand;
  if (below(writer, 2))
    put(writer, plain[below(writer, sizeof plain / sizeof *plain)]);
  else
    put_number(writer, numbered[index], operand);
}

// A few instructions that begin and end with the same stack, skipped or not.
static void put_branch(struct writer *writer) {
  put_number(writer, "load_const", 1 + (int)below(writer, 2));
  put_number(writer, "if", 3);
  put_number(writer, "load_const", (int)below(writer, CONSTANT_COUNT));
  put(writer, "pop");
  if (writer->depth == 0 && writer->place_count && below(writer, 2)) {
    unsigned to = writer->places[below(writer, writer->place_count)];
    put_number(writer, "load_const", 2); // false: the loop is there, and not taken
    put_number(writer, "if", (int)to - (int)writer->written);
  }
}

static char top_kind(const struct writer *writer, unsigned below_top) {
  return writer->depth > below_top ? writer->stack[writer->depth - 1 - below_top] : ' ';
}

// Takes `count` operands and pushes one of `kind` (' ': none).
static void put_taking(struct writer *writer, const char *mnemonic, unsigned count, char kind) {
  put(writer, mnemonic);
  writer->depth -= count;
  if (kind != ' ') push(writer, kind);
}
static void put_taking_name(struct writer *writer, const char *mnemonic, unsigned count, char kind) {
  put_number(writer, mnemonic, (int)below(writer, NAME_COUNT));
  writer->depth -= count;
  if (kind != ' ') push(writer, kind);
}

static bool put_on_record(struct writer *writer) {
  if (top_kind(writer, 2) == 'o' && below(writer, 2))
    put_taking(writer, "index_store", 3, ' ');
  else if (top_kind(writer, 1) == 'o' && below(writer, 2))
    put_taking_name(writer, "field_store", 2, ' ');
  else if (top_kind(writer, 1) == 'o')
    put_taking(writer, "index_load", 2, 'v');
  else if (top_kind(writer, 0) == 'o' && below(writer, 3) == 0)
    put_taking_name(writer, "field_load", 1, 'v');
  else
    return false;
  return true;
}

static bool put_on_numbers(struct writer *writer) {
  static const char *const arithmetic[] = {"add", "sub", "mul", "div"};
  char top = top_kind(writer, 0), next = top_kind(writer, 1);
  if (top == 'i' && next == 'i')
    below(writer, 2) ? put_taking(writer, arithmetic[below(writer, 12) ? below(writer, 3) : 3], 2, 'i')
                     : put_taking(writer, below(writer, 2) ? "gt" : "geq", 2, 'b');
  else if (top == 'b' && next == 'b')
    put_taking(writer, below(writer, 2) ? "and" : "or", 2, 'b');
  else if (next != ' ' && (top == 's' || next == 's'))
    put_taking(writer, "add", 2, 's');
  else if (top == 'i')
    put_taking(writer, "neg", 1, 'i');
  else if (top == 'b')
    put_taking(writer, "not", 1, 'b');
  else
    return false;
  return true;
}

static void put_on_any(struct writer *writer) {
  unsigned form = below(writer, 6);
  char top = top_kind(writer, 0), next = top_kind(writer, 1);
  if (form == 0 && writer->depth + 1 < STACK_MAX)
    put(writer, "dup"), push(writer, top);
  else if (form == 1 && writer->locals)
    put_number(writer, "store_local", (int)below(writer, writer->locals)), writer->depth--;
  else if (form == 2 && next != ' ') {
    put(writer, "swap");
    writer->stack[writer->depth - 1] = next;
    writer->stack[writer->depth - 2] = top;
  } else if (form == 3 && next != ' ')
    put_taking(writer, "eq", 2, 'b');
  else if (form == 4 && writer->depth + 2 < STACK_MAX) { // print it
    put_number(writer, "load_global", 0);
    put(writer, "swap");
    put_number(writer, "call", 1);
    writer->stack[writer->depth - 1] = 'v';
  } else if (form == 5)
    put_number(writer, "store_global", 1 + (int)below(writer, NAME_COUNT - 1)), writer->depth--;
  else
    put_taking(writer, "pop", 1, ' ');
}

static void put_reference(struct writer *writer) {
  put_number(writer, "push_ref", (int)below(writer, writer->refs + writer->frees));
  if (below(writer, 2))
    put(writer, "load_ref"), push(writer, 'v');
  else
    put_number(writer, "load_const", (int)below(writer, CONSTANT_COUNT)), put(writer, "store_ref");
}

static void put_instruction(struct writer *writer) {
  if (writer->depth == 0 && writer->place_count < PLACES_MAX) writer->places[writer->place_count++] = writer->written;
  if (below(writer, 300) == 0)
    put_anything(writer);
  else if (writer->depth + 1 >= STACK_MAX)
    put_taking(writer, "pop", 1, ' ');
  else if (below(writer, 8) == 0)
    put_branch(writer);
  else if (below(writer, 5) == 0 && writer->refs + writer->frees)
    put_reference(writer);
  else if (writer->depth == 0 || below(writer, 5) < 2)
    below(writer, 4) ? put_value(writer) : put_closure_call(writer);
  else if (below(writer, 3) == 0 || (!put_on_record(writer) && !put_on_numbers(writer)))
    put_on_any(writer);
}

static void put_names(struct bytes *out, const char *field, const char *prefix, unsigned count) {
  bytes_printf(out, "  %s = [", field);
  for (unsigned i = 0; i < count; i++) bytes_printf(out, "%s%s%u", i ? ", " : "", prefix, i);
  bytes_add_text(out, "],\n");
}

// Returns the number of parameters.
static unsigned put_function(uint64_t *state, bool ends, struct bytes *out, unsigned level, unsigned frees) {
  struct writer writer = {.state = state, .ends = ends, .out = out, .level = level, .frees = frees};
  writer.functions = level < 2 ? below(&writer, 3) : 0;
  writer.inner_frees = below(&writer, 3);
  writer.locals = below(&writer, 4);
  writer.refs = below(&writer, writer.locals + 1);
  if (level == 0) writer.locals = writer.refs = 0;
  if (writer.refs + frees == 0) writer.inner_frees = 0;
  unsigned params = level ? below(&writer, writer.locals + 1) : 0;
  bytes_add_text(out, "function {\n  functions = [");
  if (level == 0)
    bytes_add_text(out, "function { parameter_count = 1 }, function { }, function { parameter_count = 1 }");
  for (unsigned i = 0; i < writer.functions; i++) {
    if (i || level == 0) bytes_add_text(out, ", ");
    writer.params[i] = put_function(state, ends, out, level + 1, writer.inner_frees);
  }
  bytes_printf(out, "],\n  constants = [%s],\n  parameter_count = %u,\n", constants, params);
  put_names(out, "local_vars", "l", writer.locals);
  put_names(out, "local_ref_vars", "l", writer.refs);
  put_names(out, "free_vars", "x", frees);
  put_names(out, "names", "n", NAME_COUNT);
  bytes_add_text(out, "  instructions = [\n");
  for (unsigned i = 0; level == 0 && i < 3; i++) {
    put_number(&writer, "load_func", (int)i);
    put_number(&writer, "alloc_closure", 0);
    put_number(&writer, "store_global", (int)i);
  }
  if (level == 0) put_number(&writer, "load_const", 4), put_number(&writer, "store_global", 3);
  writer.depth = 0;
  for (unsigned i = 2 + below(&writer, 40); i > 0; i--) put_instruction(&writer);
  if (level) put_number(&writer, "load_const", 0), put(&writer, "return");
  bytes_add_text(out, "  ]\n}");
  return params;
}

void bytecode_program(uint64_t *state, bool ends, struct bytes *out) {
  put_function(state, ends, out, 0, 0);
  bytes_add_text(out, "\n");
}
