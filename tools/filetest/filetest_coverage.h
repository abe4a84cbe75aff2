// SPDX-License-Identifier: MIT
//
// filetest_coverage.h: which opcodes the tests executed, added up over all runs in mode "coverage".
//
// loam run --stats=ops prints lines "loam-op: op NAME COUNT" on standard error; loam explain --list GUEST prints the
// guest's ops, one a line. There is no list of exceptions: an op that no test can run should not exist.
#ifndef FILETEST_COVERAGE_H
#define FILETEST_COVERAGE_H

#include "filetest_bytes.h"

// Zero-initialise.
struct coverage {
  struct coverage_op *ops;
  size_t count;
};

// Adds the counts in one run's standard error.
void coverage_add(struct coverage *coverage, const char *errors);
// Asks `loam` for the ops of `guest` and appends those that no run executed to `out`, one a line. Returns their number;
// ends the tool when the list can't be had.
size_t coverage_report(const struct coverage *coverage, const char *loam, const char *guest, const char *folder,
                       struct bytes *out);
void coverage_fini(struct coverage *coverage);

#endif
