// SPDX-License-Identifier: MIT
//
// zam_custom.h: blocks whose contents only C code knows. Field 0 is the address of their operations, in the layout that
// C code written for OCaml's runtime expects and makes itself. Any of the functions may be NULL; none may allocate in
// the heap.
#ifndef ZAM_CUSTOM_H
#define ZAM_CUSTOM_H

#include "zam_state.h"

// Bytes of the data when all blocks have the same, as readers of 32 and of 64 bits count them.
struct zam_custom_length {
  intptr_t bytes32, bytes64;
};

typedef int zam_custom_compare_fn(struct value a, struct value b);
struct zam_custom_ops {
  const char *identifier;
  void (*finalize)(struct value v);
  zam_custom_compare_fn *compare;
  intptr_t (*hash)(struct value v);
  // Writes the data with caml_serialize_int_4 and its like, and says how large they are in memory.
  void (*serialize)(struct value v, uintptr_t *bytes32, uintptr_t *bytes64);
  // Reads them into the block's data with caml_deserialize_sint_4 and its like; returns their size.
  uintptr_t (*deserialize)(void *data);
  zam_custom_compare_fn *compare_ext;           // with an integer
  const struct zam_custom_length *fixed_length; // NULL: they differ
};

extern const struct zam_custom_ops zam_channel_ops, zam_bigarray_ops;
// Of boxed integers, in a row: from the address of the first one, compiled code knows the others'.
enum zam_boxed { ZAM_INT32, ZAM_INT64, ZAM_NATIVEINT, ZAM_BOXED_TYPES };
extern const struct zam_custom_ops zam_boxed_ops[ZAM_BOXED_TYPES];

static inline const struct zam_custom_ops *zam_custom_of(struct value v) {
  return (const struct zam_custom_ops *)(uintptr_t)zam_fields(v)[0].bits;
}

// The operations of a custom block that can be read back, by identifier; NULL when the VM has none.
const struct zam_custom_ops *zam_custom_find(const struct zam_state *state, const char *identifier);

// A custom block of `bytes` bytes of data, which the caller fills. Its finalizer will be called.
MAY_GC MAY_THROW enum loam_status zam_custom_make(struct mutator *th, const struct zam_custom_ops *ops, size_t bytes,
                                                  struct value *out);

// What a `compare` sets whose result is no order: the machine's own this, those of libraries their field of Caml_state.
extern _Thread_local bool zam_custom_unordered;

// Calls the operations, which may raise: THROWN then.
MAY_THROW enum loam_status zam_custom_order(struct mutator *th, zam_custom_compare_fn *compare, struct value a,
                                            struct value b, int *order);
MAY_THROW enum loam_status zam_custom_write(struct mutator *th, struct value v, struct text *out, uintptr_t *bytes32,
                                            uintptr_t *bytes64);
// Reads a block's data from *at, which is moved behind them, into C memory; *bytes is their size there.
MAY_THROW enum loam_status zam_custom_read(struct mutator *th, const struct zam_custom_ops *ops, const uint8_t **at,
                                           const uint8_t *end, void *data, uintptr_t *bytes);

// For a `deserialize`: how many bytes there are still to be read.
size_t zam_custom_left(void);

// Forgets the operations that libraries registered.
void zam_custom_forget(void);

#endif
