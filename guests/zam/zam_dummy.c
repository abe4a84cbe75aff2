// SPDX-License-Identifier: MIT
//
// zam_dummy.c: blocks made before their contents: what `let rec` of values that are no functions compiles to. A dummy
// has the size of what it will be; update_dummy copies contents and tag into it.
#include "zam_prim.h"

static enum loam_status make_dummy(struct mutator *th, int64_t size, unsigned tag, struct value *result) {
  ASSERT(tag < ZAM_TAG_ABSTRACT && tag != ZAM_TAG_INFIX, "zam.I5: a dummy with tag %u has no values inside", tag);
  if (size == 0) return *result = zam_atom(0), DONE;
  if (size < 0 || (uint64_t)size > ZAM_SIZE_MAX) return zam_raise(th, ZAM_OUT_OF_MEMORY);
  struct ref object = zam_alloc(th, tag, (size_t)size);
  if (!object.addr) return THROWN;
  for (int64_t i = 0; i < size; i++) object_fields(object)[i] = zam_from_int(0);
  *result = value_from_ref(object);
  return DONE;
}

static enum loam_status alloc_dummy(struct mutator *th, struct value *args, struct value *result) {
  return make_dummy(th, zam_arg_int(args, 0), 0, result);
}

// For a function; the second argument is its arity, which bytecode has no use for.
static enum loam_status alloc_dummy_function(struct mutator *th, struct value *args, struct value *result) {
  return make_dummy(th, zam_arg_int(args, 0), 0, result);
}

static enum loam_status alloc_dummy_float(struct mutator *th, struct value *args, struct value *result) {
  return make_dummy(th, zam_arg_int(args, 0), 0, result);
}

// For a function inside a block of several: size of the whole, place of the function.
static enum loam_status alloc_dummy_infix(struct mutator *th, struct value *args, struct value *result) {
  int64_t size = zam_arg_int(args, 0), offset = zam_arg_int(args, 1);
  if (size < 2 || offset >= size) return zam_invalid(th, "caml_alloc_dummy_infix");
  if (make_dummy(th, size, ZAM_TAG_CLOSURE, result) != DONE) return THROWN;
  struct value *fields = zam_fields(*result);
  fields[1] = zam_closure_info((uint64_t)size); // nothing to be scanned yet
  if (offset > 0) {
    fields[offset - 1].bits = header_make(ZAM_TAG_INFIX, (uint64_t)offset);
    result->bits += (uint64_t)offset * sizeof(struct value);
  }
  return DONE;
}

static struct value whole_block(struct value v) {
  if (zam_tag(v) == ZAM_TAG_INFIX) v.bits -= zam_size(v) * sizeof(struct value);
  return v;
}

static enum loam_status update_dummy(struct mutator *th, struct value *args, struct value *result) {
  struct value dummy = whole_block(args[0]), v = whole_block(zam_arg(args, 1));
  uint64_t *header = object_header(value_to_ref(dummy));
  *header = (*header & ~HEADER_TAG_MASK) | zam_tag(v);
  for (uint64_t i = 0; i < zam_size(v); i++) heap_store(th, value_to_ref(dummy), i, zam_fields(v)[i]);
  return zam_return_unit(result);
}

const struct zam_prim zam_alloc_prims[] = {
    {"caml_alloc_dummy", alloc_dummy, 0, 0},
    {"caml_alloc_dummy_function", alloc_dummy_function, 0, 0},
    {"caml_alloc_dummy_float", alloc_dummy_float, 0, 0},
    {"caml_alloc_dummy_infix", alloc_dummy_infix, 0, 0},
    {"caml_update_dummy", update_dummy, 0, 0},
    {NULL, NULL, 0, 0},
};
