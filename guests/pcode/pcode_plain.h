// SPDX-License-Identifier: MIT
//
// pcode_plain.h: the 39-instruction machine as its specification describes it, with code, links and temporaries in one
// store. `--engine=plain`: the second opinion of the tests.
#ifndef PCODE_PLAIN_H
#define PCODE_PLAIN_H

#include "pcode_mvp.h"

// Runs a program that was not verified: whatever it does, only the store can be touched. THROWN with an error pending.
MAY_THROW enum loam_status pcode_mvp_plain_run(struct mutator *th, const struct mvp_image *image);

#endif
