// SPDX-License-Identifier: MIT
//
// hot_ir_op.c: an instruction as calls of its parts' bodies.
//
// A body is called on values, to be inlined (hot_inline.c). When it gives up (its SLOW), there are two ways on:
//   - leave: the state before the instruction is stored and a lower engine runs the instruction from its start. What is
//     behind it may rely on what the body found out, and no join makes it forget again. This is the rule.
//   - merge: the frames are published, the body runs again as a C function and control comes back. This is for places
//     where the slow path was seen often, or where nothing is known.
// Within one (fused) instruction nothing leaves behind a part that merged: its start is in the past then.
#define LOAM_HOT_MODULE
#include "hot/hot_ir.h"

#include "loam/op.h"

#include <stdio.h>
#include <string.h>

#define MERGE_TRANSFERS 8 // what a merge costs LLVM besides its stores and loads: joins, and variables across them

// A part of an instruction.
struct part {
  struct hot_insn *insn;
  const struct op_info *info;
  const int64_t *imms;
  uint32_t pc; // + its index: names the part in the site table
  uint16_t op;
  bool merge;
  unsigned arg_count;
  LLVMTypeRef type;
  LLVMTypeRef types[HOT_OPERANDS_MAX];
  LLVMValueRef args[HOT_OPERANDS_MAX]; // of the fast body
  LLVMValueRef outs[HOT_OPERANDS_MAX]; // variables for outputs, then for the callee or value
  unsigned out_count, first_out;       // first_out: their place in args
  unsigned variadic_arg;               // the place of the address of its variadic inputs, if it is no call
  uint32_t live;                       // operands that stay below what it takes
};

// ---- immediates and operands ---------------------------------------------------------------------------------------

static void add_arg(struct part *part, LLVMTypeRef type, LLVMValueRef value) {
  CHECK(part->arg_count < HOT_OPERANDS_MAX, "hot.I4: %s has too many operands", op_name(part->info));
  part->types[part->arg_count] = type;
  part->args[part->arg_count++] = value;
}

static const char *imm_place(const struct part *part, unsigned index) {
  const struct code_insn *code = &part->insn->code;
  ASSERT(part->imms + index < code->imm + code->info->imm_count, "hot.I4: immediate %u of %s is behind the %u of %s",
         index, op_name(part->info), code->info->imm_count, op_name(code->info));
  const struct op_imm *imm = &op_imms(code->info)[(unsigned)(part->imms - code->imm) + index];
  return (const char *)part->insn->context->method->code + code->pc + imm->offset;
}

static uint64_t read_cache(const struct part *part, unsigned index) {
  ASSERT((uintptr_t)imm_place(part, index) % sizeof(uint64_t) == 0, "hot.I4: cache %u of %s is at %p", index,
         op_name(part->info), (const void *)imm_place(part, index));
  return __atomic_load_n((const uint64_t *)imm_place(part, index), __ATOMIC_ACQUIRE); // see method_note_called
}

static uint32_t variadic_count(const struct part *part) {
  return part->info->variadic < 0 ? 0 : (uint32_t)part->imms[part->info->variadic];
}

static bool is_call(const struct part *part) {
  return part->info->control == CONTROL_CALL || part->info->control == CONTROL_TAIL;
}

// What an inline cache held when this was compiled, in a variable that nothing else writes: LLVM sees a constant. Where
// only what it holds is expected to be called, a body that would write it gives up (hot_inline.c).
static LLVMValueRef cache_variable(struct part *part, unsigned index) {
  struct hot_ir_function *f = part->insn->f;
  struct hot_build *build = f->build;
  uint64_t holds = read_cache(part, index);
  LLVMValueRef variable = hot_ir_variable(f, build->i64);
  build->l->LLVMBuildStore(build->builder, hot_ir_i64(build, holds), variable);
  const struct method *held = (const struct method *)(uintptr_t)holds;
  bool may_leave = part->info->flags & OP_SLOW_PATH;
  if (!is_call(part) || !may_leave || !code_imm_is_target_cache(&op_imms(part->info)[index])) return variable;
  if (!hot_ir_expects(part->insn, held, variadic_count(part))) return variable;
  struct hot_cache *cache = arena_alloc(&build->plan->memory, sizeof *cache);
  if (!cache) return variable;
  *cache = (struct hot_cache){.next = build->caches, .variable = variable, .holds = holds};
  build->caches = cache;
  return variable;
}

