// SPDX-License-Identifier: MIT
//
// code_test.c: what the builder makes of drafts: polls, fused instructions, encodings, sites, frame sizes.
#include "code/code.h"

#include "frame/frame.h"
#include "interp/interp_probe_test.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct probe probe;

static int open_probe(void **state) {
  (void)state;
  probe_open(&probe, NULL);
  return 0;
}

static int close_probe(void **state) {
  (void)state;
  probe_close(&probe);
  return 0;
}

#define METHOD(params, locals, ...) probe_method(&probe, &(struct code_draft)DRAFT(params, locals, __VA_ARGS__))

// The names of a method's instructions, one space after each.
static const char *names(const struct method *method) {
  static char out[500];
  size_t length = 0;
  struct code_insn insn;
  out[0] = 0;
  for (uint32_t pc = 0; pc < method->code_words * 8; pc += insn.info->words * 8u) {
    code_decode(method, pc, &insn);
    assert_true(length + strlen(op_name(insn.info)) + 2 < sizeof out);
    memcpy(out + length, op_name(insn.info), strlen(op_name(insn.info)));
    length += strlen(op_name(insn.info));
    memcpy(out + length++, " ", 2);
  }
  return out;
}

// The byte offset of the instruction that came from the draft's insn-th, or of its part.
static uint32_t pc_of(const struct method *method, uint32_t insn) {
  for (struct code_site_walk walk = {0}; code_site_next(method, &walk);)
    if (walk.site.insn == insn) return walk.site.pc;
  fail_msg("no site of instruction %u", insn);
  return 0;
}

static void the_longest_sequence_becomes_one_instruction(void **state) {
  (void)state;
  assert_string_equal(names(METHOD(2, 2, INSN(LOAD, 0), INSN(LOAD, 1), INSN(ADD), INSN(RETURN))),
                      "load+load+add return ");
  assert_string_equal(
      names(METHOD(2, 2, INSN(LOAD, 0), INSN(LOAD, 1), INSN(LOAD, 0), INSN(ADD), INSN(ADD), INSN(RETURN))),
      "load load+load+add add return ");
  // push push less without a jump_if: push, then push.
  assert_string_equal(names(METHOD(0, 0, INSN(PUSH, 1), INSN(PUSH, 2), INSN(LESS), INSN(RETURN))),
                      "push push less return ");
}

static void a_jump_target_is_never_inside_a_fused_instruction(void **state) {
  (void)state;
  // The jump leads to the second load of `load load add`, which would be fused without it.
  const struct method *method = METHOD(2, 2, INSN(PUSH, 1), INSN(PUSH, 1), INSN(JUMP_IF, 4), INSN(JUMP, 4),
                                       INSN(LOAD, 1), INSN(ADD), INSN(RETURN));
  assert_string_equal(names(method), "push push jump_if jump load add return ");
  const struct method *split = METHOD(2, 2, INSN(LOAD, 0), INSN(LOAD, 1), INSN(ADD), INSN(POP), INSN(LOAD, 0),
                                      INSN(PUSH, 1), INSN(JUMP_IF, 1), INSN(RETURN));
  assert_string_equal(names(split), "load poll+load add pop load push jump_if return ");
  struct code_insn insn;
  code_decode(split, pc_of(split, 6), &insn);
  assert_int_equal(insn.imm[0], pc_of(split, 1));
}

static void handlers_begin_and_end_between_instructions(void **state) {
  (void)state;
  struct code_draft draft = DRAFT(2, 2, INSN(LOAD, 0), INSN(LOAD, 1), INSN(ADD), INSN(RETURN), INSN(RETURN));
  draft.handlers = &(struct insn_handler){1, 2, 4};
  draft.handler_count = 1;
  const struct method *method = probe_method(&probe, &draft);
  assert_string_equal(names(method), "load load add return return ");
  assert_int_equal(method->handlers[0].start, pc_of(method, 1));
  assert_int_equal(method->handlers[0].end, pc_of(method, 2));
  assert_int_equal(method->handlers[0].handler, pc_of(method, 4));
  draft.handlers = &(struct insn_handler){0, 5, 4}; // to the end
  assert_int_equal(probe_method(&probe, &draft)->handlers[0].end, probe_method(&probe, &draft)->code_words * 8);
}

