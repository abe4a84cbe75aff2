// SPDX-License-Identifier: MIT
//
// hot_targets_test.c: calls that do not always call the same: what is learned of them from caches and from guards, and
// the code that is made of it.
#define LOAM_HOT_MODULE
#include "hot/hot_fixture_test.h"

#include "code/code.h"

static struct method *leaf; // called through this variable
static struct method *plus_ten, *twice, *less_one;

// Calls `leaf` with n, n - 1 .. 1 and adds up what it says.
static struct method *sum_of_calls(void) {
  plus_ten = METHOD(1, 2, INSN(LOAD, 0), INSN(PUSH, 10), INSN(ADD), INSN(STORE, 1), INSN(LOAD, 1), INSN(RETURN));
  twice = METHOD(1, 1, INSN(LOAD, 0), INSN(LOAD, 0), INSN(ADD), INSN(RETURN));
  less_one = METHOD(1, 1, INSN(LOAD, 0), INSN(PUSH, -1), INSN(ADD), INSN(RETURN));
  leaf = plus_ten;
  return METHOD(1, 2, INSN(PUSH, 0), INSN(STORE, 1), INSN(PUSH, 0), INSN(LOAD, 0), CALL_OF(leaf, 1), INSN(LOAD, 1),
                INSN(ADD), INSN(STORE, 1), INSN(LOAD, 0), INSN(PUSH, -1), INSN(ADD), INSN(STORE, 0), INSN(LOAD, 0),
                INSN(JUMP_IF, 2), INSN(LOAD, 1), INSN(RETURN));
}

static int64_t call_with(const struct method *caller, struct method *callee, int64_t n) {
  leaf = callee;
  return call(caller, n);
}

// Where the call is.
static uint32_t call_pc(const struct method *caller) {
  struct code_insn insn;
  for (uint32_t pc = 0; pc < caller->code_words * 8u; pc += insn.info->words * 8u) {
    code_decode(caller, pc, &insn);
    if (insn.info->control == CONTROL_CALL) return pc;
  }
  fail_msg("nothing is called");
  return 0;
}

static struct hot_targets targets_of(const struct method *caller) {
  return hot_profile_targets(caller, call_pc(caller));
}

static void see(struct method *caller, const struct method *before, const struct method *now) {
  pthread_mutex_lock(&hot->lock);
  (void)hot_profile_see_targets(hot_profile_of(hot, caller), call_pc(caller), before, now);
  pthread_mutex_unlock(&hot->lock);
}

static void check_results(const struct method *caller) {
  for (int round = 0; round < 2; round++) {
    assert_int_equal(call_with(caller, plus_ten, 100), 5050 + 1000);
    assert_int_equal(call_with(caller, twice, 100), 2 * 5050);
    assert_int_equal(call_with(caller, less_one, 100), 5050 - 100);
  }
}

// What the guards found since the last look, at which the policy may learn from it.
static uint64_t failures(void) {
  pthread_mutex_lock(&hot->lock);
  uint64_t count = hot_policy_failures(hot);
  (void)hot_policy_look(hot);
  pthread_mutex_unlock(&hot->lock);
  return count;
}

static void check_two(void) {
  struct method *caller = sum_of_calls();
  warm_up(caller, 5);
  see(caller, plus_ten, twice);
  compile(caller);
  assert_int_equal(stats().inlined, 2);
  (void)call_with(caller, plus_ten, 100);
  (void)call_with(caller, twice, 100);
  if (is_plain()) assert_int_equal(failures(), 0);
  check_results(caller); // the third callee is not expected: it is left
}

static void two_callees_are_inlined_and_left_when_another_one_comes(void **state) {
  (void)state;
  IN_EACH_MODE(check_two());
}

static void check_more(void) {
  struct method *caller = sum_of_calls();
  warm_up(caller, 5);
  see(caller, plus_ten, twice);
  see(caller, twice, less_one);
  hot_profile_doubt(caller, call_pc(caller)); // as who learns of a third one does
  compile(caller);
  assert_int_equal(stats().inlined, 2);
  check_results(caller);
  if (is_plain()) assert_int_equal(failures(), 0);
}

static void with_more_callees_two_are_inlined_and_others_called(void **state) {
  (void)state;
  IN_EACH_MODE(check_more());
}

static void code_is_made_again_for_what_its_guards_have_met(void **state) {
  (void)state;
  open_with("--stack-max=1M");
  struct method *caller = sum_of_calls();
  warm_up(caller, 5);
  compile(caller);
  assert_int_equal(targets_of(caller).count, 0); // always the same
  (void)call_with(caller, twice, 100);
  assert_true(failures() > 20);
  struct hot_targets two = targets_of(caller);
  assert_true(two.count == 2 && !two.more && two.methods[0] == plus_ten && two.methods[1] == twice);
  compile(caller);
  (void)call_with(caller, plus_ten, 100);
  (void)call_with(caller, twice, 100);
  assert_int_equal(failures(), 0);
  (void)call_with(caller, less_one, 100);
  assert_true(failures() > 20);
  assert_true(targets_of(caller).more);
  compile(caller);
  check_results(caller);
  assert_int_equal(failures(), 0);
  probe_close(&probe);
}

static void look_at_caches(struct method *caller) {
  pthread_mutex_lock(&hot->lock);
  hot_profile_look_at_caches(hot_profile_of(hot, caller));
  pthread_mutex_unlock(&hot->lock);
}

static void caches_that_change_tell_of_two_callees_or_are_doubted(void **state) {
  (void)state;
  open_with("--stack-max=1M");
  struct method *caller = sum_of_calls();
  uint32_t pc = call_pc(caller);
  warm_up(caller, 5);
  struct method *const callees[] = {plus_ten, twice, plus_ten, less_one};
  for (size_t i = 0; i < COUNT_OF(callees); i++) {
    (void)call_with(caller, callees[i], 5);
    look_at_caches(caller);
    assert_int_equal(targets_of(caller).count, i > 0 ? 2 : 0);
    assert_true(targets_of(caller).more == (i == 3));
    assert_true((method_slow_counts(caller)[pc] == UINT8_MAX) == (i == 3));
  }
  probe_close(&probe);
}

static void what_is_released_is_forgotten(void **state) {
  (void)state;
  open_with("--stack-max=1M");
  struct method *caller = sum_of_calls();
  warm_up(caller, 5);
  look_at_caches(caller);
  see(caller, plus_ten, twice);
  plus_ten->is_released = true;
  pthread_mutex_lock(&hot->lock);
  hot_profile_forget_released(caller->profile);
  pthread_mutex_unlock(&hot->lock);
  plus_ten->is_released = false;
  (void)call_with(caller, twice, 5); // the cache held what was released when it was last looked at
  look_at_caches(caller);
  struct hot_targets left = targets_of(caller);
  assert_true(left.count == 1 && left.methods[0] == twice);
  probe_close(&probe);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(two_callees_are_inlined_and_left_when_another_one_comes),
      cmocka_unit_test(with_more_callees_two_are_inlined_and_others_called),
      cmocka_unit_test(code_is_made_again_for_what_its_guards_have_met),
      cmocka_unit_test(caches_that_change_tell_of_two_callees_or_are_doubted),
      cmocka_unit_test(what_is_released_is_forgotten),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
