// SPDX-License-Identifier: MIT
//
// zam_flow.c: follows a function's code from its entry, with the stack before each instruction; see zam_flow.h.
//
// Each instruction is looked at once. Where paths join, both stacks must have the same shape, and their cells become
// one class; that is all that flows on, because the class is found through the representative whenever it is asked for.
#include "zam_flow.h"

#include <stdio.h>
#include <string.h>

#define CODE_WORDS_MAX ((uint32_t)1 << 28)
#define PLACES_MIN 512
#define SCRATCH_KEPT_MAX 2048 // places; larger functions give theirs back

static enum loam_err refuse(struct zam_flow *flow, uint32_t pc, const char *why) {
  snprintf(flow->why, sizeof flow->why, "%s", why);
  flow->why_pc = pc;
  return LOAM_ERR_INPUT;
}

// ---- cells ---------------------------------------------------------------------------------------------------------

struct zam_cell *zam_cell_class(struct zam_cell *cell) {
  while (cell->same_as != cell) cell = cell->same_as = cell->same_as->same_as;
  return cell;
}

static void make_variable(struct zam_cell *cell) { zam_cell_class(cell)->variable = true; }

static void unify(struct zam_cell *a, struct zam_cell *b) {
  a = zam_cell_class(a);
  b = zam_cell_class(b);
  ASSERT(a->kind == ZAM_CELL_VALUE && b->kind == ZAM_CELL_VALUE,
         "zam.I14: cells of the kinds %u and %u become one class", a->kind, b->kind);
  a->variable |= b->variable;
  b->same_as = a;
}

static uint32_t cell_words(uint8_t kind) {
  ASSERT(kind <= ZAM_CELL_TRAP, "zam.I14: a cell is of kind %u", kind);
  return kind == ZAM_CELL_VALUE ? 1 : kind == ZAM_CELL_RETURN ? ZAM_RETURN_WORDS : ZAM_TRAP_WORDS;
}

// Where the steps of the two last far links are of one length, the next is twice as long (a skew-binary list: Myers,
// "An applicative random-access stack", 1983).
static struct zam_cell *far_below(struct zam_cell *below) {
  struct zam_cell *far = below ? below->far : NULL;
  bool same = far && far->far && below->depth - far->depth == far->depth - far->far->depth;
  return same ? far->far : below;
}

// One more block of them.
static bool grow_cells(struct zam_flow *flow) {
  struct zam_scratch *scratch = flow->scratch;
  uint32_t block = flow->cell_blocks, room = scratch->cell_room;
  if (!mem_grow(&scratch->cells, block, &scratch->cell_room, sizeof *scratch->cells)) return false;
  for (uint32_t i = room; i < scratch->cell_room; i++) scratch->cells[i] = NULL;
  if (!scratch->cells[block]) scratch->cells[block] = mem_alloc(ZAM_CELLS_EACH * sizeof **scratch->cells);
  if (!scratch->cells[block]) return false;
  flow->next_cell = scratch->cells[block];
  flow->cells_end = flow->next_cell + ZAM_CELLS_EACH;
  flow->cell_blocks++;
  return true;
}

static inline __attribute__((always_inline)) struct zam_cell *push_cell(struct zam_flow *flow, struct zam_cell *below,
                                                                        uint8_t kind) {
  if (UNLIKELY(flow->next_cell == flow->cells_end) && !grow_cells(flow)) return NULL;
  struct zam_cell *cell = flow->next_cell++;
  cell->below = below;
  cell->far = far_below(below);
  cell->trap = kind == ZAM_CELL_TRAP ? cell : below ? below->trap : NULL;
  cell->same_as = cell;
  cell->depth = (below ? below->depth : 0) + cell_words(kind);
  cell->handler = cell->variables = 0;
  cell->kind = kind;
  cell->variable = flow->watched && kind == ZAM_CELL_VALUE;
  cell->sealed = false;
  ASSERT(!below || (cell->far && cell->far->depth < cell->depth), "zam.I14: a far link from depth %u leads to %u",
         cell->depth, cell->far->depth);
  return cell;
}

