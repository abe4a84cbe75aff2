// SPDX-License-Identifier: MIT
//
// hot_compile_test.c: the whole way from a request to running code, with LLVM: what hot code computes, how control
// comes into it, and when it leaves. hot_leave_test.c looks at what it leaves behind.
#define LOAM_HOT_MODULE
#include "hot/hot_fixture_test.h"

#include "interp/interp.h"

#include <time.h>

static struct method *self, *leaf, *middle, *native; // called through these variables

// ---- calls --------------------------------------------------------------------------------------------------------

// Calls `leaf` with 1, 2, .. n and adds up what it says.
static struct method *sum_of_calls(void) {
  return METHOD(1, 2, INSN(PUSH, 0), INSN(STORE, 1), INSN(PUSH, 0), INSN(LOAD, 0), CALL_OF(leaf, 1), INSN(LOAD, 1),
                INSN(ADD), INSN(STORE, 1), INSN(LOAD, 0), INSN(PUSH, -1), INSN(ADD), INSN(STORE, 0), INSN(LOAD, 0),
                INSN(JUMP_IF, 2), INSN(LOAD, 1), INSN(RETURN));
}

static void check_inlining(void) {
  leaf = METHOD(1, 2, INSN(LOAD, 0), INSN(PUSH, 10), INSN(ADD), INSN(STORE, 1), INSN(LOAD, 1), INSN(RETURN));
  struct method *first = leaf, *caller = sum_of_calls();
  warm_up(caller, 5);
  compile(caller);
  assert_int_equal(stats().inlined, 1);
  assert_int_equal(call(caller, 100), 5050 + 1000);
  // Another callee than the one that was inlined: the test for it fails.
  leaf = METHOD(1, 1, INSN(LOAD, 0), INSN(LOAD, 0), INSN(ADD), INSN(RETURN));
  assert_int_equal(call(caller, 100), 10100);
  leaf = first;
  assert_int_equal(call(caller, 10), 155);
}

static void a_callee_is_inlined_and_left_when_another_one_comes(void **state) {
  (void)state;
  IN_EACH_MODE(check_inlining());
}

// f(n) = n < 2 ? n : f(n - 1) + f(n - 2)
static struct method *fib(void) {
  return self =
             METHOD(1, 1, INSN(LOAD, 0), INSN(PUSH, 2), INSN(LESS), INSN(JUMP_IF, 15), INSN(PUSH, 0), INSN(LOAD, 0),
                    INSN(PUSH, -1), INSN(ADD), CALL_OF(self, 1), INSN(PUSH, 0), INSN(LOAD, 0), INSN(PUSH, -2),
                    INSN(ADD), CALL_OF(self, 1), INSN(JUMP, 17), INSN(LOAD, 0), INSN(RETURN), INSN(ADD), INSN(RETURN));
}

static void check_recursion(void) {
  struct method *method = fib();
  warm_up(method, 5);
  compile(method);
  assert_true(stats().inlined >= 2);
  assert_int_equal(call(method, 17), 1597);
}

static void a_function_that_calls_itself_is_inlined_into_itself_and_called(void **state) {
  (void)state;
  IN_EACH_MODE(check_recursion());
}

// f(n) = n < 1 ? (n := n + 3; n) : (n := n - 1; f(n) + n): what is done before its call must not be done twice.
static struct method *descent(void) {
  return self =
             METHOD(1, 1, INSN(LOAD, 0), INSN(PUSH, 1), INSN(LESS), INSN(JUMP_IF, 14), INSN(LOAD, 0), INSN(PUSH, -1),
                    INSN(ADD), INSN(STORE, 0), INSN(PUSH, 0), INSN(LOAD, 0), CALL_OF(self, 1), INSN(LOAD, 0), INSN(ADD),
                    INSN(RETURN), INSN(LOAD, 0), INSN(PUSH, 3), INSN(ADD), INSN(STORE, 0), INSN(LOAD, 0), INSN(RETURN));
}

static void check_ends(void) {
  struct method *method = descent();
  warm_up(method, 5);
  compile(method);
  assert_int_equal(stats().inlined, 1); // and where that calls, a test for the end is
  assert_int_equal(call(method, 0), 3);
  assert_int_equal(call(method, 1), 3);
  assert_int_equal(call(method, 17), 139);
  assert_int_equal(call(method, 18), 156);
}

static void a_real_call_is_made_from_its_beginning_where_it_is_not_the_last(void **state) {
  (void)state;
  IN_EACH_MODE(check_ends());
}

