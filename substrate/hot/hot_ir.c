// SPDX-License-Identifier: MIT
//
// hot_ir.c: a unit's functions, the words of their frames, and the ways out of them.
#define LOAM_HOT_MODULE
#include "hot/hot_ir.h"

#include <stdio.h>
#include <string.h>

#define UNIT_INSTRUCTIONS_MAX 3000  // of all functions; what lies behind it leaves for the lower engines
#define UNIT_INSTRUCTIONS_SMALL 300 // up to there code may be in several functions
#define UNIT_TRANSFERS_MAX 12000    // the same; with hundreds of locals, each place that leaves or merges has hundreds

LLVMValueRef hot_ir_i32(const struct hot_build *build, uint32_t n) { return build->l->LLVMConstInt(build->i32, n, 0); }
LLVMValueRef hot_ir_i64(const struct hot_build *build, uint64_t n) { return build->l->LLVMConstInt(build->i64, n, 0); }

LLVMBasicBlockRef hot_ir_only_way(const struct hot_llvm *l, LLVMBasicBlockRef block) {
  LLVMUseRef use = l->LLVMGetFirstUse(l->LLVMBasicBlockAsValue(block));
  return use && !l->LLVMGetNextUse(use) ? l->LLVMGetInstructionParent(l->LLVMGetUser(use)) : NULL;
}

LLVMBasicBlockRef hot_ir_only_way_on(const struct hot_llvm *l, LLVMBasicBlockRef block) {
  LLVMValueRef end = l->LLVMGetBasicBlockTerminator(block);
  return l->LLVMGetNumSuccessors(end) == 1 ? l->LLVMGetSuccessor(end, 0) : NULL;
}

bool hot_ir_leaves(const struct hot_llvm *l, LLVMValueRef hot_leave, LLVMBasicBlockRef block, unsigned depth) {
  LLVMValueRef end = l->LLVMGetBasicBlockTerminator(block);
  if (l->LLVMGetInstructionOpcode(end) == LLVMRet) {
    LLVMValueRef call = l->LLVMGetPreviousInstruction(end);
    return call && l->LLVMIsACallInst(call) && l->LLVMGetCalledValue(call) == hot_leave;
  }
  unsigned count = l->LLVMGetNumSuccessors(end);
  if (!depth || !count || l->LLVMGetInstructionOpcode(end) != LLVMBr) return false;
  for (unsigned i = 0; i < count; i++)
    if (!hot_ir_leaves(l, hot_leave, l->LLVMGetSuccessor(end, i), depth - 1)) return false;
  return true;
}

void hot_ir_move_incoming(const struct hot_build *build, LLVMBasicBlockRef block, LLVMBasicBlockRef from,
                          LLVMBasicBlockRef to, bool stays) {
  const struct hot_llvm *l = build->l;
  for (LLVMValueRef join = l->LLVMGetFirstInstruction(block), next; l->LLVMIsAPHINode(join); join = next) {
    next = l->LLVMGetNextInstruction(join);
    l->LLVMPositionBuilderBefore(build->builder, join);
    LLVMValueRef made = l->LLVMBuildPhi(build->builder, l->LLVMTypeOf(join), "");
    for (unsigned i = 0; i < l->LLVMCountIncoming(join); i++) {
      LLVMBasicBlockRef at = l->LLVMGetIncomingBlock(join, i);
      LLVMValueRef value = l->LLVMGetIncomingValue(join, i);
      if (at != from || stays) l->LLVMAddIncoming(made, &value, &at, 1);
      if (at == from && to) l->LLVMAddIncoming(made, &value, &to, 1);
    }
    l->LLVMReplaceAllUsesWith(join, made);
    l->LLVMInstructionEraseFromParent(join);
  }
}

LLVMValueRef hot_ir_first_behind_joins(const struct hot_llvm *l, LLVMBasicBlockRef block) {
  LLVMValueRef first = l->LLVMGetFirstInstruction(block);
  while (first && l->LLVMIsAPHINode(first)) first = l->LLVMGetNextInstruction(first);
  return first;
}

LLVMValueRef hot_ir_address(const struct hot_build *build, const void *address) {
  return build->l->LLVMConstIntToPtr(hot_ir_i64(build, (uintptr_t)address), build->ptr);
}

LLVMValueRef hot_ir_extern(const struct hot_build *build, const char *name, LLVMTypeRef type) {
  const struct hot_llvm *l = build->l;
  LLVMValueRef known = l->LLVMGetNamedFunction(build->module, name);
  if (known) return known;
  LLVMValueRef function = l->LLVMAddFunction(build->module, name, type);
  if (type == build->handler) l->LLVMSetFunctionCallConv(function, HOT_PRESERVE_NONE);
  return function;
}

