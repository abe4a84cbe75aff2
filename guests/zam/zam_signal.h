// SPDX-License-Identifier: MIT
//
// zam_signal.h: signals. The system's handler only notes them; the program's function runs at the next place that
// polls.
#ifndef ZAM_SIGNAL_H
#define ZAM_SIGNAL_H

#include "zam_state.h"

// Runs the functions of the signals that came.
MAY_GC MAY_THROW enum loam_status zam_signals_run(struct mutator *th);
// Records that a signal came, and has it looked after soon. Any thread may call it, and a signal's handler.
void zam_signals_note(struct zam_state *state, int number);
// The same for what is no signal.
void zam_signals_wake(struct zam_state *state);
// Who looks after signals from now on; NULL: nobody, until somebody does.
void zam_signals_set_receiver(struct zam_state *state, struct mutator *th);
// Makes SIGVTALRM interrupt what threads wait for, and nothing else.
void zam_signals_prepare_end(void);
// A program's number of a signal as the system's, and back.
int zam_signal_to_system(int64_t number);
int64_t zam_signal_from_system(int number);
void zam_signals_roots(struct zam_state *state, struct root_visitor *visit);
// Gives the signals back to the system.
void zam_signals_free(struct zam_state *state);

#endif
