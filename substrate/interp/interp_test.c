// SPDX-License-Identifier: MIT
//
// interp_test.c: calls from C into guest code and back, exceptions through natives, the ends of both stacks, fuel,
// tracing, and fused ops whose slow parts collect.
#include "interp/interp.h"

#include "interp/interp_probe_test.h"
#include "loam/op.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct probe probe;
static struct method *callee; // what natives of these tests call

static struct method *method(const struct code_draft draft) { return probe_method(&probe, &draft); }

// f(n) = n < 2 ? n : f(n - 1) + f(n - 2)
static struct method *fib(struct method **self) {
  struct code_draft draft = DRAFT(
      1, 1, INSN(LOAD, 0), INSN(PUSH, 2), INSN(LESS), INSN(JUMP_IF, 15), INSN(PUSH, 0), INSN(LOAD, 0), INSN(PUSH, -1),
      INSN(ADD), INSN(CALL, (intptr_t)self, 1), INSN(PUSH, 0), INSN(LOAD, 0), INSN(PUSH, -2), INSN(ADD),
      INSN(CALL, (intptr_t)self, 1), INSN(JUMP, 17), INSN(LOAD, 0), INSN(RETURN), INSN(ADD), INSN(RETURN));
  return *self = method(draft);
}

static void guest_code_is_called_from_c_with_arguments_and_gives_its_result(void **state) {
  (void)state;
  probe_open(&probe, NULL);
  static struct method *self;
  assert_int_equal(probe_call(&probe, fib(&self), (int64_t[]){15}, 1), 610);
  assert_null(probe.th->fp); // what was published before the call is published again
  probe_close(&probe);
}

// native(n): calls `callee` with n - 1 while n is positive, and adds 1.
static enum loam_status count_down(struct mutator *th, struct value *args, struct value *result) {
  int64_t n = probe_to_int(args[0]);
  *result = probe_int(0);
  if (n <= 0) return DONE;
  struct value less = probe_int(n - 1);
  if (guest_call(th, callee, probe_int(0), &less, 1) != DONE) return THROWN;
  *result = probe_int(probe_to_int(th->result) + 1);
  return DONE;
}

// Makes `callee` a function that calls the native count_down with its argument.
static void make_count_down(void) {
  static struct method *native;
  native = probe_native(&probe, "count_down", 1, count_down);
  callee = method(
      (struct code_draft)DRAFT(1, 1, INSN(PUSH, 0), INSN(LOAD, 0), INSN(CALL, (intptr_t)&native, 1), INSN(RETURN)));
}

static void guest_calls_nest_through_natives(void **state) {
  (void)state;
  probe_open(&probe, NULL);
  make_count_down();
  assert_int_equal(probe_call(&probe, callee, (int64_t[]){50}, 1), 50);
  probe_close(&probe);
}

static void natives_that_call_back_without_end_get_the_guests_stack_overflow(void **state) {
  (void)state;
  probe_open(&probe, (const char *const[]){"--stack-max=1G", NULL}); // the C stack ends first
  make_count_down();
  assert_int_equal(probe_call(&probe, callee, (int64_t[]){1000000}, 1), -999);
  assert_int_equal(probe_to_int(probe.th->pending), PROBE_STACK_OVERFLOW);
  assert_int_equal(probe_call(&probe, callee, (int64_t[]){5}, 1), 5);
  probe_close(&probe);
}

static void endless_recursion_is_the_guests_stack_overflow_and_the_stack_is_usable_again(void **state) {
  (void)state;
  probe_open(&probe, (const char *const[]){"--stack-max=64K", NULL});
  static struct method *self;
  self = method(
      (struct code_draft)DRAFT(1, 1, INSN(PUSH, 0), INSN(LOAD, 0), INSN(CALL, (intptr_t)&self, 1), INSN(RETURN)));
  static struct method *other;
  for (int i = 0; i < 3; i++) {
    assert_int_equal(probe_call(&probe, self, (int64_t[]){1}, 1), -999);
    assert_int_equal(probe_to_int(probe.th->pending), PROBE_STACK_OVERFLOW);
    assert_int_equal(probe_call(&probe, fib(&other), (int64_t[]){10}, 1), 55);
  }
  probe_close(&probe);
}

