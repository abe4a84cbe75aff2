// SPDX-License-Identifier: MIT
//
// zam_intern.c: reading marshalled values.
//
// A value is a code, its operands, and, for a block, its fields in order, depth first. Every block gets a number when
// it starts; a later mention of it is the distance from the counter. The reader keeps a table of the blocks by number,
// which is a root, so that the collector may run whenever a block is made; and a stack of the fields still to be read,
// by number. Both live in C memory.
//
// Nothing in the data is trusted: numbers, lengths and sizes are held against what is left of the bytes, of which every
// field takes at least one.
#include "zam_intern.h"

#include "zam_bigarray.h"
#include "zam_custom.h"
#include "zam_fragment.h"
#include "zam_memprof.h"
#include "zam_runtime.h"

#define MAGIC_SMALL 0x8495A6BEu
#define MAGIC_BIG 0x8495A6BFu

// Messages of this many bytes make objects that are born old: what fills much of a nursery, a program keeps. (ocamlrun
// does the same from 257 words on.)
enum { LONG_LIVED_BYTES = 64 << 10 };

// Fields of a block that are still to be read.
struct pending {
  size_t object; // number
  uint64_t next, size;
};

struct zam_intern {
  struct zam_intern *outer;
  struct mutator *th;
  const uint8_t *at, *end;
  struct value *objects; // by number
  size_t object_count, object_max;
  struct pending *stack;
  uint32_t depth, room;
  uint64_t holder_size; // of the block whose field is read; 0: none
  uint8_t *custom;      // see custom_room
  struct value result;
};

enum code {
  CODE_INT8,
  CODE_INT16,
  CODE_INT32,
  CODE_INT64,
  CODE_SHARED8,
  CODE_SHARED16,
  CODE_SHARED32,
  CODE_DOUBLE_ARRAY32_LITTLE,
  CODE_BLOCK32,
  CODE_STRING8,
  CODE_STRING32,
  CODE_DOUBLE_BIG,
  CODE_DOUBLE_LITTLE,
  CODE_DOUBLE_ARRAY8_BIG,
  CODE_DOUBLE_ARRAY8_LITTLE,
  CODE_DOUBLE_ARRAY32_BIG,
  CODE_POINTER,
  CODE_INFIX,
  CODE_CUSTOM,
  CODE_BLOCK64,
  CODE_SHARED64,
  CODE_STRING64,
  CODE_DOUBLE_ARRAY64_BIG,
  CODE_DOUBLE_ARRAY64_LITTLE,
  CODE_CUSTOM_LENGTH,
  CODE_CUSTOM_FIXED,
  CODE_SMALL_STRING = 0x20,
  CODE_SMALL_INT = 0x40,
  CODE_SMALL_BLOCK = 0x80,
};

static uint64_t big_endian(const uint8_t *bytes, unsigned count) {
  uint64_t number = 0;
  for (unsigned i = 0; i < count; i++) number = number << 8 | bytes[i];
  return number;
}

bool zam_marshal_read_header(const char *bytes, size_t length, struct zam_marshal_header *header) {
  const uint8_t *at = (const uint8_t *)bytes;
  if (length < ZAM_MARSHAL_HEADER_MIN) return false;
  uint32_t magic = (uint32_t)big_endian(at, 4);
  if (magic == MAGIC_SMALL) {
    *header = (struct zam_marshal_header){ZAM_MARSHAL_HEADER_MIN, big_endian(at + 4, 4), big_endian(at + 8, 4)};
    return true;
  }
  if (magic != MAGIC_BIG || length < ZAM_MARSHAL_HEADER_MAX) return false;
  *header = (struct zam_marshal_header){ZAM_MARSHAL_HEADER_MAX, big_endian(at + 8, 8), big_endian(at + 16, 8)};
  return true;
}

static enum loam_status malformed(struct zam_intern *in) { return zam_fail(in->th, "input_value: ill-formed message"); }

// ---- operands ------------------------------------------------------------------------------------------------------

