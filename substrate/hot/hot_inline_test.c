// SPDX-License-Identifier: MIT
//
// hot_inline_test.c: bodies in the place of their calls, in small functions. Without LLVM's library the tests are
// skipped.
#define LOAM_HOT_MODULE
#include "hot/hot_inline.h"

#include "hot/hot_marker_test.h"

#define F "define void @f(ptr %pc, ptr %sp, ptr %fp, ptr %th, i64 %tos, ptr %dispatch) {\n"
#define BODY "define "

static LLVMModuleRef parse(const struct hot_compiler *compiler, const char *source) {
  char *message = NULL;
  LLVMModuleRef module;
  LLVMMemoryBufferRef buffer = l->LLVMCreateMemoryBufferWithMemoryRangeCopy(source, strlen(source), "bodies");
  if (l->LLVMParseIRInContext(compiler->context, buffer, &module, &message)) fail_msg("%s", message);
  return module;
}

// Sets `text`, in which no call of a body is left. The bodies' module goes before: nothing may be of it. `cache`: the
// function's first instruction is the variable of one; or NULL.
static void inline_with(struct hot_cache *cache, const char *bodies, const char *body) {
  struct marker_unit unit;
  char before[4000];
  int length = snprintf(before, sizeof before, "declare void @use(i64)\n");
  for (const char *at = bodies; (at = strstr(at, BODY)); at += strlen(BODY))
    length += snprintf(before + length, sizeof before - (size_t)length, "declare %.*s\n",
                       (int)strcspn(at + strlen(BODY), "{"), at + strlen(BODY));
  snprintf(before + length, sizeof before - (size_t)length, "%s", F);
  fill_unit(&unit, before, body);
  unit.compiler.bodies = parse(&unit.compiler, bodies);
  if (cache) cache->variable = l->LLVMGetFirstInstruction(l->LLVMGetEntryBasicBlock(unit.entry.function));
  unit.build.caches = cache;
  assert_true(hot_inline_run(&unit.build, HOT_BODIES_ALL));
  l->LLVMDisposeModule(unit.compiler.bodies);
  empty_build(&unit.build, true);
  assert_int_equal(count("@body"), 0);
}

static void inline_all(const char *bodies, const char *body) { inline_with(NULL, bodies, body); }

static void expect(const char *what, unsigned times) {
  if (count(what) != times) fail_msg("expected \"%s\" %u times, found:\n%s", what, times, text);
}

static const char twice[] =
    BODY "i64 @body(i64 %a, ptr %p) {\n  %b = shl i64 %a, 1\n  store i64 %b, ptr %p\n  ret i64 %b\n}\n";

static void a_body_of_one_block_needs_no_other(void **state) {
  (void)state;
  inline_all(twice, "  %x = call i64 @body(i64 %tos, ptr %fp)\n  %y = call i64 @body(i64 %x, ptr %sp)\n"
                    "  call void @use(i64 %y)\n  ret void\n");
  expect("label", 0);
  expect("shl i64 %tos, 1", 1);
  expect("%2 = shl i64 %1, 1", 1);
  expect("store i64 %2, ptr %sp", 1);
  expect("@use(i64 %2)", 1);
  l->LLVMDisposeMessage(text);
}

// It gives up for what is odd, as bodies of ops do.
static const char half[] = BODY "i32 @body(i64 %a, ptr %p) {\n"
                                "  %c = trunc i64 %a to i1\n  br i1 %c, label %end, label %even, !prof !0\n"
                                "even:\n  %b = ashr exact i64 %a, 1\n  store i64 %b, ptr %p\n  br label %end\n"
                                "end:\n  %x = phi i32 [ 6, %0 ], [ 0, %even ]\n  ret i32 %x\n}\n"
                                "!0 = !{!\"branch_weights\", i32 1, i32 2000}\n";

static void branches_and_joins_become_the_callers(void **state) {
  (void)state;
  inline_all(half, "  %x = call i32 @body(i64 %tos, ptr %fp)\n  %w = zext i32 %x to i64\n  call void @use(i64 %w)\n"
                   "  ret void\n");
  expect("br i1 %1, label %4, label %2, !prof !0", 1);
  expect("phi i32 [ 6, %0 ], [ 0, %2 ]", 1);
  expect("zext i32 %5", 1);
  l->LLVMDisposeMessage(text);
}

static void who_comes_from_the_block_of_a_call_goes_on_coming_from_it(void **state) {
  (void)state;
  inline_all(half, "  br label %loop\n"
                   "loop:\n  %i = phi i64 [ %tos, %0 ], [ %j, %loop ]\n  %x = call i32 @body(i64 %i, ptr %fp)\n"
                   "  %j = add i64 %i, 1\n  %c = icmp eq i32 %x, 6\n  br i1 %c, label %loop, label %end\n"
                   "end:\n  %k = phi i64 [ %i, %loop ]\n  call void @use(i64 %k)\n  ret void\n");
  expect("phi i64 [ %tos, %0 ], [ %j, %loop ]", 1);
  expect("phi i64 [ %2, %loop ]", 1);
  expect("label %loop", 2); // from the body's blocks
  l->LLVMDisposeMessage(text);
}

