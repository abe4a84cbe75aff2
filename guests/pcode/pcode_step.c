// SPDX-License-Identifier: MIT
//
// pcode_step.c: running a program instruction by instruction. What an activation belongs to is found from its return
// address: the call before it leads to the block. Links that a program has overwritten end the walk; they are never
// followed out of the store, nor upwards.
#include "pcode_step.h"

#include "pcode_repl.h"

#include <string.h>

// ---- loading -------------------------------------------------------------------------------------------------------

static bool has_suffix(const char *name, const char *suffix) {
  size_t length = strlen(name), tail = strlen(suffix);
  return length >= tail && strcmp(name + length - tail, suffix) == 0;
}

// The words that the first FinP behind an address pops.
static int64_t params_at(const struct mvp_image *image, int64_t address) {
  struct mvp_insn insn;
  for (; pcode_mvp_insn_decode(image, address, &insn); address += pcode_mvp_insn_size(insn.op))
    if (insn.op == MVP_FINP) return insn.operands[0];
  return 0;
}

static const struct minus_block *names_at(const struct stepper *stepper, uint32_t address) {
  const struct minus_block *block = stepper->names.blocks;
  while (block && block->address != address) block = block->next;
  return block;
}

// Finds where instructions begin, and the blocks.
static bool survey(struct stepper *stepper) {
  const struct mvp_image *image = &stepper->image;
  struct mvp_insn insn;
  stepper->starts = mem_alloc_zero(image->count + 1, sizeof *stepper->starts);
  stepper->breaks = mem_alloc_zero(image->count + 1, sizeof *stepper->breaks);
  stepper->blocks = mem_alloc_zero(image->count / 5 + 1, sizeof *stepper->blocks); // Deb and DebP are 5 words long
  if (!stepper->starts || !stepper->breaks || !stepper->blocks) return false;
  for (uint32_t at = 0; pcode_mvp_insn_decode(image, at, &insn); at += pcode_mvp_insn_size(insn.op)) {
    stepper->starts[at] = true;
    if (insn.op != MVP_DEB && insn.op != MVP_DEBP) continue;
    ASSERT(stepper->block_count < image->count / 5 + 1, "pcode.I14: block %u of a program of %u words",
           stepper->block_count, image->count);
    struct step_block *block = &stepper->blocks[stepper->block_count++];
    *block = (struct step_block){.address = at, .body = (uint32_t)(at + insn.operands[2])};
    block->variables = insn.operands[0];
    block->params = insn.op == MVP_DEBP ? params_at(image, at + insn.operands[2]) : 0;
    block->names = names_at(stepper, at);
  }
  return true;
}

enum loam_err pcode_step_load(struct stepper *stepper, struct mutator *th, const struct loam_source *source,
                              struct error *err) {
  *stepper = (struct stepper){.th = th, .source = *source};
  stepper->compiled = !has_suffix(source->name, ".mvp") && !pcode_mvp_image_recognise(source);
  if (has_suffix(source->name, ".pm")) stepper->compiled = true;
  enum loam_err kind = stepper->compiled ? pcode_minus_compile(source, &stepper->image, &stepper->names, err)
                                         : pcode_mvp_image_read(source, &stepper->image, err);
  if (kind == LOAM_OK && !survey(stepper))
    kind = error_set(err, LOAM_ERR_MEMORY, "%s: no memory to step through it", source->name);
  if (kind == LOAM_OK && pcode_step_restart(stepper) != DONE)
    kind = error_set(err, LOAM_ERR_INPUT, "%s: expected a program that fits into the store (--heap-max)", source->name);
  return kind;
}

void pcode_step_fini(struct stepper *stepper) {
  pcode_mvp_image_fini(&stepper->image);
  arena_fini(&stepper->names.memory);
  mem_free(stepper->blocks);
  mem_free(stepper->starts);
  mem_free(stepper->breaks);
  *stepper = (struct stepper){0};
}

enum loam_status pcode_step_restart(struct stepper *stepper) {
  stepper->begun = stepper->ended = false;
  stepper->depth = stepper->shown_line = 0;
  return pcode_plain_start(&stepper->machine, stepper->th, &stepper->image);
}

// ---- going on ------------------------------------------------------------------------------------------------------

// Whether a Lire would find nothing in what the prompt was given.
static bool wants_input(const struct stepper *stepper) {
  const struct pcode_state *state = pcode_state_of(stepper->th);
  bool there = state->input_open && state->input_at < state->input.length &&
               state->input_at + strspn(state->input.bytes + state->input_at, " \t\r") < state->input.length;
  return !there && pcode_repl_wants_input(stepper->th);
}

static void count_calls(struct stepper *stepper, enum mvp_op op) {
  stepper->depth += (op == MVP_APL || op == MVP_APLG) - (op == MVP_FINP);
  stepper->begun = stepper->begun || op == MVP_DEB;
}

