// SPDX-License-Identifier: MIT
//
// load_verify_test.c: each rule of the verifier, with a draft that keeps it and one that breaks it.
#include "interp/interp_probe_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct error err;
static enum verify_fault fault;

static void accept(struct code_draft draft) {
  err = (struct error){0};
  enum loam_err kind = probe_verify(&draft, &fault, &err);
  assert_string_equal(err.text, "");
  assert_int_equal(kind, LOAM_OK);
  assert_int_equal(fault, VERIFY_GOOD);
}

static void refuse(struct code_draft draft, const char *message) {
  err = (struct error){0};
  assert_int_equal(probe_verify(&draft, &fault, &err), LOAM_ERR_INPUT);
  assert_int_not_equal(fault, VERIFY_GOOD);
  if (!strstr(err.text, message)) fail_msg("expected '%s' in '%s'", message, err.text);
}

#define ACCEPT(params, locals, ...) accept((struct code_draft)DRAFT(params, locals, __VA_ARGS__))
#define REFUSE(message, params, locals, ...) refuse((struct code_draft)DRAFT(params, locals, __VA_ARGS__), message)

static struct code_draft with_handler(struct code_draft draft, const struct insn_handler *handler) {
  draft.handlers = handler;
  draft.handler_count = 1;
  return draft;
}

static void an_instruction_finds_its_operands_or_is_refused_as_underflow(void **state) {
  (void)state;
  ACCEPT(0, 0, INSN(PUSH, 1), INSN(PUSH, 2), INSN(ADD), INSN(RETURN));
  REFUSE("tested, instruction 1 (add): expected 2 operands on the stack, found 1", 0, 0, INSN(PUSH, 1), INSN(ADD),
         INSN(RETURN));
  assert_int_equal(fault, VERIFY_UNDERFLOW);
}

static void an_operand_has_the_type_of_the_record_or_is_refused(void **state) {
  (void)state;
  ACCEPT(0, 0, INSN(MAKE), INSN(UNBOX), INSN(RETURN));
  REFUSE("instruction 1 (unbox): expected a cell on the stack, found int", 0, 0, INSN(PUSH, 1), INSN(UNBOX),
         INSN(RETURN));
  assert_int_equal(fault, VERIFY_OTHER);
}

static void paths_that_meet_bring_equally_many_operands_or_are_refused(void **state) {
  (void)state;
  ACCEPT(0, 0, INSN(PUSH, 0), INSN(PUSH, 1), INSN(JUMP_IF, 4), INSN(JUMP, 4), INSN(RETURN));
  REFUSE("instruction 5 (jump): 1 operands go to instruction 1, where another path brings 0", 0, 0, INSN(JUMP, 2),
         INSN(RETURN), INSN(PUSH, 0), INSN(JUMP_IF, 1), INSN(PUSH, 5), INSN(JUMP, 1));
}

static void types_that_differ_where_paths_meet_serve_only_ops_that_take_any(void **state) {
  (void)state;
  // An int on one path, a cell on the other.
  ACCEPT(0, 0, INSN(PUSH, 1), INSN(JUMP_IF, 4), INSN(PUSH, 2), INSN(JUMP, 5), INSN(MAKE), INSN(RETURN));
  REFUSE("instruction 5 (unbox): expected a cell on the stack, found values of different kinds on different paths", 0,
         0, INSN(PUSH, 1), INSN(JUMP_IF, 4), INSN(MAKE), INSN(JUMP, 5), INSN(PUSH, 2), INSN(UNBOX), INSN(RETURN));
}

static void a_loop_that_changes_a_type_is_looked_at_again(void **state) {
  (void)state;
  // The first round brings an int to `add`, the second a cell.
  REFUSE("(add): expected a int on the stack, found values of different kinds", 0, 0, INSN(PUSH, 1), INSN(PUSH, 1),
         INSN(ADD), INSN(POP), INSN(MAKE), INSN(PUSH, 1), INSN(JUMP, 2));
}

static void a_type_variable_carries_the_type_it_met(void **state) {
  (void)state;
  ACCEPT(0, 0, INSN(MAKE), INSN(PUSH, 1), INSN(SWAP), INSN(UNBOX), INSN(ADD), INSN(RETURN));
  REFUSE("(unbox): expected a cell on the stack, found int", 0, 0, INSN(MAKE), INSN(PUSH, 1), INSN(SWAP), INSN(POP),
         INSN(UNBOX), INSN(RETURN));
}

static void a_type_variable_that_met_two_types_is_none_of_them(void **state) {
  (void)state;
  ACCEPT(0, 0, INSN(MAKE), INSN(MAKE), INSN(EITHER), INSN(UNBOX), INSN(RETURN));
  REFUSE("(unbox): expected a cell", 0, 0, INSN(MAKE), INSN(PUSH, 8), INSN(EITHER), INSN(UNBOX), INSN(RETURN));
  REFUSE("(unbox): expected a cell", 0, 0, INSN(PUSH, 8), INSN(MAKE), INSN(EITHER), INSN(UNBOX), INSN(RETURN));
}

