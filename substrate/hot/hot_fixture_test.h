// SPDX-License-Identifier: MIT
//
// hot_fixture_test.h: what the tests with LLVM share: a VM of the probe whose hot compiler has no sampler, so that a
// test compiles when it has warmed a method up, and the caches and counts are known. Without the library the tests are
// skipped.
#ifndef LOAM_HOT_HOT_FIXTURE_TEST_H
#define LOAM_HOT_HOT_FIXTURE_TEST_H

#include "hot/hot_policy.h"

#include "interp/interp.h"
#include "interp/interp_probe_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct probe probe;
static struct hot *hot;
static struct method *where; // called through this variable: see tell_where

#define METHOD(params, locals, ...) probe_method(&probe, &(struct code_draft)DRAFT(params, locals, __VA_ARGS__))
#define CALL_OF(method, count) INSN(CALL_SEEN, (intptr_t)&method, count)

// 1 when its caller is in hot code, else 0.
static enum loam_status tell_where(struct mutator *th, struct value *args, struct value *result) {
  (void)args;
  struct value *caller = (struct value *)(uintptr_t)th->fp[FRAME_CALLER].bits;
  uint64_t code = th->fp[FRAME_RETURN_CODE].bits;
  bool in_hot = false;
  pthread_mutex_lock(&hot->lock);
  struct hot_unit *const lists[] = {hot->units, hot->retired};
  for (size_t i = 0; i < COUNT_OF(lists); i++)
    for (struct hot_unit *unit = lists[i]; unit; unit = unit->next)
      in_hot |= caller[FRAME_SPILL].bits == (uintptr_t)unit || code - (uintptr_t)unit->code.run < unit->code.size;
  pthread_mutex_unlock(&hot->lock);
  caller[FRAME_SPILL].bits = 0; // what it leaves there must not be taken for a later call's
  *result = probe_int(in_hot);
  return DONE;
}
#define TELL_WHERE INSN(PUSH, 0), CALL_OF(where, 0)

static const struct value_kind kinds[] = {{"int", 1, 1}, {"cell", 1, 0}, {NULL, 0, 0}};
static struct loam_guest guest_with_kinds;

static bool no_memory;       // for boxes of code that leaves,
static void (*at_box)(void); // or called there, or NULL
static enum loam_status make_box(struct mutator *th, uint64_t header, uint64_t type, uint64_t word, struct value *out) {
  assert_true(header == header_make(1, 1) && !type);
  if (at_box) at_box();
  return no_memory ? throw_value(th, probe_int(PROBE_OUT_OF_MEMORY)) : probe_box(th, (struct value){word}, out);
}

static inline void open_with(const char *stress) {
  probe_open(&probe, (const char *const[]){"--engine=auto", "--gc=semispace", stress, NULL});
  hot = thread_of(probe.th)->world->sample_context;
  hot->setup.samples = false;
  hot->setup.feedback = true;
  guest_with_kinds = *hot->setup.guest;
  guest_with_kinds.kinds = kinds;
  guest_with_kinds.make_box = make_box;
  thread_of(probe.th)->world->guest = &guest_with_kinds;
  hot->setup.guest = hot->compiler.guest = &guest_with_kinds;
  where = probe_native(&probe, "where", 0, tell_where);
}

static inline int64_t call(const struct method *method, int64_t arg) { return probe_call(&probe, method, &arg, 1); }

static inline struct hot_stats stats(void) {
  struct hot_stats stats;
  hot_stats_read(hot, &stats);
  return stats;
}

// Compiles a method, or ends the test where there is no LLVM.
static inline void compile(struct method *method) {
  bool compiled = hot_compile_now(hot, probe.th, method);
  if (stats().unavailable[0]) {
    probe_close(&probe);
    skip();
  }
  assert_true(compiled);
  assert_int_equal(stats().refused, 0);
}

static inline void warm_up(struct method *method, int64_t arg) {
  for (int i = 0; i < (int)interp_calls_before_compiling(method) + 10; i++) (void)call(method, arg);
}

// Every test runs in each of these: as it is, with hot code that leaves all the time, with objects that move.
static const char *const stresses[] = {
    "--stack-max=1M",   "--stress=deopt:1",          "--stress=deopt:3",
    "--stress=deopt:7", "--stress=gc:1,move,poison", "--stress=deopt:2,gc:3,move,poison"};
#define IN_EACH_MODE(...) \
  for (size_t mode = 0; mode < COUNT_OF(stresses); mode++) { \
    open_with(stresses[mode]); \
    __VA_ARGS__; \
    probe_close(&probe); \
  }
static inline bool is_plain(void) { return !hot->setup.config->stress_deopt_every; }

#endif
