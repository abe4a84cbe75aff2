// SPDX-License-Identifier: MIT
//
// hot_box.c: boxes that are not made.
//
// A body makes an object with three markers: `box` names its word (`new` its size), `fits` tests the mutator's buffer,
// `made` is the object (BOX and NEW in loam/op.h). A box's kind is its header and the type before its word, both
// constants. Once bodies are inlined and slots are values, the word of an `unbox` is found through `made` and through
// joins of which all sides are boxes of one kind. If a box's word is all that is used, there is no box. What code that
// leaves stores of it is the word, and a note for hot_leave, which makes the box where a collection may happen. A join
// whose object is used may make one of its word (hot_box_site.c), so that a loop goes round with the word and what
// follows it makes the box.
//
// Words used here: a *node* is a `made` or a join (phi) of i64; it *holds a word* when its word is known; it is
// *wanted* when something uses the object itself: a store into the heap, a call, a return. *Exit code* stands behind
// the marker `leaving` in its block, or in the block where leaving places meet, which ends in the jump to hot_leave.
// Where a `made` is wanted, it is made where the bytecode makes it, behind its own test for room.
//
// Rejected: leaving it to LLVM, which forwards the word but has to keep the allocation, because frames and the
// mutator's cursor are memory like any other.
#define LOAM_HOT_MODULE
#include "hot/hot_box.h"

#include "hot/hot_box_int.h"

#include "loam/op.h"
#include "thread/thread.h"

#include <string.h>

static struct hot_box_node **bucket_of(struct hot_boxes *boxes, const void *value) {
  return &boxes->buckets[((uintptr_t)value >> 4) % HOT_BOX_BUCKETS];
}

struct hot_box_node *hot_box_node_of(struct hot_boxes *boxes, const void *value) {
  for (struct hot_box_node *node = *bucket_of(boxes, value); node; node = node->chain)
    if ((const void *)node->value == value) return node;
  return NULL;
}

static struct hot_box_node *add_node(struct hot_boxes *boxes, void *value, int kind) {
  struct hot_box_node *node = arena_alloc(&boxes->build->plan->memory, sizeof *node),
                      **bucket = bucket_of(boxes, value);
  ASSERT(!hot_box_node_of(boxes, value), "value %p has two nodes, the second of kind %d", value, kind);
  if (!node) {
    boxes->build->plan->failed = true;
    return NULL;
  }
  *node = (struct hot_box_node){
      .next = boxes->nodes, .chain = *bucket, .value = value, .kind = kind, .number = boxes->node_count++};
  return *bucket = boxes->nodes = node;
}

static bool is_node(const struct hot_box_node *node) {
  return node && (node->kind == HOT_BOX_MADE || node->kind == HOT_BOX_JOIN);
}

bool hot_box_calls(const struct hot_boxes *boxes, LLVMValueRef value, LLVMValueRef function) {
  return function && boxes->l->LLVMIsACallInst(value) && boxes->l->LLVMGetCalledValue(value) == function;
}

// ---- what there is -------------------------------------------------------------------------------------------------

static bool is_join(const struct hot_boxes *boxes, LLVMValueRef insn) {
  return boxes->l->LLVMIsAPHINode(insn) && boxes->l->LLVMTypeOf(insn) == boxes->build->i64;
}

// Does exit code begin with the block's first instruction that is no join? `has`: it has some.
static bool is_exit_block(const struct hot_boxes *boxes, LLVMBasicBlockRef block, bool *has) {
  const struct hot_llvm *l = boxes->l;
  LLVMValueRef first = hot_ir_first_behind_joins(boxes->l, block);
  *has = false;
  bool leaves = false;
  for (LLVMValueRef insn = first; insn; insn = l->LLVMGetNextInstruction(insn)) {
    *has |= hot_box_calls(boxes, insn, boxes->leaving);
    leaves |= hot_box_calls(boxes, insn, boxes->leave);
  }
  if (*has) return hot_box_calls(boxes, first, boxes->leaving);
  *has = leaves;
  return leaves;
}

// See `room`.
static LLVMBasicBlockRef block_with_room(const struct hot_boxes *boxes, LLVMValueRef box) {
  const struct hot_llvm *l = boxes->l;
  LLVMUseRef use = l->LLVMGetFirstUse(box);
  while (use && !hot_box_calls(boxes, l->LLVMGetUser(use), boxes->fits)) use = l->LLVMGetNextUse(use);
  LLVMUseRef test = use ? l->LLVMGetFirstUse(l->LLVMGetUser(use)) : NULL;
  if (!test || l->LLVMGetInstructionOpcode(l->LLVMGetUser(test)) != LLVMBr) return NULL;
  LLVMBasicBlockRef block = l->LLVMGetSuccessor(l->LLVMGetUser(test), 0);
  return hot_ir_only_way(l, block) ? block : NULL;
}

