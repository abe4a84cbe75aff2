// SPDX-License-Identifier: MIT
//
// option.c: reads options into a struct vm_config. Not a command-line parser: which words of a command line are options
// is the command line's business.
//
// Every refusal says what was expected and what was found; an unknown name gets the nearest known one as a suggestion.
#include "base/option.h"

#include <stdio.h>
#include <string.h>

static const char *skip_dashes(const char *word) { return strncmp(word, "--", 2) == 0 ? word + 2 : word; }

const char *option_value_of(const char *word, const char *name) {
  word = skip_dashes(word);
  size_t length = strlen(name);
  if (strncmp(word, name, length) != 0) return NULL;
  if (word[length] == '=') return word + length + 1;
  return word[length] ? NULL : word + length;
}

static const struct option_row *find_row(const char *word) {
  for (size_t i = 0; i < option_count; i++)
    if (option_value_of(word, option_table[i].name)) return &option_table[i];
  return NULL;
}

static const struct guest_option *find_guest_option(const char *word, const struct guest_option *options) {
  for (; options && options->name; options++)
    if (option_value_of(word, options->name)) return options;
  return NULL;
}

bool option_is_known(const char *word, const struct guest_option *guest_options) {
  return find_row(word) || find_guest_option(word, guest_options);
}

// ---- suggestions --------------------------------------------------------------------------------------------------

#define NAME_LENGTH_MAX 31

// Insertions, deletions, replacements and swaps of neighbours that lead from one word to the other (optimal string
// alignment). Long words are as far as can be.
static unsigned edit_distance(const char *a, size_t a_length, const char *b, size_t b_length) {
  if (a_length > NAME_LENGTH_MAX || b_length > NAME_LENGTH_MAX) return UINT32_MAX;
  ASSERT(strlen(b) == b_length, "option '%s' is compared by %zu letters", b, b_length);
  unsigned cost[NAME_LENGTH_MAX + 1][NAME_LENGTH_MAX + 1];
  for (unsigned i = 0; i <= a_length; i++) cost[i][0] = i;
  for (unsigned j = 0; j <= b_length; j++) cost[0][j] = j;
  for (size_t i = 1; i <= a_length; i++)
    for (size_t j = 1; j <= b_length; j++) {
      unsigned best = cost[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
      if (cost[i - 1][j] + 1 < best) best = cost[i - 1][j] + 1;
      if (cost[i][j - 1] + 1 < best) best = cost[i][j - 1] + 1;
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && cost[i - 2][j - 2] + 1 < best)
        best = cost[i - 2][j - 2] + 1;
      cost[i][j] = best;
    }
  return cost[a_length][b_length];
}

const char *option_nearest(const char *word, size_t length, const char *(*next)(void *state), void *state) {
  const char *nearest = NULL;
  unsigned best = ((unsigned)length + 2) / 3; // further away it would be a guess, not a suggestion
  for (const char *name; (name = next(state));) {
    size_t name_length = strlen(name);
    unsigned distance = edit_distance(word, length, name, name_length);
    if (name_length > length && length > 1 && strncmp(word, name, length) == 0 && distance > best) distance = best;
    if (distance <= best && (!nearest || distance < best)) nearest = name, best = distance;
  }
  return nearest;
}

struct name_walk {
  size_t row;
  const struct guest_option *guest_options;
};

static const char *next_option_name(void *state) {
  struct name_walk *walk = state;
  if (walk->row < option_count) return option_table[walk->row++].name;
  if (!walk->guest_options || !walk->guest_options->name) return NULL;
  return walk->guest_options++->name;
}

static enum loam_err refuse_unknown(const char *word, const struct guest_option *guest_options, struct error *err) {
  const char *name = skip_dashes(word);
  size_t length = strcspn(name, "=");
  struct name_walk walk = {0, guest_options};
  const char *nearest = option_nearest(name, length, next_option_name, &walk);
  if (nearest)
    return error_set(err, LOAM_ERR_USAGE, "there is no option --%.*s; did you mean --%s?", (int)length, name, nearest);
  return error_set(err, LOAM_ERR_USAGE, "there is no option --%.*s (loam help lists them)", (int)length, name);
}

// ---- values -------------------------------------------------------------------------------------------------------

