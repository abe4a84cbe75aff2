// SPDX-License-Identifier: MIT
//
// pascal_gen_statement.c: random statements. Each is written with its semicolon. A loop's control variable is one that
// the block has for this depth of loops; it can be read inside of the loop only, where it is among the variables.
#include "pascal_gen_int.h"

#include <stdio.h>
#include <string.h>

#define LOOPS_MAX 3 // control variables of a block

static void put_block(struct pas_generator *gen, unsigned count) {
  pas_put(gen, "begin\n");
  gen->indent++;
  pas_statements(gen, count);
  gen->indent--;
  pas_put_line_start(gen);
  pas_put(gen, "end");
}

// ---- assignments and calls -----------------------------------------------------------------------------------------

static void put_assignment(struct pas_generator *gen) {
  const struct pas_type *type = pas_random_type(gen);
  if (type->kind >= PAS_ARRAY && (gen->pure || pas_one_in(gen, 2))) type = pas_type_of_kind(gen, PAS_INTEGER);
  size_t start = gen->out->length;
  pas_put_line_start(gen);
  if (!pas_access(gen, type, PAS_ASSIGN)) {
    gen->out->length = start;
    return;
  }
  pas_put(gen, " := ");
  pas_expression(gen, type, 3);
  pas_put(gen, ";\n");
}

static bool can_pass(const struct pas_generator *gen, const struct pas_routine *routine, enum pas_signature signature) {
  return !gen->pure && routine->signature == signature;
}

// The name of a routine of the signature.
static bool put_routine(struct pas_generator *gen, enum pas_signature signature) {
  const struct pas_routine *chosen = NULL;
  unsigned found = 0;
  for (unsigned i = 0; i < gen->routine_count; i++) {
    if (!can_pass(gen, &gen->routines[i], signature)) continue;
    found++;
    if (pas_below(gen, found) == 0) chosen = &gen->routines[i];
  }
  if (chosen) pas_put(gen, "%s", chosen->name);
  return chosen != NULL;
}

static bool put_argument(struct pas_generator *gen, const struct pas_param *param) {
  if (!param->type) return put_routine(gen, param->signature);
  if (param->by_address) return pas_access(gen, param->type, PAS_ADDRESS);
  if (param->type->kind >= PAS_ARRAY) return pas_access(gen, param->type, PAS_READ);
  pas_expression(gen, param->type, 2);
  return true;
}

// A procedure, or a function whose value is assigned to an entire variable. Nothing when an argument can't be had.
static void put_call(struct pas_generator *gen) {
  if (gen->pure || !gen->routine_count) return;
  const struct pas_routine *routine = &gen->routines[pas_below(gen, gen->routine_count)];
  size_t start = gen->out->length;
  bool good = true;
  pas_put_line_start(gen);
  if (routine->result) {
    const struct pas_variable *variable = pas_pick_variable(gen, routine->result);
    if (variable) pas_put(gen, "%s := ", variable->name);
    good = variable != NULL;
  }
  pas_put(gen, "%s", routine->name);
  for (unsigned i = 0; i < routine->param_count && good; i++) {
    pas_put(gen, i ? ", " : "(");
    good = put_argument(gen, &routine->params[i]);
  }
  pas_put(gen, routine->param_count ? ");\n" : ";\n");
  if (!good) gen->out->length = start;
}

// ---- structured statements -----------------------------------------------------------------------------------------

static void put_if(struct pas_generator *gen) {
  pas_put_line_start(gen);
  pas_put(gen, "if ");
  pas_expression(gen, pas_type_of_kind(gen, PAS_BOOLEAN), 3);
  pas_put(gen, " then ");
  put_block(gen, 1 + pas_below(gen, 3));
  if (pas_one_in(gen, 2)) {
    pas_put(gen, " else ");
    put_block(gen, 1 + pas_below(gen, 3));
  }
  pas_put(gen, ";\n");
}