static bool has(const struct zam_intern *in, uint64_t bytes) { return bytes <= (uint64_t)(in->end - in->at); }

// Reads an unsigned number of 1, 2, 4 or 8 bytes. False at the end of the data.
static bool read_number(struct zam_intern *in, unsigned bytes, uint64_t *number) {
  if (!has(in, bytes)) return false;
  *number = big_endian(in->at, bytes);
  in->at += bytes;
  return true;
}

static enum loam_status read_int(struct zam_intern *in, unsigned bytes, struct value *out) {
  uint64_t number;
  if (!read_number(in, bytes, &number)) return malformed(in);
  unsigned unused = 64 - 8 * bytes;
  *out = zam_from_int((int64_t)(number << unused) >> unused);
  return DONE;
}

// ---- blocks --------------------------------------------------------------------------------------------------------

// The header says how many there will be; but of data that were written without sharing it says 0.
static bool number_object(struct zam_intern *in, struct value object) {
  if (in->object_count == in->object_max) {
    size_t more = 2 * in->object_max + 16;
    struct value *objects = mem_resize(in->objects, more * sizeof *objects);
    if (!objects) return false;
    in->objects = objects;
    in->object_max = more;
  }
  in->objects[in->object_count++] = object;
  ASSERT(in->object_count <= in->object_max, "zam.I17: block %zu is numbered, in a table of %zu", in->object_count,
         in->object_max);
  return true;
}

static enum loam_status push_fields(struct zam_intern *in, size_t object, uint64_t size) {
  if (!mem_grow(&in->stack, in->depth, &in->room, sizeof *in->stack)) return zam_raise(in->th, ZAM_OUT_OF_MEMORY);
  ASSERT(object < in->object_count, "zam.I17: fields are read of block %zu of %zu", object, in->object_count);
  in->stack[in->depth++] = (struct pending){object, 0, size};
  return DONE;
}

static enum loam_status read_block(struct zam_intern *in, unsigned tag, uint64_t size, struct value *out) {
  if (!has(in, size)) return malformed(in);                                  // each field takes a byte at least
  if (tag == ZAM_TAG_INFIX || tag >= ZAM_TAG_ABSTRACT) return malformed(in); // these have codes of their own, or none
  if (size == 0) return *out = zam_atom(tag), DONE;
  struct ref object = zam_alloc(in->th, tag, size);
  if (!object.addr) return THROWN;
  for (uint64_t i = 0; i < size; i++) object_fields(object)[i] = ZAM_UNIT;
  *out = value_from_ref(object);
  if (!number_object(in, *out)) return malformed(in);
  return push_fields(in, in->object_count - 1, size);
}

static enum loam_status read_header_block(struct zam_intern *in, unsigned bytes, struct value *out) {
  uint64_t header;
  if (!read_number(in, bytes, &header)) return malformed(in);
  return read_block(in, (unsigned)(header & HEADER_TAG_MASK), zam_header_size(header), out);
}

static enum loam_status read_string(struct zam_intern *in, uint64_t length, struct value *out) {
  if (!has(in, length)) return malformed(in);
  if (zam_make_string(in->th, (const char *)in->at, length, out) != DONE) return THROWN;
  in->at += length;
  return number_object(in, *out) ? DONE : malformed(in);
}

static enum loam_status read_doubles(struct zam_intern *in, unsigned tag, uint64_t count, bool big, struct value *out) {
  if (count > SIZE_MAX / 8 || !has(in, count * 8)) return malformed(in);
  if (count == 0) return *out = zam_atom(tag), DONE;
  struct ref object = zam_alloc(in->th, tag, count);
  if (!object.addr) return THROWN;
  for (uint64_t i = 0; i < count; i++, in->at += 8) {
    uint64_t bits = big_endian(in->at, 8);
    object_fields(object)[i].bits = big ? bits : __builtin_bswap64(bits);
  }
  *out = value_from_ref(object);
  return number_object(in, *out) ? DONE : malformed(in);
}

