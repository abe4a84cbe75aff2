// SPDX-License-Identifier: MIT
//
// zam_run.h: running a loaded program, and its end.
#ifndef ZAM_RUN_H
#define ZAM_RUN_H

#include "zam_state.h"

// Hook of struct loam_guest.
int zam_run(struct mutator *th, struct method *main_method, int argc, char **argv);

// The number behind a letter of the environment's OCAMLRUNPARAM: letters with numbers, behind commas. False: there is
// none.
bool zam_run_parameter(char letter, uint64_t *n);

// From now on, all programs of the process start as with b in OCAMLRUNPARAM.
void zam_run_with_backtraces(void);

// The same for v=61.
void zam_run_verbosely(void);

// Ends the program with an exit status; returns THROWN.
MAY_THROW enum loam_status zam_exit(struct mutator *th, int status);

// A value that the program registered under a name; NULL when there is none.
struct zam_named *zam_named_find(struct zam_state *state, const char *name);

#endif
