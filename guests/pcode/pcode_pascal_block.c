// SPDX-License-Identifier: MIT
//
// pcode_pascal_block.c: the program (6.10), blocks (6.2.1) and their declarations (6.6).
#include "pcode_pascal_int.h"

static void block(struct pascal *p);

static bool begins_declaration(enum pascal_token token) {
  return token == T_LABEL || token == T_CONST || token == T_TYPE || token == T_VAR || token == T_PROCEDURE ||
         token == T_FUNCTION || token == T_BEGIN || token == T_END_OF_TEXT;
}

// After an error: to the next definition or part.
static void synchronise(struct pascal *p) {
  while (!begins_declaration(p->token) && p->token != T_SEMICOLON) pcode_pascal_next(p);
  pcode_pascal_take(p, T_SEMICOLON);
}

static void end_definition(struct pascal *p) {
  if (!pcode_pascal_expect(p, T_SEMICOLON)) synchronise(p);
}

// ---- definitions ---------------------------------------------------------------------------------------------------

static void labels(struct pascal *p) {
  pcode_pascal_next(p);
  do {
    struct pascal_label *label = pcode_pascal_memory(p, sizeof *label);
    *label =
        (struct pascal_label){.number = p->integer, .place = p->place, .block = p->block, .next = p->block->labels};
    if (p->token != T_INTEGER || p->integer > 9999) pcode_pascal_expected(p, "a label from 0 to 9999");
    for (const struct pascal_label *other = p->block->labels; other; other = other->next)
      if (other->number == label->number) pcode_pascal_error(p, p->place, "expected a new label");
    p->block->labels = label;
    if (p->token == T_INTEGER) pcode_pascal_next(p);
  } while (pcode_pascal_take(p, T_COMMA));
  end_definition(p);
}

static void constants(struct pascal *p) {
  pcode_pascal_next(p);
  do {
    struct pascal_symbol *symbol = pcode_pascal_new_symbol(p, SYMBOL_CONSTANT);
    struct pascal_symbol constant = {0};
    symbol->incomplete = true;
    pcode_pascal_expect(p, T_EQUAL);
    pcode_pascal_constant(p, &constant);
    symbol->incomplete = false;
    symbol->type = constant.type;
    symbol->value = constant.value;
    symbol->real = constant.real;
    symbol->bytes = constant.bytes;
    end_definition(p);
  } while (p->token == T_NAME);
}

static void types(struct pascal *p) {
  pcode_pascal_next(p);
  do {
    struct pascal_symbol *symbol = pcode_pascal_new_symbol(p, SYMBOL_TYPE);
    pcode_pascal_expect(p, T_EQUAL);
    struct pascal_type *type = pcode_pascal_type(p);
    symbol->type = type;
    if (!type->name && type != p->error_type) type->name = symbol->name;
    end_definition(p);
  } while (p->token == T_NAME);
  pcode_pascal_resolve_pointers(p);
}

struct pascal_symbol *pcode_pascal_add_variable(struct pascal *p, struct pascal_block *owner, struct pascal_name *name,
                                                struct pascal_place place, struct pascal_type *type) {
  struct pascal_symbol *symbol;
  if (name &&
      !(name->symbol && name->symbol->scope == p->scope && name->symbol->is_program_file && !name->symbol->assigned)) {
    symbol = pcode_pascal_define(p, name, place, SYMBOL_VARIABLE);
  } else if (name) { // a file among the program's parameters gets its type
    symbol = name->symbol;
    symbol->assigned = true;
    symbol->type = type;
    return symbol;
  } else {
    symbol = pcode_pascal_memory(p, sizeof *symbol);
    *symbol = (struct pascal_symbol){.kind = SYMBOL_VARIABLE, .block = owner};
  }
  ASSERT(!*owner->variables_end && type, "pcode.I17: a variable of no type, or behind one that is not the last");
  symbol->type = type;
  *owner->variables_end = symbol;
  owner->variables_end = &symbol->sibling;
  return symbol;
}

static void variables(struct pascal *p) {
  pcode_pascal_next(p);
  do {
    struct pascal_symbol *first = NULL, *symbol;
    do { // `next` is free: they are no parameters
      if (p->token != T_NAME) pcode_pascal_expected(p, "the name of a variable");
      if (p->token != T_NAME) break;
      symbol = pcode_pascal_add_variable(p, p->block, p->name, p->place, p->error_type);
      symbol->next = first;
      first = symbol;
      pcode_pascal_next(p);
    } while (pcode_pascal_take(p, T_COMMA));
    pcode_pascal_expect(p, T_COLON);
    struct pascal_type *type = pcode_pascal_type(p);
    ASSERT(type->size >= 0 || type == p->error_type, "pcode.I17: variables of %lld cells", (long long)type->size);
    for (; first; first = first->next) first->type = type;
    end_definition(p);
  } while (p->token == T_NAME);
  pcode_pascal_resolve_pointers(p);
}