// An immediate as the fast body gets it, or as the slow body does, which is called with everything in memory.
static void add_imm(struct part *part, unsigned index, bool slow) {
  struct hot_ir_function *f = part->insn->f;
  struct hot_build *build = f->build;
  const struct hot_context *context = part->insn->context;
  int64_t value = part->imms[index];
  switch (op_imms(part->info)[index].kind) {
  case IMM_LOCAL:
  case IMM_CALLEE: {
    bool local = op_imms(part->info)[index].kind == IMM_LOCAL;
    int32_t word = local ? hot_plan_local(context, value) : hot_plan_callee(context);
    add_arg(part, build->ptr, slow ? hot_ir_word_address(f, word) : hot_ir_slot(f, word));
    return;
  }
  case IMM_U16:
  case IMM_I32:
  case IMM_U32: add_arg(part, build->i32, hot_ir_i32(build, (uint32_t)value)); return;
  case IMM_INDEX: add_arg(part, build->i64, hot_ir_i64(build, (uint64_t)value)); return;
  case IMM_PTR: add_arg(part, build->ptr, hot_ir_address(build, (const void *)(uintptr_t)value)); return;
  case IMM_CACHE:
    add_arg(part, build->ptr,
            slow || part->merge ? hot_ir_address(build, imm_place(part, index)) : cache_variable(part, index));
    return;
  case IMM_FEEDBACK: add_arg(part, build->ptr, hot_ir_address(build, imm_place(part, index))); return;
  case IMM_TARGET:
  case IMM_FRAME: return;
  }
}

// How many operands a part takes and leaves.
static uint32_t operands_in(const struct part *part) {
  bool variadic = part->info->variadic >= 0;
  ASSERT(part->info->in_count >= variadic, "hot.I4: %s takes any number of operands, and none", op_name(part->info));
  return part->info->in_count - variadic + variadic_count(part);
}

static uint32_t operands_out(const struct part *part) { return part->info->out_count; }

// Words in a variable of their own: in their frame they would be seen by others, and so would objects they refer to.
static LLVMValueRef copy_words(struct hot_ir_function *f, int32_t first, uint32_t count) {
  struct hot_build *build = f->build;
  const struct hot_llvm *l = build->l;
  LLVMValueRef copy = hot_ir_variable(f, l->LLVMArrayType2(build->i64, count));
  for (uint32_t i = 0; i < count; i++) {
    LLVMValueRef index = hot_ir_i64(build, i);
    LLVMValueRef place = l->LLVMBuildInBoundsGEP2(build->builder, build->i64, copy, &index, 1, "");
    l->LLVMBuildStore(build->builder, hot_ir_get(f, first + (int32_t)i), place);
  }
  return copy;
}

static void add_inputs(struct part *part) {
  struct hot_insn *insn = part->insn;
  struct hot_ir_function *f = insn->f;
  uint32_t taken = operands_in(part), fixed = taken - variadic_count(part);
  ASSERT(insn->depth >= taken, "hot.I4: %s takes %u operands at byte %u of %s, where %u are", op_name(part->info),
         taken, part->pc, insn->context->method->name, insn->depth);
  part->live = insn->depth - taken;
  for (uint32_t i = 0; i < fixed; i++)
    add_arg(part, f->build->i64, hot_ir_get(f, hot_plan_top(insn->context, part->live + i + 1)));
  if (part->info->variadic < 0) return;
  int32_t first = hot_plan_top(insn->context, part->live + fixed + 1);
  part->variadic_arg = part->arg_count;
  add_arg(part, f->build->ptr, hot_ir_word_address(f, first));
  if (!is_call(part) && variadic_count(part)) // a call's body doesn't look at the arguments
    part->args[part->variadic_arg] = copy_words(f, first, variadic_count(part));
}

