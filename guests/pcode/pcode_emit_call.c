// SPDX-License-Identifier: MIT
//
// pcode_emit_call.c: calls, of the program's routines and of the library.
#include "pcode_emit.h"

#define DEFAULT_INTEGER_WIDTH 11
#define DEFAULT_REAL_WIDTH 22

// ---- the program's routines ----------------------------------------------------------------------------------------

static void emit_bounds(struct emitter *e, const struct pascal_type *formal, const struct pascal_type *actual) {
  for (; formal->kind == TYPE_CONFORMANT; formal = formal->element, actual = actual->element) {
    ASSERT(actual->kind == TYPE_CONFORMANT || actual->kind == TYPE_ARRAY,
           "pcode.I6: the argument of a conformant parameter is of kind %d", (int)actual->kind);
    if (actual->kind == TYPE_CONFORMANT) {
      pcode_emit_symbol_word(e, actual->low_bound, 0);
      pcode_emit_symbol_word(e, actual->high_bound, 0);
    } else {
      pcode_emit_constant(e, actual->index->low);
      pcode_emit_constant(e, actual->index->high);
    }
  }
}

static uint32_t bound_words(const struct pascal_type *formal) {
  uint32_t words = 0;
  for (; formal->kind == TYPE_CONFORMANT; formal = formal->element) words += 2;
  return words;
}

static void emit_routine_argument(struct emitter *e, const struct pascal_symbol *symbol) {
  if (symbol->kind == SYMBOL_ROUTINE_PARAMETER) {
    pcode_emit_symbol_word(e, symbol, 0);
    pcode_emit_symbol_word(e, symbol, 1);
  } else {
    ASSERT(symbol->block->level >= 2 && symbol->block->linked,
           "pcode.I6: a routine of level %u is passed, which takes no link", symbol->block->level);
    pcode_emit_constant(e, symbol->block->number);
    pcode_emit_activation(e, symbol->block->level - 1);
  }
}

static void emit_set_value(struct emitter *e, const struct pascal_type *type, const struct pascal_node *value,
                           enum pcode_error error) {
  (void)error;
  pcode_emit_value(e, value);
  const struct pascal_type *from = value->type->element, *to = type->element;
  if (!(e->p->checks & PASCAL_CHECK_RANGES) || !from || to->kind == TYPE_INTEGER) return;
  if ((from->low >= to->low && from->high <= to->high) || (to->low <= 0 && to->high >= 255)) return;
  pcode_emit(e, PCODE_OP_SCK, to->low, to->high, 0);
}

static void emit_argument(struct emitter *e, const struct pascal_symbol *formal, const struct pascal_node *node) {
  if (formal->kind == SYMBOL_ROUTINE_PARAMETER) return emit_routine_argument(e, node->symbol);
  if (formal->by_address) return pcode_emit_address(e, pcode_emit_place(e, node, true));
  if (formal->type->kind == TYPE_SET) return emit_set_value(e, formal->type, node, PCODE_ERROR_PARAMETER);
  pcode_emit_value(e, node);
  if (formal->type->kind != TYPE_CONFORMANT) pcode_emit_check(e, formal->type, node, PCODE_ERROR_PARAMETER);
}

void pcode_emit_call(struct emitter *e, const struct pascal_node *node) {
  const struct pascal_symbol *symbol = node->symbol, *routine = symbol, *before = NULL;
  bool parameter = symbol->kind == SYMBOL_ROUTINE_PARAMETER;
  uint32_t words = 0;
  if (parameter) routine = symbol->type->routine;
  if (parameter)
    pcode_emit_symbol_word(e, symbol, 0);
  else
    pcode_emit_constant(e, 0);
  const struct pascal_symbol *formal = routine->params;
  for (const struct pascal_node *argument = node->list; argument; argument = argument->next, formal = formal->next) {
    ASSERT(formal, "pcode.I6: an argument without a parameter at line %u", argument->place.line);
    emit_argument(e, formal, argument);
    words += pcode_emit_param_words(formal);
    if (!before || before->type != formal->type) {
      emit_bounds(e, formal->type, argument->type);
      words += bound_words(formal->type);
    }
    before = formal;
  }
  e->place = node->place;
  if (parameter) {
    pcode_emit_symbol_word(e, symbol, 1);
    return pcode_emit(e, PCODE_OP_CIP, words + 1, 0, 0);
  }
  ASSERT(!formal, "pcode.I6: a call at line %u lacks arguments", node->place.line);
  if (symbol->block->linked) pcode_emit_activation(e, symbol->block->level - 1);
  pcode_emit(e, PCODE_OP_CUP, words + symbol->block->linked, symbol->block->number, 0);
}

// ---- functions of the library --------------------------------------------------------------------------------------

static void emit_file(struct emitter *e, const struct pascal_node *file) {
  pcode_emit_address(e, pcode_emit_place(e, file, false));
}

static void emit_square(struct emitter *e, const struct pascal_node *x) {
  bool real = x->type->kind == TYPE_REAL;
  pcode_emit_value(e, x);
  pcode_emit(e, real ? PCODE_OP_SQR : PCODE_OP_SQI, 0, 0, 0);
}

