// SPDX-License-Identifier: MIT
//
// hot_install.c: putting code into place, taking it away, and freeing what nothing runs in.
//
// Code is in place when two words of its method are stored; mutators go on meanwhile. Old code is left to those that
// are in it. Whether there are any is seen in a stopped world: then every activation of it has a frame above it that
// returns into it, or a frame of its own that says so (FRAME_SPILL, where it made a slow call). Once there are none
// there will be none, because nothing leads into it.
#define LOAM_HOT_MODULE
#include "hot/hot_policy.h"

#include "frame/frame.h"
#include "interp/interp.h"
#include "os/os_clock.h"

#include <stdio.h>

static void trace(const struct hot *hot, const struct hot_unit *unit, const char *what) {
  if (!(hot->setup.config->trace & TRACE_TIERS)) return;
  fprintf(stderr, "hot %s: %s (entry %s, %u loops), %zu bytes, %u inlined, %.1f ms", unit->method->name, what,
          unit->published.entry ? "yes" : "no", unit->published.loop_count, unit->code.size, unit->inlined,
          (double)unit->compile_ns / 1e6);
  const uint64_t *ns = unit->phase_ns;
  fprintf(stderr, " (%u instructions in %u functions: IR %.1f, passes %.1f, code %.1f)%s%s\n", unit->instructions,
          unit->functions, (double)ns[HOT_IR] / 1e6, (double)ns[HOT_PASSES] / 1e6, (double)ns[HOT_CODE] / 1e6,
          unit->by_llvm[0] ? ", by LLVM: " : "", unit->by_llvm);
}

// ---- into place ---------------------------------------------------------------------------------------------------

// Both stores are released: who reads the address sees the code. A mutator may see one before the other. Code that
// jumps to the address it read is in no language that knows of acquiring: so what C reads of a unit, its guards and
// their frames, is released by each guard's count, which hot_leave acquires.
static void publish(struct method *method, struct hot_unit *unit) {
  for (uint32_t i = 0; unit && i < unit->guard_count; i++)
    atomic_store_explicit(&unit->guards[i].failures, 0, memory_order_release);
  __atomic_store_n(&method->hot, unit ? &unit->published : NULL, __ATOMIC_RELEASE);
  const void *entry = unit ? unit->published.entry : interp_entry_below(method);
  if (!entry) entry = interp_entry(INTERP_ENTRY_LOOPS);
  __atomic_store_n(&method->entry, entry, __ATOMIC_RELEASE);
}

static void retire(struct hot *hot, struct hot_unit *unit) {
  struct hot_unit **at = &hot->units;
  ASSERT(!unit->retired, "hot.I7: code of %s is retired twice", unit->method->name);
  while (*at != unit) {
    ASSERT(*at, "hot.I7: code of %s is not in use", unit->method->name);
    at = &(*at)->next;
  }
  *at = unit->next;
  unit->next = hot->retired;
  unit->retired = true;
  hot->retired = unit;
}

static void replace(struct hot_profile *profile, struct hot_unit *unit) {
  struct hot *hot = profile->hot;
  struct hot_unit *old = profile->unit;
  uint64_t start = os_clock_ns();
  ASSERT(!old || profile->method->hot == &old->published, "hot.I6: what %s runs in is not its profile's",
         profile->method->name);
  publish(profile->method, unit);
  uint64_t ns = os_clock_ns() - start;
  if (ns > hot->stats.install_ns_max) hot->stats.install_ns_max = ns;
  profile->unit = unit;
  if (old) retire(hot, old);
}

// What is counted from now on is about this code.
static void start_counting(struct hot_profile *profile) {
  profile->points = profile->calls = 0;
  profile->calls_before = __atomic_load_n(&profile->method->calls, __ATOMIC_RELAXED);
  for (struct hot_loop *loop = profile->loops; loop; loop = loop->next) loop->points = loop->watched = loop->left = 0;
}

// What waits to be compiled for the first time and is inlined here now has to show that it still runs by itself.
static void reconsider_inlined(const struct hot_unit *unit) {
  for (uint32_t i = 0; i < unit->guard_count; i++) {
    const struct method *method = unit->guards[i].method;
    struct hot_profile *inlined = method->profile;
    if (method == unit->method || !inlined || inlined->compilations || inlined->urgent) continue;
    if (inlined->state == HOT_REQUESTED) hot_policy_drop(inlined);
    inlined->wants_entry = false;
    for (struct hot_loop *loop = inlined->loops; loop; loop = loop->next) loop->wanted = false;
    start_counting(inlined);
  }
}

