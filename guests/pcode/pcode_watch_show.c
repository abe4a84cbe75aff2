// SPDX-License-Identifier: MIT
//
// pcode_watch_show.c: a program of extended P-code under observation, as text. An activation is shown in the order of
// its parts: parameters, links, variables, temporaries, each with its place: a local of the substrate's frame, or a
// cell of the store. Dynamic link and return address are the frame's.
#include "pcode_watch.h"

#include "pcode_ops.h"
#include "pcode_pascal_show.h"

#include <string.h>

#define TEMPORARIES_MAX 8 // in the line of an instruction
#define DEPTH_MAX 40      // activations shown
#define WORDS_MAX 24      // of an activation without names

struct frame {
  struct value *fp;
  uint32_t proc, insn;
};

// The activations, innermost first.
struct frames {
  struct value *fp; // of the next
  int64_t count;
  struct frame shown[DEPTH_MAX];
  struct frame program;
};

// ---- activations ---------------------------------------------------------------------------------------------------

static bool add_frame(void *context, const struct frame_place *place) {
  struct frames *frames = context;
  struct frame frame = {frames->fp, ((const struct pcode_proc *)place->method->guest_data)->number, place->insn};
  if (frames->count < DEPTH_MAX) frames->shown[frames->count] = frame;
  frames->count++;
  frames->program = frame; // the last one
  frames->fp = (struct value *)frame.fp[FRAME_CALLER].bits;
  return true;
}

// False: none is there.
static bool find_frames(const struct watch *watch, struct frames *frames) {
  frames->fp = watch->th->fp;
  frames->count = 0;
  if (watch->state == WATCH_READY) return false;
  frame_each(watch->th, add_frame, frames);
  return true;
}

static const char *name_of(const struct watch *watch, uint32_t proc) {
  ASSERT(proc < watch->image.code_count, "pcode.I14: procedure %u of %u is named", proc, watch->image.code_count);
  return watch->image.codes[proc].name;
}

// The local that holds the address of a procedure's cells; -1: it has none.
static int64_t base_local(const struct watch *watch, uint32_t proc) {
  const struct pcode_code *code = &watch->image.codes[proc];
  ASSERT(proc < watch->image.code_count, "pcode.I14: procedure %u of %u has cells", proc, watch->image.code_count);
  const struct pascal_block *block = watch->blocks[proc];
  if (block) return block->framed ? (int64_t)block->base_local : -1;
  return code->count && code->insns[0].op == PCODE_OP_ENT ? code->insns[0].imm[0] : -1;
}

static struct pascal_activation activation_of(const struct watch *watch, const struct frame *frame) {
  struct pascal_activation activation = {pcode_state_of(watch->th), frame_locals(frame->fp), 0};
  int64_t local = base_local(watch, frame->proc);
  if (!frame->proc) return activation; // the program's cells have their addresses
  activation.cells = local < 0 ? -1 : pcode_int(activation.locals[local]);
  if (activation.cells < 0 || activation.cells >= activation.state->top) activation.cells = -1; // before `ent`
  return activation;
}

// Which activation has its cells there: its number, counted from the program's; 0: none.
static int64_t owner_of(const struct watch *watch, const struct frames *frames, int64_t cells, uint32_t *proc) {
  *proc = 0;
  if (!cells) return 1;
  for (int64_t i = 0; i < frames->count && i < DEPTH_MAX; i++) {
    struct pascal_activation activation = activation_of(watch, &frames->shown[i]);
    *proc = frames->shown[i].proc;
    if (*proc && activation.cells == cells) return frames->count - i;
  }
  return 0;
}

// ---- the stack -----------------------------------------------------------------------------------------------------

static void add_place(int64_t cell, int64_t local, struct text *out) {
  if (cell >= 0)
    text_printf(out, "  %9lld  ", (long long)cell);
  else
    text_printf(out, "  local %3lld  ", (long long)local);
}

static void add_symbols(const struct watch *watch, const struct frame *frame, bool parameters, struct text *out) {
  struct pascal_activation activation = activation_of(watch, frame);
  for (const struct pascal_symbol *symbol = watch->blocks[frame->proc]->variables; symbol; symbol = symbol->sibling) {
    ASSERT(symbol->home != HOME_LOCAL || (uint64_t)symbol->at < watch->image.codes[frame->proc].locals,
           "pcode.I14: a variable of %s is local %lld of %u", name_of(watch, frame->proc), (long long)symbol->at,
           watch->image.codes[frame->proc].locals);
    if (symbol->is_parameter != parameters) continue;
    int64_t cell = pcode_pascal_cell(symbol, &activation);
    if (symbol->home == HOME_LOCAL || cell >= 0)
      add_place(cell, symbol->at, out);
    else
      text_printf(out, "             ");
    pcode_pascal_show(symbol, &activation, out);
    text_add_char(out, '\n');
  }
}

