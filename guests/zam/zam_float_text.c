// SPDX-License-Identifier: MIT
//
// zam_float_text.c: floats to text and back, in the "C" locale.
#include "zam_prim.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

// The format is one that OCaml's compiler has checked: a %, flags, width, precision and one letter.
static enum loam_status format_float(struct mutator *th, struct value *args, struct value *result) {
  struct text text = {0};
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wformat-nonliteral"
  text_printf(&text, zam_string_bytes(args[0]), zam_float(zam_arg(args, 1)));
#pragma clang diagnostic pop
  enum loam_status status =
      text.failed ? zam_raise(th, ZAM_OUT_OF_MEMORY) : zam_make_string(th, text.bytes, text.length, result);
  text_fini(&text);
  return status;
}

// ---- reading -------------------------------------------------------------------------------------------------------

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// Digits behind 0x, with a point and a binary exponent. Keeps 60 bits, and in the last whether anything was cut off, so
// that the final rounding is right.
static bool parse_hex(const char *at, const char *end, double *number) {
  uint64_t bits = 0;
  int exponent = 0, digits = 0;
  bool point = false, cut = false;
  for (; at < end && *at != 'p' && *at != 'P'; at++) {
    int digit = hex_digit(*at);
    if (*at == '.') {
      if (point) return false;
      point = true;
      continue;
    }
    if (digit < 0) return false;
    digits++;
    if (bits >> 56) {
      cut |= digit != 0;
      exponent += point ? 0 : 4;
    } else {
      bits = bits << 4 | (unsigned)digit;
      exponent -= point ? 4 : 0;
    }
  }
  if (!digits) return false;
  if (at < end) {
    char *behind;
    if (at + 1 == end) return false;
    long given = strtol(at + 1, &behind, 10);
    if (behind != end) return false;
    exponent += given > 100000 ? 100000 : given < -100000 ? -100000 : (int)given;
  }
  ASSERT(bits >> 60 == 0, "the mantissa %#llx has more than 60 bits", (unsigned long long)bits);
  double whole = (double)(int64_t)(bits << 1 | cut); // one bit more than needed: rounded once, below
  *number = ldexp(whole, exponent - 1);
  return true;
}

static bool parse_float(char *text, const char *end, double *number) {
  char *at = text;
  bool negative = *at == '-';
  if (*at == '-' || *at == '+') at++;
  if (end - at > 2 && at[0] == '0' && (at[1] == 'x' || at[1] == 'X')) {
    if (!parse_hex(at + 2, end, number)) return false;
    if (negative) *number = -*number;
    return true;
  }
  char *behind;
  *number = strtod(text, &behind);
  return behind == end && behind != text;
}

static enum loam_status float_of_string(struct mutator *th, struct value *args, struct value *result) {
  size_t length = zam_string_length(args[0]);
  char *copy = mem_alloc(length + 1), *put = copy;
  double number = 0;
  if (!copy) return zam_raise(th, ZAM_OUT_OF_MEMORY);
  for (size_t i = 0; i < length; i++)
    if (zam_string_bytes(args[0])[i] != '_') *put++ = zam_string_bytes(args[0])[i];
  *put = 0;
  bool good = put > copy && parse_float(copy, put, &number);
  mem_free(copy);
  return good ? zam_make_float(th, number, result) : zam_fail(th, "float_of_string");
}

// ---- hexadecimal ---------------------------------------------------------------------------------------------------

static void add_sign(struct text *text, bool negative, char style) {
  if (negative)
    text_add_char(text, '-');
  else if (style == '+' || style == ' ')
    text_add_char(text, style);
}

// 1.HHHHp+E with `precision` digits behind the point, or as many as there are (-1).
static void add_hex(struct text *text, double d, int64_t precision) {
  int exponent = 0;
  double mantissa = frexp(d, &exponent); // 0.5 <= mantissa < 1
  uint64_t bits = (uint64_t)ldexp(mantissa, 53);
  ASSERT(d >= 0 && bits <= UINT64_C(1) << 53, "%g has the %#llx halves of a mantissa", d, (unsigned long long)bits);
  if (d == 0) bits = 0, exponent = 1;
  exponent--;
  if (exponent < -1022) { // a subnormal number keeps the exponent of the smallest normal one
    bits >>= -1022 - exponent;
    exponent = -1022;
  }
  if (precision >= 0 && precision < 13) { // to the nearest, halves to the even digit
    unsigned drop = (unsigned)(4 * (13 - precision));
    uint64_t unit = UINT64_C(1) << drop, half = unit >> 1, rest = bits & (unit - 1);
    bits -= rest;
    if (rest > half || (rest == half && bits & unit)) bits += unit;
  }
  ASSERT(bits >> 52 <= 2, "%g begins with the digit %llu", d, (unsigned long long)(bits >> 52));
  text_printf(text, "0x%llu", (unsigned long long)(bits >> 52));
  bits &= (UINT64_C(1) << 52) - 1;
  if (precision < 0 ? bits != 0 : precision > 0) text_add_char(text, '.');
  for (int64_t i = 0; precision < 0 ? bits != 0 : i < precision; i++) {
    text_printf(text, "%x", (unsigned)(bits >> 48 & 15));
    bits = bits << 4 & ((UINT64_C(1) << 52) - 1);
  }
  text_printf(text, "p%+d", d == 0 ? 0 : exponent);
}

static enum loam_status hexstring_of_float(struct mutator *th, struct value *args, struct value *result) {
  double d = zam_float(args[0]);
  struct text text = {0};
  add_sign(&text, signbit(d), (char)zam_arg_int(args, 2));
  if (isnan(d)) {
    text_printf(&text, "nan");
  } else if (isinf(d)) {
    text_printf(&text, "infinity");
  } else {
    add_hex(&text, fabs(d), zam_arg_int(args, 1));
  }
  enum loam_status status =
      text.failed ? zam_raise(th, ZAM_OUT_OF_MEMORY) : zam_make_string(th, text.bytes, text.length, result);
  text_fini(&text);
  return status;
}

const struct zam_prim zam_float_text_prims[] = {
    {"caml_format_float", format_float, 0, 0},
    {"caml_float_of_string", float_of_string, 0, 0},
    {"caml_hexstring_of_float", hexstring_of_float, 0, 0},
    {NULL, NULL, 0, 0},
};
