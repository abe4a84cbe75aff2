// SPDX-License-Identifier: MIT
//
// mitscript_compile.c: one pass over each function's tree, emitting stack code.
//
// Functions are compiled one by one in the order the parser finished them, not where they stand, so the growing lists
// here (instructions, constants, names, functions) belong to one function at a time and are copied into the image at
// its end. Running out of memory is remembered in `failed` and looked at once per function.
//
// The program itself starts by storing the natives into globals, since the virtual machine knows them by position only.
#include "mitscript_compile.h"

#include "mitscript_scope.h"

#include <string.h>

struct list {
  void *items;
  uint32_t count, capacity;
};

struct compiler {
  struct mit_image *image;
  struct mit_fun *fun; // the function at hand
  struct mit_function *function;
  struct list insns, constants, names, functions;
  struct mit_numbering constant_numbers; // number - 1 is the constant's index
  uint32_t line, column;                 // for the instructions to come
  bool failed;
};

static const char *const native_names[MIT_NATIVE_COUNT] = {"print", "input", "intcast"};
static const uint32_t native_params[MIT_NATIVE_COUNT] = {1, 0, 1};

static void expr_compile(struct compiler *c, const struct mit_expr *expr);
static bool block_compile(struct compiler *c, const struct mit_block *block);

// ---- lists -------------------------------------------------------------------------------------------------------

// Adds an item of `size` bytes and returns its index.
static uint32_t list_add(struct compiler *c, struct list *list, const void *item, size_t size) {
  if (!mem_grow(&list->items, list->count, &list->capacity, size)) {
    c->failed = true;
    return 0;
  }
  ASSERT(list->count < list->capacity, "%u of %u items are taken", list->count, list->capacity);
  memcpy((char *)list->items + list->count * size, item, size);
  return list->count++;
}

// Copies the list into the image and empties it.
static void *list_keep(struct compiler *c, struct list *list, size_t size) {
  void *items = arena_alloc(&c->image->arena, list->count * size + 1);
  if (!items)
    c->failed = true;
  else if (list->count)
    memcpy(items, list->items, list->count * size);
  list->count = 0;
  return items;
}

static struct mit_bytes bytes_keep(struct compiler *c, struct mit_bytes from) {
  char *bytes = arena_alloc(&c->image->arena, from.length + 1);
  if (!bytes) {
    c->failed = true;
    return (struct mit_bytes){"", 0};
  }
  if (from.length) memcpy(bytes, from.bytes, from.length);
  return (struct mit_bytes){bytes, from.length};
}

static uint32_t name_index(struct compiler *c, struct mit_symbol *symbol) {
  if (symbol->listed_in != c->fun->number) {
    struct mit_bytes name = bytes_keep(c, symbol->text);
    symbol->list_index = list_add(c, &c->names, &name, sizeof(name));
    symbol->listed_in = c->fun->number;
  }
  return symbol->list_index;
}

// `key` is the constant's kind and bytes: what makes it differ from others.
static uint32_t constant_index(struct compiler *c, struct mit_const constant, const char *key, size_t length) {
  uint32_t number = mitscript_image_number(&c->constant_numbers, key, length);
  if (!number) {
    c->failed = true;
    return 0;
  }
  ASSERT(c->failed || number <= c->constants.count + 1, "constant %u is new, and %u are there", number,
         c->constants.count);
  if (number > c->constants.count) {
    constant.string = bytes_keep(c, constant.string);
    list_add(c, &c->constants, &constant, sizeof(constant));
  }
  return number - 1;
}

static uint32_t string_index(struct compiler *c, struct mit_bytes string) {
  struct text key = {0};
  text_add_char(&key, 's');
  text_add(&key, string.bytes, string.length);
  struct mit_const constant = {.kind = MIT_CONST_STRING, .string = string};
  uint32_t index = 0;
  if (key.failed)
    c->failed = true;
  else
    index = constant_index(c, constant, key.bytes, key.length);
  text_fini(&key);
  return index;
}

