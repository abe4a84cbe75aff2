// SPDX-License-Identifier: MIT
//
// zam_parsing.c: the automaton of parsers. It is a coroutine: it leaves with what it wants done (a token read, stacks
// grown, an action computed), and is entered again with the answer. What it must remember is in the environment block.
#include "zam_prim.h"

enum table {
  ACTIONS,
  TRANSLATE_CONST,
  TRANSLATE_BLOCK,
  LEFT_SIDE,
  LENGTHS,
  DEFAULT_REDUCTION,
  DEFAULT_GOTO,
  SHIFT_INDEX,
  REDUCE_INDEX,
  GOTO_INDEX,
  TABLE_SIZE,
  TABLE,
  CHECK_TABLE
};
enum environment {
  STATES,
  VALUES,
  STARTS,
  ENDS,
  STACK_SIZE,
  STACK_BASE,
  TOKEN,
  TOKEN_VALUE,
  TOKEN_START,
  TOKEN_END,
  ACTION_TOP,
  RULE_LENGTH,
  RULE,
  TOP,
  STATE,
  ERRORS
};
enum entry { START, TOKEN_READ, GROWN_FOR_SHIFT, GROWN_FOR_REDUCE, ACTION_COMPUTED, ERROR_DETECTED };
enum wish { READ_TOKEN, RAISE_ERROR, GROW_FOR_SHIFT, GROW_FOR_REDUCE, COMPUTE_ACTION, CALL_ERROR_FUNCTION };

#define ERROR_TOKEN 256
#define ERRORS_AFTER_ONE 3 // tokens to be shifted before the next error counts

struct parser {
  struct mutator *th;
  struct value tables, environment;
  int64_t top, state, errors, found; // found: the index in the tables of what `look_up` found
};

// Where the automaton goes on; or, from WISH on, leaves with a wish.
enum step { LOOP, TEST, RECOVER, SHIFT, PUSH, REDUCE, ACTION, WISH };

static int number(const struct parser *p, enum table table, int64_t index) {
  int16_t n;
  memcpy(&n, zam_string_bytes(zam_fields(p->tables)[table]) + 2 * index, sizeof n);
  return n;
}

static struct value get(const struct parser *p, enum environment field) { return zam_fields(p->environment)[field]; }
static int64_t get_int(const struct parser *p, enum environment field) { return zam_to_int(get(p, field)); }
static void set(const struct parser *p, enum environment field, struct value v) {
  heap_store(p->th, value_to_ref(p->environment), (size_t)field, v);
}
static void set_int(const struct parser *p, enum environment field, int64_t n) { set(p, field, zam_from_int(n)); }
static struct value stack_at(const struct parser *p, enum environment stack, int64_t index) {
  return zam_fields(get(p, stack))[index];
}
static void stack_set(const struct parser *p, enum environment stack, int64_t index, struct value v) {
  heap_store(p->th, value_to_ref(get(p, stack)), (size_t)index, v);
}

static int wish(struct parser *p, enum wish what) {
  set_int(p, TOP, p->top);
  set_int(p, STATE, p->state);
  set_int(p, ERRORS, p->errors);
  return WISH + (int)what;
}

// Looks for `symbol` among the entries that `index` gives to `row`.
static bool look_up(struct parser *p, enum table index, int64_t row, int64_t symbol) {
  int from = number(p, index, row);
  p->found = from + symbol;
  return from != 0 && p->found >= 0 && p->found <= zam_to_int(zam_fields(p->tables)[TABLE_SIZE]) &&
         number(p, CHECK_TABLE, p->found) == symbol;
}

static int loop(struct parser *p, int64_t *rule) {
  *rule = number(p, DEFAULT_REDUCTION, p->state);
  if (*rule) return REDUCE;
  return get_int(p, TOKEN) >= 0 ? TEST : wish(p, READ_TOKEN);
}

static int test(struct parser *p, int64_t *rule) {
  if (look_up(p, SHIFT_INDEX, p->state, get_int(p, TOKEN))) {
    set_int(p, TOKEN, -1);
    if (p->errors > 0) p->errors--;
    return SHIFT;
  }
  if (look_up(p, REDUCE_INDEX, p->state, get_int(p, TOKEN))) {
    *rule = number(p, TABLE, p->found);
    return REDUCE;
  }
  return p->errors > 0 ? RECOVER : wish(p, CALL_ERROR_FUNCTION);
}

