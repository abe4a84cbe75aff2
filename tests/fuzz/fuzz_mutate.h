// SPDX-License-Identifier: MIT
//
// fuzz_mutate.h: changes a program's text so that it is probably malformed, and makes texts of unreasonable size.
#ifndef FUZZ_MUTATE_H
#define FUZZ_MUTATE_H

#include "filetest_bytes.h"

#include <stdint.h>

struct mutator_source {
  const char *data;
  size_t length;
};

// Appends a mutant of one of the sources to `out`. The same state gives the same mutant; the state moves on.
void mutate_program(uint64_t *state, const struct mutator_source *sources, size_t count, size_t pick,
                    struct bytes *out);

// Programs that are malformed by size: a million nested parentheses and the like. Appends the `index`th to `out` and
// returns its file name ending (".mit"); NULL when there is none of that number. `name` gets what it is.
const char *mutate_huge(size_t index, struct bytes *out, const char **name);

#endif
