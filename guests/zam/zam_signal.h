// SPDX-License-Identifier: MIT
//
// zam_signal.h: signals. The system's handler only notes them; the program's function runs at the next place that
// polls.
#ifndef ZAM_SIGNAL_H
#define ZAM_SIGNAL_H

#include "zam_state.h"

// Runs the functions of the signals that came.
MAY_GC MAY_THROW enum loam_status zam_signals_run(struct mutator *th);
void zam_signals_roots(struct zam_state *state, struct root_visitor *visit);
// Gives the signals back to the system.
void zam_signals_free(struct zam_state *state);

#endif
