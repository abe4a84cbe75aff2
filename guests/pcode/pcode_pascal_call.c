// SPDX-License-Identifier: MIT
//
// pcode_pascal_call.c: actual parameters (6.6.3), and the required procedures and functions (6.6.5, 6.6.6, 6.9).
#include "pcode_pascal_int.h"

static bool is_integer(struct pascal_type *type) {
  return type->kind == TYPE_ERROR || pcode_pascal_host(type)->kind == TYPE_INTEGER;
}

// ---- actual parameters ---------------------------------------------------------------------------------------------

static void check_packed(struct pascal *p, const struct pascal_node *node) {
  bool part = (node->kind == NODE_FIELD || node->kind == NODE_INDEX) && node->a->type->packed;
  bool tag = (node->kind == NODE_FIELD || node->kind == NODE_WITH_FIELD) && node->field;
  if (node->kind == NODE_WITH_FIELD && node->a->a->type->packed) part = true;
  if (part) pcode_pascal_error(p, node->place, "expected a variable that is no part of a packed one");
  if (!tag || part) return;
  const struct pascal_type *record = node->kind == NODE_FIELD ? node->a->type : node->a->a->type;
  const struct pascal_choice *choice = node->field->variant ? node->field->variant->inner : record->choice;
  for (; choice; choice = choice->outer ? choice->outer->choice : NULL)
    if (choice->tag == node->field) pcode_pascal_error(p, node->place, "expected a variable that is no tag");
}

static struct pascal_node *by_address(struct pascal *p, const struct pascal_symbol *formal) {
  ASSERT(formal->by_address && formal->type, "pcode.I6: a value parameter takes an address");
  struct pascal_node *node = pcode_pascal_variable(p);
  pcode_pascal_check_threat(p, node);
  pcode_pascal_mark_address(node);
  check_packed(p, node);
  bool good = formal->type->kind == TYPE_CONFORMANT ? pcode_pascal_conforms(formal->type, node->type)
                                                    : formal->type == node->type;
  if (!good && node->type->kind != TYPE_ERROR && formal->type->kind != TYPE_ERROR)
    pcode_pascal_error(p, node->place, "expected a variable of the very type of the parameter");
  return node;
}

static struct pascal_node *routine_argument(struct pascal *p, const struct pascal_symbol *formal) {
  struct pascal_node *node = pcode_pascal_node(p, NODE_ROUTINE, p->place);
  if (p->token != T_NAME) {
    pcode_pascal_expected(p, "the name of a procedure or function");
    return node;
  }
  struct pascal_symbol *symbol = pcode_pascal_lookup(p);
  const struct pascal_symbol *actual = symbol;
  if (symbol->kind == SYMBOL_ROUTINE_PARAMETER)
    actual = symbol->type->routine;
  else if (symbol->kind != SYMBOL_PROCEDURE && symbol->kind != SYMBOL_FUNCTION)
    actual = NULL;
  if (!actual && symbol->kind != SYMBOL_BAD)
    pcode_pascal_expected(p, "the name of a procedure or function of the program");
  if (actual && !pcode_pascal_same_routine(p, formal->type->routine, actual))
    pcode_pascal_error(p, p->place, "expected a routine with the parameter's own parameters and result");
  if (symbol->kind == SYMBOL_ROUTINE_PARAMETER && symbol->block != p->block) symbol->needs_store = true;
  symbol->passed = true;
  node->symbol = symbol;
  pcode_pascal_next(p);
  return node;
}

static struct pascal_node *argument(struct pascal *p, const struct pascal_symbol *formal) {
  ASSERT(formal->is_parameter && formal->type, "pcode.I6: an argument is for a symbol of kind %d", (int)formal->kind);
  if (formal->kind == SYMBOL_ROUTINE_PARAMETER) return routine_argument(p, formal);
  if (formal->by_address) return by_address(p, formal);
  struct pascal_node *node = pcode_pascal_expression(p);
  if (formal->type->kind != TYPE_CONFORMANT) return pcode_pascal_assign_to(p, formal->type, node, "for this parameter");
  if (!pcode_pascal_conforms(formal->type, node->type))
    pcode_pascal_error(p, node->place, "expected an array that conforms to the parameter");
  return node;
}