// May the fast body write its outputs to where they belong? What its inputs were is kept (keep_start), but for a slow
// body that merges.
static bool is_in_place(const struct part *part) { return !part->merge && !is_call(part); }

static void add_outputs(struct part *part) {
  struct hot_ir_function *f = part->insn->f;
  enum op_control control = part->info->control;
  part->first_out = part->arg_count;
  bool has_value = control == CONTROL_RETURN || control == CONTROL_STOP || control == CONTROL_THROW;
  part->out_count = part->info->out_count + (is_call(part) || has_value);
  for (unsigned i = 0; i < part->out_count; i++) {
    bool in_place = is_in_place(part) && i < part->info->out_count;
    part->outs[i] = in_place ? hot_ir_slot(f, hot_plan_top(part->insn->context, part->live + i + 1))
                             : hot_ir_variable(f, f->build->i64);
    add_arg(part, f->build->ptr, part->outs[i]);
  }
}

// The parameters are the ones that opgen writes: mutator, site, live, fp, immediates, inputs, addresses of outputs.
static void prepare(struct part *part) {
  struct hot_ir_function *f = part->insn->f;
  struct hot_build *build = f->build;
  LLVMValueRef nowhere = build->l->LLVMConstNull(build->ptr); // only a slow body looks at site and live
  add_arg(part, build->ptr, f->th);
  add_arg(part, build->ptr, nowhere);
  add_arg(part, build->ptr, nowhere);
  add_arg(part, build->ptr, hot_ir_word_address(f, part->insn->context->fp_word));
  for (unsigned i = 0; i < part->info->imm_count; i++) add_imm(part, i, false);
  add_inputs(part);
  add_outputs(part);
  part->type = build->l->LLVMFunctionType(build->i32, part->types, part->arg_count, 0);
}

static LLVMValueRef call_fast(struct part *part) {
  struct hot_build *build = part->insn->f->build;
  char name[128];
  snprintf(name, sizeof name, "%s_%s_fast", build->compiler->ops->guest, op_name(part->info));
  return build->l->LLVMBuildCall2(build->builder, part->type, hot_ir_extern(build, name, part->type), part->args,
                                  part->arg_count, "");
}

// ---- leaving and merging -------------------------------------------------------------------------------------------

static LLVMValueRef outcome_is(const struct hot_ir_function *f, LLVMValueRef outcome, enum op_outcome is) {
  return f->build->l->LLVMBuildICmp(f->build->builder, LLVMIntEQ, outcome, hot_ir_i32(f->build, is), "");
}

void hot_ir_unless(struct hot_ir_function *f, LLVMValueRef condition, LLVMBasicBlockRef otherwise) {
  struct hot_build *build = f->build;
  LLVMBasicBlockRef on = hot_ir_block(f);
  LLVMValueRef branch = build->l->LLVMBuildCondBr(build->builder, condition, on, otherwise);
  build->l->LLVMSetMetadata(branch, build->likely_kind, build->likely);
  if (build->l->LLVMGetInsertBlock(build->builder) == f->run_block) f->run_block = on;
  hot_ir_at(f, on);
}

LLVMBasicBlockRef hot_ir_leaving(struct hot_insn *insn) {
  ASSERT(!insn->merged && insn->state.context, "hot.I1: code leaves at byte %u of %s, a part of which has come back",
         insn->code.pc, insn->context->method->name);
  if (insn->leave) return insn->leave;
  struct hot_ir_function *f = insn->f;
  LLVMBasicBlockRef here = f->build->l->LLVMGetInsertBlock(f->build->builder), run_block = f->run_block;
  uint32_t run = f->run;
  insn->leave = hot_ir_block(f);
  insn->guard = f->build->guard_count;
  hot_ir_at(f, insn->leave);
  hot_ir_leave(f, &insn->state, HOT_FAILED);
  hot_ir_at(f, here);
  f->run_block = run_block;
  f->run = run;
  return insn->leave;
}

