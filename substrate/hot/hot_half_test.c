// SPDX-License-Identifier: MIT
//
// hot_half_test.c: which words hot_half.c computes with as their upper halves, in small functions, and that what comes
// out is the same: words are made of constants, and LLVM computes what is stored. Without its library the tests are
// skipped.
#define LOAM_HOT_MODULE
#include "hot/hot_half.h"

#include "hot/hot_marker_test.h"

#include <stdlib.h>

static const char before[] = "declare void @use(i64)\n"
                             "define void @f(ptr %pc, ptr %sp, ptr %fp, ptr %th, i64 %tos, ptr %dispatch) {\n"
                             "entry:\n"
                             "  %c = icmp eq i64 %tos, 7\n";

// The text stays.
static void run_on(const char *body) {
  struct marker_unit unit;
  fill_unit(&unit, before, body);
  hot_half_run(&unit.build);
  assert_false(unit.plan.failed);
  empty_build(&unit.build, true);
}

static void expect(const char *what, unsigned times) {
  if (count(what) != times) fail_msg("expected '%s' %u times, found:\n%s", what, times, text);
}

// A counter that starts as a word, a loop that tests it and leaves with it, and what follows the loop.
#define LOOP(start, step, end) \
  "  br label %loop\n" \
  "loop:\n  %j = phi i64 [ " start ", %entry ], [ %next, %on ]\n" \
  "  %low = and i64 %j, 4294967295\n  %int = icmp eq i64 %low, 1\n  br i1 %int, label %on, label %leave\n" \
  "on:\n  %next = add i64 %j, " step "\n  %index = lshr i64 %j, 32\n" \
  "  %p = getelementptr i64, ptr %sp, i64 %index\n  store i64 0, ptr %p\n" \
  "  %more = icmp slt i64 %next, " end "\n  br i1 %more, label %loop, label %done\n" \
  "done:\n  ret void\n" \
  "leave:\n  store i64 %j, ptr %fp\n  ret void\n"
#define ONE "1"
#define STEP "4294967296"   // 1 above
#define END "4294967296001" // 1000 above, 1 below

static void a_loop_counts_in_32_bits(void **state) {
  (void)state;
  run_on(LOOP(ONE, STEP, END));
  expect("phi i32", 1);
  expect("phi i64", 0);
  expect("lshr", 0);
  expect("icmp slt i32 %", 1);
  expect("icmp eq i64 1, 1", 1); // the test
  expect("shl i64", 1);          // where it leaves
  assert_true(strstr(text, "shl i64") > strstr(text, "leave:"));
  l->LLVMDisposeMessage(text);
}

static void what_has_no_fixed_lower_half_stays(void **state) {
  (void)state;
  run_on(LOOP(ONE, "4294967297", END));
  expect("phi i64", 1);
  l->LLVMDisposeMessage(text);
  run_on(LOOP("%tos", STEP, END));
  expect("phi i64", 1);
  l->LLVMDisposeMessage(text);
}

// %x and %n are loaded, and the loop is entered when a test finds 1 in both lower halves.
#define TESTED(joined, yes, no) \
  "  %x = load i64, ptr %sp\n  %n = load i64, ptr %th\n" \
  "  %xl = and i64 %x, 4294967295\n  %xi = icmp eq i64 %xl, 1\n  %nl = trunc i64 %n to i32\n  %ni = icmp eq i32 %nl, " \
  "1\n" \
  "  %both = " joined "\n  br i1 %both, label %" yes ", label %" no "\n" \
  "start:\n  br label %loop\nother:\n  ret void\n" \
  "loop:\n  %j = phi i64 [ %x, %start ], [ %next, %loop ]\n  %next = add i64 %j, 4294967296\n" \
  "  %more = icmp sge i64 %n, %next\n  br i1 %more, label %loop, label %other\n"

static void what_was_tested_is_known(void **state) {
  (void)state;
  static const char *const bodies[] = {TESTED("and i1 %xi, %ni", "start", "other"),
                                       TESTED("select i1 %xi, i1 %ni, i1 false", "start", "other")};
  for (unsigned i = 0; i < COUNT_OF(bodies); i++) {
    run_on(bodies[i]);
    expect("phi i32", 1);
    expect("icmp sge i32", 1);
    l->LLVMDisposeMessage(text);
  }
  run_on(TESTED("or i1 %xi, %ni", "start", "other"));
  expect("phi i64", 1);
  l->LLVMDisposeMessage(text);
  run_on(TESTED("and i1 %xi, %ni", "other", "start"));
  expect("phi i64", 1);
  l->LLVMDisposeMessage(text);
}

