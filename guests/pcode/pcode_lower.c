// SPDX-License-Identifier: MIT
//
// pcode_lower.c: makes methods of a verified program of the 39-instruction machine.
//
// A block becomes a method. Parameters are the method's arguments; a variable without a place in the store is a local,
// and the address that was only pushed for it is no instruction at all. Where an address is needed, the activation gets
// cells laid out as in the original machine: parameters at negative displacements, the static link at 0, variables from
// 3 on; links 1 and 2 are the substrate's business. The program's own activation has a fixed address, so that a
// variable of the program is an address in the code. Blocks from level 3 on get the static link as a last argument.
#include "pcode_flow.h"
#include "pcode_ops.h"

#include <stdio.h>

#define LOCALS_KEPT_MAX 30000
#define OPERANDS_MAX 20000

struct emitter {
  struct mvp_flow *flow;
  struct mvp_block *block;
  struct insn *insns;
  uint32_t count, capacity;
  bool failed;
  uint32_t *starts; // by step: its first instruction
  int32_t *locals;  // by cell: the local that holds it; -1: none
  uint16_t local_count, param_count;
  uint16_t base, link, spare; // the locals with the activation's address, the static link, a word in between
  bool framed, linked;
  uint32_t skip; // the step that the one before it has done already, or UINT32_MAX
};

// ---- instructions --------------------------------------------------------------------------------------------------

static void emit(struct emitter *emitter, uint16_t op, const struct mvp_insn *from, int64_t a, int64_t b, int64_t c) {
  if (!mem_grow(&emitter->insns, emitter->count, &emitter->capacity, sizeof *emitter->insns)) {
    emitter->failed = true;
    return;
  }
  uint32_t line = from->line;
  if (from->op == MVP_ADRI && from->operands[3] > 0) line = (uint32_t)from->operands[3];
  ASSERT(op >= CORE_OP_COUNT && op < pcode_op_table.base_count, "pcode.I9: op %u of line %u is none of the guest's", op,
         line);
  emitter->insns[emitter->count++] =
      (struct insn){.op = op, .line = line, .column = 1, .origin = from->address, .imm = {a, b, c}};
}

// The address of the program's activation: where the original machine has it.
static int64_t program_base(const struct emitter *emitter) { return emitter->flow->image->count; }

static int32_t local_of(const struct emitter *emitter, int64_t displacement) {
  int64_t cell = pcode_mvp_block_cell(emitter->block, displacement);
  ASSERT(cell >= 0, "pcode.I9: the block at %u has no cell %lld", emitter->block->start, (long long)displacement);
  return emitter->locals[cell];
}

// Pushes the address of the activation `levels` out.
static void emit_activation(struct emitter *emitter, const struct mvp_insn *from, int64_t levels) {
  ASSERT(levels ? emitter->linked : emitter->framed, "pcode.I9: the block at %u knows no activation %lld levels out",
         emitter->block->start, (long long)levels);
  if (levels == 0)
    emit(emitter, PCODE_OP_LDL, from, emitter->base, 0, 0);
  else
    emit(emitter, PCODE_OP_ADRV, from, emitter->link, levels - 1, 0);
}

static void emit_address(struct emitter *emitter, const struct mvp_insn *insn, int64_t levels) {
  int64_t displacement = pcode_mvp_insn_displacement(insn);
  if (!pcode_mvp_block_out(emitter->block, levels)->parent)
    emit(emitter, PCODE_OP_ADRG, insn, program_base(emitter) + displacement, 0, 0);
  else if (levels == 0)
    emit(emitter, PCODE_OP_ADRL, insn, emitter->base, displacement, 0);
  else
    emit(emitter, PCODE_OP_ADRV, insn, emitter->link, levels - 1, displacement);
}

// Pushes the value of the variable: VarL, VarG, and what AdrP does.
static void emit_variable(struct emitter *emitter, const struct mvp_insn *insn) {
  int64_t levels = pcode_mvp_insn_levels(insn), displacement = pcode_mvp_insn_displacement(insn);
  if (levels == 0 && local_of(emitter, displacement) >= 0)
    emit(emitter, PCODE_OP_VARL, insn, local_of(emitter, displacement), 0, 0);
  else if (!pcode_mvp_block_out(emitter->block, levels)->parent)
    emit(emitter, PCODE_OP_VARG, insn, program_base(emitter) + displacement, 0, 0);
  else if (insn->op == MVP_ADRP)
    emit(emitter, PCODE_OP_ADRP, insn, levels ? emitter->link : emitter->base, levels ? levels - 1 : 0, displacement);
  else if (levels == 0)
    emit(emitter, PCODE_OP_LDF, insn, emitter->base, displacement, 0);
  else {
    emit_address(emitter, insn, levels);
    emit(emitter, PCODE_OP_VAL1, insn, 0, 0, 0);
  }
}