// A word that may be anything: an integer so large is a real, as like as not.
static void add_word(int64_t word, struct text *out) {
  if (word == PCODE_UNDEFINED)
    text_printf(out, " undefined");
  else if (word > INT64_C(1) << 53 || word < -(INT64_C(1) << 53))
    text_printf(out, " %lld (the real %.15g)", (long long)word, pcode_real(pcode_word(word)));
  else
    text_printf(out, " %lld", (long long)word);
}

// A row "PLACE = WORD"; what is undefined has none.
static void add_numbered(int64_t cell, int64_t local, int64_t word, unsigned *rows, struct text *out) {
  if (word == PCODE_UNDEFINED || ++*rows > WORDS_MAX) return;
  add_place(cell, local, out);
  text_add_char(out, '=');
  add_word(word, out);
  text_add_char(out, '\n');
}

// Locals, then cells, by number: a text or P4 has no names. Some of the locals are the compiler's own.
static void add_words(const struct watch *watch, const struct frame *frame, struct text *out) {
  struct pascal_activation activation = activation_of(watch, frame);
  const struct pcode_code *code = &watch->image.codes[frame->proc];
  unsigned locals = 0, cells = 0;
  for (int64_t i = 0; i < code->locals; i++) add_numbered(-1, i, pcode_int(activation.locals[i]), &locals, out);
  if (locals > WORDS_MAX) text_printf(out, "             ... %u locals\n", locals);
  if (activation.cells < 0) return;
  int64_t size = frame->proc ? code->insns[0].imm[1] : watch->image.cells;
  for (int64_t i = activation.cells; i < activation.cells + size && pcode_is_cell(i); i++)
    add_numbered(i, 0, activation.state->cells[i], &cells, out);
  if (cells > WORDS_MAX) text_printf(out, "             ... %u cells\n", cells);
}

static void add_owner(const struct watch *watch, int64_t number, uint32_t proc, struct text *out) {
  if (number)
    text_printf(out, " (%s, activation %lld)\n", name_of(watch, proc), (long long)number);
  else
    text_printf(out, " (no activation)\n");
}

static void add_links(const struct watch *watch, const struct frames *frames, int64_t index, struct text *out) {
  const struct frame *frame = &frames->shown[index];
  const struct pascal_block *block = watch->blocks[frame->proc];
  uint32_t owner;
  if (index == frames->count - 1) return; // the program has none
  if (block) {
    int64_t link = block->linked ? pcode_int(frame_locals(frame->fp)[block->link_local]) : 0;
    int64_t number = owner_of(watch, frames, link, &owner);
    if (block->linked)
      add_place(-1, block->link_local, out);
    else
      text_printf(out, "             "); // the program's address is known
    text_printf(out, "static link %lld", (long long)link);
    add_owner(watch, number, owner, out);
  }
  if (index + 1 == DEPTH_MAX) return;
  const struct frame *caller = &frames->shown[index + 1];
  text_printf(out, "             dynamic link");
  add_owner(watch, frames->count - index - 1, caller->proc, out);
  text_printf(out, "             return address %u of %s\n", caller->insn + 1, name_of(watch, caller->proc));
}

static unsigned temporary_count(const struct watch *watch, const struct frames *frames, int64_t index) {
  const struct value *bottom = frames->shown[index].fp + FRAME_WORDS;
  if (index == 0) return watch->th->sp < bottom ? 0 : (unsigned)(watch->th->sp - bottom + 1);
  // What the caller pushed for the call, below the locals that were its arguments, is gone.
  const struct value *top = frame_locals(frames->shown[index - 1].fp) - 1;
  return top < bottom ? 0 : (unsigned)(top - bottom);
}

static void add_temporaries(const struct watch *watch, const struct frames *frames, int64_t index, struct text *out) {
  unsigned count = temporary_count(watch, frames, index);
  if (!count) return;
  text_printf(out, "             temporaries");
  for (unsigned i = 0; i < count && i < WORDS_MAX; i++)
    add_word(pcode_int(frames->shown[index].fp[FRAME_WORDS + i]), out);
  text_add_char(out, '\n');
}

