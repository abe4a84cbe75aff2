// SPDX-License-Identifier: MIT
//
// mitscript_tree_test.c: programs with the output that the specification asks for.
#include "mitscript_tree.h"

#include "mitscript_parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct console {
  struct text output;
  const char *input;
};

static bool console_write(void *context, const char *bytes, size_t length) {
  text_add(&((struct console *)context)->output, bytes, length);
  return true;
}

static bool console_read_line(void *context, struct text *line) {
  struct console *console = context;
  if (!*console->input) return false;
  size_t length = strcspn(console->input, "\n");
  text_add(line, console->input, length);
  console->input += length + (console->input[length] == '\n');
  return true;
}

// Runs a program with limits given in `io`. The output is the caller's.
static enum loam_err program_run(const char *text, struct console *console, struct mit_tree_io io, int *status) {
  struct loam_source source = {"t.mit", text, strlen(text), false};
  struct mit_program program;
  struct error err = {0};
  io.context = console;
  io.write = console_write;
  io.read_line = console_read_line;
  enum loam_err failed = mitscript_parse_program(&program, &source, &err);
  if (failed) fail_msg("%s", err.text);
  failed = mitscript_tree_run(&program, &io, status, &err);
  mitscript_parse_fini(&program);
  return failed;
}

static void expect_status(const char *text, const char *input, const char *expected, int expected_status) {
  struct console console = {.input = input};
  int status;
  assert_int_equal(program_run(text, &console, (struct mit_tree_io){.level_max = 2000}, &status), LOAM_OK);
  assert_string_equal(console.output.length ? console.output.bytes : "", expected);
  assert_int_equal(status, expected_status);
  text_fini(&console.output);
}

static void expect_output(const char *text, const char *expected) { expect_status(text, "", expected, 0); }
// The program ends with the exception.
static void expect_exception(const char *text, const char *expected) { expect_status(text, "", expected, 1); }

// The expression prints as this, or ends in this exception.
static void expect_print(const char *expression, const char *expected) {
  struct text program = {0}, line = {0};
  text_printf(&program, "print(%s);", expression);
  text_add_line(&line, expected);
  expect_status(program.bytes, "", line.bytes, strstr(expected, "Exception") ? 1 : 0);
  text_fini(&program);
  text_fini(&line);
}

// ---- values and operators ----------------------------------------------------------------------------------------

static void integers_wrap_and_divide_towards_zero(void **state) {
  (void)state;
  expect_print("2147483647 + 1", "-2147483648");
  expect_print("-2147483648 - 1", "2147483647");
  expect_print("65536 * 65536 + 7", "7");
  expect_print("-(-2147483648)", "-2147483648");
  expect_print("-5 / 2", "-2");
  expect_print("-1 / -5", "0");
  expect_print("-2147483648 / -1", "-2147483648");
  expect_print("1 / 0", "IllegalArithmeticException: divide by zero");
}

static void a_wrong_kind_is_an_illegal_cast(void **state) {
  (void)state;
  static const char *const wrong[] = {
      "None + 1", "true + true", "({}) + ({})", "\"a\" - \"b\"", "true * 1", "\"1\" / 0", "\"a\" < \"b\"",
      "1 > None", "true >= 1",   "1 & true",    "true | None",   "!1",       "-true",     "print + 1"};
  for (size_t i = 0; i < COUNT_OF(wrong); i++) expect_print(wrong[i], "IllegalCastException");
}

static void plus_with_a_string_concatenates(void **state) {
  (void)state;
  expect_print("\"a\" + 1 + 2", "a12");
  expect_print("1 + 2 + \"a\"", "3a");
  expect_print("None + \"|\" + true", "None|true");
  expect_output("x = {a: \"s\";}; print(\"\" + x + print + -3);", "{a:s }FUNCTION-3\n");
}