static void a_jump_stays_in_the_function_or_is_refused(void **state) {
  (void)state;
  ACCEPT(0, 0, INSN(JUMP, 1), INSN(PUSH, 0), INSN(RETURN));
  REFUSE("expected a target from 0 to 1, found a jump to 2", 0, 0, INSN(JUMP, 2), INSN(JUMP, 0));
  REFUSE("found a jump to -1", 0, 0, INSN(JUMP, -1));
  REFUSE("found a jump to 4294967296", 0, 0, INSN(JUMP, INT64_C(1) << 32));
}

static void a_local_is_one_of_the_functions_or_is_refused(void **state) {
  (void)state;
  ACCEPT(1, 2, INSN(LOAD, 1), INSN(RETURN));
  REFUSE("expected a local from 0 to 1, found 2", 1, 2, INSN(LOAD, 2), INSN(RETURN));
  REFUSE("found -1", 1, 2, INSN(LOAD, -1), INSN(RETURN));
  REFUSE("expected a local from 0 to -1, found 0", 0, 0, INSN(LOAD, 0), INSN(RETURN));
}

static void a_function_has_no_more_locals_than_a_frame_addresses(void **state) {
  (void)state;
  ACCEPT(0, LOCALS_MAX, INSN(LOAD, LOCALS_MAX - 1), INSN(RETURN));
  REFUSE("expected at most 32000 locals", 0, LOCALS_MAX + 1, INSN(LOAD, LOCALS_MAX), INSN(RETURN));
  REFUSE("with all parameters, found 1, 2", 2, 1, INSN(LOAD, 0), INSN(RETURN));
}

static void an_immediate_fits_its_field_or_is_refused(void **state) {
  (void)state;
  ACCEPT(0, 0, INSN(WIDE, UINT16_MAX, UINT32_MAX, -1), INSN(RETURN));
  REFUSE("expected a from 0 to 65535, found 65536", 0, 0, INSN(WIDE, UINT16_MAX + 1), INSN(RETURN));
  REFUSE("expected b from 0 to 4294967295, found -1", 0, 0, INSN(WIDE, 0, -1), INSN(RETURN));
  ACCEPT(0, 0, INSN(PUSH, INT32_MIN), INSN(PUSH, INT32_MAX), INSN(ADD), INSN(RETURN));
  REFUSE("expected n from -2147483648 to 2147483647, found 2147483648", 0, 0, INSN(PUSH, (int64_t)INT32_MAX + 1),
         INSN(RETURN));
}

static void an_op_is_one_that_programs_may_have_or_is_refused(void **state) {
  (void)state;
  refuse((struct code_draft)DRAFT(0, 0, INSN(PUSH, 1), {.op = CORE_EXIT}),
         "instruction 1: expected an op of probe, found number 0");
  refuse((struct code_draft)DRAFT(0, 0, {.op = CORE_NATIVE}), "found number 1");
  refuse((struct code_draft)DRAFT(0, 0, {.op = probe_op_table.base_count}), "expected an op of probe"); // a fused one
  refuse((struct code_draft)DRAFT(0, 0, {.op = UINT16_MAX}), "found number 65535");
}

static void code_does_not_run_off_its_end(void **state) {
  (void)state;
  ACCEPT(0, 0, INSN(PUSH, 0), INSN(THROW));
  ACCEPT(0, 0, INSN(JUMP, 0));
  REFUSE("instruction 0 (push): the function's end is reached without a return", 0, 0, INSN(PUSH, 0));
  REFUSE("the function's end is reached", 0, 0, INSN(PUSH, 0), INSN(JUMP_IF, 0));
  refuse((struct code_draft){.name = "tested"}, "expected instructions, found none");
}

static void a_handler_finds_the_exception_alone_on_its_stack(void **state) {
  (void)state;
  const struct code_draft good =
      DRAFT(0, 0, INSN(PUSH, 1), INSN(PUSH, 2), INSN(ADD), INSN(RETURN), INSN(PUSH, 1), INSN(ADD), INSN(RETURN));
  accept(with_handler(good, &(struct insn_handler){0, 4, 4}));
  const struct code_draft deep =
      DRAFT(0, 0, INSN(PUSH, 1), INSN(PUSH, 2), INSN(ADD), INSN(RETURN), INSN(ADD), INSN(RETURN));
  refuse(with_handler(deep, &(struct insn_handler){2, 3, 4}), "instruction 4 (add): expected 2 operands");
  const struct code_draft wrong = DRAFT(0, 0, INSN(PUSH, 1), INSN(RETURN), INSN(UNBOX), INSN(RETURN));
  refuse(with_handler(wrong, &(struct insn_handler){0, 1, 2}), "expected a cell on the stack, found int");
}

