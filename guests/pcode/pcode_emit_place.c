// SPDX-License-Identifier: MIT
//
// pcode_emit_place.c: variables: loads, stores and addresses.
#include "pcode_emit.h"

void pcode_emit_symbol_word(struct emitter *e, const struct pascal_symbol *symbol, int64_t word) {
  if (symbol->home == HOME_LOCAL) {
    ASSERT(symbol->block == e->block, "pcode.I2: local %lld of a block of level %u is used in one of level %u",
           (long long)symbol->at, symbol->block->level, e->block->level);
    pcode_emit(e, PCODE_OP_LDL, symbol->at + word, 0, 0);
  } else if (symbol->block->level == 1) {
    pcode_emit(e, PCODE_OP_LDO, symbol->at + word, 0, 0);
  } else if (symbol->block == e->block) {
    pcode_emit(e, PCODE_OP_LDF, e->base, symbol->at + word, 0);
  } else {
    pcode_emit_activation(e, symbol->block->level);
    pcode_emit(e, PCODE_OP_IND, symbol->at + word, 0, 0);
  }
}

struct emit_place pcode_emit_symbol_place(struct emitter *e, const struct pascal_symbol *symbol) {
  bool holds_address = symbol->kind == SYMBOL_VARIABLE && symbol->is_parameter &&
                       (symbol->by_address || symbol->type->kind == TYPE_CONFORMANT);
  if (holds_address && symbol->home == HOME_LOCAL)
    return (struct emit_place){.kind = PLACE_INDIRECT, .local = (uint32_t)symbol->at};
  if (holds_address) {
    pcode_emit_symbol_word(e, symbol, 0);
    return (struct emit_place){.kind = PLACE_STACK};
  }
  ASSERT(symbol->home == HOME_STORE || symbol->block == e->block,
         "pcode.I2: local %lld of a block of level %u is used in one of level %u", (long long)symbol->at,
         symbol->block->level, e->block->level);
  if (symbol->home == HOME_LOCAL) return (struct emit_place){.kind = PLACE_LOCAL, .at = symbol->at};
  if (symbol->block->level == 1) return (struct emit_place){.kind = PLACE_PROGRAM, .at = symbol->at};
  if (symbol->block == e->block) return (struct emit_place){.kind = PLACE_FRAME, .at = symbol->at};
  pcode_emit_activation(e, symbol->block->level);
  return (struct emit_place){.kind = PLACE_STACK, .at = symbol->at};
}

void pcode_emit_address(struct emitter *e, struct emit_place place) {
  switch (place.kind) {
  case PLACE_PROGRAM: pcode_emit_constant(e, place.at); return;
  case PLACE_FRAME: pcode_emit(e, PCODE_OP_LAF, e->base, place.at, 0); return;
  case PLACE_INDIRECT: pcode_emit(e, PCODE_OP_LDL, place.local, 0, 0); break;
  default: CHECK(place.kind == PLACE_STACK, "pcode.I2: local %lld has no address", (long long)place.at);
  }
  if (place.at) pcode_emit(e, PCODE_OP_INC, place.at, 0, 0);
}

void pcode_emit_load(struct emitter *e, struct emit_place place) {
  switch (place.kind) {
  case PLACE_LOCAL: pcode_emit(e, PCODE_OP_LDL, place.at, 0, 0); return;
  case PLACE_PROGRAM: pcode_emit(e, PCODE_OP_LDO, place.at, 0, 0); return;
  case PLACE_FRAME: pcode_emit(e, PCODE_OP_LDF, e->base, place.at, 0); return;
  case PLACE_BYTE: pcode_emit(e, PCODE_OP_LDB, place.low, place.high, 0); return;
  case PLACE_INDIRECT: pcode_emit(e, PCODE_OP_LDL, place.local, 0, 0); break;
  case PLACE_STACK: break;
  }
  pcode_emit(e, PCODE_OP_IND, place.at, 0, 0);
}

struct emit_place pcode_emit_prepare(struct emitter *e, struct emit_place place) {
  if (place.kind != PLACE_INDIRECT) return place;
  pcode_emit(e, PCODE_OP_LDL, place.local, 0, 0);
  return (struct emit_place){.kind = PLACE_STACK, .at = place.at};
}

