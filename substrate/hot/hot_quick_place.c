// SPDX-License-Identifier: MIT
//
// hot_quick_place.c: a register, or a word of the native frame, for each value.
//
// A value has one place for all its life: where it is read is what the code of an instruction can be, so nothing is
// moved between blocks but for joins. What a join takes comes in the same place wherever their lives don't overlap
// (`join_phis`). Then each group of values gets a register in the order of what it gains by it, for the time it takes
// it: Chow's and Hennessy's priorities, without splitting. What is only read where code leaves gains next to nothing,
// so it is in memory when registers are short, and x86 reads it there. Lives have holes: a value that lives in cold
// blocks at the function's end is not in the way of what lies between. Over a call what is in a register that the
// callee may use is stored before and loaded behind it (hot_quick_branch.c), which counts against such registers.
#define LOAM_HOT_MODULE
#include "hot/hot_quick_int.h"

#include <stdlib.h>

#define COLD_COST 1e-6f // so that what is never run has an order, too
#define COLD_AREA 0.05f // nobody waits for a register there

struct use {
  uint32_t value, position;
};

struct placing {
  struct quick_function *f;
  struct use *uses; // in the order of instructions; then sorted by value
  uint32_t use_count;
  uint32_t position;               // of the uses that are being noted
  uint32_t *ways_in, *ways_at;     // of block b: [ways_at[b], ways_at[b + 1])
  uint32_t *last, *seen, *touched; // of a value: by block, the end of its life there; whether it was met; which were
  uint32_t touched_count, stamp;
  uint32_t *stack;
  uint64_t *taken[QUICK_REGISTERS]; // by position
  uint32_t *calls, call_count;      // instructions that call C functions
};

// ---- lives ---------------------------------------------------------------------------------------------------------

static void note_use(void *context, uint32_t value) {
  struct placing *p = context;
  if (p->uses) p->uses[p->use_count] = (struct use){value, p->position};
  p->use_count++;
}

static void note_uses(struct placing *p) {
  const struct quick_function *f = p->f;
  for (uint32_t i = 0; i < f->insn_count; i++) {
    const struct quick_insn *insn = &f->insns[i];
    if (!insn->is_emitted) continue;
    p->position = 2 * i;
    hot_quick_each_read(f, insn, note_use, p);
    for (uint32_t k = 0; insn->op == QUICK_PHI && k < insn->operand_count; k++) {
      struct quick_operand leaf = hot_quick_leaf(f, insn->operands[k]);
      p->position = 2 * f->blocks[insn->targets[k]].end - 1;
      if (leaf.kind == QUICK_VALUE) note_use(p, leaf.index);
    }
  }
}

static int by_value(const void *a, const void *b) {
  const struct use *one = a, *other = b;
  if (one->value != other->value) return one->value < other->value ? -1 : 1;
  return one->position < other->position ? -1 : one->position > other->position;
}

static bool find_ways_in(struct placing *p) {
  struct quick_function *f = p->f;
  uint32_t count = 0;
  p->ways_at = hot_quick_array(f, f->block_count + 1, sizeof *p->ways_at);
  if (!p->ways_at) return false;
  for (uint32_t b = 0; b < f->block_count; b++) {
    p->ways_at[b] = count;
    count += f->blocks[b].way_count;
  }
  p->ways_in = hot_quick_array(f, count, sizeof *p->ways_in);
  if (!p->ways_in) return false;
  for (uint32_t b = 0; b < f->block_count; b++)
    for (uint32_t k = 0; k < f->blocks[b].target_count; k++) p->ways_in[p->ways_at[f->blocks[b].targets[k]]++] = b;
  ASSERT(!f->block_count || p->ways_at[f->block_count - 1] == count, "%u of %u ways lead to blocks",
         p->ways_at[f->block_count - 1], count);
  for (uint32_t b = f->block_count; b > 0; b--) p->ways_at[b] = p->ways_at[b - 1];
  p->ways_at[0] = 0;
  return true;
}

static uint32_t made_at(const struct quick_function *f, uint32_t value) {
  const struct quick_insn *insn = &f->insns[value];
  if (insn->op == QUICK_PARAM) return 0;
  return insn->op == QUICK_PHI ? 2 * f->blocks[insn->block].first : 2 * value + 1;
}

static void touch(struct placing *p, uint32_t block, uint32_t end) {
  if (p->seen[block] != p->stamp) {
    p->seen[block] = p->stamp;
    p->last[block] = 0;
    p->touched[p->touched_count++] = block;
  }
  if (p->last[block] < end) p->last[block] = end;
}

