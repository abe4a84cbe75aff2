// SPDX-License-Identifier: MIT
//
// pcode_error.c: what ends a running program. The place is taken when the error is thrown: a procedure that is left on
// the way to a label of an outer block throws its error again.
#include "pcode_value.h"

#include <stdio.h>

static const char *const texts[PCODE_ERROR_COUNT] = {
#define PCODE_ERROR(name, text) [PCODE_ERROR_##name] = text,
#include "pcode_error.def"
#undef PCODE_ERROR
};

// The source line of the instruction at work.
static uint32_t line_here(const struct mutator *th) {
  if (!th->fp) return 0;
  const struct method *method = frame_method(th->fp);
  struct code_site site;
  (void)method_site_at(method, (uint32_t)(th->pc - (const char *)method->code), &site);
  return site.line;
}

enum loam_status pcode_throw(struct mutator *th, enum pcode_error error) {
  struct pcode_state *state = pcode_state_of(th);
  state->line = line_here(th);
  text_clear(&state->trace);
  backtrace_print(th, &state->trace);
  text_clear(&state->detail);
  return throw_value(th, pcode_word(error));
}

enum loam_status pcode_throw_address(struct mutator *th, int64_t address) {
  enum loam_status status = pcode_throw(th, PCODE_ERROR_ADDRESS);
  text_printf(&pcode_state_of(th)->detail, ": %lld", (long long)address);
  return status;
}

enum loam_status pcode_throw_index(struct mutator *th, int64_t index, int64_t low, int64_t high) {
  return pcode_throw_range(th, PCODE_ERROR_INDEX, index, low, high);
}

enum loam_status pcode_throw_range(struct mutator *th, int64_t error, int64_t value, int64_t low, int64_t high) {
  enum pcode_error kind = value == PCODE_UNDEFINED ? PCODE_ERROR_UNDEFINED : (enum pcode_error)error;
  enum loam_status status = pcode_throw(th, error < PCODE_ERROR_COUNT ? kind : PCODE_ERROR_RANGE);
  if (value == PCODE_UNDEFINED) return status;
  text_printf(&pcode_state_of(th)->detail, ": expected from %lld to %lld, found %lld", (long long)low, (long long)high,
              (long long)value);
  return status;
}

enum loam_status pcode_throw_pointer(struct mutator *th, int64_t pointer) {
  if (pointer == PCODE_UNDEFINED) return pcode_throw(th, PCODE_ERROR_POINTER);
  return pcode_throw(th, pointer ? PCODE_ERROR_DANGLING : PCODE_ERROR_NIL);
}

enum loam_status pcode_throw_text(struct mutator *th, enum pcode_error error, const char *detail) {
  enum loam_status status = pcode_throw(th, error);
  text_printf(&pcode_state_of(th)->detail, ": %s", detail);
  return status;
}

void pcode_error_print(struct mutator *th, struct value error, struct text *out) {
  const struct pcode_state *state = pcode_state_of(th);
  const char *text = error.bits < PCODE_ERROR_COUNT ? texts[error.bits] : NULL;
  if (!state->is_pascal)
    text_printf(out, "Line %5u ", state->line);
  else if (state->line)
    text_printf(out, "run-time error at line %u: ", state->line);
  else // behind the program's end: files that can't be written
    text_printf(out, "run-time error: ");
  text_printf(out, "%s%s\n", text ? text : "?", state->detail.length ? state->detail.bytes : "");
  if (state->trace.length) text_add(out, state->trace.bytes, state->trace.length);
}
