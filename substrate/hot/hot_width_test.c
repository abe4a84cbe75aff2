// SPDX-License-Identifier: MIT
//
// hot_width_test.c: which joins and comparisons hot_width.c writes otherwise. Without LLVM's library the tests are
// skipped.
#define LOAM_HOT_MODULE
#include "hot/hot_width.h"

#include "hot/hot_marker_test.h"

#include <string.h>

static const char before[] = "define void @f(ptr %pc, ptr %sp, ptr %fp, ptr %th, i64 %tos, ptr %dispatch) {\n"
                             "  %n = trunc i64 %tos to i32\n";

// The module's text behind the pass.
static void run(const char *body) {
  struct marker_unit unit;
  fill_unit(&unit, before, body);
  hot_width_run(&unit.build);
  empty_build(&unit.build, true);
}

static void expect(const char *what, unsigned times) {
  if (count(what) != times) fail_msg("expected \"%s\" %u times, found:\n%s", what, times, text);
}

// A loop of which `i` counts the rounds, `step` is what it is behind each, and `use` what it is used for.
static void run_loop(const char *step, const char *use) {
  char body[700];
  snprintf(body, sizeof body,
           "  br label %%loop\nloop:\n"
           "  %%i = phi i32 [ 1, %%0 ], [ %%k, %%loop ]\n  %s\n  %%k = %s\n"
           "  %%again = icmp slt i32 %%k, %%n\n  br i1 %%again, label %%loop, label %%end\n"
           "end:\n  ret void\n",
           use, step);
  run(body);
}

static const char address[] = "%x = zext i32 %i to i64\n  %p = getelementptr i64, ptr %fp, i64 %x\n"
                              "  store i64 %x, ptr %p";

static void an_index_goes_round_extended(void **state) {
  (void)state;
  run_loop("add i32 %i, 1", address);
  expect("phi i64 [ 1, %0 ]", 1);
  expect("phi i32", 0);
  expect("zext i32 %k to i64", 1); // where it is computed
  expect("zext", 1);
  expect("trunc i64", 2); // n's, and the join's for who computes with it
  l->LLVMDisposeMessage(text);
}

static void a_value_that_comes_in_two_ways_is_extended_once(void **state) {
  (void)state;
  run("  %k = add i32 %n, 1\n  switch i64 %tos, label %one [ i64 1, label %join\n i64 2, label %join ]\n"
      "one:\n  br label %join\n"
      "join:\n  %i = phi i32 [ %k, %0 ], [ %k, %0 ], [ 7, %one ]\n"
      "  %x = zext i32 %i to i64\n  store i64 %x, ptr %fp\n  ret void\n");
  expect("zext", 1);
  expect("phi i64", 1);
  l->LLVMDisposeMessage(text);
}

static void what_nobody_wants_extended_or_nobody_computes_stays(void **state) {
  (void)state;
  run_loop("add i32 %i, 1", "store i32 %i, ptr %fp");
  expect("phi i32", 1);
  l->LLVMDisposeMessage(text);
  run_loop("load i32, ptr %fp", address);
  expect("phi i32", 1);
  l->LLVMDisposeMessage(text);
}

static void a_tag_is_compared_in_32_bits(void **state) {
  (void)state;
  run("  %low = and i64 %tos, 4294967295\n  %is = icmp ne i64 %low, 1\n  %b = zext i1 %is to i64\n"
      "  store i64 %b, ptr %fp\n  ret void\n");
  expect("icmp ne i32", 1);
  expect("and i64", 0);
  l->LLVMDisposeMessage(text);
}

static void other_masks_constants_and_orders_stay(void **state) {
  (void)state;
  static const char *const tests[] = {"%low = and i64 %tos, 4294967294\n  %is = icmp eq i64 %low, 2",
                                      "%low = and i64 %tos, 4294967295\n  %is = icmp eq i64 %low, 4294967297",
                                      "%low = and i64 %tos, 4294967295\n  %is = icmp ult i64 %low, 5"};
  for (size_t i = 0; i < COUNT_OF(tests); i++) {
    char body[300];
    snprintf(body, sizeof body, "  %s\n  %%b = zext i1 %%is to i64\n  store i64 %%b, ptr %%fp\n  ret void\n", tests[i]);
    run(body);
    expect("and i64", 1);
    expect("i32", 1); // n's
    l->LLVMDisposeMessage(text);
  }
}