static void collect_made(struct hot_boxes *boxes, LLVMValueRef made) {
  LLVMValueRef box = boxes->l->LLVMGetOperand(made, 0);
  bool is_box = hot_box_calls(boxes, box, boxes->box);
  struct hot_box_node *node = add_node(boxes, made, is_box ? HOT_BOX_MADE : HOT_BOX_OBJECT);
  boxes->strange |= !is_box && !hot_box_calls(boxes, box, boxes->new);
  if (!node || boxes->strange) return;
  node->room = block_with_room(boxes, box);
  if (!is_box) return;
  node->header = boxes->l->LLVMGetOperand(box, BOX_HEADER);
  node->type = boxes->l->LLVMGetOperand(box, BOX_TYPE);
  boxes->strange |= !boxes->l->LLVMIsConstant(node->header) || !boxes->l->LLVMIsConstant(node->type);
}

// LLVM makes one instruction of two that are alike, and a join of what they differ in. Here that could be names of
// objects, which are none: markers ask it not to (op.h), but it may leave a join that nothing uses.
static bool is_named_as_it_should(const struct hot_boxes *boxes, LLVMValueRef box) {
  const struct hot_llvm *l = boxes->l;
  for (LLVMUseRef use = l->LLVMGetFirstUse(box); use; use = l->LLVMGetNextUse(use)) {
    LLVMValueRef user = l->LLVMGetUser(use);
    bool is_marker = hot_box_calls(boxes, user, boxes->fits) || hot_box_calls(boxes, user, boxes->made);
    if (!is_marker && (!is_join(boxes, user) || l->LLVMGetFirstUse(user))) return false;
  }
  return true;
}

static void collect_block(struct hot_boxes *boxes, LLVMBasicBlockRef block) {
  const struct hot_llvm *l = boxes->l;
  bool has, behind = is_exit_block(boxes, block, &has);
  // Where leaving places meet: each of them can note what it brings. What comes to a place before it leaves is joined
  // as anywhere else.
  bool meets = behind && !hot_box_calls(boxes, hot_ir_first_behind_joins(boxes->l, block), boxes->leaving);
  add_node(boxes, block, has ? HOT_BOX_EXIT_BLOCK : HOT_BOX_BLOCK);
  for (LLVMValueRef insn = l->LLVMGetFirstInstruction(block); insn; insn = l->LLVMGetNextInstruction(insn)) {
    if (is_join(boxes, insn))
      add_node(boxes, insn, meets ? HOT_BOX_EXIT_JOIN : HOT_BOX_JOIN);
    else if (hot_box_calls(boxes, insn, boxes->made))
      collect_made(boxes, insn);
    else if (behind)
      add_node(boxes, insn, HOT_BOX_EXIT_CODE);
    if (hot_box_calls(boxes, insn, boxes->box) || hot_box_calls(boxes, insn, boxes->new))
      boxes->strange |= !is_named_as_it_should(boxes, insn);
    behind |= hot_box_calls(boxes, insn, boxes->leaving);
  }
}

void hot_box_collect(struct hot_boxes *boxes, LLVMValueRef function) {
  const struct hot_llvm *l = boxes->l;
  boxes->nodes = NULL;
  memset(boxes->buckets, 0, sizeof boxes->buckets);
  for (LLVMBasicBlockRef block = l->LLVMGetFirstBasicBlock(function); block; block = l->LLVMGetNextBasicBlock(block))
    collect_block(boxes, block);
}

// ---- which of it holds a word --------------------------------------------------------------------------------------

// Finds the join's kind on the way.
static bool may_hold(struct hot_boxes *boxes, struct hot_box_node *join, bool *changed) {
  const struct hot_llvm *l = boxes->l;
  for (unsigned i = 0; i < l->LLVMCountIncoming(join->value); i++) {
    LLVMValueRef value = l->LLVMGetIncomingValue(join->value, i);
    const struct hot_box_node *from = hot_box_node_of(boxes, value);
    if (l->LLVMIsAUndefValue(value)) continue;
    if (!is_node(from) || !from->holds) return false;
    if (join->header && from->header && (join->header != from->header || join->type != from->type)) return false;
    if (join->header || !from->header) continue;
    join->header = from->header;
    join->type = from->type;
    *changed = true;
  }
  return true;
}

static void drop_holders(struct hot_boxes *boxes) {
  for (bool changed = true; changed;) {
    changed = false;
    for (struct hot_box_node *node = boxes->nodes; node; node = node->next) {
      if (node->kind != HOT_BOX_JOIN || !node->holds || may_hold(boxes, node, &changed)) continue;
      node->holds = false;
      changed = true;
    }
  }
}

