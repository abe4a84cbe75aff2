// SPDX-License-Identifier: MIT
//
// zam_intrinsic.h: what the bodies of zam_intrinsic.ops are made of: elements of bigarrays, numbers in bytes,
// comparisons.
//
// What bytecode calls says nothing of the types it is called for. So the ops keep in an inline cache what they were
// called for last: hot code has that as a constant, and with it the one kind of box that is made.
#ifndef ZAM_INTRINSIC_H
#define ZAM_INTRINSIC_H

#include "zam_bigarray.h"
#include "zam_runtime.h"

// The operations of a boxed integer's type, as a number; `types` is zam_boxed_ops.
#define ZAM_TYPE(types, type) ((uint64_t)(uintptr_t)(types) + (type) * sizeof(struct zam_custom_ops))

// ---- polymorphic comparison ----

// What both sides were: 0 something else; ZAM_SEEN_INTS; or the address of a boxed integer's operations, with
// ZAM_SEEN_INT32 where half of its word counts.
#define ZAM_SEEN_INTS UINT64_C(1)
#define ZAM_SEEN_INT32 UINT64_C(2)
#define IS_SEEN(v, seen) \
  ((seen) == ZAM_SEEN_INTS ? zam_is_int(v) \
                           : heap_has(th, (v).bits) && IS_BOX_TYPED(v, 1, ZAM_INT_HEADER, (seen) & ~ZAM_SEEN_INT32))
#define NUMBER_SEEN(v, seen) \
  ((seen) == ZAM_SEEN_INTS ? (int64_t)(v).bits : zam_narrow(UNBOX_TYPED(v), (seen) & ZAM_SEEN_INT32 ? 32 : 0))

enum zam_order {
  ZAM_ORDER_COMPARE,
  ZAM_ORDER_EQUAL,
  ZAM_ORDER_NOT_EQUAL,
  ZAM_ORDER_LESS,
  ZAM_ORDER_LESS_EQUAL,
  ZAM_ORDER_GREATER,
  ZAM_ORDER_GREATER_EQUAL
};
// Any two values; keeps in *seen what they are.
MAY_GC MAY_THROW enum loam_status zam_compare(struct mutator *th, enum zam_order order, struct value b, struct value a,
                                              uint64_t *seen, struct value *out);

// ---- elements of bigarrays ----

// Of an array of the kind and layout that was seen (the flags, and ZAM_BIGARRAY_SEEN), and of `count` dimensions, where
// an element is. False: it is another array, or has no such element. The other indices are anything.
#define ZAM_BIGARRAY_SEEN 0x10000
static inline __attribute__((always_inline)) bool zam_bigarray_place(const struct zam_bigarray *array, uint64_t seen,
                                                                     int64_t count, struct value i, struct value j,
                                                                     struct value k, uint64_t *at) {
  if (UNLIKELY(!seen || array->dim_count != count)) return false;
  if (UNLIKELY(((uint64_t)array->flags ^ seen) & (BIGARRAY_KIND | BIGARRAY_FORTRAN))) return false;
  bool fortran = seen & BIGARRAY_FORTRAN;
  uint64_t first = (uint64_t)(zam_to_int(i) - fortran), second = (uint64_t)(zam_to_int(j) - fortran),
           third = (uint64_t)(zam_to_int(k) - fortran);
  const uint64_t *dims = (const uint64_t *)array->dims;
  if (UNLIKELY(first >= dims[0] || (count > 1 && second >= dims[1]) || (count > 2 && third >= dims[2]))) return false;
  *at = first;
  if (count == 2) *at = fortran ? second * dims[0] + first : first * dims[1] + second;
  if (count == 3)
    *at = fortran ? (third * dims[1] + second) * dims[0] + first : (first * dims[1] + second) * dims[2] + third;
  return true;
}

// Kinds without complex numbers, which are never seen.
#define BOX_ELEMENT(out, array, at, seen, types) \
  do { \
    const void *data_ = (array)->data; \
    switch ((seen) & BIGARRAY_KIND) { \
    case BIGARRAY_FLOAT32: BOX_FLOAT(out, (double)((const float *)data_)[at]); break; \
    case BIGARRAY_FLOAT64: BOX_FLOAT(out, ((const double *)data_)[at]); break; \
    case BIGARRAY_SINT8: (out) = zam_from_int(((const int8_t *)data_)[at]); break; \
    case BIGARRAY_SINT16: (out) = zam_from_int(((const int16_t *)data_)[at]); break; \
    case BIGARRAY_UINT16: (out) = zam_from_int(((const uint16_t *)data_)[at]); break; \
    case BIGARRAY_INT32: BOX_INT(out, ZAM_TYPE(types, ZAM_INT32), ((const int32_t *)data_)[at]); break; \
    case BIGARRAY_INT64: BOX_INT(out, ZAM_TYPE(types, ZAM_INT64), ((const int64_t *)data_)[at]); break; \
    case BIGARRAY_NATIVEINT: BOX_INT(out, ZAM_TYPE(types, ZAM_NATIVEINT), ((const int64_t *)data_)[at]); break; \
    case BIGARRAY_INT: (out) = zam_from_int(((const int64_t *)data_)[at]); break; \
    default: (out) = zam_from_int(((const uint8_t *)data_)[at]); \
    } \
  } while (0)
