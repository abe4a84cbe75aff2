// SPDX-License-Identifier: MIT
//
// zam_start.c: the outermost code is mostly what each module does once: it makes closures and blocks and stores them.
// Translating that takes longer than doing it, so it is cold code (zam_cold.h): of the compiler's 47,000 instructions
// that run at its start, 34,000 are outermost code. Where something comes that is not done there, the rest of its
// module is translated, with what is on the stack as parameters, and run; with the next module it goes on here. What a
// trap is for is looked through before. Who watches each instruction gets everything translated.
#include "zam_start.h"

#include "zam_cold.h"
#include "zam_load.h"
#include "zam_runtime.h"

// Runs the rest of the module, translated; `pc` is where the next begins, or 0.
static enum loam_status run_translated(struct mutator *th, struct zam_cold *cold, struct zam_activation *at) {
  struct error err = {0};
  struct method *method;
  struct value acc = cold->acc;
  uint32_t count = cold->count;
  ASSERT(cold->innermost == at && count <= ZAM_COLD_OUTERMOST_MAX,
         "zam.I15: %u values of outermost code at word %u are in room for %u", count, at->pc,
         (unsigned)ZAM_COLD_OUTERMOST_MAX);
  if (at->trap) // what a trap frame is for was looked through
    return vm_kill(th, LOAM_ERR_INPUT, "%s, word %u: the code is malformed", zam_state(th)->program, at->pc);
  if (zam_load_piece(zam_state(th), at->pc, count, &method, NULL, &err) != LOAM_OK)
    return vm_kill(th, err.kind, "%s", err.text);
  at->gone = true;
  cold->count = 0;
  cold->acc = ZAM_UNIT;
  enum loam_status status = guest_call(th, method, acc, cold->stack, count);
  ASSERT(cold->innermost == at && !cold->count, "zam.I15: a module's rest leaves %u values on the stack", cold->count);
  at->gone = false;
  at->pc = status == DONE ? (uint32_t)zam_to_int(th->result) : 0;
  return at->pc ? zam_cold_check(th) : status;
}

enum loam_status zam_start_run(struct mutator *th) {
  const struct zam_state *state = zam_state(th);
  struct zam_cold *cold = zam_cold_registers(zam_state(th));
  if (!cold) return zam_raise(th, ZAM_OUT_OF_MEMORY);
  struct zam_activation at = {.words = zam_program_code(state)->words, .room = ZAM_COLD_OUTERMOST_MAX};
  ASSERT(!cold->innermost, "zam.I15: outermost code begins inside of code at word %u", cold->innermost->pc);
  cold->count = cold->depth = 0;
  cold->acc = ZAM_UNIT;
  cold->innermost = &at;
  enum loam_status status = DONE;
  do {
    enum zam_outcome outcome = th->observer || state->debugger ? ZAM_TRANSLATE : zam_cold_run(th, &at);
    if (outcome == ZAM_FAILS) status = THROWN;
    if (outcome == ZAM_STOPS) break;
    if (outcome == ZAM_TRANSLATE) status = run_translated(th, cold, &at);
  } while (status == DONE && at.pc);
  ASSERT(cold->innermost == &at && !cold->depth, "zam.I15: %u functions are at work when outermost code ends",
         cold->depth);
  cold->innermost = NULL;
  return status;
}
