// SPDX-License-Identifier: MIT
//
// pcode_watch.c: running a program of extended P-code instruction by instruction; see pcode_watch.h. The prompt talks
// while the program waits in `stp`, or in the search for a handler of its error, where all its frames are complete.
#include "pcode_watch.h"

#include "pcode_ops.h"
#include "pcode_repl.h"
#include "pcode_routine.h"

#include <string.h>

// ---- loading -------------------------------------------------------------------------------------------------------

static bool has_suffix(const char *name, const char *suffix) {
  size_t length = strlen(name), tail = strlen(suffix);
  return length >= tail && strcmp(name + length - tail, suffix) == 0;
}

// Room for breakpoints, and the blocks by number.
static bool survey(struct watch *watch) {
  const struct pcode_image *image = &watch->image;
  uint32_t count = 0;
  watch->starts = mem_alloc_zero(image->code_count + 1, sizeof *watch->starts);
  watch->blocks = mem_alloc_zero(image->code_count + 1, sizeof *watch->blocks);
  if (!watch->starts || !watch->blocks) return false;
  for (uint32_t i = 0; i < image->code_count; i++) {
    watch->starts[i] = count;
    count += image->codes[i].count;
  }
  watch->breaks = mem_alloc_zero(count + 1, sizeof *watch->breaks);
  for (const struct pascal_block *block = watch->names.blocks; block; block = block->next) {
    ASSERT(block->number < image->code_count, "pcode.I8: a block is procedure %u of %u", block->number,
           image->code_count);
    watch->blocks[block->number] = block;
  }
  return watch->breaks != NULL;
}

enum loam_err pcode_watch_load(struct watch *watch, struct mutator *th, const struct loam_source *source,
                               struct error *err) {
  *watch = (struct watch){.th = th, .source = *source, .shown_proc = UINT32_MAX};
  watch->has_lines = !pcode_image_recognise(source) && !has_suffix(source->name, ".pcode");
  enum loam_err kind = pcode_program_read(th->vm, source, &watch->image, &watch->names, err);
  watch->image.is_watched = true;
  frame_watch_locals(th);
  if (kind == LOAM_OK) kind = pcode_image_load(th->vm, &watch->image, &watch->main, err);
  if (kind == LOAM_OK && !survey(watch))
    kind = error_set(err, LOAM_ERR_MEMORY, "%s: no memory to step through it", source->name);
  return kind;
}

void pcode_watch_fini(struct watch *watch) {
  pcode_image_fini(&watch->image);
  arena_fini(&watch->names.memory);
  mem_free(watch->starts);
  mem_free(watch->blocks);
  mem_free(watch->breaks);
  *watch = (struct watch){0};
}

// ---- going on ------------------------------------------------------------------------------------------------------

void pcode_watch_run(struct watch *watch) {
  struct mutator *th = watch->th;
  watch->state = WATCH_RUNNING;
  ASSERT(watch->main && watch->breaks && watch->starts, "a program is run that was not loaded");
  watch->leaves = false;
  watch->fp = NULL;
  pcode_program_prepare(pcode_state_of(th));
  (void)guest_call(th, watch->main, pcode_word(0), NULL, 0); // its errors were told where they were thrown
  (void)pcode_files_close(th);
  watch->state = WATCH_READY;
  watch->proc = watch->insn = 0;
  watch->shown_line = 0;
  watch->shown_proc = UINT32_MAX;
}

static const struct pcode_insn *next_insn(const struct watch *watch) {
  ASSERT(watch->proc < watch->image.code_count && watch->insn < watch->image.codes[watch->proc].count,
         "pcode.I14: the program stands at instruction %u of procedure %u of %u", watch->insn, watch->proc,
         watch->image.code_count);
  return &watch->image.codes[watch->proc].insns[watch->insn];
}

