// SPDX-License-Identifier: MIT
//
// filetest_judge_test.c: does the judge say no? A runner that passes everything would pass every change, so each way a
// program can differ from its expectation has a test here, on cases read from real text.
#include "filetest_judge.h"

#include <setjmp.h> // for cmocka.h
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

// Reads `text` as a test file with the ending ".mit".
static struct test_suite read_cases(const char *text) {
  char path[] = "/tmp/judge-XXXXXX.mit";
  int file = mkstemps(path, 4);
  assert_true(file >= 0);
  assert_int_equal(write(file, text, strlen(text)), strlen(text));
  close(file);
  struct test_suite suite = {0};
  case_read_file(&suite, path);
  unlink(path);
  return suite;
}

// Judges one run of the case that left `output`, `errors` and `status`.
static bool judge(struct test_case *test, const char *output, const char *errors, int status) {
  struct child child = {.status = status};
  struct outcome outcome = {.child = &child};
  struct bytes why = {0};
  bytes_add_text(&outcome.output, output);
  bytes_add_text(&outcome.errors, errors);
  bool good = judge_outcome(test, "mode", &outcome, &why);
  if (!good) assert_true(why.length > 0);
  bytes_fini(&outcome.output);
  bytes_fini(&outcome.errors);
  bytes_fini(&why);
  return good;
}

static bool judge_text(const char *text, const char *output, const char *errors, int status) {
  struct test_suite suite = read_cases(text);
  assert_int_equal(suite.count, 1);
  bool good = judge(&suite.cases[0], output, errors, status);
  case_suite_fini(&suite);
  return good;
}

static void lines_match_in_order(void **state) {
  (void)state;
  const char *text = "print(1); // expect: 1\nprint(2); // expect: 2\n";
  assert_true(judge_text(text, "1\n2\n", "", 0));
  assert_false(judge_text(text, "2\n1\n", "", 0));
  assert_false(judge_text(text, "1\n", "", 0));
  assert_false(judge_text(text, "1\n2\n3\n", "", 0));
  assert_false(judge_text(text, "1\n2", "", 0)); // no newline at the end
  assert_false(judge_text(text, "", "", 0));
}

static void spaces_and_empty_lines_count(void **state) {
  (void)state;
  const char *text = "// expect:\n// expect: a \n// expect:  b\n";
  assert_true(judge_text(text, "\na \n b\n", "", 0));
  assert_false(judge_text(text, "\na\n b\n", "", 0));
  assert_false(judge_text(text, "a \n b\n", "", 0));
}

static void status_counts(void **state) {
  (void)state;
  assert_true(judge_text("x = 1;\n", "", "", 0));
  assert_false(judge_text("x = 1;\n", "", "", 1));
  assert_true(judge_text("// expect exit: 3\n", "", "", 3));
  assert_false(judge_text("// expect exit: 3\n", "", "", 0));
}

static void exception_is_the_last_line_with_status_1(void **state) {
  (void)state;
  const char *text = "// expect: a\n// expect exception: RuntimeException: x\n";
  assert_true(judge_text(text, "a\nRuntimeException: x\n", "", 1));
  assert_false(judge_text(text, "a\nRuntimeException: x\n", "", 0));
  assert_false(judge_text(text, "a\nRuntimeException: xy\n", "", 1));
  assert_false(judge_text(text, "RuntimeException: x\na\n", "", 1));
  assert_false(judge_text(text, "a\n", "RuntimeException: x\n", 1));
  const char *open = "// expect exception: RuntimeException...\n";
  assert_true(judge_text(open, "RuntimeException\n", "", 1));
  assert_true(judge_text(open, "RuntimeException: depth\n", "", 1));
  assert_false(judge_text(open, "IllegalCastException\n", "", 1));
}

static void refused_program_prints_nothing_and_says_why(void **state) {
  (void)state;
  const char *text = "// expect error: bad thing\n";
  assert_true(judge_text(text, "", "f.mit:1: bad thing\n", 2));
  assert_true(judge_text(text, "bad thing\n", "", 1));
  assert_false(judge_text(text, "", "f.mit:1: other thing\n", 2));
  assert_false(judge_text(text, "", "bad thing\n", 0));
  assert_false(judge_text(text, "ran\n", "bad thing\n", 2));
  assert_false(judge_text(text, "", "bad thing\n", 134));
}

static void report_of_a_sanitizer_is_a_failure(void **state) {
  (void)state;
  assert_false(judge_text("// expect: a\n", "a\n", "==1==ERROR: AddressSanitizer: x\n", 0));
  assert_false(judge_text("// expect: a\n", "a\n", "x.c:1:2: runtime error: y\n", 0));
  assert_false(judge_text("// expect error:\n", "", "loam: check failed: heap.I3\n", 1));
}

static void modes_must_agree_where_the_expectation_is_open(void **state) {
  (void)state;
  struct test_suite suite = read_cases("// expect exception: RuntimeException...\n");
  assert_true(judge(&suite.cases[0], "RuntimeException: a\n", "", 1));
  assert_true(judge(&suite.cases[0], "RuntimeException: a\n", "", 1));
  assert_false(judge(&suite.cases[0], "RuntimeException: b\n", "", 1));
  case_suite_fini(&suite);
}

static void file_of_several_cases_shares_what_stands_first(void **state) {
  (void)state;
  struct test_suite suite = read_cases("a = 1; // expect: shared\n// skip: tree\n// case: one\nb = 2; // expect: 1\n"
                                       "// case: two\nc = 3;\n// stdin: in\n// expect exit: 4\n");
  assert_int_equal(suite.count, 2);
  struct test_case *one = &suite.cases[0], *two = &suite.cases[1];
  assert_string_equal(one->name, "one");
  assert_string_equal(two->name, "two");
  assert_int_equal(one->line_count, 2);
  assert_int_equal(two->line_count, 1);
  assert_int_equal(two->exit_status, 4);
  assert_int_equal(one->exit_status, -1);
  assert_string_equal(two->input.data, "in\n");
  assert_null(one->input.data);
  assert_true(case_list_names(one->skip, "tree", false));
  assert_true(case_list_names(two->skip, "tree", false));
  assert_false(case_list_names(two->skip, "interp", false));
  // Lines keep their numbers: the second case's code is on line 6.
  assert_string_equal(two->program.data, "a = 1; // expect: shared\n// skip: tree\n\n\n// case: two\nc = 3;\n"
                                         "// stdin: in\n// expect exit: 4\n");
  case_suite_fini(&suite);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lines_match_in_order),
      cmocka_unit_test(spaces_and_empty_lines_count),
      cmocka_unit_test(status_counts),
      cmocka_unit_test(exception_is_the_last_line_with_status_1),
      cmocka_unit_test(refused_program_prints_nothing_and_says_why),
      cmocka_unit_test(report_of_a_sanitizer_is_a_failure),
      cmocka_unit_test(modes_must_agree_where_the_expectation_is_open),
      cmocka_unit_test(file_of_several_cases_shares_what_stands_first),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