struct zam_cell *zam_stack_at(struct zam_cell *stack, uint32_t index) {
  if (!stack || index >= stack->depth) return NULL;
  uint32_t depth = stack->depth - index;
  while (stack->depth > depth && stack->below && stack->below->depth >= depth)
    stack = stack->far->depth >= depth ? stack->far : stack->below;
  ASSERT(stack->depth >= depth, "zam.I14: the cell at depth %u is looked for at depth %u", depth, stack->depth);
  return stack->depth == depth && stack->kind == ZAM_CELL_VALUE ? stack : NULL;
}

// What lies below a trap frame must be where a handler finds it.
static void seal(struct zam_cell *stack) {
  for (; stack && !stack->sealed; stack = stack->below) {
    stack->sealed = true;
    if (stack->kind == ZAM_CELL_VALUE) make_variable(stack);
  }
}

// ---- following the code --------------------------------------------------------------------------------------------

// Makes `pc` one of the words that places are for, and some behind it, or as many before it as there are: what they
// know is moved rarely.
static bool grow_places(struct zam_places *places, uint32_t pc) {
  enum { AHEAD = 96 };
  uint32_t first = pc, before = 0, end = pc + AHEAD;
  if (places->count) {
    uint32_t more = pc < places->first ? places->first - pc : 0;
    if (more && more < places->count) more = places->count < places->first ? places->count : places->first;
    first = places->first - more;
    before = more;
    if (pc < places->first + places->count) end = places->first + places->count;
  }
  uint32_t count = end - first;
  ASSERT(count <= CODE_WORDS_MAX + AHEAD, "zam.I13: places of %u words are wanted", count);
  if (count > places->room) {
    uint32_t room = places->room ? places->room : PLACES_MIN;
    while (room < count) room *= 2;
    uint32_t *words = mem_resize(places->words, room * sizeof *words);
    if (!words) return false;
    memset(words + places->room, 0, (room - places->room) * sizeof *words);
    places->words = words;
    places->room = room;
  }
  if (before) {
    ASSERT(before + places->count <= places->room, "zam.I13: %u places move up by %u in room for %u", places->count,
           before, places->room);
    memmove(places->words + before, places->words, places->count * sizeof *places->words);
    memset(places->words, 0, before * sizeof *places->words);
  }
  ASSERT(pc - first < count, "zam.I13: places of the words from %u on, %u of them, are made for word %u", first, count,
         pc);
  places->first = first;
  places->count = count;
  return true;
}

// The place of a word of the code. NULL: no memory.
static inline uint32_t *place_of(struct zam_flow *flow, uint32_t pc) {
  struct zam_places *places = &flow->scratch->places;
  if (UNLIKELY(pc - places->first >= places->count) && !grow_places(places, pc)) return NULL;
  return &places->words[pc - places->first];
}

// Paths join: the cells that stand for the same words become one class.
static bool join(struct zam_cell *a, struct zam_cell *b) {
  for (; a != b; a = a->below, b = b->below) {
    if (!a || !b || a->depth != b->depth || a->kind != b->kind || a->handler != b->handler) return false;
    if (a->kind == ZAM_CELL_VALUE) unify(a, b);
  }
  return true;
}