static void a_handler_lies_in_the_function_or_is_refused(void **state) {
  (void)state;
  const struct code_draft draft = DRAFT(0, 0, INSN(PUSH, 1), INSN(RETURN), INSN(RETURN));
  accept(with_handler(draft, &(struct insn_handler){0, 3, 2}));
  refuse(with_handler(draft, &(struct insn_handler){0, 4, 2}), "exception handler 0: expected instructions below 3");
  refuse(with_handler(draft, &(struct insn_handler){0, 1, 3}), "found [0, 1) -> 3");
  refuse(with_handler(draft, &(struct insn_handler){1, 1, 2}), "found [1, 1) -> 2");
  refuse(with_handler(draft, &(struct insn_handler){2, 1, 2}), "found [2, 1) -> 2");
}

static void a_handler_that_meets_other_code_must_fit_it(void **state) {
  (void)state;
  const struct code_draft draft = DRAFT(0, 0, INSN(PUSH, 1), INSN(PUSH, 2), INSN(ADD), INSN(RETURN));
  refuse(with_handler(draft, &(struct insn_handler){0, 1, 2}), "where another path brings");
}

static void unreachable_code_is_checked_for_its_immediates_only(void **state) {
  (void)state;
  ACCEPT(0, 1, INSN(PUSH, 1), INSN(RETURN), INSN(ADD), INSN(UNBOX));
  REFUSE("found a jump to 9", 0, 0, INSN(PUSH, 1), INSN(RETURN), INSN(JUMP, 9));
  REFUSE("expected a local", 0, 0, INSN(PUSH, 1), INSN(RETURN), INSN(LOAD, 9));
}

static void a_variadic_op_takes_as_many_as_its_immediate_says(void **state) {
  (void)state;
  ACCEPT(0, 0, INSN(PUSH, 1), INSN(PUSH, 2), INSN(PUSH, 3), INSN(SUM, 3), INSN(RETURN));
  ACCEPT(0, 0, INSN(SUM, 0), INSN(RETURN));
  REFUSE("(sum): expected 4 operands on the stack, found 3", 0, 0, INSN(PUSH, 1), INSN(PUSH, 2), INSN(PUSH, 3),
         INSN(SUM, 4), INSN(RETURN));
  REFUSE("(sum): expected a int on the stack, found cell", 0, 0, INSN(MAKE), INSN(PUSH, 2), INSN(SUM, 2), INSN(RETURN));
  ACCEPT(0, 0, INSN(PUSH, 1), INSN(MAKE), INSN(PUSH, 3), INSN(CALL, 0, 2), INSN(RETURN)); // callee, any, any
  REFUSE("(call): expected 3 operands on the stack, found 2", 0, 0, INSN(PUSH, 1), INSN(PUSH, 3), INSN(CALL, 0, 2),
         INSN(RETURN));
  REFUSE("expected n from 0 to 65535, found -1", 0, 0, INSN(PUSH, 1), INSN(SUM, -1), INSN(RETURN));
}

static void the_stack_has_a_greatest_depth(void **state) {
  (void)state;
  static struct insn insns[PROBE_DEPTH_MAX + 3];
  for (int i = 0; i <= PROBE_DEPTH_MAX; i++) insns[i] = (struct insn)INSN(PUSH, 1);
  insns[PROBE_DEPTH_MAX] = (struct insn)INSN(RETURN);
  accept((struct code_draft){.name = "tested", .insns = insns, .insn_count = PROBE_DEPTH_MAX + 1});
  insns[PROBE_DEPTH_MAX] = (struct insn)INSN(PUSH, 1);
  insns[PROBE_DEPTH_MAX + 1] = (struct insn)INSN(RETURN);
  refuse((struct code_draft){.name = "tested", .insns = insns, .insn_count = PROBE_DEPTH_MAX + 2},
         "instruction 1000 (push): more than 1000 operands on the stack");
}

// A file may be made so that the states at its branch targets take any amount of memory.
static void many_operands_at_many_targets_are_refused(void **state) {
  (void)state;
  enum { OPERANDS = 900, BRANCHES = 100000 };
  struct insn *insns = mem_alloc_zero(OPERANDS + 2 * BRANCHES + 1, sizeof *insns);
  assert_non_null(insns);
  uint32_t count = 0;
  while (count < OPERANDS) insns[count++] = (struct insn)INSN(PUSH, 1);
  for (unsigned i = 0; i < BRANCHES; i++) {
    insns[count++] = (struct insn)INSN(PUSH, 1);
    insns[count] = (struct insn)INSN(JUMP_IF, count + 1);
    count++;
  }
  insns[count++] = (struct insn)INSN(RETURN);
  struct code_draft draft = {.name = "tested", .insns = insns, .insn_count = count};
  refuse(draft, "too many operands on the stack at too many branch targets");
  draft.insns += OPERANDS - 10; // the same branches with few operands
  for (uint32_t at = OPERANDS; at < count - 1; at += 2) insns[at + 1].imm[0] -= OPERANDS - 10;
  draft.insn_count -= OPERANDS - 10;
  accept(draft);
  mem_free(insns);
}

