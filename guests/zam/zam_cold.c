// SPDX-License-Identifier: MIT
//
// zam_cold.c: functions that are called a few times, without being translated.
//
// Half of what a compiler of a small file calls it calls once or twice, and much of a function's code is for other
// cases. So a function's first calls are done as its code stands, by a native method. Its words are copied for that:
// the program's file may be written to while it runs, and is not read again. What may run long in one call, or needs a
// frame, is translated at once: loops, methods of objects.
//
// Each such call nests C frames, as primitives that call back do; deep in each other, functions are translated, too. So
// what calls itself in its own place does so in a few C frames.
#include "zam_cold.h"

#include "zam_backtrace.h"
#include "zam_function.h"
#include "zam_load.h"
#include "zam_translate.h"

#include <stdio.h>
#include <string.h>

enum {
  DEPTH_MAX = 64, // of such functions in each other
  BELOW = 32      // values that a primitive may find below the stack that has fewer arguments than it takes
};

struct zam_cold *zam_cold_registers(struct zam_state *state) {
  if (state->cold) return state->cold;
  struct zam_cold *cold = mem_alloc_zero(1, sizeof *cold);
  if (!cold) return NULL;
  cold->room = ZAM_COLD_OUTERMOST_MAX + DEPTH_MAX * (1 + ZAM_COLD_ROOM_EACH);
  struct value *block = mem_alloc((BELOW + cold->room) * sizeof *block);
  if (!block) {
    mem_free(cold);
    return NULL;
  }
  for (uint32_t i = 0; i < BELOW; i++) block[i] = ZAM_UNIT;
  cold->stack = block + BELOW;
  cold->acc = ZAM_UNIT;
  cold->takes_functions = vm_compiles_lazily(state->vm);
  return state->cold = cold;
}

void zam_cold_roots(struct zam_state *state, struct root_visitor *visit) {
  struct zam_cold *cold = state->cold;
  ASSERT(!cold || cold->count <= cold->room, "zam.I15: %u values are on the stack, in room for %u", cold->count,
         cold->room);
  for (uint32_t i = 0; cold && i < cold->count; i++) visit->slot(visit, &cold->stack[i]);
  if (cold) visit->slot(visit, &cold->acc);
}

void zam_cold_free(struct zam_state *state) {
  if (!state->cold) return;
  mem_free(state->cold->stack - BELOW);
  mem_free(state->cold);
}

bool zam_cold_place(const struct mutator *th, const struct value *locals, char name[GUEST_NAME_MAX], uint32_t *insn) {
  const struct zam_state *state = zam_state(th);
  if (th != vm_main_mutator(state->vm)) return false; // no other has any, nor, once killed, the master lock
  const struct zam_activation *at = state->cold ? state->cold->innermost : NULL;
  while (at && at->closure != locals - 1) at = at->outer;
  if (!at && state->cold && state->cold->failed.closure == locals - 1) at = &state->cold->failed;
  if (!at) return false;
  ASSERT(at->function, "zam.I15: outermost code at word %u has a frame", at->pc);
  snprintf(name, GUEST_NAME_MAX, "code@%u", at->function->pc);
  *insn = at->origin + at->pc;
  return true;
}

// ---- which functions -----------------------------------------------------------------------------------------------

// So many calls cost about what translating does: that takes the longer the longer the function is, while a call runs
// some ten of its instructions, whatever its length. Instructions beside 16 calls for all: the test of scanf 0.94, the
// compiler on one line 0.99, ocamllex 1.00.
static uint32_t calls_max(uint32_t words) {
  enum { CALLS_MIN = 2, WORDS_EACH = 8 };
  uint32_t calls = CALLS_MIN + words / WORDS_EACH;
  return calls < ZAM_COLD_CALLS_MAX ? calls : ZAM_COLD_CALLS_MAX;
}

// Copies the code of a function that is to be done here, if it takes `arity` arguments.
static bool copy_code(struct zam_state *state, struct zam_function *function, uint32_t arity) {
  struct error err = {0};
  const struct zam_words *code = &function->code->words;
  uint32_t start, takes, count = 0;
  if (zam_function_read_arity(state, function, &takes, &start, &err) == LOAM_OK && takes == arity)
    count = zam_cold_measure(state, code, start, arity);
  struct zam_cold_code *copy = count ? mem_alloc(sizeof *copy + count * sizeof *copy->words) : NULL;
  if (!copy) return false;
  copy->start = start;
  copy->count = count;
  copy->arity = arity;
  copy->calls_left = calls_max(count);
  ASSERT(start < code->count && count <= code->count - start, "zam.I13: %u words from %u on are copied, of %u", count,
         start, code->count);
  memcpy(copy->words, code->words + start, count * sizeof *copy->words);
  state->translated++;
  zam_note_read(state, start);
  if (zam_check_program(state, &err) != LOAM_OK) { // translating it says so
    mem_free(copy);
    return false;
  }
  function->cold_code = copy;
  return true;
}

static bool is_active(const struct zam_cold *cold, const int32_t *words) {
  const struct zam_activation *at = cold ? cold->innermost : NULL;
  while (at && at->words.words != words) at = at->outer;
  return at;
}

