// SPDX-License-Identifier: MIT
//
// hot_quick_select.c: which instructions have code of their own.
//
// An address is part of the loads and stores that use it, a comparison of the branch behind it, and a conversion that
// changes nothing is the value it converts. What nobody wants has no code either. From the instructions that must be,
// stores, calls and branches, goes back who reads what.
#define LOAM_HOT_MODULE
#include "hot/hot_quick_int.h"

#define CHAIN_MAX 12      // addresses of addresses
#define CONDITION_MAX 12  // conditions of conditions
#define FUSED_USERS_MAX 4 // a comparison is made again for each

static bool is_constant(struct quick_operand operand, int64_t n) {
  return operand.kind == QUICK_CONSTANT && operand.constant == n;
}

// Half of what an instruction can say: where a word is in the native frame is still to be added.
static bool fits_distance(int64_t n) { return n == (int32_t)n && 2 * n == (int32_t)(2 * n); }

// Are all bits from `bits` on 0 in the register of a value?
bool hot_quick_is_clean(const struct quick_function *f, struct quick_operand operand, unsigned bits) {
  ASSERT(bits > 0 && bits < 64, "bits from %u on are asked for", bits);
  operand = hot_quick_leaf(f, operand);
  if (operand.kind == QUICK_CONSTANT) return (uint64_t)operand.constant >> bits == 0;
  if (operand.kind != QUICK_VALUE) return false;
  const struct quick_insn *insn = &f->insns[operand.index];
  const struct quick_operand *o = insn->operands;
  switch (insn->op) {
  case QUICK_LSHR:
    if (insn->width == 64) return o[1].kind == QUICK_CONSTANT && o[1].constant >= 64 - (int64_t)bits;
    return insn->width == 32 && bits >= 32;
  case QUICK_AND:
    if (o[1].kind == QUICK_CONSTANT && o[1].constant >= 0 && (uint64_t)o[1].constant >> bits == 0) return true;
    return insn->width == 32 && bits >= 32;
  case QUICK_ADD:
  case QUICK_SUB:
  case QUICK_MUL:
  case QUICK_OR:
  case QUICK_XOR:
  case QUICK_SHL:
  case QUICK_ASHR: return insn->width == 32 && bits >= 32;
  case QUICK_ZEXT: return insn->from_width <= bits;
  case QUICK_LOAD: return insn->width <= bits && !insn->is_double;
  case QUICK_ICMP:
  case QUICK_FCMP:
  case QUICK_FLAG:
  case QUICK_POLL:
  case QUICK_TO_BIT: return true;
  default: return false;
  }
}

// A conversion that changes nothing, or one to more bits of a value whose other bits are 0.
static bool is_same(const struct quick_function *f, const struct quick_insn *insn) {
  if (insn->op == QUICK_SAME) return true;
  if (insn->op != QUICK_ZEXT) return false;
  const struct quick_operand of = insn->operands[0];
  return insn->from_width == 1 || (of.kind == QUICK_VALUE && hot_quick_is_clean(f, of, insn->from_width));
}

struct quick_operand hot_quick_leaf(const struct quick_function *f, struct quick_operand operand) {
  while (operand.kind == QUICK_VALUE && is_same(f, &f->insns[operand.index]))
    operand = f->insns[operand.index].operands[0];
  return operand;
}

// ---- addresses -----------------------------------------------------------------------------------------------------

// Takes up in an address what is added to one of its parts, as far as distances go.
static void absorb_sum(const struct quick_function *f, struct quick_operand *part, int64_t scale,
                       struct quick_address *address) {
  *part = hot_quick_leaf(f, *part);
  while (part->kind == QUICK_VALUE) {
    const struct quick_insn *insn = &f->insns[part->index];
    if (insn->op != QUICK_ADD || insn->width != 64 || insn->operands[1].kind != QUICK_CONSTANT) return;
    int64_t added = insn->operands[1].constant;
    if (!fits_distance(added) || !fits_distance(address->distance + added * scale)) return;
    address->distance = (int32_t)(address->distance + added * scale);
    *part = hot_quick_leaf(f, insn->operands[0]);
  }
}

