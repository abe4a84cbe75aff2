// SPDX-License-Identifier: MIT
//
// zam_obj.c: module Obj, lazy values, objects' identities and methods.
#include "zam_custom.h"
#include "zam_prim.h"

enum { TAG_UNALIGNED = 1002, TAG_OUT_OF_HEAP = 1001, TAG_INT = 1000 }; // what Obj.tag says of what has none

static enum loam_status obj_tag(struct mutator *th, struct value *args, struct value *result) {
  (void)th;
  if (zam_is_int(args[0])) return zam_return_int(result, TAG_INT);
  if (args[0].bits & 7) return zam_return_int(result, TAG_UNALIGNED);
  return zam_return_int(result, zam_tag(args[0]));
}

static void set_header(struct value block, uint64_t mask, uint64_t bits) {
  uint64_t *header = object_header(value_to_ref(block));
  *header = (*header & ~mask) | bits;
}

static enum loam_status obj_set_tag(struct mutator *th, struct value *args, struct value *result) {
  (void)th;
  set_header(args[0], HEADER_TAG_MASK, (uint64_t)zam_arg_int(args, 1) & HEADER_TAG_MASK);
  return zam_return_unit(result);
}

static enum loam_status obj_block(struct mutator *th, struct value *args, struct value *result) {
  unsigned tag = (unsigned)zam_arg_int(args, 0) & 255;
  int64_t size = zam_arg_int(args, 1);
  if (tag == ZAM_TAG_STRING && size == 0) return zam_invalid(th, "Obj.new_block");
  if (size == 0 && tag != ZAM_TAG_CUSTOM && tag != ZAM_TAG_CLOSURE) return *result = zam_atom(tag), DONE;
  if (tag == ZAM_TAG_INFIX || tag == ZAM_TAG_CUSTOM) return zam_invalid(th, "Obj.new_block");
  if (tag == ZAM_TAG_CLOSURE && size < 2) return zam_invalid(th, "Obj.new_block");
  if (size < 0 || (uint64_t)size > ZAM_SIZE_MAX) return zam_raise(th, ZAM_OUT_OF_MEMORY);
  struct ref object = zam_alloc(th, tag, (size_t)size);
  if (!object.addr) return THROWN;
  for (int64_t i = 0; i < size; i++) object_fields(object)[i] = ZAM_UNIT;
  *result = value_from_ref(object);
  if (tag == ZAM_TAG_STRING) object_fields(object)[size - 1].bits = UINT64_C(7) << 56;
  if (tag == ZAM_TAG_CLOSURE) object_fields(object)[1] = zam_closure_info(2);
  return DONE;
}

// A copy with another tag. What looks like a value in the original is one in the copy.
static enum loam_status with_tag(struct mutator *th, struct value *args, unsigned tag, int index,
                                 struct value *result) {
  size_t size = zam_size(zam_arg(args, index));
  ASSERT(tag <= HEADER_TAG_MASK, "zam.I5: a block is to have tag %u", tag);
  if (size == 0) return *result = zam_atom(tag), DONE;
  struct ref object = zam_alloc(th, tag, size);
  if (!object.addr) return THROWN;
  memcpy(object_fields(object), zam_fields(zam_arg(args, index)), size * sizeof(struct value));
  *result = value_from_ref(object);
  return DONE;
}
static enum loam_status obj_dup(struct mutator *th, struct value *args, struct value *result) {
  return with_tag(th, args, zam_tag(args[0]), 0, result);
}
static enum loam_status obj_with_tag(struct mutator *th, struct value *args, struct value *result) {
  return with_tag(th, args, (unsigned)zam_arg_int(args, 0) & 255, 1, result);
}

// Makes a block shorter where it lies.
static enum loam_status obj_truncate(struct mutator *th, struct value *args, struct value *result) {
  int64_t size = zam_arg_int(args, 1);
  if (size <= 0 || (uint64_t)size > zam_size(args[0]) || value_same(args[0], zam_state(th)->globals))
    return zam_invalid(th, "Obj.truncate");
  set_header(args[0], ZAM_SIZE_MASK << HEADER_GUEST_SHIFT, (uint64_t)size << HEADER_GUEST_SHIFT);
  return zam_return_unit(result);
}

static enum loam_status add_offset(struct mutator *th, struct value *args, struct value *result) {
  (void)th;
  result->bits = args[0].bits + (uint64_t)(int64_t)(int32_t)zam_custom_int(zam_arg(args, 1));
  return DONE;
}

static enum loam_status raw_field(struct mutator *th, struct value *args, struct value *result) {
  int64_t bits = (int64_t)zam_fields(args[0])[zam_arg_int(args, 1)].bits;
  return zam_make_custom_int(th, &zam_boxed_ops[ZAM_NATIVEINT], bits, result);
}

static enum loam_status set_raw_field(struct mutator *th, struct value *args, struct value *result) {
  (void)th;
  zam_fields(args[0])[zam_arg_int(args, 1)].bits = (uint64_t)zam_custom_int(zam_arg(args, 2));
  return zam_return_unit(result);
}

// ---- lazy values ---------------------------------------------------------------------------------------------------

static enum loam_status make_forward(struct mutator *th, struct value *args, struct value *result) {
  return zam_make_block1(th, ZAM_TAG_FORWARD, args[0], result);
}

// The computed result of a lazy value replaces its code.
static enum loam_status obj_make_forward(struct mutator *th, struct value *args, struct value *result) {
  heap_store(th, value_to_ref(args[0]), 0, zam_arg(args, 1));
  set_header(args[0], HEADER_TAG_MASK, ZAM_TAG_FORWARD);
  return zam_return_unit(result);
}

// ---- objects -------------------------------------------------------------------------------------------------------

static enum loam_status fresh_id(struct mutator *th, struct value *args, struct value *result) {
  (void)args;
  return zam_return_int(result, zam_state(th)->fresh_id++);
}

static enum loam_status set_id(struct mutator *th, struct value *args, struct value *result) {
  zam_fields(args[0])[1] = zam_from_int(zam_state(th)->fresh_id++);
  *result = args[0];
  return DONE;
}

static enum loam_status get_public_method(struct mutator *th, struct value *args, struct value *result) {
  (void)th;
  *result = zam_find_method(args[0], zam_arg(args, 1).bits);
  return DONE;
}

const struct zam_prim zam_obj_prims[] = {
    {"caml_obj_tag", obj_tag, 0, 0},
    {"caml_obj_set_tag", obj_set_tag, 0, 0},
    {"caml_obj_block", obj_block, 0, 0},
    {"caml_obj_dup", obj_dup, 0, 0},
    {"caml_obj_with_tag", obj_with_tag, 0, 0},
    {"caml_obj_truncate", obj_truncate, 0, 0},
    {"caml_obj_add_offset", add_offset, 0, 0},
    {"caml_obj_raw_field", raw_field, 0, 0},
    {"caml_obj_set_raw_field", set_raw_field, 0, 0},
    {"caml_lazy_make_forward", make_forward, 0, 0},
    {"caml_obj_make_forward", obj_make_forward, 0, 0},
    {"caml_fresh_oo_id", fresh_id, 0, 0},
    {"caml_set_oo_id", set_id, 0, 0},
    {"caml_get_public_method", get_public_method, 0, 0},
    {NULL, NULL, 0, 0},
};