static enum loam_status read_double_array(struct zam_intern *in, unsigned length_bytes, bool big, struct value *out) {
  uint64_t count;
  if (!read_number(in, length_bytes, &count)) return malformed(in);
  return read_doubles(in, ZAM_TAG_DOUBLE_ARRAY, count, big, out);
}

static enum loam_status read_shared(struct zam_intern *in, unsigned bytes, struct value *out) {
  uint64_t distance;
  if (!read_number(in, bytes, &distance)) return malformed(in);
  if (distance == 0 || distance > in->object_count) return malformed(in);
  *out = in->objects[in->object_count - distance];
  return DONE;
}

// Room for a block's data while they are read: a library reads what the data say, whatever size they name, so there is
// twice as much as they can be. It is made once, when most is left. NULL when memory is out.
static uint8_t *custom_room(struct zam_intern *in) {
  if (!in->custom) in->custom = mem_alloc(2 * (size_t)(in->end - in->at) + 512);
  return in->custom;
}

// The block is made when its data were read: nothing of one that can't be is ever finalised.
static enum loam_status read_custom_data(struct zam_intern *in, const struct zam_custom_ops *ops,
                                         const uint64_t *expected, struct value *out) {
  uint8_t small[64] = {0};
  bool fits = ops->fixed_length && ops->fixed_length->bytes64 <= (intptr_t)sizeof small;
  uint8_t *data = fits ? small : custom_room(in);
  uintptr_t bytes;
  if (!data) return zam_raise(in->th, ZAM_OUT_OF_MEMORY);
  if (zam_custom_read(in->th, ops, &in->at, in->end, data, &bytes) != DONE) return THROWN;
  if (expected && bytes != *expected)
    return zam_fail(in->th, "input_value: incorrect length of serialized custom block");
  ASSERT(!fits || bytes <= sizeof small, "zam.I17: %s has read %zu bytes, more than it says", ops->identifier,
         (size_t)bytes);
  if (zam_custom_make(in->th, ops, bytes, out) != DONE) return THROWN;
  size_t size = (zam_size(*out) - 1) * sizeof(struct value); // whole words: integers are read so
  ASSERT(size >= bytes && size - bytes < sizeof(struct value), "zam.I17: %zu bytes of %s go into a block of %zu",
         (size_t)bytes, ops->identifier, size);
  if (!fits) memset(data + bytes, 0, size - bytes);
  memcpy(zam_fields(*out) + 1, data, size);
  if (ops == &zam_bigarray_ops) zam_bigarray_hold(zam_state(in->th), *out);
  return DONE;
}

static enum loam_status read_custom(struct zam_intern *in, enum code code, struct value *out) {
  const uint8_t *name = in->at, *zero = memchr(name, 0, (size_t)(in->end - in->at));
  uint64_t expected = 0;
  if (!zero) return malformed(in);
  const struct zam_custom_ops *ops = zam_custom_find(zam_state(in->th), (const char *)name);
  if (!ops) return zam_fail(in->th, "input_value: unknown custom block identifier");
  in->at = zero + 1;
  if (code == CODE_CUSTOM_FIXED) {
    if (!ops->fixed_length) return zam_fail(in->th, "input_value: expected a fixed-size custom block");
    expected = (uint64_t)ops->fixed_length->bytes64;
  }
  if (code == CODE_CUSTOM_LENGTH) {
    if (!has(in, 12)) return malformed(in);
    expected = big_endian(in->at + 4, 8);
    in->at += 12;
  }
  if (read_custom_data(in, ops, code == CODE_CUSTOM ? NULL : &expected, out) != DONE) return THROWN;
  return number_object(in, *out) ? DONE : malformed(in);
}

// ---- code ----------------------------------------------------------------------------------------------------------

// A code pointer: the next field of the closure that is being read.
static enum loam_status read_pointer(struct zam_intern *in, struct value *out) {
  uint64_t offset;
  if (!read_number(in, 4, &offset) || !has(in, 16)) return malformed(in);
  const uint8_t *digest = in->at;
  in->at += 16;
  struct zam_function *function = zam_fragment_find(zam_state(in->th), digest, offset, in->holder_size);
  if (!function) return zam_fail(in->th, "input_value: code mismatch");
  *out = zam_pointer(function);
  return DONE;
}

