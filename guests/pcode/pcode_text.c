// SPDX-License-Identifier: MIT
//
// pcode_text.c: reading and writing texts (6.9). Widths that a program leaves out come with the call.
#include "pcode_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH_MAX 100000
#define EXPONENT_DIGITS 3 // ExpDigits of 6.9.3.4.1
#define NUMBER_BYTES_MAX 400

// ---- reading -------------------------------------------------------------------------------------------------------

// The character that is read next, '\n' for the end of a line; -1 at the end of the file.
static int peek(struct mutator *th, struct pcode_file *file) {
  return pcode_file_at_end(th, file) ? -1 : (unsigned char)file->bytes.bytes[file->at];
}

static void advance(struct pcode_file *file) {
  ASSERT(file->at < file->bytes.length, "pcode.I7: a file is read at byte %zu of %zu", file->at, file->bytes.length);
  file->at++;
  file->filled = false;
}

static bool is_digit(int c) { return c >= '0' && c <= '9'; }

static void skip_blanks(struct mutator *th, struct pcode_file *file) {
  for (int c = peek(th, file); c == ' ' || c == '\n' || c == '\t' || c == '\r'; c = peek(th, file)) advance(file);
}

// Takes characters while they are digits; how many.
static unsigned take_digits(struct mutator *th, struct pcode_file *file, char *number, unsigned length) {
  unsigned count = 0;
  for (int c = peek(th, file); is_digit(c); c = peek(th, file), count++) {
    if (length + count < NUMBER_BYTES_MAX - 1) number[length + count] = (char)c;
    advance(file);
  }
  ASSERT(length <= NUMBER_BYTES_MAX - 1, "a number of %u bytes in room for %d", length, NUMBER_BYTES_MAX);
  return length + count < NUMBER_BYTES_MAX - 1 ? count : NUMBER_BYTES_MAX - 1 - length;
}

static unsigned take_sign(struct mutator *th, struct pcode_file *file, char *number, unsigned length) {
  int c = peek(th, file);
  if (c != '+' && c != '-') return length;
  if (length < NUMBER_BYTES_MAX - 1) number[length++] = (char)c;
  advance(file);
  return length;
}

enum loam_status pcode_run_rdi(struct mutator *th, const struct value *args, struct value *result) {
  struct pcode_file *file = pcode_file_reading(th, args[0]);
  if (!file) return THROWN;
  skip_blanks(th, file);
  int c = peek(th, file);
  if (c < 0) return pcode_throw(th, PCODE_ERROR_AT_END);
  bool negative = c == '-', over = false;
  int64_t value = 0;
  if (c == '-' || c == '+') advance(file);
  c = peek(th, file);
  if (!is_digit(c)) return pcode_throw(th, PCODE_ERROR_READ_INTEGER);
  for (; is_digit(c); c = peek(th, file)) {
    over |= __builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, c - '0', &value);
    advance(file);
  }
  *result = pcode_word(negative ? (int64_t)-(uint64_t)value : value); // it may be any, when it is too large
  return over ? pcode_throw(th, PCODE_ERROR_OVERFLOW) : DONE;
}

enum loam_status pcode_run_rdr(struct mutator *th, const struct value *args, struct value *result) {
  char number[NUMBER_BYTES_MAX];
  struct pcode_file *file = pcode_file_reading(th, args[0]);
  if (!file) return THROWN;
  skip_blanks(th, file);
  if (peek(th, file) < 0) return pcode_throw(th, PCODE_ERROR_AT_END);
  unsigned length = take_sign(th, file, number, 0), digits = take_digits(th, file, number, length);
  length += digits;
  if (digits && peek(th, file) == '.' && length < NUMBER_BYTES_MAX - 1) {
    number[length++] = '.';
    advance(file);
    length += digits = take_digits(th, file, number, length);
  }
  int c = peek(th, file);
  if (digits && (c == 'e' || c == 'E') && length < NUMBER_BYTES_MAX - 1) {
    number[length++] = 'e';
    advance(file);
    length = take_sign(th, file, number, length);
    length += digits = take_digits(th, file, number, length);
  }
  if (!digits) return pcode_throw(th, PCODE_ERROR_READ_REAL);
  ASSERT(length < NUMBER_BYTES_MAX, "a number of %u bytes in room for %d", length, NUMBER_BYTES_MAX);
  number[length] = 0;
  *result = pcode_from_real(strtod(number, NULL) + 0.0);
  return DONE;
}

