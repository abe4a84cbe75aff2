// SPDX-License-Identifier: MIT
//
// mitscript_scope.c: name resolution in one walk over the tree.
//
// Each symbol knows its innermost meaning (`visible`), so a look-up costs nothing. Entering a function first collects
// its own names from the whole body, statements only, and makes them visible; leaving it takes them away again. When a
// use finds the variable of an outer function, every function between gets a free variable of that name, and those
// become the innermost meaning. The program itself owns no variables: what is not visible is global.
#include "mitscript_scope.h"

struct resolver {
  struct arena *arena;
  struct mit_fun *fun; // the innermost function; NULL at the top level
};

static bool block_resolve(struct resolver *r, const struct mit_block *block);
static bool expr_resolve(struct resolver *r, struct mit_expr *expr);

// ---- a function's names ------------------------------------------------------------------------------------------

// Gives `symbol` a new meaning in `fun`, in front of the present one.
static struct mit_variable *variable_make(struct resolver *r, struct mit_fun *fun, struct mit_symbol *symbol,
                                          enum mit_variable_kind kind) {
  struct mit_variable *variable = arena_alloc(r->arena, sizeof(*variable));
  ASSERT(!symbol->visible || symbol->visible->fun != fun, "a name has two meanings in function %u", fun->number);
  if (!variable) return NULL;
  *variable = (struct mit_variable){
      .kind = kind, .symbol = symbol, .fun = fun, .next = fun->variables, .shadowed = symbol->visible};
  fun->variables = variable;
  symbol->visible = variable;
  return variable;
}

static struct mit_variable *variable_own(const struct mit_fun *fun, const struct mit_symbol *symbol) {
  return symbol->visible && symbol->visible->fun == fun ? symbol->visible : NULL;
}

static bool params_collect(struct resolver *r, struct mit_fun *fun) {
  for (struct mit_param *param = fun->params; param; param = param->next) {
    struct mit_variable *variable = variable_own(fun, param->symbol);
    if (!variable && !(variable = variable_make(r, fun, param->symbol, MIT_VARIABLE_LOCAL))) return false;
    variable->slot = fun->local_count++;
  }
  return true;
}

// The names that `global` statements declare, in the body and the blocks within.
static bool globals_collect(struct resolver *r, struct mit_fun *fun, const struct mit_block *block) {
  for (struct mit_stmt *stmt = block->first; stmt; stmt = stmt->next) {
    if (!globals_collect(r, fun, &stmt->body) || !globals_collect(r, fun, &stmt->otherwise)) return false;
    if (stmt->kind != MIT_STMT_GLOBAL) continue;
    struct mit_variable *variable = variable_own(fun, stmt->symbol);
    if (variable)
      variable->kind = MIT_VARIABLE_GLOBAL; // also a parameter: the argument can't be reached then
    else if (!variable_make(r, fun, stmt->symbol, MIT_VARIABLE_GLOBAL))
      return false;
  }
  return true;
}

// The names that are assigned and neither declared global nor parameters.
static bool locals_collect(struct resolver *r, struct mit_fun *fun, const struct mit_block *block) {
  for (struct mit_stmt *stmt = block->first; stmt; stmt = stmt->next) {
    if (!locals_collect(r, fun, &stmt->body) || !locals_collect(r, fun, &stmt->otherwise)) return false;
    if (stmt->kind != MIT_STMT_ASSIGN || stmt->target->path.steps) continue;
    struct mit_symbol *symbol = stmt->target->path.symbol;
    if (variable_own(fun, symbol)) continue;
    struct mit_variable *variable = variable_make(r, fun, symbol, MIT_VARIABLE_LOCAL);
    if (!variable) return false;
    variable->slot = fun->local_count++;
    *(fun->locals ? &fun->locals_tail->next_kind : &fun->locals) = variable;
    fun->locals_tail = variable;
  }
  return true;
}

