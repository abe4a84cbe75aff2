// SPDX-License-Identifier: MIT
//
// zam_alloc.c: making blocks outside the opcodes' fast paths.
#include "zam_custom.h"
#include "zam_memprof.h"
#include "zam_runtime.h"

__attribute__((aligned(4096))) uint64_t zam_atoms[257]; // on pages of their own

__attribute__((constructor)) static void fill_atoms(void) {
  for (unsigned tag = 0; tag < 256; tag++) zam_atoms[tag] = header_make(tag, 0);
}

// A block that OCaml's own runtime lets be born old. There, such blocks drive its major collections, and programs wait
// for what only these find: a weak pointer to an old block. Here they drive the nursery's; so after many there is a
// full one, whose work is small beside theirs.
static void count_major(struct mutator *th, size_t words) {
  enum { COLLECT_FROM_WORDS = 4 << 20 };
  struct zam_state *state = zam_state(th);
  struct loam_stats stats;
  state->major_words_fresh += words + 1;
  if (state->major_words_fresh < COLLECT_FROM_WORDS) return;
  heap_read_counters(th, &stats);
  if (state->major_words_fresh < stats.bytes_used / sizeof(uint64_t)) return;
  state->major_words_fresh = 0;
  heap_collect(th, true);
}

void zam_hold(struct zam_state *state, uint64_t bytes) {
  state->held += bytes;
  state->held_fresh += bytes;
}

// C code may bring memory that was never counted.
void zam_let_go(struct zam_state *state, uint64_t bytes) { state->held -= bytes < state->held ? bytes : state->held; }

void zam_hold_limit(struct mutator *th) {
  enum { FRESH_MIN = 1 << 20, HELD_MIN = 16 << 20 };
  struct zam_state *state = zam_state(th);
  if (state->held_fresh < FRESH_MIN) return;
  struct loam_stats stats;
  heap_read_counters(th, &stats);
  if (state->held_fresh < FRESH_MIN + stats.bytes_used / 8) return; // a large program may as well hold more
  heap_collect(th, false);
  state->held_fresh = 0;
  if (state->held < HELD_MIN || state->held < state->held_due) return;
  heap_collect(th, true);
  state->held_due = 2 * state->held;
}

// Of a size that counts as old, or while somebody samples what is made.
static __attribute__((noinline)) struct ref alloc_noted(struct mutator *th, unsigned tag, size_t words) {
  if (words > ZAM_MINOR_WORDS_MAX) count_major(th, words);
  struct ref object = heap_alloc(th, header_make(tag, words), words);
  if (words > ZAM_MINOR_WORDS_MAX && object.addr) zam_state(th)->major_words += words + 1;
  if (zam_state(th)->memprof) zam_memprof_sample(th, object, words);
  return object;
}

struct ref zam_alloc(struct mutator *th, unsigned tag, size_t words) {
  ASSERT(words > 0 && tag <= UINT8_MAX, "zam.I5: a block of %zu words with tag %u", words, tag);
  if (UNLIKELY(words > ZAM_MINOR_WORDS_MAX || zam_state(th)->memprof)) return alloc_noted(th, tag, words);
  return heap_alloc(th, header_make(tag, words), words);
}

enum loam_status zam_make_block1(struct mutator *th, unsigned tag, struct value a, struct value *out) {
  ROOTS(th, &a);
  struct ref object = zam_alloc(th, tag, 1);
  if (!object.addr) return THROWN;
  object_fields(object)[0] = a;
  *out = value_from_ref(object);
  return DONE;
}

enum loam_status zam_make_block2(struct mutator *th, unsigned tag, struct value b, struct value a, struct value *out) {
  ROOTS(th, &a, &b);
  struct ref object = zam_alloc(th, tag, 2);
  if (!object.addr) return THROWN;
  object_fields(object)[0] = a;
  object_fields(object)[1] = b;
  *out = value_from_ref(object);
  return DONE;
}

enum loam_status zam_make_block3(struct mutator *th, unsigned tag, struct value c, struct value b, struct value a,
                                 struct value *out) {
  ROOTS(th, &a, &b, &c);
  struct ref object = zam_alloc(th, tag, 3);
  if (!object.addr) return THROWN;
  object_fields(object)[0] = a;
  object_fields(object)[1] = b;
  object_fields(object)[2] = c;
  *out = value_from_ref(object);
  return DONE;
}

enum loam_status zam_make_block(struct mutator *th, uint32_t count, uint32_t tag, const struct value *args,
                                struct value *out) {
  struct ref object = zam_alloc(th, tag, count);
  if (!object.addr) return THROWN;
  for (uint32_t i = 0; i < count; i++) object_fields(object)[i] = args[count - 1 - i];
  *out = value_from_ref(object);
  return DONE;
}

enum loam_status zam_make_float_block(struct mutator *th, uint32_t count, const struct value *args, struct value *out) {
  struct ref object = zam_alloc(th, ZAM_TAG_DOUBLE_ARRAY, count);
  if (!object.addr) return THROWN;
  *out = value_from_ref(object);
  for (uint32_t i = 0; i < count; i++) zam_float_store(*out, i, zam_float(args[count - 1 - i]));
  return DONE;
}

