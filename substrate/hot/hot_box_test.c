// SPDX-License-Identifier: MIT
//
// hot_box_test.c: what hot_box.c makes of small functions with markers: which objects are made, what is tested for
// room, what code that leaves notes. Boxes have header 700, or 711 with a type, by which allocations are found in the
// text that comes out. Without LLVM's library the tests are skipped.
#define LOAM_HOT_MODULE
#include "hot/hot_box.h"

#include "hot/hot_marker_test.h"
#include "thread/thread.h"

static const char before[] = "declare i64 @op_marker_box(ptr, i64, i64, i64)\n"
                             "declare i64 @op_marker_new(ptr, i64, i64)\n"
                             "declare i1 @op_marker_fits(i64)\n"
                             "declare i64 @op_marker_made(i64)\n"
                             "declare i64 @op_marker_unbox(i64, i64)\n"
                             "declare i1 @op_marker_is_box(i64, i64, i64, i64)\n"
                             "declare void @op_marker_leaving()\n"
                             "declare void @hot_leave(ptr, ptr, ptr, ptr, i64, ptr)\n"
                             "declare void @use(i64)\n"
                             "define void @f(ptr %pc, ptr %sp, ptr %fp, ptr %th, i64 %tos, ptr %dispatch) {\n"
                             "entry:\n"
                             "  %c = icmp eq i64 %tos, 1\n"
                             "  %w0 = getelementptr i64, ptr %fp, i64 0\n"
                             "  %w1 = getelementptr i64, ptr %fp, i64 1\n";
// Box n of a word, in its steps; then the block onN.
#define NAME_BOX_OF(n, header, type, word) \
  "  %b" #n " = call i64 @op_marker_box(ptr %th, i64 " header ", i64 " type ", i64 " word ")\n"
#define NAME_BOX(n, word) NAME_BOX_OF(n, "700", "0", word)
#define TEST_BOX(n) \
  "  %f" #n " = call i1 @op_marker_fits(i64 %b" #n ")\n  br i1 %f" #n ", label %on" #n ", label %full\n"
#define MADE(n) "  %m" #n " = call i64 @op_marker_made(i64 %b" #n ")\n"
#define BOX(n, word) NAME_BOX(n, word) TEST_BOX(n) "on" #n ":\n" MADE(n)
#define BOX_TYPED(n, type, word) NAME_BOX_OF(n, "711", type, word) TEST_BOX(n) "on" #n ":\n" MADE(n)
#define UNBOX(n, of) "  %u" #n " = call i64 @op_marker_unbox(i64 " of ", i64 0)\n"
#define UNBOX_TYPED(n, of) "  %u" #n " = call i64 @op_marker_unbox(i64 " of ", i64 1)\n"
#define IS_BOX(n, of, type) "  %i" #n " = call i1 @op_marker_is_box(i64 " of ", i64 1, i64 711, i64 " type ")\n"
#define LEAVING "  call void @op_marker_leaving()\n"
#define LEAVE(tos) \
  "  call void @hot_leave(ptr %pc, ptr %sp, ptr %fp, ptr %th, i64 " tos ", ptr %dispatch)\n  ret void\n"
#define FULL "full:\n" LEAVING LEAVE("0")

static enum loam_status make_box(struct mutator *th, uint64_t header, uint64_t type, uint64_t word, struct value *out) {
  (void)th, (void)header, (void)type, (void)word, (void)out;
  return THROWN;
}

// Runs the pass on the function; `wide`: it leaves with too many words. LLVM must find nothing wrong afterwards.
static bool run_on(const char *body, bool wide) {
  struct error err = {0};
  if (!(l = hot_llvm_open_machine(&err))) skip();
  static const struct loam_guest guest = {.make_box = make_box};
  struct hot_compiler compiler = {.guest = &guest, .llvm = l, .context = l->LLVMContextCreate()};
  struct hot_plan plan = {0};
  struct hot_build build = {.compiler = &compiler, .l = l, .plan = &plan};
  fill_build(&build, before, body);
  struct hot_entry entry = {.function = l->LLVMGetNamedFunction(build.module, "f"),
                            .words_left = wide ? THREAD_UNBOXED_MAX + 1 : 0};
  build.entries = &entry;
  bool good = hot_box_run(&build);
  empty_build(&build, good);
  return good;
}

