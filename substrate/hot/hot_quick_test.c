// SPDX-License-Identifier: MIT
//
// hot_quick_test.c: memory, branches, joins, calls and jumps of hot_quick.h's code, and what it refuses. What
// instructions compute: hot_quick_compute_test.c. Skipped where LLVM is not there.
#define LOAM_HOT_MODULE
#include "hot/hot_quick_fixture_test.h"

#include "base/mem.h"

#include <stdlib.h>

// ---- what compiled code calls --------------------------------------------------------------------------------------

static __attribute__((preserve_none, noinline)) void leave_doubled(REGISTERS) {
  left.pc = pc, left.sp = sp, left.fp = fp, left.th = th, left.tos = 2 * tos, left.dispatch = table;
}

// What a C function may lose is lost.
static __attribute__((noinline)) void lose_registers(void) {
  __asm__ volatile("movq $-7, %%rcx\n movq %%rcx, %%rdx\n movq %%rcx, %%rsi\n movq %%rcx, %%rdi\n movq %%rcx, %%r8\n"
                   "movq %%rcx, %%r9\n movq %%rcx, %%r10\n movq %%rcx, %%r11\n movq %%rcx, %%xmm0\n"
                   "movq %%rcx, %%xmm1\n movq %%rcx, %%xmm2\n movq %%rcx, %%xmm3\n movq %%rcx, %%xmm4\n" ::
                       : "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4");
  assert_int_equal((uintptr_t)__builtin_frame_address(0) % 16, 0); // so the stack was aligned where we were called
}

static int64_t none(void) { return lose_registers(), 77; }
static int64_t twelve(int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f, int64_t g, int64_t h, int64_t i,
                      int64_t j, int64_t k, int64_t m) {
  lose_registers();
  return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h + 9 * i + 10 * j + 11 * k + 12 * m;
}
static double mixed(int64_t a, double b, int32_t c, double d, bool e, double f) {
  lose_registers();
  return (double)a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f;
}
static int64_t behind(double ignored, int64_t a) { return (void)ignored, lose_registers(), a; }
static int64_t is_odd(int64_t a) { return lose_registers(), 0x7700 + (a & 1); } // a bool is a byte
static int32_t half(int64_t a) { return lose_registers(), (int32_t)(a / 2); }
static void put(int64_t *at, int64_t n) { lose_registers(), *at = n; }
static int64_t bytes(uint8_t a, int8_t b) { return lose_registers(), 1000 * a + b; }

static const struct op_symbol functions[] = {SYMBOL(leave_doubled), SYMBOL(none),   SYMBOL(twelve), SYMBOL(mixed),
                                             SYMBOL(behind),        SYMBOL(is_odd), SYMBOL(half),   SYMBOL(put),
                                             SYMBOL(bytes),         {NULL, NULL}};
static const char function_types[] =
    "declare preserve_nonecc void @leave_doubled(ptr, ptr, ptr, ptr, i64, ptr)\n declare i64 @none()\n"
    "declare i64 @twelve(i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64)\n"
    "declare double @mixed(i64, double, i32, double, i1 zeroext, double)\n declare i64 @behind(double, i64)\n"
    "declare zeroext i1 @is_odd(i64)\n declare i32 @half(i64)\n declare void @put(ptr, i64)\n"
    "declare i64 @bytes(i8 zeroext, i8 signext)\n";

// ---- memory --------------------------------------------------------------------------------------------------------