void pcode_emit_store(struct emitter *e, struct emit_place place) {
  switch (place.kind) {
  case PLACE_LOCAL: pcode_emit(e, PCODE_OP_STL, place.at, 0, 0); return;
  case PLACE_PROGRAM: pcode_emit(e, PCODE_OP_SRO, place.at, 0, 0); return;
  case PLACE_FRAME: pcode_emit(e, PCODE_OP_STF, e->base, place.at, 0); return;
  case PLACE_BYTE: pcode_emit(e, PCODE_OP_STB, place.low, place.high, 0); return;
  default: pcode_emit(e, PCODE_OP_STO, place.at, 0, 0); return;
  }
}

// ---- parts of variables --------------------------------------------------------------------------------------------

// A place whose address can be used more than once.
static struct emit_place keep(struct emitter *e, struct emit_place place) {
  if (place.kind != PLACE_STACK) return place;
  uint32_t local = pcode_emit_new_local(e);
  pcode_emit(e, PCODE_OP_STL, local, 0, 0);
  return (struct emit_place){.kind = PLACE_INDIRECT, .at = place.at, .local = local};
}

static void check_variant(struct emitter *e, struct emit_place record, const struct pascal_variant *variant) {
  uint32_t good = pcode_emit_new_label(e), tag = pcode_emit_new_local(e);
  record.at += variant->choice->tag ? variant->choice->tag->offset : variant->choice->offset;
  pcode_emit_load(e, record);
  pcode_emit(e, PCODE_OP_STL, tag, 0, 0);
  for (const struct pascal_label_value *value = variant->values; value; value = value->next) {
    pcode_emit(e, PCODE_OP_LDL, tag, 0, 0);
    pcode_emit_constant(e, value->value);
    pcode_emit(e, PCODE_OP_CEG, 0, 0, 0);
    pcode_emit(e, PCODE_OP_BRC, good, 0, 0);
  }
  pcode_emit(e, PCODE_OP_ERR, PCODE_ERROR_VARIANT, 0, 0);
  pcode_emit_label(e, good);
}

// A variant without a tag field is active when something was stored into it.
static void choose_variant(struct emitter *e, struct emit_place record, const struct pascal_variant *variant) {
  record.at += variant->choice->offset;
  record = pcode_emit_prepare(e, record);
  pcode_emit_constant(e, variant->values ? variant->values->value : 0);
  pcode_emit_store(e, record);
}

static struct emit_place field_place(struct emitter *e, struct emit_place record, const struct pascal_field *field,
                                     bool writes) {
  if (field->variant && (e->p->checks & PASCAL_CHECK_RANGES)) {
    record = keep(e, record);
    for (const struct pascal_variant *variant = field->variant; variant; variant = variant->choice->outer)
      if (writes && !variant->choice->tag)
        choose_variant(e, record, variant);
      else
        check_variant(e, record, variant);
  }
  ASSERT(field->offset >= 0, "pcode.I17: a field lies %lld cells behind its record's beginning",
         (long long)field->offset);
  record.at += field->offset;
  return record;
}

// How many cells an element takes: known, or a computation with bounds.
void pcode_emit_conformant_size(struct emitter *e, const struct pascal_type *type) {
  if (type->kind != TYPE_CONFORMANT) return pcode_emit_constant(e, type->size);
  pcode_emit_symbol_word(e, type->high_bound, 0);
  pcode_emit_symbol_word(e, type->low_bound, 0);
  pcode_emit(e, PCODE_OP_DIFF, 0, 0, 0);
  pcode_emit_constant(e, 1);
  pcode_emit(e, PCODE_OP_ADD, 0, 0, 0);
  pcode_emit_conformant_size(e, type->element);
  pcode_emit(e, PCODE_OP_MUL, 0, 0, 0);
}

// Whether the loader can know where the variable lies, so that only an index leads out of it: pcode_prove.c.
static bool has_known_place(const struct emitter *e, const struct pascal_node *node) {
  while (node->kind == NODE_FIELD || node->kind == NODE_INDEX) node = node->a;
  if (node->kind != NODE_VARIABLE || node->symbol->by_address) return false;
  return node->symbol->block->level == 1 || node->symbol->block == e->block;
}

