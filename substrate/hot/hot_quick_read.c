// SPDX-License-Identifier: MIT
//
// hot_quick_read.c: LLVM's IR of a function as an array of instructions, in the order in which their code will stand.
//
// The order of blocks: control goes on to the likeliest block that isn't placed yet, and loops stay together; what is
// rarely reached comes last.
#define LOAM_HOT_MODULE
#include "hot/hot_quick_int.h"

#include "hot/hot_dominator.h"

#include <stdio.h>
#include <string.h>

#define LOOP_ROUNDS 30      // a loop makes, as far as anybody knows
#define WEIGHT_MAX 1e20f    // of a loop in loops: its square is still a number
#define RARE 0.02f          // a branch so seldom taken leads to cold code
#define TESTS_MAX 4         // one behind the other on a way out
#define LEAVES 0.0005f      // how often what leaves for a lower engine does so
#define INSNS_MAX 20000     // beyond, LLVM's time doesn't matter any more, and this generator's may
#define SWITCH_CASES_MAX 16 // one test behind the other

struct reader {
  struct quick_function *f;
  const struct hot_llvm *l;
  const struct quick_names *names;
  struct hot_dominators dominators;
  float *weights; // by the dominators' numbers: how often control comes,
  float *chances;
  uint32_t *chances_at;      // and of each way on
  uint32_t *depths, *orders; // orders: places among f->blocks
  bool *cold, *heads;
  uint32_t *stack, *marks, stacked, stamp; // of a search
  LLVMValueRef *values;                    // a hash table of instructions and parameters,
  uint32_t *numbers;                       // and their numbers
  uint32_t mask;
  unsigned prof;
};

static bool refuse(struct quick_function *f, const char *why) {
  if (!f->failure) f->failure = why;
  return false;
}

// ---- the order of blocks -------------------------------------------------------------------------------------------

static LLVMBasicBlockRef block_at(const struct reader *r, uint32_t number) {
  return r->dominators.blocks[number].block;
}

static uint32_t way_count(const struct reader *r, uint32_t number) {
  return r->l->LLVMGetNumSuccessors(r->l->LLVMGetBasicBlockTerminator(block_at(r, number)));
}

static uint32_t way(const struct reader *r, uint32_t number, uint32_t i) {
  LLVMValueRef end = r->l->LLVMGetBasicBlockTerminator(block_at(r, number));
  return hot_dominators_number(&r->dominators, r->l->LLVMGetSuccessor(end, i));
}

// Does what is here end the compiled code's work?
static bool leaves(const struct reader *r, uint32_t number, LLVMValueRef hot_leave) {
  return hot_ir_leaves(r->l, hot_leave, block_at(r, number), TESTS_MAX);
}

// What branch weights say of the ways on from a block, from the first to the last; 0 where nothing is known.
static unsigned read_weights(const struct reader *r, LLVMValueRef end, float *weights, unsigned count) {
  const struct hot_llvm *l = r->l;
  LLVMValueRef node = l->LLVMGetMetadata(end, r->prof), operands[SWITCH_CASES_MAX + 2];
  unsigned known = node ? l->LLVMGetMDNodeNumOperands(node) : 0;
  if (known <= count || known > COUNT_OF(operands)) return 0;
  l->LLVMGetMDNodeOperands(node, operands);
  for (unsigned i = 0; i < count; i++) {
    LLVMValueRef weight = operands[known - count + i];
    if (!weight || !l->LLVMIsAConstantInt(weight)) return 0;
    weights[i] = (float)l->LLVMConstIntGetZExtValue(weight);
  }
  return count;
}

// How likely each way on from a block is: as branch weights say, but what leaves for a lower engine seldom does; where
// nothing is known a loop goes on.
static void find_chances(struct reader *r, uint32_t number, LLVMValueRef hot_leave, float *chances) {
  uint32_t count = way_count(r, number);
  LLVMValueRef end = r->l->LLVMGetBasicBlockTerminator(block_at(r, number));
  bool known = count <= SWITCH_CASES_MAX && read_weights(r, end, chances, count);
  float sum = 0, going_on = 0;
  for (uint32_t i = 0; i < count; i++) {
    if (!known) chances[i] = r->depths[way(r, number, i)] < r->depths[number] ? 1.0f / LOOP_ROUNDS : 1;
    sum += chances[i];
    if (!leaves(r, way(r, number, i), hot_leave)) going_on += chances[i];
  }
  for (uint32_t i = 0; i < count; i++) {
    bool rare = going_on > 0 && leaves(r, way(r, number, i), hot_leave);
    chances[i] = rare ? LEAVES : sum > 0 ? chances[i] / (going_on > 0 ? going_on : sum) : 1;
  }
}

static float chance(const struct reader *r, uint32_t number, uint32_t i) {
  return r->chances[r->chances_at[number] + i];
}

// Calls back for the blocks that lead to one.
static void each_before(struct reader *r, uint32_t number,
                        void (*fn)(struct reader *r, uint32_t number, uint32_t from)) {
  LLVMUseRef use = r->l->LLVMGetFirstUse(r->l->LLVMBasicBlockAsValue(block_at(r, number)));
  for (; use; use = r->l->LLVMGetNextUse(use)) {
    uint32_t from = hot_dominators_number(&r->dominators, r->l->LLVMGetInstructionParent(r->l->LLVMGetUser(use)));
    if (from != HOT_DOMINATOR_NONE) fn(r, number, from);
  }
}