// The largest set of joins of which all sides hold words for boxes of one kind. `keeps`: every object is wanted.
static void find_holders(struct hot_boxes *boxes, bool keeps) {
  for (struct hot_box_node *node = boxes->nodes; node; node = node->next) {
    node->holds = is_node(node);
    node->wanted = node->holds && keeps;
  }
  drop_holders(boxes);
  for (struct hot_box_node *node = boxes->nodes; node; node = node->next)
    node->holds &= node->header != NULL; // of nothing
  drop_holders(boxes);
}

// ---- whose object is wanted ----------------------------------------------------------------------------------------

bool hot_box_is_publishing(struct hot_boxes *boxes, LLVMValueRef user, LLVMValueRef value) {
  const struct hot_llvm *l = boxes->l;
  const struct hot_box_node *node = hot_box_node_of(boxes, user);
  if (!node || node->kind != HOT_BOX_EXIT_CODE) return false;
  if (l->LLVMGetInstructionOpcode(user) == LLVMStore)
    return l->LLVMGetOperand(user, 0) == value && l->LLVMGetOperand(user, 1) != value;
  return hot_box_calls(boxes, user, boxes->leave) && l->LLVMGetOperand(user, HOT_TOS_REGISTER) == value;
}

bool hot_box_is_published_only(struct hot_boxes *boxes, LLVMValueRef join) {
  const struct hot_llvm *l = boxes->l;
  for (LLVMUseRef use = l->LLVMGetFirstUse(join); use; use = l->LLVMGetNextUse(use)) {
    LLVMValueRef user = l->LLVMGetUser(use);
    const struct hot_box_node *node = hot_box_node_of(boxes, user);
    if (node && node->kind == HOT_BOX_EXIT_JOIN ? !hot_box_is_published_only(boxes, user)
                                                : !hot_box_is_publishing(boxes, user, join))
      return false;
  }
  return true;
}

// All that brings the value into a join of exit code leaves already: a note can be made there.
static bool joins_leaving(struct hot_boxes *boxes, LLVMValueRef join, LLVMValueRef value) {
  const struct hot_llvm *l = boxes->l;
  for (unsigned i = 0; i < l->LLVMCountIncoming(join); i++) {
    const struct hot_box_node *from = hot_box_node_of(boxes, l->LLVMGetIncomingBlock(join, i));
    ASSERT(from, "side %u of a join comes from a block without a node", i);
    if (l->LLVMGetIncomingValue(join, i) == value && from->kind != HOT_BOX_EXIT_BLOCK) return false;
  }
  return hot_box_is_published_only(boxes, join);
}

static bool wants(struct hot_boxes *boxes, LLVMValueRef user, LLVMValueRef value) {
  const struct hot_box_node *node = hot_box_node_of(boxes, user);
  if (hot_box_calls(boxes, user, boxes->unbox) || hot_box_calls(boxes, user, boxes->is_box)) return false;
  if (node && node->kind == HOT_BOX_JOIN) return !node->holds || (node->wanted && !node->site);
  if (node && node->kind == HOT_BOX_EXIT_JOIN) return !joins_leaving(boxes, user, value);
  return !hot_box_is_publishing(boxes, user, value);
}

static bool is_wanted(struct hot_boxes *boxes, LLVMValueRef value) {
  const struct hot_llvm *l = boxes->l;
  for (LLVMUseRef use = l->LLVMGetFirstUse(value); use; use = l->LLVMGetNextUse(use))
    if (wants(boxes, l->LLVMGetUser(use), value)) return true;
  return false;
}

static bool has_object(struct hot_boxes *boxes, struct hot_box_node *join) {
  const struct hot_llvm *l = boxes->l;
  join->seen = boxes->search;
  for (unsigned i = 0; i < l->LLVMCountIncoming(join->value); i++) {
    struct hot_box_node *from = hot_box_node_of(boxes, l->LLVMGetIncomingValue(join->value, i));
    if (!from || from->seen == boxes->search) continue;
    if (from->wanted || (from->kind == HOT_BOX_JOIN && has_object(boxes, from))) return true;
  }
  return false;
}

// Would code that leaves with the join make a second object of a box that may have one?
static bool is_torn(struct hot_boxes *boxes, struct hot_box_node *join) {
  const struct hot_llvm *l = boxes->l;
  if (join->kind != HOT_BOX_JOIN) return false;
  bool leaves = false;
  for (LLVMUseRef use = l->LLVMGetFirstUse(join->value); use; use = l->LLVMGetNextUse(use)) {
    const struct hot_box_node *at = hot_box_node_of(boxes, l->LLVMGetUser(use));
    leaves |= at && (at->kind == HOT_BOX_EXIT_CODE || at->kind == HOT_BOX_EXIT_JOIN);
  }
  boxes->search++;
  return leaves && has_object(boxes, join);
}

