// SPDX-License-Identifier: MIT
//
// pcode_emit.c: blocks: where their variables live, how they begin and end. See pcode_emit.h.
#include "pcode_emit.h"

#define LOCALS_KEPT_MAX 20000
#define FILES_MAX 1000 // of an array

// ---- instructions and labels ---------------------------------------------------------------------------------------

void pcode_emit(struct emitter *e, uint16_t op, int64_t a, int64_t b, int64_t c) {
  ASSERT(op >= CORE_OP_COUNT && op < pcode_op_table.base_count, "op %u at line %u is none of the guest's", op,
         e->place.line);
  pcode_image_add_insn(
      e->image, e->code,
      (struct pcode_insn){.op = op, .line = e->place.line, .column = e->place.column, .imm = {a, b, c}});
}

uint32_t pcode_emit_new_label(struct emitter *e) {
  if (!mem_grow(&e->labels, e->label_count, &e->label_capacity, sizeof *e->labels)) {
    e->image->failed = true;
    return 0;
  }
  e->labels[e->label_count] = UINT32_MAX;
  return e->label_count++;
}

void pcode_emit_label(struct emitter *e, uint32_t label) {
  ASSERT(e->image->failed || (label < e->label_count && e->labels[label] == UINT32_MAX),
         "pcode.I4: label %u of %u stands twice, at line %u", label, e->label_count, e->place.line);
  if (label < e->label_count) e->labels[label] = e->code->count;
}

uint32_t pcode_emit_new_local(struct emitter *e) {
  uint32_t local = e->local_count++;
  if (e->local_count > e->code->locals) e->code->locals = e->local_count;
  return local;
}

void pcode_emit_constant(struct emitter *e, int64_t value) {
  pcode_emit(e, value == (int32_t)value ? PCODE_OP_LDC : PCODE_OP_LDCW, value, 0, 0);
}

void pcode_emit_temporary(struct emitter *e, int64_t cells) {
  ASSERT(cells > 0, "%lld cells are wanted for a while at line %u", (long long)cells, e->place.line);
  if (e->block->level == 1) {
    pcode_emit_constant(e, e->image->cells);
    e->image->cells += cells;
    return;
  }
  e->framed = true;
  pcode_emit(e, PCODE_OP_LAF, e->base, e->frame, 0);
  e->frame += cells;
  if (e->frame > e->frame_max) e->frame_max = e->frame;
}

void pcode_emit_string(struct emitter *e, const char *bytes, int64_t length) {
  ASSERT(length >= 0 && length <= UINT32_MAX, "pcode.I3: a string of %lld characters is written at line %u",
         (long long)length, e->place.line);
  struct pcode_string *string = arena_alloc(&e->image->memory, sizeof *string + (size_t)length);
  if (!string) {
    e->image->failed = true;
    return;
  }
  char *copy = (char *)(string + 1);
  memcpy(copy, bytes, (size_t)length);
  *string = (struct pcode_string){e->image->cells, copy, (uint32_t)length, e->image->strings};
  e->image->strings = string;
  e->image->cells += length;
  pcode_emit_constant(e, string->address);
}

// Routines that look whether a value is undefined, and their twins that don't: there, -0.0 may be a real like others.
static enum pcode_routine unlooking(enum pcode_routine routine) {
  switch (routine) {
  case PCODE_ROUTINE_put: return PCODE_ROUTINE_ptu;
  case PCODE_ROUTINE_pck: return PCODE_ROUTINE_pku;
  case PCODE_ROUTINE_upk: return PCODE_ROUTINE_uku;
  default: return routine;
  }
}

void pcode_emit_routine(struct emitter *e, enum pcode_routine routine) {
  if (!(e->p->checks & PASCAL_CHECK_UNDEFINED)) routine = unlooking(routine);
  ASSERT(routine < PCODE_ROUTINE_COUNT, "routine %d of %d is called at line %u", (int)routine, PCODE_ROUTINE_COUNT,
         e->place.line);
  pcode_emit(e, PCODE_OP_CSP, pcode_routines[routine].count, routine, 0);
}

void pcode_emit_define(struct emitter *e, const struct pascal_node *variable) {
  struct pascal_symbol *symbol = variable->kind == NODE_VARIABLE ? variable->symbol : NULL;
  if (!symbol || symbol->block != e->block || symbol->defined || symbol->by_address || symbol->is_control) return;
  if (!mem_grow(&e->defined, e->defined_count, &e->defined_capacity, sizeof(struct pascal_symbol *)))
    return; // it will be looked at
  ASSERT(e->defined_count < e->defined_capacity, "%u variables are known to have a value, in room for %u",
         e->defined_count, e->defined_capacity);
  e->defined[e->defined_count++] = symbol;
  symbol->defined = true;
}

