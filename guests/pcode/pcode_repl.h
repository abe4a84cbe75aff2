// SPDX-License-Identifier: MIT
//
// pcode_repl.h: the prompt, for those whose programs it steps through, and its hooks of struct loam_guest.
#ifndef PCODE_REPL_H
#define PCODE_REPL_H

#include "pcode_watch.h"

// The program of extended P-code that the prompt runs, or NULL.
struct watch *pcode_repl_watch(const struct mutator *th);
// Says why the program stops, and executes commands until it is to go on or to be left.
MAY_GC void pcode_repl_stop(struct mutator *th, enum step_stop stop);
// Whether the prompt was given no input, and not told either that there is no more.
bool pcode_repl_wants_input(const struct mutator *th);

enum loam_err pcode_repl_load(struct mutator *th, const struct loam_source *source, struct error *err);
bool pcode_repl_eval(struct mutator *th, const char *input);
// Frees what the prompt holds.
void pcode_repl_close(struct pcode_state *state);

#endif
