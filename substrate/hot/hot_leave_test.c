// SPDX-License-Identifier: MIT
//
// hot_leave_test.c: what hot code leaves behind where somebody looks at its frames: exceptions and their backtraces,
// handlers, collections, and the code itself when it is replaced.
#define LOAM_HOT_MODULE
#include "hot/hot_fixture_test.h"
#include "hot/hot_remake.h"

#include "heap/heap.h"
#include "interp/interp.h"

#include <stdio.h>
#include <time.h>

static struct method *inner, *outer, *native, *root; // called through these variables

// ---- exceptions ---------------------------------------------------------------------------------------------------

static struct method *named(const char *name, struct code_draft draft) {
  draft.name = name;
  return probe_method(&probe, &draft);
}

// root(n): calls outer(n), that inner(n), and that adds n to a thousand millions less 50, which throws for n > 50. Each
// has operands on its stack meanwhile.
static struct method *make_chain(void) {
  inner = named("inner", (struct code_draft)DRAFT(1, 2, INSN(LOAD, 0), INSN(STORE, 1), INSN(PUSH, 1), INSN(LOAD, 1),
                                                  INSN(PUSH, 999999950), INSN(ADD), INSN(PUSH, -999999950), INSN(ADD),
                                                  INSN(ADD), INSN(RETURN)));
  outer = named("outer", (struct code_draft)DRAFT(1, 1, INSN(PUSH, 10), INSN(PUSH, 0), INSN(LOAD, 0), CALL_OF(inner, 1),
                                                  INSN(ADD), INSN(RETURN)));
  struct code_draft draft = DRAFT(1, 2, INSN(PUSH, 100), INSN(STORE, 1), INSN(LOAD, 1), INSN(PUSH, 0), INSN(LOAD, 0),
                                  CALL_OF(outer, 1), INSN(ADD), INSN(RETURN));
  return root = named("root", draft);
}

static char expected[500];

static void backtrace_of_the_interpreter(void) {
  probe_open(&probe, (const char *const[]){"--engine=interp", NULL});
  assert_int_equal(call(make_chain(), 51), -999);
  (void)snprintf(expected, sizeof expected, "%s", backtrace_last(probe.th));
  assert_non_null(strstr(expected, "inner"));
  assert_non_null(strstr(expected, "root"));
  probe_close(&probe);
}

static void check_backtrace(void) {
  struct method *method = make_chain();
  warm_up(method, 5);
  compile(method);
  assert_int_equal(stats().inlined, 2);
  for (int i = 0; i < 3; i++) {
    assert_int_equal(call(method, 50), 100 + 10 + 1 + 50);
    assert_int_equal(call(method, 51), -999);
    assert_string_equal(backtrace_last(probe.th), expected);
  }
}

static void an_exception_in_inlined_code_has_all_frames_in_its_backtrace(void **state) {
  (void)state;
  backtrace_of_the_interpreter();
  IN_EACH_MODE(check_backtrace());
}

// The handler adds the exception, -1, to the local that counts rounds.
static void check_handler(void) {
  (void)make_chain();
  struct code_draft draft =
      DRAFT(1, 3, INSN(PUSH, 0), INSN(LOAD, 0), CALL_OF(outer, 1), INSN(STORE, 2), INSN(JUMP, 6), INSN(STORE, 2),
            INSN(LOAD, 1), INSN(PUSH, 1), INSN(ADD), INSN(STORE, 1), INSN(LOAD, 1), INSN(PUSH, 30), INSN(LESS),
            INSN(JUMP_IF, 0), INSN(LOAD, 1), INSN(LOAD, 2), INSN(ADD), INSN(RETURN));
  draft.handlers = &(struct insn_handler){0, 4, 5};
  draft.handler_count = 1;
  struct method *method = probe_method(&probe, &draft);
  assert_int_equal(call(method, 7), 28 + 10 + 1 + 7 + 2);
  warm_up(method, 7);
  compile(method);
  for (int i = 0; i < 3; i++) {
    assert_int_equal(call(method, 7), 30 + 18);
    assert_int_equal(call(method, 51), 30 - 1);
  }
}

static void a_handler_in_a_method_with_hot_code_gets_the_exceptions_of_what_it_inlined(void **state) {
  (void)state;
  IN_EACH_MODE(check_handler());
}

