// SPDX-License-Identifier: MIT
//
// frame_test.c: walking, scanning and unwinding real frames: natives look at the frames below them.
#include "frame/frame.h"

#include "interp/interp_probe_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct probe probe;

#define METHOD(params, locals, ...) probe_method(&probe, &(struct code_draft)DRAFT(params, locals, __VA_ARGS__))

static int open_probe(void **state) {
  (void)state;
  probe_open(&probe, (const char *const[]){"--gc=semispace", "--verify=heap", "--stress=poison", NULL});
  return 0;
}

static int close_probe(void **state) {
  (void)state;
  probe_close(&probe);
  return 0;
}

static struct method *looker, *passer, *callee; // natives that look at the frames, or call `callee`; see each test
static struct text seen;

static enum loam_status pass_on(struct mutator *th, struct value *args, struct value *result) {
  struct value kept = args[0];
  ROOTS(th, &kept);
  enum loam_status status = guest_call(th, callee, probe_int(0), args, 1);
  *result = th->result;
  return status;
}

static void add_frame(const struct frame_cursor *cursor) {
  const struct method *method = frame_method(cursor->fp);
  struct code_site site;
  bool found = frame_site(method, cursor->site_pc, &site);
  text_printf(&seen, "%s@%d/%d ", method->name, found ? (int)site.insn : -1,
              (int)(cursor->live_top - (cursor->fp + FRAME_SPILL)));
}

static enum loam_status walk(struct mutator *th, struct value *args, struct value *result) {
  (void)args;
  struct frame_cursor cursor;
  for (frame_walk_start(&cursor, thread_of(th)); cursor.fp; frame_walk_next(&cursor)) add_frame(&cursor);
  text_printf(&seen, "entries left: %d", cursor.entry != NULL);
  *result = probe_int(0);
  return DONE;
}

// tested(x): pushes 11, then calls the method in *f with x.
static struct method *caller_of(struct method **f) {
  return METHOD(1, 1, INSN(PUSH, 11), INSN(PUSH, 0), INSN(LOAD, 0), INSN(CALL, (intptr_t)f, 1), INSN(ADD),
                INSN(RETURN));
}

static void a_walk_goes_over_guest_frames_and_calls_from_c(void **state) {
  (void)state;
  looker = probe_native(&probe, "look", 1, walk);
  passer = probe_native(&probe, "pass", 1, pass_on);
  callee = caller_of(&looker);
  text_clear(&seen);
  assert_int_equal(probe_call(&probe, caller_of(&passer), (int64_t[]){42}, 1), 22);
  // Each with its instruction and its live operands; of a caller, the callee value is the last one.
  assert_string_equal(seen.bytes, "look@-1/0 tested@3/2 pass@-1/1 tested@3/2 entries left: 0");
  text_fini(&seen);
}

struct recorder {
  struct root_visitor visit;
  const struct thread *thread;
};

static void record(struct root_visitor *visit, struct value *slot) {
  const struct thread *thread = ((struct recorder *)visit)->thread;
  if (slot == &thread->outcome || slot == &thread->mutator.pending || slot == &thread->mutator.result) return;
  text_printf(&seen, "%lld ", (long long)probe_to_int(*slot));
}

static enum loam_status scan(struct mutator *th, struct value *args, struct value *result) {
  struct recorder recorder = {{record, false}, thread_of(th)};
  for (int i = 0; i < 50; i++) th->sp[1 + i] = probe_int(666); // what lies above is no root
  th->fp[FRAME_SPILL] = probe_int(777);                        // nor is a spill
  frame_scan_roots(thread_of(th), &recorder.visit);
  *result = args[0];
  return DONE;
}

static void the_roots_are_all_live_operands_and_locals_and_nothing_else(void **state) {
  (void)state;
  looker = probe_native(&probe, "scan", 1, scan);
  text_clear(&seen);
  struct value own = probe_int(99);
  ROOTS(probe.th, &own);
  struct method *tested = METHOD(1, 3, INSN(PUSH, 8), INSN(STORE, 2), INSN(PUSH, 11), INSN(PUSH, 12), INSN(PUSH, 0),
                                 INSN(LOAD, 0), INSN(CALL, (intptr_t)&looker, 1), INSN(SUM, 3), INSN(RETURN));
  assert_int_equal(guest_call(probe.th, tested, probe_int(5), (struct value[]){{probe_int(42).bits}}, 1), DONE);
  assert_int_equal(probe_to_int(probe.th->result), 65);
  // The native's local; the caller's operands up to the callee value, its locals; its callee value; ROOTS.
  assert_string_equal(seen.bytes, "42 11 12 0 42 0 8 5 99 ");
  text_fini(&seen);
}

