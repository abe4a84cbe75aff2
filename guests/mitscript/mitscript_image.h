// SPDX-License-Identifier: MIT
//
// mitscript_image.h: a program in the course's bytecode, in memory: what the compiler makes, the text reader makes, the
// printer prints and the loader lowers.
//
// An image is as written, not as verified: operands may be out of range and jumps may lead nowhere. Everything lives in
// the image's arena; strings and names are copies, so the source may go. Functions nest as deep as they like: `all`
// lists them, inner ones first, so that nobody needs to recurse.
#ifndef MITSCRIPT_IMAGE_H
#define MITSCRIPT_IMAGE_H

#include "mitscript_scan.h"

// The instructions, in the order of the specification's table.
enum mit_opcode {
  MIT_LOAD_CONST,
  MIT_LOAD_FUNC,
  MIT_LOAD_LOCAL,
  MIT_STORE_LOCAL,
  MIT_LOAD_GLOBAL,
  MIT_STORE_GLOBAL,
  MIT_PUSH_REF,
  MIT_LOAD_REF,
  MIT_STORE_REF,
  MIT_ALLOC_RECORD,
  MIT_FIELD_LOAD,
  MIT_FIELD_STORE,
  MIT_INDEX_LOAD,
  MIT_INDEX_STORE,
  MIT_ALLOC_CLOSURE,
  MIT_CALL,
  MIT_RETURN,
  MIT_ADD,
  MIT_SUB,
  MIT_MUL,
  MIT_DIV,
  MIT_NEG,
  MIT_GT,
  MIT_GEQ,
  MIT_EQ,
  MIT_AND,
  MIT_OR,
  MIT_NOT,
  MIT_GOTO,
  MIT_IF,
  MIT_DUP,
  MIT_SWAP,
  MIT_POP,
};
#define MIT_OPCODE_COUNT 33

// The mnemonic.
const char *mitscript_image_op_name(enum mit_opcode op);
// Is the mnemonic followed by an integer?
bool mitscript_image_op_takes_operand(enum mit_opcode op);
// Finds an opcode by its mnemonic; false when there is none.
bool mitscript_image_op_find(struct mit_bytes mnemonic, enum mit_opcode *op);

enum mit_const_kind { MIT_CONST_NONE, MIT_CONST_BOOL, MIT_CONST_INT, MIT_CONST_STRING };
struct mit_const {
  enum mit_const_kind kind;
  bool truth;
  int32_t number;
  struct mit_bytes string;
};

struct mit_insn {
  enum mit_opcode op;
  bool has_operand;      // false for an alloc_closure of the abbreviated form: as many as the function has free_vars
  int32_t operand;       // 0 without one
  uint32_t line, column; // in the file the image was made from
};

struct mit_name_list {
  struct mit_bytes *items;
  uint32_t count;
};

// The first functions of the outermost one are the natives, by position.
#define MIT_NATIVE_COUNT 3

struct mit_function {
  const char *name; // a guess: what it is assigned to first; "<fun>" or "<program>" otherwise; never NULL
  const char *source_name;
  uint32_t line, column; // of the function in that file
  struct mit_function **functions;
  uint32_t function_count;
  struct mit_const *constants;
  uint32_t constant_count;
  uint32_t parameter_count;
  struct mit_name_list local_vars, local_ref_vars, free_vars, names;
  struct mit_insn *insns;
  uint32_t insn_count;
  uint32_t number;            // its place in `all`, from 0
  uint32_t same_body_id;      // from 1; equal in one image when parameters and body are the same
  struct mit_function *next;  // of `all`
  struct mit_function *outer; // the function that has it in `functions`; NULL: the outermost
  uint32_t outer_index;       // where in outer->functions
};

// Does a native run in this function's place? What it holds is of no interest then.
static inline bool mitscript_image_is_native(const struct mit_function *function) {
  return function->outer && !function->outer->outer && function->outer_index < MIT_NATIVE_COUNT;
}

struct mit_image {
  struct arena arena;
  struct mit_function *main;
  struct mit_function *all; // inner functions before outer ones, main last
  uint32_t function_count;
};

void mitscript_image_fini(struct mit_image *image);

// For the makers of an image, at the end: sets number, outer and outer_index of every function, and its name, after the
// first store of a closure made from it. Fails only for want of memory.
bool mitscript_image_finish(struct mit_image *image);

// Numbers byte strings: the same bytes get the same number, from 1 up. Zero-initialise.
struct mit_numbering {
  struct mit_numbered *entries;
  uint32_t count, capacity;
  struct arena arena;
};
// The number of these bytes; 0 when memory is out.
uint32_t mitscript_image_number(struct mit_numbering *numbering, const char *bytes, size_t length);
void mitscript_image_numbering_fini(struct mit_numbering *numbering);

#endif
