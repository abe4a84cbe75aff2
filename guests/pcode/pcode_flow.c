// SPDX-License-Identifier: MIT
//
// pcode_flow.c: finds the blocks of a program of the 39-instruction machine. P-code doesn't say how procedures nest;
// calls do: "Apl niv" in a block means a procedure declared niv levels out of it. A program where two calls contradict
// each other is refused, as is one whose code runs from one block into another.
#include "pcode_flow.h"

#include <string.h>

#define PARAMS_MAX 10000
#define VARS_MAX (1 << 24)

enum loam_err pcode_mvp_flow_refuse(const struct mvp_flow *flow, uint32_t line, const char *format, ...) {
  struct text why = {0};
  va_list args;
  va_start(args, format);
  text_vprintf(&why, format, args);
  va_end(args);
  enum loam_err kind =
      error_set(flow->err, LOAM_ERR_INPUT, "%s:%u: %s", flow->source_name, line, why.bytes ? why.bytes : "?");
  text_fini(&why);
  return kind;
}

static enum loam_err miss_memory(const struct mvp_flow *flow) {
  return error_set(flow->err, LOAM_ERR_MEMORY, "%s: no memory to verify it", flow->source_name);
}

int64_t pcode_mvp_block_cell(const struct mvp_block *block, int64_t displacement) {
  int64_t params = block->params < 0 ? 0 : block->params;
  if (displacement < 0) return displacement >= -params ? displacement + params : -1;
  return displacement >= 3 && displacement < 3 + (int64_t)block->vars ? displacement - 3 + params : -1;
}

struct mvp_block *pcode_mvp_block_out(struct mvp_block *block, int64_t levels) {
  if (levels < 0) return NULL;
  for (; block && levels; levels--) block = block->parent;
  return block;
}

int64_t pcode_mvp_insn_levels(const struct mvp_insn *insn) {
  switch (insn->op) {
  case MVP_ADRV:
  case MVP_ADRP: return insn->operands[0];
  case MVP_ADRG:
  case MVP_VARG: return 1;
  case MVP_ADRL:
  case MVP_VARL: return 0;
  default: return -1;
  }
}

int64_t pcode_mvp_insn_displacement(const struct mvp_insn *insn) {
  ASSERT(pcode_mvp_insn_levels(insn) >= 0, "pcode.I9: %s at %u names no variable", mvp_ops[insn->op].name,
         insn->address);
  return insn->operands[insn->op == MVP_ADRV || insn->op == MVP_ADRP];
}

// ---- blocks --------------------------------------------------------------------------------------------------------

static enum loam_err add_block(struct mvp_flow *flow, const struct mvp_insn *start, struct mvp_block *parent,
                               struct mvp_block **out) {
  struct mvp_block *block = *out = arena_alloc(&flow->memory, sizeof *block);
  if (!block) return miss_memory(flow);
  if (start->operands[0] < 0 || start->operands[0] > VARS_MAX)
    return pcode_mvp_flow_refuse(flow, start->line, "expected from 0 to %d words of variables, found %lld", VARS_MAX,
                                 (long long)start->operands[0]);
  *block = (struct mvp_block){.start = start->address, .parent = parent, .params = parent ? -1 : 0};
  block->line = start->operands[3] > 0 ? (uint32_t)start->operands[3] : start->line;
  block->level = parent ? parent->level + 1 : 1;
  block->vars = (uint32_t)start->operands[0];
  block->proc.number = ++flow->block_count;
  if (parent) parent->has_blocks = true;
  if (flow->blocks_last)
    flow->blocks_last->next = block;
  else
    flow->blocks = block;
  flow->blocks_last = block;
  return LOAM_OK;
}

static struct mvp_block *find_block(const struct mvp_flow *flow, uint32_t start) {
  ASSERT(start < flow->image->count, "pcode.I8: a procedure begins at %u of %u", start, flow->image->count);
  uint32_t number = flow->indices[start]; // of a DebP: its block's number
  if (!number) return NULL;
  struct mvp_block *block = flow->blocks;
  for (; block->proc.number != number; block = block->next)
    ASSERT(block->next, "pcode.I8: the procedure at %u has number %u of %u", start, number, flow->block_count);
  return block;
}

