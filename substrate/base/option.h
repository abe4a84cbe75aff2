// SPDX-License-Identifier: MIT
//
// option.h: the options table and what reads it: the command line, LOAM_OPTIONS in the environment, the embedding API,
// `loam help` and the report of a failed check.
//
// An option is written --NAME=VALUE. A list option (--stress=gc:7,poison) takes words, some with a number; giving it
// again adds words, and the word `none` takes all of them back. The defaults are texts of the table, read by the same
// parser as what a user writes, so that help and behaviour can't differ.
#ifndef LOAM_BASE_OPTION_H
#define LOAM_BASE_OPTION_H

#include "base/config.h"
#include "loam/guest.h"

enum option_type {
  OPTION_NAME,  // a word, borrowed; field: const char *
  OPTION_SIZE,  // bytes, with K, M, G or T
  OPTION_COUNT, // a number
  OPTION_TIME,  // seconds with a fraction, or with ms, s; field: milliseconds
  OPTION_WORDS, // a list of words from `words`
};

enum option_word_kind {
  WORD_BIT,    // sets a bit of an unsigned field
  WORD_SWITCH, // sets a bool
  WORD_COUNT,  // WORD:N sets a uint64_t
};

struct option_word {
  const char *name, *help, *provokes; // provokes: the kind of bug a stress word shows, or NULL
  enum option_word_kind kind;
  unsigned bit;
  size_t offset; // in struct vm_config
};

struct option_row {
  const char *name, *value_name, *help;
  const char *preset; // the default, as a user would write it; NULL: what zero means, which `help` says
  enum option_type type;
  uint8_t bytes;     // of the field
  size_t offset;     // in struct vm_config
  uint64_t min, max; // of numbers
  const struct option_word *words;
  size_t word_count;
  const char *bare; // what the option means without a value, or NULL when it needs one
};

extern const struct option_row option_table[];
extern const size_t option_count;

// Fills in the defaults.
void option_config_init(struct vm_config *config);

// Takes one option, "--NAME=VALUE"; the leading dashes may be left out. `guest_options` may be NULL, and ends with a
// NULL name. LOAM_ERR_USAGE says what was expected and what was found. Borrows `word` for the config's life.
enum loam_err option_parse(struct vm_config *config, const char *word, const struct guest_option *guest_options,
                           struct error *err);

// Takes options separated by white space, as LOAM_OPTIONS holds them. The words are copied into `arena`.
enum loam_err option_parse_text(struct vm_config *config, struct arena *arena, const char *text,
                                const struct guest_option *guest_options, struct error *err);

// Whether the table, or `guest_options`, has the option of this word.
bool option_is_known(const char *word, const struct guest_option *guest_options);

// Does `word` say "NAME" or "NAME=VALUE"? Then its value ("" when it has none), else NULL.
const char *option_value_of(const char *word, const char *name);

// The nearest of the names that `next` gives one after the other (NULL ends them), when it is near enough to be what
// was meant, else NULL.
const char *option_nearest(const char *word, size_t length, const char *(*next)(void *state), void *state);

// The table as text for `loam help`.
void option_print_help(struct text *out);
// What differs from the defaults, as a command line would say it.
void option_print_set(const struct vm_config *config, struct text *out);

// Numbers as options write them; false when the text is none, or too large for 64 bits.
bool option_read_size(const char *text, size_t length, uint64_t *bytes);
bool option_read_count(const char *text, size_t length, uint64_t *count);
bool option_read_time(const char *text, size_t length, uint64_t *milliseconds);
// "64M", "1500": the shortest exact form.
void option_print_size(uint64_t bytes, struct text *out);

#endif
