// SPDX-License-Identifier: MIT
//
// pcode_pascal_expression.c: expressions (6.7). Every node has its type; what is an integer and shall be a real is
// converted by a node of its own.
#include "pcode_pascal_int.h"

#define OPERATORS_MAX 10000

static bool is_integer(struct pascal_type *type) {
  return type->kind == TYPE_ERROR || pcode_pascal_host(type)->kind == TYPE_INTEGER;
}
static bool is_boolean(struct pascal_type *type) {
  return type->kind == TYPE_ERROR || pcode_pascal_host(type)->kind == TYPE_BOOLEAN;
}
static bool is_number(struct pascal_type *type) { return is_integer(type) || type->kind == TYPE_REAL; }
static bool is_set(const struct pascal_type *type) { return type->kind == TYPE_SET || type->kind == TYPE_EMPTY_SET; }

static struct pascal_node *to_real(struct pascal *p, struct pascal_node *node) {
  ASSERT(node->type, "pcode.I17: a node of kind %d has no type", node->kind);
  if (!is_integer(node->type) || node->type->kind == TYPE_ERROR) return node;
  struct pascal_node *made = pcode_pascal_node(p, NODE_TO_REAL, node->place);
  made->a = node;
  made->type = p->real_type;
  return made;
}

struct pascal_node *pcode_pascal_assign_to(struct pascal *p, struct pascal_type *type, struct pascal_node *value,
                                           const char *what) {
  ASSERT(type && value->type, "pcode.I17: a value without a type is assigned %s", what);
  if (!pcode_pascal_assignable(type, value->type)) {
    struct text wanted = {0}, found = {0};
    pcode_pascal_type_name(type, &wanted);
    pcode_pascal_type_name(value->type, &found);
    pcode_pascal_error(p, value->place, "expected a value of type %s %s, found %s", wanted.bytes ? wanted.bytes : "?",
                       what, found.bytes ? found.bytes : "?");
    text_fini(&wanted);
    text_fini(&found);
  }
  bool constant = value->kind == NODE_INTEGER && pcode_pascal_is_ordinal(type) && type->kind != TYPE_ERROR;
  if (constant && pcode_pascal_assignable(type, value->type) && (value->value < type->low || value->value > type->high))
    pcode_pascal_error(p, value->place, "expected a value from %lld to %lld %s", (long long)type->low,
                       (long long)type->high, what);
  return type->kind == TYPE_REAL ? to_real(p, value) : value;
}

// ---- factors -------------------------------------------------------------------------------------------------------

static struct pascal_node *constant_node(struct pascal *p, const struct pascal_symbol *constant,
                                         struct pascal_place place) {
  ASSERT(constant->type, "pcode.I17: a constant has no type");
  struct pascal_node *node = pcode_pascal_node(p, NODE_INTEGER, place);
  node->type = constant->type;
  node->value = constant->value;
  if (constant->type->kind == TYPE_REAL) node->kind = NODE_REAL;
  if (constant->type->is_string) node->kind = NODE_STRING;
  node->real = constant->real;
  node->bytes = constant->bytes;
  return node;
}

static struct pascal_node *literal(struct pascal *p) {
  struct pascal_symbol constant = {0};
  struct pascal_place place = p->place;
  pcode_pascal_constant(p, &constant);
  return constant_node(p, &constant, place);
}

static struct pascal_node *call_node(struct pascal *p, struct pascal_symbol *symbol) {
  struct pascal_node *node = pcode_pascal_node(p, NODE_CALL, p->place);
  bool parameter = symbol->kind == SYMBOL_ROUTINE_PARAMETER;
  node->symbol = symbol;
  node->type = parameter ? symbol->type->routine->type : symbol->type;
  if (parameter && symbol->block != p->block) symbol->needs_store = true;
  if (parameter && node->type == p->error_type) pcode_pascal_expected(p, "a function");
  pcode_pascal_next(p);
  pcode_pascal_arguments(p, node);
  return node;
}

static struct pascal_node *named(struct pascal *p) {
  struct pascal_node *node = pcode_pascal_with_field(p);
  struct pascal_place place = p->place;
  if (node) {
    pcode_pascal_next(p);
    return pcode_pascal_selectors(p, node);
  }
  struct pascal_symbol *symbol = pcode_pascal_lookup(p);
  switch (symbol->kind) {
  case SYMBOL_CONSTANT: pcode_pascal_next(p); return constant_node(p, symbol, place);
  case SYMBOL_VARIABLE: return pcode_pascal_variable(p);
  case SYMBOL_FUNCTION:
  case SYMBOL_ROUTINE_PARAMETER: return call_node(p, symbol);
  case SYMBOL_STANDARD: return pcode_pascal_standard_call(p, symbol, false);
  case SYMBOL_BOUND:
    node = pcode_pascal_node(p, NODE_BOUND, place);
    node->symbol = symbol;
    node->type = symbol->type;
    if (symbol->block != p->block) symbol->needs_store = true;
    pcode_pascal_next(p);
    return node;
  default:
    if (symbol->kind != SYMBOL_BAD) pcode_pascal_expected(p, "a value");
    pcode_pascal_next(p);
    return pcode_pascal_selectors(p, pcode_pascal_node(p, NODE_BAD, place));
  }
}

