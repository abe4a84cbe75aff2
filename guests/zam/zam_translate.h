// SPDX-License-Identifier: MIT
//
// zam_translate.h: from a function's bytecode to a draft of the substrate.
#ifndef ZAM_TRANSLATE_H
#define ZAM_TRANSLATE_H

#include "zam_state.h"

// Translates the body that begins at `entry`, verifies it and makes its method. `params`: arguments it takes.
enum loam_err zam_translate(struct zam_state *state, struct zam_function *function, uint32_t entry, uint32_t params,
                            struct method **out, struct error *err);
// The same for a piece of the outermost code, see zam_load_piece.
enum loam_err zam_translate_piece(struct zam_state *state, struct zam_function *function, uint32_t depth,
                                  uint32_t *next, struct method **out, struct error *err);

// Fails when the program's file was written to: what was read of it lately may be no part of the program.
enum loam_err zam_check_program(const struct zam_state *state, struct error *err);

// Bytecode is read once, and lies among more that no one reads; the system brings it in by 64 KB, though. To be told
// what was read, by a word of it: when that lies in many places, the memory of all is given back. (Of 8 places, one
// line took the compiler a seventh longer than of 24, for the faults of those that came again; without a bound it took
// a fifth more memory.) The more functions a program has run, the more places that are.
void zam_note_read(struct zam_state *state, uint32_t pc);

// What a CLOSUREREC instruction makes: the functions of a block.
struct zam_closures {
  uint32_t count, captured;
  struct zam_function *functions[];
};

#endif
