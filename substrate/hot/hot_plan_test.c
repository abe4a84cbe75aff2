// SPDX-License-Identifier: MIT
//
// hot_plan_test.c: what is read from bytecode before there is code: loops, what is inlined, where the words of inlined
// frames are, and what a function writes. No LLVM is needed.
#define LOAM_HOT_MODULE
#include "hot/hot_plan.h"

#include "interp/interp_probe_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct probe probe;
static struct hot_plan plan;
static struct hot_request request;

#define METHOD(params, locals, ...) probe_method(&probe, &(struct code_draft)DRAFT(params, locals, __VA_ARGS__))

static void open_plan(struct method *method) {
  request = (struct hot_request){.method = method, .entry = true, .feedback = true};
  assert_true(hot_plan_init(&plan, &request));
}

static void close_plan(void) {
  assert_false(plan.failed);
  hot_plan_fini(&plan);
  probe_close(&probe);
}

// The byte of an instruction of the draft.
static uint32_t pc_of(const struct method *method, uint32_t insn) {
  for (struct code_site_walk walk = {0}; code_site_next(method, &walk);)
    if (walk.site.insn == insn) return walk.site.pc & ~7u;
  fail_msg("instruction %u has no site", insn);
  return 0;
}

// Two loops in a loop: heads are instructions 2 (outer, to 17), 2 + 2 and 2 + 8.
static struct method *nested_loops(void) {
  return METHOD(1, 4, INSN(PUSH, 0), INSN(STORE, 1), // 0
                INSN(PUSH, 3), INSN(STORE, 2),       // 2: the outer loop
                INSN(LOAD, 2), INSN(PUSH, -1), INSN(ADD), INSN(STORE, 2), INSN(LOAD, 2), INSN(JUMP_IF, 4), // 4
                INSN(LOAD, 3), INSN(PUSH, 1), INSN(ADD), INSN(STORE, 3), INSN(PUSH, 0), INSN(JUMP_IF, 10), // 10
                INSN(LOAD, 0), INSN(PUSH, -1), INSN(ADD), INSN(STORE, 0), INSN(LOAD, 0), INSN(JUMP_IF, 2), // 16
                INSN(LOAD, 1), INSN(RETURN));                                                              // 22
}

static void loops_are_found_with_their_ends(void **state) {
  (void)state;
  probe_open(&probe, NULL);
  struct method *method = nested_loops();
  open_plan(method);
  uint32_t outer = pc_of(method, 2), first = pc_of(method, 4), second = pc_of(method, 10);
  assert_true(hot_plan_is_loop(plan.root, outer) && hot_plan_is_loop(plan.root, first));
  assert_true(hot_plan_is_loop(plan.root, second) && plan.root->info->leader[second / 8]);
  assert_false(hot_plan_is_loop(plan.root, 0));
  assert_int_equal(hot_plan_outermost_loop(plan.root, second), outer);
  assert_int_equal(hot_plan_outermost_loop(plan.root, outer), outer);
  assert_true(hot_plan_encloses(plan.root, outer, plan.root, second));
  assert_false(hot_plan_encloses(plan.root, first, plan.root, second));
  assert_false(hot_plan_encloses(plan.root, outer, plan.root, pc_of(method, 22)));
  assert_false(hot_plan_encloses(plan.root, outer, plan.root, 0));
  assert_int_equal(hot_plan_depth(method, outer), 0);
  close_plan();
}

static void a_function_writes_what_it_comes_to_before_it_ends(void **state) {
  (void)state;
  probe_open(&probe, NULL);
  struct method *method = nested_loops();
  open_plan(method);
  struct hot_entry entry = {.context = plan.root, .kind = HOT_ENTRY_CALL};
  const uint32_t *written = hot_plan_written(&plan, &entry);
  for (unsigned i = 0; i < 4; i++) assert_int_equal(written[i], pc_of(method, (unsigned[]){19, 1, 3, 13}[i]));
  // A loop's function ends at the heads of loops around it, and comes to what is behind.
  entry = (struct hot_entry){.context = plan.root, .kind = HOT_ENTRY_LOOP, .pc = pc_of(method, 10)};
  written = hot_plan_written(&plan, &entry);
  assert_true(written[0] != UINT32_MAX && written[3] != UINT32_MAX);
  assert_true(written[1] == UINT32_MAX && written[2] == UINT32_MAX);
  close_plan();
}

