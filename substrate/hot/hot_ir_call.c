// SPDX-License-Identifier: MIT
//
// hot_ir_call.c: guest calls and returns.
//
// A call is made in one of four ways, best first: the callee's code is inlined behind a test that it is the one the
// inline cache names, or one of those that the profile knows; a native's C function is called at once; a known method
// is called with its frame laid out by constants; or whatever the body came up with is called as the interpreter would.
// The two real calls end the function: where the callee returns to is another function of the unit, which begins with
// everything in memory.
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
  struct hot_state state = {.context = insn->context, .pc = insn->next_pc - 1, .depth = insn->depth};
  hot_ir_publish(insn->f, &state, 0);
}

static void store(struct hot_ir_function *f, int32_t word, LLVMValueRef value) {
  f->build->l->LLVMBuildStore(f->build->builder, value, hot_ir_word_address(f, word));
}

// What a frame's header says of its caller.
struct links {
  LLVMValueRef fp, return_pc, return_code; // a word or an address each
};

// The frame of a known callee: its header, and the locals that are no parameters.
static void push_frame(struct hot_ir_function *f, const struct method *callee, int32_t fp, const struct links *links) {
  struct hot_build *build = f->build;
  store(f, fp + FRAME_CALLER, links->fp);
  store(f, fp + FRAME_RETURN_PC, links->return_pc);
  store(f, fp + FRAME_METHOD, hot_ir_address(build, callee));
  store(f, fp + FRAME_RETURN_CODE, links->return_code);
  for (int32_t i = callee->param_count; i < callee->local_count; i++)
    store(f, fp - callee->local_count + i, hot_ir_i64(build, build->compiler->guest->initial_local.bits));
}

// The callee's frame is laid over its arguments. `known` is the callee, or NULL.
static LLVMValueRef callee_fits(struct hot_ir_function *f, LLVMValueRef callee, const struct method *known,
                                int32_t arg_word) {
  struct hot_build *build = f->build;
  if (known) return frame_fits(f, arg_word + known->local_count + (int32_t)known->frame_words);
  LLVMTypeRef types[] = {build->ptr, build->ptr, build->ptr};
  LLVMTypeRef type = build->l->LLVMFunctionType(build->i1, types, COUNT_OF(types), 0);
  LLVMValueRef args[] = {f->th, callee, hot_ir_word_address(f, arg_word)};
  return build->l->LLVMBuildCall2(build->builder, type, hot_ir_extern(build, "op_hot_frame_fits", type), args,
                                  COUNT_OF(args), "");
}

static void enter_known(struct hot_ir_function *f, const struct method *callee, int32_t arg_word,
                        const struct links *links) {
  struct hot_build *build = f->build;
  int32_t fp = arg_word + callee->local_count;
  ASSERT(callee->local_count >= callee->param_count, "hot.I3: %s has %u parameters in %u locals", callee->name,
         callee->param_count, callee->local_count);
  push_frame(f, callee, fp, links);
  LLVMValueRef target, argument = NULL;
  if (callee == build->plan->root->method && build->plan->request->entry) {
    bool brings = hot_plan_brings_argument(build->plan);
    target = hot_ir_entry(build, build->plan->root, 0, brings ? HOT_ENTRY_SELF : HOT_ENTRY_CALL)->function;
    if (brings) argument = hot_ir_get(f, arg_word + callee->param_count - 1);
  } else {
    target = build->l->LLVMBuildLoad2(build->builder, build->ptr, hot_ir_address(build, &callee->entry), "");
    build->l->LLVMSetOrdering(target, LLVMAtomicOrderingAcquire); // pairs with the release where it was compiled
    build->l->LLVMSetAlignment(target, 8);
  }
  hot_ir_jump(f, target, NULL, NULL, hot_ir_word_address(f, fp), argument, NULL);
}

