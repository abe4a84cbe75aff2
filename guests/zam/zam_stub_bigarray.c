// SPDX-License-Identifier: MIT
//
// zam_stub_bigarray.c: what stubs call to make bigarrays, and the operations that they give arrays of their own, over
// mapped files for instance.
#include "zam_stub_bigarray.h"

#include <stdlib.h>

const int caml_ba_element_size[ZAM_BA_KINDS] = {4, 8, 1, 1, 2, 2, 4, 8, 8, 8, 8, 16, 1};

static bool count_bytes(const struct zam_ba *array, uintptr_t *count, uintptr_t *bytes) {
  *count = 1;
  for (intptr_t i = 0; i < array->dim_count; i++)
    if (__builtin_mul_overflow(*count, (uintptr_t)array->dims[i], count)) return false;
  return !__builtin_mul_overflow(*count, (uintptr_t)caml_ba_element_size[array->flags & ZAM_BA_KIND], bytes);
}

uintptr_t caml_ba_num_elts(const struct zam_ba *array) {
  uintptr_t count, bytes;
  (void)count_bytes(array, &count, &bytes);
  return count;
}

uintptr_t caml_ba_byte_size(const struct zam_ba *array) {
  uintptr_t count, bytes;
  (void)count_bytes(array, &count, &bytes);
  return bytes;
}
int caml_ba_compare(void) { abort(); }
int caml_ba_hash(void) { abort(); }
int caml_ba_serialize(void) { abort(); }
int caml_ba_deserialize(void) { abort(); }
