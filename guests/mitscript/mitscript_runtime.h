// SPDX-License-Identifier: MIT
//
// mitscript_runtime.h: the guest's state, its exceptions and the slow paths of its opcodes.
#ifndef MITSCRIPT_RUNTIME_H
#define MITSCRIPT_RUNTIME_H

#include "mitscript_value.h"

#include <string.h>

// A field or global name, interned; lives as long as the VM.
struct mit_name {
  struct mit_name *next;     // of its bucket
  struct mit_global *global; // of this name, or NULL
  uint32_t hash, length;
  char bytes[]; // NUL-terminated, and zeros to the end of the last word
};

// What names a field: the bytes of a string or a mit_name. `string` is the string, or None.
struct mit_key {
  const char *bytes; // up to MIT_SHORT_BYTES have zeros to the end of the word
  uint64_t head;     // length and hash, as in a string's first word
  struct value string;
};
static inline struct mit_key mit_bytes_key(const char *bytes, size_t length, uint32_t hash) { // that is no string
  return (struct mit_key){bytes, length | (uint64_t)hash << 32, MIT_NONE};
}
static inline struct mit_key mit_name_key(const struct mit_name *name) {
  return mit_bytes_key(name->bytes, name->length, name->hash);
}
static inline size_t mit_key_length(const struct mit_key *key) { return (uint32_t)key->head; }
static inline uint32_t mit_key_hash(const struct mit_key *key) { return (uint32_t)(key->head >> 32); }
// Whether the bytes of another key, a name or a string, of the same length, are the same.
static inline bool mit_key_has(const struct mit_key *key, const char *bytes) {
  if (mit_key_length(key) > MIT_SHORT_BYTES) return memcmp(key->bytes, bytes, mit_key_length(key)) == 0;
  return *(const uint64_t *)(const void *)key->bytes == *(const uint64_t *)(const void *)bytes;
}

// A top-level variable. `value` is ABSENT until it is assigned.
struct mit_global {
  struct mit_global *next;
  struct value value;
  const struct mit_name *name;
};

// A constant that is an object (a string): a root with a fixed address that code may name.
struct mit_constant {
  struct mit_constant *next;
  struct value value;
};

enum mit_exception {
  MIT_NO_EXCEPTION,
  MIT_UNINITIALIZED_VARIABLE,
  MIT_ILLEGAL_CAST,
  MIT_ILLEGAL_ARITHMETIC,
  MIT_RUNTIME,
  MIT_INSUFFICIENT_STACK,
};

struct mit_shapes;

struct mit_state {
  struct vm *vm;
  struct arena memory; // names, globals, constants, protos
  struct mit_name **names;
  uint32_t name_count, name_capacity; // buckets, a power of two
  struct mit_global *globals;
  struct mit_constant *constants;
  struct mit_shapes *shapes;
  struct value no_elements;   // mit_no_elements(), where bodies find it: their code can't hold addresses of data
  uint32_t activations;       // serial of the last activation that made a closure
  uint32_t programs;          // loaded so far
  struct text exception;      // the line of the pending exception
  enum mit_exception refused; // what a program that could not be loaded would have thrown
};

static inline struct mit_state *mit_state_of(const struct mutator *th) { return guest_state(th); }

// Fills a fresh closure. `activation` is the running function's, which gets a number with its first closure.
static inline __attribute__((always_inline)) void mit_closure_fill(struct mutator *th, struct ref object,
                                                                   const struct mit_proto *proto,
                                                                   const struct value *cells, uint32_t count,
                                                                   struct value *activation) {
  if (mit_is_none(*activation)) *activation = mit_from_int((int32_t)++mit_state_of(th)->activations);
  struct value *fields = object_fields(object);
  fields[MIT_CLOSURE_METHOD].bits = (uintptr_t)proto->method;
  fields[MIT_CLOSURE_ACTIVATION] = *activation;
  REPEAT(i, count, fields[MIT_CLOSURE_CELLS + i] = cells[i]);
}

// ---- exceptions (A.8) ----------------------------------------------------------------------------------------------

// Throws. `detail` (printf) follows a colon; NULL for none. Returns THROWN.
MAY_THROW enum loam_status mit_throw(struct mutator *th, enum mit_exception kind, const char *detail, ...)
    PRINTF_LIKE(3, 4);
const char *mit_exception_name(enum mit_exception kind);
const char *mit_exception_line(const struct mit_state *state); // of the pending exception
MAY_THROW enum loam_status mit_throw_cast(struct mutator *th);
MAY_THROW enum loam_status mit_throw_uninitialized(struct mutator *th, const struct mit_global *global);
MAY_THROW enum loam_status mit_throw_memory(struct mutator *th); // C memory is out
MAY_THROW enum loam_status mit_throw_arity(struct mutator *th, size_t given, size_t expected);
// Why `callee` can't be called with `given` arguments.
MAY_THROW enum loam_status mit_throw_call(struct mutator *th, struct value callee, size_t given);

// ---- names and globals (mitscript_name.c) --------------------------------------------------------------------------

// Interns. NULL when memory is out.
const struct mit_name *mit_name_intern(struct mit_state *state, const char *bytes, size_t length);
// The interned name, or NULL when there is none of these bytes.
const struct mit_name *mit_name_find(const struct mit_state *state, const struct mit_key *key);
// The global of this name, made when it is new. NULL when memory is out.
struct mit_global *mit_global_get(struct mit_state *state, const char *bytes, size_t length);

// ---- strings (mitscript_string.c) ----------------------------------------------------------------------------------

MAY_GC MAY_THROW enum loam_status mit_string_create(struct mutator *th, const char *bytes, size_t length,
                                                    struct value *out);
