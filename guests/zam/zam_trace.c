// SPDX-License-Identifier: MIT
//
// zam_trace.c: what the toplevel's #trace is made with. It puts another code pointer into a closure; the function there
// asks which closure runs, and calls the one that was there before, with the closure as its environment: so what it
// calls itself by is traced too.
#include "zam_ops.h"
#include "zam_prim.h"

// The code pointer as an integer, the closure, an argument.
static enum loam_status invoke_traced(struct mutator *th, struct value *args, struct value *result) {
  struct zam_function *function = (struct zam_function *)(uintptr_t)zam_custom_int(args[0]);
  struct zam_function *traced = zam_function_traced(zam_state(th), function);
  if (!traced) return zam_raise(th, ZAM_OUT_OF_MEMORY);
  struct value values[] = {{(uintptr_t)function | 1}, zam_arg(args, 1)}, closure; // the last one first
  ROOTS(th, &values[1]);
  if (zam_make_closure(th, COUNT_OF(values), traced, values, &closure) != DONE) return THROWN;
  struct value argument = zam_arg(args, 2);
  return zam_call(th, closure, &argument, 1, result);
}

// An op does it, where the closure is at hand.
static enum loam_status current_environment(struct mutator *th, struct value *args, struct value *result) {
  (void)args, (void)result;
  return zam_fail(th, "caml_get_current_environment takes one argument");
}

const struct zam_prim zam_trace_prims[] = {
    {"caml_invoke_traced_function", invoke_traced, 0, 0},
    {"caml_get_current_environment", current_environment, ZAM_OP_CURRENT_ENVIRONMENT, 1},
    {NULL, NULL, 0, 0},
};
