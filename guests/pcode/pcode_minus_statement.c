// SPDX-License-Identifier: MIT
//
// pcode_minus_statement.c: statements of Pascal-.
#include "pcode_minus_int.h"

static void statement(struct minus *minus);

static void actual_parameter(struct minus *minus, const struct minus_object *formal) {
  struct minus_object *type;
  if (formal->kind == MINUS_VAR_PARAMETER)
    type = pcode_minus_variable_access(minus, pcode_minus_find(minus));
  else
    type = pcode_minus_expression(minus);
  struct minus_object *wanted = formal->type;
  if (wanted->kind == MINUS_STANDARD_TYPE && wanted->type && wanted->type != minus->universal) wanted = wanted->type;
  pcode_minus_check_types(minus, type, wanted);
}

// The words that were pushed.
static int64_t actual_parameters(struct minus *minus, const struct minus_object *procedure) {
  int64_t before = minus->scope->temps;
  const struct minus_object *formal = procedure->members;
  if (!formal) return 0;
  pcode_minus_expect(minus, MINUS_LEFT_PARENTHESIS);
  for (;; pcode_minus_next_symbol(minus)) {
    actual_parameter(minus, formal);
    formal = formal->next;
    if (!formal || minus->symbol != MINUS_COMMA) break;
  }
  if (formal) pcode_minus_error(minus, "Invalid Syntax");
  pcode_minus_expect(minus, MINUS_RIGHT_PARENTHESIS);
  ASSERT(minus->scope->temps >= before, "pcode.I10: %lld words are pushed after the arguments, %lld were before",
         (long long)minus->scope->temps, (long long)before);
  return minus->scope->temps - before;
}

static void read_statement(struct minus *minus) {
  pcode_minus_expect(minus, MINUS_LEFT_PARENTHESIS);
  pcode_minus_check_types(minus, pcode_minus_variable_access(minus, pcode_minus_find(minus)), minus->integer);
  pcode_minus_emit(minus, MVP_LIRE, 0, 0, 0, 0);
  pcode_minus_pop(minus, 1);
  pcode_minus_expect(minus, MINUS_RIGHT_PARENTHESIS);
}

static void write_statement(struct minus *minus) {
  pcode_minus_expect(minus, MINUS_LEFT_PARENTHESIS);
  pcode_minus_check_types(minus, pcode_minus_expression(minus), minus->integer);
  pcode_minus_emit(minus, MVP_ECR, 0, 0, 0, 0);
  pcode_minus_pop(minus, 1);
  pcode_minus_expect(minus, MINUS_RIGHT_PARENTHESIS);
}

static void procedure_statement(struct minus *minus, struct minus_object *procedure) {
  int64_t words = actual_parameters(minus, procedure);
  ASSERT(minus->scope->level >= procedure->level, "pcode.I8: a call from level %lld to level %lld, further in",
         (long long)minus->scope->level, (long long)procedure->level);
  pcode_minus_push(minus, 3);
  pcode_minus_emit(minus, MVP_APL, (int64_t)minus->scope->level - procedure->level, procedure->value, 0, 0);
  pcode_minus_pop(minus, words + 3);
}

static void assignment_statement(struct minus *minus, struct minus_object *object) {
  struct minus_object *type = pcode_minus_variable_access(minus, object);
  if (!pcode_minus_expect(minus, MINUS_BECOMES)) {
    pcode_minus_pop(minus, 1);
    return;
  }
  struct minus_object *right = pcode_minus_expression(minus);
  pcode_minus_check_types(minus, type, right);
  int64_t length = pcode_minus_type_length(right);
  pcode_minus_emit(minus, MVP_AFFV, length, 0, 0, 0);
  pcode_minus_pop(minus, length + 1);
}

static void condition(struct minus *minus, int64_t otherwise) {
  pcode_minus_check_types(minus, pcode_minus_expression(minus), minus->boolean);
  pcode_minus_emit(minus, MVP_BRNC, otherwise, 0, 0, 0);
  pcode_minus_pop(minus, 1);
}

static void if_statement(struct minus *minus) {
  int64_t otherwise = pcode_minus_new_label(minus);
  pcode_minus_next_symbol(minus);
  condition(minus, otherwise);
  pcode_minus_expect(minus, MINUS_THEN);
  statement(minus);
  if (minus->symbol == MINUS_ELSE) {
    int64_t end = pcode_minus_new_label(minus);
    pcode_minus_next_symbol(minus);
    pcode_minus_emit(minus, MVP_BR, end, 0, 0, 0);
    pcode_minus_emit_label(minus, otherwise);
    statement(minus);
    otherwise = end;
  }
  pcode_minus_emit_label(minus, otherwise);
}

static void while_statement(struct minus *minus) {
  int64_t again = pcode_minus_new_label(minus), end = pcode_minus_new_label(minus);
  pcode_minus_emit_label(minus, again);
  pcode_minus_next_symbol(minus);
  condition(minus, end);
  pcode_minus_expect(minus, MINUS_DO);
  statement(minus);
  pcode_minus_emit(minus, MVP_BR, again, 0, 0, 0);
  pcode_minus_emit_label(minus, end);
}

static bool begins_statement(enum minus_symbol symbol) {
  return symbol == MINUS_NAME || symbol == MINUS_IF || symbol == MINUS_WHILE || symbol == MINUS_BEGIN;
}

// After an error: to where a statement ends or begins.
static void synchronise(struct minus *minus) {
  while (minus->symbol != MINUS_SEMICOLON && minus->symbol != MINUS_END && minus->symbol != MINUS_END_OF_TEXT &&
         minus->symbol != MINUS_ELSE && minus->symbol != MINUS_PROCEDURE &&
         (minus->symbol == MINUS_NAME || !begins_statement(minus->symbol)))
    pcode_minus_next_symbol(minus);
}

static void name_statement(struct minus *minus) {
  struct minus_object *object = pcode_minus_find(minus);
  switch (object->kind) {
  case MINUS_READ: return read_statement(minus);
  case MINUS_WRITE: return write_statement(minus);
  case MINUS_PROCEDURE_NAME: return procedure_statement(minus, object);
  case MINUS_UNDEFINED:
    if (minus->symbol == MINUS_LEFT_PARENTHESIS || minus->symbol == MINUS_SEMICOLON) return; // as a procedure
    return assignment_statement(minus, object);
  default: return assignment_statement(minus, object);
  }
}

static void statement(struct minus *minus) {
  if (!pcode_minus_descend(minus)) return;
  switch (minus->symbol) {
  case MINUS_NAME: name_statement(minus); break;
  case MINUS_IF: if_statement(minus); break;
  case MINUS_WHILE: while_statement(minus); break;
  case MINUS_BEGIN: pcode_minus_compound_statement(minus); break;
  default: break; // empty
  }
  ASSERT(minus->depth > 0, "pcode.I16: a statement is left that was not entered");
  minus->depth--;
}

void pcode_minus_compound_statement(struct minus *minus) {
  pcode_minus_expect(minus, MINUS_BEGIN);
  for (;;) {
    statement(minus);
    if (minus->symbol == MINUS_SEMICOLON) {
      pcode_minus_next_symbol(minus);
    } else if (minus->symbol == MINUS_END || minus->symbol == MINUS_END_OF_TEXT || minus->symbol == MINUS_PERIOD) {
      break;
    } else {
      pcode_minus_error(minus, "Invalid Syntax");
      pcode_minus_next_symbol(minus);
      synchronise(minus);
    }
  }
  pcode_minus_expect(minus, MINUS_END);
}