static bool all_sides_made(struct hot_boxes *boxes, const struct hot_box_node *join) {
  const struct hot_llvm *l = boxes->l;
  for (unsigned i = 0; i < l->LLVMCountIncoming(join->value); i++) {
    const struct hot_box_node *from = hot_box_node_of(boxes, l->LLVMGetIncomingValue(join->value, i));
    if (from && !from->wanted) return false;
  }
  return true;
}

// A join of objects that are all made is one of them: code that leaves need not make another, nor programs see two.
static void pass_on_objects(struct hot_boxes *boxes) {
  for (struct hot_box_node *node = boxes->nodes; node; node = node->next)
    if (node->kind == HOT_BOX_JOIN && node->holds && !node->wanted) node->wanted = node->passes = true;
  for (bool changed = true; changed;) {
    changed = false;
    for (struct hot_box_node *node = boxes->nodes; node; node = node->next) {
      if (!node->passes || all_sides_made(boxes, node)) continue;
      node->wanted = node->passes = false;
      changed = true;
    }
  }
}

static void find_wanted(struct hot_boxes *boxes) {
  do {
    for (bool changed = true; changed;) {
      changed = false;
      for (struct hot_box_node *node = boxes->nodes; node; node = node->next) {
        if (!is_node(node) || !node->holds || node->wanted) continue;
        bool used = is_wanted(boxes, node->value);
        if (!used && !is_torn(boxes, node)) continue;
        node->site = used && hot_box_may_be_site(boxes, node);
        node->wanted = changed = true;
      }
    }
  } while (hot_box_drop_sites(boxes));
  pass_on_objects(boxes);
  hot_box_settle_sites(boxes);
}

// ---- words in place of objects -------------------------------------------------------------------------------------

static LLVMValueRef box_of(const struct hot_boxes *boxes, LLVMValueRef made) {
  return boxes->l->LLVMGetOperand(made, 0);
}

// It may be an `unbox` that is replaced later.
static LLVMValueRef word_of(const struct hot_boxes *boxes, const struct hot_box_node *node) {
  ASSERT(node->holds && (node->kind != HOT_BOX_JOIN || node->word), "the word of node %u of kind %d is asked for",
         node->number, node->kind);
  return node->kind == HOT_BOX_JOIN ? node->word : boxes->l->LLVMGetOperand(box_of(boxes, node->value), BOX_WORD);
}

static void make_words(struct hot_boxes *boxes) {
  const struct hot_llvm *l = boxes->l;
  LLVMBuilderRef builder = boxes->build->builder;
  for (struct hot_box_node *node = boxes->nodes; node; node = node->next) {
    if (node->kind != HOT_BOX_JOIN || !node->holds) continue;
    ASSERT(node->header && node->type, "join %u holds the word of a box of no kind", node->number);
    l->LLVMPositionBuilderBefore(builder, node->value);
    node->word = l->LLVMBuildPhi(builder, boxes->build->i64, "");
  }
  for (struct hot_box_node *node = boxes->nodes; node; node = node->next) {
    if (node->kind != HOT_BOX_JOIN || !node->holds) continue;
    for (unsigned i = 0; i < l->LLVMCountIncoming(node->value); i++) {
      const struct hot_box_node *from = hot_box_node_of(boxes, l->LLVMGetIncomingValue(node->value, i));
      LLVMValueRef word = from ? word_of(boxes, from) : l->LLVMGetPoison(boxes->build->i64);
      LLVMBasicBlockRef block = l->LLVMGetIncomingBlock(node->value, i);
      l->LLVMAddIncoming(node->word, &word, &block, 1);
    }
  }
}

// What the object of a node is: a join of which all sides are one node, as stands behind a loop, is that.
static const struct hot_box_node *object_of(struct hot_boxes *boxes, const struct hot_box_node *node) {
  const struct hot_llvm *l = boxes->l;
  while (node->kind == HOT_BOX_JOIN) {
    LLVMValueRef first = l->LLVMGetIncomingValue(node->value, 0);
    for (unsigned i = 1; i < l->LLVMCountIncoming(node->value); i++)
      if (l->LLVMGetIncomingValue(node->value, i) != first) return node;
    if (!is_node(hot_box_node_of(boxes, first))) return node;
    node = hot_box_node_of(boxes, first);
  }
  return node;
}

