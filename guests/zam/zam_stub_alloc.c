// SPDX-License-Identifier: MIT
//
// zam_stub_alloc.c: what stubs call to make blocks and C memory.
//
// All blocks are born young, of whatever size, and each is whole when its function returns: what a stub stores into it
// before its next allocation needs no barrier. Running out of memory raises Out_of_memory.
#include "zam_stub_api.h"

#include <stdio.h>
#include <stdlib.h>

static struct value alloc(uintptr_t words, unsigned tag) {
  ASSERT(words && tag <= ZAM_TAG_CUSTOM, "zam.I5: a block of %zu words with tag %u", (size_t)words, tag);
  struct ref object = zam_alloc(zam_stub_mutator(), tag, words);
  if (!object.addr) zam_stub_leave();
  return value_from_ref(object);
}

static void check_size(uintptr_t words) {
  if (words > ZAM_SIZE_MASK / sizeof(uint64_t)) caml_raise_out_of_memory();
}

struct value caml_alloc_small(uintptr_t words, unsigned tag) { return alloc(words, tag); }

static struct value alloc_filled(uintptr_t words, unsigned tag) {
  if (words == 0) return zam_atom(tag);
  check_size(words);
  struct value v = alloc(words, tag);
  if (tag >= ZAM_TAG_ABSTRACT) return v;
  for (uintptr_t i = 0; i < words; i++) zam_fields(v)[i] = ZAM_UNIT;
  return v;
}

struct value caml_alloc_shr_no_track_noexc(uintptr_t words, unsigned tag) {
  if (words > ZAM_SIZE_MASK / sizeof(uint64_t)) return (struct value){0};
  return value_from_ref(zam_alloc(zam_stub_mutator(), tag, words));
}

// One may allocate before all fields of such a block are set.
struct value caml_alloc_shr(uintptr_t words, unsigned tag) { return alloc_filled(words, tag); }
struct value caml_alloc_shr_with_profinfo(uintptr_t words, unsigned tag, intptr_t profile) {
  (void)profile;
  return alloc_filled(words, tag);
}
struct value caml_alloc(uintptr_t words, unsigned tag) { return alloc_filled(words, tag); }
struct value caml_alloc_tuple(uintptr_t words) { return alloc_filled(words, 0); }

// Allocation inlined into a stub: *young_ptr, which it has lowered by the block's size, becomes the block's place; the
// stub writes the header again.
void caml_alloc_small_dispatch(intptr_t words, int flags, int count, unsigned char *lengths) {
  void *outside = (void *)Caml_state->young_limit;
  ASSERT(words > 0, "zam.I5: inlined code allocates %zd words", (ssize_t)words);
  (void)flags, (void)count, (void)lengths;
  Caml_state->young_ptr = outside; // whatever happens
  Caml_state->young_ptr = (void *)(uintptr_t)(alloc((uintptr_t)words, ZAM_TAG_ABSTRACT).bits - sizeof(uint64_t));
}

struct value caml_alloc_string(uintptr_t length) {
  struct value v;
  check_size(length / sizeof(uint64_t));
  zam_stub_check(zam_make_bytes(zam_stub_mutator(), length, &v));
  return v;
}

struct value caml_alloc_initialized_string(uintptr_t length, const char *bytes) {
  struct value v = caml_alloc_string(length);
  memcpy(zam_string_bytes(v), bytes, length);
  return v;
}

struct value caml_copy_string(const char *text) { return caml_alloc_initialized_string(strlen(text), text); }

struct value caml_alloc_sprintf(const char *format, ...) {
  struct text text = {0};
  va_list args;
  va_start(args, format);
  text_vprintf(&text, format, args);
  va_end(args);
  if (text.failed) caml_raise_out_of_memory();
  struct value v;
  enum loam_status status = zam_make_string(zam_stub_mutator(), text.length ? text.bytes : "", text.length, &v);
  text_fini(&text);
  zam_stub_check(status);
  return v;
}

struct value caml_copy_double(double d) {
  struct value v = alloc(1, ZAM_TAG_DOUBLE);
  zam_float_store(v, 0, d);
  return v;
}

struct value caml_alloc_float_array(uintptr_t count) {
  if (count == 0) return zam_atom(0);
  check_size(count);
  return alloc(count, ZAM_TAG_DOUBLE_ARRAY);
}

static struct value copy_int(const struct zam_custom_ops *ops, int64_t n) {
  struct value v;
  zam_stub_check(zam_make_custom_int(zam_stub_mutator(), ops, n, &v));
  return v;
}
struct value caml_copy_int32(int32_t n) { return copy_int(&zam_boxed_ops[ZAM_INT32], n); }
struct value caml_copy_int64(int64_t n) { return copy_int(&zam_boxed_ops[ZAM_INT64], n); }
struct value caml_copy_nativeint(intptr_t n) { return copy_int(&zam_boxed_ops[ZAM_NATIVEINT], n); }

