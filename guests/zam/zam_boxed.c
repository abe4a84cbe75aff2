// SPDX-License-Identifier: MIT
//
// zam_boxed.c: int32, int64 and nativeint: custom blocks with one word of data. An int32 is kept sign-extended; C code
// that shares these blocks looks at its low half only.
//
// The arithmetic of the three differs in the type it wraps in; FUNCTION writes one primitive out of an expression of
// the arguments' numbers a and b.
#include "zam_custom.h"
#include "zam_int.h"
#include "zam_ops.h"
#include "zam_prim.h"
#include "zam_stub_api.h"

static int compare_int32(struct value a, struct value b) {
  int32_t left = (int32_t)zam_custom_int(a), right = (int32_t)zam_custom_int(b);
  return (left > right) - (left < right);
}
static int compare_int64(struct value a, struct value b) {
  int64_t left = zam_custom_int(a), right = zam_custom_int(b);
  return (left > right) - (left < right);
}
// Its own, for blocks with one comparison count as being of one type.
static int compare_nativeint(struct value a, struct value b) { return compare_int64(a, b); }
static intptr_t hash_int32(struct value v) { return (int32_t)zam_custom_int(v); }
static intptr_t hash_int64(struct value v) {
  int64_t n = zam_custom_int(v);
  return (intptr_t)((uint32_t)n ^ (uint32_t)(n >> 32));
}
static intptr_t hash_nativeint(struct value v) {
  int64_t n = zam_custom_int(v);
  return (n >> 32) ^ (n >> 63) ^ n;
}

static uintptr_t set_number(void *data, int64_t n) {
  memcpy(data, &n, sizeof n);
  return sizeof n;
}

static void write_int32(struct value v, uintptr_t *bytes32, uintptr_t *bytes64) {
  caml_serialize_int_4((int32_t)zam_custom_int(v));
  *bytes32 = *bytes64 = 4;
}
static uintptr_t read_int32(void *data) { return set_number(data, caml_deserialize_sint_4()) / 2; }

static void write_int64(struct value v, uintptr_t *bytes32, uintptr_t *bytes64) {
  caml_serialize_int_8(zam_custom_int(v));
  *bytes32 = *bytes64 = 8;
}
static uintptr_t read_int64(void *data) { return set_number(data, caml_deserialize_sint_8()); }

static void write_nativeint(struct value v, uintptr_t *bytes32, uintptr_t *bytes64) { // 1: four bytes are enough
  int64_t n = zam_custom_int(v);
  bool narrow = n == (int32_t)n;
  caml_serialize_int_1(narrow ? 1 : 2);
  if (narrow)
    caml_serialize_int_4((int32_t)n);
  else
    caml_serialize_int_8(n);
  *bytes32 = 4;
  *bytes64 = 8;
}
static uintptr_t read_nativeint(void *data) {
  switch (caml_deserialize_uint_1()) {
  case 1: return set_number(data, caml_deserialize_sint_4());
  case 2: return set_number(data, caml_deserialize_sint_8());
  default: caml_deserialize_error("input_value: ill-formed native integer");
  }
}

static const struct zam_custom_length length_int32 = {4, 4}, length_int64 = {8, 8}, length_nativeint = {4, 8};
const struct zam_custom_ops zam_boxed_ops[] = {[ZAM_INT32] = {.identifier = "_i",
                                                              .compare = compare_int32,
                                                              .hash = hash_int32,
                                                              .serialize = write_int32,
                                                              .deserialize = read_int32,
                                                              .fixed_length = &length_int32},
                                               [ZAM_INT64] = {.identifier = "_j",
                                                              .compare = compare_int64,
                                                              .hash = hash_int64,
                                                              .serialize = write_int64,
                                                              .deserialize = read_int64,
                                                              .fixed_length = &length_int64},
                                               [ZAM_NATIVEINT] = {.identifier = "_n",
                                                                  .compare = compare_nativeint,
                                                                  .hash = hash_nativeint,
                                                                  .serialize = write_nativeint,
                                                                  .deserialize = read_nativeint,
                                                                  .fixed_length = &length_nativeint}};