static void what_was_done_lies_before_the_end_of_the_loops_around(void **state) {
  (void)state;
  probe_open(&probe, NULL);
  struct method *method = nested_loops();
  open_plan(method);
  const struct hot_method *info = plan.root->info;
  assert_int_equal(hot_plan_horizon(info, pc_of(method, 1)), pc_of(method, 1));
  for (unsigned i = 2; i < 22; i++) assert_int_equal(hot_plan_horizon(info, pc_of(method, i)), pc_of(method, 22));
  assert_int_equal(hot_plan_horizon(info, pc_of(method, 23)), pc_of(method, 23));
  close_plan();
}

static struct hot_context *inline_at(struct hot_context *caller, const struct method *callee, uint32_t call_pc) {
  return hot_plan_inline(&plan, caller, call_pc, call_pc + 8, callee, hot_plan_top(caller, 2));
}

// A handler around a call of `leaf`, which the cache names, or around what its cache names nothing for.
static bool is_catcher_inlined(uint32_t caught, bool known) {
  static struct method *leaf;
  probe_open(&probe, (const char *const[]){"--engine=baseline", NULL});
  leaf = METHOD(1, 1, INSN(LOAD, 0), INSN(RETURN));
  struct code_draft draft =
      DRAFT(1, 1, INSN(PUSH, 0), INSN(LOAD, 0), INSN(CALL_SEEN, (intptr_t)&leaf, 1), INSN(RETURN), INSN(RETURN));
  draft.handlers = &(struct insn_handler){0, 3, 4};
  draft.handler_count = 1;
  struct method *catcher = probe_method(&probe, &draft);
  catcher->handlers[0].caught = caught;
  if (known) (void)probe_call(&probe, catcher, (int64_t[]){1}, 1);
  open_plan(METHOD(1, 1, INSN(LOAD, 0), INSN(RETURN)));
  bool inlined = inline_at(plan.root, catcher, 0) != NULL;
  close_plan();
  return inlined;
}

static void who_catches_what_real_calls_raise_is_called(void **state) {
  (void)state;
  assert_true(is_catcher_inlined(0, false));
  assert_true(is_catcher_inlined(CATCHES_COUNTED, true)); // a branch, when the leaf raises
  assert_false(is_catcher_inlined(CATCHES_COUNTED, false));
}

static void an_argument_of_an_inlined_method_is_the_operand_of_its_caller(void **state) {
  (void)state;
  probe_open(&probe, NULL);
  struct method *leaf = METHOD(1, 3, INSN(LOAD, 0), INSN(RETURN));
  struct method *method = METHOD(2, 5, INSN(LOAD, 0), INSN(LOAD, 1), INSN(ADD), INSN(RETURN));
  open_plan(method);
  assert_int_equal(plan.root->fp_word, 0);
  assert_int_equal(hot_plan_local(plan.root, 0), -5);
  assert_int_equal(hot_plan_callee(plan.root), -6);
  assert_int_equal(hot_plan_top(plan.root, 1), FRAME_WORDS);
  struct hot_context *context = inline_at(plan.root, leaf, 8);
  assert_non_null(context);
  assert_int_equal(hot_plan_local(context, 0), hot_plan_top(plan.root, 2));
  assert_int_equal(hot_plan_callee(context), hot_plan_top(plan.root, 1)); // where the result goes
  assert_int_equal(context->fp_word, hot_plan_top(plan.root, 2) + 3);
  assert_ptr_equal(inline_at(plan.root, leaf, 8), context);
  assert_int_equal(plan.inlined, 1);
  assert_ptr_not_equal(inline_at(plan.root, leaf, 16), context); // at another call
  assert_true(hot_plan_encloses(plan.root, 0, context, 0) == hot_plan_is_loop(plan.root, 0));
  close_plan();
}