static void equality_is_by_value_except_for_records(void **state) {
  (void)state;
  expect_print("\"a\" + \"b\" == \"ab\"", "true");
  expect_print("1 == \"1\"", "false");
  expect_print("None == None", "true");
  expect_print("None == false", "false");
  expect_print("print == print", "true");
  expect_print("print == intcast", "false");
  expect_output("a = {}; b = {}; c = a; print(a == b); print(a == c);", "false\ntrue\n");
}

static void functions_are_equal_within_one_activation(void **state) {
  (void)state;
  expect_output("a = fun(x) { return x; }; b = fun(x) {return(x);}; c = fun(y) { return y; };"
                "print(a == b); print(a == c); print(a == print);",
                "true\nfalse\nfalse\n");
  expect_output("make = fun() { f = fun() { }; g = fun() { }; print(f == g); return f; }; print(make() == make());",
                "true\ntrue\nfalse\n");
  expect_output("i = 0; r = {}; while (i < 2) { r[i] = fun() { return 1; }; i = i + 1; } print(r[0] == r[1]);",
                "true\n");
}

static void both_sides_of_and_and_or_are_evaluated(void **state) {
  (void)state;
  expect_output("t = fun(s, v) { print(s); return v; }; x = t(1, false) & t(2, true); y = t(3, true) | t(4, x);",
                "1\n2\n3\n4\n");
  expect_exception("x = true | 1;", "IllegalCastException\n");
}

// ---- records -----------------------------------------------------------------------------------------------------

static void records_print_sorted_with_a_blank_after_each_field(void **state) {
  (void)state;
  expect_print("{}", "{}");
  expect_output("r = {b: 1; a: {x: \"q\";};}; r[10] = 0; r[2] = None; print(r);", "{10:0 2:None a:{x:q } b:1 }\n");
}

static void an_index_is_converted_to_a_string(void **state) {
  (void)state;
  expect_output("r = {}; r[3] = 1; r[true] = 2; r[{}] = 3; r[\"\"] = 4; r[None] = 5; r[print] = 6;"
                "print(r[\"3\"] + r[\"true\"] + r[\"{}\"]); print(r);",
                "6\n{:4 3:1 FUNCTION:6 None:5 true:2 {}:3 }\n");
}

static void a_missing_field_reads_as_none_and_is_not_made(void **state) {
  (void)state;
  expect_output("r = {}; print(r.x); print(r[1]); print(r);", "None\nNone\n{}\n");
}

static void a_repeated_field_has_the_later_value(void **state) {
  (void)state;
  expect_output("r = {a: 1; a: 2;}; print(r);", "{a:2 }\n");
}

static void only_records_have_fields(void **state) {
  (void)state;
  expect_exception("x = 1; y = x.a;", "IllegalCastException\n");
  expect_exception("x = 1; x.a = 1;", "IllegalCastException\n");
  expect_exception("x = \"s\"; y = x[0];", "IllegalCastException\n");
  expect_exception("x = None; x[print(1)] = print(2);", "1\n2\nIllegalCastException\n");
}

static void a_record_that_contains_itself_cannot_be_printed(void **state) {
  (void)state;
  expect_exception("r = {}; r.a = {b: r;}; print(r);", "RuntimeException: records nest too deeply to be printed\n");
  expect_output("s = {}; r = {a: s; b: s;}; print(r); print(r);", "{a:{} b:{} }\n{a:{} b:{} }\n");
}

static void a_long_list_of_records_can_be_printed(void **state) {
  (void)state;
  expect_output("l = None; i = 0; while (i < 20000) { l = {n: l;}; i = i + 1; } s = \"\" + l; print(s == s + \"\");",
                "true\n");
}

// ---- names -------------------------------------------------------------------------------------------------------

static void a_local_is_none_before_it_is_assigned(void **state) {
  (void)state;
  expect_output("f = fun() { print(x); if (false) { x = 1; } }; x = 5; f(); print(x);", "None\n5\n");
  expect_exception("print(x);", "UninitializedVariableException: x\n");
}

