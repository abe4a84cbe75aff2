// SPDX-License-Identifier: MIT
//
// hot_ir_call.c: guest calls and returns.
//
// A call is made in one of four ways, best first: the callee's code is inlined behind a test that it is the one the
// inline cache names; a native's C function is called at once; a known method is called with its frame laid out by
// constants; or whatever the body came up with is called as the interpreter would. The two real calls end the function:
// where the callee returns to is another function of the unit, which begins with everything in memory.
#define LOAM_HOT_MODULE
#include "hot/hot_ir.h"

#include "loam/op.h"

#define LOCALS_STORED_MAX 64

// Jumps to the slow half of calling, which checks the stack, stops for others, and makes the call.
static void call_slowly(struct hot_insn *insn, LLVMValueRef callee, LLVMValueRef return_code) {
  struct hot_ir_function *f = insn->f;
  struct hot_build *build = f->build;
  build->l->LLVMBuildStore(build->builder, callee, hot_ir_mutator_field(f, offsetof(struct mutator, call_method)));
  build->l->LLVMBuildStore(build->builder, return_code,
                           hot_ir_mutator_field(f, offsetof(struct mutator, call_return_code)));
  hot_ir_jump(f, hot_ir_extern(build, "interp_call_slow", build->handler),
              hot_ir_address(build, (const char *)insn->context->method->code + insn->next_pc),
              hot_ir_word_address(f, hot_plan_top(insn->context, insn->depth)),
              hot_ir_word_address(f, insn->context->fp_word), NULL, NULL);
}

// Does a frame that ends before this word fit, and does nobody want the mutator?
static LLVMValueRef frame_fits(struct hot_ir_function *f, int32_t end_word) {
  struct hot_build *build = f->build;
  LLVMValueRef limit =
      build->l->LLVMBuildLoad2(build->builder, build->i64, hot_ir_mutator_field(f, offsetof(struct mutator, poll)), "");
  build->l->LLVMSetOrdering(limit, LLVMAtomicOrderingMonotonic); // pairs with the stores in thread/
  build->l->LLVMSetAlignment(limit, 8);
  LLVMValueRef end = build->l->LLVMBuildPtrToInt(build->builder, hot_ir_word_address(f, end_word), build->i64, "");
  return build->l->LLVMBuildICmp(build->builder, LLVMIntULE, end, limit, "");
}

static LLVMValueRef return_function(struct hot_insn *insn) {
  return hot_ir_entry(insn->f->build, insn->context, insn->next_pc, HOT_ENTRY_RETURN)->function;
}

static void publish_all(struct hot_insn *insn) {
  struct hot_state state = {.context = insn->context, .pc = insn->code.pc, .depth = insn->depth};
  hot_ir_publish(insn->f, &state, 0);
}

static void store(struct hot_ir_function *f, int32_t word, LLVMValueRef value) {
  f->build->l->LLVMBuildStore(f->build->builder, value, hot_ir_word_address(f, word));
}

// The frame of a known callee: its header, and the locals that are no parameters.
static void push_frame(struct hot_insn *insn, const struct method *callee, int32_t fp, LLVMValueRef return_code) {
  struct hot_ir_function *f = insn->f;
  struct hot_build *build = f->build;
  store(f, fp + FRAME_CALLER, hot_ir_word_address(f, insn->context->fp_word));
  store(f, fp + FRAME_RETURN_PC, hot_ir_address(build, (const char *)insn->context->method->code + insn->next_pc));
  store(f, fp + FRAME_METHOD, hot_ir_address(build, callee));
  store(f, fp + FRAME_RETURN_CODE, return_code);
  for (int32_t i = callee->param_count; i < callee->local_count; i++)
    store(f, fp - callee->local_count + i, hot_ir_i64(build, build->compiler->guest->initial_local.bits));
}

