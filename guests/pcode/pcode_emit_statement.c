// SPDX-License-Identifier: MIT
//
// pcode_emit_statement.c: statements.
#include "pcode_emit.h"

#include <stdlib.h>

#define LINEAR_CASES 4 // constants that are looked for one by one

// ---- assignments ---------------------------------------------------------------------------------------------------

static void emit_set_assignment(struct emitter *e, const struct pascal_node *variable,
                                const struct pascal_node *value) {
  const struct pascal_type *from = value->type->element, *to = variable->type->element;
  ASSERT(to && variable->type->size > 0, "pcode.I17: a set of %lld cells is assigned", (long long)variable->type->size);
  pcode_emit_address(e, pcode_emit_place(e, variable, true));
  pcode_emit_value(e, value);
  e->place = variable->place;
  bool fits = !from || to->kind == TYPE_INTEGER || (from->low >= to->low && from->high <= to->high) ||
              (to->low <= 0 && to->high >= 255);
  if (!fits && (e->p->checks & PASCAL_CHECK_RANGES)) pcode_emit(e, PCODE_OP_SCK, to->low, to->high, 0);
  pcode_emit(e, PCODE_OP_MOV, variable->type->size, 0, 0);
}

void pcode_emit_assign(struct emitter *e, const struct pascal_node *variable, const struct pascal_node *value) {
  if (variable->type->kind == TYPE_SET) return emit_set_assignment(e, variable, value);
  if (!pcode_pascal_is_simple(variable->type)) {
    pcode_emit_address(e, pcode_emit_place(e, variable, true));
    pcode_emit_value(e, value);
    e->place = variable->place;
    return pcode_emit(e, PCODE_OP_MOV, variable->type->size, 0, 0);
  }
  struct emit_place place = pcode_emit_prepare(e, pcode_emit_place(e, variable, true));
  pcode_emit_value(e, value);
  e->place = variable->place;
  pcode_emit_check(e, variable->type, value, PCODE_ERROR_ASSIGN);
  if (variable->type->kind == TYPE_REAL && value->kind != NODE_REAL && (e->p->checks & PASCAL_CHECK_UNDEFINED))
    pcode_emit(e, PCODE_OP_NRM, 0, 0, 0);
  pcode_emit_store(e, place);
  pcode_emit_define(e, variable);
}

// ---- parts that may not be executed --------------------------------------------------------------------------------

static void emit_part(struct emitter *e, const struct pascal_node *node) {
  uint32_t defined = e->defined_count;
  pcode_emit_statement(e, node);
  ASSERT(e->defined_count >= defined, "pcode.I13: a part of a statement ends with %u variables defined, not %u",
         e->defined_count, defined);
  pcode_emit_undefine(e, defined);
}

// ---- loops ---------------------------------------------------------------------------------------------------------

static void emit_while(struct emitter *e, const struct pascal_node *node) {
  uint32_t again = pcode_emit_new_label(e), end = pcode_emit_new_label(e);
  pcode_emit_label(e, again);
  pcode_emit_jump_unless(e, node->a, end);
  emit_part(e, node->b);
  pcode_emit(e, PCODE_OP_BR, again, 0, 0);
  pcode_emit_label(e, end);
}

static void emit_repeat(struct emitter *e, const struct pascal_node *node) {
  uint32_t again = pcode_emit_new_label(e);
  pcode_emit_label(e, again);
  pcode_emit_statement(e, node->b);
  pcode_emit_jump_unless(e, node->a, again);
}

static void emit_store_to(struct emitter *e, const struct pascal_symbol *variable) {
  ASSERT(variable->block == e->block && !variable->by_address,
         "pcode.I2: a control variable of level %u in a block of level %u", variable->block->level, e->block->level);
  pcode_emit_store(e, pcode_emit_symbol_place(e, variable)); // of this block: nothing is pushed for it
}

// A bound of a loop: in a local, or a constant, which then is written again and again.
struct bound {
  const struct pascal_node *node;
  uint32_t local;
};

static struct bound emit_bound(struct emitter *e, const struct pascal_node *node) {
  struct bound bound = {.node = node};
  if (node->kind == NODE_INTEGER) return bound;
  bound.local = pcode_emit_new_local(e);
  pcode_emit_value(e, node);
  pcode_emit(e, PCODE_OP_STL, bound.local, 0, 0);
  return bound;
}

static void push_bound(struct emitter *e, struct bound bound) {
  if (bound.node->kind == NODE_INTEGER)
    pcode_emit_value(e, bound.node);
  else
    pcode_emit(e, PCODE_OP_LDL, bound.local, 0, 0);
}

