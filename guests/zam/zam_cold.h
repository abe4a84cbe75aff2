// SPDX-License-Identifier: MIT
//
// zam_cold.h: bytecode that runs once or a few times, done as it stands: the outermost code (zam_start.c), and
// functions in their first calls (zam_cold.c). Translating takes longer than that. Only the program's main thread does
// so.
#ifndef ZAM_COLD_H
#define ZAM_COLD_H

#include "zam_state.h"

#include "loam/guest.h"
#include "loam/rt.h"

// Code at work, of the outermost code or of one call of a function.
struct zam_activation {
  struct zam_activation *outer;
  struct zam_function *function; // NULL: the outermost code
  struct value *closure;         // a root of somebody else's; NULL: none
  struct zam_words words;        // the code
  uint32_t origin;               // that word of the program's where `words` begins
  uint32_t pc;                   // of the instruction at work, in `words`
  uint32_t base, room;           // where its part of the stack begins; values that it may have there
  uint32_t trap;                 // how many there are up to the innermost trap frame; 0: none
  bool gone;                     // what it called stands for it: its last call, or the rest of it, translated
};

enum {
  ZAM_COLD_OUTERMOST_MAX = 4096, // values of the outermost code
  ZAM_COLD_CALLS_MAX = 16,       // of a long function
  ZAM_COLD_ARGS_MAX = 16,        // that it takes
  ZAM_COLD_ROOM_EACH = 256,      // values that it may have on the stack, one of them the accumulator as an argument
  ZAM_COLD_CLOSURES_MAX = 64     // that know each other
};

// The machine's registers and stack. Roots. All activations share them: one that begins puts the accumulator of who
// called on the stack.
struct zam_cold {
  struct value *stack; // the top last
  uint32_t count, room;
  struct value acc;
  struct zam_activation *innermost;
  struct zam_activation failed;                  // the last one that an exception left, while its frame is unwound
  bool takes_functions;                          // methods that are made are to be seen at work in other engines
  uint32_t depth;                                // of functions in each other
  struct method *methods[ZAM_COLD_ARGS_MAX + 1]; // by argument count: runs a function as it stands
};

// The checked copy of a function's code.
struct zam_cold_code {
  uint32_t start, count, arity; // words of the program's code; arguments
  uint32_t calls_left;          // so many are to be done
  int32_t words[];
};

// The registers, made when they are first asked for; NULL: no memory.
struct zam_cold *zam_cold_registers(struct zam_state *state);
void zam_cold_roots(struct zam_state *state, struct root_visitor *visit);
void zam_cold_free(struct zam_state *state);
// For struct loam_guest.
bool zam_cold_place(const struct mutator *th, const struct value *locals, char name[GUEST_NAME_MAX], uint32_t *insn);

// ---- functions

// Is this call of a function that has no method yet to be done as the code stands? *method does that.
bool zam_cold_takes(struct mutator *th, struct zam_function *function, uint32_t count, const struct method **method);
// The function gets a method: its copy is freed, at the latest with its last activation.
void zam_cold_forget(struct zam_state *state, struct zam_function *function);

// ---- looking ahead (zam_cold_look.c)

// Looks through a function's code from its first instruction, behind what checks its arguments, to its end. Returns how
// many words that are; 0: something in it is not done here.
uint32_t zam_cold_measure(const struct zam_state *state, const struct zam_words *code, uint32_t start, uint32_t arity);
// Is all done here that follows a PUSHTRAP of the outermost code, at at->pc, until its trap frame is gone? So many
// values are on the stack.
bool zam_cold_takes_trap(const struct zam_state *state, const struct zam_activation *at, uint32_t height);

// ---- instructions (zam_cold_insn.c)

enum zam_outcome {
  ZAM_GOES_ON,
  ZAM_STOPS,     // the end; of a function, with its result in the accumulator
  ZAM_TRANSLATE, // the next instruction can't be done here
  ZAM_FAILS,     // thrown
};

// Does what it can. Where it ends before the code does, at->pc is what it could not do.
MAY_GC MAY_THROW enum zam_outcome zam_cold_run(struct mutator *th, struct zam_activation *at);

// Before more of the outermost code is read: the end, if the program's file was written to meanwhile.
enum loam_status zam_cold_check(struct mutator *th);

// Does what comes next and only computes: at->pc is the first instruction of another kind, or of one that can't be done
// here (zam_cold_pure.c).
void zam_cold_run_pure(const struct zam_state *state, struct zam_activation *at);

#endif