// What a call's cache doesn't know, and natives.
static void check_other_calls(void) {
  middle = METHOD(1, 1, INSN(LOAD, 0), INSN(PUSH, 1), INSN(ADD), INSN(RETURN));
  struct method *method = METHOD(1, 1, INSN(PUSH, 0), INSN(LOAD, 0), INSN(CALL, (intptr_t)&middle, 1), TELL_WHERE,
                                 INSN(PUSH, 7), INSN(SUM, 3), INSN(RETURN));
  warm_up(method, 1);
  compile(method);
  assert_int_equal(stats().inlined, 0);
  int64_t result = call(method, 30);
  if (is_plain())
    assert_int_equal(result, 39);
  else
    assert_in_range(result, 38, 39);
}

static void calls_without_a_cache_and_calls_of_natives_are_made(void **state) {
  (void)state;
  IN_EACH_MODE(check_other_calls());
}

static void check_overflow(void) {
  self = METHOD(1, 1, INSN(PUSH, 0), INSN(LOAD, 0), INSN(PUSH, -1), INSN(ADD), CALL_OF(self, 1), INSN(RETURN));
  struct method *endless = self, *recursion;
  (void)call(endless, 1);
  compile(endless);
  for (int i = 0; i < 3; i++) {
    self = endless;
    assert_int_equal(call(endless, 1), -999);
    assert_int_equal(probe_to_int(probe.th->pending), PROBE_STACK_OVERFLOW);
    recursion = fib();
    assert_int_equal(call(recursion, 10), 55);
  }
}

static void endless_recursion_in_hot_code_is_the_guests_stack_overflow(void **state) {
  (void)state;
  open_with("--stack-max=64K");
  check_overflow();
  probe_close(&probe);
}

// ---- loops --------------------------------------------------------------------------------------------------------

// At its 100th call it compiles `middle`, in which it is called, and has it entered.
static int64_t calls_until_compiling;
static enum loam_status compile_caller(struct mutator *th, struct value *args, struct value *result) {
  if (--calls_until_compiling == 0) {
    (void)hot_compile_now(hot, th, middle);
    interp_want_hot(th, false);
  }
  return tell_where(th, args, result);
}

static void a_loop_that_runs_goes_over_into_hot_code(void **state) {
  (void)state;
  open_with("--stack-max=1M");
  native = probe_native(&probe, "compile_caller", 0, compile_caller);
  // The number of rounds that ran in hot code.
  middle = METHOD(1, 2, INSN(PUSH, 0), INSN(STORE, 1), INSN(LOAD, 1), INSN(PUSH, 0), CALL_OF(native, 0), INSN(ADD),
                  INSN(STORE, 1), INSN(LOAD, 0), INSN(PUSH, -1), INSN(ADD), INSN(STORE, 0), INSN(LOAD, 0),
                  INSN(JUMP_IF, 2), INSN(LOAD, 1), INSN(RETURN));
  calls_until_compiling = 100;
  int64_t in_hot = call(middle, 1000);
  if (stats().unavailable[0]) skip();
  assert_in_range(in_hot, 890, 900);
  assert_int_equal(middle->hot->loop_count, 1);
  probe_close(&probe);
}

// Local 1 is an integer for ten rounds and a cell from then on. The loop reads it: of others no kind is assumed.
static void check_kinds(void) {
  struct method *method = METHOD(1, 3, INSN(PUSH, 0), INSN(STORE, 2), INSN(LOAD, 1), INSN(STORE, 1), INSN(LOAD, 2),
                                 INSN(PUSH, 1), INSN(ADD), INSN(STORE, 2), INSN(LOAD, 2), INSN(PUSH, 10), INSN(LESS),
                                 INSN(JUMP_IF, 15), INSN(LOAD, 2), INSN(CELL), INSN(STORE, 1), INSN(LOAD, 2),
                                 INSN(LOAD, 0), INSN(LESS), INSN(JUMP_IF, 2), INSN(LOAD, 2), INSN(RETURN));
  warm_up(method, 5);
  struct value locals[] = {probe_int(0), probe_int(0), probe_int(0)};
  pthread_mutex_lock(&hot->lock);
  struct hot_profile *profile = hot_profile_of(hot, method);
  hot_profile_want_all(profile);
  for (struct hot_loop *loop = profile->loops; loop; loop = loop->next) hot_profile_see(profile, loop, locals);
  pthread_mutex_unlock(&hot->lock);
  compile(method);
  uint64_t before = stats().guards_failed;
  assert_int_equal(call(method, 5), 5);
  if (is_plain()) assert_int_equal(stats().guards_failed, before);
  for (int i = 0; i < 3; i++) assert_int_equal(call(method, 40), 40);
  assert_true(stats().guards_failed > before);
}