static void several_calls_in_a_block_are_cut_out_one_by_one(void **state) {
  (void)state;
  inline_all(half, "  %x = call i32 @body(i64 %tos, ptr %fp)\n  %w = zext i32 %x to i64\n"
                   "  %y = call i32 @body(i64 %w, ptr %sp)\n  %v = zext i32 %y to i64\n"
                   "  %z = call i32 @body(i64 %v, ptr %sp)\n  ret void\n");
  expect("phi i32", 3);
  expect("zext", 2);
  expect("store i64", 3);
  l->LLVMDisposeMessage(text);
}

static void a_loop_of_a_body_is_one_in_the_caller(void **state) {
  (void)state;
  inline_all(BODY "void @body(i64 %a, ptr %p) {\n  br label %loop\n"
                  "loop:\n  %i = phi i64 [ %a, %0 ], [ %j, %loop ]\n  %j = add i64 %i, -1\n  store i64 %j, ptr %p\n"
                  "  %c = icmp eq i64 %j, 0\n  br i1 %c, label %end, label %loop\nend:\n  ret void\n}\n",
             "  call void @body(i64 %tos, ptr %fp)\n  ret void\n");
  expect("phi i64 [ %tos, %0 ], [ %3, %1 ]", 1);
  expect("br i1 %4, label %5, label %1", 1);
  l->LLVMDisposeMessage(text);
}

static void a_bodys_variables_are_made_once(void **state) {
  (void)state;
  inline_all("declare void @look(ptr)\n" BODY
             "void @body() {\n  %v = alloca i64\n  tail call void @look(ptr %v)\n  ret void\n}\n",
             "  br label %loop\nloop:\n  call void @body()\n  br label %loop\n");
  expect("define void @f(ptr %pc, ptr %sp, ptr %fp, ptr %th, i64 %tos, ptr %dispatch) {\n  %1 = alloca i64", 1);
  expect("tail", 0);
  l->LLVMDisposeMessage(text);
}

#define NEXT_BODY(name, calls) \
  BODY "i64 @body" name "(i64 %a) {\n  %b = " calls "\n  %c = xor i64 %b, 7\n  ret i64 %c\n}\n"

static void bodies_may_call_others_before_and_behind_them(void **state) {
  (void)state;
  inline_all(NEXT_BODY("1", "call i64 @body2(i64 %a)") NEXT_BODY("2", "call i64 @body3(i64 %a)")
                 NEXT_BODY("3", "add i64 %a, 1"),
             "  %x = call i64 @body1(i64 %tos)\n  call void @use(i64 %x)\n  ret void\n");
  expect("xor", 3);
  l->LLVMDisposeMessage(text);
  inline_all(NEXT_BODY("3", "add i64 %a, 1") NEXT_BODY("2", "call i64 @body3(i64 %a)")
                 NEXT_BODY("1", "call i64 @body2(i64 %a)"),
             "  %x = call i64 @body1(i64 %tos)\n  call void @use(i64 %x)\n  ret void\n");
  expect("xor", 3);
  l->LLVMDisposeMessage(text);
}

static const char by_number[] =
    BODY "i64 @body(i32 %n, ptr %p) {\n  %m = add i32 %n, -1\n  %c = icmp ult i32 %m, 3\n"
         "  br i1 %c, label %few, label %many\n"
         "few:\n  switch i32 %m, label %end [ i32 0, label %one\n i32 2, label %end ]\n"
         "one:\n  store i64 1, ptr %p\n  br label %end\n"
         "many:\n  store i64 9, ptr %p\n  br label %end\n"
         "end:\n  %x = phi i64 [ 5, %few ], [ 5, %few ], [ 6, %one ], [ 7, %many ]\n  ret i64 %x\n}\n";

// How often a body with this immediate stores one thing or the other, asks, and what it may return.
static void expect_number(const char *n, unsigned ones, unsigned nines, unsigned asks, const char *ways) {
  char body[200];
  snprintf(body, sizeof body,
           "  %%w = trunc i64 %%tos to i32\n  %%x = call i64 @body(i32 %s, ptr %%fp)\n  call void @use(i64 %%x)\n"
           "  ret void\n",
           n);
  inline_all(by_number, body);
  expect("store i64 1,", ones);
  expect("store i64 9,", nines);
  expect("br i1", asks);
  expect("switch", asks);
  expect(ways, 1);
  l->LLVMDisposeMessage(text);
}

