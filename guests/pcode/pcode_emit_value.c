// SPDX-License-Identifier: MIT
//
// pcode_emit_value.c: expressions. `and` and `or` don't evaluate what can't change their value (6.7.2.3 leaves that
// open), so that a condition can guard an index.
#include "pcode_emit.h"

static bool is_real(const struct pascal_node *node) { return node->type->kind == TYPE_REAL; }
static bool is_set(const struct pascal_node *node) {
  return node->type->kind == TYPE_SET || node->type->kind == TYPE_EMPTY_SET;
}

// Whether the variable is known to have a value.
static bool is_defined(const struct pascal_node *node) {
  const struct pascal_symbol *symbol = node->kind == NODE_VARIABLE ? node->symbol : NULL;
  return symbol && (symbol->controls || symbol->defined || (symbol->is_parameter && !symbol->by_address));
}

static void emit_variable(struct emitter *e, const struct pascal_node *node) {
  struct emit_place place = pcode_emit_place(e, node, false);
  if (!pcode_pascal_is_simple(node->type)) return pcode_emit_address(e, place);
  pcode_emit_load(e, place);
  bool checks = e->p->checks & PASCAL_CHECK_UNDEFINED;
  if (checks && place.kind == PLACE_BYTE)
    pcode_emit(e, PCODE_OP_CKB, 0, 0, 0);
  else if (checks && !is_defined(node))
    pcode_emit(e, PCODE_OP_CKD, PCODE_ERROR_UNDEFINED, 0, 0);
}

static void emit_real(struct emitter *e, double real) {
  pcode_emit(e, PCODE_OP_LDCW, (int64_t)pcode_from_real(real + 0.0).bits, 0, 0);
}

// ---- sets ----------------------------------------------------------------------------------------------------------

static void emit_set(struct emitter *e, const struct pascal_node *node) {
  pcode_emit_temporary(e, 4);
  pcode_emit(e, PCODE_OP_SCL, 0, 0, 0);
  for (const struct pascal_node *member = node->list; member; member = member->next) {
    pcode_emit_value(e, member->a);
    if (member->b) pcode_emit_value(e, member->b);
    pcode_emit(e, member->b ? PCODE_OP_SRG : PCODE_OP_SAD, 0, 0, 0);
  }
}

static void emit_set_operation(struct emitter *e, const struct pascal_node *node) {
  ASSERT(node->op == T_PLUS || node->op == T_MINUS || node->op == T_TIMES, "symbol %d is an operation on sets",
         (int)node->op);
  pcode_emit_temporary(e, 4);
  pcode_emit_value(e, node->a);
  pcode_emit_value(e, node->b);
  pcode_emit(e, node->op == T_PLUS ? PCODE_OP_UNI : node->op == T_MINUS ? PCODE_OP_DIF : PCODE_OP_SEC, 0, 0, 0);
}

static void emit_set_comparison(struct emitter *e, const struct pascal_node *node) {
  bool swaps = node->op == T_GREATER_EQUAL, order = swaps || node->op == T_LESS_EQUAL;
  ASSERT(order || node->op == T_EQUAL || node->op == T_NOT_EQUAL, "symbol %d compares sets", (int)node->op);
  pcode_emit_value(e, swaps ? node->b : node->a);
  pcode_emit_value(e, swaps ? node->a : node->b);
  pcode_emit(e, order ? PCODE_OP_LES : PCODE_OP_EQS, 0, 0, 0);
  if (node->op == T_NOT_EQUAL) pcode_emit(e, PCODE_OP_NEG, 0, 0, 0);
}

// ---- operators -----------------------------------------------------------------------------------------------------

static uint16_t comparison(enum pascal_token op, bool reals) {
  static const uint16_t words[] = {PCODE_OP_CEG,  PCODE_OP_CNEG, PCODE_OP_CPP,
                                   PCODE_OP_CNPG, PCODE_OP_CPG,  PCODE_OP_CNPP};
  static const uint16_t real_ops[] = {PCODE_OP_EQR, PCODE_OP_NER, PCODE_OP_LTR,
                                      PCODE_OP_LER, PCODE_OP_GTR, PCODE_OP_GER};
  ASSERT(op >= T_EQUAL && op - T_EQUAL < (int)COUNT_OF(words), "symbol %d compares", (int)op);
  return (reals ? real_ops : words)[op - T_EQUAL];
}