// How many objects are made, how often room is tested for, and what is noted.
static void expect_in(const char *body, bool wide, unsigned objects, unsigned tests, unsigned notes) {
  assert_true(run_on(body, wide));
  bool same = count("store i64 700") + count("store i64 711") == objects && count("icmp ule") == tests &&
              count("call void @hot_note_unboxed(ptr %th") == notes && count("call i64 @op_marker") == 0;
  if (!same) fail_msg("expected %u objects, %u tests, %u notes, found:\n%s", objects, tests, notes, text);
  l->LLVMDisposeMessage(text);
}
#define EXPECT(objects, tests, notes, ...) expect_in(__VA_ARGS__, false, objects, tests, notes)

static void a_box_whose_word_alone_is_used_is_not_made(void **state) {
  (void)state;
  EXPECT(0, 0, 0, BOX(1, "%tos") UNBOX(1, "%m1") "  store i64 %u1, ptr %w0\n  ret void\n" FULL);
}

static void an_object_that_somebody_uses_is_made_once(void **state) {
  (void)state;
  EXPECT(1, 1, 0,
         BOX(1, "%tos") UNBOX(1, "%m1") "  store i64 %m1, ptr %w0\n  call void @use(i64 %u1)\n  ret void\n" FULL);
  EXPECT(1, 1, 0, BOX(1, "%tos") "  %p = inttoptr i64 %m1 to ptr\n  store i64 5, ptr %p\n  ret void\n" FULL);
}

// A loop's variable, begun with one box and gone on with another.
#define LOOP(first) \
  "  br label %head\n" \
  "head:\n  %j = phi i64 [ " first ", %on1 ], [ %m2, %on2 ]\n" UNBOX(1, "%j") \
      BOX(2, "%u1") "  br i1 %c, label %head, label %end\n" \
                    "end:\n" UNBOX(2, "%j") "  store i64 %u2, ptr %w0\n"

static void words_pass_through_joins_of_boxes(void **state) {
  (void)state;
  EXPECT(0, 0, 0, BOX(1, "%tos") LOOP("%m1") "  ret void\n" FULL);
  EXPECT(0, 0, 0, BOX(1, "%tos") LOOP("undef") "  ret void\n" FULL);
}

static void a_join_with_something_else_wants_its_boxes_and_one_that_is_used_a_box(void **state) {
  (void)state;
  EXPECT(1, 1, 0, BOX(1, "%tos") LOOP("%tos") "  ret void\n" FULL); // box 2
  EXPECT(1, 2, 0, BOX(1, "%tos") LOOP("%m1") "  call void @use(i64 %j)\n  ret void\n" FULL);
}

static void code_that_leaves_stores_words_and_notes_where(void **state) {
  (void)state;
  EXPECT(0, 0, 2,
         BOX(1, "%tos") BOX(2, "7") "  br i1 %c, label %out, label %end\nend:\n  ret void\nout:\n" LEAVING
                                    "  store i64 %m1, ptr %w1\n" LEAVE("%m2") FULL);
  // Nothing else that stands there is publishing.
  EXPECT(1, 1, 0, BOX(1, "%tos") "  br label %out\nout:\n" LEAVING "  call void @use(i64 %m1)\n" LEAVE("0") FULL);
  EXPECT(1, 1, 0,
         BOX(1, "%tos") "  br label %out\nout:\n" LEAVING
                        "  %p = inttoptr i64 %m1 to ptr\n  store i64 1, ptr %p\n" LEAVE("0") FULL);
}

