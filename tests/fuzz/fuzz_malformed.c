// SPDX-License-Identifier: MIT
//
// fuzz_malformed.c: gives malformed programs to loam: mutants of the file tests, random bytecode, and texts of
// unreasonable size. Every run must end by itself with a documented exit status and without a sanitizer's report, and a
// refusal must say why.
//
//   fuzz_malformed --loam build/loam [--from SEED] [--runs N] [--seconds S] [--no-huge] [--keep FOLDER] FOLDER|FILE...
//
// Mutants are verified or run, under small limits of fuel, time and heap. A failure is kept in FOLDER (default:
// fuzz-failures), with the command to run it again. The last line is "N malformed programs, N failures"; the exit
// status is 1 when there is one.
#include "filetest_case.h"
#include "filetest_child.h"
#include "filetest_mode.h"
#include "fuzz_bytecode.h"
#include "fuzz_mutate.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STATUS_MAX 3 // 0 good, 1 a guest exception, 2 usage or input, 3 a limit

struct fuzzer {
  const char *loam, *keep;
  uint64_t from, runs, seconds, time_ms;
  bool huge;
  struct test_suite suite;
  struct mutator_source *sources;
  char folder[64];
  char *output_path, *errors_path;
  uint64_t programs, failed;
};

static const char *path_suffix(const char *path) {
  const char *dot = strrchr(path, '.');
  return dot ? dot : "";
}

static bool is_program(const char *suffix) {
  static const char *const known[] = {".mit", ".mitbc", ".toy", ".pas", ".pm", ".mvp", ".pcode"};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (strcmp(suffix, known[i]) == 0) return true;
  return false;
}

static void add_path(struct fuzzer *fuzzer, const char *path) {
  struct stat info;
  if (stat(path, &info) != 0) bytes_die("no such file or folder: '%s'", path);
  if (!S_ISDIR(info.st_mode)) {
    case_read_file(&fuzzer->suite, path);
    return;
  }
  struct dirent **entries;
  int count = scandir(path, &entries, NULL, alphasort);
  if (count < 0) bytes_die("can't open the folder '%s'", path);
  for (int i = 0; i < count; i++) {
    const char *suffix = path_suffix(entries[i]->d_name);
    struct bytes full = {0};
    bytes_printf(&full, "%s/%s", path, entries[i]->d_name);
    if (is_program(suffix)) case_read_file(&fuzzer->suite, full.data);
    bytes_fini(&full);
    free(entries[i]);
  }
  free(entries);
}

static void report(struct fuzzer *fuzzer, const char *name, const char *suffix, const struct bytes *program,
                   const char *path, const struct command *command, const struct bytes *why,
                   const struct bytes *errors) {
  fuzzer->failed++;
  struct bytes kept = {0}, line = {0};
  mkdir(fuzzer->keep, 0777);
  bytes_printf(&kept, "%s/malformed_%s%s", fuzzer->keep, name, suffix);
  for (char *c = kept.data; *c; c++)
    if (*c == ' ') *c = '_';
  if (!bytes_write_file(kept.data, program->data, program->length)) bytes_die("can't write '%s'", kept.data);
  struct command again = *command;
  for (size_t i = 0; i < again.count; i++)
    if (strcmp(again.argv[i], path) == 0) again.argv[i] = kept.data;
  child_print_command(again.argv, &line);
  printf("FAILED %s: %s\n  standard error: %.2000s\n  again: %s\n", name, why->data, errors->data, line.data);
  fflush(stdout);
  bytes_fini(&kept);
  bytes_fini(&line);
}

// Gives one program to `loam verify` or, in turn, to `loam run` with one of its engines.
static void try_program(struct fuzzer *fuzzer, const char *name, const char *suffix, const struct bytes *program,
                        uint64_t turn) {
  static const char *const limits[] = {"--fuel=300000", "--time-max=2", "--heap-max=4M"};
  static const char *const extras[] = {"--engine=interp", "--engine=tree", "--stress=gc:5,move,poison",
                                       "--engine=interp"};
  struct bytes path = {0}, errors = {0}, why = {0};
  bytes_printf(&path, "%s/p%s", fuzzer->folder, suffix);
  if (!bytes_write_file(path.data, program->data, program->length)) bytes_die("can't write '%s'", path.data);
  struct command command = {0};
  command_add(&command, fuzzer->loam);
  command_add(&command, turn % 5 == 0 ? "verify" : "run");
  if (turn % 5) {
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) command_add(&command, limits[i]);
    const char *extra = extras[turn % 5 - 1];
    bool source = strcmp(suffix, ".mit") == 0; // the reference evaluator reads source only
    command_add(&command, source || turn % 5 != 2 ? extra : "--engine=interp");
  }
  command_add(&command, path.data);
  struct child child = {.argv = command.argv,
                        .stdout_path = fuzzer->output_path,
                        .stderr_path = fuzzer->errors_path,
                        .time_ms_max = fuzzer->time_ms};
  if (!child_run(&child)) exit(2);
  bytes_read_file(&errors, fuzzer->errors_path);
  fuzzer->programs++;
  if (!child_ended_well(&child, &errors, STATUS_MAX, &why))
    report(fuzzer, name, suffix, program, path.data, &command, &why, &errors);
  unlink(path.data);
  bytes_fini(&path);
  bytes_fini(&errors);
  bytes_fini(&why);
}