static void emit_comparison(struct emitter *e, const struct pascal_node *node) {
  if (is_set(node->a)) return emit_set_comparison(e, node);
  pcode_emit_value(e, node->a);
  pcode_emit_value(e, node->b);
  e->place = node->place;
  if (node->a->type->is_string) {
    ASSERT(node->a->type->size == node->b->type->size, "pcode.I17: strings of %lld and %lld characters are compared",
           (long long)node->a->type->size, (long long)node->b->type->size);
    pcode_emit(e, PCODE_OP_CMS, node->a->type->size, 0, 0);
    pcode_emit_constant(e, 0);
  }
  pcode_emit(e, comparison(node->op, is_real(node->a)), 0, 0, 0);
}

static void emit_arithmetic(struct emitter *e, const struct pascal_node *node) {
  bool real = is_real(node), checked = e->p->checks & PASCAL_CHECK_RANGES;
  uint16_t op;
  pcode_emit_value(e, node->a);
  pcode_emit_value(e, node->b);
  e->place = node->place;
  switch (node->op) {
  case T_PLUS: op = real ? PCODE_OP_ADR : checked ? PCODE_OP_ADI : PCODE_OP_ADD; break;
  case T_MINUS: op = real ? PCODE_OP_SBR : checked ? PCODE_OP_SBI : PCODE_OP_DIFF; break;
  case T_TIMES: op = real ? PCODE_OP_MPR : checked ? PCODE_OP_MPI : PCODE_OP_MUL; break;
  case T_SLASH: op = PCODE_OP_DVR; break;
  case T_DIV: op = PCODE_OP_DVI; break;
  default:
    ASSERT(node->op == T_MOD, "symbol %d is an operation on numbers", (int)node->op);
    op = PCODE_OP_MDI;
    break;
  }
  pcode_emit(e, op, 0, 0, 0);
}

// A condition as a value: 0 where it goes to `otherwise`.
static void emit_truth(struct emitter *e, const struct pascal_node *node) {
  uint32_t otherwise = pcode_emit_new_label(e), end = pcode_emit_new_label(e);
  pcode_emit_jump_unless(e, node, otherwise);
  pcode_emit_constant(e, 1);
  pcode_emit(e, PCODE_OP_BR, end, 0, 0);
  pcode_emit_label(e, otherwise);
  pcode_emit_constant(e, 0);
  pcode_emit_label(e, end);
}

static void emit_binary(struct emitter *e, const struct pascal_node *node) {
  switch (node->op) {
  case T_LEFT_PARENTHESIS: return pcode_emit_value(e, node->a);
  case T_AND:
  case T_OR: return emit_truth(e, node);
  case T_IN:
    pcode_emit_value(e, node->a);
    pcode_emit_value(e, node->b);
    return pcode_emit(e, PCODE_OP_INN, 0, 0, 0);
  case T_PLUS:
  case T_MINUS:
  case T_TIMES:
    if (is_set(node)) return emit_set_operation(e, node);
    return emit_arithmetic(e, node);
  case T_SLASH:
  case T_DIV:
  case T_MOD: return emit_arithmetic(e, node);
  default: return emit_comparison(e, node);
  }
}

static void emit_negation(struct emitter *e, const struct pascal_node *node) {
  if (!is_real(node)) pcode_emit_constant(e, 0);
  pcode_emit_value(e, node->a);
  pcode_emit(e, is_real(node) ? PCODE_OP_NGR : PCODE_OP_SBI, 0, 0, 0);
}

