// SPDX-License-Identifier: MIT
//
// mitscript_scan_test.c: bytes to tokens: what is one, what is none, and how messages show the place.
#include "mitscript_scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct loam_source source_from(const char *text) {
  return (struct loam_source){.name = "t.mit", .bytes = text, .length = strlen(text)};
}

// Scans the only token of a text and returns it.
static struct mit_token token_of(const char *text) {
  struct loam_source source = source_from(text);
  struct mit_scanner scanner;
  struct mit_token token, end;
  struct error err = {0};
  assert_int_equal(mitscript_scan_open(&scanner, &source, &err), LOAM_OK);
  assert_int_equal(mitscript_scan_next(&scanner, &token, &err), LOAM_OK);
  assert_int_equal(mitscript_scan_next(&scanner, &end, &err), LOAM_OK);
  assert_int_equal(end.kind, MIT_TOKEN_END);
  return token;
}

static void expect_listing(const char *text, const char *expected) {
  struct loam_source source = source_from(text);
  struct text out = {0};
  struct error err = {0};
  assert_int_equal(mitscript_scan_list(&source, &out, &err), LOAM_OK);
  assert_string_equal(out.length ? out.bytes : "", expected);
  text_fini(&out);
}

static void expect_refusal(const char *bytes, size_t length, const char *message) {
  struct loam_source source = {"t.mit", bytes, length, false};
  struct text out = {0};
  struct error err = {0};
  assert_int_equal(mitscript_scan_list(&source, &out, &err), LOAM_ERR_INPUT);
  assert_string_equal(err.text, message);
  text_fini(&out);
}

static void every_spelling_is_its_token(void **state) {
  (void)state;
  static const char *const spellings[] = {
      "global", "if", "else", "while", "return", "fun", "true", "false", "None", "+", "-", "*", "/", "<", ">", "<=",
      ">=",     "==", "=",    "!",     "&",      "|",   ".",    ",",     ";",    ":", "(", ")", "{", "}", "[", "]"};
  for (size_t i = 0; i < COUNT_OF(spellings); i++)
    assert_int_equal(token_of(spellings[i]).kind, MIT_TOKEN_GLOBAL + (int)i);
}

static void a_keyword_with_more_letters_is_a_name(void **state) {
  (void)state;
  assert_int_equal(token_of("iff").kind, MIT_TOKEN_NAME);
  assert_int_equal(token_of("none").kind, MIT_TOKEN_NAME);
  assert_int_equal(token_of("_if2").kind, MIT_TOKEN_NAME);
}

static void integers_wrap_and_may_have_leading_zeros(void **state) {
  (void)state;
  assert_int_equal(token_of("007").number, 7);
  assert_int_equal(token_of("2147483647").number, INT32_MAX);
  assert_int_equal(token_of("2147483648").number, INT32_MIN);
  assert_int_equal(token_of("4294967297").number, 1);
  assert_int_equal(token_of("100000000000000000000").number, 1661992960);
}

static void strings_decode_the_four_escapes_and_keep_other_bytes(void **state) {
  (void)state;
  struct arena arena = {0};
  struct mit_token token = token_of("\"a\\\"\\\\\\n\\t\n\xff\"");
  struct mit_bytes bytes = mitscript_scan_decode(&arena, &token);
  assert_int_equal(bytes.length, 7);
  assert_memory_equal(bytes.bytes, "a\"\\\n\t\n\xff", 7);
  struct text again = {0};
  mitscript_scan_encode(&again, bytes);
  assert_string_equal(again.bytes, "\"a\\\"\\\\\\n\\t\\n\xff\"");
  text_fini(&again);
  arena_fini(&arena);
}

static void the_listing_has_type_words_for_names_and_literals_only(void **state) {
  (void)state;
  expect_listing("x = fun(){\n return None;};\n\n\"a\\n\" 012 true if", "1 IDENTIFIER x\n1 =\n1 fun\n1 (\n1 )\n1 {\n"
                                                                        "2 return\n2 None\n2 ;\n2 }\n2 ;\n"
                                                                        "4 STRINGLITERAL \"a\\n\"\n4 INTLITERAL 012\n"
                                                                        "4 BOOLEANLITERAL true\n4 if\n");
}

