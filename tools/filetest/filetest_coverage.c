// SPDX-License-Identifier: MIT
//
// filetest_coverage.c: adds up opcode counts and compares them with the guest's list. See filetest_coverage.h.
#include "filetest_coverage.h"

#include "filetest_child.h"

#include <stdlib.h>
#include <string.h>

struct coverage_op {
  char *name;
  unsigned long long times;
};

static struct coverage_op *find_op(const struct coverage *coverage, const char *name, size_t length) {
  for (size_t i = 0; i < coverage->count; i++)
    if (strlen(coverage->ops[i].name) == length && memcmp(coverage->ops[i].name, name, length) == 0)
      return &coverage->ops[i];
  return NULL;
}

static void add_times(struct coverage *coverage, const char *name, size_t length, unsigned long long times) {
  struct coverage_op *op = find_op(coverage, name, length);
  if (!op) {
    coverage->ops = bytes_need_more(coverage->ops, coverage->count + 1, sizeof *coverage->ops);
    op = &coverage->ops[coverage->count++];
    *op = (struct coverage_op){bytes_copy(name, length), 0};
  }
  op->times += times;
}

void coverage_add(struct coverage *coverage, const char *errors) {
  static const char mark[] = "loam-op: ";
  for (const char *at = strstr(errors, mark); at; at = strstr(at, mark)) {
    at += sizeof mark - 1;
    if (strncmp(at, "op ", 3) == 0) at += 3;
    size_t length = strcspn(at, " \t\n");
    add_times(coverage, at, length, strtoull(at + length, NULL, 10));
  }
}

// The op's name in a line of `loam explain --list`: its first word, without the guest's name before it.
static const char *list_name(const char *line, const char *guest, size_t *length) {
  size_t prefix = strlen(guest);
  if (strncmp(line, guest, prefix) == 0 && line[prefix] == '.') line += prefix + 1;
  *length = strcspn(line, " \t\n");
  return line;
}

size_t coverage_report(const struct coverage *coverage, const char *loam, const char *guest, const char *folder,
                       struct bytes *out) {
  struct bytes output_path = {0}, errors_path = {0}, list = {0};
  bytes_printf(&output_path, "%s/ops.out", folder);
  bytes_printf(&errors_path, "%s/ops.err", folder);
  const char *argv[] = {loam, "explain", "--list", guest, NULL};
  struct child child = {
      .argv = argv, .stdout_path = output_path.data, .stderr_path = errors_path.data, .time_ms_max = 10000};
  if (!child_run(&child) || child.status != 0 || !bytes_read_file(&list, output_path.data))
    bytes_die("'%s explain --list %s' doesn't give the list of ops", loam, guest);
  size_t missing = 0, known = 0;
  for (const char *at = list.data; *at;) {
    size_t length;
    const char *name = list_name(at, guest, &length);
    if (length) {
      known++;
      const struct coverage_op *op = find_op(coverage, name, length);
      if (!op || op->times == 0) {
        bytes_printf(out, "  op %s.%.*s is executed by no test\n", guest, (int)length, name);
        missing++;
      }
    }
    at += strcspn(at, "\n");
    at += *at == '\n';
  }
  if (known == 0) bytes_die("'%s explain --list %s' printed no ops", loam, guest);
  bytes_fini(&output_path);
  bytes_fini(&errors_path);
  bytes_fini(&list);
  return missing;
}

void coverage_fini(struct coverage *coverage) {
  for (size_t i = 0; i < coverage->count; i++) free(coverage->ops[i].name);
  free(coverage->ops);
  *coverage = (struct coverage){0};
}