static void what_is_loaded_and_passed_on_stays_a_word(void **state) {
  (void)state;
  run_on("  %x = load i64, ptr %sp\n  %xl = and i64 %x, 4294967295\n  %xi = icmp eq i64 %xl, 1\n"
         "  br i1 %xi, label %on, label %join\non:\n  br label %join\n"
         "join:\n  %j = phi i64 [ 1, %entry ], [ %x, %on ]\n  store i64 %j, ptr %fp\n  ret void\n");
  expect("phi i64", 1);
  l->LLVMDisposeMessage(text);
}

// Two ways of one branch lead to a join of words.
static void a_word_is_made_once_for_all_ways_of_a_branch(void **state) {
  (void)state;
  run_on("  %s = shl i64 %tos, 32\n  br i1 %c, label %a, label %b\na:\n  br label %b\n"
         "b:\n  %x = phi i64 [ %s, %entry ], [ 0, %a ]\n"
         "  switch i64 %tos, label %no [ i64 1, label %join\n i64 2, label %join\n i64 3, label %by ]\n"
         "no:\n  br label %join\nby:\n  br label %join\n"
         "join:\n  %j = phi i64 [ %x, %b ], [ %tos, %no ], [ %x, %by ], [ %x, %b ]\n  store i64 %j, ptr %fp\n"
         "  ret void\n");
  expect("phi i32", 1);
  expect("phi i64", 1);
  expect("shl i64", 2);
  l->LLVMDisposeMessage(text);
}

// ---- what is computed ----------------------------------------------------------------------------------------------

// What the function stores when LLVM has computed all there is to compute.
static uint64_t stored(void) {
  const char *store = strstr(text, "store i64 ");
  char *end = NULL;
  uint64_t value = store ? strtoull(store + strlen("store i64 "), &end, 10) : 0;
  if (!store || end[0] != ',') fail_msg("expected a constant to be stored, found:\n%s", text);
  return value;
}

// Words a and b, each the join of what two ways compute; `line` makes %r of %a and %b.
static void compute(uint64_t a, uint64_t b, const char *line, uint64_t expected) {
  struct marker_unit unit;
  char body[1000];
  snprintf(body, sizeof body,
           "  %%h = shl i64 %u, 32\n  %%g = shl i64 %u, 32\n  br i1 %%c, label %%left, label %%right\n"
           "left:\n  %%al = or i64 %%h, %u\n  %%bl = or i64 %%g, %u\n  br label %%join\n"
           "right:\n  %%ar = add i64 %%h, %u\n  %%br = add i64 %%g, %u\n  br label %%join\n"
           "join:\n  %%a = phi i64 [ %%al, %%left ], [ %%ar, %%right ]\n"
           "  %%b = phi i64 [ %%bl, %%left ], [ %%br, %%right ]\n%s  store i64 %%r, ptr %%fp\n  ret void\n",
           (unsigned)(a >> 32), (unsigned)(b >> 32), (unsigned)a, (unsigned)b, (unsigned)a, (unsigned)b, line);
  fill_unit(&unit, before, body);
  hot_half_run(&unit.build);
  char *narrowed = l->LLVMPrintModuleToString(unit.build.module);
  if (strstr(narrowed, "phi i64") || !strstr(narrowed, "phi i32")) fail_msg("a word was not narrowed:\n%s", narrowed);
  l->LLVMDisposeMessage(narrowed);
  LLVMPassBuilderOptionsRef options = l->LLVMCreatePassBuilderOptions();
  assert_null(l->LLVMRunPasses(unit.build.module, "function(instcombine<no-verify-fixpoint>,early-cse<memssa>)", NULL,
                               options));
  l->LLVMDisposePassBuilderOptions(options);
  empty_build(&unit.build, true);
  uint64_t found = stored();
  if (found != expected)
    fail_msg("expected %#llx of %#llx and %#llx by\n%sfound %#llx", (unsigned long long)expected, (unsigned long long)a,
             (unsigned long long)b, line, (unsigned long long)found);
  l->LLVMDisposeMessage(text);
}

