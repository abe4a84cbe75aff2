// SPDX-License-Identifier: MIT
//
// zam_compare.c: polymorphic comparison.
//
// Ints come before blocks; blocks are ordered by tag, then size, then fields from left to right. Closures and abstract
// blocks can't be compared. The fields that are still to be compared wait on a stack in C memory. `compare` is a total
// order: nan is equal to itself and less than other floats; for = and < it is unordered.
#include "zam_custom.h"
#include "zam_intrinsic.h"
#include "zam_ops.h"
#include "zam_prim.h"
#include "zam_stub.h"

#define STACK_MAX ((size_t)1 << 20) // pairs; more is Out_of_memory
#define STACK_START 64

#define LESS (-1)
#define EQUAL 0
#define GREATER 1
#define UNORDERED 2

struct pair {
  const struct value *left, *right;
  uint64_t count; // fields to compare
};

struct comparison {
  struct mutator *th;
  struct pair *stack, first[STACK_START];
  size_t depth, room;
  bool total, failed; // failed: an exception is pending
};

static int by_number(uint64_t a, uint64_t b) { return (a > b) - (a < b); }

static int fail(struct comparison *c, enum loam_status status) {
  (void)status;
  c->failed = true;
  return EQUAL;
}

static bool push(struct comparison *c, const struct value *left, const struct value *right, uint64_t count) {
  if (c->depth == c->room) {
    if (c->room >= STACK_MAX) return fail(c, zam_raise(c->th, ZAM_OUT_OF_MEMORY)), false;
    struct pair *larger = mem_alloc(2 * c->room * sizeof *larger);
    if (!larger) return fail(c, zam_raise(c->th, ZAM_OUT_OF_MEMORY)), false;
    memcpy(larger, c->stack, c->depth * sizeof *larger);
    if (c->stack != c->first) mem_free(c->stack);
    c->stack = larger;
    c->room *= 2;
  }
  ASSERT(c->depth < c->room && count, "zam.I9: a pair of %llu fields waits, the %zuth of %zu",
         (unsigned long long)count, c->depth, c->room);
  c->stack[c->depth++] = (struct pair){left, right, count};
  return true;
}

static int compare_floats(const struct comparison *c, double a, double b) {
  if (a < b) return LESS;
  if (a > b) return GREATER;
  if (a == b) return EQUAL;
  if (!c->total) return UNORDERED;
  return (a == a) - (b == b);
}

static int compare_strings(struct value a, struct value b) {
  size_t left = zam_string_length(a), right = zam_string_length(b);
  int first = memcmp(zam_string_bytes(a), zam_string_bytes(b), left < right ? left : right);
  return first ? (first > 0) - (first < 0) : by_number(left, right);
}

static int compare_float_arrays(const struct comparison *c, struct value a, struct value b) {
  uint64_t left = zam_size(a), right = zam_size(b);
  if (left != right) return by_number(left, right);
  for (uint64_t i = 0; i < left; i++) {
    int order = compare_floats(c, zam_float_at(a, i), zam_float_at(b, i));
    if (order != EQUAL) return order;
  }
  return EQUAL;
}

// A custom block's own comparison, which may say that there is no order, or raise.
static int call_custom(struct comparison *c, zam_custom_compare_fn *compare, struct value a, struct value b) {
  ASSERT(compare, "a custom block named %s is compared without a function",
         zam_is_block(a) ? zam_custom_of(a)->identifier : "?");
  int order;
  const bool foreign = zam_state(c->th)->libraries;
  zam_custom_unordered = false;
  if (foreign) Caml_state->compare_unordered = 0;
  if (zam_custom_order(c->th, compare, a, b, &order) != DONE) return fail(c, THROWN);
  bool unordered = zam_custom_unordered || (foreign && Caml_state->compare_unordered);
  if (unordered && !c->total) return UNORDERED;
  return (order > 0) - (order < 0);
}

static int compare_customs(struct comparison *c, struct value a, struct value b) {
  const struct zam_custom_ops *ops = zam_custom_of(a), *other = zam_custom_of(b);
  if (ops->compare != other->compare) return strcmp(ops->identifier, other->identifier) < 0 ? LESS : GREATER;
  if (!ops->compare) return fail(c, zam_invalid(c->th, "compare: abstract value"));
  return call_custom(c, ops->compare, a, b);
}