// A join of joins, of itself, of what isn't defined, and of another join in the same block that goes round with it.
static void joins_of_joins_stay_well_formed(void **state) {
  (void)state;
  run("  %z = add i32 %n, 1\n  br label %loop\n"
      "loop:\n"
      "  %a = phi i32 [ %z, %0 ], [ %b, %again ]\n"
      "  %b = phi i32 [ poison, %0 ], [ %a, %again ]\n"
      "  %s = phi i32 [ %z, %0 ], [ %s, %again ]\n"
      "  %x = zext i32 %a to i64\n  %y = zext i32 %b to i64\n  %w = zext i32 %s to i64\n"
      "  %xy = add i64 %x, %y\n  %xyw = add i64 %xy, %w\n  store i64 %xyw, ptr %fp\n"
      "  %end = icmp eq i64 %xyw, %tos\n  br i1 %end, label %out, label %again\n"
      "again:\n  br label %loop\n"
      "out:\n  %c = phi i32 [ %a, %loop ]\n  %k = zext i32 %c to i64\n  store i64 %k, ptr %fp\n  ret void\n");
  expect("phi i64", 2);
  expect("%s = ", 0);
  expect("zext i32 %c", 1); // nobody computes it anew
  l->LLVMDisposeMessage(text);
}

// Of both tags, that of the second half has its highest bit set.
#define BOTH_TAGS \
  "  %one = icmp eq i32 %n, 5\n  %word = load i64, ptr %fp\n  %low = trunc i64 %word to i32\n" \
  "  %two = icmp eq i32 %low, -7\n"

static void two_tests_of_tags_are_one(void **state) {
  (void)state;
  run(BOTH_TAGS "  %both = and i1 %one, %two\n  br i1 %both, label %yes, label %no\n"
                "yes:\n  store i64 1, ptr %fp\n  ret void\nno:\n  ret void\n");
  expect("add i32 %n, -5", 1);
  expect("add i32 %low, 7", 1);
  expect("or i32", 1);
  expect("br i1 %both", 0);
  l->LLVMDisposeMessage(text);
}

// A choice shields from what its second test is of; and words that aren't halves are no tags.
static void other_conditions_of_two_tests_stay(void **state) {
  (void)state;
  static const char *const conditions[] = {
      "%both = select i1 %one, i1 %two, i1 false", "%both = or i1 %one, %two",
      "%not = icmp ne i32 %low, 3\n  %both = and i1 %one, %not",
      "%load = load i32, ptr %fp\n  %is = icmp eq i32 %load, 3\n  %both = and i1 %one, %is"};
  for (size_t i = 0; i < COUNT_OF(conditions); i++) {
    char body[500];
    snprintf(body, sizeof body, "%s  %s\n  %%b = zext i1 %%both to i64\n  store i64 %%b, ptr %%fp\n  ret void\n",
             BOTH_TAGS, conditions[i]);
    run(body);
    expect("zext i1 %both", 1);
    expect("or i32", 0);
    l->LLVMDisposeMessage(text);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_index_goes_round_extended),
      cmocka_unit_test(a_value_that_comes_in_two_ways_is_extended_once),
      cmocka_unit_test(what_nobody_wants_extended_or_nobody_computes_stays),
      cmocka_unit_test(a_tag_is_compared_in_32_bits),
      cmocka_unit_test(other_masks_constants_and_orders_stay),
      cmocka_unit_test(joins_of_joins_stay_well_formed),
      cmocka_unit_test(two_tests_of_tags_are_one),
      cmocka_unit_test(other_conditions_of_two_tests_stay),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
