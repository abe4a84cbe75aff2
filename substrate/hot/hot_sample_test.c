// SPDX-License-Identifier: MIT
//
// hot_sample_test.c: who gets points for what the sampler meets. Programs run, and nothing is compiled.
#define LOAM_HOT_MODULE
#include "hot/hot_policy.h"

#include "interp/interp_probe_test.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define POINTS 100 // of whom is waited for

static struct probe probe;
static struct hot *hot;

#define METHOD(params, locals, ...) probe_method(&probe, &(struct code_draft)DRAFT(params, locals, __VA_ARGS__))

static void open_engine(void) {
  probe_open(&probe, (const char *const[]){"--engine=auto", NULL});
  hot = thread_of(probe.th)->world->sample_context;
  hot->holds++;
}

static void close_engine(void) {
  pthread_mutex_lock(&hot->lock);
  hot->holds--;
  pthread_mutex_unlock(&hot->lock);
  probe_close(&probe);
}

static uint32_t points_of(const struct method *method) {
  pthread_mutex_lock(&hot->lock);
  uint32_t points = method->profile ? method->profile->points : 0;
  pthread_mutex_unlock(&hot->lock);
  return points;
}

// Calls a method until another has many points.
static void run_until_met(const struct method *method, int64_t argument, const struct method *met) {
  while (points_of(met) < POINTS) (void)probe_call(&probe, method, &argument, 1);
}

static struct method *countdown(void) {
  return METHOD(1, 1, INSN(LOAD, 0), INSN(PUSH, -1), INSN(ADD), INSN(STORE, 0), INSN(LOAD, 0), INSN(JUMP_IF, 0),
                INSN(LOAD, 0), INSN(RETURN));
}

// Who calls something with a loop can't inline it: the time that runs there is not the caller's.
static void callers_of_what_has_a_loop_get_no_points_for_it(void **state) {
  (void)state;
  open_engine();
  static struct method *callee;
  callee = countdown();
  struct method *caller = METHOD(1, 1, INSN(PUSH, 0), INSN(LOAD, 0), INSN(CALL, (intptr_t)&callee, 1), INSN(RETURN));
  run_until_met(caller, 10000000, callee);
  assert_true(points_of(caller) * 4 < points_of(callee));
  close_engine();
}

static struct method *leaf, *callee;

// Both call `leaf` four times; the longer one adds up eighty numbers before: the next safepoint is one of its own.
#define CALL_LEAF INSN(PUSH, 0), INSN(PUSH, 1), INSN(CALL, (intptr_t)&leaf, 1), INSN(ADD)
#define FILL INSN(PUSH, 1), INSN(ADD), INSN(PUSH, 2), INSN(ADD), INSN(PUSH, 3), INSN(ADD), INSN(PUSH, 4), INSN(ADD)
#define FILLS FILL, FILL, FILL, FILL
static struct method *short_callee(void) {
  return METHOD(1, 1, INSN(LOAD, 0), CALL_LEAF, CALL_LEAF, CALL_LEAF, CALL_LEAF, INSN(RETURN));
}
static struct method *long_callee(void) {
  return METHOD(1, 1, INSN(LOAD, 0), FILLS, FILLS, FILLS, FILLS, FILLS, CALL_LEAF, CALL_LEAF, CALL_LEAF, CALL_LEAF,
                INSN(RETURN));
}

// The points of a loop that calls a method all the time, in hundredths of that method's.
static uint32_t loop_share(struct method *called) {
  callee = called;
  struct method *loop =
      METHOD(1, 1, INSN(PUSH, 0), INSN(LOAD, 0), INSN(CALL, (intptr_t)&callee, 1), INSN(POP), INSN(LOAD, 0),
             INSN(PUSH, -1), INSN(ADD), INSN(STORE, 0), INSN(LOAD, 0), INSN(JUMP_IF, 0), INSN(LOAD, 0), INSN(RETURN));
  run_until_met(loop, 100000, called);
  return points_of(loop) * 100 / points_of(called);
}

static void a_loop_gets_the_points_of_what_is_inlined_into_it_only(void **state) {
  (void)state;
  open_engine();
  leaf = METHOD(1, 1, INSN(LOAD, 0), INSN(RETURN));
  struct method *small = short_callee(), *large = long_callee();
  assert_in_range(small->code_words, 1, HOT_INLINE_WORDS_MAX);
  assert_in_range(large->code_words, HOT_INLINE_WORDS_MAX + 1, 1000);
  assert_in_range(loop_share(small), 85, 200);
  assert_in_range(loop_share(large), 30, 75);
  close_engine();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(callers_of_what_has_a_loop_get_no_points_for_it),
      cmocka_unit_test(a_loop_gets_the_points_of_what_is_inlined_into_it_only),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