LLVMBasicBlockRef hot_ir_block(struct hot_ir_function *f) {
  struct hot_build *build = f->build;
  return build->l->LLVMAppendBasicBlockInContext(build->compiler->context, f->value, "");
}

void hot_ir_at(const struct hot_ir_function *f, LLVMBasicBlockRef block) {
  f->build->l->LLVMPositionBuilderAtEnd(f->build->builder, block);
}

// Writes in the set-up block, which comes before all others; gives back where the builder was.
static LLVMBasicBlockRef enter_setup(struct hot_ir_function *f) {
  LLVMBasicBlockRef here = f->build->l->LLVMGetInsertBlock(f->build->builder);
  hot_ir_at(f, f->setup);
  return here;
}

LLVMValueRef hot_ir_variable(struct hot_ir_function *f, LLVMTypeRef type) {
  LLVMBasicBlockRef here = enter_setup(f);
  LLVMValueRef variable = f->build->l->LLVMBuildAlloca(f->build->builder, type, "");
  hot_ir_at(f, here);
  return variable;
}

LLVMValueRef hot_ir_slot(struct hot_ir_function *f, int32_t word) {
  int32_t index = word - f->first_word;
  CHECK(index >= 0 && index < f->word_count, "hot.I2: %s has no word %d", f->entry->context->method->name, word);
  struct hot_slot *slot = &f->slots[index];
  if (!slot->variable) slot->variable = hot_ir_variable(f, f->build->i64);
  slot->run = 0;
  return slot->variable;
}

// The value of a slot is known where control has come from where it was read or written in one way.
static struct hot_slot *slot_here(struct hot_ir_function *f, int32_t word) {
  LLVMBasicBlockRef here = f->build->l->LLVMGetInsertBlock(f->build->builder);
  if (here != f->run_block) {
    f->run_block = here;
    f->run = ++f->run_count;
  }
  ASSERT(word >= f->first_word && word - f->first_word < f->word_count, "hot.I2: %s has no word %d",
         f->entry->context->method->name, word);
  return &f->slots[word - f->first_word];
}

LLVMValueRef hot_ir_word_address(const struct hot_ir_function *f, int32_t word) {
  struct hot_build *build = f->build;
  if (word == 0) return f->fp;
  LLVMValueRef index = hot_ir_i64(build, (uint64_t)(int64_t)word);
  return build->l->LLVMBuildInBoundsGEP2(build->builder, build->i64, f->fp, &index, 1, "");
}

LLVMValueRef hot_ir_get(struct hot_ir_function *f, int32_t word) {
  struct hot_slot *slot = slot_here(f, word);
  if (slot->variable && slot->run == f->run) return slot->value;
  slot->value = f->build->l->LLVMBuildLoad2(f->build->builder, f->build->i64, hot_ir_slot(f, word), "");
  slot->run = f->run;
  return slot->value;
}

void hot_ir_set(struct hot_ir_function *f, int32_t word, LLVMValueRef value) {
  struct hot_slot *slot = slot_here(f, word);
  f->build->l->LLVMBuildStore(f->build->builder, value, hot_ir_slot(f, word));
  slot->value = value;
  slot->run = f->run;
}

LLVMValueRef hot_ir_mutator_field(const struct hot_ir_function *f, size_t offset) {
  struct hot_build *build = f->build;
  ASSERT(offset < sizeof(struct mutator), "hot.I2: byte %zu of a mutator is named", offset);
  LLVMValueRef index = hot_ir_i64(build, offset);
  LLVMTypeRef byte = build->l->LLVMInt8TypeInContext(build->compiler->context);
  return build->l->LLVMBuildInBoundsGEP2(build->builder, byte, f->th, &index, 1, "");
}

static void store_word(struct hot_ir_function *f, int32_t word, LLVMValueRef value) {
  f->build->transfers++;
  f->build->l->LLVMBuildStore(f->build->builder, value, hot_ir_word_address(f, word));
}
static void load_word(struct hot_ir_function *f, int32_t word) {
  struct hot_build *build = f->build;
  build->transfers++;
  LLVMValueRef value = build->l->LLVMBuildLoad2(build->builder, build->i64, hot_ir_word_address(f, word), "");
  hot_ir_set(f, word, value);
}

// ---- publishing ----------------------------------------------------------------------------------------------------

static void publish_header(struct hot_ir_function *f, const struct hot_context *context) {
  ASSERT(context->caller && context->fp_word > context->caller->fp_word, "hot.I3: %s is inlined at word %d",
         context->method->name, context->fp_word);
  struct hot_build *build = f->build;
  int32_t fp = context->fp_word;
  const char *return_pc = (const char *)context->caller->method->code + context->return_pc;
  store_word(f, fp + FRAME_CALLER, hot_ir_word_address(f, context->caller->fp_word));
  store_word(f, fp + FRAME_RETURN_PC, hot_ir_address(build, return_pc));
  store_word(f, fp + FRAME_METHOD, hot_ir_address(build, context->method));
  // Who returns to it is a lower engine: this function was left then.
  store_word(f, fp + FRAME_RETURN_CODE, hot_ir_i64(build, interp_landing_at(context->caller->method, return_pc)));
}

