// SPDX-License-Identifier: MIT
//
// zam_extern.c: writing marshalled values: depth first, fields from left to right, every block with a number when it
// starts, so that a later mention is the distance to it.
//
// What was met already is in a hash table by address: nothing may move while this runs, so nothing is allocated in the
// heap until the end. The addresses are in a list, in their order, and the table's slots are places in it: half a word
// each, since a large value's table is touched all over and a page of it costs more than all else that is done there.
// The fields that still wait are on a stack in C memory. A closure is a block like others: its code is known by the
// address, its headers inside are odd words.
#include "zam_extern.h"

#include "zam_custom.h"
#include "zam_fragment.h"
#include "zam_function.h"
#include "zam_runtime.h"

#define HEADER_BYTES_SMALL 20
#define HEADER_BYTES_BIG 32
#define TABLE_START 512 // a power of two

struct waiting {
  const struct value *at;
  uint64_t count;
};

struct writer {
  struct mutator *th;
  unsigned flags;
  struct text *out;
  size_t slot;     // of the table, for the block that is being written
  uint64_t *met;   // by number: addresses of blocks; has room for half of what the table has
  uint32_t *table; // 0: free; or a block's number, from 1
  size_t table_size;
  struct waiting *stack;
  uint32_t depth, room;
  uint64_t count;            // blocks so far
  uint64_t words32, words64; // what a reader of either size needs
  enum zam_exn exn;
  const char *why; // what can't be written
  bool thrown;     // a custom block's function raised
};

static void put_big_endian(char *at, uint64_t number, unsigned bytes) {
  while (bytes--) *at++ = (char)(number >> 8 * bytes);
}

// The text gets its zero at the end.
static inline void put_byte(struct writer *w, uint8_t byte) {
  struct text *out = w->out;
  if (LIKELY(!out->failed && out->capacity - out->length >= 2))
    out->bytes[out->length++] = (char)byte;
  else
    text_add_char(out, (char)byte);
}

static void put_code(struct writer *w, uint8_t code, uint64_t number, unsigned bytes) {
  put_byte(w, code);
  while (bytes--) put_byte(w, (uint8_t)(number >> 8 * bytes));
}

static bool refuse(struct writer *w, const char *why) {
  w->exn = ZAM_INVALID_ARGUMENT;
  w->why = why;
  return false;
}

static bool refuse_compat(struct writer *w, const char *why) {
  w->exn = ZAM_FAILURE;
  w->why = why;
  return false;
}

// ---- what was met --------------------------------------------------------------------------------------------------

