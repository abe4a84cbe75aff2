// SPDX-License-Identifier: MIT
//
// code_encode.c: choosing fused instructions, laying code out and writing it.
//
// Fusion takes the longest sequence of the guest's trie that starts at an instruction and is not entered in its middle.
// Greedy is enough: sequences are short, and a missed one costs a dispatch, not a wrong result.
#define LOAM_CODE_MODULE
#include "code/code_int.h"

#include <string.h>

// The place of an edge, or the free one where it would be.
static inline struct code_edge *find_edge(const struct code_space *space, uint32_t node, uint32_t op) {
  uint32_t mask = space->edge_room - 1, from = node << 16 | op, at = (from * 0x9e3779b1u >> 15) & mask;
  while (space->edges[at].from != from && space->edges[at].from != CODE_EDGE_FREE) at = (at + 1) & mask;
  return &space->edges[at];
}

static uint32_t edge_count(const struct op_table *ops) {
  uint32_t count = 0;
  for (; ops->fusion_edges[count].op != OP_NONE; count++) {
  }
  return count;
}

bool code_note_edges(struct code_space *space) {
  const struct op_table *ops = space->ops;
  uint32_t count = edge_count(ops);
  for (space->edge_room = 16; space->edge_room < 2 * count; space->edge_room *= 2) {
  }
  space->edges = arena_alloc(&space->memory, space->edge_room * sizeof *space->edges);
  if (!space->edges) return false;
  for (uint32_t i = 0; i < space->edge_room; i++) space->edges[i].from = CODE_EDGE_FREE;
  // Nodes are numbered so that each one's edges follow those of the one before.
  for (uint32_t e = 0, node = 0; e < count; e++) {
    while (e >= ops->fusion_nodes[node].first_edge + (uint32_t)ops->fusion_nodes[node].edge_count) node++;
    const struct op_fusion *edge = &ops->fusion_edges[e];
    struct code_edge *place = find_edge(space, node, edge->op);
    ASSERT(place->from == CODE_EDGE_FREE, "code.I8: two edges for op %u lead from node %u of the sequences of %s",
           edge->op, node, ops->guest);
    *place = (struct code_edge){node << 16 | edge->op, edge->next_node, ops->fusion_nodes[edge->next_node].fused};
  }
  return true;
}

uint16_t code_first_node(const struct code_space *space, uint16_t op) {
  const struct code_edge *edge = find_edge(space, 0, op);
  if (edge->from == CODE_EDGE_FREE) return 0;
  ASSERT(edge->next_node && edge->fused == OP_NONE, "code.I8: op %u alone is a sequence", op);
  return edge->next_node;
}

// What a draft's instructions are fused from.
struct fusion {
  const struct code_space *space;
  const struct insn *insns;
  const uint8_t *marks;
  uint32_t count;
};

// The parts of the longest sequence that starts with `op` and goes on with the draft's instruction `rest`, and its
// fused op. What a poll belongs to may follow it, though it is a leader.
static inline uint8_t longest_sequence(const struct fusion *from, uint16_t op, uint32_t rest, uint16_t *fused) {
  uint32_t node = from->space->op_facts[op].node;
  uint8_t best = 1, parts = 1;
  bool may_lead = op == CORE_POLL;
  for (uint32_t at = rest; node && at < from->count; at++) {
    if (from->marks[at] & CODE_LEADER && !may_lead) break;
    may_lead = false;
    const struct code_edge *edge = find_edge(from->space, node, from->insns[at].op);
    if (edge->from == CODE_EDGE_FREE) break;
    node = edge->next_node;
    parts++;
    if (edge->fused == OP_NONE) continue;
    *fused = edge->fused;
    best = parts;
  }
  return best;
}