static void addresses_are_sums(void **state) {
  (void)state;
#define READ " %r = load i64, ptr %p"
  const int64_t tenth = 1000 + 10 - CIRCLE_AT; // the frame's word 10
  check("%p = getelementptr i64, ptr %fp, i64 10\n" READ, 0, 0, tenth);
  check("%p = getelementptr i64, ptr %sp, i64 -4\n" READ, 44, 0, 44);
  check("%p = getelementptr i64, ptr %fp, i64 %x\n" READ, 10, 0, tenth);
  check("%a = add i64 %x, -5\n %p = getelementptr i64, ptr %sp, i64 %a\n" READ, 11, 0, tenth);
  check("%a = getelementptr i64, ptr %fp, i64 %x\n %p = getelementptr i16, ptr %a, i64 %y\n" READ, 9, 4, tenth);
  check("%a = getelementptr { i64 }, ptr %fp, i64 %x\n %p = getelementptr i8, ptr %a, i64 -8\n" READ, 11, 0, tenth);
  check("%a = getelementptr i8, ptr %fp, i64 3000000000\n %p = getelementptr i8, ptr %a, i64 -2999999920\n" READ, 0, 0,
        tenth);
  check("%a = getelementptr i8, ptr %fp, i64 -2147483640\n %b = add i64 %x, 268435455\n"
        "%p = getelementptr i64, ptr %a, i64 %b\n" READ,
        10, 0, tenth);
  check("%a = ptrtoint ptr %fp to i64\n %b = shl i64 %x, 3\n %e = add i64 %a, %b\n %g = add i64 %e, 16\n"
        "%p = inttoptr i64 %g to ptr\n" READ,
        8, 0, tenth);
  check("%r = load i64, ptr getelementptr (i64, ptr @numbers, i64 10)", 0, 0, tenth);
  check("%p = getelementptr i64, ptr @numbers, i64 %x\n" READ, 10, 0, tenth);
  check("%p = getelementptr i8, ptr %fp, i64 %x\n %q = icmp eq ptr %p, %fp\n %r = select i1 %q, i64 1, i64 2", 0, 0, 1);
}

static void words_and_parts_of_them_are_loaded_and_stored(void **state) {
  (void)state;
#define STORED(what) "store " what ", ptr %fp\n %r = load i64, ptr %fp"
  const int64_t all = 0x1122334455667788;
  check("%a = trunc i64 %y to i8\n " STORED("i8 %a"), all, 0x99, 0x1122334455667799);
  check("%a = trunc i64 %y to i16\n " STORED("i16 %a"), all, 0xaabb, 0x112233445566aabb);
  check("%a = trunc i64 %y to i32\n " STORED("i32 %a"), all, 7, 0x1122334400000007);
  check(STORED("i64 %y"), all, -7, -7);
  check(STORED("i8 -1"), all, 0, 0x11223344556677ff);
  check(STORED("i16 -2"), all, 0, 0x112233445566fffe);
  check(STORED("i32 -2"), all, 0, INT64_C(0x11223344fffffffe));
  check(STORED("i64 -2"), all, 0, -2);
  check(STORED("i64 5000000000"), all, 0, 5000000000);
  check(STORED("double 2.5"), all, 0, bits_of(2.5));
  check(STORED("double %dy"), all, bits_of(2.5), bits_of(2.5));
  check("%a = load i8, ptr %fp\n %r = zext i8 %a to i64", all, 0, 0x88);
  check("%a = load i16, ptr %fp\n %r = sext i16 %a to i64", all, 0, 0x7788);
  check("%h = load i32, ptr %fp", all, 0, 0x55667788);
  check("%p = getelementptr i64, ptr %fp, i64 %y\n store i64 %x, ptr %p\n %q = getelementptr i64, ptr %fp, i64 40\n"
        "%r = load i64, ptr %q",
        all, 40, all);
}

// What is written in between is not what is compared.
static void a_comparison_reads_memory_as_it_was(void **state) {
  (void)state;
  check("%w = load i64, ptr %fp\n store i64 1, ptr %fp\n %c = icmp eq i64 %w, 5", 5, 0, 1);
  check("%w = load i64, ptr %fp\n call void @put(ptr %fp, i64 1)\n %c = icmp eq i64 %w, 5", 5, 0, 1);
  check("%w = load double, ptr %fp\n store i64 1, ptr %fp\n %d = fadd double %dy, %w", bits_of(5), bits_of(2),
        bits_of(7));
}

static void variables_lie_in_the_native_frame(void **state) {
  (void)state;
  struct code code =
      make("declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)\n" HANDLER("f") //
           " %a = alloca i64\n %b = alloca ptr\n %x = load i64, ptr %fp\n"
           " store i64 1, ptr %a\n store ptr %fp, ptr %b\n call void @put(ptr %a, i64 %x)\n %p = load ptr, ptr %b\n"
           " %at = getelementptr i64, ptr %p, i64 40\n"
           " call void @llvm.memset.p0.i64(ptr %at, i8 3, i64 4, i1 false)\n"
           " %half = getelementptr i8, ptr %a, i64 4\n %h = load i32, ptr %half\n %w = zext i32 %h to i64\n" LEAVE(
               "%w") "}\n");
  frame[40] = -1;
  assert_int_equal(run(&code, INT64_C(0x700000005), 0), 7);
  assert_int_equal(frame[40], INT64_C(-0x100000000) + 0x03030303);
  release(&code);
}

