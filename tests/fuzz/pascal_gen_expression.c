// SPDX-License-Identifier: MIT
//
// pascal_gen_expression.c: random expressions. Integers and reals are made from above: `limit` says how large the value
// may be, and operands get what leaves the result within it.
#include "pascal_gen_int.h"

#include <string.h>

#define INDICES_MAX 2 // indices that stand in indices, before those are constants

static void put_integer(struct pas_generator *gen, int limit, unsigned depth);
static void put_real(struct pas_generator *gen, int limit, unsigned depth);

// ---- variables -----------------------------------------------------------------------------------------------------

static bool holds(const struct pas_type *whole, const struct pas_type *part, enum pas_use use) {
  if (whole == part) return true;
  if (whole->kind == PAS_STRING) return part->kind == PAS_CHAR && use != PAS_ADDRESS;
  if (whole->kind != PAS_ARRAY && whole->kind != PAS_RECORD) return false;
  for (unsigned i = 0; i < whole->field_count; i++)
    if (holds(whole->fields[i], part, use)) return true;
  return false;
}

// A later variable of the same name hides an earlier one.
static bool is_visible(const struct pas_generator *gen, unsigned index) {
  if (index < gen->variable_first) return false;
  for (unsigned i = index + 1; i < gen->variable_count; i++)
    if (strcmp(gen->variables[i].name, gen->variables[index].name) == 0) return false;
  return true;
}

static void put_index(struct pas_generator *gen, const struct pas_type *array) {
  unsigned depth = gen->index_depth++ < INDICES_MAX;
  if (array->kind == PAS_STRING) {
    pas_within(gen, 1, PAS_STRING_LENGTH, depth);
  } else if (array->index && depth) {
    pas_expression(gen, array->index, 1);
  } else if (array->index) {
    pas_literal(gen, array->index);
  } else if (pas_mistake(gen)) {
    pas_put(gen, "w(%d)", array->high + 1);
  } else {
    pas_within(gen, array->low, array->high, depth);
  }
  gen->index_depth--;
}

// The way from a variable to a part of the type.
static void put_path(struct pas_generator *gen, const struct pas_type *whole, const struct pas_type *part,
                     enum pas_use use) {
  while (whole != part) {
    if (whole->kind == PAS_RECORD) {
      unsigned field = pas_below(gen, whole->field_count);
      while (!holds(whole->fields[field], part, use)) field = (field + 1) % whole->field_count;
      pas_put(gen, ".%s%u", whole->name, field);
      whole = whole->fields[field];
      continue;
    }
    pas_put(gen, "[");
    put_index(gen, whole);
    pas_put(gen, "]");
    whole = whole->kind == PAS_STRING ? part : whole->fields[0];
  }
}

bool pas_access(struct pas_generator *gen, const struct pas_type *type, enum pas_use use) {
  unsigned found = 0, chosen = 0;
  for (unsigned i = 0; i < gen->variable_count; i++) {
    const struct pas_variable *variable = &gen->variables[i];
    if (!is_visible(gen, i) || !holds(variable->type, type, use)) continue;
    if (use != PAS_READ && !variable->assignable) continue;
    found++;
    if (pas_below(gen, found) == 0) chosen = i;
  }
  if (!found) return false;
  struct pas_variable variable = gen->variables[chosen];
  pas_put(gen, "%s", variable.name);
  put_path(gen, variable.type, type, use);
  return true;
}

const struct pas_variable *pas_pick_variable(struct pas_generator *gen, const struct pas_type *type) {
  const struct pas_variable *chosen = NULL;
  unsigned found = 0;
  for (unsigned i = 0; i < gen->variable_count; i++) {
    const struct pas_variable *variable = &gen->variables[i];
    if (variable->type != type || !variable->assignable || !is_visible(gen, i)) continue;
    found++;
    if (pas_below(gen, found) == 0) chosen = variable;
  }
  return chosen;
}

// A call of a function without side effects. False when there is none.
static bool put_pure_call(struct pas_generator *gen, const struct pas_type *type, unsigned depth) {
  const struct pas_routine *chosen = NULL;
  unsigned found = 0;
  for (unsigned i = 0; i < gen->routine_count; i++) {
    const struct pas_routine *routine = &gen->routines[i];
    if (!routine->pure || routine->result != type) continue;
    found++;
    if (pas_below(gen, found) == 0) chosen = routine;
  }
  if (!chosen) return false;
  pas_put(gen, "%s", chosen->name);
  for (unsigned i = 0; i < chosen->param_count; i++) {
    pas_put(gen, i ? ", " : "(");
    pas_expression(gen, chosen->params[i].type, depth - 1);
  }
  pas_put(gen, chosen->param_count ? ")" : "");
  return true;
}

