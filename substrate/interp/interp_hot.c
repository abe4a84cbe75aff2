// SPDX-License-Identifier: MIT
//
// interp_hot.c: leaving the interpreter for compiled code, and baseline code for hot code: at a call, and at the head
// of a loop.
//
// A method gets baseline code after some hundred calls, or when a loop in it has run a thousand rounds. Its hot code
// comes from a thread in the background; calls find it through method.entry. A loop finds it at its poll: whoever put
// new code there asks the mutators to stop, and in the slow half of the poll they see it.
//
// Hot code that meets what it was not made for goes on in a lower engine. The rest of a loop's round is run there; the
// next loop head that has hot code takes the mutator back. For that the mutator asks itself to stop, at a number of the
// next polls and calls (wants_hot), as calls and the rounds of inner loops come in between. So it does when it was
// asked to look and its method has hot code, but not for the loop that it is in.
#include "interp/interp.h"

#include "frame/frame.h"
#include "loam/op.h"
#include "os/os_clock.h"

// At how many polls and calls it looks, which comes after hot code has failed (many times in a millisecond perhaps),
// and when it was asked to stop (once): see ROUNDS_SHORT and ROUNDS_LONG of the hot compiler. A loop of fewer rounds
// has no entry of its own, and may make some calls in each: who gives up before it ends stays in a lower engine.
#define LOOKS_WHEN_FAILED 80
#define LOOKS_WHEN_ASKED 4000

// For so long behind mutator.compile_from a method must be called so many times as often as later to be compiled.
#define YOUNG_NS UINT64_C(4000000)
#define OFTEN_WHEN_YOUNG 16

static bool is_compiled(const struct method *method) {
  return __atomic_load_n(&method->compiled, __ATOMIC_RELAXED); // interp_resume reads it again, with acquire
}

// ---- hot code -----------------------------------------------------------------------------------------------------

const void *interp_hot_loop(const struct method *method, size_t word) {
  const struct method_code *hot = __atomic_load_n(&method->hot, __ATOMIC_ACQUIRE); // released where it was installed
  for (uint32_t i = 0; hot && i < hot->loop_count; i++)
    if (hot->words[i] == word) return hot->loops[i];
  return NULL;
}

// Clearing the poll word without a request: the next safepoint restores it.
void interp_want_hot(struct mutator *th, bool asked) {
  th->wants_hot = asked ? LOOKS_WHEN_ASKED : LOOKS_WHEN_FAILED;
  atomic_store_explicit(&th->poll, 0, memory_order_relaxed);
}

void interp_look_for_hot(struct mutator *th) {
  ASSERT(th->wants_hot, "interp.I7: mutator %u looks for hot code that it doesn't want", thread_of(th)->number);
  if (--th->wants_hot) atomic_store_explicit(&th->poll, 0, memory_order_relaxed);
}

// Who was asked to look, is about to be in hot code, and has none to go back to, has found it. With the poll word
// cleared that code would be left at its first loop head. Who has left hot code goes on looking: some caller has it.
void interp_look_in_call(struct mutator *th, const struct method *callee) {
  const struct method_code *hot = __atomic_load_n(&callee->hot, __ATOMIC_ACQUIRE); // released where it was installed
  bool asked = th->wants_hot > LOOKS_WHEN_FAILED;
  if (asked && hot && hot->entry && !__atomic_load_n(&frame_method(th->fp)->hot, __ATOMIC_RELAXED))
    th->wants_hot = 0;
  else
    interp_look_for_hot(th);
}

// ---- loops --------------------------------------------------------------------------------------------------------

static size_t published_word(const struct mutator *th) {
  ASSERT((size_t)(th->pc - (const char *)frame_method(th->fp)->code) / sizeof(uint64_t) <
             frame_method(th->fp)->code_words,
         "frame.I5: pc %p is not in the code of %s", (const void *)th->pc, frame_method(th->fp)->name);
  return (size_t)(th->pc - (const char *)frame_method(th->fp)->code) / sizeof(uint64_t);
}

// Who is still wanted would leave hot code at once.
static const void *find_hot(struct mutator *th) {
  if (POLL_WANTED(th) || th->observer) return NULL;
  struct thread *thread = thread_of(th);
  bool comes_from_there = thread->turned_pc == th->pc; // and would leave again
  thread->turned_pc = NULL;
  const void *code = comes_from_there ? NULL : interp_hot_loop(frame_method(th->fp), published_word(th));
  if (code)
    th->wants_hot = 0;
  else if (th->wants_hot)
    interp_look_for_hot(th);
  else if (__atomic_load_n(&frame_method(th->fp)->hot, __ATOMIC_RELAXED))
    interp_want_hot(th, true);
  return code;
}

// A program that ends as soon as it has begun is better off without compiled code. One that ends soon behind that gets
// some for what is called very often only: the first code costs more than that of some dozen methods gains.
static bool is_too_early(struct mutator *th, uint64_t later_ns) {
  if (LIKELY(!th->compile_from)) return false;
  uint64_t now = os_clock_ns(), from = th->compile_from;
  if (now >= from + YOUNG_NS) th->compile_from = 0;
  return now < from + later_ns;
}