static void add_activation(const struct watch *watch, const struct frames *frames, int64_t index, struct text *out) {
  const struct frame *frame = &frames->shown[index];
  ASSERT(index < DEPTH_MAX && index < frames->count, "pcode.I14: activation %lld of %lld is shown", (long long)index,
         (long long)frames->count);
  ASSERT(frame->insn < watch->image.codes[frame->proc].count, "pcode.I14: %s is at instruction %u of %u",
         name_of(watch, frame->proc), frame->insn, watch->image.codes[frame->proc].count);
  const struct pcode_insn *insn = &watch->image.codes[frame->proc].insns[frame->insn];
  struct pascal_activation activation = activation_of(watch, frame);
  text_printf(out, "%s", name_of(watch, frame->proc));
  if (insn->line) text_printf(out, ", line %u", insn->line);
  text_printf(out, ", instruction %u, activation %lld", frame->insn, (long long)(frames->count - index));
  if (frame->proc && activation.cells >= 0) text_printf(out, ", cells from %lld", (long long)activation.cells);
  text_printf(out, ":\n");
  bool named = watch->blocks[frame->proc] != NULL;
  if (named) add_symbols(watch, frame, true, out);
  add_links(watch, frames, index, out);
  if (named) add_symbols(watch, frame, false, out);
  if (!named) add_words(watch, frame, out);
  add_temporaries(watch, frames, index, out);
}

void pcode_watch_show_stack(const struct watch *watch, struct text *out) {
  struct frames frames;
  if (!find_frames(watch, &frames)) {
    text_printf(out, "no activation before the first instruction\n");
    return;
  }
  for (int64_t i = 0; i < frames.count && i < DEPTH_MAX; i++) add_activation(watch, &frames, i, out);
  if (frames.count > DEPTH_MAX) text_printf(out, "... %lld calls are open\n", (long long)frames.count - 1);
}

void pcode_watch_show_globals(const struct watch *watch, struct text *out) {
  struct frames frames;
  if (!find_frames(watch, &frames)) {
    text_printf(out, "no activation before the first instruction\n");
  } else if (watch->blocks[0]) {
    add_symbols(watch, &frames.program, true, out);
    add_symbols(watch, &frames.program, false, out);
  } else {
    add_words(watch, &frames.program, out);
  }
}

// ---- code ----------------------------------------------------------------------------------------------------------

static void add_line(const struct watch *watch, uint32_t line, struct text *out) {
  if (watch->has_lines) pcode_step_show_line(&watch->source, line, out);
}

void pcode_watch_show_place(struct watch *watch, struct text *out) {
  ASSERT(watch->proc < watch->image.code_count && watch->insn < watch->image.codes[watch->proc].count,
         "pcode.I14: the program is at instruction %u of procedure %u of %u", watch->insn, watch->proc,
         watch->image.code_count);
  const struct pcode_insn *insn = &watch->image.codes[watch->proc].insns[watch->insn];
  if (watch->proc != watch->shown_proc) text_printf(out, "%s:\n", name_of(watch, watch->proc));
  if (insn->line != watch->shown_line || watch->proc != watch->shown_proc) add_line(watch, insn->line, out);
  watch->shown_proc = watch->proc;
  watch->shown_line = insn->line;
  size_t start = out->length;
  text_printf(out, "%5u  ", watch->insn);
  pcode_image_print_insn(&watch->image, insn, out);
  struct frames frames;
  unsigned count = find_frames(watch, &frames) ? temporary_count(watch, &frames, 0) : 0;
  if (count) {
    while (out->length < start + 30 && !out->failed) text_add_char(out, ' ');
    text_printf(out, "  stack:");
    unsigned from = count > TEMPORARIES_MAX ? count - TEMPORARIES_MAX : 0;
    if (from) text_printf(out, " ...");
    for (; from < count; from++) add_word(pcode_int(frames.shown[0].fp[FRAME_WORDS + from]), out);
  }
  text_add_char(out, '\n');
}

static void add_code(const struct watch *watch, uint32_t proc, int64_t from, int64_t count, struct text *out) {
  const struct pcode_code *code = &watch->image.codes[proc];
  uint32_t line = 0;
  ASSERT(proc < watch->image.code_count && from >= 0, "pcode.I14: procedure %u of %u is shown from %lld on", proc,
         watch->image.code_count, (long long)from);
  text_printf(out, "%s:\n", code->name);
  for (int64_t i = from; i < code->count && count-- > 0; i++) {
    if (code->insns[i].line != line) add_line(watch, line = code->insns[i].line, out);
    bool next = watch->state != WATCH_ENDED && proc == watch->proc && i == watch->insn;
    text_printf(out, "%s%s%5lld  ", next ? "=>" : "  ", watch->breaks[watch->starts[proc] + i] ? "*" : " ",
                (long long)i);
    pcode_image_print_insn(&watch->image, &code->insns[i], out);
    text_add_char(out, '\n');
  }
}

void pcode_watch_show_code(const struct watch *watch, int64_t from, int64_t count, bool all, struct text *out) {
  if (!all) return add_code(watch, watch->proc, from, count, out);
  for (uint32_t proc = 0; proc < watch->image.code_count; proc++) add_code(watch, proc, 0, INT64_MAX, out);
}
