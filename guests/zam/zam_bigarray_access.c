// SPDX-License-Identifier: MIT
//
// zam_bigarray_access.c: elements of bigarrays: reading, writing, filling.
#include "zam_bigarray.h"
#include "zam_intrinsic.h"
#include "zam_ops.h"
#include "zam_prim.h"

// ---- one element ---------------------------------------------------------------------------------------------------

static enum loam_status make_complex(struct mutator *th, double real, double imaginary, struct value *result) {
  struct ref object = zam_alloc(th, ZAM_TAG_DOUBLE_ARRAY, 2);
  if (!object.addr) return THROWN;
  *result = value_from_ref(object);
  zam_float_store(*result, 0, real);
  zam_float_store(*result, 1, imaginary);
  return DONE;
}

static enum loam_status load(struct mutator *th, const struct zam_bigarray *array, uint64_t at, struct value *result) {
  ASSERT(at < zam_bigarray_count(array), "zam.I8: element %llu of %llu is read", (unsigned long long)at,
         (unsigned long long)zam_bigarray_count(array));
  const void *data = array->data;
  switch (zam_bigarray_kind(array)) {
  case BIGARRAY_FLOAT32: return zam_make_float(th, ((const float *)data)[at], result);
  case BIGARRAY_FLOAT64: return zam_make_float(th, ((const double *)data)[at], result);
  case BIGARRAY_SINT8: return zam_return_int(result, ((const int8_t *)data)[at]);
  case BIGARRAY_SINT16: return zam_return_int(result, ((const int16_t *)data)[at]);
  case BIGARRAY_UINT16: return zam_return_int(result, ((const uint16_t *)data)[at]);
  case BIGARRAY_INT32: return zam_make_custom_int(th, &zam_boxed_ops[ZAM_INT32], ((const int32_t *)data)[at], result);
  case BIGARRAY_INT64: return zam_make_custom_int(th, &zam_boxed_ops[ZAM_INT64], ((const int64_t *)data)[at], result);
  case BIGARRAY_NATIVEINT:
    return zam_make_custom_int(th, &zam_boxed_ops[ZAM_NATIVEINT], ((const int64_t *)data)[at], result);
  case BIGARRAY_INT: return zam_return_int(result, ((const int64_t *)data)[at]);
  case BIGARRAY_COMPLEX32:
    return make_complex(th, ((const float *)data)[2 * at], ((const float *)data)[2 * at + 1], result);
  case BIGARRAY_COMPLEX64:
    return make_complex(th, ((const double *)data)[2 * at], ((const double *)data)[2 * at + 1], result);
  default: return zam_return_int(result, ((const uint8_t *)data)[at]);
  }
}

static void store(const struct zam_bigarray *array, uint64_t at, struct value v) {
  ASSERT(zam_bigarray_kind(array) < BIGARRAY_KINDS, "zam.I8: a bigarray is of kind %d", zam_bigarray_kind(array));
  void *data = array->data;
  switch (zam_bigarray_kind(array)) {
  case BIGARRAY_FLOAT32: ((float *)data)[at] = (float)zam_float(v); break;
  case BIGARRAY_FLOAT64: ((double *)data)[at] = zam_float(v); break;
  case BIGARRAY_SINT16:
  case BIGARRAY_UINT16: ((uint16_t *)data)[at] = (uint16_t)zam_to_int(v); break;
  case BIGARRAY_INT32: ((int32_t *)data)[at] = (int32_t)zam_custom_int(v); break;
  case BIGARRAY_INT64:
  case BIGARRAY_NATIVEINT: ((int64_t *)data)[at] = zam_custom_int(v); break;
  case BIGARRAY_INT: ((int64_t *)data)[at] = zam_to_int(v); break;
  case BIGARRAY_COMPLEX32:
    ((float *)data)[2 * at] = (float)zam_float_at(v, 0);
    ((float *)data)[2 * at + 1] = (float)zam_float_at(v, 1);
    break;
  case BIGARRAY_COMPLEX64:
    ((double *)data)[2 * at] = zam_float_at(v, 0);
    ((double *)data)[2 * at + 1] = zam_float_at(v, 1);
    break;
  default: ((uint8_t *)data)[at] = (uint8_t)zam_to_int(v);
  }
}

// ---- by indices ----------------------------------------------------------------------------------------------------

// Where the element is whose `count` indices are the arguments behind the array.
static enum loam_status locate(struct mutator *th, const struct value *args, int64_t count, const char *why,
                               uint64_t *position) {
  const struct zam_bigarray *array = zam_bigarray_of(args[0]);
  int64_t indices[3] = {0};
  ASSERT(count >= 1 && count <= (int64_t)COUNT_OF(indices), "zam.I8: an element is named by %lld indices",
         (long long)count);
  if (array->dim_count != count) return zam_invalid(th, why);
  for (int i = 0; i < count; i++) indices[i] = zam_arg_int(args, i + 1);
  return zam_bigarray_locate(th, array, indices, position);
}