// self(0) collects where one local is live; self(1) keeps a cell in the second one over a call of that, which is `gap`
// words further or so. What a scan knows of the one place must not be taken for the other.
static int64_t kept_over_call(uint32_t gap) {
  static struct insn insns[64];
  static uint16_t live[64];
  static struct method *self;
  const struct insn start[] = {INSN(LOAD, 0), INSN(JUMP_IF, 6), INSN(MAKE), INSN(POP),     INSN(PUSH, 1),
                               INSN(RETURN),  INSN(PUSH, 5),    INSN(CELL), INSN(STORE, 1)};
  const struct insn end[] = {
      INSN(SUM, gap), INSN(POP),          INSN(PUSH, 0), INSN(PUSH, 0), INSN(CALL, (intptr_t)&self, 1),
      INSN(POP),      INSN(LOAD_CELL, 1), INSN(UNBOX),   INSN(RETURN)};
  uint32_t count = COUNT_OF(start);
  memcpy(insns, start, sizeof start);
  while (count < COUNT_OF(start) + gap) insns[count++] = (struct insn)INSN(PUSH, 1);
  memcpy(insns + count, end, sizeof end);
  count += COUNT_OF(end);
  for (uint32_t i = 0; i < count; i++) live[i] = i < COUNT_OF(start) ? 1 : 2;
  struct code_draft draft = {
      .name = "self", .insns = insns, .insn_count = count, .param_count = 1, .local_count = 2, .live_locals = live};
  self = probe_method(&probe, &draft);
  return probe_call(&probe, self, (int64_t[]){1}, 1);
}

static void each_place_of_a_recursion_has_its_own_live_locals(void **state) {
  (void)state;
  for (uint32_t gap = 0; gap < 32; gap++) assert_int_equal(kept_over_call(gap), 5);
}

static void a_value_pushed_by_the_host_is_scanned_below_the_entry_frame(void **state) {
  (void)state;
  looker = probe_native(&probe, "scan", 1, scan);
  passer = probe_native(&probe, "pass", 1, pass_on);
  callee = caller_of(&looker);
  text_clear(&seen);
  assert_int_equal(probe_call(&probe, passer, (int64_t[]){7}, 1), 18);
  // The native; callee's frame: operands, local; its callee value is an operand of the native that called it.
  assert_string_equal(seen.bytes, "7 11 0 7 0 7 0 7 ");
  text_fini(&seen);
}

static void old_references_above_the_live_frames_do_no_harm(void **state) {
  (void)state;
  // grow(n) leaves dead cells all over the stack; then a shallow function collects, with poison and verification on.
  static struct method *grow;
  grow = METHOD(1, 2, INSN(PUSH, 3), INSN(BOX), INSN(STORE, 1), INSN(LOAD, 0), INSN(JUMP_IF, 7), INSN(PUSH, 0),
                INSN(RETURN), INSN(PUSH, 0), INSN(LOAD, 0), INSN(PUSH, -1), INSN(ADD), INSN(CALL, (intptr_t)&grow, 1),
                INSN(LOAD_CELL, 1), INSN(UNBOX), INSN(ADD), INSN(RETURN));
  assert_int_equal(probe_call(&probe, grow, (int64_t[]){40}, 1), 120);
  struct method *shallow = METHOD(0, 2, INSN(PUSH, 1), INSN(BOX), INSN(PUSH, 2), INSN(BOX), INSN(PUSH, 3), INSN(BOX),
                                  INSN(POP), INSN(UNBOX), INSN(SWAP), INSN(UNBOX), INSN(ADD), INSN(RETURN));
  assert_int_equal(probe_call(&probe, shallow, NULL, 0), 3);
}

static void the_innermost_frame_with_a_handler_gets_the_exception(void **state) {
  (void)state;
  static struct method *thrower, *middle;
  thrower = METHOD(1, 1, INSN(LOAD, 0), INSN(THROW));
  middle = caller_of(&thrower); // has none
  struct code_draft outer = DRAFT(1, 1, INSN(PUSH, 0), INSN(LOAD, 0), INSN(CALL, (intptr_t)&middle, 1), INSN(RETURN),
                                  INSN(PUSH, 1000), INSN(ADD), INSN(RETURN), INSN(POP), INSN(PUSH, -5), INSN(RETURN));
  outer.handlers = (struct insn_handler[]){{0, 2, 7}, {2, 3, 4}, {0, 4, 7}}; // the first that covers the call wins
  outer.handler_count = 3;
  assert_int_equal(probe_call(&probe, probe_method(&probe, &outer), (int64_t[]){7}, 1), 1007);
  assert_null(probe.th->fp);
  assert_int_equal(probe.th->pending.bits, 0);
}