static void store_number(struct vm_config *config, const struct option_row *row, uint64_t number) {
  char *field = (char *)config + row->offset;
  ASSERT(row->bytes == 4 || row->bytes == 8, "base.I2: the field of --%s has %d bytes", row->name, row->bytes);
  if (row->bytes == 4)
    *(uint32_t *)field = (uint32_t)number;
  else
    *(uint64_t *)field = number;
}

static void print_number(const struct option_row *row, uint64_t number, struct text *out) {
  if (row->type == OPTION_SIZE)
    option_print_size(number, out);
  else if (row->type == OPTION_TIME && number % 1000)
    text_printf(out, "%llums", (unsigned long long)number);
  else
    text_printf(out, "%llu", (unsigned long long)(row->type == OPTION_TIME ? number / 1000 : number));
}

static enum loam_err refuse_range(const struct option_row *row, const char *value, struct error *err) {
  struct text range = {0};
  print_number(row, row->min, &range);
  text_add(&range, " to ", 4);
  print_number(row, row->max, &range);
  enum loam_err kind = error_set(err, LOAM_ERR_USAGE, "--%s: expected %s, found %s", row->name,
                                 range.failed ? "a number in range" : range.bytes, value);
  text_fini(&range);
  return kind;
}

static enum loam_err take_number(struct vm_config *config, const struct option_row *row, const char *value,
                                 struct error *err) {
  static const char *const expected[] = {
      [OPTION_SIZE] = "a size such as 512K, 64M or 2G",
      [OPTION_COUNT] = "a number",
      [OPTION_TIME] = "seconds such as 2, 0.5 or 250ms",
  };
  ASSERT(row->type < COUNT_OF(expected) && expected[row->type], "--%s is no number, but of type %d", row->name,
         row->type);
  ASSERT(row->min <= row->max, "--%s takes %llu to %llu", row->name, (unsigned long long)row->min,
         (unsigned long long)row->max);
  uint64_t number;
  size_t length = strlen(value);
  bool read = row->type == OPTION_SIZE    ? option_read_size(value, length, &number)
              : row->type == OPTION_COUNT ? option_read_count(value, length, &number)
                                          : option_read_time(value, length, &number);
  if (!read)
    return error_set(err, LOAM_ERR_USAGE, "--%s: expected %s, found '%s'", row->name, expected[row->type], value);
  if (number < row->min || number > row->max) return refuse_range(row, value, err);
  store_number(config, row, number);
  return LOAM_OK;
}

static void list_words(const struct option_row *row, struct text *out) {
  for (size_t i = 0; i < row->word_count; i++)
    text_printf(out, "%s%s%s", i ? ", " : "", row->words[i].name, row->words[i].kind == WORD_COUNT ? ":N" : "");
}

static enum loam_err refuse_word(const struct option_row *row, const char *word, size_t length, struct error *err) {
  struct text known = {0};
  list_words(row, &known);
  enum loam_err kind = error_set(err, LOAM_ERR_USAGE, "--%s: expected some of %s; found '%.*s'", row->name,
                                 known.failed ? "its words" : known.bytes, (int)length, word);
  text_fini(&known);
  return kind;
}

static void clear_words(struct vm_config *config, const struct option_row *row) {
  ASSERT(row->type == OPTION_WORDS && row->word_count, "--%s has no words to clear", row->name);
  for (size_t i = 0; i < row->word_count; i++) {
    char *field = (char *)config + row->words[i].offset;
    if (row->words[i].kind == WORD_BIT)
      *(unsigned *)field = 0;
    else if (row->words[i].kind == WORD_SWITCH)
      *(bool *)field = false;
    else
      *(uint64_t *)field = 0;
  }
}

