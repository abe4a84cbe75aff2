// SPDX-License-Identifier: MIT
//
// filetest_case.c: reads test files: directives out of comments, several cases out of one file. The directives are
// listed in filetest_case.h.
//
// The text is scanned line by line, not lexed: a guest program may be malformed on purpose, and every guest has its
// own comments anyway. What follows "// expect: " on a line is the expectation, byte for byte. A guest whose comments
// begin otherwise has a row in comment_marks.
#include "filetest_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct comment_mark {
  const char *suffix, *mark;
} comment_marks[] = {{".toy", "# "},   {".kam", "# "}, {".mvp", "# "},
                     {".pcode", "# "}, {".p4", "# "},  {"", "// "}}; // the first whose suffix the path has

static const char *comment_mark(const char *path) {
  size_t i = 0, length = strlen(path);
  for (; i + 1 < sizeof comment_marks / sizeof *comment_marks; i++) {
    size_t tail = strlen(comment_marks[i].suffix);
    if (length >= tail && strcmp(path + length - tail, comment_marks[i].suffix) == 0) break;
  }
  return comment_marks[i].mark;
}

struct directive {
  const char *key;
  void (*apply)(struct test_case *test, const char *text, size_t length, unsigned line);
};

static void apply_expect(struct test_case *test, const char *text, size_t length, unsigned line) {
  test->lines = bytes_need_more(test->lines, test->line_count + 1, sizeof *test->lines);
  test->lines[test->line_count++] = (struct expected_line){bytes_copy(text, length), line};
}

static void set_once(const struct test_case *test, char **field, const char *text, size_t length, unsigned line) {
  if (*field) bytes_die("%s:%u: this directive is there twice in one case; keep one", test->path, line);
  *field = bytes_copy(text, length);
}

static void apply_exception(struct test_case *test, const char *text, size_t length, unsigned line) {
  set_once(test, &test->exception, text, length, line);
}
static void apply_error(struct test_case *test, const char *text, size_t length, unsigned line) {
  set_once(test, &test->error, text, length, line);
}
static void apply_args(struct test_case *test, const char *text, size_t length, unsigned line) {
  set_once(test, &test->args, text, length, line);
}
static void apply_only(struct test_case *test, const char *text, size_t length, unsigned line) {
  set_once(test, &test->only, text, length, line);
}
static void apply_skip(struct test_case *test, const char *text, size_t length, unsigned line) {
  set_once(test, &test->skip, text, length, line);
}

static void apply_exit(struct test_case *test, const char *text, size_t length, unsigned line) {
  (void)length;
  char *end;
  long status = strtol(text, &end, 10);
  if (end == text || status < 0 || status > 255)
    bytes_die("%s:%u: 'expect exit:' wants a number from 0 to 255", test->path, line);
  test->exit_status = (int)status;
}

static void apply_stdin(struct test_case *test, const char *text, size_t length, unsigned line) {
  (void)line;
  bytes_add(&test->input, text, length);
  bytes_add(&test->input, "\n", 1);
}

static void apply_stdin_end(struct test_case *test, const char *text, size_t length, unsigned line) {
  (void)line;
  bytes_add(&test->input, text, length);
}

static void apply_slow(struct test_case *test, const char *text, size_t length, unsigned line) {
  (void)text, (void)length, (void)line;
  test->slow = true;
}

static const struct directive directives[] = {
    {"expect:", apply_expect},      {"expect exception:", apply_exception},
    {"expect error:", apply_error}, {"expect exit:", apply_exit},
    {"stdin:", apply_stdin},        {"stdin end:", apply_stdin_end},
    {"args:", apply_args},          {"only:", apply_only},
    {"skip:", apply_skip},          {"slow", apply_slow},
};
#define DIRECTIVE_COUNT (sizeof directives / sizeof *directives)

// The place after a comment mark in [at, end), or NULL.
static const char *find_comment(const char *mark, const char *at, const char *end) {
  size_t length = strlen(mark);
  for (; (size_t)(end - at) >= length; at++)
    if (memcmp(at, mark, length) == 0) return at + length;
  return NULL;
}

static bool starts_with(const char *at, const char *end, const char *prefix) {
  size_t length = strlen(prefix);
  return (size_t)(end - at) >= length && memcmp(at, prefix, length) == 0;
}

