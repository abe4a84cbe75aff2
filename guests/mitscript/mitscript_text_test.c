// SPDX-License-Identifier: MIT
//
// mitscript_text_test.c: bytecode text to an image and back.
#include "mitscript_print.h"
#include "mitscript_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static enum loam_err read_text(const char *text, struct mit_image *image, struct error *err) {
  struct loam_source source = {"t.mitbc", text, strlen(text), false};
  return mitscript_text_read(&source, image, err);
}

static void read_good(const char *text, struct mit_image *image) {
  struct error err = {0};
  if (read_text(text, image, &err)) fail_msg("%s", err.text);
}

static void expect_refusal(const char *text, const char *message) {
  struct mit_image image;
  struct error err = {0};
  assert_int_equal(read_text(text, &image, &err), LOAM_ERR_INPUT);
  mitscript_image_fini(&image);
  if (strncmp(err.text, message, strlen(message)) != 0) fail_msg("%s\nfor %s", err.text, message);
}

// What an image prints reads back as an image that prints the same.
static void expect_round_trip(const char *text) {
  struct mit_image first, second;
  struct text printed = {0}, again = {0};
  read_good(text, &first);
  mitscript_print_image(&first, &printed);
  read_good(printed.bytes, &second);
  mitscript_print_image(&second, &again);
  assert_string_equal(printed.bytes, again.bytes);
  text_fini(&printed);
  text_fini(&again);
  mitscript_image_fini(&first);
  mitscript_image_fini(&second);
}

#define FULL_PROGRAM \
  "function {\n" \
  "  functions = [function { functions = [], constants = [None], parameter_count = 1, local_vars = [x],\n" \
  "    local_ref_vars = [x], free_vars = [y], names = [], instructions = [load_const 0 return] }],\n" \
  "  constants = [None, true, false, -2147483648, \"a\\\"\\\\\\n\\t\"], // a comment\n" \
  "  parameter_count = 0, local_vars = [], local_ref_vars = [], free_vars = [],\n" \
  "  names = [add, function, names, if],\n" \
  "  instructions = [load_func 0 goto -1\n pop]\n" \
  "}\n"

static void a_full_program_is_read_as_written(void **state) {
  (void)state;
  struct mit_image image;
  read_good(FULL_PROGRAM, &image);
  const struct mit_function *main = image.main, *inner = main->functions[0];
  assert_int_equal(image.function_count, 2);
  assert_ptr_equal(image.all, inner);
  assert_ptr_equal(inner->outer, main);
  assert_int_equal(main->constant_count, 5);
  assert_int_equal(main->constants[3].number, INT32_MIN);
  assert_int_equal(main->constants[4].string.length, 5);
  assert_memory_equal(main->constants[4].string.bytes, "a\"\\\n\t", 5);
  assert_int_equal(main->names.count, 4);
  assert_int_equal(inner->parameter_count, 1);
  assert_memory_equal(inner->free_vars.items[0].bytes, "y", 1);
  assert_int_equal(main->insns[1].op, MIT_GOTO);
  assert_int_equal(main->insns[1].operand, -1);
  assert_int_equal(main->insns[2].line, 8);
  mitscript_image_fini(&image);
}

static void printing_and_reading_gives_the_same_image(void **state) {
  (void)state;
  expect_round_trip(FULL_PROGRAM);
  expect_round_trip("function { }");
  expect_round_trip("function { instructions = [alloc_closure pop] }");
}

static void missing_fields_are_empty(void **state) {
  (void)state;
  struct mit_image image;
  read_good("function { constants = [1], instructions = [load_const 0 alloc_closure pop], }", &image);
  assert_int_equal(image.main->parameter_count, 0);
  assert_int_equal(image.main->names.count, 0);
  assert_false(image.main->insns[1].has_operand);
  mitscript_image_fini(&image);
}

static void every_mnemonic_is_read_and_printed(void **state) {
  (void)state;
  struct text text = {0};
  struct mit_image image;
  text_printf(&text, "function { instructions = [");
  for (int op = 0; op < MIT_OPCODE_COUNT; op++)
    text_printf(&text, " %s %s", mitscript_image_op_name((enum mit_opcode)op),
                mitscript_image_op_takes_operand((enum mit_opcode)op) ? "7" : "");
  text_printf(&text, "] }");
  read_good(text.bytes, &image);
  assert_int_equal(image.main->insn_count, MIT_OPCODE_COUNT);
  for (int op = 0; op < MIT_OPCODE_COUNT; op++) assert_int_equal(image.main->insns[op].op, op);
  mitscript_image_fini(&image);
  expect_round_trip(text.bytes);
  text_fini(&text);
}