// Throws what `thrown` says, and gives what was caught: with a thousand more when the handler runs in hot code.
#define CATCH(thrown_count, ...) \
  DRAFT(1, 2, __VA_ARGS__, INSN(STORE, 1), TELL_WHERE, INSN(JUMP_IF, thrown_count + 6), INSN(LOAD, 1), INSN(RETURN), \
        INSN(LOAD, 1), INSN(PUSH, 1000), INSN(ADD), INSN(RETURN))

static struct method *catches(struct code_draft draft, uint32_t thrown_count) {
  struct insn_handler handler = {0, thrown_count, thrown_count};
  draft.handlers = &handler;
  draft.handler_count = 1;
  return named("catches", draft);
}

// `inlined`: so many methods, once it is compiled.
static void check_catch(struct method *method, uint32_t inlined) {
  assert_int_equal(call(method, 7), 7);
  warm_up(method, 7);
  compile(method);
  assert_int_equal(stats().inlined, inlined);
  for (int i = 0; i < 3; i++) {
    int64_t caught = call(method, 8 + i);
    assert_int_equal(caught % 1000, 8 + i);
    if (is_plain()) assert_int_equal(caught / 1000, 1);
  }
}

static void check_throws(void) {
  check_catch(catches((struct code_draft)CATCH(3, INSN(PUSH, 5), INSN(LOAD, 0), INSN(THROW)), 3), 0);
}

static void what_is_thrown_and_caught_in_a_method_stays_in_hot_code(void **state) {
  (void)state;
  IN_EACH_MODE(check_throws());
}

static void check_inlined_throws(void) {
  inner = named("inner", (struct code_draft)DRAFT(1, 1, INSN(PUSH, 5), INSN(LOAD, 0), INSN(THROW)));
  outer = named("outer", (struct code_draft)DRAFT(1, 1, INSN(PUSH, 10), INSN(PUSH, 0), INSN(LOAD, 0), CALL_OF(inner, 1),
                                                  INSN(ADD), INSN(RETURN)));
  check_catch(
      catches((struct code_draft)CATCH(5, INSN(PUSH, 5), INSN(PUSH, 0), INSN(LOAD, 0), CALL_OF(outer, 1), INSN(RETURN)),
              5),
      2);
}

static void what_an_inlined_method_throws_is_caught_in_hot_code(void **state) {
  (void)state;
  IN_EACH_MODE(check_inlined_throws());
}

static enum loam_status throw_argument(struct mutator *th, struct value *args, struct value *result) {
  (void)result;
  return throw_value(th, args[0]);
}

static void check_unwinding(void) {
  native = probe_native(&probe, "throw", 1, throw_argument);
  check_catch(catches((struct code_draft)CATCH(4, INSN(PUSH, 0), INSN(LOAD, 0), CALL_OF(native, 1), INSN(RETURN)), 4),
              0);
}

static void an_exception_for_which_frames_are_unwound_is_caught_in_hot_code(void **state) {
  (void)state;
  IN_EACH_MODE(check_unwinding());
}

// Two rounds of a handler that stands before what throws: a loop, which leaves hot code to be polled.
static void check_backwards(void) {
  struct code_draft draft =
      DRAFT(1, 2, INSN(JUMP, 9), INSN(LOAD, 1), INSN(ADD), INSN(STORE, 1), INSN(LOAD, 1), INSN(PUSH, 20), INSN(LESS),
            INSN(JUMP_IF, 9), INSN(JUMP, 11), INSN(LOAD, 0), INSN(THROW), INSN(LOAD, 1), INSN(RETURN));
  draft.handlers = &(struct insn_handler){9, 11, 1};
  draft.handler_count = 1;
  struct method *method = named("backwards", draft);
  assert_int_equal(call(method, 9), 27);
  warm_up(method, 9);
  compile(method);
  for (int i = 0; i < 3; i++) assert_int_equal(call(method, 7 + i), i == 0 ? 21 : i == 1 ? 24 : 27);
}

static void a_handler_before_what_throws_is_come_to_by_unwinding(void **state) {
  (void)state;
  IN_EACH_MODE(check_backwards());
}

// ---- collections --------------------------------------------------------------------------------------------------

