// SPDX-License-Identifier: MIT
//
// mitscript_exception.c: the exceptions of A.8. Programs can't catch them, so an exception is no object: its line is kept
// in the state, and the pending value only says that there is one.
#include "mitscript_runtime.h"

#include <stdio.h>

const char *mit_exception_name(enum mit_exception kind) {
  static const char *const names[] = {
      "",
      "UninitializedVariableException",
      "IllegalCastException",
      "IllegalArithmeticException",
      "RuntimeException",
      "InsufficientStackException",
  };
  return names[kind];
}

enum loam_status mit_throw(struct mutator *th, enum mit_exception kind, const char *detail, ...) {
  struct mit_state *state = mit_state_of(th);
  size_t size = sizeof state->exception;
  int length = snprintf(state->exception, size, "%s%s", mit_exception_name(kind), detail ? ": " : "");
  if (detail) {
    va_list args;
    va_start(args, detail);
    vsnprintf(state->exception + length, size - (size_t)length, detail, args);
    va_end(args);
  }
  return throw_value(th, MIT_EXCEPTION);
}

enum loam_status mit_throw_cast(struct mutator *th) { return mit_throw(th, MIT_ILLEGAL_CAST, NULL); }

enum loam_status mit_throw_uninitialized(struct mutator *th, const struct mit_global *global) {
  return mit_throw(th, MIT_UNINITIALIZED_VARIABLE, "%s", global->name->bytes);
}

enum loam_status mit_throw_memory(struct mutator *th) { return mit_throw(th, MIT_RUNTIME, "out of memory"); }

enum loam_status mit_throw_arity(struct mutator *th, size_t given, size_t expected) {
  return mit_throw(th, MIT_RUNTIME, "argument count mismatch (%zu instead of %zu)", given, expected);
}

enum loam_status mit_throw_call(struct mutator *th, struct value callee, size_t given) {
  if (!mit_is_closure(callee)) return mit_throw_cast(th);
  return mit_throw_arity(th, given, mit_closure_method(callee)->param_count);
}

enum loam_status mit_throw_div(struct mutator *th, struct value l, struct value r) {
  if (!mit_are_ints(l, r)) return mit_throw_cast(th);
  return mit_throw(th, MIT_ILLEGAL_ARITHMETIC, "divide by zero");
}
