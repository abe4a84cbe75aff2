// SPDX-License-Identifier: MIT
//
// mitscript_tree.h: the reference evaluator: runs a syntax tree directly, as the specification words it.
//
// It is what the virtual machine is compared with, so it favours being obviously right over speed, and shares nothing
// with it behind the parser: it looks names up in maps while running, has values of its own, and never collects.
#ifndef MITSCRIPT_TREE_H
#define MITSCRIPT_TREE_H

#include "mitscript_ast.h"

// The C stack that one level of evaluation needs at most: measured in an unoptimised build with sanitizers, rounded up.
// (An optimised one takes about 200.) So the default needs a thread with a stack of 200 MB, most of it never touched.
#define MIT_TREE_BYTES_PER_LEVEL 2048
#define MIT_TREE_LEVEL_MAX_DEFAULT 100000
#define MIT_TREE_MEMORY_MAX_DEFAULT ((size_t)2 << 30)

// What the program talks to, and its limits.
struct mit_tree_io {
  void *context;
  // Writes the program's output; false when that is impossible.
  bool (*write)(void *context, const char *bytes, size_t length);
  // Adds one line of input without its newline; false at the end of the input.
  bool (*read_line)(void *context, struct text *line);
  // Asked at every step; true ends the run with LOAM_ERR_LIMIT. NULL: never.
  bool (*stopped)(void *context);
  uint64_t step_max; // expressions and statements to evaluate; 0: no limit
  size_t memory_max; // bytes; 0: the default
  // Expressions, statements and blocks inside each other, through calls; 0: the default. A call inside `return f(n) +
  // 1;` is about four. The caller's thread needs MIT_TREE_BYTES_PER_LEVEL of C stack for each.
  uint32_t level_max;
};

// Runs the program. LOAM_OK when it came to its end or to an exception: then the exception's line was written last and
// *exit_status is 1, otherwise 0. Else the host failure: a limit, memory, output.
enum loam_err mitscript_tree_run(const struct mit_program *program, const struct mit_tree_io *io, int *exit_status,
                                 struct error *err);

#endif