static void try_mutant(struct fuzzer *fuzzer, uint64_t seed) {
  uint64_t state = seed * UINT64_C(0x9e3779b97f4a7c15);
  size_t pick = (size_t)(seed * UINT64_C(2654435761) % fuzzer->suite.count);
  struct bytes program = {0}, name = {0};
  const char *suffix = path_suffix(fuzzer->suite.cases[pick].path);
  if (seed % 3 == 0 && strncmp(suffix, ".mit", 4) == 0) {
    bytecode_program(&state, false, &program);
    suffix = ".mitbc";
  } else {
    mutate_program(&state, fuzzer->sources, fuzzer->suite.count, pick, &program);
  }
  bytes_printf(&name, "seed_%llu", (unsigned long long)seed);
  try_program(fuzzer, name.data, suffix, &program, seed);
  bytes_fini(&program);
  bytes_fini(&name);
}

static void try_huge(struct fuzzer *fuzzer) {
  for (size_t i = 0;; i++) {
    struct bytes program = {0};
    const char *name, *suffix = mutate_huge(i, &program, &name);
    if (!suffix) return;
    for (uint64_t turn = 0; turn < 3; turn++) try_program(fuzzer, name, suffix, &program, turn);
    bytes_fini(&program);
  }
}

static const char usage[] = "usage: fuzz_malformed --loam PROGRAM [--from SEED] [--runs N] [--seconds S] [--no-huge] "
                            "[--keep FOLDER] [--time-ms N] FOLDER|FILE...";

static void read_options(struct fuzzer *fuzzer, int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    const char *value = i + 1 < argc ? argv[i + 1] : "";
    if (strcmp(argv[i], "--no-huge") == 0)
      fuzzer->huge = false;
    else if (argv[i][0] != '-')
      add_path(fuzzer, argv[i]);
    else if (i + 1 == argc)
      bytes_die("%s", usage);
    else {
      if (strcmp(argv[i], "--loam") == 0)
        fuzzer->loam = value;
      else if (strcmp(argv[i], "--keep") == 0)
        fuzzer->keep = value;
      else if (strcmp(argv[i], "--from") == 0)
        fuzzer->from = strtoull(value, NULL, 0);
      else if (strcmp(argv[i], "--runs") == 0)
        fuzzer->runs = strtoull(value, NULL, 0);
      else if (strcmp(argv[i], "--seconds") == 0)
        fuzzer->seconds = strtoull(value, NULL, 0);
      else if (strcmp(argv[i], "--time-ms") == 0)
        fuzzer->time_ms = strtoull(value, NULL, 0);
      else
        bytes_die("no option '%s'\n%s", argv[i], usage);
      i++;
    }
  }
  if (!fuzzer->loam || fuzzer->suite.count == 0) bytes_die("%s", usage);
}

int main(int argc, char **argv) {
  bytes_tool_name = "fuzz_malformed";
  struct fuzzer fuzzer = {.keep = "fuzz-failures", .from = 1, .time_ms = 30000, .huge = true};
  read_options(&fuzzer, argc, argv);
  if (!fuzzer.runs && !fuzzer.seconds) fuzzer.runs = 500;
  child_prepare();
  fuzzer.sources = bytes_need(fuzzer.suite.count, sizeof *fuzzer.sources);
  for (size_t i = 0; i < fuzzer.suite.count; i++)
    fuzzer.sources[i] =
        (struct mutator_source){fuzzer.suite.cases[i].program.data, fuzzer.suite.cases[i].program.length};
  snprintf(fuzzer.folder, sizeof fuzzer.folder, "/tmp/fuzz-XXXXXX");
  if (!mkdtemp(fuzzer.folder)) bytes_die("can't make a temporary folder");
  struct bytes output = {0}, errors = {0};
  bytes_printf(&output, "%s/out", fuzzer.folder);
  bytes_printf(&errors, "%s/err", fuzzer.folder);
  fuzzer.output_path = output.data;
  fuzzer.errors_path = errors.data;
  uint64_t end_ms = child_now_ms() + fuzzer.seconds * 1000;
  if (fuzzer.huge) try_huge(&fuzzer);
  for (uint64_t i = 0; fuzzer.runs ? i < fuzzer.runs : true; i++) {
    if (fuzzer.seconds && child_now_ms() >= end_ms) break;
    try_mutant(&fuzzer, fuzzer.from + i);
  }
  unlink(output.data);
  unlink(errors.data);
  rmdir(fuzzer.folder);
  bytes_fini(&output);
  bytes_fini(&errors);
  free(fuzzer.sources);
  case_suite_fini(&fuzzer.suite);
  printf("%llu malformed programs, %llu failures\n", (unsigned long long)fuzzer.programs,
         (unsigned long long)fuzzer.failed);
  return fuzzer.failed ? 1 : 0;
}
