// SPDX-License-Identifier: MIT
//
// hot_scalar_test.c: which objects hot_scalar.c makes variables of, in small functions with markers, and what code that
// leaves writes of them. Objects have header 700 and two words. Without LLVM's library the tests are skipped.
#define LOAM_HOT_MODULE
#include "hot/hot_scalar.h"

#include "hot/hot_marker_test.h"
#include "thread/thread.h"

static const char before[] = "declare i64 @op_marker_new(ptr, i64, i64)\n"
                             "declare i1 @op_marker_fits(i64)\n"
                             "declare i64 @op_marker_made(i64)\n"
                             "declare void @op_marker_leaving()\n"
                             "declare void @hot_leave(ptr, ptr, ptr, ptr, i64, ptr)\n"
                             "declare void @heap_remember(ptr, i64)\n"
                             "declare void @use(i64)\n"
                             "define void @f(ptr %pc, ptr %sp, ptr %fp, ptr %th, i64 %tos, ptr %dispatch) {\n"
                             "entry:\n"
                             "  %c = icmp eq i64 %tos, 1\n"
                             "  %w0 = getelementptr i64, ptr %fp, i64 0\n"
                             "  %w1 = getelementptr i64, ptr %fp, i64 1\n";
// Object n of two words, and the block onN; p and q are the addresses of its words.
#define OBJECT(n, first, second) \
  "  %b" #n " = call i64 @op_marker_new(ptr %th, i64 700, i64 2)\n  %f" #n " = call i1 @op_marker_fits(i64 %b" #n \
  ")\n  br i1 %f" #n ", label %on" #n ", label %full\non" #n ":\n  %m" #n " = call i64 @op_marker_made(i64 %b" #n \
  ")\n  %p" #n " = inttoptr i64 %m" #n " to ptr\n  store i64 " first ", ptr %p" #n "\n  %q" #n \
  " = getelementptr i8, ptr %p" #n ", i64 8\n  store i64 " second ", ptr %q" #n "\n"
#define GET(n) "  %v" #n " = load i64, ptr %q" #n "\n  store i64 %v" #n ", ptr %w0\n"
#define LEAVE(tos) \
  "  call void @hot_leave(ptr %pc, ptr %sp, ptr %fp, ptr %th, i64 " tos ", ptr %dispatch)\n  ret void\n"
#define FULL "full:\n  call void @op_marker_leaving()\n" LEAVE("0")
#define RETURN "  ret void\n"

// Runs the pass; LLVM must find nothing wrong afterwards. The result: whether it wants to be run again.
static bool run_on(const char *body) {
  struct marker_unit unit;
  fill_unit(&unit, before, body);
  bool again;
  bool changed = hot_scalar_run(&unit.build, &again);
  empty_build(&unit.build, true);
  assert_int_equal(changed, unit.entry.unmade_count != 0);
  assert_int_equal(unit.entry.unmade_words, unit.entry.unmade_count * 3);
  return again;
}

// How many objects become variables, how many are still made, and how many are written by code that leaves.
static bool expect_in(const char *body, unsigned variables, unsigned made, unsigned fills) {
  bool again = run_on(body);
  char flag[32];
  snprintf(flag, sizeof flag, "i64 %zu\n", offsetof(struct thread, has_unmade));
  bool same = count(" = alloca ") == variables && count(" = call i64 @op_marker_made") == made && count(flag) == fills;
  if (!same) fail_msg("expected %u variables, %u objects, %u fills, found:\n%s", variables, made, fills, text);
  l->LLVMDisposeMessage(text);
  return again;
}
#define EXPECT(variables, made, fills, ...) assert_false(expect_in(__VA_ARGS__, variables, made, fills))

static void what_is_only_taken_apart_is_a_variable(void **state) {
  (void)state;
  EXPECT(1, 0, 0, OBJECT(1, "%tos", "5") GET(1) RETURN FULL);
  EXPECT(1, 0, 0,
         OBJECT(1, "%tos", "5") "  %h = getelementptr i8, ptr %p1, i64 -8\n  store i64 701, ptr %h\n"
                                "  %a = and i64 %m1, 7\n  %t = trunc i64 %m1 to i32\n  %i = icmp eq i32 %t, 1\n"
                                "  call void @heap_remember(ptr %th, i64 %m1)\n" GET(1) RETURN FULL);
}

