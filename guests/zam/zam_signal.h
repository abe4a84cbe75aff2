// SPDX-License-Identifier: MIT
//
// zam_signal.h: signals. The system's handler only notes them; the program's function runs at the next place that
// polls.
#ifndef ZAM_SIGNAL_H
#define ZAM_SIGNAL_H

#include "zam_state.h"

#define ZAM_SIGNALS 65 // one more than the highest number

// What C libraries look at, too: which signals came whose function has not run yet; whether anything waits for a
// safepoint. A hint: it may stay set.
extern _Atomic intptr_t caml_pending_signals[ZAM_SIGNALS];
extern _Atomic int caml_something_to_do;

// Notes that a signal came, and has it looked after soon. May be called by a signal's handler.
void zam_signal_note(struct zam_state *state, int number);
// OCaml's number of a signal (negative for the usual ones) to the system's, and back.
int zam_signal_to_system(int64_t number);
int64_t zam_signal_from_system(int number);

// Runs the functions of the signals that came.
MAY_GC MAY_THROW enum loam_status zam_signals_run(struct mutator *th);
// Has what waits for a safepoint looked after soon: a signal's function, finalisers. May be called by a signal's
// handler.
void zam_signals_wake(struct zam_state *state);
// Who looks after signals from now on; NULL: nobody, until somebody does.
void zam_signals_set_receiver(struct zam_state *state, struct mutator *th);
// Makes SIGVTALRM interrupt what threads wait for, and nothing else.
void zam_signals_prepare_end(void);
void zam_signals_roots(struct zam_state *state, struct root_visitor *visit);
// Gives the signals back to the system.
void zam_signals_free(struct zam_state *state);

#endif
