// SPDX-License-Identifier: MIT
//
// hot_quick_compute_test.c: what instructions compute, compare and choose is what C does. Skipped where LLVM is not
// there.
#define LOAM_HOT_MODULE
#include "hot/hot_quick_fixture_test.h"

#include "hot/hot_disasm.h"

#include <math.h>

static double double_of(int64_t bits) {
  double d;
  memcpy(&d, &bits, sizeof d);
  return d;
}

// ---- words -----------------------------------------------------------------------------------------------------

static void values_that_find_no_register_are_in_memory(void **state) {
  (void)state;
  struct text text = {0};
  for (int in_memory = 0; in_memory < 2; in_memory++) {
    struct code code = compile("%r = add i64 %x, %y", in_memory);
    const struct hot_function *f = &code.object.functions[0];
    assert_int_equal(hot_disasm(f->address, f->size, 0, &text, NULL), LOAM_OK);
    assert_int_equal(strstr(text.bytes, "(%rsp)") != NULL, in_memory);
    release(&code);
  }
  text_fini(&text);
}

static void words_are_computed(void **state) {
  (void)state;
  check("%r = add i64 %x, %y", 5, -7, -2);
  check("%r = add i64 %x, 4294967296", 5, 0, 0x100000005);
  check("%r = add i64 %x, -129", 5, 0, -124);
  check("%r = sub i64 %x, %y", 5, 7, -2);
  check("%r = sub i64 7, %y", 0, 5, 2);
  check("%a = mul i64 %x, 3\n %r = sub i64 %y, %a", 5, 7, -8); // the result where the second operand is
  check("%r = mul i64 %x, %y", -5, 7, -35);
  check("%r = mul i64 %x, 1000", 7, 0, 7000);
  check("%r = mul i64 %x, 4294967297", 7, 0, 0x700000007);
  check("%r = and i64 %x, %y", 0x123456789a, 0xff00ff00ff, 0x1200560000 + 0x9a);
  check("%r = and i64 %x, 4294967295", -2, 0, 0xfffffffe);
  check("%r = and i64 %x, -16", -2, 0, -16);
  check("%r = or i64 %x, 1095216660480", 1, 0, 0xff00000001);
  check("%r = xor i64 %x, -1", 5, 0, -6);
  check("%r = shl i64 %x, 63", 3, 0, INT64_MIN);
  check("%r = lshr i64 %x, 1", -2, 0, INT64_MAX);
  check("%r = ashr i64 %x, 1", -2, 0, -1);
  check("%a = and i64 %y, 63\n %r = shl i64 %x, %a", 3, 64 + 40, INT64_C(3) << 40);
  check("%a = and i64 %y, 63\n %r = lshr i64 %x, %a", -1, 60, 15);
  check("%a = and i64 %y, 63\n %r = ashr i64 %x, %a", -160, 4, -10);
  check("%a = and i64 %x, 63\n %r = shl i64 %a, %a", 3, 0, 24);
  check("%r = call i64 @llvm.fshl.i64(i64 %x, i64 %x, i64 8)", 0x1200000000000034, 0, 0x3412);
  check("%a = call i64 asm \"\", \"=r,0\"(i64 %x)\n %r = freeze i64 %a", 9, 0, 9);
}