static void messages_say_what_was_expected_and_found(void **state) {
  (void)state;
  expect_refusal("", "t.mitbc:1:1: expected 'function', found the end of the input");
  expect_refusal("function { functions = [] constants = [] }",
                 "t.mitbc:1:27: expected ',' or '}', found name 'constants'\n"
                 "  function { functions = [] constants = [] }\n                            ^");
  expect_refusal("function { names = [], constants = [] }",
                 "t.mitbc:1:24: expected 'instructions' or '}', found name 'constants'");
  expect_refusal("function { colour = 1 }", "t.mitbc:1:12: expected 'functions', a later field or '}', found name");
  expect_refusal("function { instructions = [jump 1] }",
                 "t.mitbc:1:28: expected an instruction or ']', found name 'jump'");
  expect_refusal("function { instructions = [goto pop] }",
                 "t.mitbc:1:33: expected the operand of 'goto', found name 'pop'");
  expect_refusal("function { instructions = [pop 1] }",
                 "t.mitbc:1:32: expected an instruction or ']', found integer 1");
  expect_refusal("function { instructions = [call 2147483648] }",
                 "t.mitbc:1:33: expected an operand of at most 32 bits, found a larger one");
  expect_refusal("function { instructions = [call - 2] }", "t.mitbc:1:35: expected digits right after '-'");
  expect_refusal("function { parameter_count = -1 }",
                 "t.mitbc:1:30: expected a count from 0 to 2147483647, found a negative one");
  expect_refusal("function { constants = [1,] }", "t.mitbc:1:27: expected another item after ',', found ']'");
  expect_refusal("function { constants = [x] }", "t.mitbc:1:25: expected a constant or ']', found name 'x'");
  expect_refusal("function { names = [1] }", "t.mitbc:1:21: expected a name or ']', found integer 1");
  expect_refusal("function { } function { }", "t.mitbc:1:14: expected the end of the input, found name 'function'");
  expect_refusal("function { functions = [function { } function", "t.mitbc:1:38: expected ',' or ']', found name");
}

static void functions_may_nest_deeper_than_a_c_stack(void **state) {
  (void)state;
  const unsigned depth = 200000;
  struct text text = {0}, printed = {0};
  struct mit_image image;
  for (unsigned i = 0; i < depth; i++) text_printf(&text, "function{functions=[");
  text_printf(&text, "function{}");
  for (unsigned i = 0; i < depth; i++) text_printf(&text, "]}");
  read_good(text.bytes, &image);
  assert_int_equal(image.function_count, depth + 1);
  mitscript_print_image(&image, &printed);
  assert_false(printed.failed);
  mitscript_image_fini(&image);
  text_fini(&text);
  text_fini(&printed);
}

static void functions_with_the_same_image_share_a_number(void **state) {
  (void)state;
  struct mit_image image;
  read_good("function { functions = [\n"
            "function { parameter_count = 1 }, function { }, function { parameter_count = 1 },\n"
            "function { parameter_count = 1, instructions = [load_local 0 return] },\n"
            "function { parameter_count = 1, instructions = [load_local 0   return] },\n"
            "function { parameter_count = 1, instructions = [load_local 1 return] }] }",
            &image);
  struct mit_function **functions = image.main->functions;
  assert_int_not_equal(functions[0]->same_body_id, functions[2]->same_body_id); // natives differ by position
  assert_int_equal(functions[3]->same_body_id, functions[4]->same_body_id);
  assert_int_not_equal(functions[3]->same_body_id, functions[5]->same_body_id);
  mitscript_image_fini(&image);
}

static void functions_are_named_after_their_first_store(void **state) {
  (void)state;
  struct mit_image image;
  read_good("function { functions = [function { }, function { }], names = [print],\n"
            "instructions = [load_func 0 alloc_closure 0 store_global 0] }",
            &image);
  assert_string_equal(image.main->functions[0]->name, "print");
  assert_string_equal(image.main->functions[1]->name, "<fun>");
  assert_string_equal(image.main->name, "<program>");
  mitscript_image_fini(&image);
}

static void bytecode_is_told_from_source(void **state) {
  (void)state;
  struct loam_source code = {"a", " // c\nfunction\n{", 16, false};
  struct loam_source program = {"b", "function = 3;", 13, false}, none = {"c", "", 0, false};
  assert_true(mitscript_text_recognise(&code));
  assert_false(mitscript_text_recognise(&program));
  assert_false(mitscript_text_recognise(&none));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_full_program_is_read_as_written),
      cmocka_unit_test(printing_and_reading_gives_the_same_image),
      cmocka_unit_test(missing_fields_are_empty),
      cmocka_unit_test(every_mnemonic_is_read_and_printed),
      cmocka_unit_test(messages_say_what_was_expected_and_found),
      cmocka_unit_test(functions_may_nest_deeper_than_a_c_stack),
      cmocka_unit_test(functions_with_the_same_image_share_a_number),
      cmocka_unit_test(functions_are_named_after_their_first_store),
      cmocka_unit_test(bytecode_is_told_from_source),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
