// SPDX-License-Identifier: MIT
//
// filetest_judge.h: compares what a program did with what its test file expects, and with what it did in the mode
// that ran first.
#ifndef FILETEST_JUDGE_H
#define FILETEST_JUDGE_H

#include "filetest_case.h"
#include "filetest_child.h"

// What one run left behind.
struct outcome {
  const struct child *child; // ended
  struct bytes output, errors;
};

// True when the run is as expected; otherwise `why` gets the difference, several lines. The first run of a case that
// meets the expectation is kept in `test`, and later ones must agree with it (the expectation may leave some open).
bool judge_outcome(struct test_case *test, const char *mode, const struct outcome *outcome, struct bytes *why);

#endif