void pcode_pascal_arguments(struct pascal *p, struct pascal_node *call) {
  const struct pascal_symbol *routine = call->symbol, *formal, *before = NULL;
  ASSERT(routine->kind == SYMBOL_PROCEDURE || routine->kind == SYMBOL_FUNCTION ||
             routine->kind == SYMBOL_ROUTINE_PARAMETER,
         "pcode.I6: a call of a symbol of kind %d", (int)routine->kind);
  if (routine->kind == SYMBOL_ROUTINE_PARAMETER) routine = routine->type->routine;
  struct pascal_node **end = &call->list, *last = NULL;
  formal = routine->params;
  if (p->token != T_LEFT_PARENTHESIS) {
    if (formal) pcode_pascal_expected(p, "'(' and the parameters");
    return;
  }
  if (!formal) pcode_pascal_expected(p, "no parameters");
  do {
    pcode_pascal_next(p);
    struct pascal_node *node = formal ? argument(p, formal) : pcode_pascal_expression(p);
    bool same = before && formal && formal->group == before->group && formal->type->kind == TYPE_CONFORMANT;
    if (same && last->type != node->type && last->type->kind != TYPE_ERROR && node->type->kind != TYPE_ERROR &&
        !(last->type->is_string && node->type->is_string && last->type->size == node->type->size))
      pcode_pascal_error(p, node->place, "expected the type of the parameter before, which was declared with this one");
    *end = last = node;
    end = &node->next;
    before = formal;
    if (formal) formal = formal->next;
    if (p->token == T_COMMA && !formal) pcode_pascal_expected(p, "')': there are no more parameters");
  } while (p->token == T_COMMA);
  if (formal) pcode_pascal_expected(p, "more parameters");
  pcode_pascal_expect(p, T_RIGHT_PARENTHESIS);
}

// ---- required routines ---------------------------------------------------------------------------------------------

static struct pascal_node *add(struct pascal_node *call, struct pascal_node *node) {
  ASSERT(!node->next, "pcode.I6: an argument of line %u is another call's", node->place.line);
  struct pascal_node **end = &call->list;
  while (*end) end = &(*end)->next;
  return *end = node;
}

static struct pascal_node *standard_file(struct pascal *p, struct pascal_symbol *file, const char *name) {
  if (file) return pcode_pascal_variable_of(p, file, p->place);
  pcode_pascal_error(p, p->place, "expected '%s' among the program's parameters (6.10)", name);
  return pcode_pascal_node(p, NODE_BAD, p->place);
}

static struct pascal_node *file_variable(struct pascal *p, struct pascal_node *call) {
  struct pascal_node *file = add(call, pcode_pascal_variable(p));
  if (file->type->kind != TYPE_FILE && file->type->kind != TYPE_ERROR)
    pcode_pascal_error(p, file->place, "expected a file");
  return file;
}

static void check_text(struct pascal *p, const struct pascal_node *file) {
  if (file->type->kind == TYPE_FILE && !file->type->is_text)
    pcode_pascal_error(p, file->place, "expected a file of type text");
}

// One argument of arithmetic and ordinal functions, and the result's type.
static void type_function(struct pascal *p, struct pascal_node *call) {
  struct pascal_node *x = call->list;
  ASSERT(x && x->type, "pcode.I6: standard function %lld has no argument", (long long)call->value);
  bool integer = is_integer(x->type), number = integer || x->type->kind == TYPE_REAL;
  bool ordinal = pcode_pascal_is_ordinal(x->type);
  const char *wanted = NULL;
  switch (call->value) {
  case STANDARD_ABS:
  case STANDARD_SQR:
    call->type = integer ? p->integer_type : p->real_type;
    if (!number) wanted = "a number";
    break;
  case STANDARD_TRUNC:
  case STANDARD_ROUND:
    call->type = p->integer_type;
    if (x->type->kind != TYPE_REAL && x->type->kind != TYPE_ERROR) wanted = "a real number";
    break;
  case STANDARD_ORD:
    call->type = p->integer_type;
    if (!ordinal) wanted = "a value of an ordinal type";
    break;
  case STANDARD_CHR:
    call->type = p->char_type;
    if (!integer) wanted = "an integer";
    break;
  case STANDARD_SUCC:
  case STANDARD_PRED:
    call->type = pcode_pascal_host(x->type);
    if (!ordinal) wanted = "a value of an ordinal type";
    break;
  case STANDARD_ODD:
    call->type = p->boolean_type;
    if (!integer) wanted = "an integer";
    break;
  default:
    call->type = p->real_type;
    if (!number)
      wanted = "a number";
    else
      call->list = pcode_pascal_assign_to(p, p->real_type, x, "");
    break;
  }
  if (wanted) pcode_pascal_error(p, x->place, "expected %s", wanted);
}

static void file_function(struct pascal *p, struct pascal_node *call) { // eof, eoln
  call->type = p->boolean_type;
  if (pcode_pascal_take(p, T_LEFT_PARENTHESIS)) {
    struct pascal_node *file = file_variable(p, call);
    if (call->value == STANDARD_EOLN) check_text(p, file);
    pcode_pascal_expect(p, T_RIGHT_PARENTHESIS);
  } else {
    add(call, standard_file(p, p->input, "input"));
  }
}

