// SPDX-License-Identifier: MIT
//
// zam_stub_weak.c: what stubs call about ephemerons: the machine's primitives, which this calls by name.
#include "zam_stub_api.h"

#define PRIM(name, ...) \
  zam_stub_prim(name, COUNT_OF(((struct value[]){__VA_ARGS__})), (const struct value[]){__VA_ARGS__})
#define INT(n) zam_from_int((int64_t)(n))

// A primitive that returns an option.
static int option(struct value found, struct value *out) {
  if (zam_is_block(found)) *out = zam_fields(found)[0];
  return zam_is_block(found);
}

struct value caml_ephemeron_create(uintptr_t keys) { return PRIM("caml_ephe_create", INT(keys)); }
uintptr_t caml_ephemeron_num_keys(struct value block) { return zam_size(block) - 2; }
int caml_ephemeron_key_is_set(struct value block, uintptr_t index) {
  return zam_to_bool(PRIM("caml_ephe_check_key", block, INT(index)));
}
void caml_ephemeron_set_key(struct value block, uintptr_t index, struct value v) {
  (void)PRIM("caml_ephe_set_key", block, INT(index), v);
}
void caml_ephemeron_unset_key(struct value block, uintptr_t index) {
  (void)PRIM("caml_ephe_unset_key", block, INT(index));
}
int caml_ephemeron_get_key(struct value block, uintptr_t index, struct value *out) {
  return option(PRIM("caml_ephe_get_key", block, INT(index)), out);
}
int caml_ephemeron_get_key_copy(struct value block, uintptr_t index, struct value *out) {
  return option(PRIM("caml_ephe_get_key_copy", block, INT(index)), out);
}
void caml_ephemeron_blit_key(struct value from, uintptr_t at, struct value to, uintptr_t to_at, uintptr_t count) {
  (void)PRIM("caml_ephe_blit_key", from, INT(at), to, INT(to_at), INT(count));
}
int caml_ephemeron_data_is_set(struct value block) { return zam_to_bool(PRIM("caml_ephe_check_data", block)); }
void caml_ephemeron_set_data(struct value block, struct value v) { (void)PRIM("caml_ephe_set_data", block, v); }
void caml_ephemeron_unset_data(struct value block) { (void)PRIM("caml_ephe_unset_data", block); }
int caml_ephemeron_get_data(struct value block, struct value *out) {
  return option(PRIM("caml_ephe_get_data", block), out);
}
int caml_ephemeron_get_data_copy(struct value block, struct value *out) {
  return option(PRIM("caml_ephe_get_data_copy", block), out);
}
void caml_ephemeron_blit_data(struct value from, struct value to) { (void)PRIM("caml_ephe_blit_data", from, to); }
