// SPDX-License-Identifier: MIT
//
// hot_choice_test.c: what is requested after which samples, where it is entered, and what goes first. Nothing runs and
// nothing is compiled here: each test says what samples have met, and asks. What programs do is in hot_policy_test.c.
#define LOAM_HOT_MODULE
#include "hot/hot_policy.h"

#include "code/code.h"
#include "interp/interp_probe_test.h"
#include "os/os_clock.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct probe probe;
static struct hot *hot;

// The lock is held until close_engine.
static void open_engine_preparing(void (*prepare)(struct hot_compiler *compiler)) {
  probe_open(&probe, (const char *const[]){"--engine=auto", NULL});
  hot = thread_of(probe.th)->world->sample_context;
  pthread_mutex_lock(&hot->lock);
  hot->holds++;
  hot->prepare = prepare;
}

static void open_engine(void) { open_engine_preparing(NULL); }

static void close_engine(void) {
  while (hot->requested) hot_policy_drop(hot->requested);
  hot->holds--;
  pthread_mutex_unlock(&hot->lock);
  probe_close(&probe);
}

#define METHOD(params, locals, ...) probe_method(&probe, &(struct code_draft)DRAFT(params, locals, __VA_ARGS__))

static struct method *countdown(void) {
  return METHOD(1, 2, INSN(PUSH, 0), INSN(STORE, 1), INSN(LOAD, 1), INSN(PUSH, 1), INSN(ADD), INSN(STORE, 1),
                INSN(LOAD, 0), INSN(PUSH, -1), INSN(ADD), INSN(STORE, 0), INSN(LOAD, 0), INSN(JUMP_IF, 2),
                INSN(LOAD, 1), INSN(RETURN));
}

// The method has run for so many fourths of what compiling it takes, and the program for so many times that.
static bool is_requested_after(uint64_t fourths, struct method *method, bool in_loop, uint64_t others) {
  struct hot_profile *profile = hot_profile_of(hot, method);
  if (in_loop) (void)hot_profile_loop(profile, 2);
  profile->calls = 1;
  profile->points = (uint32_t)(hot_policy_model_ns(profile) * fourths / 4 / 500000);
  hot->created_ns = os_clock_cpu_ns() - profile->points * UINT64_C(500000) * others; // modulo 2^64
  hot_policy_consider(profile);
  return profile->state == HOT_REQUESTED;
}

#define SIXTEEN \
  INSN(PUSH, 1), INSN(ADD), INSN(PUSH, 2), INSN(ADD), INSN(PUSH, 3), INSN(ADD), INSN(PUSH, 4), INSN(ADD), \
      INSN(PUSH, 5), INSN(ADD), INSN(PUSH, 6), INSN(ADD), INSN(PUSH, 7), INSN(ADD), INSN(PUSH, 8), INSN(ADD)
#define MANY SIXTEEN, SIXTEEN, SIXTEEN

static void what_makes_no_calls_and_is_too_long_to_be_inlined_is_requested_soon(void **state) {
  (void)state;
  open_engine();
  struct method *inlined = METHOD(1, 1, INSN(LOAD, 0), SIXTEEN, INSN(RETURN));
  struct method *longer = METHOD(1, 1, INSN(LOAD, 0), MANY, MANY, MANY, INSN(RETURN));
  assert_in_range(inlined->code_words, 1, HOT_INLINE_WORDS_MAX);
  assert_in_range(longer->code_words, HOT_INLINE_WORDS_MAX + 1, 1000);
  assert_false(is_requested_after(3, inlined, false, 10));
  assert_false(is_requested_after(1, longer, false, 10));
  assert_true(is_requested_after(3, longer, false, 10));
  close_engine();
}