static bool is_back(const struct reader *r, uint32_t from, uint32_t to) {
  return hot_dominates(&r->dominators, to, from);
}

static void push_unmarked(struct reader *r, uint32_t number, uint32_t from) {
  (void)number;
  if (r->marks[from] != r->stamp) r->stack[r->stacked++] = from;
}

static void push_ends(struct reader *r, uint32_t head, uint32_t from) {
  if (is_back(r, from, head)) r->stack[r->stacked++] = from;
}

// Finds the blocks of a loop: all from which its ends are reached without its head.
static void deepen(struct reader *r, uint32_t head) {
  r->stacked = 0;
  each_before(r, head, push_ends);
  r->heads[head] = r->stacked > 0;
  if (!r->stacked) return;
  r->stamp = head + 1;
  r->marks[head] = r->stamp;
  r->depths[head]++;
  while (r->stacked) {
    uint32_t number = r->stack[--r->stacked];
    if (r->marks[number] == r->stamp) continue;
    ASSERT(hot_dominates(&r->dominators, head, number), "block %u is in the loop of block %u, which isn't before it",
           number, head);
    r->marks[number] = r->stamp;
    r->depths[number]++;
    each_before(r, number, push_unmarked);
  }
}

static void weigh(struct reader *r) {
  uint32_t count = r->dominators.count;
  LLVMValueRef hot_leave = r->l->LLVMGetNamedFunction(r->names->module, "hot_leave");
  for (uint32_t i = 0; i < count; i++) deepen(r, i);
  for (uint32_t i = 0, at = 0; i < count; at += way_count(r, i), i++) {
    r->chances_at[i] = at;
    find_chances(r, i, hot_leave, &r->chances[at]);
  }
  r->weights[0] = 1;
  for (uint32_t i = 1; i < count; i++) r->cold[i] = true;
  for (uint32_t i = 0; i < count; i++) { // each block is behind those that lead to it, but by the ends of loops
    if (r->heads[i] && r->weights[i] < WEIGHT_MAX) r->weights[i] *= LOOP_ROUNDS;
    for (uint32_t k = 0; k < way_count(r, i); k++) {
      uint32_t to = way(r, i, k);
      if (is_back(r, i, to)) continue;
      r->weights[to] += r->weights[i] * chance(r, i, k);
      if (!r->cold[i] && chance(r, i, k) > RARE) r->cold[to] = false;
    }
  }
}

static void put_block(struct reader *r, uint32_t number) {
  struct quick_function *f = r->f;
  ASSERT(r->orders[number] == QUICK_NONE, "block %u is put in order as the %uth and the %uth", number,
         r->orders[number], f->block_count);
  r->orders[number] = f->block_count;
  f->blocks[f->block_count++] = (struct quick_block){.ref = block_at(r, number),
                                                     .depth = r->depths[number],
                                                     .is_cold = r->cold[number],
                                                     .is_head = r->heads[number],
                                                     .weight = r->weights[number]};
}

// Of the blocks that control may go on to: the deepest, and of these the last that was met.
static uint32_t take_next(const struct reader *r, uint32_t *stack, uint32_t *depth) {
  uint32_t best = *depth - 1;
  for (uint32_t i = *depth; i-- > 0;)
    if (r->depths[stack[i]] > r->depths[stack[best]]) best = i;
  uint32_t number = stack[best];
  memmove(&stack[best], &stack[best + 1], (*depth - best - 1) * sizeof *stack);
  --*depth;
  return number;
}

static bool order_blocks(struct reader *r) {
  struct quick_function *f = r->f;
  uint32_t count = r->dominators.count, depth = 0, *stack = r->stack;
  f->blocks = hot_quick_array(f, count, sizeof *f->blocks);
  if (f->no_memory) return false;
  for (uint32_t i = 0; i < count; i++) r->orders[i] = QUICK_NONE;
  stack[depth++] = 0;
  while (depth) {
    uint32_t number = take_next(r, stack, &depth);
    if (r->orders[number] != QUICK_NONE) continue;
    put_block(r, number);
    uint32_t ways = way_count(r, number), likely = QUICK_NONE;
    for (uint32_t k = 0; k < ways; k++)
      if (likely == QUICK_NONE || chance(r, number, k) > chance(r, number, likely)) likely = k;
    for (uint32_t k = 0; k <= ways && ways; k++) { // the likeliest last
      uint32_t to = way(r, number, k < ways ? k : likely);
      if (!r->cold[to] && r->orders[to] == QUICK_NONE && (k == ways || k != likely)) stack[depth++] = to;
    }
  }
  for (uint32_t i = 0; i < count; i++)
    if (r->orders[i] == QUICK_NONE) put_block(r, i);
  ASSERT(f->block_count == count && r->orders[0] == 0, "%u of %u blocks were put in order, the first as the %uth",
         f->block_count, count, r->orders[0]);
  return true;
}

// ---- numbers -------------------------------------------------------------------------------------------------------

static uint32_t hash_slot(const struct reader *r, LLVMValueRef value) {
  uint32_t at = (uint32_t)(((uintptr_t)value >> 4) * 0x9e3779b1u) & r->mask;
  while (r->values[at] && r->values[at] != value) at = (at + 1) & r->mask;
  return at;
}

static void put_number(struct reader *r, LLVMValueRef value, uint32_t number) {
  uint32_t at = hash_slot(r, value);
  ASSERT(!r->values[at], "instruction %u has the number %u, too", number, r->numbers[at]);
  r->values[at] = value;
  r->numbers[at] = number;
}

