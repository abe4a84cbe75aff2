// SPDX-License-Identifier: MIT
//
// pascal_gen.c: types, routines and whole programs. See pascal_gen.h for what is promised of them; statements are in
// pascal_gen_statement.c, expressions in pascal_gen_expression.c.
#include "pascal_gen.h"

#include "fuzz_random.h"
#include "pascal_gen_int.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEVELS_MAX 3

unsigned pas_below(struct pas_generator *gen, unsigned limit) { return (unsigned)(fuzz_random(&gen->state) % limit); }
bool pas_one_in(struct pas_generator *gen, unsigned times) { return pas_below(gen, times) == 0; }
bool pas_mistake(struct pas_generator *gen) { return gen->options.mistakes && pas_one_in(gen, gen->options.mistakes); }

void pas_put(struct pas_generator *gen, const char *format, ...) {
  char text[200];
  va_list args;
  va_start(args, format);
  int length = vsnprintf(text, sizeof text, format, args);
  va_end(args);
  if (length < 0 || (size_t)length >= sizeof text) bytes_die("a generated piece is too long");
  bytes_add(gen->out, text, (size_t)length);
}

void pas_put_line_start(struct pas_generator *gen) { pas_put(gen, "%*s", (int)gen->indent * 2, ""); }

// ---- types ---------------------------------------------------------------------------------------------------------

const struct pas_type *pas_type_of_kind(const struct pas_generator *gen, enum pas_kind kind) {
  for (unsigned i = 0; i < gen->type_count; i++)
    if (gen->types[i].kind == kind) return &gen->types[i];
  bytes_die("no type of the kind");
}

const struct pas_type *pas_random_type(struct pas_generator *gen) {
  return &gen->types[pas_below(gen, pas_one_in(gen, 2) ? 6 : gen->type_count)];
}

static struct pas_type *add_type(struct pas_generator *gen, enum pas_kind kind, const char *name) {
  struct pas_type *type = &gen->types[gen->type_count++];
  *type = (struct pas_type){.kind = kind};
  snprintf(type->name, sizeof type->name, "%s", name);
  return type;
}

static void put_enum(struct pas_generator *gen) {
  struct pas_type *type = add_type(gen, PAS_ENUM, "hue");
  type->high = 2 + (int)pas_below(gen, 5);
  pas_put(gen, "  hue = (");
  for (int i = 0; i <= type->high; i++) pas_put(gen, i ? ", hue%d" : "hue%d", i);
  pas_put(gen, ");\n");
}

static void put_small(struct pas_generator *gen, const char *name, int low, int high) {
  struct pas_type *type = add_type(gen, PAS_SMALL, name);
  type->low = low;
  type->high = high;
  pas_put(gen, "  %s = %d .. %d;\n", name, low, high);
}

static void put_set(struct pas_generator *gen, const char *name, const struct pas_type *base) {
  struct pas_type *type = add_type(gen, PAS_SET, name);
  type->index = base;
  pas_put(gen, "  %s = set of %s;\n", name, base->name);
}

static void put_array(struct pas_generator *gen, unsigned number) {
  char name[12];
  snprintf(name, sizeof name, "arr%u", number);
  const struct pas_type *element = &gen->types[pas_below(gen, gen->type_count)];
  struct pas_type *type = add_type(gen, PAS_ARRAY, name);
  type->fields[0] = element;
  type->field_count = 1;
  if (pas_one_in(gen, 3)) {
    type->index = pas_type_of_kind(gen, pas_one_in(gen, 2) ? PAS_ENUM : PAS_SMALL);
    pas_put(gen, "  %s = array [%s] of %s;\n", name, type->index->name, element->name);
  } else {
    type->low = (int)pas_below(gen, 5) - 2;
    type->high = type->low + (int)pas_below(gen, 5);
    pas_put(gen, "  %s = array [%d .. %d] of %s;\n", name, type->low, type->high, element->name);
  }
}