// ---- simple types --------------------------------------------------------------------------------------------------

void pas_literal(struct pas_generator *gen, const struct pas_type *type) {
  switch (type->kind) {
  case PAS_INTEGER: pas_put(gen, "%u", pas_below(gen, pas_one_in(gen, 4) ? VALUE_MAX : 20)); break;
  case PAS_BOOLEAN: pas_put(gen, pas_one_in(gen, 2) ? "true" : "false"); break;
  case PAS_CHAR: pas_put(gen, "'%c'", 'a' + (int)pas_below(gen, 26)); break;
  case PAS_REAL: pas_put(gen, "%u.%u", pas_below(gen, 100), 125 * pas_below(gen, 8)); break;
  case PAS_SMALL: pas_put(gen, "%d", type->low + (int)pas_below(gen, (unsigned)(type->high - type->low + 1))); break;
  case PAS_ENUM: pas_put(gen, "%s%u", type->name, pas_below(gen, (unsigned)type->high + 1)); break;
  case PAS_SET: pas_put(gen, "[]"); break;
  default:
    pas_put(gen, "'");
    for (unsigned i = 0; i < PAS_STRING_LENGTH; i++) pas_put(gen, "%c", 'a' + (int)pas_below(gen, 6));
    pas_put(gen, "'");
  }
}

void pas_within(struct pas_generator *gen, int low, int high, unsigned depth) {
  if (!depth || pas_one_in(gen, 4)) {
    pas_put(gen, "%d", low + (int)pas_below(gen, (unsigned)(high - low + 1)));
    return;
  }
  pas_put(gen, low < 0 ? "(" : low ? "%d + (" : "(", low);
  put_integer(gen, 100000, depth - 1);
  pas_put(gen, ") mod %d", high - low + 1);
  if (low < 0) pas_put(gen, " - %d", -low);
}

static void put_pair(struct pas_generator *gen, int limit, const char *operator, int other, unsigned depth) {
  pas_put(gen, "(");
  put_integer(gen, limit, depth);
  pas_put(gen, " %s ", operator);
  put_integer(gen, other, depth);
  pas_put(gen, ")");
}

// An integer that isn't computed.
static void put_integer_leaf(struct pas_generator *gen, int limit) {
  const struct pas_type *integer = pas_type_of_kind(gen, PAS_INTEGER);
  if (limit < VALUE_MAX)
    pas_put(gen, "%u", pas_below(gen, (unsigned)limit + 1));
  else if (pas_one_in(gen, 4) || !pas_access(gen, integer, PAS_READ))
    pas_literal(gen, integer);
}

static void put_ordinal(struct pas_generator *gen, unsigned depth) {
  static const enum pas_kind kinds[] = {PAS_BOOLEAN, PAS_CHAR, PAS_ENUM, PAS_SMALL};
  pas_put(gen, "ord(");
  pas_expression(gen, pas_type_of_kind(gen, kinds[pas_below(gen, 4)]), depth);
  pas_put(gen, ")");
}

// A function of an integer or real whose value is of the same size.
static void put_integer_function(struct pas_generator *gen, int limit, unsigned depth) {
  static const char *const starts[] = {"abs(", "(-", "succ(", "pred(", "trunc(", "round("};
  unsigned which = pas_below(gen, 6);
  pas_put(gen, "%s", starts[which]);
  if (which >= 4)
    put_real(gen, limit - 1, depth);
  else
    put_integer(gen, limit - 1, depth);
  pas_put(gen, ")");
}

static void put_division(struct pas_generator *gen, int limit, unsigned depth) {
  bool rest = pas_one_in(gen, 2);
  pas_put(gen, "(");
  put_integer(gen, rest || limit > 10000 ? 2000000000 : limit * 5, depth);
  if (pas_mistake(gen))
    pas_put(gen, rest ? " mod w(0))" : " div w(0))");
  else if (rest)
    pas_put(gen, " mod %u)", 1 + pas_below(gen, (unsigned)limit));
  else
    pas_put(gen, " div %u)",
            limit > 10000 ? 2000000000u / (unsigned)limit + 1 + pas_below(gen, 9) : 5 + pas_below(gen, 9));
}

