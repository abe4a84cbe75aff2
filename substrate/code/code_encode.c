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
static struct code_edge *find_edge(const struct code_space *space, uint16_t node, uint16_t op) {
  uint32_t mask = space->edge_room - 1, at = (node * 37u + op) & mask;
  while (space->edges[at].node != OP_NONE && (space->edges[at].node != node || space->edges[at].op != op))
    at = (at + 1) & mask;
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
  for (uint32_t i = 0; i < space->edge_room; i++) space->edges[i].node = OP_NONE;
  // Nodes are numbered so that each one's edges follow those of the one before.
  for (uint32_t e = 0, node = 0; e < count; e++) {
    while (e >= ops->fusion_nodes[node].first_edge + (uint32_t)ops->fusion_nodes[node].edge_count) node++;
    const struct op_fusion *edge = &ops->fusion_edges[e];
    struct code_edge *place = find_edge(space, (uint16_t)node, edge->op);
    ASSERT(place->node == OP_NONE, "code.I8: two edges for op %u lead from node %u of the sequences of %s", edge->op,
           node, ops->guest);
    *place = (struct code_edge){(uint16_t)node, edge->op, edge->next_node, ops->fusion_nodes[edge->next_node].fused};
  }
  return true;
}

// The length of the longest sequence that starts at item `at`, and its fused op.
static uint8_t longest_sequence(const struct code_build *build, uint32_t at, uint16_t *fused) {
  uint16_t node = 0;
  uint8_t best = 1;
  for (uint32_t i = at; i < build->item_count && (i == at || !build->items[i].leader); i++) {
    const struct code_edge *edge = find_edge(build->space, node, build->items[i].op);
    if (edge->node == OP_NONE) break;
    node = edge->next_node;
    if (edge->fused == OP_NONE) continue;
    *fused = edge->fused;
    best = (uint8_t)(i - at + 1);
  }
  return best;
}

void code_fuse(struct code_build *build, bool fuse) {
  uint32_t pc = 0;
  for (uint32_t at = 0; at < build->item_count;) {
    struct code_item *item = &build->items[at];
    if (fuse) item->parts = longest_sequence(build, at, &item->fused);
    uint16_t op = item->fused != OP_NONE ? item->fused : item->op;
    for (uint8_t p = 0; p < item->parts; p++) {
      ASSERT(p == 0 || !build->items[at + p].leader, "code.I5: %s has a leader inside %s", build->draft->name,
             op_name(&build->ops->ops[op]));
      build->items[at + p].pc = pc + p;
      if (p) build->items[at + p].parts = 0;
    }
    ASSERT(build->space->op_words[op] && item->parts <= build->space->op_words[op] * 8u,
           "code.I9: %s has %u parts in %u words: each needs a byte of its own", op_name(&build->ops->ops[op]),
           item->parts, build->space->op_words[op]);
    ASSERT(item->fused == OP_NONE || item->parts == build->ops->ops[op].part_count,
           "code.I8: %u items are fused to %s, of %u parts", item->parts, op_name(&build->ops->ops[op]),
           build->ops->ops[op].part_count);
    pc += build->space->op_words[op] * 8u;
    at += item->parts;
  }
  build->code_words = pc / 8;
}

static void put(char *at, enum imm_kind kind, int64_t value) {
  ASSERT(kind == IMM_PTR || kind == IMM_CACHE || (value >= INT32_MIN && value <= UINT32_MAX),
         "code.I10: %lld is written in 32 bits", (long long)value);
  switch (kind) {
  case IMM_LOCAL:
  case IMM_CALLEE:
  case IMM_U16:
  case IMM_FEEDBACK:
  case IMM_FRAME: memcpy(at, &(uint16_t){(uint16_t)value}, 2); break;
  case IMM_I32:
  case IMM_U32:
  case IMM_TARGET: memcpy(at, &(uint32_t){(uint32_t)value}, 4); break;
  case IMM_PTR:
  case IMM_CACHE: memcpy(at, &value, 8); break;
  }
}

// What is written for an immediate of the item whose instruction starts at byte offset `start`.
static int64_t imm_value(const struct code_build *build, const struct code_item *item, unsigned index, uint32_t start) {
  const struct op_info *info = &build->ops->ops[item->op];
  const struct code_draft *draft = build->draft;
  switch (op_imms(info)[index].kind) {
  case IMM_CACHE:
  case IMM_FEEDBACK: return 0;
  case IMM_FRAME: return draft->local_count + 1; // the locals and the callee value below them
  case IMM_LOCAL: return code_insn_imm(info, item->insn, index) - draft->local_count;
  case IMM_CALLEE: return -1 - draft->local_count;
  case IMM_TARGET: {
    uint32_t target = build->first_item[code_insn_imm(info, item->insn, index)];
    ASSERT(build->items[target].parts && build->items[target].leader,
           "code.I5: %s of %s jumps to item %u, which is no leader", op_name(info), draft->name, target);
    return ((int64_t)build->items[target].pc - start) / 8;
  }
  default: return code_insn_imm(info, item->insn, index);
  }
}

void code_encode(const struct code_build *build, uint64_t *code) {
  for (uint32_t at = 0; at < build->item_count; at += build->items[at].parts) {
    const struct code_item *item = &build->items[at];
    uint16_t op = item->fused != OP_NONE ? item->fused : item->op;
    const struct op_info *info = &build->ops->ops[op];
    char *start = (char *)code + item->pc;
    memcpy(start, &op, sizeof op);
    unsigned next = 0; // a fused op lists the immediates of its parts one after the other
    for (uint8_t p = 0; p < item->parts; p++) {
      const struct code_item *part = &build->items[at + p];
      unsigned count = build->ops->ops[part->op].imm_count;
      for (unsigned i = 0; i < count; i++, next++)
        put(start + op_imms(info)[next].offset, op_imms(info)[next].kind, imm_value(build, part, i, item->pc));
    }
  }
}
