// SPDX-License-Identifier: MIT
//
// zam_run.c: a program's run. It ends by itself, by `exit`, or by an exception that nobody catches; what is printed
// then, and that the functions registered by at_exit run first, is as in OCaml's own runtime.
#include "zam_run.h"

#include "zam_runtime.h"

#include <stdio.h>

#define STATUS_UNCAUGHT 2

struct zam_named *zam_named_find(struct zam_state *state, const char *name) {
  struct zam_named *named = state->named;
  while (named && strcmp(named->name, name) != 0) named = named->next;
  return named;
}

enum loam_status zam_exit(struct mutator *th, int status) {
  struct zam_state *state = zam_state(th);
  state->exiting = true;
  state->exit_status = status & 0xff;
  return vm_exit(th);
}

static void print_fatal(const struct zam_state *state, struct value exception) {
  struct text text = {0};
  text_printf(&text, "Fatal error: exception ");
  zam_exception_print(state, exception, &text);
  fprintf(stderr, "%s\n", text.failed ? "Fatal error: exception" : text.bytes);
  text_fini(&text);
}

// The program may have its own way to report; else the runtime's.
static void report(struct mutator *th, struct value exception) {
  struct zam_state *state = zam_state(th);
  const struct zam_named *handler = zam_named_find(state, "Printexc.handle_uncaught_exception");
  struct value result, args[2] = {exception, ZAM_FALSE};
  if (handler) {
    (void)zam_call(th, handler->value, args, 2, &result);
    return;
  }
  state->exiting_with = exception; // a root while at_exit runs
  struct text text = {0};
  const struct zam_named *at_exit = zam_named_find(state, "Pervasives.do_at_exit");
  struct value unit = ZAM_UNIT;
  if (at_exit) (void)zam_call(th, at_exit->value, &unit, 1, &result);
  text_fini(&text);
  if (!state->exiting) print_fatal(state, state->exiting_with);
}

int zam_run(struct mutator *th, struct method *main_method, int argc, char **argv) {
  struct zam_state *state = zam_state(th);
  state->argc = argc;
  state->argv = argv;
  if (guest_call(th, main_method, ZAM_UNIT, NULL, 0) == DONE) return 0;
  if (state->exiting) return state->exit_status;
  if (th->killed) return 1;
  report(th, th->pending);
  return state->exiting ? state->exit_status : STATUS_UNCAUGHT;
}