static const uint64_t words[] = {1,
                                 UINT64_C(5) << 32 | 1,
                                 UINT64_C(0xffffffff) << 32 | 1,
                                 UINT64_C(7) << 32,
                                 UINT64_C(0x80000000) << 32 | 0xffffffff,
                                 UINT64_C(5) << 32 | 0x80000003};

static void computing_with_halves_is_computing_with_words(void **state) {
  (void)state;
  for (unsigned i = 0; i < COUNT_OF(words); i++)
    for (unsigned j = 0; j < COUNT_OF(words); j++) {
      uint64_t a = words[i], b = words[j];
      compute(a, b, "  %r = add i64 %a, %b\n", a + b);
      compute(a, b, "  %r = sub i64 %a, %b\n", a - b);
      compute(a, b, "  %r = mul i64 %a, %b\n", a * b);
      compute(a, b, "  %r = and i64 %a, %b\n", a & b);
      compute(a, b, "  %r = or i64 %a, %b\n", a | b);
      compute(a, b, "  %r = xor i64 %a, %b\n", a ^ b);
      compute(a, b,
              "  %u = lshr i64 %a, 32\n  %d = sub i64 %b, %b\n  %e = add i64 %d, 21474836480\n"
              "  %r = mul i64 %u, %e\n",
              (a >> 32) * (UINT64_C(5) << 32));
    }
}

static void shifts_and_parts_of_words_are_the_same(void **state) {
  (void)state;
  for (unsigned i = 0; i < COUNT_OF(words); i++) {
    uint64_t a = words[i];
    compute(a, a, "  %r = shl i64 %a, 5\n", a << 5);
    compute(a, a, "  %s = lshr i64 %b, 32\n  %r = shl i64 %s, 40\n", a >> 32 << 40);
    compute(a, a, "  %r = lshr i64 %a, 36\n", a >> 36);
    compute(a, a, "  %r = lshr i64 %a, 3\n", a >> 3);
    compute(a, a, "  %r = ashr i64 %a, 33\n", (uint64_t)((int64_t)a >> 33));
    compute(a, a, "  %r = and i64 %a, 255\n", a & 255);
    compute(a, a, "  %t = trunc i64 %a to i8\n  %r = zext i8 %t to i64\n", a & 255);
    compute(a, a, "  %r = and i64 %a, -4294967041\n", a & UINT64_C(0xffffffff000000ff));
    compute(a, a, "  %k = icmp ne i64 %a, %b\n  %n = add i64 %a, 4294967296\n  %r = select i1 %k, i64 %n, i64 %b\n", a);
  }
}

static void comparing_halves_is_comparing_words(void **state) {
  (void)state;
  for (unsigned i = 0; i < COUNT_OF(words); i++)
    for (unsigned j = 0; j < COUNT_OF(words); j++) {
      uint64_t a = words[i], b = words[j];
      int64_t x = (int64_t)a, y = (int64_t)b;
      const struct {
        const char *name;
        bool holds;
      } tests[] = {{"eq", a == b},  {"ne", a != b}, {"ult", a < b},  {"ule", a <= b}, {"ugt", a > b},
                   {"uge", a >= b}, {"slt", x < y}, {"sle", x <= y}, {"sgt", x > y},  {"sge", x >= y}};
      for (unsigned k = 0; k < COUNT_OF(tests); k++) {
        char line[100];
        snprintf(line, sizeof line, "  %%k = icmp %s i64 %%a, %%b\n  %%r = zext i1 %%k to i64\n", tests[k].name);
        compute(a, b, line, tests[k].holds);
      }
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_loop_counts_in_32_bits),
      cmocka_unit_test(what_has_no_fixed_lower_half_stays),
      cmocka_unit_test(what_was_tested_is_known),
      cmocka_unit_test(what_is_loaded_and_passed_on_stays_a_word),
      cmocka_unit_test(a_word_is_made_once_for_all_ways_of_a_branch),
      cmocka_unit_test(computing_with_halves_is_computing_with_words),
      cmocka_unit_test(shifts_and_parts_of_words_are_the_same),
      cmocka_unit_test(comparing_halves_is_comparing_words),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