// May a local differ from memory when what was done lies before `horizon`? An inlined frame never was in memory.
static bool is_dirty(const struct hot_ir_function *f, const struct hot_context *context, uint32_t local,
                     uint32_t horizon) {
  return context->caller || f->written[local] < horizon;
}

static LLVMValueRef state_operand(struct hot_ir_function *f, const struct hot_state *state, uint32_t index) {
  ASSERT(index < state->depth, "hot.I2: operand %u of %u at byte %u of %s", index, state->depth, state->pc,
         state->context->method->name);
  if (state->start && index >= state->low && index < state->depth) return state->start[index - state->low];
  return hot_ir_get(f, hot_plan_top(state->context, index + 1));
}

static void publish_operands(struct hot_ir_function *f, const struct hot_state *state, uint32_t held) {
  for (uint32_t i = 0; i + held < state->depth; i++)
    store_word(f, hot_plan_top(state->context, i + 1), state_operand(f, state, i));
}

static const uint64_t *live_set(struct hot_ir_function *f, const struct hot_context *context, uint32_t pc) {
  return hot_plan_live_set(f->build->plan, f->build->compiler->ops, context, pc);
}

static void publish_locals(struct hot_ir_function *f, const struct hot_context *context, uint32_t pc,
                           const uint64_t *live) {
  ASSERT(hot_plan_live(context->method, pc) <= context->method->local_count,
         "hot.I2: %u locals of %s hold values at byte %u, of %u", hot_plan_live(context->method, pc),
         context->method->name, pc, context->method->local_count);
  LLVMValueRef none = hot_ir_i64(f->build, f->build->compiler->guest->initial_local.bits);
  uint32_t horizon = hot_plan_horizon(context->info, pc);
  for (uint32_t i = 0, count = hot_plan_live(context->method, pc); i < count; i++) {
    int32_t word = hot_plan_local(context, i);
    if (is_dirty(f, context, i, horizon)) store_word(f, word, hot_plan_has(live, i) ? hot_ir_get(f, word) : none);
  }
}

// The locals of all frames that hold values, and the operands of the callers. `live`: of the context's, what is read.
static void publish_others(struct hot_ir_function *f, const struct hot_context *context, uint32_t pc,
                           const uint64_t *live) {
  int32_t callee = 0;
  for (const struct hot_context *c = context; c; c = c->caller) {
    for (int32_t w = hot_plan_top(c, 1); c != context && w <= callee; w++) store_word(f, w, hot_ir_get(f, w));
    publish_locals(f, c, pc, live);
    callee = hot_plan_callee(c);
    if (!c->caller) continue;
    pc = c->return_pc - 1; // as who walks frames sees it
    live = live_set(f, c->caller, pc);
    if (!live) return;
  }
  // The root's, where another closure of the same method was called in its place.
  if (f->written[f->build->plan->root->method->local_count] == 0) store_word(f, callee, hot_ir_get(f, callee));
}

// The frame's header is in memory since before this function was entered. Inlined methods have no loops, and loops
// around the entry end the function: so who comes to this context is in the frame that was there then.
static bool was_published(const struct hot_ir_function *f, const struct hot_context *context) {
  for (const struct hot_context *c = f->entry->context; c; c = c->caller)
    if (c == context) return true;
  return false;
}

void hot_ir_publish(struct hot_ir_function *f, const struct hot_state *state, uint32_t held) {
  publish_operands(f, state, held);
  const uint64_t *live = live_set(f, state->context, state->pc);
  if (live) publish_others(f, state->context, state->pc, live);
  for (const struct hot_context *c = state->context; c->caller && !was_published(f, c); c = c->caller)
    publish_header(f, c);
}

void hot_ir_reload(struct hot_ir_function *f, const struct hot_context *context, uint32_t pc, uint32_t depth) {
  int32_t top = hot_plan_top(context, depth);
  ASSERT(depth != DEPTH_UNKNOWN, "hot.I1: nothing comes to byte %u of %s", pc, context->method->name);
  for (const struct hot_context *c = context; c; c = c->caller) {
    for (int32_t w = hot_plan_top(c, 1); w <= top; w++) load_word(f, w);
    for (uint32_t i = 0; i < hot_plan_live(c->method, pc); i++) load_word(f, hot_plan_local(c, i));
    top = hot_plan_callee(c);
    pc = c->return_pc - 1;
  }
  load_word(f, top); // the root's callee
}

