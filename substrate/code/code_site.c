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

#define RUN_STEPS 31

// The last site that was told, and where the next one is.
struct pen {
  uint32_t word, origin;
  struct code_site_step *step, *run_end; // the last run may have steps up to there
};

// Tells a site in a step, if it is a small one. `narrow`: its depth and its live locals fit.
static inline __attribute__((always_inline)) bool tell_in_step(struct pen *pen, uint32_t pc, uint32_t origin,
                                                               uint16_t reached, uint16_t live_locals, bool narrow) {
  uint32_t words = pc / 8 - pen->word, forward = origin - pen->origin;
  if ((words | forward) > CODE_SITE_FORWARD_MAX || (!narrow && (reached | live_locals) > UINT8_MAX)) return false;
  *pen->step++ = (struct code_site_step){(uint8_t)(words << CODE_SITE_HALF_BITS | forward),
                                         (uint8_t)code_depth(reached), (uint8_t)live_locals};
  pen->word = pc / 8;
  pen->origin = origin;
  return true;
}

// Tells the site of an instruction, or of its poll, which begins a run where it fits in no step.
static void tell_site(struct code_build *build, struct pen *pen, uint32_t insn, uint32_t pc) {
  const struct code_draft *draft = build->draft;
  uint32_t origin = draft->insns[insn].origin;
  uint16_t reached = build->notes[insn].reached, live = draft->local_count;
  if (draft->live_locals) live = draft->live_locals[insn];
  ASSERT(live <= draft->local_count, "frame.I4: %u locals of %s live, it has %u", live, draft->name,
         draft->local_count);
  if (pen->step < pen->run_end && tell_in_step(pen, pc, origin, reached, live, false)) return;
  uint32_t before = build->run_count + (uint32_t)(pen->step - build->steps);
  build->runs[build->run_count++] = (struct code_site_run){pc, origin, code_depth(reached), live, before};
  *pen = (struct pen){pc / 8, origin, pen->step, pen->step + RUN_STEPS};
}

// Tells the sites of the instructions from `at` on so far as they are steps of the last run, and none has a poll:
// nearly all are told here. Returns the next one.
static inline __attribute__((always_inline)) uint32_t tell_steps(const struct code_build *build, struct pen *last,
                                                                 uint32_t at, bool narrow) {
  const struct code_draft *draft = build->draft;
  const struct insn *insns = draft->insns;
  const struct code_note *notes = build->notes;
  const uint16_t local_count = draft->local_count, *live = draft->live_locals ? draft->live_locals + at : &local_count;
  const size_t next_live = draft->live_locals ? 1 : 0;
  struct pen pen = *last;
  uint32_t end = at + (uint32_t)(pen.run_end - pen.step);
  if (end > draft->insn_count) end = draft->insn_count;
  for (; at < end && !(notes[at].marks & CODE_LOOP); at++, live += next_live) {
    ASSERT(*live <= local_count, "frame.I4: %u locals of %s live, it has %u", *live, draft->name, local_count);
    if (!tell_in_step(&pen, notes[at].pc, insns[at].origin, notes[at].reached, *live, narrow)) break;
  }
  *last = pen;
  return at;
}

void code_find_sites(struct code_build *build) {
  struct pen pen = {.step = build->steps, .run_end = build->steps};
  bool narrow = build->draft->local_count <= UINT8_MAX && build->operands_max <= UINT8_MAX;
  for (uint32_t at = 0; at < build->draft->insn_count;) {
    const struct code_note *note = &build->notes[at];
    if (note->marks & CODE_LOOP) tell_site(build, &pen, at, code_poll_pc(note));
    tell_site(build, &pen, at, note->pc);
    at = narrow ? tell_steps(build, &pen, at + 1, true) : tell_steps(build, &pen, at + 1, false);
  }
  build->site_count = build->run_count + (uint32_t)(pen.step - build->steps);
  ASSERT(build->site_count == build->draft->insn_count + build->loop_count,
         "code.I7: %u sites of %u instructions and %u polls", build->site_count, build->draft->insn_count,
         build->loop_count);
}

void code_copy_sites(const struct code_build *build, struct code_site_run *to) {
  memcpy(to, build->runs, build->run_count * sizeof *to);
  memcpy(to + build->run_count, build->steps, (build->site_count - build->run_count) * sizeof *build->steps);
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