LLVMValueRef hot_ir_call_slow(struct hot_ir_function *f, uint16_t op, LLVMTypeRef type, LLVMValueRef *args,
                              unsigned count) {
  struct hot_build *build = f->build;
  ASSERT(build->compiler->ops->slow_bodies[op], "hot.I4: op %u has no slow body", op);
  hot_ir_mark_unit(f);
  LLVMValueRef body = hot_ir_address(build, build->compiler->ops->slow_bodies[op]);
  LLVMValueRef outcome = build->l->LLVMBuildCall2(build->builder, type, body, args, count, "");
  LLVMBasicBlockRef thrown = hot_ir_block(f);
  LLVMBasicBlockRef here = build->l->LLVMGetInsertBlock(build->builder);
  hot_ir_at(f, thrown);
  hot_ir_jump(f, hot_ir_extern(build, "interp_throw", build->handler), NULL, NULL, NULL, NULL, NULL);
  hot_ir_at(f, here);
  hot_ir_unless(f, build->l->LLVMBuildICmp(build->builder, LLVMIntNE, outcome, hot_ir_i32(build, OP_THROW), ""),
                thrown);
  return outcome;
}

// The slow body's arguments: as prepare() makes them, but everything is in memory.
static void slow_args(struct part *slow, const struct part *fast) {
  struct hot_ir_function *f = fast->insn->f;
  struct hot_build *build = f->build;
  const struct hot_context *context = fast->insn->context;
  *slow = *fast;
  slow->arg_count = 0;
  bool variadic = fast->info->variadic >= 0;
  uint32_t live = variadic ? fast->insn->depth : fast->live; // a variadic op's inputs are looked at where they are
  add_arg(slow, build->ptr, f->th);
  add_arg(slow, build->ptr, hot_ir_address(build, (const char *)context->method->code + fast->pc));
  add_arg(slow, build->ptr, hot_ir_word_address(f, hot_plan_top(context, live)));
  add_arg(slow, build->ptr, fast->args[3]);
  for (unsigned i = 0; i < fast->info->imm_count; i++) add_imm(slow, i, true);
  for (unsigned i = slow->arg_count; i < fast->first_out; i++) {
    int32_t first = hot_plan_top(context, live - variadic_count(fast) + 1);
    bool is_words = variadic && i == fast->variadic_arg;
    add_arg(slow, fast->types[i], is_words ? hot_ir_word_address(f, first) : fast->args[i]);
  }
  for (unsigned i = 0; i < fast->out_count; i++) {
    slow->outs[i] = hot_ir_variable(f, build->i64); // its address escapes: not the fast body's
    add_arg(slow, build->ptr, slow->outs[i]);
  }
}

// Runs the slow body, and stores what it gives where the fast body would have.
static void run_slow(struct part *part, LLVMValueRef outcome_variable) {
  struct hot_ir_function *f = part->insn->f;
  struct hot_build *build = f->build;
  bool variadic = part->info->variadic >= 0;
  struct hot_state state = {
      .context = part->insn->context, .pc = part->pc, .depth = variadic ? part->insn->depth : part->live};
  hot_ir_publish(f, &state, 0);
  struct part slow;
  slow_args(&slow, part);
  LLVMValueRef outcome = hot_ir_call_slow(f, part->op, part->type, slow.args, slow.arg_count);
  hot_ir_reload(f, part->insn->context, part->pc, is_call(part) ? part->insn->depth : part->live);
  for (unsigned i = 0; i < part->out_count; i++) {
    LLVMValueRef value = build->l->LLVMBuildLoad2(build->builder, build->i64, slow.outs[i], "");
    build->l->LLVMBuildStore(build->builder, value, part->outs[i]);
  }
  build->l->LLVMBuildStore(build->builder, outcome, outcome_variable);
}

// Both ways through a part that may go slow, and their outcome.
static LLVMValueRef call_merging(struct part *part) {
  struct hot_ir_function *f = part->insn->f;
  struct hot_build *build = f->build;
  LLVMValueRef outcome_variable = hot_ir_variable(f, build->i32);
  LLVMValueRef outcome = call_fast(part);
  build->l->LLVMBuildStore(build->builder, outcome, outcome_variable);
  LLVMBasicBlockRef slow = hot_ir_block(f), on = hot_ir_block(f);
  build->l->LLVMBuildCondBr(build->builder, outcome_is(f, outcome, OP_SLOW), slow, on);
  hot_ir_at(f, slow);
  run_slow(part, outcome_variable);
  build->l->LLVMBuildBr(build->builder, on);
  hot_ir_at(f, on);
  part->insn->merged = true;
  build->transfers += MERGE_TRANSFERS;
  return build->l->LLVMBuildLoad2(build->builder, build->i32, outcome_variable, "");
}