// A call of hot_note_unboxed with an address: of a word that a store in exit code has, or NULL.
static void note(struct hot_boxes *boxes, const struct hot_box_node *node, LLVMValueRef before, LLVMValueRef address) {
  ASSERT(node->holds && !node->wanted, "node %u is noted, whose box is made", node->number);
  const struct hot_llvm *l = boxes->l;
  struct hot_build *build = boxes->build;
  l->LLVMPositionBuilderBefore(build->builder, before);
  LLVMValueRef word = l->LLVMConstNull(build->ptr);
  if (address && l->LLVMGetInstructionParent(before) && l->LLVMIsAInstruction(address)) {
    word = l->LLVMInstructionClone(address);
    l->LLVMInsertIntoBuilder(build->builder, word);
  } else if (address) {
    word = address;
  }
  LLVMBasicBlockRef entry = l->LLVMGetEntryBasicBlock(l->LLVMGetBasicBlockParent(l->LLVMGetInstructionParent(before)));
  LLVMValueRef args[] = {l->LLVMGetParam(l->LLVMGetBasicBlockParent(entry), HOT_TH_REGISTER), word, node->header,
                         node->type, hot_ir_i64(build, object_of(boxes, node)->number)};
  LLVMTypeRef types[] = {build->ptr, build->ptr, build->i64, build->i64, build->i64};
  LLVMTypeRef type = l->LLVMFunctionType(l->LLVMVoidTypeInContext(build->compiler->context), types, COUNT_OF(types), 0);
  l->LLVMBuildCall2(build->builder, type, hot_ir_extern(build, "hot_note_unboxed", type), args, COUNT_OF(args), "");
}

// Notes, before an instruction, every place where a join of exit code is published.
static void note_all(struct hot_boxes *boxes, const struct hot_box_node *node, LLVMValueRef before, LLVMValueRef join) {
  const struct hot_llvm *l = boxes->l;
  for (LLVMUseRef use = l->LLVMGetFirstUse(join); use; use = l->LLVMGetNextUse(use)) {
    LLVMValueRef user = l->LLVMGetUser(use);
    if (l->LLVMIsAPHINode(user))
      note_all(boxes, node, before, user);
    else
      note(boxes, node, before, l->LLVMGetInstructionOpcode(user) == LLVMStore ? l->LLVMGetOperand(user, 1) : NULL);
  }
}

static void publish_into_join(struct hot_boxes *boxes, const struct hot_box_node *node, LLVMValueRef join) {
  const struct hot_llvm *l = boxes->l;
  for (unsigned i = 0; i < l->LLVMCountIncoming(join); i++) {
    if (l->LLVMGetIncomingValue(join, i) != node->value) continue;
    note_all(boxes, node, l->LLVMGetBasicBlockTerminator(l->LLVMGetIncomingBlock(join, i)), join);
    l->LLVMSetOperand(join, i, word_of(boxes, node));
  }
}

static void publish_word(struct hot_boxes *boxes, const struct hot_box_node *node) {
  const struct hot_llvm *l = boxes->l;
  for (LLVMUseRef use = l->LLVMGetFirstUse(node->value), next; use; use = next) {
    next = l->LLVMGetNextUse(use);
    LLVMValueRef user = l->LLVMGetUser(use);
    const struct hot_box_node *at = hot_box_node_of(boxes, user);
    if (at && at->kind == HOT_BOX_EXIT_JOIN) {
      publish_into_join(boxes, node, user);
      next = l->LLVMGetFirstUse(node->value); // several sides of the join may have been this one
      continue;
    }
    if (!hot_box_is_publishing(boxes, user, node->value)) continue;
    bool is_store = l->LLVMGetInstructionOpcode(user) == LLVMStore;
    note(boxes, node, user, is_store ? l->LLVMGetOperand(user, 1) : NULL);
    l->LLVMSetOperand(user, is_store ? 0 : HOT_TOS_REGISTER, word_of(boxes, node));
  }
}

// ---- markers become code -------------------------------------------------------------------------------------------

static void replace(const struct hot_boxes *boxes, LLVMValueRef insn, LLVMValueRef by) {
  ASSERT(boxes->l->LLVMTypeOf(insn) == boxes->l->LLVMTypeOf(by), "opcode %d is replaced by a value of another type",
         (int)boxes->l->LLVMGetInstructionOpcode(insn));
  boxes->l->LLVMReplaceAllUsesWith(insn, by);
  boxes->l->LLVMInstructionEraseFromParent(insn);
}

static LLVMValueRef mutator_field(const struct hot_boxes *boxes, LLVMValueRef th, size_t offset) {
  const struct hot_build *build = boxes->build;
  LLVMValueRef index = hot_ir_i64(build, offset);
  LLVMTypeRef byte = boxes->l->LLVMInt8TypeInContext(build->compiler->context);
  return boxes->l->LLVMBuildInBoundsGEP2(build->builder, byte, th, &index, 1, "");
}