void pcode_emit_forget_defined(struct emitter *e) {
  for (uint32_t i = 0; i < e->defined_count; i++) e->defined[i]->defined = false;
}

void pcode_emit_undefine(struct emitter *e, uint32_t count) {
  while (e->defined_count > count) e->defined[--e->defined_count]->defined = false;
}

void pcode_emit_activation(struct emitter *e, unsigned level) {
  ASSERT(level >= 1 && level <= e->block->level, "pcode.I5: an activation of level %u is wanted in a block of level %u",
         level, e->block->level);
  ASSERT(level == 1 || level == e->block->level || e->block->linked,
         "pcode.I5: a block of level %u has no link, which leads to level %u", e->block->level, level);
  if (level == 1)
    pcode_emit_constant(e, 0);
  else if (level == e->block->level)
    pcode_emit(e, PCODE_OP_LDL, e->base, 0, 0);
  else
    pcode_emit(e, PCODE_OP_LNK, e->link, e->block->level - level - 1, 0);
}

// ---- variables -----------------------------------------------------------------------------------------------------

uint32_t pcode_emit_param_words(const struct pascal_symbol *symbol) {
  return symbol->kind == SYMBOL_ROUTINE_PARAMETER ? 2 : 1;
}

static bool is_copied(const struct pascal_symbol *symbol) { // a structured value parameter
  return symbol->is_parameter && symbol->kind == SYMBOL_VARIABLE && !symbol->by_address &&
         !pcode_pascal_is_simple(symbol->type) && symbol->type->kind != TYPE_CONFORMANT;
}

static int64_t cells_of(const struct pascal_symbol *symbol) {
  if (symbol->kind != SYMBOL_VARIABLE) return pcode_emit_param_words(symbol);
  if (symbol->is_bytes) return pcode_emit_byte_cells(symbol);
  return symbol->by_address || symbol->type->kind == TYPE_CONFORMANT ? 1 : symbol->type->size;
}

static bool needs_store(const struct emitter *e, const struct pascal_symbol *symbol) {
  if (symbol->needs_store || is_copied(symbol) || e->local_count > LOCALS_KEPT_MAX) return true;
  return symbol->kind == SYMBOL_VARIABLE && !symbol->by_address && symbol->type->kind != TYPE_CONFORMANT &&
         !pcode_pascal_is_simple(symbol->type);
}

static void place_in_store(struct emitter *e, struct pascal_symbol *symbol) {
  symbol->is_bytes = pcode_emit_is_bytes(symbol);
  int64_t cells = cells_of(symbol);
  ASSERT(cells > 0 && symbol->block == e->block,
         "pcode.I2: a variable of %lld cells gets a place in a block of level %u", (long long)cells, e->block->level);
  symbol->home = HOME_STORE;
  if (e->block->level == 1) {
    symbol->at = e->image->cells;
    e->image->cells += cells;
  } else {
    symbol->at = e->frame;
    e->frame += cells;
    e->framed = true;
  }
}

// Arguments are the first locals, in order; what of them needs an address is copied when the block begins.
static void place_symbols(struct emitter *e) {
  struct pascal_block *block = e->block;
  for (struct pascal_symbol *symbol = block->variables; symbol; symbol = symbol->sibling) {
    if (!symbol->is_parameter) continue;
    symbol->at = e->local_count;
    e->local_count += pcode_emit_param_words(symbol);
  }
  e->link = e->local_count;
  e->local_count += block->linked;
  e->code->params = e->local_count;
  e->base = e->local_count++;
  e->frame = 1; // behind the static link
  e->framed = block->left_to || (block->has_blocks && block->level > 1);
  for (struct pascal_symbol *symbol = block->variables; symbol; symbol = symbol->sibling)
    if (!symbol->is_parameter && !needs_store(e, symbol)) symbol->at = e->local_count++;
  e->code->locals = e->local_count;
}

static void store_symbols(struct emitter *e) {
  uint32_t local = 0;
  for (struct pascal_symbol *symbol = e->block->variables; symbol; symbol = symbol->sibling) {
    uint32_t argument = local, words = pcode_emit_param_words(symbol);
    if (symbol->is_parameter) local += words;
    if (symbol->is_parameter && symbol->kind == SYMBOL_VARIABLE && !symbol->by_address &&
        symbol->type->kind == TYPE_CONFORMANT) {
      pcode_emit(e, PCODE_OP_LDL, argument, 0, 0);
      pcode_emit_conformant_size(e, symbol->type); // of the bounds in their locals
      pcode_emit(e, PCODE_OP_DUP, 0, 0, 0);
      pcode_emit(e, PCODE_OP_STL, argument, 0, 0);
    }
  }
  local = 0;
  for (struct pascal_symbol *symbol = e->block->variables; symbol; symbol = symbol->sibling) {
    uint32_t argument = local, words = pcode_emit_param_words(symbol);
    if (symbol->is_parameter) local += words;
    if (!needs_store(e, symbol)) continue;
    place_in_store(e, symbol);
    if (!symbol->is_parameter) continue;
    if (is_copied(symbol)) {
      pcode_emit(e, PCODE_OP_LAF, e->base, symbol->at, 0);
      pcode_emit(e, PCODE_OP_LDL, argument, 0, 0);
      pcode_emit(e, PCODE_OP_MOV, symbol->type->size, 0, 0);
      continue;
    }
    for (uint32_t word = 0; word < words; word++) {
      pcode_emit(e, PCODE_OP_LDL, argument + word, 0, 0);
      pcode_emit(e, PCODE_OP_STF, e->base, symbol->at + word, 0);
    }
  }
  ASSERT(local == e->link, "pcode.I6: arguments of %u words are put into place, of %u", local, e->link);
}

