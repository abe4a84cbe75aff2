// SPDX-License-Identifier: MIT
//
// mitscript_gen.c: random statements, functions and whole programs. See mitscript_gen.h for what is promised of them,
// mitscript_gen_expression.c for expressions.
//
// Scopes follow the language: an assignment anywhere in a function makes a name local to all of it. So that the
// generator's knowledge stays true, a name that an outer function has is taken again only at the start of a function
// (a parameter, a first local, a global declaration), and a variable made in a block is forgotten at the block's end,
// where it may be None.
#include "mitscript_gen.h"

#include "fuzz_random.h"
#include "mitscript_gen_int.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct type type_int = {KIND_INT, 0}, type_bool = {KIND_BOOL, 0}, type_string = {KIND_STRING, 0};

unsigned gen_below(struct generator *gen, unsigned limit) { return (unsigned)(fuzz_random(&gen->state) % limit); }
bool gen_one_in(struct generator *gen, unsigned times) { return gen_below(gen, times) == 0; }

void gen_put(struct generator *gen, const char *format, ...) {
  char text[200];
  va_list args;
  va_start(args, format);
  int length = vsnprintf(text, sizeof text, format, args);
  va_end(args);
  if (length < 0 || (size_t)length >= sizeof text) bytes_die("a generated piece is too long");
  bytes_add(gen->out, text, (size_t)length);
}

static void put_line_start(struct generator *gen) { gen_put(gen, "%*s", (int)gen->indent * 2, ""); }

// ---- types ------------------------------------------------------------------------------------------------------

bool gen_same_type(struct type a, struct type b) {
  return a.kind == b.kind && (a.detail == b.detail || (a.kind != KIND_RECORD && a.kind != KIND_FUNCTION));
}

struct type gen_random_type(struct generator *gen, bool functions) {
  static const enum kind kinds[] = {KIND_INT,    KIND_INT,    KIND_BOOL,  KIND_STRING, KIND_STRING,
                                    KIND_RECORD, KIND_RECORD, KIND_ARRAY, KIND_DICT,   KIND_FUNCTION};
  enum kind kind = kinds[gen_below(gen, functions ? 10 : 9)];
  unsigned detail = kind == KIND_RECORD     ? gen_below(gen, RECORD_TYPES)
                    : kind == KIND_FUNCTION ? gen_below(gen, SIGNATURES)
                                            : 0;
  return (struct type){kind, detail};
}

unsigned gen_type_length(const struct generator *gen, struct type type) {
  switch (type.kind) {
  case KIND_STRING: return LENGTH_VALUE;
  case KIND_RECORD: return gen->records[type.detail].length;
  case KIND_ARRAY: return 8 * 16; // "7:-2147483648 "
  case KIND_DICT: return 12 * 20; // 6 keys, as text and as number
  default: return 12;
  }
}

static void make_types(struct generator *gen) {
  for (unsigned i = 0; i < RECORD_TYPES; i++) {
    struct record_type *record = &gen->records[i];
    record->field_count = 1 + gen_below(gen, FIELDS_MAX);
    record->length = 4;
    for (unsigned k = 0; k < record->field_count; k++) {
      struct type type = gen_random_type(gen, false);
      if (type.kind == KIND_RECORD) type = i ? (struct type){KIND_RECORD, gen_below(gen, i)} : type_int;
      record->fields[k] = type;
      record->length += 5 + gen_type_length(gen, type);
    }
    if (record->length > LENGTH_EXPRESSION / 2) { // too deep for printing often
      record->fields[0] = type_int;
      record->field_count = 1;
      record->length = 20;
    }
  }
  for (unsigned i = 0; i < SIGNATURES; i++) {
    struct signature *signature = &gen->signatures[i];
    signature->param_count = gen_below(gen, PARAMS_MAX + 1);
    for (unsigned k = 0; k < signature->param_count; k++) signature->params[k] = gen_random_type(gen, false);
    signature->result = gen_random_type(gen, false);
    // Functions that take and return functions: their signatures have lower numbers.
    if (i && gen_one_in(gen, 3)) signature->result = (struct type){KIND_FUNCTION, gen_below(gen, i)};
    if (i && signature->param_count && gen_one_in(gen, 3))
      signature->params[0] = (struct type){KIND_FUNCTION, gen_below(gen, i)};
  }
}