static bool number_insns(struct reader *r) {
  struct quick_function *f = r->f;
  uint32_t count = r->l->LLVMCountParams(f->ref), size = 64, params = count;
  for (uint32_t i = 0; i < f->block_count; i++)
    for (LLVMValueRef insn = r->l->LLVMGetFirstInstruction(f->blocks[i].ref); insn;
         insn = r->l->LLVMGetNextInstruction(insn))
      count++;
  if (count > INSNS_MAX) return refuse(f, "it is too long");
  while (size < 2 * count) size *= 2;
  r->mask = size - 1;
  r->values = hot_quick_array(f, size, sizeof(LLVMValueRef));
  r->numbers = hot_quick_array(f, size, sizeof *r->numbers);
  f->insns = hot_quick_array(f, count, sizeof *f->insns);
  if (f->no_memory) return false;
  for (uint32_t i = 0; i < params; i++) put_number(r, r->l->LLVMGetParam(f->ref, i), i);
  f->insn_count = params;
  for (uint32_t i = 0; i < f->block_count; i++) {
    f->blocks[i].first = i ? f->insn_count : 0;
    for (LLVMValueRef insn = r->l->LLVMGetFirstInstruction(f->blocks[i].ref); insn;
         insn = r->l->LLVMGetNextInstruction(insn)) {
      put_number(r, insn, f->insn_count);
      f->insns[f->insn_count++].block = i;
    }
    f->blocks[i].end = f->insn_count;
    ASSERT(f->blocks[i].first < f->insn_count, "block %u is empty, at instruction %u", i, f->insn_count);
  }
  return true;
}

// ---- types and operands --------------------------------------------------------------------------------------------

// 0: none, or one that isn't known.
static unsigned width_of(const struct reader *r, LLVMTypeRef type, bool *is_double) {
  LLVMTypeKind kind = r->l->LLVMGetTypeKind(type);
  *is_double = kind == LLVMDoubleTypeKind;
  if (kind == LLVMDoubleTypeKind || kind == LLVMPointerTypeKind) return 64;
  if (kind != LLVMIntegerTypeKind) return 0;
  unsigned width = r->l->LLVMGetIntTypeWidth(type);
  return width == 1 || width == 8 || width == 16 || width == 32 || width == 64 ? width : 0;
}

static bool is_word(const struct reader *r, LLVMValueRef value) {
  bool is_double;
  return width_of(r, r->l->LLVMTypeOf(value), &is_double) == 64 && !is_double;
}

static unsigned value_width(const struct reader *r, LLVMValueRef value) {
  bool is_double;
  return width_of(r, r->l->LLVMTypeOf(value), &is_double);
}

static const void *find_name(const struct quick_names *names, const char *name) {
  return hot_object_find_name(names->tables, names->table_count, name);
}

static uint32_t function_number(const struct reader *r, LLVMValueRef function) {
  uint32_t number = 0;
  LLVMValueRef f = r->l->LLVMGetFirstFunction(r->names->module);
  for (; f && f != function; f = r->l->LLVMGetNextFunction(f)) number += !r->l->LLVMIsDeclaration(f);
  ASSERT(f, "a function that is named is none of the unit's %u", number);
  return number;
}

static int64_t element_bytes(const struct reader *r, LLVMTypeRef type) {
  LLVMTypeRef field;
  bool is_double;
  while (r->l->LLVMGetTypeKind(type) == LLVMStructTypeKind && r->l->LLVMCountStructElementTypes(type) == 1) {
    r->l->LLVMGetStructElementTypes(type, &field);
    type = field;
  }
  unsigned width = width_of(r, type, &is_double);
  return width >= 8 ? width / 8 : 0;
}

static struct quick_operand constant(int64_t n) {
  return (struct quick_operand){.kind = QUICK_CONSTANT, .index = QUICK_NONE, .constant = n};
}

static struct quick_operand read_operand(struct reader *r, LLVMValueRef value);

static struct quick_operand read_expression(struct reader *r, LLVMValueRef value) {
  const struct hot_llvm *l = r->l;
  LLVMOpcode opcode = l->LLVMGetConstOpcode(value);
  struct quick_operand operand = read_operand(r, l->LLVMGetOperand(value, 0));
  bool is_pointer = opcode == LLVMIntToPtr || opcode == LLVMPtrToInt;
  if (is_pointer && is_word(r, value) && is_word(r, l->LLVMGetOperand(value, 0))) return operand;
  if (opcode == LLVMGetElementPtr && l->LLVMGetNumOperands(value) == 2 && operand.kind == QUICK_CONSTANT &&
      l->LLVMIsAConstantInt(l->LLVMGetOperand(value, 1))) {
    int64_t bytes = element_bytes(r, l->LLVMGetGEPSourceElementType(value));
    if (!bytes) refuse(r->f, "an element of unknown size");
    operand.constant += bytes * (int64_t)l->LLVMConstIntGetSExtValue(l->LLVMGetOperand(value, 1));
    return operand;
  }
  refuse(r->f, "a constant expression");
  return operand;
}

