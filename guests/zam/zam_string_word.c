// SPDX-License-Identifier: MIT
//
// zam_string_word.c: numbers of 16, 32 and 64 bits inside strings, in the host's byte order, checked.
#include "zam_custom.h"
#include "zam_ops.h"
#include "zam_prim.h"

// True when `bytes` bytes at the index lie in the string.
static bool inside(const struct value *args, unsigned bytes) {
  uint64_t index = (uint64_t)zam_arg_int(args, 1), length = zam_string_length(args[0]);
  return length >= bytes && index <= length - bytes;
}

static const char *place(const struct value *args) { return zam_string_bytes(args[0]) + zam_arg_int(args, 1); }

static enum loam_status get16(struct mutator *th, struct value *args, struct value *result) {
  uint16_t n;
  if (!inside(args, sizeof n)) return zam_raise_bounds(th);
  memcpy(&n, place(args), sizeof n);
  return zam_return_int(result, n);
}

static enum loam_status get32(struct mutator *th, struct value *args, struct value *result) {
  int32_t n;
  if (!inside(args, sizeof n)) return zam_raise_bounds(th);
  memcpy(&n, place(args), sizeof n);
  return zam_make_custom_int(th, &zam_boxed_ops[ZAM_INT32], n, result);
}

static enum loam_status get64(struct mutator *th, struct value *args, struct value *result) {
  int64_t n;
  if (!inside(args, sizeof n)) return zam_raise_bounds(th);
  memcpy(&n, place(args), sizeof n);
  return zam_make_custom_int(th, &zam_boxed_ops[ZAM_INT64], n, result);
}

static enum loam_status set(struct mutator *th, const struct value *args, int64_t n, unsigned bytes,
                            struct value *result) {
  ASSERT(bytes <= sizeof n, "%u bytes of an integer are written", bytes);
  if (!inside(args, bytes)) return zam_raise_bounds(th);
  memcpy((char *)place(args), &n, bytes); // the low bytes come first
  return zam_return_unit(result);
}

static enum loam_status set16(struct mutator *th, struct value *args, struct value *result) {
  return set(th, args, zam_arg_int(args, 2), 2, result);
}
static enum loam_status set32(struct mutator *th, struct value *args, struct value *result) {
  return set(th, args, zam_custom_int(zam_arg(args, 2)), 4, result);
}
static enum loam_status set64(struct mutator *th, struct value *args, struct value *result) {
  return set(th, args, zam_custom_int(zam_arg(args, 2)), 8, result);
}

const struct zam_prim zam_string_word_prims[] = {
    {"caml_string_get16", get16, ZAM_OP_STRING_GET_WORD, 2, 2, zam_boxed_ops},
    {"caml_bytes_get16", get16, ZAM_OP_STRING_GET_WORD, 2, 2, zam_boxed_ops},
    {"caml_string_get32", get32, ZAM_OP_STRING_GET_WORD, 2, 4, zam_boxed_ops},
    {"caml_bytes_get32", get32, ZAM_OP_STRING_GET_WORD, 2, 4, zam_boxed_ops},
    {"caml_string_get64", get64, ZAM_OP_STRING_GET_WORD, 2, 8, zam_boxed_ops},
    {"caml_bytes_get64", get64, ZAM_OP_STRING_GET_WORD, 2, 8, zam_boxed_ops},
    {"caml_bytes_set16", set16, ZAM_OP_BYTES_SET_WORD, 3, 2},
    {"caml_bytes_set32", set32, ZAM_OP_BYTES_SET_WORD, 3, 4},
    {"caml_bytes_set64", set64, ZAM_OP_BYTES_SET_WORD, 3, 8},
    {NULL, NULL, 0, 0},
};