// ---- routines (6.6.1, 6.6.2) ---------------------------------------------------------------------------------------

static struct pascal_block *make_block(struct pascal *p, struct pascal_symbol *routine) {
  struct pascal_block *made = pcode_pascal_memory(p, sizeof *made);
  *made = (struct pascal_block){.routine = routine, .parent = p->block, .level = p->block ? p->block->level + 1 : 1};
  made->variables_end = &made->variables;
  ASSERT(!routine == !p->block, "pcode.I16: a routine is in no block, or the program in one");
  if (p->block) p->block->has_blocks = true;
  *p->blocks_end = made;
  p->blocks_end = &made->next;
  return made;
}

static void routine_body(struct pascal *p, struct pascal_symbol *routine) {
  struct pascal_block *outer_block = p->block;
  struct pascal_with *outer_with = p->with;
  uint64_t outer = pcode_pascal_scope_open(p);
  ASSERT(p->no_memory || routine->block->parent == p->block, "pcode.I16: a body at level %u of a routine of level %u",
         p->block->level + 1, routine->block->level);
  p->block = routine->block;
  p->with = NULL;
  pcode_pascal_enter_parameters(p, routine);
  if (routine->kind == SYMBOL_FUNCTION) {
    routine->block->result = pcode_pascal_add_variable(p, p->block, NULL, routine->place, routine->type);
    routine->block->result->is_result = true;
  }
  block(p);
  if (routine->kind == SYMBOL_FUNCTION && !routine->block->result->assigned)
    pcode_pascal_error(p, routine->place, "expected an assignment to '%s' in its block (6.6.2)", routine->name->text);
  p->block = outer_block;
  p->with = outer_with;
  pcode_pascal_scope_close(p, outer);
}

static void result_type(struct pascal *p, struct pascal_symbol *routine) {
  struct pascal_place place = p->place;
  routine->type = pcode_pascal_type_identifier(p);
  if (!pcode_pascal_is_simple(routine->type)) {
    pcode_pascal_error(p, place, "expected a simple type or a pointer type as a result");
    routine->type = p->error_type;
  }
}

// The name at the token was declared forward in this block, and this is its body.
static struct pascal_symbol *announced(struct pascal *p, enum pascal_symbol_kind kind) {
  struct pascal_symbol *symbol = p->token == T_NAME ? p->name->symbol : NULL;
  return symbol && symbol->scope == p->scope && symbol->kind == kind && symbol->forward ? symbol : NULL;
}

static void routine_heading(struct pascal *p, struct pascal_symbol *routine) {
  routine->block = make_block(p, routine);
  routine->type = p->error_type;
  pcode_pascal_formal_parameters(p, routine);
  if (routine->kind != SYMBOL_FUNCTION) return;
  pcode_pascal_expect(p, T_COLON);
  result_type(p, routine);
}

static void routine(struct pascal *p) {
  enum pascal_symbol_kind kind = p->token == T_FUNCTION ? SYMBOL_FUNCTION : SYMBOL_PROCEDURE;
  pcode_pascal_next(p);
  struct pascal_symbol *symbol = announced(p, kind);
  if (symbol) {
    symbol->forward = false;
    pcode_pascal_next(p);
    if (p->token != T_SEMICOLON) pcode_pascal_expected(p, "';', as the heading was given with 'forward'");
    while (p->token != T_SEMICOLON && p->token != T_END_OF_TEXT) pcode_pascal_next(p);
  } else {
    symbol = pcode_pascal_new_symbol(p, kind);
    routine_heading(p, symbol);
  }
  pcode_pascal_expect(p, T_SEMICOLON);
  if (p->token == T_NAME && strcmp(p->name->text, "forward") == 0) {
    symbol->forward = true;
    pcode_pascal_next(p);
  } else if (pcode_pascal_descend(p)) {
    routine_body(p, symbol);
    ASSERT(p->depth > 0, "pcode.I16: a body is left at line %u that was not entered", p->line);
    p->depth--;
  }
  end_definition(p);
}

static void check_forward(struct pascal *p) {
  for (struct pascal_symbol *symbol = p->newest; symbol && symbol->scope == p->scope; symbol = symbol->older)
    if (symbol->forward) pcode_pascal_error(p, symbol->place, "expected the body of '%s' too", symbol->name->text);
}

// ---- blocks --------------------------------------------------------------------------------------------------------

