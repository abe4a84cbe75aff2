// SPDX-License-Identifier: MIT
//
// pcode_image.h: a program of extended P-code in memory: procedures with their instructions, and the constant strings.
// The compiler makes one, the text form is one written down, and pcode_image_load makes methods of it.
#ifndef PCODE_IMAGE_H
#define PCODE_IMAGE_H

#include "pcode_value.h"

// One instruction: an op of the guest's table and its immediates. A branch's target is an instruction's index, a
// procedure a number.
struct pcode_insn {
  uint16_t op;
  uint32_t line, column;
  int64_t imm[3];
};

struct pcode_code {
  const char *name;
  uint32_t params, locals; // locals include parameters
  struct pcode_insn *insns;
  uint32_t count, capacity;
  uint32_t handler; // where a goto out of an inner procedure arrives: an instruction, 0: nowhere
};

// Characters that lie in the store when the program starts, one a cell.
struct pcode_string {
  int64_t address;
  const char *bytes;
  uint32_t length;
  struct pcode_string *next;
};

struct pcode_image {
  struct arena memory;
  const char *source_name;
  struct pcode_code *codes; // procedure 0 is the program
  uint32_t code_count, code_capacity;
  int64_t cells; // that the program's variables and strings take, from address 0
  struct pcode_string *strings;
  bool is_watched; // `stp` is called before each instruction: pcode_watch.h
  bool failed;     // memory was out
};

void pcode_image_init(struct pcode_image *image, const char *source_name);
void pcode_image_fini(struct pcode_image *image);
// Appends a procedure and returns its number; `failed` says that it could not.
uint32_t pcode_image_add_code(struct pcode_image *image, const char *name);
// Appends an instruction to a procedure and returns its index.
uint32_t pcode_image_add_insn(struct pcode_image *image, struct pcode_code *code, struct pcode_insn insn);

// Makes the methods. LOAM_ERR_INPUT when the verifier refuses one. The strings stay with the VM.
enum loam_err pcode_image_load(struct vm *vm, struct pcode_image *image, struct method **main, struct error *err);
// The text form: written, recognised, read.
void pcode_image_print(const struct pcode_image *image, bool listing, struct text *out);
// An instruction of a listing, without its number.
void pcode_image_print_insn(const struct pcode_image *image, const struct pcode_insn *insn, struct text *out);
bool pcode_image_recognise(const struct loam_source *source);
enum loam_err pcode_image_read(const struct loam_source *source, struct pcode_image *image, struct error *err);

// pcode.c: compiles or reads what becomes extended P-code. `names`, or NULL, gets the blocks of a Pascal program.
struct pascal_names;
enum loam_err pcode_program_read(struct vm *vm, const struct loam_source *source, struct pcode_image *image,
                                 struct pascal_names *names, struct error *err);
bool pcode_program_is_extended(const struct loam_source *source);
// Puts the store into the state a program begins in.
void pcode_program_prepare(struct pcode_state *state);

#endif
