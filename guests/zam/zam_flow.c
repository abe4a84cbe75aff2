// SPDX-License-Identifier: MIT
//
// zam_flow.c: follows a function's code from its entry, with the stack before each instruction; see zam_flow.h.
//
// Each instruction is looked at once. Where paths join, both stacks must have the same shape, and their cells become
// one class; that is all that flows on, because the class is found through the representative whenever it is asked for.
#include "zam_flow.h"

#include <stdio.h>
#include <stdlib.h>
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
  a->variable |= b->variable;
  b->same_as = a;
}

static uint32_t cell_words(uint8_t kind) {
  return kind == ZAM_CELL_VALUE ? 1 : kind == ZAM_CELL_RETURN ? ZAM_RETURN_WORDS : ZAM_TRAP_WORDS;
}

// Where the steps of the two last far links are of one length, the next is twice as long (a skew-binary list: Myers,
// "An applicative random-access stack", 1983).
static struct zam_cell *far_below(struct zam_cell *below) {
  struct zam_cell *far = below ? below->far : NULL;
  bool same = far && far->far && below->depth - far->depth == far->depth - far->far->depth;
  return same ? far->far : below;
}

static struct zam_cell *push_cell(struct zam_flow *flow, struct zam_cell *below, uint8_t kind) {
  struct zam_cell *cell = arena_alloc(flow->memory, sizeof *cell);
  if (!cell || !mem_grow(&flow->cells, flow->cell_count, &flow->cell_room, sizeof *flow->cells)) return NULL;
  flow->cells[flow->cell_count++] = cell;
  cell->below = below;
  cell->far = far_below(below);
  cell->same_as = cell;
  cell->kind = kind;
  cell->depth = (below ? below->depth : 0) + cell_words(kind);
  cell->variable = flow->watched && kind == ZAM_CELL_VALUE;
  cell->trap = kind == ZAM_CELL_TRAP ? cell : below ? below->trap : NULL;
  ASSERT(!below || (cell->far && cell->far->depth < cell->depth), "zam.I14: a far link from depth %u leads to %u",
         cell->depth, cell->far->depth);
  return cell;
}