// ---- variables --------------------------------------------------------------------------------------------------

static struct variable *find_own(struct function_scope *scope, const char *name) {
  for (unsigned i = scope->count; i > 0; i--)
    if (strcmp(scope->variables[i - 1].name, name) == 0) return &scope->variables[i - 1];
  return NULL;
}

const struct variable *gen_lookup(const struct generator *gen, const char *name) {
  for (struct function_scope *scope = gen->scope; scope; scope = scope->outer) {
    const struct variable *found = find_own(scope, name);
    if (found) return found;
  }
  return NULL;
}

const struct variable *gen_pick_variable(struct generator *gen, struct type type) {
  const struct variable *picked = NULL;
  unsigned seen = 0;
  for (struct function_scope *scope = gen->scope; scope; scope = scope->outer)
    for (unsigned i = 0; i < scope->count; i++) {
      const struct variable *variable = &scope->variables[i];
      if (!gen_same_type(variable->type, type) || gen_lookup(gen, variable->name) != variable) continue;
      if (gen_one_in(gen, ++seen)) picked = variable; // each is equally likely in the end
    }
  return picked;
}

static struct variable *add_variable(struct generator *gen, const char *name, struct type type) {
  struct function_scope *scope = gen->scope;
  struct variable *variable = find_own(scope, name);
  if (!variable) {
    if (scope->count == VARIABLES_MAX) bytes_die("a generated function has too many variables");
    variable = &scope->variables[scope->count++];
  }
  *variable = (struct variable){.type = type, .length = gen_type_length(gen, type), .assignable = true};
  snprintf(variable->name, sizeof variable->name, "%s", name);
  return variable;
}

static void fresh_name(struct generator *gen, char *name, size_t size) {
  snprintf(name, size, "v%u", ++gen->next_name);
}

// A name for a function's parameter or first local: often one that an outer function uses.
static void start_name(struct generator *gen, char *name, size_t size) {
  fresh_name(gen, name, size);
  const struct function_scope *outer = gen->scope->outer;
  if (!outer || outer->count == 0 || gen_one_in(gen, 2)) return;
  const struct variable *taken = &outer->variables[gen_below(gen, outer->count)];
  bool special = taken->counter || taken->name[0] != 'v' || strcmp(taken->name, gen->scope->self) == 0;
  if (!special && !find_own(gen->scope, taken->name)) snprintf(name, size, "%s", taken->name);
}

// ---- statements -------------------------------------------------------------------------------------------------

static void put_statements(struct generator *gen, unsigned count);

static void put_block(struct generator *gen, unsigned count) {
  unsigned before = gen->scope->count;
  gen_put(gen, "{\n");
  gen->indent++;
  put_statements(gen, count);
  gen->indent--;
  put_line_start(gen);
  gen_put(gen, "}");
  gen->scope->count = before; // what was made in the block may be None after it
}

static void put_new_variable(struct generator *gen) {
  char name[12];
  fresh_name(gen, name, sizeof name);
  if (gen->scope->count + 8 > VARIABLES_MAX) return;
  struct type type = gen_random_type(gen, true);
  put_line_start(gen);
  gen_put(gen, "%s = ", name);
  unsigned length = gen_type_length(gen, type);
  if (type.kind == KIND_FUNCTION && gen->function_depth < 3)
    gen_function(gen, type.detail, name);
  else
    length = gen_expression_within(gen, type, 3, LENGTH_EXPRESSION);
  gen_put(gen, ";\n");
  struct variable *variable = add_variable(gen, name, type);
  if (length > variable->length) variable->length = length;
}

