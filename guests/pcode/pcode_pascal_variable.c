// SPDX-License-Identifier: MIT
//
// pcode_pascal_variable.c: variables (6.5): names, fields of open with statements, indices, fields, pointers, buffers.
#include "pcode_pascal_int.h"

#define SELECTORS_MAX 1000

struct pascal_node *pcode_pascal_node(struct pascal *p, enum pascal_node_kind kind, struct pascal_place place) {
  struct pascal_node *node = pcode_pascal_memory(p, sizeof *node);
  *node = (struct pascal_node){.kind = kind, .place = place, .type = p->error_type, .local = -1};
  return node;
}

bool pcode_pascal_is_variable(const struct pascal_node *node) {
  return node->kind == NODE_VARIABLE || node->kind == NODE_FIELD || node->kind == NODE_INDEX ||
         node->kind == NODE_DEREFERENCE || node->kind == NODE_BUFFER || node->kind == NODE_WITH_FIELD ||
         node->kind == NODE_BAD;
}

void pcode_pascal_mark_address(struct pascal_node *node) {
  if (node->kind == NODE_VARIABLE) node->symbol->needs_store = true;
  if (node->kind != NODE_INDEX || node->a->kind != NODE_VARIABLE) return;
  ASSERT(node->a->symbol->element_uses > 0, "pcode.I13: an element of an array with %u uses, none of an element",
         node->a->symbol->uses);
  node->a->symbol->element_uses--;
}

// 6.8.3.9: nothing but its for statement may change a control variable.
void pcode_pascal_check_threat(struct pascal *p, struct pascal_node *node) {
  if (node->kind != NODE_VARIABLE) return;
  struct pascal_symbol *symbol = node->symbol;
  if (symbol->controls)
    pcode_pascal_error(p, node->place, "expected a variable that controls no 'for' around this statement");
  if (symbol->block != p->block) symbol->threatened = true;
  symbol->assigned = true;
}

struct pascal_node *pcode_pascal_variable_of(struct pascal *p, struct pascal_symbol *symbol,
                                             struct pascal_place place) {
  ASSERT(symbol->kind == SYMBOL_VARIABLE && symbol->type, "pcode.I17: a symbol of kind %d is used as a variable",
         (int)symbol->kind);
  struct pascal_node *node = pcode_pascal_node(p, NODE_VARIABLE, place);
  node->symbol = symbol;
  node->type = symbol->type;
  symbol->uses++;
  if (symbol->block != p->block) symbol->needs_store = true; // reached through static links
  return node;
}

struct pascal_node *pcode_pascal_with_field(struct pascal *p) {
  for (struct pascal_with *with = p->with; with; with = with->outer) {
    ASSERT(with->node->kind == NODE_WITH && with->node->a, "pcode.I16: a node of kind %d is open as a with statement",
           (int)with->node->kind);
    for (struct pascal_field *field = with->node->a->type->fields; field; field = field->next) {
      if (field->name != p->name) continue;
      struct pascal_node *node = pcode_pascal_node(p, NODE_WITH_FIELD, p->place);
      node->a = with->node;
      node->field = field;
      node->type = field->type;
      return node;
    }
  }
  return NULL;
}

static struct pascal_node *indexed(struct pascal *p, struct pascal_node *array) {
  do {
    struct pascal_node *node = pcode_pascal_node(p, NODE_INDEX, p->place);
    pcode_pascal_next(p);
    node->a = array;
    if (array->kind == NODE_VARIABLE) array->symbol->element_uses++;
    node->b = pcode_pascal_expression(p);
    if (array->type->kind == TYPE_ARRAY || array->type->kind == TYPE_CONFORMANT) {
      node->type = array->type->element;
      if (!pcode_pascal_compatible(array->type->index, node->b->type))
        pcode_pascal_error(p, node->b->place, "expected an index of the array's index type");
    } else if (array->type->kind != TYPE_ERROR) {
      pcode_pascal_error(p, node->place, "expected an array before the index");
    }
    array = node;
  } while (p->token == T_COMMA);
  pcode_pascal_expect(p, T_RIGHT_BRACKET);
  return array;
}

static struct pascal_node *selected(struct pascal *p, struct pascal_node *record) {
  struct pascal_node *node = pcode_pascal_node(p, NODE_FIELD, p->place);
  pcode_pascal_next(p);
  node->a = record;
  if (p->token != T_NAME) {
    pcode_pascal_expected(p, "the name of a field");
    return node;
  }
  for (struct pascal_field *field = record->type->fields; field; field = field->next)
    if (field->name == p->name) node->field = field;
  if (node->field)
    node->type = node->field->type;
  else if (record->type->kind == TYPE_RECORD)
    pcode_pascal_expected(p, "a field of the record");
  else if (record->type->kind != TYPE_ERROR)
    pcode_pascal_error(p, node->place, "expected a record before the field");
  if (!node->field) node->kind = NODE_BAD;
  pcode_pascal_next(p);
  return node;
}

static struct pascal_node *followed(struct pascal *p, struct pascal_node *variable) {
  bool is_file = variable->type->kind == TYPE_FILE;
  struct pascal_node *node = pcode_pascal_node(p, is_file ? NODE_BUFFER : NODE_DEREFERENCE, p->place);
  if (!is_file && variable->type->kind != TYPE_POINTER && variable->type->kind != TYPE_ERROR)
    pcode_pascal_error(p, p->place, "expected a pointer or a file before '^'");
  pcode_pascal_next(p);
  node->a = variable;
  if (is_file || variable->type->kind == TYPE_POINTER) node->type = variable->type->element;
  return node;
}

struct pascal_node *pcode_pascal_selectors(struct pascal *p, struct pascal_node *node) {
  for (unsigned count = 0;; count++) {
    if (count == SELECTORS_MAX) pcode_pascal_expected(p, "a variable with at most 1000 selectors");
    if (count == SELECTORS_MAX) p->stopped = true;
    if (p->stopped) return node;
    switch (p->token) {
    case T_LEFT_BRACKET: node = indexed(p, node); break;
    case T_PERIOD: node = selected(p, node); break;
    case T_ARROW: node = followed(p, node); break;
    default: return node;
    }
  }
}

struct pascal_node *pcode_pascal_variable(struct pascal *p) {
  struct pascal_place place = p->place;
  if (p->token != T_NAME) {
    pcode_pascal_expected(p, "a variable");
    return pcode_pascal_node(p, NODE_BAD, place);
  }
  struct pascal_node *node = pcode_pascal_with_field(p);
  if (!node) {
    struct pascal_symbol *symbol = pcode_pascal_lookup(p);
    if (symbol->kind == SYMBOL_VARIABLE) {
      node = pcode_pascal_variable_of(p, symbol, place);
    } else {
      if (symbol->kind != SYMBOL_BAD) pcode_pascal_expected(p, "a variable");
      node = pcode_pascal_node(p, NODE_BAD, place);
    }
  }
  pcode_pascal_next(p);
  return pcode_pascal_selectors(p, node);
}
