// SPDX-License-Identifier: MIT
//
// zam_emit.c: what zam_translate.c writes becomes a draft here.
#include "zam_emit.h"

#include "zam_ops.h"

#include <stdio.h>

#define OPERANDS_MAX 2048 // of a frame; the compiler's expressions nest less

static bool room_for_insn(struct zam_emit *emit) {
  uint32_t room = emit->room; // which both have
  return mem_grow(&emit->lives, emit->count, &room, sizeof *emit->lives) &&
         mem_grow(&emit->insns, emit->count, &emit->room, sizeof *emit->insns);
}

// Operands come from the bytecode as they are.
static bool fits(enum imm_kind kind, int64_t value) {
  if (kind == IMM_U16 || kind == IMM_INDEX) return value >= 0 && value <= UINT16_MAX;
  return kind != IMM_U32 || (value >= 0 && value <= UINT32_MAX);
}

static inline uint32_t append(struct zam_emit *emit, uint16_t op, int64_t first, int64_t second) {
  ASSERT(op < zam_op_table.base_count, "zam.I10: op %u becomes instruction %u", op, emit->count);
  uint32_t at = emit->count++;
  emit->insns[at] = (struct insn){.op = op, .origin = emit->pc, .imm = {first, second}};
  emit->lives[at] = (uint16_t)emit->live;
  return at;
}

// Looks whether there is room, and the operands fit.
static __attribute__((noinline)) uint32_t append_checked(struct zam_emit *emit, uint16_t op, int64_t first,
                                                         int64_t second) {
  const struct op_info *info = &zam_op_table.ops[op];
  emit->failed |= emit->count == emit->room && !room_for_insn(emit);
  for (unsigned i = 0; i < info->imm_count && i < 2; i++) {
    int64_t value = i ? second : first;
    if (!fits(op_imms(info)[i].kind, value))
      zam_emit_refuse(emit, "expected an operand that is not negative nor too large, found %d", (uint32_t)value, 0);
  }
  return emit->failed ? 0 : append(emit, op, first, second);
}

uint32_t zam_emit(struct zam_emit *emit, uint16_t op, int64_t first, int64_t second) {
  bool is_large = (uint64_t)(first | second) > UINT16_MAX; // what is not fits whatever it is
  if (UNLIKELY(is_large || emit->count == emit->room)) return append_checked(emit, op, first, second);
  return append(emit, op, first, second);
}

static unsigned target_index(uint16_t op) {
  unsigned index = 0;
  while (op_imms(&zam_op_table.ops[op])[index].kind != IMM_TARGET) {
    index++;
    ASSERT(index < zam_op_table.ops[op].imm_count, "zam.I10: %s is to lead somewhere", op_name(&zam_op_table.ops[op]));
  }
  return index;
}

void zam_emit_branch(struct zam_emit *emit, uint16_t op, int64_t value, int64_t pc) {
  uint32_t at = zam_emit(emit, op, value, 0);
  if (emit->failed) return;
  emit->failed = !mem_grow(&emit->patches, emit->patch_count, &emit->patch_room, sizeof *emit->patches);
  if (emit->failed) return;
  ASSERT(at < emit->count, "zam.I10: a branch at instruction %u of %u is to be patched", at, emit->count);
  emit->patches[emit->patch_count++] = (struct zam_patch){at, (uint32_t)pc};
}

void zam_emit_target_here(struct zam_emit *emit, uint32_t at) {
  ASSERT(emit->failed || at < emit->count, "zam.I10: instruction %u of %u is to lead here", at, emit->count);
  if (!emit->failed) emit->insns[at].imm[target_index(emit->insns[at].op)] = emit->count;
}

void zam_emit_locals(struct zam_emit *emit, uint32_t count) {
  if (count > emit->local_count) emit->local_count = count;
}

uint32_t zam_emit_scratch(struct zam_emit *emit, const struct zam_cell *stack) {
  uint32_t scratch = stack ? stack->variables : 0;
  zam_emit_locals(emit, scratch + 1);
  return scratch;
}

void zam_emit_refuse(struct zam_emit *emit, const char *format, uint32_t first, uint32_t second) {
  char what[120];
  snprintf(what, sizeof what, format, first, second);
  if (!emit->failed)
    error_set(emit->err, LOAM_ERR_INPUT, "%s, function %s, word %u: %s", emit->state->program, emit->name, emit->pc,
              what);
  emit->failed = true;
}

// ---- finishing -----------------------------------------------------------------------------------------------------

static void resolve(struct zam_emit *emit) {
  for (uint32_t i = 0; i < emit->patch_count; i++) {
    ASSERT(emit->patches[i].insn < emit->count, "zam.I10: branch %u is instruction %u of %u", i, emit->patches[i].insn,
           emit->count);
    struct insn *insn = &emit->insns[emit->patches[i].insn];
    ASSERT(zam_flow_node(emit->flow, emit->patches[i].pc)->first_insn < emit->count,
           "zam.I10: a branch leads to instruction %u of %u",
           zam_flow_node(emit->flow, emit->patches[i].pc)->first_insn, emit->count);
    insn->imm[target_index(insn->op)] = zam_flow_node(emit->flow, emit->patches[i].pc)->first_insn;
  }
}