// Of a call of `box`.
static bool is_typed(const struct hot_boxes *boxes, LLVMValueRef box) {
  return !boxes->l->LLVMIsNull(boxes->l->LLVMGetOperand(box, BOX_TYPE));
}
size_t hot_box_bytes(const struct hot_boxes *boxes, LLVMValueRef box) {
  ASSERT(hot_box_calls(boxes, box, boxes->box), "the size of a box is asked for of what is none");
  return (2u + is_typed(boxes, box)) * sizeof(uint64_t);
}

// The size of any object, with its header.
static LLVMValueRef bytes_of(const struct hot_boxes *boxes, LLVMValueRef box) {
  const struct hot_llvm *l = boxes->l;
  const struct hot_build *build = boxes->build;
  if (hot_box_calls(boxes, box, boxes->box)) return hot_ir_i64(build, hot_box_bytes(boxes, box));
  LLVMValueRef words = l->LLVMBuildAdd(build->builder, l->LLVMGetOperand(box, NEW_WORDS), hot_ir_i64(build, 1), "");
  return l->LLVMBuildMul(build->builder, words, hot_ir_i64(build, sizeof(uint64_t)), "");
}

static LLVMValueRef pointer(const struct hot_boxes *boxes, LLVMValueRef object, size_t offset) {
  const struct hot_build *build = boxes->build;
  if (offset) object = boxes->l->LLVMBuildAdd(build->builder, object, hot_ir_i64(build, offset), "");
  return boxes->l->LLVMBuildIntToPtr(build->builder, object, build->ptr, "");
}

static LLVMValueRef fits(const struct hot_boxes *boxes, LLVMValueRef box) {
  const struct hot_llvm *l = boxes->l;
  const struct hot_build *build = boxes->build;
  LLVMBuilderRef builder = build->builder;
  LLVMValueRef th = l->LLVMGetOperand(box, BOX_TH);
  LLVMValueRef cursor = mutator_field(boxes, th, offsetof(struct mutator, alloc_cursor));
  LLVMValueRef limit = mutator_field(boxes, th, offsetof(struct mutator, alloc_limit));
  LLVMValueRef at = l->LLVMBuildLoad2(builder, build->i64, cursor, "");
  LLVMValueRef size = l->LLVMBuildAdd(builder, bytes_of(boxes, box), hot_ir_i64(build, boxes->slack), "");
  LLVMValueRef end = l->LLVMBuildAdd(builder, at, size, "");
  return l->LLVMBuildICmp(builder, LLVMIntULE, end, l->LLVMBuildLoad2(builder, build->i64, limit, ""), "");
}

// Before a `made`; or, where LLVM has moved it, before the first instruction behind the test for its box's room: or it
// would stand behind the test of the next box, and the room for one be found twice.
static void position_at_room(struct hot_boxes *boxes, LLVMValueRef made) {
  const struct hot_llvm *l = boxes->l;
  LLVMBuilderRef builder = boxes->build->builder;
  l->LLVMPositionBuilderBefore(builder, made);
  LLVMBasicBlockRef block = hot_box_node_of(boxes, made)->room;
  if (!block || block == l->LLVMGetInstructionParent(made)) return;
  l->LLVMPositionBuilderBefore(builder, hot_ir_first_behind_joins(boxes->l, block));
}

// An object like the one that `box` names, at the builder's place; `word`: what a box holds.
static LLVMValueRef make(const struct hot_boxes *boxes, LLVMValueRef box, LLVMValueRef word) {
  const struct hot_llvm *l = boxes->l;
  const struct hot_build *build = boxes->build;
  LLVMBuilderRef builder = build->builder;
  LLVMValueRef cursor = mutator_field(boxes, l->LLVMGetOperand(box, BOX_TH), offsetof(struct mutator, alloc_cursor));
  LLVMValueRef at = l->LLVMBuildLoad2(builder, build->i64, cursor, "");
  LLVMValueRef object = l->LLVMBuildAdd(builder, at, hot_ir_i64(build, sizeof(uint64_t)), "");
  l->LLVMBuildStore(builder, l->LLVMBuildAdd(builder, at, bytes_of(boxes, box), ""), cursor);
  l->LLVMBuildStore(builder, l->LLVMGetOperand(box, BOX_HEADER), pointer(boxes, at, 0));
  if (!hot_box_calls(boxes, box, boxes->box)) return object;
  ASSERT(word, "a box is made without a word");
  if (is_typed(boxes, box)) l->LLVMBuildStore(builder, l->LLVMGetOperand(box, BOX_TYPE), pointer(boxes, object, 0));
  l->LLVMBuildStore(builder, word, pointer(boxes, object, is_typed(boxes, box) ? sizeof(uint64_t) : 0));
  return object;
}

