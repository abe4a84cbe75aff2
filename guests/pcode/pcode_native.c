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
    ASSERT(state->input_at <= state->input.length, "byte %zu of a line of %zu is read", state->input_at,
           state->input.length);
    if (state->input_open && state->input_at < state->input.length) {
      state->input_at += strspn(state->input.bytes + state->input_at, " \t\r");
      if (state->input_at < state->input.length) return state->input.bytes + state->input_at;
    }
    text_clear(&state->input);
    state->input_at = 0;
    state->input_open = pcode_read_line(th, &state->input);
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
  char line[TEXT_DIGITS_MAX + 1], *end = line + TEXT_DIGITS_MAX, *at = text_digits(n, end);
  *end = '\n';
  return vm_write(th, at, (size_t)(end + 1 - at));
}

// ---- sets, strings, conformant arrays, gotos -----------------------------------------------------------------------

// The bits of a set's cell, which has the members from `base` to `base` + 63, that stand for those from `low` to
// `high`.
static uint64_t members(int64_t base, int64_t low, int64_t high) {
  if (low > base + 63 || high < base) return 0;
  uint64_t from = low > base ? UINT64_MAX << (low - base) : UINT64_MAX;
  uint64_t to = high < base + 63 ? UINT64_MAX >> (base + 63 - high) : UINT64_MAX;
  return from & to;
}

enum loam_status pcode_set_range(struct mutator *th, int64_t set, int64_t low, int64_t high) {
  if (!pcode_are_cells(set, 4)) return pcode_throw_address(th, set);
  if (low > high) return DONE; // no members
  if (low < 0 || high > 255) return pcode_throw(th, PCODE_ERROR_MEMBER);
  for (int64_t i = 0; i < 4; i++) pcode_cells(th)[set + i] |= (int64_t)members(64 * i, low, high);
  return DONE;
}

enum loam_status pcode_set_check(struct mutator *th, int64_t set, int64_t low, int64_t high) {
  if (!pcode_are_cells(set, 4)) return pcode_throw_address(th, set);
  for (int64_t i = 0; i < 4; i++) {
    uint64_t others = (uint64_t)pcode_cells(th)[set + i] & ~members(64 * i, low, high);
    if (others) return pcode_throw_range(th, PCODE_ERROR_ASSIGN_SET, 64 * i + __builtin_ctzll(others), low, high);
  }
  return DONE;
}

enum loam_status pcode_compare(struct mutator *th, int64_t a, int64_t b, int64_t count, struct value *order) {
  const int64_t *cells = pcode_cells(th);
  if (!pcode_are_cells(a, count)) return pcode_throw_address(th, a);
  if (!pcode_are_cells(b, count)) return pcode_throw_address(th, b);
  order->bits = 0;
  for (int64_t i = 0; i < count; i++) {
    if (cells[a + i] == PCODE_UNDEFINED || cells[b + i] == PCODE_UNDEFINED)
      return pcode_throw(th, PCODE_ERROR_UNDEFINED);
    if (cells[a + i] == cells[b + i]) continue;
    *order = pcode_word(cells[a + i] < cells[b + i] ? -1 : 1);
    break;
  }
  return DONE;
}

enum loam_status pcode_duplicate(struct mutator *th, int64_t from, int64_t count, struct value *copy) {
  struct pcode_state *state = pcode_state_of(th);
  if (!pcode_are_cells(from, count)) return pcode_throw_address(th, from);
  if (count > state->heap - state->top) return pcode_throw(th, PCODE_ERROR_STACK);
  ASSERT(state->top >= 0 && state->top <= state->heap && state->heap <= state->limit,
         "pcode.I3: activations end at %lld, the heap begins at %lld of %lld", (long long)state->top,
         (long long)state->heap, (long long)state->limit);
  memcpy(&state->cells[state->top], &state->cells[from], (size_t)count * sizeof state->cells[0]);
  *copy = pcode_word(state->top);
  state->top += count;
  return DONE;
}

enum loam_status pcode_jump(struct mutator *th, int64_t base, int64_t label) {
  struct pcode_state *state = pcode_state_of(th);
  state->jump_base = base;
  state->jump_label = label;
  return throw_value(th, pcode_word(PCODE_ERROR_JUMP));
}
