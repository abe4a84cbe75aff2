// SPDX-License-Identifier: MIT
//
// zam_value.h: OCaml's values and blocks, laid out word for word as its C runtime does, so that C code written for that
// runtime can share them.
//
// A word with bit 0 set is an integer of 63 bits. Everything else is an address: of field 0 of a block in the heap, of
// a header inside a closure (tag ZAM_TAG_INFIX), of an atom, or of something that is no object at all: code, a C
// pointer. The collector knows its own by the address range alone.
//
// A block's header is  wosize << 10 | color << 8 | tag, which is the substrate's header with wosize in the guest bits.
// Blocks of size 0 are never allocated: they are atoms, 256 headers in static memory.
//
// A closure is  [code, info, captured values ...]. `code` is the address of a struct zam_function; `info` an integer:
// arity << 56 | start of the captured values << 1 | 1. Functions that are made together share a block; all but the
// first are reached by infix pointers: [code0, info0, header1, code1, info1, header2, ..., captured values].
#ifndef ZAM_VALUE_H
#define ZAM_VALUE_H

#include "loam/rt.h"

#include <string.h>

enum zam_tag {
  ZAM_TAG_LAZY = 246,
  ZAM_TAG_CLOSURE = 247,
  ZAM_TAG_OBJECT = 248,
  ZAM_TAG_INFIX = 249,
  ZAM_TAG_FORWARD = 250,
  ZAM_TAG_ABSTRACT = 251, // from here on: no values inside
  ZAM_TAG_STRING = 252,
  ZAM_TAG_DOUBLE = 253,
  ZAM_TAG_DOUBLE_ARRAY = 254,
  ZAM_TAG_CUSTOM = 255,
};

#define ZAM_UNIT ((struct value){1})
#define ZAM_FALSE ((struct value){1})
#define ZAM_TRUE ((struct value){3})
#define ZAM_SIZE_MASK ((UINT64_C(1) << 53) - 1)
#define ZAM_SIZE_MAX ((UINT64_C(1) << 54) - 1) // of a block, in words, as programs see it
#define ZAM_CLOSURE_VALUES 2                   // captured values of a lone function start here
#define ZAM_CLOSURE_STEP 3                     // words from a function to the next in a shared block

static inline struct value zam_from_int(int64_t n) { return (struct value){(uint64_t)n << 1 | 1}; }
static inline int64_t zam_to_int(struct value v) { return (int64_t)v.bits >> 1; }
static inline bool zam_is_int(struct value v) { return v.bits & 1; }
static inline bool zam_is_block(struct value v) { return !(v.bits & 1); }
static inline struct value zam_from_bool(bool truth) { return (struct value){truth ? 3 : 1}; }
static inline bool zam_to_bool(struct value v) { return v.bits != ZAM_FALSE.bits; }

static inline struct value *zam_fields(struct value v) { return (struct value *)(uintptr_t)v.bits; }
static inline uint64_t zam_header(struct value v) { return ((const uint64_t *)(uintptr_t)v.bits)[-1]; }
static inline uint64_t zam_header_size(uint64_t header) { return header >> HEADER_GUEST_SHIFT; }
static inline uint64_t zam_size(struct value v) { return zam_header_size(zam_header(v)); } // in words
static inline unsigned zam_tag(struct value v) { return (unsigned)(zam_header(v) & HEADER_TAG_MASK); }
static inline struct value zam_pointer(const void *p) { return (struct value){(uintptr_t)p}; }

// ---- atoms ----

// Atom t is the address behind word t.
extern uint64_t zam_atoms[257];
static inline struct value zam_atom(unsigned tag) { return zam_pointer(&zam_atoms[tag + 1]); }

// ---- strings: bytes, padding; the last byte says how many bytes of padding there are, less one ----

static inline char *zam_string_bytes(struct value v) { return (char *)(uintptr_t)v.bits; }
static inline size_t zam_string_length(struct value v) {
  size_t bytes = zam_size(v) * sizeof(uint64_t);
  return bytes - 1 - ((const uint8_t *)(uintptr_t)v.bits)[bytes - 1];
}
static inline bool zam_string_same(struct value a, struct value b) {
  size_t length = zam_string_length(a);
  return length == zam_string_length(b) && memcmp(zam_string_bytes(a), zam_string_bytes(b), length) == 0;
}

// ---- floating-point numbers ----

static inline double zam_float(struct value v) {
  double d;
  memcpy(&d, (const void *)(uintptr_t)v.bits, sizeof d);
  return d;
}
static inline double zam_float_at(struct value array, size_t index) {
  double d;
  memcpy(&d, (const char *)(uintptr_t)array.bits + index * sizeof d, sizeof d);
  return d;
}
static inline void zam_float_store(struct value array, size_t index, double d) {
  memcpy((char *)(uintptr_t)array.bits + index * sizeof d, &d, sizeof d);
}

// ---- custom blocks: field 0 is the address of their operations ----

static inline int64_t zam_custom_int(struct value v) { return (int64_t)zam_fields(v)[1].bits; }

// ---- closures ----

static inline struct value zam_closure_info(uint64_t start) { return (struct value){start << 1 | 1}; }
// Where the environment begins. What a program made up may say anything: it is at most where the block ends.
static inline uint64_t zam_closure_start(struct value closure) {
  uint64_t size = zam_size(closure), start = size < 2 ? size : zam_fields(closure)[1].bits << 8 >> 9;
  return start < size ? start : size;
}

#endif