// Control goes to `pc`, where another path led before. `place` is what is known of it.
static enum loam_err join_at(struct zam_flow *flow, uint32_t from, uint32_t pc, struct zam_cell *stack,
                             uint32_t place) {
  bool joins;
  if (place & ZAM_PLACE_WAITS) {
    struct zam_label *label = &flow->labels[place & ~ZAM_PLACE_WAITS];
    ASSERT(label->pc == pc, "zam.I13: word %u is known as label %u", pc, label->pc);
    ASSERT((place & ~ZAM_PLACE_WAITS) < flow->label_count, "zam.I13: word %u waits as label %u of %u", pc,
           place & ~ZAM_PLACE_WAITS, flow->label_count);
    label->loops |= pc <= from;
    joins = join(label->stack, stack);
  } else {
    ASSERT(place <= flow->node_count, "zam.I13: word %u has node %u of %u", pc, place, flow->node_count);
    struct zam_node *node = &flow->nodes[place - 1];
    ASSERT(node->insn.pc == pc, "zam.I13: the node of word %u is that of %u", pc, node->insn.pc);
    node->loops |= pc <= from;
    joins = join(node->stack, stack);
  }
  return joins ? LOAM_OK : refuse(flow, pc, "two paths bring different stacks");
}

// Control goes to a label with this stack.
static enum loam_err go_label(struct zam_flow *flow, uint32_t from, int64_t pc, struct zam_cell *stack) {
  if (pc < 0 || pc >= flow->code->count) return refuse(flow, from, "it leads out of the code");
  uint32_t *place = place_of(flow, (uint32_t)pc);
  if (!place) return LOAM_ERR_MEMORY;
  if (*place) return join_at(flow, from, (uint32_t)pc, stack, *place);
  if (!mem_grow(&flow->labels, flow->label_count, &flow->label_room, sizeof *flow->labels)) return LOAM_ERR_MEMORY;
  *place = flow->label_count | ZAM_PLACE_WAITS;
  flow->labels[flow->label_count++] = (struct zam_label){.pc = (uint32_t)pc, .loops = pc <= from, .stack = stack};
  return LOAM_OK;
}

// Takes `count` values that one instruction uses up together; where they must be variables, says so.
static inline __attribute__((always_inline)) bool take(struct zam_cell **stack, uint32_t count, bool variables) {
  struct zam_cell *first = *stack;
  for (uint32_t i = 0; i < count; i++) {
    if (!*stack || (*stack)->kind != ZAM_CELL_VALUE) return false;
    if (variables) make_variable(*stack);
    if (*stack != first) unify(first, *stack);
    *stack = (*stack)->below;
  }
  return true;
}

static inline __attribute__((always_inline)) bool read_slot(struct zam_node *node, struct zam_cell *stack,
                                                            int32_t index) {
  node->slot = index < 0 ? NULL : zam_stack_at(stack, (uint32_t)index);
  if (node->slot) make_variable(node->slot);
  return node->slot;
}

// Drops whatever makes up the frame: its size must be right.
static bool drop_frame(const struct zam_cell *stack, int64_t words) { return (stack ? stack->depth : 0) == words; }

// APPLY with its count as an operand finds a return frame below its arguments; APPLY1 to APPLY3 make their own. A piece
// that begins in the middle of a call has it among its parameters.
static bool take_return(const struct zam_flow *flow, const struct zam_insn *insn, struct zam_cell **stack) {
  if (flow->code->words[insn->pc] != ZAM_APPLY) return true;
  if (!*stack) return false;
  if ((*stack)->kind == ZAM_CELL_VALUE)
    return flow->in_pieces && (*stack)->depth <= flow->params && take(stack, ZAM_RETURN_WORDS, true);
  if ((*stack)->kind != ZAM_CELL_RETURN) return false;
  *stack = (*stack)->below;
  return true;
}

static enum loam_err push(struct zam_flow *flow, struct zam_cell **stack, enum zam_cell_kind kind) {
  *stack = push_cell(flow, *stack, kind);
  return *stack ? LOAM_OK : LOAM_ERR_MEMORY;
}

static enum loam_err push_value(struct zam_flow *flow, struct zam_node *node, struct zam_cell **stack) {
  enum loam_err kind = push(flow, stack, ZAM_CELL_VALUE);
  node->pushed = *stack;
  return kind;
}

static enum loam_err push_functions(struct zam_flow *flow, uint32_t count, struct zam_cell **stack) {
  enum loam_err kind = LOAM_OK;
  for (uint32_t i = 0; i < count && kind == LOAM_OK; i++) {
    kind = push(flow, stack, ZAM_CELL_VALUE);
    if (kind == LOAM_OK) make_variable(*stack);
  }
  return kind;
}

