// SPDX-License-Identifier: MIT
//
// mitscript_tree_same.c: compares two syntax trees, for the equality of functions. The compiler decides the same
// question in another way, by printing; the two check each other.
#include "mitscript_tree_same.h"

#include <string.h>

static bool block_same(const struct mit_block *a, const struct mit_block *b);
static bool expr_same(const struct mit_expr *a, const struct mit_expr *b);

static bool args_same(const struct mit_arg *a, const struct mit_arg *b) {
  for (; a && b; a = a->next, b = b->next)
    if (!expr_same(a->value, b->value)) return false;
  return !a && !b;
}

static bool path_same(const struct mit_path *a, const struct mit_path *b) {
  if (a->symbol != b->symbol) return false;
  const struct mit_step *s = a->steps, *t = b->steps;
  for (; s && t; s = s->next, t = t->next)
    if (s->kind != t->kind || s->field != t->field || !expr_same(s->index, t->index) || !args_same(s->args, t->args))
      return false;
  return !s && !t;
}

static bool chain_same(const struct mit_chain *a, const struct mit_chain *b) {
  if (!expr_same(a->first, b->first)) return false;
  const struct mit_link *s = a->links, *t = b->links;
  for (; s && t; s = s->next, t = t->next)
    if (s->op != t->op || !expr_same(s->operand, t->operand)) return false;
  return !s && !t;
}

static bool fields_same(const struct mit_field *a, const struct mit_field *b) {
  for (; a && b; a = a->next, b = b->next)
    if (a->name != b->name || !expr_same(a->value, b->value)) return false;
  return !a && !b;
}

// Both may be NULL.
static bool expr_same(const struct mit_expr *a, const struct mit_expr *b) {
  if (a == b) return true;
  if (!a || !b || a->kind != b->kind) return false;
  switch (a->kind) {
  case MIT_EXPR_NONE: return true;
  case MIT_EXPR_BOOL: return a->truth == b->truth;
  case MIT_EXPR_INT: return a->number == b->number;
  case MIT_EXPR_STRING:
    return a->string.length == b->string.length && memcmp(a->string.bytes, b->string.bytes, a->string.length) == 0;
  case MIT_EXPR_PATH: return path_same(&a->path, &b->path);
  case MIT_EXPR_NOT:
  case MIT_EXPR_NEGATE: return expr_same(a->operand, b->operand);
  case MIT_EXPR_CHAIN: return chain_same(&a->chain, &b->chain);
  case MIT_EXPR_FUN: return mitscript_tree_same_fun(a->fun, b->fun);
  case MIT_EXPR_RECORD: return fields_same(a->fields, b->fields);
  }
  return false;
}

static bool block_same(const struct mit_block *a, const struct mit_block *b) {
  const struct mit_stmt *s = a->first, *t = b->first;
  for (; s && t; s = s->next, t = t->next)
    if (s->kind != t->kind || s->symbol != t->symbol || s->has_otherwise != t->has_otherwise ||
        !expr_same(s->target, t->target) || !expr_same(s->value, t->value) || !block_same(&s->body, &t->body) ||
        !block_same(&s->otherwise, &t->otherwise))
      return false;
  return !s && !t;
}

bool mitscript_tree_same_fun(const struct mit_fun *a, const struct mit_fun *b) {
  if (a == b) return true;
  const struct mit_param *s = a->params, *t = b->params;
  for (; s && t; s = s->next, t = t->next)
    if (s->symbol != t->symbol) return false;
  return !s && !t && block_same(&a->body, &b->body);
}