static void every_backward_branch_meets_a_poll(void **state) {
  (void)state;
  assert_string_equal(names(METHOD(0, 0, INSN(JUMP, 0))), "poll jump ");
  assert_string_equal(names(METHOD(0, 0, INSN(JUMP, 1), INSN(PUSH, 1), INSN(JUMP_IF, 0), INSN(JUMP, 1))),
                      "poll jump poll push jump_if jump ");
  assert_string_equal(names(METHOD(0, 0, INSN(PUSH, 0), INSN(JUMP_IF, 2), INSN(PUSH, 0), INSN(RETURN))),
                      "push jump_if push return "); // forward: none
  assert_string_equal(names(METHOD(1, 1, INSN(LOAD, 0), INSN(PUSH, 1), INSN(ADD), INSN(JUMP, 1))),
                      "load poll push+add jump "); // what no sequence takes stands alone, and one begins behind it
  const struct method *loop = METHOD(0, 0, INSN(PUSH, 0), INSN(POP), INSN(PUSH, 0), INSN(POP), INSN(JUMP, 2));
  struct code_insn insn;
  code_decode(loop, pc_of(loop, 4), &insn);
  code_decode(loop, (uint32_t)insn.imm[0], &insn);
  assert_string_equal(op_name(insn.info), "poll"); // the branch leads to the poll, not behind it
}

static void immediates_of_every_kind_come_back(void **state) {
  (void)state;
  const struct method *method =
      METHOD(1, 3, INSN(WIDE, UINT16_MAX, UINT32_MAX, INT64_MIN), INSN(PUSH, INT32_MIN), INSN(LOAD, 2), INSN(STORE, 0),
             INSN(COUNT), INSN(SELF), INSN(JUMP, 7), INSN(SUM, 0), INSN(RETURN));
  struct code_insn insn;
  code_decode(method, pc_of(method, 0), &insn);
  assert_int_equal(insn.imm[0], UINT16_MAX);
  assert_int_equal(insn.imm[1], UINT32_MAX);
  assert_true(insn.imm[2] == INT64_MIN);
  code_decode(method, pc_of(method, 1), &insn);
  assert_true(insn.imm[0] == INT32_MIN);
  code_decode(method, pc_of(method, 2), &insn);
  assert_int_equal(insn.imm[0], 2);
  code_decode(method, pc_of(method, 4), &insn);
  assert_int_equal(insn.imm[0], 0); // feedback and cache start empty
  assert_int_equal(insn.imm[1], 0);
  code_decode(method, pc_of(method, 5), &insn);
  assert_true(insn.imm[0] == -4); // the callee value lies below the three locals
  code_decode(method, pc_of(method, 6), &insn);
  assert_int_equal(insn.imm[0], pc_of(method, 7));
  code_decode(method, pc_of(method, 8), &insn);
  assert_int_equal(insn.imm[0], 4); // what a return takes away below fp
}

// Code is written where other code was before.
static void bytes_that_no_immediate_takes_are_zero(void **state) {
  (void)state;
  (void)METHOD(0, 0, INSN(PUSH, -1), INSN(PUSH, -1), INSN(PUSH, -1), INSN(PUSH, -1), INSN(PUSH, -1), INSN(SUM, 5),
               INSN(RETURN));
  const struct method *method = METHOD(1, 1, INSN(LOAD, 0), INSN(POP), INSN(COUNT), INSN(RETURN));
  assert_int_equal(method->code[0], PROBE_OP_LOAD | UINT64_C(0xffff) << 16); // -1
  assert_int_equal(method->code[1], PROBE_OP_POP);
  assert_int_equal(method->code[2], PROBE_OP_COUNT); // and feedback
  assert_int_equal(method->code[3], 0);              // the cache
  assert_int_equal(method->code[4], PROBE_OP_RETURN | 2 << 16);
  assert_int_equal(method->code_words, 5);
}

static void immediates_reach_the_ops_that_run(void **state) {
  (void)state;
  const struct method *wide = METHOD(0, 0, INSN(WIDE, 1000, 70000, 5), INSN(RETURN));
  assert_int_equal(probe_call(&probe, wide, NULL, 0), 71005);
  const struct method *self = METHOD(2, 3, INSN(SELF), INSN(RETURN));
  assert_int_equal(guest_call(probe.th, self, probe_int(77), (struct value[]){{1}, {1}}, 2), DONE);
  assert_int_equal(probe_to_int(probe.th->result), 77);
  const struct method *count = METHOD(0, 0, INSN(COUNT), INSN(RETURN));
  for (int i = 1; i < 4; i++) assert_int_equal(probe_call(&probe, count, NULL, 0), i);
}

static struct code_site site_at(const struct method *method, const char *pc) {
  struct code_site site;
  assert_true(frame_site(method, pc, &site));
  return site;
}