static void large_methods_loops_natives_and_deep_recursion_are_not_inlined(void **state) {
  (void)state;
  probe_open(&probe, NULL);
  struct insn insns[202];
  for (int i = 0; i < 200; i += 2) insns[i] = (struct insn)INSN(PUSH, i), insns[i + 1] = (struct insn)INSN(POP);
  insns[200] = (struct insn)INSN(PUSH, 1), insns[201] = (struct insn)INSN(RETURN);
  struct method *large =
      probe_method(&probe, &(struct code_draft){.name = "large", .insns = insns, .insn_count = COUNT_OF(insns)});
  struct method *native = probe_native(&probe, "native", 0, NULL), *loops = nested_loops();
  struct method *method = METHOD(2, 2, INSN(LOAD, 0), INSN(RETURN));
  open_plan(method);
  assert_null(inline_at(plan.root, large, 8));
  assert_null(inline_at(plan.root, large, 8)); // asked again
  assert_null(inline_at(plan.root, native, 16));
  assert_null(inline_at(plan.root, loops, 24));
  struct hot_context *context = plan.root;
  unsigned times = 0;
  while (times < 100 && (context = inline_at(context, method, 8 + 8 * 4)) && !context->is_peeled) times++;
  assert_in_range(times, 1, 5);
  assert_int_equal(plan.inlined, times);
  close_plan();
}

// Two instructions, then a test: behind it a local is written and the method called, or the local is written and it
// ends.
static struct method *recursion(struct insn first, struct insn second) {
  return METHOD(1, 1, INSN(LOAD, 0), first, second, INSN(JUMP_IF, 10), INSN(LOAD, 0), INSN(STORE, 0), INSN(PUSH, 0),
                INSN(LOAD, 0), INSN(CALL_SEEN, 0, 1), INSN(RETURN), INSN(LOAD, 0), INSN(STORE, 0), INSN(PUSH, 1),
                INSN(RETURN));
}

static struct hot_context *second_recursion(struct method *method) {
  open_plan(method);
  struct hot_context *context = inline_at(plan.root, method, 8);
  assert_true(context && !context->is_peeled);
  return inline_at(context, method, 8);
}

static void of_a_recursion_the_way_to_an_end_is_inlined_up_to_what_is_done(void **state) {
  (void)state;
  probe_open(&probe, NULL);
  struct method *method = recursion((struct insn)INSN(PUSH, 1), (struct insn)INSN(POP));
  struct hot_context *context = second_recursion(method);
  assert_true(context && context->is_peeled);
  assert_false(hot_peel_ends(context, 0) || hot_peel_ends(context, pc_of(method, 4)));
  assert_true(hot_peel_ends(context, pc_of(method, 5)));
  assert_false(hot_peel_ends(context, pc_of(method, 10)) || hot_peel_may_end(context, pc_of(method, 10)));
  assert_false(hot_peel_ends(plan.root, pc_of(method, 5)));
  hot_plan_fini(&plan);
  method = recursion((struct insn)INSN(STORE, 0), (struct insn)INSN(LOAD, 0)); // it begins with what is done once
  context = second_recursion(method);
  assert_true(!context || !context->is_peeled);
  close_plan();
}

static void nothing_is_assumed_where_it_failed_often_or_nothing_is_known(void **state) {
  (void)state;
  probe_open(&probe, (const char *const[]){"--engine=baseline", NULL});
  struct method *method = METHOD(2, 2, INSN(LOAD, 0), INSN(RETURN));
  open_plan(method);
  assert_false(hot_plan_doubts(&plan, method, 0));
  method->slow_counts[0] = 20;
  assert_false(hot_plan_doubts(&plan, method, 0));
  method->slow_counts[0] = UINT8_MAX;
  assert_true(hot_plan_doubts(&plan, method, 0));
  request.feedback = false;
  assert_true(hot_plan_doubts(&plan, method, 8));
  close_plan();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(loops_are_found_with_their_ends),
      cmocka_unit_test(a_function_writes_what_it_comes_to_before_it_ends),
      cmocka_unit_test(what_was_done_lies_before_the_end_of_the_loops_around),
      cmocka_unit_test(who_catches_what_real_calls_raise_is_called),
      cmocka_unit_test(an_argument_of_an_inlined_method_is_the_operand_of_its_caller),
      cmocka_unit_test(large_methods_loops_natives_and_deep_recursion_are_not_inlined),
      cmocka_unit_test(of_a_recursion_the_way_to_an_end_is_inlined_up_to_what_is_done),
      cmocka_unit_test(nothing_is_assumed_where_it_failed_often_or_nothing_is_known),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
