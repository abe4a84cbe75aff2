// SPDX-License-Identifier: MIT
//
// hot_forward_test.c: what hot_forward.c knows of slots, and what hot_fold.c makes of choices, in small functions.
// Without LLVM's library the tests are skipped.
#define LOAM_HOT_MODULE
#include "hot/hot_forward.h"

#include "hot/hot_marker_test.h"

static const char before[] = "declare void @use(i64)\ndeclare void @look(ptr)\n"
                             "define void @f(ptr %pc, ptr %sp, ptr %fp, ptr %th, i64 %tos, ptr %dispatch) {\n"
                             "entry:\n  %s = alloca i64\n";
#define USE(value) "  call void @use(i64 " value ")\n"
#define ASK(condition, yes, no) "  br i1 " condition ", label %" yes ", label %" no "\n"
#define END "  ret void\n"

// Sets `text`.
static void forward(const char *body) {
  struct marker_unit unit;
  fill_unit(&unit, before, body);
  assert_true(hot_forward_run(&unit.build));
  empty_build(&unit.build, true);
}

static void expect(const char *what, unsigned times) {
  if (count(what) != times) fail_msg("expected \"%s\" %u times, found:\n%s", what, times, text);
}

static void expect_one(const char *body, const char *what) {
  forward(body);
  expect(what, 1);
  l->LLVMDisposeMessage(text);
}

static void a_load_gets_what_was_stored_last(void **state) {
  (void)state;
  expect_one("  store i64 1, ptr %s\n  store i64 %tos, ptr %s\n  %x = load i64, ptr %s\n" USE("%x") END,
             "@use(i64 %tos)");
  expect_one("  store i64 7, ptr %s\n  br label %on\non:\n  %x = load i64, ptr %s\n" USE("%x") END, "@use(i64 7)");
  forward("  %x = load i64, ptr %s\n" USE("%x") "  %y = load i64, ptr %s\n" USE("%y") END);
  expect("load", 1);
  expect("@use(i64 %x)", 2);
  l->LLVMDisposeMessage(text);
}

static void a_slot_of_another_type_is_converted(void **state) {
  (void)state;
  expect_one("  store ptr %fp, ptr %s\n  %x = load i64, ptr %s\n" USE("%x") END, "ptrtoint ptr %fp to i64");
  expect_one("  store i64 %tos, ptr %s\n  %x = load ptr, ptr %s\n  call void @look(ptr %x)\n" END,
             "inttoptr i64 %tos to ptr");
}

static void who_may_write_it_makes_it_unknown(void **state) {
  (void)state;
  expect_one("  store i64 7, ptr %s\n  call void @look(ptr %s)\n  %x = load i64, ptr %s\n" USE("%x") END,
             "@use(i64 %x)");
  expect_one("  store i64 7, ptr %s\n  %c = icmp eq i64 %tos, 0\n" ASK(
                 "%c", "a", "b") "a:\n  store i64 8, ptr %s\n"
                                 "  br label %b\nb:\n  %x = load i64, ptr %s\n" USE("%x") END,
             "@use(i64 %x)");
  // Its address goes elsewhere.
  expect_one("  store i64 7, ptr %s\n  store ptr %s, ptr %fp\n  %x = load i64, ptr %s\n" USE("%x") END, "@use(i64 %x)");
  expect_one("  store i64 7, ptr %s\n  %p = getelementptr i64, ptr %s, i64 %tos\n  store i64 8, ptr %p\n"
             "  %x = load i64, ptr %s\n" USE("%x") END,
             "@use(i64 %x)");
}

static void what_one_way_stores_the_other_does_not_see(void **state) {
  (void)state;
  forward("  store i64 7, ptr %s\n  %c = icmp eq i64 %tos, 0\n" ASK(
      "%c", "a", "b") "a:\n  store i64 8, ptr %s\n"
                      "  %x = load i64, ptr %s\n" USE("%x") END "b:\n  %y = load i64, ptr %s\n" USE("%y") END);
  expect("@use(i64 8)", 1);
  expect("@use(i64 7)", 1);
  expect("alloca", 0); // nobody reads it
  expect("store", 0);
  l->LLVMDisposeMessage(text);
}

// A comparison as bodies make it: a word for each outcome, tested for being one of them, turned around, and branched
// on.
#define WORDS(value) \
  "  %m = and i64 " value ", -17\n  %is = icmp eq i64 %m, 10\n" ASK( \
      "%is", "fine", \
      "odd") "fine:\n  %not = xor i64 " value ", 16\n  %y = icmp eq i64 %not, 26\n  %n = icmp eq i64 %not, 10\n" \
             "  %o = select i1 %n, i32 0, i32 6\n  %p = select i1 %y, i32 1, i32 %o\n  %q = icmp ne i32 %p, 6\n" ASK( \
                 "%q", "known", "odd") "known:\n  %r = icmp eq i32 %p, 1\n" ASK("%r", "yes", "no") "odd:\n" USE("99") \
                 END "yes:\n" USE("1") END "no:\n" USE("2") END

static void choices_of_words_are_conditions(void **state) {
  (void)state;
  forward("  %c = icmp slt i64 %tos, 5\n  %w = select i1 %c, i64 26, i64 10\n" WORDS("%w"));
  expect("@use(i64 99)", 0);
  expect("br i1", 1);
  expect("select i1 %c, i1 false, i1 true", 1); // turned around
  expect("xor", 0);
  l->LLVMDisposeMessage(text);
  forward("  %c = icmp slt i64 %tos, 5\n  %w = select i1 %c, i64 10, i64 26\n" WORDS("%w"));
  expect("br i1 %c, label %yes, label %no", 1);
  expect("select", 0);
  l->LLVMDisposeMessage(text);
}