static void enter_any(struct hot_ir_function *f, LLVMValueRef callee, int32_t arg_word, const struct links *links) {
  struct hot_build *build = f->build;
  const struct hot_llvm *l = build->l;
  LLVMTypeRef types[] = {build->ptr, build->ptr, build->ptr, build->ptr, build->ptr, build->i64};
  LLVMTypeRef type = l->LLVMFunctionType(build->ptr, types, COUNT_OF(types), 0);
  LLVMValueRef args[] = {
      f->th,     callee,           hot_ir_word_address(f, arg_word),
      links->fp, links->return_pc, l->LLVMBuildPtrToInt(build->builder, links->return_code, build->i64, "")};
  LLVMValueRef fp = l->LLVMBuildCall2(build->builder, type, hot_ir_extern(build, "op_hot_frame_push", type), args,
                                      COUNT_OF(args), "");
  LLVMTypeRef entry_type = l->LLVMFunctionType(build->ptr, &build->ptr, 1, 0);
  LLVMValueRef entry = hot_ir_extern(build, "op_hot_entry", entry_type);
  LLVMValueRef target = l->LLVMBuildCall2(build->builder, entry_type, entry, &callee, 1, "");
  hot_ir_jump(f, target, NULL, NULL, fp, NULL, NULL);
}

static void enter_callee(struct hot_ir_function *f, LLVMValueRef callee, const struct method *known, int32_t arg_word,
                         const struct links *links) {
  if (known)
    enter_known(f, known, arg_word, links);
  else
    enter_any(f, callee, arg_word, links);
}

static struct links links_to(struct hot_insn *insn, LLVMValueRef return_code) {
  const char *return_pc = (const char *)insn->context->method->code + insn->next_pc;
  return (struct links){hot_ir_word_address(insn->f, insn->context->fp_word), hot_ir_address(insn->f->build, return_pc),
                        return_code};
}

static void call_real(struct hot_insn *insn, LLVMValueRef callee, const struct method *known, int32_t arg_word) {
  struct hot_ir_function *f = insn->f;
  struct hot_build *build = f->build;
  LLVMValueRef code = return_function(insn);
  publish_all(insn);
  LLVMBasicBlockRef here = build->l->LLVMGetInsertBlock(build->builder), slow = hot_ir_block(f);
  hot_ir_at(f, slow);
  call_slowly(insn, known ? hot_ir_address(build, known) : callee, code);
  hot_ir_at(f, here);
  hot_ir_unless(f, callee_fits(f, callee, known, arg_word), slow);
  struct links links = links_to(insn, code);
  enter_callee(f, callee, known, arg_word, &links);
}

// Locals that are no parameters.
static void set_initial(struct hot_ir_function *f, const struct hot_context *context) {
  for (uint32_t i = context->method->param_count; i < context->method->local_count; i++)
    hot_ir_set(f, hot_plan_local(context, i), hot_ir_i64(f->build, f->build->compiler->guest->initial_local.bits));
}

// Nothing asks whether the frame fits: the stack's reserve has room for all inlined frames of one unit.
static void call_inlined(struct hot_insn *insn, struct hot_context *callee) {
  set_initial(insn->f, callee);
  hot_ir_go_to(insn->f, callee, 0);
}

// What a peeled call goes to where its way ends: what it was given is still there.
static void prepare_real_call(struct hot_insn *insn, struct hot_context *peeled, int32_t arg_word) {
  struct hot_ir_function *f = insn->f;
  LLVMBasicBlockRef here = f->build->l->LLVMGetInsertBlock(f->build->builder);
  peeled->real_call = hot_ir_block(f);
  hot_ir_at(f, peeled->real_call);
  call_real(insn, NULL, peeled->method, arg_word);
  hot_ir_at(f, here);
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
  ASSERT(!callee->site_count, "hot.I3: %s is no native", callee->name);
  hot_ir_unless(f, frame_fits(f, fp + (int32_t)callee->frame_words), hot_ir_leaving(insn));
  publish_all(insn);
  struct links links = links_to(insn, l->LLVMConstNull(build->ptr)); // nobody returns from it by its frame
  push_frame(f, callee, fp, &links);
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
  ASSERT(insn->depth > callee->param_count, "hot.I4: %s takes %u arguments of %u operands", callee->name,
         callee->param_count, insn->depth);
  uint32_t below = insn->depth - callee->param_count - 1;
  hot_ir_reload(f, insn->context, insn->next_pc - 1, below);
  take_result(insn, arg_word - 1, build->l->LLVMBuildLoad2(build->builder, build->i64, value, ""));
}

