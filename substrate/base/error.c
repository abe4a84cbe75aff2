// SPDX-License-Identifier: MIT
//
// error.c: host failures: a kind and one sentence. What a sentence says: what was expected, what was found, where.
#include "loam/rt.h"

#include <stdio.h>
#include <string.h>

enum loam_err error_set(struct error *err, enum loam_err kind, const char *format, ...) {
  ASSERT(kind != LOAM_OK, "an error of kind LOAM_OK was set: %s", format);
  if (!err) return kind;
  va_list args;
  va_start(args, format);
  // Formatted apart first: an argument may be the old text of `err` itself.
  char sentence[sizeof err->text];
  int length = vsnprintf(sentence, sizeof sentence, format, args);
  va_end(args);
  if (length >= (int)sizeof sentence) memcpy(sentence + sizeof sentence - 4, "...", 4);
  memcpy(err->text, sentence, sizeof sentence);
  err->kind = kind;
  return kind;
}