void hot_ir_mark_unit(struct hot_ir_function *f) {
  store_word(f, FRAME_SPILL, hot_ir_address(f->build, f->build->unit));
}

// ---- ways out ------------------------------------------------------------------------------------------------------

void hot_ir_jump(struct hot_ir_function *f, LLVMValueRef target, LLVMValueRef pc, LLVMValueRef sp, LLVMValueRef fp,
                 LLVMValueRef tos, LLVMValueRef dispatch) {
  struct hot_build *build = f->build;
  LLVMValueRef nowhere = build->l->LLVMGetPoison(build->ptr);
  LLVMValueRef args[] = {pc ? pc : nowhere,
                         sp ? sp : nowhere,
                         fp ? fp : nowhere,
                         f->th,
                         tos ? tos : build->l->LLVMGetPoison(build->i64),
                         dispatch ? dispatch : nowhere};
  LLVMValueRef call = build->l->LLVMBuildCall2(build->builder, build->handler, target, args, COUNT_OF(args), "");
  build->l->LLVMSetInstructionCallConv(call, HOT_PRESERVE_NONE);
  build->l->LLVMSetTailCallKind(call, LLVMTailCallKindMustTail);
  build->l->LLVMBuildRetVoid(build->builder);
}

// Describes an inlined context's frame for hot_leave. NULL for the root.
static const struct hot_frame *frame_of(struct hot_build *build, struct hot_context *context) {
  if (!context->caller || context->frame) return context->frame;
  struct hot_frame *frame = mem_alloc_zero(1, sizeof *frame);
  if (!frame) {
    build->plan->failed = true;
    return NULL;
  }
  ASSERT(context->fp_word > context->caller->fp_word, "hot.I3: the frame of %s is at word %d, below its caller's",
         context->method->name, context->fp_word);
  frame->caller = frame_of(build, context->caller);
  frame->method = context->method;
  frame->return_pc = (const char *)context->caller->method->code + context->return_pc;
  frame->words = (uint32_t)(context->fp_word - context->caller->fp_word);
  frame->next = build->unit->frames;
  build->unit->frames = frame;
  return context->frame = frame;
}

// A new guard: its offset in the unit's table.
static LLVMValueRef make_guard(struct hot_ir_function *f, const struct hot_state *state, enum hot_leaving why) {
  struct hot_build *build = f->build;
  if (build->guard_count == build->guard_room) {
    uint32_t room = build->guard_room ? build->guard_room * 2 : 64;
    struct hot_guard *guards = arena_alloc(&build->plan->memory, room * sizeof *guards);
    if (!guards) {
      build->plan->failed = true;
      return hot_ir_i64(build, 0);
    }
    if (build->guard_count) memcpy(guards, build->guards, build->guard_count * sizeof *guards);
    build->guards = guards;
    build->guard_room = room;
  }
  struct hot_guard *guard = &build->guards[build->guard_count];
  ASSERT(state->pc / 8 < state->context->method->code_words && state->depth != DEPTH_UNKNOWN,
         "hot.I1: code leaves for byte %u of %s with %u operands", state->pc, state->context->method->name,
         state->depth);
  guard->method = state->context->method;
  guard->pc = state->pc;
  guard->depth = state->depth;
  guard->frame = frame_of(build, state->context);
  guard->planned = why == HOT_PLANNED;
  guard->at_entry = why == HOT_FAILED_AT_ENTRY;
  return hot_ir_i64(build, build->guard_count++ * sizeof *guard);
}

// Are the same locals dirty behind both?
static bool are_same_dirty(const struct hot_ir_function *f, const struct hot_context *context, uint32_t horizon,
                           uint32_t other) {
  for (uint32_t i = 0; i < context->method->local_count; i++)
    if (is_dirty(f, context, i, horizon) != is_dirty(f, context, i, other)) return false;
  return true;
}

