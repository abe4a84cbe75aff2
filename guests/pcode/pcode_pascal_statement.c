// SPDX-License-Identifier: MIT
//
// pcode_pascal_statement.c: statements (6.8).
#include "pcode_pascal_int.h"

static struct pascal_node *sequence(struct pascal *p, enum pascal_token end);

// A part of a structured statement: a goto can't lead into it from outside.
static struct pascal_node *part(struct pascal *p) {
  const struct pascal_path *outer = p->path;
  struct pascal_path *path = pcode_pascal_memory(p, sizeof *path);
  *path = (struct pascal_path){outer, outer->depth + 1};
  p->path = path;
  struct pascal_node *node = pcode_pascal_statement(p);
  ASSERT(p->path == path, "pcode.I16: a part of a statement ends at depth %u, not %u", p->path->depth, path->depth);
  p->path = outer;
  return node;
}

static struct pascal_node *condition(struct pascal *p) {
  struct pascal_node *node = pcode_pascal_expression(p);
  if (node->type->kind != TYPE_ERROR && pcode_pascal_host(node->type)->kind != TYPE_BOOLEAN)
    pcode_pascal_error(p, node->place, "expected a Boolean value");
  return node;
}

// After an error: to where a statement ends or begins.
static void synchronise(struct pascal *p) {
  while (p->token != T_SEMICOLON && p->token != T_END && p->token != T_UNTIL && p->token != T_ELSE &&
         p->token != T_END_OF_TEXT && p->token != T_BEGIN && p->token != T_IF && p->token != T_WHILE &&
         p->token != T_REPEAT && p->token != T_FOR && p->token != T_CASE && p->token != T_WITH && p->token != T_GOTO &&
         p->token != T_PROCEDURE && p->token != T_FUNCTION)
    pcode_pascal_next(p);
}

// ---- simple statements ---------------------------------------------------------------------------------------------

static struct pascal_node *assignment_to(struct pascal *p, struct pascal_node *variable) {
  struct pascal_node *node = pcode_pascal_node(p, NODE_ASSIGN, p->place);
  pcode_pascal_check_threat(p, variable);
  if (!pcode_pascal_expect(p, T_BECOMES)) return node;
  ASSERT(variable->type, "pcode.I17: a variable without a type is assigned to, at line %u", variable->place.line);
  node->a = variable;
  node->b = pcode_pascal_assign_to(p, variable->type, pcode_pascal_expression(p), "for this variable");
  if (variable->type->has_file) pcode_pascal_error(p, node->place, "expected a variable without files");
  return node;
}

static bool is_around(const struct pascal_block *block, const struct pascal_block *inner) {
  while (inner && inner != block) inner = inner->parent;
  return inner != NULL;
}

static struct pascal_node *function_statement(struct pascal *p, struct pascal_symbol *symbol) {
  struct pascal_place place = p->place;
  pcode_pascal_next(p);
  if (p->token != T_BECOMES) {
    pcode_pascal_error(p, place, "expected a procedure or ':=', found a function");
    return pcode_pascal_node(p, NODE_EMPTY, place);
  }
  struct pascal_symbol *result = symbol->block->result;
  if (!is_around(symbol->block, p->block) || !result) {
    pcode_pascal_error(p, place, "expected an assignment to '%s' in its own block", symbol->name->text);
    return assignment_to(p, pcode_pascal_node(p, NODE_BAD, place));
  }
  return assignment_to(p, pcode_pascal_variable_of(p, result, place));
}

static struct pascal_node *call_statement(struct pascal *p, struct pascal_symbol *symbol) {
  ASSERT(symbol->kind != SYMBOL_ROUTINE_PARAMETER || symbol->type->routine, "pcode.I6: a parameter calls no routine");
  struct pascal_node *node = pcode_pascal_node(p, NODE_CALL, p->place);
  node->symbol = symbol;
  if (symbol->kind == SYMBOL_ROUTINE_PARAMETER) {
    if (symbol->type->routine->type != p->error_type) pcode_pascal_expected(p, "a procedure");
    if (symbol->block != p->block) symbol->needs_store = true;
  }
  pcode_pascal_next(p);
  pcode_pascal_arguments(p, node);
  return node;
}