static uint32_t seen_depth[8];
static unsigned seen_unreachable;
static enum loam_err look(const struct verify_job *job, uint32_t index, const struct verify_state *state,
                          struct error *error) {
  if (!state)
    seen_unreachable++;
  else
    seen_depth[index] = state->depth;
  if (job->draft->insns[index].imm[0] != 13) return LOAM_OK;
  return error_set(error, LOAM_ERR_INPUT, "%s: thirteen", job->place);
}

static void the_guests_own_check_sees_each_instruction_and_may_refuse(void **state) {
  (void)state;
  struct code_draft draft = DRAFT(0, 0, INSN(PUSH, 1), INSN(PUSH, 2), INSN(ADD), INSN(RETURN), INSN(PUSH, 13));
  struct verify_job job = {&probe_op_table, &draft, "tested", look, NULL, NULL, 10, PROBE_TYPE_INT};
  draft.insn_count = 4;
  assert_int_equal(verify_code(&job, &fault, &err), LOAM_OK);
  assert_int_equal(seen_depth[2], 2);
  draft.insn_count = 5; // the last can't be reached, and is thirteen
  assert_int_equal(verify_code(&job, &fault, &err), LOAM_ERR_INPUT);
  assert_int_equal(seen_unreachable, 1);
  assert_int_equal(fault, VERIFY_OTHER);
  assert_string_equal(err.text, "tested: thirteen");
}

static const char *name_of_program(const struct verify_job *job, uint32_t index) {
  return job->draft->insns[index].origin == 7 ? "plus" : "?";
}

static void a_refusal_names_the_programs_own_instruction(void **state) {
  (void)state;
  struct code_draft draft = DRAFT(0, 0, INSN(PUSH, 1), {.op = PROBE_OP_ADD, .origin = 7}, INSN(RETURN));
  struct verify_job job = {.ops = &probe_op_table, .draft = &draft, .place = "tested", .depth_max = 10};
  assert_int_equal(verify_code(&job, &fault, &err), LOAM_ERR_INPUT);
  assert_string_equal(err.text, "tested, instruction 7 (add): expected 2 operands on the stack, found 1");
  job.name_insn = name_of_program;
  assert_int_equal(verify_code(&job, &fault, &err), LOAM_ERR_INPUT);
  assert_string_equal(err.text, "tested, instruction 7 (plus): expected 2 operands on the stack, found 1");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_instruction_finds_its_operands_or_is_refused_as_underflow),
      cmocka_unit_test(an_operand_has_the_type_of_the_record_or_is_refused),
      cmocka_unit_test(paths_that_meet_bring_equally_many_operands_or_are_refused),
      cmocka_unit_test(types_that_differ_where_paths_meet_serve_only_ops_that_take_any),
      cmocka_unit_test(a_loop_that_changes_a_type_is_looked_at_again),
      cmocka_unit_test(a_type_variable_carries_the_type_it_met),
      cmocka_unit_test(a_type_variable_that_met_two_types_is_none_of_them),
      cmocka_unit_test(a_jump_stays_in_the_function_or_is_refused),
      cmocka_unit_test(a_local_is_one_of_the_functions_or_is_refused),
      cmocka_unit_test(a_function_has_no_more_locals_than_a_frame_addresses),
      cmocka_unit_test(an_immediate_fits_its_field_or_is_refused),
      cmocka_unit_test(an_op_is_one_that_programs_may_have_or_is_refused),
      cmocka_unit_test(code_does_not_run_off_its_end),
      cmocka_unit_test(a_handler_finds_the_exception_alone_on_its_stack),
      cmocka_unit_test(a_handler_lies_in_the_function_or_is_refused),
      cmocka_unit_test(a_handler_that_meets_other_code_must_fit_it),
      cmocka_unit_test(unreachable_code_is_checked_for_its_immediates_only),
      cmocka_unit_test(a_variadic_op_takes_as_many_as_its_immediate_says),
      cmocka_unit_test(the_stack_has_a_greatest_depth),
      cmocka_unit_test(many_operands_at_many_targets_are_refused),
      cmocka_unit_test(the_guests_own_check_sees_each_instruction_and_may_refuse),
      cmocka_unit_test(a_refusal_names_the_programs_own_instruction),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
