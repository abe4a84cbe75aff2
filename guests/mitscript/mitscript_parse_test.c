// SPDX-License-Identifier: MIT
//
// mitscript_parse_test.c: what is a program and what isn't, how operators bind, how names are resolved, and the code
// that comes of it.
#include "mitscript_compile.h"
#include "mitscript_parse.h"
#include "mitscript_print.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct loam_source source_from(const char *text) {
  return (struct loam_source){.name = "t.mit", .bytes = text, .length = strlen(text)};
}

static bool accepts(const char *text) {
  struct loam_source source = source_from(text);
  struct mit_program program;
  enum loam_err failed = mitscript_parse_program(&program, &source, NULL);
  mitscript_parse_fini(&program);
  return !failed;
}

static void expect_refusal(const char *text, const char *message) {
  struct loam_source source = source_from(text);
  struct mit_program program;
  struct error err = {0};
  assert_int_equal(mitscript_parse_program(&program, &source, &err), LOAM_ERR_INPUT);
  assert_int_equal(strncmp(err.text, message, strlen(message)), 0);
  mitscript_parse_fini(&program);
}

// The normal form of `x = EXPRESSION;` without what surrounds the expression.
static void expect_form(const char *expression, const char *expected) {
  struct loam_source source = source_from(expression);
  struct mit_program program;
  struct error err = {0};
  struct text out = {0};
  assert_int_equal(mitscript_parse_expression(&program, &source, &err), LOAM_OK);
  mitscript_ast_print(&program, &out);
  assert_int_equal(strncmp(out.bytes, "{\n\treturn ", 10), 0);
  assert_int_equal(out.length - 14, strlen(expected));
  assert_memory_equal(out.bytes + 10, expected, strlen(expected));
  text_fini(&out);
  mitscript_parse_fini(&program);
}

static void image_of(const char *text, struct mit_image *image) {
  struct loam_source source = source_from(text);
  struct mit_program program;
  struct error err = {0};
  assert_int_equal(mitscript_parse_program(&program, &source, &err), LOAM_OK);
  assert_int_equal(mitscript_compile_program(&program, MIT_COMPILE_BARE, image, &err), LOAM_OK);
  mitscript_parse_fini(&program);
}

// The instructions of a function, as mnemonics and operands with blanks between.
static void expect_code(const struct mit_function *function, const char *expected) {
  struct text out = {0};
  text_add(&out, "", 0);
  for (uint32_t i = 0; i < function->insn_count; i++) {
    text_printf(&out, "%s%s", i ? " " : "", mitscript_image_op_name(function->insns[i].op));
    if (function->insns[i].has_operand) text_printf(&out, " %d", function->insns[i].operand);
  }
  assert_string_equal(out.length ? out.bytes : "", expected);
  text_fini(&out);
}

static void expect_names(const struct mit_name_list *list, const char *expected) {
  struct text out = {0};
  for (uint32_t i = 0; i < list->count; i++)
    text_printf(&out, "%s%.*s", i ? " " : "", (int)list->items[i].length, list->items[i].bytes);
  assert_string_equal(out.length ? out.bytes : "", expected);
  text_fini(&out);
}

static const struct mit_function *function_named(const struct mit_image *image, const char *name) {
  for (const struct mit_function *function = image->all; function; function = function->next)
    if (strcmp(function->name, name) == 0) return function;
  fail_msg("there is a function named %s", name);
  return NULL;
}

// ---- the grammar -------------------------------------------------------------------------------------------------

static void operators_bind_as_the_course_says(void **state) {
  (void)state;
  expect_form("1 + 2 * 3 - 4", "((1+(2*3))-4)");
  expect_form("-1 - -2 / 3", "((-1)-((-2)/3))");
  expect_form("!5 == 7 & true | a", "(((!(5==7))&true)|a)");
  expect_form("a | b & !c < d", "(a|(b&(!(c<d))))");
  expect_form("(a | b) & c", "((a|b)&c)");
  expect_form("a - b - c", "((a-b)-c)");
}

static void the_2025_additions_are_accepted(void **state) {
  (void)state;
  expect_form("!!x", "(!(!x))");
  expect_form("- -x", "(-(-x))");
  expect_form("a < b == c", "((a<b)==c)");
  expect_form("(fun(){})", "fun() {\n\t}");
  expect_form("({a:1;})", "{\n\t\ta:1;\n\t}");
}