// Two places leave through one exit, which stores what they bring.
#define SHARED_EXIT(second) \
  BOX(1, "%tos") \
  "  br i1 %c, label %out1, label %go\ngo:\n" BOX( \
      2, "%tos") "  br label %out2\n" \
                 "out1:\n" LEAVING "  br label %exit\n" \
                 "out2:\n" second "  br label %exit\n" \
                 "exit:\n  %j = phi i64 [ %m1, %out1 ], [ %m2, %out2 ]\n  store i64 %j, ptr %w1\n" LEAVE("%j") FULL

static void each_place_that_leaves_notes_what_it_brings_to_a_shared_exit(void **state) {
  (void)state;
  EXPECT(0, 0, 4, SHARED_EXIT(LEAVING));
  EXPECT(1, 1, 2, SHARED_EXIT("")); // nothing can be noted in out2: it does not leave for sure
}

static void a_function_that_leaves_with_too_many_words_makes_its_boxes(void **state) {
  (void)state;
  expect_in(SHARED_EXIT(LEAVING), true, 2, 2, 0);
  expect_in(BOX(1, "%tos") UNBOX(1, "%m1") "  store i64 %u1, ptr %w0\n  ret void\n" FULL, true, 1, 1, 0);
}

static void boxes_of_one_type_pass_through_joins_and_no_others(void **state) {
  (void)state;
#define MIXED(first, second, end) \
  first "  br label %head\nhead:\n  %j = phi i64 [ %m1, %on1 ], [ %m2, %on2 ]\n" UNBOX_TYPED(1, "%j") second \
      "  br i1 %c, label %head, label %end\nend:\n" end FULL
  EXPECT(0, 0, 0, MIXED(BOX_TYPED(1, "5", "%tos"), BOX_TYPED(2, "5", "%u1"), "  ret void\n"));
  EXPECT(2, 2, 0, MIXED(BOX_TYPED(1, "5", "%tos"), BOX_TYPED(2, "6", "%u1"), "  ret void\n"));
  EXPECT(2, 2, 0, MIXED(BOX(1, "%tos"), BOX_TYPED(2, "6", "%u1"), "  ret void\n"));
  // What leaves as a word comes with its header and type.
  assert_true(run_on(BOX_TYPED(1, "5", "%tos") "  br label %out\nout:\n" LEAVING LEAVE("%m1") FULL, false));
  assert_non_null(strstr(text, "@hot_note_unboxed(ptr %th, ptr null, i64 711, i64 5, i64 "));
  l->LLVMDisposeMessage(text);
}

static void a_typed_object_has_its_word_behind_its_type(void **state) {
  (void)state;
  EXPECT(1, 1, 0, BOX_TYPED(1, "5", "%tos") "  store i64 %m1, ptr %w0\n  ret void\n" FULL);
  assert_true(run_on(BOX_TYPED(1, "5", "77") "  store i64 %m1, ptr %w0\n  ret void\n" FULL, false));
  const char *type = strstr(text, "store i64 5,"), *word = strstr(text, "store i64 77,");
  assert_true(type && word && strstr(text, ", 24") && strstr(text, ", 16") == NULL);
  l->LLVMDisposeMessage(text);
  assert_true(run_on(UNBOX_TYPED(1, "%tos") "  store i64 %u1, ptr %w0\n  ret void\n", false));
  assert_non_null(strstr(text, "add i64 %tos, 8"));
  l->LLVMDisposeMessage(text);
}

static void whether_something_is_a_box_is_known_of_boxes_and_tested_of_others(void **state) {
  (void)state;
#define KEEP(n) "  %k" #n " = zext i1 %i" #n " to i64\n  store i64 %k" #n ", ptr %w" #n "\n"
  assert_true(run_on(BOX_TYPED(1, "5", "%tos") IS_BOX(0, "%m1", "5") IS_BOX(1, "%m1", "6") KEEP(0)
                         KEEP(1) "  ret void\n" FULL,
                     false));
  assert_int_equal(count("store i64 711"), 0);
  assert_int_equal(count("zext i1 true"), 1);
  assert_int_equal(count("zext i1 false"), 1);
  l->LLVMDisposeMessage(text);
  assert_true(run_on(IS_BOX(0, "%tos", "5") KEEP(0) "  ret void\n", false));
  assert_int_equal(count("select"), 2);
  assert_int_equal(count("icmp eq i64 %"), 4 + 1); // nothing, a bit of no reference, header, type; `before` has one
  l->LLVMDisposeMessage(text);
}

