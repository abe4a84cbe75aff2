// SPDX-License-Identifier: MIT
//
// hot_inline.c: bodies in the place of their calls.
//
// LLVM's always-inline would do it, but computes for each call how often the blocks of both functions run, and keeps
// that up, though nobody asks: nine tenths of its time. A body is read once, and all its calls are replaced:
//   - a call's block is cut: what comes before the call goes to a new block, and who came to the old one comes to that.
//     So who comes from the call's block, joins included, goes on coming from it;
//   - the body's instructions are copied: those of its first block behind what was cut off, those of the block with its
//     return before the call, others into blocks between. A body of one block needs no cut.
// Immediates are constants: what is computed of them is one at once, and blocks that control doesn't come to then are
// not copied. Otherwise LLVM has to take them away, and makes switches of tests that wouldn't be beside each other.
// A call's body that would write its cache, where only what that holds is expected, gives up instead.
// Bodies stay in their own module, for other units; what they call is declared in the unit's. If that has a body, it is
// inlined in its turn.
#define LOAM_HOT_MODULE
#include "hot/hot_inline.h"

#include "hot/hot_fold.h"
#include "loam/op.h"

#define NOT_OWN UINT32_MAX
#define ATTRIBUTES_MAX 32 // of a function, or of one of its parameters; ten are usual

// A parameter, block or instruction of a body, or a function that it names.
struct own {
  LLVMValueRef value, copy; // copy: what stands for it in the place being filled; a block's is NULL until control comes
  uint32_t first;           // a block's first instruction, an instruction's first operand
  uint32_t only;            // of a block: the one that control goes to from it, where constants decide; or NOT_OWN
  bool is_copied, gives_up; // a block
  const struct hot_cache *cache; // of a parameter: that is what it points to
};

struct body {
  LLVMValueRef function;
  struct own *own;                                 // parameters, then blocks, then instructions, then functions
  uint32_t blocks, instructions, functions, count; // where these begin and end
  uint32_t last;                                   // the block with the return
  uint32_t outcome;                                // what it gives, if that is a join of this block; or NOT_OWN
  // Of each instruction: which of the body's own its operands are; of a join for each way the value, then the block.
  uint32_t *operands;
  uint32_t operand_count;
};

// ---- what a body consists of ---------------------------------------------------------------------------------------

static bool is_block(const struct body *body, uint32_t number) {
  return number >= body->blocks && number < body->instructions;
}

// The instruction behind a block's last one.
static uint32_t end_of(const struct body *body, uint32_t block) {
  return is_block(body, block + 1) ? body->own[block + 1].first : body->functions;
}

// Most operands were made shortly before.
static uint32_t number_of(const struct hot_llvm *l, const struct body *body, LLVMValueRef value) {
  if (l->LLVMIsConstant(value) && !l->LLVMIsAFunction(value)) return NOT_OWN;
  for (uint32_t i = body->count; i-- > 0;)
    if (body->own[i].value == value) return i;
  return NOT_OWN;
}

void hot_inline_copy_attributes(const struct hot_llvm *l, LLVMValueRef to, LLVMValueRef from) {
  LLVMAttributeRef attributes[ATTRIBUTES_MAX];
  for (unsigned i = 0, end = l->LLVMCountParams(from) + 2; i < end; i++) {
    LLVMAttributeIndex at = i + 1 == end ? (LLVMAttributeIndex)LLVMAttributeFunctionIndex : i; // 0 is the result
    unsigned count = l->LLVMGetAttributeCountAtIndex(from, at);
    CHECK(count <= ATTRIBUTES_MAX, "hot.I4: %s, which a body calls, has %u attributes in one place",
          l->LLVMGetValueName2(from, &(size_t){0}), count);
    l->LLVMGetAttributesAtIndex(from, at, attributes);
    for (unsigned a = 0; a < count; a++) l->LLVMAddAttributeAtIndex(to, at, attributes[a]);
  }
}