static struct quick_operand read_operand(struct reader *r, LLVMValueRef value) {
  const struct hot_llvm *l = r->l;
  if (!l->LLVMIsConstant(value)) {
    uint32_t at = hash_slot(r, value);
    if (!r->values[at]) refuse(r->f, "an operand that is no value");
    return (struct quick_operand){.kind = QUICK_VALUE, .index = r->values[at] ? r->numbers[at] : 0};
  }
  if (l->LLVMIsAConstantInt(value)) {
    unsigned width = value_width(r, value);
    if (!width) refuse(r->f, "a wide constant");
    return constant(width == 1 ? (int64_t)l->LLVMConstIntGetZExtValue(value)
                    : width    ? (int64_t)l->LLVMConstIntGetSExtValue(value)
                               : 0);
  }
  if (l->LLVMIsAUndefValue(value)) // a bit must be 0 or 1: all that extends it relies on that
    return value_width(r, value) == 1 ? constant(0)
                                      : (struct quick_operand){.kind = QUICK_ANYTHING, .index = QUICK_NONE};
  if (l->LLVMIsAFunction(value) || l->LLVMIsAGlobalVariable(value)) {
    const void *address = find_name(r->names, l->LLVMGetValueName2(value, &(size_t){0}));
    if (address) return constant((int64_t)(uintptr_t)address);
    if (!l->LLVMIsAFunction(value) || l->LLVMIsDeclaration(value)) refuse(r->f, "a name that nobody defines");
    return (struct quick_operand){.kind = QUICK_FUNCTION, .index = function_number(r, value)};
  }
  if (l->LLVMIsAConstantFP(value) && value_width(r, value) == 64) {
    LLVMTypeRef word = l->LLVMIntTypeInContext(l->LLVMGetTypeContext(l->LLVMTypeOf(value)), 64);
    return constant((int64_t)l->LLVMConstIntGetZExtValue(l->LLVMConstBitCast(value, word)));
  }
  if (l->LLVMIsAConstantExpr(value)) return read_expression(r, value);
  if (!l->LLVMIsNull(value)) refuse(r->f, "an unknown constant");
  return constant(0);
}

static bool read_operands(struct reader *r, struct quick_insn *insn, LLVMValueRef ref, uint32_t count) {
  insn->operands = hot_quick_array(r->f, count, sizeof *insn->operands);
  if (!insn->operands) return false;
  insn->operand_count = count;
  for (uint32_t i = 0; i < count; i++) insn->operands[i] = read_operand(r, r->l->LLVMGetOperand(ref, i));
  return true;
}

static bool read_phi(struct reader *r, struct quick_insn *insn, LLVMValueRef ref) {
  uint32_t count = r->l->LLVMCountIncoming(ref), known = 0;
  uint32_t *from = hot_quick_array(r->f, count, sizeof *from);
  insn->operands = hot_quick_array(r->f, count, sizeof *insn->operands);
  if (!from || !insn->operands) return false;
  for (uint32_t i = 0; i < count; i++) {
    uint32_t number = hot_dominators_number(&r->dominators, r->l->LLVMGetIncomingBlock(ref, i));
    if (number == HOT_DOMINATOR_NONE) continue;
    from[known] = r->orders[number];
    insn->operands[known++] = read_operand(r, r->l->LLVMGetIncomingValue(ref, i));
  }
  insn->op = QUICK_PHI;
  insn->operand_count = known;
  insn->targets = from;
  return true;
}

static bool read_targets(struct reader *r, struct quick_insn *insn, LLVMValueRef ref) {
  struct quick_block *block = &r->f->blocks[insn->block];
  uint32_t count = r->l->LLVMGetNumSuccessors(ref);
  uint32_t *targets = hot_quick_array(r->f, count, sizeof *targets);
  if (!targets) return false;
  for (uint32_t i = 0; i < count; i++) {
    uint32_t number = hot_dominators_number(&r->dominators, r->l->LLVMGetSuccessor(ref, i));
    ASSERT(number < r->dominators.count, "way %u from block %u leads to block %u of %u", i, insn->block, number,
           r->dominators.count);
    targets[i] = r->orders[number];
    r->f->blocks[targets[i]].way_count++;
  }
  insn->targets = block->targets = targets;
  block->target_count = count;
  return true;
}

static bool read_branch(struct reader *r, struct quick_insn *insn, LLVMValueRef ref) {
  if (!read_targets(r, insn, ref)) return false;
  uint32_t count = r->l->LLVMGetNumSuccessors(ref);
  insn->op = count == 2 ? QUICK_BRANCH_IF : QUICK_BRANCH;
  return count == 1 || read_operands(r, insn, ref, 1);
}

// The value, then those of the cases; the target of the rest is the first.
static bool read_switch(struct reader *r, struct quick_insn *insn, LLVMValueRef ref) {
  uint32_t count = r->l->LLVMGetNumSuccessors(ref);
  if (count > SWITCH_CASES_MAX) return refuse(r->f, "a switch with many cases");
  insn->op = QUICK_SWITCH;
  insn->operands = hot_quick_array(r->f, count, sizeof *insn->operands);
  if (!insn->operands || !read_targets(r, insn, ref)) return false;
  insn->operand_count = count;
  insn->width = (uint8_t)value_width(r, r->l->LLVMGetOperand(ref, 0));
  insn->operands[0] = read_operand(r, r->l->LLVMGetOperand(ref, 0));
  for (uint32_t i = 1; i < count; i++) insn->operands[i] = read_operand(r, r->l->LLVMGetOperand(ref, 2 * i));
  return insn->width >= 8 || refuse(r->f, "a switch of a wide value");
}