static LLVMValueRef call_part(struct part *part) {
  struct hot_ir_function *f = part->insn->f;
  if (!(part->info->flags & OP_SLOW_PATH)) return call_fast(part);
  if (part->merge) return call_merging(part);
  LLVMValueRef outcome = call_fast(part);
  LLVMValueRef slow =
      f->build->l->LLVMBuildICmp(f->build->builder, LLVMIntNE, outcome, hot_ir_i32(f->build, OP_SLOW), "");
  hot_ir_unless(f, slow, hot_ir_leaving(part->insn));
  return outcome;
}

// ---- what comes after ----------------------------------------------------------------------------------------------

static LLVMValueRef read_out(const struct part *part, unsigned index) {
  struct hot_build *build = part->insn->f->build;
  return build->l->LLVMBuildLoad2(build->builder, build->i64, part->outs[index], "");
}

static void push_outputs(struct part *part) {
  struct hot_insn *insn = part->insn;
  insn->depth = part->live;
  for (unsigned i = 0; i < operands_out(part); i++) {
    insn->depth++;
    if (is_in_place(part)) continue;
    hot_ir_set(insn->f, hot_plan_top(insn->context, insn->depth), read_out(part, i));
  }
}

static uint32_t target_of(const struct part *part) {
  for (unsigned i = 0; i < part->info->imm_count; i++)
    if (op_imms(part->info)[i].kind == IMM_TARGET) return (uint32_t)part->imms[i];
  CHECK(false, "hot.I4: %s has no target", op_name(part->info));
}

static void branch(struct part *part, LLVMValueRef outcome) {
  struct hot_insn *insn = part->insn;
  struct hot_ir_function *f = insn->f;
  LLVMBasicBlockRef taken = hot_ir_block(f), not_taken = hot_ir_block(f);
  f->build->l->LLVMBuildCondBr(f->build->builder, outcome_is(f, outcome, OP_BRANCH), taken, not_taken);
  hot_ir_at(f, taken);
  hot_ir_go_to(f, insn->context, target_of(part));
  hot_ir_at(f, not_taken);
  hot_ir_go_to(f, insn->context, insn->next_pc);
}

static void call(struct part *part) {
  struct hot_build *build = part->insn->f->build;
  const struct method *seen = NULL;
  bool has_cache = false;
  for (unsigned i = 0; i < part->info->imm_count && !has_cache; i++) {
    if (!code_imm_is_target_cache(&op_imms(part->info)[i])) continue;
    seen = (const struct method *)(uintptr_t)read_cache(part, i);
    has_cache = true;
  }
  bool trusted = has_cache && !part->merge;
  part->insn->depth = part->live + operands_in(part);
  LLVMValueRef callee = build->l->LLVMBuildIntToPtr(build->builder, read_out(part, operands_out(part)), build->ptr, "");
  hot_ir_call(part->insn, callee, trusted ? &seen : NULL, variadic_count(part));
}

// False: control is elsewhere now.
static bool finish(struct part *part, LLVMValueRef outcome) {
  struct hot_insn *insn = part->insn;
  struct hot_ir_function *f = insn->f;
  switch ((enum op_control)part->info->control) {
  case CONTROL_NEXT: push_outputs(part); return true;
  case CONTROL_BRANCH:
    push_outputs(part);
    branch(part, outcome);
    return false;
  case CONTROL_GOTO:
    push_outputs(part);
    hot_ir_go_to(f, insn->context, target_of(part));
    return false;
  case CONTROL_CALL:
  case CONTROL_TAIL: call(part); return false;
  case CONTROL_RETURN:
    hot_ir_return(insn, read_out(part, operands_out(part)), (uint32_t)part->imms[part->info->imm_count - 1]);
    return false;
  case CONTROL_THROW: hot_ir_throw(insn, part->pc, part->live, read_out(part, operands_out(part))); return false;
  case CONTROL_STOP: break;
  }
  f->build->l->LLVMBuildUnreachable(f->build->builder);
  return false;
}

