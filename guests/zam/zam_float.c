// SPDX-License-Identifier: MIT
//
// zam_float.c: floats: arithmetic, comparisons and the host's mathematical library. What bytecode uses most has an op
// of its own; the functions here serve for it where only the primitive's address is asked for.
//
// UNARY and BINARY write a primitive out of an expression of the arguments a and b.
#include "zam_ops.h"
#include "zam_prim.h"

#include <math.h>

#define UNARY(name, expression) \
  static enum loam_status name(struct mutator *th, struct value *args, struct value *result) { \
    double a = zam_float(args[0]); \
    return zam_make_float(th, expression, result); \
  }
#define BINARY(name, expression) \
  static enum loam_status name(struct mutator *th, struct value *args, struct value *result) { \
    double a = zam_float(args[0]), b = zam_float(zam_arg(args, 1)); \
    return zam_make_float(th, expression, result); \
  }
#define COMPARE(name, operator) \
  static enum loam_status name(struct mutator *th, struct value *args, struct value *result) { \
    (void)th; \
    return zam_return_bool(result, zam_float(args[0]) operator zam_float(zam_arg(args, 1))); \
  }

UNARY(float_acos, acos(a))
UNARY(float_acosh, acosh(a))
UNARY(float_asin, asin(a))
UNARY(float_asinh, asinh(a))
UNARY(float_atan, atan(a))
UNARY(float_atanh, atanh(a))
UNARY(float_cbrt, cbrt(a))
UNARY(float_ceil, ceil(a))
UNARY(float_cos, cos(a))
UNARY(float_cosh, cosh(a))
UNARY(float_erf, erf(a))
UNARY(float_erfc, erfc(a))
UNARY(float_exp, exp(a))
UNARY(float_exp2, exp2(a))
UNARY(float_expm1, expm1(a))
UNARY(float_floor, floor(a))
UNARY(float_log, log(a))
UNARY(float_log10, log10(a))
UNARY(float_log1p, log1p(a))
UNARY(float_log2, log2(a))
UNARY(float_round, round(a))
UNARY(float_sin, sin(a))
UNARY(float_sinh, sinh(a))
UNARY(float_sqrt, sqrt(a))
UNARY(float_tan, tan(a))
UNARY(float_tanh, tanh(a))
UNARY(float_trunc, trunc(a))
UNARY(float_neg, -a)
UNARY(float_abs, fabs(a))
BINARY(float_add, a + b)
BINARY(float_sub, a - b)
BINARY(float_mul, a *b)
BINARY(float_div, a / b)
BINARY(float_power, pow(a, b))
BINARY(float_atan2, atan2(a, b))
BINARY(float_copysign, copysign(a, b))
BINARY(float_fmod, fmod(a, b))
BINARY(float_hypot, hypot(a, b))
BINARY(float_nextafter, nextafter(a, b))
COMPARE(float_eq, ==)
COMPARE(float_neq, !=)
COMPARE(float_lt, <)
COMPARE(float_le, <=)
COMPARE(float_gt, >)
COMPARE(float_ge, >=)

static enum loam_status float_of_int(struct mutator *th, struct value *args, struct value *result) {
  return zam_make_float(th, (double)zam_arg_int(args, 0), result);
}
static enum loam_status int_of_float(struct mutator *th, struct value *args, struct value *result) {
  (void)th;
  return zam_return_int(result, zam_truncate(zam_float(args[0])));
}
static enum loam_status float_fma(struct mutator *th, struct value *args, struct value *result) {
  return zam_make_float(th, fma(zam_float(args[0]), zam_float(zam_arg(args, 1)), zam_float(zam_arg(args, 2))), result);
}
static enum loam_status float_ldexp(struct mutator *th, struct value *args, struct value *result) {
  return zam_make_float(th, ldexp(zam_float(args[0]), (int)zam_arg_int(args, 1)), result);
}

// A total order: nan is equal to itself and less than all others.
static enum loam_status float_compare(struct mutator *th, struct value *args, struct value *result) {
  double a = zam_float(args[0]), b = zam_float(zam_arg(args, 1));
  int order = (a > b) - (a < b) + (a == a) - (b == b);
  (void)th;
  ASSERT(order >= -1 && order <= 1, "the order of %g and %g is %d", a, b, order);
  return zam_return_int(result, order);
}