static uint32_t int_index(struct compiler *c, int32_t number) {
  char key[1 + sizeof(number)] = {'i'};
  memcpy(key + 1, &number, sizeof(number));
  return constant_index(c, (struct mit_const){.kind = MIT_CONST_INT, .number = number}, key, sizeof(key));
}

// ---- instructions ------------------------------------------------------------------------------------------------

static void place_set(struct compiler *c, uint32_t line, uint32_t column) {
  c->line = line;
  c->column = column;
}

static uint32_t insn_emit_raw(struct compiler *c, struct mit_insn insn) {
  insn.line = c->line;
  insn.column = c->column;
  return list_add(c, &c->insns, &insn, sizeof(insn));
}
static uint32_t insn_emit(struct compiler *c, enum mit_opcode op) {
  ASSERT(!mitscript_image_op_takes_operand(op), "%s needs its operand", mitscript_image_op_name(op));
  return insn_emit_raw(c, (struct mit_insn){.op = op});
}
static uint32_t insn_emit_with(struct compiler *c, enum mit_opcode op, uint32_t operand) {
  ASSERT(mitscript_image_op_takes_operand(op), "%s has no operand", mitscript_image_op_name(op));
  return insn_emit_raw(c, (struct mit_insn){.op = op, .has_operand = true, .operand = (int32_t)operand});
}

// Lets the jump at `index` lead to the next instruction.
static void jump_land(struct compiler *c, uint32_t index) {
  if (c->failed) return;
  ASSERT(index < c->insns.count && ((struct mit_insn *)c->insns.items)[index].operand == 0,
         "jump %u waits for its target", index);
  ((struct mit_insn *)c->insns.items)[index].operand = (int32_t)(c->insns.count - index);
}

static void none_emit(struct compiler *c) {
  insn_emit_with(c, MIT_LOAD_CONST, constant_index(c, (struct mit_const){.kind = MIT_CONST_NONE}, "n", 1));
}
static void bool_emit(struct compiler *c, bool truth) {
  struct mit_const constant = {.kind = MIT_CONST_BOOL, .truth = truth};
  insn_emit_with(c, MIT_LOAD_CONST, constant_index(c, constant, truth ? "t" : "f", 1));
}

// ---- expressions -------------------------------------------------------------------------------------------------

static uint32_t free_ref_index(const struct mit_variable *variable) {
  ASSERT(variable->slot < variable->fun->free_count, "free variable %u of %u is referred to", variable->slot,
         variable->fun->free_count);
  return variable->fun->captured_count + variable->slot;
}

static void variable_load(struct compiler *c, const struct mit_path *path) {
  const struct mit_variable *variable = path->variable;
  if (!variable) {
    insn_emit_with(c, MIT_LOAD_GLOBAL, name_index(c, path->symbol));
    return;
  }
  ASSERT(variable->fun == c->fun, "a name means a variable of its own function %u, not of %u", c->fun->number,
         variable->fun->number);
  if (variable->kind == MIT_VARIABLE_LOCAL) {
    insn_emit_with(c, MIT_LOAD_LOCAL, variable->slot);
  } else {
    insn_emit_with(c, MIT_PUSH_REF, free_ref_index(variable));
    insn_emit(c, MIT_LOAD_REF);
  }
}

static void step_compile(struct compiler *c, const struct mit_step *step) {
  if (step->kind == MIT_STEP_INDEX) expr_compile(c, step->index);
  for (const struct mit_arg *arg = step->args; arg; arg = arg->next) expr_compile(c, arg->value);
  place_set(c, step->line, step->column);
  switch (step->kind) {
  case MIT_STEP_FIELD: insn_emit_with(c, MIT_FIELD_LOAD, name_index(c, step->field)); break;
  case MIT_STEP_INDEX: insn_emit(c, MIT_INDEX_LOAD); break;
  case MIT_STEP_CALL: insn_emit_with(c, MIT_CALL, step->arg_count); break;
  }
}

// The variable and the steps before `end`, which may be NULL for all.
static void path_compile(struct compiler *c, const struct mit_expr *expr, const struct mit_step *end) {
  place_set(c, expr->line, expr->column);
  variable_load(c, &expr->path);
  for (const struct mit_step *step = expr->path.steps; step != end; step = step->next) step_compile(c, step);
}