// The local that a step's address is of, or -1.
static int32_t local_used(const struct emitter *emitter, const struct mvp_step *step) {
  if (step->address_from == MVP_NOBODY) return -1;
  ASSERT(step->address_from >= 0 && (uint32_t)step->address_from < emitter->block->step_count,
         "pcode.I9: step %d of %u pushed an address", step->address_from, emitter->block->step_count);
  return local_of(emitter, pcode_mvp_insn_displacement(&emitter->block->steps[step->address_from].insn));
}

static void lower_address(struct emitter *emitter, uint32_t index) {
  const struct mvp_step *step = &emitter->block->steps[index];
  if (step->used_by != MVP_NOBODY && local_of(emitter, pcode_mvp_insn_displacement(&step->insn)) >= 0) return;
  emit_address(emitter, &step->insn, pcode_mvp_insn_levels(&step->insn));
}

static void lower_load(struct emitter *emitter, uint32_t index) {
  const struct mvp_step *step = &emitter->block->steps[index], *next = step + 1;
  const struct mvp_insn *insn = &step->insn;
  int64_t count = insn->op == MVP_VALV ? insn->operands[0] : 1;
  int32_t local = local_used(emitter, step);
  if (local >= 0) return emit(emitter, PCODE_OP_VARL, insn, local, 0, 0);
  if (count == 1) return emit(emitter, PCODE_OP_VAL1, insn, 0, 0, 0);
  if (index + 1 < emitter->block->step_count && next->insn.op == MVP_AFFV && next->insn.operands[0] == count &&
      !next->joins) {
    emitter->skip = index + 1;
    return emit(emitter, PCODE_OP_MOV, insn, count, 0, 0);
  }
  emit(emitter, PCODE_OP_STL, insn, emitter->spare, 0, 0);
  for (int64_t i = 0; i < count; i++) {
    emit(emitter, PCODE_OP_LDL, insn, emitter->spare, 0, 0);
    emit(emitter, PCODE_OP_VALV, insn, i, 0, 0);
  }
}

static void lower_store(struct emitter *emitter, uint32_t index) {
  const struct mvp_step *step = &emitter->block->steps[index];
  const struct mvp_insn *insn = &step->insn;
  int32_t local = local_used(emitter, step);
  if (insn->op == MVP_LIRE && local >= 0) emit(emitter, PCODE_OP_READ_LOCAL, insn, 0, 0, 0);
  if (local >= 0) return emit(emitter, PCODE_OP_STL, insn, local, 0, 0);
  if (insn->op == MVP_LIRE) return emit(emitter, PCODE_OP_LIRE, insn, 0, 0, 0);
  if (insn->op == MVP_AFFV && insn->operands[0] != 1)
    return emit(emitter, PCODE_OP_AFFV, insn, insn->operands[0], 0, 0);
  emit(emitter, PCODE_OP_AFF1, insn, 0, 0, 0);
}

static void lower_call(struct emitter *emitter, const struct mvp_step *step) {
  const struct mvp_insn *insn = &step->insn;
  bool linked = step->callee->level > 2;
  ASSERT(step->callee->params >= 0, "pcode.I9: the procedure at %u, which is called, has %d parameters",
         step->callee->start, step->callee->params);
  if (linked) emit_activation(emitter, insn, insn->op == MVP_APL ? insn->operands[0] : 1);
  emit(emitter, insn->op == MVP_APL ? PCODE_OP_APL : PCODE_OP_APLG, insn, step->callee->params + linked,
       (intptr_t)&step->callee->proc, 0);
  emit(emitter, PCODE_OP_POP, insn, 0, 0, 0);
}

static void lower_return(struct emitter *emitter, const struct mvp_insn *insn) {
  if (emitter->framed) emit(emitter, PCODE_OP_LEV, insn, emitter->base, emitter->block->params, 0);
  emit(emitter, PCODE_OP_FINP, insn, 0, 0, 0);
}

