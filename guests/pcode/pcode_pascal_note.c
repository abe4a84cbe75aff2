// SPDX-License-Identifier: MIT
//
// pcode_pascal_note.c: the Pascal compiler's messages, and what fails with one. A message has the place, what was
// expected and what was found, the line of the text and a caret. A second error at the same place is a consequence of
// the first, and not told; after ERRORS_MAX the compiler gives up.
#include "pcode_pascal_int.h"

#include <stdio.h>

#define ERRORS_MAX 30
#define COLUMNS_MAX 160 // of a line that is shown

static void show_line(const struct pascal *p, struct pascal_place place) {
  const char *end = p->source->bytes + p->source->length, *start = place.at;
  ASSERT(start >= p->source->bytes && start <= end, "an error is told of line %u, which is not in the text",
         place.line);
  while (start > p->source->bytes && start[-1] != '\n') start--;
  if (place.at - start > COLUMNS_MAX / 2) start = place.at - COLUMNS_MAX / 2;
  int length = 0, before = 0;
  while (start + length < end && start[length] != '\n' && start[length] != '\r' && length < COLUMNS_MAX) length++;
  fprintf(stderr, "  %.*s\n  ", length, start);
  for (; start + before < place.at && before < length; before++) {
    if ((start[before] & 0xc0) == 0x80) continue; // inside a character
    fputc(start[before] == '\t' ? '\t' : ' ', stderr);
  }
  fputs("^\n", stderr);
}

void pcode_pascal_error(struct pascal *p, struct pascal_place place, const char *format, ...) {
  if (p->stopped || (p->errors && p->error_line == place.line && p->error_column == place.column)) return;
  p->errors++;
  p->error_line = place.line;
  p->error_column = place.column;
  struct text why = {0};
  va_list args;
  va_start(args, format);
  text_vprintf(&why, format, args);
  va_end(args);
  fprintf(stderr, "%s:%u:%u: error: %s\n", p->source->name, place.line, place.column, why.bytes ? why.bytes : "?");
  text_fini(&why);
  show_line(p, place);
  if (p->errors < ERRORS_MAX) return;
  fprintf(stderr, "%s: too many errors; the rest of the text is not looked at\n", p->source->name);
  p->stopped = true;
}

void pcode_pascal_expected(struct pascal *p, const char *what) {
  bool shows = p->token == T_NAME || p->token == T_INTEGER || p->token == T_REAL || p->token == T_BAD;
  if (p->token == T_BAD && p->length == 1 && (unsigned char)*p->place.at < ' ')
    pcode_pascal_error(p, p->place, "expected %s, found a character with code %d", what, *p->place.at);
  else if (shows)
    pcode_pascal_error(p, p->place, "expected %s, found '%.*s'", what, (int)(p->length < 60 ? p->length : 60),
                       p->place.at);
  else
    pcode_pascal_error(p, p->place, "expected %s, found %s", what, pcode_pascal_token_text(p->token));
}

bool pcode_pascal_take(struct pascal *p, enum pascal_token token) {
  bool there = p->token == token;
  if (there) pcode_pascal_next(p);
  return there;
}

bool pcode_pascal_expect(struct pascal *p, enum pascal_token token) {
  if (pcode_pascal_take(p, token)) return true;
  pcode_pascal_expected(p, pcode_pascal_token_text(token));
  return false;
}

void *pcode_pascal_room(struct pascal *p, size_t bytes) {
  void *block = p->no_memory ? NULL : arena_alloc(&p->memory, bytes);
  if (!block) p->no_memory = p->stopped = true;
  return block;
}

void *pcode_pascal_memory(struct pascal *p, size_t bytes) {
  ASSERT(bytes <= PASCAL_SMALL, "pcode.I1: %zu bytes wanted, which the reserve may not have", bytes);
  void *block = pcode_pascal_room(p, bytes);
  if (block) return block;
  bytes = (bytes + 15) & ~(size_t)15;
  CHECK(bytes <= (size_t)PASCAL_DEPTH_MAX * PASCAL_RESERVE_EACH - p->reserve_used,
        "pcode.I1: %zu bytes wanted of a reserve of which %zu are in use", bytes, p->reserve_used);
  block = p->reserve + p->reserve_used;
  p->reserve_used += bytes;
  return memset(block, 0, bytes);
}

bool pcode_pascal_descend(struct pascal *p) {
  ASSERT(p->depth <= PASCAL_DEPTH_MAX, "pcode.I16: %u levels deep, more than were entered", p->depth);
  if (p->depth++ < PASCAL_DEPTH_MAX) return true;
  p->depth--;
  pcode_pascal_error(p, p->place, "expected a text that nests at most %d deep", PASCAL_DEPTH_MAX);
  p->stopped = true;
  p->token = T_END_OF_TEXT;
  return false;
}