// What stands for a `made`.
static LLVMValueRef object(struct hot_boxes *boxes, LLVMValueRef made) {
  const struct hot_box_node *node = hot_box_node_of(boxes, made);
  ASSERT(node && node->kind <= HOT_BOX_OBJECT, "an object is made whose node is of kind %d", node ? node->kind : -1);
  if (node->kind == HOT_BOX_MADE && !node->wanted) return boxes->l->LLVMGetPoison(boxes->build->i64);
  LLVMValueRef box = box_of(boxes, made);
  position_at_room(boxes, made);
  return make(boxes, box, node->kind == HOT_BOX_MADE ? word_of(boxes, node) : NULL);
}

static LLVMValueRef load(const struct hot_boxes *boxes, LLVMValueRef address) {
  return boxes->l->LLVMBuildLoad2(boxes->build->builder, boxes->build->i64, address, "");
}

static LLVMValueRef unbox(struct hot_boxes *boxes, LLVMValueRef call) {
  const struct hot_llvm *l = boxes->l;
  LLVMValueRef object = l->LLVMGetOperand(call, 0);
  const struct hot_box_node *node = hot_box_node_of(boxes, object);
  if (is_node(node) && node->holds) return word_of(boxes, node);
  return load(boxes, pointer(boxes, object, l->LLVMIsNull(l->LLVMGetOperand(call, 1)) ? 0 : sizeof(uint64_t)));
}

// Is a value that may be anything a box of the kind? What is no reference is taken for an object that is no box.
static LLVMValueRef test_box(struct hot_boxes *boxes, LLVMValueRef call) {
  static const uint64_t no_box[2];
  const struct hot_llvm *l = boxes->l;
  const struct hot_build *build = boxes->build;
  LLVMBuilderRef builder = build->builder;
  LLVMValueRef object = l->LLVMGetOperand(call, 0), zero = hot_ir_i64(build, 0);
  LLVMValueRef bits = l->LLVMBuildAnd(builder, object, l->LLVMGetOperand(call, 1), "");
  LLVMValueRef other = hot_ir_i64(build, (uint64_t)(uintptr_t)(no_box + 1));
  LLVMValueRef is_null = l->LLVMBuildICmp(builder, LLVMIntEQ, object, zero, "");
  object = l->LLVMBuildSelect(builder, is_null, other, object, "");
  object = l->LLVMBuildSelect(builder, l->LLVMBuildICmp(builder, LLVMIntEQ, bits, zero, ""), object, other, "");
  LLVMValueRef header = load(boxes, pointer(boxes, object, -sizeof(uint64_t)));
  header = l->LLVMBuildAnd(builder, header, hot_ir_i64(build, ~HEADER_GC_MASK), "");
  LLVMValueRef same = l->LLVMBuildICmp(builder, LLVMIntEQ, header, l->LLVMGetOperand(call, 2), "");
  LLVMValueRef type = load(boxes, pointer(boxes, object, 0));
  return l->LLVMBuildAnd(builder, same, l->LLVMBuildICmp(builder, LLVMIntEQ, type, l->LLVMGetOperand(call, 3), ""), "");
}

static LLVMValueRef is_box(struct hot_boxes *boxes, LLVMValueRef call) {
  const struct hot_llvm *l = boxes->l;
  const struct hot_box_node *node = hot_box_node_of(boxes, l->LLVMGetOperand(call, 0));
  if (!is_node(node) || !node->holds) return test_box(boxes, call);
  bool same = node->header == l->LLVMGetOperand(call, 2) && node->type == l->LLVMGetOperand(call, 3);
  return l->LLVMConstInt(boxes->build->i1, same, 0);
}

// Is room needed for what `box` names?
static bool needs_room(struct hot_boxes *boxes, LLVMValueRef box) {
  const struct hot_llvm *l = boxes->l;
  if (!hot_box_calls(boxes, box, boxes->box)) return true;
  for (LLVMUseRef use = l->LLVMGetFirstUse(box); use; use = l->LLVMGetNextUse(use)) {
    const struct hot_box_node *node = hot_box_node_of(boxes, l->LLVMGetUser(use));
    if (node && (node->wanted || node->feeds)) return true;
  }
  return false;
}