enum loam_status pcode_run_rdc(struct mutator *th, const struct value *args, struct value *result) {
  struct pcode_file *file = pcode_file_reading(th, args[0]);
  if (!file) return THROWN;
  int c = peek(th, file);
  if (c < 0) return pcode_throw(th, PCODE_ERROR_AT_END);
  advance(file);
  *result = pcode_word(c == '\n' ? ' ' : c);
  return DONE;
}

enum loam_status pcode_run_rln(struct mutator *th, const struct value *args, struct value *result) {
  struct pcode_file *file = pcode_file_reading(th, args[0]);
  (void)result;
  if (!file) return THROWN;
  if (peek(th, file) < 0) return pcode_throw(th, PCODE_ERROR_AT_END);
  while (peek(th, file) >= 0 && peek(th, file) != '\n') advance(file);
  if (peek(th, file) == '\n') advance(file);
  return DONE;
}

// ---- writing -------------------------------------------------------------------------------------------------------

static enum loam_status pad(struct mutator *th, struct pcode_file *file, int64_t count) {
  static const char blanks[] = "                                                                ";
  for (; count > 0; count -= 64)
    if (pcode_file_add(th, file, blanks, count > 64 ? 64 : (size_t)count) != DONE) return THROWN;
  return DONE;
}

static enum loam_status add_right(struct mutator *th, struct pcode_file *file, const char *bytes, int64_t length,
                                  int64_t width) {
  ASSERT(length >= 0, "%lld bytes are written in %lld places", (long long)length, (long long)width);
  if (pad(th, file, width - length) != DONE) return THROWN;
  return pcode_file_add(th, file, bytes, (size_t)length);
}

static struct pcode_file *writing(struct mutator *th, struct value variable, struct value width) {
  struct pcode_file *file = pcode_file_writing(th, variable);
  if (!file) return NULL;
  if (pcode_int(width) >= 1 && pcode_int(width) <= WIDTH_MAX) return file;
  pcode_throw(th, PCODE_ERROR_WIDTH);
  return NULL;
}

enum loam_status pcode_run_wri(struct mutator *th, const struct value *args, struct value *result) {
  char digits[24];
  struct pcode_file *file = writing(th, args[0], args[2]);
  (void)result;
  if (!file) return THROWN;
  int length = snprintf(digits, sizeof digits, "%lld", (long long)pcode_int(args[1]));
  ASSERT(length > 0 && length < (int)sizeof digits, "an integer of %d bytes in room for %zu", length, sizeof digits);
  return add_right(th, file, digits, length, pcode_int(args[2]));
}

// 6.9.3.4.1: a sign or blank, a digit, a fraction, an exponent of EXPONENT_DIGITS digits.
enum loam_status pcode_run_wrr(struct mutator *th, const struct value *args, struct value *result) {
  char digits[64], text[80];
  struct pcode_file *file = writing(th, args[0], args[2]);
  double x = pcode_real(args[1]);
  (void)result;
  if (!file) return THROWN;
  int64_t width = pcode_int(args[2]), fraction = width - EXPONENT_DIGITS - 5;
  if (!isfinite(x)) return add_right(th, file, isnan(x) ? "nan" : x < 0 ? "-inf" : "+inf", isnan(x) ? 3 : 4, width);
  int places = fraction < 1 ? 1 : fraction > 20 ? 20 : (int)fraction;
  snprintf(digits, sizeof digits, "%.*e", places, fabs(x));
  char *e = strchr(digits, 'e');
  ASSERT(e, "no exponent in '%s'", digits);
  int exponent = atoi(e + 1);
  *e = 0;
  int length = snprintf(text, sizeof text, "%c%s%se%c%0*d", x < 0 ? '-' : ' ', digits, "", exponent < 0 ? '-' : '+',
                        EXPONENT_DIGITS, abs(exponent));
  ASSERT(length > 0 && length < (int)sizeof text, "a real of %d bytes in room for %zu", length, sizeof text);
  return add_right(th, file, text, length, width);
}