static void a_global_statement_acts_on_the_whole_body_and_inner_reads(void **state) {
  (void)state;
  expect_output("x = 1; f = fun() { x = 2; if (false) { global x; } }; f(); print(x);", "2\n");
  expect_output(
      "x = \"global\"; f = fun() { x = \"outer\"; g = fun() { h = fun() { return x; }; if (false) { global x; }"
      " return h(); }; return g(); }; print(f());",
      "global\n");
  expect_output("x = 1; f = fun(x) { global x; x = x + 1; return x; }; print(f(10)); print(x);", "2\n2\n");
}

static void closures_share_variables_and_calls_do_not(void **state) {
  (void)state;
  expect_output("make = fun() { n = {v: 0;}; k = 0; inc = fun() { n.v = n.v + 1; return n.v + k; };"
                " k = 100; return inc; };"
                "a = make(); b = make(); a(); print(a()); print(b());",
                "102\n101\n");
}

static void an_inner_assignment_does_not_reach_the_outer_variable(void **state) {
  (void)state;
  expect_output("f = fun() { x = 1; g = fun() { x = 2; return x; }; g(); return x; }; print(f());", "1\n");
}

static void natives_are_ordinary_globals(void **state) {
  (void)state;
  expect_output("p = print; print = fun(x) { p(\"<\" + x + \">\"); }; print(1);", "<1>\n");
}

// ---- control -----------------------------------------------------------------------------------------------------

static void a_function_without_return_gives_none(void **state) {
  (void)state;
  expect_output("f = fun() { }; print(f());", "None\n");
}

static void return_leaves_loops_and_the_program(void **state) {
  (void)state;
  expect_output("f = fun() { i = 0; while (true) { if (i == 3) { return i; } i = i + 1; } }; print(f());"
                "return 0; print(2);",
                "3\n");
}

static void conditions_must_be_boolean(void **state) {
  (void)state;
  expect_exception("if (1) { }", "IllegalCastException\n");
  expect_exception("while (None) { }", "IllegalCastException\n");
}

static void calls_check_what_is_called_and_how_often(void **state) {
  (void)state;
  expect_exception("f = fun(a, b) { }; f(1, 2, 3);", "RuntimeException: argument count mismatch (3 instead of 2)\n");
  expect_exception("print();", "RuntimeException: argument count mismatch (0 instead of 1)\n");
  expect_exception("input(1);", "RuntimeException: argument count mismatch (1 instead of 0)\n");
  expect_exception("x = 1; x(print(2));", "2\nIllegalCastException\n");
}

static void operands_are_evaluated_from_left_to_right(void **state) {
  (void)state;
  expect_output("t = fun(v) { print(v); return v; }; f = fun(a, b) { return a; }; o = {f: f;};"
                "x = t(1) + t(2) * t(3); y = f(t(4), t(5)); r = {b: t(6); a: t(7);}; r[t(8)] = t(9);",
                "1\n2\n3\n4\n5\n6\n7\n8\n9\n");
}

static void deep_recursion_is_a_stack_overflow(void **state) {
  (void)state;
  expect_exception("f = fun(n) { return f(n + 1); }; f(0);", "RuntimeException: stack overflow\n");
  expect_output("f = fun(n) { if (n == 0) { return 0; } return f(n - 1) + 1; }; print(f(300));", "300\n");
}

// ---- natives -----------------------------------------------------------------------------------------------------

static void intcast_reads_a_leading_number(void **state) {
  (void)state;
  expect_print("intcast(\"42\") + intcast(\"-1\") + intcast(\"00002\")", "43");
  expect_print("intcast(\"    00001;\")", "1");
  expect_print("intcast(\"-23910   hello\")", "-23910");
  expect_print("intcast(\"+7\")", "7");
  expect_print("intcast(12)", "12");
  expect_print("intcast(\"2147483648\")", "-2147483648");
  expect_print("intcast(\"0x10\")", "0");
  static const char *const wrong[] = {"\"hello\"", "\"\"", "\"-\"", "\"- 1\"", "None", "true", "{}", "print"};
  for (size_t i = 0; i < COUNT_OF(wrong); i++) {
    struct text call = {0};
    text_printf(&call, "intcast(%s)", wrong[i]);
    expect_print(call.bytes, "IllegalCastException");
    text_fini(&call);
  }
}