static void call_known(struct hot_insn *insn, const struct method *callee, int32_t arg_word) {
  struct hot_ir_function *f = insn->f;
  struct hot_build *build = f->build;
  int32_t fp = arg_word + callee->local_count;
  LLVMValueRef code = return_function(insn);
  publish_all(insn);
  LLVMBasicBlockRef here = build->l->LLVMGetInsertBlock(build->builder), slow = hot_ir_block(f);
  hot_ir_at(f, slow);
  call_slowly(insn, hot_ir_address(build, callee), code);
  hot_ir_at(f, here);
  hot_ir_unless(f, frame_fits(f, fp + (int32_t)callee->frame_words), slow);
  push_frame(insn, callee, fp, code);
  LLVMValueRef target;
  if (callee == build->plan->root->method && build->plan->request->entry) {
    target = hot_ir_entry(build, build->plan->root, 0, HOT_ENTRY_CALL)->function;
  } else {
    target = build->l->LLVMBuildLoad2(build->builder, build->ptr, hot_ir_address(build, &callee->entry), "");
    build->l->LLVMSetOrdering(target, LLVMAtomicOrderingAcquire); // pairs with the release where it was compiled
    build->l->LLVMSetAlignment(target, 8);
  }
  hot_ir_jump(f, target, NULL, NULL, hot_ir_word_address(f, fp), NULL, NULL);
}

static void call_any(struct hot_insn *insn, LLVMValueRef callee, int32_t arg_word) {
  struct hot_ir_function *f = insn->f;
  struct hot_build *build = f->build;
  const struct hot_llvm *l = build->l;
  LLVMValueRef code = return_function(insn), args = hot_ir_word_address(f, arg_word);
  publish_all(insn);
  LLVMTypeRef fits_types[] = {build->ptr, build->ptr, build->ptr};
  LLVMTypeRef fits_type = l->LLVMFunctionType(build->i1, fits_types, 3, 0);
  LLVMValueRef fits_args[] = {f->th, callee, args};
  LLVMValueRef fits = l->LLVMBuildCall2(build->builder, fits_type, hot_ir_extern(build, "op_hot_frame_fits", fits_type),
                                        fits_args, 3, "");
  LLVMBasicBlockRef here = l->LLVMGetInsertBlock(build->builder), slow = hot_ir_block(f);
  hot_ir_at(f, slow);
  call_slowly(insn, callee, code);
  hot_ir_at(f, here);
  hot_ir_unless(f, fits, slow);
  LLVMTypeRef push_types[] = {build->ptr, build->ptr, build->ptr, build->ptr, build->ptr, build->i64};
  LLVMTypeRef push_type = l->LLVMFunctionType(build->ptr, push_types, 6, 0);
  LLVMValueRef push_args[] = {f->th,
                              callee,
                              args,
                              hot_ir_word_address(f, insn->context->fp_word),
                              hot_ir_address(build, (const char *)insn->context->method->code + insn->next_pc),
                              l->LLVMBuildPtrToInt(build->builder, code, build->i64, "")};
  LLVMValueRef fp = l->LLVMBuildCall2(build->builder, push_type, hot_ir_extern(build, "op_hot_frame_push", push_type),
                                      push_args, 6, "");
  LLVMTypeRef entry_type = l->LLVMFunctionType(build->ptr, &build->ptr, 1, 0);
  LLVMValueRef target =
      l->LLVMBuildCall2(build->builder, entry_type, hot_ir_extern(build, "op_hot_entry", entry_type), &callee, 1, "");
  hot_ir_jump(f, target, NULL, NULL, fp, NULL, NULL);
}

static void call_inlined(struct hot_insn *insn, struct hot_context *callee) {
  struct hot_ir_function *f = insn->f;
  const struct method *method = callee->method;
  // Nothing asks whether the frame fits: the stack's reserve has room for all inlined frames of one unit.
  for (uint32_t i = method->param_count; i < method->local_count; i++)
    hot_ir_set(f, hot_plan_local(callee, i), hot_ir_i64(f->build, f->build->compiler->guest->initial_local.bits));
  hot_ir_go_to(f, callee, 0);
}

// Its result goes where the callee value was.
static void take_result(struct hot_insn *insn, int32_t callee_word, LLVMValueRef value) {
  hot_ir_set(insn->f, callee_word, value);
  hot_ir_go_to(insn->f, insn->context, insn->next_pc);
}