// ---- calls ---------------------------------------------------------------------------------------------------------

static bool read_asm(struct reader *r, struct quick_insn *insn, LLVMValueRef ref, LLVMValueRef called) {
  size_t length;
  const char *text = r->l->LLVMGetInlineAsmAsmString(called, &length);
  int distance, end = 0;
  bool is_poll = sscanf(text, "cmpq $$0, %d($1)%n", &distance, &end) == 1 && (size_t)end == length;
  if (!is_poll && length) return refuse(r->f, "assembly text");
  const char *constraints = r->l->LLVMGetInlineAsmConstraintString(called, &length);
  const char *expected = is_poll ? "={@ccne},r," : "=r,0";
  if (strncmp(constraints, expected, strlen(expected)) != 0) return refuse(r->f, "assembly text's operands");
  insn->op = is_poll ? QUICK_POLL : QUICK_SAME;
  insn->scale = is_poll ? distance : 0;
  insn->predicate = LLVMIntNE;
  return read_operands(r, insn, ref, 1);
}

// Intrinsics by the beginnings of their names.
static const struct intrinsic {
  const char *name;
  enum quick_op op;
  uint8_t detail; // of OVERFLOW the operation, of CHOOSE the predicate
} intrinsics[] = {
    {"llvm.assume", QUICK_NOTHING, 0},
    {"llvm.experimental.noalias", QUICK_NOTHING, 0},
    {"llvm.lifetime", QUICK_NOTHING, 0},
    {"llvm.sadd.with.overflow", QUICK_OVERFLOW, QUICK_ADD},
    {"llvm.ssub.with.overflow", QUICK_OVERFLOW, QUICK_SUB},
    {"llvm.smul.with.overflow", QUICK_OVERFLOW, QUICK_MUL},
    {"llvm.smax", QUICK_CHOOSE, LLVMIntSGT},
    {"llvm.smin", QUICK_CHOOSE, LLVMIntSLT},
    {"llvm.umax", QUICK_CHOOSE, LLVMIntUGT},
    {"llvm.umin", QUICK_CHOOSE, LLVMIntULT},
    {"llvm.fabs", QUICK_FABS, 0},
    {"llvm.sqrt", QUICK_FSQRT, 0},
    {"llvm.fshl", QUICK_ROTL, 0},
    {"llvm.abs", QUICK_ABS, 0},
    {"llvm.bswap", QUICK_BSWAP, 0},
    {"llvm.x86.sse2.cvttsd2si", QUICK_FPTOSI, 0},
};

static bool read_intrinsic(struct reader *r, struct quick_insn *insn, LLVMValueRef ref, const char *name) {
  const struct hot_llvm *l = r->l;
  const struct intrinsic *found = NULL;
  for (size_t i = 0; i < COUNT_OF(intrinsics) && !found; i++)
    if (strncmp(name, intrinsics[i].name, strlen(intrinsics[i].name)) == 0) found = &intrinsics[i];
  if (!found) return refuse(r->f, "an intrinsic function");
  insn->op = (uint8_t)found->op;
  if (insn->op == QUICK_NOTHING) return true;
  if (!read_operands(r, insn, ref, l->LLVMGetNumArgOperands(ref))) return false;
  if (insn->op == QUICK_OVERFLOW) insn->arith = found->detail;
  if (insn->op == QUICK_CHOOSE) insn->predicate = found->detail;
  if (insn->op == QUICK_OVERFLOW) insn->width = (uint8_t)value_width(r, l->LLVMGetOperand(ref, 0));
  if (insn->op == QUICK_ROTL) {
    const struct quick_operand *o = insn->operands;
    bool same = o[0].kind == QUICK_VALUE && o[1].kind == QUICK_VALUE && o[0].index == o[1].index;
    if (!same || o[2].kind != QUICK_CONSTANT) return refuse(r->f, "a shift of two words");
  }
  if (insn->width != 64 && insn->width != 32) return refuse(r->f, "an intrinsic function of narrow values");
  return true;
}

// Narrow arguments are passed as if they were wide: they are bits, or constants that both extensions leave the same.
static bool read_arguments(struct reader *r, struct quick_insn *insn, LLVMValueRef ref) {
  uint32_t count = r->l->LLVMGetNumArgOperands(ref);
  if (count != r->l->LLVMCountParamTypes(r->l->LLVMGetCalledFunctionType(ref)))
    return refuse(r->f, "a call with more arguments than parameters");
  if (!read_operands(r, insn, ref, count + 1)) return false;
  uint32_t words = 0, doubles = 0;
  for (uint32_t i = 0; i < count; i++) {
    LLVMValueRef argument = r->l->LLVMGetOperand(ref, i);
    bool is_double;
    unsigned width = width_of(r, r->l->LLVMTypeOf(argument), &is_double);
    const struct quick_operand *o = &insn->operands[i];
    if (!width || ((width == 8 || width == 16) && (o->kind == QUICK_VALUE || o->constant < 0)))
      return refuse(r->f, "an argument of an unknown type");
    insn->operands[i].is_double = is_double;
    words += !is_double;
    doubles += is_double;
  }
  int32_t bytes = words > QUICK_WORDS_PASSED ? (int32_t)(words - QUICK_WORDS_PASSED) * 8 : 0;
  if (bytes > r->f->passed_bytes) r->f->passed_bytes = bytes;
  return doubles <= QUICK_DOUBLES_PASSED_MAX || refuse(r->f, "a call with many doubles");
}