static uint32_t target_of(const struct emitter *emitter, const struct mvp_insn *insn) {
  ASSERT(emitter->flow->owners[(int64_t)insn->address + insn->operands[0]] == emitter->block->proc.number,
         "pcode.I9: the jump at %u leads out of its block", insn->address);
  return emitter->flow->indices[(int64_t)insn->address + insn->operands[0]];
}

static void lower_plain(struct emitter *emitter, const struct mvp_insn *insn) {
  static const uint16_t ops[MVP_OP_COUNT] = {
      [MVP_FIN] = PCODE_OP_FIN,   [MVP_ADRC] = PCODE_OP_ADRC, [MVP_CNST] = PCODE_OP_CNST, [MVP_ADD] = PCODE_OP_ADD,
      [MVP_DIFF] = PCODE_OP_DIFF, [MVP_MUL] = PCODE_OP_MUL,   [MVP_DIV] = PCODE_OP_DIV,   [MVP_MOD] = PCODE_OP_MOD,
      [MVP_ET] = PCODE_OP_ET,     [MVP_OU] = PCODE_OP_OU,     [MVP_CEG] = PCODE_OP_CEG,   [MVP_CNEG] = PCODE_OP_CNEG,
      [MVP_CPG] = PCODE_OP_CPG,   [MVP_CNPG] = PCODE_OP_CNPG, [MVP_CPP] = PCODE_OP_CPP,   [MVP_CNPP] = PCODE_OP_CNPP,
      [MVP_NEG] = PCODE_OP_NEG,   [MVP_INVS] = PCODE_OP_INVS, [MVP_BR] = PCODE_OP_BR,     [MVP_BRNC] = PCODE_OP_BRNC,
      [MVP_BRC] = PCODE_OP_BRC,   [MVP_ECR] = PCODE_OP_ECR,   [MVP_ADRI] = PCODE_OP_ADRI,
  };
  ASSERT(ops[insn->op], "pcode.I9: no op is %s", mvp_ops[insn->op].name);
  emit(emitter, ops[insn->op], insn, insn->operands[0], insn->operands[1], insn->operands[2]);
  if (pcode_mvp_insn_is_branch(insn) && !emitter->failed) // a step for now
    emitter->insns[emitter->count - 1].imm[0] = target_of(emitter, insn);
}

// Whether a loop begins there with the comparison of two words, locals or constants, that leads out of it.
static bool is_loop_head(const struct emitter *emitter, uint32_t index) {
  if (index + 4 > emitter->block->step_count) return false;
  const struct mvp_step *step = &emitter->block->steps[index];
  for (unsigned i = 0; i < 4; i++)
    if (step[i].call_before || step[i].depth < 0 || (i && step[i].joins)) return false;
  for (unsigned i = 0; i < 2; i++) {
    const struct mvp_insn *insn = &step[i].insn;
    bool local = insn->op == MVP_VARL && local_of(emitter, pcode_mvp_insn_displacement(insn)) >= 0;
    if (!local && insn->op != MVP_CNST) return false;
  }
  return step[2].insn.op >= MVP_CEG && step[2].insn.op <= MVP_CNPP && step[3].insn.op == MVP_BRNC;
}

// A jump. To the block's end: the end itself. Back to a loop's head: the comparison there, turned round, so that a
// round has one jump.
static void lower_jump(struct emitter *emitter, uint32_t index) {
  const struct mvp_step *steps = emitter->block->steps;
  const struct mvp_insn *insn = &steps[index].insn;
  uint32_t to = target_of(emitter, insn);
  if (steps[to].insn.op == MVP_FINP) return lower_return(emitter, insn);
  if (to >= index || !is_loop_head(emitter, to)) return lower_plain(emitter, insn);
  for (unsigned i = 0; i < 2; i++)
    if (steps[to + i].insn.op == MVP_VARL)
      emit_variable(emitter, &steps[to + i].insn);
    else
      lower_plain(emitter, &steps[to + i].insn);
  lower_plain(emitter, &steps[to + 2].insn);
  emit(emitter, PCODE_OP_BRC, &steps[to + 3].insn, to + 4, 0, 0);
  uint32_t out = target_of(emitter, &steps[to + 3].insn);
  if (out != index + 1) emit(emitter, PCODE_OP_BR, insn, out, 0, 0);
}

