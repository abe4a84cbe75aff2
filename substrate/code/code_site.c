// SPDX-License-Identifier: MIT
//
// code_site.c: the table that leads from code back to the guest's instructions.
//
// Most sites follow the one before within a few words of code and of bytecode, and are told in three bytes as a step.
// Where one does not fit, behind the table of a switch say, a new run begins; and after so many steps, so that what is
// looked up is found by halving the runs, and then by a few steps.
#define LOAM_CODE_MODULE
#include "code/code_int.h"

#include <string.h>

#define RUN_SITES 32

void code_find_sites(struct code_build *build) {
  const struct code_draft *draft = build->draft;
  const struct insn *insns = draft->insns;
  const uint16_t *depths = build->depths, *live_locals = draft->live_locals;
  const uint16_t local_count = draft->local_count;
  struct code_site_run *run = build->runs;
  struct code_site_step *step = build->steps;
  uint32_t pc = 0, origin = 0, room = 0; // of the last one; steps that its run may still have
  for (const struct code_item *item = build->items, *end = item + build->item_count; item < end; item++) {
    size_t insn = (size_t)(item->insn - insns);
    uint16_t depth = depths[insn], live = live_locals ? live_locals[insn] : local_count;
    uint32_t words = item->pc / 8 - pc / 8, forward = item->insn->origin - origin;
    ASSERT(live <= local_count, "frame.I4: %u locals of %s live, it has %u", live, draft->name, local_count);
    ASSERT(run == build->runs || pc < item->pc, "code.I9: sites of %s are at bytes %u and %u", draft->name, pc,
           item->pc);
    pc = item->pc;
    origin = item->insn->origin;
    bool narrow = live <= UINT8_MAX && (depth < UINT8_MAX || depth == DEPTH_UNKNOWN);
    if (room && words <= CODE_SITE_FORWARD_MAX && forward <= CODE_SITE_FORWARD_MAX && narrow) {
      *step++ =
          (struct code_site_step){(uint8_t)(words << CODE_SITE_HALF_BITS | forward), (uint8_t)depth, (uint8_t)live};
      room--;
    } else {
      *run++ = (struct code_site_run){pc, origin, depth, live, (uint32_t)(item - build->items)};
      room = RUN_SITES - 1;
    }
  }
  build->run_count = (uint32_t)(run - build->runs);
}

void code_copy_sites(const struct code_build *build, struct code_site_run *to) {
  memcpy(to, build->runs, build->run_count * sizeof *to);
  memcpy(to + build->run_count, build->steps, (build->item_count - build->run_count) * sizeof *build->steps);
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
    insn += code_site_step_insns(step);
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
