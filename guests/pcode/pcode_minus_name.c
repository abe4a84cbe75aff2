// SPDX-License-Identifier: MIT
//
// pcode_minus_name.c: names and scopes of Pascal-. A scope is a chain of objects, newest first. A name that is not
// defined is reported once, and defined, so that it is not reported again.
#include "pcode_minus_int.h"

#include <string.h>

static struct minus_object no_object; // when memory is out

static struct minus_object *find_in(const struct minus_scope *scope, const char *name, size_t length) {
  for (struct minus_object *object = scope->objects; object; object = object->next)
    if (pcode_minus_same_name(object->name, object->length, name, length)) return object;
  return NULL;
}

struct minus_object *pcode_minus_define(struct minus *minus, const char *name, size_t length, enum minus_kind kind) {
  struct minus_object *object = arena_alloc(&minus->memory, sizeof *object);
  if (!object) {
    minus->no_memory = minus->failed = true;
    no_object = (struct minus_object){.name = "", .kind = kind, .type = minus->universal};
    return &no_object;
  }
  *object = (struct minus_object){.name = name, .length = length, .kind = kind, .type = minus->universal};
  ASSERT(minus->scope, "pcode.I10: a name is defined outside of all scopes, at line %u", minus->line);
  object->level = minus->scope->level;
  object->next = minus->scope->objects;
  minus->scope->objects = object;
  return object;
}

struct minus_object *pcode_minus_new_name(struct minus *minus, enum minus_kind kind) {
  if (minus->symbol != MINUS_NAME) {
    pcode_minus_error(minus, "Invalid Syntax");
    return pcode_minus_define(minus, "", 0, kind);
  }
  if (find_in(minus->scope, minus->name, minus->name_length)) pcode_minus_error(minus, "Ambiguous Name");
  struct minus_object *object = pcode_minus_define(minus, minus->name, minus->name_length, kind);
  pcode_minus_next_symbol(minus);
  return object;
}

struct minus_object *pcode_minus_find(struct minus *minus) {
  struct minus_object *object = NULL;
  if (minus->symbol != MINUS_NAME) {
    pcode_minus_error(minus, "Invalid Syntax");
    return pcode_minus_define(minus, "", 0, MINUS_UNDEFINED);
  }
  for (struct minus_scope *scope = minus->scope; scope && !object; scope = scope->outer)
    object = find_in(scope, minus->name, minus->name_length);
  if (!object) {
    pcode_minus_error(minus, "Undefined Name");
    object = pcode_minus_define(minus, minus->name, minus->name_length, MINUS_UNDEFINED);
  }
  if (object->kind == MINUS_INCOMPLETE) pcode_minus_error(minus, "Undefined Name");
  pcode_minus_next_symbol(minus);
  return object;
}

void pcode_minus_scope_open(struct minus *minus, struct minus_scope *scope) {
  *scope = (struct minus_scope){.outer = minus->scope, .level = minus->scope ? minus->scope->level + 1 : 0};
  minus->scope = scope;
}

void pcode_minus_scope_close(struct minus *minus) {
  ASSERT(minus->scope->outer, "pcode.I10: the outermost scope is closed at line %u", minus->line);
  minus->scope = minus->scope->outer;
}

int64_t pcode_minus_type_length(const struct minus_object *type) {
  return type->kind == MINUS_UNDEFINED || type->kind == MINUS_INCOMPLETE ? 1 : type->value;
}

static struct minus_object *define_word(struct minus *minus, const char *name, enum minus_kind kind) {
  return pcode_minus_define(minus, name, strlen(name), kind);
}

static void define_constant(struct minus *minus, const char *name, int64_t value) {
  struct minus_object *object = define_word(minus, name, MINUS_CONSTANT);
  object->type = minus->boolean;
  object->value = value;
}

void pcode_minus_standard_block(struct minus *minus, struct minus_scope *scope) {
  pcode_minus_scope_open(minus, scope);
  minus->universal = define_word(minus, "", MINUS_STANDARD_TYPE);
  minus->integer = define_word(minus, "integer", MINUS_STANDARD_TYPE);
  minus->boolean = define_word(minus, "boolean", MINUS_STANDARD_TYPE);
  minus->universal->value = minus->integer->value = minus->boolean->value = 1;
  static const char *const integers[] = {"entier"}, *const booleans[] = {"booleen", "bool\303\251en"};
  for (size_t i = 0; i < COUNT_OF(integers); i++)
    define_word(minus, integers[i], MINUS_STANDARD_TYPE)->type = minus->integer;
  for (size_t i = 0; i < COUNT_OF(booleans); i++)
    define_word(minus, booleans[i], MINUS_STANDARD_TYPE)->type = minus->boolean;
  define_constant(minus, "false", 0);
  define_constant(minus, "true", 1);
  define_constant(minus, "faux", 0);
  define_constant(minus, "vrai", 1);
  static const char *const reads[] = {"read", "lire"}, *const writes[] = {"write", "ecrire", "\303\251crire"};
  for (size_t i = 0; i < COUNT_OF(reads); i++) define_word(minus, reads[i], MINUS_READ);
  for (size_t i = 0; i < COUNT_OF(writes); i++) define_word(minus, writes[i], MINUS_WRITE);
}
