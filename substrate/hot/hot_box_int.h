// SPDX-License-Identifier: MIT
//
// hot_box_int.h: what hot_box.c knows of one function; for hot_box_*.c.
#ifndef LOAM_HOT_HOT_BOX_INT_H
#define LOAM_HOT_HOT_BOX_INT_H

#include "hot/hot_box.h"

// What something is.
enum hot_box_kind {
  HOT_BOX_MADE,   // a `made` of a box
  HOT_BOX_OBJECT, // a `made` of another object
  HOT_BOX_JOIN,
  HOT_BOX_EXIT_CODE,
  HOT_BOX_EXIT_JOIN,
  HOT_BOX_EXIT_BLOCK,
  HOT_BOX_BLOCK, // any other
};

struct hot_box_node {
  struct hot_box_node *next, *chain;
  LLVMValueRef value; // a call, a join, an instruction or a block
  enum hot_box_kind kind;
  bool holds, wanted;
  bool passes; // of a join: wanted only because all its sides are
  uint32_t number;
  bool site, no_site;        // of a wanted join: makes an object of its word; can't
  bool feeds;                // of a `made`: a site makes an object of its word
  LLVMValueRef word;         // of a join: the join of the words
  LLVMValueRef box;          // of a site: the call of `box` of one of the boxes that come into it
  LLVMValueRef header, type; // of what holds a word; NULL: not known yet
  LLVMBasicBlockRef room;    // of a `made`: where control goes when it fits, if only from there; NULL: not known
  unsigned seen, tests;      // searches that came here; of a block: that end here
  struct hot_box_node *work;
  uint32_t sites; // of a source: bits, those that make an object of it
};

#define HOT_BOX_BUCKETS 1024
// The arguments of the markers `box` and `new`.
enum { BOX_TH, BOX_HEADER, BOX_TYPE, BOX_WORD, NEW_WORDS = 2 };

struct hot_boxes {
  struct hot_build *build;
  const struct hot_llvm *l;
  LLVMValueRef box, new, fits, made, unbox, is_box, leaving, leave; // functions, or NULL
  struct hot_box_node *nodes, *buckets[HOT_BOX_BUCKETS];
  uint32_t node_count;
  unsigned search;
  size_t slack; // room that a test finds beyond its own object's
  bool strange; // an object whose box is not known: LLVM is not known to make such
};

// ---- hot_box.c -----------------------------------------------------------------------------------------------------

struct hot_box_node *hot_box_node_of(struct hot_boxes *boxes, const void *value);
bool hot_box_calls(const struct hot_boxes *boxes, LLVMValueRef value, LLVMValueRef function);
// What there is of interest in the module, and then in one of its functions: the nodes.
void hot_box_find_markers(struct hot_build *build, struct hot_boxes *boxes);
void hot_box_collect(struct hot_boxes *boxes, LLVMValueRef function);
// Is a value published there? So are each store of it in exit code, and each time it leaves as the operand on top.
bool hot_box_is_publishing(struct hot_boxes *boxes, LLVMValueRef user, LLVMValueRef value);
// The same of all uses of a join in exit code.
bool hot_box_is_published_only(struct hot_boxes *boxes, LLVMValueRef join);
// The size of a box with its header, by its call of `box`.
size_t hot_box_bytes(const struct hot_boxes *boxes, LLVMValueRef box);

// ---- hot_box_site.c ------------------------------------------------------------------------------------------------

// Can a join that holds a word make an object of it? Remembers a no.
bool hot_box_may_be_site(struct hot_boxes *boxes, struct hot_box_node *join);
// Takes back sites that would make a second object of a word; true when there were such. Their boxes are wanted then.
bool hot_box_drop_sites(struct hot_boxes *boxes);
// What the sites that are left need: tests of their boxes, and room.
void hot_box_settle_sites(struct hot_boxes *boxes);

#endif
