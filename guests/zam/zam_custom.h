// SPDX-License-Identifier: MIT
//
// zam_custom.h: blocks whose contents only C code knows. Field 0 is the address of their operations, in the layout that
// C code written for OCaml's runtime expects; what the machine itself needs beside them is behind.
#ifndef ZAM_CUSTOM_H
#define ZAM_CUSTOM_H

#include "zam_state.h"

struct zam_custom_ops {
  const char *identifier;
  void (*finalize)(struct value v);
  int (*compare)(struct value a, struct value b);
  intptr_t (*hash)(struct value v);
  void (*serialize)(struct value v, uintptr_t *bytes32, uintptr_t *bytes64);
  uintptr_t (*deserialize_data)(void *data);
  int (*compare_ext)(struct value a, struct value b);
  const void *fixed_length;
  // The machine's own customs: appends the data to a text; reads them, moving *at.
  void (*write)(struct value v, struct text *out);
  enum loam_status (*deserialize)(struct mutator *th, const uint8_t **at, const uint8_t *end, struct value *out);
  bool fixed;                // otherwise the block's own fields are counted
  uint32_t bytes32, bytes64; // of the data, as the format counts them, when fixed
};

extern const struct zam_custom_ops zam_int32_ops, zam_int64_ops, zam_nativeint_ops, zam_channel_ops, zam_bigarray_ops;

// Set by a `compare` that found two things of which neither is the greater: nan among them.
extern _Thread_local bool zam_compare_unordered;

static inline const struct zam_custom_ops *zam_custom_of(struct value v) {
  return (const struct zam_custom_ops *)(uintptr_t)zam_fields(v)[0].bits;
}

// The operations of a custom block that can be read back, by identifier; NULL when there are none.
const struct zam_custom_ops *zam_custom_find(const char *identifier);

#endif
