// SPDX-License-Identifier: MIT
//
// hot_box_site.c: joins that make an object of their word, so that the boxes that come into them need not be made.
//
// A loop that sums up numbers makes a box in each round, and what follows the loop uses the last one. Where control
// comes out of the loop there is a join (the early passes see to that) that all boxes come into; it is a *site*: the
// object is made there. A site can't test for room, since there is no way to leave for a collection in the middle of
// an instruction. So the test stays where a box is named, and each test of the function finds some *slack*, room for
// one object of each site, beyond its own object's.
//
// That is enough, and no more objects are made than before, if no site is passed twice without a test of one of its
// boxes in between. So only such joins are sites. Nothing else takes room meanwhile: all objects of bodies are tested
// for with the same slack, and when C code runs, values are in frames, their boxes made.
#define LOAM_HOT_MODULE
#include "hot/hot_box_int.h"

#define SITES_MAX 16 // of a function: slack is lost at the end of each buffer

// ---- the boxes of a join -------------------------------------------------------------------------------------------

// What is done with each `made` or site whose word may be the join's. False: no further.
typedef bool visit_source(struct hot_boxes *boxes, struct hot_box_node *source, void *context);

static bool each_source(struct hot_boxes *boxes, const struct hot_box_node *join, visit_source *visit, void *context) {
  const struct hot_llvm *l = boxes->l;
  for (unsigned i = 0; i < l->LLVMCountIncoming(join->value); i++) {
    struct hot_box_node *from = hot_box_node_of(boxes, l->LLVMGetIncomingValue(join->value, i));
    if (!from || from->seen == boxes->search) continue;
    from->seen = boxes->search;
    bool ends = from->kind == HOT_BOX_MADE || from->site;
    if (!(ends ? visit(boxes, from, context) : each_source(boxes, from, visit, context))) return false;
  }
  return true;
}

static bool visit_sources(struct hot_boxes *boxes, struct hot_box_node *join, visit_source *visit, void *context) {
  boxes->search++;
  join->seen = boxes->search;
  return each_source(boxes, join, visit, context);
}

// ---- which joins may be sites --------------------------------------------------------------------------------------

static bool mark_tests(struct hot_boxes *boxes, struct hot_box_node *source, void *context) {
  (void)context;
  const struct hot_llvm *l = boxes->l;
  if (source->kind != HOT_BOX_MADE) return false;
  LLVMValueRef box = l->LLVMGetOperand(source->value, 0);
  for (LLVMUseRef use = l->LLVMGetFirstUse(box); use; use = l->LLVMGetNextUse(use)) {
    LLVMValueRef user = l->LLVMGetUser(use);
    if (hot_box_calls(boxes, user, boxes->fits))
      hot_box_node_of(boxes, l->LLVMGetInstructionParent(user))->tests = boxes->search;
  }
  return true;
}

// Puts the blocks that follow one in front of those still to be looked at.
static struct hot_box_node *push_successors(struct hot_boxes *boxes, LLVMBasicBlockRef block,
                                            struct hot_box_node *work) {
  const struct hot_llvm *l = boxes->l;
  LLVMValueRef end = l->LLVMGetBasicBlockTerminator(block);
  for (unsigned i = 0; i < l->LLVMGetNumSuccessors(end); i++) {
    struct hot_box_node *next = hot_box_node_of(boxes, l->LLVMGetSuccessor(end, i));
    if (next->seen == boxes->search) continue;
    next->seen = boxes->search;
    next->work = work;
    work = next;
  }
  return work;
}

// Does a way lead from a block back to it past none of the tests that were marked?
static bool comes_back(struct hot_boxes *boxes, LLVMBasicBlockRef block) {
  struct hot_box_node *start = hot_box_node_of(boxes, block);
  if (start->tests == boxes->search) return false;
  struct hot_box_node *work = push_successors(boxes, block, NULL);
  while (work) {
    struct hot_box_node *at = work;
    work = at->work;
    if (at == start) return true;
    if (at->tests != boxes->search) work = push_successors(boxes, (LLVMBasicBlockRef)(void *)at->value, work);
  }
  return false;
}

bool hot_box_may_be_site(struct hot_boxes *boxes, struct hot_box_node *join) {
  if (join->kind != HOT_BOX_JOIN || !join->holds || join->no_site) return false;
  bool may = visit_sources(boxes, join, mark_tests, NULL) &&
             !comes_back(boxes, boxes->l->LLVMGetInstructionParent(join->value));
  join->no_site = !may;
  return may;
}

// ---- which are -----------------------------------------------------------------------------------------------------

static bool is_unwanted(struct hot_boxes *boxes, struct hot_box_node *source, void *context) {
  (void)boxes, (void)context;
  return !source->wanted;
}

bool hot_box_drop_sites(struct hot_boxes *boxes) {
  bool dropped = false;
  unsigned count = 0;
  for (struct hot_box_node *node = boxes->nodes; node; node = node->next) {
    if (!node->site || (++count <= SITES_MAX && visit_sources(boxes, node, is_unwanted, NULL))) continue;
    node->site = false;
    node->no_site = dropped = true;
  }
  return dropped;
}

// `context`: the site.
static bool feed(struct hot_boxes *boxes, struct hot_box_node *source, void *context) {
  struct hot_box_node *site = context;
  site->box = boxes->l->LLVMGetOperand(source->value, 0);
  return source->feeds = true;
}

void hot_box_settle_sites(struct hot_boxes *boxes) {
  boxes->slack = 0;
  for (struct hot_box_node *node = boxes->nodes; node; node = node->next) {
    if (!node->site) continue;
    (void)visit_sources(boxes, node, feed, node);
    boxes->slack += hot_box_bytes(boxes, node->box);
  }
}