static enum loam_err find_callee(struct mvp_flow *flow, struct mvp_block *block, const struct mvp_insn *call) {
  int64_t levels = call->op == MVP_APL ? call->operands[0] : 1;
  int64_t address = call->address + call->operands[call->op == MVP_APL];
  struct mvp_insn start;
  struct mvp_block *parent = pcode_mvp_block_out(block, levels);
  if (!pcode_mvp_insn_decode(flow->image, address, &start) || start.op != MVP_DEBP)
    return pcode_mvp_flow_refuse(flow, call->line, "expected a call of a DebP, found one of address %lld",
                                 (long long)address);
  if (!parent)
    return pcode_mvp_flow_refuse(flow, call->line, "expected from 0 to %u levels out, found %lld", block->level - 1,
                                 (long long)levels);
  struct mvp_block *known = find_block(flow, start.address);
  if (known && known->parent != parent)
    return pcode_mvp_flow_refuse(
        flow, call->line, "expected calls that agree in which block the procedure at %u is declared", start.address);
  if (known) return LOAM_OK;
  enum loam_err kind = add_block(flow, &start, parent, &known);
  if (kind == LOAM_OK) flow->indices[start.address] = known->proc.number;
  return kind;
}

static enum loam_err note_params(struct mvp_flow *flow, struct mvp_block *block, const struct mvp_insn *insn) {
  int64_t params = insn->operands[0];
  if (!block->parent) return pcode_mvp_flow_refuse(flow, insn->line, "expected Fin in the program, found FinP");
  if (params < 0 || params > PARAMS_MAX)
    return pcode_mvp_flow_refuse(flow, insn->line, "expected from 0 to %d words of parameters, found %lld", PARAMS_MAX,
                                 (long long)params);
  if (block->params >= 0 && block->params != params)
    return pcode_mvp_flow_refuse(flow, insn->line, "expected FinP %d, as elsewhere in this procedure, found FinP %lld",
                                 block->params, (long long)params);
  block->params = (int32_t)params;
  return LOAM_OK;
}

// ---- the instructions of a block -----------------------------------------------------------------------------------

struct to_do {
  int64_t *addresses;
  uint32_t count, capacity;
};

static enum loam_err do_later(struct mvp_flow *flow, struct to_do *list, int64_t address) {
  if (!mem_grow(&list->addresses, list->count, &list->capacity, sizeof *list->addresses)) return miss_memory(flow);
  list->addresses[list->count++] = address;
  return LOAM_OK;
}

static enum loam_err check_insn(struct mvp_flow *flow, struct mvp_block *block, const struct mvp_insn *insn) {
  if (insn->op == MVP_DEB || insn->op == MVP_DEBP)
    return pcode_mvp_flow_refuse(flow, insn->line,
                                 "expected an instruction of the block that starts at %u, found %s at %u", block->start,
                                 mvp_ops[insn->op].name, insn->address);
  if (insn->op == MVP_FIN && block->parent)
    return pcode_mvp_flow_refuse(flow, insn->line, "expected FinP in a procedure, found Fin");
  if (pcode_mvp_insn_is_call(insn)) return find_callee(flow, block, insn);
  return insn->op == MVP_FINP ? note_params(flow, block, insn) : LOAM_OK;
}

static enum loam_err visit(struct mvp_flow *flow, struct mvp_block *block, struct to_do *list, int64_t address,
                           uint32_t from_line) {
  struct mvp_insn insn;
  while (pcode_mvp_insn_decode(flow->image, address, &insn)) {
    uint32_t *owner = &flow->owners[address];
    if (*owner == block->proc.number) return LOAM_OK;
    if (*owner)
      return pcode_mvp_flow_refuse(flow, insn.line, "expected code of one block, found the instruction at %lld in two",
                                   (long long)address);
    *owner = block->proc.number;
    block->step_count++;
    enum loam_err kind = check_insn(flow, block, &insn);
    if (kind == LOAM_OK && pcode_mvp_insn_is_branch(&insn)) kind = do_later(flow, list, address + insn.operands[0]);
    if (kind != LOAM_OK || insn.op == MVP_BR || insn.op == MVP_FIN || insn.op == MVP_FINP) return kind;
    from_line = insn.line;
    address += pcode_mvp_insn_size(insn.op);
  }
  return pcode_mvp_flow_refuse(flow, from_line, "expected an instruction at address %lld, found %s", (long long)address,
                               address < 0 || address >= flow->image->count ? "the end of the code" : "none");
}