static enum loam_err push_trap(struct zam_flow *flow, const struct zam_insn *insn, struct zam_cell **stack) {
  ASSERT(insn->op == ZAM_PUSHTRAP, "zam.I14: instruction %u pushes a trap", insn->op);
  flow->traps = true;
  seal(*stack);
  int64_t handler = zam_insn_only_label(insn);
  enum loam_err kind = go_label(flow, insn->pc, handler, *stack);
  if (kind != LOAM_OK) return kind;
  kind = push(flow, stack, ZAM_CELL_TRAP);
  if (kind != LOAM_OK) return kind;
  (*stack)->handler = (uint32_t)handler;
  (*stack)->sealed = true;
  uint32_t place = *place_of(flow, (uint32_t)handler); // the exception is in the accumulator there
  ASSERT(place, "zam.I13: the handler at word %lld is known as nothing", (long long)handler);
  if (place & ZAM_PLACE_WAITS)
    flow->labels[place & ~ZAM_PLACE_WAITS].acc_before = true;
  else
    flow->nodes[place - 1].acc_before = true;
  return LOAM_OK;
}

// A module is complete with its SETGLOBAL, and nothing of its code is wanted again.
static bool ends_piece(const struct zam_flow *flow, const struct zam_insn *insn, const struct zam_cell *stack) {
  return insn->op == ZAM_SETGLOBAL && !stack && insn->pc + insn->length < flow->code->count;
}

// What an instruction takes off the stack and puts there. LOAM_ERR_INPUT: what it takes isn't there.
static enum loam_err change_stack(struct zam_flow *flow, struct zam_node *node, struct zam_cell **stack) {
  enum { ARGUMENTS_AS_TEMPORARIES = 3 };
  const struct zam_insn *insn = &node->insn;
  int32_t n = insn->args[0];
  bool fits = true;
  switch (insn->op) {
  case ZAM_ACC:
  case ZAM_ASSIGN: fits = read_slot(node, *stack, n); break;
  case ZAM_GETMETHOD:
  case ZAM_GETDYNMET: fits = read_slot(node, *stack, 0); break;
  case ZAM_POP: fits = n >= 0 && take(stack, (uint32_t)n, true); break;
  case ZAM_RETURN: fits = drop_frame(*stack, n); break;
  case ZAM_APPTERM:
    fits = n >= 1 && drop_frame(*stack, insn->args[1]) && take(stack, (uint32_t)n, n > ARGUMENTS_AS_TEMPORARIES);
    break;
  case ZAM_APPLY:
    fits = n >= 1 && take(stack, (uint32_t)n, n > ARGUMENTS_AS_TEMPORARIES) && take_return(flow, insn, stack);
    break;
  case ZAM_PUSH_RETADDR: return push(flow, stack, ZAM_CELL_RETURN);
  case ZAM_PUSHTRAP: return push_trap(flow, insn, stack);
  case ZAM_POPTRAP:
    fits = *stack && (*stack)->kind == ZAM_CELL_TRAP;
    if (fits) *stack = (*stack)->below;
    break;
  case ZAM_PUSH:
  case ZAM_GETPUBMET: return push_value(flow, node, stack);
  case ZAM_CLOSUREREC:
    return take(stack, zam_insn_taken(insn), false) ? push_functions(flow, (uint32_t)n, stack) : LOAM_ERR_INPUT;
  default: fits = take(stack, zam_insn_taken(insn), false);
  }
  return fits ? LOAM_OK : LOAM_ERR_INPUT;
}

