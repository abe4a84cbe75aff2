// SPDX-License-Identifier: MIT
//
// zam_bigarray.c: making bigarrays, and views of them that share their data.
//
// The collector knows the block, not the data, whose size is counted beside it (zam_hold).
#include "zam_bigarray.h"

#include "zam_final.h"
#include "zam_hash.h"
#include "zam_intrinsic.h"
#include "zam_memprof.h"
#include "zam_ops.h"
#include "zam_prim.h"
#include "zam_stub.h"

enum { HEADER_FIELDS = 5 };

const int zam_bigarray_element_bytes[BIGARRAY_KINDS] = {4, 8, 1, 1, 2, 2, 4, 8, 8, 8, 8, 16, 1};

uint64_t zam_bigarray_count(const struct zam_bigarray *array) {
  uint64_t count = 1;
  for (int64_t i = 0; i < array->dim_count; i++) count *= (uint64_t)array->dims[i];
  return count;
}

static uint64_t data_bytes(const struct zam_bigarray *array) {
  ASSERT(zam_bigarray_kind(array) < BIGARRAY_KINDS, "zam.I8: a bigarray is of kind %d", zam_bigarray_kind(array));
  return zam_bigarray_count(array) * (uint64_t)zam_bigarray_element_bytes[zam_bigarray_kind(array)];
}

// ---- life ----------------------------------------------------------------------------------------------------------

// C code may have its own function here, for data that it brought.
static void finalize(struct value v) {
  struct zam_bigarray *array = zam_bigarray_of(v);
  if (!(array->flags & BIGARRAY_MANAGED)) return;
  ASSERT(!(array->flags & BIGARRAY_MAPPED) || array->proxy || array->data,
         "zam.I8: a mapped bigarray dies without data");
  if (!array->proxy) {
    mem_free(array->data);
    return;
  }
  ASSERT(array->proxy->refcount > 0, "zam.I8: a bigarray dies, %lld hold its data", (long long)array->proxy->refcount);
  if (--array->proxy->refcount == 0) {
    mem_free(array->proxy->data);
    mem_free(array->proxy);
  }
}

void zam_bigarray_died(struct zam_state *state, struct value block) {
  const struct zam_bigarray *array = zam_bigarray_of(block);
  const struct zam_bigarray_proxy *proxy = array->proxy;
  if (array->flags & BIGARRAY_MANAGED && (!proxy || proxy->refcount == 1))
    zam_let_go(state, proxy ? proxy->size : data_bytes(array));
  void (*own)(struct value) = zam_custom_of(block)->finalize;
  if (own && (own == finalize || !state->closing)) own(block);
}

void zam_bigarray_hold(struct zam_state *state, struct value block) {
  ASSERT(zam_bigarray_of(block)->flags & BIGARRAY_MANAGED, "zam.I8: %llu bytes are held, and never let go",
         (unsigned long long)data_bytes(zam_bigarray_of(block)));
  zam_hold(state, data_bytes(zam_bigarray_of(block)));
}

// Bytes of an array's data. False: more than there can be.
static bool measure(int64_t kind, int64_t dim_count, const int64_t *dims, uint64_t *bytes) {
  ASSERT(kind >= 0 && kind < BIGARRAY_KINDS && dim_count <= ZAM_BIGARRAY_DIMS_MAX,
         "zam.I8: a bigarray of kind %lld with %lld dimensions", (long long)kind, (long long)dim_count);
  *bytes = (uint64_t)zam_bigarray_element_bytes[kind];
  for (int64_t i = 0; i < dim_count; i++)
    if (__builtin_mul_overflow(*bytes, (uint64_t)dims[i], bytes)) return false;
  return true;
}

// A block whose fields are set.
static enum loam_status make_block(struct mutator *th, int64_t flags, int64_t dim_count, void *data,
                                   const int64_t *dims, struct value *out) {
  ASSERT(dim_count >= 0 && dim_count <= ZAM_BIGARRAY_DIMS_MAX, "zam.I8: a bigarray with %lld dimensions",
         (long long)dim_count);
  struct ref object = zam_alloc(th, ZAM_TAG_CUSTOM, (size_t)(HEADER_FIELDS + dim_count));
  if (!object.addr) return THROWN;
  *out = value_from_ref(object);
  zam_fields(*out)[0] = zam_pointer(&zam_bigarray_ops);
  struct zam_bigarray *array = zam_bigarray_of(*out);
  *array = (struct zam_bigarray){.data = data, .dim_count = dim_count, .flags = flags};
  for (int64_t i = 0; i < dim_count; i++) array->dims[i] = dims[i];
  return zam_finals_watch(th, *out, zam_bigarray_died);
}