// LLVM may move `made` down to its user, behind the test of the next box: one room for two objects.
static void an_object_is_made_before_the_room_for_the_next_one_is_tested(void **state) {
  (void)state;
  assert_true(run_on(NAME_BOX(1, "%tos") TEST_BOX(1) "on1:\n" NAME_BOX_OF(2, "702", "0", "7") TEST_BOX(2) "on2:\n" MADE(
                         1) MADE(2) "  store i64 %m1, ptr %w0\n  store i64 %m2, ptr %w1\n  ret void\n" FULL,
                     false));
  const char *first = strstr(text, "store i64 700"), *test = strstr(text, "icmp ule");
  assert_non_null(first);
  assert_non_null(test = strstr(test + 1, "icmp ule"));
  assert_true(first < test);
  assert_non_null(strstr(test, "store i64 702"));
  l->LLVMDisposeMessage(text);
}

static void boxes_that_were_merged_are_refused(void **state) {
  (void)state;
  assert_false(run_on(NAME_BOX(1, "%tos") NAME_BOX(2, "7") "  br i1 %c, label %on, label %full\n"
                                                           "on:\n  %b = phi i64 [ %b1, %entry ], [ %b2, %on ]\n"
                                                           "  %m = call i64 @op_marker_made(i64 %b)\n"
                                                           "  br i1 %c, label %on, label %end\n"
                                                           "end:\n  store i64 %m, ptr %w0\n  ret void\n" FULL,
                      false));
  l->LLVMDisposeMessage(text);
}

// LLVM leaves it behind where what it was for is gone.
static void a_join_of_names_that_nothing_uses_is_no_box(void **state) {
  (void)state;
  EXPECT(1, 1, 0,
         BOX(1, "%tos") BOX(2, "7") "  br i1 %c, label %end, label %other\nother:\n  br label %end\n"
                                    "end:\n  %n = phi i64 [ %b1, %on2 ], [ %b2, %other ]\n"
                                    "  store i64 %m1, ptr %w0\n  ret void\n" FULL);
}

// ---- sites: joins that make an object ------------------------------------------------------------------------------

// A loop as above, and what its last one is joined to behind it.
#define SUM(last) \
  NAME_BOX(1, "%tos") \
  TEST_BOX(1) \
  "on1:\n" MADE(1) "  br label %head\n" \
                   "head:\n  %j = phi i64 [ %m1, %on1 ], [ %m2, %on2 ]\n" UNBOX(1, "%j") NAME_BOX(2, "%u1") \
                       TEST_BOX(2) "on2:\n" MADE(2) "  br i1 %c, label %head, label %end\n" \
                                                    "end:\n  %x = phi i64 [ " last ", %on2 ]\n"

// The first object stands behind a label.
static void expect_behind(const char *label) {
  const char *at = strstr(text, label), *object = strstr(text, "store i64 700");
  assert_non_null(at);
  assert_non_null(object);
  assert_true(at < object);
}

static void what_follows_a_loop_makes_its_last_box(void **state) {
  (void)state;
  assert_true(run_on(SUM("%m2") "  call void @use(i64 %x)\n  ret void\n" FULL, false));
  expect_behind("\nend:");
  l->LLVMDisposeMessage(text);
  EXPECT(1, 1, 0, SUM("%m2") "  call void @use(i64 %x)\n  ret void\n" FULL); // the loop's box alone comes here
  EXPECT(1, 2, 0, SUM("%j") "  call void @use(i64 %x)\n  ret void\n" FULL);  // both do
  EXPECT(1, 1, 0, SUM("%m2") UNBOX(3, "%x") "  store i64 %u3, ptr %w0\n  store i64 %x, ptr %w1\n  ret void\n" FULL);
}