// Control goes to all labels of an instruction with this stack.
static enum loam_err go_labels(struct zam_flow *flow, const struct zam_insn *insn, struct zam_cell *stack) {
  if (insn->op != ZAM_SWITCH) return go_label(flow, insn->pc, zam_insn_only_label(insn), stack);
  uint32_t labels = zam_insn_label_count(insn);
  if (!labels) return refuse(flow, insn->pc, "no cases");
  enum loam_err kind = LOAM_OK;
  for (uint32_t i = 0; i < labels && kind == LOAM_OK; i++)
    kind = go_label(flow, insn->pc, zam_insn_label(flow->code, insn, i), stack);
  return kind;
}

// One instruction. *stack becomes the stack behind it.
static enum loam_err step(struct zam_flow *flow, struct zam_node *node, struct zam_cell **stack) {
  const struct zam_insn *insn = &node->insn;
  *stack = node->stack;
  enum loam_err kind = insn->push ? push_value(flow, node, stack) : LOAM_OK;
  if (kind != LOAM_OK) return kind;
  if (node->insn.facts & ZAM_ALONE) return refuse(flow, insn->pc, "this instruction can't stand here");
  kind = change_stack(flow, node, stack);
  if (kind == LOAM_ERR_INPUT && !flow->why[0]) return refuse(flow, insn->pc, "what it takes is not on the stack");
  if (kind == LOAM_OK && node->insn.facts & ZAM_BRANCHES) kind = go_labels(flow, insn, *stack);
  if (flow->in_pieces && ends_piece(flow, insn, *stack)) {
    node->insn.facts |= ZAM_ENDS;
    flow->next = insn->pc + insn->length;
  }
  return kind;
}

// The new node at `pc`; NULL: see `kind`. `place` is what is known of it: nothing, or that it is a label.
static inline struct zam_node *make_node(struct zam_flow *flow, uint32_t pc, struct zam_cell *stack, uint32_t *place,
                                         enum loam_err *kind) {
  ASSERT(!*place || *place & ZAM_PLACE_WAITS, "zam.I13: word %u has node %u, and gets another one", pc, *place);
  *kind = LOAM_ERR_MEMORY;
  if (!mem_grow(&flow->nodes, flow->node_count, &flow->node_room, sizeof *flow->nodes)) return NULL;
  struct zam_node *node = &flow->nodes[flow->node_count];
  *node = (struct zam_node){.stack = stack};
  if (UNLIKELY(*place)) {
    const struct zam_label *label = &flow->labels[*place & ~ZAM_PLACE_WAITS];
    node->stack = label->stack;
    node->loops = label->loops;
    node->acc_before = label->acc_before;
  }
  *kind = LOAM_OK;
  if (!zam_insn_read_plain(flow->code, pc, &node->insn)) *kind = refuse(flow, pc, "no instruction");
  flow->disorder |= pc < flow->end;
  flow->end = pc + node->insn.length;
  *place = ++flow->node_count;
  return node;
}

// From a label as far as control falls through to what was not looked at yet.
static enum loam_err follow_run(struct zam_flow *flow, uint32_t pc) {
  ASSERT(pc < flow->code->count, "zam.I13: control comes to word %u of %u", pc, flow->code->count);
  struct zam_cell *stack = NULL; // a label has its own
  uint32_t *place = place_of(flow, pc);
  for (;;) {
    enum loam_err kind;
    struct zam_node *node = make_node(flow, pc, stack, place, &kind);
    if (kind != LOAM_OK) return kind;
    kind = step(flow, node, &stack);
    if (kind != LOAM_OK || !zam_falls_through(node)) return kind;
    uint32_t from = pc;
    pc = flow->end;
    if (pc >= flow->code->count) return refuse(flow, from, "it leads out of the code");
    if (!(place = place_of(flow, pc))) return LOAM_ERR_MEMORY;
    if (LIKELY(!*place)) continue;
    kind = join_at(flow, from, pc, stack, *place);
    if (kind != LOAM_OK || !(*place & ZAM_PLACE_WAITS)) return kind;
  }
}