static enum loam_status get(struct mutator *th, const struct value *args, int64_t count, struct value *result) {
  uint64_t position;
  if (locate(th, args, count, "Bigarray.get: wrong number of indices", &position) != DONE) return THROWN;
  return load(th, zam_bigarray_of(args[0]), position, result);
}

static enum loam_status set(struct mutator *th, const struct value *args, int count, struct value *result) {
  uint64_t position;
  if (locate(th, args, count, "Bigarray.set: wrong number of indices", &position) != DONE) return THROWN;
  store(zam_bigarray_of(args[0]), position, zam_arg(args, count + 1));
  return zam_return_unit(result);
}

static enum loam_status get_1(struct mutator *th, struct value *args, struct value *result) {
  return get(th, args, 1, result);
}
static enum loam_status get_2(struct mutator *th, struct value *args, struct value *result) {
  return get(th, args, 2, result);
}
static enum loam_status get_3(struct mutator *th, struct value *args, struct value *result) {
  return get(th, args, 3, result);
}
static enum loam_status set_1(struct mutator *th, struct value *args, struct value *result) {
  return set(th, args, 1, result);
}
static enum loam_status set_2(struct mutator *th, struct value *args, struct value *result) {
  return set(th, args, 2, result);
}
static enum loam_status set_3(struct mutator *th, struct value *args, struct value *result) {
  return set(th, args, 3, result);
}

static void see(const struct zam_bigarray *array, uint64_t *seen) {
  enum zam_bigarray_kind kind = zam_bigarray_kind(array);
  ASSERT(array->dim_count >= 0 && array->dim_count <= ZAM_BIGARRAY_DIMS_MAX, "zam.I8: a bigarray has %lld dimensions",
         (long long)array->dim_count);
  if (kind == BIGARRAY_COMPLEX32 || kind == BIGARRAY_COMPLEX64) return;
  uint64_t what = ((uint64_t)array->flags & (BIGARRAY_KIND | BIGARRAY_FORTRAN)) | ZAM_BIGARRAY_SEEN;
  __atomic_store_n(seen, what, __ATOMIC_RELAXED);
}

enum loam_status zam_bigarray_get(struct mutator *th, int count, struct value a, struct value i, struct value j,
                                  struct value k, uint64_t *seen, struct value *out) {
  see(zam_bigarray_of(a), seen);
  return get(th, &((const struct value[]){k, j, i, a})[3], count, out);
}

enum loam_status zam_bigarray_set(struct mutator *th, int count, struct value a, struct value i, struct value j,
                                  struct value k, struct value v, uint64_t *seen, struct value *out) {
  const struct value indices[] = {i, j, k};
  ASSERT(count >= 1 && count <= 3, "zam.I8: an element is set by %d indices", count);
  struct value args[5];
  args[4] = a;
  args[3 - count] = v;
  for (int n = 0; n < count; n++) args[3 - n] = indices[n];
  see(zam_bigarray_of(a), seen);
  return set(th, &args[4], count, out);
}

// The indices are in an array.
static enum loam_status locate_generic(struct mutator *th, const struct value *args, const char *why,
                                       uint64_t *position) {
  const struct zam_bigarray *array = zam_bigarray_of(args[0]);
  struct value given = zam_arg(args, 1);
  int64_t indices[ZAM_BIGARRAY_DIMS_MAX];
  if ((int64_t)zam_size(given) != array->dim_count) return zam_invalid(th, why);
  for (int64_t i = 0; i < array->dim_count; i++) indices[i] = zam_to_int(zam_fields(given)[i]);
  return zam_bigarray_locate(th, array, indices, position);
}

static enum loam_status get_generic(struct mutator *th, struct value *args, struct value *result) {
  uint64_t position;
  if (locate_generic(th, args, "Bigarray.get: wrong number of indices", &position) != DONE) return THROWN;
  return load(th, zam_bigarray_of(args[0]), position, result);
}

static enum loam_status set_generic(struct mutator *th, struct value *args, struct value *result) {
  uint64_t position;
  if (locate_generic(th, args, "Bigarray.set: wrong number of indices", &position) != DONE) return THROWN;
  store(zam_bigarray_of(args[0]), position, zam_arg(args, 2));
  return zam_return_unit(result);
}

