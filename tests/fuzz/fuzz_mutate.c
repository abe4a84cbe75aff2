// SPDX-License-Identifier: MIT
//
// fuzz_mutate.c: mutations of program texts: bytes, tokens, lines, numbers, pieces of other programs. See
// fuzz_mutate.h. The mutations know what tokens are, because random bytes alone rarely get past a lexer.
#include "fuzz_mutate.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A text under mutation.
struct mutant {
  uint64_t *state;
  struct bytes text;
};

static size_t below(struct mutant *mutant, size_t limit) {
  uint64_t z = *mutant->state += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return limit ? (size_t)((z ^ z >> 31) % limit) : 0;
}

// Replaces [at, at + removed) by `added` bytes.
static void replace(struct mutant *mutant, size_t at, size_t removed, const char *data, size_t added) {
  struct bytes fresh = {0};
  bytes_add(&fresh, mutant->text.data, at);
  bytes_add(&fresh, data, added);
  bytes_add(&fresh, mutant->text.data + at + removed, mutant->text.length - at - removed);
  bytes_fini(&mutant->text);
  mutant->text = fresh;
}

// A token: a run of letters and digits, or one other character. Returns its start; `length` its length.
static size_t pick_token(struct mutant *mutant, size_t *length) {
  const char *data = mutant->text.data;
  size_t at = below(mutant, mutant->text.length), end;
  while (at > 0 && (isalnum((unsigned char)data[at]) || data[at] == '_') &&
         (isalnum((unsigned char)data[at - 1]) || data[at - 1] == '_'))
    at--;
  for (end = at; end < mutant->text.length && (isalnum((unsigned char)data[end]) || data[end] == '_');) end++;
  *length = end > at ? end - at : mutant->text.length > at;
  return at;
}

static void flip_bit(struct mutant *mutant) {
  if (mutant->text.length) mutant->text.data[below(mutant, mutant->text.length)] ^= (char)(1 << below(mutant, 8));
}

static void set_byte(struct mutant *mutant) {
  static const char bytes[] = "\0\x01\n\r\t \"\\{}[]();:,.=<>!&|+-*/_\x7f\x80\xc3\xff";
  size_t at = below(mutant, mutant->text.length);
  if (mutant->text.length) mutant->text.data[at] = bytes[below(mutant, sizeof bytes - 1)];
}

static void truncate_text(struct mutant *mutant) {
  mutant->text.length = below(mutant, mutant->text.length + 1);
  if (mutant->text.data) mutant->text.data[mutant->text.length] = '\0';
}

static void remove_range(struct mutant *mutant) {
  size_t at = below(mutant, mutant->text.length + 1);
  size_t length = below(mutant, 1 + (mutant->text.length - at) / (1 + below(mutant, 8)));
  replace(mutant, at, length, "", 0);
}

static void repeat_range(struct mutant *mutant) {
  size_t at = below(mutant, mutant->text.length + 1);
  size_t length = below(mutant, 1 + (mutant->text.length - at) / (1 + below(mutant, 8)));
  char *copy = bytes_copy(mutant->text.data ? mutant->text.data + at : "", length);
  for (size_t times = 1 + below(mutant, 4); times > 0 && mutant->text.length < 200000; times--)
    replace(mutant, at, 0, copy, length);
  free(copy);
}

static void remove_token(struct mutant *mutant) {
  size_t length, at = pick_token(mutant, &length);
  replace(mutant, at, length, "", 0);
}

static void repeat_token(struct mutant *mutant) {
  size_t length, at = pick_token(mutant, &length);
  char *copy = bytes_copy(mutant->text.data + at, length);
  replace(mutant, at, 0, " ", 1);
  replace(mutant, at, 0, copy, length);
  free(copy);
}

static void swap_tokens(struct mutant *mutant) {
  size_t first_length, second_length;
  size_t first = pick_token(mutant, &first_length), second = pick_token(mutant, &second_length);
  if (first > second) {
    size_t at = first, length = first_length;
    first = second, first_length = second_length;
    second = at, second_length = length;
  }
  if (first + first_length > second) return;
  char *first_copy = bytes_copy(mutant->text.data + first, first_length);
  char *second_copy = bytes_copy(mutant->text.data + second, second_length);
  replace(mutant, second, second_length, first_copy, first_length);
  replace(mutant, first, first_length, second_copy, second_length);
  free(first_copy);
  free(second_copy);
}