// Takes one word, [word, word + length), its number after a colon included.
static enum loam_err take_word(struct vm_config *config, const struct option_row *row, const char *word, size_t length,
                               struct error *err) {
  if (length == 4 && strncmp(word, "none", 4) == 0) return clear_words(config, row), LOAM_OK;
  size_t name_length = 0;
  while (name_length < length && word[name_length] != ':') name_length++;
  for (size_t i = 0; i < row->word_count; i++) {
    const struct option_word *known = &row->words[i];
    if (strlen(known->name) != name_length || strncmp(word, known->name, name_length) != 0) continue;
    char *field = (char *)config + known->offset;
    ASSERT(known->offset < sizeof *config && (known->kind != WORD_BIT || known->bit), "--%s=%s is at byte %zu, bit %u",
           row->name, known->name, known->offset, known->bit);
    uint64_t number = 0;
    bool numbered = name_length < length;
    if (numbered != (known->kind == WORD_COUNT)) break;
    if (numbered && (!option_read_count(word + name_length + 1, length - name_length - 1, &number) || number == 0))
      return error_set(err, LOAM_ERR_USAGE, "--%s: expected %s:N with N from 1, found '%.*s'", row->name, known->name,
                       (int)length, word);
    if (known->kind == WORD_BIT)
      *(unsigned *)field |= known->bit;
    else if (known->kind == WORD_SWITCH)
      *(bool *)field = true;
    else
      *(uint64_t *)field = number;
    return LOAM_OK;
  }
  return refuse_word(row, word, length, err);
}

static enum loam_err take_words(struct vm_config *config, const struct option_row *row, const char *value,
                                struct error *err) {
  for (;;) {
    size_t length = strcspn(value, ",");
    enum loam_err kind = take_word(config, row, value, length, err);
    if (kind != LOAM_OK) return kind;
    if (!value[length]) return LOAM_OK;
    value += length + 1;
  }
}

static enum loam_err take_guest_option(struct vm_config *config, const struct guest_option *option, const char *word,
                                       struct error *err) {
  ASSERT(config->guest_option_count <= CONFIG_GUEST_OPTIONS_MAX,
         "%u options of the guest's own were kept, of at most %d", config->guest_option_count,
         CONFIG_GUEST_OPTIONS_MAX);
  if (option->value_name && !*option_value_of(word, option->name))
    return error_set(err, LOAM_ERR_USAGE, "--%s needs a value: --%s=%s", option->name, option->name,
                     option->value_name);
  if (config->guest_option_count == CONFIG_GUEST_OPTIONS_MAX)
    return error_set(err, LOAM_ERR_USAGE, "--%s: expected at most %d options of the guest's own", option->name,
                     CONFIG_GUEST_OPTIONS_MAX);
  config->guest_options[config->guest_option_count++] = skip_dashes(word);
  return LOAM_OK;
}

static enum loam_err take_value(struct vm_config *config, const struct option_row *row, const char *value,
                                struct error *err) {
  ASSERT(row->offset < sizeof *config || row->type == OPTION_WORDS, "--%s is at byte %zu of %zu", row->name,
         row->offset, sizeof *config);
  if (row->type == OPTION_WORDS) return take_words(config, row, value, err);
  if (row->type != OPTION_NAME) return take_number(config, row, value, err);
  *(const char **)((char *)config + row->offset) = value;
  return LOAM_OK;
}

void option_config_init(struct vm_config *config) {
  *config = (struct vm_config){0};
  for (size_t i = 0; i < option_count; i++) {
    const struct option_row *row = &option_table[i];
    struct error err = {0};
    CHECK(!row->preset || take_value(config, row, row->preset, &err) == LOAM_OK, "base.I1: the default of --%s: %s",
          row->name, err.text);
  }
}

enum loam_err option_parse(struct vm_config *config, const char *word, const struct guest_option *guest_options,
                           struct error *err) {
  const struct option_row *row = find_row(word);
  if (!row) {
    const struct guest_option *option = find_guest_option(word, guest_options);
    return option ? take_guest_option(config, option, word, err) : refuse_unknown(word, guest_options, err);
  }
  const char *value = option_value_of(word, row->name);
  if (!*value) value = row->bare;
  if (!value)
    return error_set(err, LOAM_ERR_USAGE, "--%s needs a value: --%s=%s", row->name, row->name, row->value_name);
  return take_value(config, row, value, err);
}

enum loam_err option_parse_text(struct vm_config *config, struct arena *arena, const char *text,
                                const struct guest_option *guest_options, struct error *err) {
  static const char space[] = " \t\n\r";
  for (text += strspn(text, space); *text; text += strspn(text, space)) {
    size_t length = strcspn(text, space);
    char *word = arena_alloc(arena, length + 1);
    if (!word) return error_set(err, LOAM_ERR_MEMORY, "no memory for the options");
    memcpy(word, text, length);
    enum loam_err kind = option_parse(config, word, guest_options, err);
    if (kind != LOAM_OK) return kind;
    text += length;
  }
  return LOAM_OK;
}