// Assigns to a variable of the current function, keeping its type; strings may grow, but only by themselves.
static void put_assignment(struct generator *gen) {
  struct function_scope *scope = gen->scope;
  if (scope->count == 0) return;
  struct variable *variable = &scope->variables[gen_below(gen, scope->count)];
  if (!variable->assignable || variable->counter || find_own(scope, variable->name) != variable) return;
  put_line_start(gen);
  gen_put(gen, "%s = ", variable->name);
  if (variable->type.kind == KIND_STRING && gen_one_in(gen, 3)) {
    gen_put(gen, gen_one_in(gen, 2) ? "%s + \"+\" + mod(fuel, 7)" : "mod(fuel, 3) + %s", variable->name);
    variable->length = LENGTH_GROWING;
  } else {
    unsigned length = gen_expression_within(gen, variable->type, 3, LENGTH_VALUE);
    if (length > variable->length) variable->length = length;
  }
  gen_put(gen, ";\n");
}

static void put_field_store(struct generator *gen) {
  struct type type = {KIND_RECORD, gen_below(gen, RECORD_TYPES)};
  const struct variable *variable = gen_pick_variable(gen, type);
  if (!variable) return;
  const struct record_type *record = &gen->records[type.detail];
  unsigned field = gen_below(gen, record->field_count);
  put_line_start(gen);
  gen_put(gen, gen_one_in(gen, 4) ? "%s[\"f%u\"] = " : "%s.f%u = ", variable->name, field);
  gen_expression_within(gen, record->fields[field], 2, LENGTH_VALUE);
  gen_put(gen, ";\n");
}

static void put_index_store(struct generator *gen) {
  bool dict = gen_one_in(gen, 2);
  const struct variable *variable = gen_pick_variable(gen, (struct type){dict ? KIND_DICT : KIND_ARRAY, 0});
  if (!variable) return;
  put_line_start(gen);
  if (dict)
    gen_put(gen, "%s[%s%u%s] = ", variable->name, "\"key", gen_below(gen, 6), "\"");
  else {
    gen_put(gen, "%s[mod(", variable->name);
    gen_expression(gen, type_int, 1);
    gen_put(gen, ", 8)] = ");
  }
  gen_expression(gen, type_int, 2);
  gen_put(gen, ";\n");
}

static void put_print(struct generator *gen) {
  put_line_start(gen);
  gen_put(gen, "print(");
  gen_expression_within(gen, gen_random_type(gen, true), 3, LENGTH_EXPRESSION);
  gen_put(gen, ");\n");
}

static void put_if(struct generator *gen) {
  put_line_start(gen);
  gen_put(gen, "if (");
  gen_expression(gen, type_bool, 2);
  gen_put(gen, ") ");
  put_block(gen, 1 + gen_below(gen, 3));
  if (gen_one_in(gen, 2)) {
    gen_put(gen, " else ");
    put_block(gen, 1 + gen_below(gen, 3));
  }
  gen_put(gen, "\n");
}

static void put_while(struct generator *gen) {
  if (gen->loop_depth >= 3 || gen->scope->count + 8 > VARIABLES_MAX) return;
  char name[12];
  snprintf(name, sizeof name, "i%u", ++gen->next_name);
  put_line_start(gen);
  gen_put(gen, "%s = 0;\n", name);
  struct variable *counter = add_variable(gen, name, type_int);
  counter->counter = true;
  put_line_start(gen);
  gen_put(gen, "while (%s < %u & fuel > 0) {\n", name, 1 + gen_below(gen, gen_one_in(gen, 6) ? 60 : 8));
  unsigned before = gen->scope->count;
  gen->indent++;
  gen->loop_depth++;
  bool early = gen_one_in(gen, 2); // the counter is changed before or after the body
  put_line_start(gen);
  gen_put(gen, early ? "%s = %s + 1;\n" : "fuel = fuel - 1;\n", name, name);
  put_statements(gen, 1 + gen_below(gen, 4));
  put_line_start(gen);
  gen_put(gen, early ? "fuel = fuel - 1;\n" : "%s = %s + 1;\n", name, name);
  gen->loop_depth--;
  gen->indent--;
  put_line_start(gen);
  gen_put(gen, "}\n");
  gen->scope->count = before;
}

static void put_return(struct generator *gen) {
  if (gen->scope->top) {
    if (!gen_one_in(gen, 20)) return;
    put_line_start(gen);
    gen_put(gen, "if (fuel < 100) { return 0; }\n");
    return;
  }
  put_line_start(gen);
  gen_put(gen, "if (");
  gen_expression(gen, type_bool, 1);
  gen_put(gen, ") { return ");
  gen_expression_within(gen, gen->scope->signature.result, 2, LENGTH_VALUE);
  gen_put(gen, "; }\n");
}