// A function of the bodies' module as one of the unit's.
static LLVMValueRef declare(const struct hot_build *build, LLVMValueRef function) {
  const struct hot_llvm *l = build->l;
  const char *name = l->LLVMGetValueName2(function, &(size_t){0});
  LLVMValueRef here = l->LLVMGetNamedFunction(build->module, name);
  if (here) return here;
  here = l->LLVMAddFunction(build->module, name, l->LLVMGlobalGetValueType(function));
  hot_inline_copy_attributes(l, here, function);
  return here;
}

static uint32_t ways_or_operands(const struct hot_llvm *l, LLVMValueRef insn) {
  uint32_t count = (uint32_t)l->LLVMGetNumOperands(insn);
  return l->LLVMIsAPHINode(insn) ? 2 * count : count;
}

static void count_body(const struct hot_llvm *l, LLVMValueRef function, uint32_t *values, uint32_t *operands) {
  *values = l->LLVMCountParams(function) + l->LLVMCountBasicBlocks(function);
  *operands = 0;
  for (LLVMBasicBlockRef b = l->LLVMGetFirstBasicBlock(function); b; b = l->LLVMGetNextBasicBlock(b))
    for (LLVMValueRef insn = l->LLVMGetFirstInstruction(b); insn; insn = l->LLVMGetNextInstruction(insn)) {
      *values += 1 + (l->LLVMIsACallInst(insn) != NULL);
      *operands += ways_or_operands(l, insn);
    }
}

static void list_values(const struct hot_llvm *l, struct body *body) {
  uint32_t params = l->LLVMCountParams(body->function), returns = 0;
  for (unsigned i = 0; i < params; i++) body->own[body->count++].value = l->LLVMGetParam(body->function, i);
  body->blocks = body->count;
  for (LLVMBasicBlockRef b = l->LLVMGetFirstBasicBlock(body->function); b; b = l->LLVMGetNextBasicBlock(b)) {
    if (l->LLVMGetInstructionOpcode(l->LLVMGetBasicBlockTerminator(b)) == LLVMRet) {
      body->last = body->count;
      returns++;
    }
    body->own[body->count++].value = l->LLVMBasicBlockAsValue(b);
  }
  body->instructions = body->count;
  for (uint32_t b = body->blocks; b < body->instructions; b++) {
    body->own[b].first = body->count;
    LLVMValueRef insn = l->LLVMGetFirstInstruction(l->LLVMValueAsBasicBlock(body->own[b].value));
    for (; insn; insn = l->LLVMGetNextInstruction(insn)) body->own[body->count++].value = insn;
  }
  body->functions = body->count;
  CHECK(returns == 1, "hot.I4: the body %s has %u returns", l->LLVMGetValueName2(body->function, &(size_t){0}),
        returns);
}

static uint32_t operand_number(const struct hot_build *build, struct body *body, LLVMValueRef value) {
  uint32_t number = number_of(build->l, body, value);
  if (number != NOT_OWN || !build->l->LLVMIsAFunction(value)) return number;
  body->own[body->count] = (struct own){.value = value, .copy = declare(build, value)};
  return body->count++;
}

static void list_operands(const struct hot_build *build, struct body *body) {
  const struct hot_llvm *l = build->l;
  for (uint32_t user = body->instructions; user < body->functions; user++) {
    LLVMValueRef insn = body->own[user].value;
    bool is_join = l->LLVMIsAPHINode(insn);
    body->own[user].first = body->operand_count;
    for (unsigned i = 0, count = (unsigned)l->LLVMGetNumOperands(insn); i < count; i++) {
      body->operands[body->operand_count++] = operand_number(build, body, l->LLVMGetOperand(insn, i));
      if (!is_join) continue;
      LLVMValueRef from = l->LLVMBasicBlockAsValue(l->LLVMGetIncomingBlock(insn, i));
      body->operands[body->operand_count++] = number_of(l, body, from);
    }
  }
}

// Does the block that returns use nothing that was computed before it, but what it joins? Then any block may lead to
// it.
static bool is_end_open(const struct hot_llvm *l, const struct body *body) {
  uint32_t first = body->own[body->last].first, end = end_of(body, body->last);
  for (uint32_t i = first; i < end; i++) {
    LLVMValueRef insn = body->own[i].value;
    for (unsigned k = 0; !l->LLVMIsAPHINode(insn) && k < (unsigned)l->LLVMGetNumOperands(insn); k++) {
      uint32_t number = body->operands[body->own[i].first + k];
      bool is_computed = number >= body->instructions && number < body->functions;
      if (is_computed && (number < first || number >= end)) return false;
    }
  }
  return true;
}