enum loam_status zam_bigarray_make(struct mutator *th, int64_t flags, int64_t dim_count, void *data,
                                   const int64_t *dims, struct value *out) {
  uint64_t bytes;
  if (!measure(flags & BIGARRAY_KIND, dim_count, dims, &bytes)) return zam_raise(th, ZAM_OUT_OF_MEMORY);
  if (data) {
    if (flags & BIGARRAY_MANAGED) zam_hold(zam_state(th), bytes); // as it is let go
    return make_block(th, flags, dim_count, data, dims, out);
  }
  zam_hold_limit(th);
  data = mem_alloc(bytes);
  if (!data) return zam_raise(th, ZAM_OUT_OF_MEMORY);
  if (make_block(th, flags | BIGARRAY_MANAGED, dim_count, data, dims, out) == DONE) {
    zam_hold(zam_state(th), bytes);
    zam_memprof_sample_custom(th, *out, bytes);
    return DONE;
  }
  mem_free(data);
  return THROWN;
}

static enum loam_status create(struct mutator *th, struct value *args, struct value *result) {
  int64_t dims[ZAM_BIGARRAY_DIMS_MAX], kind = zam_arg_int(args, 0), fortran = zam_arg_int(args, 1);
  uint64_t count = zam_size(zam_arg(args, 2));
  if (count > ZAM_BIGARRAY_DIMS_MAX) return zam_invalid(th, "Bigarray.create: bad number of dimensions");
  if (kind < 0 || kind >= BIGARRAY_KINDS) return zam_invalid(th, "Bigarray.create: unknown kind");
  for (uint64_t i = 0; i < count; i++) {
    dims[i] = zam_to_int(zam_fields(zam_arg(args, 2))[i]);
    if (dims[i] < 0) return zam_invalid(th, "Bigarray.create: negative dimension");
  }
  return zam_bigarray_make(th, kind | (fortran ? BIGARRAY_FORTRAN : 0), (int64_t)count, NULL, dims, result);
}

// ---- views ---------------------------------------------------------------------------------------------------------

// Makes *out, an array over data of args[0], count among its owners. What frees the data is the same for both.
static enum loam_status share(struct mutator *th, struct value owner, struct value view) {
  struct zam_bigarray *from = zam_bigarray_of(owner), *to = zam_bigarray_of(view);
  zam_fields(view)[0] = zam_fields(owner)[0];
  if (!(from->flags & (BIGARRAY_MANAGED | BIGARRAY_MAPPED))) return DONE;
  if (!from->proxy) {
    from->proxy = mem_alloc(sizeof *from->proxy);
    if (!from->proxy) {
      to->flags &= ~(int64_t)(BIGARRAY_MANAGED | BIGARRAY_MAPPED);
      return zam_raise(th, ZAM_OUT_OF_MEMORY);
    }
    *from->proxy = (struct zam_bigarray_proxy){1, from->data, data_bytes(from)};
  }
  ASSERT(from->proxy->refcount > 0, "zam.I8: a view is made of a bigarray, whose data %lld hold",
         (long long)from->proxy->refcount);
  from->proxy->refcount++;
  to->proxy = from->proxy;
  return DONE;
}

static enum loam_status make_view(struct mutator *th, struct value *args, int64_t flags, int64_t dim_count,
                                  uint64_t position, const int64_t *dims, struct value *result) {
  const struct zam_bigarray *array = zam_bigarray_of(args[0]);
  ASSERT(position <= zam_bigarray_count(array), "zam.I8: a view begins at element %llu of %llu",
         (unsigned long long)position, (unsigned long long)zam_bigarray_count(array));
  char *data = (char *)array->data + position * (uint64_t)zam_bigarray_element_bytes[zam_bigarray_kind(array)];
  if (make_block(th, flags, dim_count, data, dims, result) != DONE) return THROWN;
  return share(th, args[0], *result);
}