// All that is reached. The label behind a run comes first, so that nodes are made in order, as a rule.
static enum loam_err follow(struct zam_flow *flow) {
  const struct zam_places *places = &flow->scratch->places;
  for (;;) {
    uint32_t pc = flow->end;
    bool waits = pc - places->first < places->count && places->words[pc - places->first] & ZAM_PLACE_WAITS;
    if (!waits && !flow->label_count) return LOAM_OK;
    if (!waits) pc = flow->labels[--flow->label_count].pc;
    if (!(*place_of(flow, pc) & ZAM_PLACE_WAITS)) continue; // it was looked at from above
    enum loam_err kind = follow_run(flow, pc);
    if (kind != LOAM_OK) return kind;
  }
}

// ---- the accumulator -----------------------------------------------------------------------------------------------

static inline struct zam_node *label_node(const struct zam_flow *flow, const struct zam_insn *insn, uint32_t index) {
  bool only = insn->op != ZAM_SWITCH;
  return zam_flow_node(flow, (uint32_t)(only ? zam_insn_only_label(insn) : zam_insn_label(flow->code, insn, index)));
}

// Lets `node` want it. True when that may matter for an instruction that the pass at hand has left behind, which is at
// node `at`.
static bool want(struct zam_node *node, const struct zam_node *at) {
  bool news = !node->acc_before;
  node->acc_before = true;
  return news && (node > at || node->loops);
}

// Does what follows an instruction that branches want the accumulator? Where one successor does, all get it: paths that
// leave an instruction leave the same operands.
static bool agree(const struct zam_flow *flow, struct zam_node *node, bool *again) {
  bool falls = zam_falls_through(node), after = falls && node[1].acc_before;
  uint32_t labels = zam_insn_label_count(&node->insn);
  for (uint32_t i = 0; i < labels && !after; i++) after = label_node(flow, &node->insn, i)->acc_before;
  for (uint32_t i = 0; i < labels && after; i++) *again |= want(label_node(flow, &node->insn, i), node);
  if (falls && after) *again |= want(node + 1, node);
  return after;
}

// All instructions, backwards. True when that has to be done again.
static bool find_wanted(const struct zam_flow *flow) {
  bool again = false, next = false; // what comes next wants it
  ASSERT(!zam_falls_through(&flow->nodes[flow->node_count - 1]), "zam.I13: the last of %u nodes falls through",
         flow->node_count);
  for (uint32_t i = flow->node_count; i-- > 0;) {
    struct zam_node *node = &flow->nodes[i];
    bool after = node->insn.facts & ZAM_BRANCHES ? agree(flow, node, &again) : next && zam_falls_through(node);
    if (zam_reads_acc(node) || (after && !zam_writes_acc(node))) again |= want(node, node);
    next = node->acc_before;
  }
  return again;
}

static void find_accumulator(const struct zam_flow *flow) {
  for (uint32_t i = 0; flow->watched && i < flow->node_count; i++) flow->nodes[i].acc_before = true;
  while (find_wanted(flow)) {
  }
}

// ---- the whole -----------------------------------------------------------------------------------------------------

// Puts the nodes in order. No instruction may start inside another one.
static enum loam_err sort_nodes(struct zam_flow *flow) {
  struct zam_scratch *scratch = flow->scratch;
  if (!mem_reserve(&scratch->spare, &scratch->spare_room, flow->node_count, sizeof *scratch->spare))
    return LOAM_ERR_MEMORY;
  struct zam_node *sorted = scratch->spare;
  uint32_t count = 0, room = scratch->spare_room;
  for (uint32_t i = 0; i < scratch->places.count; i++) {
    uint32_t *place = &scratch->places.words[i];
    if (!*place) continue;
    sorted[count++] = flow->nodes[*place - 1];
    *place = count;
  }
  ASSERT(count == flow->node_count, "zam.I13: %u nodes are put in order, of %u", count, flow->node_count);
  scratch->spare = flow->nodes;
  scratch->spare_room = flow->node_room;
  flow->nodes = sorted;
  flow->node_room = room;
  for (uint32_t i = 1; i < count; i++) {
    const struct zam_node *node = &sorted[i - 1];
    uint32_t end = node->insn.pc + node->insn.length;
    if (end > sorted[i].insn.pc) return refuse(flow, flow->entry, "an instruction lies inside another one");
    ASSERT(!zam_falls_through(node) || end == sorted[i].insn.pc, "zam.I13: word %u falls through to no node",
           node->insn.pc);
  }
  return LOAM_OK;
}