static void paths_take_fields_indices_and_one_call(void **state) {
  (void)state;
  expect_form("a.b[c + 1].d(x, {})", "a.b[(c+1)].d(x,{})");
  assert_false(accepts("f(1)(2);"));
  assert_false(accepts("x = f().x;"));
  assert_false(accepts("f(1) = 2;"));
}

static void the_courses_wrong_programs_are_refused(void **state) {
  (void)state;
  static const char *const wrong[] = {"x = 1",
                                      "x;",
                                      "x + 1;",
                                      ";",
                                      "return;",
                                      "if (x) y = 1;",
                                      "if (x) {} else if (y) {}",
                                      "x = {a: 1};",
                                      "x = {a: 1, b: 2;};",
                                      "fun(){};",
                                      "x = fun(a,){};",
                                      "x = fun(1){};",
                                      "x = 1 + !y;",
                                      "x = -!y;",
                                      "x = -{};",
                                      "x = fun(){} + 1;",
                                      "x = 1 + fun(){};",
                                      "f(,);",
                                      "f(1,);",
                                      "x = 123abc;",
                                      "global x, y;",
                                      "global 1;",
                                      "3 = x;",
                                      "x = (1;",
                                      "x = a[];",
                                      "x = a.;",
                                      "x.1 = 2;",
                                      "while () {}",
                                      "while x {}",
                                      "else {}",
                                      "if = 3;",
                                      "x = != 3;",
                                      "x = 1 & & 2;",
                                      "x == 1;",
                                      "{ x = 1; }",
                                      "x = \"a;",
                                      "x = y z;",
                                      "f(1) g(2);",
                                      "x = 1 % 2;",
                                      "x = true.y;",
                                      "x = \"a\".b;",
                                      "x = (a)(b);",
                                      "x = (a).b;",
                                      "}",
                                      "if (a) { } }",
                                      "x = fun { };",
                                      "fun f() { }"};
  for (size_t i = 0; i < COUNT_OF(wrong); i++)
    if (accepts(wrong[i])) fail_msg("%s is not a program", wrong[i]);
}

static void small_programs_are_accepted(void **state) {
  (void)state;
  static const char *const right[] = {"",
                                      "// nothing",
                                      "x = {};",
                                      "x = fun(){};",
                                      "global x;",
                                      "return None;",
                                      "f();",
                                      "if (a) { } else { if (b) { } }",
                                      "while (a) { global b; }",
                                      "a.b[1].c = \"\";",
                                      "x = {a: fun(x, y) { return x; }; b: {c: 1;};};",
                                      "a[f(1)] = -(b);"};
  for (size_t i = 0; i < COUNT_OF(right); i++)
    if (!accepts(right[i])) fail_msg("%s is a program", right[i]);
}

static void messages_say_what_was_expected_and_found(void **state) {
  (void)state;
  expect_refusal("x = 1\ny = 2;", "t.mit:2:1: expected ';', found name 'y'\n  y = 2;\n  ^");
  expect_refusal("if (x) y = 1;", "t.mit:1:8: expected '{', found name 'y'\n  if (x) y = 1;\n         ^");
  expect_refusal("f(1 2);", "t.mit:1:5: expected ',' or ')', found integer 2");
  expect_refusal("x", "t.mit:1:2: expected '=' or '(', found the end of the input\n  x\n   ^");
  expect_refusal("x = {3};", "t.mit:1:6: expected a field name or '}', found integer 3");
  expect_refusal("fun", "t.mit:1:1: expected a statement, found 'fun'");
  expect_refusal("if (a) { 3", "t.mit:1:10: expected a statement or '}', found integer 3");
}

static void an_input_that_only_lacks_more_is_incomplete(void **state) {
  (void)state;
  static const char *const more[] = {"x = ", "f(", "if (a) {", "x = \"abc", "x = fun(a) {\n return a;", "x = 1"};
  static const char *const done[] = {"", "x", "1 + 2", "f()", "f();", "x = 1;", "x = ;", "x = 1 1", "}", "\"a\\w"};
  for (size_t i = 0; i < COUNT_OF(more); i++) {
    struct loam_source source = source_from(more[i]);
    if (!mitscript_parse_is_incomplete(&source)) fail_msg("%s wants more", more[i]);
  }
  for (size_t i = 0; i < COUNT_OF(done); i++) {
    struct loam_source source = source_from(done[i]);
    if (mitscript_parse_is_incomplete(&source)) fail_msg("%s wants nothing more", done[i]);
  }
}