static void operator_emit(struct compiler *c, enum mit_token_kind op) {
  switch (op) {
  case MIT_TOKEN_PLUS: insn_emit(c, MIT_ADD); break;
  case MIT_TOKEN_MINUS: insn_emit(c, MIT_SUB); break;
  case MIT_TOKEN_STAR: insn_emit(c, MIT_MUL); break;
  case MIT_TOKEN_SLASH: insn_emit(c, MIT_DIV); break;
  case MIT_TOKEN_LESS: insn_emit(c, MIT_SWAP); [[fallthrough]];
  case MIT_TOKEN_GREATER: insn_emit(c, MIT_GT); break;
  case MIT_TOKEN_LESS_EQUAL: insn_emit(c, MIT_SWAP); [[fallthrough]];
  case MIT_TOKEN_GREATER_EQUAL: insn_emit(c, MIT_GEQ); break;
  case MIT_TOKEN_EQUAL: insn_emit(c, MIT_EQ); break;
  case MIT_TOKEN_AND: insn_emit(c, MIT_AND); break;
  case MIT_TOKEN_OR: insn_emit(c, MIT_OR); break;
  default: ASSERT(false, "token kind %d is an operator between operands", (int)op);
  }
}

static void chain_compile(struct compiler *c, const struct mit_chain *chain) {
  expr_compile(c, chain->first);
  for (const struct mit_link *link = chain->links; link; link = link->next) {
    expr_compile(c, link->operand);
    place_set(c, link->line, link->column);
    operator_emit(c, link->op);
  }
}

static void closure_compile(struct compiler *c, const struct mit_fun *inner) {
  struct mit_function *function = inner->compiled;
  insn_emit_with(c, MIT_LOAD_FUNC, list_add(c, &c->functions, &function, sizeof(struct mit_function *)));
  for (const struct mit_variable *free = inner->free; free; free = free->next_kind) {
    const struct mit_variable *source = free->source;
    ASSERT(source->fun == c->fun, "a free variable of %u comes from the function around it", inner->number);
    insn_emit_with(c, MIT_PUSH_REF,
                   source->kind == MIT_VARIABLE_LOCAL ? source->captured_index : free_ref_index(source));
  }
  insn_emit_with(c, MIT_ALLOC_CLOSURE, inner->free_count);
}

static void record_compile(struct compiler *c, const struct mit_field *fields) {
  insn_emit(c, MIT_ALLOC_RECORD);
  for (const struct mit_field *field = fields; field; field = field->next) insn_emit(c, MIT_DUP);
  for (const struct mit_field *field = fields; field; field = field->next) {
    expr_compile(c, field->value);
    place_set(c, field->line, field->column);
    insn_emit_with(c, MIT_FIELD_STORE, name_index(c, field->name));
  }
}

static void prefix_compile(struct compiler *c, const struct mit_expr *expr, enum mit_opcode op) {
  expr_compile(c, expr->operand);
  place_set(c, expr->line, expr->column);
  insn_emit(c, op);
}

static void expr_compile(struct compiler *c, const struct mit_expr *expr) {
  place_set(c, expr->line, expr->column);
  switch (expr->kind) {
  case MIT_EXPR_NONE: none_emit(c); break;
  case MIT_EXPR_BOOL: bool_emit(c, expr->truth); break;
  case MIT_EXPR_INT: insn_emit_with(c, MIT_LOAD_CONST, int_index(c, expr->number)); break;
  case MIT_EXPR_STRING: insn_emit_with(c, MIT_LOAD_CONST, string_index(c, expr->string)); break;
  case MIT_EXPR_PATH: path_compile(c, expr, NULL); break;
  case MIT_EXPR_NOT: prefix_compile(c, expr, MIT_NOT); break;
  case MIT_EXPR_NEGATE: prefix_compile(c, expr, MIT_NEG); break;
  case MIT_EXPR_CHAIN: chain_compile(c, &expr->chain); break;
  case MIT_EXPR_FUN: closure_compile(c, expr->fun); break;
  case MIT_EXPR_RECORD: record_compile(c, expr->fields); break;
  }
}