static void loops_without_calls_and_what_is_heavy_are_requested_soon(void **state) {
  (void)state;
  open_engine();
  static struct method *callee;
  callee = countdown();
  struct method *caller =
      METHOD(1, 2, INSN(PUSH, 0), INSN(STORE, 1), INSN(PUSH, 0), INSN(LOAD, 0), INSN(CALL, (intptr_t)&callee, 1),
             INSN(PUSH, -1), INSN(ADD), INSN(STORE, 0), INSN(LOAD, 0), INSN(JUMP_IF, 2), INSN(LOAD, 1), INSN(RETURN));
  assert_false(is_requested_after(1, countdown(), true, 10));
  assert_true(is_requested_after(3, callee, true, 10));
  assert_false(is_requested_after(6, countdown(), false, 10));
  assert_false(is_requested_after(6, caller, true, 10));
  assert_false(is_requested_after(3, countdown(), false, 3));
  assert_true(is_requested_after(6, countdown(), false, 3));
  assert_true(is_requested_after(6, caller, true, 3));
  close_engine();
}

static _Atomic int prepared;
static void count_preparing(struct hot_compiler *compiler) { prepared += compiler == &hot->compiler; }

// Opens the engine where a thread may run on `processors` of those that there are, and has a method run for what a
// request takes, or nearly. False: there are fewer.
static bool run_hot(int processors, struct method **method) {
  cpu_set_t before, set;
  assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
  CPU_ZERO(&set);
  for (int i = 0, left = processors; left && i < CPU_SETSIZE; i++)
    if (CPU_ISSET(i, &before)) CPU_SET(i, &set), left--;
  if (CPU_COUNT(&set) < processors) return false;
  assert_int_equal(sched_setaffinity(0, sizeof set, &set), 0);
  prepared = 0;
  open_engine_preparing(count_preparing);
  *method = countdown();
  (void)is_requested_after(1, *method, true, 3); // as much is needed, for it gains most, and it is heavy
  assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
  return true;
}

static void wait_until_prepared(void) {
  pthread_mutex_unlock(&hot->lock);
  for (uint64_t start = os_clock_ns(); !prepared && os_clock_ns() - start < UINT64_C(10000000000);) sched_yield();
  pthread_mutex_lock(&hot->lock);
}

static void llvm_is_opened_ahead_where_there_is_a_processor_for_it(void **state) {
  (void)state;
  struct method *method;
  if (!run_hot(2, &method)) skip();
  struct hot_profile *profile = hot_profile_of(hot, method);
  wait_until_prepared();
  assert_true(hot->prepared && hot->has_worker);
  uint64_t unit_ns = hot_policy_model_ns(profile);
  hot->prepared = false;
  assert_int_equal(hot_policy_model_ns(profile), unit_ns + 6000000); // opening it is no part of the price any more
  hot->prepared = true;
  hot_policy_consider(profile);
  assert_int_equal(prepared, 1);
  close_engine();
}

static void llvm_is_not_opened_ahead_on_the_only_processor(void **state) {
  (void)state;
  struct method *method;
  assert_true(run_hot(1, &method));
  assert_false(hot->prepared || hot->has_worker);
  assert_int_equal(prepared, 0);
  close_engine();
}

static void what_gains_most_goes_before_who_calls_it(void **state) {
  (void)state;
  open_engine();
  static struct method *callee;
  callee = countdown();
  struct method *caller = METHOD(1, 1, INSN(PUSH, 0), INSN(LOAD, 0), INSN(CALL, (intptr_t)&callee, 1), INSN(RETURN));
  struct hot_profile *inner = hot_profile_of(hot, callee), *outer = hot_profile_of(hot, caller);
  (void)hot_profile_loop(inner, 2);
  inner->points = 190;
  outer->points = 200;
  outer->size.calls = 1;
  inner->calls = outer->calls = 10000;
  hot_thread_request(outer);
  hot_thread_request(inner);
  hot->created_ns = os_clock_cpu_ns() - UINT64_C(400000000); // modulo 2^64
  assert_ptr_equal(hot_policy_next(hot), inner);
  outer->points = 400;
  assert_ptr_equal(hot_policy_next(hot), outer);
  close_engine();
}