// The number of the join that is what the body returns, in the block that does; NOT_OWN: it returns something
// else, or doesn't end so that it may give up.
static uint32_t outcome_of(const struct hot_llvm *l, const struct body *body) {
  LLVMValueRef ret = l->LLVMGetBasicBlockTerminator(l->LLVMValueAsBasicBlock(body->own[body->last].value));
  if (!l->LLVMGetNumOperands(ret) || body->last == body->blocks || !is_end_open(l, body)) return NOT_OWN;
  uint32_t number = number_of(l, body, l->LLVMGetOperand(ret, 0));
  if (number == NOT_OWN || !l->LLVMIsAPHINode(body->own[number].value)) return NOT_OWN;
  LLVMBasicBlockRef block = l->LLVMGetInstructionParent(body->own[number].value);
  return l->LLVMBasicBlockAsValue(block) == body->own[body->last].value ? number : NOT_OWN;
}

static bool read_body(struct hot_build *build, struct body *body, LLVMValueRef function) {
  uint32_t values, operands;
  *body = (struct body){.function = function};
  count_body(build->l, function, &values, &operands);
  body->own = arena_alloc(&build->plan->memory, values * sizeof *body->own);
  body->operands = arena_alloc(&build->plan->memory, (operands + 1) * sizeof *body->operands);
  if (!body->own || !body->operands) return false;
  list_values(build->l, body);
  list_operands(build, body);
  body->outcome = outcome_of(build->l, body);
  ASSERT(body->count <= values && body->operand_count == operands, "a body has %u values with %u operands, not %u, %u",
         body->count, body->operand_count, values, operands);
  return true;
}

// ---- in the place of a call ----------------------------------------------------------------------------------------

// A place where a body comes to be.
struct place {
  const struct hot_build *build;
  const struct hot_llvm *l;
  struct body *body;
  LLVMValueRef call;
};

static LLVMBasicBlockRef make_block(const struct place *place) {
  LLVMBasicBlockRef here = place->l->LLVMGetInstructionParent(place->call);
  return place->l->LLVMInsertBasicBlockInContext(place->build->compiler->context, here, "");
}

// Joins name a block without being its users: those of the call's block go on coming from it.
static LLVMBasicBlockRef cut(const struct place *place) {
  const struct hot_llvm *l = place->l;
  LLVMBasicBlockRef block = l->LLVMGetInstructionParent(place->call), before = make_block(place);
  LLVMValueRef old = l->LLVMBasicBlockAsValue(block), new = l->LLVMBasicBlockAsValue(before);
  for (LLVMUseRef use; (use = l->LLVMGetFirstUse(old));) {
    LLVMValueRef user = l->LLVMGetUser(use);
    for (int i = 0; i < l->LLVMGetNumOperands(user); i++)
      if (l->LLVMGetOperand(user, (unsigned)i) == old) l->LLVMSetOperand(user, (unsigned)i, new);
  }
  l->LLVMPositionBuilderAtEnd(place->build->builder, before);
  for (LLVMValueRef insn; (insn = l->LLVMGetFirstInstruction(block)) != place->call;) {
    l->LLVMInstructionRemoveFromParent(insn);
    l->LLVMInsertIntoBuilder(place->build->builder, insn);
  }
  return before;
}

static const struct hot_cache *find_cache(const struct place *place, LLVMValueRef variable) {
  if (!place->build->caches || place->body->outcome == NOT_OWN) return NULL;
  if (!place->l->LLVMIsAInstruction(variable)) return NULL;
  const struct hot_cache *cache = place->build->caches;
  while (cache && cache->variable != variable) cache = cache->next;
  return cache;
}