static void what_others_see_is_made(void **state) {
  (void)state;
  EXPECT(0, 1, 0, OBJECT(1, "%tos", "5") GET(1) "  store i64 %m1, ptr %w1\n" RETURN FULL);
  EXPECT(0, 1, 0, OBJECT(1, "%tos", "5") GET(1) "  call void @use(i64 %m1)\n" RETURN FULL);
  EXPECT(0, 1, 0, OBJECT(1, "%tos", "5") "  %s = shl i64 %m1, 3\n  store i64 %s, ptr %w0\n" RETURN FULL);
  EXPECT(0, 1, 0,
         OBJECT(1, "%tos", "5") "  %r = getelementptr i8, ptr %p1, i64 16\n  store i64 1, ptr %r\n" RETURN FULL);
  EXPECT(0, 1, 0,
         OBJECT(1, "%tos", "5") "  %r = getelementptr i64, ptr %p1, i64 %tos\n  store i64 1, ptr %r\n" RETURN FULL);
}

static void what_joins_another_value_is_made(void **state) {
  (void)state;
  EXPECT(0, 1, 0,
         OBJECT(1, "%tos", "5") "  br i1 %c, label %a, label %b\na:\n  br label %b\n"
                                "b:\n  %j = phi i64 [ %m1, %on1 ], [ 2, %a ]\n  store i64 %j, ptr %w0\n" RETURN FULL);
}

// What leaves with an object writes it once, whatever has it, in a place of its own.
static void code_that_leaves_writes_what_it_has(void **state) {
  (void)state;
  EXPECT(1, 0, 1,
         OBJECT(1, "%tos", "5") "  br i1 %c, label %out, label %on\nout:\n  call void @op_marker_leaving()\n"
                                "  store i64 %m1, ptr %w0\n  store i64 %m1, ptr %w1\n" LEAVE("%m1") "on:\n" GET(1)
                                    RETURN FULL);
  EXPECT(2, 0, 2,
         OBJECT(1, "%tos", "5") OBJECT(
             2, "%tos", "6") "  br i1 %c, label %out, label %on\nout:\n"
                             "  call void @op_marker_leaving()\n  store i64 %m1, ptr %w0\n" LEAVE("%m2") "on:\n" GET(1)
                                 RETURN FULL);
  EXPECT(1, 0, 1, // both blocks on the way out have it
         OBJECT(1, "%tos", "5") "  br i1 %c, label %out, label %on\nout:\n  call void @op_marker_leaving()\n"
                                "  store i64 %m1, ptr %w0\n  br label %end\nend:\n  store i64 %m1, ptr %w1\n" LEAVE(
                                    "0") "on:\n" GET(1) RETURN FULL);
}

static void where_leaving_places_meet_each_writes_its_own(void **state) {
  (void)state;
  EXPECT(1, 0, 1,
         OBJECT(1, "%tos", "5") "  br i1 %c, label %out, label %on\nout:\n  call void @op_marker_leaving()\n"
                                "  br label %end\non:\n" GET(
                                    1) "  br i1 %c, label %out2, label %back\nout2:\n"
                                       "  call void @op_marker_leaving()\n  br label %end\nback:\n  ret void\n"
                                       "end:\n  %j = phi i64 [ %m1, %out ], [ 1, %out2 ]\n" LEAVE("%j") FULL);
}

static void what_is_in_another_object_goes_in_the_next_round(void **state) {
  (void)state;
  assert_true(expect_in(OBJECT(1, "%tos", "5") OBJECT(2, "%m1", "6") GET(2) RETURN FULL, 1, 1, 0));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_only_taken_apart_is_a_variable),
      cmocka_unit_test(what_others_see_is_made),
      cmocka_unit_test(what_joins_another_value_is_made),
      cmocka_unit_test(code_that_leaves_writes_what_it_has),
      cmocka_unit_test(where_leaving_places_meet_each_writes_its_own),
      cmocka_unit_test(what_is_in_another_object_goes_in_the_next_round),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