// Where the block's number is, or would be.
static size_t slot_of(const struct writer *w, uint64_t address) {
  size_t at = (size_t)((address >> 3) * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (w->table_size - 1);
  while (w->table[at] && w->met[w->table[at] - 1] != address) at = (at + 1) & (w->table_size - 1);
  return at;
}

static bool grow_table(struct writer *w) {
  size_t size = w->table_size ? 2 * w->table_size : TABLE_START;
  uint32_t *table = size / 2 < UINT32_MAX ? mem_alloc_zero(size, sizeof *table) : NULL;
  uint64_t *met = table ? mem_resize(w->met, size / 2 * sizeof *met) : NULL;
  if (met) w->met = met;
  if (!met) {
    mem_free(table);
    return w->exn = ZAM_OUT_OF_MEMORY, w->why = "", false;
  }
  ASSERT(w->count < size / 2, "zam.I9: %llu blocks were met, and get a table of %zu", (unsigned long long)w->count,
         size);
  mem_free(w->table);
  w->table = table;
  w->table_size = size;
  for (uint32_t i = 0; i < w->count; i++) table[slot_of(w, met[i])] = i + 1;
  return true;
}

// Finds the block's slot. False: memory is out.
static bool find_slot(struct writer *w, struct value v) {
  if (2 * (w->count + 1) > w->table_size && !grow_table(w)) return false;
  w->slot = slot_of(w, v.bits);
  return true;
}

// Gives the block the next number; find_slot was asked for it.
static bool number_block(struct writer *w, struct value v) {
  if (w->flags & ZAM_NO_SHARING) return true;
  ASSERT(w->count < w->table_size / 2 && !w->table[w->slot] && w->slot == slot_of(w, v.bits),
         "zam.I9: block %#llx gets number %llu of %zu, and has one", (unsigned long long)v.bits,
         (unsigned long long)w->count, w->table_size);
  w->met[w->count++] = v.bits;
  w->table[w->slot] = (uint32_t)w->count;
  return true;
}

// Writes a reference to a block that was met.
static bool put_shared(struct writer *w, uint64_t number) {
  ASSERT(number <= w->count, "zam.I9: block %llu was met, of %llu", (unsigned long long)number,
         (unsigned long long)w->count);
  uint64_t distance = w->count - number + 1;
  if (distance < 0x100)
    put_code(w, 0x04, distance, 1);
  else if (distance < 0x10000)
    put_code(w, 0x05, distance, 2);
  else if (distance < UINT64_C(1) << 32)
    put_code(w, 0x06, distance, 4);
  else
    put_code(w, 0x14, distance, 8);
  return true;
}

// ---- values --------------------------------------------------------------------------------------------------------

static bool put_int(struct writer *w, int64_t n) {
  const int64_t limit = INT64_C(1) << 30;
  if (n >= 0 && n < 0x40) {
    put_byte(w, (uint8_t)(0x40 + n));
  } else if (n >= -0x80 && n < 0x80) {
    put_code(w, 0x00, (uint64_t)n, 1);
  } else if (n >= -0x8000 && n < 0x8000) {
    put_code(w, 0x01, (uint64_t)n, 2);
  } else if (n >= -limit && n < limit) {
    put_code(w, 0x02, (uint64_t)n, 4);
  } else {
    if (w->flags & ZAM_COMPAT_32)
      return refuse_compat(w, "output_value: integer cannot be read back on 32-bit platform");
    put_code(w, 0x03, (uint64_t)n, 8);
  }
  return true;
}

static bool put_header(struct writer *w, uint64_t size, unsigned tag) {
  uint64_t header = header_make(tag, size);
  if (tag < 16 && size < 8) {
    put_byte(w, (uint8_t)(0x80 + tag + (size << 4)));
  } else if (header < UINT64_C(1) << 32) {
    put_code(w, 0x08, header, 4);
  } else {
    if (w->flags & ZAM_COMPAT_32) return refuse_compat(w, "output_value: array cannot be read back on 32-bit platform");
    put_code(w, 0x13, header, 8);
  }
  return true;
}

static bool put_string(struct writer *w, struct value v) {
  size_t length = zam_string_length(v);
  if (length < 0x20)
    put_byte(w, (uint8_t)(0x20 + length));
  else if (length < 0x100)
    put_code(w, 0x09, length, 1);
  else if (length < UINT64_C(1) << 32)
    put_code(w, 0x0a, length, 4);
  else
    put_code(w, 0x15, length, 8);
  text_add(w->out, zam_string_bytes(v), length);
  w->words32 += 1 + (length + 4) / 4;
  w->words64 += 1 + (length + 8) / 8;
  return number_block(w, v);
}

static bool put_floats(struct writer *w, struct value v) {
  uint64_t count = zam_size(v);
  if (zam_tag(v) == ZAM_TAG_DOUBLE)
    put_byte(w, 0x0c);
  else if (count < 0x100)
    put_code(w, 0x0e, count, 1);
  else if (count < UINT64_C(1) << 32)
    put_code(w, 0x07, count, 4);
  else
    put_code(w, 0x17, count, 8);
  text_add(w->out, zam_string_bytes(v), count * sizeof(double));
  w->words32 += 1 + 2 * count;
  w->words64 += 1 + count;
  return number_block(w, v);
}

static bool put_custom(struct writer *w, struct value v) {
  static const char no_sizes[12];
  const struct zam_custom_ops *ops = zam_custom_of(v);
  uintptr_t bytes32, bytes64;
  if (!ops->serialize) return refuse(w, "output_value: abstract value (Custom)");
  put_byte(w, ops->fixed_length ? 0x19 : 0x18);
  text_add(w->out, ops->identifier, strlen(ops->identifier) + 1);
  size_t sizes_at = w->out->length;
  if (!ops->fixed_length) text_add(w->out, no_sizes, sizeof no_sizes);
  if (zam_custom_write(w->th, v, w->out, &bytes32, &bytes64) != DONE) return w->thrown = true, false;
  if (!ops->fixed_length && !w->out->failed) {
    ASSERT(sizes_at + sizeof no_sizes <= w->out->length, "zam.I17: sizes are at byte %zu of %zu", sizes_at,
           w->out->length);
    put_big_endian(w->out->bytes + sizes_at, bytes32, 4);
    put_big_endian(w->out->bytes + sizes_at + 4, bytes64, 8);
  }
  w->words32 += 2 + (bytes32 + 3) / 4;
  w->words64 += 2 + (bytes64 + 7) / 8;
  return number_block(w, v);
}

static bool push(struct writer *w, const struct value *at, uint64_t count) {
  if (count == 0) return true;
  if (!mem_grow(&w->stack, w->depth, &w->room, sizeof *w->stack)) return w->exn = ZAM_OUT_OF_MEMORY, w->why = "", false;
  ASSERT(w->depth < w->room, "zam.I9: %u wait in room for %u", w->depth, w->room);
  w->stack[w->depth++] = (struct waiting){at, count};
  return true;
}

// What is no block may be the code of a closure, or anything in a block that a program made up.
static bool put_outside(struct writer *w, struct value v) {
  const struct zam_function *function = (const struct zam_function *)(uintptr_t)v.bits;
  if (!zam_is_function(zam_state(w->th), v) || !function->code)
    return refuse(w, "output_value: abstract value (outside heap)");
  if (!(w->flags & ZAM_CLOSURES)) return refuse(w, "output_value: functional value");
  put_code(w, 0x10, (uint64_t)function->pc * sizeof(int32_t), 4);
  text_add(w->out, (const char *)zam_fragment_digest(function->code), 16);
  return true;
}

static bool start_block(struct writer *w, struct value v) {
  uint64_t size = zam_size(v);
  if (!put_header(w, size, zam_tag(v))) return false;
  w->words32 += 1 + size;
  w->words64 += 1 + size;
  return number_block(w, v);
}

// A lazy value that was computed: its result, unless that would change what kind of thing it is.
static struct value skip_forward(const struct writer *w, struct value v) {
  while (zam_is_block(v) && zam_tag(v) == ZAM_TAG_FORWARD) {
    struct value to = zam_fields(v)[0];
    if (zam_is_outside(w->th, to)) break;
    unsigned tag = zam_is_block(to) ? zam_tag(to) : 0;
    if (zam_is_block(to) && (tag == ZAM_TAG_FORWARD || tag == ZAM_TAG_LAZY || tag == ZAM_TAG_DOUBLE)) break;
    v = to;
  }
  return v;
}

static bool put_value(struct writer *w, struct value v) {
  if (zam_is_int(v)) return put_int(w, zam_to_int(v));
  if (zam_is_outside(w->th, v)) return put_outside(w, v);
  v = skip_forward(w, v);
  if (zam_is_int(v)) return put_int(w, zam_to_int(v));
  if (zam_tag(v) == ZAM_TAG_INFIX) {
    uint64_t offset = zam_size(v) * sizeof(struct value);
    put_code(w, 0x11, offset, 4);
    v.bits -= offset;
  }
  if (zam_size(v) == 0) return put_header(w, 0, zam_tag(v));
  if (!(w->flags & ZAM_NO_SHARING)) {
    if (!find_slot(w, v)) return false;
    if (w->table[w->slot]) return put_shared(w, w->table[w->slot]);
  }
  switch (zam_tag(v)) {
  case ZAM_TAG_STRING: return put_string(w, v);
  case ZAM_TAG_DOUBLE:
  case ZAM_TAG_DOUBLE_ARRAY: return put_floats(w, v);
  case ZAM_TAG_ABSTRACT: return refuse(w, "output_value: abstract value (Abstract)");
  case ZAM_TAG_CUSTOM: return put_custom(w, v);
  default: return start_block(w, v) && push(w, zam_fields(v), zam_size(v));
  }
}

static bool put_all(struct writer *w, struct value v) {
  if (!put_value(w, v)) return false;
  while (w->depth) {
    struct waiting *top = &w->stack[w->depth - 1];
    ASSERT(top->count, "zam.I9: a block waits, %u deep, of which no field is left", w->depth);
    struct value next = *top->at++;
    if (--top->count == 0) w->depth--;
    if (!put_value(w, next)) return false;
  }
  return true;
}

// ---- the header ----------------------------------------------------------------------------------------------------

// Room for the longer header was left at `start`: writes the header that is needed, and closes the gap.
static void write_header(const struct writer *w, size_t start) {
  char *at = w->out->bytes + start;
  ASSERT(w->out->length >= start + HEADER_BYTES_BIG && !w->depth, "%zu bytes were written from %zu on, %u blocks wait",
         w->out->length, start, w->depth);
  size_t data = w->out->length - start - HEADER_BYTES_BIG;
  const uint64_t limit = UINT64_C(1) << 32;
  if (data >= limit || w->count >= limit || w->words32 >= limit || w->words64 >= limit) {
    put_big_endian(at, 0x8495A6BF, 4);
    put_big_endian(at + 4, 0, 4);
    put_big_endian(at + 8, data, 8);
    put_big_endian(at + 16, w->count, 8);
    put_big_endian(at + 24, w->words64, 8);
    return;
  }
  memmove(at + HEADER_BYTES_SMALL, at + HEADER_BYTES_BIG, data);
  w->out->length -= HEADER_BYTES_BIG - HEADER_BYTES_SMALL;
  put_big_endian(at, 0x8495A6BE, 4);
  put_big_endian(at + 4, data, 4);
  put_big_endian(at + 8, w->count, 4);
  put_big_endian(at + 12, w->words32, 4);
  put_big_endian(at + 16, w->words64, 4);
}

enum loam_status zam_extern(struct mutator *th, struct value v, unsigned flags, struct text *out) {
  static const char nothing[HEADER_BYTES_BIG];
  struct writer w = {.th = th, .flags = flags, .out = out};
  size_t start = out->length;
  text_add(out, nothing, sizeof nothing);
  bool good = put_all(&w, v);
  if (good && !out->failed) write_header(&w, start);
  if (!out->failed) out->bytes[out->length] = 0;
  mem_free(w.met);
  mem_free(w.table);
  mem_free(w.stack);
  if (good && !out->failed) return DONE;
  if (w.thrown) return THROWN;
  ASSERT(good || w.why, "zam.I9: a value of %llu blocks is refused, and nothing said", (unsigned long long)w.count);
  return good || w.exn == ZAM_OUT_OF_MEMORY ? zam_raise(th, ZAM_OUT_OF_MEMORY) : zam_raise_text(th, w.exn, w.why);
}