// The text after "case:" when this line starts a case, or NULL.
static const char *case_start(const char *mark, const char *at, const char *end) {
  if (!starts_with(at, end, mark)) return NULL;
  at += strlen(mark);
  return starts_with(at, end, "case:") ? at + strlen("case:") : NULL;
}

static void read_directive(struct test_case *test, const char *at, const char *end, unsigned line) {
  const char *mark = comment_mark(test->path);
  for (const char *comment = find_comment(mark, at, end); comment; comment = find_comment(mark, comment, end)) {
    for (size_t i = 0; i < DIRECTIVE_COUNT; i++) {
      if (!starts_with(comment, end, directives[i].key)) continue;
      const char *text = comment + strlen(directives[i].key);
      if (text < end && *text == ' ') text++;
      char *copy = bytes_copy(text, (size_t)(end - text));
      directives[i].apply(test, copy, (size_t)(end - text), line);
      free(copy);
      return;
    }
    if (starts_with(comment, end, "expect"))
      bytes_die("%s:%u: no such directive: '%.*s'; see filetest_case.h", test->path, line, (int)(end - comment),
                comment);
  }
}

// Makes the case whose own lines are [first, last); lines before `shared` belong to all. Lines of other cases are
// left empty, so that messages name the file's lines.
static void read_case(struct test_suite *suite, const char *path, const struct bytes *file, char *name, unsigned shared,
                      unsigned first, unsigned last) {
  suite->cases = bytes_need_more(suite->cases, suite->count + 1, sizeof *suite->cases);
  struct test_case *test = &suite->cases[suite->count++];
  *test = (struct test_case){.path = bytes_copy(path, strlen(path)), .name = name, .exit_status = -1};
  bytes_add(&test->program, "", 0);
  const char *at = file->data, *file_end = file->data + file->length;
  for (unsigned line = 1; at < file_end && line < last; line++) {
    const char *end = memchr(at, '\n', (size_t)(file_end - at));
    const char *next = end ? end + 1 : file_end;
    if (!end) end = file_end;
    if (line < shared || (line >= first && line < last)) {
      bytes_add(&test->program, at, (size_t)(next - at));
      read_directive(test, at, end, line);
    } else {
      bytes_add(&test->program, "\n", 1);
    }
    at = next;
  }
}

void case_read_file(struct test_suite *suite, const char *path) {
  struct bytes file = {0};
  if (!bytes_read_file(&file, path)) bytes_die("can't read '%s'", path);
  const char *at = file.data, *file_end = file.data + file.length;
  char *name = NULL;
  unsigned line = 1, shared = 0, first = 1;
  for (; at < file_end; line++) {
    const char *end = memchr(at, '\n', (size_t)(file_end - at));
    const char *next = end ? end + 1 : file_end;
    if (!end) end = file_end;
    const char *text = case_start(comment_mark(path), at, end);
    if (text) {
      if (shared)
        read_case(suite, path, &file, name, shared, first, line);
      else
        shared = line;
      if (text < end && *text == ' ') text++;
      name = bytes_copy(text, (size_t)(end - text));
      first = line;
    }
    at = next;
  }
  read_case(suite, path, &file, name, shared ? shared : 1, first, line);
  bytes_fini(&file);
}

void case_suite_fini(struct test_suite *suite) {
  for (size_t i = 0; i < suite->count; i++) {
    struct test_case *test = &suite->cases[i];
    for (size_t k = 0; k < test->line_count; k++) free(test->lines[k].text);
    char *owned[] = {test->path, test->name, test->exception,     test->error,      test->args,
                     test->only, test->skip, test->agrees_output, test->agrees_mode};
    for (size_t k = 0; k < sizeof owned / sizeof *owned; k++) free(owned[k]);
    free(test->lines);
    bytes_fini(&test->program);
    bytes_fini(&test->input);
  }
  free(suite->cases);
  *suite = (struct test_suite){0};
}

bool case_list_names(const char *list, const char *mode, bool stress) {
  if (!list) return false;
  const char *group = stress ? "stress" : "plain";
  for (const char *at = list; *at;) {
    at += strspn(at, ", ");
    size_t length = strcspn(at, ", ");
    if (length && ((strlen(mode) == length && memcmp(at, mode, length) == 0) ||
                   (strlen(group) == length && memcmp(at, group, length) == 0)))
      return true;
    at += length;
  }
  return false;
}

void case_print_name(const struct test_case *test, struct bytes *out) {
  bytes_add_text(out, test->path);
  if (test->name) bytes_printf(out, " (case %s)", test->name);
}
