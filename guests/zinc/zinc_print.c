// SPDX-License-Identifier: MIT
//
// zinc_print.c: what people see of code: terms read back from closures, and the machine's state in a trace.
//
// Reading back undoes the compiler: PUSH and REDUCE hold the arguments of what follows, the last one's first. The
// variables that the closure's environment binds are replaced by the terms they stand for, which are closed, so that
// no name is captured. A term may stand for exponentially many: what is printed has an end.
#include "zinc_ops.h"
#include "zinc_value.h"

#include <string.h>

#define TERM_BYTES_MAX 4000
#define TERM_DEPTH_MAX 400
#define CODE_INSNS_MAX 12
#define CELLS_MAX 8
#define CLOSURE_DEPTH_MAX 2

struct binder {
  const char *name; // as in the source
  unsigned primes;  // added to it, so that it differs from every outer one
  struct binder *outer;
};

struct printer {
  struct text *out;
  bool strict, indices, cut;
  unsigned depth;
};

enum place { PLACE_WHOLE, PLACE_FUNCTION, PLACE_ARGUMENT }; // where the term stands decides about parentheses

static void print_closure_term(struct printer *printer, const struct zinc_code *code, struct value env,
                               enum place place);
static void print_sequence(struct printer *printer, const struct zinc_insn *insn, struct value env,
                           struct binder *binders, enum place place);

static const struct zinc_insn *skip_moves(const struct zinc_insn *insn) {
  while (insn && insn->op == ZINC_GO_ON) insn = insn->code->insns;
  return insn;
}

static const struct zinc_insn *next_insn(const struct zinc_insn *insn) {
  ASSERT(insn->op != ZINC_REDUCE || insn->rest, "zinc.I4: nothing follows a REDUCE at line %u", insn->line);
  return skip_moves(insn->op == ZINC_REDUCE ? insn->rest->insns : insn->next);
}

static bool goes_too_far(struct printer *printer) {
  if (printer->out->length > TERM_BYTES_MAX || printer->depth > TERM_DEPTH_MAX) {
    text_printf(printer->out, "...");
    printer->cut = true;
  }
  return printer->cut;
}

// ---- terms ---------------------------------------------------------------------------------------------------------

static void print_binder(struct printer *printer, const struct binder *binder) {
  text_printf(printer->out, "%s", binder->name);
  for (unsigned i = 0; i < binder->primes; i++) text_add_char(printer->out, '\'');
}

static void name_binder(struct binder *binder) {
  static const char letters[][2] = {"a", "b", "c", "d", "e", "g", "h", "i", "j", "k", "l", "m",
                                    "n", "o", "p", "q", "r", "s", "t", "u", "v", "w", "y", "z"};
  unsigned depth = 0;
  for (const struct binder *outer = binder->outer; outer; outer = outer->outer) depth++;
  ASSERT(binder->name, "zinc.I5: a binder %u deep has no name, not even an empty one", depth);
  if (!*binder->name) binder->name = letters[depth % COUNT_OF(letters)];
  for (const struct binder *outer = binder->outer; outer; outer = outer->outer)
    if (strcmp(outer->name, binder->name) == 0 && outer->primes >= binder->primes) binder->primes = outer->primes + 1;
}

static void print_variable(struct printer *printer, uint32_t index, struct value env, const struct binder *binders,
                           enum place place) {
  uint32_t left = index;
  for (; binders && left; left--) binders = binders->outer;
  if (binders && printer->indices) return text_printf(printer->out, "%u", index);
  if (binders) return print_binder(printer, binders);
  for (; left; left--) {
    ASSERT(env.bits, "zinc.I2: variable %u lies %u cells behind the environment's end", index, left);
    env = zinc_cell(env)[ZINC_NEXT];
  }
  ASSERT(env.bits, "zinc.I2: variable %u lies behind the environment's end", index);
  print_closure_term(printer, zinc_code(zinc_cell(env)[ZINC_CODE]), zinc_cell(env)[ZINC_ENV], place);
}

static void print_lambda(struct printer *printer, const struct zinc_insn *insn, struct value env,
                         struct binder *binders) {
  struct binder binder = {insn->name, 0, binders};
  name_binder(&binder);
  text_add_char(printer->out, '\\');
  if (!printer->indices) print_binder(printer, &binder);
  text_add_char(printer->out, '.');
  if (!printer->indices) text_add_char(printer->out, ' ');
  print_sequence(printer, next_insn(insn), env, &binder, PLACE_WHOLE);
}

// The function first, then the arguments: the sequence from its end to its start.
static void print_application(struct printer *printer, const struct zinc_insn *insn, struct value env,
                              struct binder *binders) {
  const struct zinc_insn *rest = next_insn(insn);
  ASSERT(rest && insn->code, "zinc.I4: an argument at line %u stands without a function", insn->line);
  bool applied = rest->op == ZINC_PUSH || rest->op == ZINC_REDUCE;
  printer->depth++;
  if (applied && !goes_too_far(printer))
    print_application(printer, rest, env, binders);
  else if (!applied)
    print_sequence(printer, rest, env, binders, PLACE_FUNCTION);
  printer->depth--;
  if (goes_too_far(printer)) return;
  bool strict = insn->op == ZINC_REDUCE;
  text_printf(printer->out, " %s", strict == printer->strict ? "" : strict ? "!" : "~");
  print_sequence(printer, skip_moves(insn->code->insns), env, binders, PLACE_ARGUMENT);
}

