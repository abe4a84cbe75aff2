// SPDX-License-Identifier: MIT
//
// zam_meta.c: what programs tell the machine about themselves: values by name, the globals.
#include "zam_prim.h"
#include "zam_run.h"

static enum loam_status register_named_value(struct mutator *th, struct value *args, struct value *result) {
  struct zam_state *state = zam_state(th);
  struct zam_named *named = zam_named_find(state, zam_string_bytes(args[0]));
  if (!named) {
    size_t length = zam_string_length(args[0]);
    char *name = arena_alloc(&state->memory, length + 1);
    named = arena_alloc(&state->memory, sizeof *named);
    if (!name || !named) return zam_raise(th, ZAM_OUT_OF_MEMORY);
    memcpy(name, zam_string_bytes(args[0]), length);
    *named = (struct zam_named){.name = name, .next = state->named};
    state->named = named;
  }
  named->value = zam_arg(args, 1);
  return zam_return_unit(result);
}

static enum loam_status get_global_data(struct mutator *th, struct value *args, struct value *result) {
  (void)args;
  *result = zam_state(th)->globals;
  return DONE;
}

static enum loam_status terminfo_rows(struct mutator *th, struct value *args, struct value *result) {
  (void)th, (void)args;
  return zam_return_int(result, -1); // no terminal that can do more than print
}

const struct zam_prim zam_meta_prims[] = {
    {"caml_register_named_value", register_named_value, 0, 0},
    {"caml_get_global_data", get_global_data, 0, 0},
    {"caml_terminfo_rows", terminfo_rows, 0, 0},
    {NULL, NULL, 0, 0},
};
