// SPDX-License-Identifier: MIT
//
// interp_tier.c: --stress=tier:N: at every Nth safepoint of a mutator a die says in which engine it goes on.
//
// The poll word stays 0, so that every poll and every call comes to its slow half, and here; but with --stress=deopt
// hot code runs without that until it leaves. A call then enters its method in the engine of the last throw, and
// returns to any engine's code for the place behind it; a loop goes on in that engine. Programs must do the same
// whatever is thrown. The die is a generator with a seed of the mutator's number, so that a failure is a failure again.
#include "interp/interp.h"

#include "frame/frame.h"
#include "loam/op.h"

// Marsaglia's xorshift, 64 bits.
static uint64_t throw_die(struct thread *thread) {
  uint64_t x = thread->tier_random;
  x ^= x << 13;
  x ^= x >> 7;
  x ^= x << 17;
  ASSERT(x, "mutator %u's die stays 0 for ever", thread->number);
  return thread->tier_random = x;
}

// Counts a safepoint; at every Nth, chooses.
static bool is_change(struct thread *thread) {
  ASSERT(thread->world->config->stress_tier_every, "mutator %u throws a die that nobody asked for", thread->number);
  if (++thread->tier_events % thread->world->config->stress_tier_every) return false;
  thread->tier = TIER_INTERP + (enum thread_tier)((throw_die(thread) >> 32) % 3);
  return true;
}

#define COMPILE_AGAIN_ONE_IN 32 // later, when more is known of the method than at its first throw

static bool compile_for(struct mutator *th, const struct method *method) {
  struct thread *thread = thread_of(th);
  enum thread_tier tier = thread->tier;
  bool has_hot = __atomic_load_n(&method->hot, __ATOMIC_ACQUIRE) != NULL;
  if (tier == TIER_HOT && has_hot && throw_die(thread) % COMPILE_AGAIN_ONE_IN) return true;
  if (tier == TIER_HOT) return th->compile_hot && th->compile_hot(th, method);
  return tier == TIER_BASELINE && th->compile && th->compile(th, method);
}

// Hot code that --stress=deopt makes leave soon, and ask for the next safepoint then, runs until there as it would run
// otherwise: many rounds, and calls, without a stop.
static void let_run(struct thread *thread) {
  const struct vm_config *config = thread->world->config;
  if (thread->tier != TIER_HOT || !config->stress_deopt_every || config->stress_preempt_every) return;
  thread->mutator.wants_hot = 0;
  atomic_store(&thread->mutator.poll, thread->stack_limit); // before the requests are read, as in thread_safepoint
  if (atomic_load(&thread->requests) & ~(unsigned)REQUEST_PREEMPT) atomic_store(&thread->mutator.poll, 0);
}

const void *interp_tier_entry(struct mutator *th, const struct method *method) {
  struct thread *thread = thread_of(th);
  bool change = is_change(thread);
  if (!method->site_count) return op_entry(method); // natives have one form only
  if (change) (void)compile_for(th, method);
  if (thread->tier == TIER_INTERP) return (const void *)interp_enter;
  if (thread->tier == TIER_BASELINE) return interp_entry_below(method);
  if (__atomic_load_n(&method->hot, __ATOMIC_ACQUIRE)) let_run(thread);
  return op_entry(method);
}

const void *interp_tier_loop(struct mutator *th) {
  struct thread *thread = thread_of(th);
  const struct method *method = frame_method(th->fp);
  if (thread->turned_pc == th->pc) { // it comes from there: without a round in between it would never go on
    thread->turned_pc = NULL;
    return NULL;
  }
  bool change = is_change(thread);
  if (change) (void)compile_for(th, method);
  if (!change && thread->tier != TIER_HOT) return NULL;
  const void *code = thread->tier == TIER_INTERP ? (const void *)interp_continue : (const void *)interp_resume;
  if (thread->tier == TIER_HOT) {
    code = interp_hot_loop(method, (size_t)(th->pc - (const char *)method->code) / sizeof(uint64_t));
    th->wants_hot = 0;
  }
  if (!code) return NULL;
  thread->turned_pc = th->pc;
  let_run(thread);
  return code;
}

uintptr_t interp_tier_return(struct mutator *th, const char *return_pc, uintptr_t code) {
  struct thread *thread = thread_of(th);
  if (thread->tier == TIER_INTERP) return 0;
  if (thread->tier != TIER_BASELINE) return code;
  uintptr_t landing = interp_landing_at(frame_method(th->fp), return_pc);
  return landing ? landing : code;
}