static enum loam_status read_value(struct zam_intern *in, struct value *out);

static bool is_infix_header(uint64_t word, uint64_t size) {
  return (word & HEADER_TAG_MASK) == ZAM_TAG_INFIX && zam_header_size(word) == size;
}

// A reference into the middle of a closure. Its header is written at once, so that the collector may look at it; what
// the data have for that field must be the same (see keeps_header).
static enum loam_status read_infix(struct zam_intern *in, struct value *out) {
  uint64_t offset;
  if (!read_number(in, 4, &offset)) return malformed(in);
  if (!has(in, 1) || *in->at == CODE_INFIX) return malformed(in);
  if (read_value(in, out) != DONE) return THROWN;
  uint64_t words = offset / 8;
  if (!zam_is_block(*out) || zam_tag(*out) != ZAM_TAG_CLOSURE || offset % 8 || words < ZAM_CLOSURE_STEP ||
      words >= zam_size(*out))
    return malformed(in);
  struct value *header = &zam_fields(*out)[words - 1];
  if (!value_same(*header, ZAM_UNIT) && !is_infix_header(header->bits, words)) return malformed(in);
  header->bits = header_make(ZAM_TAG_INFIX, words);
  out->bits += offset;
  return DONE;
}

// ---- values --------------------------------------------------------------------------------------------------------

static __attribute__((noinline)) enum loam_status read_coded(struct zam_intern *in, enum code code, struct value *out) {
  uint64_t length;
  switch (code) {
  case CODE_INT8: return read_int(in, 1, out);
  case CODE_INT16: return read_int(in, 2, out);
  case CODE_INT32: return read_int(in, 4, out);
  case CODE_INT64: return read_int(in, 8, out);
  case CODE_SHARED8: return read_shared(in, 1, out);
  case CODE_SHARED16: return read_shared(in, 2, out);
  case CODE_SHARED32: return read_shared(in, 4, out);
  case CODE_SHARED64: return read_shared(in, 8, out);
  case CODE_BLOCK32: return read_header_block(in, 4, out);
  case CODE_BLOCK64: return read_header_block(in, 8, out);
  case CODE_STRING8: return read_number(in, 1, &length) ? read_string(in, length, out) : malformed(in);
  case CODE_STRING32: return read_number(in, 4, &length) ? read_string(in, length, out) : malformed(in);
  case CODE_STRING64: return read_number(in, 8, &length) ? read_string(in, length, out) : malformed(in);
  case CODE_DOUBLE_BIG: return read_doubles(in, ZAM_TAG_DOUBLE, 1, true, out);
  case CODE_DOUBLE_LITTLE: return read_doubles(in, ZAM_TAG_DOUBLE, 1, false, out);
  case CODE_DOUBLE_ARRAY8_BIG: return read_double_array(in, 1, true, out);
  case CODE_DOUBLE_ARRAY8_LITTLE: return read_double_array(in, 1, false, out);
  case CODE_DOUBLE_ARRAY32_BIG: return read_double_array(in, 4, true, out);
  case CODE_DOUBLE_ARRAY32_LITTLE: return read_double_array(in, 4, false, out);
  case CODE_DOUBLE_ARRAY64_BIG: return read_double_array(in, 8, true, out);
  case CODE_DOUBLE_ARRAY64_LITTLE: return read_double_array(in, 8, false, out);
  case CODE_POINTER: return read_pointer(in, out);
  case CODE_INFIX: return read_infix(in, out);
  case CODE_CUSTOM:
  case CODE_CUSTOM_LENGTH:
  case CODE_CUSTOM_FIXED: return read_custom(in, code, out);
  default: return malformed(in);
  }
}

