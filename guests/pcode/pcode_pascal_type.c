// SPDX-License-Identifier: MIT
//
// pcode_pascal_type.c: which types go together (6.4.5, 6.4.6, 6.6.3.6, 6.6.3.8). The error type goes with every other:
// what has an error has been told.
#include "pcode_pascal_int.h"

struct pascal_type *pcode_pascal_type_make(struct pascal *p, enum pascal_type_kind kind) {
  struct pascal_type *type = pcode_pascal_memory(p, sizeof *type);
  *type = (struct pascal_type){.kind = kind, .size = 1};
  return type;
}

struct pascal_type *pcode_pascal_host(struct pascal_type *type) {
  ASSERT(type->kind != TYPE_SUBRANGE || type->host->kind != TYPE_SUBRANGE, "pcode.I17: a subrange of a subrange");
  return type->kind == TYPE_SUBRANGE ? type->host : type;
}

bool pcode_pascal_is_ordinal(const struct pascal_type *type) {
  return type->kind == TYPE_INTEGER || type->kind == TYPE_BOOLEAN || type->kind == TYPE_CHAR ||
         type->kind == TYPE_ENUM || type->kind == TYPE_SUBRANGE || type->kind == TYPE_ERROR;
}

bool pcode_pascal_is_simple(const struct pascal_type *type) {
  return pcode_pascal_is_ordinal(type) || type->kind == TYPE_REAL || type->kind == TYPE_POINTER ||
         type->kind == TYPE_NIL;
}

// 6.4.5
bool pcode_pascal_compatible(struct pascal_type *a, struct pascal_type *b) {
  if (a == b || a->kind == TYPE_ERROR || b->kind == TYPE_ERROR) return true;
  if (pcode_pascal_is_ordinal(a) && pcode_pascal_is_ordinal(b)) return pcode_pascal_host(a) == pcode_pascal_host(b);
  if (a->kind == TYPE_NIL || b->kind == TYPE_NIL)
    return a->kind == TYPE_POINTER || b->kind == TYPE_POINTER || a->kind == b->kind;
  if (a->kind == TYPE_EMPTY_SET || b->kind == TYPE_EMPTY_SET)
    return (a->kind == TYPE_SET || a->kind == TYPE_EMPTY_SET) && (b->kind == TYPE_SET || b->kind == TYPE_EMPTY_SET);
  if (a->kind == TYPE_SET && b->kind == TYPE_SET) return pcode_pascal_compatible(a->element, b->element);
  return a->is_string && b->is_string && a->size == b->size;
}

// 6.4.6
bool pcode_pascal_assignable(struct pascal_type *to, struct pascal_type *from) {
  if (to->kind == TYPE_ERROR || from->kind == TYPE_ERROR) return true;
  if (to->has_file) return false;
  if (to->kind == TYPE_REAL) return pcode_pascal_host(from)->kind == TYPE_INTEGER || from->kind == TYPE_REAL;
  return pcode_pascal_compatible(to, from);
}

// 6.6.3.6: congruous parameter lists.
static bool congruous(struct pascal *p, const struct pascal_symbol *a, const struct pascal_symbol *b) {
  for (; a && b; a = a->next, b = b->next) {
    if (a->kind != b->kind || a->by_address != b->by_address) return false;
    if (a->next && b->next && (a->group == a->next->group) != (b->group == b->next->group)) return false;
    if (a->kind == SYMBOL_ROUTINE_PARAMETER && !pcode_pascal_same_routine(p, a->type->routine, b->type->routine))
      return false;
    if (a->type->kind == TYPE_CONFORMANT && b->type->kind == TYPE_CONFORMANT) {
      if (a->type->index != b->type->index || a->type->packed != b->type->packed ||
          a->type->element != b->type->element)
        return false;
    } else if (a->kind != SYMBOL_ROUTINE_PARAMETER && a->type != b->type) {
      return false;
    }
  }
  return !a && !b;
}

bool pcode_pascal_same_routine(struct pascal *p, const struct pascal_symbol *a, const struct pascal_symbol *b) {
  bool function = a->type && a->type != p->error_type, other = b->type && b->type != p->error_type;
  if (function != other || (function && a->type != b->type)) return false;
  return congruous(p, a->params, b->params);
}

// 6.6.3.8
bool pcode_pascal_conforms(struct pascal_type *formal, struct pascal_type *actual) {
  if (actual->kind == TYPE_ERROR) return true;
  if (actual->kind != TYPE_ARRAY && actual->kind != TYPE_CONFORMANT) return false;
  if (formal->packed != actual->packed || !pcode_pascal_compatible(formal->index, actual->index)) return false;
  if (actual->kind == TYPE_ARRAY && pcode_pascal_host(formal->index)->kind != TYPE_ERROR &&
      (actual->index->low < formal->index->low || actual->index->high > formal->index->high))
    return false;
  if (formal->element->kind == TYPE_CONFORMANT) return pcode_pascal_conforms(formal->element, actual->element);
  return formal->element == actual->element || formal->element->kind == TYPE_ERROR;
}

void pcode_pascal_type_name(const struct pascal_type *type, struct text *out) {
  static const char *const kinds[] = {
      "?",        "integer", "real",   "boolean",   "char", "an enumeration", "a subrange",         "an array",
      "a record", "a set",   "a file", "a pointer", "nil",  "the empty set",  "a conformant array", "a routine"};
  if (type->name)
    text_printf(out, "%s", type->name->text);
  else if (type->is_string)
    text_printf(out, "a string of %lld", (long long)type->size);
  else if (type->kind == TYPE_SUBRANGE && type->host->name)
    text_printf(out, "a subrange of %s", type->host->name->text);
  else {
    ASSERT((size_t)type->kind < COUNT_OF(kinds), "pcode.I17: a type of kind %d has no words", (int)type->kind);
    text_printf(out, "%s", kinds[type->kind]);
  }
}