// Are the arguments those of a handler?
static bool takes_words(const struct reader *r, LLVMValueRef ref) {
  uint32_t words = 0, count = r->l->LLVMGetNumArgOperands(ref);
  for (uint32_t i = 0; i < count; i++) words += is_word(r, r->l->LLVMGetOperand(ref, i));
  return count == QUICK_PARAMS && words == QUICK_PARAMS;
}

static bool read_call(struct reader *r, struct quick_insn *insn, LLVMValueRef ref) {
  const struct hot_llvm *l = r->l;
  LLVMValueRef called = l->LLVMGetCalledValue(ref);
  if (l->LLVMIsAInlineAsm(called)) return read_asm(r, insn, ref, called);
  if (l->LLVMIsAFunction(called)) {
    const char *name = l->LLVMGetValueName2(called, &(size_t){0});
    static const char memset_name[] = "llvm.memset.";
    if (strncmp(name, memset_name, sizeof memset_name - 1) == 0) {
      insn->op = QUICK_CALL;
      if (!read_operands(r, insn, ref, 4)) return false;
      insn->operands[3] = constant((int64_t)(uintptr_t)find_name(r->names, "memset"));
      bool is_known = insn->operands[1].kind == QUICK_CONSTANT && is_word(r, l->LLVMGetOperand(ref, 2));
      return is_known || refuse(r->f, "memory set to a value, or a narrow size");
    }
    if (strncmp(name, "llvm.", 5) == 0) return read_intrinsic(r, insn, ref, name);
  }
  unsigned convention = l->LLVMGetInstructionCallConv(ref);
  LLVMValueRef next = l->LLVMGetNextInstruction(ref);
  insn->op = convention == HOT_PRESERVE_NONE ? QUICK_JUMP : QUICK_CALL;
  if (insn->op == QUICK_JUMP && (!next || l->LLVMGetInstructionOpcode(next) != LLVMRet))
    return refuse(r->f, "a call of a handler that comes back");
  if (insn->op == QUICK_JUMP && !takes_words(r, ref)) return refuse(r->f, "a call of what is no handler");
  if (insn->op == QUICK_CALL && convention != LLVMCCallConv) return refuse(r->f, "a calling convention");
  if (!read_arguments(r, insn, ref)) return false;
  return insn->operands[insn->operand_count - 1].kind != QUICK_FUNCTION || insn->op == QUICK_JUMP ||
         refuse(r->f, "a call within the unit");
}

// ---- instructions --------------------------------------------------------------------------------------------------

static enum quick_op arithmetic_of(LLVMOpcode opcode) {
  switch (opcode) {
  case LLVMAdd: return QUICK_ADD;
  case LLVMSub: return QUICK_SUB;
  case LLVMMul: return QUICK_MUL;
  case LLVMAnd: return QUICK_AND;
  case LLVMOr: return QUICK_OR;
  case LLVMXor: return QUICK_XOR;
  case LLVMShl: return QUICK_SHL;
  case LLVMLShr: return QUICK_LSHR;
  case LLVMAShr: return QUICK_ASHR;
  case LLVMSDiv: return QUICK_SDIV;
  case LLVMSRem: return QUICK_SREM;
  case LLVMUDiv: return QUICK_UDIV;
  case LLVMURem: return QUICK_UREM;
  case LLVMFAdd: return QUICK_FADD;
  case LLVMFSub: return QUICK_FSUB;
  case LLVMFMul: return QUICK_FMUL;
  case LLVMFDiv: return QUICK_FDIV;
  case LLVMFNeg: return QUICK_FNEG;
  default: return QUICK_NOTHING;
  }
}

static bool read_arithmetic(struct reader *r, struct quick_insn *insn, LLVMValueRef ref, enum quick_op op) {
  insn->op = (uint8_t)op;
  bool any_width = op == QUICK_AND || op == QUICK_OR || op == QUICK_XOR;
  bool low_bits = any_width || op == QUICK_ADD || op == QUICK_SUB || op == QUICK_MUL || op == QUICK_SHL;
  if (insn->width < 32 && (!low_bits || (insn->width == 1 && !any_width)))
    return refuse(r->f, "arithmetic of narrow values");
  return read_operands(r, insn, ref, op == QUICK_FNEG ? 1 : 2);
}

static bool read_comparison(struct reader *r, struct quick_insn *insn, LLVMValueRef ref, bool is_double) {
  const struct hot_llvm *l = r->l;
  insn->op = is_double ? QUICK_FCMP : QUICK_ICMP;
  insn->predicate = (uint8_t)(is_double ? (int)l->LLVMGetFCmpPredicate(ref) : (int)l->LLVMGetICmpPredicate(ref));
  insn->width = (uint8_t)value_width(r, l->LLVMGetOperand(ref, 0));
  if (insn->width < 8) return refuse(r->f, "a comparison of bits");
  bool decided = is_double && (insn->predicate == LLVMRealPredicateFalse || insn->predicate == LLVMRealPredicateTrue);
  if (decided) return refuse(r->f, "a comparison without a question");
  return read_operands(r, insn, ref, 2);
}