static bool add_index(const struct quick_function *f, const struct quick_insn *insn, struct quick_address *address) {
  struct quick_operand index = hot_quick_leaf(f, insn->operands[1]);
  if (index.kind == QUICK_CONSTANT) {
    if (!fits_distance(index.constant)) return false;
    int64_t distance = address->distance + index.constant * insn->scale;
    if (!fits_distance(distance)) return false;
    address->distance = (int32_t)distance;
    return true;
  }
  if (index.kind != QUICK_VALUE || address->index.kind != QUICK_ANYTHING) return false;
  ASSERT(insn->scale == 1 || insn->scale == 2 || insn->scale == 4 || insn->scale == 8, "elements of %d bytes",
         insn->scale);
  address->index = index;
  address->shift = (uint8_t)__builtin_ctz((unsigned)insn->scale);
  absorb_sum(f, &address->index, insn->scale, address);
  if (address->index.kind == QUICK_VALUE) return true;
  address->index = index;
  return false;
}

struct quick_address hot_quick_address_of(const struct quick_function *f, struct quick_operand operand, bool own) {
  struct quick_address address = {.base = operand};
  for (unsigned i = 0; i < CHAIN_MAX; i++) {
    struct quick_operand leaf = hot_quick_leaf(f, address.base);
    address.base = leaf;
    if (leaf.kind != QUICK_VALUE) break;
    const struct quick_insn *insn = &f->insns[leaf.index];
    if (insn->op == QUICK_ALLOCA) {
      address.is_frame = true;
      address.distance += insn->scale;
      address.base = (struct quick_operand){.kind = QUICK_ANYTHING};
      break;
    }
    if (insn->op == QUICK_ADD && address.base.kind == QUICK_VALUE && !own) {
      uint32_t before = address.base.index;
      absorb_sum(f, &address.base, 1, &address);
      if (address.base.kind == QUICK_VALUE && address.base.index != before) continue;
      break;
    }
    struct quick_address before = address;
    if (insn->op != QUICK_ADDRESS || !add_index(f, insn, &address)) {
      address = before;
      break;
    }
    address.base = insn->operands[0];
    own = false;
  }
  address.base = hot_quick_leaf(f, address.base);
  ASSERT(!address.is_frame || address.base.kind == QUICK_ANYTHING, "an address of the native frame and value %u",
         address.base.index);
  if (address.base.kind == QUICK_CONSTANT && address.index.kind == QUICK_ANYTHING) { // all of it is known
    address.base.constant += address.distance;
    address.distance = 0;
  }
  return address;
}

// ---- comparisons ---------------------------------------------------------------------------------------------------

unsigned hot_quick_compared(const struct quick_function *f, const struct quick_insn *insn,
                            struct quick_operand compared[2]) {
  compared[0] = insn->operands[0];
  compared[1] = insn->operands[1];
  if (!insn->is_test && !insn->narrow) return insn->width;
  ASSERT(f->insns[insn->operands[0].index].op == QUICK_AND, "an operation %u is compared as if it were AND",
         f->insns[insn->operands[0].index].op);
  const struct quick_operand *masked = f->insns[insn->operands[0].index].operands;
  compared[0] = masked[0];
  if (insn->is_test) compared[1] = masked[1];
  return insn->is_test ? insn->width : insn->narrow;
}

// Is the AND of two values compared with 0, and nobody else wants it?
static bool is_test(const struct quick_function *f, const struct quick_insn *insn) {
  bool is_equality = insn->predicate == LLVMIntEQ || insn->predicate == LLVMIntNE;
  if (insn->op != QUICK_ICMP || !is_equality || !is_constant(insn->operands[1], 0)) return false;
  struct quick_operand left = insn->operands[0];
  if (left.kind != QUICK_VALUE) return false;
  const struct quick_insn *and = &f->insns[left.index];
  return and->op == QUICK_AND && and->users == 1 && and->width == insn->width;
}

// Are the lowest bits of a value compared with a constant of as many, and the AND that leaves them is for nobody else?
static uint8_t narrow_of(const struct quick_function *f, const struct quick_insn *insn) {
  if (insn->op != QUICK_ICMP || insn->is_test || insn->predicate > LLVMIntULE) return 0; // the others are signed
  struct quick_operand left = insn->operands[0], right = insn->operands[1];
  if (left.kind != QUICK_VALUE || right.kind != QUICK_CONSTANT) return 0;
  const struct quick_insn *and = &f->insns[left.index];
  if (and->op != QUICK_AND || and->users != 1 || and->width < 32) return 0;
  for (unsigned bits = 8; bits <= 16; bits *= 2)
    if (is_constant(and->operands[1], (INT64_C(1) << bits) - 1) && right.constant >> bits == 0) return (uint8_t)bits;
  return 0;
}

// ---- who reads what ------------------------------------------------------------------------------------------------

