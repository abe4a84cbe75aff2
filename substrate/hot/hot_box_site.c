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
//
// A program can tell two objects of one box from one. So a join is no site either when a box may come to it twice, an
// older one on its second way round, or when code that leaves would make another object of a box that went through it.
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
    if (!from) return false; // undefined: no test was passed on the way
    ASSERT(from->holds, "side %u of join %u, which holds a word, holds none", i, join->number);
    if (from->seen == boxes->search) continue;
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
    ASSERT(next, "way %u out of a block leads to one without a node", i);
    if (next->seen == boxes->search) continue;
    next->seen = boxes->search;
    next->work = work;
    work = next;
  }
  return work;
}

// Does a way lead from a block to another, or back to it, past none of the tests that were marked?
static bool comes_to(struct hot_boxes *boxes, LLVMBasicBlockRef from, LLVMBasicBlockRef to) {
  if (hot_box_node_of(boxes, from)->tests == boxes->search) return false;
  struct hot_box_node *work = push_successors(boxes, from, NULL);
  while (work) {
    struct hot_box_node *at = work;
    work = at->work;
    if (at->value == boxes->l->LLVMBasicBlockAsValue(to)) return true;
    if (at->tests != boxes->search) work = push_successors(boxes, (LLVMBasicBlockRef)(void *)at->value, work);
  }
  return false;
}

static LLVMBasicBlockRef block_of(const struct hot_boxes *boxes, const struct hot_box_node *join) {
  return boxes->l->LLVMGetInstructionParent(join->value);
}

// Is a value that comes into a join out of `from` one that was there already when control was last at the site?
static bool is_old(struct hot_boxes *boxes, const struct hot_box_node *site, const struct hot_box_node *value,
                   LLVMBasicBlockRef from) {
  LLVMBasicBlockRef at = block_of(boxes, site), made = block_of(boxes, value);
  if (made == at) return value->kind == HOT_BOX_JOIN;
  if (made == from) return false;
  boxes->search++;
  hot_box_node_of(boxes, made)->tests = boxes->search;
  return from == at || comes_to(boxes, at, from);
}

// Does code that control comes to behind the site, before the value is another one, leave with it, or join it with what
// is not the site's? `visited`: the search that found the site's joins.
static bool leaves_later(struct hot_boxes *boxes, const struct hot_box_node *site, const struct hot_box_node *value,
                         unsigned visited) {
  const struct hot_llvm *l = boxes->l;
  if (value == site) return false;
  for (LLVMUseRef use = l->LLVMGetFirstUse(value->value); use; use = l->LLVMGetNextUse(use)) {
    LLVMValueRef user = l->LLVMGetUser(use);
    const struct hot_box_node *at = hot_box_node_of(boxes, user);
    bool is_other = at && at->kind == HOT_BOX_JOIN && at->seen != visited;
    if (at && (is_other || at->kind == HOT_BOX_EXIT_CODE || at->kind == HOT_BOX_EXIT_JOIN) &&
        is_old(boxes, site, value, l->LLVMGetInstructionParent(user)))
      return true;
  }
  return false;
}

// Behind visit_sources: may a box come to the site again, which would make a second object of it?
static bool comes_again(struct hot_boxes *boxes, const struct hot_box_node *site) {
  const struct hot_llvm *l = boxes->l;
  unsigned visited = boxes->search;
  for (struct hot_box_node *node = boxes->nodes; node; node = node->next) {
    if ((node->kind != HOT_BOX_MADE && node->kind != HOT_BOX_JOIN) || node->seen != visited) continue;
    if (leaves_later(boxes, site, node, visited)) return true;
    for (unsigned i = 0; node->kind == HOT_BOX_JOIN && i < l->LLVMCountIncoming(node->value); i++) {
      const struct hot_box_node *value = hot_box_node_of(boxes, l->LLVMGetIncomingValue(node->value, i));
      if (value && is_old(boxes, site, value, l->LLVMGetIncomingBlock(node->value, i))) return true;
    }
  }
  return false;
}

bool hot_box_may_be_site(struct hot_boxes *boxes, struct hot_box_node *join) {
  if (join->kind != HOT_BOX_JOIN || !join->holds || join->no_site) return false;
  bool may = visit_sources(boxes, join, mark_tests, NULL) &&
             !comes_to(boxes, block_of(boxes, join), block_of(boxes, join)) && !comes_again(boxes, join);
  join->no_site = !may;
  return may;
}

// ---- which are -----------------------------------------------------------------------------------------------------

// Two sites that come after one another make no object of the same box: programs may compare addresses.
static bool follows(struct hot_boxes *boxes, struct hot_box_node *site, struct hot_box_node *other) {
  LLVMBasicBlockRef at = block_of(boxes, site), there = block_of(boxes, other);
  if (at == there) return true;
  (void)visit_sources(boxes, site, mark_tests, NULL);
  return comes_to(boxes, at, there);
}

struct claim {
  uint32_t site, shared; // bits: the site, those that make objects of the same boxes
};

static bool claim_source(struct hot_boxes *boxes, struct hot_box_node *source, void *context) {
  (void)boxes;
  struct claim *claim = context;
  if (source->wanted) return false;
  source->sites |= claim->site;
  claim->shared |= source->sites;
  return true;
}

static bool may_stay(struct hot_boxes *boxes, struct hot_box_node *const *sites, unsigned index) {
  if (index >= SITES_MAX) return false;
  struct claim claim = {.site = UINT32_C(1) << index};
  if (!visit_sources(boxes, sites[index], claim_source, &claim)) return false;
  for (unsigned i = 0; i < index; i++)
    if (claim.shared >> i & 1 && (follows(boxes, sites[i], sites[index]) || follows(boxes, sites[index], sites[i])))
      return false;
  return true;
}

bool hot_box_drop_sites(struct hot_boxes *boxes) {
  struct hot_box_node *sites[SITES_MAX + 1];
  bool dropped = false;
  unsigned count = 0;
  for (struct hot_box_node *node = boxes->nodes; node; node = node->next) node->sites = 0;
  for (struct hot_box_node *node = boxes->nodes; node; node = node->next) {
    if (!node->site) continue;
    ASSERT(count <= SITES_MAX && node->wanted && node->holds, "join %u is site %u of at most %d, and holds a word: %d",
           node->number, count, SITES_MAX, node->holds);
    sites[count] = node;
    if (may_stay(boxes, sites, count)) {
      count++;
      continue;
    }
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
    ASSERT(node->box, "no box comes into site %u", node->number);
    boxes->slack += hot_box_bytes(boxes, node->box);
  }
}