// 6.9.3.4.2
enum loam_status pcode_run_wrf(struct mutator *th, const struct value *args, struct value *result) {
  char text[512];
  struct pcode_file *file = writing(th, args[0], args[2]);
  int64_t places = pcode_int(args[3]);
  (void)result;
  if (!file) return THROWN;
  if (places < 1 || places > 150) return pcode_throw(th, PCODE_ERROR_WIDTH);
  double x = pcode_real(args[1]) + 0.0; // no -0.0
  int length = snprintf(text, sizeof text, "%.*f", (int)places, x);
  ASSERT(length > 0 && length < (int)sizeof text, "a real of %d bytes in room for %zu", length, sizeof text);
  return add_right(th, file, text, length, pcode_int(args[2]));
}

enum loam_status pcode_run_wrc(struct mutator *th, const struct value *args, struct value *result) {
  struct pcode_file *file = writing(th, args[0], args[2]);
  char c = (char)args[1].bits;
  (void)result;
  return file ? add_right(th, file, &c, 1, pcode_int(args[2])) : THROWN;
}

enum loam_status pcode_run_wrb(struct mutator *th, const struct value *args, struct value *result) {
  int64_t width = pcode_int(args[2]), length = args[1].bits ? 4 : 5;
  if (width == PCODE_UNDEFINED) width = length; // no width was given
  struct pcode_file *file = writing(th, args[0], pcode_word(width));
  (void)result;
  return file ? add_right(th, file, args[1].bits ? "true" : "false", length < width ? length : width, width) : THROWN;
}

// (file, address, length, width); width 0: the length
enum loam_status pcode_run_wrs(struct mutator *th, const struct value *args, struct value *result) {
  char bytes[256];
  int64_t at = pcode_int(args[1]), length = pcode_int(args[2]), width = pcode_int(args[3]);
  struct pcode_file *file = writing(th, args[0], args[3]);
  (void)result;
  if (!file) return THROWN;
  if (!pcode_are_cells(at, length)) return pcode_throw_address(th, at);
  if (pad(th, file, width - length) != DONE) return THROWN;
  if (length > width) length = width;
  for (int64_t count; length > 0; length -= count, at += count) {
    count = length < (int64_t)sizeof bytes ? length : (int64_t)sizeof bytes;
    for (int64_t i = 0; i < count; i++) {
      if (pcode_cells(th)[at + i] == PCODE_UNDEFINED) return pcode_throw(th, PCODE_ERROR_UNDEFINED);
      bytes[i] = (char)pcode_cells(th)[at + i];
    }
    if (pcode_file_add(th, file, bytes, (size_t)count) != DONE) return THROWN;
  }
  return DONE;
}

enum loam_status pcode_run_wln(struct mutator *th, const struct value *args, struct value *result) {
  struct pcode_file *file = pcode_file_writing(th, args[0]);
  (void)result;
  return file ? pcode_file_add(th, file, "\n", 1) : THROWN;
}

// 6.9.5: a text that goes on on a new page begins with a new line.
enum loam_status pcode_run_pag(struct mutator *th, const struct value *args, struct value *result) {
  struct pcode_file *file = pcode_file_writing(th, args[0]);
  (void)result;
  if (!file) return THROWN;
  if (!file->is_empty_line && pcode_file_add(th, file, "\n", 1) != DONE) return THROWN;
  return pcode_file_add(th, file, "\f", 1);
}
