// SPDX-License-Identifier: MIT
//
// zam_backtrace.h: OCaml's own backtraces: where an exception was raised, and through which calls it went to its
// handler.
#ifndef ZAM_BACKTRACE_H
#define ZAM_BACKTRACE_H

#include "zam_state.h"

// Says with which instruction the next exception is raised.
void zam_backtrace_raising(struct zam_state *state, uint32_t opcode);
// Records the places of an exception whose search for a handler begins, when the program wants to know them.
void zam_backtrace_record(struct mutator *th);
// Cold code throws on what is recorded: where that leaves its frame nothing is to be added.
void zam_backtrace_passes(struct zam_state *state);
// Writes the places of the active functions, `most` at most, and returns how many.
#define ZAM_PLACES_MAX 1024
NO_GC size_t zam_backtrace_callstack(struct mutator *th, struct value places[ZAM_PLACES_MAX], size_t most);
// The word that the machine would have on its stack for an instruction: a raise itself, or what follows a call.
uint32_t zam_backtrace_word(const struct zam_code *code, uint32_t pc);
// The last exception's backtrace as lines.
void zam_backtrace_print(struct mutator *th, struct text *out);

// The roots of one thread's.
void zam_backtrace_visit(struct zam_backtrace *backtrace, struct root_visitor *visit);
void zam_backtrace_free(struct zam_state *state);

#endif
