// SPDX-License-Identifier: MIT
//
// toy_value.h: the tutorial machine's values, its functions and its state. The low two bits say what a value is:
//
//     ..01  an integer of 62 bits      ..10  a function (the address of a struct toy_function)
//     ..11  nil                        ..00  the address of a pair in the heap
//
// so that adding two integers is one addition, and the collector knows a reference by two bits.
#ifndef TOY_VALUE_H
#define TOY_VALUE_H

#include "loam/guest.h"

#define TOY_INT_TAG UINT64_C(1)
#define TOY_FUNCTION_TAG UINT64_C(2)
#define TOY_TAG_MASK UINT64_C(3)
#define TOY_NIL ((struct value){3})

enum toy_tag { TOY_TAG_PAIR = 1 }; // of objects in the heap
#define TOY_PAIR_WORDS 2           // first, second

// A function of the program or of the machine. `method` is NULL until its code is made. Lives as long as the VM.
struct toy_function {
  const char *name;
  uint16_t params, locals; // of a program's function; the parameters are the first locals
  struct method *method;
  struct toy_function *next;
};

// What a VM of this guest holds: every function, newest first, and the value that `keep` stored, a root.
struct toy_state {
  struct arena memory;
  struct toy_function *functions;
  struct value kept;
};

// What the machine itself throws; programs may throw any value.
enum toy_error { TOY_ERROR_TYPE = -5, TOY_ERROR_ARITY, TOY_ERROR_STACK, TOY_ERROR_MEMORY, TOY_ERROR_THREAD };

static inline struct value toy_from_int(int64_t n) { return (struct value){(uint64_t)n << 2 | TOY_INT_TAG}; }
static inline int64_t toy_to_int(struct value v) { return (int64_t)v.bits >> 2; }
static inline bool toy_is_int(struct value v) { return (v.bits & TOY_TAG_MASK) == TOY_INT_TAG; }
static inline bool toy_are_ints(struct value a, struct value b) { return toy_is_int(a) && toy_is_int(b); }

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
MAY_GC MAY_THROW enum loam_status toy_pair(struct mutator *th, struct value first, struct value second,
                                           struct value *out);
// Appends the text of a value: 12, nil, function f, (1 . (2 . nil)). Rings and long chains are cut; a pair that is the
// first part of another one is "...".
NO_GC void toy_print(struct value v, struct text *out);
// Throws what forbids calling `callee` with `count` arguments; DONE when nothing does.
MAY_THROW enum loam_status toy_check_call(struct mutator *th, struct value callee, size_t count);
// Calls it. This is also how the embedding API does.
MAY_GC MAY_THROW enum loam_status toy_call(struct mutator *th, struct value callee, const struct value *args,
                                           size_t count, struct value *result);

// The function of this name, or NULL; a new one without code, or NULL when memory is out.
struct toy_function *toy_find(const struct toy_state *state, const char *name, size_t length);
struct toy_function *toy_add(struct toy_state *state, const char *name, size_t length);
// Hooks of struct loam_guest: assembles, verifies and loads a program; lists one with its instructions numbered.
enum loam_err toy_load(struct vm *vm, const struct loam_source *source, struct method **main_method, struct error *err);
enum loam_err toy_disassemble(struct vm *vm, const struct loam_source *source, struct text *out, struct error *err);
enum loam_err toy_natives_create(struct vm *vm, struct error *err);

#endif