static inline enum loam_status read_value(struct zam_intern *in, struct value *out) {
  if (!has(in, 1)) return malformed(in);
  uint8_t code = *in->at++;
  if (code >= CODE_SMALL_BLOCK) return read_block(in, code & 15, code >> 4 & 7, out);
  if (code >= CODE_SMALL_INT) return *out = zam_from_int(code & 63), DONE;
  if (code >= CODE_SMALL_STRING) return read_string(in, code & 31, out);
  return read_coded(in, (enum code)code, out);
}

// Objects get an identity of their own, but not those that have a negative one: the machine's exceptions.
static struct value fresh_identity(struct zam_intern *in, struct value stored) {
  return zam_to_int(stored) < 0 ? stored : zam_from_int(zam_state(in->th)->fresh_id++);
}

// The header of an inner function, which read_infix wrote, stays as it is.
static bool keeps_header(struct value holder, uint64_t field, struct value v) {
  if (LIKELY(zam_tag(holder) != ZAM_TAG_CLOSURE)) return true;
  uint64_t before = zam_fields(holder)[field].bits;
  return (before & HEADER_TAG_MASK) != ZAM_TAG_INFIX || is_infix_header(v.bits, zam_header_size(before));
}

static enum loam_status read_all(struct zam_intern *in) {
  enum loam_status status = read_value(in, &in->result);
  while (status == DONE && in->depth) {
    struct pending *top = &in->stack[in->depth - 1];
    size_t object = top->object;
    uint64_t field = top->next++;
    in->holder_size = top->size;
    if (top->next == top->size) in->depth--; // what its last field pushes takes its place
    struct value v;
    status = read_value(in, &v);
    if (status != DONE) break;
    ASSERT(object < in->object_count, "zam.I17: a field of block %zu is read, of %zu", object, in->object_count);
    struct value holder = in->objects[object];
    if (field == 1 && zam_tag(holder) == ZAM_TAG_OBJECT && zam_is_int(v)) v = fresh_identity(in, v);
    ASSERT(field < zam_size(holder), "zam.I17: field %llu is read of a block of %llu", (unsigned long long)field,
           (unsigned long long)zam_size(holder));
    if (!keeps_header(holder, field, v)) return malformed(in);
    heap_store(in->th, value_to_ref(holder), field, v);
  }
  return status;
}

enum loam_status zam_intern(struct mutator *th, const char *bytes, const struct zam_marshal_header *header,
                            struct value *out) {
  struct zam_state *state = zam_state(th);
  struct zam_intern in = {.outer = state->interns,
                          .th = th,
                          .at = (const uint8_t *)bytes,
                          .end = (const uint8_t *)bytes + header->data_bytes,
                          .object_max = header->objects,
                          .result = ZAM_UNIT};
  if (header->objects > header->data_bytes) return malformed(&in);
  in.objects = mem_alloc((header->objects + 1) * sizeof *in.objects);
  if (!in.objects) return zam_raise(th, ZAM_OUT_OF_MEMORY);
  state->interns = &in;
  zam_memprof_set_source(state, ZAM_MEMPROF_MARSHAL);
  if (header->data_bytes >= LONG_LIVED_BYTES) heap_pretenure(th, true);
  enum loam_status status = read_all(&in);
  heap_pretenure(th, false);
  zam_memprof_set_source(state, ZAM_MEMPROF_NORMAL);
  ASSERT(state->interns == &in, "zam.I17: a reading ends before one that began later, at %p", (void *)state->interns);
  ASSERT(in.at <= in.end, "zam.I17: %td bytes were read behind the data", in.at - in.end);
  state->interns = in.outer;
  mem_free(in.objects);
  mem_free(in.stack);
  mem_free(in.custom);
  *out = in.result;
  return status;
}

void zam_intern_roots(struct zam_state *state, struct root_visitor *visit) {
  for (struct zam_intern *in = state->interns; in; in = in->outer) {
    visit->slot(visit, &in->result);
    for (size_t i = 0; i < in->object_count; i++) visit->slot(visit, &in->objects[i]);
  }
}