void pcode_emit_value(struct emitter *e, const struct pascal_node *node) {
  e->place = node->place;
  switch (node->kind) {
  case NODE_INTEGER: return pcode_emit_constant(e, node->value);
  case NODE_REAL: return emit_real(e, node->real);
  case NODE_STRING: return pcode_emit_string(e, node->bytes, node->value);
  case NODE_NIL: return pcode_emit_constant(e, 0);
  case NODE_SET: return emit_set(e, node);
  case NODE_CALL: return pcode_emit_call(e, node);
  case NODE_STANDARD: return pcode_emit_standard(e, node);
  case NODE_NEGATE: return emit_negation(e, node);
  case NODE_NOT: pcode_emit_value(e, node->a); return pcode_emit(e, PCODE_OP_NEG, 0, 0, 0);
  case NODE_BINARY: return emit_binary(e, node);
  case NODE_TO_REAL: pcode_emit_value(e, node->a); return pcode_emit(e, PCODE_OP_FLT, 0, 0, 0);
  case NODE_BOUND: return pcode_emit_symbol_word(e, node->symbol, 0);
  default: return emit_variable(e, node);
  }
}

// ---- conditions ----------------------------------------------------------------------------------------------------

static const struct pascal_node *inside(const struct pascal_node *node) {
  while (node->kind == NODE_BINARY && node->op == T_LEFT_PARENTHESIS) node = node->a;
  return node;
}

void pcode_emit_jump_unless(struct emitter *e, const struct pascal_node *condition, uint32_t label) {
  condition = inside(condition);
  if (condition->kind == NODE_NOT) return pcode_emit_jump_if(e, condition->a, label);
  if (condition->kind == NODE_BINARY && condition->op == T_AND) {
    pcode_emit_jump_unless(e, condition->a, label);
    return pcode_emit_jump_unless(e, condition->b, label);
  }
  if (condition->kind == NODE_BINARY && condition->op == T_OR) {
    uint32_t good = pcode_emit_new_label(e);
    pcode_emit_jump_if(e, condition->a, good);
    pcode_emit_jump_unless(e, condition->b, label);
    return pcode_emit_label(e, good);
  }
  pcode_emit_value(e, condition);
  pcode_emit(e, PCODE_OP_BRNC, label, 0, 0);
}

void pcode_emit_jump_if(struct emitter *e, const struct pascal_node *condition, uint32_t label) {
  condition = inside(condition);
  if (condition->kind == NODE_NOT) return pcode_emit_jump_unless(e, condition->a, label);
  if (condition->kind == NODE_BINARY && condition->op == T_OR) {
    pcode_emit_jump_if(e, condition->a, label);
    return pcode_emit_jump_if(e, condition->b, label);
  }
  if (condition->kind == NODE_BINARY && condition->op == T_AND) {
    uint32_t bad = pcode_emit_new_label(e);
    pcode_emit_jump_unless(e, condition->a, bad);
    pcode_emit_jump_if(e, condition->b, label);
    return pcode_emit_label(e, bad);
  }
  pcode_emit_value(e, condition);
  pcode_emit(e, PCODE_OP_BRC, label, 0, 0);
}

// ---- checks --------------------------------------------------------------------------------------------------------

bool pcode_emit_fits(const struct emitter *e, const struct pascal_type *type, const struct pascal_node *from) {
  if (!(e->p->checks & PASCAL_CHECK_RANGES) || !pcode_pascal_is_ordinal(type)) return true;
  ASSERT(type->low <= type->high, "pcode.I17: a type goes from %lld to %lld, at line %u", (long long)type->low,
         (long long)type->high, e->place.line);
  int64_t low = from ? from->type->low : INT64_MIN, high = from ? from->type->high : INT64_MAX;
  if (from && from->kind == NODE_INTEGER) low = high = from->value;
  return low >= type->low && high <= type->high;
}

void pcode_emit_check(struct emitter *e, const struct pascal_type *type, const struct pascal_node *from,
                      enum pcode_error error) {
  if (pcode_emit_fits(e, type, from)) return;
  bool small = type->low == (int32_t)type->low && type->high == (int32_t)type->high;
  pcode_emit(e, small ? PCODE_OP_CHK : PCODE_OP_CHW, type->low, type->high, error);
}