static bool read_conversion(struct reader *r, struct quick_insn *insn, LLVMValueRef ref, LLVMOpcode opcode) {
  bool from_double;
  insn->from_width = (uint8_t)width_of(r, r->l->LLVMTypeOf(r->l->LLVMGetOperand(ref, 0)), &from_double);
  if (!insn->from_width || !insn->width) return refuse(r->f, "a conversion of an unknown type");
  insn->op = QUICK_SAME;
  bool is_pointer = opcode == LLVMIntToPtr || opcode == LLVMPtrToInt;
  if (opcode == LLVMZExt || (is_pointer && insn->from_width < insn->width)) insn->op = QUICK_ZEXT;
  if (opcode == LLVMSExt) insn->op = QUICK_SEXT;
  if ((opcode == LLVMTrunc || opcode == LLVMPtrToInt) && insn->width == 1) insn->op = QUICK_TO_BIT;
  if (opcode == LLVMSIToFP) insn->op = QUICK_SITOFP;
  if (opcode == LLVMFPToSI) insn->op = QUICK_FPTOSI;
  if (opcode == LLVMBitCast && from_double != insn->is_double) insn->op = QUICK_BITCAST;
  bool is_wide = insn->width >= 32 && insn->from_width >= 32;
  if ((insn->op == QUICK_SITOFP || insn->op == QUICK_FPTOSI) && !is_wide)
    return refuse(r->f, "a conversion of narrow integers");
  if (!read_operands(r, insn, ref, 1)) return false;
  if (opcode == LLVMFreeze && insn->operands[0].kind == QUICK_ANYTHING)
    insn->operands[0] = constant(0); // for all users
  return true;
}

static bool read_address(struct reader *r, struct quick_insn *insn, LLVMValueRef ref) {
  int64_t bytes = element_bytes(r, r->l->LLVMGetGEPSourceElementType(ref));
  if (!bytes || r->l->LLVMGetNumOperands(ref) != 2) return refuse(r->f, "an address of a field");
  bool is_double;
  if (width_of(r, r->l->LLVMTypeOf(r->l->LLVMGetOperand(ref, 1)), &is_double) != 64)
    return refuse(r->f, "a narrow index");
  insn->op = QUICK_ADDRESS;
  insn->scale = (int32_t)bytes;
  return read_operands(r, insn, ref, 2);
}

static bool read_memory(struct reader *r, struct quick_insn *insn, LLVMValueRef ref, bool is_store) {
  const struct hot_llvm *l = r->l;
  LLVMAtomicOrdering ordering = l->LLVMGetOrdering(ref);
  if (ordering == LLVMAtomicOrderingSequentiallyConsistent) return refuse(r->f, "an ordered access");
  insn->op = is_store ? QUICK_STORE : QUICK_LOAD;
  insn->is_ordered = ordering != LLVMAtomicOrderingNotAtomic;
  if (is_store) {
    bool is_double;
    insn->width = (uint8_t)width_of(r, l->LLVMTypeOf(l->LLVMGetOperand(ref, 0)), &is_double);
    insn->is_double = is_double;
  }
  if (insn->width < 8) return refuse(r->f, "an access of an unknown width");
  return read_operands(r, insn, ref, is_store ? 2 : 1);
}

static bool read_alloca(struct reader *r, struct quick_insn *insn, LLVMValueRef ref) {
  int64_t bytes = element_bytes(r, r->l->LLVMGetAllocatedType(ref));
  LLVMValueRef count = r->l->LLVMGetOperand(ref, 0);
  if (bytes != 8 || insn->block != 0 || !r->l->LLVMIsAConstantInt(count) || r->l->LLVMConstIntGetZExtValue(count) != 1)
    return refuse(r->f, "a variable in memory");
  ASSERT(r->f->frame_bytes % 8 == 0, "a word is in the native frame at byte %d", r->f->frame_bytes);
  insn->op = QUICK_ALLOCA;
  insn->scale = r->f->frame_bytes;
  r->f->frame_bytes += 8;
  return true;
}

static bool read_part(struct reader *r, struct quick_insn *insn, LLVMValueRef ref) {
  const struct hot_llvm *l = r->l;
  unsigned count = l->LLVMGetNumIndices(ref);
  if (count != 1) return refuse(r->f, "a part of a structure");
  insn->op = l->LLVMGetIndices(ref)[0] ? QUICK_FLAG : QUICK_SAME;
  if (!read_operands(r, insn, ref, 1)) return false;
  const struct quick_operand *of = insn->operands;
  return (of->kind == QUICK_VALUE && r->f->insns[of->index].op == QUICK_OVERFLOW) ||
         refuse(r->f, "a part of a structure");
}

// A double as the first of a pair, as the processor's instructions have it. Nothing else is known of pairs.
static bool read_pair(struct reader *r, struct quick_insn *insn, LLVMValueRef ref) {
  LLVMValueRef of = r->l->LLVMGetOperand(ref, 0), index = r->l->LLVMGetOperand(ref, 2);
  bool is_double;
  (void)width_of(r, r->l->LLVMTypeOf(r->l->LLVMGetOperand(ref, 1)), &is_double);
  bool is_first = r->l->LLVMIsAConstantInt(index) && r->l->LLVMConstIntGetZExtValue(index) == 0;
  if (!is_double || !is_first || !r->l->LLVMIsAUndefValue(of)) return refuse(r->f, "a vector");
  *insn = (struct quick_insn){.op = QUICK_SAME, .width = 64, .is_double = true, .block = insn->block};
  insn->operands = hot_quick_array(r->f, 1, sizeof *insn->operands);
  if (!insn->operands) return false;
  insn->operand_count = 1;
  insn->operands[0] = read_operand(r, r->l->LLVMGetOperand(ref, 1));
  return true;
}

