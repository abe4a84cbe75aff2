// SPDX-License-Identifier: MIT
//
// option_number.c: sizes, counts and times as options write them. Own parsers, because strtoull takes signs, spaces
// and a locale's own digits, and says nothing about a rest it can't read.
#include "base/option.h"

// Reads digits up to `end`; false when there are none or they overflow. Moves *at behind them.
static bool read_digits(const char **at, const char *end, uint64_t *number) {
  const char *start = *at;
  *number = 0;
  for (; *at < end && **at >= '0' && **at <= '9'; (*at)++)
    if (__builtin_mul_overflow(*number, 10, number) || __builtin_add_overflow(*number, (uint64_t)(**at - '0'), number))
      return false;
  return *at > start;
}

bool option_read_count(const char *text, size_t length, uint64_t *count) {
  const char *end = text + length;
  return read_digits(&text, end, count) && text == end;
}

bool option_read_size(const char *text, size_t length, uint64_t *bytes) {
  static const char units[] = "kKmMgGtT";
  const char *end = text + length;
  if (!read_digits(&text, end, bytes)) return false;
  if (text == end) return true;
  for (unsigned i = 0; i < sizeof units - 1; i++)
    if (*text == units[i]) {
      uint64_t unit = UINT64_C(1) << (10 * (i / 2 + 1));
      return text + 1 == end && !__builtin_mul_overflow(*bytes, unit, bytes);
    }
  return false;
}

// The fraction behind the point in thousandths, rounded up so that a wish for more than nothing never becomes nothing.
static bool read_thousandths(const char **at, const char *end, uint64_t *thousandths) {
  uint64_t scale = 100;
  const char *start = *at;
  *thousandths = 0;
  bool rest = false;
  for (; *at < end && **at >= '0' && **at <= '9'; (*at)++, scale /= 10) {
    *thousandths += scale * (uint64_t)(**at - '0');
    rest |= scale == 0 && **at != '0';
  }
  *thousandths += rest;
  ASSERT(*thousandths <= 1000, "a fraction of a second has %llu thousandths", (unsigned long long)*thousandths);
  return *at > start;
}

bool option_read_time(const char *text, size_t length, uint64_t *milliseconds) {
  const char *end = text + length;
  uint64_t whole, thousandths = 0;
  if (!read_digits(&text, end, &whole)) return false;
  if (text < end && *text == '.') {
    text++;
    if (!read_thousandths(&text, end, &thousandths)) return false;
  }
  if (end - text == 2 && text[0] == 'm' && text[1] == 's') {
    *milliseconds = whole + (thousandths > 0);
    return true;
  }
  if (end - text == 1 && *text == 's') text++;
  return text == end && !__builtin_mul_overflow(whole, 1000, milliseconds) &&
         !__builtin_add_overflow(*milliseconds, thousandths, milliseconds);
}

void option_print_size(uint64_t bytes, struct text *out) {
  static const char units[] = "KMGT";
  int unit = -1;
  while (unit < 3 && bytes && bytes % 1024 == 0) bytes /= 1024, unit++;
  ASSERT(unit < (int)sizeof units - 1, "a size has unit %d of %zu", unit, sizeof units - 1);
  text_printf(out, "%llu", (unsigned long long)bytes);
  if (unit >= 0) text_add_char(out, units[unit]);
}
