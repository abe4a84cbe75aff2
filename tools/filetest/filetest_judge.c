// SPDX-License-Identifier: MIT
//
// filetest_judge.c: expectation against outcome. One pass makes the list of expected lines (the exception's last), one
// compares and prints the neighbourhood of the first difference. See filetest_judge.h.
#include "filetest_judge.h"

#include <stdlib.h>
#include <string.h>

// How many lines before and after the first difference are shown.
#define CONTEXT_LINES 3

struct lines {
  const char **starts;
  size_t *lengths;
  size_t count;
};

static struct lines split_lines(const struct bytes *text) {
  size_t most = 1;
  for (size_t i = 0; i < text->length; i++) most += text->data[i] == '\n';
  struct lines lines = {bytes_need(most, sizeof(char *)), bytes_need(most, sizeof(size_t)), 0};
  const char *at = text->data, *end = text->data + text->length;
  while (at < end) {
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    lines.starts[lines.count] = at;
    lines.lengths[lines.count++] = (size_t)((newline ? newline : end) - at);
    at = newline ? newline + 1 : end;
  }
  return lines;
}

static void lines_fini(struct lines *lines) {
  free(lines->starts);
  free(lines->lengths);
}

// Expected line `i`, the exception's after the printed ones; NULL past the end.
static const char *expected_text(const struct test_case *test, size_t i, unsigned *line) {
  *line = 0;
  if (i < test->line_count) {
    *line = test->lines[i].line;
    return test->lines[i].text;
  }
  return i == test->line_count ? test->exception : NULL;
}

static bool line_matches(const struct test_case *test, size_t i, const char *got, size_t length) {
  unsigned line;
  const char *want = expected_text(test, i, &line);
  if (!want) return false;
  size_t want_length = strlen(want);
  if (i == test->line_count && want_length >= 3 && strcmp(want + want_length - 3, "...") == 0)
    return length >= want_length - 3 && memcmp(got, want, want_length - 3) == 0;
  return length == want_length && memcmp(got, want, length) == 0;
}

static void print_difference(const struct test_case *test, const struct lines *got, size_t at, struct bytes *why) {
  bytes_printf(why, "  standard output differs from line %zu on (- expected, + printed):\n", at + 1);
  size_t from = at > CONTEXT_LINES ? at - CONTEXT_LINES : 0;
  for (size_t i = from; i < at; i++) bytes_printf(why, "      %.*s\n", (int)got->lengths[i], got->starts[i]);
  unsigned line;
  for (size_t i = at; i < at + CONTEXT_LINES && expected_text(test, i, &line); i++) {
    bytes_printf(why, "    - %.600s", expected_text(test, i, &line));
    bytes_add_text(why, "\n");
    if (line && i == at) bytes_printf(why, "        (expected by %s:%u)\n", test->path, line);
  }
  for (size_t i = at; i < at + CONTEXT_LINES && i < got->count; i++) {
    int shown = got->lengths[i] > 600 ? 600 : (int)got->lengths[i];
    bytes_printf(why, "    + %.*s\n", shown, got->starts[i]);
  }
  if (got->count > at + CONTEXT_LINES) bytes_printf(why, "    + (%zu more lines)\n", got->count - at - CONTEXT_LINES);
}

// Whether what follows the expected lines may be the message of a refused program.
static bool message_on_output(const struct test_case *test, const struct outcome *outcome) {
  return test->error && *test->error && strstr(outcome->output.data, test->error);
}

static bool judge_output(const struct test_case *test, const struct outcome *outcome, struct bytes *why) {
  struct lines got = split_lines(&outcome->output);
  size_t wanted = test->line_count + (test->exception ? 1 : 0), at = 0;
  while (at < wanted && at < got.count && line_matches(test, at, got.starts[at], got.lengths[at])) at++;
  bool good = at == wanted && (at == got.count || message_on_output(test, outcome));
  if (!good) print_difference(test, &got, at, why);
  lines_fini(&got);
  if (good && !test->error && outcome->output.length && outcome->output.data[outcome->output.length - 1] != '\n') {
    bytes_add_text(why, "  the last line of standard output has no newline\n");
    good = false;
  }
  return good;
}

static bool judge_status(const struct test_case *test, const struct outcome *outcome, struct bytes *why) {
  int got = outcome->child->status;
  if (test->error && test->exit_status < 0) {
    // 126 and above are a shell's or a sanitizer's numbers, never loam's.
    if (got > 0 && got < 100) return true;
    bytes_printf(why, "  exit status %d, expected one that says the program was refused\n", got);
    return false;
  }
  int want = test->exit_status >= 0 ? test->exit_status : test->exception ? 1 : 0;
  if (got == want) return true;
  bytes_printf(why, "  exit status %d, expected %d\n", got, want);
  return false;
}

static bool judge_error(const struct test_case *test, const struct outcome *outcome, struct bytes *why) {
  if (!test->error || strstr(outcome->errors.data, test->error) || strstr(outcome->output.data, test->error))
    return true;
  bytes_printf(why, "  no message with '%s'\n", test->error);
  return false;
}

static bool judge_agreement(struct test_case *test, const char *mode, const struct outcome *outcome,
                            struct bytes *why) {
  if (!test->agrees_known) {
    test->agrees_known = true;
    test->agrees_output = bytes_copy(outcome->output.data, outcome->output.length);
    test->agrees_mode = bytes_copy(mode, strlen(mode));
    test->agrees_status = outcome->child->status;
    return true;
  }
  // Commands differ in the status of a refused program: translating gives 2, running what the guest's own tools give.
  bool same_status = test->agrees_status == outcome->child->status || (test->error && test->exit_status < 0);
  if (same_status && strcmp(test->agrees_output, outcome->output.data) == 0) return true;
  bytes_printf(why, "  as expected, but not the same as in mode %s: there exit status %d and\n", test->agrees_mode,
               test->agrees_status);
  bytes_printf(why, "    %.1000s\n  here exit status %d and\n    %.1000s\n", test->agrees_output,
               outcome->child->status, outcome->output.data);
  return false;
}

static void print_errors(const struct outcome *outcome, struct bytes *why) {
  if (!outcome->errors.length) return;
  bytes_add_text(why, "  standard error:\n");
  struct lines lines = split_lines(&outcome->errors);
  for (size_t i = 0; i < lines.count && i < 30; i++)
    bytes_printf(why, "    | %.*s\n", (int)lines.lengths[i], lines.starts[i]);
  if (lines.count > 30) bytes_printf(why, "    | (%zu more lines)\n", lines.count - 30);
  lines_fini(&lines);
}

bool judge_outcome(struct test_case *test, const char *mode, const struct outcome *outcome, struct bytes *why) {
  bool good = true;
  if (outcome->child->signal || outcome->child->timed_out) {
    bytes_add_text(why, "  ended by ");
    child_print_end(outcome->child, why);
    bytes_add_text(why, "\n");
    good = false;
  } else if (child_is_report(outcome->errors.data)) {
    bytes_add_text(why, "  a sanitizer or a check of the program's own reports a bug\n");
    good = false;
  } else {
    good = judge_status(test, outcome, why) && good;
  }
  good = judge_output(test, outcome, why) && good;
  good = judge_error(test, outcome, why) && good;
  if (good) good = judge_agreement(test, mode, outcome, why);
  if (!good) print_errors(outcome, why);
  return good;
}