static void put_loop(struct pas_generator *gen) {
  const char *down = pas_one_in(gen, 3) ? "downto" : "to";
  if (gen->loop_depth == LOOPS_MAX || gen->variable_count == PAS_VARIABLES_MAX) return;
  struct pas_variable *control = &gen->variables[gen->variable_count];
  bool over_enum = pas_one_in(gen, 4);
  *control = (struct pas_variable){.type = pas_type_of_kind(gen, over_enum ? PAS_ENUM : PAS_INTEGER)};
  snprintf(control->name, sizeof control->name, "%s%u_%u", over_enum ? "e" : "k", gen->loop_depth, gen->level);
  pas_put_line_start(gen);
  pas_put(gen, "for %s := ", control->name);
  for (int i = 0; i < 2; i++) {
    if (over_enum)
      pas_expression(gen, control->type, 1);
    else
      pas_within(gen, -2, 4, 1);
    pas_put(gen, i ? " do " : " %s ", down);
  }
  gen->variable_count++;
  gen->loop_depth++;
  put_block(gen, 1 + pas_below(gen, 3));
  gen->loop_depth--;
  gen->variable_count--;
  pas_put(gen, ";\n");
}

// Loops that a condition ends, or the fuel.
static void put_while(struct pas_generator *gen) {
  if (gen->pure || gen->loop_depth == LOOPS_MAX) return;
  bool repeats = pas_one_in(gen, 2);
  gen->loop_depth++; // no control variable, but as deep
  pas_put_line_start(gen);
  if (!repeats) {
    pas_put(gen, "while (fuel > 0) and ");
    pas_expression(gen, pas_type_of_kind(gen, PAS_BOOLEAN), 3);
    pas_put(gen, " do begin fuel := fuel - 7;\n");
  } else {
    pas_put(gen, "repeat fuel := fuel - 7;\n");
  }
  gen->indent++;
  pas_statements(gen, 1 + pas_below(gen, 3));
  gen->indent--;
  pas_put_line_start(gen);
  pas_put(gen, repeats ? "until (fuel <= 0) or " : "end");
  if (repeats) pas_expression(gen, pas_type_of_kind(gen, PAS_BOOLEAN), 3);
  pas_put(gen, ";\n");
  gen->loop_depth--;
}

static void put_case(struct pas_generator *gen) {
  const struct pas_type *type = pas_type_of_kind(gen, pas_one_in(gen, 2) ? PAS_ENUM : PAS_SMALL);
  int missing = pas_mistake(gen) ? type->low : -1000;
  pas_put_line_start(gen);
  pas_put(gen, "case ");
  pas_expression(gen, type, 2);
  pas_put(gen, " of\n");
  for (int at = type->low; at <= type->high;) {
    pas_put_line_start(gen);
    for (int count = 1 + (int)pas_below(gen, 3); count && at <= type->high; count--, at++) {
      if (at == missing && at < type->high) at++;
      pas_put(gen, type->kind == PAS_ENUM ? "%s%d" : "%.0s%d", type->name, at);
      if (count > 1 && at < type->high) pas_put(gen, ", ");
    }
    pas_put(gen, ": ");
    put_block(gen, 1 + pas_below(gen, 2));
    pas_put(gen, ";\n");
  }
  pas_put_line_start(gen);
  pas_put(gen, "end;\n");
}

static void put_with(struct pas_generator *gen) {
  const struct pas_type *type = NULL;
  for (unsigned i = 0; i < gen->type_count; i++)
    if (gen->types[i].kind == PAS_RECORD && (!type || pas_one_in(gen, 2))) type = &gen->types[i];
  if (!type || gen->variable_count + PAS_FIELDS_MAX > PAS_VARIABLES_MAX) return;
  size_t start = gen->out->length;
  pas_put_line_start(gen);
  pas_put(gen, "with ");
  if (!pas_access(gen, type, PAS_ASSIGN)) {
    gen->out->length = start;
    return;
  }
  for (unsigned i = 0; i < type->field_count; i++) {
    struct pas_variable *field = &gen->variables[gen->variable_count++];
    *field = (struct pas_variable){.type = type->fields[i], .assignable = true};
    snprintf(field->name, sizeof field->name, "%s%u", type->name, i);
  }
  pas_put(gen, " do ");
  put_block(gen, 2);
  gen->variable_count -= type->field_count;
  pas_put(gen, ";\n");
}

static void put_output(struct pas_generator *gen) {
  if (gen->pure) return;
  pas_put_line_start(gen);
  pas_put(gen, "if fuel > 0 then begin fuel := fuel - 1; writeln(");
  pas_expression(gen, pas_type_of_kind(gen, PAS_INTEGER), 3);
  pas_put(gen, ":1, ' ', ");
  pas_expression(gen, pas_type_of_kind(gen, PAS_CHAR), 2);
  pas_put(gen, ") end;\n");
}