// Where the leaving places of one block and context meet, unless one needs locals that another may have dropped: it
// stores what is the same for all of them, and jumps. What differs, the guard and the top operand, they bring along.
static struct hot_exit *shared_exit(struct hot_ir_function *f, const struct hot_context *context, uint32_t pc) {
  struct hot_build *build = f->build;
  const struct hot_llvm *l = build->l;
  const uint64_t *live = live_set(f, context, pc);
  uint32_t horizon = hot_plan_horizon(context->info, pc);
  for (struct hot_exit *known = f->exits; live && known; known = known->next)
    if (known->context == context && known->count == hot_plan_live(context->method, pc) &&
        hot_plan_covers(context->method, known->live, live) && are_same_dirty(f, context, known->horizon, horizon))
      return known;
  struct hot_exit *exit = arena_alloc(&build->plan->memory, sizeof *exit);
  if (!exit || !live) {
    build->plan->failed = true;
    return NULL;
  }
  LLVMBasicBlockRef here = l->LLVMGetInsertBlock(build->builder);
  *exit = (struct hot_exit){
      .next = f->exits, .context = context, .live = live, .horizon = horizon, .block = hot_ir_block(f)};
  exit->count = hot_plan_live(context->method, pc);
  uint32_t before = build->transfers;
  f->exits = exit;
  hot_ir_at(f, exit->block);
  exit->guard = l->LLVMBuildPhi(build->builder, build->i64, "");
  exit->tos = l->LLVMBuildPhi(build->builder, build->i64, "");
  publish_others(f, context, pc, live); // hot_leave makes the headers
  exit->words = build->transfers - before;
  LLVMTypeRef byte = l->LLVMInt8TypeInContext(build->compiler->context);
  LLVMValueRef table = l->LLVMGetNamedGlobal(build->module, "hot_guards");
  LLVMValueRef guard = l->LLVMBuildInBoundsGEP2(build->builder, byte, table, &exit->guard, 1, "");
  hot_ir_jump(f, hot_ir_extern(build, "hot_leave", build->handler), NULL, NULL,
              hot_ir_word_address(f, context->fp_word), exit->tos, guard);
  hot_ir_at(f, here);
  return exit;
}

// Exit code begins here; for hot_box.c and hot_scalar.c.
static void mark_leaving(struct hot_build *build) {
  LLVMTypeRef type = build->l->LLVMFunctionType(build->l->LLVMVoidTypeInContext(build->compiler->context), NULL, 0, 0);
  build->l->LLVMBuildCall2(build->builder, type, hot_ir_extern(build, "op_marker_leaving", type), NULL, 0, "");
}

void hot_ir_leave(struct hot_ir_function *f, const struct hot_state *state, enum hot_leaving why) {
  struct hot_build *build = f->build;
  mark_leaving(build);
  publish_operands(f, state, state->depth ? 1 : 0);
  LLVMValueRef tos = state->depth ? state_operand(f, state, state->depth - 1) : build->l->LLVMGetPoison(build->i64);
  LLVMValueRef guard = make_guard(f, state, why);
  LLVMBasicBlockRef here = build->l->LLVMGetInsertBlock(build->builder);
  struct hot_exit *exit = shared_exit(f, state->context, state->pc);
  if (!exit) return;
  uint32_t words = exit->words + state->depth;
  if (f->entry->words_left < words) f->entry->words_left = words;
  build->l->LLVMBuildBr(build->builder, exit->block);
  build->l->LLVMAddIncoming(exit->guard, &guard, &here, 1);
  build->l->LLVMAddIncoming(exit->tos, &tos, &here, 1);
}

// ---- control flow inside a function --------------------------------------------------------------------------------

static LLVMBasicBlockRef block_for(struct hot_ir_function *f, struct hot_context *context, uint32_t pc) {
  ASSERT(pc % 8 == 0 && pc / 8 < context->method->code_words, "hot.I1: %s goes on at byte %u of %u words",
         context->method->name, pc, context->method->code_words);
  struct hot_block *block = context->blocks[pc / 8];
  if (block && block->entry == f->entry) return block->block;
  block = arena_alloc(&f->build->plan->memory, sizeof *block);
  if (!block) {
    f->build->plan->failed = true;
    return hot_ir_block(f);
  }
  *block = (struct hot_block){.entry = f->entry, .context = context, .pc = pc, .block = hot_ir_block(f)};
  context->blocks[pc / 8] = block;
  if (context->copies[pc / 8] < UINT8_MAX) context->copies[pc / 8]++;
  *f->blocks_end = block;
  f->blocks_end = &block->next;
  return block->block;
}

// The kinds that a loop's locals are expected to have, or NULL.
static const uint8_t *loop_kinds(const struct hot_ir_function *f, const struct hot_context *context, uint32_t pc) {
  const struct hot_plan *plan = f->build->plan;
  if (!hot_plan_is_loop(context, pc) || !plan->request->feedback || !f->build->compiler->guest->kinds) return NULL;
  const struct hot_method *info = context->info;
  if (!info->kinds_known[pc / 8]) {
    const uint8_t *counts = method_slow_counts(context->method);
    bool doubted = counts && __atomic_load_n(&counts[pc], __ATOMIC_RELAXED) == UINT8_MAX;
    info->kinds[pc / 8] = doubted ? NULL : hot_profile_kinds(context->method, pc / 8);
    info->kinds_known[pc / 8] = true;
  }
  return info->kinds[pc / 8];
}