static bool fun_resolve(struct resolver *r, struct mit_fun *fun) {
  ASSERT(fun->outer && !fun->variables, "function %u is resolved once", fun->number);
  struct mit_fun *outer = r->fun;
  r->fun = fun;
  if (!params_collect(r, fun) || !globals_collect(r, fun, &fun->body) || !locals_collect(r, fun, &fun->body) ||
      !block_resolve(r, &fun->body))
    return false;
  for (struct mit_variable *variable = fun->variables; variable; variable = variable->next) {
    ASSERT(variable->symbol->visible == variable, "function %u is the innermost one with this name", fun->number);
    variable->symbol->visible = variable->shadowed;
  }
  r->fun = outer;
  return true;
}

// ---- uses --------------------------------------------------------------------------------------------------------

static void variable_capture(struct mit_variable *variable) {
  if (variable->kind != MIT_VARIABLE_LOCAL || variable->captured) return;
  struct mit_fun *fun = variable->fun;
  ASSERT(variable->slot < fun->local_count, "local %u of %u is captured", variable->slot, fun->local_count);
  variable->captured = true;
  variable->captured_index = fun->captured_count++;
  *(fun->captured ? &fun->captured_tail->next_captured : &fun->captured) = variable;
  fun->captured_tail = variable;
}

// Makes an enclosing function's variable known in `fun`, by way of every function between.
static struct mit_variable *variable_import(struct resolver *r, struct mit_fun *fun, struct mit_variable *found) {
  if (found->fun == fun) return found;
  ASSERT(fun && fun->outer, "function %u is inside the one that owns the variable, %u", fun ? fun->number : 0,
         found->fun->number);
  struct mit_variable *source = variable_import(r, fun->outer, found); // as deep as functions nest
  if (!source) return NULL;
  variable_capture(source);
  struct mit_variable *variable = variable_make(r, fun, found->symbol, MIT_VARIABLE_FREE);
  if (!variable) return NULL;
  variable->source = source;
  variable->slot = fun->free_count++;
  *(fun->free ? &fun->free_tail->next_kind : &fun->free) = variable;
  fun->free_tail = variable;
  return variable;
}

static bool use_resolve(struct resolver *r, struct mit_path *path) {
  struct mit_variable *found = path->symbol->visible;
  if (!found || found->kind == MIT_VARIABLE_GLOBAL) return true;
  return (path->variable = variable_import(r, r->fun, found)) != NULL;
}

// ---- the walk ----------------------------------------------------------------------------------------------------

static bool path_resolve(struct resolver *r, struct mit_path *path) {
  if (!use_resolve(r, path)) return false;
  for (struct mit_step *step = path->steps; step; step = step->next) {
    if (step->index && !expr_resolve(r, step->index)) return false;
    for (struct mit_arg *arg = step->args; arg; arg = arg->next)
      if (!expr_resolve(r, arg->value)) return false;
  }
  return true;
}

static bool expr_resolve(struct resolver *r, struct mit_expr *expr) {
  switch (expr->kind) {
  case MIT_EXPR_PATH: return path_resolve(r, &expr->path);
  case MIT_EXPR_NOT:
  case MIT_EXPR_NEGATE: return expr_resolve(r, expr->operand);
  case MIT_EXPR_FUN: return fun_resolve(r, expr->fun);
  case MIT_EXPR_CHAIN:
    if (!expr_resolve(r, expr->chain.first)) return false;
    for (struct mit_link *link = expr->chain.links; link; link = link->next)
      if (!expr_resolve(r, link->operand)) return false;
    return true;
  case MIT_EXPR_RECORD:
    for (struct mit_field *field = expr->fields; field; field = field->next)
      if (!expr_resolve(r, field->value)) return false;
    return true;
  default: return true;
  }
}

static bool block_resolve(struct resolver *r, const struct mit_block *block) {
  for (struct mit_stmt *stmt = block->first; stmt; stmt = stmt->next) {
    if (stmt->target && !expr_resolve(r, stmt->target)) return false;
    if (stmt->value && !expr_resolve(r, stmt->value)) return false;
    if (!block_resolve(r, &stmt->body) || !block_resolve(r, &stmt->otherwise)) return false;
  }
  return true;
}

bool mitscript_scope_resolve(struct mit_program *program) {
  ASSERT(program->main && !program->main->outer, "the program was parsed: %s", program->source->name);
  struct resolver r = {.arena = &program->arena};
  return block_resolve(&r, &program->main->body);
}
