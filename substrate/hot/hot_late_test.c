// SPDX-License-Identifier: MIT
//
// hot_late_test.c: which tests hot_late.c makes late, in small functions. Without LLVM's library the tests are skipped.
#define LOAM_HOT_MODULE
#include "hot/hot_late.h"

#include "hot/hot_marker_test.h"

static const char before[] = "declare void @hot_leave(ptr, ptr, ptr, ptr, i64, ptr)\n"
                             "declare void @use(i64)\n"
                             "define void @f(ptr %pc, ptr %sp, ptr %fp, ptr %th, i64 %tos, ptr %dispatch) {\n"
                             "entry:\n";
// A word that leaves when it is 34, and what implies that it is not.
#define FIRST "  %x = load i64, ptr %fp\n  %hole = icmp eq i64 %x, 34\n  br i1 %hole, label %first, label %on\non:\n"
#define SECOND(bits) \
  "  %low = and i64 %x, 255\n  %int = icmp eq i64 %low, " bits "\n  br i1 %int, label %good, label %second\n"
#define LEAVE(name, tos) \
  name ":\n  call void @hot_leave(ptr %pc, ptr %sp, ptr %fp, ptr %th, i64 " tos ", ptr %dispatch)\n  ret void\n"
#define GOOD "good:\n  call void @use(i64 %x)\n  ret void\n"

// LLVM must find nothing wrong behind the pass. The text stays.
static void run_on(const char *body) {
  struct marker_unit unit;
  fill_unit(&unit, before, body);
  hot_late_run(&unit.build);
  empty_build(&unit.build, true);
}

static void expect(const char *body, bool late) {
  run_on(body);
  bool is_late = strstr(text, "br label %on\n") != NULL;
  if (is_late != late) fail_msg("expected the first test %s, found:\n%s", late ? "late" : "where it was", text);
  assert_int_equal(count("%x, 34\n"), late ? 2 : 1); // the old one is not used any more
  assert_int_equal(count("label %first"), 1);
  l->LLVMDisposeMessage(text);
}

static void a_test_that_the_next_one_implies_is_made_where_that_fails(void **state) {
  (void)state;
  expect(FIRST SECOND("1") GOOD LEAVE("first", "1") LEAVE("second", "2"), true);
  expect(FIRST SECOND("34") GOOD LEAVE("first", "1") LEAVE("second", "2"), false);
}

static void bits_of_several_words_imply_it(void **state) {
  (void)state;
  static const char several[] = "  %or = or i64 %tos, %x\n  %low = and i64 %or, 3\n  %ref = icmp eq i64 %low, 0\n"
                                "  br i1 %ref, label %good, label %second\n";
  char body[1000];
  snprintf(body, sizeof body, "%s%s%s", FIRST, several, GOOD LEAVE("first", "1") LEAVE("second", "2"));
  expect(body, true);
}

static void what_is_seen_keeps_it_where_it_is(void **state) {
  (void)state;
#define END SECOND("1") GOOD LEAVE("first", "1") LEAVE("second", "2")
  expect(FIRST "  store i64 1, ptr %fp\n" END, false);
  expect(FIRST "  call void @use(i64 1)\n" END, false);
  expect(FIRST "  %d = udiv i64 %tos, %x\n" END, false);
  expect(FIRST "  %p = inttoptr i64 %x to ptr\n  %v = load i64, ptr %p\n" END, false);
  expect(FIRST "  %v = load i64, ptr %sp\n" END, true);
#undef END
}

// What fails in between makes up for the first test, too; joins on the ways out know where control came from.
static void all_ways_out_make_up_for_it(void **state) {
  (void)state;
  run_on(FIRST
         "  %y = load i64, ptr %sp\n  %big = icmp ugt i64 %y, 9\n  br i1 %big, label %join, label %then\nthen:\n"
         "  %low = and i64 %x, 255\n  %int = icmp eq i64 %low, 1\n  br i1 %int, label %good, label %join\n" GOOD
         "join:\n  %which = phi i64 [ 2, %on ], [ 3, %then ]\n"
         "  call void @hot_leave(ptr %pc, ptr %sp, ptr %fp, ptr %th, i64 %which, ptr %dispatch)\n  ret void\n" LEAVE(
             "first", "1"));
  assert_int_equal(count("%x, 34\n"), 3);
  assert_int_equal(count("label %first"), 2);
  assert_int_equal(count("phi i64 [ 2, "), 1);
  assert_int_equal(count("], [ 3, "), 1);
  l->LLVMDisposeMessage(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_test_that_the_next_one_implies_is_made_where_that_fails),
      cmocka_unit_test(bits_of_several_words_imply_it),
      cmocka_unit_test(what_is_seen_keeps_it_where_it_is),
      cmocka_unit_test(all_ways_out_make_up_for_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