static void set_element(struct pascal *p, struct pascal_node *set, struct pascal_node *value) {
  ASSERT(is_set(set->type), "pcode.I17: a set is of a type of kind %d", (int)set->type->kind);
  struct pascal_type *host = pcode_pascal_host(value->type);
  if (!pcode_pascal_is_ordinal(value->type))
    pcode_pascal_error(p, value->place, "expected a value of an ordinal type in the set");
  else if (set->type->kind == TYPE_EMPTY_SET && host->kind != TYPE_ERROR) {
    set->type = pcode_pascal_type_make(p, TYPE_SET);
    set->type->size = 4;
    set->type->element = host;
  } else if (set->type->kind == TYPE_SET && !pcode_pascal_compatible(set->type->element, host)) {
    pcode_pascal_error(p, value->place, "expected a value of the type of the set's other members");
  }
}

static struct pascal_node *set_constructor(struct pascal *p) {
  struct pascal_node *set = pcode_pascal_node(p, NODE_SET, p->place), **end = &set->list;
  set->type = p->empty_set_type;
  pcode_pascal_next(p);
  if (pcode_pascal_take(p, T_RIGHT_BRACKET)) return set;
  do {
    struct pascal_node *range = pcode_pascal_node(p, NODE_RANGE, p->place);
    range->a = pcode_pascal_expression(p);
    set_element(p, set, range->a);
    if (pcode_pascal_take(p, T_RANGE)) {
      range->b = pcode_pascal_expression(p);
      set_element(p, set, range->b);
    }
    *end = range;
    end = &range->next;
  } while (pcode_pascal_take(p, T_COMMA));
  pcode_pascal_expect(p, T_RIGHT_BRACKET);
  return set;
}

static struct pascal_node *factor(struct pascal *p);

static struct pascal_node *negation(struct pascal *p) {
  struct pascal_node *node = pcode_pascal_node(p, NODE_NOT, p->place);
  pcode_pascal_next(p);
  node->a = factor(p);
  node->type = p->boolean_type;
  if (!is_boolean(node->a->type)) pcode_pascal_error(p, node->a->place, "expected a Boolean value after 'not'");
  return node;
}

static struct pascal_node *factor(struct pascal *p) {
  struct pascal_node *node = pcode_pascal_node(p, NODE_BAD, p->place);
  if (!pcode_pascal_descend(p)) return node;
  switch (p->token) {
  case T_INTEGER:
  case T_REAL:
  case T_STRING: node = literal(p); break;
  case T_NAME: node = named(p); break;
  case T_NIL:
    node->kind = NODE_NIL;
    node->type = p->nil_type;
    pcode_pascal_next(p);
    break;
  case T_LEFT_PARENTHESIS:
    pcode_pascal_next(p);
    node = pcode_pascal_expression(p);
    if (pcode_pascal_is_variable(node) && node->kind != NODE_BAD) { // no variable any more
      struct pascal_node *value = pcode_pascal_node(p, NODE_BINARY, node->place);
      value->op = T_LEFT_PARENTHESIS;
      value->type = node->type;
      value->a = node;
      node = value;
    }
    pcode_pascal_expect(p, T_RIGHT_PARENTHESIS);
    break;
  case T_LEFT_BRACKET: node = set_constructor(p); break;
  case T_NOT: node = negation(p); break;
  default: pcode_pascal_expected(p, "a value"); break;
  }
  p->depth--;
  return node;
}

// ---- operators -----------------------------------------------------------------------------------------------------

static void refuse_operands(struct pascal *p, const struct pascal_node *node, const char *wanted) {
  pcode_pascal_error(p, node->place, "expected %s on both sides of %s", wanted, pcode_pascal_token_text(node->op));
}

static void type_arithmetic(struct pascal *p, struct pascal_node *node) { // + - *
  struct pascal_type *l = node->a->type, *r = node->b->type;
  if (is_set(l) && is_set(r) && pcode_pascal_compatible(l, r)) {
    node->type = l->kind == TYPE_SET ? l : r;
    if (node->type->kind == TYPE_SET && node->type->element->kind == TYPE_SUBRANGE) {
      node->type = pcode_pascal_type_make(p, TYPE_SET);
      node->type->size = 4;
      node->type->element = pcode_pascal_host(l->kind == TYPE_SET ? l->element : r->element);
    }
  } else if (is_number(l) && is_number(r)) {
    bool real = l->kind == TYPE_REAL || r->kind == TYPE_REAL;
    node->type = real ? p->real_type : p->integer_type;
    if (real) node->a = to_real(p, node->a), node->b = to_real(p, node->b);
  } else {
    refuse_operands(p, node, "numbers or sets of the same type");
  }
}