static void lower_step(struct emitter *emitter, uint32_t index) {
  const struct mvp_step *step = &emitter->block->steps[index];
  emitter->starts[index] = emitter->count;
  if (step->depth < 0 || emitter->skip == index) return;
  if (step->call_before) emit(emitter, PCODE_OP_CNST, &step->insn, 0, 0, 0); // the word below the arguments
  switch (step->insn.op) {
  case MVP_ADRV:
  case MVP_ADRL:
  case MVP_ADRG: return lower_address(emitter, index);
  case MVP_ADRP:
  case MVP_VARL:
  case MVP_VARG: return emit_variable(emitter, &step->insn);
  case MVP_VALV:
  case MVP_VAL1: return lower_load(emitter, index);
  case MVP_AFFV:
  case MVP_AFF1:
  case MVP_LIRE: return lower_store(emitter, index);
  case MVP_APL:
  case MVP_APLG: return lower_call(emitter, step);
  case MVP_FINP: return lower_return(emitter, &step->insn);
  case MVP_BR: return lower_jump(emitter, index);
  default: return lower_plain(emitter, &step->insn);
  }
}

// ---- a block -------------------------------------------------------------------------------------------------------

static bool wants_spare(const struct mvp_block *block) {
  for (uint32_t i = 0; i < block->step_count; i++)
    if (block->steps[i].insn.op == MVP_VALV) return true;
  return false;
}

// Decides where each cell lives. Arguments keep their places; the base, the link and the spare word come last, where
// there is a use for them: a call sets every local.
static void place_cells(struct emitter *emitter) {
  struct mvp_block *block = emitter->block;
  int64_t cells = pcode_mvp_block_cells(block);
  emitter->linked = block->level > 2;
  emitter->framed = block->level > 1 && block->has_blocks;
  emitter->param_count = (uint16_t)(block->params + emitter->linked);
  emitter->link = (uint16_t)block->params;
  emitter->local_count = emitter->param_count;
  for (int64_t cell = 0; cell < cells; cell++) {
    if (emitter->local_count == LOCALS_KEPT_MAX) block->in_store[cell] = true;
    if (block->in_store[cell]) emitter->framed = true;
    if (block->in_store[cell])
      emitter->locals[cell] = -1;
    else
      emitter->locals[cell] = cell < block->params ? (int32_t)cell : emitter->local_count++;
  }
  emitter->base = emitter->local_count;
  if (emitter->framed || !block->parent) emitter->local_count++;
  emitter->spare = emitter->local_count;
  if (wants_spare(block)) emitter->local_count++;
}

static void emit_start(struct emitter *emitter) {
  struct mvp_block *block = emitter->block;
  struct mvp_insn start;
  pcode_mvp_insn_decode(emitter->flow->image, block->start, &start);
  start.line = block->line;
  if (!block->parent)
    return emit(emitter, PCODE_OP_DEB, &start, emitter->base, program_base(emitter), 3 + (int64_t)block->vars);
  if (!emitter->framed) return;
  emit(emitter, PCODE_OP_DEBP, &start, emitter->base, block->params, 3 + (int64_t)block->vars);
  if (emitter->linked) {
    emit(emitter, PCODE_OP_ADRL, &start, emitter->base, 0, 0);
    emit(emitter, PCODE_OP_LDL, &start, emitter->link, 0, 0);
    emit(emitter, PCODE_OP_AFF1, &start, 0, 0, 0);
  }
  for (int32_t cell = 0; cell < block->params; cell++) {
    if (!block->in_store[cell]) continue;
    emit(emitter, PCODE_OP_ADRL, &start, emitter->base, cell - block->params, 0);
    emit(emitter, PCODE_OP_LDL, &start, cell, 0, 0);
    emit(emitter, PCODE_OP_AFF1, &start, 0, 0, 0);
  }
}

