// SPDX-License-Identifier: MIT
//
// hot_hoist_test.c: which tests hot_hoist.c makes before a loop, in small functions. Without LLVM's library the tests
// are skipped.
#define LOAM_HOT_MODULE
#include "hot/hot_hoist.h"

#include "hot/hot_marker_test.h"

static const char before[] = "declare void @hot_leave(ptr, ptr, ptr, ptr, i64, ptr)\n"
                             "declare void @use(i64)\n"
                             "declare i64 @llvm.smin.i64(i64, i64)\n"
                             "define void @f(ptr %pc, ptr %sp, ptr %fp, ptr %th, i64 %tos, ptr %dispatch) {\n"
                             "entry:\n  br label %head\n";
// A loop of %tos rounds; %i and what they have summed up come out of it by joins. A test of `same` stands behind one
// that leaves for each round's own reason, with its values.
#define HEAD \
  "head:\n  %i = phi i64 [ 1, %entry ], [ %next, %latch ]\n  %sum = phi i64 [ 0, %entry ], [ %more, %latch ]\n" \
  "  %ends = icmp sgt i64 %i, %tos\n  br i1 %ends, label %end, label %body\n"
#define VARYING "body:\n  %odd = icmp eq i64 %i, 77\n  br i1 %odd, label %first, label %on\non:\n"
#define LOAD(name) "  %" name " = load i64, ptr %sp\n"
#define SAME(of) "  %is = icmp eq i64 " of ", 5\n  br i1 %is, label %latch, label %second\n"
#define LATCH "latch:\n  %more = add i64 %sum, %i\n  %next = add i64 %i, 1\n  br label %head\n"
#define LEAVE(name, value) \
  name ":\n  %" name "v = phi i64 " value "\n" \
       "  call void @hot_leave(ptr %pc, ptr %sp, ptr %fp, ptr %th, i64 %" name "v, ptr %dispatch)\n  ret void\n"
#define END "end:\n  %all = phi i64 [ %sum, %head ]\n  call void @use(i64 %all)\n  ret void\n"
#define WAYS_OUT LEAVE("first", "[ %sum, %body ]") LEAVE("second", "[ %sum, %on ]") END

// LLVM must find nothing wrong behind the pass. The text stays.
static void run_on(const char *body) {
  struct marker_unit unit;
  fill_unit(&unit, before, body);
  hot_hoist_run(&unit.build);
  assert_false(unit.plan.failed);
  empty_build(&unit.build, true);
}

static void expect(const char *body, const char *what, unsigned times) {
  run_on(body);
  unsigned found = count(what);
  if (found != times) fail_msg("expected %u times \"%s\", found %u in:\n%s", times, what, found, text);
  l->LLVMDisposeMessage(text);
}

static void a_test_with_the_same_outcome_is_made_before_the_loop(void **state) {
  (void)state;
  expect(HEAD VARYING LOAD("x") SAME("%x") LATCH WAYS_OUT, ", 5\n", 2);
  expect(HEAD VARYING SAME("%i") LATCH WAYS_OUT, ", 5\n", 1);
  expect(HEAD VARYING LOAD("x") SAME("%i") LATCH WAYS_OUT, "load", 2); // what is loaded is known, too
}

// Where the copy leaves or ends, it has the first round's values.
static void the_copy_leaves_with_values_of_the_first_round(void **state) {
  (void)state;
  run_on(HEAD VARYING LOAD("x") SAME("%x") LATCH WAYS_OUT);
  assert_int_equal(count("icmp sgt i64 1, %tos"), 1);
  assert_int_equal(count("icmp eq i64 1, 77"), 1);
  assert_int_equal(count(" ], [ 0, %"), 3); // what left with the sum, or ended with it
  l->LLVMDisposeMessage(text);
}

static void what_writes_or_calls_ends_the_way(void **state) {
  (void)state;
  expect(HEAD VARYING "  store i64 %i, ptr %fp\n" SAME("%tos") LATCH WAYS_OUT, ", 5\n", 1);
  expect(HEAD VARYING "  call void @use(i64 1)\n" SAME("%tos") LATCH WAYS_OUT, ", 5\n", 1);
  expect(HEAD VARYING "  %m = call i64 @llvm.smin.i64(i64 %tos, i64 9)\n" SAME("%m") LATCH WAYS_OUT, ", 5\n", 2);
}

// Where the loop writes, the same address may hold something else in the next round.
static void loads_of_a_loop_that_writes_vary(void **state) {
  (void)state;
#define WRITING_LATCH \
  "latch:\n  store i64 %i, ptr %fp\n  %more = add i64 %sum, %i\n  %next = add i64 %i, 1\n  br label %head\n"
  expect(HEAD VARYING LOAD("x") SAME("%x") WRITING_LATCH WAYS_OUT, ", 5\n", 1);
  expect(HEAD VARYING SAME("%tos") WRITING_LATCH WAYS_OUT, ", 5\n", 2);
#undef WRITING_LATCH
}

