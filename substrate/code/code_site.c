// SPDX-License-Identifier: MIT
//
// code_site.c: the table that leads from code back to the guest's instructions.
//
// Most sites follow the one before within a few words of code and of bytecode, and are told in three bytes as a step.
// Where one does not fit, behind the table of a switch say, a new run begins; and after so many steps, so that what is
// looked up is found by halving the runs, and then by a few steps.
#define LOAM_CODE_MODULE
#include "code/code_int.h"

#define RUN_SITES 32

static struct code_site site_of(const struct code_build *build, uint32_t index) {
  const struct code_draft *draft = build->draft;
  const struct code_item *item = &build->items[index];
  size_t insn = (size_t)(item->insn - draft->insns);
  uint16_t live = draft->live_locals ? draft->live_locals[insn] : draft->local_count;
  ASSERT(live <= draft->local_count, "frame.I4: %u locals of %s live, it has %u", live, draft->name,
         draft->local_count);
  return (struct code_site){item->pc, item->insn->origin, (uint16_t)build->depths[insn], live, 0, 0};
}

// Finds the step from one site to the next; false: there is none.
static bool find_step(const struct code_site *from, const struct code_site *to, struct code_site_step *step) {
  enum { FORWARD_MAX = 15 };
  uint32_t words = to->pc / 8 - from->pc / 8, insns = to->insn - from->insn;
  ASSERT(from->pc < to->pc, "code.I9: two sites are at bytes %u and %u", from->pc, to->pc);
  if (to->pc == from->pc + 1) words = 0;
  *step = (struct code_site_step){(uint8_t)(words << 4 | (insns & FORWARD_MAX)), (uint8_t)to->depth,
                                  (uint8_t)to->live_locals}; // DEPTH_UNKNOWN becomes UINT8_MAX
  return words <= FORWARD_MAX && insns <= FORWARD_MAX && code_site_step_pc(from->pc, step) == to->pc &&
         code_site_step_depth(step) == to->depth && step->live_locals == to->live_locals;
}

size_t code_measure_sites(struct code_build *build) {
  struct code_site last = {0};
  struct code_site_step step;
  uint32_t first = 0;
  for (uint32_t i = 0; i < build->item_count; i++) {
    struct code_site site = site_of(build, i);
    if (i == 0 || i - first == RUN_SITES || !find_step(&last, &site, &step)) build->site_run_count++, first = i;
    last = site;
  }
  return build->site_run_count * sizeof(struct code_site_run) +
         (build->item_count - build->site_run_count) * sizeof step;
}

void code_fill_sites(const struct code_build *build, struct code_site_run *runs) {
  struct code_site_step *step = (struct code_site_step *)(runs + build->site_run_count);
  struct code_site_run *run = runs;
  struct code_site last = {0};
  for (uint32_t i = 0; i < build->item_count; i++) {
    struct code_site site = site_of(build, i);
    if (i == 0 || i - run[-1].first == RUN_SITES || !find_step(&last, &site, step))
      *run++ = (struct code_site_run){site.pc, site.insn, site.depth, site.live_locals, i};
    else
      step++;
    last = site;
  }
  ASSERT(run == runs + build->site_run_count, "code.I9: the sites of %s make %td runs, and room is for %u",
         build->draft->name, run - runs, build->site_run_count);
}

bool method_site_at(const struct method *method, uint32_t pc, struct code_site *site) {
  uint32_t low = 0, high = method->site_run_count;
  while (low < high) { // the last run that begins at or before pc
    uint32_t middle = (low + high) / 2;
    if (method->sites[middle].pc <= pc)
      low = middle + 1;
    else
      high = middle;
  }
  *site = (struct code_site){0};
  if (!low) return false;
  const struct code_site_run *run = &method->sites[low - 1];
  uint32_t at = run->pc, insn = run->insn, end = low < method->site_run_count ? run[1].first : method->site_count;
  const struct code_site_step *first = code_site_steps(method) + (run->first + 1 - low), *step = first;
  for (const struct code_site_step *last = first + (end - run->first - 1); step < last; step++) {
    uint32_t next = code_site_step_pc(at, step);
    if (next > pc) break;
    at = next;
    insn += step->forward & 15;
  }
  bool stepped = step > first;
  site->pc = at;
  site->insn = insn;
  site->depth = stepped ? code_site_step_depth(step - 1) : run->depth;
  site->live_locals = stepped ? step[-1].live_locals : run->live_locals;
  const struct code_place *place = method->places ? &method->places[run->first + (size_t)(step - first)] : NULL;
  if (place) site->line = place->line, site->column = place->column;
  return true;
}