// Up to the first round: the bounds are computed, compared and checked, the variable has its first value.
static struct bound emit_for_head(struct emitter *e, const struct pascal_node *node, uint32_t done) {
  struct pascal_symbol *variable = node->a->symbol;
  struct bound first = emit_bound(e, node->list), last = emit_bound(e, node->list->next);
  ASSERT(variable && !node->list->next->next, "the 'for' at line %u has no variable or more bounds than two",
         node->place.line);
  e->place = node->place;
  push_bound(e, first);
  push_bound(e, last);
  pcode_emit(e, node->op == T_TO ? PCODE_OP_CNPG : PCODE_OP_CNPP, 0, 0, 0);
  pcode_emit(e, PCODE_OP_BRNC, done, 0, 0);
  if (!pcode_emit_fits(e, variable->type, last.node)) {
    push_bound(e, last);
    pcode_emit_check(e, variable->type, last.node, PCODE_ERROR_FOR_LAST);
    pcode_emit(e, PCODE_OP_POP, 0, 0, 0);
  }
  push_bound(e, first);
  pcode_emit_check(e, variable->type, first.node, PCODE_ERROR_FOR_FIRST);
  emit_store_to(e, variable);
  return last;
}

static void emit_for(struct emitter *e, const struct pascal_node *node) {
  struct pascal_symbol *variable = node->a->symbol;
  bool up = node->op == T_TO;
  uint32_t again = pcode_emit_new_label(e), done = pcode_emit_new_label(e);
  struct bound limit = emit_for_head(e, node, done);
  pcode_emit_label(e, again);
  variable->controls = true;
  emit_part(e, node->b);
  variable->controls = false;
  e->place = node->place;
  pcode_emit_load(e, pcode_emit_symbol_place(e, variable));
  push_bound(e, limit);
  // Not "equal": behind this comparison, compilers know that the next value is within the bounds.
  pcode_emit(e, up ? PCODE_OP_CNPP : PCODE_OP_CNPG, 0, 0, 0);
  pcode_emit(e, PCODE_OP_BRC, done, 0, 0);
  pcode_emit_load(e, pcode_emit_symbol_place(e, variable));
  pcode_emit_constant(e, up ? 1 : -1);
  pcode_emit(e, PCODE_OP_ADD, 0, 0, 0);
  emit_store_to(e, variable);
  pcode_emit(e, PCODE_OP_BR, again, 0, 0);
  pcode_emit_label(e, done);
  pcode_emit_constant(e, PCODE_UNDEFINED); // 6.8.3.9
  emit_store_to(e, variable);
}

// ---- choices -------------------------------------------------------------------------------------------------------

static void emit_if(struct emitter *e, const struct pascal_node *node) {
  uint32_t otherwise = pcode_emit_new_label(e), end = otherwise;
  pcode_emit_jump_unless(e, node->a, otherwise);
  emit_part(e, node->b);
  if (node->c) {
    end = pcode_emit_new_label(e);
    pcode_emit(e, PCODE_OP_BR, end, 0, 0);
    pcode_emit_label(e, otherwise);
    emit_part(e, node->c);
  }
  pcode_emit_label(e, end);
}

struct choice {
  int64_t value;
  uint32_t label;
};

static int compare_choices(const void *a, const void *b) {
  int64_t l = ((const struct choice *)a)->value, r = ((const struct choice *)b)->value;
  return (l > r) - (l < r);
}

// Goes to the label of the value in a local: halves sorted choices until few are left.
static void emit_search(struct emitter *e, const struct choice *choices, size_t count, uint32_t local,
                        uint32_t otherwise) {
  if (count > LINEAR_CASES) {
    uint32_t upper = pcode_emit_new_label(e);
    size_t half = count / 2;
    ASSERT(choices[half - 1].value < choices[half].value, "constants %lld and %lld of a case are not in order",
           (long long)choices[half - 1].value, (long long)choices[half].value);
    pcode_emit(e, PCODE_OP_LDL, local, 0, 0);
    pcode_emit_constant(e, choices[half].value);
    pcode_emit(e, PCODE_OP_CPP, 0, 0, 0);
    pcode_emit(e, PCODE_OP_BRNC, upper, 0, 0);
    emit_search(e, choices, half, local, otherwise);
    pcode_emit_label(e, upper);
    return emit_search(e, choices + half, count - half, local, otherwise);
  }
  for (size_t i = 0; i < count; i++) {
    pcode_emit(e, PCODE_OP_LDL, local, 0, 0);
    pcode_emit_constant(e, choices[i].value);
    pcode_emit(e, PCODE_OP_CEG, 0, 0, 0);
    pcode_emit(e, PCODE_OP_BRC, choices[i].label, 0, 0);
  }
  pcode_emit(e, PCODE_OP_BR, otherwise, 0, 0);
}