// ---- statements --------------------------------------------------------------------------------------------------

static void variable_assign(struct compiler *c, const struct mit_stmt *stmt) {
  const struct mit_path *path = &stmt->target->path;
  expr_compile(c, stmt->value);
  place_set(c, stmt->line, stmt->column);
  if (!path->variable) {
    insn_emit_with(c, MIT_STORE_GLOBAL, name_index(c, path->symbol));
    return;
  }
  ASSERT(path->variable->kind == MIT_VARIABLE_LOCAL && path->variable->fun == c->fun,
         "what function %u assigns is its own", c->fun->number);
  insn_emit_with(c, MIT_STORE_LOCAL, path->variable->slot);
}

static void assign_compile(struct compiler *c, const struct mit_stmt *stmt) {
  const struct mit_step *last = stmt->target->path.steps;
  if (!last) {
    variable_assign(c, stmt);
    return;
  }
  while (last->next) last = last->next;
  ASSERT(last->kind != MIT_STEP_CALL, "a call is no target, at line %u", stmt->line);
  path_compile(c, stmt->target, last);
  if (last->kind == MIT_STEP_INDEX) expr_compile(c, last->index);
  expr_compile(c, stmt->value);
  place_set(c, last->line, last->column);
  if (last->kind == MIT_STEP_INDEX)
    insn_emit(c, MIT_INDEX_STORE);
  else
    insn_emit_with(c, MIT_FIELD_STORE, name_index(c, last->field));
}

// The condition and a jump, returned, that is taken when it doesn't hold.
static uint32_t condition_compile(struct compiler *c, const struct mit_stmt *stmt) {
  expr_compile(c, stmt->value);
  place_set(c, stmt->line, stmt->column);
  insn_emit(c, MIT_NOT);
  return insn_emit_with(c, MIT_IF, 0);
}

static bool if_compile(struct compiler *c, const struct mit_stmt *stmt) {
  uint32_t to_otherwise = condition_compile(c, stmt), to_end = 0;
  bool goes_on = block_compile(c, &stmt->body);
  if (!stmt->has_otherwise) {
    jump_land(c, to_otherwise);
    return true;
  }
  bool jumps = goes_on; // after a body that returns there is nothing to jump over from
  place_set(c, stmt->line, stmt->column);
  if (jumps) to_end = insn_emit_with(c, MIT_GOTO, 0);
  jump_land(c, to_otherwise);
  goes_on |= block_compile(c, &stmt->otherwise);
  if (jumps) jump_land(c, to_end);
  return goes_on;
}

static void while_compile(struct compiler *c, const struct mit_stmt *stmt) {
  uint32_t start = c->insns.count, to_exit = condition_compile(c, stmt);
  block_compile(c, &stmt->body);
  place_set(c, stmt->line, stmt->column);
  insn_emit_with(c, MIT_GOTO, start - c->insns.count);
  jump_land(c, to_exit);
}

// Says whether control can go on behind the statement.
static bool stmt_compile(struct compiler *c, const struct mit_stmt *stmt) {
  switch (stmt->kind) {
  case MIT_STMT_ASSIGN: assign_compile(c, stmt); return true;
  case MIT_STMT_GLOBAL: return true;
  case MIT_STMT_IF: return if_compile(c, stmt);
  case MIT_STMT_WHILE: while_compile(c, stmt); return true;
  case MIT_STMT_CALL:
    expr_compile(c, stmt->value);
    insn_emit(c, MIT_POP);
    return true;
  case MIT_STMT_RETURN:
    expr_compile(c, stmt->value);
    place_set(c, stmt->line, stmt->column);
    insn_emit(c, MIT_RETURN);
    return false;
  }
  return true;
}

static bool block_compile(struct compiler *c, const struct mit_block *block) {
  bool goes_on = true;
  for (const struct mit_stmt *stmt = block->first; stmt; stmt = stmt->next) goes_on &= stmt_compile(c, stmt);
  return goes_on;
}

// ---- functions ---------------------------------------------------------------------------------------------------

