// SPDX-License-Identifier: MIT
//
// option_print.c: the options table as help, and a filled-in config as the command line that makes it.
#include "base/option.h"

#include <string.h>

#define HELP_COLUMN 24 // where the explanations start

static void pad(struct text *out, size_t line_start) {
  ASSERT(out->failed || line_start <= out->length, "a line begins at byte %zu of %zu", line_start, out->length);
  while (!out->failed && out->length - line_start < HELP_COLUMN) text_add_char(out, ' ');
}

static void print_words(const struct option_row *row, struct text *out) {
  for (size_t i = 0; i < row->word_count; i++) {
    const struct option_word *word = &row->words[i];
    size_t start = out->length;
    text_printf(out, "      %s%s ", word->name, word->kind == WORD_COUNT ? ":N" : "");
    pad(out, start);
    text_printf(out, "%s\n", word->help);
    if (!word->provokes) continue;
    start = out->length;
    text_add_char(out, ' ');
    pad(out, start);
    text_printf(out, "  shows: %s\n", word->provokes);
  }
}

void option_print_help(struct text *out) {
  for (size_t i = 0; i < option_count; i++) {
    const struct option_row *row = &option_table[i];
    size_t start = out->length;
    text_printf(out, "  --%s%s%s%s ", row->name, row->bare ? "[=" : "=", row->value_name, row->bare ? "]" : "");
    pad(out, start);
    text_printf(out, "%s", row->help);
    if (row->preset) text_printf(out, " (default: %s)", row->preset);
    if (row->bare) text_printf(out, "; alone: %s", row->bare);
    text_add_line(out, row->words ? ":" : "");
    print_words(row, out);
  }
}

static uint64_t read_number(const struct vm_config *config, const struct option_row *row) {
  ASSERT(row->bytes == 4 || row->bytes == 8, "base.I2: the field of --%s has %d bytes", row->name, row->bytes);
  const char *field = (const char *)config + row->offset;
  return row->bytes == 4 ? *(const uint32_t *)field : *(const uint64_t *)field;
}

// Adds the words that are set.
static void print_set_words(const struct vm_config *config, const struct option_row *row, struct text *out) {
  bool any = false;
  for (size_t i = 0; i < row->word_count; i++) {
    const struct option_word *word = &row->words[i];
    const char *field = (const char *)config + word->offset;
    uint64_t number = word->kind == WORD_BIT      ? *(const unsigned *)field & word->bit
                      : word->kind == WORD_SWITCH ? *(const bool *)field
                                                  : *(const uint64_t *)field;
    if (!number) continue;
    if (any)
      text_add_char(out, ',');
    else
      text_printf(out, " --%s=", row->name);
    any = true;
    text_printf(out, "%s", word->name);
    if (word->kind == WORD_COUNT) text_printf(out, ":%llu", (unsigned long long)number);
  }
}

static void print_set_number(const struct vm_config *config, const struct vm_config *presets,
                             const struct option_row *row, struct text *out) {
  uint64_t number = read_number(config, row);
  if (number == read_number(presets, row)) return;
  text_printf(out, " --%s=", row->name);
  if (row->type == OPTION_SIZE)
    option_print_size(number, out);
  else
    text_printf(out, "%llu%s", (unsigned long long)number, row->type == OPTION_TIME ? "ms" : "");
}

void option_print_set(const struct vm_config *config, struct text *out) {
  struct vm_config presets;
  option_config_init(&presets);
  for (size_t i = 0; i < option_count; i++) {
    const struct option_row *row = &option_table[i];
    if (row->type == OPTION_WORDS) {
      print_set_words(config, row, out);
    } else if (row->type == OPTION_NAME) {
      const char *name = *(const char *const *)((const char *)config + row->offset);
      const char *preset = *(const char *const *)((const char *)&presets + row->offset);
      if (name && (!preset || strcmp(name, preset) != 0)) text_printf(out, " --%s=%s", row->name, name);
    } else {
      print_set_number(config, &presets, row, out);
    }
  }
  for (uint32_t i = 0; i < config->guest_option_count; i++) text_printf(out, " --%s", config->guest_options[i]);
}