// What a call stores into the callee's locals is code here: not for hundreds of them.
static bool is_fit_to_know(const struct method *method, uint32_t arg_count) {
  return method->param_count == arg_count && method->local_count - method->param_count <= LOCALS_STORED_MAX;
}

// The block that leaves because something else is called than this one, or than those of which it is one.
static LLVMBasicBlockRef leaving_unless(struct hot_insn *insn, const struct method *expected, uint32_t targets) {
  struct hot_build *build = insn->f->build;
  LLVMBasicBlockRef leaving = hot_ir_leaving(insn);
  if (insn->guard >= build->guard_count) return leaving; // memory is out
  build->guards[insn->guard].expected = expected;
  build->guards[insn->guard].targets = targets;
  return leaving;
}

// Leaves unless it is the one that the cache names. All known callees come by here.
static void check_callee(struct hot_insn *insn, LLVMValueRef callee, const struct method *known) {
  struct hot_build *build = insn->f->build;
  hot_plan_name(build->plan, known);
  LLVMValueRef same = build->l->LLVMBuildICmp(build->builder, LLVMIntEQ, callee, hot_ir_address(build, known), "");
  hot_ir_unless(insn->f, same, leaving_unless(insn, known, 0));
}

// ---- tail calls ----------------------------------------------------------------------------------------------------

// The function called and its arguments go to where the running one has its own. Read first: they may overlap.
static bool move_arguments(struct hot_insn *insn, uint32_t arg_count) {
  struct hot_ir_function *f = insn->f;
  LLVMValueRef *values = arena_alloc(&f->build->plan->memory, (arg_count + 1) * sizeof *values);
  if (!values) {
    f->build->plan->failed = true;
    return false;
  }
  int32_t from = hot_plan_top(insn->context, insn->depth - arg_count), to = hot_plan_callee(insn->context);
  for (uint32_t i = 0; i <= arg_count; i++) values[i] = hot_ir_get(f, from + (int32_t)i);
  for (uint32_t i = 0; i <= arg_count; i++) hot_ir_set(f, to + (int32_t)i, values[i]);
  return true;
}

// Calls of a method by itself, at the end of what it does, are a loop. Its end is a safepoint, as all loops' are.
static void call_self(struct hot_insn *insn, uint32_t arg_count) {
  struct hot_ir_function *f = insn->f;
  ASSERT(arg_count == insn->context->method->param_count, "hot.I3: %s calls itself with %u arguments of %u",
         insn->context->method->name, arg_count, insn->context->method->param_count);
  hot_ir_unless(f, hot_ir_nobody_wants_me(f), hot_ir_leaving(insn));
  if (!move_arguments(insn, arg_count)) return;
  set_initial(f, insn->context);
  hot_ir_go_to(f, insn->context, 0);
}

// An inlined method is not there for its caller: who is called in its place is called by the caller.
static void call_for_caller(struct hot_insn *insn, LLVMValueRef callee, const struct method *known,
                            uint32_t arg_count) {
  struct hot_context *replaced = insn->context, *caller = replaced->caller;
  int32_t arg_word = hot_plan_local(replaced, 0);
  if (!move_arguments(insn, arg_count)) return;
  ASSERT(arg_word > hot_plan_top(caller, 1),
         "hot.I3: %s has its arguments from word %d on, below its caller's operands", replaced->method->name, arg_word);
  struct hot_insn call = {.f = insn->f, .context = caller, .next_pc = replaced->return_pc};
  call.code.pc = replaced->call_pc;
  call.depth = (uint32_t)(arg_word + (int32_t)arg_count - hot_plan_top(caller, 1));
  call_real(&call, callee, known, arg_word);
}