static void tests_find_room_for_what_sites_make(void **state) {
  (void)state;
  assert_true(run_on(SUM("%m2") "  call void @use(i64 %x)\n  ret void\n" FULL, false));
  assert_int_equal(count(", 32\n"), 1); // its own object's and the site's
  l->LLVMDisposeMessage(text);
}

static void a_box_that_is_made_anyway_is_passed_on(void **state) {
  (void)state;
  EXPECT(1, 1, 0,
         NAME_BOX(1, "%tos") TEST_BOX(1) "on1:\n" MADE(
             1) "  call void @use(i64 %m1)\n  br label %end\n"
                "end:\n  %x = phi i64 [ %m1, %on1 ]\n  call void @use(i64 %x)\n  ret void\n" FULL);
}

// A box goes round, seldom changes, and is used in each round.
static void no_site_is_passed_twice_without_a_test(void **state) {
  (void)state;
  static const char seldom[] = NAME_BOX(1, "%tos") TEST_BOX(1) "on1:\n" MADE(
      1) "  br label %head\n"
         "head:\n  %j = phi i64 [ %m1, %on1 ], [ %x, %end ]\n"
         "  br i1 %c, label %change, label %end\n"
         "change:\n" NAME_BOX(2, "7") TEST_BOX(2) "on2:\n" MADE(2) "  br label %end\n"
                                                                   "end:\n  %x = phi i64 [ %j, %head ], [ %m2, %on2 ]\n"
                                                                   "  call void @use(i64 %x)\n  br label %head\n" FULL;
  EXPECT(2, 2, 0, seldom);
}

static void what_comes_to_a_place_that_leaves_is_joined_there(void **state) {
  (void)state;
  EXPECT(0, 0, 2, SUM("%m2") LEAVING "  store i64 %x, ptr %w1\n" LEAVE("%x") FULL);
}

static void other_objects_have_room_tested_for_too(void **state) {
  (void)state;
  assert_true(run_on("  %b1 = call i64 @op_marker_new(ptr %th, i64 700, i64 3)\n" TEST_BOX(1) "on1:\n" MADE(
                         1) "  %p = inttoptr i64 %m1 to ptr\n  store i64 5, ptr %p\n  ret void\n" FULL,
                     false));
  assert_int_equal(count("store i64 700"), 1);
  assert_int_equal(count(", 32\n"), 2); // tested for and taken
  assert_int_equal(count("call i64 @op_marker"), 0);
  l->LLVMDisposeMessage(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_box_whose_word_alone_is_used_is_not_made),
      cmocka_unit_test(an_object_that_somebody_uses_is_made_once),
      cmocka_unit_test(words_pass_through_joins_of_boxes),
      cmocka_unit_test(a_join_with_something_else_wants_its_boxes_and_one_that_is_used_a_box),
      cmocka_unit_test(code_that_leaves_stores_words_and_notes_where),
      cmocka_unit_test(each_place_that_leaves_notes_what_it_brings_to_a_shared_exit),
      cmocka_unit_test(a_function_that_leaves_with_too_many_words_makes_its_boxes),
      cmocka_unit_test(boxes_of_one_type_pass_through_joins_and_no_others),
      cmocka_unit_test(a_typed_object_has_its_word_behind_its_type),
      cmocka_unit_test(whether_something_is_a_box_is_known_of_boxes_and_tested_of_others),
      cmocka_unit_test(an_object_is_made_before_the_room_for_the_next_one_is_tested),
      cmocka_unit_test(boxes_that_were_merged_are_refused),
      cmocka_unit_test(a_join_of_names_that_nothing_uses_is_no_box),
      cmocka_unit_test(what_follows_a_loop_makes_its_last_box),
      cmocka_unit_test(tests_find_room_for_what_sites_make),
      cmocka_unit_test(a_box_that_is_made_anyway_is_passed_on),
      cmocka_unit_test(no_site_is_passed_twice_without_a_test),
      cmocka_unit_test(what_comes_to_a_place_that_leaves_is_joined_there),
      cmocka_unit_test(other_objects_have_room_tested_for_too),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