// Numbers the variables: each is a local, in the order of the stack.
static void number_variables(const struct zam_flow *flow) {
  ASSERT(flow->cell_blocks <= flow->scratch->cell_room, "zam.I14: cells are in %u blocks of %u", flow->cell_blocks,
         flow->scratch->cell_room);
  for (uint32_t block = 0; block < flow->cell_blocks; block++) {
    struct zam_cell *cell = flow->scratch->cells[block];
    struct zam_cell *end = block + 1 < flow->cell_blocks ? cell + ZAM_CELLS_EACH : flow->next_cell;
    for (; cell < end; cell++) {
      bool variable = cell->kind == ZAM_CELL_VALUE && zam_cell_is_variable(cell);
      cell->variables = flow->watched ? cell->depth : (cell->below ? cell->below->variables : 0) + variable;
    }
  }
}

enum loam_err zam_flow_run(struct zam_flow *flow) {
  struct zam_cell *stack = NULL;
  const struct zam_scratch *scratch = flow->scratch;
  ASSERT(!flow->node_count && !flow->label_count && !scratch->places.count,
         "zam.I13: an analysis begins with %u nodes, %u labels and %u places", flow->node_count, flow->label_count,
         scratch->places.count);
  flow->nodes = scratch->nodes;
  flow->node_room = scratch->node_room;
  flow->labels = scratch->labels;
  flow->label_room = scratch->label_room;
  if (flow->code->count > CODE_WORDS_MAX) return refuse(flow, 0, "the code is too long");
  if (!mem_reserve(&flow->nodes, &flow->node_room, flow->words / 3 * 2, sizeof *flow->nodes)) return LOAM_ERR_MEMORY;
  for (uint32_t i = 0; i < flow->params; i++) {
    if (!(stack = push_cell(flow, stack, ZAM_CELL_VALUE))) return LOAM_ERR_MEMORY;
    make_variable(stack);
  }
  flow->entry_stack = stack;
  enum loam_err kind = go_label(flow, flow->entry, flow->entry, stack);
  if (kind == LOAM_OK) flow->labels[0].loops = false; // until something branches there
  if (kind == LOAM_OK) kind = follow(flow);
  if (kind == LOAM_OK && flow->disorder) kind = sort_nodes(flow);
  if (kind != LOAM_OK) return kind;
  find_accumulator(flow);
  number_variables(flow);
  return LOAM_OK;
}

void zam_flow_fini(struct zam_flow *flow) {
  struct zam_scratch *scratch = flow->scratch;
  struct zam_places *places = &scratch->places;
  scratch->nodes = flow->nodes;
  scratch->node_room = flow->node_room;
  scratch->labels = flow->labels;
  scratch->label_room = flow->label_room;
  ASSERT(places->count <= places->room, "zam.I13: %u places are in room for %u", places->count, places->room);
  if (places->count) memset(places->words, 0, places->count * sizeof *places->words);
  places->count = 0;
  if (places->room > SCRATCH_KEPT_MAX) zam_scratch_fini(scratch);
}

void zam_scratch_fini(struct zam_scratch *scratch) {
  for (uint32_t i = 0; i < scratch->cell_room; i++) mem_free(scratch->cells[i]);
  mem_free(scratch->places.words);
  mem_free(scratch->nodes);
  mem_free(scratch->spare);
  mem_free(scratch->cells);
  mem_free(scratch->labels);
  mem_free(scratch->insns);
  mem_free(scratch->lives);
  mem_free(scratch->patches);
  *scratch = (struct zam_scratch){0};
}
