// SPDX-License-Identifier: MIT
//
// hot_outcome_test.c: whom hot_outcome.c sends where, in small functions. Without LLVM's library the tests are skipped.
#define LOAM_HOT_MODULE
#include "hot/hot_outcome.h"

#include "hot/hot_marker_test.h"

static const char before[] = "declare void @use(i64)\n"
                             "define void @f(ptr %pc, ptr %sp, ptr %fp, ptr %th, i64 %tos, ptr %dispatch) {\n"
                             "entry:\n";
// Two ways into a join; what the outcome is compared with.
#define WAYS(first, second) \
  "  %c = icmp eq i64 %tos, 1\n  br i1 %c, label %a, label %join\n" \
  "a:\n  store i64 1, ptr %fp\n  br label %join\n" \
  "join:\n  %x = phi i32 [ " first ", %entry ], [ " second ", %a ]\n"
#define TEST(is) "  %t = icmp " is "\n  br i1 %t, label %yes, label %no\n"
#define ENDS "yes:\n  call void @use(i64 1)\n  ret void\nno:\n  call void @use(i64 2)\n  ret void\n"

static void expect(const char *body, bool led, const char *branch, const char *jump) {
  struct marker_unit unit;
  fill_unit(&unit, before, body);
  hot_outcome_run(&unit.build);
  empty_build(&unit.build, true);
  if ((count("phi") == 0) != led) fail_msg("expected the join %s, found:\n%s", led ? "gone" : "there", text);
  if (led) assert_int_equal(count(branch) + count(jump), 2);
  l->LLVMDisposeMessage(text);
}

static void who_knows_the_outcome_goes_on_at_once(void **state) {
  (void)state;
  expect(WAYS("6", "0") TEST("ne i32 %x, 6") ENDS, true, "label %a, label %no", "br label %yes");
  expect(WAYS("6", "0") TEST("eq i32 %x, 6") ENDS, true, "label %a, label %yes", "br label %no");
  expect(WAYS("0", "1") TEST("ne i32 %x, 6") ENDS, true, "label %a, label %yes", "br label %yes");
}

static void what_is_not_known_or_seen_elsewhere_stays(void **state) {
  (void)state;
  expect("  %y = trunc i64 %tos to i32\n" WAYS("6", "%y") TEST("ne i32 %x, 6") ENDS, false, "", "");
  expect(WAYS("6", "0") "  store i64 2, ptr %fp\n" TEST("ne i32 %x, 6") ENDS, false, "", "");
  expect(WAYS("6", "0") TEST("ne i32 %x, 6") "yes:\n  %w = zext i32 %x to i64\n  call void @use(i64 %w)\n  ret void\n"
                                             "no:\n  ret void\n",
         false, "", "");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(who_knows_the_outcome_goes_on_at_once),
      cmocka_unit_test(what_is_not_known_or_seen_elsewhere_stays),
  };
  return cmocka_run_group_tests_name("hot_outcome", tests, NULL, NULL);
}
