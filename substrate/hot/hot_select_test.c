// SPDX-License-Identifier: MIT
//
// hot_select_test.c: which constants hot_select.c hides. Without LLVM's library the tests are skipped.
#define LOAM_HOT_MODULE
#include "hot/hot_select.h"

#include "hot/hot_marker_test.h"

static const char before[] = "define void @f(ptr %pc, ptr %sp, ptr %fp, ptr %th, i64 %tos, ptr %dispatch) {\n"
                             "  %c = icmp slt i64 %tos, 7\n  %w = trunc i64 %tos to i32\n";

// `hidden`: how the hidden constant is passed on; NULL: none is.
static void expect(const char *select, const char *hidden) {
  struct marker_unit unit;
  char body[200];
  snprintf(body, sizeof body, "  %%x = select i1 %%c, %s\n  store %.3s %%x, ptr %%fp\n  ret void\n", select, select);
  fill_unit(&unit, before, body);
  hot_select_run(&unit.build);
  empty_build(&unit.build, true);
  if (count(" asm \"\"") != (hidden ? 1 : 0) || (hidden && count(hidden) != 1))
    fail_msg("expected %s hidden, found:\n%s", hidden ? hidden : "nothing", text);
  l->LLVMDisposeMessage(text);
}

static void what_is_chosen_in_place_of_minus_one_is_hidden(void **state) {
  (void)state;
  expect("i64 -1, i64 -4000013", "(i64 -4000013)");
  expect("i64 12, i64 -1", "(i64 12)");
}

static void zero_neighbours_other_constants_and_other_words_are_not(void **state) {
  (void)state;
  expect("i64 -1, i64 0", NULL);
  expect("i64 -2, i64 -1", NULL);
  expect("i64 5, i64 12", NULL);
  expect("i64 -1, i64 %tos", NULL);
  expect("i32 -1, i32 12", NULL);
}

// What one is added to: both sums are made.
static void sums_are_chosen_where_a_choice_is_only_added(void **state) {
  (void)state;
  static const char chosen[] = "  %x = select i1 %c, i64 -1, i64 40\n  %sum = add i64 %x, %tos\n";
  struct marker_unit unit;
  char body[300];
  snprintf(body, sizeof body, "%s  store i64 %%sum, ptr %%fp\n  ret void\n", chosen);
  fill_unit(&unit, before, body);
  hot_select_run(&unit.build);
  empty_build(&unit.build, true);
  assert_int_equal(count("add i64 %tos, -1") + count("add i64 %tos, 40"), 2);
  assert_int_equal(count("select i1 %c, i64 %"), 1);
  l->LLVMDisposeMessage(text);
  snprintf(body, sizeof body, "%s  %%twice = add i64 %%sum, %%x\n  store i64 %%twice, ptr %%fp\n  ret void\n", chosen);
  fill_unit(&unit, before, body);
  hot_select_run(&unit.build);
  empty_build(&unit.build, true);
  assert_int_equal(count("add i64 %x, %tos"), 1);
  l->LLVMDisposeMessage(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_chosen_in_place_of_minus_one_is_hidden),
      cmocka_unit_test(sums_are_chosen_where_a_choice_is_only_added),
      cmocka_unit_test(zero_neighbours_other_constants_and_other_words_are_not),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
