// SPDX-License-Identifier: MIT
//
// hot_ir_throw.c: exceptions in hot code.
//
// What an op throws (control throw) goes to its handler at once when that is in the same unit: in the method that
// throws, or in one that it is inlined into. It is a branch; operands and inlined frames in between are dropped by not
// being looked at again. Else the frames are published and interp_throw unwinds, as for every exception that C code
// throws. When what it finds is a handler of a method with hot code, it goes on there: a handler that was seen to catch
// is an entry, like the head of a loop, with the exception as its topmost operand.
//
// Handlers before the throw are left to the unwinder: that would be a loop without a poll.
#define LOAM_HOT_MODULE
#include "hot/hot_ir.h"

#include "frame/frame.h"

static const struct code_handler *handler_at(const struct method *method, uint32_t pc) {
  return frame_handler(method, (const char *)method->code + pc);
}

// The context of the unit that catches what is thrown at `pc`, when control can go there; else NULL.
static struct hot_context *find_catcher(const struct hot_insn *insn, uint32_t pc, const struct code_handler **found) {
  if (insn->f->build->plan->request->unwinds) return NULL;
  for (struct hot_context *c = insn->context; c; pc = c->return_pc - 1, c = c->caller) {
    *found = handler_at(c->method, pc);
    if (*found) return (*found)->handler > pc ? c : NULL;
  }
  return NULL;
}

static void store_in_mutator(struct hot_ir_function *f, size_t offset, LLVMValueRef value) {
  f->build->l->LLVMBuildStore(f->build->builder, value, hot_ir_mutator_field(f, offset));
}

static void unwind(struct hot_insn *insn, uint32_t pc, uint32_t live, LLVMValueRef value) {
  struct hot_ir_function *f = insn->f;
  struct hot_build *build = f->build;
  struct hot_state state = {.context = insn->context, .pc = pc, .depth = live};
  hot_ir_publish(f, &state, 0);
  store_in_mutator(f, offsetof(struct mutator, pc),
                   hot_ir_address(build, (const char *)insn->context->method->code + pc));
  store_in_mutator(f, offsetof(struct mutator, sp), hot_ir_word_address(f, hot_plan_top(insn->context, live)));
  store_in_mutator(f, offsetof(struct mutator, fp), hot_ir_word_address(f, insn->context->fp_word));
  store_in_mutator(f, offsetof(struct mutator, pending), value);
  hot_ir_jump(f, hot_ir_extern(build, "interp_throw", build->handler), NULL, NULL, NULL, NULL, NULL);
}

void hot_ir_throw(struct hot_insn *insn, uint32_t pc, uint32_t live, LLVMValueRef value) {
  const struct code_handler *handler;
  struct hot_context *catcher = find_catcher(insn, pc, &handler);
  if (!catcher) {
    unwind(insn, pc, live, value);
    return;
  }
  ASSERT(handler->handler / 8 < catcher->method->code_words, "hot.I1: a handler of %s is at byte %u of %u words",
         catcher->method->name, handler->handler, catcher->method->code_words);
  hot_ir_set(insn->f, hot_plan_top(catcher, handler->depth + 1), value);
  hot_ir_go_to(insn->f, catcher, handler->handler);
}

void hot_ir_enter_handlers(struct hot_build *build) {
  const struct hot_request *request = build->plan->request;
  const struct method *method = request->method;
  for (uint32_t i = 0; i < method->handler_count; i++) {
    const struct code_handler *handler = &method->handlers[i];
    if (hot_plan_depth(method, handler->handler) == DEPTH_UNKNOWN) continue; // nothing that can be reached throws there
    if (request->feedback && __atomic_load_n(&handler->caught, __ATOMIC_RELAXED) < CATCHES_COUNTED) continue;
    hot_ir_entry(build, build->plan->root, handler->handler, HOT_ENTRY_HANDLER);
  }
}
