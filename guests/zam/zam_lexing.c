// SPDX-License-Identifier: MIT
//
// zam_lexing.c: the automata of lexers. Tables are strings of 16-bit numbers, low byte first. A state's entry in `base`
// says where its transitions begin; `check` says which of those there are its own. The second form also keeps positions
// in the middle of tokens, in `memory`, by little programs of byte pairs.
#include "zam_prim.h"

enum table {
  BASE,
  BACKTRACK,
  DEFAULT,
  TRANSITION,
  CHECK_STATE,
  BASE_CODE,
  BACKTRACK_CODE,
  DEFAULT_CODE,
  TRANSITION_CODE,
  CHECK_CODE,
  CODE
};
enum buffer { REFILL, BYTES, LENGTH, ABSOLUTE, START, CURRENT, LAST, LAST_ACTION, AT_END, MEMORY };

#define END_OF_INPUT 256 // beside the 256 bytes
#define STOP_BYTE 0xff

struct lexer {
  struct mutator *th;
  struct value tables, buffer;
  bool keeps_positions;
  int state;
};

static int number(const struct lexer *lexer, enum table table, int index) {
  int16_t n;
  memcpy(&n, zam_string_bytes(zam_fields(lexer->tables)[table]) + 2 * (ptrdiff_t)index, sizeof n);
  return n;
}

static struct value get(const struct lexer *lexer, enum buffer field) { return zam_fields(lexer->buffer)[field]; }
static void set(const struct lexer *lexer, enum buffer field, struct value v) {
  zam_fields(lexer->buffer)[field] = v; // integers only: no barrier
}

// Runs a program on the positions: pairs of destination and source; a source of STOP_BYTE is `fresh`.
static void run_code(const struct lexer *lexer, int at, struct value fresh) {
  const uint8_t *code = (const uint8_t *)zam_string_bytes(zam_fields(lexer->tables)[CODE]) + at;
  struct value *memory = zam_fields(get(lexer, MEMORY));
  for (; *code != STOP_BYTE; code += 2) memory[code[0]] = code[1] == STOP_BYTE ? fresh : memory[code[1]];
}

static void remember_match(const struct lexer *lexer, int action) {
  if (lexer->keeps_positions) run_code(lexer, number(lexer, BACKTRACK_CODE, lexer->state), zam_from_int(-1));
  set(lexer, LAST, get(lexer, CURRENT));
  set(lexer, LAST_ACTION, zam_from_int(action));
}

static void move_positions(const struct lexer *lexer, int c) {
  int base = number(lexer, BASE_CODE, lexer->state);
  bool own = number(lexer, CHECK_CODE, base + c) == lexer->state;
  int code = own ? number(lexer, TRANSITION_CODE, base + c) : number(lexer, DEFAULT_CODE, lexer->state);
  if (code > 0) run_code(lexer, code, get(lexer, CURRENT));
}

// The next byte; -1: the buffer must be filled first.
static int next_byte(const struct lexer *lexer) {
  int64_t at = zam_to_int(get(lexer, CURRENT));
  if (at >= zam_to_int(get(lexer, LENGTH))) return zam_to_bool(get(lexer, AT_END)) ? END_OF_INPUT : -1;
  set(lexer, CURRENT, zam_from_int(at + 1));
  return (uint8_t)zam_string_bytes(get(lexer, BYTES))[at];
}

// No way on: back to the last match.
static enum loam_status go_back(const struct lexer *lexer, struct value *result) {
  set(lexer, CURRENT, get(lexer, LAST));
  *result = get(lexer, LAST_ACTION);
  return zam_to_int(*result) == -1 ? zam_fail(lexer->th, "lexing: empty token") : DONE;
}

static enum loam_status run(struct lexer *lexer, struct value *result) {
  ASSERT(lexer->state >= 0, "a lexer runs from state %d", lexer->state);
  for (;;) {
    int base = number(lexer, BASE, lexer->state);
    if (base < 0) {
      if (lexer->keeps_positions) run_code(lexer, number(lexer, BASE_CODE, lexer->state), zam_from_int(-1));
      return zam_return_int(result, -base - 1);
    }
    int action = number(lexer, BACKTRACK, lexer->state);
    if (action >= 0) remember_match(lexer, action);
    int c = next_byte(lexer);
    if (c < 0) return zam_return_int(result, ~lexer->state);
    bool own = number(lexer, CHECK_STATE, base + c) == lexer->state;
    int next = own ? number(lexer, TRANSITION, base + c) : number(lexer, DEFAULT, lexer->state);
    if (next < 0) return go_back(lexer, result);
    if (lexer->keeps_positions) move_positions(lexer, c);
    if (c == END_OF_INPUT) set(lexer, AT_END, ZAM_FALSE); // it was used up
    lexer->state = next;
  }
}

// A state below 0: goes on where the buffer was empty.
static enum loam_status start(struct mutator *th, const struct value *args, bool keeps_positions,
                              struct value *result) {
  struct lexer lexer = {th, args[0], zam_arg(args, 2), keeps_positions, (int)zam_arg_int(args, 1)};
  if (lexer.state < 0) {
    lexer.state = ~lexer.state; // -1 for 0, and so on
  } else {
    set(&lexer, START, get(&lexer, CURRENT));
    set(&lexer, LAST, get(&lexer, CURRENT));
    set(&lexer, LAST_ACTION, zam_from_int(-1));
  }
  return run(&lexer, result);
}

static enum loam_status lex_engine(struct mutator *th, struct value *args, struct value *result) {
  return start(th, args, false, result);
}
static enum loam_status new_lex_engine(struct mutator *th, struct value *args, struct value *result) {
  return start(th, args, true, result);
}

const struct zam_prim zam_lexing_prims[] = {
    {"caml_lex_engine", lex_engine, 0, 0}, {"caml_new_lex_engine", new_lex_engine, 0, 0}, {NULL, NULL, 0, 0}};