static void call_native(struct hot_insn *insn, const struct method *callee, int32_t arg_word) {
  struct hot_ir_function *f = insn->f;
  struct hot_build *build = f->build;
  const struct hot_llvm *l = build->l;
  int32_t fp = arg_word + callee->local_count;
  hot_ir_unless(f, frame_fits(f, fp + (int32_t)callee->frame_words), hot_ir_leaving(insn));
  publish_all(insn);
  push_frame(insn, callee, fp, l->LLVMConstNull(build->ptr)); // nobody returns from it by its frame
  struct code_insn native;
  code_decode(callee, 0, &native);
  LLVMTypeRef types[] = {build->ptr, build->ptr, build->ptr, build->ptr, build->ptr, build->ptr};
  LLVMValueRef value = hot_ir_variable(f, build->i64);
  LLVMValueRef args[] = {f->th,
                         hot_ir_address(build, callee->code),
                         hot_ir_word_address(f, fp + FRAME_SPILL),
                         hot_ir_word_address(f, fp),
                         hot_ir_address(build, (const void *)(uintptr_t)native.imm[0]),
                         value};
  (void)hot_ir_call_slow(f, CORE_NATIVE, build->l->LLVMFunctionType(build->i32, types, 6, 0), args, 6);
  uint32_t below = insn->depth - callee->param_count - 1;
  hot_ir_reload(f, insn->context, below);
  take_result(insn, arg_word - 1, build->l->LLVMBuildLoad2(build->builder, build->i64, value, ""));
}

void hot_ir_call(struct hot_insn *insn, LLVMValueRef callee, const struct method *const *expected, uint32_t arg_count) {
  struct hot_ir_function *f = insn->f;
  struct hot_build *build = f->build;
  int32_t arg_word = hot_plan_top(insn->context, insn->depth - arg_count + 1);
  const struct method *method = expected ? *expected : NULL;
  if (expected && !method) { // never called
    build->l->LLVMBuildBr(build->builder, hot_ir_leaving(insn));
    return;
  }
  // What a call stores into the callee's locals is code here: not for hundreds of them.
  bool many = expected && method->local_count - method->param_count > LOCALS_STORED_MAX;
  if (!expected || many || method->param_count != arg_count) {
    call_any(insn, callee, arg_word);
    return;
  }
  hot_plan_name(build->plan, method);
  LLVMValueRef same = build->l->LLVMBuildICmp(build->builder, LLVMIntEQ, callee, hot_ir_address(build, method), "");
  hot_ir_unless(f, same, hot_ir_leaving(insn));
  if (!method->site_count) {
    call_native(insn, method, arg_word);
    return;
  }
  struct hot_context *inlined =
      hot_plan_inline(build->plan, insn->context, insn->code.pc, insn->next_pc, method, arg_word);
  if (inlined)
    call_inlined(insn, inlined);
  else
    call_known(insn, method, arg_word);
}

void hot_ir_return(struct hot_insn *insn, LLVMValueRef value, uint32_t frame_words) {
  struct hot_ir_function *f = insn->f;
  struct hot_build *build = f->build;
  const struct hot_llvm *l = build->l;
  struct hot_context *context = insn->context;
  if (context->caller) {
    hot_ir_set(f, hot_plan_callee(context), value);
    hot_ir_go_to(f, context->caller, context->return_pc);
    return;
  }
  LLVMValueRef code = l->LLVMBuildLoad2(build->builder, build->ptr, hot_ir_word_address(f, FRAME_RETURN_CODE), "");
  LLVMValueRef pc = l->LLVMBuildLoad2(build->builder, build->ptr, hot_ir_word_address(f, FRAME_RETURN_PC), "");
  LLVMValueRef fp = l->LLVMBuildLoad2(build->builder, build->ptr, hot_ir_word_address(f, FRAME_CALLER), "");
  LLVMValueRef interpreted = l->LLVMBuildICmp(build->builder, LLVMIntEQ, code, l->LLVMConstNull(build->ptr), "");
  code = l->LLVMBuildSelect(build->builder, interpreted, hot_ir_extern(build, "interp_continue", build->handler), code,
                            "");
  hot_ir_jump(f, code, pc, hot_ir_word_address(f, -(int32_t)frame_words), fp, value, NULL);
}