static struct mit_name_list name_list_make(struct compiler *c, uint32_t count) {
  struct mit_name_list list = {arena_alloc(&c->image->arena, count * sizeof(struct mit_bytes) + 1), count};
  if (!list.items) c->failed = true;
  return list;
}

static void variables_list(struct compiler *c) {
  struct mit_function *f = c->function;
  const struct mit_fun *fun = c->fun;
  f->local_vars = name_list_make(c, fun->local_count);
  f->local_ref_vars = name_list_make(c, fun->captured_count);
  f->free_vars = name_list_make(c, fun->free_count);
  if (c->failed) return;
  uint32_t slot = 0, captured = 0, free = 0;
  for (const struct mit_param *param = fun->params; param; param = param->next)
    f->local_vars.items[slot++] = bytes_keep(c, param->symbol->text);
  for (const struct mit_variable *v = fun->locals; v; v = v->next_kind)
    f->local_vars.items[slot++] = bytes_keep(c, v->symbol->text);
  for (const struct mit_variable *v = fun->captured; v; v = v->next_captured)
    f->local_ref_vars.items[captured++] = bytes_keep(c, v->symbol->text);
  for (const struct mit_variable *v = fun->free; v; v = v->next_kind)
    f->free_vars.items[free++] = bytes_keep(c, v->symbol->text);
  ASSERT(slot == fun->local_count && captured == fun->captured_count && free == fun->free_count,
         "function %u has %u, %u, %u variables", fun->number, slot, captured, free);
}

// Moves what was gathered into the function.
static void function_finish(struct compiler *c) {
  struct mit_function *f = c->function;
  f->parameter_count = c->fun->param_count;
  f->function_count = c->functions.count;
  f->constant_count = c->constants.count;
  f->names.count = c->names.count;
  f->insn_count = c->insns.count;
  f->functions = list_keep(c, &c->functions, sizeof(*f->functions));
  f->constants = list_keep(c, &c->constants, sizeof(*f->constants));
  f->names.items = list_keep(c, &c->names, sizeof(*f->names.items));
  f->insns = list_keep(c, &c->insns, sizeof(*f->insns));
  mitscript_image_numbering_fini(&c->constant_numbers);
}

static void function_begin(struct compiler *c, struct mit_fun *fun) {
  ASSERT(!c->insns.count && !c->constants.count && !c->names.count && !c->functions.count,
         "function %u starts with empty lists", fun->number);
  ASSERT(fun->compiled, "function %u has no place in the image", fun->number);
  c->fun = fun;
  c->function = fun->compiled;
  place_set(c, fun->line, fun->column);
}

static void function_compile(struct compiler *c, struct mit_fun *fun) {
  function_begin(c, fun);
  variables_list(c);
  if (block_compile(c, &fun->body)) {
    place_set(c, fun->line, fun->column);
    none_emit(c);
    insn_emit(c, MIT_RETURN);
  }
  function_finish(c);
}

static void native_stub_add(struct compiler *c, struct mit_function **natives, uint32_t k) {
  natives[k]->name = native_names[k];
  natives[k]->parameter_count = native_params[k];
  list_add(c, &c->functions, &natives[k], sizeof(natives[k]));
}

// The index of a native's name among the program's names, at their end unless the program uses it itself.
static uint32_t native_name_index(struct compiler *c, const char *native) {
  const struct mit_bytes *names = c->names.items;
  size_t length = strlen(native);
  for (uint32_t i = 0; i < c->names.count; i++)
    if (names[i].length == length && memcmp(names[i].bytes, native, length) == 0) return i;
  struct mit_bytes name = {native, length};
  return list_add(c, &c->names, &name, sizeof(name));
}