static void dynamic(struct pascal *p, struct pascal_node *call) { // new, dispose
  struct pascal_node *pointer = call->value == STANDARD_NEW ? pcode_pascal_variable(p) : pcode_pascal_expression(p);
  add(call, pointer);
  if (call->value == STANDARD_NEW) pcode_pascal_check_threat(p, pointer);
  if (pointer->type->kind != TYPE_POINTER && pointer->type->kind != TYPE_ERROR)
    pcode_pascal_error(p, pointer->place, "expected a pointer");
  const struct pascal_choice *choice = pointer->type->kind == TYPE_POINTER ? pointer->type->element->choice : NULL;
  while (pcode_pascal_take(p, T_COMMA)) {
    struct pascal_symbol constant = {0};
    struct pascal_place place = p->place;
    const struct pascal_variant *chosen = NULL;
    pcode_pascal_constant(p, &constant);
    if (!choice) {
      pcode_pascal_error(p, place, "expected no more variants than the record has");
      continue;
    }
    for (const struct pascal_variant *variant = choice->variants; variant; variant = variant->next)
      for (const struct pascal_label_value *value = variant->values; value; value = value->next)
        if (value->value == constant.value) chosen = variant;
    if (!chosen || !pcode_pascal_compatible(constant.type, choice->tag_type))
      pcode_pascal_error(p, place, "expected a value of the variant's tag");
    choice = chosen ? chosen->inner : NULL;
  }
}

static void transfer(struct pascal *p, struct pascal_node *call) { // pack(a, i, z), unpack(z, a, i)
  bool pack = call->value == STANDARD_PACK;
  struct pascal_node *first = add(call, pcode_pascal_variable(p)), *array, *packed, *index;
  pcode_pascal_expect(p, T_COMMA);
  struct pascal_node *second = add(call, pack ? pcode_pascal_expression(p) : pcode_pascal_variable(p));
  pcode_pascal_expect(p, T_COMMA);
  struct pascal_node *third = add(call, pack ? pcode_pascal_variable(p) : pcode_pascal_expression(p));
  array = pack ? first : second;
  packed = pack ? third : first;
  index = pack ? second : third;
  if (array->type->kind == TYPE_ERROR || packed->type->kind == TYPE_ERROR) return;
  bool arrays = array->type->kind == TYPE_ARRAY && packed->type->kind == TYPE_ARRAY && !array->type->packed &&
                packed->type->packed && array->type->element == packed->type->element;
  if (!arrays)
    pcode_pascal_error(p, call->place, "expected an unpacked and a packed array with the same components");
  else if (!pcode_pascal_compatible(array->type->index, index->type))
    pcode_pascal_error(p, index->place, "expected an index of the unpacked array");
}

static void file_procedure(struct pascal *p, struct pascal_node *call) { file_variable(p, call); }

// ---- read and write (6.9) ------------------------------------------------------------------------------------------

static void check_read(struct pascal *p, const struct pascal_node *file, struct pascal_node *variable) {
  struct pascal_type *host = pcode_pascal_host(variable->type);
  pcode_pascal_check_threat(p, variable);
  if (file->type->kind == TYPE_FILE && !file->type->is_text) {
    if (!pcode_pascal_assignable(variable->type, file->type->element))
      pcode_pascal_error(p, variable->place, "expected a variable for the file's components");
  } else if (host->kind != TYPE_INTEGER && host->kind != TYPE_REAL && host->kind != TYPE_CHAR &&
             host->kind != TYPE_ERROR) {
    pcode_pascal_error(p, variable->place, "expected a variable of an integer, real or char type");
  }
}

static void read_arguments(struct pascal *p, struct pascal_node *call, bool line) {
  bool listed = pcode_pascal_take(p, T_LEFT_PARENTHESIS);
  struct pascal_node *first = listed ? pcode_pascal_variable(p) : NULL;
  call->a = first && first->type->kind == TYPE_FILE ? first : standard_file(p, p->input, "input");
  if (line) check_text(p, call->a);
  if (!listed && !line) pcode_pascal_expected(p, "'(' and variables");
  if (first && first != call->a) {
    check_read(p, call->a, first);
    add(call, first);
  } else if (listed && !line && p->token != T_COMMA) {
    pcode_pascal_expected(p, "variables to read");
  }
  while (listed && pcode_pascal_take(p, T_COMMA)) {
    struct pascal_node *variable = pcode_pascal_variable(p);
    check_read(p, call->a, variable);
    add(call, variable);
  }
  if (listed) pcode_pascal_expect(p, T_RIGHT_PARENTHESIS);
}