static void input_reads_lines_and_then_nothing(void **state) {
  (void)state;
  expect_status("print(input() + \"|\"); print(input() + \"|\"); print(input() + \"|\");", "one\r\ntwo",
                "one\r|\ntwo|\n|\n", 0);
}

// ---- limits ------------------------------------------------------------------------------------------------------

static void limits_end_a_run_with_a_host_error(void **state) {
  (void)state;
  struct console console = {.input = ""};
  int status;
  struct mit_tree_io steps = {.step_max = 1000, .level_max = 1000}, memory = {.memory_max = 100000, .level_max = 1000};
  assert_int_equal(program_run("while (true) { }", &console, steps, &status), LOAM_ERR_LIMIT);
  assert_int_equal(program_run("x = {}; while (true) { x = {a: x;}; }", &console, memory, &status), LOAM_ERR_LIMIT);
  assert_int_equal(program_run("s = \"a\"; while (true) { s = s + s; }", &console, memory, &status), LOAM_ERR_LIMIT);
  assert_int_equal(program_run("r = {}; i = 0; while (i < 30) { r = {a: r; b: r;}; i = i + 1; } print(r);", &console,
                               memory, &status),
                   LOAM_ERR_LIMIT);
  text_fini(&console.output);
}

static void strings_may_be_built_in_long_loops(void **state) {
  (void)state;
  expect_output(
      "s = \"\"; t = s; i = 0; while (i < 50000) { s = s + \"x\"; t = \"x\" + t; i = i + 1; e = \"\" + \"\"; }"
      "print(s == t); print(s == \"x\" + t);",
      "true\nfalse\n");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(integers_wrap_and_divide_towards_zero),
      cmocka_unit_test(a_wrong_kind_is_an_illegal_cast),
      cmocka_unit_test(plus_with_a_string_concatenates),
      cmocka_unit_test(equality_is_by_value_except_for_records),
      cmocka_unit_test(functions_are_equal_within_one_activation),
      cmocka_unit_test(both_sides_of_and_and_or_are_evaluated),
      cmocka_unit_test(records_print_sorted_with_a_blank_after_each_field),
      cmocka_unit_test(an_index_is_converted_to_a_string),
      cmocka_unit_test(a_missing_field_reads_as_none_and_is_not_made),
      cmocka_unit_test(a_repeated_field_has_the_later_value),
      cmocka_unit_test(only_records_have_fields),
      cmocka_unit_test(a_record_that_contains_itself_cannot_be_printed),
      cmocka_unit_test(a_long_list_of_records_can_be_printed),
      cmocka_unit_test(a_local_is_none_before_it_is_assigned),
      cmocka_unit_test(a_global_statement_acts_on_the_whole_body_and_inner_reads),
      cmocka_unit_test(closures_share_variables_and_calls_do_not),
      cmocka_unit_test(an_inner_assignment_does_not_reach_the_outer_variable),
      cmocka_unit_test(natives_are_ordinary_globals),
      cmocka_unit_test(a_function_without_return_gives_none),
      cmocka_unit_test(return_leaves_loops_and_the_program),
      cmocka_unit_test(conditions_must_be_boolean),
      cmocka_unit_test(calls_check_what_is_called_and_how_often),
      cmocka_unit_test(operands_are_evaluated_from_left_to_right),
      cmocka_unit_test(deep_recursion_is_a_stack_overflow),
      cmocka_unit_test(intcast_reads_a_leading_number),
      cmocka_unit_test(input_reads_lines_and_then_nothing),
      cmocka_unit_test(limits_end_a_run_with_a_host_error),
      cmocka_unit_test(strings_may_be_built_in_long_loops),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
