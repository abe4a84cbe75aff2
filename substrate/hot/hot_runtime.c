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

#include "frame/frame.h"
#include "interp/interp.h"
#include "loam/op.h"

// `fp` is the frame's. What runs the callers from now on is a lower engine.
static void make_headers(const struct hot_frame *frame, struct value *fp) {
  for (; frame; frame = frame->caller) {
    struct value *caller = fp - frame->words;
    const struct method *method = frame->caller ? frame->caller->method : frame_method(caller);
    fp[FRAME_CALLER].bits = (uintptr_t)caller;
    fp[FRAME_RETURN_PC].bits = (uintptr_t)frame->return_pc;
    fp[FRAME_METHOD].bits = (uintptr_t)frame->method;
    fp[FRAME_RETURN_CODE].bits = (uintptr_t)interp_code_at(method, frame->return_pc);
    fp = caller;
  }
}

// Hot code calls it on its way out. NULL: the operand on top, which is in a register.
static void hot_note_unboxed(struct mutator *th, struct value *word, uint64_t header, uint64_t type, uint64_t object) {
  struct thread *thread = thread_of(th);
  CHECK(thread->unboxed_count < THREAD_UNBOXED_MAX, "hot.I9: %u words without boxes", thread->unboxed_count);
  thread->unboxed[thread->unboxed_count++] = (struct thread_unboxed){word, header, type, object};
}

// There is no memory for the boxes, and a handler in one of the frames that lack them catches that.
static bool is_caught_within(struct thread *thread, const struct value *lowest) {
  struct frame_cursor cursor;
  for (frame_walk_start(&cursor, thread); cursor.fp; frame_walk_next(&cursor)) {
    if (frame_handler(frame_method(cursor.fp), cursor.site_pc)) return true;
    if (frame_locals(cursor.fp) <= lowest) return false;
  }
  return false;
}

// The frames' values are lost. Who goes on without them would compute nonsense.
static enum loam_status give_up_boxes(struct mutator *th, const struct thread_unboxed *unboxed, uint32_t count) {
  const struct value *lowest = unboxed[0].place;
  for (uint32_t i = 1; i < count; i++)
    if (unboxed[i].place < lowest) lowest = unboxed[i].place;
  if (th->killed || !is_caught_within(thread_of(th), lowest)) return THROWN;
  return vm_kill(th, LOAM_ERR_MEMORY, "no memory for the numbers of %s, whose hot code was left",
                 frame_method(th->fp)->name);
}

// The box that another place has got for the same object: programs may compare addresses.
static bool find_box(const struct thread_unboxed *unboxed, uint32_t index, struct value *out) {
  for (uint32_t i = 0; i < index; i++)
    if (unboxed[i].object == unboxed[index].object) return *out = *unboxed[i].place, true;
  return false;
}

// Puts words into boxes. The frames are complete but for these; they hold something harmless while objects move. `top`
// is where the operand on top is; NULL: there is none, though a place that shares its exit with others has noted one.
static OP_COLD enum loam_status make_boxes(struct mutator *th, struct value *top) {
  struct thread *thread = thread_of(th);
  const struct loam_guest *guest = thread->world->guest;
  uint64_t words[THREAD_UNBOXED_MAX];
  uint32_t count = 0;
  for (uint32_t i = 0; i < thread->unboxed_count; i++) {
    struct thread_unboxed unboxed = thread->unboxed[i];
    if (!unboxed.place) unboxed.place = top;
    if (!unboxed.place) continue;
    thread->unboxed[count] = unboxed;
    words[count++] = unboxed.place->bits;
    *unboxed.place = guest->initial_local;
  }
  thread->unboxed_count = 0;
  for (uint32_t i = 0; i < count; i++) {
    const struct thread_unboxed *unboxed = &thread->unboxed[i];
    struct value box;
    if (!find_box(thread->unboxed, i, &box) &&
        guest->make_box(th, unboxed->header, unboxed->type, words[i], &box) != DONE)
      return give_up_boxes(th, thread->unboxed, count);
    *unboxed->place = box;
  }
  return DONE;
}

// There may have been no room for an object: that is nothing unexpected either. Without a buffer, nothing was made at
// all. Tests find more room than an object needs (hot_box_site.c); no body makes larger objects than this.
static bool is_full(const struct mutator *th) {
  enum { ROOM_MAX = 512 };
  return th->alloc_limit && th->alloc_limit - th->alloc_cursor < ROOM_MAX;
}

OP_HANDLER hot_leave(OP_REGISTERS) {
  struct hot_guard *guard = (struct hot_guard *)(uintptr_t)dispatch;
  make_headers(guard->frame, fp);
  pc = (const char *)guard->method->code + guard->pc;
  sp = fp + FRAME_SPILL + guard->depth;
  // Who leaves because somebody wants it to stop has met nothing unexpected. Relaxed: see hot_policy_look.
  if (!guard->planned && !POLL_WANTED(th) && !is_full(th))
    atomic_fetch_add_explicit(&guard->failures, 1, memory_order_relaxed);
  if (!th->deopt_countdown) th->deopt_countdown = thread_of(th)->world->config->stress_deopt_every;
  bool at_entry = guard->at_entry;
  if (thread_of(th)->unboxed_count) { // may collect; then nothing keeps a replaced unit and its guards
    if (guard->depth) *sp = tos;
    op_publish(th, pc, sp, fp);
    if (make_boxes(th, guard->depth ? sp : NULL) != DONE) OP_TAIL_CALL(interp_throw);
    tos = *sp;
  }
  if (!POLL_WANTED(th)) thread_of(th)->turned_pc = pc;
  // From where it was just entered it would only leave again. --stress=tier wants to know in any case.
  if (!at_entry || interp_tier_changes(th)) interp_want_hot(th, POLL_WANTED(th));
  OP_TAIL_CALL(interp_resume);
}

#define SYMBOL(handler) {#handler, (const void *)handler}
const struct op_symbol hot_runtime_symbols[] = {
    SYMBOL(hot_leave),    SYMBOL(hot_note_unboxed), SYMBOL(interp_call_slow),      SYMBOL(interp_continue),
    SYMBOL(interp_enter), SYMBOL(interp_resume),    SYMBOL(interp_tail_call_slow), SYMBOL(interp_throw),
    {NULL, NULL},
};
