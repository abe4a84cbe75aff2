// SPDX-License-Identifier: MIT
//
// toy_value.h: the tutorial machine's values. The low two bits say what a word is:
//
//     ..01  an integer of 62 bits      ..10  a function (the address of a struct toy_function)
//     ..11  nil                        ..00  the address of a pair in the heap
//
// so that adding two integers is one addition, and the collector knows a reference by two bits.
#ifndef TOY_VALUE_H
#define TOY_VALUE_H

#include "loam/rt.h"

#define TOY_INT_TAG UINT64_C(1)
#define TOY_FUNCTION_TAG UINT64_C(2)
#define TOY_TAG_MASK UINT64_C(3)
#define TOY_NIL ((struct value){3})

enum toy_tag { TOY_TAG_PAIR = 1 }; // of objects in the heap

// What programs can throw besides values of their own; each is an integer value.
enum toy_error {
  TOY_ERROR_TYPE = -1,
  TOY_ERROR_ARITY = -2,
  TOY_ERROR_STACK = -3,
  TOY_ERROR_MEMORY = -4,
  TOY_ERROR_THREAD = -5,
};

// A function of the program or of the machine. `method` is set when its code is made. Lives as long as the VM.
struct toy_function {
  const char *name;
  struct method *method;
  struct toy_function *next;
};

static inline struct value toy_from_int(int64_t n) { return (struct value){(uint64_t)n << 2 | TOY_INT_TAG}; }
static inline int64_t toy_to_int(struct value v) { return (int64_t)v.bits >> 2; }
static inline bool toy_is_int(struct value v) { return (v.bits & TOY_TAG_MASK) == TOY_INT_TAG; }
static inline bool toy_are_ints(struct value a, struct value b) {
  return toy_is_int(a) && toy_is_int(b);
}

static inline struct value toy_from_function(const struct toy_function *f) {
  return (struct value){(uintptr_t)f | TOY_FUNCTION_TAG};
}
static inline const struct toy_function *toy_to_function(struct value v) {
  return (const struct toy_function *)(uintptr_t)(v.bits & ~TOY_TAG_MASK);
}
static inline bool toy_is_function(struct value v) { return (v.bits & TOY_TAG_MASK) == TOY_FUNCTION_TAG; }

static inline bool toy_is_pair(struct value v) { return v.bits && (v.bits & TOY_TAG_MASK) == 0; }
static inline bool toy_is_true(struct value v) { return !value_same(v, toy_from_int(0)) && !value_same(v, TOY_NIL); }

// Throws an error of the machine. Returns THROWN.
MAY_THROW enum loam_status toy_throw(struct mutator *th, enum toy_error error);
// Makes a pair when the allocation buffer is full.
MAY_GC MAY_THROW enum loam_status toy_pair(struct mutator *th, struct value first, struct value second, struct value *out);
// Appends the text of a value: 12, nil, function f, (1 . (2 . nil)).
NO_GC void toy_print(struct value v, struct text *out);

#endif