static void a_function_with_more_locals_than_the_stack_holds_is_a_stack_overflow(void **state) {
  (void)state;
  probe_open(&probe, (const char *const[]){"--stack-max=64K", NULL});
  static struct method *huge;
  huge = method((struct code_draft)DRAFT(0, LOCALS_MAX, INSN(PUSH, 1), INSN(STORE, LOCALS_MAX - 1),
                                         INSN(LOAD, LOCALS_MAX - 1), INSN(RETURN)));
  assert_int_equal(probe_call(&probe, huge, NULL, 0), -999);
  struct method *caller =
      method((struct code_draft)DRAFT(0, 0, INSN(PUSH, 0), INSN(CALL, (intptr_t)&huge, 0), INSN(RETURN)));
  assert_int_equal(probe_call(&probe, caller, NULL, 0), -999);
  assert_int_equal(probe_to_int(probe.th->pending), PROBE_STACK_OVERFLOW);
  probe_close(&probe);
  probe_open(&probe, (const char *const[]){"--stack-max=1M", NULL});
  huge = method((struct code_draft)DRAFT(0, LOCALS_MAX, INSN(PUSH, 1), INSN(STORE, LOCALS_MAX - 1),
                                         INSN(LOAD, LOCALS_MAX - 1), INSN(RETURN)));
  assert_int_equal(probe_call(&probe, huge, NULL, 0), 1);
  probe_close(&probe);
}

static enum loam_status throw_seven(struct mutator *th, struct value *args, struct value *result) {
  (void)args, (void)result;
  return throw_value(th, probe_int(7));
}

static enum loam_status pass_on(struct mutator *th, struct value *args, struct value *result) {
  (void)args, (void)result;
  return guest_call(th, callee, probe_int(0), NULL, 0);
}

static enum loam_status swallow(struct mutator *th, struct value *args, struct value *result) {
  (void)args;
  (void)guest_call(th, callee, probe_int(0), NULL, 0);
  *result = probe_int(3);
  return DONE;
}

static void an_exception_goes_through_natives_to_the_handler_outside(void **state) {
  (void)state;
  probe_open(&probe, NULL);
  static struct method *thrower, *passer;
  thrower = probe_native(&probe, "throw_seven", 0, throw_seven);
  passer = probe_native(&probe, "pass_on", 0, pass_on);
  callee = method((struct code_draft)DRAFT(0, 0, INSN(PUSH, 0), INSN(CALL, (intptr_t)&thrower, 0), INSN(RETURN)));
  struct code_draft draft = DRAFT(0, 0, INSN(PUSH, 0), INSN(CALL, (intptr_t)&passer, 0), INSN(RETURN), INSN(PUSH, 100),
                                  INSN(ADD), INSN(RETURN));
  draft.handlers = &(struct insn_handler){0, 2, 3};
  draft.handler_count = 1;
  assert_int_equal(probe_call(&probe, method(draft), NULL, 0), 107);
  probe_close(&probe);
}

static void an_exception_that_a_native_swallowed_leaves_no_trace(void **state) {
  (void)state;
  probe_open(&probe, NULL);
  static struct method *thrower, *swallower;
  thrower = probe_native(&probe, "throw_seven", 0, throw_seven);
  swallower = probe_native(&probe, "swallow", 0, swallow);
  callee = method((struct code_draft)DRAFT(0, 0, INSN(PUSH, 0), INSN(CALL, (intptr_t)&thrower, 0), INSN(RETURN)));
  struct method *outer =
      method((struct code_draft)DRAFT(0, 0, INSN(PUSH, 0), INSN(CALL, (intptr_t)&swallower, 0), INSN(RETURN)));
  assert_int_equal(probe_call(&probe, outer, NULL, 0), 3);
  assert_false(probe.th->threw);
  // The next exception has a backtrace of its own.
  struct method *late =
      method((struct code_draft)DRAFT(0, 0, INSN(PUSH, 0), INSN(CALL, (intptr_t)&swallower, 0), INSN(THROW)));
  assert_int_equal(probe_call(&probe, late, NULL, 0), -999);
  probe_close(&probe);
}

