// SPDX-License-Identifier: MIT
//
// stencil_line.h: a function of clang's assembly as lines, for what improves it: stencil_tidy.c has them and knows
// where control goes, stencil_peephole.c looks at a few instructions at a time.
#ifndef LOAM_STENCIL_STENCIL_LINE_H
#define LOAM_STENCIL_STENCIL_LINE_H

#include <stdbool.h>
#include <stddef.h>

enum { LINES_MAX = 4096, TEXT_MAX = 400 };
enum kind { LABEL, JUMP, BRANCH, END, PLAIN }; // END: what leaves, but by a jump to a name
struct line {
  enum kind kind;
  bool dead, cold;
  char text[TEXT_MAX];   // a label's name; else the instruction
  char target[TEXT_MAX]; // of JUMP and BRANCH
};

// The function at work.
struct lines {
  struct line all[LINES_MAX];
  size_t count;
};

// The next line that is not dead; NULL behind the last.
struct line *stencil_next_alive(struct lines *lines, struct line *line);
// The line of a label, or NULL: it is another function's name.
struct line *stencil_find_label(struct lines *lines, const char *label);
// Are the flags, as they are before the line, used from there on?
bool stencil_flags_are_used(struct lines *lines, struct line *line);

// Makes the function's instructions fewer. True when there is something to make fewer still.
bool stencil_peephole(struct lines *lines);

#endif
