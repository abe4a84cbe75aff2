// SPDX-License-Identifier: MIT
//
// zam_run.c: a program's run. It ends by itself, by `exit`, or by an exception that nobody catches; what is printed
// then, and that the functions registered by at_exit run first, is as in OCaml's own runtime.
#include "zam_run.h"

#include "zam_backtrace.h"
#include "zam_debug.h"
#include "zam_debugger.h"
#include "zam_gc.h"
#include "zam_memprof.h"
#include "zam_runtime.h"
#include "zam_start.h"
#include "zam_signal.h"
#include "zam_thread.h"

#include <stdio.h>
#include <stdlib.h>

#define STATUS_UNCAUGHT 2

struct zam_named *zam_named_find(struct zam_state *state, const char *name) {
  struct zam_named *named = state->named;
  while (named && strcmp(named->name, name) != 0) named = named->next;
  return named;
}

enum loam_status zam_exit(struct mutator *th, int status) {
  struct zam_state *state = zam_state(th);
  zam_debugger_note_exit(th);
  state->exiting = true;
  state->exit_status = status & 0xff;
  zam_gc_print_totals(th);
  zam_threads_note_end(state);
  return vm_exit(th);
}

static void print_fatal(struct mutator *th, struct value exception) {
  struct zam_state *state = zam_state(th);
  struct text text = {0};
  text_printf(&text, "Fatal error: exception ");
  zam_exception_print(state, exception, &text);
  fprintf(stderr, "%s\n", text.failed ? "Fatal error: exception" : text.bytes);
  text_clear(&text);
  if (state->backtrace_active) zam_backtrace_print(th, &text);
  if (text.length && !text.failed) fputs(text.bytes, stderr);
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
  ASSERT(!state->exiting, "an exception is reported of a program that ended with %d", state->exit_status);
  state->exiting_with = exception; // a root while at_exit runs
  bool active = state->backtrace_active;
  state->backtrace_active = false; // what at_exit raises is not of interest
  const struct zam_named *at_exit = zam_named_find(state, "Pervasives.do_at_exit");
  struct value unit = ZAM_UNIT;
  if (at_exit) (void)zam_call(th, at_exit->value, &unit, 1, &result);
  state->backtrace_active = active;
  if (!state->exiting) print_fatal(th, state->exiting_with);
}

static bool with_backtraces;
void zam_run_with_backtraces(void) { with_backtraces = true; }

static bool verbose;
void zam_run_verbosely(void) { verbose = true; }

// The number behind a letter: decimal or 0x, then k, M or G.
static uint64_t read_number(const char *text) {
  char *end;
  if (*text != '=') return 1;
  uint64_t n = strtoul(text + 1, &end, strncmp(text + 1, "0x", 2) == 0 ? 16 : 10);
  const char *unit = *end ? strchr("kMG", *end) : NULL;
  return unit ? n << (*unit == 'k' ? 10 : *unit == 'M' ? 20 : 30) : n;
}

bool zam_run_parameter(char letter, uint64_t *n) {
  bool found = false;
  const char *at = getenv("OCAMLRUNPARAM");
  if (!at) at = getenv("CAMLRUNPARAM");
  for (; at && *at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
    if (*at == letter) {
      *n = read_number(at + 1);
      found = true;
    }
  return found;
}

// With b=2 the debug information is read at once. What the collector is told is what Gc.get returns; under the name
// ocamlrun, `s` is the nursery's size. Other sizes are the substrate's to choose.
static void read_parameters(struct mutator *th) {
  struct zam_state *state = zam_state(th);
  uint64_t n;
  state->backtrace_active = with_backtraces;
  if (zam_run_parameter('b', &n)) {
    state->backtrace_active = n != 0;
    if (n == 2) (void)zam_debug_load(th);
  }
  if (zam_run_parameter('p', &n)) state->parser_trace = n != 0;
  for (int i = 0; i < ZAM_CONTROLS; i++)
    if (zam_run_parameter("siovOlawMmn"[i], &n)) state->control[i] = n;
  if (verbose) state->control[ZAM_CONTROL_VERBOSE] = 61;
  _Static_assert(sizeof "siovOlawMmn" - 1 == ZAM_CONTROLS, "a letter for each");
  zam_gc_normalise(state);
  zam_gc_print_parameters(state);
}

static int run_main(struct mutator *th, struct method *main_method) {
  struct zam_state *state = zam_state(th);
  (void)main_method; // would do the same, in a frame
  zam_debugger_note_start(th);
  if (zam_start_run(th) == DONE) {
    zam_debugger_note_exit(th);
    zam_gc_print_totals(th);
    return 0;
  }
  if (state->exiting) return state->exit_status;
  if (th->killed) return 1;
  vm_note_uncaught(th);
  zam_memprof_suspend();
  struct value exception = th->pending;
  ROOTS(th, &exception);
  zam_debugger_note_uncaught(th, &exception);
  report(th, exception);
  return state->exiting ? state->exit_status : STATUS_UNCAUGHT;
}

int zam_run(struct mutator *th, struct method *main_method, int argc, char **argv) {
  struct zam_state *state = zam_state(th);
  ASSERT(state->program && state->codes && !state->exiting, "a program is run that was not loaded, or that has ended");
  state->argc = argc;
  state->argv = argv;
  read_parameters(th);
  struct error err = {0};
  if (zam_debugger_connect(th, &err) != LOAM_OK) {
    fprintf(stderr, "Fatal error: %s\n", err.text);
    return STATUS_UNCAUGHT;
  }
  int exit_status = run_main(th, main_method);
  zam_threads_end(th);
  return exit_status;
}
