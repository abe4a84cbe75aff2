// SPDX-License-Identifier: MIT
//
// zam_runtime.h: what the opcodes' bodies call: making blocks, raising, finding methods.
#ifndef ZAM_RUNTIME_H
#define ZAM_RUNTIME_H

#include "zam_exception.h"
#include "zam_function.h"
#include "zam_translate.h"

// ---- making blocks, when the mutator's buffer is full ----

// Counts C memory that a block holds, or will hold as soon as it is made, so that programs that make many such blocks
// and little else don't run out of memory: zam_hold_limit collects when much was counted since it did last, and looks
// at old objects, too, when much more is held than after the last time. Who frees the memory calls zam_let_go.
void zam_hold(struct zam_state *state, uint64_t bytes);
void zam_let_go(struct zam_state *state, uint64_t bytes);
MAY_GC void zam_hold_limit(struct mutator *th);

// A block of `words` fields, which the caller fills before anything can collect. REF_NULL with Out_of_memory pending.
MAY_GC MAY_THROW struct ref zam_alloc(struct mutator *th, unsigned tag, size_t words);
MAY_GC MAY_THROW enum loam_status zam_make_block1(struct mutator *th, unsigned tag, struct value a, struct value *out);
MAY_GC MAY_THROW enum loam_status zam_make_block2(struct mutator *th, unsigned tag, struct value b, struct value a,
                                                  struct value *out);
MAY_GC MAY_THROW enum loam_status zam_make_block3(struct mutator *th, unsigned tag, struct value c, struct value b,
                                                  struct value a, struct value *out);
// `args` lie on the VM stack, the last field first.
MAY_GC MAY_THROW enum loam_status zam_make_block(struct mutator *th, uint32_t count, uint32_t tag,
                                                 const struct value *args, struct value *out);
MAY_GC MAY_THROW enum loam_status zam_make_float_block(struct mutator *th, uint32_t count, const struct value *args,
                                                       struct value *out);
MAY_GC MAY_THROW enum loam_status zam_make_float(struct mutator *th, double d, struct value *out);
// A block of a word, or of two, the first one `type`: a float, a boxed integer.
MAY_GC MAY_THROW enum loam_status zam_make_box(struct mutator *th, uint64_t header, uint64_t type, uint64_t word,
                                               struct value *out);
MAY_GC MAY_THROW enum loam_status zam_make_closure(struct mutator *th, uint32_t count, struct zam_function *function,
                                                   const struct value *args, struct value *out);
MAY_GC MAY_THROW enum loam_status zam_make_closures(struct mutator *th, const struct zam_closures *made,
                                                    const struct value *args, struct value *out);
// The same for instructions: who samples allocations is told at once, and what he raises comes out.
MAY_GC MAY_THROW enum loam_status zam_new_block1(struct mutator *th, unsigned tag, struct value a, struct value *out);
MAY_GC MAY_THROW enum loam_status zam_new_block2(struct mutator *th, unsigned tag, struct value b, struct value a,
                                                 struct value *out);
MAY_GC MAY_THROW enum loam_status zam_new_block3(struct mutator *th, unsigned tag, struct value c, struct value b,
                                                 struct value a, struct value *out);
MAY_GC MAY_THROW enum loam_status zam_new_block(struct mutator *th, uint32_t count, uint32_t tag,
                                                const struct value *args, struct value *out);
MAY_GC MAY_THROW enum loam_status zam_new_float_block(struct mutator *th, uint32_t count, const struct value *args,
                                                      struct value *out);
MAY_GC MAY_THROW enum loam_status zam_new_closure(struct mutator *th, uint32_t count, struct zam_function *function,
                                                  const struct value *args, struct value *out);
MAY_GC MAY_THROW enum loam_status zam_new_closures(struct mutator *th, const struct zam_closures *made,
                                                   const struct value *args, struct value *out);

MAY_GC MAY_THROW enum loam_status zam_make_string(struct mutator *th, const char *bytes, size_t length,
                                                  struct value *out);
// A string of `length` bytes of which only the padding is set.
MAY_GC MAY_THROW enum loam_status zam_make_bytes(struct mutator *th, size_t length, struct value *out);
// A custom block with one word of data, for boxed integers.
MAY_GC MAY_THROW enum loam_status zam_make_custom_int(struct mutator *th, const void *operations, int64_t data,
                                                      struct value *out);

// Fills a fresh closure.
static inline __attribute__((always_inline)) void
zam_closure_fill(struct ref object, const struct zam_function *function, uint32_t count, const struct value *args) {
  struct value *fields = object_fields(object);
  fields[0] = zam_pointer(function);
  fields[1] = zam_closure_info(ZAM_CLOSURE_VALUES);
  REPEAT(i, count, fields[ZAM_CLOSURE_VALUES + i] = args[count - 1 - i]);
}