// ---- size --------------------------------------------------------------------------------------------------------

// Parses `prefix`, `count` times `unit`, and `suffix`.
static enum loam_err long_parse(const char *prefix, const char *unit, size_t count, const char *suffix,
                                struct mit_image *image) {
  struct text text = {0};
  struct error err = {0};
  struct mit_program program;
  text_printf(&text, "%s", prefix);
  for (size_t i = 0; i < count; i++) text_add(&text, unit, strlen(unit));
  text_printf(&text, "%s", suffix);
  struct loam_source source = {"t.mit", text.bytes, text.length, false};
  enum loam_err failed = mitscript_parse_program(&program, &source, &err);
  if (!failed && image) failed = mitscript_compile_program(&program, 0, image, &err);
  if (failed) assert_non_null(strstr(err.text, "inside each other"));
  mitscript_parse_fini(&program);
  text_fini(&text);
  return failed;
}

static void deep_nesting_is_refused(void **state) {
  (void)state;
  static const char *const units[] = {"(", "-", "!", "{a:", "f(", "a[", "fun(){return ", "1+(", "a&!("};
  for (size_t i = 0; i < COUNT_OF(units); i++)
    assert_int_equal(long_parse("x = ", units[i], 100000, "", NULL), LOAM_ERR_INPUT);
  assert_int_equal(long_parse("", "if (a) { ", 100000, "", NULL), LOAM_ERR_INPUT);
  assert_int_equal(long_parse("", "if (a) { } else { ", 100000, "", NULL), LOAM_ERR_INPUT);
}

static void some_nesting_is_accepted(void **state) {
  (void)state;
  char text[1000] = "x = ";
  memset(text + 4, '(', 200);
  text[204] = '1';
  memset(text + 205, ')', 200);
  text[405] = ';';
  assert_true(accepts(text));
}

static void long_chains_and_paths_are_no_nesting(void **state) {
  (void)state;
  struct mit_image image;
  assert_int_equal(long_parse("x = 1", "+1", 200000, ";", &image), LOAM_OK);
  assert_int_equal(image.main->insn_count, 9 + 2 * 200000 + 2);
  mitscript_image_fini(&image);
  assert_int_equal(long_parse("x = a", ".b", 200000, ";", &image), LOAM_OK);
  mitscript_image_fini(&image);
  assert_int_equal(long_parse("", "x = 1;", 100000, "", &image), LOAM_OK);
  mitscript_image_fini(&image);
}

// ---- names -------------------------------------------------------------------------------------------------------

static void top_level_names_are_globals(void **state) {
  (void)state;
  struct mit_image image;
  image_of("x = 1; y = x; global z; if (true) { w = y; }", &image);
  expect_names(&image.main->names, "x y w");
  expect_names(&image.main->local_vars, "");
  mitscript_image_fini(&image);
}

static void assigned_names_and_parameters_are_locals(void **state) {
  (void)state;
  struct mit_image image;
  image_of("f = fun(a, b) { if (a) { c = b; } while (d) { r.e = c; r[f] = 1; } };", &image);
  const struct mit_function *f = function_named(&image, "f");
  expect_names(&f->local_vars, "a b c");
  expect_names(&f->names, "d r e f");
  expect_names(&f->free_vars, "");
  assert_int_equal(f->parameter_count, 2);
  mitscript_image_fini(&image);
}

static void a_global_statement_counts_for_the_whole_body(void **state) {
  (void)state;
  struct mit_image image;
  image_of("f = fun(a) { x = a; if (a) { global x; } global a; };", &image);
  const struct mit_function *f = function_named(&image, "f");
  expect_names(&f->local_vars, "a");
  expect_names(&f->names, "a x");
  expect_code(f, "load_global 0 store_global 1 load_global 0 not if 1 load_const 0 return");
  mitscript_image_fini(&image);
}

static void a_global_statement_redirects_inner_reads_past_an_outer_local(void **state) {
  (void)state;
  struct mit_image image;
  image_of("f = fun() { x = 1; g = fun() { global x; h = fun() { return x; }; }; };", &image);
  expect_code(function_named(&image, "h"), "load_global 0 return");
  expect_names(&function_named(&image, "f")->local_ref_vars, "");
  mitscript_image_fini(&image);
}

