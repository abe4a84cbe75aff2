// SPDX-License-Identifier: MIT
//
// pcode_heap.c: new and dispose (6.6.5.3). A pointer is serial << 32 | address, and the cell before the variable holds
// the same word while the variable lives: so a pointer to a disposed variable, even to one whose place has been used
// again, is told from a good one by one comparison (op der). Places are used again for variables of the same size
// only, so that the cell before a variable is never anything else. A block: size, pointer or 0, variable.
#include "pcode_routine.h"

#define SERIAL_MAX INT64_C(0x7fffffff)
#define LOOKS_MAX 1000 // at blocks of other sizes
#define NO_BLOCK INT64_C(-1)

static int64_t *chain_of(struct pcode_state *state, int64_t size) {
  return &state->free_blocks[(uint64_t)size % COUNT_OF(state->free_blocks)];
}

void pcode_heap_open(struct pcode_state *state) {
  for (size_t i = 0; i < COUNT_OF(state->free_blocks); i++) state->free_blocks[i] = NO_BLOCK;
  state->heap = state->limit;
  state->serial = 1;
  state->guard = PCODE_UNDEFINED + 1; // no pointer is
}

// Takes a block of the size out of its chain. The variable's first cell leads to the next block.
static int64_t reuse(struct pcode_state *state, int64_t size) {
  unsigned looks = LOOKS_MAX;
  for (int64_t *link = chain_of(state, size); *link != NO_BLOCK && looks--; link = &state->cells[*link]) {
    int64_t address = *link;
    if (address < 2 || !pcode_are_cells(address, size)) break; // P-code by hand can write anything here
    if (state->cells[address - 2] != size) continue;
    *link = state->cells[address];
    return address;
  }
  return NO_BLOCK;
}

enum loam_status pcode_run_new(struct mutator *th, const struct value *args, struct value *result) {
  struct pcode_state *state = pcode_state_of(th);
  int64_t size = pcode_int(args[0]);
  if (size < 1 || size >= PCODE_CELLS) return pcode_throw(th, PCODE_ERROR_MEMORY);
  int64_t address = reuse(state, size);
  ASSERT(state->serial >= 1 && state->serial <= SERIAL_MAX, "pcode.I15: the next block has number %lld",
         (long long)state->serial);
  if (address == NO_BLOCK) {
    if (state->heap - size - 2 < state->top) return pcode_throw(th, PCODE_ERROR_MEMORY);
    state->heap -= size + 2;
    ASSERT(state->heap >= state->top && state->heap <= state->limit,
           "pcode.I3: activations end at %lld, the heap begins at %lld of %lld", (long long)state->top,
           (long long)state->heap, (long long)state->limit);
    address = state->heap + 2;
    state->cells[address - 2] = size;
  }
  int64_t pointer = state->serial << 32 | address;
  state->serial = state->serial == SERIAL_MAX ? 1 : state->serial + 1;
  state->cells[address - 1] = pointer;
  ASSERT(address >= 2 && pcode_are_cells(address, size), "pcode.I15: a block of %lld cells at %lld", (long long)size,
         (long long)address);
  for (int64_t i = 0; i < size; i++) state->cells[address + i] = PCODE_UNDEFINED;
  *result = pcode_word(pointer);
  return DONE;
}

enum loam_status pcode_run_dsp(struct mutator *th, const struct value *args, struct value *result) {
  struct pcode_state *state = pcode_state_of(th);
  int64_t pointer = pcode_int(args[0]), address = pointer & (PCODE_CELLS - 1);
  (void)result;
  if (!pointer) return pcode_throw(th, PCODE_ERROR_DISPOSE_NIL);
  if (pointer == PCODE_UNDEFINED) return pcode_throw(th, PCODE_ERROR_DISPOSE);
  if (address < 2 || state->cells[address - 1] != pointer) return pcode_throw(th, PCODE_ERROR_DANGLING);
  int64_t *chain = chain_of(state, state->cells[address - 2]);
  state->cells[address - 1] = 0;
  state->cells[address] = *chain;
  *chain = address;
  return DONE;
}
