// SPDX-License-Identifier: MIT
//
// zam_int.c: integers of 63 bits: text to number, number to text. What boxed integers share with them is declared in
// zam_int.h.
#include "zam_int.h"

#include "zam_ops.h"
#include "zam_prim.h"

#include <stdio.h>

static int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// Takes the sign and the prefix, which says the base, and whether the number is one without a sign.
static const char *take_prefix(const char *at, bool *negative, unsigned *base, bool *is_signed) {
  *negative = *at == '-';
  *base = 10;
  *is_signed = true;
  if (*at == '-' || *at == '+') at++;
  if (*at != '0') return at;
  switch (at[1]) {
  case 'x':
  case 'X': *base = 16; break;
  case 'o':
  case 'O': *base = 8; break;
  case 'b':
  case 'B': *base = 2; break;
  case 'u':
  case 'U': break;
  default: return at;
  }
  *is_signed = false;
  return at + 2;
}

bool zam_int_parse(struct value text, unsigned bits, int64_t *number) {
  ASSERT(bits > 0 && bits <= 64, "a number of %u bits", bits);
  bool negative, is_signed;
  unsigned base;
  const char *at = take_prefix(zam_string_bytes(text), &negative, &base, &is_signed);
  uint64_t most = UINT64_MAX >> (64 - bits), result = 0;
  int digit = digit_of(*at);
  if (digit < 0 || digit >= (int)base) return false;
  for (;; at++) {
    if (*at == '_') continue;
    digit = digit_of(*at);
    if (digit < 0 || digit >= (int)base) break;
    if (result > (most - (uint64_t)digit) / base) return false;
    result = result * base + (uint64_t)digit;
  }
  if (at != zam_string_bytes(text) + zam_string_length(text)) return false;
  uint64_t limit = UINT64_C(1) << (bits - 1);
  if (is_signed && (negative ? result > limit : result >= limit)) return false;
  result = negative ? -result : result;
  *number = (int64_t)(result << (64 - bits)) >> (64 - bits);
  return true;
}

// "%d" is what nearly all programs ask for: no text, no printf.
static enum loam_status format_plain(struct mutator *th, int64_t number, struct value *result) {
  char digits[TEXT_DIGITS_MAX], *at = text_digits(number, digits + sizeof digits);
  return zam_make_string(th, at, (size_t)(digits + sizeof digits - at), result);
}

enum loam_status zam_int_format(struct mutator *th, struct value format, int64_t number, struct value *result) {
  char pattern[40], *put = pattern;
  struct text text = {0};
  const char *from = zam_string_bytes(format);
  size_t length = zam_string_length(format);
  if (length == 2 && memcmp(from, "%d", 2) == 0) return format_plain(th, number, result);
  if (length + 3 > sizeof pattern) return zam_invalid(th, "format_int: format too long");
  char conversion = length ? from[length - 1] : 'd';
  for (size_t i = 0; i + 1 < length; i++) // sizes of OCaml's own are not C's
    if (from[i] != 'l' && from[i] != 'n' && from[i] != 'L') *put++ = from[i];
  *put++ = 'l';
  *put++ = 'l';
  *put++ = conversion;
  ASSERT(put < pattern + sizeof pattern, "a pattern of %td bytes in room for %zu", put - pattern, sizeof pattern);
  *put = 0;
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wformat-nonliteral"
  text_printf(&text, pattern, (long long)number);
#pragma clang diagnostic pop
  enum loam_status status = text.failed ? zam_raise(th, ZAM_OUT_OF_MEMORY)
                                        : zam_make_string(th, text.bytes ? text.bytes : "", text.length, result);
  text_fini(&text);
  return status;
}

static enum loam_status int_of_string(struct mutator *th, struct value *args, struct value *result) {
  int64_t number;
  if (!zam_int_parse(args[0], 63, &number)) return zam_fail(th, "int_of_string");
  return zam_return_int(result, number);
}

int64_t zam_format_number(struct value format, int64_t number, unsigned bits) {
  ASSERT(bits > 0 && bits <= 64, "a number of %u bits", bits);
  size_t length = zam_string_length(format);
  char conversion = length ? zam_string_bytes(format)[length - 1] : 'd';
  bool is_signed = conversion == 'd' || conversion == 'i';
  uint64_t high = (uint64_t)number << (64 - bits); // what is above in the word means nothing
  return is_signed ? (int64_t)high >> (64 - bits) : (int64_t)(high >> (64 - bits));
}

static enum loam_status format_int(struct mutator *th, struct value *args, struct value *result) {
  return zam_int_format(th, args[0], zam_format_number(args[0], zam_arg_int(args, 1), 63), result);
}

static enum loam_status int_compare(struct mutator *th, struct value *args, struct value *result) {
  int64_t a = zam_arg_int(args, 0), b = zam_arg_int(args, 1);
  (void)th;
  return zam_return_int(result, (a > b) - (a < b));
}

static enum loam_status bswap16(struct mutator *th, struct value *args, struct value *result) {
  (void)th;
  return zam_return_int(result, __builtin_bswap16((uint16_t)zam_arg_int(args, 0)));
}

static enum loam_status int_as_pointer(struct mutator *th, struct value *args, struct value *result) {
  (void)th;
  result->bits = args[0].bits - 1;
  return DONE;
}

const struct zam_prim zam_int_prims[] = {
    {"caml_int_of_string", int_of_string, 0, 0},
    {"caml_format_int", format_int, 0, 0},
    {"caml_int_compare", int_compare, ZAM_OP_INT_COMPARE, 2},
    {"caml_bswap16", bswap16, 0, 0},
    {"caml_int_as_pointer", int_as_pointer, 0, 0},
    {NULL, NULL, 0, 0},
};