static void each_part_of_a_fused_instruction_has_its_site(void **state) {
  (void)state;
  const struct method *method = METHOD(2, 2, INSN(LOAD, 0), INSN(LOAD, 1), INSN(ADD), INSN(RETURN));
  const char *code = (const char *)method->code;
  assert_int_equal(method->site_count, 4);
  for (uint32_t part = 0; part < 3; part++) assert_int_equal(site_at(method, code + part).insn, part);
  assert_int_equal(site_at(method, code + pc_of(method, 3)).insn, 3);
  assert_int_equal(site_at(method, code + pc_of(method, 3)).line, 4);
  assert_int_equal(site_at(method, code + pc_of(method, 3) - 1).insn, 2); // a return address's last byte
}

// Both ways to a site say the same, for each byte of the code. Returns how many runs there are.
static uint32_t check_sites(const struct method *method) {
  struct code_site_walk walk = {0};
  struct code_site site = {0};
  uint32_t seen = 0;
  for (bool more = code_site_next(method, &walk); more; seen++) {
    site = walk.site;
    more = code_site_next(method, &walk);
    uint32_t end = more ? walk.site.pc : method->code_words * 8;
    assert_true(site.pc < end);
    for (uint32_t pc = site.pc; pc < end; pc++) {
      struct code_site found = site_at(method, (const char *)method->code + pc);
      assert_int_equal(found.pc, site.pc);
      assert_int_equal(found.insn, site.insn);
      assert_int_equal(found.depth, site.depth);
      assert_int_equal(found.live_locals, site.live_locals);
    }
  }
  assert_int_equal(seen, method->site_count);
  return method->site_run_count;
}

// A method that returns the sum of its arguments; its instructions come from `start` on, the last one from `end`.
static uint32_t runs_of_sum(uint32_t start, uint32_t end) {
  struct code_draft draft = DRAFT(2, 2, INSN(LOAD, 0), INSN(LOAD, 1), INSN(ADD), INSN(RETURN), INSN(RETURN));
  struct insn *insns = (struct insn *)(uintptr_t)draft.insns;
  for (uint32_t i = 0; i < 5; i++) insns[i].origin = i < 3 ? start + i : end;
  struct method *method;
  assert_int_equal(method_create(probe.vm, &draft, &method, NULL), LOAM_OK);
  struct code_site add = site_at(method, (const char *)method->code + 2);
  assert_int_equal(add.insn, start + 2);
  assert_int_equal(add.depth, 2);
  assert_int_equal(add.live_locals, 2);
  assert_int_equal(site_at(method, (const char *)method->code + pc_of(method, end)).insn, end);
  struct code_site last = site_at(method, (const char *)(method->code + method->code_words) - 1);
  assert_int_equal(last.depth, DEPTH_UNKNOWN); // nothing leads there
  return check_sites(method);
}

static void a_site_far_from_the_one_before_begins_a_run(void **state) {
  (void)state;
  assert_int_equal(runs_of_sum(100000, 100002 + 15), 1);
  assert_int_equal(runs_of_sum(100000, 100002 + 16), 2);
  assert_int_equal(runs_of_sum(100000, 5), 2); // backwards
}

// The runs of a method that stores a local `stores` times, then sums up `pushes` operands.
static uint32_t runs_of_stores(uint16_t locals, uint32_t stores, uint32_t pushes) {
  uint32_t count = 2 * stores + pushes + 2;
  struct insn *insns = calloc(count, sizeof *insns);
  assert_non_null(insns);
  for (uint32_t i = 0; i < count; i++)
    insns[i] = i >= 2 * stores ? (struct insn)INSN(PUSH, 1)
               : i % 2         ? (struct insn)INSN(STORE, 0)
                               : (struct insn)INSN(LOAD, 0);
  insns[count - 2] = (struct insn)INSN(SUM, pushes);
  insns[count - 1] = (struct insn)INSN(RETURN);
  for (uint32_t i = 0; i < count; i++) insns[i].origin = i;
  struct code_draft draft = {
      .name = "sites", .insns = insns, .insn_count = count, .param_count = 1, .local_count = locals};
  struct method *method;
  assert_int_equal(method_create(probe.vm, &draft, &method, NULL), LOAM_OK);
  struct code_site last = site_at(method, (const char *)method->code + pc_of(method, count - 2));
  assert_int_equal(last.insn, count - 2);
  assert_int_equal(last.depth, pushes);
  assert_int_equal(last.live_locals, locals);
  assert_int_equal(last.pc, pc_of(method, count - 2));
  free(insns);
  return check_sites(method);
}