// The sum 1 + .. + n, with a loop of fusable sequences.
static struct method *sum_to(void) {
  return method((struct code_draft)DRAFT(1, 2, INSN(LOAD, 1), INSN(LOAD, 0), INSN(ADD), INSN(STORE, 1), INSN(LOAD, 0),
                                         INSN(PUSH, -1), INSN(ADD), INSN(STORE, 0), INSN(LOAD, 0), INSN(JUMP_IF, 0),
                                         INSN(LOAD, 1), INSN(RETURN)));
}

static int64_t run_with_fuel(const char *option, bool trace) {
  probe_open(&probe, (const char *const[]){option, trace ? "--trace=calls" : "--stats=none", NULL});
  int64_t result = probe_call(&probe, sum_to(), (int64_t[]){10}, 1);
  if (result == -999) assert_true(probe.th->killed);
  probe_close(&probe);
  return result;
}

static void fuel_is_exact_to_the_instruction_fused_or_not(void **state) {
  (void)state;
  // Ten rounds of ten instructions, and two behind the loop. Polls are the substrate's own and cost nothing.
  assert_int_equal(run_with_fuel("--fuel=102", false), 55);
  assert_int_equal(run_with_fuel("--fuel=101", false), -999);
}

// f(n): adds n to a thousand millions and returns n, whether that throws or not.
static void slow_paths_are_counted_where_they_are_taken(void **state) {
  (void)state;
  probe_open(&probe, (const char *const[]){"--engine=baseline", NULL});
  struct code_draft draft =
      DRAFT(1, 1, INSN(LOAD, 0), INSN(PUSH, 1000000000), INSN(ADD), INSN(POP), INSN(LOAD, 0), INSN(RETURN));
  draft.handlers = &(struct insn_handler){0, 3, 3};
  draft.handler_count = 1;
  const struct method *adder = method(draft);
  uint32_t add = 0, bytes = adder->code_words * 8;
  for (struct code_site site; method_site_at(adder, add, &site) && site.insn < 2;) add++;
  assert_true(add % 8 == 1); // a part of push+add
  for (int i = 1; i <= 300; i++) {
    assert_int_equal(probe_call(&probe, adder, (int64_t[]){i % 3 ? 5 : -5}, 1), i % 3 ? 5 : -5);
    if (i == 3) assert_int_equal(adder->slow_counts[add], 2);
  }
  assert_int_equal(adder->slow_counts[add], 200);
  for (int i = 0; i < 100; i++) probe_call(&probe, adder, (int64_t[]){5}, 1);
  assert_int_equal(adder->slow_counts[add], OP_SLOW_COUNT_MAX);
  adder->slow_counts[add] = UINT8_MAX; // as the hot compiler does; it stays
  probe_call(&probe, adder, (int64_t[]){5}, 1);
  for (uint32_t pc = 0; pc < bytes; pc++) assert_int_equal(adder->slow_counts[pc], pc == add ? UINT8_MAX : 0);
  probe_close(&probe);
}

static void natives_have_no_counts_of_slow_paths(void **state) {
  (void)state;
  probe_open(&probe, NULL);
  make_count_down();
  assert_int_equal(probe_call(&probe, callee, (int64_t[]){2}, 1), 2);
  assert_null(probe_native(&probe, "count_down", 1, count_down)->slow_counts);
  probe_close(&probe);
}

static void what_the_hot_compiler_needs_of_an_op_is_in_the_table(void **state) {
  (void)state;
  const struct op_table *ops = &probe_op_table;
  for (unsigned op = 0; op < ops->count; op++)
    assert_int_equal(ops->slow_bodies[op] != NULL, op < ops->base_count && ops->ops[op].flags & OP_SLOW_PATH);
  assert_memory_equal(ops->bitcode->bytes, "BC\xc0\xde", 4);
  assert_int_equal(ops->bitcode->size % 4, 0);
  const struct op_symbol *symbol = ops->bitcode->symbols;
  while (symbol->name && strcmp(symbol->name, "memcpy") != 0) symbol++;
  assert_ptr_equal(symbol->address, memcpy);
}