struct zam_cell *zam_stack_at(struct zam_cell *stack, uint32_t index) {
  if (!stack || index >= stack->depth) return NULL;
  uint32_t depth = stack->depth - index;
  while (stack->depth > depth && stack->below && stack->below->depth >= depth)
    stack = stack->far->depth >= depth ? stack->far : stack->below;
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

// The place of a word, or the free one where it would be.
static struct zam_place_of *place_of(const struct zam_places *map, uint32_t pc) {
  uint32_t at = pc & (map->room - 1);
  while (map->places[at].node && map->places[at].pc != pc) at = (at + 1) & (map->room - 1);
  return &map->places[at];
}

// From where `pc` would be up to the next free one; in the end all are.
static void free_places(const struct zam_places *map, uint32_t pc) {
  for (uint32_t at = pc & (map->room - 1); map->places[at].node; at = (at + 1) & (map->room - 1))
    map->places[at].node = 0;
}

static bool grow_places(struct zam_flow *flow) {
  struct zam_places *map = &flow->scratch->places, larger = {.room = map->room ? 2 * map->room : PLACES_MIN};
  if (flow->node_count < map->room / 2) return true;
  larger.places = mem_alloc_zero(larger.room, sizeof *larger.places);
  if (!larger.places) return false;
  for (uint32_t i = 0; i < map->room; i++)
    if (map->places[i].node) *place_of(&larger, map->places[i].pc) = map->places[i];
  mem_free(map->places);
  *map = larger;
  return true;
}

// Makes the node at `pc`, in its place.
static enum loam_err make_node(struct zam_flow *flow, uint32_t pc, struct zam_cell *stack, struct zam_place_of *place) {
  if (!mem_grow(&flow->nodes, flow->node_count, &flow->node_room, sizeof *flow->nodes)) return LOAM_ERR_MEMORY;
  struct zam_node *node = &flow->nodes[flow->node_count];
  *node = (struct zam_node){.stack = stack};
  if (!zam_insn_read_plain(flow->code, pc, &node->insn, &node->push)) return refuse(flow, pc, "no instruction");
  *place = (struct zam_place_of){pc, ++flow->node_count};
  ASSERT(flow->node_count <= flow->scratch->places.room / 2, "zam.I13: %u nodes in a table of %u", flow->node_count,
         flow->scratch->places.room);
  return LOAM_OK;
}

// Paths join: the cells that stand for the same words become one class.
static bool join(struct zam_cell *a, struct zam_cell *b) {
  for (; a != b; a = a->below, b = b->below) {
    if (!a || !b || a->depth != b->depth || a->kind != b->kind || a->handler != b->handler) return false;
    if (a->kind == ZAM_CELL_VALUE) unify(a, b);
  }
  return true;
}

// Control goes to `pc` with this stack. *fresh: the node there is new, the last one.
static enum loam_err go(struct zam_flow *flow, uint32_t from, int64_t pc, struct zam_cell *stack, bool *fresh) {
  if (pc < 0 || pc >= flow->code->count) return refuse(flow, from, "it leads out of the code");
  if (!grow_places(flow)) return LOAM_ERR_MEMORY;
  struct zam_place_of *place = place_of(&flow->scratch->places, (uint32_t)pc);
  *fresh = !place->node;
  if (*fresh) return make_node(flow, (uint32_t)pc, stack, place);
  struct zam_node *node = &flow->nodes[place->node - 1];
  node->loops |= pc <= from;
  return join(node->stack, stack) ? LOAM_OK : refuse(flow, (uint32_t)pc, "two paths bring different stacks");
}

// The same to a label, which is looked at later.
static enum loam_err go_label(struct zam_flow *flow, uint32_t from, int64_t pc, struct zam_cell *stack) {
  bool fresh;
  enum loam_err kind = go(flow, from, pc, stack, &fresh);
  if (kind != LOAM_OK) return kind;
  zam_flow_node(flow, (uint32_t)pc)->label = true;
  if (!fresh) return LOAM_OK;
  if (!mem_grow(&flow->pending, flow->pending_count, &flow->pending_room, sizeof *flow->pending))
    return LOAM_ERR_MEMORY;
  flow->pending[flow->pending_count++] = flow->node_count - 1;
  return LOAM_OK;
}

// Takes `count` values that one instruction uses up together; where they must be variables, says so.
static bool take(struct zam_cell **stack, uint32_t count, bool variables) {
  struct zam_cell *first = *stack;
  for (uint32_t i = 0; i < count; i++) {
    if (!*stack || (*stack)->kind != ZAM_CELL_VALUE) return false;
    if (variables) make_variable(*stack);
    if (*stack != first) unify(first, *stack);
    *stack = (*stack)->below;
  }
  return true;
}

static bool read_slot(struct zam_cell *stack, int32_t index) {
  struct zam_cell *cell = index < 0 ? NULL : zam_stack_at(stack, (uint32_t)index);
  if (cell) make_variable(cell);
  return cell != NULL;
}

// Drops whatever makes up the frame: its size must be right.
static bool drop_frame(const struct zam_cell *stack, int64_t words) { return (stack ? stack->depth : 0) == words; }

// Takes what an instruction takes; false when that isn't there.
static bool take_inputs(const struct zam_insn *insn, struct zam_cell **stack) {
  enum { ARGUMENTS_AS_TEMPORARIES = 3 };
  int32_t n = insn->args[0];
  switch (insn->op) {
  case ZAM_ACC:
  case ZAM_ASSIGN: return read_slot(*stack, n);
  case ZAM_GETMETHOD:
  case ZAM_GETDYNMET: return read_slot(*stack, 0);
  case ZAM_POP: return n >= 0 && take(stack, (uint32_t)n, true);
  case ZAM_RETURN: return drop_frame(*stack, n);
  case ZAM_APPTERM:
    return n >= 1 && drop_frame(*stack, insn->args[1]) && take(stack, (uint32_t)n, n > ARGUMENTS_AS_TEMPORARIES);
  case ZAM_APPLY:
    if (n < 1 || !take(stack, (uint32_t)n, n > ARGUMENTS_AS_TEMPORARIES)) return false;
    return true;
  case ZAM_POPTRAP:
    if (!*stack || (*stack)->kind != ZAM_CELL_TRAP) return false;
    *stack = (*stack)->below;
    return true;
  default: return take(stack, zam_insn_taken(insn), false);
  }
}

// APPLY with its count as an operand finds a return frame below its arguments; APPLY1 to APPLY3 make their own.
static bool take_return(const struct zam_flow *flow, const struct zam_insn *insn, struct zam_cell **stack) {
  if (insn->op != ZAM_APPLY || flow->code->words[insn->pc] != ZAM_APPLY) return true;
  if (!*stack || (*stack)->kind != ZAM_CELL_RETURN) return false;
  *stack = (*stack)->below;
  return true;
}

static enum loam_err push_outputs(struct zam_flow *flow, const struct zam_insn *insn, struct zam_cell **stack) {
  uint32_t count = insn->op == ZAM_PUSH || insn->op == ZAM_GETPUBMET ? 1
                   : insn->op == ZAM_CLOSUREREC                      ? (uint32_t)insn->args[0]
                                                                     : 0;
  for (uint32_t i = 0; i < count; i++) {
    if (!(*stack = push_cell(flow, *stack, ZAM_CELL_VALUE))) return LOAM_ERR_MEMORY;
    if (insn->op == ZAM_CLOSUREREC) make_variable(*stack);
  }
  if (insn->op == ZAM_PUSH_RETADDR && !(*stack = push_cell(flow, *stack, ZAM_CELL_RETURN))) return LOAM_ERR_MEMORY;
  return LOAM_OK;
}

static enum loam_err push_trap(struct zam_flow *flow, const struct zam_insn *insn, struct zam_cell **stack) {
  seal(*stack);
  int64_t handler = zam_insn_label(flow->code, insn, 0);
  enum loam_err kind = go_label(flow, insn->pc, handler, *stack);
  if (kind != LOAM_OK) return kind;
  if (!(*stack = push_cell(flow, *stack, ZAM_CELL_TRAP))) return LOAM_ERR_MEMORY;
  (*stack)->handler = (uint32_t)handler;
  (*stack)->sealed = true;
  return LOAM_OK;
}

// A module is complete with its SETGLOBAL, and nothing of its code is wanted again.
static bool ends_piece(const struct zam_flow *flow, const struct zam_insn *insn, const struct zam_cell *stack) {
  return flow->in_pieces && insn->op == ZAM_SETGLOBAL && !stack && insn->pc + insn->length < flow->code->count;
}

// One instruction. *goes_on: the next one is looked at for the first time, and is the last node.
static enum loam_err step(struct zam_flow *flow, uint32_t index, bool *goes_on) {
  struct zam_insn copy = flow->nodes[index].insn; // the array may move
  const struct zam_insn *insn = &copy;
  struct zam_cell *stack = flow->nodes[index].stack;
  if (flow->nodes[index].push && !(stack = push_cell(flow, stack, ZAM_CELL_VALUE))) return LOAM_ERR_MEMORY;
  flow->nodes[index].pushed = stack;
  if (insn->op == ZAM_EVENT || insn->op == ZAM_BREAK || insn->op == ZAM_GRAB || insn->op == ZAM_RESTART)
    return refuse(flow, insn->pc, "this instruction can't stand here");
  if (!take_inputs(insn, &stack) || !take_return(flow, insn, &stack))
    return refuse(flow, insn->pc, "what it takes is not on the stack");
  enum loam_err kind = insn->op == ZAM_PUSHTRAP ? push_trap(flow, insn, &stack) : push_outputs(flow, insn, &stack);
  if (insn->op == ZAM_PUSH || insn->op == ZAM_GETPUBMET) flow->nodes[index].pushed = stack;
  uint32_t labels = zam_insn_branches(insn->op) ? zam_insn_label_count(insn) : 0;
  if (insn->op == ZAM_SWITCH && !labels) return refuse(flow, insn->pc, "no cases");
  for (uint32_t i = 0; i < labels && kind == LOAM_OK; i++)
    kind = go_label(flow, insn->pc, zam_insn_label(flow->code, insn, i), stack);
  if (kind != LOAM_OK || !zam_insn_falls_through(insn->op)) return kind;
  if (!ends_piece(flow, insn, stack)) return go(flow, insn->pc, (int64_t)insn->pc + insn->length, stack, goes_on);
  flow->nodes[index].ends = true;
  flow->next = insn->pc + insn->length;
  return LOAM_OK;
}

// All that is reached: from each label as far as control falls through to what is new.
static enum loam_err follow(struct zam_flow *flow) {
  enum loam_err kind = LOAM_OK;
  while (kind == LOAM_OK && flow->pending_count) {
    uint32_t index = flow->pending[--flow->pending_count];
    ASSERT(flow->nodes[index].label, "zam.I13: word %u waits, and is no label", flow->nodes[index].insn.pc);
    for (bool goes_on = true; goes_on && kind == LOAM_OK; index = flow->node_count - 1) {
      goes_on = false;
      kind = step(flow, index, &goes_on);
    }
  }
  return kind;
}

// ---- the accumulator -----------------------------------------------------------------------------------------------

// Whether one of the nodes that may follow wants the accumulator; handlers are not among them.
static bool any_successor_wants(const struct zam_flow *flow, const struct zam_node *node) {
  const struct zam_insn *insn = &node->insn;
  if (!node->ends && zam_insn_falls_through(insn->op) && zam_flow_next(node)->acc_before) return true;
  uint32_t labels = zam_insn_branches(insn->op) ? zam_insn_label_count(insn) : 0;
  for (uint32_t i = 0; i < labels; i++)
    if (zam_flow_node(flow, (uint32_t)zam_insn_label(flow->code, insn, i))->acc_before) return true;
  return false;
}

// Lets `node` want it. True when that may matter for an instruction that the pass at hand has left behind, which is at
// node `at`.
static bool want(struct zam_node *node, const struct zam_node *at) {
  bool news = !node->acc_before;
  node->acc_before = true;
  return news && (node > at || node->loops);
}

// One instruction, backwards. Where one successor wants the accumulator, all get it: paths that leave an instruction
// leave the same operands.
static bool propagate(const struct zam_flow *flow, struct zam_node *node) {
  bool again = false, after = any_successor_wants(flow, node);
  const struct zam_insn *insn = &node->insn;
  ASSERT(node->ends || !zam_insn_falls_through(insn->op) ||
             (node + 1 < flow->nodes + flow->node_count && node[1].insn.pc == insn->pc + insn->length),
         "zam.I13: word %u falls through to no node", insn->pc);
  uint32_t labels = after && zam_insn_branches(insn->op) ? zam_insn_label_count(insn) : 0;
  for (uint32_t i = 0; i < labels; i++)
    again |= want(zam_flow_node(flow, (uint32_t)zam_insn_label(flow->code, insn, i)), node);
  if (labels && zam_insn_falls_through(insn->op)) again |= want(node + 1, node);
  if (zam_reads_acc(node) || (after && !zam_writes_acc(node))) again |= want(node, node);
  return again;
}

static void find_accumulator(const struct zam_flow *flow) {
  for (uint32_t i = 0; i < flow->node_count; i++) // an exception is in the accumulator
    if (flow->nodes[i].insn.op == ZAM_PUSHTRAP)
      zam_flow_node(flow, (uint32_t)zam_insn_label(flow->code, &flow->nodes[i].insn, 0))->acc_before = true;
  for (uint32_t i = 0; flow->watched && i < flow->node_count; i++) flow->nodes[i].acc_before = true;
  for (bool again = true; again;) {
    again = false;
    for (uint32_t i = flow->node_count; i-- > 0;) again |= propagate(flow, &flow->nodes[i]);
  }
}

// ---- the whole -----------------------------------------------------------------------------------------------------

static int by_word(const void *a, const void *b) {
  uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
  return (left > right) - (left < right);
}

// Where runs of nodes may begin, in order. NULL: no memory.
static uint32_t *find_starts(struct zam_flow *flow, uint32_t *count) {
  uint32_t *starts = arena_alloc(flow->memory, flow->node_count * sizeof *starts);
  *count = 0;
  for (uint32_t i = 0; starts && i < flow->node_count; i++)
    if (flow->nodes[i].label) starts[(*count)++] = flow->nodes[i].insn.pc;
  if (starts) qsort(starts, *count, sizeof *starts, by_word);
  return starts;
}

// Copies the nodes from `pc` on as far as control falls through. Returns how many.
static uint32_t copy_run(const struct zam_flow *flow, uint32_t pc, struct zam_node *out) {
  for (uint32_t count = 0;;) {
    const struct zam_node *node = zam_flow_node(flow, pc);
    out[count++] = *node;
    pc += node->insn.length;
    if (node->ends || !zam_insn_falls_through(node->insn.op)) return count;
  }
}

static bool reserve_spare(struct zam_scratch *scratch, uint32_t count) {
  if (count <= scratch->spare_room) return true;
  struct zam_node *spare = mem_resize(scratch->spare, count * sizeof *spare);
  if (!spare) return false;
  scratch->spare = spare;
  scratch->spare_room = count;
  return true;
}

// Puts the nodes in order, run by run. No instruction may start inside another one.
static enum loam_err sort_nodes(struct zam_flow *flow) {
  uint32_t start_count, count = 0;
  const uint32_t *starts = find_starts(flow, &start_count);
  struct zam_scratch *scratch = flow->scratch;
  if (!starts || !reserve_spare(scratch, flow->node_count)) return LOAM_ERR_MEMORY;
  struct zam_node *sorted = scratch->spare;
  for (uint32_t i = 0; i < start_count; i++)
    if (!count || sorted[count - 1].insn.pc < starts[i]) // it is in no run that began earlier
      count += copy_run(flow, starts[i], sorted + count);
  for (uint32_t i = 1; i < count; i++)
    if (sorted[i - 1].insn.pc + sorted[i - 1].insn.length > sorted[i].insn.pc) count = 0;
  for (uint32_t i = 0; i < count; i++) place_of(&flow->scratch->places, sorted[i].insn.pc)->node = i + 1;
  ASSERT(count <= flow->node_count, "zam.I13: %u nodes are put in order, of %u", count, flow->node_count);
  bool all = count == flow->node_count;
  uint32_t room = scratch->spare_room;
  scratch->spare = flow->nodes;
  scratch->spare_room = flow->node_room;
  flow->nodes = sorted;
  flow->node_room = room;
  return all ? LOAM_OK : refuse(flow, flow->entry, "an instruction lies inside another one");
}

// Numbers the variables: each is a local, in the order of the stack.
static void number_variables(struct zam_flow *flow) {
  for (uint32_t i = 0; i < flow->cell_count; i++) {
    struct zam_cell *cell = flow->cells[i];
    bool variable = cell->kind == ZAM_CELL_VALUE && zam_cell_is_variable(cell);
    cell->variables = flow->watched ? cell->depth : (cell->below ? cell->below->variables : 0) + variable;
  }
}

static void borrow(struct zam_flow *flow) {
  const struct zam_scratch *scratch = flow->scratch;
  flow->nodes = scratch->nodes;
  flow->node_room = scratch->node_room;
  flow->cells = scratch->cells;
  flow->cell_room = scratch->cell_room;
  flow->pending = scratch->pending;
  flow->pending_room = scratch->pending_room;
}

enum loam_err zam_flow_run(struct zam_flow *flow) {
  struct zam_cell *stack = NULL;
  borrow(flow);
  if (flow->code->count > CODE_WORDS_MAX) return refuse(flow, 0, "the code is too long");
  for (uint32_t i = 0; i < flow->params; i++) {
    if (!(stack = push_cell(flow, stack, ZAM_CELL_VALUE))) return LOAM_ERR_MEMORY;
    make_variable(stack);
  }
  flow->entry_stack = stack;
  enum loam_err kind = go_label(flow, flow->entry, flow->entry, stack);
  if (kind == LOAM_OK) kind = follow(flow);
  if (kind != LOAM_OK) return kind;
  kind = sort_nodes(flow);
  if (kind != LOAM_OK) return kind;
  find_accumulator(flow);
  number_variables(flow);
  return LOAM_OK;
}

void zam_flow_fini(struct zam_flow *flow) {
  struct zam_scratch *scratch = flow->scratch;
  scratch->nodes = flow->nodes;
  scratch->node_room = flow->node_room;
  scratch->cells = flow->cells;
  scratch->cell_room = flow->cell_room;
  scratch->pending = flow->pending;
  scratch->pending_room = flow->pending_room;
  if (scratch->places.room > SCRATCH_KEPT_MAX)
    zam_scratch_fini(scratch);
  else
    for (uint32_t i = 0; i < flow->node_count; i++) free_places(&scratch->places, flow->nodes[i].insn.pc);
}

void zam_scratch_fini(struct zam_scratch *scratch) {
  mem_free(scratch->places.places);
  mem_free(scratch->nodes);
  mem_free(scratch->spare);
  mem_free(scratch->cells);
  mem_free(scratch->pending);
  mem_free(scratch->insns);
  mem_free(scratch->lives);
  mem_free(scratch->patches);
  *scratch = (struct zam_scratch){0};
}