static void a_site_that_fits_no_step_begins_a_run(void **state) {
  (void)state;
  assert_int_equal(runs_of_stores(1, 1, 2), 1);
  assert_int_equal(runs_of_stores(1, 1000, 2), (2004 + 31) / 32);
  assert_int_equal(runs_of_stores(255, 1, 2), 1);
  assert_int_equal(runs_of_stores(256, 1, 2), 6); // each
  assert_int_equal(runs_of_stores(1, 1, 254), (258 + 31) / 32);
  assert_int_equal(runs_of_stores(1, 1, 255), (259 + 31) / 32 + 1); // 255 would be an unknown depth
}

static void a_frame_holds_the_deepest_operand_stack(void **state) {
  (void)state;
  assert_int_equal(METHOD(0, 0, INSN(PUSH, 1), INSN(RETURN))->frame_words, FRAME_WORDS + 1 + 1);
  const struct method *deep =
      METHOD(0, 0, INSN(PUSH, 1), INSN(PUSH, 1), INSN(PUSH, 1), INSN(PUSH, 1), INSN(SUM, 4), INSN(RETURN));
  assert_int_equal(deep->frame_words, FRAME_WORDS + 4 + 1);
}

static void a_handler_of_unreachable_code_does_not_make_frames_too_small(void **state) {
  (void)state;
  // 5 can't be reached, so its handler 6 can't either; that one would bring a shallower stack to 3.
  struct code_draft draft = DRAFT(0, 0, INSN(PUSH, 1), INSN(PUSH, 1), INSN(PUSH, 1), INSN(PUSH, 1), INSN(RETURN),
                                  INSN(JUMP, 3), INSN(JUMP, 3));
  draft.handlers = &(struct insn_handler){5, 6, 6};
  draft.handler_count = 1;
  assert_int_equal(probe_method(&probe, &draft)->frame_words, FRAME_WORDS + 4 + 1);
}

// Depths are found in order; what a branch backwards alone reaches, in the middle of a handler's range, comes later.
static void a_handler_is_reached_from_anywhere_in_its_range(void **state) {
  (void)state;
  struct code_draft draft =
      DRAFT(1, 1, INSN(JUMP, 6), INSN(PUSH, 1), INSN(RETURN), INSN(PUSH, 1), INSN(RETURN), INSN(RETURN), INSN(LOAD, 0),
            INSN(JUMP_IF, 3), INSN(PUSH, 1), INSN(RETURN), INSN(PUSH, 1), INSN(PUSH, 1), INSN(SUM, 3), INSN(RETURN));
  draft.handlers = (struct insn_handler[]){{1, 5, 10}, {10, 11, 5}}; // the second of what the first leads to
  draft.handler_count = 2;
  const struct method *method = probe_method(&probe, &draft);
  assert_int_equal(method->frame_words, FRAME_WORDS + 3 + 1);
  const uint16_t depths[] = {0, DEPTH_UNKNOWN, DEPTH_UNKNOWN, 0, 1, 1, 0, 1, 0, 1, 1, 2, 3, 1};
  for (uint32_t i = 0; i < COUNT_OF(depths); i++)
    assert_int_equal(site_at(method, (const char *)method->code + pc_of(method, i)).depth, depths[i]);
}

static void unreachable_code_and_its_handler_may_be_nonsense(void **state) {
  (void)state;
  struct code_draft draft = DRAFT(0, 0, INSN(PUSH, 1), INSN(RETURN), INSN(ADD), INSN(ADD), INSN(RETURN));
  draft.handlers = &(struct insn_handler){2, 3, 3};
  draft.handler_count = 1;
  assert_int_equal(probe_call(&probe, probe_method(&probe, &draft), NULL, 0), 1);
}

static struct insn long_insns[2002]; // loads and pops, then a load and a return

// Makes methods of many lengths. NULL: all are as they should be.
static void *make_methods(void *context) {
  (void)context;
  for (uint32_t turn = 0; turn < 100; turn++) {
    uint32_t count = turn % 3 ? 2 * turn + 2 : COUNT_OF(long_insns);
    struct code_draft draft = {.name = "one of many",
                               .insns = long_insns + COUNT_OF(long_insns) - count,
                               .insn_count = count,
                               .param_count = 1,
                               .local_count = 1};
    struct method *method;
    if (method_create(probe.vm, &draft, &method, NULL) != LOAM_OK) return long_insns;
    if (method->site_count != count || method->code_words != count) return long_insns;
    for (uint32_t i = 0; i < count; i++)
      if ((uint16_t)method->code[i] != draft.insns[i].op) return long_insns;
  }
  return NULL;
}