void code_fuse(struct code_build *build, bool fuse) {
  const struct fusion from = {build->space, build->draft->insns, build->marks, build->draft->insn_count};
  struct code_item *item = build->items;
  uint32_t pc = 0;
  bool polled = false; // the instruction at hand has its poll
  for (uint32_t at = 0; at < from.count;) {
    const struct insn *insn = &from.insns[at];
    bool leads = from.marks[at] & CODE_LEADER && !polled, polls = from.marks[at] & CODE_LOOP && !polled;
    uint16_t op = polls ? CORE_POLL : insn->op, fused = OP_NONE, first = op;
    uint32_t rest = polls ? at : at + 1;
    uint8_t parts = fuse ? longest_sequence(&from, op, rest, &fused) : 1;
    if (fused != OP_NONE) op = fused;
    ASSERT(build->space->op_words[op] && parts <= build->space->op_words[op] * 8u,
           "code.I9: %s has %u parts in %u words: each needs a byte of its own", op_name(&build->ops->ops[op]), parts,
           build->space->op_words[op]);
    ASSERT(fused == OP_NONE || parts == build->ops->ops[op].part_count,
           "code.I8: %u items are fused to %s, of %u parts", parts, op_name(&build->ops->ops[op]),
           build->ops->ops[op].part_count);
    if (!polled) build->first_item[at] = (uint32_t)(item - build->items);
    *item++ = (struct code_item){insn, pc, first, fused, parts, leads};
    for (uint8_t p = 1; p < parts; p++, rest++)
      *item++ = (struct code_item){&from.insns[rest], pc + p, from.insns[rest].op, OP_NONE, 0, false};
    pc += build->space->op_words[op] * 8u;
    polled = polls && parts == 1;
    at = rest;
  }
  build->item_count = (uint32_t)(item - build->items);
  build->first_item[from.count] = build->item_count;
  build->code_words = pc / 8;
  ASSERT(build->item_count == from.count + build->loop_count, "code.I7: %u items of %u instructions and %u polls",
         build->item_count, from.count, build->loop_count);
}

// The distance in words from the instruction at byte offset `start` to what a draft's instruction becomes.
static int64_t distance(const struct code_build *build, int64_t insn, uint32_t start) {
  const struct code_item *target = &build->items[build->first_item[insn]];
  ASSERT(target->parts && target->leader, "code.I5: an instruction of %s jumps to number %lld, which is no leader",
         build->draft->name, (long long)insn);
  return ((int64_t)target->pc - start) / 8;
}

static const uint8_t imm_widths[] = {
    [IMM_LOCAL] = 2,  [IMM_U16] = 2, [IMM_I32] = 4,      [IMM_U32] = 4,   [IMM_TARGET] = 4,
    [IMM_CALLEE] = 2, [IMM_PTR] = 8, [IMM_FEEDBACK] = 2, [IMM_CACHE] = 8, [IMM_FRAME] = 2};

// Writes `count` immediates of the instruction at byte offset `start`, from what the draft gives and, by kind, what is
// added to that. Kinds come in no order that a processor could foresee: so little depends on them but by tables.
static void put_imms(const struct code_build *build, const struct op_imm *imms, unsigned count, const int64_t *given,
                     const int64_t *more, char *code, uint32_t start) {
  for (unsigned i = 0; i < count; i++) {
    enum imm_kind kind = imms[i].kind;
    bool is_given = code_imm_is_given(kind);
    int64_t value = (is_given ? *given : 0) + more[kind];
    given += is_given;
    if (kind == IMM_TARGET) value = distance(build, value, start);
    ASSERT(imm_widths[kind] != 4 || (value >= INT32_MIN && value <= UINT32_MAX), "code.I10: %lld is written in 32 bits",
           (long long)value);
    char *to = code + start + imms[i].offset;
    if (imm_widths[kind] == 2)
      memcpy(to, &value, 2);
    else if (imm_widths[kind] == 8)
      memcpy(to, &value, 8);
    else
      memcpy(to, &value, 4);
  }
}

void code_encode(const struct code_build *build, uint64_t *code) {
  const struct code_op *facts = build->space->op_facts;
  int64_t locals = build->draft->local_count;
  // A local is told by its distance from fp. A frame is the locals and the callee value below them.
  const int64_t more[COUNT_OF(imm_widths)] = {
      [IMM_LOCAL] = -locals, [IMM_CALLEE] = -1 - locals, [IMM_FRAME] = locals + 1};
  for (uint32_t at = 0; at < build->item_count;) {
    const struct code_item *item = &build->items[at], *end = item + item->parts;
    uint16_t op = item->fused != OP_NONE ? item->fused : item->op;
    const struct op_imm *imms = op_imms(&build->ops->ops[op]);
    uint32_t start = item->pc;
    memcpy((char *)code + start, &op, sizeof op);
    at += item->parts;
    for (; item < end; item++) { // a fused op lists the immediates of its parts one after the other
      put_imms(build, imms, facts[item->op].imm_count, item->insn->imm, more, (char *)code, start);
      imms += facts[item->op].imm_count;
    }
  }
}