// ---- arithmetic ----------------------------------------------------------------------------------------------------

static inline int64_t number_of(const struct value *args, int index) { return zam_custom_int(zam_arg(args, index)); }

#define FUNCTION(name, ops, type, number_a, number_b, expression) \
  static enum loam_status name(struct mutator *th, struct value *args, struct value *result) { \
    const type a = (type)(number_a), b = (type)(number_b); \
    (void)b; \
    return zam_make_custom_int(th, &(ops), (type)(expression), result); \
  }
#define A number_of(args, 0)
#define B number_of(args, 1)

static int64_t divide(int64_t a, int64_t b) {
  ASSERT(b != 0, "%lld is divided by 0, and nobody raised", (long long)a);
  return b == -1 ? (int64_t)(0 - (uint64_t)a) : a / b;
}
static int64_t remainder_of(int64_t a, int64_t b) {
  ASSERT(b != 0, "%lld modulo 0, and nobody raised", (long long)a);
  return b == -1 ? 0 : a % b;
}

FUNCTION(int32_neg, zam_boxed_ops[ZAM_INT32], int32_t, A, 0, 0 - (uint32_t)a)
FUNCTION(int32_add, zam_boxed_ops[ZAM_INT32], int32_t, A, B, (uint32_t)a + (uint32_t)b)
FUNCTION(int32_sub, zam_boxed_ops[ZAM_INT32], int32_t, A, B, (uint32_t)a - (uint32_t)b)
FUNCTION(int32_mul, zam_boxed_ops[ZAM_INT32], int32_t, A, B, (uint32_t)a *(uint32_t)b)
FUNCTION(int32_and, zam_boxed_ops[ZAM_INT32], int32_t, A, B, a &b)
FUNCTION(int32_or, zam_boxed_ops[ZAM_INT32], int32_t, A, B, a | b)
FUNCTION(int32_xor, zam_boxed_ops[ZAM_INT32], int32_t, A, B, a ^ b)
FUNCTION(int32_shift_left, zam_boxed_ops[ZAM_INT32], int32_t, A, zam_arg_int(args, 1) & 31, (uint32_t)a << b)
FUNCTION(int32_shift_right, zam_boxed_ops[ZAM_INT32], int32_t, A, zam_arg_int(args, 1) & 31, a >> b)
FUNCTION(int32_shift_right_unsigned, zam_boxed_ops[ZAM_INT32], int32_t, A, zam_arg_int(args, 1) & 31, (uint32_t)a >> b)
FUNCTION(int32_bswap, zam_boxed_ops[ZAM_INT32], int32_t, A, 0, __builtin_bswap32((uint32_t)a))
static enum loam_status int32_div(struct mutator *th, struct value *args, struct value *result) {
  if ((int32_t)B == 0) return zam_raise(th, ZAM_DIVISION_BY_ZERO);
  return zam_make_custom_int(th, &zam_boxed_ops[ZAM_INT32], (int32_t)divide((int32_t)A, (int32_t)B), result);
}
static enum loam_status int32_mod(struct mutator *th, struct value *args, struct value *result) {
  if ((int32_t)B == 0) return zam_raise(th, ZAM_DIVISION_BY_ZERO);
  return zam_make_custom_int(th, &zam_boxed_ops[ZAM_INT32], (int32_t)remainder_of((int32_t)A, (int32_t)B), result);
}
static enum loam_status int32_compare(struct mutator *th, struct value *args, struct value *result) {
  (void)th;
  return zam_return_int(result, compare_int32(args[0], zam_arg(args, 1)));
}
static enum loam_status int32_to_int(struct mutator *th, struct value *args, struct value *result) {
  (void)th;
  return zam_return_int(result, (int32_t)A);
}
static enum loam_status int32_to_float(struct mutator *th, struct value *args, struct value *result) {
  return zam_make_float(th, (double)(int32_t)A, result);
}
static enum loam_status int32_of_string(struct mutator *th, struct value *args, struct value *result) {
  int64_t number;
  if (!zam_int_parse(args[0], 32, &number)) return zam_fail(th, "Int32.of_string");
  return zam_make_custom_int(th, &zam_boxed_ops[ZAM_INT32], number, result);
}
static enum loam_status int32_format(struct mutator *th, struct value *args, struct value *result) {
  return zam_int_format(th, args[0], zam_format_number(args[0], B, 32), result);
}
FUNCTION(int32_of_int, zam_boxed_ops[ZAM_INT32], int32_t, zam_arg_int(args, 0), 0, a)
FUNCTION(int32_of_float, zam_boxed_ops[ZAM_INT32], int32_t, zam_truncate_int32(zam_float(args[0])), 0, a)
FUNCTION(int64_neg, zam_boxed_ops[ZAM_INT64], int64_t, A, 0, 0 - (uint64_t)a)
FUNCTION(int64_add, zam_boxed_ops[ZAM_INT64], int64_t, A, B, (uint64_t)a + (uint64_t)b)
FUNCTION(int64_sub, zam_boxed_ops[ZAM_INT64], int64_t, A, B, (uint64_t)a - (uint64_t)b)
FUNCTION(int64_mul, zam_boxed_ops[ZAM_INT64], int64_t, A, B, (uint64_t)a *(uint64_t)b)
FUNCTION(int64_and, zam_boxed_ops[ZAM_INT64], int64_t, A, B, a &b)
FUNCTION(int64_or, zam_boxed_ops[ZAM_INT64], int64_t, A, B, a | b)
FUNCTION(int64_xor, zam_boxed_ops[ZAM_INT64], int64_t, A, B, a ^ b)
FUNCTION(int64_shift_left, zam_boxed_ops[ZAM_INT64], int64_t, A, zam_arg_int(args, 1) & 63, (uint64_t)a << b)
FUNCTION(int64_shift_right, zam_boxed_ops[ZAM_INT64], int64_t, A, zam_arg_int(args, 1) & 63, a >> b)
FUNCTION(int64_shift_right_unsigned, zam_boxed_ops[ZAM_INT64], int64_t, A, zam_arg_int(args, 1) & 63, (uint64_t)a >> b)
FUNCTION(int64_bswap, zam_boxed_ops[ZAM_INT64], int64_t, A, 0, __builtin_bswap64((uint64_t)a))
static enum loam_status int64_div(struct mutator *th, struct value *args, struct value *result) {
  if ((int64_t)B == 0) return zam_raise(th, ZAM_DIVISION_BY_ZERO);
  return zam_make_custom_int(th, &zam_boxed_ops[ZAM_INT64], (int64_t)divide((int64_t)A, (int64_t)B), result);
}
static enum loam_status int64_mod(struct mutator *th, struct value *args, struct value *result) {
  if ((int64_t)B == 0) return zam_raise(th, ZAM_DIVISION_BY_ZERO);
  return zam_make_custom_int(th, &zam_boxed_ops[ZAM_INT64], (int64_t)remainder_of((int64_t)A, (int64_t)B), result);
}
static enum loam_status int64_compare(struct mutator *th, struct value *args, struct value *result) {
  (void)th;
  return zam_return_int(result, compare_int64(args[0], zam_arg(args, 1)));
}
static enum loam_status int64_to_int(struct mutator *th, struct value *args, struct value *result) {
  (void)th;
  return zam_return_int(result, (int64_t)A);
}
static enum loam_status int64_to_float(struct mutator *th, struct value *args, struct value *result) {
  return zam_make_float(th, (double)(int64_t)A, result);
}
static enum loam_status int64_of_string(struct mutator *th, struct value *args, struct value *result) {
  int64_t number;
  if (!zam_int_parse(args[0], 64, &number)) return zam_fail(th, "Int64.of_string");
  return zam_make_custom_int(th, &zam_boxed_ops[ZAM_INT64], number, result);
}
static enum loam_status int64_format(struct mutator *th, struct value *args, struct value *result) {
  return zam_int_format(th, args[0], zam_format_number(args[0], B, 64), result);
}
FUNCTION(int64_of_int, zam_boxed_ops[ZAM_INT64], int64_t, zam_arg_int(args, 0), 0, a)
FUNCTION(int64_of_float, zam_boxed_ops[ZAM_INT64], int64_t, zam_truncate(zam_float(args[0])), 0, a)
FUNCTION(nativeint_neg, zam_boxed_ops[ZAM_NATIVEINT], int64_t, A, 0, 0 - (uint64_t)a)
FUNCTION(nativeint_add, zam_boxed_ops[ZAM_NATIVEINT], int64_t, A, B, (uint64_t)a + (uint64_t)b)
FUNCTION(nativeint_sub, zam_boxed_ops[ZAM_NATIVEINT], int64_t, A, B, (uint64_t)a - (uint64_t)b)
FUNCTION(nativeint_mul, zam_boxed_ops[ZAM_NATIVEINT], int64_t, A, B, (uint64_t)a *(uint64_t)b)
FUNCTION(nativeint_and, zam_boxed_ops[ZAM_NATIVEINT], int64_t, A, B, a &b)
FUNCTION(nativeint_or, zam_boxed_ops[ZAM_NATIVEINT], int64_t, A, B, a | b)
FUNCTION(nativeint_xor, zam_boxed_ops[ZAM_NATIVEINT], int64_t, A, B, a ^ b)
FUNCTION(nativeint_shift_left, zam_boxed_ops[ZAM_NATIVEINT], int64_t, A, zam_arg_int(args, 1) & 63, (uint64_t)a << b)
FUNCTION(nativeint_shift_right, zam_boxed_ops[ZAM_NATIVEINT], int64_t, A, zam_arg_int(args, 1) & 63, a >> b)
FUNCTION(nativeint_shift_right_unsigned, zam_boxed_ops[ZAM_NATIVEINT], int64_t, A, zam_arg_int(args, 1) & 63,
         (uint64_t)a >> b)