static void halves_and_bytes_are_computed(void **state) {
  (void)state;
#define HALVES "%a = trunc i64 %x to i32\n %b = trunc i64 %y to i32\n "
#define BYTES "%a = trunc i64 %x to i8\n %b = trunc i64 %y to i8\n "
  const int64_t above = INT64_C(0x7777777700000000); // what is not part of them
  check(HALVES "%h = add i32 %a, %b", above + 5, above - 7, 0xfffffffe);
  check(HALVES "%h = sub i32 %a, %b", above + 5, above + 7, 0xfffffffe);
  check(HALVES "%h = mul i32 %a, 65537", above + 65537, 0, 0x20001);
  check(HALVES "%h = lshr i32 %a, 4", above + 0x80000010, 0, 0x8000001);
  check(HALVES "%h = ashr i32 %a, 4", above + 0x80000010, 0, 0xf8000001);
  check(HALVES "%e = and i32 %b, 31\n %h = shl i32 %a, %e", above + 3, above + 31, 0x80000000);
  check(HALVES "%h = call i32 @llvm.fshl.i32(i32 %a, i32 %a, i32 8)", above + 0x12000034, 0, 0x3412);
  check(HALVES "%r = sext i32 %a to i64", above + 0x80000000, 0, INT32_MIN);
  check(HALVES "%e = xor i32 %a, -1\n %r = zext i32 %e to i64", above + 1, 0, 0xfffffffe);
  check(BYTES "%e = add i8 %a, %b\n %r = zext i8 %e to i64", 0x77c8, 0x7764, 0x2c);
  check(BYTES "%e = mul i8 %a, 3\n %h = sext i8 %e to i32", 0x7760, 0, 0x20);
  check(BYTES "%e = shl i8 %a, 1\n %r = sext i8 %e to i64", 0x7741, 0, -126);
  check("%a = trunc i64 %x to i16\n %e = sub i16 0, %a\n %r = zext i16 %e to i64", 0x770001, 0, 0xffff);
  check("%a = trunc i64 %x to i16\n %r = sext i16 %a to i64", 0x77fffe, 0, -2);
  check("%a = trunc i64 %x to i1\n %r = sext i1 %a to i64", 0x773, 0, -1);
  check("%a = trunc i64 %x to i1\n %c = xor i1 %a, true", 0x773, 0, 0);
  // Extending changes nothing where the other bits are 0 already.
  check("%a = lshr i64 %x, 32\n %b = trunc i64 %a to i32\n %r = zext i32 %b to i64", above, 0, 0x77777777);
  check("%a = lshr i64 %x, 31\n %b = trunc i64 %a to i32\n %r = zext i32 %b to i64", -1, 0, UINT32_MAX);
  check("%a = and i64 %x, 511\n %b = trunc i64 %a to i8\n %r = zext i8 %b to i64", 511, 0, 255);
  check("%a = trunc i64 %x to i16\n %b = zext i16 %a to i64\n %e = trunc i64 %b to i8\n %r = zext i8 %e to i64", 0x1234,
        0, 0x34);
  check("%a = and i64 %x, 127\n %b = trunc i64 %a to i8\n %r = zext i8 %b to i64", 255, 0, 127);
}

static int64_t divide(const void *context, int64_t x, int64_t y) {
  const int64_t *by = context;
  (void)y;
  return by[1] ? (by[2] ? (int32_t)x % (int32_t)*by & UINT32_MAX : (int32_t)x / (int32_t)*by & UINT32_MAX)
               : (by[2] ? x % *by : x / *by);
}

static void quotients_are_rounded_to_0(void **state) {
  (void)state;
  static const int64_t of[] = {0,         1,         -1,        6,         7,         -7,         100,     -101,
                               INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN, 123456789, -123456789, 1 << 30, 5000000000};
  static const int64_t numbers[] = {
      1, 2, 3, 4, 5, 7, 10, 16, 125, 1000, 65536, 1 << 30, INT32_MAX, -2, -3, -1000, INT64_C(1) << 31, 10000000019};
  for (unsigned i = 0; i < COUNT_OF(numbers); i++)
    for (int k = 0; k < 4; k++) {
      const int64_t by[] = {numbers[i], k & 1, k & 2};
      if (k & 1 && numbers[i] > INT32_MAX) continue;
      char insns[100];
      snprintf(insns, sizeof insns, "%s = %s %s, %" PRId64, k & 1 ? HALVES "%h" : "%r", k & 2 ? "srem" : "sdiv",
               k & 1 ? "i32 %a" : "i64 %x", numbers[i]);
      check_pairs(insns, of, COUNT_OF(of), divide, by);
    }
  check("%r = sdiv i64 %x, %y", -7, 2, -3);
  check("%r = srem i64 %x, %y", -7, -2, -1);
  check("%r = udiv i64 %x, %y", -1, 16, INT64_C(0xfffffffffffffff));
  check("%r = urem i64 %x, 10", -1, 0, 5);
  check(HALVES "%h = udiv i32 %a, %b", -1, 16, 0xfffffff);
  check(HALVES "%h = urem i32 %a, -2", -1, 0, 1);
}