static bool is_reached(const struct stepper *stepper, struct step_goal goal, int64_t executed, int64_t depth,
                       uint32_t line) {
  int64_t at = stepper->machine.i;
  ASSERT(at >= 0 && at < stepper->image.count, "pcode.I14: address %lld of %u", (long long)at, stepper->image.count);
  bool other_line = !stepper->starts[at] || stepper->image.lines[at] != line;
  switch (goal.how) {
  case STEP_INSTRUCTIONS: return executed == goal.count;
  case STEP_NEXT: return stepper->depth <= depth;
  case STEP_LINE: return other_line;
  case STEP_OVER: return other_line && stepper->depth <= depth;
  case STEP_FINISH: return stepper->depth < depth;
  default: return false;
  }
}

enum step_stop pcode_step_run(struct stepper *stepper, struct step_goal goal) {
  struct plain_machine *machine = &stepper->machine;
  struct mvp_insn insn;
  ASSERT(!stepper->ended, "pcode.I14: a program goes on at address %lld that has ended", (long long)machine->i);
  int64_t depth = stepper->depth;
  uint32_t line = pcode_mvp_insn_decode(&stepper->image, machine->i, &insn) ? insn.line : 0;
  for (int64_t executed = 1;; executed++) {
    bool known = pcode_mvp_insn_decode(&stepper->image, machine->i, &insn);
    if (known && insn.op == MVP_LIRE && wants_input(stepper)) return STEP_INPUT;
    int64_t at = machine->i;
    if (!pcode_plain_step(machine, &stepper->image)) {
      stepper->ended = true;
      machine->i = at; // the instruction it ended at
      return machine->status == DONE ? STEP_END : STEP_ERROR;
    }
    count_calls(stepper, insn.op);
    if (machine->i < 0 || machine->i >= stepper->image.count) continue; // the next step is an error
    if (is_reached(stepper, goal, executed, depth, line)) return STEP_GOAL;
    if (stepper->breaks[machine->i]) return STEP_BREAK;
  }
}

// ---- breakpoints ---------------------------------------------------------------------------------------------------

unsigned pcode_step_break_line(struct stepper *stepper, uint32_t line, bool set) {
  struct mvp_insn insn;
  uint32_t before = 0;
  unsigned places = 0;
  for (uint32_t at = 0; pcode_mvp_insn_decode(&stepper->image, at, &insn); at += pcode_mvp_insn_size(insn.op)) {
    if (insn.line == line && before != line) {
      stepper->breaks[at] = set;
      places++;
    }
    before = insn.line;
  }
  return places;
}

bool pcode_step_break_address(struct stepper *stepper, int64_t address, bool set) {
  if (address < 0 || address >= stepper->image.count || !stepper->starts[address]) return false;
  stepper->breaks[address] = set;
  return true;
}

// ---- activations ---------------------------------------------------------------------------------------------------

static const struct step_block *block_at(const struct stepper *stepper, int64_t address) {
  for (uint32_t i = 0; i < stepper->block_count; i++)
    if (stepper->blocks[i].address == address) return &stepper->blocks[i];
  return NULL;
}

// The block that the call before a return address leads to.
static const struct step_block *block_called(const struct stepper *stepper, int64_t address) {
  static const enum mvp_op calls[] = {MVP_APL, MVP_APLG};
  struct mvp_insn insn;
  for (unsigned i = 0; i < COUNT_OF(calls); i++) {
    int64_t at = address - pcode_mvp_insn_size(calls[i]);
    if (at < 0 || !pcode_mvp_insn_decode(&stepper->image, at, &insn)) continue;
    if (stepper->starts[at] && insn.op == calls[i])
      return block_at(stepper, at + insn.operands[insn.op == MVP_APL ? 1 : 0]);
  }
  return NULL;
}

static void find_block(const struct stepper *stepper, struct activation *activation) {
  const struct plain_machine *machine = &stepper->machine;
  bool is_program = activation->base == machine->code_words;
  ASSERT(activation->base >= machine->code_words && activation->base < machine->max - 2,
         "pcode.I14: an activation has its links at %lld of %lld", (long long)activation->base,
         (long long)machine->max);
  activation->block = is_program ? block_at(stepper, 0) : block_called(stepper, machine->m[activation->base + 2]);
}

static bool is_base(const struct stepper *stepper, int64_t base) {
  return base >= stepper->machine.code_words && base + 2 < stepper->machine.max;
}

bool pcode_step_activation(const struct stepper *stepper, struct activation *activation) {
  const struct plain_machine *machine = &stepper->machine;
  if (!stepper->begun || !is_base(stepper, machine->b)) return false;
  int64_t end = machine->s < machine->max ? machine->s + 1 : machine->max;
  *activation = (struct activation){.base = machine->b, .end = end, .at = machine->i};
  find_block(stepper, activation);
  return true;
}

bool pcode_step_caller(const struct stepper *stepper, struct activation *activation) {
  const struct plain_machine *machine = &stepper->machine;
  int64_t base = activation->base, caller = machine->m[base + 1];
  ASSERT(is_base(stepper, base), "pcode.I14: an activation at %lld of %lld", (long long)base, (long long)machine->max);
  if (base == machine->code_words || !activation->block || !is_base(stepper, caller) || caller >= base) return false;
  activation->end = base - activation->block->params;
  activation->at = machine->m[base + 2];
  activation->base = caller;
  find_block(stepper, activation);
  return true;
}