// `marker` is a function; what stands in the place of its calls is made by lower(), all of which keep `boxes` valid.
static void lower_calls(struct hot_boxes *boxes, LLVMValueRef function, LLVMValueRef marker) {
  const struct hot_llvm *l = boxes->l;
  struct hot_build *build = boxes->build;
  for (LLVMUseRef use = marker ? l->LLVMGetFirstUse(marker) : NULL, next; use; use = next) {
    next = l->LLVMGetNextUse(use);
    LLVMValueRef call = l->LLVMGetUser(use);
    if (l->LLVMGetBasicBlockParent(l->LLVMGetInstructionParent(call)) != function) continue;
    l->LLVMPositionBuilderBefore(build->builder, call);
    LLVMValueRef by = NULL;
    if (marker == boxes->unbox) {
      by = unbox(boxes, call);
    } else if (marker == boxes->is_box) {
      by = is_box(boxes, call);
    } else if (marker == boxes->fits) {
      LLVMValueRef box = l->LLVMGetOperand(call, 0);
      by = needs_room(boxes, box) ? fits(boxes, box) : l->LLVMConstInt(build->i1, 1, 0);
    } else if (marker == boxes->made) {
      by = object(boxes, call);
    }
    bool is_name = marker == boxes->box || marker == boxes->new;
    if (is_name && l->LLVMGetFirstUse(call)) by = l->LLVMGetPoison(build->i64); // in a join that nothing uses
    ASSERT(by || !l->LLVMGetFirstUse(call), "a marker goes that something still uses");
    if (by)
      replace(boxes, call, by);
    else
      l->LLVMInstructionEraseFromParent(call);
  }
}

static void drop_joins(struct hot_boxes *boxes) {
  const struct hot_llvm *l = boxes->l;
  for (struct hot_box_node *node = boxes->nodes; node; node = node->next) {
    if (node->kind != HOT_BOX_JOIN || !node->holds || (node->wanted && !node->site)) continue;
    ASSERT(!node->site || (node->wanted && node->box), "join %u makes an object that nobody wants, or of no box",
           node->number);
    LLVMValueRef by = l->LLVMGetPoison(boxes->build->i64);
    if (node->site) {
      LLVMBasicBlockRef block = l->LLVMGetInstructionParent(node->value);
      l->LLVMPositionBuilderBefore(boxes->build->builder, hot_ir_first_behind_joins(boxes->l, block));
      by = make(boxes, node->box, node->word);
    }
    replace(boxes, node->value, by);
  }
}

// May exit code of the function leave boxes to hot_leave?
static bool may_leave_words(const struct hot_boxes *boxes, LLVMValueRef function) {
  if (!boxes->build->compiler->guest->make_box) return false;
  for (const struct hot_entry *entry = boxes->build->entries; entry; entry = entry->next)
    if (entry->function == function) return entry->words_left + entry->unmade_words <= THREAD_UNBOXED_MAX; // hot.I9
  return false;
}

static void run(struct hot_boxes *boxes, LLVMValueRef function) {
  hot_box_collect(boxes, function);
  if (boxes->strange || boxes->build->plan->failed) return;
  find_holders(boxes, !may_leave_words(boxes, function));
  find_wanted(boxes);
  make_words(boxes);
  for (struct hot_box_node *node = boxes->nodes; node; node = node->next)
    if (is_node(node) && node->holds && !node->wanted) publish_word(boxes, node);
  lower_calls(boxes, function, boxes->unbox);
  lower_calls(boxes, function, boxes->is_box);
  lower_calls(boxes, function, boxes->fits);
  drop_joins(boxes);
  lower_calls(boxes, function, boxes->made);
  lower_calls(boxes, function, boxes->box);
  lower_calls(boxes, function, boxes->new);
  lower_calls(boxes, function, boxes->leaving);
}

void hot_box_find_markers(struct hot_build *build, struct hot_boxes *boxes) {
  const struct hot_llvm *l = build->l;
  *boxes = (struct hot_boxes){.build = build, .l = l};
  boxes->box = l->LLVMGetNamedFunction(build->module, "op_marker_box");
  boxes->new = l->LLVMGetNamedFunction(build->module, "op_marker_new");
  boxes->fits = l->LLVMGetNamedFunction(build->module, "op_marker_fits");
  boxes->made = l->LLVMGetNamedFunction(build->module, "op_marker_made");
  boxes->unbox = l->LLVMGetNamedFunction(build->module, "op_marker_unbox");
  boxes->is_box = l->LLVMGetNamedFunction(build->module, "op_marker_is_box");
  boxes->leaving = l->LLVMGetNamedFunction(build->module, "op_marker_leaving");
  boxes->leave = l->LLVMGetNamedFunction(build->module, "hot_leave");
}

bool hot_box_run(struct hot_build *build) {
  const struct hot_llvm *l = build->l;
  struct hot_boxes boxes;
  hot_box_find_markers(build, &boxes);
  if (!boxes.box && !boxes.new && !boxes.unbox && !boxes.is_box && !boxes.leaving) return true;
  for (LLVMValueRef f = l->LLVMGetFirstFunction(build->module); f; f = l->LLVMGetNextFunction(f))
    if (!l->LLVMIsDeclaration(f) && !build->plan->failed && !boxes.strange) run(&boxes, f);
  return !boxes.strange;
}