static int by_number(const void *a, const void *b) {
  uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;
  return one < other ? -1 : one > other;
}

// Where a value lives, from its uses: backwards from each to where it is made.
static bool find_life(struct placing *p, uint32_t value, const struct use *uses, uint32_t count) {
  struct quick_function *f = p->f;
  struct quick_group *group = &f->groups[value];
  uint32_t home = f->insns[value].block, depth = 0;
  ASSERT(f->insns[value].is_emitted, "value %u, which %u read, has no code", value, count);
  p->touched_count = 0;
  p->stamp++;
  for (uint32_t i = 0; i < count; i++) {
    uint32_t block = f->insns[uses[i].position / 2].block;
    bool is_new = p->seen[block] != p->stamp;
    touch(p, block, uses[i].position + 1);
    group->uses += f->blocks[block].weight + COLD_COST;
    if (is_new && block != home) p->stack[depth++] = block;
  }
  group->uses += f->blocks[home].weight + COLD_COST;
  while (depth) { // it is alive where this block begins
    uint32_t block = p->stack[--depth];
    for (uint32_t i = p->ways_at[block]; i < p->ways_at[block + 1]; i++) {
      uint32_t from = p->ways_in[i];
      bool is_new = p->seen[from] != p->stamp;
      touch(p, from, 2 * f->blocks[from].end);
      if (is_new && from != home) p->stack[depth++] = from;
    }
  }
  qsort(p->touched, p->touched_count, sizeof *p->touched, by_number);
  group->ranges = hot_quick_array(f, p->touched_count, sizeof *group->ranges);
  if (!group->ranges) return false;
  for (uint32_t i = 0; i < p->touched_count; i++) {
    const struct quick_block *block = &f->blocks[p->touched[i]];
    uint32_t start = p->touched[i] == home ? made_at(f, value) : 2 * block->first, end = p->last[p->touched[i]];
    ASSERT(start < end, "value %u lives from %u to %u in block %u", value, start, end, p->touched[i]);
    group->area += (block->is_cold ? COLD_AREA : 1) * (float)(end - start);
    struct quick_range *before = group->range_count ? &group->ranges[group->range_count - 1] : NULL;
    if (before && before->end == start)
      before->end = end;
    else
      group->ranges[group->range_count++] = (struct quick_range){start, end};
  }
  return true;
}

static bool find_lives(struct placing *p) {
  struct quick_function *f = p->f;
  note_uses(p); // their number
  p->uses = hot_quick_array(f, p->use_count, sizeof *p->uses);
  f->groups = hot_quick_array(f, f->insn_count, sizeof *f->groups);
  if (f->no_memory) return false;
  p->use_count = 0;
  note_uses(p);
  qsort(p->uses, p->use_count, sizeof *p->uses, by_value);
  for (uint32_t i = 0; i < f->insn_count; i++)
    f->groups[i] = (struct quick_group){.parent = i,
                                        .wish = QUICK_NO_REGISTER,
                                        .reg = QUICK_NO_REGISTER,
                                        .slot = -1,
                                        .is_double = f->insns[i].is_double};
  for (uint32_t i = 0, next; i < p->use_count; i = next) {
    for (next = i; next < p->use_count && p->uses[next].value == p->uses[i].value;) next++;
    if (!find_life(p, p->uses[i].value, &p->uses[i], next - i)) return false;
  }
  return true;
}

bool hot_quick_lives_at(const struct quick_group *group, uint32_t position) {
  uint32_t low = 0, high = group->range_count;
  while (low < high) {
    uint32_t middle = (low + high) / 2;
    if (group->ranges[middle].end <= position)
      low = middle + 1;
    else
      high = middle;
  }
  return low < group->range_count && group->ranges[low].start <= position;
}

// ---- groups --------------------------------------------------------------------------------------------------------

static bool overlap(const struct quick_group *a, const struct quick_group *b) {
  for (uint32_t i = 0, k = 0; i < a->range_count && k < b->range_count;) {
    if (a->ranges[i].end <= b->ranges[k].start)
      i++;
    else if (b->ranges[k].end <= a->ranges[i].start)
      k++;
    else
      return true;
  }
  return false;
}