enum loam_status zam_make_box(struct mutator *th, uint64_t header, uint64_t type, uint64_t word, struct value *out) {
  ASSERT(zam_header_size(header) == 1 + (type != 0), "zam.I5: header %#llx of a box of type %#llx",
         (unsigned long long)header, (unsigned long long)type);
  struct ref object = zam_alloc(th, (unsigned)(header & HEADER_TAG_MASK), zam_header_size(header));
  if (!object.addr) return THROWN;
  if (type) object_fields(object)[0].bits = type;
  object_fields(object)[type != 0].bits = word;
  *out = value_from_ref(object);
  return DONE;
}

enum loam_status zam_make_float(struct mutator *th, double d, struct value *out) {
  return zam_make_box(th, ZAM_FLOAT_HEADER, 0, zam_double_to_word(d), out);
}

enum loam_status zam_make_closure(struct mutator *th, uint32_t count, struct zam_function *function,
                                  const struct value *args, struct value *out) {
  ASSERT(function, "zam.I1: a closure of no function captures %u values", count);
  struct ref object = zam_alloc(th, ZAM_TAG_CLOSURE, ZAM_CLOSURE_VALUES + count);
  if (!object.addr) return THROWN;
  zam_closure_fill(object, function, count, args);
  *out = value_from_ref(object);
  return DONE;
}

enum loam_status zam_make_closures(struct mutator *th, const struct zam_closures *made, const struct value *args,
                                   struct value *out) {
  ASSERT(made->count > 0, "zam.I5: a block of no function, with %u values", made->captured);
  uint32_t start = made->count * ZAM_CLOSURE_STEP - 1;
  struct ref object = zam_alloc(th, ZAM_TAG_CLOSURE, start + made->captured);
  if (!object.addr) return THROWN;
  struct value *fields = object_fields(object);
  for (uint32_t i = 0; i < made->count; i++) {
    struct value *function = fields + i * ZAM_CLOSURE_STEP;
    ASSERT(made->functions[i], "zam.I1: closure %u of %u is of no function", i, made->count);
    if (i) function[-1].bits = header_make(ZAM_TAG_INFIX, i * ZAM_CLOSURE_STEP);
    function[0] = zam_pointer(made->functions[i]);
    function[1] = zam_closure_info(start - i * ZAM_CLOSURE_STEP);
  }
  for (uint32_t i = 0; i < made->captured; i++) fields[start + i] = args[made->captured - 1 - i];
  *out = value_from_ref(object);
  return DONE;
}

// ---- for instructions ----------------------------------------------------------------------------------------------

static enum loam_status tell(struct mutator *th, enum loam_status status, struct value *made) {
  if (status != DONE || LIKELY(!zam_state(th)->memprof)) return status;
  ROOTS(th, made);
  return zam_memprof_run(th);
}

enum loam_status zam_new_block1(struct mutator *th, unsigned tag, struct value a, struct value *out) {
  return tell(th, zam_make_block1(th, tag, a, out), out);
}

enum loam_status zam_new_block2(struct mutator *th, unsigned tag, struct value b, struct value a, struct value *out) {
  return tell(th, zam_make_block2(th, tag, b, a, out), out);
}

enum loam_status zam_new_block3(struct mutator *th, unsigned tag, struct value c, struct value b, struct value a,
                                struct value *out) {
  return tell(th, zam_make_block3(th, tag, c, b, a, out), out);
}

enum loam_status zam_new_block(struct mutator *th, uint32_t count, uint32_t tag, const struct value *args,
                               struct value *out) {
  return tell(th, zam_make_block(th, count, tag, args, out), out);
}

enum loam_status zam_new_float_block(struct mutator *th, uint32_t count, const struct value *args, struct value *out) {
  return tell(th, zam_make_float_block(th, count, args, out), out);
}

enum loam_status zam_new_closure(struct mutator *th, uint32_t count, struct zam_function *function,
                                 const struct value *args, struct value *out) {
  return tell(th, zam_make_closure(th, count, function, args, out), out);
}

enum loam_status zam_new_closures(struct mutator *th, const struct zam_closures *made, const struct value *args,
                                  struct value *out) {
  return tell(th, zam_make_closures(th, made, args, out), out);
}

// ---- strings, boxes ------------------------------------------------------------------------------------------------

enum loam_status zam_make_bytes(struct mutator *th, size_t length, struct value *out) {
  size_t words = length / sizeof(uint64_t) + 1;
  struct ref object = zam_alloc(th, ZAM_TAG_STRING, words);
  if (!object.addr) return THROWN;
  ASSERT(words * sizeof(uint64_t) - 1 - length < sizeof(uint64_t), "zam.I6: %zu words for a string of %zu bytes", words,
         length);
  object_fields(object)[words - 1].bits = (uint64_t)(words * sizeof(uint64_t) - 1 - length) << 56;
  *out = value_from_ref(object);
  return DONE;
}

enum loam_status zam_make_string(struct mutator *th, const char *bytes, size_t length, struct value *out) {
  if (zam_make_bytes(th, length, out) != DONE) return THROWN;
  ASSERT(zam_string_length(*out) == length, "zam.I6: a string of %zu bytes says %zu", length, zam_string_length(*out));
  memcpy(zam_string_bytes(*out), bytes, length);
  return DONE;
}

enum loam_status zam_make_custom_int(struct mutator *th, const void *operations, int64_t data, struct value *out) {
  ASSERT(operations != &zam_boxed_ops[ZAM_INT32] || data == (int32_t)data, "an int32 of %lld is not sign-extended",
         (long long)data);
  return zam_make_box(th, ZAM_INT_HEADER, (uint64_t)(uintptr_t)operations, (uint64_t)data, out);
}
