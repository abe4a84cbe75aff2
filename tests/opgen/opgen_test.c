// SPDX-License-Identifier: MIT
//
// opgen_test.c: what opgen refuses, and how it says so.
//
//     opgen_test OPGEN CLANG
//
// Run from the repository's root. Each file of tests/opgen/bad says "# refused: LINE: MESSAGE" in its second line;
// opgen must print exactly that, with the file's name before it, and fail. What no small file can show is made here. At
// last a wrong body must lead the compiler back to its record.
#include "filetest_child.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BAD "tests/opgen/bad"
#define RUN_MS_MAX 20000

static const char *opgen;
static unsigned failures, checks;
static char out_path[64], said_path[64], made_path[64];

// Runs a program and gives its exit status and what it printed on standard error.
static int run(const char *const *argv, struct bytes *said) {
  struct child child = {.argv = argv, .stdout_path = "/dev/null", .stderr_path = said_path, .time_ms_max = RUN_MS_MAX};
  if (!child_run(&child)) exit(2);
  said->length = 0;
  bytes_add_text(said, "");
  bytes_read_file(said, said_path);
  return child.status;
}

static void check(bool good, const char *name, const char *expected, const struct bytes *said) {
  checks++;
  if (good) return;
  failures++;
  printf("%s:\n  expected %s\n  found    %s\n", name, expected, said->data ? said->data : "");
}

static void expect_refusal(const char *const *argv, const char *name, const char *message) {
  struct bytes said = {0}, expected = {0};
  int status = run(argv, &said);
  bytes_printf(&expected, "%s\n", message);
  check(status == 1 && said.data && strcmp(said.data, expected.data) == 0, name, message, &said);
  bytes_fini(&said);
  bytes_fini(&expected);
}

static void refuse_file(const char *name) {
  char path[300];
  struct bytes text = {0}, message = {0};
  snprintf(path, sizeof path, BAD "/%s", name);
  if (!bytes_read_file(&text, path)) exit(2);
  static const char mark[] = "# refused: ";
  char *line = strchr(text.data, '\n');
  if (!line || strncmp(line + 1, mark, sizeof mark - 1) != 0) {
    printf("%s: write '%sLINE: MESSAGE' in its second line\n", path, mark);
    exit(2);
  }
  line += sizeof mark;
  bytes_printf(&message, "%s:%.*s", path, (int)strcspn(line, "\n"), line);
  expect_refusal((const char *const[]){opgen, "header", out_path, "--tests", BAD, path, NULL}, path, message.data);
  bytes_fini(&text);
  bytes_fini(&message);
}

static int is_ops(const struct dirent *entry) {
  size_t length = strlen(entry->d_name);
  return length > 4 && strcmp(entry->d_name + length - 4, ".ops") == 0;
}

static void refuse_files(void) {
  struct dirent **names;
  int count = scandir(BAD, &names, is_ops, alphasort);
  if (count < 0) bytes_die("no folder %s; run this from the repository's root", BAD);
  for (int i = 0; i < count; i++) {
    refuse_file(names[i]->d_name);
    free(names[i]);
  }
  free(names);
}

// Many lines of one kind: more than opgen's tables hold.
static void refuse_many(const char *format, int count, const char *message) {
  struct bytes text = {0}, expected = {0};
  bytes_add_text(&text, "guest many\n");
#pragma clang diagnostic ignored "-Wformat-nonliteral"
  for (int i = 0; i < count; i++) bytes_printf(&text, format, i, i);
  if (!bytes_write_file(made_path, text.data, text.length)) exit(2);
  bytes_printf(&expected, "%s:%s", made_path, message);
  expect_refusal((const char *const[]){opgen, "header", out_path, made_path, NULL}, message, expected.data);
  bytes_fini(&text);
  bytes_fini(&expected);
}

static void refuse_command_lines(void) {
  static const char good[] = "guest good\n";
  if (!bytes_write_file(made_path, good, sizeof good - 1)) exit(2);
  expect_refusal((const char *const[]){opgen, "header", out_path, "/nowhere/x.ops", NULL}, "a file that is not there",
                 "/nowhere/x.ops:0: can't be read; write the name of a file of records");
  expect_refusal((const char *const[]){opgen, "header", "/nowhere/x.h", made_path, NULL}, "an output in no folder",
                 "/nowhere/x.h:0: can't be written; write the name of a file in a folder that exists");
  expect_refusal((const char *const[]){opgen, "poem", out_path, made_path, NULL}, "an unknown mode",
                 "poem:0: unknown mode; write header, table, interp, stencils or bitcode");
  struct bytes expected = {0};
  bytes_printf(&expected, "%s:1: no guest is named; write 'guest NAME' first", made_path);
  if (!bytes_write_file(made_path, "", 0)) exit(2);
  expect_refusal((const char *const[]){opgen, "header", out_path, made_path, NULL}, "no guest", expected.data);
  bytes_fini(&expected);
}

static void a_wrong_body_leads_back_to_its_record(const char *clang) {
  static const char record[] = "tests/opgen/wrong_body.ops";
  struct bytes said = {0};
  int status = run((const char *const[]){opgen, "interp", out_path, record, NULL}, &said);
  check(status == 0, record, "no refusal", &said);
  status = run(
      (const char *const[]){clang, "-std=gnu17", "-fsyntax-only", "-x", "c", "-I", "substrate/include", out_path, NULL},
      &said);
  static const char error[] = "tests/opgen/wrong_body.ops:13:9: error: use of undeclared identifier 'undeclared_name'";
  check(status != 0 && said.data && strstr(said.data, error), record, error, &said);
  bytes_fini(&said);
}

int main(int argc, char **argv) {
  bytes_tool_name = "opgen_test";
  if (argc != 3) bytes_die("usage: opgen_test OPGEN CLANG");
  opgen = argv[1];
  child_prepare();
  snprintf(out_path, sizeof out_path, "/tmp/opgen_test_%d.out", (int)getpid());
  snprintf(said_path, sizeof said_path, "/tmp/opgen_test_%d.err", (int)getpid());
  snprintf(made_path, sizeof made_path, "/tmp/opgen_test_%d.ops", (int)getpid());
  refuse_files();
  refuse_many("op x%d\n  stack --\n  doc d%d\n  source s\n  test substrate: t\n  body {\n  }\n", 513,
              "3586: more than 512 ops; raise RECORDS_MAX");
  refuse_many("fuse x%d y%d\n", 513, "514: more than 512 fused ops; raise RECORDS_MAX");
  refuse_command_lines();
  a_wrong_body_leads_back_to_its_record(argv[2]);
  unlink(out_path);
  unlink(said_path);
  unlink(made_path);
  printf("opgen_test: %u checks, %u failed\n", checks, failures);
  return failures != 0;
}
