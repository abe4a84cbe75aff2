// SPDX-License-Identifier: MIT
//
// pcode_watch.h: a program of extended P-code under observation. It runs in loam's own engines, with a call of the
// library's `stp` before each instruction, which stops where the prompt wants it to. So what is seen is what runs: the
// substrate's frames, and the cells of activations in the store. Names and types are there for Pascal's text alone.
#ifndef PCODE_WATCH_H
#define PCODE_WATCH_H

#include "pcode_pascal.h"
#include "pcode_pascal_int.h"
#include "pcode_step.h"

enum watch_state {
  WATCH_READY,   // before the first instruction
  WATCH_RUNNING, // in the middle
  WATCH_ENDED    // the same, but it can't go on: its activations can still be seen
};

struct watch {
  struct mutator *th;
  struct loam_source source;
  struct pcode_image image;
  struct pascal_names names;
  const struct pascal_block **blocks; // by procedure; NULL without names
  struct method *main;
  uint32_t *starts; // by procedure: where its instructions' breakpoints are
  bool *breaks;
  bool has_lines; // the source's lines are those of the code
  enum watch_state state;
  bool leaves; // the program is to be left
  struct step_goal goal;
  int64_t executed;       // on the way to the goal
  const struct value *fp; // where the goal was set
  uint32_t line;
  uint32_t proc, insn; // the instruction that is next
  uint32_t shown_proc, shown_line;
};

// Takes a program: Pascal, P4 or the text form. The source's bytes must live as long as the watch.
enum loam_err pcode_watch_load(struct watch *watch, struct mutator *th, const struct loam_source *source,
                               struct error *err);
void pcode_watch_fini(struct watch *watch);
// Runs it from its start until it is left; pcode_repl_stop is called wherever it stops.
MAY_GC void pcode_watch_run(struct watch *watch);
void pcode_watch_set_goal(struct watch *watch, struct step_goal goal);
// Hook of struct loam_guest: an error of the program stops it where it was thrown.
void pcode_watch_thrown(struct mutator *th);

// Sets or clears the breakpoints where code of a line begins; the number of places.
unsigned pcode_watch_break_line(struct watch *watch, uint32_t line, bool set);
// The same for an instruction of the procedures of a name, or of the one at work when it is empty.
unsigned pcode_watch_break_insn(struct watch *watch, const char *name, size_t length, int64_t insn, bool set);

// pcode_watch_show.c: as for the other machine, see pcode_step.h.
void pcode_watch_show_place(struct watch *watch, struct text *out);
void pcode_watch_show_stack(const struct watch *watch, struct text *out);
void pcode_watch_show_globals(const struct watch *watch, struct text *out);
// Code of the procedure at work; `all`: of all.
void pcode_watch_show_code(const struct watch *watch, int64_t from, int64_t count, bool all, struct text *out);

#endif