static void smaller_larger_and_overflow(void **state) {
  (void)state;
  check("%r = call i64 @llvm.smax.i64(i64 %x, i64 %y)", -1, 1, 1);
  check("%r = call i64 @llvm.smin.i64(i64 %x, i64 %y)", -1, 1, -1);
  check("%r = call i64 @llvm.umax.i64(i64 %x, i64 7)", 6, 0, 7);
  check("%r = call i64 @llvm.umin.i64(i64 %y, i64 %x)", -1, 1, 1);
  check(HALVES "%h = call i32 @llvm.smax.i32(i32 %a, i32 %b)", 0xffffffff, 1, 1);
  check("%r = call i64 @llvm.abs.i64(i64 %x, i1 false)", -7, 0, 7);
  check("%r = call i64 @llvm.abs.i64(i64 %x, i1 true)", 7, 0, 7);
  check("%r = call i64 @llvm.abs.i64(i64 %x, i1 false)", INT64_MIN, 0, INT64_MIN);
  check(HALVES "%h = call i32 @llvm.abs.i32(i32 %a, i1 false)", 0xfffffff9, 1, 7);
  check("%r = call i64 @llvm.bswap.i64(i64 %x)", 0x0102030405060708, 0, 0x0807060504030201);
  check(HALVES "%h = call i32 @llvm.bswap.i32(i32 %a)", 0x7701020304, 0, 0x04030201);
#define FLAGGED(op) \
  "%s = call { i64, i1 } @llvm." op ".with.overflow.i64(i64 %x, i64 %y)\n %n = extractvalue { i64, i1 } %s, 0\n" \
  "%f = extractvalue { i64, i1 } %s, 1\n "
#define BRANCHED \
  "br i1 %f, label %no, label %yes\nyes: br label %join\nno: br label %join\n" \
  "join: %r = phi i64 [ %n, %yes ], [ 34, %no ]"
  check(FLAGGED("sadd") "%c = or i1 %f, false", INT64_MAX, 1, 1);
  check(FLAGGED("ssub") "%c = or i1 %f, false", INT64_MIN, -1, 0);
  check(FLAGGED("sadd") BRANCHED, INT64_MAX, 1, 34);
  check(FLAGGED("sadd") BRANCHED, INT64_MAX, -1, INT64_MAX - 1);
  check(FLAGGED("ssub") BRANCHED, INT64_MIN, 1, 34);
  check(FLAGGED("smul") BRANCHED, INT64_C(1) << 32, INT64_C(1) << 31, 34);
  check(FLAGGED("smul") BRANCHED, INT64_C(1) << 32, -(INT64_C(1) << 31), INT64_MIN);
}

// ---- conditions ----------------------------------------------------------------------------------------------------

static const char *const predicates[] = {"eq", "ne", "ugt", "uge", "ult", "ule", "sgt", "sge", "slt", "sle"};

struct comparison {
  unsigned predicate, width;
  bool has_constant;
  int64_t constant;
};

static int64_t compare(const void *context, int64_t x, int64_t y) {
  const struct comparison *c = context;
  unsigned shift = 64 - c->width;
  uint64_t a = (uint64_t)x << shift, b = (uint64_t)(c->has_constant ? c->constant : y) << shift;
  int64_t sa = (int64_t)a, sb = (int64_t)b;
  const bool results[] = {(a == b), (a != b),  (a > b),    (a >= b),  (a < b),
                          (a <= b), (sa > sb), (sa >= sb), (sa < sb), (sa <= sb)};
  return results[c->predicate];
}

static const int64_t words[] = {0, 1, -1, 5, 127, 128, 255, -128, INT64_MIN, INT64_MAX, INT64_C(5) << 32, INT32_MIN};

// Of a condition %q: as a bit, as a branch, as a choice.
#define AS_BIT "%c = or i1 %q, false"
#define AS_BRANCH \
  "br i1 %q, label %yes, label %no\nyes: br label %join\nno: br label %join\n" \
  "join: %r = phi i64 [ 1, %yes ], [ 0, %no ]"
#define AS_CHOICE "%r = select i1 %q, i64 1, i64 0"
static const char *const uses[] = {AS_BIT, AS_BRANCH, AS_CHOICE};

static void comparisons_of_words(void **state) {
  (void)state;
  for (unsigned i = 0; i < 10 * 4 * 3; i++) {
    struct comparison c = {.predicate = i % 10, .width = 8u << i / 10 % 4};
    char insns[300];
    snprintf(insns, sizeof insns, "%%a = %s i64 %%x to i%u\n %%b = %s i64 %%y to i%u\n %%q = icmp %s i%u %%a, %%b\n %s",
             c.width == 64 ? "freeze" : "trunc", c.width, c.width == 64 ? "freeze" : "trunc", c.width,
             predicates[c.predicate], c.width, uses[i / 40]);
    char *freeze = insns;
    while ((freeze = strstr(freeze, " to i64"))) memset(freeze, ' ', strlen(" to i64"));
    check_pairs(insns, words, COUNT_OF(words), compare, &c);
  }
}

// The word is read by the comparison itself.
static void comparisons_of_memory_with_constants(void **state) {
  (void)state;
  static const int64_t constants[] = {0, 5, -1, 100, -128};
  for (unsigned i = 0; i < 10 * 4 * COUNT_OF(constants); i++) {
    struct comparison c = {i % 10, 8u << i / 10 % 4, true, constants[i / 40]};
    char insns[300];
    snprintf(insns, sizeof insns, "%%a = load i%u, ptr %%fp\n %%q = icmp %s i%u %%a, %" PRId64 "\n %s", c.width,
             predicates[c.predicate], c.width, c.constant, uses[i % 3]);
    check_pairs(insns, words, COUNT_OF(words), compare, &c);
  }
}

