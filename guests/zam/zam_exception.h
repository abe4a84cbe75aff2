// SPDX-License-Identifier: MIT
//
// zam_exception.h: raising the exceptions that the machine and its primitives know: the first globals of every program.
#ifndef ZAM_EXCEPTION_H
#define ZAM_EXCEPTION_H

#include "zam_state.h"

// In the order of the globals.
enum zam_exn {
  ZAM_OUT_OF_MEMORY,
  ZAM_SYS_ERROR,
  ZAM_FAILURE,
  ZAM_INVALID_ARGUMENT,
  ZAM_END_OF_FILE,
  ZAM_DIVISION_BY_ZERO,
  ZAM_NOT_FOUND,
  ZAM_MATCH_FAILURE,
  ZAM_STACK_OVERFLOW,
  ZAM_SYS_BLOCKED_IO,
  ZAM_ASSERT_FAILURE,
  ZAM_UNDEFINED_RECURSIVE_MODULE,
};

// All return THROWN with the exception pending.
MAY_THROW enum loam_status zam_raise(struct mutator *th, enum zam_exn exn); // one without an argument
MAY_GC MAY_THROW enum loam_status zam_raise_text(struct mutator *th, enum zam_exn exn, const char *text);
MAY_GC MAY_THROW enum loam_status zam_raise_with(struct mutator *th, enum zam_exn exn, struct value argument);
MAY_GC MAY_THROW enum loam_status zam_fail(struct mutator *th, const char *text);
MAY_GC MAY_THROW enum loam_status zam_invalid(struct mutator *th, const char *text);
// Sys_error with "NAME: " and the message of errno; without a name the message alone. `name` NULL: none.
MAY_GC MAY_THROW enum loam_status zam_raise_sys(struct mutator *th, const char *name, int number);
MAY_GC MAY_THROW enum loam_status zam_raise_bounds(struct mutator *th);

// The text of an uncaught exception, as OCaml's own runtime prints it.
void zam_exception_print(const struct zam_state *state, struct value exception, struct text *out);

#endif