// ---- the instruction -----------------------------------------------------------------------------------------------

static void start_part(struct part *part, struct hot_insn *insn, unsigned index, const int64_t *imms) {
  const struct op_table *ops = insn->f->build->compiler->ops;
  const struct op_info *info = insn->code.info;
  *part = (struct part){.insn = insn, .imms = imms, .pc = insn->code.pc + index};
  part->op = info->part_count ? op_parts(info)[index] : (uint16_t)(info - ops->ops);
  part->info = &ops->ops[part->op];
  part->merge = insn->merged || hot_plan_doubts(insn->f->build->plan, insn->context->method, part->pc);
  if (hot_peel_may_end(insn->context, insn->code.pc)) part->merge = false; // a doubt that came after hot_peel_prepare
}

// The operands that the instruction takes, as values: its parts may overwrite them before one of them leaves.
static void keep_start(struct hot_insn *insn) {
  uint32_t depth = insn->depth, low = depth;
  const int64_t *imms = insn->code.imm;
  for (unsigned p = 0; p < (insn->code.info->part_count ? insn->code.info->part_count : 1u); p++) {
    struct part part;
    start_part(&part, insn, p, imms);
    uint32_t taken = operands_in(&part);
    if (depth - taken < low) low = depth - taken;
    ASSERT(taken <= depth, "hot.I4: part %u of the op at byte %u of %s takes %u operands of %u", p, insn->code.pc,
           insn->context->method->name, taken, depth);
    depth = depth - taken + operands_out(&part);
    imms += part.info->imm_count;
  }
  if (insn->depth - low > HOT_OPERANDS_MAX) low = insn->depth; // a call of many arguments: it overwrites none of them
  insn->state = (struct hot_state){
      .context = insn->context, .pc = insn->code.pc, .depth = insn->depth, .low = low, .start = insn->start};
  for (uint32_t i = low; i < insn->depth; i++)
    insn->start[i - low] = hot_ir_get(insn->f, hot_plan_top(insn->context, i + 1));
}

// --stress=deopt:N: this instruction leaves when the mutator's count is down.
static void stress(struct hot_insn *insn) {
  struct hot_ir_function *f = insn->f;
  struct hot_build *build = f->build;
  if (!build->plan->request->deopt_every || !(insn->code.info->flags & OP_SLOW_PATH)) return;
  LLVMValueRef place = hot_ir_mutator_field(f, offsetof(struct mutator, deopt_countdown));
  LLVMValueRef count = build->l->LLVMBuildLoad2(build->builder, build->i64, place, "");
  count = build->l->LLVMBuildSub(build->builder, count, hot_ir_i64(build, 1), "");
  build->l->LLVMBuildStore(build->builder, count, place);
  LLVMValueRef on = build->l->LLVMBuildICmp(build->builder, LLVMIntNE, count, hot_ir_i64(build, 0), "");
  hot_ir_unless(f, on, hot_ir_leaving(insn));
}

// Does nobody want the mutator? An assembler instruction, because LLVM moves no other load over an ordered one: it is
// said to touch memory that nothing else sees, so that it stays where it is and everything else may move.
LLVMValueRef hot_ir_nobody_wants_me(struct hot_ir_function *f) {
  struct hot_build *build = f->build;
  const struct hot_llvm *l = build->l;
  char text[32];
  int length = snprintf(text, sizeof text, "cmpq $$0, %zu($1)", offsetof(struct mutator, poll));
  ASSERT(length > 0 && (size_t)length < sizeof text, "a poll is %d bytes of text", length);
  static const char constraints[] = "={@ccne},r,~{flags},~{dirflag},~{fpsr}";
  LLVMTypeRef type = l->LLVMFunctionType(build->i32, &build->ptr, 1, 0);
  LLVMValueRef code = l->LLVMGetInlineAsm(type, text, (size_t)length, constraints, sizeof constraints - 1, 1, 0,
                                          LLVMInlineAsmDialectATT, 0);
  LLVMValueRef call = l->LLVMBuildCall2(build->builder, type, code, &f->th, 1, "");
  static const char name[] = "memory";
  enum { INACCESSIBLE_MEMORY = 3 << 2 }; // llvm::MemoryEffects: reads and writes it, and nothing else
  unsigned kind = l->LLVMGetEnumAttributeKindForName(name, sizeof name - 1);
  l->LLVMAddCallSiteAttribute(call, (LLVMAttributeIndex)LLVMAttributeFunctionIndex,
                              l->LLVMCreateEnumAttribute(build->compiler->context, kind, INACCESSIBLE_MEMORY));
  return l->LLVMBuildICmp(build->builder, LLVMIntNE, call, hot_ir_i32(build, 0), "");
}