// An array of Booleans or other values below 255 has bytes for elements when the program loads and stores single ones
// only. So it is no parameter and no part of a variable, and nothing else knows how it lies.
bool pcode_emit_is_bytes(const struct pascal_symbol *symbol) {
  if (symbol->kind != SYMBOL_VARIABLE || symbol->is_parameter || symbol->type->kind != TYPE_ARRAY) return false;
  const struct pascal_type *element = symbol->type->element;
  bool small = pcode_pascal_is_ordinal(element) && element->low >= 0 && element->high < PCODE_UNDEFINED_BYTE;
  return small && symbol->uses == symbol->element_uses;
}

int64_t pcode_emit_byte_cells(const struct pascal_symbol *symbol) {
  const struct pascal_type *index = symbol->type->index;
  ASSERT(index->high >= index->low, "an array of bytes from %lld to %lld", (long long)index->low,
         (long long)index->high);
  return (index->high - index->low) / (int64_t)sizeof(int64_t) + 1;
}

static struct emit_place element_place(struct emitter *e, const struct pascal_node *node, bool writes) {
  const struct pascal_type *array = node->a->type;
  ASSERT(array->kind == TYPE_ARRAY || array->kind == TYPE_CONFORMANT,
         "pcode.I17: an index is given to a type of kind %d, at line %u", (int)array->kind, node->place.line);
  pcode_emit_address(e, pcode_emit_place(e, node->a, writes));
  pcode_emit_value(e, node->b);
  e->place = node->place;
  if (node->a->kind == NODE_VARIABLE && node->a->symbol->is_bytes)
    return (struct emit_place){.kind = PLACE_BYTE, .low = array->index->low, .high = array->index->high};
  if (array->kind == TYPE_CONFORMANT) {
    pcode_emit_symbol_word(e, array->low_bound, 0);
    pcode_emit_symbol_word(e, array->high_bound, 0);
    pcode_emit_conformant_size(e, array->element);
    pcode_emit(e, PCODE_OP_IXD, 0, 0, 0);
  } else if ((e->p->checks & PASCAL_CHECK_RANGES) || has_known_place(e, node->a)) { // one look, at index or address
    pcode_emit(e, PCODE_OP_IXA, array->index->low, array->index->high, array->element->size);
  } else {
    pcode_emit(e, PCODE_OP_IXU, array->index->low, array->element->size, 0);
  }
  return (struct emit_place){.kind = PLACE_STACK};
}

struct emit_place pcode_emit_place(struct emitter *e, const struct pascal_node *node, bool writes) {
  e->place = node->place;
  switch (node->kind) {
  case NODE_VARIABLE: return pcode_emit_symbol_place(e, node->symbol);
  case NODE_FIELD: return field_place(e, pcode_emit_place(e, node->a, writes), node->field, writes);
  case NODE_INDEX: return element_place(e, node, writes);
  case NODE_DEREFERENCE:
    pcode_emit_load(e, pcode_emit_place(e, node->a, false));
    e->place = node->place;
    pcode_emit(e, e->p->checks & PASCAL_CHECK_POINTERS ? PCODE_OP_DER : PCODE_OP_DEU, 0, 0, 0);
    return (struct emit_place){.kind = PLACE_STACK};
  case NODE_BUFFER:
    pcode_emit_address(e, pcode_emit_place(e, node->a, false));
    pcode_emit_routine(e, PCODE_ROUTINE_buf);
    return (struct emit_place){.kind = PLACE_STACK};
  case NODE_WITH_FIELD: {
    struct emit_place record = {.kind = PLACE_INDIRECT, .local = (uint32_t)node->a->local};
    if (node->a->local < 0) record = pcode_emit_place(e, node->a->a, writes);
    return field_place(e, record, node->field, writes);
  }
  default: // a structured value that is no variable: its address
    pcode_emit_value(e, node);
    return (struct emit_place){.kind = PLACE_STACK};
  }
}