void pcode_watch_set_goal(struct watch *watch, struct step_goal goal) {
  bool runs = watch->state == WATCH_RUNNING;
  watch->goal = goal;
  watch->executed = runs ? 0 : -1; // `stp` comes before the first instruction too
  watch->fp = runs ? watch->th->fp : NULL;
  if (goal.how == STEP_FINISH && !watch->proc) watch->goal.how = STEP_CONTINUE;
  if (watch->goal.how == STEP_FINISH) watch->fp = (const struct value *)watch->fp[FRAME_CALLER].bits;
  watch->line = next_insn(watch)->line;
}

// Frames grow upwards: an activation that was called lies above.
static bool is_reached(const struct watch *watch) {
  bool deeper = watch->th->fp > watch->fp, other_line = next_insn(watch)->line != watch->line;
  switch (watch->goal.how) {
  case STEP_INSTRUCTIONS: return watch->executed == watch->goal.count;
  case STEP_NEXT:
  case STEP_FINISH: return !deeper;
  case STEP_LINE: return other_line;
  case STEP_OVER: return !deeper && other_line;
  default: return false;
  }
}

static bool take_innermost(void *context, const struct frame_place *place) {
  struct watch *watch = context;
  ASSERT(place->method->guest_data, "pcode.I14: the program stands in %s, which is no procedure", place->method->name);
  watch->proc = ((const struct pcode_proc *)place->method->guest_data)->number;
  watch->insn = place->insn;
  return false;
}

enum loam_status pcode_run_stp(struct mutator *th, const struct value *args, struct value *result) {
  struct watch *watch = pcode_repl_watch(th);
  (void)args, (void)result;
  if (!watch) return DONE; // a text may call it anywhere
  frame_each(th, take_innermost, watch);
  if (!watch->fp) watch->fp = th->fp;
  if (++watch->executed > 0 && !watch->leaves) {
    if (is_reached(watch))
      pcode_repl_stop(th, STEP_GOAL);
    else if (watch->breaks[watch->starts[watch->proc] + watch->insn])
      pcode_repl_stop(th, STEP_BREAK);
  }
  if (!watch->leaves && !watch->proc && next_insn(watch)->op == PCODE_OP_RET) {
    watch->state = WATCH_ENDED;
    pcode_repl_stop(th, STEP_END);
  }
  return watch->leaves ? throw_value(th, pcode_word(PCODE_ERROR_NONE)) : DONE;
}

void pcode_watch_thrown(struct mutator *th) {
  struct watch *watch = pcode_repl_watch(th);
  bool error = th->pending.bits != PCODE_ERROR_NONE && th->pending.bits != PCODE_ERROR_JUMP;
  if (!watch || watch->state != WATCH_RUNNING || watch->leaves || !error) return;
  frame_each(th, take_innermost, watch);
  watch->state = WATCH_ENDED;
  pcode_repl_stop(th, STEP_ERROR);
}

// ---- breakpoints ---------------------------------------------------------------------------------------------------

unsigned pcode_watch_break_line(struct watch *watch, uint32_t line, bool set) {
  unsigned places = 0;
  for (uint32_t proc = 0; proc < watch->image.code_count; proc++) {
    const struct pcode_code *code = &watch->image.codes[proc];
    for (uint32_t i = 0; i < code->count; i++) {
      if (code->insns[i].line != line || (i && code->insns[i - 1].line == line)) continue;
      watch->breaks[watch->starts[proc] + i] = set;
      places++;
    }
  }
  return places;
}

unsigned pcode_watch_break_insn(struct watch *watch, const char *name, size_t length, int64_t insn, bool set) {
  unsigned places = 0;
  for (uint32_t proc = 0; proc < watch->image.code_count; proc++) {
    const struct pcode_code *code = &watch->image.codes[proc];
    bool named = strlen(code->name) == length && memcmp(code->name, name, length) == 0;
    if (!(length ? named : proc == watch->proc) || insn < 0 || insn >= code->count) continue;
    watch->breaks[watch->starts[proc] + insn] = set;
    places++;
  }
  return places;
}