// ---- control -------------------------------------------------------------------------------------------------------

static void a_switch_goes_where_its_cases_say(void **state) {
  (void)state;
  static const char cases[] = "switch i64 %x, label %other [ i64 0, label %a\n i64 -1, label %b\n"
                              " i64 5000000000, label %a\n i64 200, label %join ]\n"
                              "a: br label %join\nb: br label %join\nother: br label %join\n"
                              "join: %r = phi i64 [ %y, %a ], [ 20, %b ], [ 30, %other ], [ 40, %start ]";
  const int64_t of[] = {0, -1, 5000000000, 200, 1}, expected[] = {7, 20, 7, 40, 30};
  for (unsigned i = 0; i < COUNT_OF(of); i++) check(cases, of[i], 7, expected[i]);
  check("%a = trunc i64 %x to i8\n switch i8 %a, label %no [ i8 -56, label %yes\n i8 0, label %no ]\n"
        "yes: br label %join\nno: br label %join\njoin: %r = phi i64 [ 1, %yes ], [ 0, %no ]",
        0x77c8, 0, 1);
}

// A loop turns so many values by one in each round, and is left behind x of them.
static void check_turned(int count, const char *type) {
  struct text source = {0};
  for (int i = 0; i < count; i++)
    text_printf(&source, "  %%w%d.at = getelementptr i64, ptr %%fp, i64 %d\n  %%w%d = load %s, ptr %%w%d.at\n", i,
                CIRCLE_AT + i, i, type, i);
  text_printf(&source, "  br label %%loop\nloop:\n  %%i = phi i64 [ 0, %%start ], [ %%j, %%loop ]\n");
  for (int i = 0; i < count; i++)
    text_printf(&source, "  %%t%d = phi %s [ %%w%d, %%start ], [ %%t%d, %%loop ]\n", i, type, i, (i + 1) % count);
  text_printf(&source, "  %%j = add i64 %%i, 1\n  %%more = icmp ne i64 %%i, %%x\n"
                       "  br i1 %%more, label %%loop, label %%out\nout:\n");
  for (int i = 0; i < count; i++) text_printf(&source, "  store %s %%t%d, ptr %%w%d.at\n", type, i, i);
  text_printf(&source, "  %%r = add i64 %%i, 0");
  struct code code = compile(source.bytes, false);
  for (int rounds = 0; rounds < 4; rounds++) {
    assert_int_equal(run(&code, rounds, 0), rounds);
    for (int i = 0; i < count; i++) assert_int_equal(frame[CIRCLE_AT + i], 1000 + (i + rounds) % count);
  }
  release(&code);
  text_fini(&source);
}

static void joins_turn_values_round(void **state) {
  (void)state;
  for (int count = 2; count < CIRCLE; count++) {
    check_turned(count, "i64");
    check_turned(count, "double");
  }
}

static void joins_take_values_twice_and_constants(void **state) {
  (void)state;
  check("br label %loop\n"
        "loop: %a = phi i64 [ %x, %start ], [ %b, %loop ]\n %b = phi i64 [ %y, %start ], [ 7, %loop ]\n"
        "%e = phi i64 [ 3, %start ], [ %b, %loop ]\n %q = icmp eq i64 %a, 7\n br i1 %q, label %out, label %loop\n"
        "out: %r = add i64 %e, %b",
        1, 2, 14);
  check("%q = icmp eq i64 %x, 1\n br i1 %q, label %join, label %join\n"
        "join: %r = phi i64 [ %y, %start ], [ %y, %start ]",
        1, 2, 2);
}

static void an_undefined_bit_is_0_or_1(void **state) {
  (void)state;
  check("%q = icmp eq i64 %x, 5\n br i1 %q, label %yes, label %join\n"
        "yes: br label %join\n"
        "join: %bit = phi i1 [ undef, %start ], [ true, %yes ]\n"
        "%word = zext i1 %bit to i64\n %more = lshr i64 %word, 1\n %s = shl i64 %more, 1\n %r = add i64 %s, %y",
        1, 2, 2);
}