static void block(struct pascal *p) {
  if (p->token == T_LABEL) labels(p);
  if (p->token == T_CONST) constants(p);
  if (p->token == T_TYPE) types(p);
  if (p->token == T_VAR) variables(p);
  while (p->token == T_PROCEDURE || p->token == T_FUNCTION) routine(p);
  check_forward(p);
  if (p->token == T_LABEL || p->token == T_CONST || p->token == T_TYPE || p->token == T_VAR) {
    pcode_pascal_expected(p, "'begin': labels, constants, types, variables and routines come in this order");
    while (p->token != T_BEGIN && p->token != T_END_OF_TEXT) pcode_pascal_next(p);
  }
  struct pascal_path root = {NULL, 0};
  const struct pascal_path *outer = p->path;
  struct pascal_path *path = pcode_pascal_memory(p, sizeof *path);
  *path = root;
  p->path = path;
  p->block->body = pcode_pascal_compound(p);
  p->block->end = p->place;
  ASSERT(p->path == path, "pcode.I16: a block ends %u statements deep", p->path->depth);
  p->path = outer;
  for (const struct pascal_label *label = p->block->labels; label; label = label->next)
    if (!label->defined)
      pcode_pascal_error(p, label->place, "expected the label %lld before a statement of this block",
                         (long long)label->number);
}

static void program_parameters(struct pascal *p) {
  pcode_pascal_next(p);
  do {
    if (p->token != T_NAME) {
      pcode_pascal_expected(p, "the name of a file");
      break;
    }
    bool is_input = strcmp(p->name->text, "input") == 0, is_output = strcmp(p->name->text, "output") == 0;
    struct pascal_symbol *symbol = pcode_pascal_add_variable(p, p->block, p->name, p->place, p->text_type);
    symbol->is_program_file = true;
    symbol->assigned = is_input || is_output; // declared by being here
    if (is_input) p->input = symbol;
    if (is_output) p->output = symbol;
    pcode_pascal_next(p);
  } while (pcode_pascal_take(p, T_COMMA));
  pcode_pascal_expect(p, T_RIGHT_PARENTHESIS);
}

void pcode_pascal_program(struct pascal *p) {
  pcode_pascal_scope_open(p);
  pcode_pascal_standard_names(p);
  pcode_pascal_reserve_words(p);
  pcode_pascal_next(p);
  pcode_pascal_expect(p, T_PROGRAM);
  pcode_pascal_expect(p, T_NAME);
  p->block = make_block(p, NULL);
  uint64_t outer = pcode_pascal_scope_open(p);
  if (p->token == T_LEFT_PARENTHESIS) program_parameters(p);
  pcode_pascal_expect(p, T_SEMICOLON);
  block(p);
  for (struct pascal_symbol *symbol = p->block->variables; symbol; symbol = symbol->sibling)
    if (symbol->is_program_file && !symbol->assigned)
      pcode_pascal_error(p, symbol->place, "expected a declaration of '%s' in the program (6.10)", symbol->name->text);
    else if (symbol->is_program_file && symbol->type->kind != TYPE_FILE && symbol->type->kind != TYPE_ERROR)
      pcode_pascal_error(p, symbol->place, "expected a file as a parameter of the program");
  pcode_pascal_expect(p, T_PERIOD);
  if (p->token != T_END_OF_TEXT) pcode_pascal_expected(p, "the end of the text");
  pcode_pascal_check_gotos(p);
  pcode_pascal_scope_close(p, outer);
  ASSERT(p->errors || p->no_memory || (p->depth == 0 && !p->with && !p->path && !p->pending),
         "pcode.I16: the program ends %u levels deep", p->depth);
}

enum loam_err pcode_pascal_compile(const struct loam_source *source, unsigned checks, struct pcode_image *image,
                                   struct pascal_names *names, struct error *err) {
  struct pascal *p = mem_alloc_zero(1, sizeof *p);
  char *reserve = mem_alloc((size_t)PASCAL_DEPTH_MAX * PASCAL_RESERVE_EACH);
  if (!p || !reserve) {
    mem_free(p);
    mem_free(reserve);
    return error_set(err, LOAM_ERR_MEMORY, "%s: no memory to compile it", source->name);
  }
  p->reserve = reserve;
  p->source = source;
  p->err = err;
  p->checks = checks;
  p->at = p->line_start = source->bytes;
  p->line = 1;
  p->blocks_end = &p->blocks;
  pcode_pascal_program(p);
  enum loam_err kind = LOAM_OK;
  if (!p->errors && !p->no_memory) pcode_emit_program(p, image);
  if (p->no_memory || image->failed)
    kind = error_set(err, LOAM_ERR_MEMORY, "%s: no memory to compile it", source->name);
  else if (p->errors)
    kind = error_set(err, LOAM_ERR_INPUT, "%s: %u error%s", source->name, p->errors, p->errors == 1 ? "" : "s");
  if (names && kind == LOAM_OK)
    *names = (struct pascal_names){p->memory, p->blocks};
  else
    arena_fini(&p->memory);
  mem_free(reserve);
  mem_free(p);
  return kind;
}
