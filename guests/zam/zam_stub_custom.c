// SPDX-License-Identifier: MIT
//
// zam_stub_custom.c: custom blocks: making them, calling their operations, and what these call to write and read data.
//
// The operations know neither where they write to nor where they read from: that is the innermost marshalling at work
// in their thread. Numbers are big-endian, floats of 8 bytes little-endian. Nothing in what is read is trusted.
#include "zam_custom.h"

#include "zam_bigarray.h"
#include "zam_final.h"
#include "zam_stub_api.h"

// What a marshalling at work writes to, or reads from.
struct transfer {
  struct text *out;
  const uint8_t *at, *end;
};
static _Thread_local struct transfer *transfer;

_Thread_local bool zam_custom_unordered;

static const struct zam_custom_ops **foreign; // that can be read back: of the VM that has libraries
static size_t foreign_count;

void caml_register_custom_operations(const struct zam_custom_ops *ops) {
  const struct zam_custom_ops **larger = mem_resize(foreign, (foreign_count + 1) * sizeof *larger);
  if (!larger) caml_fatal_error("out of memory");
  foreign = larger;
  foreign[foreign_count++] = ops;
}

void zam_custom_forget(void) {
  mem_free(foreign);
  foreign = NULL;
  foreign_count = 0;
}

const struct zam_custom_ops *zam_custom_find(const struct zam_state *state, const char *identifier) {
  static const struct zam_custom_ops *const own[] = {&zam_boxed_ops[ZAM_INT32], &zam_boxed_ops[ZAM_INT64],
                                                     &zam_boxed_ops[ZAM_NATIVEINT], &zam_bigarray_ops};
  for (size_t i = zam_stub_owns(state) ? foreign_count : 0; i-- > 0;)
    if (strcmp(foreign[i]->identifier, identifier) == 0) return foreign[i];
  for (size_t i = 0; i < COUNT_OF(own); i++)
    if (strcmp(own[i]->identifier, identifier) == 0) return own[i];
  return NULL;
}

// ---- blocks --------------------------------------------------------------------------------------------------------

static void custom_died(struct zam_state *state, struct value block) {
  if (!state->closing) zam_custom_of(block)->finalize(block);
}

enum loam_status zam_custom_make(struct mutator *th, const struct zam_custom_ops *ops, size_t bytes,
                                 struct value *out) {
  struct ref object = zam_alloc(th, ZAM_TAG_CUSTOM, 1 + (bytes + sizeof(uint64_t) - 1) / sizeof(uint64_t));
  if (!object.addr) return THROWN;
  *out = value_from_ref(object);
  zam_fields(*out)[0] = zam_pointer(ops);
  if (!ops->finalize) return DONE;
  return zam_finals_watch(th, *out, ops == &zam_bigarray_ops ? zam_bigarray_died : custom_died);
}

struct value caml_alloc_custom(const struct zam_custom_ops *ops, uintptr_t bytes, uintptr_t held, uintptr_t max) {
  struct value v;
  if (held) caml_adjust_gc_speed(held, max);
  zam_stub_check(zam_custom_make(zam_stub_mutator(), ops, bytes, &v));
  return v;
}

struct value caml_alloc_custom_mem(const struct zam_custom_ops *ops, uintptr_t bytes, uintptr_t held) {
  caml_alloc_dependent_memory(held);
  return caml_alloc_custom(ops, bytes, 0, 0);
}

// Operations with a finalizer and nothing else: made once for each.
struct value caml_alloc_final(uintptr_t words, void (*finalize)(struct value v), uintptr_t held, uintptr_t max) {
  struct finals {
    struct zam_custom_ops ops;
    struct finals *next;
  };
  static struct finals *all;
  struct finals *found = all;
  while (found && found->ops.finalize != finalize) found = found->next;
  if (!found) {
    found = caml_stat_alloc(sizeof *found);
    *found = (struct finals){{.identifier = "_final", .finalize = finalize}, all};
    all = found;
  }
  return caml_alloc_custom(&found->ops, words * sizeof(uint64_t), held, max);
}

// ---- calling operations --------------------------------------------------------------------------------------------

struct operation {
  zam_custom_compare_fn *compare;
  struct value a, b;
  const struct zam_custom_ops *ops;
  void *data;
  int order;
  uintptr_t bytes32, bytes64;
};

static void call_compare(void *context) {
  struct operation *op = context;
  op->order = op->compare(op->a, op->b);
}

enum loam_status zam_custom_order(struct mutator *th, zam_custom_compare_fn *compare, struct value a, struct value b,
                                  int *order) {
  struct operation op = {.compare = compare, .a = a, .b = b};
  if (!zam_state(th)->libraries) { // the machine's own don't raise
    *order = compare(a, b);
    return DONE;
  }
  enum loam_status status = zam_stub_protect(th, call_compare, &op);
  *order = op.order;
  return status;
}

static void call_serialize(void *context) {
  struct operation *op = context;
  ASSERT(zam_custom_of(op->a)->serialize, "zam.I17: %s is written, and can't be", zam_custom_of(op->a)->identifier);
  zam_custom_of(op->a)->serialize(op->a, &op->bytes32, &op->bytes64);
}