static void what_is_frozen_is_the_same_for_all(void **state) {
  (void)state;
  check("%f = freeze i64 undef\n %a = add i64 %f, %x\n %b = xor i64 %y, %f\n %c1 = xor i64 %b, %y\n"
        "%r = sub i64 %a, %c1",
        5, 2, 5);
}

static void functions_of_the_unit_jump_to_each_other(void **state) {
  (void)state;
#define CROSSED "ptr %sp, ptr %pc, ptr %th, ptr %fp, i64 " // the moves are circles
  struct code code = make(HANDLER("f") " %x = load i64, ptr %fp\n %q = icmp eq i64 %x, 1\n"
                                       " %to = select i1 %q, ptr @g, ptr @h\n"                                    //
                          JUMP("%to", CROSSED "%x, ptr %dispatch") "}\n" HANDLER("g") " %y = add i64 %tos, 100\n" //
                          JUMP("@h", "ptr %pc, ptr %sp, ptr %fp, ptr %th, i64 %y, ptr %dispatch") "}\n" HANDLER(
                              "h") " %at = getelementptr ptr, ptr %dispatch, i64 1\n %to = load ptr, ptr %at\n" //
                          JUMP("%to", CROSSED "%tos, ptr %dispatch") "}\n");
  dispatch[1] = (const void *)(uintptr_t)&leave_doubled;
  assert_int_equal(code.object.function_count, 3);
  assert_int_equal(run(&code, 1, 0), 202);
  assert_int_equal(run(&code, 9, 0), 18);
  release(&code);
}

// Where it polls nobody else wants %th any more, and what C functions brought wants its register.
static void a_poll_keeps_what_its_address_is_made_of(void **state) {
  (void)state;
#define NOWHERE(tos) JUMP("@hot_leave", "ptr null, ptr null, ptr null, ptr null, i64 " tos ", ptr null") "}\n"
#define POLL \
  " %at = getelementptr i8, ptr %th, i64 16\n %m = call i64 @none()\n %n = call i64 @none()\n" \
  " %w = call i32 asm sideeffect \"cmpq $$0, 8($1)\", \"={@ccne},r,~{flags},~{dirflag},~{fpsr}\"(ptr %at)\n" \
  " %s = sub i64 %m, %n\n"
  static const char *const sources[] = {
      HANDLER("f") POLL " %c = icmp ne i32 %w, 0\n br i1 %c, label %yes, label %no\n"
                        "yes:\n" JUMP("@hot_leave", "ptr null, ptr null, ptr null, ptr null, i64 1, ptr null") //
      "no:\n" NOWHERE("%s"),
      HANDLER("f") POLL " %v = zext i32 %w to i64\n %sum = add i64 %v, %s\n" NOWHERE("%sum")};
  for (unsigned i = 0; i < 2 * COUNT_OF(sources); i++) {
    struct code code = make(sources[i / 2]);
    thread[3] = i % 2 ? INT64_C(1) << 40 : 0;
    enter(code.run, 0);
    assert_int_equal(left.tos, i % 2);
    release(&code);
  }
  thread[3] = 0;
}

// ---- calls ---------------------------------------------------------------------------------------------------------

static void c_functions_are_called(void **state) {
  (void)state;
  check("%r = call i64 @none()", 0, 0, 77);
  check("%r = call i64 @twelve(i64 %x, i64 %y, i64 1, i64 %x, i64 %y, i64 5000000000, i64 %y, i64 %x, i64 9, i64 %y,"
        " i64 %x, i64 -1)",
        3, 4, twelve(3, 4, 1, 3, 4, 5000000000, 4, 3, 9, 4, 3, -1));
  check("%a = call i64 @none()\n %r = call i64 @twelve(i64 %y, i64 %x, i64 %a, i64 %a, i64 0, i64 0, i64 %a, i64 %x,"
        " i64 0, i64 0, i64 0, i64 %y)",
        3, 4, twelve(4, 3, 77, 77, 0, 0, 77, 3, 0, 0, 0, 4));
  check("%c = call zeroext i1 @is_odd(i64 %x)", 7, 0, 1);
  check("%b = call zeroext i1 @is_odd(i64 %x)\n %r = zext i1 %b to i64", 7, 0, 1);
  check("%b = call zeroext i1 @is_odd(i64 %x)\n %r = select i1 %b, i64 1, i64 2", 8, 0, 2);
  check("%h = call i32 @half(i64 %x)", -10, 0, 0xfffffffb);
  check("%p = getelementptr i64, ptr %fp, i64 50\n store ptr @none, ptr %p\n %to = load ptr, ptr %p\n"
        "%r = call i64 %to()",
        0, 0, 77);
}