static void insert_token(struct mutant *mutant) {
  static const char *const tokens[] = {"global",
                                       "if",
                                       "else",
                                       "while",
                                       "return",
                                       "fun",
                                       "true",
                                       "false",
                                       "None",
                                       "{",
                                       "}",
                                       "[",
                                       "]",
                                       "(",
                                       ")",
                                       ";",
                                       ":",
                                       ",",
                                       ".",
                                       "==",
                                       "<=",
                                       "!",
                                       "-",
                                       "\"",
                                       "//",
                                       "x",
                                       "0",
                                       "1",
                                       "function",
                                       "functions",
                                       "constants",
                                       "names",
                                       "free_vars",
                                       "local_vars",
                                       "local_ref_vars",
                                       "load_const",
                                       "load_func",
                                       "load_local",
                                       "store_local",
                                       "load_global",
                                       "store_global",
                                       "push_ref",
                                       "load_ref",
                                       "store_ref",
                                       "alloc_record",
                                       "field_load",
                                       "field_store",
                                       "index_load",
                                       "index_store",
                                       "alloc_closure",
                                       "call",
                                       "return",
                                       "add",
                                       "sub",
                                       "mul",
                                       "div",
                                       "neg",
                                       "gt",
                                       "geq",
                                       "eq",
                                       "and",
                                       "or",
                                       "not",
                                       "goto",
                                       "dup",
                                       "swap",
                                       "pop",
                                       "parameter_count = 9,",
                                       "begin",
                                       "end",
                                       "of",
                                       "array",
                                       "procedure",
                                       "^",
                                       "..",
                                       "'",
                                       "Deb",
                                       "DebP",
                                       "Apl",
                                       "AdrV",
                                       "FinP",
                                       "\"\\"};
  size_t length, at = pick_token(mutant, &length);
  const char *token = tokens[below(mutant, sizeof tokens / sizeof *tokens)];
  bool over = below(mutant, 2); // over the token, or before it
  replace(mutant, at, over ? length : 0, token, strlen(token));
  if (!over) replace(mutant, at + strlen(token), 0, " ", 1);
}

// Puts another number over a number: an index out of range, a jump to elsewhere, a literal beyond 32 bits.
static void change_number(struct mutant *mutant) {
  static const char *const numbers[] = {"0",
                                        "1",
                                        "2",
                                        "3",
                                        "-1",
                                        "-2",
                                        "7",
                                        "255",
                                        "256",
                                        "65535",
                                        "65536",
                                        "2147483647",
                                        "2147483648",
                                        "-2147483648",
                                        "4294967295",
                                        "4294967296",
                                        "99999999999999999999999"};
  size_t count = 0, picked = 0;
  for (size_t i = 0; i < mutant->text.length; i++)
    if (isdigit((unsigned char)mutant->text.data[i]) && (i == 0 || !isalnum((unsigned char)mutant->text.data[i - 1])) &&
        below(mutant, ++count) == 0)
      picked = i;
  if (count == 0) return;
  size_t length = strspn(mutant->text.data + picked, "0123456789");
  const char *number = numbers[below(mutant, sizeof numbers / sizeof *numbers)];
  replace(mutant, picked, length, number, strlen(number));
}

static void swap_lines(struct mutant *mutant) {
  char *data = mutant->text.data;
  if (!data) return;
  char *first = strchr(data + below(mutant, mutant->text.length), '\n');
  char *second = first ? strchr(first + 1, '\n') : NULL;
  char *third = second ? strchr(second + 1, '\n') : NULL;
  if (!third) return;
  size_t first_length = (size_t)(second - first), second_length = (size_t)(third - second);
  char *copy = bytes_copy(first, first_length);
  memmove(first, second, second_length);
  memcpy(first + second_length, copy, first_length);
  free(copy);
}

static void (*const mutations[])(struct mutant *mutant) = {
    flip_bit,    set_byte,     truncate_text, remove_range, repeat_range,  remove_token,  repeat_token,  swap_tokens,
    swap_tokens, insert_token, insert_token,  insert_token, change_number, change_number, change_number, swap_lines};

void mutate_program(uint64_t *state, const struct mutator_source *sources, size_t count, size_t pick,
                    struct bytes *out) {
  struct mutant mutant = {.state = state};
  bytes_add(&mutant.text, sources[pick].data, sources[pick].length);
  if (below(&mutant, 8) == 0) { // the middle of another program in this one
    const struct mutator_source *other = &sources[below(&mutant, count)];
    size_t from = below(&mutant, other->length + 1), at = below(&mutant, mutant.text.length + 1);
    replace(&mutant, at, 0, other->data + from, below(&mutant, other->length - from + 1));
  }
  for (size_t times = 1 + below(&mutant, 4); times > 0 && mutant.text.length > 0; times--)
    mutations[below(&mutant, sizeof mutations / sizeof *mutations)](&mutant);
  bytes_add(out, mutant.text.data ? mutant.text.data : "", mutant.text.length);
  bytes_fini(&mutant.text);
}