// Takes states off the stack until one can shift the error token; or, soon after an error, drops the token.
static int recover(struct parser *p) {
  if (p->errors == ERRORS_AFTER_ONE) {
    if (get_int(p, TOKEN) == 0) return WISH + RAISE_ERROR; // the end of the input
    set_int(p, TOKEN, -1);
    return LOOP;
  }
  for (p->errors = ERRORS_AFTER_ONE;; p->top--) {
    if (look_up(p, SHIFT_INDEX, zam_to_int(stack_at(p, STATES, p->top)), ERROR_TOKEN)) return SHIFT;
    if (p->top <= get_int(p, STACK_BASE)) return WISH + RAISE_ERROR;
  }
}

static int shift(struct parser *p) {
  ASSERT(p->found >= 0, "a parser shifts by entry %lld of its tables", (long long)p->found);
  p->state = number(p, TABLE, p->found);
  p->top++;
  return p->top < get_int(p, STACK_SIZE) ? PUSH : wish(p, GROW_FOR_SHIFT);
}

static int push(struct parser *p) {
  stack_set(p, STATES, p->top, zam_from_int(p->state));
  stack_set(p, VALUES, p->top, get(p, TOKEN_VALUE));
  stack_set(p, STARTS, p->top, get(p, TOKEN_START));
  stack_set(p, ENDS, p->top, get(p, TOKEN_END));
  return LOOP;
}

static int reduce(struct parser *p, int64_t rule) {
  int64_t length = number(p, LENGTHS, rule), symbol = number(p, LEFT_SIDE, rule);
  set_int(p, ACTION_TOP, p->top);
  set_int(p, RULE, rule);
  set_int(p, RULE_LENGTH, length);
  p->top -= length - 1;
  int64_t below = zam_to_int(stack_at(p, STATES, p->top - 1));
  p->state = look_up(p, GOTO_INDEX, symbol, below) ? number(p, TABLE, p->found) : number(p, DEFAULT_GOTO, symbol);
  return p->top < get_int(p, STACK_SIZE) ? ACTION : wish(p, GROW_FOR_REDUCE);
}

static int take_token(struct parser *p, struct value token) {
  if (zam_is_block(token)) {
    set(p, TOKEN, zam_fields(zam_fields(p->tables)[TRANSLATE_BLOCK])[zam_tag(token)]);
    set(p, TOKEN_VALUE, zam_fields(token)[0]);
  } else {
    set(p, TOKEN, zam_fields(zam_fields(p->tables)[TRANSLATE_CONST])[zam_to_int(token)]);
    set(p, TOKEN_VALUE, zam_from_int(0));
  }
  return TEST;
}

static int take_result(struct parser *p, struct value result) {
  int64_t action_top = get_int(p, ACTION_TOP);
  stack_set(p, STATES, p->top, zam_from_int(p->state));
  stack_set(p, VALUES, p->top, result);
  stack_set(p, ENDS, p->top, stack_at(p, ENDS, action_top));
  if (p->top > action_top) stack_set(p, STARTS, p->top, stack_at(p, ENDS, action_top)); // nothing was reduced
  return LOOP;
}

static int enter(struct parser *p, enum entry entry, struct value argument) {
  p->top = get_int(p, TOP);
  p->state = get_int(p, STATE);
  p->errors = get_int(p, ERRORS);
  switch (entry) {
  case START: p->state = p->errors = 0; return LOOP;
  case TOKEN_READ: return take_token(p, argument);
  case GROWN_FOR_SHIFT: return PUSH;
  case GROWN_FOR_REDUCE: return ACTION;
  case ACTION_COMPUTED: return take_result(p, argument);
  default: return RECOVER;
  }
}

static enum loam_status parse_engine(struct mutator *th, struct value *args, struct value *result) {
  struct parser p = {.th = th, .tables = args[0], .environment = zam_arg(args, 1)};
  int64_t rule = 0;
  int step = enter(&p, (enum entry)zam_arg_int(args, 2), zam_arg(args, 3));
  while (step < WISH) {
    switch (step) {
    case LOOP: step = loop(&p, &rule); break;
    case TEST: step = test(&p, &rule); break;
    case RECOVER: step = recover(&p); break;
    case SHIFT: step = shift(&p); break;
    case PUSH: step = push(&p); break;
    case REDUCE: step = reduce(&p, rule); break;
    default: step = wish(&p, COMPUTE_ACTION);
    }
  }
  ASSERT(step - WISH <= CALL_ERROR_FUNCTION, "a parser leaves with wish %d", step - WISH);
  return zam_return_int(result, step - WISH);
}

static enum loam_status set_parser_trace(struct mutator *th, struct value *args, struct value *result) {
  bool before = zam_state(th)->parser_trace;
  zam_state(th)->parser_trace = zam_to_bool(args[0]);
  return zam_return_bool(result, before);
}

const struct zam_prim zam_parsing_prims[] = {
    {"caml_parse_engine", parse_engine, 0, 0}, {"caml_set_parser_trace", set_parser_trace, 0, 0}, {NULL, NULL, 0, 0}};