static void type_comparison(struct pascal *p, struct pascal_node *node) {
  struct pascal_type *l = node->a->type, *r = node->b->type;
  bool equality = node->op == T_EQUAL || node->op == T_NOT_EQUAL;
  node->type = p->boolean_type;
  if (is_number(l) && is_number(r)) {
    if (l->kind == TYPE_REAL || r->kind == TYPE_REAL) node->a = to_real(p, node->a), node->b = to_real(p, node->b);
    return;
  }
  bool good = pcode_pascal_compatible(l, r);
  if (l->kind == TYPE_POINTER || l->kind == TYPE_NIL)
    good = good && equality;
  else if (is_set(l))
    good = good && node->op != T_LESS && node->op != T_GREATER;
  else
    good = good && (pcode_pascal_is_ordinal(l) || l->is_string || l->kind == TYPE_ERROR);
  if (!good) refuse_operands(p, node, "values that can be compared");
}

static void type_membership(struct pascal *p, struct pascal_node *node) {
  struct pascal_type *l = node->a->type, *r = node->b->type;
  node->type = p->boolean_type;
  bool good = pcode_pascal_is_ordinal(l) && (r->kind == TYPE_ERROR || r->kind == TYPE_EMPTY_SET ||
                                             (r->kind == TYPE_SET && pcode_pascal_compatible(l, r->element)));
  if (!good)
    pcode_pascal_error(p, node->place, "expected a value on the left of 'in' and a set of its type on the right");
}

static void type_binary(struct pascal *p, struct pascal_node *node) {
  ASSERT(node->a->type && node->b->type, "pcode.I17: an operand of symbol %d has no type", (int)node->op);
  switch (node->op) {
  case T_PLUS:
  case T_MINUS:
  case T_TIMES: type_arithmetic(p, node); break;
  case T_SLASH:
    if (!is_number(node->a->type) || !is_number(node->b->type)) refuse_operands(p, node, "numbers");
    node->a = to_real(p, node->a);
    node->b = to_real(p, node->b);
    node->type = p->real_type;
    break;
  case T_DIV:
  case T_MOD:
    if (!is_integer(node->a->type) || !is_integer(node->b->type)) refuse_operands(p, node, "integers");
    node->type = p->integer_type;
    break;
  case T_AND:
  case T_OR:
    if (!is_boolean(node->a->type) || !is_boolean(node->b->type)) refuse_operands(p, node, "Boolean values");
    node->type = p->boolean_type;
    break;
  case T_IN: type_membership(p, node); break;
  default: type_comparison(p, node); break;
  }
}

static struct pascal_node *binary(struct pascal *p, struct pascal_node *left,
                                  struct pascal_node *(*right)(struct pascal *p)) {
  struct pascal_node *node = pcode_pascal_node(p, NODE_BINARY, p->place);
  node->op = p->token;
  node->value = left->kind == NODE_BINARY ? left->value + 1 : 0; // code is made of the chain recursively
  ASSERT(left->type && node->value >= 0, "pcode.I17: %lld operators stand in a row, the left operand has a type: %d",
         (long long)node->value, left->type != NULL);
  if (node->value == OPERATORS_MAX) pcode_pascal_expected(p, "an expression of at most 10000 operators in a row");
  if (node->value == OPERATORS_MAX) p->stopped = true;
  pcode_pascal_next(p);
  node->a = left;
  node->b = right(p);
  type_binary(p, node);
  return node;
}

static struct pascal_node *term(struct pascal *p) {
  struct pascal_node *node = factor(p);
  while (p->token == T_TIMES || p->token == T_SLASH || p->token == T_DIV || p->token == T_MOD || p->token == T_AND)
    node = binary(p, node, factor);
  return node;
}

static struct pascal_node *signed_term(struct pascal *p) {
  struct pascal_place place = p->place;
  bool negative = p->token == T_MINUS;
  pcode_pascal_next(p);
  struct pascal_node *operand = term(p);
  if (!is_number(operand->type)) pcode_pascal_error(p, place, "expected a number after the sign");
  struct pascal_node *node = pcode_pascal_node(p, negative ? NODE_NEGATE : NODE_BINARY, place);
  node->a = operand;
  node->op = T_LEFT_PARENTHESIS; // the value itself
  node->type = operand->type->kind == TYPE_REAL ? p->real_type : p->integer_type;
  if (operand->kind == NODE_INTEGER || operand->kind == NODE_REAL) {
    operand->value = negative ? -operand->value : operand->value;
    operand->real = negative ? -operand->real : operand->real;
    return operand;
  }
  return node;
}

static struct pascal_node *simple_expression(struct pascal *p) {
  struct pascal_node *node = p->token == T_PLUS || p->token == T_MINUS ? signed_term(p) : term(p);
  while (p->token == T_PLUS || p->token == T_MINUS || p->token == T_OR) node = binary(p, node, term);
  return node;
}

struct pascal_node *pcode_pascal_expression(struct pascal *p) {
  struct pascal_node *node = simple_expression(p);
  ASSERT(node->type, "pcode.I17: an expression of kind %d has no type", node->kind);
  if (p->token >= T_EQUAL && p->token <= T_IN) node = binary(p, node, simple_expression);
  return node;
}