// The program: its three first functions are the natives, its first instructions bind them.
static void main_compile(struct compiler *c, struct mit_fun *fun, struct mit_function **natives, unsigned flags) {
  uint32_t stores[MIT_NATIVE_COUNT];
  bool bare = flags & MIT_COMPILE_BARE;
  function_begin(c, fun);
  for (uint32_t k = 0; k < MIT_NATIVE_COUNT; k++) {
    native_stub_add(c, natives, k);
    if (bare) continue;
    insn_emit_with(c, MIT_LOAD_FUNC, k);
    insn_emit_with(c, MIT_ALLOC_CLOSURE, 0);
    stores[k] = insn_emit_with(c, MIT_STORE_GLOBAL, 0);
  }
  block_compile(c, &fun->body);
  for (uint32_t k = 0; k < MIT_NATIVE_COUNT && !bare && !c->failed; k++) {
    ASSERT(stores[k] < c->insns.count, "instruction %u of %u is to bind %s", stores[k], c->insns.count,
           native_names[k]);
    ((struct mit_insn *)c->insns.items)[stores[k]].operand = (int32_t)native_name_index(c, native_names[k]);
  }
  function_finish(c);
}

// ---- the image ---------------------------------------------------------------------------------------------------

static struct mit_function *function_add(struct compiler *c, const char *source_name, struct mit_function ***end) {
  struct mit_function *function = arena_alloc(&c->image->arena, sizeof(*function));
  if (!function) {
    c->failed = true;
    return NULL;
  }
  function->source_name = source_name;
  **end = function;
  *end = &function->next;
  c->image->function_count++;
  return function;
}

// Makes an empty function in the image for each in the program, and the natives.
static void functions_add(struct compiler *c, struct mit_program *program, struct mit_function **natives) {
  const char *name = program->source->name;
  struct mit_function **end = &c->image->all;
  name = bytes_keep(c, (struct mit_bytes){name, strlen(name)}).bytes;
  for (uint32_t k = 0; k < MIT_NATIVE_COUNT && !c->failed; k++) natives[k] = function_add(c, name, &end);
  for (struct mit_fun *fun = program->functions; fun && !c->failed; fun = fun->next) {
    if (!(fun->compiled = function_add(c, name, &end))) return;
    fun->compiled->line = fun->line;
    fun->compiled->column = fun->column;
  }
  c->image->main = program->main->compiled;
}

// Gives functions with the same parameters and body the same number. Inner ones come first, so that the text of an
// outer one can have their numbers in it.
static void functions_number(struct compiler *c, struct mit_program *program, struct mit_function **natives) {
  struct mit_numbering numbering = {0};
  struct text key = {0};
  for (uint32_t k = 0; k < MIT_NATIVE_COUNT; k++) {
    natives[k]->same_body_id = mitscript_image_number(&numbering, native_names[k], strlen(native_names[k]));
    if (!natives[k]->same_body_id) c->failed = true;
  }
  for (struct mit_fun *fun = program->functions; fun && !c->failed; fun = fun->next) {
    text_clear(&key);
    mitscript_ast_print_fun(fun, &key);
    fun->same_body_id = key.failed ? 0 : mitscript_image_number(&numbering, key.bytes, key.length);
    fun->compiled->same_body_id = fun->same_body_id;
    if (!fun->same_body_id) c->failed = true;
  }
  text_fini(&key);
  mitscript_image_numbering_fini(&numbering);
}

enum loam_err mitscript_compile_program(struct mit_program *program, unsigned flags, struct mit_image *image,
                                        struct error *err) {
  ASSERT(program->main && !program->main->compiled, "a program is parsed, and compiled once");
  *image = (struct mit_image){0};
  struct compiler c = {.image = image};
  struct mit_function *natives[MIT_NATIVE_COUNT] = {NULL};
  if (!mitscript_scope_resolve(program)) c.failed = true;
  if (!c.failed) functions_add(&c, program, natives);
  if (!c.failed) functions_number(&c, program, natives);
  for (struct mit_fun *fun = program->functions; fun && !c.failed; fun = fun->next) {
    if (fun == program->main)
      main_compile(&c, fun, natives, flags);
    else
      function_compile(&c, fun);
  }
  if (!c.failed && !mitscript_image_finish(image)) c.failed = true;
  struct list *lists[] = {&c.insns, &c.constants, &c.names, &c.functions};
  for (size_t i = 0; i < COUNT_OF(lists); i++) mem_free(lists[i]->items);
  mitscript_image_numbering_fini(&c.constant_numbers);
  if (!c.failed) return LOAM_OK;
  return error_set(err, LOAM_ERR_MEMORY, "%s: out of memory while compiling", program->source->name);
}