struct each {
  void (*fn)(void *context, uint32_t value);
  void *context;
};

const struct quick_insn *hot_quick_folded(const struct quick_function *f, struct quick_operand operand) {
  operand = hot_quick_leaf(f, operand);
  const struct quick_insn *insn = operand.kind == QUICK_VALUE ? &f->insns[operand.index] : NULL;
  return insn && insn->is_folded ? insn : NULL;
}

static void each_of_address(const struct quick_function *f, struct quick_operand operand, bool own,
                            const struct each *each);

static void each_leaf(const struct quick_function *f, struct quick_operand operand, const struct each *each) {
  const struct quick_insn *folded = hot_quick_folded(f, operand);
  operand = hot_quick_leaf(f, operand);
  if (folded)
    each_of_address(f, folded->operands[0], false, each);
  else if (operand.kind == QUICK_VALUE)
    each->fn(each->context, operand.index);
}

static void each_of_address(const struct quick_function *f, struct quick_operand operand, bool own,
                            const struct each *each) {
  struct quick_address address = hot_quick_address_of(f, operand, own);
  if (address.base.kind == QUICK_VALUE) each->fn(each->context, address.base.index);
  if (address.index.kind == QUICK_VALUE) each->fn(each->context, address.index.index);
}

static void each_compared(const struct quick_function *f, const struct quick_insn *insn, const struct each *each) {
  struct quick_operand compared[2];
  (void)hot_quick_compared(f, insn, compared);
  each_leaf(f, compared[0], each);
  each_leaf(f, compared[1], each);
}

// Does it combine conditions?
static bool is_logic(const struct quick_insn *insn) {
  if (insn->width != 1) return false;
  if (insn->op == QUICK_AND || insn->op == QUICK_OR) return true;
  if (insn->op == QUICK_XOR) return is_constant(insn->operands[1], 1);
  return insn->op == QUICK_SELECT && (is_constant(insn->operands[1], 1) || is_constant(insn->operands[2], 0));
}

// Of a condition: what is fused into its test.
static void each_of_condition(const struct quick_function *f, struct quick_operand operand, const struct each *each) {
  operand = hot_quick_leaf(f, operand);
  if (operand.kind != QUICK_VALUE) return;
  const struct quick_insn *insn = &f->insns[operand.index];
  if (!insn->is_fused) {
    each->fn(each->context, operand.index);
    return;
  }
  switch (insn->op) {
  case QUICK_ICMP:
  case QUICK_FCMP: each_compared(f, insn, each); return;
  case QUICK_POLL: each_of_address(f, insn->operands[0], false, each); return;
  case QUICK_FLAG: each_leaf(f, insn->operands[0], each); return;
  default:
    ASSERT(is_logic(insn), "operation %u of %u bits is part of a condition", insn->op, insn->width);
    for (uint32_t i = 0; i < insn->operand_count; i++) each_of_condition(f, insn->operands[i], each);
  }
}

void hot_quick_each_read(const struct quick_function *f, const struct quick_insn *insn,
                         void (*fn)(void *context, uint32_t value), void *context) {
  const struct each each = {fn, context};
  switch (insn->op) {
  case QUICK_PHI:
  case QUICK_PARAM:
  case QUICK_ALLOCA: return;
  case QUICK_ICMP:
  case QUICK_FCMP: each_compared(f, insn, &each); return;
  case QUICK_BRANCH_IF: each_of_condition(f, insn->operands[0], &each); return;
  case QUICK_SELECT:
    each_of_condition(f, insn->operands[0], &each);
    each_leaf(f, insn->operands[1], &each);
    each_leaf(f, insn->operands[2], &each);
    return;
  case QUICK_LOAD:
  case QUICK_POLL: each_of_address(f, insn->operands[0], false, &each); return;
  case QUICK_STORE:
    each_leaf(f, insn->operands[0], &each);
    each_of_address(f, insn->operands[1], false, &each);
    return;
  case QUICK_ADDRESS: {
    struct quick_operand self = {.kind = QUICK_VALUE, .index = (uint32_t)(insn - f->insns)};
    struct quick_address address = hot_quick_address_of(f, self, true);
    if (address.base.kind == QUICK_VALUE && address.base.index == self.index) { // it is no such sum
      each_leaf(f, insn->operands[0], &each);
      each_leaf(f, insn->operands[1], &each);
      return;
    }
    each_of_address(f, self, true, &each);
    return;
  }
  default:
    for (uint32_t i = 0; i < insn->operand_count; i++) each_leaf(f, insn->operands[i], &each);
  }
}