// A lazy value that was computed already stands for its result.
static struct value follow(const struct comparison *c, struct value v) {
  while (zam_is_block(v) && !zam_is_outside(c->th, v) && zam_tag(v) == ZAM_TAG_FORWARD) v = zam_fields(v)[0];
  return v;
}

// Two blocks: their order as far as it can be told; EQUAL when the fields pushed decide.
static int compare_blocks(struct comparison *c, struct value a, struct value b) {
  unsigned left = zam_tag(a), right = zam_tag(b);
  if (left == ZAM_TAG_INFIX) left = ZAM_TAG_CLOSURE;
  if (right == ZAM_TAG_INFIX) right = ZAM_TAG_CLOSURE;
  if (left != right) return left < right ? LESS : GREATER;
  switch (left) {
  case ZAM_TAG_STRING: return value_same(a, b) ? EQUAL : compare_strings(a, b);
  case ZAM_TAG_DOUBLE: return compare_floats(c, zam_float(a), zam_float(b));
  case ZAM_TAG_DOUBLE_ARRAY: return compare_float_arrays(c, a, b);
  case ZAM_TAG_ABSTRACT: return fail(c, zam_invalid(c->th, "compare: abstract value"));
  case ZAM_TAG_CLOSURE: return fail(c, zam_invalid(c->th, "compare: functional value"));
  case ZAM_TAG_OBJECT: return by_number(zam_fields(a)[1].bits ^ INT64_MIN, zam_fields(b)[1].bits ^ INT64_MIN);
  case ZAM_TAG_CUSTOM: return compare_customs(c, a, b);
  default: break;
  }
  uint64_t size = zam_size(a);
  if (size != zam_size(b)) return by_number(size, zam_size(b));
  if (size) (void)push(c, zam_fields(a), zam_fields(b), size);
  return EQUAL;
}

static int compare_custom_to_int(struct comparison *c, struct value a, struct value b) {
  ASSERT(zam_is_int(a) != zam_is_int(b), "%#llx and %#llx are compared as a block and an integer",
         (unsigned long long)a.bits, (unsigned long long)b.bits);
  struct value block = zam_is_int(a) ? b : a;
  int order = zam_is_int(a) ? LESS : GREATER;
  if (zam_tag(block) != ZAM_TAG_CUSTOM || !zam_custom_of(block)->compare_ext) return order;
  return call_custom(c, zam_custom_of(block)->compare_ext, a, b);
}

// Addresses that are no blocks are ordered among themselves, behind integers.
static int compare_outside(struct value a, struct value b) {
  ASSERT(zam_is_block(a) || zam_is_block(b), "the integers %#llx and %#llx are compared as addresses",
         (unsigned long long)a.bits, (unsigned long long)b.bits);
  if (zam_is_int(a)) return LESS;
  return zam_is_int(b) ? GREATER : by_number(a.bits, b.bits);
}

static int compare_two(struct comparison *c, struct value a, struct value b) {
  if (value_same(a, b) && c->total) return EQUAL;
  a = follow(c, a);
  b = follow(c, b);
  if (zam_is_int(a) && zam_is_int(b)) return by_number(a.bits ^ INT64_MIN, b.bits ^ INT64_MIN);
  if (zam_is_outside(c->th, a) || zam_is_outside(c->th, b)) return compare_outside(a, b);
  if (zam_is_int(a) || zam_is_int(b)) return compare_custom_to_int(c, a, b);
  return compare_blocks(c, a, b);
}

static int compare_all(struct comparison *c, struct value a, struct value b) {
  int order = compare_two(c, a, b);
  while (order == EQUAL && c->depth && !c->failed) {
    struct pair *top = &c->stack[c->depth - 1];
    struct value left = *top->left++, right = *top->right++;
    if (--top->count == 0) c->depth--;
    order = compare_two(c, left, right);
  }
  return order;
}