static void join(struct quick_function *f, struct quick_group *into, struct quick_group *from) {
  struct quick_range *ranges = hot_quick_array(f, into->range_count + from->range_count, sizeof *ranges);
  if (!ranges) return;
  uint32_t count = 0;
  for (uint32_t i = 0, k = 0; i < into->range_count || k < from->range_count;) {
    bool first = k == from->range_count || (i < into->range_count && into->ranges[i].start < from->ranges[k].start);
    struct quick_range range = first ? into->ranges[i++] : from->ranges[k++];
    ASSERT(!count || ranges[count - 1].end <= range.start, "hot.I11: values that live to %u and from %u on are joined",
           ranges[count - 1].end, range.start);
    if (count && ranges[count - 1].end == range.start)
      ranges[count - 1].end = range.end;
    else
      ranges[count++] = range;
  }
  into->ranges = ranges;
  into->range_count = count;
  into->uses += from->uses;
  into->area += from->area;
  from->parent = into->parent;
}

static void befriend(struct quick_group *a, struct quick_group *b) {
  if (a == b || a->is_double != b->is_double) return;
  if (a->friend_count < COUNT_OF(a->friends)) a->friends[a->friend_count++] = b->parent;
  if (b->friend_count < COUNT_OF(b->friends)) b->friends[b->friend_count++] = a->parent;
}

// One place for a value and an operand, unless both are wanted at once.
static bool join_values(struct quick_function *f, uint32_t value, struct quick_operand operand) {
  operand = hot_quick_leaf(f, operand);
  if (operand.kind != QUICK_VALUE || hot_quick_folded(f, operand)) return false;
  struct quick_group *to = hot_quick_group_of(f, value), *from = hot_quick_group_of(f, operand.index);
  if (to == from) return true;
  if (to->is_double != from->is_double || overlap(to, from)) return false;
  join(f, to, from);
  return true;
}

// A join and what comes to it become one, inner loops first.
static void join_phis(struct placing *p) {
  struct quick_function *f = p->f;
  uint32_t deepest = 0;
  for (uint32_t b = 0; b < f->block_count; b++)
    if (f->blocks[b].depth > deepest) deepest = f->blocks[b].depth;
  for (uint32_t depth = deepest + 1; depth-- > 0;)
    for (uint32_t i = 0; i < f->insn_count; i++) {
      const struct quick_insn *insn = &f->insns[i];
      if (insn->op != QUICK_PHI || !insn->is_emitted || f->blocks[insn->block].depth != depth) continue;
      for (uint32_t k = 0; k < insn->operand_count; k++) (void)join_values(f, i, insn->operands[k]);
    }
}

// An instruction computes in the place of its first operand. A sum need not.
static bool computes_in_place(const struct quick_insn *insn) {
  return (insn->op > QUICK_ADD && insn->op <= QUICK_FSQRT) || insn->op == QUICK_OVERFLOW || insn->op == QUICK_CHOOSE;
}

// A result and the operand in whose place it is made become one, where that operand isn't wanted any more. Choices
// come first: a move before them would stand between what loops compute and their next round.
static void join_results(struct placing *p) {
  struct quick_function *f = p->f;
  for (uint32_t i = 0; i < f->insn_count; i++) {
    const struct quick_insn *insn = &f->insns[i];
    if (!insn->is_emitted || insn->op != QUICK_SELECT || f->blocks[insn->block].is_cold) continue;
    if (!join_values(f, i, insn->operands[2])) (void)join_values(f, i, insn->operands[1]);
  }
  for (uint32_t i = 0; i < f->insn_count; i++) {
    const struct quick_insn *insn = &f->insns[i];
    if (!insn->is_emitted || !computes_in_place(insn) || f->blocks[insn->block].is_cold) continue;
    if (join_values(f, i, insn->operands[0])) continue;
    if (hot_quick_is_commutative(insn->op)) (void)join_values(f, i, insn->operands[1]);
  }
}

static void wish(struct quick_function *f, struct quick_operand operand, uint8_t reg) {
  operand = hot_quick_leaf(f, operand);
  if (operand.kind != QUICK_VALUE || reg == RCX) return;
  struct quick_group *group = hot_quick_group_of(f, operand.index);
  if (group->wish == QUICK_NO_REGISTER && !group->is_double) group->wish = reg;
}