static void put_integer(struct pas_generator *gen, int limit, unsigned depth) {
  if (!depth || limit < 130) {
    put_integer_leaf(gen, limit);
    return;
  }
  int factor = 1 + (int)pas_below(gen, limit > 1000000 ? 2 * VALUE_MAX : 12);
  switch (pas_below(gen, 12)) {
  case 0:
  case 1: put_pair(gen, limit / 2, "+", limit / 2, depth - 1); break;
  case 2:
  case 3: put_pair(gen, limit / 2, "-", limit / 2, depth - 1); break;
  case 4: put_pair(gen, factor, "*", limit / factor, depth - 1); break;
  case 5: put_division(gen, limit, depth - 1); break;
  case 6: put_integer_function(gen, limit, depth - 1); break;
  case 7: put_ordinal(gen, depth - 1); break;
  case 8:
    pas_put(gen, limit < VALUE_MAX ? "(w(" : "w(");
    put_integer(gen, 2000000000, depth - 1);
    pas_put(gen, limit < VALUE_MAX ? ") mod %d)" : ")", limit);
    break;
  case 9:
    if (limit >= VALUE_MAX && put_pure_call(gen, pas_type_of_kind(gen, PAS_INTEGER), depth)) break;
    [[fallthrough]];
  default: put_integer_leaf(gen, limit);
  }
}

static void put_real_leaf(struct pas_generator *gen, int limit) {
  const struct pas_type *real = pas_type_of_kind(gen, PAS_REAL);
  if (limit < VALUE_MAX)
    pas_put(gen, "%u.%u", pas_below(gen, (unsigned)limit), 125 * pas_below(gen, 8));
  else if (pas_one_in(gen, 4) || !pas_access(gen, real, PAS_READ))
    pas_literal(gen, real);
}

static void put_real(struct pas_generator *gen, int limit, unsigned depth) {
  if (!depth || limit < 10) {
    put_real_leaf(gen, limit);
    return;
  }
  const char *end = ")";
  switch (pas_below(gen, 9)) {
  case 0:
  case 1:
    pas_put(gen, "(");
    put_real(gen, limit / 2, depth - 1);
    pas_put(gen, pas_one_in(gen, 2) ? " + " : " - ");
    put_real(gen, limit / 2, depth - 1);
    break;
  case 2:
    pas_put(gen, "(");
    put_real(gen, limit / 8, depth - 1);
    pas_put(gen, " * ");
    put_real(gen, 8, depth - 1);
    break;
  case 3: // a variable is divided: compilers fold constants with more digits than reals have
    if (limit < VALUE_MAX || !pas_access(gen, pas_type_of_kind(gen, PAS_REAL), PAS_READ)) pas_put(gen, "lim(1.0)");
    pas_put(gen, " / (1.0 + abs(");
    put_real(gen, limit, depth - 1);
    end = pas_mistake(gen) ? ") * w(0) * 0.0)" : "))";
    break;
  case 4:
    pas_put(gen, "sqrt(abs(");
    put_real(gen, limit, depth - 1);
    end = "))";
    break;
  case 5:
    pas_put(gen, "(0.5 + ");
    put_integer(gen, limit / 2, depth - 1);
    break;
  case 6:
    pas_put(gen, limit < 1000 ? "(0.125 * " : "lim(");
    put_real(gen, limit < 1000 ? limit : 1000000, depth - 1);
    break;
  default: put_real_leaf(gen, limit); end = "";
  }
  pas_put(gen, "%s", end);
}

static void put_comparison(struct pas_generator *gen, unsigned depth) {
  static const char *const operators[] = {"=", "<>", "<=", ">=", "<", ">"};
  const struct pas_type *type = pas_random_type(gen);
  while (type->kind >= PAS_ARRAY) type = pas_random_type(gen);
  pas_put(gen, "(");
  pas_expression(gen, type, depth);
  pas_put(gen, " %s ", operators[pas_below(gen, type->kind == PAS_SET ? 4 : 6)]);
  pas_expression(gen, type, depth);
  pas_put(gen, ")");
}