// Too little room for the frame, or somebody wants the mutator.
static LLVMBasicBlockRef tail_call_slowly(struct hot_insn *insn, LLVMValueRef callee) {
  struct hot_ir_function *f = insn->f;
  struct hot_build *build = f->build;
  LLVMBasicBlockRef here = build->l->LLVMGetInsertBlock(build->builder), slow = hot_ir_block(f);
  hot_ir_at(f, slow);
  publish_all(insn);
  build->l->LLVMBuildStore(build->builder, callee, hot_ir_mutator_field(f, offsetof(struct mutator, call_method)));
  hot_ir_jump(f, hot_ir_extern(build, "interp_tail_call_slow", build->handler),
              hot_ir_address(build, (const char *)insn->context->method->code + insn->next_pc),
              hot_ir_word_address(f, hot_plan_top(insn->context, insn->depth)),
              hot_ir_word_address(f, insn->context->fp_word), NULL, NULL);
  hot_ir_at(f, here);
  return slow;
}

// Out of the unit. The frame of the unit's method goes, its header's words are the new frame's.
static void call_instead(struct hot_insn *insn, LLVMValueRef callee, const struct method *known, uint32_t arg_count) {
  struct hot_ir_function *f = insn->f;
  struct hot_build *build = f->build;
  const struct hot_llvm *l = build->l;
  int32_t callee_word = hot_plan_callee(insn->context);
  LLVMBasicBlockRef slow = tail_call_slowly(insn, callee);
  hot_ir_unless(f, callee_fits(f, callee, known, callee_word + 1), slow);
  LLVMValueRef caller_fp = l->LLVMBuildLoad2(build->builder, build->ptr, hot_ir_word_address(f, FRAME_CALLER), "");
  LLVMValueRef pc = l->LLVMBuildLoad2(build->builder, build->ptr, hot_ir_word_address(f, FRAME_RETURN_PC), "");
  LLVMValueRef code = l->LLVMBuildLoad2(build->builder, build->ptr, hot_ir_word_address(f, FRAME_RETURN_CODE), "");
  if (!move_arguments(insn, arg_count)) return;
  for (int32_t w = callee_word; w <= callee_word + (int32_t)arg_count; w++) store(f, w, hot_ir_get(f, w));
  struct links links = {caller_fp, pc, code};
  enter_callee(f, callee, known, callee_word + 1, &links);
}

// ---- who is called ------------------------------------------------------------------------------------------------

static bool is_tail(const struct hot_insn *insn) { return insn->code.info->control == CONTROL_TAIL; }

static int32_t first_argument(const struct hot_insn *insn, uint32_t arg_count) {
  return hot_plan_top(insn->context, insn->depth - arg_count + 1);
}

// The context of a callee that is to be inlined here, or NULL.
static struct hot_context *inline_here(struct hot_insn *insn, const struct method *callee, uint32_t arg_count) {
  struct hot_plan *plan = insn->f->build->plan;
  if (!callee->site_count || !is_fit_to_know(callee, arg_count)) return NULL;
  if (!is_tail(insn))
    return hot_plan_inline(plan, insn->context, insn->code.pc, insn->next_pc, callee, first_argument(insn, arg_count));
  return insn->context->caller ? hot_plan_inline_tail(plan, insn->context, insn->code.pc, callee) : NULL;
}

static void enter_inlined(struct hot_insn *insn, struct hot_context *inlined, uint32_t arg_count) {
  if (is_tail(insn) && !move_arguments(insn, arg_count)) return;
  ASSERT(hot_plan_local(inlined, 0) ==
             (is_tail(insn) ? hot_plan_local(insn->context, 0) : first_argument(insn, arg_count)),
         "hot.I3: the parameters of %s begin at word %d, not where its arguments are", inlined->method->name,
         hot_plan_local(inlined, 0));
  if (inlined->is_peeled) prepare_real_call(insn, inlined, first_argument(insn, arg_count));
  call_inlined(insn, inlined);
}