static void a_captured_variable_is_handed_through_the_functions_between(void **state) {
  (void)state;
  struct mit_image image;
  image_of("f = fun(a) { b = 1; c = 2; g = fun() { d = 3; h = fun() { return c + a + d; }; }; return c; };", &image);
  const struct mit_function *f = function_named(&image, "f"), *g = function_named(&image, "g"),
                            *h = function_named(&image, "h");
  expect_names(&f->local_ref_vars, "c a");
  expect_names(&g->free_vars, "c a");
  expect_names(&g->local_ref_vars, "d");
  expect_names(&h->free_vars, "c a d");
  expect_code(h, "push_ref 0 load_ref push_ref 1 load_ref add push_ref 2 load_ref add return");
  expect_code(g,
              "load_const 0 store_local 0 load_func 0 push_ref 1 push_ref 2 push_ref 0 alloc_closure 3 store_local 1 "
              "load_const 1 return");
  mitscript_image_fini(&image);
}

static void an_inner_assignment_makes_an_inner_local(void **state) {
  (void)state;
  struct mit_image image;
  image_of("f = fun() { x = 1; g = fun() { x = 2; h = fun() { return x; }; }; };", &image);
  expect_names(&function_named(&image, "f")->local_ref_vars, "");
  expect_names(&function_named(&image, "g")->local_ref_vars, "x");
  mitscript_image_fini(&image);
}

static void the_last_of_repeated_parameters_is_the_variable(void **state) {
  (void)state;
  struct mit_image image;
  image_of("f = fun(a, a) { return a; };", &image);
  expect_names(&function_named(&image, "f")->local_vars, "a a");
  expect_code(function_named(&image, "f"), "load_local 1 return");
  mitscript_image_fini(&image);
}

// ---- code --------------------------------------------------------------------------------------------------------

static void natives_are_bound_first_and_named_last(void **state) {
  (void)state;
  struct loam_source source = source_from("x = input; print(x);");
  struct mit_program program;
  struct mit_image image;
  assert_int_equal(mitscript_parse_program(&program, &source, NULL), LOAM_OK);
  assert_int_equal(mitscript_compile_program(&program, 0, &image, NULL), LOAM_OK);
  mitscript_parse_fini(&program);
  expect_names(&image.main->names, "input x print intcast");
  expect_code(image.main, "load_func 0 alloc_closure 0 store_global 2 load_func 1 alloc_closure 0 store_global 0 "
                          "load_func 2 alloc_closure 0 store_global 3 load_global 0 store_global 1 "
                          "load_global 2 load_global 1 call 1 pop");
  mitscript_image_fini(&image);
}

static void conditions_jump_over_what_is_not_to_run(void **state) {
  (void)state;
  struct mit_image image;
  image_of("if (a) { x = 1; } else { x = 2; } while (b) { x = 3; }", &image);
  expect_code(image.main, "load_global 0 not if 4 load_const 0 store_global 1 goto 3 load_const 1 store_global 1 "
                          "load_global 2 not if 4 load_const 2 store_global 1 goto -5");
  mitscript_image_fini(&image);
}

static void less_is_greater_with_the_operands_swapped(void **state) {
  (void)state;
  struct mit_image image;
  image_of("x = a < b; x = a <= b; x = a > b; x = a >= b;", &image);
  expect_code(image.main,
              "load_global 0 load_global 1 swap gt store_global 2 "
              "load_global 0 load_global 1 swap geq store_global 2 "
              "load_global 0 load_global 1 gt store_global 2 load_global 0 load_global 1 geq store_global 2");
  mitscript_image_fini(&image);
}

static void records_and_stores_evaluate_in_textual_order(void **state) {
  (void)state;
  struct mit_image image;
  image_of("r = {a: 1; b: 2;}; r.a.b = 3; r.a[r] = 4;", &image);
  expect_code(image.main, "alloc_record dup dup load_const 0 field_store 0 load_const 1 field_store 1 store_global 2 "
                          "load_global 2 field_load 0 load_const 2 field_store 1 "
                          "load_global 2 field_load 0 load_global 2 load_const 3 index_store");
  mitscript_image_fini(&image);
}

