// SPDX-License-Identifier: MIT
//
// fuzz_bytecode.c: writes random instructions while it keeps a model of the operand stack: 'v' a value, 'r' a
// reference, 'f' a bare function. An instruction is chosen among those the model allows; once in a while any
// instruction with any operand is written, to see it refused. Jumps go forward over a few instructions that leave the
// stack as it was, and back to earlier places of the same depth, so that joins usually fit.
#include "fuzz_bytecode.h"

#include <string.h>

#define STACK_MAX 12
#define PLACES_MAX 24

struct writer {
  uint64_t *state;
  struct bytes *out;
  unsigned locals, refs, frees, functions, inner_frees, level;
  char stack[STACK_MAX]; // bottom first
  unsigned depth, written;
  unsigned places[PLACES_MAX], place_count; // instructions where the stack was empty
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
// Whether the top of the stack is these kinds, the last one on top.
static bool top_is(const struct writer *writer, const char *kinds) {
  size_t count = strlen(kinds);
  return writer->depth >= count && memcmp(writer->stack + writer->depth - count, kinds, count) == 0;
}

#define CONSTANT_COUNT 9
static const char constants[] = "None, true, false, 0, 1, -1, 2147483647, \"name\", \"3\"";
#define NAME_COUNT 4

static void put_value(struct writer *writer) {
  switch (below(writer, 5)) {
  case 0: put(writer, "alloc_record"); break;
  case 1: put_number(writer, "load_global", (int)below(writer, NAME_COUNT)); break;
  case 2:
    if (writer->locals) {
      put_number(writer, "load_local", (int)below(writer, writer->locals));
      break;
    }
    [[fallthrough]];
  default: put_number(writer, "load_const", (int)below(writer, CONSTANT_COUNT));
  }
  push(writer, 'v');
}

// load_func, its references and alloc_closure. All inner functions have the same number of free variables.
static void put_closure(struct writer *writer) {
  if (writer->functions == 0 || (writer->inner_frees && writer->refs + writer->frees == 0)) {
    put_value(writer);
    return;
  }
  put_number(writer, "load_func", (int)(below(writer, writer->functions) + (writer->level == 0 ? 3 : 0)));
  for (unsigned i = 0; i < writer->inner_frees; i++)
    put_number(writer, "push_ref", (int)below(writer, writer->refs + writer->frees));
  put_number(writer, "alloc_closure", (int)writer->inner_frees);
  push(writer, 'v');
}

static void put_two_operands(struct writer *writer) {
  static const char *const ops[] = {"add", "sub", "mul", "div", "gt", "geq", "eq", "and", "or", "index_load"};
  put(writer, ops[below(writer, sizeof ops / sizeof *ops)]);
  writer->depth--;
}

static void put_anything(struct writer *writer) {
  static const char *const plain[] = {"load_ref", "store_ref", "alloc_record", "index_load", "index_store",
                                      "return",   "add",       "eq",           "and",        "not",
                                      "neg",      "dup",       "swap",         "pop"};
  static const char *const numbered[] = {"load_const", "load_func",  "load_local",  "store_local",
                                         "push_ref",   "field_load", "field_store", "alloc_closure",
                                         "call",       "goto",       "if"};
  int operand = below(writer, 4) ? (int)below(writer, 6) : (int)below(writer, 3000) - 1500;
  if (below(writer, 2))
    put(writer, plain[below(writer, sizeof plain / sizeof *plain)]);
  else
    put_number(writer, numbered[below(writer, sizeof numbered / sizeof *numbered)], operand);
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

static void put_on_values(struct writer *writer) {
  switch (below(writer, 9)) {
  case 0: put(writer, "pop"), writer->depth--; break;
  case 1:
    if (writer->depth + 1 < STACK_MAX) put(writer, "dup"), push(writer, 'v');
    break;
  case 2: put(writer, below(writer, 2) ? "not" : "neg"); break;
  case 3: put_number(writer, "field_load", (int)below(writer, NAME_COUNT)); break;
  case 4: put_number(writer, "store_global", (int)below(writer, NAME_COUNT)), writer->depth--; break;
  case 5: put_number(writer, "call", 0); break;
  case 6:
    if (writer->locals) put_number(writer, "store_local", (int)below(writer, writer->locals)), writer->depth--;
    break;
  case 7:
    if (top_is(writer, "vv")) put(writer, "swap");
    break;
  default:
    if (top_is(writer, "vvv"))
      put(writer, "index_store"), writer->depth -= 3;
    else if (top_is(writer, "vv"))
      put_two_operands(writer);
  }
}

static void put_instruction(struct writer *writer) {
  if (writer->depth == 0 && writer->place_count < PLACES_MAX) writer->places[writer->place_count++] = writer->written;
  if (below(writer, 150) == 0)
    put_anything(writer);
  else if (writer->depth + 1 >= STACK_MAX)
    put(writer, "pop"), writer->depth--;
  else if (below(writer, 8) == 0)
    put_branch(writer);
  else if (below(writer, 5) == 0 && writer->refs + writer->frees) {
    put_number(writer, "push_ref", (int)below(writer, writer->refs + writer->frees));
    if (below(writer, 2))
      put(writer, "load_ref"), push(writer, 'v');
    else
      put_number(writer, "load_const", (int)below(writer, CONSTANT_COUNT)), put(writer, "store_ref");
  } else if (writer->depth == 0 || below(writer, 5) < 2) {
    if (below(writer, 4) == 0)
      put_closure(writer);
    else
      put_value(writer);
  } else if (below(writer, 6) == 0 && top_is(writer, "vv")) {
    if (below(writer, 2))
      put_number(writer, "field_store", (int)below(writer, NAME_COUNT)), writer->depth -= 2;
    else
      put_number(writer, "call", 1), writer->depth--;
  } else
    put_on_values(writer);
}

static void put_names(struct bytes *out, const char *field, const char *prefix, unsigned count) {
  bytes_printf(out, "  %s = [", field);
  for (unsigned i = 0; i < count; i++) bytes_printf(out, "%s%s%u", i ? ", " : "", prefix, i);
  bytes_add_text(out, "],\n");
}

static void put_function(uint64_t *state, struct bytes *out, unsigned level, unsigned frees) {
  struct writer writer = {.state = state, .out = out, .level = level, .frees = frees};
  writer.functions = level < 2 ? below(&writer, 3) : 0;
  writer.inner_frees = below(&writer, 3);
  writer.locals = below(&writer, 4);
  writer.refs = below(&writer, writer.locals + 1);
  if (level == 0) writer.locals = writer.refs = 0;
  if (writer.refs + frees == 0) writer.inner_frees = 0;
  unsigned params = level && writer.locals ? below(&writer, 2) : 0;
  bytes_add_text(out, "function {\n  functions = [");
  if (level == 0)
    bytes_add_text(out, "function { parameter_count = 1 }, function { }, function { parameter_count = 1 }");
  for (unsigned i = 0; i < writer.functions; i++) {
    if (i || level == 0) bytes_add_text(out, ", ");
    put_function(state, out, level + 1, writer.inner_frees);
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
  for (unsigned i = 2 + below(&writer, 25); i > 0; i--) put_instruction(&writer);
  if (level) put_number(&writer, "load_const", 0), put(&writer, "return");
  bytes_add_text(out, "  ]\n}");
}

void bytecode_program(uint64_t *state, struct bytes *out) {
  put_function(state, out, 0, 0);
  bytes_add_text(out, "\n");
}
