// SPDX-License-Identifier: MIT
//
// text.c: a growing byte string. A failed growth sticks: callers build a whole text and look at `failed` once.
#include "loam/rt.h"

#include <stdio.h>
#include <string.h>

static bool text_reserve(struct text *text, size_t more) {
  ASSERT(!text->bytes || text->length < text->capacity, "base.I4: %zu bytes and a zero in a text of %zu", text->length,
         text->capacity);
  if (text->failed) return false;
  size_t needed = text->length + more + 1;
  if (needed <= text->capacity) return true;
  size_t capacity = text->capacity ? text->capacity : 64;
  while (capacity < needed) capacity *= 2;
  char *bytes = mem_resize(text->bytes, capacity);
  if (!bytes) {
    text->failed = true;
    return false;
  }
  text->bytes = bytes;
  text->capacity = capacity;
  return true;
}

void text_add(struct text *text, const char *bytes, size_t length) {
  if (!text_reserve(text, length)) return;
  if (length) memcpy(text->bytes + text->length, bytes, length);
  text->length += length;
  ASSERT(text->length < text->capacity, "base.I4: %zu bytes and a zero in a text of %zu", text->length, text->capacity);
  text->bytes[text->length] = 0;
}

void text_add_char(struct text *text, char c) {
  if (UNLIKELY(text->failed || text->capacity - text->length < 2)) {
    text_add(text, &c, 1);
    return;
  }
  text->bytes[text->length++] = c;
  text->bytes[text->length] = 0;
}

char *text_digits(int64_t n, char *end) {
  uint64_t rest = n < 0 ? -(uint64_t)n : (uint64_t)n;
  do *--end = (char)('0' + rest % 10);
  while (rest /= 10);
  if (n < 0) *--end = '-';
  return end;
}

void text_add_line(struct text *text, const char *line) {
  text_add(text, line, strlen(line));
  text_add_char(text, '\n');
}

// Mostly it fits at once; what doesn't is printed again.
void text_vprintf(struct text *text, const char *format, va_list args) {
  enum { LENGTH_USUAL = 63 };
  if (!text_reserve(text, LENGTH_USUAL)) return;
  va_list again;
  va_copy(again, args);
  size_t room = text->capacity - text->length;
  int length = vsnprintf(text->bytes + text->length, room, format, args);
  ASSERT(length >= 0, "a text format failed: %s", format);
  if ((size_t)length < room) {
    text->length += (size_t)length;
  } else if (text_reserve(text, (size_t)length)) {
    int printed = vsnprintf(text->bytes + text->length, (size_t)length + 1, format, again);
    ASSERT(printed == length, "base.I4: %s came to %d bytes, then to %d", format, length, printed);
    text->length += (size_t)length;
  } else {
    text->bytes[text->length] = 0; // without a part of it
  }
  va_end(again);
}

void text_printf(struct text *text, const char *format, ...) {
  va_list args;
  va_start(args, format);
  text_vprintf(text, format, args);
  va_end(args);
}

void text_clear(struct text *text) {
  text->length = 0;
  text->failed = false;
  if (text->bytes) text->bytes[0] = 0;
}

void text_fini(struct text *text) {
  mem_free(text->bytes);
  *text = (struct text){0};
}