static void comments_and_blanks_separate_tokens(void **state) {
  (void)state;
  expect_listing("", "");
  expect_listing("// all", "");
  expect_listing("a//b\nc\r\n\t\f/", "1 IDENTIFIER a\n2 IDENTIFIER c\n3 /\n");
  expect_listing("123abc", "1 INTLITERAL 123\n1 IDENTIFIER abc\n");
  expect_listing("<==>=", "1 <=\n1 =\n1 >=\n");
}

static void lines_are_counted_through_strings(void **state) {
  (void)state;
  expect_listing("\"a\nb\" x", "1 STRINGLITERAL \"a\nb\"\n2 IDENTIFIER x\n");
}

static void a_wrong_byte_is_named_and_shown(void **state) {
  (void)state;
  expect_refusal("x = $;", 6,
                 "t.mit:1:5: expected a word, a number, a string or an operator, found '$'\n  x = $;\n      ^");
  expect_refusal("\n\tx \xc3\xa9", 6,
                 "t.mit:2:4: expected a word, a number, a string or an operator, found byte 0xc3\n   x ??\n     ^");
  expect_refusal("a\0b", 3,
                 "t.mit:1:2: expected a word, a number, a string or an operator, found byte 0x00\n  a?b\n   ^");
}

static void a_wrong_escape_is_refused(void **state) {
  (void)state;
  expect_refusal("\"a\\w\"", 5, "t.mit:1:3: expected \\\", \\\\, \\n or \\t, found '\\w'\n  \"a\\w\"\n    ^");
}

static void an_unfinished_string_is_refused_at_its_beginning(void **state) {
  (void)state;
  const char *found = "t.mit:1:3: expected '\"' to end this string, found the end of the input\n    \"a\n    ^";
  expect_refusal("  \"a", 4, found);
  expect_refusal("  \"a\n\\", 6, found);
}

static void a_far_column_is_shown_with_what_surrounds_it(void **state) {
  (void)state;
  char line[1000];
  memset(line, 'a', sizeof(line));
  line[900] = '$';
  struct loam_source source = {"t.mit", line, sizeof(line), false};
  struct text out = {0};
  struct error err = {0};
  assert_int_equal(mitscript_scan_list(&source, &out, &err), LOAM_ERR_INPUT);
  const char *shown = strchr(err.text, '\n') + 1, *caret = strchr(shown, '\n') + 1;
  assert_int_equal(shown[strchr(caret, '^') - caret], '$');
  text_fini(&out);
}

static void a_long_name_is_cut_in_messages(void **state) {
  (void)state;
  char buffer[MIT_TOKEN_WORDS_MAX];
  struct mit_token token = token_of("a234567890123456789012345678901234567890123456789012345678901234567890");
  mitscript_scan_describe(&token, buffer);
  assert_string_equal(buffer, "name 'a234567890123456789012345678901234567890...'");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_spelling_is_its_token),
      cmocka_unit_test(a_keyword_with_more_letters_is_a_name),
      cmocka_unit_test(integers_wrap_and_may_have_leading_zeros),
      cmocka_unit_test(strings_decode_the_four_escapes_and_keep_other_bytes),
      cmocka_unit_test(the_listing_has_type_words_for_names_and_literals_only),
      cmocka_unit_test(comments_and_blanks_separate_tokens),
      cmocka_unit_test(lines_are_counted_through_strings),
      cmocka_unit_test(a_wrong_byte_is_named_and_shown),
      cmocka_unit_test(a_wrong_escape_is_refused),
      cmocka_unit_test(an_unfinished_string_is_refused_at_its_beginning),
      cmocka_unit_test(a_far_column_is_shown_with_what_surrounds_it),
      cmocka_unit_test(a_long_name_is_cut_in_messages),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