void zam_cold_forget(struct zam_state *state, struct zam_function *function) {
  ASSERT(function->arity == ZAM_ARITY_UNKNOWN, "zam.I1: word %u has a method", function->pc);
  struct zam_cold_code *code = function->cold_code;
  function->cold_code = NULL;
  if (code && !is_active(state->cold, code->words)) mem_free(code); // else the last activation does
}

// ---- a call --------------------------------------------------------------------------------------------------------

static enum loam_status refuse(struct mutator *th, struct zam_function *function) {
  struct error err = {0};
  if (zam_function_translate(zam_state(th), function, &err) == LOAM_OK)
    error_set(&err, LOAM_ERR_INPUT, "%s, function code@%u: the code is malformed", zam_state(th)->program,
              function->pc);
  return vm_kill(th, err.kind, "%s", err.text);
}

// The arguments move to the machine's stack, and with them what keeps them alive.
static void begin(struct zam_cold *cold, struct zam_activation *at, struct value *args, uint32_t count) {
  ASSERT(cold->count + 1 + ZAM_COLD_ROOM_EACH <= cold->room, "zam.I15: %u functions have %u values on the stack",
         cold->depth, cold->count);
  ASSERT(count <= ZAM_COLD_ARGS_MAX, "zam.I15: a function without a method takes %u arguments", count);
  cold->stack[cold->count++] = cold->acc; // of who called
  at->base = cold->count;
  at->room = ZAM_COLD_ROOM_EACH;
  for (uint32_t i = 0; i < count; i++) {
    cold->stack[cold->count++] = args[i];
    args[i] = ZAM_UNIT;
  }
  cold->acc = *at->closure;
  at->outer = cold->innermost;
  cold->innermost = at;
  cold->failed.closure = NULL;
  cold->depth++;
}

static void end(struct zam_cold *cold, struct zam_activation *at) {
  ASSERT(cold->innermost == at && cold->depth, "zam.I15: an activation ends that is not the innermost of %u",
         cold->depth);
  cold->innermost = at->outer;
  cold->depth--;
  ASSERT(at->base && at->base <= cold->count, "zam.I15: an activation has the values from %u on, of %u", at->base,
         cold->count);
  cold->count = at->base - 1;
  cold->acc = cold->stack[cold->count];
}

// Between zam_cold_takes and here a signal, a finaliser or another thread may have had its turn, and have called it.
static enum loam_status run_translated(struct mutator *th, const struct zam_function *function, struct value *args,
                                       struct value *result) {
  enum loam_status status = guest_call(th, function->method, args[-1], args, function->arity);
  *result = th->result;
  return status;
}

static enum loam_status run_function(struct mutator *th, struct value *args, struct value *result) {
  struct zam_state *state = zam_state(th);
  struct zam_cold *cold = state->cold;
  struct zam_function *function = zam_code_of(args[-1]);
  struct zam_cold_code *code = function->cold_code;
  if (function->arity != ZAM_ARITY_UNKNOWN) return run_translated(th, function, args, result);
  ASSERT(code, "zam.I15: the function of word %u is done as it stands, without a copy", function->pc);
  struct zam_activation at = {
      .function = function, .closure = &args[-1], .words = {code->words, code->count}, .origin = code->start};
  begin(cold, &at, args, code->arity);
  enum zam_outcome outcome = zam_cold_run(th, &at);
  *result = cold->acc;
  end(cold, &at);
  if (function->cold_code != code && !is_active(cold, code->words)) mem_free(code);
  if (outcome == ZAM_STOPS) return DONE;
  if (outcome == ZAM_TRANSLATE) return refuse(th, function);
  if (!th->killed) zam_backtrace_passes(state); // all its places are recorded
  cold->failed = at;
  return THROWN;
}

static struct method *method_for(struct zam_state *state, uint32_t count) {
  struct error err;
  ASSERT(count < COUNT_OF(state->cold->methods), "zam.I15: there is no method for calls with %u arguments", count);
  struct method **method = &state->cold->methods[count];
  if (!*method) (void)method_create_native(state->vm, "cold", (uint16_t)count, run_function, NULL, method, &err);
  return *method;
}

// Only where methods are compiled as they run often: in other engines these are to be seen at work.
bool zam_cold_takes(struct mutator *th, struct zam_function *function, uint32_t count, const struct method **method) {
  struct zam_state *state = zam_state(th);
  const struct zam_cold *cold = state->cold;
  bool may = cold && cold->takes_functions && cold->depth < DEPTH_MAX && count <= ZAM_COLD_ARGS_MAX &&
             th == vm_main_mutator(state->vm) && !th->observer && !frame_is_watched(th);
  if (!may || function->arity != ZAM_ARITY_UNKNOWN || !function->code || function->code->next) return false;
  if (!function->cold_code && !copy_code(state, function, count)) return false;
  struct zam_cold_code *code = function->cold_code;
  if (code->arity != count || !code->calls_left || !(*method = method_for(state, count))) return false;
  code->calls_left--;
  return true;
}