static void emit_neighbour(struct emitter *e, const struct pascal_node *node, bool next) {
  const struct pascal_type *type = pcode_pascal_host(node->list->type);
  pcode_emit_value(e, node->list);
  pcode_emit_constant(e, 1);
  pcode_emit(e, next ? PCODE_OP_ADI : PCODE_OP_SBI, 0, 0, 0);
  if (type->kind != TYPE_INTEGER) pcode_emit_check(e, type, NULL, next ? PCODE_ERROR_SUCC : PCODE_ERROR_PRED);
}

void pcode_emit_standard(struct emitter *e, const struct pascal_node *node) {
  static const enum pcode_routine routines[] = {
      [STANDARD_SIN] = PCODE_ROUTINE_sin, [STANDARD_COS] = PCODE_ROUTINE_cos,    [STANDARD_EXP] = PCODE_ROUTINE_exp,
      [STANDARD_LN] = PCODE_ROUTINE_log,  [STANDARD_ARCTAN] = PCODE_ROUTINE_atn, [STANDARD_ROUND] = PCODE_ROUTINE_rnd,
      [STANDARD_EOF] = PCODE_ROUTINE_eof, [STANDARD_EOLN] = PCODE_ROUTINE_eln};
  const struct pascal_node *x = node->list;
  bool real = x->type->kind == TYPE_REAL;
  ASSERT(!x->next, "pcode.I6: function %lld at line %u has more arguments than one", (long long)node->value,
         node->place.line);
  switch (node->value) {
  case STANDARD_SQR: return emit_square(e, x);
  case STANDARD_SUCC: return emit_neighbour(e, node, true);
  case STANDARD_PRED: return emit_neighbour(e, node, false);
  case STANDARD_EOF:
  case STANDARD_EOLN: emit_file(e, x); return pcode_emit_routine(e, routines[node->value]);
  default: break;
  }
  pcode_emit_value(e, x);
  e->place = node->place;
  switch (node->value) {
  case STANDARD_SQRT: return pcode_emit(e, PCODE_OP_SQT, 0, 0, 0);
  case STANDARD_ABS: return pcode_emit(e, real ? PCODE_OP_ABR : PCODE_OP_ABI, 0, 0, 0);
  case STANDARD_TRUNC: return pcode_emit(e, PCODE_OP_TRC, 0, 0, 0);
  case STANDARD_ORD: return;
  case STANDARD_CHR: return pcode_emit_check(e, e->p->char_type, x, PCODE_ERROR_CHR);
  case STANDARD_ODD: return pcode_emit(e, PCODE_OP_ODD, 0, 0, 0);
  default: return pcode_emit_routine(e, routines[node->value]);
  }
}

// ---- procedures of the library -------------------------------------------------------------------------------------

static void emit_new(struct emitter *e, const struct pascal_node *pointer) {
  struct emit_place place = pcode_emit_prepare(e, pcode_emit_place(e, pointer, true));
  ASSERT(pointer->type->kind == TYPE_POINTER && pointer->type->element->size > 0, "pcode.I15: new makes %lld cells",
         (long long)pointer->type->element->size);
  pcode_emit_constant(e, pointer->type->element->size);
  pcode_emit_routine(e, PCODE_ROUTINE_new);
  pcode_emit_store(e, place);
  pcode_emit_define(e, pointer);
}

static void emit_transfer(struct emitter *e, const struct pascal_node *node) {
  bool pack = node->value == STANDARD_PACK;
  const struct pascal_node *first = node->list, *second = first->next, *third = second->next;
  ASSERT(third && !third->next, "pcode.I6: pack or unpack at line %u has not three arguments", node->place.line);
  const struct pascal_node *array = pack ? first : second, *index = pack ? second : third;
  const struct pascal_node *packed = pack ? third : first;
  pcode_emit_address(e, pcode_emit_place(e, array, !pack));
  pcode_emit_constant(e, array->type->index->low);
  pcode_emit_constant(e, array->type->index->high);
  pcode_emit_value(e, index);
  pcode_emit_address(e, pcode_emit_place(e, packed, pack));
  pcode_emit_constant(e, packed->type->index->high - packed->type->index->low + 1);
  pcode_emit_constant(e, array->type->element->size);
  pcode_emit_routine(e, pack ? PCODE_ROUTINE_pck : PCODE_ROUTINE_upk);
  pcode_emit(e, PCODE_OP_POP, 0, 0, 0);
}

// v := f^; get(f)
static void emit_read_component(struct emitter *e, const struct pascal_node *file, const struct pascal_node *variable) {
  struct pascal_node buffer = {.kind = NODE_BUFFER, .type = file->type->element, .place = variable->place, .local = -1};
  buffer.a = (struct pascal_node *)file;
  pcode_emit_assign(e, variable, &buffer);
  emit_file(e, file);
  pcode_emit_routine(e, PCODE_ROUTINE_get);
  pcode_emit(e, PCODE_OP_POP, 0, 0, 0);
}