// The first element is copied to the next one, both to the next two, and so on up to as many as a copy does fast.
static enum loam_status fill(struct mutator *th, struct value *args, struct value *result) {
  enum { COPY_BYTES_MAX = 4096 };
  const struct zam_bigarray *array = zam_bigarray_of(args[0]);
  char *data = array->data;
  uint64_t element = (uint64_t)zam_bigarray_element_bytes[zam_bigarray_kind(array)];
  uint64_t bytes = zam_bigarray_count(array) * element;
  (void)th;
  if (bytes) store(array, 0, zam_arg(args, 1));
  for (uint64_t done = element, part = element; done < bytes; done += part) {
    if (done <= COPY_BYTES_MAX) part = done;
    if (part > bytes - done) part = bytes - done;
    memcpy(data + done, data, part);
  }
  return zam_return_unit(result);
}

// ---- bytes as larger integers --------------------------------------------------------------------------------------

// Where `bytes` bytes are to be read or written, or NULL with the exception pending.
static char *bytes_at(struct mutator *th, const struct value *args, int64_t bytes) {
  const struct zam_bigarray *array = zam_bigarray_of(args[0]);
  int64_t index = zam_arg_int(args, 1);
  if (index >= 0 && index < array->dims[0] - (bytes - 1)) return (char *)array->data + index;
  (void)zam_raise_bounds(th);
  return NULL;
}

static enum loam_status get_16(struct mutator *th, struct value *args, struct value *result) {
  const char *at = bytes_at(th, args, 2);
  uint16_t n;
  if (!at) return THROWN;
  memcpy(&n, at, sizeof n);
  return zam_return_int(result, n);
}
static enum loam_status get_32(struct mutator *th, struct value *args, struct value *result) {
  const char *at = bytes_at(th, args, 4);
  int32_t n;
  if (!at) return THROWN;
  memcpy(&n, at, sizeof n);
  return zam_make_custom_int(th, &zam_boxed_ops[ZAM_INT32], n, result);
}
static enum loam_status get_64(struct mutator *th, struct value *args, struct value *result) {
  const char *at = bytes_at(th, args, 8);
  int64_t n;
  if (!at) return THROWN;
  memcpy(&n, at, sizeof n);
  return zam_make_custom_int(th, &zam_boxed_ops[ZAM_INT64], n, result);
}

static enum loam_status set_bytes(struct mutator *th, const struct value *args, int64_t bytes, int64_t n,
                                  struct value *result) {
  char *at = bytes_at(th, args, bytes);
  if (!at) return THROWN;
  ASSERT(bytes > 0 && bytes <= (int64_t)sizeof n, "zam.I8: %lld bytes of an integer are written", (long long)bytes);
  memcpy(at, &n, (size_t)bytes); // the low bytes come first
  return zam_return_unit(result);
}
static enum loam_status set_16(struct mutator *th, struct value *args, struct value *result) {
  return set_bytes(th, args, 2, zam_arg_int(args, 2), result);
}
static enum loam_status set_32(struct mutator *th, struct value *args, struct value *result) {
  return set_bytes(th, args, 4, zam_custom_int(zam_arg(args, 2)), result);
}
static enum loam_status set_64(struct mutator *th, struct value *args, struct value *result) {
  return set_bytes(th, args, 8, zam_custom_int(zam_arg(args, 2)), result);
}

const struct zam_prim zam_bigarray_access_prims[] = {
    {"caml_ba_get_1", get_1, ZAM_OP_BIGARRAY_GET_1, 2, 0, zam_boxed_ops},
    {"caml_ba_get_2", get_2, ZAM_OP_BIGARRAY_GET_2, 3, 0, zam_boxed_ops},
    {"caml_ba_get_3", get_3, ZAM_OP_BIGARRAY_GET_3, 4, 0, zam_boxed_ops},
    {"caml_ba_get_generic", get_generic, 0, 0},
    {"caml_ba_set_1", set_1, ZAM_OP_BIGARRAY_SET_1, 3},
    {"caml_ba_set_2", set_2, ZAM_OP_BIGARRAY_SET_2, 4},
    {"caml_ba_set_3", set_3, ZAM_OP_BIGARRAY_SET_3, 5},
    {"caml_ba_set_generic", set_generic, 0, 0},
    {"caml_ba_fill", fill, 0, 0},
    {"caml_ba_uint8_get16", get_16, ZAM_OP_BIGARRAY_GET_WORD, 2, 2, zam_boxed_ops},
    {"caml_ba_uint8_get32", get_32, ZAM_OP_BIGARRAY_GET_WORD, 2, 4, zam_boxed_ops},
    {"caml_ba_uint8_get64", get_64, ZAM_OP_BIGARRAY_GET_WORD, 2, 8, zam_boxed_ops},
    {"caml_ba_uint8_set16", set_16, ZAM_OP_BIGARRAY_SET_WORD, 3, 2},
    {"caml_ba_uint8_set32", set_32, ZAM_OP_BIGARRAY_SET_WORD, 3, 4},
    {"caml_ba_uint8_set64", set_64, ZAM_OP_BIGARRAY_SET_WORD, 3, 8},
    {NULL, NULL, 0, 0},
};
