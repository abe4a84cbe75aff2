// SPDX-License-Identifier: MIT
//
// mitscript_operate.c: the slow paths of + and == (A.5).
#include "mitscript_runtime.h"

#include <string.h>

static MAY_GC MAY_THROW enum loam_status join(struct mutator *th, struct value l, struct value r, struct value *out) {
  ROOTS(th, &l, &r);
  if (mit_to_string(th, l, &l) != DONE || mit_to_string(th, r, &r) != DONE) return THROWN;
  return mit_string_join(th, l, r, out);
}

enum loam_status mit_add_slow(struct mutator *th, struct value l, struct value r, uint16_t *kinds, struct value *out) {
  __atomic_store_n(kinds, 1, __ATOMIC_RELAXED); // the hot compiler's thread may be reading it
  if (!mit_is_string(l) && !mit_is_string(r)) return mit_throw_cast(th);
  return mit_string_join_short(th, l, r, out) ? DONE : join(th, l, r, out);
}

struct value mit_add_try(struct mutator *th, struct value l, struct value r, uint16_t *kinds) {
  struct value sum;
  __atomic_store_n(kinds, 1, __ATOMIC_RELAXED);
  return mit_string_join_short(th, l, r, &sum) ? sum : MIT_ABSENT;
}

static bool equal_flat(struct value l, struct value r) {
  size_t left_length, right_length;
  bool flat;
  const char *left = mit_string_bytes(l, &left_length, &flat), *right = mit_string_bytes(r, &right_length, &flat);
  ASSERT(left && right, "mitscript.I3: ropes of %zu and %zu bytes are compared", left_length, right_length);
  return left_length == right_length && memcmp(left, right, left_length) == 0;
}

static MAY_GC MAY_THROW enum loam_status equal_strings(struct mutator *th, struct value l, struct value r,
                                                       struct value *out) {
  size_t left_length = mit_string_length(l), right_length = mit_string_length(r);
  bool equal = left_length == right_length;
  if (equal) {
    ROOTS(th, &l, &r);
    if (mit_string_flatten(th, l) != DONE || mit_string_flatten(th, r) != DONE) return THROWN;
    equal = equal_flat(l, r);
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
  bool equal;
  if (mit_is_tagged(l, MIT_TAG_FLAT) && mit_is_tagged(r, MIT_TAG_FLAT))
    equal = equal_flat(l, r);
  else if (mit_is_string(l) && mit_is_string(r))
    return equal_strings(th, l, r, out);
  else
    equal = mit_is_closure(l) && mit_is_closure(r) && equal_closures(l, r);
  *out = mit_from_bool(equal);
  return DONE;
}