static void doubles_and_words_are_passed_each_in_their_order(void **state) {
  (void)state;
  check("%a = trunc i64 %y to i32\n %b = icmp eq i64 %y, 4\n"
        "%d = call double @mixed(i64 %y, double %dx, i32 %a, double 8.5, i1 zeroext %b, double %dx)",
        bits_of(1.5), 4, bits_of(mixed(4, 1.5, 4, 8.5, true, 1.5)));
  check("%r = call i64 @behind(double 0.0, i64 %x)", 9, 0, 9);
  check("%r = call i64 @behind(double poison, i64 %x)", 9, 0, 9);
  check("%r = call i64 @bytes(i8 zeroext 127, i8 signext 9)", 0, 0, 127009);
}

// In a loop they are stored before it and loaded behind it, but for what the call makes.
static void values_are_kept_over_calls(void **state) {
  (void)state;
  enum { KEPT = 10, DOUBLES_KEPT = 5 };
  check("%a = call i64 @none()\n %r = sub i64 %x, %y", 9, 4, 5);
  check("%a = call i64 @none()\n %d = fsub double %dx, %dy", bits_of(9), bits_of(4), bits_of(5));
  struct text source = {0};
  for (int i = 1; i <= KEPT; i++) text_printf(&source, "  %%w%d = mul i64 %%x, %d\n", i, i);
  for (int i = 1; i <= DOUBLES_KEPT; i++) text_printf(&source, "  %%e%d = sitofp i64 %%w%d to double\n", i, i);
  text_printf(&source,
              "  br label %%loop\nloop:\n  %%i = phi i64 [ 0, %%start ], [ %%j, %%loop ]\n"
              "  %%s = phi i64 [ %%y, %%start ], [ %%s%d, %%loop ]\n  %%n = phi i64 [ 0, %%start ], [ %%m, %%loop ]\n"
              "  %%f0 = phi double [ 0.0, %%start ], [ %%f%d, %%loop ]\n"
              "  %%m = call i64 @none()\n  %%s0 = add i64 %%s, %%m\n",
              KEPT, DOUBLES_KEPT);
  for (int i = 1; i <= KEPT; i++) text_printf(&source, "  %%s%d = add i64 %%s%d, %%w%d\n", i, i - 1, i);
  for (int i = 1; i <= DOUBLES_KEPT; i++) text_printf(&source, "  %%f%d = fadd double %%f%d, %%e%d\n", i, i - 1, i);
  text_printf(
      &source,
      "  %%j = add i64 %%i, 1\n  %%more = icmp ult i64 %%j, 3\n  br i1 %%more, label %%loop, label %%out\nout:\n"
      "  %%g = fptosi double %%f%d to i64\n  %%u = add i64 %%s%d, %%g\n  %%r = add i64 %%u, %%n",
      DOUBLES_KEPT, KEPT);
  // Three rounds of 1 + ... + 10 and 1 + ... + 5 times x, and of calls, the last but one of which is added once more.
  check(source.bytes, 2, 1000, 1000 + 3 * (55 * 2 + 77) + 3 * 15 * 2 + 77);
  text_fini(&source);
}

// ---- what is refused -----------------------------------------------------------------------------------------------

static void refuse(const char *source, const char *reason) {
  struct parsed unit;
  struct hot_object object;
  struct error err = {0};
  parse(&unit, source);
  assert_int_equal(generate(&unit, &object, &err), LOAM_ERR_LIMIT);
  if (!strstr(err.text, reason)) fail_msg("expected \"%s\" in \"%s\" of\n%s", reason, err.text, source);
  assert_null(object.functions);
  assert_int_equal(object.code.size, 0);
  assert_int_equal(memory.bytes_used, 0);
  forget(&unit);
}

