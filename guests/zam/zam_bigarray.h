// SPDX-License-Identifier: MIT
//
// zam_bigarray.h: arrays of numbers in C memory, laid out as C code written for OCaml's runtime expects them.
//
// The block of a bigarray is [operations, data, number of dimensions, flags, proxy, dimension ...]. Its data are the
// program's to free when `managed` says so; arrays that share data, views, share a counting proxy.
#ifndef ZAM_BIGARRAY_H
#define ZAM_BIGARRAY_H

#include "zam_custom.h"

#define ZAM_BIGARRAY_DIMS_MAX 16

enum zam_bigarray_kind {
  BIGARRAY_FLOAT32,
  BIGARRAY_FLOAT64,
  BIGARRAY_SINT8,
  BIGARRAY_UINT8,
  BIGARRAY_SINT16,
  BIGARRAY_UINT16,
  BIGARRAY_INT32,
  BIGARRAY_INT64,
  BIGARRAY_INT,
  BIGARRAY_NATIVEINT,
  BIGARRAY_COMPLEX32,
  BIGARRAY_COMPLEX64,
  BIGARRAY_CHAR,
  BIGARRAY_KINDS
};

enum zam_bigarray_flag {
  BIGARRAY_KIND = 0xff,
  BIGARRAY_FORTRAN = 0x100, // the first index is the fastest, indices begin at 1
  BIGARRAY_MANAGED = 0x200, // the data are freed with the last array
  BIGARRAY_MAPPED = 0x400,  // the data are a file's
};

struct zam_bigarray_proxy {
  int64_t refcount;
  void *data; // what is to be freed
  uint64_t size;
};

struct zam_bigarray {
  void *data;
  int64_t dim_count, flags;
  struct zam_bigarray_proxy *proxy; // NULL until there is a view
  int64_t dims[];
};

extern const struct zam_custom_ops zam_bigarray_ops;
extern const int zam_bigarray_element_bytes[BIGARRAY_KINDS];

static inline struct zam_bigarray *zam_bigarray_of(struct value v) {
  return (struct zam_bigarray *)(zam_fields(v) + 1);
}
static inline enum zam_bigarray_kind zam_bigarray_kind(const struct zam_bigarray *array) {
  return (enum zam_bigarray_kind)(array->flags & BIGARRAY_KIND);
}
// Elements of an array that exists: the product of its dimensions.
uint64_t zam_bigarray_count(const struct zam_bigarray *array);

// Makes an array over `data`; when these are NULL, over fresh memory, which it manages. `dims` are not in the heap.
MAY_GC MAY_THROW enum loam_status zam_bigarray_make(struct mutator *th, int64_t flags, int64_t dim_count, void *data,
                                                    const int64_t *dims, struct value *out);

// Counts the data of an array that was read as held; and no longer, when an array dies with which its data die.
void zam_bigarray_hold(struct zam_state *state, struct value block);
void zam_bigarray_died(struct zam_state *state, struct value block);

// The position of an element, after checking each index.
MAY_THROW enum loam_status zam_bigarray_locate(struct mutator *th, const struct zam_bigarray *array,
                                               const int64_t *indices, uint64_t *position);

// Operations of the blocks, for marshalling.
void zam_bigarray_write(struct value v, uintptr_t *bytes32, uintptr_t *bytes64);
uintptr_t zam_bigarray_read(void *data);

#endif