static bool read_insn(struct reader *r, struct quick_insn *insn, LLVMValueRef ref) {
  const struct hot_llvm *l = r->l;
  LLVMOpcode opcode = l->LLVMGetInstructionOpcode(ref);
  bool is_double;
  insn->width = (uint8_t)width_of(r, l->LLVMTypeOf(ref), &is_double);
  insn->is_double = is_double;
  enum quick_op arithmetic = arithmetic_of(opcode);
  if (arithmetic)
    return (insn->width != 0 || refuse(r->f, "wide arithmetic")) && read_arithmetic(r, insn, ref, arithmetic);
  switch (opcode) {
  case LLVMPHI: return (insn->width != 0 || refuse(r->f, "a join of an unknown type")) && read_phi(r, insn, ref);
  case LLVMBr: return read_branch(r, insn, ref);
  case LLVMSwitch: return read_switch(r, insn, ref);
  case LLVMUnreachable: insn->op = QUICK_END; return true;
  case LLVMRet: insn->op = QUICK_END; return insn[-1].op == QUICK_JUMP || refuse(r->f, "a handler that returns");
  case LLVMCall: return read_call(r, insn, ref);
  case LLVMICmp: return read_comparison(r, insn, ref, false);
  case LLVMFCmp: return read_comparison(r, insn, ref, true);
  case LLVMSelect:
    insn->op = QUICK_SELECT;
    return (insn->width != 0 || refuse(r->f, "a choice of an unknown type")) && read_operands(r, insn, ref, 3);
  case LLVMFreeze:
  case LLVMIntToPtr:
  case LLVMPtrToInt:
  case LLVMBitCast:
  case LLVMTrunc:
  case LLVMZExt:
  case LLVMSExt:
  case LLVMSIToFP:
  case LLVMFPToSI: return read_conversion(r, insn, ref, opcode);
  case LLVMGetElementPtr: return read_address(r, insn, ref);
  case LLVMLoad: return read_memory(r, insn, ref, false);
  case LLVMStore: return read_memory(r, insn, ref, true);
  case LLVMAlloca: return read_alloca(r, insn, ref);
  case LLVMExtractValue: return read_part(r, insn, ref);
  case LLVMInsertElement: return read_pair(r, insn, ref);
  default: return refuse(r->f, "an unknown instruction");
  }
}

static bool read_insns(struct reader *r) {
  struct quick_function *f = r->f;
  uint32_t params = r->l->LLVMCountParams(f->ref), number = params;
  for (uint32_t i = 0; i < params; i++) {
    LLVMValueRef param = r->l->LLVMGetParam(f->ref, i);
    f->insns[i] = (struct quick_insn){.op = QUICK_PARAM, .width = 64};
    if (!is_word(r, param)) return refuse(f, "a parameter that is no word");
  }
  for (uint32_t i = 0; i < f->block_count; i++)
    for (LLVMValueRef insn = r->l->LLVMGetFirstInstruction(f->blocks[i].ref); insn;
         insn = r->l->LLVMGetNextInstruction(insn))
      if (!read_insn(r, &f->insns[number++], insn) || f->failure) return false;
  ASSERT(number == f->insn_count, "%u instructions were read of %u", number, f->insn_count);
  for (uint32_t i = 0; i < f->insn_count; i++)
    for (uint32_t k = 0; k < f->insns[i].operand_count; k++)
      if (f->insns[i].operands[k].kind == QUICK_VALUE) {
        ASSERT(f->insns[i].operands[k].index < f->insn_count, "operand %u of instruction %u is value %u of %u", k, i,
               f->insns[i].operands[k].index, f->insn_count);
        f->insns[f->insns[i].operands[k].index].users++;
      }
  return true;
}

bool hot_quick_read(struct quick_function *f, const struct quick_names *names) {
  struct reader r = {.f = f, .l = f->l, .names = names};
  static const char prof[] = "prof";
  r.prof = f->l->LLVMGetMDKindIDInContext(f->l->LLVMGetModuleContext(names->module), prof, sizeof prof - 1);
  bool is_handler = f->l->LLVMGetFunctionCallConv(f->ref) == HOT_PRESERVE_NONE;
  if (!is_handler || f->l->LLVMCountParams(f->ref) != QUICK_PARAMS) return refuse(f, "it is no handler");
  if (!hot_dominators_init(&r.dominators, f->l, f->arena, f->ref)) return f->no_memory = true, false;
  uint32_t count = r.dominators.count, edges = 1;
  r.weights = hot_quick_array(f, count, sizeof *r.weights);
  r.chances_at = hot_quick_array(f, count, sizeof *r.chances_at);
  r.depths = hot_quick_array(f, count, sizeof *r.depths);
  r.orders = hot_quick_array(f, count, sizeof *r.orders);
  r.cold = hot_quick_array(f, count, sizeof *r.cold);
  r.heads = hot_quick_array(f, count, sizeof *r.heads);
  r.marks = hot_quick_array(f, count, sizeof *r.marks);
  for (uint32_t i = 0; i < count; i++) edges += way_count(&r, i);
  r.stack = hot_quick_array(f, edges, sizeof *r.stack);
  r.chances = hot_quick_array(f, edges, sizeof *r.chances);
  if (f->no_memory) return false;
  weigh(&r);
  if (!order_blocks(&r)) return false;
  return number_insns(&r) && read_insns(&r);
}