static void a_body_that_always_returns_gets_no_second_return(void **state) {
  (void)state;
  struct mit_image image;
  image_of("f = fun(a) { if (a) { return 1; } else { return 2; } }; g = fun(a) { if (a) { return 1; } };", &image);
  expect_code(function_named(&image, "f"), "load_local 0 not if 3 load_const 0 return load_const 1 return");
  expect_code(function_named(&image, "g"), "load_local 0 not if 3 load_const 0 return load_const 1 return");
  mitscript_image_fini(&image);
}

static void instructions_know_their_places(void **state) {
  (void)state;
  struct mit_image image;
  image_of("x =\n  f(a\n  / b);", &image);
  static const uint32_t places[][2] = {{2, 3}, {2, 5}, {3, 5}, {3, 3}, {2, 4}, {1, 1}};
  assert_int_equal(image.main->insn_count, COUNT_OF(places));
  for (size_t i = 0; i < COUNT_OF(places); i++) {
    assert_int_equal(image.main->insns[i].line, places[i][0]);
    assert_int_equal(image.main->insns[i].column, places[i][1]);
  }
  mitscript_image_fini(&image);
}

static void functions_are_named_after_what_they_are_assigned_to(void **state) {
  (void)state;
  struct mit_image image;
  image_of("a = fun() { b = fun() { }; r.c = fun() { }; }; x = {d: fun() { };}; print(fun() { });", &image);
  static const char *const names[] = {"a", "b", "c", "d", "<fun>", "<program>"};
  for (size_t i = 0; i < COUNT_OF(names); i++) assert_non_null(function_named(&image, names[i]));
  mitscript_image_fini(&image);
}

static void functions_with_the_same_body_share_a_number(void **state) {
  (void)state;
  struct mit_image image;
  image_of("a = fun(x) { return fun() { return (x); }; };\nb = fun(x) {return fun(){return x;};}; // same\n"
           "c = fun(y) { return fun() { return y; }; }; d = fun(x) { return fun() { return x + 0; }; };",
           &image);
  uint32_t a = function_named(&image, "a")->same_body_id, b = function_named(&image, "b")->same_body_id;
  uint32_t c = function_named(&image, "c")->same_body_id, d = function_named(&image, "d")->same_body_id;
  assert_int_equal(a, b);
  assert_int_not_equal(a, c);
  assert_int_not_equal(a, d);
  assert_int_not_equal(image.all->same_body_id, image.all->next->same_body_id); // natives differ
  mitscript_image_fini(&image);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(operators_bind_as_the_course_says),
      cmocka_unit_test(the_2025_additions_are_accepted),
      cmocka_unit_test(paths_take_fields_indices_and_one_call),
      cmocka_unit_test(the_courses_wrong_programs_are_refused),
      cmocka_unit_test(small_programs_are_accepted),
      cmocka_unit_test(messages_say_what_was_expected_and_found),
      cmocka_unit_test(an_input_that_only_lacks_more_is_incomplete),
      cmocka_unit_test(deep_nesting_is_refused),
      cmocka_unit_test(some_nesting_is_accepted),
      cmocka_unit_test(long_chains_and_paths_are_no_nesting),
      cmocka_unit_test(top_level_names_are_globals),
      cmocka_unit_test(assigned_names_and_parameters_are_locals),
      cmocka_unit_test(a_global_statement_counts_for_the_whole_body),
      cmocka_unit_test(a_global_statement_redirects_inner_reads_past_an_outer_local),
      cmocka_unit_test(a_captured_variable_is_handed_through_the_functions_between),
      cmocka_unit_test(an_inner_assignment_makes_an_inner_local),
      cmocka_unit_test(the_last_of_repeated_parameters_is_the_variable),
      cmocka_unit_test(natives_are_bound_first_and_named_last),
      cmocka_unit_test(conditions_jump_over_what_is_not_to_run),
      cmocka_unit_test(less_is_greater_with_the_operands_swapped),
      cmocka_unit_test(records_and_stores_evaluate_in_textual_order),
      cmocka_unit_test(a_body_that_always_returns_gets_no_second_return),
      cmocka_unit_test(instructions_know_their_places),
      cmocka_unit_test(functions_are_named_after_what_they_are_assigned_to),
      cmocka_unit_test(functions_with_the_same_body_share_a_number),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