// The bytes of a string; *flat is false for a rope, which must be flattened first. Valid until the next MAY_GC call.
NO_GC const char *mit_string_bytes(struct value string, size_t *length, bool *flat);
NO_GC size_t mit_string_length(struct value string);
// Makes a rope flat in place; what is no rope is left alone.
MAY_GC MAY_THROW enum loam_status mit_string_flatten(struct mutator *th, struct value string);
// left followed by right; both are strings.
MAY_GC MAY_THROW enum loam_status mit_string_join(struct mutator *th, struct value left, struct value right,
                                                  struct value *out);
// Joins what the frequent case is: short strings, or one and an integer, in the mutator's buffer. False when it is
// another case, or the buffer is full.
NO_GC bool mit_string_join_short(struct mutator *th, struct value left, struct value right, struct value *out);
// Hash of bytes, as strings and names have it.
NO_GC uint32_t mit_hash(const char *bytes, size_t length);
// The key that a string in one piece is. Its hash is kept in the string.
NO_GC struct mit_key mit_string_key(struct value string);
static inline NO_GC struct mit_key mit_flat_key(struct value flat) { // the same for a flat one
  const struct value *fields = mit_fields(flat);
  if (UNLIKELY(!(fields[0].bits >> 32))) return mit_string_key(flat);
  return (struct mit_key){(const char *)&fields[1], fields[0].bits, flat};
}
// The canonical decimal integer that a flat string is ("0", "-7", "42"), if it is one.
NO_GC bool mit_string_to_index(struct value string, int32_t *out);
// Adds all bytes of a string, rope or not.
NO_GC void mit_string_add_to(struct value string, struct text *out);

// ---- records (mitscript_record.c, mitscript_shape.c, mitscript_table.c) --------------------------------------------

// Makes an empty record with room for `capacity` fields in place.
MAY_GC MAY_THROW enum loam_status mit_record_create(struct mutator *th, uint32_t capacity, struct value *out);
// Makes a record of a shape, with room for `capacity` fields in place, of the values of its `count` fields, which are
// on the operand stack.
MAY_GC MAY_THROW enum loam_status mit_record_make(struct mutator *th, const struct value *values, uint32_t count,
                                                  uint32_t shape, uint32_t capacity, struct value *out);
// r.name, with the inline cache of the instruction.
MAY_THROW enum loam_status mit_field_load(struct mutator *th, struct value r, const struct mit_name *name,
                                          uint64_t *cache, struct value *out);
MAY_GC MAY_THROW enum loam_status mit_field_store(struct mutator *th, struct value r, const struct mit_name *name,
                                                  uint64_t *cache, struct value v);
// r[i] for any i.
MAY_GC MAY_THROW enum loam_status mit_index_load(struct mutator *th, struct value r, struct value i, struct value *out);
MAY_GC MAY_THROW enum loam_status mit_index_store(struct mutator *th, struct value r, struct value i, struct value v);

// r[i] of a record for an integer or a flat string; else ABSENT.
NO_GC struct value mit_index_try_load(struct mutator *th, struct value r, struct value i);
// Stores there, for a string that is no integer, when that takes little.
NO_GC bool mit_index_try_store(struct mutator *th, struct value r, struct value i, struct value v);

// An integer's digits, and zeros to the end of the last word.
union mit_digits {
  char bytes[16];
  uint64_t words[2];
};

// ---- conversion and operators (mitscript_convert.c, mitscript_operate.c) -------------------------------------------

// Adds str(v) (A.6). False when records nest too deeply, as a record that contains itself does. out->failed when memory
// is out, the text gets longer than a string can be or many times as long as the heap, or a limit ended the program.
NO_GC bool mit_print_value(struct mutator *th, struct value v, struct text *out);
// The same, with an exception for each.
NO_GC MAY_THROW enum loam_status mit_print(struct mutator *th, struct value v, struct text *out);
// The decimal digits of n; how many. printf takes several times as long, which keys and texts made of numbers would
// notice.
NO_GC size_t mit_digits(int32_t n, union mit_digits *out);
// str(v) as a string value.
MAY_GC MAY_THROW enum loam_status mit_to_string(struct mutator *th, struct value v, struct value *out);
// l + r for what are not two integers, which is noted in *kinds.
MAY_GC MAY_THROW enum loam_status mit_add_slow(struct mutator *th, struct value l, struct value r, uint16_t *kinds,
                                               struct value *out);
// The same where that takes little, else ABSENT.
NO_GC struct value mit_add_try(struct mutator *th, struct value l, struct value r, uint16_t *kinds);
// Why l / r is no integer.
MAY_THROW enum loam_status mit_throw_div(struct mutator *th, struct value l, struct value r);
// == for two objects that are not the same one (A.5).
MAY_GC MAY_THROW enum loam_status mit_equal_slow(struct mutator *th, struct value l, struct value r, struct value *out);

// ---- functions (mitscript_function.c) ------------------------------------------------------------------------------

// Makes a closure over `count` cells, which are on the operand stack. *activation is the hidden local of the function
// at work that numbers its activation; None until the first closure is made there.
MAY_GC MAY_THROW enum loam_status mit_closure_create(struct mutator *th, struct value function,
                                                     const struct value *cells, size_t count, struct value *activation,
                                                     struct value *out);
MAY_GC MAY_THROW enum loam_status mit_cell_create(struct mutator *th, struct value v, struct value *out);
// Makes the natives print, input and intcast; protos[0..2] get them.
enum loam_err mit_natives_create(struct vm *vm, struct mit_proto *protos[3], struct error *err);

#endif
