// SPDX-License-Identifier: MIT
//
// pcode_minus_code.c: code of Pascal-. The compiler adds instructions in their full forms; the assembler here joins
// what has a composite, as Brinch Hansen's does: an address with the fields and the value behind it, values and
// assignments of one word, calls one level out. Then addresses are known, and displacements.
#include "pcode_minus_int.h"

int64_t pcode_minus_new_label(struct minus *minus) { return ++minus->label_count; }

uint32_t pcode_minus_emit(struct minus *minus, int op, int64_t a, int64_t b, int64_t c, int64_t d) {
  if (!mem_grow(&minus->insns, minus->insn_count, &minus->insn_capacity, sizeof *minus->insns)) {
    minus->no_memory = minus->failed = true;
    return 0;
  }
  minus->insns[minus->insn_count] = (struct minus_insn){.op = op, .line = minus->line, .args = {a, b, c, d}};
  return minus->insn_count++;
}

void pcode_minus_emit_label(struct minus *minus, int64_t label) {
  pcode_minus_emit(minus, MINUS_LABEL, label, 0, 0, 0);
}

void pcode_minus_push(struct minus *minus, int64_t words) {
  struct minus_scope *scope = minus->scope;
  scope->temps += words;
  if (scope->temps > scope->temps_max) scope->temps_max = scope->temps;
}

void pcode_minus_pop(struct minus *minus, int64_t words) {
  minus->scope->temps -= words;
  ASSERT(minus->failed || minus->scope->temps >= 0, "pcode.I10: %lld words are taken at line %u, %lld too many",
         (long long)words, minus->line, (long long)-minus->scope->temps);
}

// ---- the assembler -------------------------------------------------------------------------------------------------

// Joins the variable at `at` with what follows it into *out. Returns how many instructions it took.
static uint32_t join_variable(const struct minus *minus, uint32_t at, struct minus_insn *out) {
  const struct minus_insn *insns = minus->insns;
  uint32_t taken = 1;
  *out = insns[at];
  for (; at + taken < minus->insn_count && insns[at + taken].op == MVP_ADRC; taken++)
    out->args[1] += insns[at + taken].args[0];
  bool value = at + taken < minus->insn_count && insns[at + taken].op == MVP_VALV && insns[at + taken].args[0] == 1;
  if (out->args[0] > 1) return taken;
  out->op = out->args[0] ? (value ? MVP_VARG : MVP_ADRG) : (value ? MVP_VARL : MVP_ADRL);
  out->args[0] = out->args[1];
  return taken + value;
}

// The instruction at `at` as it will be; how many it took, 0 for one that vanishes.
static uint32_t join(const struct minus *minus, uint32_t at, struct minus_insn *out, bool *vanishes) {
  *out = minus->insns[at];
  *vanishes = out->op == MVP_ADRC && out->args[0] == 0;
  if (out->op == MVP_ADRV) return join_variable(minus, at, out);
  if (out->op == MVP_VALV && out->args[0] == 1) out->op = MVP_VAL1;
  if (out->op == MVP_AFFV && out->args[0] == 1) out->op = MVP_AFF1;
  if (out->op == MVP_APL && out->args[0] == 1) {
    out->op = MVP_APLG;
    out->args[0] = out->args[1];
  }
  return 1;
}

// Compacts the instructions in place, and gives them and the labels addresses.
static void choose(struct minus *minus, uint32_t *labels) {
  uint32_t count = 0, address = 0;
  for (uint32_t at = 0; at < minus->insn_count;) {
    struct minus_insn insn;
    bool vanishes;
    at += join(minus, at, &insn, &vanishes);
    if (vanishes) continue;
    insn.address = address;
    if (insn.op == MINUS_LABEL)
      labels[insn.args[0]] = address;
    else
      address += pcode_mvp_insn_size((enum mvp_op)insn.op);
    ASSERT(count < at, "pcode.I10: instruction %u is written, %u were read", count, at);
    minus->insns[count++] = insn; // never ahead of `at`
  }
  minus->insn_count = count;
}

// The operand that is a label, or -1.
static int label_operand(int op) {
  switch (op) {
  case MVP_DEB:
  case MVP_DEBP: return 2;
  case MVP_APL: return 1;
  case MVP_APLG:
  case MVP_BR:
  case MVP_BRNC: return 0;
  default: return -1;
  }
}

bool pcode_minus_assemble(struct minus *minus, struct mvp_image *image) {
  uint32_t *labels = mem_alloc_zero(minus->label_count + 1, sizeof *labels);
  if (!labels) return false;
  bool added = true;
  choose(minus, labels);
  for (struct minus_block *block = minus->blocks; block; block = block->next) block->address = labels[block->label];
  for (uint32_t i = 0; i < minus->insn_count && added; i++) {
    struct minus_insn *insn = &minus->insns[i];
    if (insn->op == MINUS_LABEL) continue;
    int label = label_operand(insn->op);
    ASSERT(label < 0 || (insn->args[label] > 0 && insn->args[label] <= minus->label_count),
           "pcode.I10: label %lld of %u", label < 0 ? 0LL : (long long)insn->args[label], minus->label_count);
    if (label >= 0) insn->args[label] = (int64_t)labels[insn->args[label]] - insn->address;
    added = pcode_mvp_image_add(image, insn->op, insn->line);
    for (unsigned k = 0; k < mvp_ops[insn->op].operands && added; k++)
      added = pcode_mvp_image_add(image, insn->args[k], insn->line);
  }
  mem_free(labels);
  return added;
}