static void emit_body(struct emitter *emitter) {
  struct mvp_insn start;
  pcode_mvp_insn_decode(emitter->flow->image, emitter->block->start, &start);
  uint32_t first = emitter->flow->indices[(int64_t)start.address + start.operands[2]], entry = UINT32_MAX;
  if (first) { // a jump to it, as code before it is reached from behind
    entry = emitter->count;
    emit(emitter, PCODE_OP_BR, &start, first, 0, 0);
  }
  for (uint32_t i = 0; i < emitter->block->step_count; i++) lower_step(emitter, i);
  if (emitter->failed) return;
  for (uint32_t i = 0; i < emitter->count; i++) {
    struct insn *insn = &emitter->insns[i];
    bool branch = insn->op == PCODE_OP_BR || insn->op == PCODE_OP_BRNC || insn->op == PCODE_OP_BRC;
    if (!branch && i != entry) continue;
    ASSERT(insn->imm[0] >= 0 && insn->imm[0] < emitter->block->step_count,
           "pcode.I9: instruction %u leads to step %lld of %u", i, (long long)insn->imm[0], emitter->block->step_count);
    insn->imm[0] = emitter->starts[insn->imm[0]];
  }
}

// How many locals hold values, by instruction, when only the base is none of the arguments: calls set no local then.
static uint16_t *live_locals(const struct emitter *emitter) {
  bool plain = emitter->framed && emitter->local_count == emitter->param_count + 1;
  uint16_t *live = plain ? mem_alloc_zero(emitter->count, sizeof *live) : NULL;
  for (uint32_t i = 0; live && i < emitter->count; i++) live[i] = emitter->param_count + (i > 0); // behind DebP
  return live;
}

static enum loam_err make_method(struct emitter *emitter, struct vm *vm) {
  struct mvp_block *block = emitter->block;
  char name[32], place[160];
  snprintf(name, sizeof name, block->parent ? "procedure %u" : "program", block->start);
  snprintf(place, sizeof place, "%.100s: %s", emitter->flow->source_name, name);
  struct code_draft draft = {.name = name,
                             .source_name = emitter->flow->source_name,
                             .insns = emitter->insns,
                             .insn_count = emitter->count,
                             .param_count = emitter->param_count,
                             .local_count = emitter->local_count,
                             .guest_data = &block->proc};
  ASSERT(emitter->param_count <= emitter->local_count, "pcode.I5: %s has %u parameters in %u locals", place,
         emitter->param_count, emitter->local_count);
  struct verify_job job = {.ops = &pcode_op_table, .draft = &draft, .place = place, .depth_max = OPERANDS_MAX};
  enum verify_fault fault;
  enum loam_err kind = verify_code(&job, &fault, emitter->flow->err);
  uint16_t *live = live_locals(emitter);
  draft.live_locals = live;
  if (kind == LOAM_OK) kind = method_create(vm, &draft, &block->proc.method, emitter->flow->err);
  mem_free(live);
  return kind;
}

static enum loam_err lower_block(struct mvp_flow *flow, struct mvp_block *block, struct vm *vm) {
  struct emitter emitter = {.flow = flow, .block = block, .skip = UINT32_MAX};
  emitter.starts = mem_alloc_zero(block->step_count + 1, sizeof *emitter.starts);
  emitter.locals = mem_alloc_zero((size_t)pcode_mvp_block_cells(block) + 1, sizeof *emitter.locals);
  if (emitter.starts && emitter.locals) {
    place_cells(&emitter);
    emit_start(&emitter);
    emit_body(&emitter);
  }
  enum loam_err kind = LOAM_OK;
  if (!emitter.starts || !emitter.locals || emitter.failed)
    kind = error_set(flow->err, LOAM_ERR_MEMORY, "%s: no memory for its code", flow->source_name);
  if (kind == LOAM_OK) kind = make_method(&emitter, vm);
  mem_free(emitter.starts);
  mem_free(emitter.locals);
  mem_free(emitter.insns);
  return kind;
}

enum loam_err pcode_mvp_load(struct vm *vm, const char *source_name, const struct mvp_image *image,
                             struct method **loaded, struct error *err) {
  struct pcode_state *state = vm_guest_state(vm);
  // Methods keep the addresses of their procedures, so the blocks live as long as the VM.
  struct mvp_flow flow = {.image = image, .source_name = source_name, .memory = state->memory};
  enum loam_err kind = pcode_mvp_flow_read(&flow, err);
  if (kind == LOAM_OK) kind = pcode_mvp_flow_follow(&flow);
  for (struct mvp_block *block = flow.blocks; block && kind == LOAM_OK; block = block->next)
    kind = lower_block(&flow, block, vm);
  if (kind == LOAM_OK) *loaded = flow.blocks->proc.method;
  state->memory = flow.memory;
  flow.memory = (struct arena){0};
  pcode_mvp_flow_fini(&flow);
  return kind;
}
