// SPDX-License-Identifier: MIT
//
// pcode_pascal_name.c: names and their scopes (6.2.2). A name knows its innermost symbol, and each symbol the one that
// it hides. A name may not be used in a block before the block declares it, not even when an outer one of that name is
// meant (6.2.2.9): a name remembers the newest scope that used it, and scopes are numbered in the order they open.
#include "pcode_pascal_int.h"

#include <stdio.h>

struct pascal_symbol *pcode_pascal_define(struct pascal *p, struct pascal_name *name, struct pascal_place place,
                                          enum pascal_symbol_kind kind) {
  struct pascal_symbol *symbol = pcode_pascal_memory(p, sizeof *symbol);
  if (name->symbol && name->symbol->scope == p->scope)
    pcode_pascal_error(p, place, "expected a new name, found '%s', which is declared at line %u", name->text,
                       name->symbol->place.line);
  else if (name->symbol && name->used_in >= p->scope)
    pcode_pascal_error(p, place, "expected a name that this block has not used before, found '%s'", name->text);
  *symbol =
      (struct pascal_symbol){.kind = kind, .name = name, .outer = name->symbol, .place = place, .scope = p->scope};
  symbol->type = p->error_type;
  symbol->block = p->block;
  symbol->older = p->newest;
  p->newest = name->symbol = symbol;
  return symbol;
}

struct pascal_symbol *pcode_pascal_lookup(struct pascal *p) {
  struct pascal_name *name = p->name;
  name->used_in = p->scope_count;
  if (name->symbol) return name->symbol;
  pcode_pascal_error(p, p->place, "expected a declared name, found '%s'", name->text);
  struct pascal_symbol *symbol = pcode_pascal_define(p, name, p->place, SYMBOL_BAD); // told once
  return symbol;
}

struct pascal_symbol *pcode_pascal_new_symbol(struct pascal *p, enum pascal_symbol_kind kind) {
  if (p->token == T_NAME) {
    struct pascal_symbol *symbol = pcode_pascal_define(p, p->name, p->place, kind);
    pcode_pascal_next(p);
    return symbol;
  }
  pcode_pascal_expected(p, "a name");
  struct pascal_symbol *symbol = pcode_pascal_memory(p, sizeof *symbol);
  *symbol = (struct pascal_symbol){.kind = kind, .place = p->place, .type = p->error_type, .block = p->block};
  symbol->name = pcode_pascal_intern(p, "?", 1); // no text has it
  return symbol;
}

uint64_t pcode_pascal_scope_open(struct pascal *p) {
  uint64_t outer = p->scope;
  p->scope = ++p->scope_count;
  ASSERT(p->scope > outer, "pcode.I16: scope %llu opens in scope %llu", (unsigned long long)p->scope,
         (unsigned long long)outer);
  return outer;
}

void pcode_pascal_scope_close(struct pascal *p, uint64_t outer) {
  for (; p->newest && p->newest->scope == p->scope; p->newest = p->newest->older)
    p->newest->name->symbol = p->newest->outer;
  ASSERT(p->no_memory || !p->newest || p->newest->scope <= outer,
         "pcode.I16: scope %llu is left, with names of scope %llu", (unsigned long long)p->scope,
         (unsigned long long)p->newest->scope);
  p->scope = outer;
}

// ---- the required names (6.2.2.10) ---------------------------------------------------------------------------------

static struct pascal_symbol *define_word(struct pascal *p, const char *word, enum pascal_symbol_kind kind,
                                         struct pascal_type *type) {
  ASSERT(type, "pcode.I17: the required name '%s' has no type", word);
  struct pascal_name *name = pcode_pascal_intern(p, word, strlen(word));
  struct pascal_symbol *symbol = pcode_pascal_define(p, name, (struct pascal_place){p->at, 0, 0}, kind);
  symbol->type = type;
  if (kind == SYMBOL_TYPE) type->name = name;
  return symbol;
}

static struct pascal_type *make_ordinal(struct pascal *p, enum pascal_type_kind kind, int64_t low, int64_t high) {
  struct pascal_type *type = pcode_pascal_type_make(p, kind);
  type->low = low;
  type->high = high;
  return type;
}

static void define_types(struct pascal *p) {
  p->error_type = pcode_pascal_type_make(p, TYPE_ERROR);
  p->integer_type = make_ordinal(p, TYPE_INTEGER, -INT64_MAX, INT64_MAX);
  p->boolean_type = make_ordinal(p, TYPE_BOOLEAN, 0, 1);
  p->char_type = make_ordinal(p, TYPE_CHAR, 0, 255);
  p->real_type = pcode_pascal_type_make(p, TYPE_REAL);
  p->nil_type = pcode_pascal_type_make(p, TYPE_NIL);
  p->empty_set_type = pcode_pascal_type_make(p, TYPE_EMPTY_SET);
  p->empty_set_type->size = 4;
  p->text_type = pcode_pascal_type_make(p, TYPE_FILE);
  p->text_type->is_text = p->text_type->has_file = true;
  p->text_type->element = p->char_type;
  p->text_type->size = 2;
  define_word(p, "integer", SYMBOL_TYPE, p->integer_type);
  define_word(p, "real", SYMBOL_TYPE, p->real_type);
  define_word(p, "boolean", SYMBOL_TYPE, p->boolean_type);
  define_word(p, "char", SYMBOL_TYPE, p->char_type);
  define_word(p, "text", SYMBOL_TYPE, p->text_type);
}

void pcode_pascal_standard_names(struct pascal *p) {
  static const char *const routines[] = {"abs",   "sqr",   "sin",     "cos",   "exp",     "ln",    "sqrt",    "arctan",
                                         "trunc", "round", "ord",     "chr",   "succ",    "pred",  "odd",     "eof",
                                         "eoln",  "new",   "dispose", "pack",  "unpack",  "reset", "rewrite", "get",
                                         "put",   "read",  "readln",  "write", "writeln", "page"};
  _Static_assert(COUNT_OF(routines) == STANDARD_PAGE + 1, "a name for each required routine, in their order");
  define_types(p);
  define_word(p, "maxint", SYMBOL_CONSTANT, p->integer_type)->value = INT64_MAX;
  define_word(p, "false", SYMBOL_CONSTANT, p->boolean_type)->value = 0;
  define_word(p, "true", SYMBOL_CONSTANT, p->boolean_type)->value = 1;
  for (size_t i = 0; i < COUNT_OF(routines); i++)
    define_word(p, routines[i], SYMBOL_STANDARD, p->error_type)->standard = (int)i;
}
