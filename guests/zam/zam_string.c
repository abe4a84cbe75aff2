// SPDX-License-Identifier: MIT
//
// zam_string.c: strings and byte sequences, which are the same blocks.
#include "zam_ops.h"
#include "zam_prim.h"

static enum loam_status create(struct mutator *th, struct value *args, struct value *result) {
  int64_t length = zam_arg_int(args, 0);
  if (length < 0 || (uint64_t)length > ZAM_SIZE_MAX * 8 - 1) return zam_invalid(th, "Bytes.create");
  return zam_make_bytes(th, (size_t)length, result);
}

static enum loam_status string_length(struct mutator *th, struct value *args, struct value *result) {
  (void)th;
  return zam_return_int(result, (int64_t)zam_string_length(args[0]));
}

static enum loam_status string_get(struct mutator *th, struct value *args, struct value *result) {
  uint64_t index = (uint64_t)zam_arg_int(args, 1);
  if (index >= zam_string_length(args[0])) return zam_raise_bounds(th);
  return zam_return_int(result, (uint8_t)zam_string_bytes(args[0])[index]);
}

static enum loam_status bytes_set(struct mutator *th, struct value *args, struct value *result) {
  uint64_t index = (uint64_t)zam_arg_int(args, 1);
  if (index >= zam_string_length(args[0])) return zam_raise_bounds(th);
  zam_string_bytes(args[0])[index] = (char)zam_arg_int(args, 2);
  return zam_return_unit(result);
}

static enum loam_status same(struct mutator *th, struct value *args, struct value *result) {
  (void)th;
  *result = args[0];
  return DONE;
}

// ---- comparing -----------------------------------------------------------------------------------------------------

static int order(const struct value *args) {
  struct value a = args[0], b = zam_arg(args, 1);
  size_t left = zam_string_length(a), right = zam_string_length(b);
  int first = memcmp(zam_string_bytes(a), zam_string_bytes(b), left < right ? left : right);
  return first ? (first > 0) - (first < 0) : (left > right) - (left < right);
}

static enum loam_status compare(struct mutator *th, struct value *args, struct value *result) {
  (void)th;
  return zam_return_int(result, order(args));
}
static enum loam_status equal(struct mutator *th, struct value *args, struct value *result) {
  (void)th;
  return zam_return_bool(result, zam_string_same(args[0], zam_arg(args, 1)));
}
static enum loam_status not_equal(struct mutator *th, struct value *args, struct value *result) {
  (void)th;
  return zam_return_bool(result, !zam_string_same(args[0], zam_arg(args, 1)));
}
static enum loam_status less(struct mutator *th, struct value *args, struct value *result) {
  (void)th;
  return zam_return_bool(result, order(args) < 0);
}
static enum loam_status less_or_equal(struct mutator *th, struct value *args, struct value *result) {
  (void)th;
  return zam_return_bool(result, order(args) <= 0);
}
static enum loam_status greater(struct mutator *th, struct value *args, struct value *result) {
  (void)th;
  return zam_return_bool(result, order(args) > 0);
}
static enum loam_status greater_or_equal(struct mutator *th, struct value *args, struct value *result) {
  (void)th;
  return zam_return_bool(result, order(args) >= 0);
}

// ---- moving bytes; the caller has checked the ranges ---------------------------------------------------------------

static enum loam_status blit(struct mutator *th, struct value *args, struct value *result) {
  (void)th;
  memmove(zam_string_bytes(zam_arg(args, 2)) + zam_arg_int(args, 3), zam_string_bytes(args[0]) + zam_arg_int(args, 1),
          (size_t)zam_arg_int(args, 4));
  return zam_return_unit(result);
}

static enum loam_status fill(struct mutator *th, struct value *args, struct value *result) {
  (void)th;
  memset(zam_string_bytes(args[0]) + zam_arg_int(args, 1), (int)zam_arg_int(args, 3), (size_t)zam_arg_int(args, 2));
  return zam_return_unit(result);
}

const struct zam_prim zam_string_prims[] = {
    {"caml_create_string", create, 0, 0},
    {"caml_create_bytes", create, 0, 0},
    {"caml_ml_string_length", string_length, ZAM_OP_STRING_LENGTH, 1},
    {"caml_ml_bytes_length", string_length, ZAM_OP_STRING_LENGTH, 1},
    {"caml_string_get", string_get, ZAM_OP_STRING_GET, 2},
    {"caml_bytes_get", string_get, ZAM_OP_STRING_GET, 2},
    {"caml_string_set", bytes_set, ZAM_OP_BYTES_SET, 3},
    {"caml_bytes_set", bytes_set, ZAM_OP_BYTES_SET, 3},
    {"caml_bytes_of_string", same, 0, 0},
    {"caml_string_of_bytes", same, 0, 0},
    {"caml_string_compare", compare, 0, 0},
    {"caml_bytes_compare", compare, 0, 0},
    {"caml_string_equal", equal, ZAM_OP_STRING_EQUAL, 2},
    {"caml_bytes_equal", equal, ZAM_OP_STRING_EQUAL, 2},
    {"caml_string_notequal", not_equal, ZAM_OP_STRING_NOT_EQUAL, 2},
    {"caml_bytes_notequal", not_equal, ZAM_OP_STRING_NOT_EQUAL, 2},
    {"caml_string_lessthan", less, 0, 0},
    {"caml_bytes_lessthan", less, 0, 0},
    {"caml_string_lessequal", less_or_equal, 0, 0},
    {"caml_bytes_lessequal", less_or_equal, 0, 0},
    {"caml_string_greaterthan", greater, 0, 0},
    {"caml_bytes_greaterthan", greater, 0, 0},
    {"caml_string_greaterequal", greater_or_equal, 0, 0},
    {"caml_bytes_greaterequal", greater_or_equal, 0, 0},
    {"caml_blit_string", blit, 0, 0},
    {"caml_blit_bytes", blit, 0, 0},
    {"caml_fill_string", fill, 0, 0},
    {"caml_fill_bytes", fill, 0, 0},
    {NULL, NULL, 0, 0},
};