static enum loam_err visit_block(struct mvp_flow *flow, struct mvp_block *block) {
  struct to_do list = {0};
  struct mvp_insn start;
  pcode_mvp_insn_decode(flow->image, block->start, &start);
  enum loam_err kind = do_later(flow, &list, start.address + start.operands[2]);
  while (kind == LOAM_OK && list.count) kind = visit(flow, block, &list, list.addresses[--list.count], start.line);
  mem_free(list.addresses);
  if (block->params < 0) block->params = 0; // it never returns
  return kind;
}

// Code is a sequence of instructions from address 0 on: a jump leads to the beginning of one of them.
static enum loam_err check_overlap(const struct mvp_flow *flow) {
  struct mvp_insn insn;
  for (uint32_t address = 0, next = 0; address < flow->image->count; address++) {
    if (address == next)
      next += pcode_mvp_insn_decode(flow->image, address, &insn) ? pcode_mvp_insn_size(insn.op) : 1;
    else if (flow->owners[address])
      return pcode_mvp_flow_refuse(flow, flow->image->lines[address],
                                   "expected a jump to the beginning of an instruction, found one to address %u",
                                   address);
  }
  return LOAM_OK;
}

static enum loam_err gather_steps(struct mvp_flow *flow) {
  struct mvp_block **by_number = arena_alloc(&flow->memory, (flow->block_count + 1) * sizeof *by_number);
  if (!by_number) return miss_memory(flow);
  for (struct mvp_block *block = flow->blocks; block; block = block->next) {
    by_number[block->proc.number] = block;
    block->steps = arena_alloc(&flow->memory, (block->step_count + 1) * sizeof *block->steps);
    block->in_store = arena_alloc(&flow->memory, (size_t)pcode_mvp_block_cells(block) + 1);
    if (!block->steps || !block->in_store) return miss_memory(flow);
    block->step_count = 0;
  }
  for (uint32_t address = 0; address < flow->image->count; address++) {
    if (!flow->owners[address]) continue;
    struct mvp_block *block = by_number[flow->owners[address]];
    struct mvp_step *step = &block->steps[block->step_count];
    ASSERT(flow->owners[address] <= flow->block_count, "pcode.I8: the instruction at %u belongs to block %u of %u",
           address, flow->owners[address], flow->block_count);
    *step = (struct mvp_step){.depth = -1, .address_from = -1, .used_by = -1, .arguments_from = -1};
    pcode_mvp_insn_decode(flow->image, address, &step->insn);
    if (pcode_mvp_insn_is_call(&step->insn)) {
      int64_t start = address + step->insn.operands[step->insn.op == MVP_APL];
      step->callee = by_number[flow->indices[start]];
      ASSERT(step->callee && step->callee->start == start,
             "pcode.I8: the call at %u leads to %lld, which begins no block", address, (long long)start);
    }
    flow->indices[address] = block->step_count++;
  }
  return LOAM_OK;
}

enum loam_err pcode_mvp_flow_read(struct mvp_flow *flow, struct error *err) {
  struct mvp_insn start;
  struct mvp_block *program;
  flow->err = err;
  flow->owners = mem_alloc_zero(flow->image->count + 1, sizeof *flow->owners);
  flow->indices = mem_alloc_zero(flow->image->count + 1, sizeof *flow->indices);
  if (!flow->owners || !flow->indices) return miss_memory(flow);
  if (!pcode_mvp_insn_decode(flow->image, 0, &start) || start.op != MVP_DEB)
    return pcode_mvp_flow_refuse(flow, flow->image->count ? flow->image->lines[0] : 1,
                                 "expected a program that begins with Deb");
  enum loam_err kind = add_block(flow, &start, NULL, &program);
  for (struct mvp_block *block = flow->blocks; block && kind == LOAM_OK; block = block->next)
    kind = visit_block(flow, block);
  if (kind == LOAM_OK) kind = check_overlap(flow);
  return kind == LOAM_OK ? gather_steps(flow) : kind;
}

void pcode_mvp_flow_fini(struct mvp_flow *flow) {
  mem_free(flow->owners);
  mem_free(flow->indices);
  arena_fini(&flow->memory);
}
