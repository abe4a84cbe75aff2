// SPDX-License-Identifier: MIT
//
// check.h: what a failed ASSERT or CHECK prints beside its own sentence.
#ifndef LOAM_BASE_CHECK_H
#define LOAM_BASE_CHECK_H

#include "loam/rt.h"

// Registers a part of the report: called on the failing thread, in the order of registration, with standard error.
// The list is short and fixed: at most 4. A part must cope with a half-broken process.
void check_add_reporter(void (*print)(void));

// Notes an event (a collection, a load, a limit) in a ring of the last 64, for the report. `format` is printed with
// the two numbers when a check fails, so it must be a literal and may use two %llu.
void check_note_event(const char *format, unsigned long long a, unsigned long long b);

#endif