static LLVMValueRef is_of_kind(struct hot_ir_function *f, LLVMValueRef value, uint8_t kind) {
  struct hot_build *build = f->build;
  const struct value_kind *is = &build->compiler->guest->kinds[kind - 1];
  ASSERT(kind && is->name, "hot.I4: values of kind %u are expected, which the guest has not", kind);
  LLVMValueRef masked = build->l->LLVMBuildAnd(build->builder, value, hot_ir_i64(build, is->mask), "");
  return build->l->LLVMBuildICmp(build->builder, LLVMIntEQ, masked, hot_ir_i64(build, is->bits), "");
}

// Before a loop head: leaves unless its locals have the kinds expected there. LLVM removes what it can prove; what is
// left stands outside the loop for locals that the loop doesn't change.
static void check_kinds(struct hot_ir_function *f, struct hot_context *context, uint32_t pc, const uint8_t *kinds) {
  struct hot_build *build = f->build;
  LLVMValueRef all = NULL;
  const uint64_t *live = live_set(f, context, pc);
  for (uint32_t i = 0, count = hot_plan_live(context->method, pc); live && i < count; i++) {
    if (!kinds[i] || kinds[i] == UINT8_MAX || !hot_plan_has(live, i)) continue;
    LLVMValueRef one = is_of_kind(f, hot_ir_get(f, hot_plan_local(context, i)), kinds[i]);
    all = all ? build->l->LLVMBuildAnd(build->builder, all, one, "") : one;
  }
  if (!all) return;
  LLVMBasicBlockRef here = build->l->LLVMGetInsertBlock(build->builder), leave = hot_ir_block(f);
  struct hot_state state = {.context = context, .pc = pc, .depth = hot_plan_depth(context->method, pc)};
  hot_ir_at(f, leave);
  hot_ir_leave(f, &state, HOT_FAILED_AT_ENTRY);
  hot_ir_at(f, here);
  hot_ir_unless(f, all, leave);
}

static void assume_kinds(struct hot_ir_function *f, const struct hot_block *block) {
  struct hot_build *build = f->build;
  const uint8_t *kinds = loop_kinds(f, block->context, block->pc);
  if (!kinds) return;
  LLVMTypeRef type =
      build->l->LLVMFunctionType(build->l->LLVMVoidTypeInContext(build->compiler->context), &build->i1, 1, 0);
  const uint64_t *live = live_set(f, block->context, block->pc);
  for (uint32_t i = 0, count = hot_plan_live(block->context->method, block->pc); live && i < count; i++) {
    if (!kinds[i] || kinds[i] == UINT8_MAX || !hot_plan_has(live, i)) continue;
    LLVMValueRef holds = is_of_kind(f, hot_ir_get(f, hot_plan_local(block->context, i)), kinds[i]);
    build->l->LLVMBuildCall2(build->builder, type, hot_ir_extern(build, "llvm.assume", type), &holds, 1, "");
  }
}

static struct hot_entry *find_entry(const struct hot_build *build, const struct hot_context *context, uint32_t pc,
                                    enum hot_entry_kind kind) {
  for (struct hot_entry *known = build->entries; known; known = known->next)
    if (known->context == context && known->pc == pc && known->kind == kind) return known;
  return NULL;
}

// Compiled as its bodies are: without tables of what to load or where to jump.
static LLVMValueRef make_entry_function(const struct hot_build *build, const char *name) {
  const struct hot_llvm *l = build->l;
  static const char no_tables[] = "no-jump-tables", yes[] = "true";
  LLVMValueRef function = hot_ir_extern(build, name, build->handler);
  LLVMAttributeRef attribute =
      l->LLVMCreateStringAttribute(build->compiler->context, no_tables, sizeof no_tables - 1, yes, sizeof yes - 1);
  l->LLVMAddAttributeAtIndex(function, (LLVMAttributeIndex)LLVMAttributeFunctionIndex, attribute);
  return function;
}

struct hot_entry *hot_ir_entry(struct hot_build *build, struct hot_context *context, uint32_t pc,
                               enum hot_entry_kind kind) {
  struct hot_entry *entry = find_entry(build, context, pc, kind);
  if (entry) return entry;
  entry = arena_alloc(&build->plan->memory, sizeof *entry);
  if (!entry) {
    build->plan->failed = true;
    return build->entries; // there is one: the unit won't be used
  }
  char name[32];
  snprintf(name, sizeof name, "hot_entry_%u", build->entry_count++);
  *entry = (struct hot_entry){.context = context, .kind = kind, .pc = pc};
  entry->function = make_entry_function(build, name);
  *build->entries_end = entry;
  build->entries_end = &entry->next;
  return entry;
}