static void ways_that_meet_are_copied_with_what_they_join(void **state) {
  (void)state;
#define MEETING \
  "body:\n  %odd = icmp eq i64 %i, 77\n  br i1 %odd, label %one, label %two\n" \
  "one:\n  %a = add i64 %i, 3\n  br label %on\ntwo:\n  %b = add i64 %i, 4\n  br label %on\n" \
  "on:\n  %c = phi i64 [ %a, %one ], [ %b, %two ]\n  %d = sdiv i64 %c, 2\n"
  run_on(HEAD MEETING LOAD("x") SAME("%x") LATCH LEAVE("second", "[ %d, %on ]") END);
  assert_int_equal(count(", 5\n"), 2);
  assert_int_equal(count("add i64 1, 3"), 1);
  assert_int_equal(count("sdiv"), 2);
  l->LLVMDisposeMessage(text);
#undef MEETING
}

// A way that leads past the test: in that round it may have another outcome than it would have had.
static void a_test_that_a_round_may_not_come_to_stays(void **state) {
  (void)state;
  expect(HEAD "body:\n  %odd = icmp eq i64 %i, 77\n  br i1 %odd, label %latch, label %on\non:\n" LOAD("x") SAME("%x")
             LATCH LEAVE("second", "[ %sum, %on ]") END,
         ", 5\n", 1);
}

static void a_loop_around_another_stays_as_it_is(void **state) {
  (void)state;
  expect(HEAD VARYING LOAD(
             "x") "  %is = icmp eq i64 %x, 5\n  br i1 %is, label %inner, label %second\n"
                  "inner:\n  %k = phi i64 [ 0, %on ], [ %k1, %inner ]\n  %k1 = add i64 %k, 1\n"
                  "  %again = icmp slt i64 %k1, %i\n  br i1 %again, label %inner, label %latch\n" LATCH WAYS_OUT,
         ", 5\n", 1);
}

// What is used behind the loop without a join has one value there, not that of the copy or of the loop.
static void a_value_that_comes_out_without_a_join_keeps_the_loop_as_it_is(void **state) {
  (void)state;
  expect(HEAD VARYING LOAD("x") SAME("%x") LATCH LEAVE("first", "[ %sum, %body ]")
             LEAVE("second", "[ %sum, %on ]") "end:\n  call void @use(i64 %sum)\n  ret void\n",
         ", 5\n", 1);
}

// Two blocks that lead to each other, both entered from outside: neither comes before the other.
static void blocks_that_lead_to_each_other_end_the_way(void **state) {
  (void)state;
#define CROSSING \
  "body:\n  %odd = icmp eq i64 %i, 77\n  br i1 %odd, label %on, label %two\n" \
  "on:\n  %a = phi i64 [ %i, %body ], [ %b, %two ]\n" \
  "  %is = icmp eq i64 %tos, 5\n  br i1 %is, label %two, label %second\n" \
  "two:\n  %b = phi i64 [ 1, %body ], [ %a, %on ]\n" \
  "  %back = icmp eq i64 %b, 1\n  br i1 %back, label %on, label %latch\n"
  expect(HEAD CROSSING LATCH LEAVE("second", "[ %a, %on ]") END, ", 5\n", 1);
#undef CROSSING
}

// A join further behind the loop, of a value that comes out without one.
static void a_value_that_is_joined_further_on_keeps_the_loop_as_it_is(void **state) {
  (void)state;
  expect(HEAD VARYING LOAD("x") SAME("%x") LATCH LEAVE("first", "[ %sum, %body ]")
             LEAVE("second", "[ %sum, %on ]") "end:\n  %few = icmp slt i64 %tos, 9\n  br i1 %few, label %far, label "
                                              "%mid\nmid:\n  br label %far\n"
                                              "far:\n  %all = phi i64 [ %sum, %end ], [ 7, %mid ]\n  call void "
                                              "@use(i64 %all)\n  ret void\n",
         ", 5\n", 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_test_with_the_same_outcome_is_made_before_the_loop),
      cmocka_unit_test(the_copy_leaves_with_values_of_the_first_round),
      cmocka_unit_test(what_writes_or_calls_ends_the_way),
      cmocka_unit_test(loads_of_a_loop_that_writes_vary),
      cmocka_unit_test(ways_that_meet_are_copied_with_what_they_join),
      cmocka_unit_test(a_test_that_a_round_may_not_come_to_stays),
      cmocka_unit_test(a_loop_around_another_stays_as_it_is),
      cmocka_unit_test(a_value_that_comes_out_without_a_join_keeps_the_loop_as_it_is),
      cmocka_unit_test(blocks_that_lead_to_each_other_end_the_way),
      cmocka_unit_test(a_value_that_is_joined_further_on_keeps_the_loop_as_it_is),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