// The heavier one inlines the other, perhaps.
static void the_heavier_goes_first_when_it_can_be_afforded_soon(void **state) {
  (void)state;
  open_engine();
  struct method *light = countdown(), *heavy = countdown();
  struct hot_profile *first = hot_profile_of(hot, light), *second = hot_profile_of(hot, heavy);
  first->points = 100;
  second->points = 190; // of half a millisecond each: not a fourth of the time
  hot_thread_request(second);
  hot_thread_request(first);
  uint64_t ran = 400000000;
  hot->created_ns = os_clock_cpu_ns() - ran; // modulo 2^64
  first->size.parts = 0;
  second->size.parts = (uint32_t)(ran / 5 / 60000);
  hot->stats.compile_ns = hot->modelled_ns = ran / 5; // a third can be spent in all: not now, but soon
  first->calls = second->calls = 10000;
  bool soon = !hot_policy_can_afford(second) && hot_policy_next(hot) == second;
  second->size.parts *= 20;
  bool later = hot_policy_next(hot) == first;
  assert_true(soon);
  assert_true(later);
  close_engine();
}

static void what_is_heavy_may_take_as_much_as_the_program_ran(void **state) {
  (void)state;
  open_engine();
  struct hot_profile *profile = hot_profile_of(hot, countdown());
  uint64_t ran = 400000000;
  hot->created_ns = os_clock_cpu_ns() - ran;
  profile->calls = 10000;
  profile->size.parts = (uint32_t)(ran / 5 / 60000);
  hot->stats.compile_ns = hot->modelled_ns = ran / 3;
  profile->points = 190; // of half a millisecond each
  bool light = hot_policy_can_afford(profile);
  profile->points = 210;
  assert_false(light);
  assert_true(hot_policy_can_afford(profile));
  close_engine();
}

static void what_would_take_too_long_is_asked_for_again_later(void **state) {
  (void)state;
  open_engine();
  struct method *method = countdown();
  struct hot_profile *profile = hot_profile_of(hot, method);
  (void)hot_profile_loop(profile, 2);
  method->calls = 2;
  profile->points = 150;
  assert_int_equal(hot_policy_allowed_ns(profile), 300000000); // four times the 75 that this loop without calls has run
  hot_policy_choose(profile);
  profile->compilations = 1;
  hot_policy_defer(profile, 400000000);
  hot_policy_consider(profile);
  assert_int_equal(profile->state, HOT_IDLE);
  profile->points = 250;
  hot_policy_consider(profile);
  assert_int_equal(profile->state, HOT_REQUESTED);
  assert_int_equal(profile->compilations, 0);
  close_engine();
}

// Writes into the caches of a method's calls.
static void name_callee(const struct method *caller, const struct method *callee) {
  struct code_insn insn;
  for (uint32_t pc = 0; pc < caller->code_words * 8u; pc += insn.info->words * 8u) {
    code_decode(caller, pc, &insn);
    for (unsigned i = 0; i < insn.info->imm_count; i++)
      if (op_imms(insn.info)[i].kind == IMM_CACHE)
        *(uint64_t *)((char *)caller->code + pc + op_imms(insn.info)[i].offset) = (uintptr_t)callee;
  }
}

// `words` of code at least, without calls and loops.
static struct method *straight(uint32_t words) {
  struct method *method = NULL;
  struct insn insns[2 * HOT_INLINE_WORDS_MAX + 2];
  for (uint32_t count = 0; !method || method->code_words < words; count += 2) {
    insns[count] = (struct insn)INSN(PUSH, 1);
    insns[count + 1] = (struct insn)INSN(STORE, 0);
    struct code_draft draft = {
        .name = "straight", .insns = insns, .insn_count = count + 4, .param_count = 1, .local_count = 1};
    insns[count + 2] = (struct insn)INSN(LOAD, 0);
    insns[count + 3] = (struct insn)INSN(RETURN);
    method = probe_method(&probe, &draft);
  }
  return method;
}

static void what_is_too_long_to_be_inlined_costs_a_call(void **state) {
  (void)state;
  open_engine();
  static struct method *callee;
  struct method *caller =
      METHOD(1, 1, INSN(PUSH, 0), INSN(LOAD, 0), INSN(CALL_SEEN, (intptr_t)&callee, 1), INSN(RETURN));
  name_callee(caller, straight(HOT_INLINE_WORDS_MAX - 4));
  assert_int_equal(hot_policy_size(caller, 0, caller->code_words).calls, 0);
  name_callee(caller, straight(HOT_INLINE_WORDS_MAX + 1));
  assert_int_equal(hot_policy_size(caller, 0, caller->code_words).calls, 1);
  close_engine();
}