static void put_call_statement(struct generator *gen) {
  struct type function = {KIND_FUNCTION, gen_below(gen, SIGNATURES)};
  const struct variable *variable = gen_pick_variable(gen, function);
  if (!variable) return;
  const struct signature *signature = &gen->signatures[function.detail];
  put_line_start(gen);
  gen_put(gen, "%s(", variable->name);
  for (unsigned i = 0; i < signature->param_count; i++) {
    if (i) gen_put(gen, ", ");
    gen_expression_within(gen, signature->params[i], 2, LENGTH_VALUE);
  }
  gen_put(gen, ");\n");
}

static void put_input(struct generator *gen) {
  put_line_start(gen);
  gen_put(gen, gen_one_in(gen, 2) ? "print(\"read \" + input());\n" : "print(input() + \" was read\");\n");
}

static void put_statement(struct generator *gen) {
  switch (gen_below(gen, 20)) {
  case 0:
  case 1:
  case 2:
  case 3: put_new_variable(gen); break;
  case 4:
  case 5:
  case 6: put_assignment(gen); break;
  case 7:
  case 8: put_field_store(gen); break;
  case 9: put_index_store(gen); break;
  case 10:
  case 11:
  case 12: put_print(gen); break;
  case 13:
  case 14: put_if(gen); break;
  case 15:
  case 16: put_while(gen); break;
  case 17: put_return(gen); break;
  case 18: put_call_statement(gen); break;
  default:
    if (gen_one_in(gen, 5))
      put_input(gen);
    else
      put_call_statement(gen);
  }
}

static void put_statements(struct generator *gen, unsigned count) {
  for (unsigned i = 0; i < count && gen->statements_left > 0; i++) {
    gen->statements_left--;
    put_statement(gen);
  }
}

// ---- functions and programs -------------------------------------------------------------------------------------

// Declares some of the program's globals in this function: they are then assignable here, and inner functions that
// read the name see the global even past a local of the same name further out.
static void put_global_declarations(struct generator *gen) {
  struct function_scope *top = gen->scope;
  while (!top->top) top = top->outer;
  put_line_start(gen);
  gen_put(gen, "global fuel;");
  for (unsigned i = 0; i < top->count; i++) {
    struct variable *variable = &top->variables[i];
    bool plain = variable->name[0] == 'v' && !variable->counter && find_own(top, variable->name) == variable;
    // Others may assign a global through its declaration: its strings have any length from now on.
    if (!plain || !gen_one_in(gen, 6) || find_own(gen->scope, variable->name)) continue;
    if (gen->scope->count + 20 > VARIABLES_MAX) break;
    gen_put(gen, " global %s;", variable->name);
    struct variable *entry = add_variable(gen, variable->name, variable->type);
    if (variable->type.kind == KIND_STRING) variable->length = entry->length = LENGTH_GROWING;
  }
  gen_put(gen, " fuel = fuel - 1;\n");
}

// Ends the activation when the fuel is gone, or `deep` calls of this kind are open.
static void put_fuel_check(struct generator *gen, const struct signature *signature) {
  put_line_start(gen);
  gen_put(gen, "if (fuel < 0) { return ");
  unsigned left = gen->statements_left;
  gen->statements_left = 0;
  gen_expression_within(gen, signature->result, 0, LENGTH_VALUE);
  gen->statements_left = left;
  gen_put(gen, "; }\n");
}

static void put_first_locals(struct generator *gen) {
  for (unsigned i = gen_below(gen, 3); i > 0; i--) {
    char name[12];
    start_name(gen, name, sizeof name);
    struct type type = gen_random_type(gen, false);
    put_line_start(gen);
    // Its initial value must not read the name: it is None there. A literal reads nothing.
    if (type.kind == KIND_STRING)
      gen_put(gen, "%s = \"first\";\n", name);
    else if (type.kind == KIND_BOOL)
      gen_put(gen, "%s = %s;\n", name, gen_one_in(gen, 2) ? "true" : "false");
    else if (type.kind == KIND_DICT)
      gen_put(gen, "%s = {};\n", name);
    else {
      type = type_int;
      gen_put(gen, "%s = %u;\n", name, gen_below(gen, 100));
    }
    add_variable(gen, name, type);
  }
}