// Compares the first two arguments. THROWN when they can't be compared.
static enum loam_status run(struct mutator *th, const struct value *args, bool total, int *order) {
  struct comparison c; // its stack is not filled before it is used
  c.th = th;
  c.stack = c.first;
  c.depth = 0;
  c.room = STACK_START;
  c.total = total;
  c.failed = false;
  *order = compare_all(&c, args[0], zam_arg(args, 1));
  if (c.stack != c.first) mem_free(c.stack);
  return c.failed ? THROWN : DONE;
}

static enum loam_status answer(struct mutator *th, const struct value *args, enum zam_order what,
                               struct value *result) {
  int order;
  if (run(th, args, what == ZAM_ORDER_COMPARE, &order) != DONE) return THROWN;
  ASSERT(order >= LESS && order <= (what == ZAM_ORDER_COMPARE ? GREATER : UNORDERED),
         "%d is the result of comparison %d", order, (int)what);
  switch (what) {
  case ZAM_ORDER_COMPARE: return zam_return_int(result, order < 0 ? -1 : order > 0);
  case ZAM_ORDER_EQUAL: return zam_return_bool(result, order == EQUAL);
  case ZAM_ORDER_NOT_EQUAL: return zam_return_bool(result, order != EQUAL);
  case ZAM_ORDER_LESS: return zam_return_bool(result, order < 0);
  case ZAM_ORDER_LESS_EQUAL: return zam_return_bool(result, order <= 0);
  case ZAM_ORDER_GREATER: return zam_return_bool(result, order == GREATER);
  default: return zam_return_bool(result, order == EQUAL || order == GREATER);
  }
}

// Whether both are boxed integers of one type; see ZAM_SEEN_INTS.
static uint64_t kind_of(const struct mutator *th, struct value a, struct value b) {
  if (zam_is_int(a) && zam_is_int(b)) return ZAM_SEEN_INTS;
  if (zam_is_int(a) || zam_is_int(b) || zam_is_outside(th, a) || zam_is_outside(th, b)) return 0;
  if (zam_tag(a) != ZAM_TAG_CUSTOM || zam_tag(b) != ZAM_TAG_CUSTOM) return 0;
  const struct zam_custom_ops *ops = zam_custom_of(a);
  if (ops != zam_custom_of(b) || ops < zam_boxed_ops || ops >= zam_boxed_ops + ZAM_BOXED_TYPES) return 0;
  return (uint64_t)(uintptr_t)ops | (ops == &zam_boxed_ops[ZAM_INT32] ? ZAM_SEEN_INT32 : 0);
}

enum loam_status zam_compare(struct mutator *th, enum zam_order what, struct value b, struct value a, uint64_t *seen,
                             struct value *out) {
  uint64_t kind = kind_of(th, a, b);
  if (kind) __atomic_store_n(seen, kind, __ATOMIC_RELAXED);
  return answer(th, &((const struct value[]){b, a})[1], what, out);
}

#define PRIMITIVE(name, what) \
  static enum loam_status name(struct mutator *th, struct value *args, struct value *result) { \
    return answer(th, args, what, result); \
  }
PRIMITIVE(compare, ZAM_ORDER_COMPARE)
PRIMITIVE(equal, ZAM_ORDER_EQUAL)
PRIMITIVE(not_equal, ZAM_ORDER_NOT_EQUAL)
PRIMITIVE(less, ZAM_ORDER_LESS)
PRIMITIVE(less_or_equal, ZAM_ORDER_LESS_EQUAL)
PRIMITIVE(greater, ZAM_ORDER_GREATER)
PRIMITIVE(greater_or_equal, ZAM_ORDER_GREATER_EQUAL)

const struct zam_prim zam_compare_prims[] = {
    {"caml_compare", compare, ZAM_OP_COMPARE, 2},
    {"caml_equal", equal, ZAM_OP_IS_EQUAL, 2},
    {"caml_notequal", not_equal, ZAM_OP_IS_NOT_EQUAL, 2},
    {"caml_lessthan", less, ZAM_OP_IS_LESS, 2},
    {"caml_lessequal", less_or_equal, ZAM_OP_IS_LESS_EQUAL, 2},
    {"caml_greaterthan", greater, ZAM_OP_IS_GREATER, 2},
    {"caml_greaterequal", greater_or_equal, ZAM_OP_IS_GREATER_EQUAL, 2},
    {NULL, NULL, 0, 0},
};