enum loam_status zam_bigarray_locate(struct mutator *th, const struct zam_bigarray *array, const int64_t *indices,
                                     uint64_t *position) {
  bool fortran = array->flags & BIGARRAY_FORTRAN;
  ASSERT(array->dim_count >= 0 && array->dim_count <= ZAM_BIGARRAY_DIMS_MAX,
         "zam.I8: an element is sought in %lld dimensions", (long long)array->dim_count);
  *position = 0;
  for (int64_t i = 0; i < array->dim_count; i++) {
    int64_t at = fortran ? array->dim_count - 1 - i : i;
    uint64_t index = (uint64_t)(indices[at] - fortran), dim = (uint64_t)array->dims[at];
    if (index >= dim) return zam_raise_bounds(th);
    *position = *position * dim + index;
  }
  return DONE;
}

// Fixes the slowest indices.
static enum loam_status slice(struct mutator *th, struct value *args, struct value *result) {
  const struct zam_bigarray *array = zam_bigarray_of(args[0]);
  struct value given = zam_arg(args, 1);
  int64_t indices[ZAM_BIGARRAY_DIMS_MAX], dims[ZAM_BIGARRAY_DIMS_MAX];
  int64_t fixed = (int64_t)zam_size(given), left = array->dim_count - fixed;
  uint64_t position;
  bool fortran = array->flags & BIGARRAY_FORTRAN;
  if (left < 0) return zam_invalid(th, "Bigarray.slice: too many indices");
  for (int64_t i = 0; i < array->dim_count; i++) indices[i] = fortran;
  for (int64_t i = 0; i < fixed; i++) indices[fortran ? left + i : i] = zam_to_int(zam_fields(given)[i]);
  if (zam_bigarray_locate(th, array, indices, &position) != DONE) return THROWN;
  memcpy(dims, array->dims + (fortran ? 0 : fixed), (size_t)left * sizeof *dims);
  return make_view(th, args, array->flags, left, position, dims, result);
}

// A range of the slowest index.
static enum loam_status sub(struct mutator *th, struct value *args, struct value *result) {
  const struct zam_bigarray *array = zam_bigarray_of(args[0]);
  int64_t dims[ZAM_BIGARRAY_DIMS_MAX], count = array->dim_count;
  bool fortran = array->flags & BIGARRAY_FORTRAN;
  int64_t from = zam_arg_int(args, 1) - fortran, length = zam_arg_int(args, 2), at = fortran ? count - 1 : 0;
  if (count == 0 || from < 0 || length < 0 || from > array->dims[at] || length > array->dims[at] - from)
    return zam_invalid(th, "Bigarray.sub: bad sub-array");
  uint64_t step = 1;
  for (int64_t i = 0; i < count; i++) {
    dims[i] = array->dims[i];
    if (i != at) step *= (uint64_t)dims[i];
  }
  dims[at] = length;
  return make_view(th, args, array->flags, count, (uint64_t)from * step, dims, result);
}

static enum loam_status reshape(struct mutator *th, struct value *args, struct value *result) {
  const struct zam_bigarray *array = zam_bigarray_of(args[0]);
  struct value given = zam_arg(args, 1);
  int64_t dims[ZAM_BIGARRAY_DIMS_MAX];
  uint64_t count = zam_size(given), bytes;
  if (count > ZAM_BIGARRAY_DIMS_MAX) return zam_invalid(th, "Bigarray.reshape: bad number of dimensions");
  for (uint64_t i = 0; i < count; i++) {
    dims[i] = zam_to_int(zam_fields(given)[i]);
    if (dims[i] < 0) return zam_invalid(th, "Bigarray.reshape: negative dimension");
  }
  if (!measure(array->flags & BIGARRAY_KIND, (int64_t)count, dims, &bytes) || bytes != data_bytes(array))
    return zam_invalid(th, "Bigarray.reshape: size mismatch");
  return make_view(th, args, array->flags, (int64_t)count, 0, dims, result);
}