// Says of elements that are bytes that they have no value; of cells the block's beginning does.
static void undefine_bytes(struct emitter *e) {
  for (const struct pascal_symbol *symbol = e->block->variables; symbol; symbol = symbol->sibling) {
    if (!symbol->is_bytes) continue;
    pcode_emit_address(e, pcode_emit_symbol_place(e, symbol));
    pcode_emit_constant(e, pcode_emit_byte_cells(symbol));
    pcode_emit_routine(e, PCODE_ROUTINE_fil);
    pcode_emit(e, PCODE_OP_POP, 0, 0, 0);
  }
}

// ---- files ---------------------------------------------------------------------------------------------------------

// Opens or closes every file in a variable of the type that lies `at` cells behind a place.
static void each_file(struct emitter *e, const struct pascal_type *type, struct emit_place place, bool opens) {
  if (!type->has_file) return;
  if (type->kind == TYPE_RECORD) {
    for (const struct pascal_field *field = type->fields; field; field = field->next) {
      struct emit_place part = place;
      part.at += field->offset;
      each_file(e, field->type, part, opens);
    }
  } else if (type->kind == TYPE_ARRAY) {
    for (int64_t i = 0; i <= type->index->high - type->index->low && i < FILES_MAX; i++) {
      struct emit_place part = place;
      part.at += i * type->element->size;
      each_file(e, type->element, part, opens);
    }
  } else {
    pcode_emit_address(e, place);
    if (opens) pcode_emit_constant(e, type->size - 1);
    if (opens) pcode_emit_constant(e, type->is_text);
    pcode_emit_routine(e, opens ? PCODE_ROUTINE_opn : PCODE_ROUTINE_cls);
    pcode_emit(e, PCODE_OP_POP, 0, 0, 0);
  }
}

static void each_variable_with_files(struct emitter *e, bool opens) {
  int64_t place = 0;
  for (const struct pascal_symbol *symbol = e->block->variables; symbol; symbol = symbol->sibling) {
    if (symbol->is_parameter || symbol->kind != SYMBOL_VARIABLE || !symbol->type->has_file) continue;
    each_file(e, symbol->type, pcode_emit_symbol_place(e, symbol), opens);
    if (!symbol->is_program_file || !opens) continue;
    pcode_emit_address(e, pcode_emit_symbol_place(e, symbol));
    pcode_emit_constant(e, symbol == e->p->input ? -1 : symbol == e->p->output ? -2 : place);
    place += symbol != e->p->input && symbol != e->p->output;
    pcode_emit_routine(e, PCODE_ROUTINE_bnd);
    pcode_emit(e, PCODE_OP_POP, 0, 0, 0);
  }
}

// ---- a block -------------------------------------------------------------------------------------------------------

static void emit_end(struct emitter *e) {
  e->place = e->block->end;
  each_variable_with_files(e, false);
  const struct pascal_symbol *result = e->block->result;
  if (result) {
    pcode_emit_load(e, pcode_emit_symbol_place(e, result));
    if (!result->defined && (e->p->checks & PASCAL_CHECK_UNDEFINED))
      pcode_emit(e, PCODE_OP_CKD, PCODE_ERROR_RESULT, 0, 0);
  }
  if (e->framed && e->block->level > 1) pcode_emit(e, PCODE_OP_LEV, e->base, 0, 0);
  if (!result) pcode_emit_constant(e, 0);
  pcode_emit(e, PCODE_OP_RET, 0, 0, 0);
}

