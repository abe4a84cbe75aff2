// SPDX-License-Identifier: MIT
//
// mitscript_tree_op.c: operators on values, as the table of the specification has them.
#include "mitscript_tree_op.h"

#include "mitscript_tree_same.h"

#include <string.h>

static bool cast_throw(struct mit_tree_state *state) { return mitscript_tree_throw(state, "IllegalCastException"); }

static bool string_from(struct mit_tree_state *state, struct mit_tree_value value, struct mit_tree_string **string) {
  if (value.kind != MIT_TREE_STRING) {
    struct text bytes = {0};
    bool good = mitscript_tree_print(state, value, &bytes) &&
                mitscript_tree_make_string(state, bytes.bytes, bytes.length, &value);
    text_fini(&bytes);
    if (!good) return false;
  }
  *string = value.string;
  return true;
}

static bool add(struct mit_tree_state *state, struct mit_tree_value left, struct mit_tree_value right,
                struct mit_tree_value *result) {
  if (left.kind == MIT_TREE_INT && right.kind == MIT_TREE_INT) {
    *result = mitscript_tree_int((int32_t)((uint32_t)left.number + (uint32_t)right.number));
    return true;
  }
  if (left.kind != MIT_TREE_STRING && right.kind != MIT_TREE_STRING) return cast_throw(state);
  struct mit_tree_string *first, *second;
  return string_from(state, left, &first) && string_from(state, right, &second) &&
         mitscript_tree_join(state, first, second, result);
}

// Rounds towards zero. INT_MIN / -1 is INT_MIN: the negation wraps, where the machine's division would trap.
static bool divide(struct mit_tree_state *state, int32_t left, int32_t right, struct mit_tree_value *result) {
  if (right == 0) return mitscript_tree_throw(state, "IllegalArithmeticException: divide by zero");
  *result = mitscript_tree_int(right == -1 ? (int32_t)-(uint32_t)left : left / right);
  return true;
}

static bool apply_ints(struct mit_tree_state *state, enum mit_token_kind op, int32_t left, int32_t right,
                       struct mit_tree_value *result) {
  switch (op) {
  case MIT_TOKEN_MINUS: *result = mitscript_tree_int((int32_t)((uint32_t)left - (uint32_t)right)); break;
  case MIT_TOKEN_STAR: *result = mitscript_tree_int((int32_t)((uint32_t)left * (uint32_t)right)); break;
  case MIT_TOKEN_SLASH: return divide(state, left, right, result);
  case MIT_TOKEN_LESS: *result = mitscript_tree_bool(left < right); break;
  case MIT_TOKEN_GREATER: *result = mitscript_tree_bool(left > right); break;
  case MIT_TOKEN_LESS_EQUAL: *result = mitscript_tree_bool(left <= right); break;
  case MIT_TOKEN_GREATER_EQUAL: *result = mitscript_tree_bool(left >= right); break;
  default: ASSERT(false, "token kind %d is an operator on integers", (int)op);
  }
  return true;
}

// Equal functions: made in the same activation, with the same parameters and the same body.
static bool functions_equal(const struct mit_tree_function *a, const struct mit_tree_function *b) {
  if (a->native || b->native) return a->native == b->native;
  return a->frame == b->frame && mitscript_tree_same_fun(a->fun, b->fun);
}

static bool equal(struct mit_tree_state *state, struct mit_tree_value left, struct mit_tree_value right, bool *same) {
  *same = left.kind == right.kind;
  if (!*same) return true;
  switch (left.kind) {
  case MIT_TREE_NONE: break;
  case MIT_TREE_BOOL: *same = left.truth == right.truth; break;
  case MIT_TREE_INT: *same = left.number == right.number; break;
  case MIT_TREE_RECORD: *same = left.record == right.record; break;
  case MIT_TREE_FUNCTION: *same = functions_equal(left.function, right.function); break;
  case MIT_TREE_STRING: {
    *same = left.string->length == right.string->length;
    if (!*same || left.string == right.string) break;
    struct mit_bytes a = mitscript_tree_bytes(state, left.string), b = mitscript_tree_bytes(state, right.string);
    if (!a.bytes || !b.bytes) return false;
    *same = memcmp(a.bytes, b.bytes, a.length) == 0;
    break;
  }
  }
  return true;
}

bool mitscript_tree_apply(struct mit_tree_state *state, enum mit_token_kind op, struct mit_tree_value left,
                          struct mit_tree_value right, struct mit_tree_value *result) {
  if (op == MIT_TOKEN_PLUS) return add(state, left, right, result);
  if (op == MIT_TOKEN_EQUAL) {
    bool same;
    if (!equal(state, left, right, &same)) return false;
    *result = mitscript_tree_bool(same);
    return true;
  }
  if (op == MIT_TOKEN_AND || op == MIT_TOKEN_OR) {
    if (left.kind != MIT_TREE_BOOL || right.kind != MIT_TREE_BOOL) return cast_throw(state);
    *result = mitscript_tree_bool(op == MIT_TOKEN_AND ? left.truth && right.truth : left.truth || right.truth);
    return true;
  }
  if (left.kind != MIT_TREE_INT || right.kind != MIT_TREE_INT) return cast_throw(state);
  return apply_ints(state, op, left.number, right.number, result);
}

bool mitscript_tree_invert(struct mit_tree_state *state, struct mit_tree_value *value) {
  if (value->kind != MIT_TREE_BOOL) return cast_throw(state);
  value->truth = !value->truth;
  return true;
}

bool mitscript_tree_negate(struct mit_tree_state *state, struct mit_tree_value *value) {
  if (value->kind != MIT_TREE_INT) return cast_throw(state);
  value->number = (int32_t)-(uint32_t)value->number;
  return true;
}

static bool byte_is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
static bool byte_is_digit(char c) { return c >= '0' && c <= '9'; }

// Blanks, a sign, digits, and anything behind them.
bool mitscript_tree_intcast(struct mit_tree_state *state, struct mit_tree_value value, struct mit_tree_value *result) {
  *result = value;
  if (value.kind == MIT_TREE_INT) return true;
  if (value.kind != MIT_TREE_STRING) return cast_throw(state);
  struct mit_bytes s = mitscript_tree_bytes(state, value.string);
  if (!s.bytes) return false;
  size_t at = 0;
  while (at < s.length && byte_is_blank(s.bytes[at])) at++;
  bool negative = at < s.length && s.bytes[at] == '-';
  if (at < s.length && (s.bytes[at] == '-' || s.bytes[at] == '+')) at++;
  if (at == s.length || !byte_is_digit(s.bytes[at])) return cast_throw(state);
  uint32_t number = 0;
  for (; at < s.length && byte_is_digit(s.bytes[at]); at++) number = number * 10 + (uint32_t)(s.bytes[at] - '0');
  *result = mitscript_tree_int((int32_t)(negative ? -number : number));
  return true;
}