// ---- huge texts -------------------------------------------------------------------------------------------------

#define MANY 1000000

static const struct huge_text {
  const char *name, *suffix, *before, *repeated, *middle, *closing, *after;
} huge_texts[] = {
    {"a million parentheses", ".mit", "x = ", "(", "1", ")", ";"},
    {"a million open parentheses", ".mit", "x = ", "(", "", "", ""},
    {"a million minus signs", ".mit", "x = ", "- ", "1", "", ";"},
    {"a million not signs", ".mit", "x = ", "!", "true", "", ";"},
    {"a million records", ".mit", "x = ", "{ a: ", "1", "; }", ";"},
    {"a million functions", ".mit", "x = ", "fun () { return ", "1", "; }", ";"},
    {"a million blocks", ".mit", "", "if (true) { ", "x = 1;", " }", ""},
    {"a million else blocks", ".mit", "", "if (true) { } else { ", "x = 1;", " }", ""},
    {"a million loops", ".mit", "", "while (false) { ", "x = 1;", " }", ""},
    {"a million calls", ".mit", "f = fun (x) { return x; }; x = ", "f(", "1", ")", ";"},
    {"a million indices", ".mit", "r = {}; x = ", "r[", "1", "]", ";"},
    {"a million additions", ".mit", "x = 1", " + 1", "", "", ";"},
    {"a million fields", ".mit", "r = {}; x = r", ".a", "", "", ";"},
    {"a million statements", ".mit", "x = 0; ", "x = x + 1;\n", "", "", "print(x);"},
    {"a million arguments", ".mit", "print(1", ", 1", "", "", ");"},
    {"a million parameters", ".mit", "f = fun (a", ", a", "", "", ") { };"},
    {"a name of a million letters", ".mit", "", "x", " = 1; ", "", ""},
    {"a number of a million digits", ".mit", "x = ", "9", "", "", "; print(x);"},
    {"a string of a million letters", ".mit", "x = \"", "y", "", "", "\"; print(x == x);"},
    {"an unfinished string", ".mit", "x = \"", "y", "", "", ""},
    {"a million comments", ".mit", "", "// c\n", "", "", ""},
    {"a million newlines", ".mit", "", "\n", "", "", ""},
    {"a million semicolons", ".mit", "", ";", "", "", ""},
    {"a million functions inside each other", ".mitbc", "", "function { functions = [ ", "", "] }", ""},
    {"a million functions side by side", ".mitbc", "function { functions = [ function { }", ", function { }", "", "",
     " ] }"},
    {"a million constants", ".mitbc", "function { constants = [ 1", ", 1", "", "", " ] }"},
    {"a million names", ".mitbc", "function { names = [ a", ", a", "", "", " ] }"},
    {"a million instructions", ".mitbc", "function { constants = [1], instructions = [ ", "load_const 0 pop ", "", "",
     " ] }"},
    {"a million operands", ".mitbc", "function { constants = [1], instructions = [ ", "load_const 0 ", "", "", " ] }"},
    {"a million jumps", ".mitbc", "function { instructions = [ ", "goto 1 ", "", "", " ] }"},
    {"a million branches", ".mitbc", "function { constants = [true], instructions = [ ", "load_const 0 if 1 ", "", "",
     " ] }"},
    {"a million zero bytes", ".mit", "", "\x01", "", "", ""}, // made zero below
};

const char *mutate_huge(size_t index, struct bytes *out, const char **name) {
  if (index >= sizeof huge_texts / sizeof *huge_texts) return NULL;
  const struct huge_text *huge = &huge_texts[index];
  *name = huge->name;
  bytes_add_text(out, huge->before);
  for (size_t i = 0; i < MANY; i++) bytes_add_text(out, huge->repeated);
  bytes_add_text(out, huge->middle);
  for (size_t i = 0; i < MANY && *huge->closing; i++) bytes_add_text(out, huge->closing);
  bytes_add_text(out, huge->after);
  if (huge->repeated[0] == '\x01') memset(out->data, 0, out->length);
  return huge->suffix;
}
