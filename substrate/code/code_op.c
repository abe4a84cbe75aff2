// SPDX-License-Identifier: MIT
//
// code_op.c: what is known of a guest's ops, in tables made once for each VM from the guest's own.
//
// A form says how an instruction is written: its immediates, each with the place in the draft that gives it, in the
// order of their bytes. So whoever writes one asks nothing of kinds, widths or parts, and does the same for each.
#define LOAM_CODE_MODULE
#include "code/code_int.h"

#include <string.h>

static void note_op(const struct op_table *ops, uint16_t op, struct code_op *facts) {
  const struct op_info *info = &ops->ops[op];
  *facts = (struct code_op){.in_count = info->in_count, .out_count = info->out_count, .target = -1, .variadic = -1};
  int8_t given = 0;
  for (unsigned i = 0; i < info->imm_count; i++) {
    if (op_imms(info)[i].kind == IMM_TARGET) facts->target = given;
    if (info->variadic == (int8_t)i) facts->variadic = given;
    given += code_imm_is_given(op_imms(info)[i].kind);
  }
  ASSERT(given <= INSN_IMMS_MAX, "code.I6: %s is given %d immediates, a draft has %d", op_name(info), given,
         INSN_IMMS_MAX);
  facts->falls_through =
      info->control == CONTROL_NEXT || info->control == CONTROL_BRANCH || info->control == CONTROL_CALL;
  facts->is_plain = op != CORE_POLL && facts->falls_through && facts->target < 0 && facts->variadic < 0;
}

// Puts an immediate into its place among the `count` that are there.
static void insert_imm(struct code_imm *imms, unsigned count, struct code_imm imm) {
  for (; count && imms[count - 1].to > imm.to; count--) imms[count] = imms[count - 1];
  imms[count] = imm;
}

// Adds the immediates of one part. It is, in the draft, the insn-th instruction from the first.
static void note_part(struct code_form *form, struct code_imm *out, const struct op_info *part,
                      const struct op_imm *imms, unsigned insn) {
  const size_t first = insn * sizeof(struct insn) + offsetof(struct insn, imm);
  size_t from = first;
  for (unsigned i = 0; i < part->imm_count; i++) {
    bool given = code_imm_is_given(imms[i].kind);
    insert_imm(out, form->imm_count++,
               (struct code_imm){(uint16_t)(given ? from : first), imms[i].offset, imms[i].kind});
    if (given) from += sizeof(int64_t);
    if (imms[i].kind == IMM_TARGET) form->target_at = imms[i].offset;
  }
}

static struct code_form make_form(const struct op_table *ops, uint16_t op, struct code_imm *imms) {
  const struct op_info *info = &ops->ops[op];
  const uint16_t *parts = info->part_count ? op_parts(info) : &op;
  struct code_form form = {.imms = imms, .words = info->words, .part_count = info->part_count ? info->part_count : 1};
  const struct op_imm *of_part = op_imms(info); // those of all parts stand one after the other
  unsigned insn = 0;
  for (unsigned p = 0; p < form.part_count; p++) {
    const struct op_info *part = &ops->ops[parts[p]];
    note_part(&form, imms, part, of_part, insn);
    of_part += part->imm_count;
    insn += parts[p] != CORE_POLL; // which is no instruction of the draft
  }
  return form;
}

// Where the trie leads over the parts of a fused op.
static uint16_t follow_trie(const struct op_table *ops, const struct op_info *info) {
  uint32_t node = 0;
  for (unsigned p = 0; p < info->part_count; p++) {
    const struct op_fusion *edge = &ops->fusions[node + op_parts(info)[p]];
    if (edge->from != node) return OP_NONE;
    if (p + 1 == info->part_count) return edge->fused;
    node = edge->next_node;
  }
  return OP_NONE;
}

static void check_form(const struct op_table *ops, uint16_t op, const struct code_form *form) {
  const struct op_info *info = &ops->ops[op];
  ASSERT(!info->part_count || follow_trie(ops, info) == op, "code.I8: the trie of %s doesn't lead to %s over its parts",
         ops->guest, op_name(info));
  ASSERT(form->part_count <= 8, "code.I9: %s has %u parts, which are told apart by the bytes of its first word",
         op_name(info), form->part_count);
  unsigned written = 8; // bytes: the op is written as a word, and each immediate
  for (unsigned i = 0; i < form->imm_count && form->imms[i].to <= written; i++) written = form->imms[i].to + 8u;
  ASSERT(written >= form->words * 8u, "code.I11: nothing is written at byte %u of %s", written, op_name(info));
}

static bool note_forms(struct code_space *space) {
  const struct op_table *ops = space->ops;
  size_t imm_count = 0;
  for (unsigned op = 0; op < ops->count; op++) imm_count += ops->ops[op].imm_count;
  struct code_form *forms = arena_alloc(&space->memory, ops->count * sizeof *forms);
  struct code_imm *imms = arena_alloc(&space->memory, imm_count * sizeof *imms);
  if (!forms || !imms) return false;
  for (uint16_t op = 0; op < ops->count; op++) {
    forms[op] = make_form(ops, op, imms);
    check_form(ops, op, &forms[op]);
    imms += forms[op].imm_count;
    uint32_t part_words = (forms[op].words + forms[op].part_count - 1u) / forms[op].part_count;
    if (part_words > space->part_words_max) space->part_words_max = part_words;
  }
  space->forms = forms;
  return true;
}

bool code_note_ops(struct code_space *space) {
  const struct op_table *ops = space->ops;
  if (space->op_facts) return true;
  struct code_op *facts = arena_alloc(&space->memory, ops->base_count * sizeof *facts);
  if (!facts || !note_forms(space)) return false;
  for (uint16_t op = 0; op < ops->base_count; op++) note_op(ops, op, &facts[op]);
  space->op_facts = facts;
  return true;
}
