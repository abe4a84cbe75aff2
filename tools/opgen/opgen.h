// SPDX-License-Identifier: MIT
//
// opgen.h: opcode records as opgen holds them.
//
// opgen reads .ops files and writes C. A record has one home and many readers: from it come the enum, the tables that
// the code builder, the disassembler, the verifier and the manual use, and the interpreter's handlers; the compilers
// will read the same bodies. The record form, with every key:
//
//     guest   toy                        # once, first
//     include "toy_ops.h"                # what the bodies use
//     type    value  Any value of the language.
//     kind    int toy_is_int             # what a value may be known to be, and the C function that tests it
//     fuse    load_local load_local add  # a sequence to make one instruction of
//
//     op add = 17 [internal]             # name, number in the guest's bytecode
//       stack   l:value r:value -- sum:value    # bottom first; args:value[m] takes as many as immediate m says
//       imm     x:local n:i32            # kinds: local u16 i32 u32 target ptr callee cache feedback
//       control branch                   # next branch goto call return stop tail throw; default next
//       effects slow writes              # slow: may collect or throw; writes: changes a local, the heap, the world
//       doc     One or more sentences.   # a line that is indented further goes on
//       errors  What it can raise, and when.
//       source  Where the guest's specification says so.
//       test    add.toy                  # a file test that executes it
//       kind    int l r -- sum only      # the fast path gives up unless the inputs are of the kind; when all are, so
//                                        # are the outputs; only: for others the op throws; by TEST: that is enough
//                                        # to test in place of the kind's own
//       variant int when both_int(l, r)  # what type feedback may specialise on
//       few     m 4                      # for m from 0 to 3 the baseline compiler has a stencil each
//       body {
//         ... C, see loam/op.h ...
//       }
//       retry {                          # what baseline code does, out of line, where the body gave up, before it
//         ... C ...                      # leaves for the slow path; may call what neither collects nor throws
//       }
#ifndef OPGEN_H
#define OPGEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define OPERANDS_MAX 8
#define OUTPUTS_MAX 4
#define IMMS_MAX 4
#define PARTS_MAX 8
#define RECORDS_MAX 512
#define KINDS_MAX 2 // as OP_KINDS in guest.h

enum imm_class { LOCAL, U16, INDEX, I32, U32, TARGET, PTR, CALLEE, CACHE, FEEDBACK, FRAME, IMM_CLASS_COUNT };
extern const char *const imm_class_names[IMM_CLASS_COUNT]; // as records write them
extern const char *const imm_enum_names[IMM_CLASS_COUNT];  // as guest.h writes them
extern const int imm_bytes[IMM_CLASS_COUNT];

enum control { NEXT, BRANCH, GOTO, CALL, RETURN, STOP, TAIL, THROW, CONTROL_COUNT };
extern const char *const control_names[CONTROL_COUNT];

struct operand {
  char *name;
  int type;       // index in the table's types, 0 for any; a type variable is TYPE_VARIABLE_BIT | its letter's number
  char *count_by; // the immediate that counts a variadic input, or NULL
};
#define TYPE_VARIABLE_BIT 0x80

struct immediate {
  char *name;
  enum imm_class class;
  int offset; // bytes in the instruction, set by layout_instruction
};

struct variant {
  char *name, *condition;
  struct variant *next;
};

// What an op has to do with a kind: bits are inputs and outputs.
struct kind_rule {
  int kind;
  unsigned needs, gives;
  bool only;
  const char *test; // the C function that tells inputs of the kind from those that the fast path gives up for
};
enum { FROM_ELSEWHERE = -1, FROM_LOCAL = -2 };

struct record {
  const char *file;
  int line, body_line;
  char *name;
  int number; // -1: none
  bool internal, has_stack, slow, writes;
  struct kind_rule kinds[KINDS_MAX];
  int kind_count;
  // Of a body that does nothing but move: the input that an output is, FROM_LOCAL, or FROM_ELSEWHERE; the same of what
  // its local becomes.
  int from[OPERANDS_MAX], stored;
  bool sets; // the body begins with a store into the record's only local, and hasn't read it
  enum control control;
  struct operand in[OPERANDS_MAX], out[OPERANDS_MAX];
  int in_count, out_count;
  struct immediate imms[IMMS_MAX];
  int imm_count;
  int words;
  char *doc, *errors, *source, *test, *body, *retry; // retry: NULL when there is none
  int retry_line;
  struct variant *variants;
  int few_imm, few_count; // the immediate of `few`, and for how many values; 0: there is none
};

// A fused op: its parts, and where each part's immediates went.
struct fusion {
  const char *file;
  int line;
  char *name; // parts joined by '+'
  const struct record *parts[PARTS_MAX];
  int part_indices[PARTS_MAX];
  int offsets[PARTS_MAX][IMMS_MAX];
  int part_count, words;
};

struct table {
  char *guest;
  char *includes[8];
  int include_count;
  char *types[32], *type_docs[32];
  int type_count;
  char *kinds[KINDS_MAX], *kind_tests[KINDS_MAX];
  int kind_count;
  struct record *records[RECORDS_MAX];
  int record_count;
  struct fusion *fusions[RECORDS_MAX];
  int fusion_count;
};

// Prints "FILE:LINE: op NAME: what is wrong; what to write" and exits with status 1.
[[noreturn]] void fail(const char *file, int line, const char *op, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

// Adds the records of one file to the table. `tests` is the folder a record's test must be in; NULL: not checked.
void parse_file(struct table *table, const char *path, const char *tests);
// The index of a record by name, or -1.
int find_record(const struct table *table, const char *name);
// Finds the fused ops' parts and checks that they may be fused.
void resolve_fusions(struct table *table);
// Gives every immediate its offset and every instruction its length.
void layout_table(struct table *table);
// The index of the variadic input's counting immediate, or -1.
int variadic_imm(const struct record *record);

void write_header(FILE *out, const struct table *table);
void write_table(FILE *out, const struct table *table);
void write_interpreter(FILE *out, const struct table *table);
// The same bodies for the compilers: one stencil for each op, and functions to inline (loam/op.h).
void write_stencils(FILE *out, const struct table *table);
void write_bitcode(FILE *out, const struct table *table);

// C spelling of a name: fused names have '+' replaced.
void print_symbol(FILE *out, const char *name);
// The operand's C type.
const char *imm_c_type(enum imm_class class);

#endif