static void put_statement(struct pas_generator *gen) {
  switch (pas_below(gen, 16)) {
  case 0:
  case 1: put_if(gen); break;
  case 2:
  case 3: put_loop(gen); break;
  case 4: put_while(gen); break;
  case 5: put_case(gen); break;
  case 6: put_with(gen); break;
  case 7:
  case 8:
  case 9: put_call(gen); break;
  case 10: put_output(gen); break;
  default: put_assignment(gen);
  }
}

void pas_statements(struct pas_generator *gen, unsigned count) {
  if (!gen->statements_left) put_assignment(gen); // a block is not empty for that
  for (; count && gen->statements_left; count--) {
    gen->statements_left--;
    put_statement(gen);
  }
}

// ---- whole variables -----------------------------------------------------------------------------------------------

// A loop over an array's indices, and the path of the element.
static void put_element_loop(struct pas_generator *gen, const char *path, const struct pas_type *type, unsigned depth,
                             struct bytes *element) {
  const struct pas_type *index = type->index;
  bool is_enum = index && index->kind == PAS_ENUM;
  const char *control = is_enum ? "e" : "k";
  pas_put(gen, "for %s%u_%u := ", control, depth, gen->level);
  if (is_enum)
    pas_put(gen, "%s%d to %s%d do ", index->name, index->low, index->name, index->high);
  else
    pas_put(gen, "%d to %d do ", index ? index->low : type->low, index ? index->high : type->high);
  bytes_printf(element, "%s[%s%u_%u]", path, control, depth, gen->level);
}

void pas_initialise(struct pas_generator *gen, const char *path, const struct pas_type *type, unsigned depth) {
  struct bytes part = {0};
  if (type->kind == PAS_ARRAY) {
    put_element_loop(gen, path, type, depth, &part);
    pas_put(gen, "begin ");
    pas_initialise(gen, part.data, type->fields[0], depth + 1);
    pas_put(gen, " end");
  } else if (type->kind == PAS_RECORD) {
    for (unsigned i = 0; i < type->field_count; i++) {
      part.length = 0;
      bytes_printf(&part, "%s.%s%u", path, type->name, i);
      if (i) pas_put(gen, "; ");
      pas_initialise(gen, part.data, type->fields[i], depth);
    }
  } else {
    bytes_add_text(gen->out, path);
    pas_put(gen, " := ");
    pas_literal(gen, type);
  }
  bytes_fini(&part);
}

// The members of a set as a row of digits.
static void put_members(struct pas_generator *gen, const char *path, const struct pas_type *base, unsigned depth) {
  bool is_enum = base->kind == PAS_ENUM;
  const char *name = is_enum ? base->name : "";
  char control[12];
  snprintf(control, sizeof control, "%s%u_%u", is_enum ? "e" : "k", depth, gen->level);
  pas_put(gen, "for %s := %s%d to %s%d do if %s in ", control, name, base->low, name, base->high, control);
  bytes_add_text(gen->out, path);
  pas_put(gen, " then write('1') else write('0'); writeln");
}

void pas_print(struct pas_generator *gen, const char *path, const struct pas_type *type, unsigned depth) {
  static const char *const forms[] = {"writeln(%s:1)", "writeln(ord(%s):1)",
                                      "writeln(%s)",   "writeln(trunc(1000 * %s):1)",
                                      "writeln(%s:1)", "writeln(ord(%s):1)"};
  struct bytes part = {0};
  if (type->kind == PAS_ARRAY) {
    put_element_loop(gen, path, type, depth, &part);
    pas_put(gen, "begin ");
    pas_print(gen, part.data, type->fields[0], depth + 1);
    pas_put(gen, " end");
  } else if (type->kind == PAS_RECORD) {
    for (unsigned i = 0; i < type->field_count; i++) {
      part.length = 0;
      bytes_printf(&part, "%s.%s%u", path, type->name, i);
      if (i) pas_put(gen, "; ");
      pas_print(gen, part.data, type->fields[i], depth);
    }
  } else if (type->kind == PAS_SET) {
    put_members(gen, path, type->index, depth);
  } else {
    const char *form = type->kind == PAS_STRING ? "writeln(%s)" : forms[type->kind];
    const char *hole = strstr(form, "%s");
    bytes_add(gen->out, form, (size_t)(hole - form));
    bytes_add_text(gen->out, path);
    bytes_add_text(gen->out, hole + 2);
  }
  bytes_fini(&part);
}
