// SPDX-License-Identifier: MIT
//
// zam_array.c: arrays. One whose elements are floats is a flat block of tag ZAM_TAG_DOUBLE_ARRAY; which kind an array
// is says its tag alone, and, where one is made, its first element.
#include "zam_ops.h"
#include "zam_prim.h"

static bool is_flat(struct value array) { return zam_tag(array) == ZAM_TAG_DOUBLE_ARRAY; }

static bool is_float(struct value v) { return zam_is_block(v) && zam_tag(v) == ZAM_TAG_DOUBLE; }

static bool inside(struct value array, struct value index) { return (uint64_t)zam_to_int(index) < zam_size(array); }

// ---- elements ------------------------------------------------------------------------------------------------------

static enum loam_status read_element(struct mutator *th, struct value array, struct value index, struct value *out) {
  if (!inside(array, index)) return zam_raise_bounds(th);
  if (is_flat(array)) return zam_make_float(th, zam_float_at(array, (size_t)zam_to_int(index)), out);
  *out = zam_fields(array)[zam_to_int(index)];
  return DONE;
}

static enum loam_status write_element(struct mutator *th, struct value array, struct value index, struct value v) {
  if (!inside(array, index)) return zam_raise_bounds(th);
  if (is_flat(array))
    zam_float_store(array, (size_t)zam_to_int(index), zam_float(v));
  else
    heap_store(th, value_to_ref(array), (size_t)zam_to_int(index), v);
  return DONE;
}

static enum loam_status get(struct mutator *th, struct value *args, struct value *result) {
  return read_element(th, args[0], zam_arg(args, 1), result);
}

static enum loam_status set(struct mutator *th, struct value *args, struct value *result) {
  *result = ZAM_UNIT;
  return write_element(th, args[0], zam_arg(args, 1), zam_arg(args, 2));
}

static enum loam_status float_get(struct mutator *th, struct value *args, struct value *result) {
  if (!inside(args[0], zam_arg(args, 1))) return zam_raise_bounds(th);
  return zam_make_float(th, zam_float_at(args[0], (size_t)zam_arg_int(args, 1)), result);
}

static enum loam_status float_set(struct mutator *th, struct value *args, struct value *result) {
  if (!inside(args[0], zam_arg(args, 1))) return zam_raise_bounds(th);
  zam_float_store(args[0], (size_t)zam_arg_int(args, 1), zam_float(zam_arg(args, 2)));
  return zam_return_unit(result);
}

// ---- making --------------------------------------------------------------------------------------------------------

static enum loam_status make_flat(struct mutator *th, size_t count, struct value *out) {
  ASSERT(count <= ZAM_SIZE_MAX, "zam.I5: an array of %zu floats", count);
  if (count == 0) return *out = zam_atom(0), DONE;
  struct ref object = zam_alloc(th, ZAM_TAG_DOUBLE_ARRAY, count);
  if (!object.addr) return THROWN;
  *out = value_from_ref(object);
  return DONE;
}

static enum loam_status float_create(struct mutator *th, struct value *args, struct value *result) {
  int64_t count = zam_arg_int(args, 0);
  if (count < 0 || (uint64_t)count > ZAM_SIZE_MAX) return zam_invalid(th, "Float.Array.create");
  if (make_flat(th, (size_t)count, result) != DONE) return THROWN;
  for (int64_t i = 0; i < count; i++) zam_float_store(*result, (size_t)i, 0);
  return DONE;
}

// Array.make: of floats when the element is one.
static enum loam_status make(struct mutator *th, struct value *args, struct value *result) {
  int64_t count = zam_arg_int(args, 0);
  if (count == 0) return *result = zam_atom(0), DONE;
  if (count < 0 || (uint64_t)count > ZAM_SIZE_MAX) return zam_invalid(th, "Array.make");
  if (is_float(zam_arg(args, 1))) {
    if (make_flat(th, (size_t)count, result) != DONE) return THROWN;
    double d = zam_float(zam_arg(args, 1));
    for (int64_t i = 0; i < count; i++) zam_float_store(*result, (size_t)i, d);
    return DONE;
  }
  struct ref object = zam_alloc(th, 0, (size_t)count);
  if (!object.addr) return THROWN;
  struct value element = zam_arg(args, 1);
  for (int64_t i = 0; i < count; i++) object_fields(object)[i] = element;
  *result = value_from_ref(object);
  return DONE;
}

// A literal array of boxed floats becomes flat.
static enum loam_status make_literal(struct mutator *th, struct value *args, struct value *result) {
  size_t count = zam_size(args[0]);
  if (count == 0 || !is_float(zam_fields(args[0])[0])) return *result = args[0], DONE;
  if (make_flat(th, count, result) != DONE) return THROWN;
  for (size_t i = 0; i < count; i++) zam_float_store(*result, i, zam_float(zam_fields(args[0])[i]));
  return DONE;
}

// ---- parts put together --------------------------------------------------------------------------------------------

// A part of an array: the array's slot, which the collector updates, and which elements.
struct part {
  const struct value *array;
  size_t from, count;
};

static void copy_values(struct ref to, size_t at, const struct part *part) {
  ASSERT(at + part->count <= zam_size(value_from_ref(to)), "zam.I5: elements %zu to %zu of an array of %llu", at,
         at + part->count, (unsigned long long)zam_size(value_from_ref(to)));
  const struct value *source = zam_fields(*part->array) + part->from;
  for (size_t i = 0; i < part->count; i++) object_fields(to)[at + i] = source[i];
}