FUNCTION(nativeint_bswap, zam_boxed_ops[ZAM_NATIVEINT], int64_t, A, 0, __builtin_bswap64((uint64_t)a))
static enum loam_status nativeint_div(struct mutator *th, struct value *args, struct value *result) {
  if ((int64_t)B == 0) return zam_raise(th, ZAM_DIVISION_BY_ZERO);
  return zam_make_custom_int(th, &zam_boxed_ops[ZAM_NATIVEINT], (int64_t)divide((int64_t)A, (int64_t)B), result);
}
static enum loam_status nativeint_mod(struct mutator *th, struct value *args, struct value *result) {
  if ((int64_t)B == 0) return zam_raise(th, ZAM_DIVISION_BY_ZERO);
  return zam_make_custom_int(th, &zam_boxed_ops[ZAM_NATIVEINT], (int64_t)remainder_of((int64_t)A, (int64_t)B), result);
}
static enum loam_status nativeint_compare(struct mutator *th, struct value *args, struct value *result) {
  (void)th;
  return zam_return_int(result, compare_int64(args[0], zam_arg(args, 1)));
}
static enum loam_status nativeint_to_int(struct mutator *th, struct value *args, struct value *result) {
  (void)th;
  return zam_return_int(result, (int64_t)A);
}
static enum loam_status nativeint_to_float(struct mutator *th, struct value *args, struct value *result) {
  return zam_make_float(th, (double)(int64_t)A, result);
}
static enum loam_status nativeint_of_string(struct mutator *th, struct value *args, struct value *result) {
  int64_t number;
  if (!zam_int_parse(args[0], 64, &number)) return zam_fail(th, "Nativeint.of_string");
  return zam_make_custom_int(th, &zam_boxed_ops[ZAM_NATIVEINT], number, result);
}
static enum loam_status nativeint_format(struct mutator *th, struct value *args, struct value *result) {
  return zam_int_format(th, args[0], zam_format_number(args[0], B, 64), result);
}
FUNCTION(nativeint_of_int, zam_boxed_ops[ZAM_NATIVEINT], int64_t, zam_arg_int(args, 0), 0, a)
FUNCTION(nativeint_of_float, zam_boxed_ops[ZAM_NATIVEINT], int64_t, zam_truncate(zam_float(args[0])), 0, a)
FUNCTION(int64_of_int32, zam_boxed_ops[ZAM_INT64], int32_t, A, 0, a)
FUNCTION(int64_to_int32, zam_boxed_ops[ZAM_INT32], int32_t, A, 0, a)
FUNCTION(nativeint_of_int32, zam_boxed_ops[ZAM_NATIVEINT], int32_t, A, 0, a)
FUNCTION(int64_of_nativeint, zam_boxed_ops[ZAM_INT64], int64_t, A, 0, a)
FUNCTION(int64_to_nativeint, zam_boxed_ops[ZAM_NATIVEINT], int64_t, A, 0, a)
FUNCTION(int64_bits_of_float, zam_boxed_ops[ZAM_INT64], int64_t, zam_fields(args[0])[0].bits, 0, a)