// The same data with the indices the other way round.
static enum loam_status change_layout(struct mutator *th, struct value *args, struct value *result) {
  const struct zam_bigarray *array = zam_bigarray_of(args[0]);
  int64_t dims[ZAM_BIGARRAY_DIMS_MAX], wanted = zam_arg_int(args, 1) ? BIGARRAY_FORTRAN : 0;
  *result = args[0];
  if (wanted == (array->flags & BIGARRAY_FORTRAN)) return DONE;
  for (int64_t i = 0; i < array->dim_count; i++) dims[i] = array->dims[array->dim_count - 1 - i];
  return make_view(th, args, array->flags ^ BIGARRAY_FORTRAN, array->dim_count, 0, dims, result);
}

// ---- questions, and whole arrays -----------------------------------------------------------------------------------

enum loam_status zam_bigarray_dim(struct mutator *th, struct value v, int64_t index, struct value *result) {
  const struct zam_bigarray *array = zam_bigarray_of(v);
  if (index < 0 || index >= array->dim_count) return zam_invalid(th, "Bigarray.dim");
  return zam_return_int(result, array->dims[index]);
}
static enum loam_status dim(struct mutator *th, struct value *args, struct value *result) {
  return zam_bigarray_dim(th, args[0], zam_arg_int(args, 1), result);
}
static enum loam_status dim_1(struct mutator *th, struct value *args, struct value *result) {
  return zam_bigarray_dim(th, args[0], 0, result);
}
static enum loam_status dim_2(struct mutator *th, struct value *args, struct value *result) {
  return zam_bigarray_dim(th, args[0], 1, result);
}
static enum loam_status dim_3(struct mutator *th, struct value *args, struct value *result) {
  return zam_bigarray_dim(th, args[0], 2, result);
}
static enum loam_status num_dims(struct mutator *th, struct value *args, struct value *result) {
  (void)th;
  return zam_return_int(result, zam_bigarray_of(args[0])->dim_count);
}
static enum loam_status kind_of(struct mutator *th, struct value *args, struct value *result) {
  (void)th;
  return zam_return_int(result, zam_bigarray_kind(zam_bigarray_of(args[0])));
}
static enum loam_status layout_of(struct mutator *th, struct value *args, struct value *result) {
  (void)th;
  return zam_return_int(result, zam_bigarray_of(args[0])->flags & BIGARRAY_FORTRAN ? 1 : 0);
}

static enum loam_status blit(struct mutator *th, struct value *args, struct value *result) {
  const struct zam_bigarray *from = zam_bigarray_of(args[0]), *to = zam_bigarray_of(zam_arg(args, 1));
  bool same = from->dim_count == to->dim_count && data_bytes(from) == data_bytes(to);
  for (int64_t i = 0; same && i < from->dim_count; i++) same = from->dims[i] == to->dims[i];
  if (!same) return zam_invalid(th, "Bigarray.blit: dimension mismatch");
  memmove(to->data, from->data, data_bytes(from));
  return zam_return_unit(result);
}

// ---- as custom blocks ----------------------------------------------------------------------------------------------

static int compare_floats(double a, double b) {
  if (a < b) return -1;
  if (a > b) return 1;
  if (a == b) return 0;
  zam_custom_unordered = true;
  return (a == a) - (b == b);
}

// Element by element; of complex numbers each part is one.
static int compare_data(enum zam_bigarray_kind kind, const void *left, const void *right, uint64_t i) {
#define ORDER(type) \
  (((const type *)left)[i] > ((const type *)right)[i]) - (((const type *)left)[i] < ((const type *)right)[i])
  switch (kind) {
  case BIGARRAY_FLOAT32:
  case BIGARRAY_COMPLEX32: return compare_floats(((const float *)left)[i], ((const float *)right)[i]);
  case BIGARRAY_FLOAT64:
  case BIGARRAY_COMPLEX64: return compare_floats(((const double *)left)[i], ((const double *)right)[i]);
  case BIGARRAY_SINT8: return ORDER(int8_t);
  case BIGARRAY_SINT16: return ORDER(int16_t);
  case BIGARRAY_UINT16: return ORDER(uint16_t);
  case BIGARRAY_INT32: return ORDER(int32_t);
  case BIGARRAY_INT64:
  case BIGARRAY_INT:
  case BIGARRAY_NATIVEINT: return ORDER(int64_t);
  default: return ORDER(uint8_t);
  }
#undef ORDER
}