static void a_loop_is_left_when_a_local_is_of_another_kind(void **state) {
  (void)state;
  IN_EACH_MODE(check_kinds());
}

static void *kill_soon(void *arg) {
  nanosleep(&(struct timespec){0, 30000000}, NULL);
  thread_world_kill(arg);
  return NULL;
}

static void an_endless_loop_in_hot_code_is_ended_from_outside(void **state) {
  (void)state;
  open_with("--stack-max=1M");
  struct method *method = METHOD(1, 1, INSN(LOAD, 0), INSN(PUSH, 1), INSN(LESS), INSN(JUMP_IF, 5), INSN(JUMP, 4),
                                 INSN(LOAD, 0), INSN(RETURN));
  struct code_draft draft = DRAFT(1, 1, INSN(LOAD, 0), INSN(POP), INSN(JUMP, 0), INSN(RETURN));
  draft.handlers = &(struct insn_handler){0, 3, 3};
  draft.handler_count = 1;
  struct method *caught = probe_method(&probe, &draft); // not: nothing catches the end
  compile(method);
  compile(caught);
  pthread_t killer;
  assert_int_equal(pthread_create(&killer, NULL, kill_soon, thread_of(probe.th)->world), 0);
  assert_int_equal(call(method, 2), -999);
  assert_true(probe.th->killed);
  assert_int_equal(call(caught, 2), -999);
  pthread_join(killer, NULL);
  probe_close(&probe);
}

static void what_takes_longer_than_is_allowed_is_not_made(void **state) {
  (void)state;
  open_with("--stack-max=1M");
  struct method *method = fib();
  warm_up(method, 5);
  struct hot_request request = {.method = method, .entry = true, .feedback = true, .allowed_ns = 1000};
  struct hot_compiler compiler = hot->compiler; // which has made nothing
  struct hot_unit *unit;
  struct error err = {0};
  enum loam_err status = hot_compile(&compiler, &request, &unit, &err);
  if (!compiler.llvm) skip();
  assert_int_equal(status, LOAM_ERR_LIMIT);
  assert_null(unit);
  request.allowed_ns = compiler.too_dear_ns;
  assert_true(request.allowed_ns > 1000000);
  assert_int_equal(hot_compile(&compiler, &request, &unit, &err), LOAM_OK);
  assert_int_equal(compiler.too_dear_ns, 0);
  hot_unit_destroy(&compiler, unit);
  hot_compiler_fini(&compiler);
  probe_close(&probe);
}

static void a_unit_whose_bodies_can_not_be_read_leaves_nothing_to_the_next(void **state) {
  (void)state;
  open_with("--stack-max=1M");
  struct method *method = fib();
  struct hot_request request = {.method = method, .entry = true};
  struct hot_compiler compiler = hot->compiler; // which has made nothing
  struct op_table ops = *compiler.ops;
  ops.bitcode = &(struct op_bitcode){"none", 4, compiler.ops->bitcode->symbols};
  compiler.ops = &ops;
  struct hot_unit *unit;
  struct error err = {0};
  enum loam_err status = hot_compile(&compiler, &request, &unit, &err);
  if (!compiler.llvm) skip();
  assert_int_equal(status, LOAM_ERR_FILE);
  assert_null(unit);
  ops.bitcode = hot->compiler.ops->bitcode;
  assert_int_equal(hot_compile(&compiler, &request, &unit, &err), LOAM_OK);
  hot_unit_destroy(&compiler, unit);
  hot_compiler_fini(&compiler);
  probe_close(&probe);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_callee_is_inlined_and_left_when_another_one_comes),
      cmocka_unit_test(a_function_that_calls_itself_is_inlined_into_itself_and_called),
      cmocka_unit_test(a_real_call_is_made_from_its_beginning_where_it_is_not_the_last),
      cmocka_unit_test(calls_without_a_cache_and_calls_of_natives_are_made),
      cmocka_unit_test(endless_recursion_in_hot_code_is_the_guests_stack_overflow),
      cmocka_unit_test(a_loop_that_runs_goes_over_into_hot_code),
      cmocka_unit_test(a_loop_is_left_when_a_local_is_of_another_kind),
      cmocka_unit_test(what_takes_longer_than_is_allowed_is_not_made),
      cmocka_unit_test(a_unit_whose_bodies_can_not_be_read_leaves_nothing_to_the_next),
      cmocka_unit_test(an_endless_loop_in_hot_code_is_ended_from_outside),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