static void begin(const struct place *place) {
  const struct hot_llvm *l = place->l;
  struct body *body = place->body;
  for (uint32_t i = 0; i < body->blocks; i++) {
    body->own[i].copy = l->LLVMGetOperand(place->call, i);
    body->own[i].cache = find_cache(place, body->own[i].copy);
  }
  for (uint32_t b = body->blocks; b < body->functions; b++) {
    body->own[b].copy = NULL;
    body->own[b].is_copied = body->own[b].gives_up = false;
  }
  if (body->last != body->blocks) body->own[body->blocks].copy = l->LLVMBasicBlockAsValue(cut(place));
}

// Control comes to a block.
static LLVMBasicBlockRef reach(const struct place *place, uint32_t block) {
  const struct hot_llvm *l = place->l;
  ASSERT(is_block(place->body, block), "hot.I4: control comes to %u of a body, which is no block", block);
  struct own *own = &place->body->own[block];
  if (!own->copy)
    own->copy = l->LLVMBasicBlockAsValue(block == place->body->last ? l->LLVMGetInstructionParent(place->call)
                                                                    : make_block(place));
  return l->LLVMValueAsBasicBlock(own->copy);
}

// Behind what is in the copy of a block.
static void go_to(const struct place *place, uint32_t block) {
  if (block == place->body->last)
    place->l->LLVMPositionBuilderBefore(place->build->builder, place->call);
  else
    place->l->LLVMPositionBuilderAtEnd(place->build->builder, reach(place, block));
}

// Variables are the function's: the call may be in a loop.
static void go_to_setup(const struct place *place) {
  const struct hot_llvm *l = place->l;
  LLVMValueRef function = l->LLVMGetBasicBlockParent(l->LLVMGetInstructionParent(place->call));
  LLVMBasicBlockRef setup = l->LLVMGetEntryBasicBlock(function);
  l->LLVMPositionBuilderBefore(place->build->builder, l->LLVMGetFirstInstruction(setup));
}

static LLVMValueRef operand(const struct place *place, const struct own *insn, unsigned index) {
  uint32_t number = place->body->operands[insn->first + index];
  ASSERT(number == NOT_OWN || place->body->own[number].copy, "hot.I4: a body uses %u before it was copied", number);
  return number == NOT_OWN ? place->l->LLVMGetOperand(insn->value, index) : place->body->own[number].copy;
}

// The cache that an instruction loads or stores, the operand at `index` being its address; NULL: none of those known.
static const struct hot_cache *cache_at(const struct place *place, const struct own *insn, unsigned index) {
  uint32_t number = place->body->operands[insn->first + index];
  return number < place->body->blocks ? place->body->own[number].cache : NULL;
}

// What is computed of constants, or chosen between two; NULL: it isn't known.
static LLVMValueRef fold(const struct place *place, const struct own *insn, LLVMOpcode opcode) {
  if (!hot_fold_knows(opcode)) return NULL;
  LLVMValueRef operands[3];
  unsigned count = (unsigned)place->l->LLVMGetNumOperands(insn->value);
  ASSERT(count <= COUNT_OF(operands), "hot.I4: what is computed has %u operands", count);
  for (unsigned i = 0; i < count; i++) operands[i] = operand(place, insn, i);
  bool is_last = place->l->LLVMGetInsertBlock(place->build->builder) == place->l->LLVMGetInstructionParent(place->call);
  return hot_fold(place->build, insn->value, opcode, operands, is_last ? place->call : NULL);
}

// The block that control always goes to from the end of one; NOT_OWN: that isn't known.
static uint32_t only_way(const struct place *place, const struct own *end, LLVMOpcode opcode) {
  const struct hot_llvm *l = place->l;
  const uint32_t *operands = &place->body->operands[end->first];
  unsigned count = (unsigned)l->LLVMGetNumOperands(end->value);
  if (opcode == LLVMBr && count == 1) return operands[0];
  if (opcode != LLVMBr && opcode != LLVMSwitch) return NOT_OWN;
  LLVMValueRef condition = operand(place, end, 0);
  if (!l->LLVMIsAConstantInt(condition)) return NOT_OWN;
  if (opcode == LLVMBr) return operands[l->LLVMConstIntGetZExtValue(condition) ? 2 : 1]; // as LLVM keeps them
  for (unsigned i = 2; i < count; i += 2)
    if (l->LLVMGetOperand(end->value, i) == condition) return operands[i + 1]; // constants are unique
  return operands[1];
}

