// SPDX-License-Identifier: MIT
//
// code_encode.c: from a draft to code, in one pass: choosing fused instructions, laying out, writing.
//
// Fusion takes the longest sequence of the guest's trie that starts at an instruction and is not entered in its middle.
// Greedy is enough: sequences are short, and a missed one costs a dispatch, not a wrong result. Where a branch forward
// leads is not known when it is written; so all targets stay the draft's instructions until the pass is over.
#define LOAM_CODE_MODULE
#include "code/code_int.h"

#include <string.h>

// How an immediate of a kind is made of what the draft gives.
struct kind_rule {
  int64_t given;       // all bits; 0: nothing is given
  uint64_t mask;       // of its field
  uint64_t half, span; // what fits, with a sign or without: from -half on, `span` numbers and one
};
#define FIELD_16 0xffff, 0x8000, 0x17fff
#define FIELD_32 0xffffffff, 0x80000000, 0x17fffffff
#define FIELD_64 UINT64_MAX, 0, UINT64_MAX
static const struct kind_rule kind_rules[] = {
    [IMM_LOCAL] = {-1, FIELD_16},   [IMM_U16] = {-1, FIELD_16},   [IMM_INDEX] = {-1, FIELD_16},
    [IMM_I32] = {-1, FIELD_32},     [IMM_U32] = {-1, FIELD_32},   [IMM_TARGET] = {-1, FIELD_32},
    [IMM_PTR] = {-1, FIELD_64},     [IMM_CALLEE] = {0, FIELD_16}, [IMM_CACHE] = {0, FIELD_64},
    [IMM_FEEDBACK] = {0, FIELD_16}, [IMM_FRAME] = {0, FIELD_16}};

// By kind, what is added to what the draft gives.
struct added {
  int64_t by_kind[COUNT_OF(kind_rules)];
};

// A local is told by its distance from fp. A frame is the locals and the callee value below them.
static struct added added_for(int64_t locals) {
  return (struct added){{[IMM_LOCAL] = -locals, [IMM_CALLEE] = -1 - locals, [IMM_FRAME] = locals + 1}};
}

// The op of the longest sequence that goes on with an instruction from a node of the trie; `op` if none does.
static inline uint16_t longest_sequence(const struct op_fusion *trie, uint32_t node, uint16_t op,
                                        const struct insn *insn, const struct code_note *note) {
  do {
    const struct op_fusion *edge = &trie[node + insn->op];
    if (edge->from != node) break;
    if (edge->fused != OP_NONE) op = edge->fused;
    node = edge->next_node;
    insn++, note++;
  } while (node && !note->marks); // the draft's end is marked, too
  return op;
}

// The same for what begins with the poll of an instruction.
static uint16_t longest_poll(const struct op_fusion *trie, const struct insn *insn, const struct code_note *note) {
  const struct op_fusion *edge = &trie[CORE_POLL];
  if (edge->from != 0 || !edge->next_node) return CORE_POLL;
  return longest_sequence(trie, edge->next_node, CORE_POLL, insn, note);
}

// A poll alone. Its feedback starts as 0.
static uint32_t write_poll(const struct code_build *build, uint32_t pc) {
  ASSERT(build->space->forms[CORE_POLL].words == 1, "code.I12: a poll has %u words",
         build->space->forms[CORE_POLL].words);
  build->code[pc / 8] = CORE_POLL;
  return pc + 8;
}

// Writes an instruction that is made of the draft's from `insn` on. Op and immediates are written as eight bytes, those
// above their width being 0, and what comes behind is written next.
static inline __attribute__((always_inline)) void write_insn(char *to, uint16_t op, const struct code_form *form,
                                                             const struct insn *insn, const struct added *added) {
  uint64_t word = op;
  memcpy(to, &word, sizeof word);
  for (const struct code_imm *imm = form->imms, *end = imm + form->imm_count; imm < end; imm++) {
    const struct kind_rule *rule = &kind_rules[imm->kind];
    int64_t value;
    memcpy(&value, (const char *)insn + imm->from, sizeof value);
    value = (value & rule->given) + added->by_kind[imm->kind];
    ASSERT((uint64_t)value + rule->half <= rule->span, "code.I10: %lld is written in fewer bits", (long long)value);
    word = (uint64_t)value & rule->mask;
    memcpy(to + imm->to, &word, sizeof word);
  }
}

// Puts distances in words, from the start of the instruction, in the place of the draft's instructions.
static void resolve_branches(const struct code_build *build) {
  for (uint32_t i = 0; i < build->branch_count; i++) {
    char *insn = (char *)build->code + build->branches[i];
    uint16_t op;
    uint32_t target;
    memcpy(&op, insn, sizeof op);
    char *field = insn + build->space->forms[op].target_at;
    memcpy(&target, field, sizeof target);
    ASSERT(target < build->draft->insn_count, "code.I1: %s jumps to instruction %u of %u", build->draft->name, target,
           build->draft->insn_count);
    int32_t distance = (int32_t)(code_leader_pc(build, target) / 8) - (int32_t)(build->branches[i] / 8);
    memcpy(field, &distance, sizeof distance);
  }
}

void code_encode(struct code_build *build, bool fuse) {
  const struct op_fusion *trie = build->ops->fusions;
  const struct code_form *forms = build->space->forms;
  const struct added added = added_for(build->draft->local_count);
  const struct insn *insn = build->draft->insns, *end = insn + build->draft->insn_count;
  struct code_note *note = build->notes;
  uint32_t *branch = build->branches, pc = 0;
  while (insn < end) {
    uint16_t op = fuse ? longest_sequence(trie, 0, insn->op, insn, note) : insn->op;
    uint32_t polls = 0; // 1: its first part is a poll
    if (UNLIKELY(note->marks & CODE_LOOP)) {
      uint16_t with_poll = fuse ? longest_poll(trie, insn, note) : CORE_POLL;
      if (with_poll == CORE_POLL)
        pc = write_poll(build, pc);
      else
        op = with_poll, polls = 1;
    }
    const struct code_form *form = &forms[op];
    write_insn((char *)build->code + pc, op, form, insn, &added);
    if (form->target_at) *branch++ = pc;
    uint32_t part = pc + polls, parts_end = pc + form->part_count;
    do {
      note->pc = part++;
      note++, insn++;
    } while (part < parts_end);
    pc += form->words * 8u;
  }
  note->pc = pc;
  build->code_words = pc / 8;
  ASSERT(branch == build->branches + build->branch_count, "code.I7: %td of %u branches", branch - build->branches,
         build->branch_count);
  resolve_branches(build);
}
