// SPDX-License-Identifier: MIT
//
// zam_run.h: running a loaded program, and its end.
#ifndef ZAM_RUN_H
#define ZAM_RUN_H

#include "zam_state.h"

// Hook of struct loam_guest.
int zam_run(struct mutator *th, struct method *main_method, int argc, char **argv);

// From now on, all programs of the process start as with b in OCAMLRUNPARAM.
void zam_run_with_backtraces(void);

// Ends the program with an exit status; returns THROWN.
MAY_THROW enum loam_status zam_exit(struct mutator *th, int status);

// A value that the program registered under a name; NULL when there is none.
struct zam_named *zam_named_find(struct zam_state *state, const char *name);

#endif