// A loop is polled before the instruction that goes back to its head, not at the head: so the loop begins with its own
// test, LLVM can turn it, and what its body does first is sure to be done in every round and may be moved out.
static void poll(struct hot_insn *insn) {
  struct hot_ir_function *f = insn->f;
  if (!f->build->plan->request->feedback) return;
  for (unsigned i = 0; i < insn->code.info->imm_count; i++)
    if (op_imms(insn->code.info)[i].kind == IMM_TARGET && insn->code.imm[i] <= insn->code.pc)
      hot_ir_unless(f, hot_ir_nobody_wants_me(f), hot_ir_leaving(insn));
}

static bool run_insn(struct hot_ir_function *f, struct hot_context *context, uint32_t pc, uint32_t depth) {
  ASSERT(pc / 8 < context->method->code_words && depth != DEPTH_UNKNOWN, "hot.I1: nothing comes to byte %u of %s", pc,
         context->method->name);
  struct hot_insn insn = {.f = f, .context = context, .depth = depth};
  code_decode(context->method, pc, &insn.code);
  insn.next_pc = pc + insn.code.info->words * 8u;
  keep_start(&insn);
  stress(&insn);
  poll(&insn);
  const int64_t *imms = insn.code.imm;
  for (unsigned p = 0; p < (insn.code.info->part_count ? insn.code.info->part_count : 1u); p++) {
    struct part part;
    start_part(&part, &insn, p, imms);
    imms += part.info->imm_count;
    if (part.op == CORE_POLL && f->build->plan->request->feedback) continue; // made where rounds end
    prepare(&part);
    if (!finish(&part, call_part(&part))) return false;
  }
  ASSERT(imms == insn.code.imm + insn.code.info->imm_count,
         "hot.I4: the parts of the op at byte %u of %s have %td immediates of %u", pc, context->method->name,
         imms - insn.code.imm, insn.code.info->imm_count);
  return true;
}

// Where the unit ends because it is full. An entry runs one instruction at least, or it would be entered again at once.
static bool leave_full(struct hot_ir_function *f, const struct hot_block *block, uint32_t pc) {
  bool is_entry = block->context == f->entry->context && pc == f->entry->pc;
  if (is_entry || !hot_ir_is_full(f->build)) return false;
  struct hot_state state = {.context = block->context, .pc = pc, .depth = hot_plan_depth(block->context->method, pc)};
  hot_ir_leave(f, &state, HOT_PLANNED);
  return true;
}

void hot_ir_fill(struct hot_ir_function *f, const struct hot_block *block) {
  const struct hot_context *context = block->context;
  uint32_t pc = block->pc;
  do {
    if (leave_full(f, block, pc)) return;
    if (hot_peel_ends(context, pc)) {
      f->build->l->LLVMBuildBr(f->build->builder, context->real_call);
      return;
    }
    struct code_insn insn;
    code_decode(context->method, pc, &insn);
    f->build->instructions += insn.info->part_count ? insn.info->part_count : 1;
    if (!run_insn(f, block->context, pc, hot_plan_depth(context->method, pc))) return;
    pc += insn.info->words * 8u;
    ASSERT(pc / 8 < context->method->code_words, "hot.I1: %s goes on at byte %u, behind its %u words",
           context->method->name, pc, context->method->code_words);
  } while (!context->info->leader[pc / 8]);
  hot_ir_go_to(f, block->context, pc);
}
