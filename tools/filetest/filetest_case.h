// SPDX-License-Identifier: MIT
//
// filetest_case.h: test cases and what they expect, read from a guest program's comments.
//
// A test file is a guest program with its expectation in comments. The directives, each up to the end of its line:
//
//   // expect: TEXT            one line of standard output; the lines are expected in the order of the file
//   // expect exception: TEXT  the last line of standard output, and exit status 1; "..." at the end of TEXT stands
//                              for any rest of the line
//   // expect error: TEXT      the program is refused: exit status not 0, TEXT occurs in one of the outputs
//   // expect exit: N          the exit status, where it isn't 0 (or 1 with an exception)
//   // stdin: TEXT             a line of standard input; "// stdin end: TEXT" is a last line without its newline
//   // args: OPTION ...        more options for loam
//   // only: MODE,...          the modes that make sense; "plain" and "stress" stand for groups of them
//   // skip: MODE,...          the modes that don't
//   // slow                    plain modes only
//   // case: NAME              starts another program: the lines up to the next "// case:". What stands before the
//                              first belongs to every case. Line numbers stay those of the file.
#ifndef FILETEST_CASE_H
#define FILETEST_CASE_H

#include "filetest_bytes.h"

#include <stdbool.h>
#include <stddef.h>

struct expected_line {
  char *text;
  unsigned line; // of the test file
};

struct test_case {
  char *path, *name;    // the file; the case's name, or NULL in a file that is one case
  struct bytes program; // what is run
  struct expected_line *lines;
  size_t line_count;
  char *exception, *error; // NULL: none is expected
  int exit_status;         // -1: as the rest says
  struct bytes input;
  char *args, *only, *skip; // NULL when not given
  bool slow;
  bool asked_for;    // its file was named, not found in a folder: no mode leaves it out for its share
  bool agrees_known; // `agrees_*` hold the first engine's answer, for the others to agree with
  char *agrees_output, *agrees_mode;
  int agrees_status;
};

struct test_suite {
  struct test_case *cases;
  size_t count;
};

// Reads a test file and appends its cases. Ends the tool when the file can't be read or a directive isn't known.
void case_read_file(struct test_suite *suite, const char *path);
void case_suite_fini(struct test_suite *suite);
// True when the comma-separated `list` names `mode`, or its group.
bool case_list_names(const char *list, const char *mode, bool stress);
// "FILE" or "FILE (case NAME)".
void case_print_name(const struct test_case *test, struct bytes *out);

#endif