void hot_install(struct hot_profile *profile, struct hot_unit *unit) {
  struct hot *hot = profile->hot;
  ASSERT(unit->method == profile->method, "hot.I6: code of %s for %s", unit->method->name, profile->method->name);
  ASSERT(!unit->retired && !unit->unused, "hot.I7: code of %s is installed, but was replaced", unit->method->name);
  hot->stats.methods += profile->compilations == 1;
  hot->stats.units++;
  hot->stats.inlined += unit->inlined;
  hot->stats.code_bytes += unit->code.size;
  hot->stats.compile_ns += unit->compile_ns;
  hot->modelled_ns += profile->modelled_ns;
  unit->next = hot->units;
  hot->units = unit;
  replace(profile, unit);
  start_counting(profile);
  reconsider_inlined(unit);
  trace(hot, unit, "installed");
}

void hot_uninstall(struct hot_profile *profile) {
  ASSERT(profile->unit, "hot.I6: %s has no code to be taken away", profile->method->name);
  trace(profile->hot, profile->unit, profile->refused ? "given up" : "taken away");
  replace(profile, NULL);
}

// ---- away ---------------------------------------------------------------------------------------------------------

static bool is_in(const struct hot_unit *unit, uint64_t address) {
  return address - (uintptr_t)unit->code.run < unit->code.size;
}

// Marks the units that these two words of a frame, or of a mutator, name.
static void note_use(struct hot *hot, uint64_t code, uint64_t spill) {
  for (struct hot_unit *unit = hot->retired; unit; unit = unit->next)
    unit->in_use |= is_in(unit, code) || spill == (uintptr_t)unit;
}

static void note_uses(struct hot *hot, struct thread *thread) {
  struct frame_cursor cursor;
  for (frame_walk_start(&cursor, thread); cursor.fp; frame_walk_next(&cursor))
    note_use(hot, cursor.fp[FRAME_RETURN_CODE].bits, cursor.fp[FRAME_SPILL].bits);
  // A call that stopped before it had a frame.
  note_use(hot, thread->mutator.call_return_code, 0);
}

static bool is_in_retired(const struct hot *hot, uint64_t address) {
  for (const struct hot_unit *unit = hot->retired; unit; unit = unit->next)
    if (is_in(unit, address)) return true;
  return false;
}

static void redirect(const struct hot *hot, struct thread *thread) {
  struct frame_cursor cursor;
  for (frame_walk_start(&cursor, thread); cursor.fp; frame_walk_next(&cursor))
    if (is_in_retired(hot, cursor.fp[FRAME_RETURN_CODE].bits)) cursor.fp[FRAME_RETURN_CODE].bits = 0;
  if (is_in_retired(hot, thread->mutator.call_return_code)) thread->mutator.call_return_code = 0;
}

void hot_install_redirect_all(struct thread *thread) {
  struct frame_cursor cursor;
  for (frame_walk_start(&cursor, thread); cursor.fp; frame_walk_next(&cursor)) cursor.fp[FRAME_RETURN_CODE].bits = 0;
  thread->mutator.call_return_code = 0;
}

void hot_install_clear(struct method *method) { publish(method, NULL); }

void hot_install_redirect(struct hot *hot) {
  for (struct thread *thread = hot->setup.world->threads; thread; thread = thread->next) redirect(hot, thread);
}

void hot_install_find_unused(struct hot *hot) {
  bool any = false;
  for (struct hot_unit *unit = hot->retired; unit; unit = unit->next) {
    any |= !unit->unused;
    unit->in_use = false;
  }
  for (struct thread *thread = hot->setup.world->threads; any && thread; thread = thread->next) note_uses(hot, thread);
  // Once unused it stays so, though a stale word of some frame may name it later.
  for (struct hot_unit *unit = hot->retired; any && unit; unit = unit->next) unit->unused |= !unit->in_use;
}

void hot_find_unused(struct hot *hot) {
  if (hot_thread_is_gone(hot)) return;
  pthread_mutex_lock(&hot->lock);
  hot_install_find_unused(hot);
  pthread_mutex_unlock(&hot->lock);
}

void hot_install_free_unused(struct hot *hot) {
  for (struct hot_unit **at = &hot->retired, *unit; (unit = *at);) {
    if (!unit->unused) {
      at = &unit->next;
      continue;
    }
    ASSERT(unit->retired, "hot.I7: code of %s is freed in use", unit->method->name);
    ASSERT(hot->stats.code_bytes >= unit->code.size, "hot.I7: %zu bytes of code are freed of %llu", unit->code.size,
           (unsigned long long)hot->stats.code_bytes);
    *at = unit->next;
    trace(hot, unit, "freed");
    hot->stats.freed++;
    hot->stats.code_bytes -= unit->code.size;
    hot->destroy_unit(&hot->compiler, unit);
  }
}