static void what_is_unknown_is_refused_with_its_reason(void **state) {
  (void)state;
  static const struct {
    const char *insns, *reason;
  } cases[] = {
      {"%r = call i64 @llvm.ctpop.i64(i64 %x)", "an intrinsic function"},
      {"%r = call i64 @llvm.fshl.i64(i64 %x, i64 %y, i64 8)", "a shift of two words"},
      {"%a = trunc i64 %x to i8\n %b = lshr i8 %a, 1\n %r = zext i8 %b to i64", "arithmetic of narrow values"},
      {"%a = zext i64 %x to i128\n %r = trunc i128 %a to i64", "a conversion of an unknown type"},
      {"%a = load i24, ptr %fp\n %r = zext i24 %a to i64", "an access of an unknown width"},
      {"%a = trunc i64 %x to i8\n %b = sitofp i8 %a to double\n %r = bitcast double %b to i64",
       "a conversion of narrow integers"},
      {"%a = frem double %dx, %dx\n %r = bitcast double %a to i64", "an unknown instruction"},
      {"%r = load atomic i64, ptr %fp seq_cst, align 8", "an ordered access"},
      {"%p = getelementptr i64, ptr %fp, i32 1\n %r = load i64, ptr %p", "a narrow index"},
      {"%p = getelementptr { i64, i64 }, ptr %fp, i64 1\n %r = load i64, ptr %p", "an address of a field"},
      {"%a = alloca [2 x i64]\n %r = load i64, ptr %a", "a variable in memory"},
      {"%r = call i64 asm \"nop\", \"=r,0\"(i64 %x)", "assembly text"},
      {"%r = call i64 @bytes(i8 zeroext -1, i8 signext 0)", "an argument of an unknown type"}, // how is it extended?
      {"%a = trunc i64 %x to i8\n %r = call i64 @bytes(i8 zeroext %a, i8 signext 0)", "an argument of an unknown type"},
      {"%r = call i64 (...) %fp(i64 1)", "a call with more arguments than parameters"},
      {"%r = ptrtoint ptr inttoptr (i32 -1 to ptr) to i64", "a constant expression"},
      {"%f = fcmp true double %dx, %dx\n %r = zext i1 %f to i64", "a comparison without a question"},
      {"%r = call i64 @nobody()", "a name that nobody defines"},
      {"%r = call fastcc i64 @none()", "a calling convention"},
      {"%s = call { i64, i1 } @llvm.sadd.with.overflow.i64(i64 %x, i64 %y)\n store i64 %x, ptr %sp\n"
       "%f = extractvalue { i64, i1 } %s, 1\n %r = zext i1 %f to i64",
       "an overflow that is asked for later"},
  };
  for (unsigned i = 0; i < COUNT_OF(cases); i++) {
    char source[1000];
    snprintf(source, sizeof source, "%s%s%s\n%s}\n", "declare i64 @nobody()\n" HANDLER("f"),
             " %x = load i64, ptr %fp\n %y = load i64, ptr %sp\n %dx = load double, ptr %fp\n", cases[i].insns,
             LEAVE("%r"));
    refuse(source, cases[i].reason);
  }
}

static void what_is_no_handler_is_refused(void **state) {
  (void)state;
  refuse("define void @f(ptr %p) {\n ret void\n}\n", "it is no handler");
  refuse("define void @f(ptr %a, ptr %b, ptr %c, ptr %d, i64 %e, ptr %f) {\n unreachable\n}\n", "it is no handler");
  refuse("define preserve_nonecc void @f(ptr %a, ptr %b, ptr %c, ptr %d, double %e, ptr %f) {\n unreachable\n}\n",
         "a parameter that is no word");
  refuse(HANDLER("f") "  ret void\n}\n", "a handler that returns");
  refuse(HANDLER("f") "  call preserve_nonecc void %pc(i64 1)\n  ret void\n}\n", "a call of what is no handler");
  refuse(HANDLER("f") "  call preserve_nonecc void %pc(ptr %pc, ptr %sp, ptr %fp, ptr %th, double 1.0, ptr %dispatch)\n"
                      "  ret void\n}\n",
         "a call of what is no handler");
}

