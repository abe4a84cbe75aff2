// SPDX-License-Identifier: MIT
//
// zam_stub_bigarray.c: what stubs call to make bigarrays, and the operations that they give arrays of their own, over
// mapped files for instance.
#include "zam_bigarray.h"
#include "zam_stub_api.h"

const int caml_ba_element_size[BIGARRAY_KINDS] = {4, 8, 1, 1, 2, 2, 4, 8, 8, 8, 8, 16, 1};

uintptr_t caml_ba_num_elts(const struct zam_bigarray *array) { return zam_bigarray_count(array); }
uintptr_t caml_ba_byte_size(const struct zam_bigarray *array) {
  ASSERT(caml_ba_element_size[zam_bigarray_kind(array)] == zam_bigarray_element_bytes[zam_bigarray_kind(array)],
         "zam.I8: elements of kind %d have two sizes", zam_bigarray_kind(array));
  return zam_bigarray_count(array) * (uintptr_t)caml_ba_element_size[zam_bigarray_kind(array)];
}

// The dimensions may lie in the heap.
struct value caml_ba_alloc(int flags, int dim_count, void *data, const intptr_t *dims) {
  int64_t copy[ZAM_BIGARRAY_DIMS_MAX];
  struct value v;
  if (dim_count < 0 || dim_count > ZAM_BIGARRAY_DIMS_MAX)
    caml_invalid_argument("Bigarray.create: bad number of dimensions");
  for (int i = 0; i < dim_count; i++) copy[i] = dims[i];
  zam_stub_check(zam_bigarray_make(zam_stub_mutator(), flags, dim_count, data, copy, &v));
  return v;
}

struct value caml_ba_alloc_dims(int flags, int dim_count, void *data, ...) {
  intptr_t dims[ZAM_BIGARRAY_DIMS_MAX];
  va_list args;
  va_start(args, data);
  for (int i = 0; i < dim_count && i < ZAM_BIGARRAY_DIMS_MAX; i++) dims[i] = va_arg(args, intptr_t);
  va_end(args);
  return caml_ba_alloc(flags, dim_count, data, dims);
}

void caml_ba_finalize(struct value v) { zam_bigarray_ops.finalize(v); }
int caml_ba_compare(struct value a, struct value b) { return zam_bigarray_ops.compare(a, b); }
intptr_t caml_ba_hash(struct value v) { return zam_bigarray_ops.hash(v); }
void caml_ba_serialize(struct value v, uintptr_t *bytes32, uintptr_t *bytes64) {
  zam_bigarray_write(v, bytes32, bytes64);
}
uintptr_t caml_ba_deserialize(void *data) { return zam_bigarray_read(data); }
