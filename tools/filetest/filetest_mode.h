// SPDX-License-Identifier: MIT
//
// filetest_mode.h: the engines and stress modes a test runs in, by name, and the command line each of them makes.
//
// A mode is a name with a list of options for loam. Plain modes are ways a user runs programs; stress modes provoke
// bugs and take long, so they have more time and leave tests marked "// slow" out. Modes that compile a lot take a
// share of the tests, chosen by a hash of their names, unless all are asked for: the same share every time, another one
// for each mode.
#ifndef FILETEST_MODE_H
#define FILETEST_MODE_H

#include <stdbool.h>
#include <stddef.h>

#define MODE_OPTIONS_MAX 5

struct mode {
  const char *name;
  const char *options[MODE_OPTIONS_MAX + 1]; // NULL-terminated
  bool stress;
  bool compiled;         // first `loam compile` to a file, then run that
  bool bare;             // PROGRAM FILE, without "run" and options: for other implementations of the language
  bool optional;         // runs only when it is asked for
  unsigned one_of;       // 0: every test; otherwise one of so many
  const char *extension; // NULL: any file; otherwise only files that end so
};

extern const struct mode mode_table[];
extern const size_t mode_count;

// The mode of that name, or NULL.
const struct mode *mode_find(const char *name, size_t length);
// Whether a test file can run in the mode at all.
bool mode_fits(const struct mode *mode, const char *path);
// Whether the test (a path, and a case's name or NULL) is in the mode's share. The folder doesn't matter.
bool mode_shares(const struct mode *mode, const char *path, const char *name);
// Turns a comma-separated list into modes; NULL means all that aren't optional. Ends the tool at an unknown name.
// The caller frees the array.
const struct mode **mode_list(const char *names, size_t *count);

// A command line under construction. Zero-initialise. The texts stay the caller's.
struct command {
  const char *argv[40];
  size_t count;
};
void command_add(struct command *command, const char *word);
// `loam run OPTIONS EXTRA FILE`; `extra` are the words of a test's own "args:", `extra_count` many.
void command_make_run(struct command *command, const struct mode *mode, const char *loam, char *const *extra,
                      size_t extra_count, const char *file);

#endif