static void no_handler_catches_the_end_of_the_fuel(void **state) {
  (void)state;
  probe_open(&probe, (const char *const[]){"--fuel=1000", NULL});
  struct code_draft draft = DRAFT(0, 0, INSN(JUMP, 0), INSN(RETURN));
  draft.handlers = &(struct insn_handler){0, 1, 1};
  draft.handler_count = 1;
  assert_int_equal(probe_call(&probe, method(draft), NULL, 0), -999);
  assert_true(probe.th->killed);
  assert_int_equal(probe_call(&probe, method(draft), NULL, 0), -999); // nor does it run on
  probe_close(&probe);
}

static unsigned traced, traced_calls;
static void trace(struct mutator *th, const struct op_info *op) {
  assert_non_null(frame_method(th->fp));
  traced++;
  traced_calls += op->control == CONTROL_CALL || op->control == CONTROL_RETURN;
}

static void a_trace_sees_every_instruction_with_its_frame_published(void **state) {
  (void)state;
  probe_open(&probe, NULL);
  struct interp_observer observer = {.trace_ops = true, .trace = trace};
  assert_int_equal(interp_observer_init(&observer, &probe_op_table, true), LOAM_OK);
  interp_observer_attach(&observer, probe.th);
  static struct method *self;
  assert_int_equal(probe_call(&probe, fib(&self), (int64_t[]){3}, 1), 2);
  assert_int_equal(observer.counts[PROBE_OP_LESS], 5); // the calls fib(3), 2, 1, 0, 1: `less` is part of a fused op
  assert_int_equal(observer.counts[PROBE_OP_RETURN], 5);
  unsigned all = traced;
  observer.trace_ops = false;
  observer.trace_calls = true;
  traced = traced_calls = 0;
  assert_int_equal(probe_call(&probe, self, (int64_t[]){3}, 1), 2);
  assert_true(traced < all);
  assert_int_equal(traced, traced_calls);
  assert_int_equal(traced, 9); // four calls, five returns
  probe.th->dispatch = probe_op_table.handlers;
  interp_observer_fini(&observer);
  probe_close(&probe);
}

static void a_fused_op_sees_the_top_of_the_stack_that_its_slow_part_moved(void **state) {
  (void)state;
  probe_open(&probe, (const char *const[]){"--gc=semispace", "--stress=move,poison", NULL});
  // `make under`: make takes nothing and moves all; under takes what was on top before.
  struct method *tested =
      method((struct code_draft)DRAFT(0, 0, INSN(PUSH, 1), INSN(BOX), INSN(PUSH, 2), INSN(BOX), INSN(MAKE), INSN(UNDER),
                                      INSN(UNBOX), INSN(SWAP), INSN(UNBOX), INSN(ADD), INSN(RETURN)));
  (void)tested;
  assert_int_equal(probe_call(&probe, tested, NULL, 0), 3);
  probe_close(&probe);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(guest_code_is_called_from_c_with_arguments_and_gives_its_result),
      cmocka_unit_test(guest_calls_nest_through_natives),
      cmocka_unit_test(natives_that_call_back_without_end_get_the_guests_stack_overflow),
      cmocka_unit_test(endless_recursion_is_the_guests_stack_overflow_and_the_stack_is_usable_again),
      cmocka_unit_test(a_function_with_more_locals_than_the_stack_holds_is_a_stack_overflow),
      cmocka_unit_test(an_exception_goes_through_natives_to_the_handler_outside),
      cmocka_unit_test(an_exception_that_a_native_swallowed_leaves_no_trace),
      cmocka_unit_test(fuel_is_exact_to_the_instruction_fused_or_not),
      cmocka_unit_test(slow_paths_are_counted_where_they_are_taken),
      cmocka_unit_test(natives_have_no_counts_of_slow_paths),
      cmocka_unit_test(what_the_hot_compiler_needs_of_an_op_is_in_the_table),
      cmocka_unit_test(no_handler_catches_the_end_of_the_fuel),
      cmocka_unit_test(a_trace_sees_every_instruction_with_its_frame_published),
      cmocka_unit_test(a_fused_op_sees_the_top_of_the_stack_that_its_slow_part_moved),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