static void so_are_joins_of_words(void **state) {
  (void)state;
  forward("  %c = icmp slt i64 %tos, 5\n" ASK("%c", "a",
                                              "b") "a:\n  %d = icmp eq ptr %fp, %sp\n"
                                                   "  %v = select i1 %d, i64 26, i64 10\n  br label %b\n"
                                                   "b:\n  %w = phi i64 [ 26, %entry ], [ %v, %a ]\n" WORDS("%w"));
  expect("@use(i64 99)", 0);
  expect("phi i1 [ false, %entry ], [ %", 1);
  expect("phi", 1);
  expect("br i1", 2);
  l->LLVMDisposeMessage(text);
}

static void a_word_that_may_be_anything_is_tested(void **state) {
  (void)state;
  forward(WORDS("%tos"));
  expect("@use(i64 99)", 1);
  expect("br i1", 3);
  l->LLVMDisposeMessage(text);
}

static void bits_tell_that_words_differ(void **state) {
  (void)state;
  expect_one("  %x = or i64 %tos, 1\n  %c = icmp eq i64 %x, 4\n" ASK("%c", "a", "b") "a:\n" USE("1") END "b:\n" USE("2")
                 END,
             "call void @use(");
  expect_one("  %x = and i64 %tos, 3\n  %c = icmp ne i64 %x, 4\n" ASK("%c", "a", "b") "a:\n" USE("1") END
             "b:\n" USE("2") END,
             "call void @use(");
  forward("  %x = or i64 %tos, 1\n  %c = icmp eq i64 %x, 5\n" ASK("%c", "a", "b") "a:\n" USE("1") END "b:\n" USE("2")
              END);
  expect("call void @use(", 2);
  l->LLVMDisposeMessage(text);
}

// A way that is closed goes, with all that only it led to; a loop there loses what it uses of that.
static void what_nothing_leads_to_goes(void **state) {
  (void)state;
  forward("  store i64 1, ptr %s\n  %x = load i64, ptr %s\n  %c = icmp eq i64 %x, 1\n" ASK(
      "%c", "on",
      "off") "off:\n  %v = add i64 %tos, 1\n  %d = icmp eq i64 %v, 9\n" ASK("%d", "off2",
                                                                            "join") "off2:\n" USE("3") "  br label "
                                                                                                       "%join\non:\n  "
                                                                                                       "br label "
                                                                                                       "%join\n"
                                                                                                       "join:\n  %w = "
                                                                                                       "phi i64 [ 1, "
                                                                                                       "%on ], [ %v, "
                                                                                                       "%off ], [ 2, "
                                                                                                       "%off2 ]\n" USE(
                                                                                                           "%w") END);
  expect("@use(i64 1)", 1);
  expect("@use(i64 3)", 0);
  expect("br", 0);
  l->LLVMDisposeMessage(text);
  expect_one("  store i64 1, ptr %s\n  %x = load i64, ptr %s\n  %c = icmp eq i64 %x, 1\n" ASK(
                 "%c", "on", "off") "off:\n  %v = add i64 %tos, 1\n  br label %loop\n"
                                    "loop:\n" USE("%v") "  br label %loop\non:\n" USE("4") END,
             "@use(i64 4)");
}

// In such a loop a block may come before itself.
static void loops_that_nothing_leads_to_are_left_alone(void **state) {
  (void)state;
  expect_one(
      "  %cur = alloca i64\n  %prev = alloca i64\n" ASK(
          "false", "head",
          "on") "head:\n  %x = load i64, ptr %cur\n"
                "  %p = load i64, ptr %prev\n" USE("%p") "  %c = icmp eq i64 %x, %tos\n" ASK("%c", "a", "b") "a:\n" USE(
                    "1") "  br label %foot\nb:\n" USE("2") "  br label %foot\n"
                                                           "foot:\n  store i64 %x, ptr %prev\n  store i64 %tos, ptr "
                                                           "%cur\n  br label %head\non:\n" USE("4") END,
      "@use(i64 4)");
}

// The join that a slot was known to hold is made anew, without the way back.
static void a_loop_of_one_round_is_none(void **state) {
  (void)state;
  forward("  br label %head\nhead:\n  %p = phi i64 [ %tos, %entry ], [ 7, %head ]\n  store i64 %p, ptr %s\n" ASK(
      "false", "head", "on") "on:\n  %x = load i64, ptr %s\n" USE("%x") END);
  expect("phi i64 [ %tos, %entry ]", 1);
  expect("i64 7", 0);
  l->LLVMDisposeMessage(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_load_gets_what_was_stored_last),
      cmocka_unit_test(a_slot_of_another_type_is_converted),
      cmocka_unit_test(who_may_write_it_makes_it_unknown),
      cmocka_unit_test(what_one_way_stores_the_other_does_not_see),
      cmocka_unit_test(choices_of_words_are_conditions),
      cmocka_unit_test(so_are_joins_of_words),
      cmocka_unit_test(a_word_that_may_be_anything_is_tested),
      cmocka_unit_test(bits_tell_that_words_differ),
      cmocka_unit_test(what_nothing_leads_to_goes),
      cmocka_unit_test(loops_that_nothing_leads_to_are_left_alone),
      cmocka_unit_test(a_loop_of_one_round_is_none),
  };
  return cmocka_run_group_tests_name("hot_forward", tests, NULL, NULL);
}
