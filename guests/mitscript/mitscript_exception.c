// SPDX-License-Identifier: MIT
//
// mitscript_exception.c: the exceptions of A.8. Programs can't catch them, so an exception is no object: its line is
// kept in the state, and the pending value only says that there is one.
#include "mitscript_runtime.h"

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
  struct text *line = &mit_state_of(th)->exception;
  text_clear(line);
  text_printf(line, "%s%s", mit_exception_name(kind), detail ? ": " : "");
  if (detail) {
    va_list args;
    va_start(args, detail);
    text_vprintf(line, detail, args);
    va_end(args);
  }
  return throw_value(th, MIT_EXCEPTION);
}

const char *mit_exception_line(const struct mit_state *state) {
  return state->exception.length ? state->exception.bytes : mit_exception_name(MIT_RUNTIME); // C memory is out
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