static struct pascal_node *name_statement(struct pascal *p) {
  if (pcode_pascal_with_field(p)) return assignment_to(p, pcode_pascal_variable(p));
  struct pascal_symbol *symbol = pcode_pascal_lookup(p);
  switch (symbol->kind) {
  case SYMBOL_PROCEDURE:
  case SYMBOL_ROUTINE_PARAMETER: return call_statement(p, symbol);
  case SYMBOL_FUNCTION: return function_statement(p, symbol);
  case SYMBOL_STANDARD: return pcode_pascal_standard_call(p, symbol, true);
  case SYMBOL_VARIABLE: return assignment_to(p, pcode_pascal_variable(p));
  default: break;
  }
  struct pascal_place place = p->place;
  if (symbol->kind != SYMBOL_BAD) pcode_pascal_expected(p, "a variable or a procedure");
  pcode_pascal_next(p);
  synchronise(p);
  return pcode_pascal_node(p, NODE_EMPTY, place);
}

static struct pascal_label *find_label(struct pascal *p, bool here_only) {
  for (struct pascal_block *block = p->block; block; block = here_only ? NULL : block->parent)
    for (struct pascal_label *label = block->labels; label; label = label->next)
      if (label->number == p->integer) return label;
  pcode_pascal_expected(p, here_only ? "a label of this block" : "a declared label");
  return NULL;
}

static struct pascal_node *goto_statement(struct pascal *p) {
  struct pascal_node *node = pcode_pascal_node(p, NODE_GOTO, p->place);
  pcode_pascal_next(p);
  if (p->token != T_INTEGER) {
    pcode_pascal_expected(p, "a label");
    return node;
  }
  node->label = find_label(p, false);
  if (node->label) {
    struct pascal_goto *jump = pcode_pascal_memory(p, sizeof *jump);
    *jump = (struct pascal_goto){node->label, p->place, p->block, p->path, p->gotos};
    p->gotos = jump;
    if (node->label->block != p->block) node->label->left_to = node->label->block->left_to = true;
  }
  pcode_pascal_next(p);
  return node;
}

void pcode_pascal_check_gotos(struct pascal *p) {
  for (const struct pascal_goto *jump = p->gotos; jump; jump = jump->next) {
    const struct pascal_label *label = jump->label;
    const struct pascal_path *path = jump->path;
    if (!label->defined) continue; // was told
    ASSERT(label->path && path, "pcode.I4: the label %lld stands in no sequence of statements",
           (long long)label->number);
    if (label->block != jump->block) {
      if (label->path->depth)
        pcode_pascal_error(p, jump->place, "expected a label at the outermost level of its block (6.8.1)");
      continue;
    }
    while (path->depth > label->path->depth) path = path->outer;
    if (path != label->path)
      pcode_pascal_error(p, jump->place, "expected a label of a statement around this one or beside it (6.8.1)");
  }
}

// ---- structured statements -----------------------------------------------------------------------------------------

static struct pascal_node *if_statement(struct pascal *p) {
  struct pascal_node *node = pcode_pascal_node(p, NODE_IF, p->place);
  pcode_pascal_next(p);
  node->a = condition(p);
  pcode_pascal_expect(p, T_THEN);
  node->b = part(p);
  if (pcode_pascal_take(p, T_ELSE)) node->c = part(p);
  return node;
}

static struct pascal_node *while_statement(struct pascal *p) {
  struct pascal_node *node = pcode_pascal_node(p, NODE_WHILE, p->place);
  pcode_pascal_next(p);
  node->a = condition(p);
  pcode_pascal_expect(p, T_DO);
  node->b = part(p);
  return node;
}

static struct pascal_node *repeat_statement(struct pascal *p) {
  struct pascal_node *node = pcode_pascal_node(p, NODE_REPEAT, p->place);
  pcode_pascal_next(p);
  node->b = sequence(p, T_UNTIL);
  pcode_pascal_expect(p, T_UNTIL);
  node->a = condition(p);
  return node;
}