static void what_an_immediate_decides_is_not_asked(void **state) {
  (void)state;
  expect_number("1", 1, 0, 0, "phi i64 [ 6, %3 ]\n");
  expect_number("2", 0, 0, 0, "phi i64 [ 5, %2 ]\n"); // of two ways from there
  expect_number("3", 0, 0, 0, "phi i64 [ 5, %2 ]\n");
  expect_number("4", 0, 1, 0, "phi i64 [ 7, %2 ]\n");
  expect_number("%w", 1, 1, 1, "phi i64 [ 5, %5 ], [ 5, %5 ], [ 6, %6 ], [ 7, %4 ]\n");
}

static void what_is_computed_of_immediates_is_a_constant(void **state) {
  (void)state;
  inline_all(BODY
             "i64 @body(i32 %n) {\n  %a = sext i32 %n to i64\n  %b = shl nsw i64 %a, 2\n  %c = icmp slt i64 %b, 0\n"
             "  %d = select i1 %c, i64 %b, i64 7\n  ret i64 %d\n}\n",
             "  %x = call i64 @body(i32 -3)\n  call void @use(i64 %x)\n  ret void\n");
  expect("@use(i64 -12)", 1);
  expect("=", 2); // the module's names
  l->LLVMDisposeMessage(text);
}

static void what_is_known_of_a_function_that_a_body_calls_goes_with_it(void **state) {
  (void)state;
  inline_all("declare zeroext i1 @look(ptr noundef) memory(none)\n" BODY
             "i1 @body(ptr %p) {\n  %x = call zeroext i1 @look(ptr noundef %p)\n  ret i1 %x\n}\n",
             "  %x = call i1 @body(ptr %fp)\n  ret void\n");
  expect("declare zeroext i1 @look(ptr noundef) #0", 1);
  expect("attributes #0 = { memory(none) }", 1);
  expect("call zeroext i1 @look(ptr noundef %fp)", 1);
  l->LLVMDisposeMessage(text);
}

static void what_a_body_always_returns_is_a_constant(void **state) {
  (void)state;
  inline_all(BODY "i64 @body(i64 %a) {\n  ret i64 3\n}\n",
             "  %x = call i64 @body(i64 %tos)\n  call void @use(i64 %x)\n  ret void\n");
  expect("call void @use(i64 3)", 1);
  l->LLVMDisposeMessage(text);
}

// As calls have it: what is not in the cache is noted there, and called as well.
static const char noting[] =
    BODY "i32 @body(i64 %callee, ptr %cache, ptr %out) {\n  %known = load atomic i64, ptr %cache monotonic, align 8\n"
         "  %is = icmp eq i64 %known, %callee\n  br i1 %is, label %call, label %other\n"
         "other:\n  %odd = trunc i64 %callee to i1\n  br i1 %odd, label %end, label %note\n"
         "note:\n  store atomic i64 %callee, ptr %cache release, align 8\n  br label %call\n"
         "call:\n  store i64 %callee, ptr %out\n  br label %end\n"
         "end:\n  %x = phi i32 [ 0, %call ], [ 6, %other ]\n  ret i32 %x\n}\n";
#define NOTES \
  "  %cache = alloca i64\n  %x = call i32 @body(i64 %tos, ptr %cache, ptr %fp)\n" \
  "  %w = zext i32 %x to i64\n  call void @use(i64 %w)\n  ret void\n"

static void a_body_that_would_note_what_is_not_expected_gives_up(void **state) {
  (void)state;
  struct hot_cache cache = {.holds = 4096};
  inline_with(&cache, noting, NOTES);
  expect("icmp eq i64 4096, %tos", 1);
  expect("store", 1);
  expect("phi i32 [ 0, ", 1);
  expect("[ 6, ", 2);
  l->LLVMDisposeMessage(text);
  inline_all(noting, NOTES); // anything may be called
  expect("load atomic", 1);
  expect("store", 2);
  expect("[ 6, ", 1);
  l->LLVMDisposeMessage(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_body_of_one_block_needs_no_other),
      cmocka_unit_test(branches_and_joins_become_the_callers),
      cmocka_unit_test(who_comes_from_the_block_of_a_call_goes_on_coming_from_it),
      cmocka_unit_test(several_calls_in_a_block_are_cut_out_one_by_one),
      cmocka_unit_test(a_loop_of_a_body_is_one_in_the_caller),
      cmocka_unit_test(a_bodys_variables_are_made_once),
      cmocka_unit_test(bodies_may_call_others_before_and_behind_them),
      cmocka_unit_test(what_an_immediate_decides_is_not_asked),
      cmocka_unit_test(what_is_computed_of_immediates_is_a_constant),
      cmocka_unit_test(what_is_known_of_a_function_that_a_body_calls_goes_with_it),
      cmocka_unit_test(what_a_body_always_returns_is_a_constant),
      cmocka_unit_test(a_body_that_would_note_what_is_not_expected_gives_up),
  };
  return cmocka_run_group_tests_name("hot_inline", tests, NULL, NULL);
}