// A join gets its ways later.
static LLVMValueRef copy(const struct place *place, const struct own *insn, LLVMOpcode opcode) {
  const struct hot_llvm *l = place->l;
  const struct body *body = place->body;
  if (opcode == LLVMPHI) return l->LLVMBuildPhi(place->build->builder, l->LLVMTypeOf(insn->value), "");
  LLVMValueRef copied = fold(place, insn, opcode);
  if (copied) return copied;
  const struct hot_cache *cache = opcode == LLVMLoad ? cache_at(place, insn, 0) : NULL;
  if (cache && l->LLVMTypeOf(insn->value) == place->build->i64) return hot_ir_i64(place->build, cache->holds);
  copied = l->LLVMInstructionClone(insn->value);
  for (unsigned i = 0, count = (unsigned)l->LLVMGetNumOperands(insn->value); i < count; i++) {
    uint32_t number = body->operands[insn->first + i];
    if (is_block(body, number)) reach(place, number);
    if (number != NOT_OWN) l->LLVMSetOperand(copied, i, body->own[number].copy);
  }
  if (opcode == LLVMCall) l->LLVMSetTailCall(copied, 0); // it was sure not to see the body's variables; here are others
  l->LLVMInsertIntoBuilder(place->build->builder, copied);
  return copied;
}

// The body would note what was called in place of what is expected: its outcome is OP_SLOW.
static void give_up(const struct place *place, uint32_t block) {
  struct own *own = &place->body->own[block];
  ASSERT(block != place->body->last, "hot.I4: the end of the body %u is where it gives up", block);
  own->gives_up = true;
  own->only = place->body->last;
  place->l->LLVMBuildBr(place->build->builder, reach(place, own->only));
}

static void copy_block(const struct place *place, uint32_t block) {
  const struct hot_llvm *l = place->l;
  struct body *body = place->body;
  uint32_t end = end_of(body, block);
  body->own[block].is_copied = true;
  body->own[block].only = NOT_OWN;
  go_to(place, block);
  for (uint32_t i = body->own[block].first; i < end; i++) {
    struct own *insn = &body->own[i];
    LLVMOpcode opcode = l->LLVMGetInstructionOpcode(insn->value);
    if (opcode == LLVMRet) return;
    if (opcode == LLVMStore && cache_at(place, insn, 1)) {
      give_up(place, block);
      return;
    }
    if (i + 1 == end) body->own[block].only = only_way(place, insn, opcode);
    if (body->own[block].only != NOT_OWN) {
      l->LLVMBuildBr(place->build->builder, reach(place, body->own[block].only));
      return;
    }
    if (opcode == LLVMAlloca) go_to_setup(place);
    insn->copy = copy(place, insn, opcode);
    if (opcode == LLVMAlloca) go_to(place, block);
  }
}

// What comes before a block on every way to it is copied before it, and with that its operands.
static void copy_blocks(const struct place *place) {
  struct body *body = place->body;
  reach(place, body->blocks);
  for (bool again = true; again;) {
    again = false;
    for (uint32_t b = body->blocks; b < body->instructions; b++) {
      if (!body->own[b].copy || body->own[b].is_copied) continue;
      copy_block(place, b);
      again = true;
    }
  }
}

// Does control come to a join by this way? A switch may come by several; when it always does, by one.
static bool is_open(const struct body *body, uint32_t block, const uint32_t *ways, unsigned index) {
  const struct own *from = &body->own[ways[2 * index + 1]];
  if (!from->is_copied || from->gives_up || (from->only != NOT_OWN && from->only != block)) return false;
  for (unsigned i = 0; i < index && from->only == block; i++)
    if (ways[2 * i + 1] == ways[2 * index + 1]) return false;
  return true;
}

