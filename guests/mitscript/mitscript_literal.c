// SPDX-License-Identifier: MIT
//
// mitscript_literal.c: finds records' literals in the course's bytecode, which has no instruction for them.
//
// One walk over a function's instructions, that knows how many operands there are since a place where it last knew
// nothing, and which literals are open. Each instruction takes operands from the top; one that would take a copy of an
// open literal's record, other than its next field_store, closes that literal, and it stays what it is. So do branches
// and what they lead to: expressions have none.
#include "mitscript_literal.h"

struct search {
  const struct mit_function *function;
  struct arena *arena;
  struct mit_literal **by_insn;
  const bool *targets;      // by instruction: something branches there
  struct mit_literal *open; // the innermost one
  uint32_t depth;           // operands, above what was there when the first open literal began
};

// What expressions are made of, and how many operands each takes and leaves. The first and the last depend on more.
struct effect {
  bool known;
  uint8_t takes, leaves;
};
static const struct effect effects[MIT_OPCODE_COUNT] = {
    [MIT_LOAD_CONST] = {true, 0, 1},    [MIT_LOAD_FUNC] = {true, 0, 1},
    [MIT_LOAD_LOCAL] = {true, 0, 1},    [MIT_LOAD_GLOBAL] = {true, 0, 1},
    [MIT_PUSH_REF] = {true, 0, 1},      [MIT_LOAD_REF] = {true, 1, 1},
    [MIT_ALLOC_RECORD] = {true, 0, 1},  [MIT_FIELD_LOAD] = {true, 1, 1},
    [MIT_FIELD_STORE] = {true, 2, 0},   [MIT_INDEX_LOAD] = {true, 2, 1},
    [MIT_ADD] = {true, 2, 1},           [MIT_SUB] = {true, 2, 1},
    [MIT_MUL] = {true, 2, 1},           [MIT_DIV] = {true, 2, 1},
    [MIT_NEG] = {true, 1, 1},           [MIT_GT] = {true, 2, 1},
    [MIT_GEQ] = {true, 2, 1},           [MIT_EQ] = {true, 2, 1},
    [MIT_AND] = {true, 2, 1},           [MIT_OR] = {true, 2, 1},
    [MIT_NOT] = {true, 1, 1},           [MIT_DUP] = {true, 1, 2},
    [MIT_SWAP] = {true, 2, 2},          [MIT_POP] = {true, 1, 0},
    [MIT_ALLOC_CLOSURE] = {true, 1, 1}, [MIT_CALL] = {true, 1, 1}, // and the operands that they say
};

uint32_t mit_literal_fields(const struct mit_function *function, const bool *targets, uint32_t at) {
  uint32_t count = 0;
  for (at++; at < function->insn_count && function->insns[at].op == MIT_DUP && !targets[at]; at++) count++;
  return count;
}

// An operand less than this, and the innermost literal's record is seen.
static uint32_t lowest(const struct mit_literal *literal) {
  ASSERT(literal->stored <= literal->field_count, "%u fields of a literal of %u are stored", literal->stored,
         literal->field_count);
  return literal->floor + 1 + literal->field_count - literal->stored;
}

static void finish(struct search *search) {
  struct mit_literal *literal = search->open;
  for (uint32_t i = 0; i <= literal->field_count; i++) search->by_insn[literal->alloc + i] = literal;
  for (uint32_t i = 0; i < literal->field_count; i++) search->by_insn[literal->stores[i]] = literal;
  search->open = literal->outer;
}

// The instruction at `at` begins a literal; false when memory is out.
static bool begin(struct search *search, uint32_t at, uint32_t field_count) {
  ASSERT(field_count && field_count <= MIT_CAPACITY_MAX, "a literal of %u fields begins, of at most %d", field_count,
         MIT_CAPACITY_MAX);
  struct mit_literal *literal = arena_alloc(search->arena, sizeof *literal);
  if (!literal) return false;
  *literal =
      (struct mit_literal){.alloc = at, .field_count = field_count, .floor = search->depth, .outer = search->open};
  search->open = literal;
  search->depth += 1 + field_count;
  return true;
}

// An instruction that is no literal's beginning.
static void pass(struct search *search, uint32_t at) {
  const struct mit_insn *insn = &search->function->insns[at];
  struct effect effect = effects[insn->op];
  uint32_t takes = effect.takes;
  if (insn->op == MIT_CALL || insn->op == MIT_ALLOC_CLOSURE) {
    effect.known = insn->has_operand && insn->operand >= 0 && insn->operand <= UINT16_MAX;
    takes += (uint32_t)insn->operand;
  }
  if (!effect.known) search->open = NULL;
  if (!search->open) return;
  struct mit_literal *literal = search->open;
  if (insn->op == MIT_FIELD_STORE && search->depth == lowest(literal) + 1) {
    literal->stores[literal->stored++] = at;
    search->depth -= 2;
    if (literal->stored == literal->field_count) finish(search);
    return;
  }
  while (search->open && search->depth < lowest(search->open) + takes) search->open = search->open->outer;
  ASSERT(!search->open || search->depth >= takes, "%u operands are taken of %u, in a literal", takes, search->depth);
  search->depth += effect.leaves - takes;
}

bool mit_literals_find(const struct mit_function *function, const bool *targets, struct arena *arena,
                       struct mit_literal **by_insn) {
  struct search search = {.function = function, .arena = arena, .by_insn = by_insn, .targets = targets};
  for (uint32_t at = 0; at < function->insn_count; at++) {
    if (search.targets[at]) search.open = NULL;
    if (!search.open) search.depth = 0;
    uint32_t fields = function->insns[at].op == MIT_ALLOC_RECORD ? mit_literal_fields(function, targets, at) : 0;
    if (fields && fields <= MIT_CAPACITY_MAX) {
      if (!begin(&search, at, fields)) return false;
      at += fields;
    } else {
      pass(&search, at);
    }
  }
  return true;
}