// What follows a call is in the function of every call before it. Where a large unit has two copies of a place already,
// it gets a function of its own, to which the others jump.
static bool is_join(const struct hot_ir_function *f, const struct hot_context *context, uint32_t pc) {
  const struct hot_block *block = context->blocks[pc / 8];
  if (block && block->entry == f->entry) return false;
  return f->build->instructions > UNIT_INSTRUCTIONS_SMALL && context->copies[pc / 8] >= 2;
}

static void jump_to_entry(struct hot_ir_function *f, struct hot_context *context, uint32_t pc,
                          enum hot_entry_kind kind) {
  uint32_t depth = hot_plan_depth(context->method, pc);
  struct hot_state state = {.context = context, .pc = pc, .depth = depth};
  ASSERT(depth != DEPTH_UNKNOWN, "hot.I1: nothing comes to byte %u of %s, which is jumped to", pc,
         context->method->name);
  hot_ir_publish(f, &state, depth ? 1 : 0);
  hot_ir_jump(f, hot_ir_entry(f->build, context, pc, kind)->function, NULL, NULL,
              hot_ir_word_address(f, context->fp_word), depth ? hot_ir_get(f, hot_plan_top(context, depth)) : NULL,
              NULL);
}

// To the head of a loop around where this function starts. It has a function of its own, in which its inner loops are
// loops. Who came in at an inner loop, and was not asked to make the outer one, leaves: the next round comes in again.
// The function for calls is also that of the loop at the method's start.
static void go_to_outer_loop(struct hot_ir_function *f, struct hot_context *context, uint32_t pc) {
  if (pc == 0 && find_entry(f->build, context, 0, HOT_ENTRY_CALL)) {
    jump_to_entry(f, context, 0, HOT_ENTRY_CALL);
  } else if (f->entry->kind == HOT_ENTRY_LOOP && !find_entry(f->build, context, pc, HOT_ENTRY_LOOP)) {
    struct hot_state state = {.context = context, .pc = pc, .depth = hot_plan_depth(context->method, pc)};
    hot_ir_leave(f, &state, HOT_PLANNED);
  } else {
    jump_to_entry(f, context, pc, HOT_ENTRY_LOOP);
  }
}

bool hot_ir_is_full(const struct hot_build *build) {
  return build->instructions >= UNIT_INSTRUCTIONS_MAX || build->transfers >= UNIT_TRANSFERS_MAX;
}

void hot_ir_go_to(struct hot_ir_function *f, struct hot_context *context, uint32_t pc) {
  struct hot_build *build = f->build;
  const struct hot_entry *entry = f->entry;
  bool home =
      context == entry->context && pc == entry->pc && (entry->kind == HOT_ENTRY_LOOP || entry->kind == HOT_ENTRY_CALL);
  if (!home && hot_plan_is_loop(context, pc) && hot_plan_encloses(context, pc, entry->context, entry->pc)) {
    go_to_outer_loop(f, context, pc);
    return;
  }
  if (is_join(f, context, pc) && !context->is_peeled) {
    jump_to_entry(f, context, pc, HOT_ENTRY_JOIN);
    return;
  }
  const uint8_t *kinds = loop_kinds(f, context, pc);
  if (kinds) check_kinds(f, context, pc, kinds);
  build->l->LLVMBuildBr(build->builder, block_for(f, context, pc));
}

static void begin_function(struct hot_ir_function *f, struct hot_entry *entry) {
  struct hot_build *build = f->build;
  f->value = entry->function;
  f->fp = build->l->LLVMGetParam(f->value, HOT_FP_REGISTER);
  f->th = build->l->LLVMGetParam(f->value, HOT_TH_REGISTER);
  f->tos = build->l->LLVMGetParam(f->value, HOT_TOS_REGISTER);
  f->blocks_end = &f->blocks;
  f->setup = hot_ir_block(f);
}

// Who enters a loop of a frame comes with that frame's fp. Who returns to it, too, but has it from the callee's header:
// each return would wait for the one before to be loaded. Where the result's place is he knows without.
static void find_fp(struct hot_ir_function *f, uint32_t depth) {
  struct hot_build *build = f->build;
  const struct hot_entry *entry = f->entry;
  bool returns = entry->kind == HOT_ENTRY_RETURN;
  LLVMValueRef from = returns ? build->l->LLVMGetParam(f->value, HOT_SP_REGISTER) : f->fp;
  int32_t word = returns ? hot_plan_top(entry->context, depth) : entry->context->fp_word;
  if (!word) return;
  LLVMBasicBlockRef here = build->l->LLVMGetInsertBlock(build->builder);
  LLVMValueRef back = hot_ir_i64(build, (uint64_t)-(int64_t)word);
  hot_ir_at(f, f->setup);
  f->fp = build->l->LLVMBuildInBoundsGEP2(build->builder, build->i64, from, &back, 1, "");
  hot_ir_at(f, here);
}