// unboxes(c) + local: a cell stays on the operand stacks of two frames while others are made, and everything moves.
static struct method *make_boxes(void) {
  inner = named("inner", (struct code_draft)DRAFT(1, 2, INSN(LOAD, 0), INSN(BOX), INSN(STORE, 1), INSN(MAKE),
                                                  INSN(LOAD_CELL, 1), INSN(UNDER), INSN(UNBOX), INSN(LOAD_CELL, 1),
                                                  INSN(UNBOX), INSN(ADD), INSN(RETURN)));
  return named("boxes", (struct code_draft)DRAFT(
                            1, 3, INSN(PUSH, 0), INSN(STORE, 2), INSN(LOAD, 0), INSN(CELL), INSN(STORE, 1),
                            INSN(LOAD_CELL, 1), INSN(PUSH, 0), INSN(LOAD, 0), CALL_OF(inner, 1), INSN(LOAD, 2),
                            INSN(ADD), INSN(STORE, 2), INSN(LOAD_CELL, 1), INSN(UNDER), INSN(UNBOX), INSN(LOAD, 2),
                            INSN(ADD), INSN(STORE, 2), INSN(LOAD, 0), INSN(PUSH, -1), INSN(ADD), INSN(STORE, 0),
                            INSN(LOAD, 0), INSN(JUMP_IF, 2), INSN(LOAD, 2), INSN(RETURN)));
}

static void check_collections(void) {
  struct method *method = make_boxes();
  for (int i = 0; i < 60; i++) (void)call(method, 4); // BOX always goes slow: often enough to be merged
  compile(method);
  assert_int_equal(stats().inlined, 1);
  for (int i = 0; i < 3; i++) assert_int_equal(call(method, 20), 420);
}

static void objects_move_in_slow_paths_and_hot_code_finds_them(void **state) {
  (void)state;
  IN_EACH_MODE(check_collections());
}

// ---- boxes that were not made --------------------------------------------------------------------------------------

// adds(n): n times 300,000,000 to what is in a box, which throws when it comes above a thousand millions. `handles`:
// gives what the box held then.
static struct method *make_adds(bool handles) {
  struct code_draft draft =
      DRAFT(1, 3, INSN(PUSH, 0), INSN(WRAP), INSN(STORE, 1), INSN(LOAD_CELL, 1), INSN(UNWRAP), INSN(PUSH, 300000000),
            INSN(ADD), INSN(WRAP), INSN(STORE, 1), INSN(LOAD, 0), INSN(PUSH, -1), INSN(ADD), INSN(STORE, 0),
            INSN(LOAD, 0), INSN(JUMP_IF, 3), INSN(LOAD_CELL, 1), INSN(UNWRAP), INSN(RETURN), INSN(STORE, 2),
            INSN(LOAD_CELL, 1), INSN(UNWRAP), INSN(RETURN));
  draft.handlers = &(struct insn_handler){0, 9, 18};
  draft.handler_count = handles;
  return named("adds", draft);
}

static void check_unboxed(void) {
  struct method *method = make_adds(true);
  warm_up(method, 3);
  compile(method);
  for (int i = 0; i < 3; i++) {
    assert_int_equal(call(method, 3), 900000000);
    assert_int_equal(call(method, 9), 900000000); // left in the fourth round, with the box in a handler's hands
  }
}

static void what_was_in_no_box_is_in_one_when_code_is_left(void **state) {
  (void)state;
  IN_EACH_MODE(check_unboxed());
}

static void without_memory_for_boxes_no_handler_goes_on(void **state) {
  (void)state;
  for (int handles = 0; handles < 2; handles++) {
    open_with("--stack-max=1M");
    struct method *method = make_adds(handles);
    warm_up(method, 3);
    compile(method);
    no_memory = true;
    assert_int_equal(call(method, 9), -999);
    no_memory = false;
    assert_int_equal(vm_kill_reason(probe.vm)->kind, handles ? LOAM_ERR_MEMORY : LOAM_OK);
    if (!handles) assert_int_equal(call(method, 3), 900000000);
    probe_close(&probe);
  }
}

// sum(n): the box of n times 5, in a loop that makes one in each round.
static struct method *make_sum(void) {
  return named("sum", (struct code_draft)DRAFT(1, 2, INSN(PUSH, 0), INSN(WRAP), INSN(STORE, 1), INSN(LOAD_CELL, 1),
                                               INSN(UNWRAP), INSN(PUSH, 5), INSN(ADD), INSN(WRAP), INSN(STORE, 1),
                                               INSN(LOAD, 0), INSN(PUSH, -1), INSN(ADD), INSN(STORE, 0), INSN(LOAD, 0),
                                               INSN(JUMP_IF, 3), INSN(LOAD_CELL, 1), INSN(RETURN)));
}

