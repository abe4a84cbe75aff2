// SPDX-License-Identifier: MIT
//
// zam_bigarray_marshal.c: bigarrays as marshalling writes them: dimensions, kind and layout, the elements; numbers with
// the high byte first, an int as 4 bytes where all fit. Also the operations of arrays that C libraries make themselves.
#include "zam_bigarray.h"
#include "zam_stub_api.h"

// The elements as units of so many bytes.
static unsigned unit_bytes(enum zam_bigarray_kind kind) {
  ASSERT(kind < BIGARRAY_KINDS, "zam.I8: a bigarray is of kind %d", (int)kind);
  if (kind == BIGARRAY_COMPLEX32) return 4;
  if (kind == BIGARRAY_COMPLEX64) return 8;
  return (unsigned)zam_bigarray_element_bytes[kind];
}
static bool is_long(enum zam_bigarray_kind kind) { return kind == BIGARRAY_INT || kind == BIGARRAY_NATIVEINT; }

// OCaml's own runtime never writes a native integer short.
static bool fits_32(const struct zam_bigarray *array, uint64_t count) {
  const int64_t *numbers = array->data, limit = INT64_C(1) << 30;
  for (uint64_t i = 0; i < count; i++)
    if (zam_bigarray_kind(array) == BIGARRAY_NATIVEINT || numbers[i] < -limit || numbers[i] >= limit) return false;
  return true;
}

static void write_elements(const struct zam_bigarray *array) {
  enum zam_bigarray_kind kind = zam_bigarray_kind(array);
  unsigned bytes = unit_bytes(kind);
  uint64_t count = zam_bigarray_count(array) * (uint64_t)zam_bigarray_element_bytes[kind] / bytes;
  bool narrow = is_long(kind) && fits_32(array, count);
  if (is_long(kind)) caml_serialize_int_1(!narrow);
  if (narrow)
    for (uint64_t i = 0; i < count; i++) caml_serialize_int_4((int32_t)((const int64_t *)array->data)[i]);
  else if (bytes == 8)
    caml_serialize_block_8(array->data, (intptr_t)count);
  else if (bytes == 4)
    caml_serialize_block_4(array->data, (intptr_t)count);
  else if (bytes == 2)
    caml_serialize_block_2(array->data, (intptr_t)count);
  else
    caml_serialize_block_1(array->data, (intptr_t)count);
}

void zam_bigarray_write(struct value v, uintptr_t *bytes32, uintptr_t *bytes64) {
  const struct zam_bigarray *array = zam_bigarray_of(v);
  ASSERT(array->dim_count >= 0 && array->dim_count <= ZAM_BIGARRAY_DIMS_MAX,
         "zam.I8: a bigarray of %lld dimensions is written", (long long)array->dim_count);
  caml_serialize_int_4((int32_t)array->dim_count);
  caml_serialize_int_4((int32_t)(array->flags & (BIGARRAY_KIND | BIGARRAY_FORTRAN)));
  for (int64_t i = 0; i < array->dim_count; i++) {
    bool small = array->dims[i] < 0xffff;
    caml_serialize_int_2(small ? (int)array->dims[i] : 0xffff);
    if (!small) caml_serialize_int_8(array->dims[i]);
  }
  write_elements(array);
  *bytes64 = sizeof *array + (uintptr_t)array->dim_count * sizeof array->dims[0];
  *bytes32 = *bytes64 / 2;
}

// How many units follow, of `*written` bytes each, in memory of `*bytes`.
static uint64_t measure(const struct zam_bigarray *array, unsigned *written, uint64_t *bytes) {
  enum zam_bigarray_kind kind = zam_bigarray_kind(array);
  unsigned size = unit_bytes(kind);
  uint64_t count = (uint64_t)zam_bigarray_element_bytes[kind] / size, total;
  for (int64_t i = 0; i < array->dim_count; i++)
    if (__builtin_mul_overflow(count, (uint64_t)array->dims[i], &count))
      caml_deserialize_error("input_value: size overflow for bigarray");
  *written = is_long(kind) && !caml_deserialize_uint_1() ? 4 : size;
  if (__builtin_mul_overflow(count, (uint64_t)*written, &total) || __builtin_mul_overflow(count, size, bytes) ||
      total > zam_custom_left())
    caml_deserialize_error("input_value: size overflow for bigarray");
  return count;
}

static void read_elements(void *data, uint64_t count, unsigned bytes, unsigned written) {
  ASSERT(written == bytes || (written == 4 && bytes == 8), "zam.I8: elements of %u bytes are read from %u", bytes,
         written);
  if (written < bytes)
    for (uint64_t i = 0; i < count; i++) ((int64_t *)data)[i] = caml_deserialize_sint_4();
  else if (bytes == 8)
    caml_deserialize_block_8(data, (intptr_t)count);
  else if (bytes == 4)
    caml_deserialize_block_4(data, (intptr_t)count);
  else if (bytes == 2)
    caml_deserialize_block_2(data, (intptr_t)count);
  else
    caml_deserialize_block_1(data, (intptr_t)count);
}

uintptr_t zam_bigarray_read(void *data) {
  struct zam_bigarray *array = data;
  uint64_t bytes;
  unsigned written;
  *array = (struct zam_bigarray){.dim_count = caml_deserialize_uint_4()};
  if (array->dim_count > ZAM_BIGARRAY_DIMS_MAX)
    caml_deserialize_error("input_value: wrong number of bigarray dimensions");
  array->flags = (caml_deserialize_uint_4() & (BIGARRAY_KIND | BIGARRAY_FORTRAN)) | BIGARRAY_MANAGED;
  for (int64_t i = 0; i < array->dim_count; i++) {
    array->dims[i] = caml_deserialize_uint_2();
    if (array->dims[i] == 0xffff) array->dims[i] = caml_deserialize_sint_8();
  }
  if (zam_bigarray_kind(array) >= BIGARRAY_KINDS) caml_deserialize_error("input_value: bad bigarray kind");
  uint64_t count = measure(array, &written, &bytes);
  array->data = mem_alloc(bytes);
  if (!array->data && bytes) caml_deserialize_error("input_value: out of memory for bigarray");
  read_elements(array->data, count, unit_bytes(zam_bigarray_kind(array)), written);
  return sizeof *array + (uintptr_t)array->dim_count * sizeof array->dims[0];
}