static void call_out(struct hot_insn *insn, LLVMValueRef callee, const struct method *known, uint32_t arg_count) {
  if (!is_tail(insn))
    call_real(insn, callee, known, first_argument(insn, arg_count));
  else if (insn->context->caller)
    call_for_caller(insn, callee, known, arg_count);
  else
    call_instead(insn, callee, known, arg_count);
}

// Calls what the cache names, or leaves.
static void call_known(struct hot_insn *insn, LLVMValueRef callee, const struct method *known, uint32_t arg_count) {
  ASSERT(known->param_count == arg_count, "hot.I3: %s has %u parameters, and is called with %u arguments", known->name,
         known->param_count, arg_count);
  check_callee(insn, callee, known);
  bool is_self = known == insn->context->method && insn->context->info->self_tail[insn->code.pc / 8];
  struct hot_context *inlined = is_self ? NULL : inline_here(insn, known, arg_count);
  if (is_self)
    call_self(insn, arg_count);
  else if (inlined)
    enter_inlined(insn, inlined, arg_count);
  else if (!known->site_count && !is_tail(insn))
    call_native(insn, known, first_argument(insn, arg_count));
  else
    call_out(insn, callee, known, arg_count);
}

// Calls one of those that this place was seen to call, where they can be inlined; else whatever it is, or leaves when
// only these are expected.
static void call_one_of(struct hot_insn *insn, LLVMValueRef callee, const struct hot_targets *targets, bool only_these,
                        uint32_t arg_count) {
  struct hot_ir_function *f = insn->f;
  const struct hot_llvm *l = f->build->l;
  ASSERT(targets->count <= HOT_TARGETS_MAX, "hot.I4: %u methods are called at byte %u of %s", targets->count,
         insn->code.pc, insn->context->method->name);
  for (uint32_t i = 0; i < targets->count; i++) {
    struct hot_context *inlined = inline_here(insn, targets->methods[i], arg_count);
    only_these &= inlined != NULL;
    if (!inlined) continue;
    LLVMBasicBlockRef is = hot_ir_block(f), is_not = hot_ir_block(f);
    LLVMValueRef address = hot_ir_address(f->build, targets->methods[i]);
    LLVMValueRef same = l->LLVMBuildICmp(f->build->builder, LLVMIntEQ, callee, address, "");
    l->LLVMBuildCondBr(f->build->builder, same, is, is_not);
    hot_ir_at(f, is);
    enter_inlined(insn, inlined, arg_count);
    hot_ir_at(f, is_not);
  }
  if (only_these)
    l->LLVMBuildBr(f->build->builder, leaving_unless(insn, targets->methods[0], targets->count));
  else
    call_out(insn, callee, NULL, arg_count);
}

bool hot_ir_expects(const struct hot_insn *insn, const struct method *held, uint32_t arg_count) {
  if (!held || !is_fit_to_know(held, arg_count)) return false;
  return !hot_plan_targets(insn->f->build->plan, insn->context->method, insn->code.pc).count;
}

void hot_ir_call(struct hot_insn *insn, LLVMValueRef callee, const struct method *const *expected, uint32_t arg_count) {
  struct hot_build *build = insn->f->build;
  ASSERT(insn->depth > arg_count, "hot.I4: %s calls at byte %u with %u arguments, and has %u operands",
         insn->context->method->name, insn->code.pc, arg_count, insn->depth);
  if (expected && !*expected) { // never called
    build->l->LLVMBuildBr(build->builder, hot_ir_leaving(insn));
    return;
  }
  if (expected && hot_ir_expects(insn, *expected, arg_count)) {
    call_known(insn, callee, *expected, arg_count);
    return;
  }
  struct hot_targets targets = hot_plan_targets(build->plan, insn->context->method, insn->code.pc);
  call_one_of(insn, callee, &targets, expected && targets.count && !targets.more, arg_count);
}

// ---- returns -------------------------------------------------------------------------------------------------------

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
