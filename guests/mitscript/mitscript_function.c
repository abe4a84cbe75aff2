// SPDX-License-Identifier: MIT
//
// mitscript_function.c: closures, and the cells they share.
#include "mitscript_runtime.h"

enum loam_status mit_cell_create(struct mutator *th, struct value v, struct value *out) {
  ROOTS(th, &v);
  struct ref object = heap_alloc(th, mit_header(MIT_TAG_CELL, 1), 1);
  if (!object.addr) return THROWN;
  object_fields(object)[0] = v;
  *out = value_from_ref(object);
  return DONE;
}

enum loam_status mit_closure_create(struct mutator *th, struct value function, const struct value *cells, size_t count,
                                    struct value *activation, struct value *out) {
  const struct mit_proto *proto = mit_to_proto(function);
  if (count != proto->free_count)
    return mit_throw(th, MIT_RUNTIME, "%zu references for a closure of %u free variables", count, proto->free_count);
  ASSERT(proto->method, "a closure of %zu variables is made of a function that has no method", count);
  size_t words = MIT_CLOSURE_CELLS + count;
  struct ref object = heap_alloc(th, mit_header(MIT_TAG_CLOSURE, words), words);
  if (!object.addr) return THROWN;
  mit_closure_fill(th, object, proto, cells, (uint32_t)count, activation); // reads now: the collector may have run
  *out = value_from_ref(object);
  return DONE;
}