// What saves moves: parameters stay where they come, arguments are made where they go, and a result where its first
// operand is.
static void find_wishes(struct placing *p) {
  struct quick_function *f = p->f;
  for (uint32_t i = 0; i < QUICK_PARAMS; i++)
    wish(f, (struct quick_operand){.kind = QUICK_VALUE, .index = i}, hot_quick_jump_registers[i]);
  for (uint32_t i = 0; i < f->insn_count; i++) {
    const struct quick_insn *insn = &f->insns[i];
    if (!insn->is_emitted) continue;
    if (insn->op == QUICK_JUMP && !f->blocks[insn->block].is_cold)
      for (uint32_t k = 0; k < QUICK_PARAMS; k++) wish(f, insn->operands[k], hot_quick_jump_registers[k]);
    if (insn->op == QUICK_CALL && !f->blocks[insn->block].is_cold)
      for (uint32_t k = 0; k + 1 < insn->operand_count && k < QUICK_WORDS_PASSED; k++)
        wish(f, insn->operands[k], hot_quick_call_registers[k]);
    bool takes_first =
        computes_in_place(insn) || insn->op == QUICK_ADD || insn->op == QUICK_ZEXT || insn->op == QUICK_PHI;
    for (uint32_t k = 0; k < insn->operand_count; k++) {
      if (!takes_first && insn->op != QUICK_SELECT) break;
      if (insn->op != QUICK_PHI && k != (insn->op == QUICK_SELECT ? 2 : 0)) continue;
      struct quick_operand leaf = hot_quick_leaf(f, insn->operands[k]);
      if (leaf.kind == QUICK_VALUE) befriend(hot_quick_group_of(f, i), hot_quick_group_of(f, leaf.index));
    }
  }
}

// ---- registers -----------------------------------------------------------------------------------------------------

static bool any_bit(const uint64_t *bits, struct quick_range range) {
  uint32_t first = range.start / 64, last = (range.end - 1) / 64;
  for (uint32_t i = first; i <= last; i++) {
    uint64_t word = bits[i];
    if (i == first) word &= ~UINT64_C(0) << range.start % 64;
    if (i == last) word &= ~UINT64_C(0) >> (63 - (range.end - 1) % 64);
    if (word) return true;
  }
  return false;
}

static void set_bits(uint64_t *bits, struct quick_range range) {
  ASSERT(range.start < range.end, "a range from %u to %u", range.start, range.end);
  for (uint32_t i = range.start; i < range.end;) {
    uint32_t next = (i / 64 + 1) * 64 < range.end ? (i / 64 + 1) * 64 : range.end;
    bits[i / 64] |= (~UINT64_C(0) >> (64 - (next - i))) << i % 64;
    i = next;
  }
}

static bool is_free(const struct placing *p, unsigned reg, const struct quick_group *group) {
  if (!p->taken[reg]) return false;
  for (uint32_t i = 0; i < group->range_count; i++)
    if (any_bit(p->taken[reg], group->ranges[i])) return false;
  return true;
}

// Registers of values; those that C functions keep come last. RBP is kept by handlers, too.
static const uint8_t words[] = {RDX, RSI, RDI, R8, R9, R10, R11, RBX, R12, R13, R14, R15};
static const uint8_t doubles[] = {XMM0,     XMM0 + 1, XMM0 + 2, XMM0 + 3,  XMM0 + 4,  XMM0 + 5,  XMM0 + 6,
                                  XMM0 + 7, XMM0 + 8, XMM0 + 9, XMM0 + 10, XMM0 + 11, XMM0 + 12, XMM0 + 13};

bool hot_quick_is_kept(uint8_t reg) { return reg == RBX || (reg >= R12 && reg <= R15); }

// What it costs to store and load a group around calls.
static float call_cost(const struct placing *p, const struct quick_group *group) {
  float cost = 0;
  for (uint32_t i = 0; i < p->call_count; i++) {
    uint32_t call = p->calls[i];
    if (hot_quick_lives_at(group, 2 * call) && hot_quick_lives_at(group, 2 * call + 1))
      cost += 2 * (p->f->blocks[p->f->insns[call].block].weight + COLD_COST);
  }
  return cost;
}

static uint8_t choose(const struct placing *p, const struct quick_group *group, float calls) {
  bool may_be_lost = calls < group->uses; // else memory is as good as a register that calls don't keep
  uint8_t reg = group->wish;
  if (reg != QUICK_NO_REGISTER && (may_be_lost || hot_quick_is_kept(reg)) && is_free(p, reg, group)) return reg;
  for (unsigned i = 0; i < group->friend_count; i++) {
    reg = hot_quick_group_of(p->f, group->friends[i])->reg;
    if (reg != QUICK_NO_REGISTER && (calls == 0 || hot_quick_is_kept(reg)) && is_free(p, reg, group)) return reg;
  }
  uint32_t count = group->is_double ? COUNT_OF(doubles) : COUNT_OF(words);
  for (uint32_t i = 0; i < count; i++) {
    reg = group->is_double ? doubles[i] : words[calls > 0 ? count - 1 - i : i];
    if ((may_be_lost || hot_quick_is_kept(reg)) && is_free(p, reg, group)) return reg;
  }
  return QUICK_NO_REGISTER;
}