static void put_record(struct pas_generator *gen, unsigned number) {
  char name[12];
  snprintf(name, sizeof name, "rec%u_", number);
  unsigned known = gen->type_count;
  struct pas_type *type = add_type(gen, PAS_RECORD, name);
  type->field_count = 1 + pas_below(gen, PAS_FIELDS_MAX);
  pas_put(gen, "  %s = record ", name);
  for (unsigned i = 0; i < type->field_count; i++) {
    type->fields[i] = &gen->types[pas_below(gen, known)];
    pas_put(gen, "%s%s%u: %s", i ? "; " : "", name, i, type->fields[i]->name);
  }
  pas_put(gen, " end;\n");
}

static void put_types(struct pas_generator *gen) {
  add_type(gen, PAS_INTEGER, "integer");
  add_type(gen, PAS_BOOLEAN, "boolean");
  add_type(gen, PAS_CHAR, "char");
  add_type(gen, PAS_REAL, "real");
  pas_put(gen, "type\n");
  put_small(gen, "small", -(int)pas_below(gen, 4), 3 + (int)pas_below(gen, 9));
  put_enum(gen);
  put_small(gen, "member", 0, 31);
  put_set(gen, "hues", pas_type_of_kind(gen, PAS_ENUM));
  put_set(gen, "members", &gen->types[6]);
  add_type(gen, PAS_STRING, "str");
  pas_put(gen, "  str = packed array [1 .. %d] of char;\n", PAS_STRING_LENGTH);
  for (unsigned i = 0; i < 6; i++) {
    if (pas_one_in(gen, 2))
      put_array(gen, i);
    else
      put_record(gen, i);
  }
}

// ---- declarations --------------------------------------------------------------------------------------------------

static struct pas_variable *add_variable(struct pas_generator *gen, const struct pas_type *type, const char *letter) {
  struct pas_variable *variable = &gen->variables[gen->variable_count];
  *variable = (struct pas_variable){.type = type, .assignable = true};
  // Now and then the name of an outer block's variable, which this one hides.
  const struct pas_variable *other = gen->block_start ? &gen->variables[pas_below(gen, gen->block_start)] : NULL;
  bool free = other && other->name[0] == 'v' && pas_one_in(gen, 6);
  for (unsigned i = gen->block_start; i < gen->variable_count && free; i++)
    free = strcmp(gen->variables[i].name, other->name) != 0;
  if (free)
    snprintf(variable->name, sizeof variable->name, "%s", other->name);
  else
    snprintf(variable->name, sizeof variable->name, "%s%u", letter, gen->next_name++);
  gen->variable_count++;
  return variable;
}

// Control variables of loops, and the block's own.
static void put_variables(struct pas_generator *gen, unsigned count) {
  pas_put_line_start(gen);
  pas_put(gen, "var k0_%u, k1_%u, k2_%u, k3_%u, k4_%u, k5_%u, k6_%u: integer; ", gen->level, gen->level, gen->level,
          gen->level, gen->level, gen->level, gen->level);
  pas_put(gen, "e0_%u, e1_%u, e2_%u, e3_%u, e4_%u, e5_%u, e6_%u: hue;\n", gen->level, gen->level, gen->level,
          gen->level, gen->level, gen->level, gen->level);
  for (unsigned i = 0; i < count; i++) {
    bool global = !gen->level && i < gen->type_count;
    const struct pas_variable *variable = add_variable(gen, global ? &gen->types[i] : pas_random_type(gen), "v");
    pas_put_line_start(gen);
    pas_put(gen, "    %s: %s;\n", variable->name, variable->type->name);
  }
}

static void put_initial_values(struct pas_generator *gen, unsigned from) {
  for (unsigned i = from; i < gen->variable_count; i++) {
    pas_put_line_start(gen);
    pas_initialise(gen, gen->variables[i].name, gen->variables[i].type, 0);
    pas_put(gen, ";\n");
  }
}