static enum loam_status float_signbit(struct mutator *th, struct value *args, struct value *result) {
  (void)th;
  return zam_return_bool(result, signbit(zam_float(args[0])));
}

static enum loam_status float_classify(struct mutator *th, struct value *args, struct value *result) {
  enum { NORMAL, SUBNORMAL, ZERO, INFINITE, NAN_VALUE };
  int kind = fpclassify(zam_float(args[0]));
  (void)th;
  return zam_return_int(result, kind == FP_NORMAL      ? NORMAL
                                : kind == FP_SUBNORMAL ? SUBNORMAL
                                : kind == FP_ZERO      ? ZERO
                                : kind == FP_INFINITE  ? INFINITE
                                                       : NAN_VALUE);
}

// A pair of a float and a second part, which may be one as well.
static enum loam_status make_pair(struct mutator *th, double first, struct value second, struct value *result) {
  struct value box;
  ROOTS(th, &second);
  if (zam_make_float(th, first, &box) != DONE) return THROWN;
  return zam_make_block2(th, 0, second, box, result);
}

static enum loam_status float_frexp(struct mutator *th, struct value *args, struct value *result) {
  int exponent;
  double mantissa = frexp(zam_float(args[0]), &exponent);
  return make_pair(th, mantissa, zam_from_int(exponent), result);
}

static enum loam_status float_modf(struct mutator *th, struct value *args, struct value *result) {
  double whole, fraction = modf(zam_float(args[0]), &whole);
  struct value box;
  if (zam_make_float(th, whole, &box) != DONE) return THROWN;
  return make_pair(th, fraction, box, result);
}