static void put_boolean(struct pas_generator *gen, unsigned depth) {
  const struct pas_type *boolean = pas_type_of_kind(gen, PAS_BOOLEAN);
  const struct pas_type *set = pas_random_type(gen);
  switch (depth ? pas_below(gen, 9) : 8) {
  case 0:
  case 1:
  case 2: put_comparison(gen, depth - 1); break;
  case 3:
    pas_put(gen, "(");
    put_boolean(gen, depth - 1);
    pas_put(gen, pas_one_in(gen, 2) ? " and " : " or ");
    put_boolean(gen, depth - 1);
    pas_put(gen, ")");
    break;
  case 4:
    pas_put(gen, "not ");
    put_boolean(gen, depth - 1);
    break;
  case 5:
    pas_put(gen, "odd(");
    put_integer(gen, 100000, depth - 1);
    pas_put(gen, ")");
    break;
  case 6:
    while (set->kind != PAS_SET) set = pas_random_type(gen);
    pas_put(gen, "(");
    pas_expression(gen, set->index, depth - 1);
    pas_put(gen, " in ");
    pas_expression(gen, set, depth - 1);
    pas_put(gen, ")");
    break;
  case 7:
    if (put_pure_call(gen, boolean, depth)) break;
    [[fallthrough]];
  default:
    if (pas_one_in(gen, 5) || !pas_access(gen, boolean, PAS_READ)) pas_literal(gen, boolean);
  }
}

static void put_char(struct pas_generator *gen, const struct pas_type *type, unsigned depth) {
  if (depth && pas_one_in(gen, 4)) {
    pas_put(gen, pas_mistake(gen) ? "chr(w(300) + (" : "chr(ord('a') + (");
    put_integer(gen, 10000, depth - 1);
    pas_put(gen, ") mod 26)");
  } else if (pas_one_in(gen, 4) || !pas_access(gen, type, PAS_READ)) {
    pas_literal(gen, type);
  }
}

// A constructor that every compiler takes.
static void put_plain_members(struct pas_generator *gen, const struct pas_type *base, unsigned depth) {
  const char *name = base->kind == PAS_ENUM ? base->name : "";
  int middle = base->low + (int)pas_below(gen, (unsigned)(base->high - base->low));
  if (pas_one_in(gen, 3))
    pas_put(gen, "%s%d .. %s%d", name, middle, name, middle + 1);
  else if (pas_one_in(gen, 2))
    pas_expression(gen, base, depth);
}

static void put_members(struct pas_generator *gen, const struct pas_type *base, unsigned depth) {
  for (unsigned i = pas_below(gen, 4); i; i--) {
    pas_expression(gen, base, depth);
    if (pas_one_in(gen, 3)) {
      pas_put(gen, " .. ");
      pas_expression(gen, base, depth);
    }
    if (i > 1) pas_put(gen, ", ");
  }
}

static void put_set(struct pas_generator *gen, const struct pas_type *type, unsigned depth) {
  if (depth && pas_one_in(gen, 3)) {
    static const char operators[] = "+-*";
    pas_put(gen, "(");
    put_set(gen, type, depth - 1);
    pas_put(gen, " %c ", operators[pas_below(gen, 3)]);
    put_set(gen, type, depth - 1);
    pas_put(gen, ")");
  } else if (pas_one_in(gen, 2) || !pas_access(gen, type, PAS_READ)) {
    pas_put(gen, "[");
    if (gen->options.plain_sets)
      put_plain_members(gen, type->index, depth ? depth - 1 : 0);
    else
      put_members(gen, type->index, depth ? depth - 1 : 0);
    pas_put(gen, "]");
  }
}

void pas_expression(struct pas_generator *gen, const struct pas_type *type, unsigned depth) {
  switch (type->kind) {
  case PAS_INTEGER:
    if (pas_mistake(gen) && !gen->pure && pas_one_in(gen, 4))
      pas_put(gen, "undefined");
    else
      put_integer(gen, VALUE_MAX, depth);
    break;
  case PAS_BOOLEAN: put_boolean(gen, depth); break;
  case PAS_CHAR: put_char(gen, type, depth); break;
  case PAS_REAL: put_real(gen, VALUE_MAX, depth); break;
  case PAS_SMALL:
    if (pas_mistake(gen))
      pas_put(gen, "w(%d)", type->high + 1);
    else if (pas_one_in(gen, 2) || !pas_access(gen, type, PAS_READ))
      pas_within(gen, type->low, type->high, depth);
    break;
  case PAS_ENUM:
    if (pas_mistake(gen))
      pas_put(gen, "succ(%s%d)", type->name, type->high);
    else if (pas_one_in(gen, 4) || !pas_access(gen, type, PAS_READ))
      pas_literal(gen, type);
    break;
  case PAS_SET: put_set(gen, type, depth); break;
  case PAS_STRING:
    if (pas_one_in(gen, 3) || !pas_access(gen, type, PAS_READ)) pas_literal(gen, type);
    break;
  default: pas_access(gen, type, PAS_READ); // there is one: pas_program sees to that
  }
}
