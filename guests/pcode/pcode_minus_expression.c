// SPDX-License-Identifier: MIT
//
// pcode_minus_expression.c: expressions and variables of Pascal-. Types are the same when they have the same name; the
// universal type, that of what had an error, goes with every other.
#include "pcode_minus_int.h"

static struct minus_object *type_of(const struct minus *minus, struct minus_object *type) {
  bool alias = type->kind == MINUS_STANDARD_TYPE && type->type != minus->universal && type->type; // entier
  return alias ? type->type : type->kind == MINUS_UNDEFINED ? minus->universal : type;
}

void pcode_minus_check_types(struct minus *minus, const struct minus_object *a, const struct minus_object *b) {
  if (a != b && a != minus->universal && b != minus->universal) pcode_minus_error(minus, "Invalid Type");
}

// ---- variables -----------------------------------------------------------------------------------------------------

static struct minus_object *indexed(struct minus *minus, struct minus_object *type) {
  pcode_minus_next_symbol(minus);
  struct minus_object *index = pcode_minus_expression(minus);
  if (type->kind == MINUS_ARRAY_TYPE) {
    pcode_minus_check_types(minus, index, minus->integer);
    int64_t size = pcode_minus_type_length(type->type);
    pcode_minus_emit(minus, MVP_ADRI, type->low, type->high, size, minus->line);
    type = type_of(minus, type->type);
  } else {
    if (type != minus->universal) pcode_minus_error(minus, "Invalid Type");
    type = minus->universal;
  }
  pcode_minus_pop(minus, 1);
  pcode_minus_expect(minus, MINUS_RIGHT_BRACKET);
  return type;
}

static struct minus_object *selected(struct minus *minus, struct minus_object *type) {
  pcode_minus_next_symbol(minus);
  if (minus->symbol != MINUS_NAME || type->kind != MINUS_RECORD_TYPE) {
    if (minus->symbol != MINUS_NAME)
      pcode_minus_error(minus, "Invalid Syntax");
    else if (type != minus->universal)
      pcode_minus_error(minus, "Invalid Type");
    if (minus->symbol == MINUS_NAME) pcode_minus_next_symbol(minus);
    return minus->universal;
  }
  struct minus_object *field = type->members;
  while (field && !pcode_minus_same_name(field->name, field->length, minus->name, minus->name_length))
    field = field->next;
  if (!field) pcode_minus_error(minus, "Undefined Name");
  pcode_minus_next_symbol(minus);
  if (!field) return minus->universal;
  pcode_minus_emit(minus, MVP_ADRC, field->displacement, 0, 0, 0);
  return type_of(minus, field->type);
}

struct minus_object *pcode_minus_variable_access(struct minus *minus, struct minus_object *object) {
  bool is_variable = object->kind == MINUS_VARIABLE || object->kind == MINUS_VALUE_PARAMETER;
  struct minus_object *type = minus->universal;
  int64_t levels = (int64_t)minus->scope->level - object->level;
  ASSERT(levels >= 0 || (!is_variable && object->kind != MINUS_VAR_PARAMETER),
         "pcode.I10: a variable lies %lld levels out", (long long)levels);
  pcode_minus_push(minus, 1);
  if (is_variable || object->kind == MINUS_VAR_PARAMETER) {
    pcode_minus_emit(minus, is_variable ? MVP_ADRV : MVP_ADRP, levels, object->displacement, 0, 0);
    type = type_of(minus, object->type);
  } else if (object->kind != MINUS_UNDEFINED) {
    pcode_minus_error(minus, "Invalid Name Kind");
  }
  while (minus->symbol == MINUS_LEFT_BRACKET || minus->symbol == MINUS_PERIOD)
    type = minus->symbol == MINUS_PERIOD ? selected(minus, type) : indexed(minus, type);
  return type;
}

// ---- expressions ---------------------------------------------------------------------------------------------------

static struct minus_object *constant(struct minus *minus, int64_t value, struct minus_object *type) {
  pcode_minus_emit(minus, MVP_CNST, value, 0, 0, 0);
  pcode_minus_push(minus, 1);
  return type;
}

static struct minus_object *named_factor(struct minus *minus) {
  struct minus_object *object = pcode_minus_find(minus);
  if (object->kind == MINUS_CONSTANT) return constant(minus, object->value, object->type);
  struct minus_object *type = pcode_minus_variable_access(minus, object);
  int64_t length = pcode_minus_type_length(type);
  pcode_minus_emit(minus, MVP_VALV, length, 0, 0, 0);
  ASSERT(length >= 1, "pcode.I17: a value of %lld words at line %u", (long long)length, minus->line);
  pcode_minus_push(minus, length - 1);
  return type;
}