static const void *find_compiled(struct mutator *th) {
  const struct method *method = frame_method(th->fp);
  if (is_too_early(th, 0)) return NULL;
  return th->compile && (is_compiled(method) || th->compile(th, method)) ? (const void *)interp_resume : NULL;
}

enum loam_status interp_loop(struct mutator *th, uint16_t *heat) {
  bool is_hot = op_loop_is_hot(heat);
  if (POLL_WANTED(th) && thread_safepoint(th) != DONE) return THROWN;
  if (is_hot) op_loop_count(heat); // or the next slow path of this instruction would come here again
  const void *code = interp_tier_changes(th) ? interp_tier_loop(th) : find_hot(th);
  if (!code && is_hot && thread_of(th)->tier != TIER_INTERP) code = find_compiled(th);
  if (!code) return DONE;
  th->reenter = code; // interp_throw goes on there, at this instruction
  return THROWN;
}

// ---- handlers -----------------------------------------------------------------------------------------------------

const void *interp_handler(struct mutator *th) {
  const struct method *method = frame_method(th->fp);
  if (!__atomic_load_n(&method->hot, __ATOMIC_RELAXED)) return (const void *)interp_resume;
  bool goes = interp_tier_changes(th) ? thread_of(th)->tier == TIER_HOT : !POLL_WANTED(th) && !th->observer;
  const void *code = goes ? interp_hot_loop(method, published_word(th)) : NULL;
  if (code) return code;
  interp_want_hot(th, false);
  return (const void *)interp_resume;
}

// ---- calls --------------------------------------------------------------------------------------------------------

const void *interp_entry_below(const struct method *method) {
  const void *compiled = __atomic_load_n(&method->compiled, __ATOMIC_ACQUIRE);
  return compiled ? compiled : (const void *)interp_enter;
}

// Another thread may be compiling the method meanwhile: only the entry that it had is replaced.
static void replace_entry(struct method *method, const void *entry) {
  (void)__atomic_compare_exchange_n(&method->entry, &entry, interp_entry_below(method), false, __ATOMIC_RELEASE,
                                    __ATOMIC_RELAXED);
}

static OP_HANDLER enter_often_called(OP_REGISTERS) {
  struct method *method = (struct method *)frame_method(fp);
  if (is_too_early(th, YOUNG_NS) &&
      (is_too_early(th, 0) || __atomic_add_fetch(&method->often, 1, __ATOMIC_RELAXED) < OFTEN_WHEN_YOUNG)) {
    __atomic_store_n(&method->calls, 0, __ATOMIC_RELAXED);
    OP_TAIL_CALL(interp_enter);
  }
  if (th->compile && th->compile(th, method)) OP_TAIL_CALL((op_handler *)op_entry(method));
  if (th->compile) replace_entry(method, interp_entry(INTERP_ENTRY_COUNTING));
  OP_TAIL_CALL(interp_enter);
}

OP_HANDLER interp_enter_counting(OP_REGISTERS) {
  const struct method *method = frame_method(fp);
  if (UNLIKELY(!op_count_call(method, (const void *)interp_enter_counting))) OP_TAIL_CALL(enter_often_called);
  OP_TAIL_CALL(interp_enter);
}

static OP_HANDLER interp_enter_first(OP_REGISTERS) {
  struct method *method = (struct method *)frame_method(fp);
  op_publish(th, (const char *)method->code, fp + FRAME_SPILL, fp);
  if (th->compile_hot) (void)th->compile_hot(th, method);
  replace_entry(method, (const void *)interp_enter_first);
  OP_TAIL_CALL((op_handler *)op_entry(method));
}

// A method whose loops have hot code, but not its entry: at its first loop head it goes over. Called again and again it
// will get an entry: calls are counted for that.
static OP_HANDLER interp_enter_for_loops(OP_REGISTERS) {
  struct method *method = (struct method *)frame_method(fp);
  __atomic_add_fetch(&method->calls, 1, __ATOMIC_RELAXED);
  interp_want_hot(th, false);
  OP_TAIL_CALL((op_handler *)interp_entry_below(method));
}

const void *interp_entry(enum interp_entry entry) {
  switch (entry) {
  case INTERP_ENTRY_LOOPS: return (const void *)interp_enter_for_loops;
  case INTERP_ENTRY_COUNTING: return (const void *)interp_enter_counting;
  case INTERP_ENTRY_HOT: return (const void *)interp_enter_first;
  default: return (const void *)interp_enter;
  }
}

const void *const *interp_resume_table(const struct op_table *ops) {
  const void **table = mem_alloc(ops->count * sizeof *table);
  for (unsigned i = 0; table && i < ops->count; i++) table[i] = (const void *)interp_resume;
  return table;
}