static void fill_joins(const struct place *place, uint32_t block) {
  const struct hot_llvm *l = place->l;
  const struct body *body = place->body;
  for (uint32_t i = body->own[block].first; l->LLVMIsAPHINode(body->own[i].value); i++) {
    LLVMValueRef join = body->own[i].value;
    const uint32_t *ways = &body->operands[body->own[i].first];
    for (unsigned w = 0; w < l->LLVMCountIncoming(join); w++) {
      if (!is_open(body, block, ways, w)) continue;
      LLVMValueRef value = ways[2 * w] == NOT_OWN ? l->LLVMGetIncomingValue(join, w) : body->own[ways[2 * w]].copy;
      LLVMBasicBlockRef from = l->LLVMValueAsBasicBlock(body->own[ways[2 * w + 1]].copy);
      l->LLVMAddIncoming(body->own[i].copy, &value, &from, 1);
    }
    for (uint32_t b = body->blocks; block == body->last && b < body->instructions; b++) {
      if (!body->own[b].gives_up) continue;
      LLVMBasicBlockRef from = l->LLVMValueAsBasicBlock(body->own[b].copy);
      LLVMValueRef slow = hot_ir_i32(place->build, OP_SLOW), any = l->LLVMGetPoison(l->LLVMTypeOf(join));
      l->LLVMAddIncoming(body->own[i].copy, i == body->outcome ? &slow : &any, &from, 1);
    }
  }
}

static void replace_call(const struct place *place) {
  const struct hot_llvm *l = place->l;
  const struct own *end = &place->body->own[place->body->last];
  LLVMValueRef ret = l->LLVMGetBasicBlockTerminator(l->LLVMValueAsBasicBlock(end->value));
  if (l->LLVMGetNumOperands(ret)) {
    uint32_t number = number_of(l, place->body, ret);
    ASSERT(number >= place->body->instructions && number < place->body->functions,
           "hot.I4: the end of a body is its value %u", number);
    l->LLVMReplaceAllUsesWith(place->call, operand(place, &place->body->own[number], 0));
  }
  l->LLVMInstructionEraseFromParent(place->call);
}

static void inline_call(const struct hot_build *build, struct body *body, LLVMValueRef call) {
  struct place place = {.build = build, .l = build->l, .body = body, .call = call};
  ASSERT(build->l->LLVMIsACallInst(call), "a body is used, not called");
  ASSERT((uint32_t)build->l->LLVMGetNumOperands(call) == body->blocks + 1,
         "hot.I4: a body of %u parameters is called with %d operands", body->blocks,
         build->l->LLVMGetNumOperands(call));
  begin(&place);
  copy_blocks(&place);
  CHECK(body->own[body->last].is_copied, "hot.I4: the body %s doesn't return",
        build->l->LLVMGetValueName2(body->function, &(size_t){0}));
  for (uint32_t b = body->blocks; b < body->instructions; b++)
    if (body->own[b].is_copied) fill_joins(&place, b);
  replace_call(&place);
}

// The body of a function that the unit calls; NULL: it is none of the guest's bitcode.
static LLVMValueRef body_of(const struct hot_build *build, LLVMValueRef called) {
  const struct hot_llvm *l = build->l;
  if (!l->LLVMIsDeclaration(called)) return NULL;
  const char *name = l->LLVMGetValueName2(called, &(size_t){0});
  LLVMValueRef function = l->LLVMGetNamedFunction(build->compiler->bodies, name);
  return function && !l->LLVMIsDeclaration(function) ? function : NULL;
}

bool hot_inline_run(struct hot_build *build, enum hot_bodies which) {
  const struct hot_llvm *l = build->l;
  for (LLVMValueRef f = l->LLVMGetFirstFunction(build->module), next; f; f = next) {
    LLVMValueRef function = body_of(build, f);
    struct body body;
    if (function && which == HOT_BODIES_SIMPLE && l->LLVMCountBasicBlocks(function) > 1) function = NULL;
    if (function && !read_body(build, &body, function)) return false;
    for (LLVMUseRef use; function && (use = l->LLVMGetFirstUse(f));) inline_call(build, &body, l->LLVMGetUser(use));
    next = l->LLVMGetNextFunction(f); // perhaps one that this body calls
    if (function) l->LLVMDeleteFunction(f);
  }
  return true;
}
