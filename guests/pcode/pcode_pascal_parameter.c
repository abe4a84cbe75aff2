// SPDX-License-Identifier: MIT
//
// pcode_pascal_parameter.c: formal parameters (6.6.3): by value, by address, routines, conformant arrays (6.6.3.7). The
// symbols of the list become names of the routine's block when its body is read, which may be later (forward).
#include "pcode_pascal_int.h"

struct list {
  struct pascal_symbol **end;
  unsigned group;
};

static struct pascal_symbol *add_parameter(struct pascal *p, struct list *list, enum pascal_symbol_kind kind) {
  struct pascal_symbol *symbol = pcode_pascal_new_symbol(p, kind);
  symbol->is_parameter = true;
  symbol->group = list->group;
  *list->end = symbol;
  list->end = &symbol->next;
  return symbol;
}

static struct pascal_symbol *bound(struct pascal *p) {
  struct pascal_symbol *symbol = pcode_pascal_new_symbol(p, SYMBOL_BOUND);
  symbol->is_parameter = true;
  return symbol;
}

// array [LOW..HIGH: TYPE; ...] of ELEMENT; the token is behind the bracket or semicolon.
static struct pascal_type *conformant_type(struct pascal *p, bool packed) {
  struct pascal_type *type = pcode_pascal_type_make(p, TYPE_CONFORMANT);
  if (!pcode_pascal_descend(p)) return p->error_type;
  type->packed = packed;
  type->low_bound = bound(p);
  pcode_pascal_expect(p, T_RANGE);
  type->high_bound = bound(p);
  pcode_pascal_expect(p, T_COLON);
  struct pascal_place place = p->place;
  type->index = pcode_pascal_type_identifier(p);
  if (!pcode_pascal_is_ordinal(type->index)) pcode_pascal_error(p, place, "expected an ordinal type");
  type->low_bound->type = type->high_bound->type = type->index;
  if (pcode_pascal_take(p, T_SEMICOLON)) {
    if (packed) pcode_pascal_expected(p, "one index in a packed conformant array");
    type->element = conformant_type(p, false);
  } else {
    pcode_pascal_expect(p, T_RIGHT_BRACKET);
    pcode_pascal_expect(p, T_OF);
    bool inner = p->token == T_PACKED || p->token == T_ARRAY, inner_packed = pcode_pascal_take(p, T_PACKED);
    if (inner && packed) pcode_pascal_expected(p, "the name of a type");
    if (inner && pcode_pascal_expect(p, T_ARRAY) && pcode_pascal_expect(p, T_LEFT_BRACKET))
      type->element = conformant_type(p, inner_packed);
    else
      type->element = pcode_pascal_type_identifier(p);
  }
  type->has_file = type->element->has_file;
  ASSERT(p->depth > 0, "pcode.I16: a conformant array is left at line %u that was not entered", p->line);
  p->depth--;
  return type;
}

static void variables(struct pascal *p, struct list *list, bool by_address) {
  struct pascal_symbol *first = add_parameter(p, list, SYMBOL_VARIABLE);
  while (pcode_pascal_take(p, T_COMMA)) add_parameter(p, list, SYMBOL_VARIABLE);
  pcode_pascal_expect(p, T_COLON);
  struct pascal_place place = p->place;
  struct pascal_type *type;
  if (p->token == T_PACKED || p->token == T_ARRAY) {
    bool packed = pcode_pascal_take(p, T_PACKED);
    pcode_pascal_expect(p, T_ARRAY);
    pcode_pascal_expect(p, T_LEFT_BRACKET);
    type = conformant_type(p, packed);
  } else {
    type = pcode_pascal_type_identifier(p);
  }
  if (type->has_file && !by_address)
    pcode_pascal_error(p, place, "expected a type without files for a value parameter");
  for (; first; first = first->next) {
    first->type = type;
    first->by_address = by_address;
  }
}

static void routine(struct pascal *p, struct list *list) {
  bool function = p->token == T_FUNCTION;
  pcode_pascal_next(p);
  struct pascal_symbol *symbol = add_parameter(p, list, SYMBOL_ROUTINE_PARAMETER), *own;
  symbol->type = pcode_pascal_type_make(p, TYPE_ROUTINE);
  symbol->type->routine = own = pcode_pascal_memory(p, sizeof *own);
  own->type = p->error_type;
  pcode_pascal_formal_parameters(p, own);
  if (!function) return;
  pcode_pascal_expect(p, T_COLON);
  struct pascal_place place = p->place;
  own->type = pcode_pascal_type_identifier(p);
  if (!pcode_pascal_is_simple(own->type)) pcode_pascal_error(p, place, "expected a simple type or a pointer type");
}

void pcode_pascal_formal_parameters(struct pascal *p, struct pascal_symbol *routine_symbol) {
  struct list list = {&routine_symbol->params, 0};
  if (p->token != T_LEFT_PARENTHESIS || !pcode_pascal_descend(p)) return;
  uint64_t outer = pcode_pascal_scope_open(p);
  do {
    pcode_pascal_next(p);
    list.group = ++p->group_count;
    if (p->token == T_PROCEDURE || p->token == T_FUNCTION)
      routine(p, &list);
    else
      variables(p, &list, pcode_pascal_take(p, T_VAR));
  } while (p->token == T_SEMICOLON);
  pcode_pascal_expect(p, T_RIGHT_PARENTHESIS);
  pcode_pascal_scope_close(p, outer);
  ASSERT(p->depth > 0, "pcode.I16: a list of parameters is left at line %u that was not entered", p->line);
  p->depth--;
}

static void enter(struct pascal *p, struct pascal_symbol *symbol) {
  ASSERT(p->no_memory || (symbol->is_parameter && symbol->block != p->block),
         "pcode.I6: '%s' becomes a parameter of its block twice", symbol->name->text);
  symbol->scope = p->scope;
  symbol->block = p->block;
  symbol->outer = symbol->name->symbol;
  symbol->older = p->newest;
  p->newest = symbol->name->symbol = symbol;
  *p->block->variables_end = symbol;
  p->block->variables_end = &symbol->sibling;
}

static void enter_bounds(struct pascal *p, struct pascal_type *type) {
  for (; type->kind == TYPE_CONFORMANT; type = type->element) {
    if (type->low_bound->block == p->block) return; // of the same group
    enter(p, type->low_bound);
    enter(p, type->high_bound);
  }
}

void pcode_pascal_enter_parameters(struct pascal *p, struct pascal_symbol *routine_symbol) {
  for (struct pascal_symbol *symbol = routine_symbol->params; symbol; symbol = symbol->next) {
    enter(p, symbol);
    enter_bounds(p, symbol->type);
  }
}