// Kind and layout, then dimensions, then the elements.
static int compare(struct value a, struct value b) {
  const struct zam_bigarray *left = zam_bigarray_of(a), *right = zam_bigarray_of(b);
  const int64_t mask = BIGARRAY_KIND | BIGARRAY_FORTRAN;
  if ((left->flags & mask) != (right->flags & mask)) return (int)((right->flags & mask) - (left->flags & mask));
  if (left->dim_count != right->dim_count) return (int)(right->dim_count - left->dim_count);
  for (int64_t i = 0; i < left->dim_count; i++)
    if (left->dims[i] != right->dims[i]) return left->dims[i] < right->dims[i] ? -1 : 1;
  enum zam_bigarray_kind kind = zam_bigarray_kind(left);
  uint64_t count = zam_bigarray_count(left);
  if (kind == BIGARRAY_COMPLEX32 || kind == BIGARRAY_COMPLEX64) count *= 2;
  for (uint64_t i = 0; i < count; i++) {
    int order = compare_data(kind, left->data, right->data, i);
    if (order) return order;
  }
  return 0;
}

// The first 256 bytes count, of OCaml's own integers twice as many; in words of 32 bits, but elements that are larger
// or floats each on its own.
static intptr_t hash(struct value v) {
  const struct zam_bigarray *array = zam_bigarray_of(v);
  enum zam_bigarray_kind kind = zam_bigarray_kind(array);
  uint64_t bytes = data_bytes(array), size = (uint64_t)zam_bigarray_element_bytes[kind];
  uint64_t most = kind == BIGARRAY_INT || kind == BIGARRAY_NATIVEINT ? 512 : 256;
  const uint8_t *at = array->data, *end = at + (bytes < most ? bytes : most);
  uint32_t hash = 0, word;
  uint64_t number;
  if (kind == BIGARRAY_COMPLEX32 || kind == BIGARRAY_COMPLEX64) size /= 2;
  for (; end - at >= (ptrdiff_t)(size == 8 ? 8 : 4); at += size == 8 ? 8 : 4) {
    memcpy(&word, at, sizeof word);
    if (size == 8) memcpy(&number, at, sizeof number);
    if (kind == BIGARRAY_FLOAT64 || kind == BIGARRAY_COMPLEX64)
      hash = zam_hash_mix_float(hash, number);
    else if (kind == BIGARRAY_FLOAT32 || kind == BIGARRAY_COMPLEX32)
      hash = zam_hash_mix_float32(hash, word);
    else if (kind == BIGARRAY_INT64)
      hash = zam_hash_mix(zam_hash_mix(hash, word), (uint32_t)(number >> 32));
    else
      hash = size == 8 ? zam_hash_mix_word(hash, number) : zam_hash_mix(hash, word);
  }
  word = 0;
  for (const uint8_t *last = end; last-- > at;) word = word << 8 | *last;
  return at < end ? zam_hash_mix(hash, word) : hash;
}

const struct zam_custom_ops zam_bigarray_ops = {.identifier = "_bigarr02",
                                                .finalize = finalize,
                                                .compare = compare,
                                                .hash = hash,
                                                .serialize = zam_bigarray_write,
                                                .deserialize = zam_bigarray_read};
// Under the name that C code compares a block's operations with.
extern const struct zam_custom_ops caml_ba_ops __attribute__((alias("zam_bigarray_ops")));

const struct zam_prim zam_bigarray_prims[] = {
    {"caml_ba_create", create, 0, 0},
    {"caml_ba_slice", slice, 0, 0},
    {"caml_ba_sub", sub, 0, 0},
    {"caml_ba_reshape", reshape, 0, 0},
    {"caml_ba_change_layout", change_layout, 0, 0},
    {"caml_ba_num_dims", num_dims, 0, 0},
    {"caml_ba_dim", dim, 0, 0},
    {"caml_ba_dim_1", dim_1, ZAM_OP_BIGARRAY_DIM, 1, 0},
    {"caml_ba_dim_2", dim_2, ZAM_OP_BIGARRAY_DIM, 1, 1},
    {"caml_ba_dim_3", dim_3, ZAM_OP_BIGARRAY_DIM, 1, 2},
    {"caml_ba_kind", kind_of, 0, 0},
    {"caml_ba_layout", layout_of, 0, 0},
    {"caml_ba_blit", blit, 0, 0},
    {NULL, NULL, 0, 0},
};