static uint64_t bytes_allocated(void) {
  struct loam_stats counters;
  heap_read_counters(probe.th, &counters);
  return counters.bytes_allocated;
}

// How many bytes a call of the method allocates, which gives a box of `gives`.
static uint64_t bytes_of_call(const struct method *method, int64_t arg, int64_t gives) {
  uint64_t before = bytes_allocated();
  struct value value = probe_int(arg);
  assert_int_equal(guest_call(probe.th, method, probe_int(0), &value, 1), DONE);
  assert_int_equal(probe_unbox(probe.th->result), gives);
  return bytes_allocated() - before;
}

static bool has_buffers(void) { return is_plain() && !hot->setup.config->stress_gc_every; }

static void check_sum(void) {
  struct method *method = make_sum();
  for (int i = 0; i < (int)interp_calls_before_compiling(method) + 10; i++) (void)bytes_of_call(method, 3, 15);
  compile(method);
  for (int i = 0; i < 3; i++) assert_in_range(bytes_of_call(method, 1000, 5000), 16, has_buffers() ? 64 : 16 * 1001);
}

static void a_loop_that_adds_up_a_box_makes_it_behind(void **state) {
  (void)state;
  IN_EACH_MODE(check_sum());
}

// ---- objects that were not made ------------------------------------------------------------------------------------

// adds(n): n times 300,000,000, with what it is in each round in a cell. Above a thousand millions it throws, and gives
// what is in the cell.
static struct method *make_adds_cells(void) {
  struct code_draft draft =
      DRAFT(1, 3, INSN(PUSH, 0), INSN(STORE, 2), INSN(LOAD, 2), INSN(CELL), INSN(STORE, 1), INSN(LOAD_CELL, 1),
            INSN(UNBOX), INSN(PUSH, 300000000), INSN(ADD), INSN(STORE, 2), INSN(LOAD, 0), INSN(PUSH, -1), INSN(ADD),
            INSN(STORE, 0), INSN(LOAD, 0), INSN(JUMP_IF, 2), INSN(LOAD, 2), INSN(RETURN), INSN(STORE, 2),
            INSN(LOAD_CELL, 1), INSN(UNBOX), INSN(RETURN));
  draft.handlers = &(struct insn_handler){5, 10, 18};
  draft.handler_count = 1;
  return named("adds_cells", draft);
}

static void check_objects(void) {
  struct method *method = make_adds_cells();
  warm_up(method, 3);
  compile(method);
  for (int i = 0; i < 3; i++) {
    uint64_t before = bytes_allocated();
    assert_int_equal(call(method, 3), 900000000);
    if (has_buffers()) assert_int_equal(bytes_allocated() - before, 0);
    assert_int_equal(call(method, 9), 900000000); // left in the fourth round, with the cell in a handler's hands
    if (has_buffers()) assert_int_equal(bytes_allocated() - before, 16);
  }
}

static void a_cell_that_nothing_else_sees_is_made_when_code_is_left(void **state) {
  (void)state;
  IN_EACH_MODE(check_objects());
}

static uint64_t bytes_remade;

// The argument's word, which is to be in a box, is the address of a place with an object that nothing has any more.
static enum loam_status remake_what_looks_like_an_object(struct mutator *th, struct value *args, struct value *result) {
  struct thread *thread = thread_of(th);
  uint64_t header = header_make(1, 1), before = bytes_allocated();
  thread->unmade[2] = header;
  thread->has_unmade = true;
  args[0].bits = (uintptr_t)&thread->unmade[3];
  hot_note_unboxed(th, args, header, 0, 1);
  assert_int_equal(hot_remake(th, args, NULL), DONE);
  assert_int_equal(object_fields(value_to_ref(args[0]))[0].bits, (uintptr_t)&thread->unmade[3]);
  bytes_remade = bytes_allocated() - before;
  *result = probe_int(1);
  return DONE;
}

static void a_word_that_looks_like_the_address_of_an_object_is_none(void **state) {
  (void)state;
  open_with("--stack-max=1M");
  struct method *method = probe_native(&probe, "remake", 1, remake_what_looks_like_an_object);
  assert_int_equal(call(method, 1), 1);
  assert_int_equal(bytes_remade, 16);
  probe_close(&probe);
}

