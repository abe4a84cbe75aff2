// SPDX-License-Identifier: MIT
//
// zam_debug.h: debug information: source places by words of the code. A program's own is in its DBUG section, and is
// read from its file when somebody first asks: it may be ten times as long as everything else.
#ifndef ZAM_DEBUG_H
#define ZAM_DEBUG_H

#include "zam_state.h"

// The place of an instruction.
struct zam_place {
  uint32_t pc;
  const char *file, *function; // NUL-terminated
  uint32_t line, start, end;   // line from 1; characters from the line's start
};

// Good, also when there is none; or why the program's file can't be read, in the numbers that Printexc knows.
enum zam_debug_status {
  ZAM_DEBUG_GOOD,
  ZAM_DEBUG_NO_FILE,
  ZAM_DEBUG_CORRUPT,
  ZAM_DEBUG_MAGIC,
  ZAM_DEBUG_TOO_MANY_FILES
};

// Reads the information if that wasn't done yet.
MAY_GC enum zam_debug_status zam_debug_load(struct mutator *th);
// Takes the information for code that a program made: an array of lists of events.
NO_GC void zam_debug_add(const struct mutator *th, struct zam_code *code, struct value events);
// The place of the instruction at, or one word behind, a word of the code; NULL when it has none.
const struct zam_place *zam_debug_find(const struct zam_code *code, uint32_t pc);
void zam_debug_free(struct zam_state *state);

#endif
