// SPDX-License-Identifier: MIT
//
// pcode_step.h: a program of the 39-instruction machine under observation: the machine of pcode_plain.h, its blocks
// with the names that the Pascal- compiler knows, breakpoints, and how far to go. The prompt (pcode_repl.c) is its
// user.
#ifndef PCODE_STEP_H
#define PCODE_STEP_H

#include "pcode_minus.h"
#include "pcode_plain.h"

// The program or a procedure.
struct step_block {
  uint32_t address, body; // of its Deb or DebP, and where that leads
  int64_t variables;      // words
  int64_t params;         // words; those its FinP pops
  const struct minus_block *names;
};

struct stepper {
  struct mutator *th;
  struct loam_source source;
  struct mvp_image image;
  struct minus_names names;
  struct step_block *blocks;
  uint32_t block_count;
  bool *starts, *breaks; // by address: an instruction begins there; the program stops before it
  bool compiled;         // from Pascal-: lines are worth showing
  bool begun;            // Deb was executed
  bool ended;            // Fin was executed, or an error
  int64_t depth;         // calls that are open
  uint32_t shown_line;
  struct plain_machine machine;
};

// Takes a program. The source's bytes must live as long as the stepper.
enum loam_err pcode_step_load(struct stepper *stepper, struct mutator *th, const struct loam_source *source,
                              struct error *err);
void pcode_step_fini(struct stepper *stepper);
// Back to the first instruction; breakpoints stay.
MAY_THROW enum loam_status pcode_step_restart(struct stepper *stepper);

// How far to go, if no breakpoint, no end and no error comes before.
struct step_goal {
  enum {
    STEP_INSTRUCTIONS, // `count` were executed
    STEP_NEXT,         // one, and what it called
    STEP_LINE,         // an instruction of another line is next
    STEP_OVER,         // the same, not in what was called
    STEP_FINISH,       // the procedure has returned
    STEP_CONTINUE      // for ever
  } how;
  int64_t count;
};
enum step_stop { STEP_GOAL, STEP_BREAK, STEP_INPUT, STEP_END, STEP_ERROR };
// Goes on. STEP_INPUT: a Lire is next and there is no input; STEP_ERROR: an error is pending.
MAY_GC MAY_THROW enum step_stop pcode_step_run(struct stepper *stepper, struct step_goal goal);

// Sets or clears the breakpoints where code of a line begins. The number of places; 0: there is no such code.
unsigned pcode_step_break_line(struct stepper *stepper, uint32_t line, bool set);
// The same for an instruction. False: none begins there.
bool pcode_step_break_address(struct stepper *stepper, int64_t address, bool set);

// An activation, found from the links.
struct activation {
  int64_t base;
  const struct step_block *block; // NULL: what the links say makes no sense
  int64_t end;                    // behind its last word
  int64_t at;                     // the instruction it is at: the next one, or the one behind its call
};
// The innermost activation. False: there is none.
bool pcode_step_activation(const struct stepper *stepper, struct activation *activation);
// Moves on to the caller's. False: this was the program's.
bool pcode_step_caller(const struct stepper *stepper, struct activation *activation);

// pcode_step_show.c
// The next instruction, the temporaries of the activation, and the line of the program when it is another one.
void pcode_step_show_place(struct stepper *stepper, struct text *out);
// Activations, the innermost first, with every word.
void pcode_step_show_stack(const struct stepper *stepper, struct text *out);
// The program's variables.
void pcode_step_show_globals(const struct stepper *stepper, struct text *out);
// A line of the source, without the blanks around it.
void pcode_step_show_line(const struct loam_source *source, uint32_t line, struct text *out);
// The code from an address on; at most `count` instructions, with marks at the next one and at breakpoints.
void pcode_step_show_code(const struct stepper *stepper, int64_t from, int64_t count, struct text *out);

#endif