// ---- code that is replaced ----------------------------------------------------------------------------------------

static bool collect_with_world_stopped(struct mutator *th, const struct hot_unit *unit) {
  thread_world_stop(thread_of(th)->world, th);
  hot_find_unused(hot);
  thread_world_resume(thread_of(th)->world, th);
  return unit->unused;
}

static struct hot_unit *old_unit;
static int64_t depth_to_go; // -1: do nothing

// While code leaves, nothing needs it any more. The next compilation frees it.
static void replace_while_leaving(void) {
  at_box = NULL;
  old_unit = root->profile->unit;
  assert_true(hot_compile_now(hot, probe.th, root));
  assert_true(collect_with_world_stopped(probe.th, old_unit));
  uint32_t freed = stats().freed;
  assert_true(hot_compile_now(hot, probe.th, root));
  for (int i = 0; i < 1000 && stats().freed == freed; i++) nanosleep(&(struct timespec){0, 1000000}, NULL);
  assert_true(stats().freed > freed);
}

static void code_may_be_freed_while_it_leaves(void **state) {
  (void)state;
  open_with("--stack-max=1M");
  root = make_adds(true);
  warm_up(root, 3);
  compile(root);
  at_box = replace_while_leaving;
  assert_int_equal(call(root, 9), 900000000);
  assert_null(at_box);
  probe_close(&probe);
}

// Calls root again until it is deep, then replaces root's code: the old one is still returned to.
static enum loam_status replace_inside(struct mutator *th, struct value *args, struct value *result) {
  *result = probe_int(5);
  if (depth_to_go < 0) return DONE;
  if (depth_to_go-- > 0) {
    if (guest_call(th, root, probe_int(0), args, 1) != DONE) return THROWN;
    *result = th->result;
    return DONE;
  }
  old_unit = root->profile->unit;
  assert_true(hot_compile_now(hot, th, root));
  assert_ptr_not_equal(root->profile->unit, old_unit);
  assert_false(collect_with_world_stopped(th, old_unit));
  return DONE;
}

static void code_stays_as_long_as_something_returns_to_it_and_is_freed_then(void **state) {
  (void)state;
  open_with("--stack-max=1M");
  native = probe_native(&probe, "replace_inside", 1, replace_inside);
  root = METHOD(1, 1, INSN(PUSH, 1), INSN(PUSH, 0), INSN(LOAD, 0), CALL_OF(native, 1), INSN(ADD), INSN(RETURN));
  depth_to_go = -1;
  warm_up(root, 1);
  compile(root);
  depth_to_go = 10;
  assert_int_equal(call(root, 1), 5 + 11);
  assert_true(collect_with_world_stopped(probe.th, old_unit));
  uint32_t freed = stats().freed;
  compile(root); // the worker frees
  for (int i = 0; i < 1000 && stats().freed == freed; i++) nanosleep(&(struct timespec){0, 1000000}, NULL);
  assert_true(stats().freed > freed);
  assert_int_equal(call(root, 1), 5 + 1);
  probe_close(&probe);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_exception_in_inlined_code_has_all_frames_in_its_backtrace),
      cmocka_unit_test(a_handler_in_a_method_with_hot_code_gets_the_exceptions_of_what_it_inlined),
      cmocka_unit_test(what_is_thrown_and_caught_in_a_method_stays_in_hot_code),
      cmocka_unit_test(what_an_inlined_method_throws_is_caught_in_hot_code),
      cmocka_unit_test(an_exception_for_which_frames_are_unwound_is_caught_in_hot_code),
      cmocka_unit_test(a_handler_before_what_throws_is_come_to_by_unwinding),
      cmocka_unit_test(objects_move_in_slow_paths_and_hot_code_finds_them),
      cmocka_unit_test(what_was_in_no_box_is_in_one_when_code_is_left),
      cmocka_unit_test(without_memory_for_boxes_no_handler_goes_on),
      cmocka_unit_test(a_loop_that_adds_up_a_box_makes_it_behind),
      cmocka_unit_test(a_cell_that_nothing_else_sees_is_made_when_code_is_left),
      cmocka_unit_test(a_word_that_looks_like_the_address_of_an_object_is_none),
      cmocka_unit_test(code_may_be_freed_while_it_leaves),
      cmocka_unit_test(code_stays_as_long_as_something_returns_to_it_and_is_freed_then),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