static struct pascal_node *control_variable(struct pascal *p) {
  struct pascal_place place = p->place;
  if (p->token != T_NAME) {
    pcode_pascal_expected(p, "a control variable");
    return pcode_pascal_node(p, NODE_BAD, place);
  }
  struct pascal_symbol *symbol = pcode_pascal_lookup(p);
  struct pascal_node *node = pcode_pascal_node(p, NODE_BAD, place);
  if (symbol->kind == SYMBOL_BAD) {
    pcode_pascal_next(p);
    return node;
  }
  if (symbol->kind != SYMBOL_VARIABLE || symbol->block != p->block || symbol->is_parameter ||
      pcode_pascal_with_field(p))
    pcode_pascal_error(p, place, "expected a variable that is declared in this block (6.8.3.9)");
  else if (!pcode_pascal_is_ordinal(symbol->type))
    pcode_pascal_error(p, place, "expected a control variable of an ordinal type");
  else if (symbol->threatened)
    pcode_pascal_error(p, place, "expected a control variable that no procedure of this block changes (6.8.3.9)");
  else if (symbol->controls)
    pcode_pascal_error(p, place, "expected a variable that controls no 'for' around this statement");
  else
    node = pcode_pascal_variable_of(p, symbol, place);
  pcode_pascal_next(p);
  return node;
}

static struct pascal_node *for_statement(struct pascal *p) {
  struct pascal_node *node = pcode_pascal_node(p, NODE_FOR, p->place), *first, *last;
  pcode_pascal_next(p);
  struct pascal_node *variable = node->a = control_variable(p);
  pcode_pascal_expect(p, T_BECOMES);
  first = pcode_pascal_expression(p);
  node->op = p->token;
  if (!pcode_pascal_take(p, T_TO) && !pcode_pascal_take(p, T_DOWNTO)) pcode_pascal_expected(p, "'to' or 'downto'");
  last = pcode_pascal_expression(p);
  for (int i = 0; i < 2; i++) // out of its range is an error only when the statement is executed
    if (!pcode_pascal_compatible(variable->type, (i ? last : first)->type))
      pcode_pascal_error(p, (i ? last : first)->place, "expected a value of the control variable's type");
  pcode_pascal_expect(p, T_DO);
  if (variable->symbol) variable->symbol->controls = variable->symbol->is_control = true;
  node->b = part(p);
  if (variable->symbol) variable->symbol->controls = false;
  ASSERT(!first->next && !last->next, "a bound of the 'for' at line %u is in another list", node->place.line);
  node->list = first;
  first->next = last;
  return node;
}

static void case_labels(struct pascal *p, struct pascal_node *node, struct pascal_node *arm) {
  do {
    struct pascal_symbol constant = {0};
    struct pascal_node *value = pcode_pascal_node(p, NODE_INTEGER, p->place);
    pcode_pascal_constant(p, &constant);
    value->value = constant.value;
    if (!pcode_pascal_is_ordinal(constant.type) || !pcode_pascal_compatible(constant.type, node->a->type))
      pcode_pascal_error(p, value->place, "expected a constant of the selector's type");
    for (const struct pascal_node *other = node->list; other; other = other->next)
      for (const struct pascal_node *label = other->list; label; label = label->next)
        if (label->value == value->value && constant.type->kind != TYPE_ERROR)
          pcode_pascal_error(p, value->place, "expected a constant that no other case has");
    for (const struct pascal_node *label = arm->list; label; label = label->next)
      if (label->value == value->value && constant.type->kind != TYPE_ERROR)
        pcode_pascal_error(p, value->place, "expected a constant that no other case has");
    ASSERT(node->kind == NODE_CASE && arm->kind == NODE_ARM, "a case at line %u is of kind %d", value->place.line,
           arm->kind);
    value->next = arm->list;
    arm->list = value;
  } while (pcode_pascal_take(p, T_COMMA));
}

static struct pascal_node *case_statement(struct pascal *p) {
  struct pascal_node *node = pcode_pascal_node(p, NODE_CASE, p->place), **end = &node->list;
  pcode_pascal_next(p);
  node->a = pcode_pascal_expression(p);
  if (!pcode_pascal_is_ordinal(node->a->type))
    pcode_pascal_error(p, node->a->place, "expected a selector of an ordinal type");
  pcode_pascal_expect(p, T_OF);
  do {
    if (p->token == T_END && node->list) break;
    struct pascal_node *arm = pcode_pascal_node(p, NODE_ARM, p->place);
    case_labels(p, node, arm);
    if (!pcode_pascal_expect(p, T_COLON)) synchronise(p);
    arm->b = part(p);
    *end = arm;
    end = &arm->next;
  } while (pcode_pascal_take(p, T_SEMICOLON) && !p->stopped);
  pcode_pascal_expect(p, T_END);
  return node;
}