enum loam_status zam_custom_write(struct mutator *th, struct value v, struct text *out, uintptr_t *bytes32,
                                  uintptr_t *bytes64) {
  struct operation op = {.a = v};
  struct transfer own = {.out = out}, *outer = transfer;
  transfer = &own;
  enum loam_status status = zam_stub_protect(th, call_serialize, &op);
  transfer = outer;
  *bytes32 = op.bytes32;
  *bytes64 = op.bytes64;
  return status;
}

static void call_deserialize(void *context) {
  struct operation *op = context;
  op->bytes64 = op->ops->deserialize(op->data);
}

enum loam_status zam_custom_read(struct mutator *th, const struct zam_custom_ops *ops, const uint8_t **at,
                                 const uint8_t *end, void *data, uintptr_t *bytes) {
  struct operation op = {.ops = ops, .data = data};
  struct transfer own = {.at = *at, .end = end}, *outer = transfer;
  transfer = &own;
  enum loam_status status = zam_stub_protect(th, call_deserialize, &op);
  transfer = outer;
  ASSERT(own.at >= *at && own.at <= end, "zam.I17: %s has read %td bytes of %td", ops->identifier, own.at - *at,
         end - *at);
  *at = own.at;
  *bytes = op.bytes64;
  return status;
}

// ---- writing -------------------------------------------------------------------------------------------------------

static void put(uint64_t n, unsigned bytes) {
  ASSERT(transfer && transfer->out, "zam.I17: %u bytes are written, and no block is marshalled", bytes);
  while (bytes--) text_add_char(transfer->out, (char)(n >> 8 * bytes));
}

void caml_serialize_int_1(int n) { put((uint64_t)n, 1); }
void caml_serialize_int_2(int n) { put((uint64_t)n, 2); }
void caml_serialize_int_4(int32_t n) { put((uint64_t)n, 4); }
void caml_serialize_int_8(int64_t n) { put((uint64_t)n, 8); }
void caml_serialize_float_4(float f) { caml_serialize_block_4(&f, 1); }
void caml_serialize_float_8(double d) { caml_serialize_block_float_8(&d, 1); }
void caml_serialize_block_1(const void *data, intptr_t count) {
  ASSERT(transfer && transfer->out && count >= 0, "zam.I17: %td bytes are written, and no block is marshalled",
         (ptrdiff_t)count);
  text_add(transfer->out, data, (size_t)count);
}

static void put_block(const uint8_t *data, intptr_t count, unsigned bytes) {
  ASSERT(transfer && transfer->out, "zam.I17: %td elements are written, and no block is marshalled", (ptrdiff_t)count);
  for (; count > 0; count--, data += bytes)
    for (unsigned i = bytes; i-- > 0;) text_add_char(transfer->out, (char)data[i]);
}
void caml_serialize_block_2(const void *data, intptr_t count) { put_block(data, count, 2); }
void caml_serialize_block_4(const void *data, intptr_t count) { put_block(data, count, 4); }
void caml_serialize_block_8(const void *data, intptr_t count) { put_block(data, count, 8); }
void caml_serialize_block_float_8(const void *data, intptr_t count) { caml_serialize_block_1(data, 8 * count); }

// ---- reading -------------------------------------------------------------------------------------------------------

size_t zam_custom_left(void) {
  ASSERT(transfer && transfer->at && transfer->at <= transfer->end,
         "zam.I17: what is left is asked for, and no block is read");
  return (size_t)(transfer->end - transfer->at);
}

void caml_deserialize_error(const char *text) { caml_failwith(text); }

static void get_block(uint8_t *data, intptr_t count, unsigned bytes) {
  ASSERT(transfer && transfer->at, "zam.I17: %td elements are read, and no block is marshalled", (ptrdiff_t)count);
  if (count < 0 || (uintptr_t)count > (uintptr_t)(transfer->end - transfer->at) / bytes)
    caml_failwith("input_value: ill-formed message");
  for (; count > 0; count--, data += bytes)
    for (unsigned i = bytes; i-- > 0;) data[i] = *transfer->at++;
}
void caml_deserialize_block_1(void *data, intptr_t count) { get_block(data, count, 1); }
void caml_deserialize_block_2(void *data, intptr_t count) { get_block(data, count, 2); }
void caml_deserialize_block_4(void *data, intptr_t count) { get_block(data, count, 4); }
void caml_deserialize_block_8(void *data, intptr_t count) { get_block(data, count, 8); }
void caml_deserialize_block_float_8(void *data, intptr_t count) { get_block(data, 8 * count, 1); }

static uint64_t get(unsigned bytes) {
  uint64_t n = 0;
  get_block((uint8_t *)&n, 1, bytes);
  return n;
}
int caml_deserialize_uint_1(void) { return (uint8_t)get(1); }
int caml_deserialize_sint_1(void) { return (int8_t)get(1); }
int caml_deserialize_uint_2(void) { return (uint16_t)get(2); }
int caml_deserialize_sint_2(void) { return (int16_t)get(2); }
uint32_t caml_deserialize_uint_4(void) { return (uint32_t)get(4); }
int32_t caml_deserialize_sint_4(void) { return (int32_t)get(4); }
uint64_t caml_deserialize_uint_8(void) { return get(8); }
int64_t caml_deserialize_sint_8(void) { return (int64_t)get(8); }
float caml_deserialize_float_4(void) {
  float f;
  get_block((uint8_t *)&f, 1, 4);
  return f;
}
double caml_deserialize_float_8(void) {
  double d;
  caml_deserialize_block_float_8(&d, 1);
  return d;
}