// A new array of all parts.
static enum loam_status gather(struct mutator *th, const struct part *parts, size_t part_count, struct value *result) {
  size_t count = 0, at = 0;
  bool flat = false;
  for (size_t i = 0; i < part_count; i++) {
    if (parts[i].count > ZAM_SIZE_MAX - count) return zam_invalid(th, "Array.concat");
    count += parts[i].count;
    flat |= is_flat(*parts[i].array);
  }
  if (count == 0) return *result = zam_atom(0), DONE;
  struct ref object = zam_alloc(th, flat ? ZAM_TAG_DOUBLE_ARRAY : 0, count);
  if (!object.addr) return THROWN;
  for (size_t i = 0; i < part_count; at += parts[i++].count) copy_values(object, at, &parts[i]);
  ASSERT(at == count, "zam.I5: an array of %zu gets %zu elements", count, at);
  *result = value_from_ref(object);
  return DONE;
}

static enum loam_status sub(struct mutator *th, struct value *args, struct value *result) {
  struct part part = {&args[0], (size_t)zam_arg_int(args, 1), (size_t)zam_arg_int(args, 2)};
  return gather(th, &part, 1, result);
}

static enum loam_status append(struct mutator *th, struct value *args, struct value *result) {
  struct part parts[] = {{&args[0], 0, zam_size(args[0])}, {&args[-1], 0, zam_size(args[-1])}};
  return gather(th, parts, 2, result);
}

// Of a list of arrays. Their slots are in the list's cells, which move: so the list is walked again behind the
// allocation.
static enum loam_status concat(struct mutator *th, struct value *args, struct value *result) {
  size_t count = 0, at = 0;
  bool flat = false;
  for (struct value list = args[0]; zam_is_block(list); list = zam_fields(list)[1]) {
    size_t more = zam_size(zam_fields(list)[0]);
    if (more > ZAM_SIZE_MAX - count) return zam_invalid(th, "Array.concat");
    count += more;
    flat |= is_flat(zam_fields(list)[0]);
  }
  if (count == 0) return *result = zam_atom(0), DONE;
  struct ref object = zam_alloc(th, flat ? ZAM_TAG_DOUBLE_ARRAY : 0, count);
  if (!object.addr) return THROWN;
  for (struct value list = args[0]; zam_is_block(list); list = zam_fields(list)[1]) {
    struct part part = {&zam_fields(list)[0], 0, zam_size(zam_fields(list)[0])};
    copy_values(object, at, &part);
    at += part.count;
  }
  ASSERT(at == count, "zam.I5: an array of %zu gets %zu elements", count, at);
  *result = value_from_ref(object);
  return DONE;
}

// ---- in place ------------------------------------------------------------------------------------------------------

static enum loam_status blit(struct mutator *th, struct value *args, struct value *result) {
  struct value from = args[0], to = zam_arg(args, 2);
  size_t source = (size_t)zam_arg_int(args, 1), target = (size_t)zam_arg_int(args, 3);
  size_t count = (size_t)zam_arg_int(args, 4);
  *result = ZAM_UNIT;
  if (count == 0) return DONE;
  memmove(zam_fields(to) + target, zam_fields(from) + source, count * sizeof(struct value));
  if (!is_flat(to)) heap_store(th, value_to_ref(to), target, zam_fields(to)[target]); // remembers the whole array
  return DONE;
}

static enum loam_status fill(struct mutator *th, struct value *args, struct value *result) {
  struct value array = args[0], v = zam_arg(args, 3);
  size_t from = (size_t)zam_arg_int(args, 1), count = (size_t)zam_arg_int(args, 2);
  for (size_t i = from; i < from + count; i++) {
    if (is_flat(array))
      zam_float_store(array, i, zam_float(v));
    else
      heap_store(th, value_to_ref(array), i, v);
  }
  return zam_return_unit(result);
}

const struct zam_prim zam_array_prims[] = {
    {"caml_array_get", get, ZAM_OP_ARRAY_GET, 2},
    {"caml_array_get_addr", get, ZAM_OP_ARRAY_GET_ADDR, 2},
    {"caml_array_unsafe_get", get, ZAM_OP_ARRAY_UNSAFE_GET, 2},
    {"caml_array_set", set, ZAM_OP_ARRAY_SET, 3},
    {"caml_array_set_addr", set, ZAM_OP_ARRAY_SET_ADDR, 3},
    {"caml_array_unsafe_set", set, ZAM_OP_ARRAY_UNSAFE_SET, 3},
    {"caml_floatarray_get", float_get, ZAM_OP_FLOAT_ARRAY_GET, 2},
    {"caml_floatarray_unsafe_get", float_get, ZAM_OP_FLOAT_ARRAY_UNSAFE_GET, 2},
    {"caml_floatarray_set", float_set, ZAM_OP_FLOAT_ARRAY_SET, 3},
    {"caml_floatarray_unsafe_set", float_set, ZAM_OP_FLOAT_ARRAY_UNSAFE_SET, 3},
    {"caml_floatarray_create", float_create, 0, 0},
    {"caml_make_float_vect", float_create, 0, 0},
    {"caml_make_vect", make, 0, 0},
    {"caml_make_array", make_literal, 0, 0},
    {"caml_array_sub", sub, 0, 0},
    {"caml_array_append", append, 0, 0},
    {"caml_array_concat", concat, 0, 0},
    {"caml_array_blit", blit, 0, 0},
    {"caml_floatarray_blit", blit, 0, 0},
    {"caml_array_fill", fill, 0, 0},
    {NULL, NULL, 0, 0},
};