// ---- routines ------------------------------------------------------------------------------------------------------

static void choose_params(struct pas_generator *gen, struct pas_routine *routine) {
  const struct pas_type *integer = pas_type_of_kind(gen, PAS_INTEGER);
  routine->signature = PAS_NO_SIGNATURE;
  if (!routine->pure && pas_one_in(gen, 3)) {
    routine->signature = (enum pas_signature)pas_below(gen, PAS_SIGNATURES);
    routine->params[0] = (struct pas_param){.type = integer};
    routine->params[0].by_address = routine->signature == PAS_CHANGES_INTEGER;
    routine->param_count = 1;
    routine->result = routine->signature == PAS_GIVES_INTEGER ? integer : NULL;
    return;
  }
  routine->param_count = pas_below(gen, PAS_PARAMS_MAX + 1);
  for (unsigned i = 0; i < routine->param_count; i++) {
    struct pas_param *param = &routine->params[i];
    param->type = routine->pure ? &gen->types[pas_below(gen, 6)] : pas_random_type(gen);
    param->by_address = !routine->pure && pas_one_in(gen, 3);
    param->signature = (enum pas_signature)pas_below(gen, PAS_SIGNATURES);
    if (!routine->pure && pas_one_in(gen, 5)) param->type = NULL;
  }
  if (routine->pure || pas_one_in(gen, 2)) routine->result = &gen->types[pas_below(gen, 6)];
}

static void put_params(struct pas_generator *gen, const struct pas_routine *routine) {
  static const char *const forms[] = {"procedure %s(x: integer)", "function %s(x: integer): integer",
                                      "procedure %s(var x: integer)"};
  for (unsigned i = 0; i < routine->param_count; i++) {
    const struct pas_param *param = &routine->params[i];
    pas_put(gen, i ? "; " : "(");
    if (param->type) {
      const struct pas_variable *variable = add_variable(gen, param->type, "v");
      pas_put(gen, "%s%s: %s", param->by_address ? "var " : "", variable->name, param->type->name);
      continue;
    }
    struct pas_routine *formal = &gen->routines[gen->routine_count++];
    *formal = (struct pas_routine){.param_count = 1, .signature = param->signature};
    snprintf(formal->name, sizeof formal->name, "q%u", gen->next_name++);
    formal->params[0] = (struct pas_param){.type = pas_type_of_kind(gen, PAS_INTEGER)};
    formal->params[0].by_address = param->signature == PAS_CHANGES_INTEGER;
    if (param->signature == PAS_GIVES_INTEGER) formal->result = formal->params[0].type;
    char text[80];
    snprintf(text, sizeof text, forms[param->signature], formal->name);
    pas_put(gen, "%s", text);
  }
  if (routine->param_count) pas_put(gen, ")");
  if (routine->result) pas_put(gen, ": %s", routine->result->name);
  pas_put(gen, ";\n");
}

static void put_routines(struct pas_generator *gen, unsigned count);

static void put_routine_body(struct pas_generator *gen, const struct pas_routine *routine, unsigned locals) {
  pas_put_line_start(gen);
  pas_put(gen, "begin\n");
  gen->indent++;
  put_initial_values(gen, locals);
  if (routine->result) {
    pas_put_line_start(gen);
    pas_put(gen, "%s := ", routine->name);
    pas_literal(gen, routine->result);
    pas_put(gen, ";\n");
  }
  pas_put_line_start(gen);
  pas_put(gen, routine->pure ? "begin\n" : "fuel := fuel - 1; if fuel > 0 then begin\n");
  gen->indent++;
  unsigned left = gen->statements_left;
  gen->statements_left = 4 + pas_below(gen, 16);
  pas_statements(gen, gen->statements_left);
  gen->statements_left = left;
  if (routine->result) {
    pas_put_line_start(gen);
    pas_put(gen, "%s := ", routine->name);
    pas_expression(gen, routine->result, 3);
    pas_put(gen, "\n");
  }
  gen->indent -= 2;
  pas_put_line_start(gen);
  pas_put(gen, "  end\n");
  pas_put_line_start(gen);
  pas_put(gen, "end;\n");
}