static void emit_arms(struct emitter *e, const struct pascal_node *node, const struct choice *by_arm, uint32_t end) {
  for (const struct pascal_node *arm = node->list; arm; arm = arm->next) {
    pcode_emit_label(e, by_arm->label);
    for (const struct pascal_node *value = arm->list; value; value = value->next) by_arm++;
    emit_part(e, arm->b);
    pcode_emit(e, PCODE_OP_BR, end, 0, 0);
  }
}

static void emit_case(struct emitter *e, const struct pascal_node *node) {
  uint32_t local = pcode_emit_new_local(e), end = pcode_emit_new_label(e), otherwise = pcode_emit_new_label(e);
  size_t count = 0;
  for (const struct pascal_node *arm = node->list; arm; arm = arm->next)
    for (const struct pascal_node *value = arm->list; value; value = value->next) count++;
  struct choice *by_arm = pcode_pascal_room(e->p, (count + 1) * sizeof *by_arm);
  struct choice *sorted = pcode_pascal_room(e->p, (count + 1) * sizeof *sorted);
  if (!by_arm || !sorted) return;
  count = 0;
  for (const struct pascal_node *arm = node->list; arm; arm = arm->next) {
    uint32_t label = pcode_emit_new_label(e);
    for (const struct pascal_node *value = arm->list; value; value = value->next)
      by_arm[count++] = (struct choice){value->value, label};
  }
  memcpy(sorted, by_arm, count * sizeof *sorted);
  qsort(sorted, count, sizeof *sorted, compare_choices);
  pcode_emit_value(e, node->a);
  pcode_emit(e, PCODE_OP_STL, local, 0, 0);
  e->place = node->place;
  emit_search(e, sorted, count, local, otherwise);
  emit_arms(e, node, by_arm, end);
  pcode_emit_label(e, otherwise);
  e->place = node->a->place;
  pcode_emit(e, PCODE_OP_ERR, PCODE_ERROR_CASE, 0, 0);
  pcode_emit_label(e, end);
}

// ---- the rest ------------------------------------------------------------------------------------------------------

static void emit_with(struct emitter *e, const struct pascal_node *node) {
  struct pascal_node *with = (struct pascal_node *)node;
  struct emit_place place = pcode_emit_place(e, node->a, true);
  with->local = -1;
  if (place.kind == PLACE_STACK || place.kind == PLACE_INDIRECT) {
    pcode_emit_address(e, place);
    with->local = (int32_t)pcode_emit_new_local(e);
    pcode_emit(e, PCODE_OP_STL, with->local, 0, 0);
  }
  pcode_emit_statement(e, node->b);
}

static void emit_goto(struct emitter *e, const struct pascal_node *node) {
  if (node->label->block == e->block) return pcode_emit(e, PCODE_OP_BR, node->label->code_label, 0, 0);
  ASSERT(node->label->left_to && node->label->block->left_to,
         "pcode.I4: a goto at line %u leads out to label %lld, where nobody lands", node->place.line,
         (long long)node->label->number);
  pcode_emit_activation(e, node->label->block->level);
  pcode_emit(e, PCODE_OP_GTO, node->label->number, 0, 0);
}

static void emit_kind(struct emitter *e, const struct pascal_node *node) {
  switch (node->kind) {
  case NODE_ASSIGN: return pcode_emit_assign(e, node->a, node->b);
  case NODE_CALL: pcode_emit_call(e, node); return pcode_emit(e, PCODE_OP_POP, 0, 0, 0);
  case NODE_STANDARD: return pcode_emit_library(e, node);
  case NODE_IF: return emit_if(e, node);
  case NODE_WHILE: return emit_while(e, node);
  case NODE_REPEAT: return emit_repeat(e, node);
  case NODE_FOR: return emit_for(e, node);
  case NODE_CASE: return emit_case(e, node);
  case NODE_WITH: return emit_with(e, node);
  case NODE_GOTO: return emit_goto(e, node);
  case NODE_LABEL:
    pcode_emit_forget_defined(e); // a goto may have left out what comes before
    pcode_emit_label(e, node->label->code_label);
    return pcode_emit_statement(e, node->a);
  case NODE_COMPOUND:
    for (const struct pascal_node *statement = node->list; statement; statement = statement->next)
      pcode_emit_statement(e, statement);
    return;
  default: return; // empty
  }
}

void pcode_emit_statement(struct emitter *e, const struct pascal_node *node) {
  uint32_t locals = e->local_count; // those that the statement takes are free after it, and so are its cells
  int64_t frame = e->frame;
  e->place = node->place;
  emit_kind(e, node);
  ASSERT(e->local_count >= locals && e->frame >= frame,
         "pcode.I5: a statement at line %u gives %u locals back, it found %u", node->place.line, e->local_count,
         locals);
  e->local_count = locals;
  e->frame = frame;
}