// ---- conditions ----------------------------------------------------------------------------------------------------

static bool is_condition_of(const struct quick_insn *user, uint32_t i) {
  if (user->op == QUICK_BRANCH_IF) return true;
  if (user->op == QUICK_SELECT && i == 0) return true;
  return user->is_fused && is_logic(user);
}

// The flag of a sum is branched on right behind it.
static bool is_flag_at_end(const struct quick_function *f, uint32_t number) {
  const struct quick_insn *flag = &f->insns[number];
  uint32_t last = f->blocks[flag->block].end - 1, sum = flag->operands[0].index;
  if (f->insns[last].op != QUICK_BRANCH_IF || f->insns[last].operands[0].index != number) return false;
  for (uint32_t i = sum + 1; i < last; i++)
    if (f->insns[i].op != QUICK_FLAG && f->insns[i].op != QUICK_SAME) return false;
  return sum >= f->blocks[flag->block].first;
}

static bool may_fuse(const struct quick_function *f, uint32_t number) {
  const struct quick_insn *insn = &f->insns[number];
  switch (insn->op) {
  case QUICK_ICMP: return insn->users <= FUSED_USERS_MAX;
  case QUICK_FCMP: return insn->users == 1;
  case QUICK_FLAG: return insn->users == 1 && is_flag_at_end(f, number);
  default: return insn->users == 1 && is_logic(insn);
  }
}

// Which conditions are tested where they are branched on: users before what they use, however far that goes.
static void fuse_conditions(struct quick_function *f, uint32_t *named) {
  for (unsigned round = 0; round < CONDITION_MAX; round++) {
    bool changed = false;
    for (uint32_t i = 0; i < f->insn_count; i++) named[i] = 0;
    for (uint32_t i = 0; i < f->insn_count; i++)
      for (uint32_t k = 0; k < f->insns[i].operand_count; k++) {
        const struct quick_operand *o = &f->insns[i].operands[k];
        named[o->kind == QUICK_VALUE ? o->index : i] += o->kind == QUICK_VALUE && is_condition_of(&f->insns[i], k);
      }
    for (uint32_t i = 0; i < f->insn_count; i++) {
      struct quick_insn *insn = &f->insns[i];
      if (insn->is_fused || !insn->users || named[i] != insn->users || !may_fuse(f, i)) continue;
      insn->is_fused = true;
      changed = true;
    }
    if (!changed) break;
  }
}

// A poll is a comparison: `is it not 0` as a number, which is compared with 0 again. Read twice it could differ, so it
// is part of its comparison only where that has one user.
static void fuse_polls(struct quick_function *f) {
  for (uint32_t i = 0; i < f->insn_count; i++) {
    struct quick_insn *insn = &f->insns[i];
    if (insn->op != QUICK_ICMP || !insn->is_fused || insn->users != 1 || !is_constant(insn->operands[1], 0)) continue;
    struct quick_operand left = insn->operands[0];
    if (left.kind != QUICK_VALUE || f->insns[left.index].op != QUICK_POLL || f->insns[left.index].users != 1) continue;
    if (insn->predicate != LLVMIntEQ && insn->predicate != LLVMIntNE) continue;
    *insn = (struct quick_insn){.op = QUICK_POLL,
                                .predicate = insn->predicate,
                                .is_fused = true,
                                .block = insn->block,
                                .users = 1,
                                .width = 1,
                                .operand_count = 1,
                                .operands = f->insns[left.index].operands,
                                .scale = f->insns[left.index].scale};
    f->insns[left.index].op = QUICK_NOTHING;
    f->insns[left.index].operand_count = 0;
  }
}

// ---- loads ---------------------------------------------------------------------------------------------------------

// The load that an operand is, if nobody else wants it.
static uint32_t only_load(const struct quick_function *f, struct quick_operand operand) {
  while (operand.kind == QUICK_VALUE && f->insns[operand.index].users == 1) {
    const struct quick_insn *insn = &f->insns[operand.index];
    if (insn->op == QUICK_LOAD) return insn->is_ordered ? QUICK_NONE : operand.index;
    if (insn->op != QUICK_SAME) break;
    operand = insn->operands[0];
  }
  return QUICK_NONE;
}

// Where the result of a fused condition is wanted.
static uint32_t test_of(const struct quick_function *f, const uint32_t *user, uint32_t number) {
  while (number != QUICK_NONE && f->insns[number].is_fused)
    number = f->insns[number].users == 1 ? user[number] : QUICK_NONE;
  return number;
}