// Which words of the unit's frames its functions may name.
static void measure_words(struct hot_ir_function *f) {
  const struct hot_plan *plan = f->build->plan;
  f->first_word = -(int32_t)plan->root->method->local_count - 1;
  f->word_count = (int32_t)plan->root->method->frame_words + 1024 - f->first_word;
}

static int32_t last_argument(const struct hot_plan *plan) {
  const struct hot_context *root = plan->root;
  ASSERT(root->method->param_count, "hot.I3: %s has no arguments", root->method->name);
  return hot_plan_local(root, root->method->param_count - 1u);
}

// The function for calls from elsewhere, which bring nothing in registers, where the unit's own bring an argument.
static void go_on_as_self(struct hot_ir_function *f) {
  struct hot_build *build = f->build;
  int32_t word = last_argument(build->plan);
  load_word(f, word);
  hot_ir_jump(f, hot_ir_entry(build, build->plan->root, 0, HOT_ENTRY_SELF)->function, NULL, NULL, f->fp,
              hot_ir_get(f, word), NULL);
}

// Everything is in memory, but for what comes in a register.
static void begin_code(struct hot_ir_function *f, uint32_t depth) {
  const struct hot_entry *entry = f->entry;
  hot_ir_reload(f, entry->context, entry->pc, depth);
  if (depth) hot_ir_set(f, hot_plan_top(entry->context, depth), f->tos);
  if (entry->kind == HOT_ENTRY_SELF) hot_ir_set(f, last_argument(f->build->plan), f->tos);
  const uint8_t *kinds = loop_kinds(f, entry->context, entry->pc);
  if (kinds) check_kinds(f, entry->context, entry->pc, kinds);
  f->build->l->LLVMBuildBr(f->build->builder, block_for(f, entry->context, entry->pc));
}

// All functions of a unit take the root's fp, so that words mean the same in all of them.
static bool make_function(struct hot_build *build, struct hot_entry *entry) {
  struct hot_ir_function f = {.build = build, .entry = entry};
  entry->full = hot_ir_is_full(build);
  measure_words(&f);
  f.slots = arena_alloc(&build->plan->memory, (size_t)f.word_count * sizeof *f.slots);
  f.written = hot_plan_written(build->plan, entry);
  if (!f.slots || !f.written) return false;
  begin_function(&f, entry);
  LLVMBasicBlockRef first = hot_ir_block(&f);
  hot_ir_at(&f, first);
  bool called = entry->kind == HOT_ENTRY_CALL || entry->kind == HOT_ENTRY_SELF;
  uint32_t depth = called ? 0 : hot_plan_depth(entry->context->method, entry->pc);
  ASSERT(depth != DEPTH_UNKNOWN, "hot.I1: nothing comes to byte %u of %s, an entry", entry->pc,
         entry->context->method->name);
  find_fp(&f, depth);
  if (entry->kind == HOT_ENTRY_CALL && hot_plan_brings_argument(build->plan))
    go_on_as_self(&f);
  else
    begin_code(&f, depth);
  for (struct hot_block *block = f.blocks; block; block = block->next) {
    hot_ir_at(&f, block->block);
    f.exits = NULL;
    assume_kinds(&f, block);
    hot_ir_fill(&f, block);
  }
  hot_ir_at(&f, f.setup);
  build->l->LLVMBuildBr(build->builder, first);
  return true;
}

// Who comes in at an inner loop soon goes round those around it, too, unless it runs long.
bool hot_ir_build(struct hot_build *build) {
  const struct hot_request *request = build->plan->request;
  build->entries_end = &build->entries;
  build->l->LLVMAddGlobal(build->module, build->l->LLVMInt8TypeInContext(build->compiler->context), "hot_guards");
  if (request->entry) hot_ir_entry(build, build->plan->root, 0, HOT_ENTRY_CALL);
  if (request->entry && hot_plan_brings_argument(build->plan)) // before loops fill the unit
    hot_ir_entry(build, build->plan->root, 0, HOT_ENTRY_SELF);
  for (uint32_t i = 0; i < request->loop_count; i++) {
    uint32_t pc = request->loops[i] * 8;
    uint32_t outermost = hot_plan_outermost_loop(build->plan->root, pc);
    hot_ir_entry(build, build->plan->root, pc, HOT_ENTRY_LOOP);
    if (!request->runs_long[i] && (outermost || !request->entry))
      hot_ir_entry(build, build->plan->root, outermost, HOT_ENTRY_LOOP);
  }
  hot_ir_enter_handlers(build);
  for (struct hot_entry *entry = build->entries; entry && !build->plan->failed; entry = entry->next)
    if (!make_function(build, entry)) return false;
  return !build->plan->failed;
}