static void put_body(struct generator *gen, const struct signature *signature) {
  unsigned loops = gen->loop_depth;
  gen->loop_depth = 0;
  gen->indent++;
  put_global_declarations(gen);
  put_first_locals(gen);
  put_fuel_check(gen, signature);
  put_statements(gen, 1 + gen_below(gen, 5));
  put_line_start(gen);
  gen_put(gen, "return ");
  gen_expression_within(gen, signature->result, 3, LENGTH_VALUE);
  gen_put(gen, ";\n");
  gen->indent--;
  gen->loop_depth = loops;
}

void gen_function(struct generator *gen, unsigned signature_index, const char *self) {
  const struct signature *signature = &gen->signatures[signature_index];
  struct function_scope *scope = bytes_need(1, sizeof *scope);
  *scope = (struct function_scope){.signature = *signature, .outer = gen->scope};
  snprintf(scope->self, sizeof scope->self, "%s", self);
  gen->scope = scope;
  gen->function_depth++;
  gen_put(gen, "fun (");
  for (unsigned i = 0; i < signature->param_count; i++) {
    char name[12];
    start_name(gen, name, sizeof name);
    gen_put(gen, i ? ", %s" : "%s", name);
    add_variable(gen, name, signature->params[i]);
  }
  gen_put(gen, ") {\n");
  // Recursion: the function's own variable is there when the body runs. Fuel bounds it.
  if (self[0] && gen_one_in(gen, 3) && !find_own(scope, self)) {
    struct variable *own = add_variable(gen, self, (struct type){KIND_FUNCTION, signature_index});
    own->assignable = false;
  }
  put_body(gen, signature);
  put_line_start(gen);
  gen_put(gen, "}");
  gen->function_depth--;
  gen->scope = scope->outer;
  free(scope);
}

static const char prelude[] =
    "mod = fun (a, b) { r = a - a / b * b; if (r < 0) { r = r + b; } if (r < 0) { r = 0; } return r; };\n"
    "array = fun (x) { a = {}; i = 0; while (i < 8) { a[i] = x + i; i = i + 1; } return a; };\n";

// All of it again and again. A round's variables hold what the one before left in them until they are assigned.
static void put_rounds(struct generator *gen) {
  gen_put(gen, "round = 0;\nwhile (round < %u) {\nround = round + 1;\nfuel = %u;\n", gen->options.rounds,
          50 + gen_below(gen, 400));
}

// What the variables of the program hold at its end.
static void put_results(struct generator *gen, const struct function_scope *top) {
  for (unsigned i = 0; i < top->count; i++) {
    const struct variable *variable = &top->variables[i];
    if (variable->type.kind == KIND_FUNCTION) continue;
    gen_put(gen, "print(\"%s = \" + %s);\n", variable->name, variable->name);
  }
}

void gen_program(uint64_t seed, const struct gen_options *options, struct bytes *out) {
  struct function_scope *top = bytes_need(1, sizeof *top);
  top->top = true;
  struct generator gen = {.out = out, .options = *options, .state = seed, .scope = top};
  if (gen.options.mistakes == 0) gen.options.mistakes = gen_one_in(&gen, 3) ? 200 : 3000;
  unsigned size = gen.options.size ? gen.options.size : 12 + gen_below(&gen, 29);
  gen.statements_left = size * 6;
  make_types(&gen);
  gen_put(&gen, "// seed %llu\nfuel = %u;\n", (unsigned long long)seed, 300 + gen_below(&gen, 3000));
  bytes_add_text(out, prelude);
  if (options->rounds) put_rounds(&gen);
  for (unsigned i = 0; i < 6; i++) put_new_variable(&gen);
  put_statements(&gen, size);
  if (options->rounds) gen_put(&gen, "}\n");
  put_results(&gen, top);
  free(top);
  (void)type_string;
}