static void an_exception_leaves_guest_calls_until_one_has_a_handler_around_it(void **state) {
  (void)state;
  static struct method *thrower;
  thrower = METHOD(1, 1, INSN(LOAD, 0), INSN(THROW));
  passer = probe_native(&probe, "pass", 1, pass_on);
  callee = caller_of(&thrower);
  struct code_draft outer =
      DRAFT(1, 2, INSN(PUSH, 3), INSN(STORE, 1), INSN(PUSH, 0), INSN(LOAD, 0), INSN(CALL, (intptr_t)&passer, 1),
            INSN(RETURN), INSN(LOAD, 1), INSN(ADD), INSN(RETURN));
  outer.handlers = &(struct insn_handler){4, 5, 6};
  outer.handler_count = 1;
  assert_int_equal(probe_call(&probe, probe_method(&probe, &outer), (int64_t[]){7}, 1), 10);
  assert_null(thread_of(probe.th)->entries);
  assert_null(probe.th->roots); // what the native between had rooted is gone with it
}

static void an_uncaught_exception_keeps_the_backtrace_of_where_it_was_thrown(void **state) {
  (void)state;
  static struct method *thrower;
  thrower = METHOD(1, 1, INSN(LOAD, 0), INSN(THROW));
  passer = probe_native(&probe, "pass", 1, pass_on);
  callee = caller_of(&thrower);
  assert_int_equal(probe_call(&probe, caller_of(&passer), (int64_t[]){7}, 1), -999);
  assert_string_equal(backtrace_last(probe.th), "  at tested (instruction 1)\n  at tested (instruction 3)\n"
                                                "  at pass (native)\n  at tested (instruction 3)\n");
}

static enum loam_status print(struct mutator *th, struct value *args, struct value *result) {
  backtrace_print(th, &seen);
  *result = args[0];
  return DONE;
}

static unsigned count_lines(const char *text) {
  unsigned lines = 0;
  for (; *text; text++) lines += *text == '\n';
  return lines;
}

static void a_long_backtrace_is_cut_in_the_middle(void **state) {
  (void)state;
  static struct method *again;
  looker = probe_native(&probe, "print", 1, print);
  // again(n): n ? again(n - 1) : print(0)
  again = METHOD(1, 1, INSN(PUSH, 0), INSN(LOAD, 0), INSN(JUMP_IF, 5), INSN(PUSH, 0), INSN(JUMP, 9), INSN(LOAD, 0),
                 INSN(PUSH, -1), INSN(ADD), INSN(JUMP, 11), INSN(CALL, (intptr_t)&looker, 1), INSN(RETURN),
                 INSN(CALL, (intptr_t)&again, 1), INSN(RETURN));
  text_clear(&seen);
  assert_int_equal(probe_call(&probe, again, (int64_t[]){28}, 1), 0); // 29 frames and the native's: all are shown
  assert_int_equal(count_lines(seen.bytes), 30);
  assert_null(strstr(seen.bytes, "left out"));
  text_clear(&seen);
  assert_int_equal(probe_call(&probe, again, (int64_t[]){99}, 1), 0);
  assert_int_equal(count_lines(seen.bytes), 31);
  assert_non_null(strstr(seen.bytes, "  ... 71 frames left out ...\n"));
  text_fini(&seen);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_walk_goes_over_guest_frames_and_calls_from_c),
      cmocka_unit_test(the_roots_are_all_live_operands_and_locals_and_nothing_else),
      cmocka_unit_test(each_place_of_a_recursion_has_its_own_live_locals),
      cmocka_unit_test(a_value_pushed_by_the_host_is_scanned_below_the_entry_frame),
      cmocka_unit_test(old_references_above_the_live_frames_do_no_harm),
      cmocka_unit_test(the_innermost_frame_with_a_handler_gets_the_exception),
      cmocka_unit_test(an_exception_leaves_guest_calls_until_one_has_a_handler_around_it),
      cmocka_unit_test(an_uncaught_exception_keeps_the_backtrace_of_where_it_was_thrown),
      cmocka_unit_test(a_long_backtrace_is_cut_in_the_middle),
  };
  return cmocka_run_group_tests(tests, open_probe, close_probe);
}
