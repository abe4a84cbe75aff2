// SPDX-License-Identifier: MIT
//
// hot_runtime.c: the way out of hot code, and the names of all such ways for the loader of objects.
//
// Leaving is a jump: hot code has put all words of its frames into memory as the interpreter would have left them, and
// says in the registers where it was. Only the headers of inlined methods' frames are still to be made, as the guard
// describes them: here, because there are many places to leave from and code for it in each would be most of the unit.
#define LOAM_HOT_MODULE
#include "hot/hot_runtime.h"
#include "hot/hot_int.h"
#include "hot/hot_remake.h"

#include "frame/frame.h"
#include "interp/interp.h"
#include "loam/op.h"

// `fp` is the frame's. What runs the callers from now on is a lower engine.
static void make_headers(const struct hot_frame *frame, struct value *fp) {
  for (; frame; frame = frame->caller) {
    ASSERT(frame->words, "hot.I3: the frame of %s lies on its caller's", frame->method->name);
    struct value *caller = fp - frame->words;
    const struct method *method = frame->caller ? frame->caller->method : frame_method(caller);
    fp[FRAME_CALLER].bits = (uintptr_t)caller;
    fp[FRAME_RETURN_PC].bits = (uintptr_t)frame->return_pc;
    fp[FRAME_METHOD].bits = (uintptr_t)frame->method;
    fp[FRAME_RETURN_CODE].bits = interp_landing_at(method, frame->return_pc);
    fp = caller;
  }
}

// The callee value of the unit's own method, from the frame of the method that `frame` describes.
static struct value *lowest_word(const struct hot_frame *frame, struct value *fp) {
  for (; frame; frame = frame->caller) fp -= frame->words;
  return frame_locals(fp) - 1;
}

// There may have been no room for an object: that is nothing unexpected either. Without a buffer, nothing was made at
// all. Tests find more room than an object needs (hot_box_site.c); no body makes larger objects than this.
static bool is_full(const struct mutator *th) {
  enum { ROOM_MAX = 512 };
  return th->alloc_limit && th->alloc_limit - th->alloc_cursor < ROOM_MAX;
}

OP_HANDLER hot_leave(OP_REGISTERS) {
  struct hot_guard *guard = (struct hot_guard *)(uintptr_t)dispatch;
  (void)atomic_load_explicit(&guard->failures, memory_order_acquire); // released where it was installed
  make_headers(guard->frame, fp);
  ASSERT(guard->pc / 8 < guard->method->code_words, "hot.I1: code of %s is left for byte %u of %u words",
         guard->method->name, guard->pc, guard->method->code_words);
  ASSERT(frame_method(fp) == guard->method, "hot.I3: code of %s is left in a frame of %s", guard->method->name,
         frame_method(fp)->name);
  pc = (const char *)guard->method->code + guard->pc;
  sp = fp + FRAME_SPILL + guard->depth;
  // Who leaves because somebody wants it to stop has met nothing unexpected. Relaxed: see hot_policy_look.
  if (!guard->planned && !POLL_WANTED(th) && !is_full(th)) {
    atomic_fetch_add_explicit(&guard->failures, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&guard->unit->failures, 1, memory_order_release); // pairs with look_at_unit
  }
  if (!th->deopt_countdown) th->deopt_countdown = thread_of(th)->world->config->stress_deopt_every;
  bool at_entry = guard->at_entry, planned = guard->planned;
  if (thread_of(th)->unboxed_count || thread_of(th)->has_unmade) {
    struct value *lowest = lowest_word(guard->frame, fp);
    if (guard->depth) *sp = tos;
    op_publish(th, pc, sp, fp);
    // May collect; then nothing keeps a replaced unit and its guards.
    if (hot_remake(th, lowest, guard->depth ? sp : NULL) != DONE) OP_TAIL_CALL(interp_throw);
    tos = *sp;
  }
  if (!POLL_WANTED(th)) thread_of(th)->turned_pc = pc;
  // From where it was just entered it would only leave again. --stress=tier wants to know in any case. Who looks for a
  // way into hot code and only came through here goes on with that: else it would never end, with each call of a loop
  // that is shorter than what it looks.
  if (planned && th->wants_hot && !atomic_load_explicit(&thread_of(th)->requests, memory_order_relaxed))
    interp_look_for_hot(th);
  else if (!at_entry || interp_tier_changes(th))
    interp_want_hot(th, POLL_WANTED(th));
  OP_TAIL_CALL(interp_resume);
}

#define SYMBOL(handler) {#handler, (const void *)handler}
const struct op_symbol hot_runtime_symbols[] = {
    SYMBOL(hot_leave),    SYMBOL(hot_note_unboxed), SYMBOL(interp_call_slow),      SYMBOL(interp_continue),
    SYMBOL(interp_enter), SYMBOL(interp_resume),    SYMBOL(interp_tail_call_slow), SYMBOL(interp_throw),
    {NULL, NULL},
};
