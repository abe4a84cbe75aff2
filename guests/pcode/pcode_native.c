// SPDX-License-Identifier: MIT
//
// pcode_native.c: what instructions call: the standard input and output, and copying in the store.
#include "pcode_value.h"

#include <stdlib.h>
#include <string.h>

enum loam_status pcode_move(struct mutator *th, int64_t to, int64_t from, int64_t count) {
  if (!pcode_are_cells(to, count)) return pcode_throw_address(th, to);
  if (!pcode_are_cells(from, count)) return pcode_throw_address(th, from);
  int64_t *cells = pcode_cells(th);
  memmove(&cells[to], &cells[from], (size_t)count * sizeof *cells);
  return DONE;
}

// The rest of the input from its next character that is no blank; NULL at its end.
static const char *input_token(struct mutator *th) {
  struct pcode_state *state = pcode_state_of(th);
  for (;;) {
    const char *at = state->input.bytes + state->input_at;
    if (state->input_open && state->input_at < state->input.length) {
      state->input_at += strspn(at, " \t\r");
      if (state->input_at < state->input.length) return state->input.bytes + state->input_at;
    }
    text_clear(&state->input);
    state->input_at = 0;
    state->input_open = vm_read_line(th, &state->input);
    if (!state->input_open) return NULL;
  }
}

enum loam_status pcode_read_integer(struct mutator *th, int64_t *out) {
  struct pcode_state *state = pcode_state_of(th);
  const char *at = input_token(th);
  char *end;
  if (!at) return pcode_throw(th, PCODE_ERROR_INPUT_END);
  *out = strtoll(at, &end, 10);
  if (end == at) return pcode_throw(th, PCODE_ERROR_INPUT);
  state->input_at += (size_t)(end - at);
  return DONE;
}

enum loam_status pcode_write_integer(struct mutator *th, int64_t n) {
  char digits[24];
  char *at = digits + sizeof digits;
  uint64_t left = n < 0 ? -(uint64_t)n : (uint64_t)n;
  *--at = '\n';
  do *--at = (char)('0' + left % 10);
  while (left /= 10);
  if (n < 0) *--at = '-';
  return vm_write(th, at, (size_t)(digits + sizeof digits - at));
}