static void threads_make_methods_at_a_time(void **state) {
  (void)state;
  for (uint32_t i = 0; i < COUNT_OF(long_insns); i++)
    long_insns[i] = i % 2 ? (struct insn)INSN(POP) : (struct insn)INSN(LOAD, 0);
  long_insns[COUNT_OF(long_insns) - 1] = (struct insn)INSN(RETURN);
  pthread_t threads[4];
  for (uint32_t i = 0; i < COUNT_OF(threads); i++)
    assert_int_equal(pthread_create(&threads[i], NULL, make_methods, NULL), 0);
  for (uint32_t i = 0; i < COUNT_OF(threads); i++) {
    void *wrong;
    assert_int_equal(pthread_join(threads[i], &wrong), 0);
    assert_null(wrong);
  }
}

static void a_method_too_long_for_its_offsets_is_refused(void **state) {
  (void)state;
  struct code_draft draft = DRAFT(0, 0, INSN(RETURN));
  draft.insn_count = (1u << 24) + 1;
  struct method *method;
  struct error err = {0};
  assert_int_equal(method_create(probe.vm, &draft, &method, &err), LOAM_ERR_LIMIT);
  assert_null(method);
}

// `pushes` operands; then a branch backwards, to what nothing else leads to.
static enum loam_err make_deep(uint32_t pushes) {
  static struct insn insns[DEPTH_UNKNOWN + 10] = {INSN(JUMP, 3), INSN(LOAD, 0), INSN(RETURN)};
  for (uint32_t i = 0; i < pushes; i++) insns[3 + i] = (struct insn)INSN(PUSH, 1);
  insns[3 + pushes] = (struct insn)INSN(JUMP_IF, 1);
  insns[4 + pushes] = (struct insn)INSN(LOAD, 0);
  insns[5 + pushes] = (struct insn)INSN(RETURN);
  struct code_draft draft = {
      .name = "deep", .insns = insns, .insn_count = pushes + 6, .param_count = 1, .local_count = 1};
  struct method *method;
  struct error err = {0};
  return method_create(probe.vm, &draft, &method, &err);
}

static void a_method_of_too_many_operands_is_refused(void **state) {
  (void)state;
  assert_int_equal(make_deep(1), LOAM_OK);
  for (uint32_t pushes = DEPTH_UNKNOWN - 1; pushes <= DEPTH_UNKNOWN + 3; pushes++)
    assert_int_equal(make_deep(pushes), LOAM_ERR_LIMIT);
}

static void printed_code_shows_names_immediates_and_handlers(void **state) {
  (void)state;
  struct code_draft draft = DRAFT(1, 1, INSN(LOAD, 0), INSN(JUMP_IF, 0), INSN(PUSH, 5), INSN(RETURN));
  draft.handlers = &(struct insn_handler){0, 1, 3};
  draft.handler_count = 1;
  struct text text = {0};
  method_print(probe_method(&probe, &draft), &text);
  assert_non_null(strstr(text.bytes, "tested: 1 parameters, 1 locals"));
  assert_non_null(strstr(text.bytes, "handler 0.."));
  assert_non_null(strstr(text.bytes, "poll+load x=0"));
  assert_non_null(strstr(text.bytes, "jump_if to->0"));
  assert_non_null(strstr(text.bytes, "push n=5"));
  text_fini(&text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_longest_sequence_becomes_one_instruction),
      cmocka_unit_test(a_jump_target_is_never_inside_a_fused_instruction),
      cmocka_unit_test(handlers_begin_and_end_between_instructions),
      cmocka_unit_test(every_backward_branch_meets_a_poll),
      cmocka_unit_test(immediates_of_every_kind_come_back),
      cmocka_unit_test(bytes_that_no_immediate_takes_are_zero),
      cmocka_unit_test(immediates_reach_the_ops_that_run),
      cmocka_unit_test(each_part_of_a_fused_instruction_has_its_site),
      cmocka_unit_test(a_site_far_from_the_one_before_begins_a_run),
      cmocka_unit_test(a_site_that_fits_no_step_begins_a_run),
      cmocka_unit_test(a_frame_holds_the_deepest_operand_stack),
      cmocka_unit_test(a_handler_of_unreachable_code_does_not_make_frames_too_small),
      cmocka_unit_test(a_handler_is_reached_from_anywhere_in_its_range),
      cmocka_unit_test(unreachable_code_and_its_handler_may_be_nonsense),
      cmocka_unit_test(threads_make_methods_at_a_time),
      cmocka_unit_test(a_method_too_long_for_its_offsets_is_refused),
      cmocka_unit_test(a_method_of_too_many_operands_is_refused),
      cmocka_unit_test(printed_code_shows_names_immediates_and_handlers),
  };
  return cmocka_run_group_tests(tests, open_probe, close_probe);
}