struct value caml_alloc_some(struct value v) {
  zam_stub_check(zam_make_block1(zam_stub_mutator(), 0, v, &v));
  return v;
}

// One value for each text of an array that ends with NULL.
struct value caml_alloc_array(struct value (*make)(const char *text), const char **texts) {
  uintptr_t count = 0;
  while (texts[count]) count++;
  struct value array = caml_alloc(count, 0);
  struct zam_roots root = {Caml_state->local_roots, 1, 1, {&array}};
  Caml_state->local_roots = &root;
  for (uintptr_t i = 0; i < count; i++) {
    struct value v = make(texts[i]);
    caml_modify(&zam_fields(array)[i], v);
  }
  ASSERT(Caml_state->local_roots == &root, "roots are left by what makes the elements of an array");
  Caml_state->local_roots = root.next;
  return array;
}

struct value caml_copy_string_array(const char **texts) { return caml_alloc_array(caml_copy_string, texts); }

int caml_convert_flag_list(struct value list, const int *flags) {
  int all = 0;
  for (; zam_is_block(list); list = zam_fields(list)[1]) all |= flags[zam_to_int(zam_fields(list)[0])];
  return all;
}

// ---- the collector -------------------------------------------------------------------------------------------------

static double pressure; // C memory that blocks hold, in parts of what a full collection is to wait for

void caml_adjust_gc_speed(uintptr_t amount, uintptr_t max) {
  pressure += (double)amount / (double)(max ? max : 1);
  ASSERT(pressure >= 0, "C memory makes a pressure of %g", pressure);
  if (pressure < 1) return;
  pressure = 0;
  heap_collect(zam_stub_mutator(), true);
}

// A full collection is due when blocks that were made since the last one hold as much as the heap.
void caml_alloc_dependent_memory(uintptr_t bytes) {
  enum { HELD_MIN = 16 << 20 };
  struct loam_stats stats;
  heap_read_counters(zam_stub_mutator(), &stats);
  caml_adjust_gc_speed(bytes, stats.bytes_used > HELD_MIN ? stats.bytes_used : HELD_MIN);
}
void caml_free_dependent_memory(uintptr_t bytes) { (void)bytes; }

void caml_minor_collection(void) { heap_collect(zam_stub_mutator(), false); }
struct value caml_check_urgent_gc(struct value v) { return v; }

uintptr_t caml_allocated_words;
char *caml_alloc_for_heap(uintptr_t bytes) {
  (void)bytes;
  return NULL;
}
int caml_add_to_heap(char *chunk) {
  (void)chunk;
  return -1;
}
void caml_free_for_heap(char *chunk) { (void)chunk; }
uintptr_t caml_allocation_color(void *block) {
  (void)block;
  return 0;
}

// ---- C memory ------------------------------------------------------------------------------------------------------

static void *or_raise(void *block) {
  if (!block) caml_raise_out_of_memory();
  return block;
}

void *caml_stat_alloc_noexc(uintptr_t bytes) { return mem_alloc(bytes ? bytes : 1); }
void *caml_stat_alloc(uintptr_t bytes) { return or_raise(caml_stat_alloc_noexc(bytes)); }

// A page of 4096 bytes begins `modulo` bytes behind the address.
void *caml_stat_alloc_aligned_noexc(uintptr_t bytes, int modulo, void **block) {
  enum { PAGE = 4096 };
  char *start = *block = mem_alloc(bytes + PAGE);
  if (!start) return NULL;
  uintptr_t at = (uintptr_t)start + (uintptr_t)modulo, skipped = (at / PAGE + 1) * PAGE - at;
  ASSERT(skipped <= PAGE && (at + skipped) % PAGE == 0, "%zu bytes are left out, of %d, up to a page", (size_t)skipped,
         PAGE);
  return start + skipped;
}
void *caml_stat_alloc_aligned(uintptr_t bytes, int modulo, void **block) {
  return or_raise(caml_stat_alloc_aligned_noexc(bytes, modulo, block));
}
void *caml_stat_calloc_noexc(uintptr_t count, uintptr_t bytes) { return mem_alloc_zero(count, bytes); }
void *caml_stat_resize_noexc(void *block, uintptr_t bytes) { return mem_resize(block, bytes ? bytes : 1); }
void *caml_stat_resize(void *block, uintptr_t bytes) { return or_raise(caml_stat_resize_noexc(block, bytes)); }
void caml_stat_free(void *block) { mem_free(block); }
char *caml_stat_strdup_noexc(const char *text) { return mem_copy_text(text, strlen(text)); }
char *caml_stat_strdup(const char *text) { return or_raise(caml_stat_strdup_noexc(text)); }

char *caml_stat_strconcat(int n, ...) {
  struct text text = {0};
  va_list args;
  va_start(args, n);
  for (int i = 0; i < n; i++) {
    const char *part = va_arg(args, const char *);
    text_add(&text, part, strlen(part));
  }
  va_end(args);
  text_add_char(&text, 0);
  if (text.failed) text_fini(&text);
  return or_raise(text.bytes);
}
