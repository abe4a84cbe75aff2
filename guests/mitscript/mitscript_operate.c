// SPDX-License-Identifier: MIT
//
// mitscript_operate.c: the slow paths of + and == (A.5).
#include "mitscript_runtime.h"

#include <string.h>

enum loam_status mit_add_slow(struct mutator *th, struct value l, struct value r, uint16_t *kinds, struct value *out) {
  __atomic_store_n(kinds, 1, __ATOMIC_RELAXED); // the hot compiler's thread may be reading it
  if (!mit_is_string(l) && !mit_is_string(r)) return mit_throw_cast(th);
  if (mit_string_join_short(th, l, r, out)) return DONE;
  ROOTS(th, &l, &r);
  if (mit_to_string(th, l, &l) != DONE || mit_to_string(th, r, &r) != DONE) return THROWN;
  return mit_string_join(th, l, r, out);
}

static enum loam_status equal_strings(struct mutator *th, struct value l, struct value r, struct value *out) {
  size_t left_length = mit_string_length(l), right_length = mit_string_length(r);
  bool equal = left_length == right_length;
  if (equal) {
    ROOTS(th, &l, &r);
    if (mit_string_flatten(th, l) != DONE || mit_string_flatten(th, r) != DONE) return THROWN;
    bool flat;
    const char *left = mit_string_bytes(l, &left_length, &flat), *right = mit_string_bytes(r, &right_length, &flat);
    equal = memcmp(left, right, left_length) == 0;
  }
  *out = mit_from_bool(equal);
  return DONE;
}

// Closures are equal when one activation made both, of functions with the same parameters and body; natives, which no
// activation made, when they are the same.
static bool equal_closures(struct value l, struct value r) {
  const struct mit_proto *left = mit_closure_method(l)->guest_data, *right = mit_closure_method(r)->guest_data;
  return mit_fields(l)[MIT_CLOSURE_ACTIVATION].bits == mit_fields(r)[MIT_CLOSURE_ACTIVATION].bits &&
         left->body_id == right->body_id;
}

enum loam_status mit_equal_slow(struct mutator *th, struct value l, struct value r, struct value *out) {
  if (mit_is_string(l) && mit_is_string(r)) return equal_strings(th, l, r, out);
  *out = mit_from_bool(mit_is_closure(l) && mit_is_closure(r) && equal_closures(l, r));
  return DONE;
}
