// SPDX-License-Identifier: MIT
//
// zam_stub_prim.c: primitives of the machine as C functions, for stubs that call them as such: those that OCaml's
// headers declare, and others that are used in the wild.
#include "zam_stub_api.h"

#define ARGS_MAX 5

// The primitives find their arguments the last one first.
struct value zam_stub_prim(const char *name, unsigned n, const struct value *args) {
  struct mutator *th = zam_stub_mutator();
  struct value reversed[ARGS_MAX], result;
  struct zam_roots roots = {Caml_state->local_roots, 1, n, {reversed}};
  ASSERT(n <= ARGS_MAX, "zam.I4: a primitive gets %u arguments", n);
  for (unsigned i = 0; i < n; i++) reversed[n - 1 - i] = args[i];
  Caml_state->local_roots = &roots;
  zam_stub_check(zam_prim_find(name)->fn(th, &reversed[n - 1], &result));
  Caml_state->local_roots = roots.next;
  return result;
}

#define PRIM_1(name) \
  struct value name(struct value a) { return zam_stub_prim(#name, 1, (struct value[]){a}); }
#define PRIM_2(name) \
  struct value name(struct value a, struct value b) { return zam_stub_prim(#name, 2, (struct value[]){a, b}); }
#define PRIM_3(name) \
  struct value name(struct value a, struct value b, struct value c) { \
    return zam_stub_prim(#name, 3, (struct value[]){a, b, c}); \
  }
#define PRIM_4(name) \
  struct value name(struct value a, struct value b, struct value c, struct value d) { \
    return zam_stub_prim(#name, 4, (struct value[]){a, b, c, d}); \
  }

PRIM_1(caml_gc_minor)
PRIM_1(caml_gc_major)
PRIM_1(caml_gc_full_major)
PRIM_1(caml_gc_compaction)
PRIM_1(caml_ml_open_descriptor_in)
PRIM_1(caml_ml_open_descriptor_out)
PRIM_1(caml_ml_flush)
PRIM_1(caml_obj_dup)
PRIM_1(caml_obj_tag)
PRIM_1(caml_fresh_oo_id)
PRIM_2(caml_compare)
PRIM_2(caml_equal)
PRIM_2(caml_notequal)
PRIM_2(caml_lessthan)
PRIM_2(caml_lessequal)
PRIM_2(caml_greaterthan)
PRIM_2(caml_greaterequal)
PRIM_2(caml_string_equal)
PRIM_2(caml_string_compare)
PRIM_2(caml_register_named_value)
PRIM_2(caml_array_get)
PRIM_2(caml_make_vect)
PRIM_3(caml_array_set)
PRIM_4(caml_hash)