// Calls a primitive with n arguments. One that is not made raises Failure with its name.
MAY_GC MAY_THROW enum loam_status zam_prim_other(struct mutator *th, const struct zam_prim *prim, struct value *args,
                                                 uint32_t n, struct value *result);
static inline enum loam_status zam_prim_call(struct mutator *th, const struct zam_prim *prim, struct value *args,
                                             uint32_t n, struct value *result) {
  if (UNLIKELY(!prim->fn)) return zam_prim_other(th, prim, args, n, result);
  return prim->fn(th, args, result);
}

// ---- methods of objects: a table begins with 2n+1, a mask, then n pairs (method, label) sorted by label ----

static inline __attribute__((always_inline)) struct value zam_find_method(struct value object, uint64_t label) {
  const struct value *table = zam_fields(zam_fields(object)[0]);
  int64_t low = 3, high = (int64_t)table[0].bits; // indices of labels, which are odd
  while (low < high) {
    int64_t middle = ((low + high) >> 1) | 1;
    if ((int64_t)label < (int64_t)table[middle].bits)
      high = middle - 2;
    else
      low = middle;
  }
  return table[low - 1];
}

// ---- addresses that are no values ----

// Whether the address is in memory that C code of this VM said to have values: static data.
bool zam_stub_has_static(const struct mutator *th, uint64_t address);

// Whether a word that looks like a block is the address of something else: C libraries bring such values, and Obj.field
// takes them out of closures and custom blocks.
static inline bool zam_is_outside(const struct mutator *th, struct value v) {
  if (zam_is_int(v) || LIKELY(heap_has(th, v.bits))) return false;
  if (v.bits >= (uintptr_t)zam_atoms && v.bits <= (uintptr_t)(zam_atoms + 256)) return false;
  return !zam_stub_has_static(th, v.bits);
}

// ---- raising ----

MAY_GC MAY_THROW enum loam_status zam_raise_op(struct mutator *th, struct value exception, uint32_t opcode);
// What is waiting for a safepoint: finalisers.
MAY_GC MAY_THROW enum loam_status zam_run_pending(struct mutator *th);

// ---- floats ----

static inline __attribute__((always_inline)) double zam_word_to_double(uint64_t bits) {
  double d;
  __builtin_memcpy(&d, &bits, sizeof d);
  return d;
}
static inline __attribute__((always_inline)) uint64_t zam_double_to_word(double d) {
  uint64_t bits;
  __builtin_memcpy(&bits, &d, sizeof bits);
  return bits;
}

// The integer part. Of what is too large, and nan, C leaves it open; programs see what the processor gives.
static inline __attribute__((always_inline)) int64_t zam_truncate(double d) {
#ifdef __x86_64__
  typedef double pair __attribute__((vector_size(16)));
  return __builtin_ia32_cvttsd2si64((pair){d});
#else
  return (int64_t)d;
#endif
}
static inline __attribute__((always_inline)) int32_t zam_truncate_int32(double d) {
#ifdef __x86_64__
  typedef double pair __attribute__((vector_size(16)));
  return __builtin_ia32_cvttsd2si((pair){d});
#else
  return (int32_t)d;
#endif
}

// ---- boxed integers ----

// The number in the low bits of a word, less the `unused` high ones.
static inline __attribute__((always_inline)) int64_t zam_narrow(uint64_t word, unsigned unused) {
  return (int64_t)(word << unused) >> unused;
}
// By how much to shift such a number: as the processor understands it, where it is more than there are bits.
static inline __attribute__((always_inline)) unsigned zam_shift(struct value count, unsigned unused) {
  return (unsigned)zam_to_int(count) & (63 - unused);
}

// ---- for bodies: what is in boxes that the hot compiler need not make ----

#define ZAM_FLOAT_HEADER header_make(ZAM_TAG_DOUBLE, 1)
#define ZAM_INT_HEADER header_make(ZAM_TAG_CUSTOM, 2)
#define UNBOX_FLOAT(v) zam_word_to_double(UNBOX(v))
#define BOX_FLOAT(out, d) \
  do { \
    uint64_t word_ = zam_double_to_word(d); \
    BOX(out, ZAM_FLOAT_HEADER, word_, zam_make_box(th, ZAM_FLOAT_HEADER, 0, word_, &(out))); \
  } while (0)
#define BOX_INT(out, type, number) \
  do { \
    uint64_t word_ = (uint64_t)(number), type_ = (uint64_t)(uintptr_t)(type); \
    BOX_TYPED(out, ZAM_INT_HEADER, type_, word_, zam_make_box(th, ZAM_INT_HEADER, type_, word_, &(out))); \
  } while (0)

#endif