static bool add_handler(struct zam_emit *emit, uint32_t start, uint32_t end, uint32_t pc) {
  if (start == end) return true;
  ASSERT(start < end && end <= emit->count, "zam.I10: a handler covers [%u, %u) of %u", start, end, emit->count);
  if (!mem_grow(&emit->handlers, emit->handler_count, &emit->handler_room, sizeof *emit->handlers)) return false;
  ASSERT(zam_flow_node(emit->flow, pc)->first_insn < emit->count, "zam.I10: a handler is instruction %u of %u",
         zam_flow_node(emit->flow, pc)->first_insn, emit->count);
  emit->handlers[emit->handler_count++] = (struct insn_handler){start, end, zam_flow_node(emit->flow, pc)->first_insn};
  return true;
}

// One entry for each run of instructions with the same innermost trap frame.
static bool make_handlers(struct zam_emit *emit) {
  const struct zam_flow *flow = emit->flow;
  const struct zam_cell *open = NULL;
  uint32_t start = 0;
  if (!flow->traps) return true;
  for (uint32_t i = 0; i <= flow->node_count; i++) {
    const struct zam_node *node = i < flow->node_count ? &flow->nodes[i] : NULL;
    const struct zam_cell *trap = node && node->stack ? node->stack->trap : NULL;
    bool same = open && trap && open->handler == trap->handler && open->depth == trap->depth;
    if (node && (same || (!open && !trap))) continue;
    uint32_t here = node ? node->first_insn : emit->count;
    if (open && !add_handler(emit, start, here, open->handler)) return false;
    open = trap;
    start = here;
  }
  return true;
}

// What zam_flow.c found out of the bytecode holds for the draft that is made of it; so this finds mistakes of the
// translator's, and runs for `loam verify` only.
static enum loam_err verify(struct zam_emit *emit, const struct code_draft *draft) {
  char place[160];
  snprintf(place, sizeof place, "%.80s, function %.60s", emit->state->program, emit->name);
  struct verify_job job = {
      .ops = &zam_op_table, .draft = draft, .place = place, .depth_max = OPERANDS_MAX, .handler_type = ZAM_TYPE_VALUE};
  enum verify_fault fault;
  return verify_code(&job, &fault, emit->err);
}

static enum loam_err make_method(struct zam_emit *emit, uint32_t params, struct method **out) {
  if (emit->local_count > LOCALS_MAX) {
    zam_emit_refuse(emit, "expected at most %u variables on the stack, found %u", LOCALS_MAX, emit->local_count);
    return LOAM_ERR_INPUT;
  }
  ASSERT(params <= emit->local_count, "zam.I14: %u parameters are among %u locals", params, emit->local_count);
  struct code_draft draft = {.name = emit->name,
                             .insns = emit->insns,
                             .insn_count = emit->count,
                             .handlers = emit->handlers,
                             .handler_count = emit->handler_count,
                             .param_count = (uint16_t)params,
                             .local_count = (uint16_t)emit->local_count,
                             .guest_data = emit->function,
                             .live_locals = emit->lives};
  enum loam_err kind = emit->state->verifies ? verify(emit, &draft) : LOAM_OK;
  return kind == LOAM_OK ? method_create(emit->state->vm, &draft, out, emit->err) : kind;
}

enum loam_err zam_emit_finish(struct zam_emit *emit, uint32_t params, struct method **out) {
  bool had_error = emit->failed && emit->err->kind != LOAM_OK;
  if (had_error) return emit->err->kind;
  if (!emit->failed) resolve(emit);
  if (emit->failed || !make_handlers(emit))
    return error_set(emit->err, LOAM_ERR_MEMORY, "no memory to translate %s", emit->name);
  return make_method(emit, params, out);
}

void zam_emit_init(struct zam_emit *emit) {
  const struct zam_scratch *scratch = emit->flow->scratch;
  emit->insns = scratch->insns;
  emit->lives = scratch->lives;
  emit->room = scratch->insn_room;
  emit->patches = scratch->patches;
  emit->patch_room = scratch->patch_room;
}

bool zam_emit_reserve(struct zam_emit *emit, uint32_t count) {
  uint32_t room = emit->room; // which both have
  ASSERT(!emit->count, "zam.I10: room is made for instructions, %u of which are there", emit->count);
  count += count / 8;
  return mem_reserve(&emit->lives, &room, count, sizeof *emit->lives) &&
         mem_reserve(&emit->insns, &emit->room, count, sizeof *emit->insns);
}

void zam_emit_fini(struct zam_emit *emit) {
  struct zam_scratch *scratch = emit->flow->scratch;
  scratch->insns = emit->insns;
  scratch->lives = emit->lives;
  scratch->insn_room = emit->room;
  scratch->patches = emit->patches;
  scratch->patch_room = emit->patch_room;
  mem_free(emit->handlers);
}