static void what_a_mask_leaves_is_compared(void **state) {
  (void)state;
#define MASKED(mask, test) \
  "%a = and i64 %x, " mask "\n %q = icmp " test "\n br i1 %q, label %yes, label %no\n" \
  "yes: br label %join\nno: br label %join\njoin: %r = phi i64 [ 1, %yes ], [ 0, %no ]"
  check(MASKED("255", "eq i64 %a, 200"), 0x77c8, 0, 1);
  check(MASKED("255", "ult i64 %a, 200"), 0x77c8, 0, 0);
  check(MASKED("255", "slt i64 %a, 200"), 0x7705, 0, 1); // not as bytes with signs
  check(MASKED("65535", "ugt i64 %a, 65000"), 0x77ffff, 0, 1);
  check(MASKED("65535", "eq i64 %a, 0"), 0x770000, 0, 1);
  check(MASKED("255", "eq i64 %a, 256"), 0, 0, 0);
  check(MASKED("8", "ne i64 %a, 0"), 7, 0, 0);
  check(MASKED("-256", "ne i64 %a, 0"), 255, 0, 0);
  check(MASKED("4294967296", "ne i64 %a, 0"), INT64_C(3) << 32, 0, 1);
  check(MASKED("2147483648", "eq i64 %a, 0"), INT64_C(7) << 32, 0, 1);
  check(MASKED("%y", "eq i64 %a, 0"), 0x12, 0x21, 1);
  check(MASKED("%y", "sgt i64 %a, 0"), -1, INT64_MIN, 0);
  check("%w = load i64, ptr %fp\n %a = and i64 %w, 255\n %c = icmp eq i64 %a, 34", 0x7722, 0, 1);
  check("%w = load i64, ptr %fp\n %a = and i64 %w, 6\n %c = icmp ne i64 %a, 0", 9, 0, 0);
}

static int64_t logic(const void *context, int64_t x, int64_t y) {
  bool a = x > 1, b = y > 1;
  switch (*(const unsigned *)context) {
  case 0: return a && b;
  case 1: return a || b;
  case 2: return a != b;
  case 3: return !(a && b);
  case 4: return (a || b) && !(a && b);
  default: return a ? !b : x > y;
  }
}

static void conditions_of_conditions(void **state) {
  (void)state;
  static const char *const texts[] = {
      "%q = and i1 %a, %b",
      "%q = select i1 %a, i1 true, i1 %b",
      "%q = xor i1 %a, %b",
      "%e = select i1 %a, i1 %b, i1 false\n %q = xor i1 %e, true",
      "%e = or i1 %a, %b\n %g = and i1 %a, %b\n %n = xor i1 %g, true\n %q = select i1 %e, i1 %n, i1 false",
      "%e = xor i1 %b, true\n %g = icmp sgt i64 %x, %y\n %q = select i1 %a, i1 %e, i1 %g"};
  static const int64_t some[] = {0, 1, 2, 3};
  for (unsigned i = 0; i < COUNT_OF(texts) * COUNT_OF(uses); i++) {
    unsigned which = i / 3;
    char insns[400];
    snprintf(insns, sizeof insns, "%%a = icmp sgt i64 %%x, 1\n %%b = icmp sgt i64 %%y, 1\n %s\n %s", texts[which],
             uses[i % 3]);
    check_pairs(insns, some, COUNT_OF(some), logic, &which);
  }
}

static void choices_between_values(void **state) {
  (void)state;
#define CHOICE "%q = icmp slt i64 %x, %y\n "
  check(CHOICE "%r = select i1 %q, i64 %x, i64 %y", 5, 7, 5);
  check(CHOICE "%r = select i1 %q, i64 %y, i64 %x", 5, 7, 7);
  check(CHOICE "%r = select i1 %q, i64 10, i64 5000000000", 7, 5, 5000000000);
  check(CHOICE "%d = select i1 %q, double %dx, double 1.5", 7, 5, bits_of(1.5));
  check("%q = fcmp olt double %dx, %dy\n %r = select i1 %q, i64 %x, i64 3", bits_of(1), bits_of(2), bits_of(1));
  check("%q = trunc i64 %x to i1\n %r = select i1 %q, i64 %x, i64 %y", 0x76, 5, 5);
  check("%q = trunc i64 %x to i1\n %a = xor i1 %q, true\n %r = select i1 %a, i64 %x, i64 %y", 0x76, 5, 0x76);
}