static void print_sequence(struct printer *printer, const struct zinc_insn *insn, struct value env,
                           struct binder *binders, enum place place) {
  if (printer->cut || goes_too_far(printer)) return;
  ASSERT(insn, "zinc.I4: a term has no instruction");
  printer->depth++;
  bool lambda = insn->op == ZINC_GRAB;
  bool parentheses = lambda ? place != PLACE_WHOLE : insn->op != ZINC_ACCESS && place == PLACE_ARGUMENT;
  if (parentheses) text_add_char(printer->out, '(');
  if (lambda)
    print_lambda(printer, insn, env, binders);
  else if (insn->op == ZINC_ACCESS)
    print_variable(printer, insn->index, env, binders, place);
  else
    print_application(printer, insn, env, binders);
  if (parentheses && !printer->cut) text_add_char(printer->out, ')');
  printer->depth--;
}

static void print_closure_term(struct printer *printer, const struct zinc_code *code, struct value env,
                               enum place place) {
  if (code->insns)
    print_sequence(printer, skip_moves(code->insns), env, NULL, place);
  else
    text_printf(printer->out, "%s", code->name);
}

void zinc_print_term(const struct zinc_code *code, struct value env, bool strict, bool indices, struct text *out) {
  struct printer printer = {.out = out, .strict = strict, .indices = indices};
  print_closure_term(&printer, code, env, PLACE_WHOLE);
}

// ---- the machine's state -------------------------------------------------------------------------------------------

void zinc_print_code(const struct zinc_code *code, uint32_t skip, struct text *out) {
  const struct zinc_insn *insn = code->insns;
  if (!insn) return text_printf(out, "%s", code->name);
  while (skip-- && insn->next) insn = insn->next;
  unsigned count = 0;
  for (insn = skip_moves(insn); insn; insn = insn->op == ZINC_ACCESS ? NULL : next_insn(insn)) {
    if (count) text_add_char(out, ';');
    if (count++ == CODE_INSNS_MAX) return text_printf(out, "...");
    switch (insn->op) {
    case ZINC_ACCESS: text_printf(out, "ACCESS(%u)", insn->index); break;
    case ZINC_PUSH: text_printf(out, "PUSH(c%u)", insn->code->number); break;
    case ZINC_REDUCE: text_printf(out, "REDUCE(c%u)", insn->code->number); break;
    default: text_printf(out, "GRAB"); break;
    }
  }
}

static void print_chain(const struct zinc_state *machine, struct value chain, unsigned depth, struct text *out);

static void print_closure(const struct zinc_state *machine, const struct value *cell, unsigned depth,
                          struct text *out) {
  const struct zinc_code *code = zinc_code(cell[ZINC_CODE]);
  bool marked = zinc_is_marked(cell[ZINC_CODE]);
  if (marked) text_add_char(out, '<');
  if (code->insns)
    text_printf(out, "c%u", code->number);
  else
    text_printf(out, "%s", code->name);
  if (code == &machine->number)
    text_printf(out, "[%lld]", (long long)zinc_to_int(cell[ZINC_ENV]));
  else
    print_chain(machine, cell[ZINC_ENV], depth, out);
  if (marked) text_add_char(out, '>');
}

static void print_chain(const struct zinc_state *machine, struct value chain, unsigned depth, struct text *out) {
  text_add_char(out, '[');
  for (unsigned count = 0; chain.bits; chain = zinc_cell(chain)[ZINC_NEXT], count++) {
    if (count) text_add_char(out, ' ');
    if (count == CELLS_MAX || depth == CLOSURE_DEPTH_MAX) {
      text_printf(out, "...");
      break;
    }
    print_closure(machine, zinc_cell(chain), depth + 1, out);
  }
  text_add_char(out, ']');
}

bool zinc_trace(struct mutator *th, const struct op_info *op, uint32_t insn, struct text *line) {
  const struct zinc_state *machine = guest_state(th);
  const struct zinc_code *code = frame_method(th->fp)->guest_data;
  if (!code || op == &zinc_op_table.ops[ZINC_OP_GO_ON] || op == &zinc_op_table.ops[ZINC_OP_LEAVE]) return false;
  zinc_print_code(code, insn, line);
  text_printf(line, " | ");
  if (code == &machine->number)
    text_printf(line, "[%lld]", (long long)zinc_to_int(machine->env));
  else
    print_chain(machine, machine->env, 0, line);
  text_printf(line, " | ");
  print_chain(machine, machine->stack, 0, line);
  return true;
}