static void emit_read(struct emitter *e, const struct pascal_node *node) {
  for (const struct pascal_node *variable = node->list; variable; variable = variable->next) {
    if (!node->a->type->is_text) {
      emit_read_component(e, node->a, variable);
      continue;
    }
    const struct pascal_type *host = pcode_pascal_host(variable->type);
    struct emit_place place = pcode_emit_prepare(e, pcode_emit_place(e, variable, true));
    emit_file(e, node->a);
    e->place = variable->place;
    pcode_emit_routine(e, host->kind == TYPE_INTEGER ? PCODE_ROUTINE_rdi
                          : host->kind == TYPE_REAL  ? PCODE_ROUTINE_rdr
                                                     : PCODE_ROUTINE_rdc);
    if (host != variable->type) pcode_emit_check(e, variable->type, NULL, PCODE_ERROR_READ_RANGE);
    pcode_emit_store(e, place);
    pcode_emit_define(e, variable);
  }
  if (node->value != STANDARD_READLN) return;
  emit_file(e, node->a);
  pcode_emit_routine(e, PCODE_ROUTINE_rln);
  pcode_emit(e, PCODE_OP_POP, 0, 0, 0);
}

// f^ := v; put(f)
static void emit_write_component(struct emitter *e, const struct pascal_node *file, const struct pascal_node *value) {
  struct pascal_node buffer = {.kind = NODE_BUFFER, .type = file->type->element, .place = value->place, .local = -1};
  buffer.a = (struct pascal_node *)file;
  pcode_emit_assign(e, &buffer, value);
  emit_file(e, file);
  pcode_emit_routine(e, PCODE_ROUTINE_put);
  pcode_emit(e, PCODE_OP_POP, 0, 0, 0);
}

static void emit_width(struct emitter *e, const struct pascal_node *width, int64_t otherwise) {
  if (width)
    pcode_emit_value(e, width);
  else
    pcode_emit_constant(e, otherwise);
}

static void emit_write_item(struct emitter *e, const struct pascal_node *file, const struct pascal_node *item) {
  const struct pascal_type *host = pcode_pascal_host(item->a->type);
  if (!file->type->is_text) return emit_write_component(e, file, item->a);
  emit_file(e, file);
  pcode_emit_value(e, item->a);
  if (host->is_string) pcode_emit_constant(e, host->size);
  switch (host->kind) {
  case TYPE_INTEGER: emit_width(e, item->b, DEFAULT_INTEGER_WIDTH); break;
  case TYPE_REAL: emit_width(e, item->b, DEFAULT_REAL_WIDTH); break;
  case TYPE_BOOLEAN: emit_width(e, item->b, PCODE_UNDEFINED); break; // as wide as the word
  default: emit_width(e, item->b, host->is_string ? host->size : 1); break;
  }
  if (item->c) pcode_emit_value(e, item->c);
  e->place = item->place;
  pcode_emit_routine(e, host->is_string              ? PCODE_ROUTINE_wrs
                        : host->kind == TYPE_INTEGER ? PCODE_ROUTINE_wri
                        : host->kind == TYPE_BOOLEAN ? PCODE_ROUTINE_wrb
                        : host->kind == TYPE_CHAR    ? PCODE_ROUTINE_wrc
                        : item->c                    ? PCODE_ROUTINE_wrf
                                                     : PCODE_ROUTINE_wrr);
  pcode_emit(e, PCODE_OP_POP, 0, 0, 0);
}

static void emit_write(struct emitter *e, const struct pascal_node *node) {
  for (const struct pascal_node *item = node->list; item; item = item->next) emit_write_item(e, node->a, item);
  if (node->value != STANDARD_WRITELN) return;
  e->place = node->place;
  emit_file(e, node->a);
  pcode_emit_routine(e, PCODE_ROUTINE_wln);
  pcode_emit(e, PCODE_OP_POP, 0, 0, 0);
}

void pcode_emit_library(struct emitter *e, const struct pascal_node *node) {
  static const enum pcode_routine routines[] = {[STANDARD_RESET] = PCODE_ROUTINE_rst,
                                                [STANDARD_REWRITE] = PCODE_ROUTINE_rwr,
                                                [STANDARD_GET] = PCODE_ROUTINE_get,
                                                [STANDARD_PUT] = PCODE_ROUTINE_put,
                                                [STANDARD_PAGE] = PCODE_ROUTINE_pag};
  switch (node->value) {
  case STANDARD_NEW: return emit_new(e, node->list);
  case STANDARD_DISPOSE:
    pcode_emit_load(e, pcode_emit_place(e, node->list, false));
    pcode_emit_routine(e, PCODE_ROUTINE_dsp);
    return pcode_emit(e, PCODE_OP_POP, 0, 0, 0);
  case STANDARD_PACK:
  case STANDARD_UNPACK: return emit_transfer(e, node);
  case STANDARD_READ:
  case STANDARD_READLN: return emit_read(e, node);
  case STANDARD_WRITE:
  case STANDARD_WRITELN: return emit_write(e, node);
  default:
    emit_file(e, node->list);
    pcode_emit_routine(e, routines[node->value]);
    return pcode_emit(e, PCODE_OP_POP, 0, 0, 0);
  }
}