// Where gotos out of inner routines arrive.
static void emit_landing(struct emitter *e) {
  if (!e->block->left_to) return;
  uint32_t local = pcode_emit_new_local(e);
  e->code->handler = e->code->count;
  pcode_emit(e, PCODE_OP_LND, e->base, e->block->level == 1 ? -1 : e->frame_max, 0); // -1: see finish
  pcode_emit(e, PCODE_OP_STL, local, 0, 0);
  for (const struct pascal_label *label = e->block->labels; label; label = label->next) {
    if (!label->left_to) continue;
    pcode_emit(e, PCODE_OP_LDL, local, 0, 0);
    pcode_emit_constant(e, label->number);
    pcode_emit(e, PCODE_OP_CEG, 0, 0, 0);
    pcode_emit(e, PCODE_OP_BRC, label->code_label, 0, 0);
  }
  pcode_emit(e, PCODE_OP_ERR, PCODE_ERROR_ROUTINE, 0, 0);
}

static bool is_branch(uint16_t op) { return op == PCODE_OP_BR || op == PCODE_OP_BRC || op == PCODE_OP_BRNC; }

// Labels become instructions, and the activation's size is known.
static void finish(struct emitter *e, uint32_t start, bool unframed) {
  uint32_t gone = unframed ? 1 : 0;
  if (e->image->failed) return;
  for (uint32_t i = 0; i < e->code->count; i++) {
    struct pcode_insn *insn = &e->code->insns[i];
    ASSERT(!is_branch(insn->op) || (insn->imm[0] < e->label_count && e->labels[insn->imm[0]] <= e->code->count),
           "pcode.I4: instruction %u of %s leads to label %lld, which stands nowhere", i, e->code->name,
           (long long)insn->imm[0]);
    if (is_branch(insn->op)) insn->imm[0] = e->labels[insn->imm[0]] - gone;
    if (insn->op == PCODE_OP_ENT) insn->imm[1] = e->frame_max;
  }
  if (!gone) return;
  ASSERT(e->code->insns[start].op == PCODE_OP_ENT, "pcode.I5: %s begins with op %u, and has no activation",
         e->code->name, e->code->insns[start].op);
  memmove(&e->code->insns[start], &e->code->insns[start + 1], (e->code->count - start - 1) * sizeof e->code->insns[0]);
  e->code->count--;
}

static void emit_block(struct emitter *e) {
  struct pascal_block *block = e->block;
  e->label_count = e->local_count = 0;
  e->place = block->routine ? block->routine->place : block->body->place;
  place_symbols(e);
  for (struct pascal_label *label = block->labels; label; label = label->next)
    label->code_label = pcode_emit_new_label(e);
  uint32_t start = e->code->count;
  bool program = block->level == 1;
  if (!program) pcode_emit(e, PCODE_OP_ENT, e->base, 0, 0);
  if (program) pcode_emit_constant(e, 0);
  if (program) pcode_emit(e, PCODE_OP_STL, e->base, 0, 0);
  if (block->linked && block->has_blocks) {
    pcode_emit(e, PCODE_OP_LDL, e->link, 0, 0);
    pcode_emit(e, PCODE_OP_STF, e->base, 0, 0);
  }
  for (const struct pascal_symbol *symbol = block->variables; symbol; symbol = symbol->sibling)
    if (symbol->is_parameter && symbol->type->kind == TYPE_CONFORMANT && !symbol->by_address) e->framed = true;
  store_symbols(e);
  e->frame_max = e->frame;
  undefine_bytes(e);
  each_variable_with_files(e, true);
  pcode_emit_statement(e, block->body);
  emit_end(e);
  pcode_emit_undefine(e, 0);
  ASSERT(e->local_count <= e->code->locals && e->frame <= e->frame_max,
         "pcode.I5: %u locals of %u, %lld cells of %lld are in use at the end of %s", e->local_count, e->code->locals,
         (long long)e->frame, (long long)e->frame_max, e->code->name);
  emit_landing(e);
  block->framed = e->framed;
  block->base_local = e->base;
  block->link_local = e->link;
  finish(e, start, !program && !e->framed);
}

void pcode_emit_program(struct pascal *p, struct pcode_image *image) {
  struct emitter e = {.p = p, .image = image};
  image->cells = 1; // 0 is nobody's address
  for (struct pascal_block *block = p->blocks; block; block = block->next) {
    block->linked = block->level > 2 || (block->routine && block->routine->passed);
    block->number = pcode_image_add_code(image, block->routine ? block->routine->name->text : "program");
  }
  ASSERT(image->failed || (p->blocks->level == 1 && p->blocks->number == 0), "pcode.I5: the program is procedure %u",
         p->blocks->number);
  for (e.block = p->blocks; e.block && !image->failed; e.block = e.block->next) {
    // The program comes first: where its variables are is known in every other block.
    e.code = &image->codes[e.block->number];
    emit_block(&e);
  }
  for (uint32_t i = 0; !image->failed && i < image->codes[0].count; i++)
    if (image->codes[0].insns[i].op == PCODE_OP_LND) image->codes[0].insns[i].imm[1] = image->cells;
  mem_free(e.labels);
  mem_free(e.defined);
}