// A load may wait until its word is wanted, if nothing is written in between.
static void fold_load(struct quick_function *f, struct quick_operand operand, uint32_t until) {
  uint32_t load = only_load(f, operand);
  if (load == QUICK_NONE || until == QUICK_NONE || load > until) return;
  if (f->insns[load].block != f->insns[until].block) return;
  for (uint32_t i = load + 1; i < until; i++)
    if (f->insns[i].op == QUICK_STORE || f->insns[i].op == QUICK_CALL) return;
  ASSERT(f->insns[load].users == 1 && !f->insns[load].is_ordered, "load %u, which %u want, waits until %u", load,
         f->insns[load].users, until);
  f->insns[load].is_folded = true;
}

static void fold_loads(struct quick_function *f, uint32_t *user) {
  for (uint32_t i = 0; i < f->insn_count; i++)
    for (uint32_t k = 0; k < f->insns[i].operand_count; k++)
      if (f->insns[i].operands[k].kind == QUICK_VALUE) user[f->insns[i].operands[k].index] = i;
  for (uint32_t i = 0; i < f->insn_count; i++) {
    const struct quick_insn *insn = &f->insns[i];
    if (insn->op == QUICK_ICMP && insn->users) {
      struct quick_operand compared[2];
      (void)hot_quick_compared(f, insn, compared);
      fold_load(f, compared[0], insn->is_fused ? test_of(f, user, i) : i);
    }
    if (insn->op >= QUICK_FADD && insn->op <= QUICK_FDIV) fold_load(f, insn->operands[1], i);
  }
}

// ---- what must be --------------------------------------------------------------------------------------------------

struct wanting {
  struct quick_function *f;
  uint32_t *stack, depth;
};

static void want(void *context, uint32_t value) {
  struct wanting *wanting = context;
  const struct quick_insn *insn = &wanting->f->insns[value];
  ASSERT(!insn->is_fused && !insn->is_folded && insn->op != QUICK_NOTHING,
         "value %u of kind %u is wanted: fused %d, folded %d", value, insn->op, insn->is_fused, insn->is_folded);
  if (wanting->f->insns[value].is_emitted) return;
  wanting->f->insns[value].is_emitted = true;
  wanting->stack[wanting->depth++] = value;
}

static bool must_be(const struct quick_insn *insn) {
  switch (insn->op) {
  case QUICK_PARAM:
  case QUICK_STORE:
  case QUICK_CALL:
  case QUICK_JUMP:
  case QUICK_BRANCH:
  case QUICK_BRANCH_IF:
  case QUICK_SWITCH:
  case QUICK_END: return true;
  default: return false;
  }
}

// A flag that isn't branched on at once is taken right behind its sum.
static bool are_flags_near(struct quick_function *f) {
  for (uint32_t i = 0; i < f->insn_count; i++) {
    const struct quick_insn *insn = &f->insns[i];
    if (insn->op != QUICK_FLAG || !insn->is_emitted) continue;
    uint32_t sum = insn->operands[0].index;
    for (uint32_t k = sum + 1; k < i; k++)
      if (f->insns[k].is_emitted) return false;
    if (i < sum) return false;
  }
  return true;
}

bool hot_quick_select(struct quick_function *f) {
  uint32_t *stack = hot_quick_array(f, f->insn_count, sizeof *stack);
  if (!stack) return false;
  for (uint32_t i = 0; i < f->insn_count; i++) {
    f->insns[i].is_test = is_test(f, &f->insns[i]);
    f->insns[i].narrow = narrow_of(f, &f->insns[i]);
  }
  fuse_conditions(f, stack);
  fuse_polls(f);
  fold_loads(f, stack);
  struct wanting wanting = {.f = f, .stack = stack};
  for (uint32_t i = 0; i < f->insn_count; i++)
    if (must_be(&f->insns[i])) want(&wanting, i);
  while (wanting.depth) {
    uint32_t number = stack[--wanting.depth];
    const struct quick_insn *insn = &f->insns[number];
    hot_quick_each_read(f, insn, want, &wanting);
    const struct each each = {want, &wanting};
    for (uint32_t k = 0; insn->op == QUICK_PHI && k < insn->operand_count; k++) each_leaf(f, insn->operands[k], &each);
  }
  if (!are_flags_near(f)) f->failure = "an overflow that is asked for later";
  return !f->failure;
}
