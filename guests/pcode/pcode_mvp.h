// SPDX-License-Identifier: MIT
//
// pcode_mvp.h: programs of the 39-instruction machine in memory, as the machine holds them: one word for each opcode
// and operand, from address 0. Displacements of jumps are relative to the opcode's own word.
#ifndef PCODE_MVP_H
#define PCODE_MVP_H

#include "pcode_value.h"

// In the order of the course's table; the composites last.
enum mvp_op {
  MVP_DEB,
  MVP_FIN,
  MVP_DEBP,
  MVP_APL,
  MVP_FINP,
  MVP_ADRV,
  MVP_ADRP,
  MVP_ADRI,
  MVP_ADRC,
  MVP_VALV,
  MVP_CNST,
  MVP_AFFV,
  MVP_ADD,
  MVP_DIFF,
  MVP_MUL,
  MVP_DIV,
  MVP_MOD,
  MVP_ET,
  MVP_OU,
  MVP_CEG,
  MVP_CNEG,
  MVP_CPG,
  MVP_CNPG,
  MVP_CPP,
  MVP_CNPP,
  MVP_NEG,
  MVP_INVS,
  MVP_BR,
  MVP_BRNC,
  MVP_BRC,
  MVP_LIRE,
  MVP_ECR,
  MVP_ADRL,
  MVP_VARL,
  MVP_ADRG,
  MVP_VARG,
  MVP_VAL1,
  MVP_AFF1,
  MVP_APLG,
  MVP_OP_COUNT
};

#define MVP_OPERANDS_MAX 4

struct mvp_op_info {
  const char *name;     // Fournier's
  const char *original; // Brinch Hansen's; NULL for BrC, which his machine hasn't
  uint8_t operands;
};
extern const struct mvp_op_info mvp_ops[MVP_OP_COUNT];

// A program. `lines` has the source line of each word. Zero-initialise; mvp_image_fini frees it.
struct mvp_image {
  int64_t *words;
  uint32_t *lines;
  uint32_t count, capacity;
};
void pcode_mvp_image_fini(struct mvp_image *image);
// Appends a word. False when memory is out.
bool pcode_mvp_image_add(struct mvp_image *image, int64_t word, uint32_t line);

// Reads the text form. LOAM_ERR_INPUT with the line, what was expected and what was found.
enum loam_err pcode_mvp_image_read(const struct loam_source *source, struct mvp_image *image, struct error *err);
// Whether the text begins with an instruction of the machine.
bool pcode_mvp_image_recognise(const struct loam_source *source);
// Appends the text form, with full operands; with addresses in comments when `listing`.
void pcode_mvp_image_print(const struct mvp_image *image, bool listing, struct text *out);

// An instruction of a program, decoded.
struct mvp_insn {
  enum mvp_op op;
  uint32_t address, line;
  int64_t operands[MVP_OPERANDS_MAX];
};
// Decodes the instruction at an address. False when there is none: a bad opcode, or operands behind the end.
bool pcode_mvp_insn_decode(const struct mvp_image *image, int64_t address, struct mvp_insn *insn);
static inline uint32_t pcode_mvp_insn_size(enum mvp_op op) { return 1u + mvp_ops[op].operands; }

// Verifies a program and makes its methods; `loaded` becomes the main one. pcode_lower.c.
enum loam_err pcode_mvp_load(struct vm *vm, const char *source_name, const struct mvp_image *image,
                             struct method **loaded, struct error *err);

#endif