// A routine with the routines inside of it. It can call itself, if it isn't pure.
static void put_routine_declaration(struct pas_generator *gen) {
  struct pas_routine routine = {.pure = pas_one_in(gen, 3)};
  unsigned variables = gen->variable_count, start = gen->block_start, first = gen->variable_first;
  choose_params(gen, &routine);
  snprintf(routine.name, sizeof routine.name, "%s%u", routine.pure ? "f" : "p", gen->next_name++);
  unsigned own = gen->routine_count;
  bool recursive = !routine.pure;
  if (recursive) gen->routines[gen->routine_count++] = routine;
  gen->block_start = gen->variable_count;
  if (routine.pure) gen->variable_first = gen->variable_count;
  gen->pure = routine.pure;
  pas_put_line_start(gen);
  pas_put(gen, "%s %s", routine.result ? "function" : "procedure", routine.name);
  put_params(gen, &routine);
  gen->level++;
  unsigned loops = gen->loop_depth, locals = gen->variable_count;
  gen->loop_depth = 0;
  put_variables(gen, routine.pure ? pas_below(gen, 3) : 1 + pas_below(gen, 4));
  gen->indent++;
  if (!routine.pure && gen->level < LEVELS_MAX) put_routines(gen, pas_below(gen, 3));
  gen->indent--;
  gen->pure = routine.pure;
  put_routine_body(gen, &routine, locals);
  gen->level--;
  gen->loop_depth = loops;
  gen->pure = false;
  gen->variable_count = variables;
  gen->block_start = start;
  gen->variable_first = first;
  gen->routine_count = own;
  gen->routines[gen->routine_count++] = routine;
}

static void put_routines(struct pas_generator *gen, unsigned count) {
  for (; count && gen->routine_count + 2 * PAS_PARAMS_MAX < PAS_ROUTINES_MAX; count--) {
    if (gen->variable_count + 40 > PAS_VARIABLES_MAX) break;
    put_routine_declaration(gen);
  }
}

// ---- programs ------------------------------------------------------------------------------------------------------

static const char prelude[] = "function w(x: integer): integer;\n"
                              "begin w := x mod 9973 end;\n"
                              "function lim(x: real): real;\n"
                              "begin while abs(x) > 900.0 do x := x / 64.0; lim := x end;\n";

void pas_program(uint64_t seed, const struct pas_options *options, struct bytes *out) {
  struct pas_generator *gen = bytes_need(1, sizeof *gen);
  *gen = (struct pas_generator){.out = out, .options = *options, .state = seed};
  pas_put(gen, "program fuzz%llu(output);\n", (unsigned long long)seed);
  put_types(gen);
  pas_put(gen, "var fuel, undefined, round_: integer;\n");
  gen->indent++;
  size_t at = out->length;
  put_variables(gen, gen->type_count + 6);
  memcpy(out->data + at, "     ", 5); // the second `var`
  gen->indent--;
  bytes_add_text(out, prelude);
  put_routines(gen, 3 + pas_below(gen, 5));
  unsigned rounds = options->rounds ? options->rounds : 1;
  pas_put(gen, "begin\n");
  put_initial_values(gen, 0);
  pas_put(gen, "for round_ := 1 to %u do begin\nfuel := %u;\n", rounds, 100 + pas_below(gen, 400));
  gen->statements_left = 20 + pas_below(gen, 60);
  pas_statements(gen, gen->statements_left);
  pas_put(gen, "end;\n");
  for (unsigned i = 0; i < gen->variable_count; i++) {
    pas_print(gen, gen->variables[i].name, gen->variables[i].type, 0);
    pas_put(gen, ";\n");
  }
  pas_put(gen, "end.\n");
  free(gen);
}