#define SET_ELEMENT(array, at, seen, v) \
  do { \
    void *data_ = (array)->data; \
    switch ((seen) & BIGARRAY_KIND) { \
    case BIGARRAY_FLOAT32: ((float *)data_)[at] = (float)UNBOX_FLOAT(v); break; \
    case BIGARRAY_FLOAT64: ((double *)data_)[at] = UNBOX_FLOAT(v); break; \
    case BIGARRAY_SINT16: \
    case BIGARRAY_UINT16: ((uint16_t *)data_)[at] = (uint16_t)zam_to_int(v); break; \
    case BIGARRAY_INT32: ((int32_t *)data_)[at] = (int32_t)UNBOX_TYPED(v); break; \
    case BIGARRAY_INT64: \
    case BIGARRAY_NATIVEINT: ((uint64_t *)data_)[at] = UNBOX_TYPED(v); break; \
    case BIGARRAY_INT: ((int64_t *)data_)[at] = zam_to_int(v); break; \
    default: ((uint8_t *)data_)[at] = (uint8_t)zam_to_int(v); \
    } \
  } while (0)

// Any array; keeps in *seen what it is. `indices` are `count` of i, j, k.
MAY_GC MAY_THROW enum loam_status zam_bigarray_get(struct mutator *th, int count, struct value a, struct value i,
                                                   struct value j, struct value k, uint64_t *seen, struct value *out);
MAY_GC MAY_THROW enum loam_status zam_bigarray_set(struct mutator *th, int count, struct value a, struct value i,
                                                   struct value j, struct value k, struct value v, uint64_t *seen,
                                                   struct value *out);
// The size in a dimension, from 0, which need not be there.
MAY_GC MAY_THROW enum loam_status zam_bigarray_dim(struct mutator *th, struct value a, int64_t number,
                                                   struct value *out);

// ---- numbers of 2, 4 or 8 bytes, in the host's order ----

static inline __attribute__((always_inline)) bool zam_bytes_hold(uint64_t length, struct value index, unsigned bytes) {
  return LIKELY(length >= bytes && (uint64_t)zam_to_int(index) <= length - bytes);
}
#define BOX_WORD(out, place, bytes, types) \
  do { \
    const char *place_ = (place); \
    uint64_t long_; \
    uint32_t half_; \
    uint16_t short_; \
    if ((bytes) == sizeof long_) { \
      __builtin_memcpy(&long_, place_, sizeof long_); \
      BOX_INT(out, ZAM_TYPE(types, ZAM_INT64), long_); \
    } else if ((bytes) == sizeof half_) { \
      __builtin_memcpy(&half_, place_, sizeof half_); \
      BOX_INT(out, ZAM_TYPE(types, ZAM_INT32), (int32_t)half_); \
    } else { \
      __builtin_memcpy(&short_, place_, sizeof short_); \
      (out) = zam_from_int(short_); \
    } \
  } while (0)
#define SET_WORD(place, bytes, v) \
  do { \
    char *place_ = (place); \
    uint64_t long_ = (bytes) == sizeof(uint16_t) ? (uint64_t)zam_to_int(v) : UNBOX_TYPED(v); \
    if ((bytes) == sizeof long_) \
      __builtin_memcpy(place_, &long_, sizeof long_); \
    else if ((bytes) == sizeof(uint32_t)) \
      __builtin_memcpy(place_, &long_, sizeof(uint32_t)); \
    else \
      __builtin_memcpy(place_, &long_, sizeof(uint16_t)); \
  } while (0)

// ---- strings ----

// Word by word: the padding belongs to what is compared.
static inline __attribute__((always_inline)) bool zam_strings_equal(struct value a, struct value b) {
  if (a.bits == b.bits) return true;
  uint64_t words = zam_size(a);
  if (words != zam_size(b)) return false;
  const struct value *left = zam_fields(a), *right = zam_fields(b);
#pragma clang loop vectorize(disable) unroll(disable)
  while (words-- > 0)
    if (left[words].bits != right[words].bits) return false; // from the end, where names differ more often
  return true;
}

// ---- floats ----

// A function of the C library, which neither reads nor writes what a program sees.
typedef __attribute__((const)) double zam_float_fn(double a);
typedef __attribute__((const)) double zam_float_fn2(double a, double b);

// The whole number next to d: below it, above it, or towards 0. Above 2^52 there is nothing else, and nan is none.
static inline __attribute__((always_inline)) double zam_float_whole(double d, bool below, bool above) {
  uint64_t word = zam_double_to_word(d), sign = word & UINT64_C(1) << 63;
  if ((word ^ sign) >= UINT64_C(1075) << 52) return d;
  int64_t n = zam_truncate(d);
  if (below) n -= (double)n > d;
  if (above) n += (double)n < d;
  return zam_word_to_double(zam_double_to_word((double)n) | sign);
}

#endif