static void long_switches_and_large_frames_are_refused(void **state) {
  (void)state;
  struct text source = {0};
  text_printf(&source, "%s  switch i64 %%tos, label %%out [", HANDLER("f"));
  for (int i = 0; i < 20; i++) text_printf(&source, " i64 %d, label %%out\n", i);
  text_printf(&source, "]\nout:\n%s}\n", LEAVE("0"));
  refuse(source.bytes, "a switch with many cases");
  text_fini(&source);
  text_printf(&source, "%s", HANDLER("f"));
  for (int i = 0; i < 1100; i++) text_printf(&source, "  %%a%d = alloca i64\n", i);
  text_printf(&source, "%s}\n", LEAVE("0"));
  refuse(source.bytes, "a function with many values in memory");
  text_fini(&source);
}

// ---- no memory -----------------------------------------------------------------------------------------------------

static const char some_function[] =
    HANDLER("f") " %x = load i64, ptr %fp\n %d = load double, ptr %fp\n"
                 " br label %loop\nloop:\n %i = phi i64 [ 0, %0 ], [ %j, %loop ]\n"
                 " %a = phi i64 [ %x, %0 ], [ %b, %loop ]\n %b = phi i64 [ %tos, %0 ], [ %a, %loop ]\n"
                 " %e = fmul double %d, 1.5\n store double %e, ptr %sp\n %j = add i64 %i, 1\n"
                 " %q = icmp ult i64 %j, 9\n br i1 %q, label %loop, label %out\nout:\n" LEAVE("%b") "}\n";

static void expect_no_memory(const struct parsed *unit) {
  struct hot_object object;
  assert_int_equal(generate(unit, &object, NULL), LOAM_ERR_MEMORY);
  mem_fail_at(0);
  assert_null(object.functions);
  assert_int_equal(object.code.size, 0);
}

static void failing_allocations_are_errors_that_leave_nothing(void **state) {
  (void)state;
  struct parsed unit;
  struct hot_object object;
  parse(&unit, some_function);
  enum { ALLOCATIONS_MIN = 8 }; // it makes that many, or more
  for (uint64_t nth = 1; nth <= ALLOCATIONS_MIN; nth++) {
    mem_fail_at(nth);
    expect_no_memory(&unit);
    assert_int_equal(memory.bytes_used, 0);
  }
  assert_int_equal(generate(&unit, &object, NULL), LOAM_OK);
  emit_free(&memory, &object.code);
  hot_object_fini(&object);
  forget(&unit);
}

static void code_that_finds_no_room_is_an_error(void **state) {
  (void)state;
  struct parsed unit;
  struct emit_block rest;
  parse(&unit, some_function);
  assert_true(emit_alloc(&memory, memory.bytes - memory.top, &rest));
  expect_no_memory(&unit);
  emit_free(&memory, &rest);
  forget(&unit);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(addresses_are_sums),
      cmocka_unit_test(words_and_parts_of_them_are_loaded_and_stored),
      cmocka_unit_test(a_comparison_reads_memory_as_it_was),
      cmocka_unit_test(variables_lie_in_the_native_frame),
      cmocka_unit_test(a_switch_goes_where_its_cases_say),
      cmocka_unit_test(joins_turn_values_round),
      cmocka_unit_test(joins_take_values_twice_and_constants),
      cmocka_unit_test(an_undefined_bit_is_0_or_1),
      cmocka_unit_test(what_is_frozen_is_the_same_for_all),
      cmocka_unit_test(functions_of_the_unit_jump_to_each_other),
      cmocka_unit_test(a_poll_keeps_what_its_address_is_made_of),
      cmocka_unit_test(c_functions_are_called),
      cmocka_unit_test(doubles_and_words_are_passed_each_in_their_order),
      cmocka_unit_test(values_are_kept_over_calls),
      cmocka_unit_test(what_is_unknown_is_refused_with_its_reason),
      cmocka_unit_test(what_is_no_handler_is_refused),
      cmocka_unit_test(long_switches_and_large_frames_are_refused),
      cmocka_unit_test(failing_allocations_are_errors_that_leave_nothing),
      cmocka_unit_test(code_that_finds_no_room_is_an_error),
  };
  declarations = function_types;
  symbols = functions;
  return cmocka_run_group_tests(tests, open_memory, close_memory);
}