static struct pascal_node *width(struct pascal *p) {
  struct pascal_node *node = pcode_pascal_expression(p);
  ASSERT(node->type, "pcode.I17: a width at line %u has no type", node->place.line);
  if (!is_integer(node->type)) pcode_pascal_error(p, node->place, "expected an integer as the width");
  return node;
}

static void write_item(struct pascal *p, struct pascal_node *call, struct pascal_node *value) {
  struct pascal_node *item = pcode_pascal_node(p, NODE_WRITE_ITEM, value->place);
  struct pascal_type *host = pcode_pascal_host(value->type);
  bool text = call->a->type->kind != TYPE_FILE || call->a->type->is_text;
  item->a = value;
  if (!text) {
    item->a = pcode_pascal_assign_to(p, call->a->type->element, value, "as a component of the file");
  } else {
    bool good = host->kind == TYPE_INTEGER || host->kind == TYPE_REAL || host->kind == TYPE_CHAR ||
                host->kind == TYPE_BOOLEAN || host->is_string || host->kind == TYPE_ERROR;
    if (!good) pcode_pascal_error(p, value->place, "expected an integer, real, char, Boolean or string value");
    if (pcode_pascal_take(p, T_COLON)) item->b = width(p);
    if (item->b && host->kind != TYPE_REAL && p->token == T_COLON)
      pcode_pascal_expected(p, "a second width of real numbers only");
    if (item->b && pcode_pascal_take(p, T_COLON)) item->c = width(p);
  }
  add(call, item);
}

static void write_arguments(struct pascal *p, struct pascal_node *call, bool line) {
  bool listed = pcode_pascal_take(p, T_LEFT_PARENTHESIS);
  struct pascal_node *first = listed ? pcode_pascal_expression(p) : NULL;
  bool is_file = first && first->type->kind == TYPE_FILE && pcode_pascal_is_variable(first);
  call->a = is_file ? first : standard_file(p, p->output, "output");
  if (line) check_text(p, call->a);
  if (!listed && !line) pcode_pascal_expected(p, "'(' and values");
  if (first && !is_file) write_item(p, call, first);
  if (is_file && !line && p->token != T_COMMA) pcode_pascal_expected(p, "values to write");
  while (listed && pcode_pascal_take(p, T_COMMA)) write_item(p, call, pcode_pascal_expression(p));
  if (listed) pcode_pascal_expect(p, T_RIGHT_PARENTHESIS);
}

static void page_arguments(struct pascal *p, struct pascal_node *call) {
  if (pcode_pascal_take(p, T_LEFT_PARENTHESIS)) {
    check_text(p, file_variable(p, call));
    pcode_pascal_expect(p, T_RIGHT_PARENTHESIS);
  } else {
    add(call, standard_file(p, p->output, "output"));
  }
}

struct pascal_node *pcode_pascal_standard_call(struct pascal *p, struct pascal_symbol *symbol, bool statement) {
  struct pascal_node *call = pcode_pascal_node(p, NODE_STANDARD, p->place);
  ASSERT(symbol->standard >= 0 && symbol->standard <= STANDARD_PAGE, "pcode.I17: required routine %d of %d",
         symbol->standard, STANDARD_PAGE + 1);
  call->value = symbol->standard;
  if (statement != (symbol->standard >= STANDARD_NEW))
    pcode_pascal_expected(p, statement ? "a procedure" : "a function");
  pcode_pascal_next(p);
  switch (symbol->standard) {
  case STANDARD_EOF:
  case STANDARD_EOLN: file_function(p, call); return call;
  case STANDARD_READ:
  case STANDARD_READLN: read_arguments(p, call, symbol->standard == STANDARD_READLN); return call;
  case STANDARD_WRITE:
  case STANDARD_WRITELN: write_arguments(p, call, symbol->standard == STANDARD_WRITELN); return call;
  case STANDARD_PAGE: page_arguments(p, call); return call;
  default: break;
  }
  pcode_pascal_expect(p, T_LEFT_PARENTHESIS);
  if (symbol->standard < STANDARD_EOF) {
    add(call, pcode_pascal_expression(p));
    type_function(p, call);
  } else if (symbol->standard <= STANDARD_DISPOSE) {
    dynamic(p, call);
  } else if (symbol->standard <= STANDARD_UNPACK) {
    transfer(p, call);
  } else {
    file_procedure(p, call);
  }
  pcode_pascal_expect(p, T_RIGHT_PARENTHESIS);
  return call;
}