static enum loam_status int64_float_of_bits(struct mutator *th, struct value *args, struct value *result) {
  return zam_make_float(th, zam_word_to_double((uint64_t)A), result);
}
static enum loam_status int32_bits_of_float(struct mutator *th, struct value *args, struct value *result) {
  float f = (float)zam_float(args[0]);
  int32_t bits;
  memcpy(&bits, &f, sizeof bits);
  return zam_make_custom_int(th, &zam_boxed_ops[ZAM_INT32], bits, result);
}
static enum loam_status int32_float_of_bits(struct mutator *th, struct value *args, struct value *result) {
  int32_t bits = (int32_t)A;
  float f;
  memcpy(&f, &bits, sizeof f);
  return zam_make_float(th, f, result);
}

const struct zam_prim zam_boxed_prims[] = {
    {"caml_int32_neg", int32_neg, ZAM_OP_BOXED_NEG, 1, 32, &zam_boxed_ops[ZAM_INT32]},
    {"caml_int32_add", int32_add, ZAM_OP_BOXED_ADD, 2, 32, &zam_boxed_ops[ZAM_INT32]},
    {"caml_int32_sub", int32_sub, ZAM_OP_BOXED_SUB, 2, 32, &zam_boxed_ops[ZAM_INT32]},
    {"caml_int32_mul", int32_mul, ZAM_OP_BOXED_MUL, 2, 32, &zam_boxed_ops[ZAM_INT32]},
    {"caml_int32_and", int32_and, ZAM_OP_BOXED_AND, 2, 32, &zam_boxed_ops[ZAM_INT32]},
    {"caml_int32_or", int32_or, ZAM_OP_BOXED_OR, 2, 32, &zam_boxed_ops[ZAM_INT32]},
    {"caml_int32_xor", int32_xor, ZAM_OP_BOXED_XOR, 2, 32, &zam_boxed_ops[ZAM_INT32]},
    {"caml_int32_shift_left", int32_shift_left, ZAM_OP_BOXED_LSL, 2, 32, &zam_boxed_ops[ZAM_INT32]},
    {"caml_int32_shift_right", int32_shift_right, ZAM_OP_BOXED_ASR, 2, 32, &zam_boxed_ops[ZAM_INT32]},
    {"caml_int32_shift_right_unsigned", int32_shift_right_unsigned, ZAM_OP_BOXED_LSR, 2, 32, &zam_boxed_ops[ZAM_INT32]},
    {"caml_int32_bswap", int32_bswap, ZAM_OP_BOXED_BSWAP, 1, 32, &zam_boxed_ops[ZAM_INT32]},
    {"caml_int32_div", int32_div, ZAM_OP_BOXED_DIV, 2, 32, &zam_boxed_ops[ZAM_INT32]},
    {"caml_int32_mod", int32_mod, ZAM_OP_BOXED_MOD, 2, 32, &zam_boxed_ops[ZAM_INT32]},
    {"caml_int32_compare", int32_compare, ZAM_OP_BOXED_COMPARE, 2, 32, NULL},
    {"caml_int32_to_int", int32_to_int, ZAM_OP_INT_OF_BOXED, 1, 32, NULL},
    {"caml_int32_to_float", int32_to_float, ZAM_OP_FLOAT_OF_BOXED, 1, 32, NULL},
    {"caml_int32_of_string", int32_of_string, 0, 0},
    {"caml_int32_format", int32_format, 0, 0},
    {"caml_int32_of_int", int32_of_int, ZAM_OP_BOXED_OF_INT, 1, 32, &zam_boxed_ops[ZAM_INT32]},
    {"caml_int32_of_float", int32_of_float, ZAM_OP_BOXED_OF_FLOAT, 1, 32, &zam_boxed_ops[ZAM_INT32]},
    {"caml_int64_neg", int64_neg, ZAM_OP_BOXED_NEG, 1, 0, &zam_boxed_ops[ZAM_INT64]},
    {"caml_int64_add", int64_add, ZAM_OP_BOXED_ADD, 2, 0, &zam_boxed_ops[ZAM_INT64]},
    {"caml_int64_sub", int64_sub, ZAM_OP_BOXED_SUB, 2, 0, &zam_boxed_ops[ZAM_INT64]},
    {"caml_int64_mul", int64_mul, ZAM_OP_BOXED_MUL, 2, 0, &zam_boxed_ops[ZAM_INT64]},
    {"caml_int64_and", int64_and, ZAM_OP_BOXED_AND, 2, 0, &zam_boxed_ops[ZAM_INT64]},
    {"caml_int64_or", int64_or, ZAM_OP_BOXED_OR, 2, 0, &zam_boxed_ops[ZAM_INT64]},
    {"caml_int64_xor", int64_xor, ZAM_OP_BOXED_XOR, 2, 0, &zam_boxed_ops[ZAM_INT64]},
    {"caml_int64_shift_left", int64_shift_left, ZAM_OP_BOXED_LSL, 2, 0, &zam_boxed_ops[ZAM_INT64]},
    {"caml_int64_shift_right", int64_shift_right, ZAM_OP_BOXED_ASR, 2, 0, &zam_boxed_ops[ZAM_INT64]},
    {"caml_int64_shift_right_unsigned", int64_shift_right_unsigned, ZAM_OP_BOXED_LSR, 2, 0, &zam_boxed_ops[ZAM_INT64]},
    {"caml_int64_bswap", int64_bswap, ZAM_OP_BOXED_BSWAP, 1, 0, &zam_boxed_ops[ZAM_INT64]},
    {"caml_int64_div", int64_div, ZAM_OP_BOXED_DIV, 2, 0, &zam_boxed_ops[ZAM_INT64]},
    {"caml_int64_mod", int64_mod, ZAM_OP_BOXED_MOD, 2, 0, &zam_boxed_ops[ZAM_INT64]},
    {"caml_int64_compare", int64_compare, ZAM_OP_BOXED_COMPARE, 2, 0, NULL},
    {"caml_int64_to_int", int64_to_int, ZAM_OP_INT_OF_BOXED, 1, 0, NULL},
    {"caml_int64_to_float", int64_to_float, ZAM_OP_FLOAT_OF_BOXED, 1, 0, NULL},
    {"caml_int64_of_string", int64_of_string, 0, 0},
    {"caml_int64_format", int64_format, 0, 0},
    {"caml_int64_of_int", int64_of_int, ZAM_OP_BOXED_OF_INT, 1, 0, &zam_boxed_ops[ZAM_INT64]},
    {"caml_int64_of_float", int64_of_float, ZAM_OP_BOXED_OF_FLOAT, 1, 0, &zam_boxed_ops[ZAM_INT64]},
    {"caml_nativeint_neg", nativeint_neg, ZAM_OP_BOXED_NEG, 1, 0, &zam_boxed_ops[ZAM_NATIVEINT]},
    {"caml_nativeint_add", nativeint_add, ZAM_OP_BOXED_ADD, 2, 0, &zam_boxed_ops[ZAM_NATIVEINT]},
    {"caml_nativeint_sub", nativeint_sub, ZAM_OP_BOXED_SUB, 2, 0, &zam_boxed_ops[ZAM_NATIVEINT]},
    {"caml_nativeint_mul", nativeint_mul, ZAM_OP_BOXED_MUL, 2, 0, &zam_boxed_ops[ZAM_NATIVEINT]},
    {"caml_nativeint_and", nativeint_and, ZAM_OP_BOXED_AND, 2, 0, &zam_boxed_ops[ZAM_NATIVEINT]},
    {"caml_nativeint_or", nativeint_or, ZAM_OP_BOXED_OR, 2, 0, &zam_boxed_ops[ZAM_NATIVEINT]},
    {"caml_nativeint_xor", nativeint_xor, ZAM_OP_BOXED_XOR, 2, 0, &zam_boxed_ops[ZAM_NATIVEINT]},
    {"caml_nativeint_shift_left", nativeint_shift_left, ZAM_OP_BOXED_LSL, 2, 0, &zam_boxed_ops[ZAM_NATIVEINT]},
    {"caml_nativeint_shift_right", nativeint_shift_right, ZAM_OP_BOXED_ASR, 2, 0, &zam_boxed_ops[ZAM_NATIVEINT]},
    {"caml_nativeint_shift_right_unsigned", nativeint_shift_right_unsigned, ZAM_OP_BOXED_LSR, 2, 0,
     &zam_boxed_ops[ZAM_NATIVEINT]},
    {"caml_nativeint_bswap", nativeint_bswap, ZAM_OP_BOXED_BSWAP, 1, 0, &zam_boxed_ops[ZAM_NATIVEINT]},
    {"caml_nativeint_div", nativeint_div, ZAM_OP_BOXED_DIV, 2, 0, &zam_boxed_ops[ZAM_NATIVEINT]},
    {"caml_nativeint_mod", nativeint_mod, ZAM_OP_BOXED_MOD, 2, 0, &zam_boxed_ops[ZAM_NATIVEINT]},
    {"caml_nativeint_compare", nativeint_compare, ZAM_OP_BOXED_COMPARE, 2, 0, NULL},
    {"caml_nativeint_to_int", nativeint_to_int, ZAM_OP_INT_OF_BOXED, 1, 0, NULL},
    {"caml_nativeint_to_float", nativeint_to_float, ZAM_OP_FLOAT_OF_BOXED, 1, 0, NULL},
    {"caml_nativeint_of_string", nativeint_of_string, 0, 0},
    {"caml_nativeint_format", nativeint_format, 0, 0},
    {"caml_nativeint_of_int", nativeint_of_int, ZAM_OP_BOXED_OF_INT, 1, 0, &zam_boxed_ops[ZAM_NATIVEINT]},
    {"caml_nativeint_of_float", nativeint_of_float, ZAM_OP_BOXED_OF_FLOAT, 1, 0, &zam_boxed_ops[ZAM_NATIVEINT]},
    {"caml_int64_of_int32", int64_of_int32, ZAM_OP_BOXED_OF_BOXED, 1, 32, &zam_boxed_ops[ZAM_INT64]},
    {"caml_int64_to_int32", int64_to_int32, ZAM_OP_BOXED_OF_BOXED, 1, 32, &zam_boxed_ops[ZAM_INT32]},
    {"caml_int64_of_nativeint", int64_of_nativeint, ZAM_OP_BOXED_OF_BOXED, 1, 0, &zam_boxed_ops[ZAM_INT64]},
    {"caml_int64_to_nativeint", int64_to_nativeint, ZAM_OP_BOXED_OF_BOXED, 1, 0, &zam_boxed_ops[ZAM_NATIVEINT]},
    {"caml_int64_bits_of_float", int64_bits_of_float, ZAM_OP_BOXED_BITS_OF_FLOAT, 1, 0, &zam_boxed_ops[ZAM_INT64]},
    {"caml_int64_float_of_bits", int64_float_of_bits, ZAM_OP_FLOAT_OF_BOXED_BITS, 1},
    {"caml_int32_bits_of_float", int32_bits_of_float, 0, 0},
    {"caml_int32_float_of_bits", int32_float_of_bits, 0, 0},
    {"caml_nativeint_of_int32", nativeint_of_int32, ZAM_OP_BOXED_OF_BOXED, 1, 32, &zam_boxed_ops[ZAM_NATIVEINT]},
    {"caml_nativeint_to_int32", int64_to_int32, ZAM_OP_BOXED_OF_BOXED, 1, 32, &zam_boxed_ops[ZAM_INT32]},
    {NULL, NULL, 0, 0},
};