// For ops that call it.
#define FUNCTION(name) ((const void *)(name))
const struct zam_prim zam_float_prims[] = {
    {"caml_acos_float", float_acos, ZAM_OP_FLOAT_FUNCTION, 1, 0, FUNCTION(acos)},
    {"caml_acosh_float", float_acosh, ZAM_OP_FLOAT_FUNCTION, 1, 0, FUNCTION(acosh)},
    {"caml_asin_float", float_asin, ZAM_OP_FLOAT_FUNCTION, 1, 0, FUNCTION(asin)},
    {"caml_asinh_float", float_asinh, ZAM_OP_FLOAT_FUNCTION, 1, 0, FUNCTION(asinh)},
    {"caml_atan_float", float_atan, ZAM_OP_FLOAT_FUNCTION, 1, 0, FUNCTION(atan)},
    {"caml_atanh_float", float_atanh, ZAM_OP_FLOAT_FUNCTION, 1, 0, FUNCTION(atanh)},
    {"caml_cbrt_float", float_cbrt, ZAM_OP_FLOAT_FUNCTION, 1, 0, FUNCTION(cbrt)},
    {"caml_ceil_float", float_ceil, ZAM_OP_CEIL_FLOAT, 1},
    {"caml_cos_float", float_cos, ZAM_OP_FLOAT_FUNCTION, 1, 0, FUNCTION(cos)},
    {"caml_cosh_float", float_cosh, ZAM_OP_FLOAT_FUNCTION, 1, 0, FUNCTION(cosh)},
    {"caml_erf_float", float_erf, ZAM_OP_FLOAT_FUNCTION, 1, 0, FUNCTION(erf)},
    {"caml_erfc_float", float_erfc, ZAM_OP_FLOAT_FUNCTION, 1, 0, FUNCTION(erfc)},
    {"caml_exp_float", float_exp, ZAM_OP_FLOAT_FUNCTION, 1, 0, FUNCTION(exp)},
    {"caml_exp2_float", float_exp2, ZAM_OP_FLOAT_FUNCTION, 1, 0, FUNCTION(exp2)},
    {"caml_expm1_float", float_expm1, ZAM_OP_FLOAT_FUNCTION, 1, 0, FUNCTION(expm1)},
    {"caml_floor_float", float_floor, ZAM_OP_FLOOR_FLOAT, 1},
    {"caml_log_float", float_log, ZAM_OP_FLOAT_FUNCTION, 1, 0, FUNCTION(log)},
    {"caml_log10_float", float_log10, ZAM_OP_FLOAT_FUNCTION, 1, 0, FUNCTION(log10)},
    {"caml_log1p_float", float_log1p, ZAM_OP_FLOAT_FUNCTION, 1, 0, FUNCTION(log1p)},
    {"caml_log2_float", float_log2, ZAM_OP_FLOAT_FUNCTION, 1, 0, FUNCTION(log2)},
    {"caml_round_float", float_round, ZAM_OP_FLOAT_FUNCTION, 1, 0, FUNCTION(round)},
    {"caml_sin_float", float_sin, ZAM_OP_FLOAT_FUNCTION, 1, 0, FUNCTION(sin)},
    {"caml_sinh_float", float_sinh, ZAM_OP_FLOAT_FUNCTION, 1, 0, FUNCTION(sinh)},
    {"caml_sqrt_float", float_sqrt, ZAM_OP_SQRT_FLOAT, 1},
    {"caml_tan_float", float_tan, ZAM_OP_FLOAT_FUNCTION, 1, 0, FUNCTION(tan)},
    {"caml_tanh_float", float_tanh, ZAM_OP_FLOAT_FUNCTION, 1, 0, FUNCTION(tanh)},
    {"caml_trunc_float", float_trunc, ZAM_OP_TRUNC_FLOAT, 1},
    {"caml_neg_float", float_neg, ZAM_OP_NEG_FLOAT, 1},
    {"caml_abs_float", float_abs, ZAM_OP_ABS_FLOAT, 1},
    {"caml_add_float", float_add, ZAM_OP_ADD_FLOAT, 2},
    {"caml_sub_float", float_sub, ZAM_OP_SUB_FLOAT, 2},
    {"caml_mul_float", float_mul, ZAM_OP_MUL_FLOAT, 2},
    {"caml_div_float", float_div, ZAM_OP_DIV_FLOAT, 2},
    {"caml_power_float", float_power, ZAM_OP_FLOAT_FUNCTION2, 2, 0, FUNCTION(pow)},
    {"caml_atan2_float", float_atan2, ZAM_OP_FLOAT_FUNCTION2, 2, 0, FUNCTION(atan2)},
    {"caml_copysign_float", float_copysign, ZAM_OP_FLOAT_FUNCTION2, 2, 0, FUNCTION(copysign)},
    {"caml_fmod_float", float_fmod, ZAM_OP_FLOAT_FUNCTION2, 2, 0, FUNCTION(fmod)},
    {"caml_hypot_float", float_hypot, ZAM_OP_FLOAT_FUNCTION2, 2, 0, FUNCTION(hypot)},
    {"caml_nextafter_float", float_nextafter, ZAM_OP_FLOAT_FUNCTION2, 2, 0, FUNCTION(nextafter)},
    {"caml_eq_float", float_eq, ZAM_OP_EQ_FLOAT, 2},
    {"caml_neq_float", float_neq, ZAM_OP_NEQ_FLOAT, 2},
    {"caml_lt_float", float_lt, ZAM_OP_LT_FLOAT, 2},
    {"caml_le_float", float_le, ZAM_OP_LE_FLOAT, 2},
    {"caml_gt_float", float_gt, ZAM_OP_GT_FLOAT, 2},
    {"caml_ge_float", float_ge, ZAM_OP_GE_FLOAT, 2},
    {"caml_float_of_int", float_of_int, ZAM_OP_FLOAT_OF_INT, 1},
    {"caml_int_of_float", int_of_float, ZAM_OP_INT_OF_FLOAT, 1},
    {"caml_fma_float", float_fma, 0, 0},
    {"caml_ldexp_float", float_ldexp, 0, 0},
    {"caml_float_compare", float_compare, ZAM_OP_FLOAT_COMPARE, 2},
    {"caml_signbit_float", float_signbit, 0, 0},
    {"caml_signbit", float_signbit, 0, 0},
    {"caml_classify_float", float_classify, 0, 0},
    {"caml_frexp_float", float_frexp, 0, 0},
    {"caml_modf_float", float_modf, 0, 0},
    {NULL, NULL, 0, 0},
};