// ---- doubles -------------------------------------------------------------------------------------------------------

static const char *const double_predicates[] = {"oeq", "ogt", "oge", "olt", "ole", "one", "ord",
                                                "ueq", "ugt", "uge", "ult", "ule", "une", "uno"};

static int64_t compare_doubles(const void *context, int64_t x, int64_t y) {
  double a = double_of(x), b = double_of(y);
  bool nan = isnan(a) || isnan(b);
  const bool results[] = {a == b,        a > b,        a >= b,        a < b,        a <= b,        !nan && a != b, !nan,
                          nan || a == b, nan || a > b, nan || a >= b, nan || a < b, nan || a <= b, a != b,         nan};
  return results[*(const unsigned *)context];
}

static void comparisons_of_doubles(void **state) {
  (void)state;
  const int64_t some[] = {bits_of(1), bits_of(-2.5), bits_of(0.0), bits_of(-0.0), bits_of(NAN), bits_of(INFINITY)};
  for (unsigned i = 0; i < 14 * COUNT_OF(uses); i++) {
    unsigned predicate = i % 14;
    char insns[300];
    snprintf(insns, sizeof insns, "%%q = fcmp %s double %%dx, %%dy\n %s", double_predicates[predicate], uses[i / 14]);
    check_pairs(insns, some, COUNT_OF(some), compare_doubles, &predicate);
  }
}

static void doubles_are_computed(void **state) {
  (void)state;
  int64_t x = bits_of(6.5), y = bits_of(-2);
  check("%d = fadd double %dx, %dy", x, y, bits_of(4.5));
  check("%d = fsub double %dx, %dy", x, y, bits_of(8.5));
  check("%d = fmul double %dx, 2.0", x, y, bits_of(13));
  check("%d = fdiv double 13.0, %dy", x, y, bits_of(-6.5));
  check("%a = fmul double %dx, %dx\n %d = fsub double %dy, %a", x, y, bits_of(-44.25));
  check("%w = load double, ptr %yp\n %d = fdiv double %dx, %w", x, y, bits_of(-3.25)); // it is read by the division
  check("%a = and i64 %x, 1\n %at = getelementptr double, ptr %fp, i64 %a\n %w = load double, ptr %at\n"
        "%d = fsub double %w, %dy",
        x, y, bits_of(8.5));
  check("%d = fneg double %dx", x, y, bits_of(-6.5));
  check("%d = call double @llvm.fabs.f64(double %dy)", x, y, bits_of(2));
  check("%d = call double @llvm.sqrt.f64(double %dx)", bits_of(6.25), y, bits_of(2.5));
  check("%d = sitofp i64 %x to double", -5000000000, 0, bits_of(-5e9));
  check("%a = trunc i64 %x to i32\n %d = sitofp i32 %a to double", 0x7700000005, 0, bits_of(5));
  check("%r = fptosi double %dx to i64", bits_of(-5e9 - 0.5), 0, -5000000000);
  check("%h = fptosi double %dx to i32", bits_of(-1.5), 0, 0xffffffff);
  check("%p = insertelement <2 x double> poison, double %dx, i64 0\n"
        "%r = call i64 @llvm.x86.sse2.cvttsd2si64(<2 x double> %p)",
        bits_of(-5e9 - 0.5), 0, -5000000000);
  check("%p = insertelement <2 x double> poison, double %dx, i64 0\n"
        "%h = call i32 @llvm.x86.sse2.cvttsd2si(<2 x double> %p)",
        bits_of(7.9), 0, 7);
  check("%a = xor i64 %x, -9223372036854775808\n %d = bitcast i64 %a to double", x, 0, bits_of(-6.5));
  check("%a = fadd double %dx, 0.0\n %b = bitcast double %a to i64\n %r = add i64 %b, 1", x, 0, x + 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(values_that_find_no_register_are_in_memory),
      cmocka_unit_test(words_are_computed),
      cmocka_unit_test(halves_and_bytes_are_computed),
      cmocka_unit_test(quotients_are_rounded_to_0),
      cmocka_unit_test(smaller_larger_and_overflow),
      cmocka_unit_test(comparisons_of_words),
      cmocka_unit_test(comparisons_of_memory_with_constants),
      cmocka_unit_test(what_a_mask_leaves_is_compared),
      cmocka_unit_test(conditions_of_conditions),
      cmocka_unit_test(choices_between_values),
      cmocka_unit_test(comparisons_of_doubles),
      cmocka_unit_test(doubles_are_computed),
  };
  return cmocka_run_group_tests(tests, open_memory, close_memory);
}