static void a_call_of_a_leaf_costs_what_the_leaf_does(void **state) {
  (void)state;
  open_engine();
  static struct method *callee;
  struct method *leaf = METHOD(1, 1, INSN(LOAD, 0), INSN(PUSH, 1), INSN(ADD), INSN(RETURN));
  struct method *caller =
      METHOD(1, 1, INSN(PUSH, 0), INSN(LOAD, 0), INSN(CALL_SEEN, (intptr_t)&callee, 1), INSN(RETURN));
  struct hot_code_size unknown = hot_policy_size(caller, 0, caller->code_words);
  struct hot_code_size of_leaf = hot_policy_size(leaf, 0, leaf->code_words);
  name_callee(caller, leaf);
  struct hot_code_size known = hot_policy_size(caller, 0, caller->code_words);
  assert_int_equal(unknown.calls, 1);
  assert_int_equal(known.calls, 0);
  assert_int_equal(known.parts, unknown.parts + of_leaf.parts);
  name_callee(caller, countdown()); // it has a loop
  assert_int_equal(hot_policy_size(caller, 0, caller->code_words).calls, 1);
  name_callee(caller, caller);
  assert_int_equal(hot_policy_size(caller, 0, caller->code_words).calls, 1);
  close_engine();
}

// What code is made for when a loop of it was met so often, and calls not: after so many calls.
static bool is_given_an_entry(uint32_t calls, uint32_t points) {
  open_engine();
  struct method *method = countdown();
  method->calls = calls;
  struct hot_profile *profile = hot_profile_of(hot, method);
  hot_profile_loop(profile, 2)->points = profile->points = points;
  hot_policy_choose(profile);
  bool entry = profile->wants_entry;
  assert_int_equal(profile->loops->wanted, !entry);
  close_engine();
  return entry;
}

static void calls_that_each_run_long_need_no_entry(void **state) {
  (void)state;
  assert_false(is_given_an_entry(2, 200));
  assert_true(is_given_an_entry(100, 200)); // before a loop has made a thousand rounds
  assert_false(is_given_an_entry(100, 20 * ROUNDS_SHORT));
}

static void what_has_loops_only_is_compiled_again_when_it_is_called_often(void **state) {
  (void)state;
  open_engine();
  struct method *method = countdown();
  struct hot_unit unit = {.method = method};
  struct hot_profile *profile = hot_profile_of(hot, method);
  hot_profile_loop(profile, 2)->wanted = true;
  profile->compilations = 1;
  profile->unit = &unit;
  profile->calls_before = method->calls = 1000;
  for (uint32_t often = 0; often < 2; often++) {
    method->calls += often * 100000;
    profile->points = 10000;
    hot_policy_consider(profile);
    assert_int_equal(profile->state, often ? HOT_REQUESTED : HOT_IDLE);
    assert_int_equal(profile->wants_entry, often);
  }
  profile->unit = NULL;
  close_engine();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_makes_no_calls_and_is_too_long_to_be_inlined_is_requested_soon),
      cmocka_unit_test(loops_without_calls_and_what_is_heavy_are_requested_soon),
      cmocka_unit_test(llvm_is_opened_ahead_where_there_is_a_processor_for_it),
      cmocka_unit_test(llvm_is_not_opened_ahead_on_the_only_processor),
      cmocka_unit_test(what_gains_most_goes_before_who_calls_it),
      cmocka_unit_test(the_heavier_goes_first_when_it_can_be_afforded_soon),
      cmocka_unit_test(what_is_heavy_may_take_as_much_as_the_program_ran),
      cmocka_unit_test(what_would_take_too_long_is_asked_for_again_later),
      cmocka_unit_test(a_call_of_a_leaf_costs_what_the_leaf_does),
      cmocka_unit_test(what_is_too_long_to_be_inlined_costs_a_call),
      cmocka_unit_test(calls_that_each_run_long_need_no_entry),
      cmocka_unit_test(what_has_loops_only_is_compiled_again_when_it_is_called_often),
  };
  return cmocka_run_group_tests_name("hot_choice", tests, NULL, NULL);
}