static int32_t new_slot(struct quick_function *f) {
  f->frame_bytes += 8;
  return f->frame_bytes - 8;
}

static void place_group(struct placing *p, struct quick_group *group) {
  float calls = call_cost(p, group);
  group->reg = choose(p, group, calls);
  bool is_kept = group->reg != QUICK_NO_REGISTER && (calls == 0 || hot_quick_is_kept(group->reg));
  if (!is_kept) group->slot = new_slot(p->f);
  ASSERT(group->reg != RAX && group->reg != RCX && group->reg != RSP && group->reg != RBP,
         "a value is in register %u, which isn't for values", group->reg);
  if (group->reg == QUICK_NO_REGISTER) return;
  ASSERT(group->is_double == (group->reg >= XMM0), "a value is in register %u; a double: %d", group->reg,
         group->is_double);
  for (uint32_t i = 0; i < group->range_count; i++) set_bits(p->taken[group->reg], group->ranges[i]);
}

struct priority {
  float gain;
  uint32_t group;
};

static int by_gain(const void *a, const void *b) {
  const struct priority *one = a, *other = b;
  if (one->gain != other->gain) return one->gain > other->gain ? -1 : 1;
  return one->group < other->group ? -1 : one->group > other->group;
}

static bool open_registers(struct placing *p) {
  struct quick_function *f = p->f;
  size_t size = (2 * (size_t)f->insn_count + 64) / 64 + 1;
  for (unsigned i = 0; i < COUNT_OF(words); i++) p->taken[words[i]] = hot_quick_array(f, size, sizeof(uint64_t));
  for (unsigned i = 0; i < COUNT_OF(doubles); i++) p->taken[doubles[i]] = hot_quick_array(f, size, sizeof(uint64_t));
  p->calls = hot_quick_array(f, f->insn_count, sizeof *p->calls);
  if (f->no_memory) return false;
  for (uint32_t i = 0; i < f->insn_count; i++) {
    const struct quick_insn *insn = &f->insns[i];
    if (!insn->is_emitted) continue;
    if (insn->op == QUICK_CALL) p->calls[p->call_count++] = i;
    if (insn->op >= QUICK_SDIV && insn->op <= QUICK_UREM)
      set_bits(p->taken[RDX], (struct quick_range){2 * i, 2 * i + 2}); // the dividend's upper half
  }
  return true;
}

static bool place_groups(struct placing *p) {
  struct quick_function *f = p->f;
  struct priority *order = hot_quick_array(f, f->insn_count, sizeof *order);
  if (!order || !open_registers(p)) return false;
  uint32_t count = 0;
  for (uint32_t i = 0; i < f->insn_count; i++) {
    const struct quick_group *group = &f->groups[i];
    if (group->parent == i && group->range_count) order[count++] = (struct priority){group->uses / group->area, i};
  }
  qsort(order, count, sizeof *order, by_gain);
  for (uint32_t i = 0; i < count; i++) place_group(p, &f->groups[order[i].group]);
  return true;
}

static bool is_placed(const struct quick_function *f, uint32_t group) {
  return f->groups[group].parent == group && f->groups[group].range_count;
}

// --verify=ir: all against all.
static void verify_places(const struct quick_function *f) {
  for (uint32_t i = 0; i < f->insn_count; i++) {
    const struct quick_group *one = &f->groups[i];
    for (uint32_t k = i + 1; is_placed(f, i) && k < f->insn_count; k++) {
      const struct quick_group *other = &f->groups[k];
      bool same = one->reg == other->reg && (one->reg != QUICK_NO_REGISTER || one->slot == other->slot);
      CHECK(!same || !is_placed(f, k) || !overlap(one, other),
            "hot.I11: values %u and %u are both in register %u, or at %d", i, k, one->reg, one->slot);
    }
  }
}

bool hot_quick_place(struct quick_function *f) {
  struct placing p = {.f = f};
  p.last = hot_quick_array(f, f->block_count, sizeof *p.last);
  p.seen = hot_quick_array(f, f->block_count, sizeof *p.seen);
  p.touched = hot_quick_array(f, f->block_count, sizeof *p.touched);
  p.stack = hot_quick_array(f, f->block_count, sizeof *p.stack);
  if (f->no_memory || !find_ways_in(&p) || !find_lives(&p)) return false;
  join_phis(&p);
  join_results(&p);
  if (f->no_memory) return false;
  find_wishes(&p);
  if (!place_groups(&p)) return false;
  if (f->verify) verify_places(f);
  return true;
}
