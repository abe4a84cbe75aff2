// SPDX-License-Identifier: MIT
//
// zam_backtrace.c: backtraces of exceptions. None are recorded yet: what a program asks for is empty, as it is when it
// runs without OCAMLRUNPARAM=b.
#include "zam_prim.h"

static enum loam_status record_backtrace(struct mutator *th, struct value *args, struct value *result) {
  zam_state(th)->backtrace_active = zam_to_bool(args[0]);
  return zam_return_unit(result);
}

static enum loam_status backtrace_status(struct mutator *th, struct value *args, struct value *result) {
  (void)args;
  return zam_return_bool(result, zam_state(th)->backtrace_active);
}

static enum loam_status empty_array(struct mutator *th, struct value *args, struct value *result) {
  (void)th, (void)args;
  *result = zam_atom(0);
  return DONE;
}

static enum loam_status nothing(struct mutator *th, struct value *args, struct value *result) {
  (void)th, (void)args;
  return zam_return_int(result, 0); // None, unit or no frames
}

const struct zam_prim zam_backtrace_prims[] = {
    {"caml_record_backtrace", record_backtrace, 0, 0},
    {"caml_backtrace_status", backtrace_status, 0, 0},
    {"caml_get_exception_raw_backtrace", empty_array, 0, 0},
    {"caml_get_current_callstack", empty_array, 0, 0},
    {"caml_restore_raw_backtrace", nothing, 0, 0},
    {"caml_get_exception_backtrace", nothing, 0, 0},
    {"caml_convert_raw_backtrace", empty_array, 0, 0},
    {"caml_raw_backtrace_length", nothing, 0, 0},
    {"caml_ml_debug_info_status", nothing, 0, 0},
    {NULL, NULL, 0, 0},
};