static struct minus_object *factor(struct minus *minus) {
  struct minus_object *type = minus->universal;
  if (!pcode_minus_descend(minus)) return type;
  if (minus->symbol == MINUS_NUMERAL) {
    type = constant(minus, minus->numeral, minus->integer);
    pcode_minus_next_symbol(minus);
  } else if (minus->symbol == MINUS_NAME) {
    type = named_factor(minus);
  } else if (minus->symbol == MINUS_LEFT_PARENTHESIS) {
    pcode_minus_next_symbol(minus);
    type = pcode_minus_expression(minus);
    pcode_minus_expect(minus, MINUS_RIGHT_PARENTHESIS);
  } else if (minus->symbol == MINUS_NOT) {
    pcode_minus_next_symbol(minus);
    type = factor(minus);
    pcode_minus_check_types(minus, type, minus->boolean);
    pcode_minus_emit(minus, MVP_NEG, 0, 0, 0, 0);
    type = minus->boolean;
  } else {
    pcode_minus_error(minus, "Invalid Syntax");
    pcode_minus_push(minus, 1);
  }
  ASSERT(minus->depth > 0, "pcode.I16: a factor is left at line %u that was not entered", minus->line);
  minus->depth--;
  return type;
}

// `operand` is what both sides must be; the result is of the same type.
static void operate(struct minus *minus, int op, const struct minus_object *left, const struct minus_object *right,
                    const struct minus_object *operand) {
  pcode_minus_check_types(minus, left, operand);
  pcode_minus_check_types(minus, right, operand);
  pcode_minus_emit(minus, op, 0, 0, 0, 0);
  pcode_minus_pop(minus, 1);
}

static struct minus_object *term(struct minus *minus) {
  struct minus_object *type = factor(minus);
  for (;;) {
    enum minus_symbol symbol = minus->symbol;
    bool is_and = symbol == MINUS_AND;
    if (!is_and && symbol != MINUS_ASTERISK && symbol != MINUS_DIV && symbol != MINUS_MOD) return type;
    pcode_minus_next_symbol(minus);
    struct minus_object *right = factor(minus), *operand = is_and ? minus->boolean : minus->integer;
    int op = is_and ? MVP_ET : symbol == MINUS_ASTERISK ? MVP_MUL : symbol == MINUS_DIV ? MVP_DIV : MVP_MOD;
    operate(minus, op, type, right, operand);
    type = operand;
  }
}

static struct minus_object *simple_expression(struct minus *minus) {
  bool sign = minus->symbol == MINUS_PLUS || minus->symbol == MINUS_MINUS, negative = minus->symbol == MINUS_MINUS;
  if (sign) pcode_minus_next_symbol(minus);
  struct minus_object *type = term(minus);
  if (sign) pcode_minus_check_types(minus, type, minus->integer);
  if (negative) pcode_minus_emit(minus, MVP_INVS, 0, 0, 0, 0);
  for (;;) {
    enum minus_symbol symbol = minus->symbol;
    bool is_or = symbol == MINUS_OR;
    if (!is_or && symbol != MINUS_PLUS && symbol != MINUS_MINUS) return type;
    pcode_minus_next_symbol(minus);
    struct minus_object *right = term(minus), *operand = is_or ? minus->boolean : minus->integer;
    operate(minus, is_or ? MVP_OU : symbol == MINUS_PLUS ? MVP_ADD : MVP_DIFF, type, right, operand);
    type = operand;
  }
}

struct minus_object *pcode_minus_expression(struct minus *minus) {
  static const int ops[] = {MVP_CEG, MVP_CNEG, MVP_CPP, MVP_CNPG, MVP_CPG, MVP_CNPP}; // from MINUS_EQUAL on
  struct minus_object *type = simple_expression(minus);
  enum minus_symbol symbol = minus->symbol;
  if (symbol < MINUS_EQUAL || symbol > MINUS_NOT_LESS) return type;
  pcode_minus_next_symbol(minus);
  struct minus_object *right = simple_expression(minus);
  pcode_minus_check_types(minus, type, right);
  if (pcode_minus_type_length(type) != 1 || type->kind == MINUS_ARRAY_TYPE || type->kind == MINUS_RECORD_TYPE)
    pcode_minus_error(minus, "Invalid Type");
  ASSERT(symbol - MINUS_EQUAL < COUNT_OF(ops), "comparison %u of %zu", symbol - MINUS_EQUAL, COUNT_OF(ops));
  pcode_minus_emit(minus, ops[symbol - MINUS_EQUAL], 0, 0, 0, 0);
  pcode_minus_pop(minus, 1);
  return minus->boolean;
}