static struct pascal_node *with_statement(struct pascal *p) {
  struct pascal_node *node = pcode_pascal_node(p, NODE_WITH, p->place);
  if (!pcode_pascal_descend(p)) return node;
  pcode_pascal_next(p); // 'with' or ','
  node->a = pcode_pascal_variable(p);
  if (node->a->type->kind != TYPE_RECORD && node->a->type->kind != TYPE_ERROR)
    pcode_pascal_error(p, node->a->place, "expected a record");
  struct pascal_with with = {node, p->with};
  p->with = &with;
  if (p->token == T_COMMA) {
    node->b = with_statement(p);
  } else {
    pcode_pascal_expect(p, T_DO);
    node->b = part(p);
  }
  ASSERT(p->with == &with, "pcode.I16: a statement within 'with' leaves another one open");
  p->with = with.outer;
  p->depth--;
  return node;
}

// ---- statements ----------------------------------------------------------------------------------------------------

static struct pascal_node *unlabelled(struct pascal *p) {
  switch (p->token) {
  case T_NAME: return name_statement(p);
  case T_BEGIN: {
    const struct pascal_path *outer = p->path;
    struct pascal_path *path = pcode_pascal_memory(p, sizeof *path);
    *path = (struct pascal_path){outer, outer->depth + 1};
    p->path = path;
    struct pascal_node *node = pcode_pascal_compound(p);
    p->path = outer;
    return node;
  }
  case T_IF: return if_statement(p);
  case T_WHILE: return while_statement(p);
  case T_REPEAT: return repeat_statement(p);
  case T_FOR: return for_statement(p);
  case T_CASE: return case_statement(p);
  case T_WITH: return with_statement(p);
  case T_GOTO: return goto_statement(p);
  default: return pcode_pascal_node(p, NODE_EMPTY, p->place);
  }
}

struct pascal_node *pcode_pascal_statement(struct pascal *p) {
  struct pascal_node *node = pcode_pascal_node(p, NODE_EMPTY, p->place);
  if (!pcode_pascal_descend(p)) return node;
  if (p->token == T_INTEGER) {
    node->kind = NODE_LABEL;
    node->label = find_label(p, true);
    if (node->label && node->label->defined) pcode_pascal_expected(p, "a label that no other statement has");
    if (node->label) node->label->defined = true, node->label->path = p->path;
    pcode_pascal_next(p);
    pcode_pascal_expect(p, T_COLON);
    node->a = unlabelled(p);
  } else {
    node = unlabelled(p);
  }
  p->depth--;
  return node;
}

static struct pascal_node *sequence(struct pascal *p, enum pascal_token end) {
  struct pascal_node *node = pcode_pascal_node(p, NODE_COMPOUND, p->place), **last = &node->list;
  const struct pascal_path *outer = p->path;
  if (end == T_UNTIL) { // a sequence of its own
    struct pascal_path *path = pcode_pascal_memory(p, sizeof *path);
    *path = (struct pascal_path){outer, outer->depth + 1};
    p->path = path;
  }
  for (;;) {
    struct pascal_node *statement = pcode_pascal_statement(p);
    *last = statement;
    last = &statement->next;
    if (pcode_pascal_take(p, T_SEMICOLON)) continue;
    if (p->token == end || p->token == T_END_OF_TEXT || p->token == T_PERIOD || p->token == T_PROCEDURE ||
        p->token == T_FUNCTION)
      break;
    pcode_pascal_expected(p, end == T_END ? "';' or 'end'" : "';' or 'until'");
    if (p->token == T_END || p->token == T_UNTIL) break;
    if (p->token == T_ELSE) pcode_pascal_next(p);
    synchronise(p);
    pcode_pascal_take(p, T_SEMICOLON);
  }
  ASSERT(outer && p->path->depth <= outer->depth + 1, "pcode.I16: a sequence ends at depth %u, begun at %u",
         p->path->depth, outer->depth);
  p->path = outer;
  return node;
}

struct pascal_node *pcode_pascal_compound(struct pascal *p) {
  pcode_pascal_expect(p, T_BEGIN);
  struct pascal_node *node = sequence(p, T_END);
  if (p->token == T_END) p->block->end = p->place;
  pcode_pascal_expect(p, T_END);
  return node;
}
