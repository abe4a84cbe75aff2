// SPDX-License-Identifier: MIT
//
// fuzz_memory.c: lets C allocations fail. Runs programs with --stress=oom:N, where the Nth allocation and all later
// ones fail, for N = 1, 2, 3 and on in growing steps, until a run is as without: every run must end by itself with a
// documented status and a message, and without a leak when loam is built with AddressSanitizer.
//
//   fuzz_memory --loam build/loam [--engine NAME] [--most N] [--time-ms N] FILE...
//
// The last line is "N runs, N failures"; the exit status is 1 when there is one.
#include "filetest_child.h"
#include "filetest_mode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STATUS_MAX 3 // 0 good, 1 a guest exception, 2 usage, input or memory, 3 a limit
// The first allocations are those of options, loading and opening: each is tried. Later ones repeat themselves.
#define EACH_UP_TO 150
// A program of an engine that compiles goes on without the code that there was no memory for: its output says nothing.
#define SAME_MAX_COMPILED 60

struct fuzzer {
  const char *loam, *engine;
  uint64_t most, time_ms, runs, failed;
  char output_path[80], errors_path[80];
};

// Runs `file`; `nth` is the allocation that fails, or 0. True when the run ended well; `output` gets what it printed.
static bool run_file(struct fuzzer *fuzzer, const char *file, uint64_t nth, struct bytes *output) {
  struct bytes option = {0}, engine = {0}, errors = {0}, why = {0};
  bytes_printf(&option, "--stress=oom:%llu", (unsigned long long)nth);
  bytes_printf(&engine, "--engine=%s", fuzzer->engine ? fuzzer->engine : "auto");
  struct command command = {0};
  command_add(&command, fuzzer->loam);
  command_add(&command, "run");
  command_add(&command, engine.data);
  if (nth) command_add(&command, option.data);
  command_add(&command, file);
  struct child child = {.argv = command.argv,
                        .stdout_path = fuzzer->output_path,
                        .stderr_path = fuzzer->errors_path,
                        .time_ms_max = fuzzer->time_ms};
  if (!child_run(&child)) exit(2);
  fuzzer->runs++;
  bytes_read_file(output, fuzzer->output_path);
  bytes_read_file(&errors, fuzzer->errors_path);
  bytes_printf(output, "(status %d)\n", child.status);
  bool good = child_ended_well(&child, &errors, STATUS_MAX, &why);
  if (!good) {
    struct bytes line = {0};
    child_print_command(command.argv, &line);
    printf("FAILED %s, allocation %llu: %s\n  standard error: %.2000s\n  again: %s\n", file, (unsigned long long)nth,
           why.data, errors.data, line.data);
    fflush(stdout);
    fuzzer->failed++;
    bytes_fini(&line);
  }
  bytes_fini(&option);
  bytes_fini(&engine);
  bytes_fini(&errors);
  bytes_fini(&why);
  return good;
}

static void fuzz_file(struct fuzzer *fuzzer, const char *file) {
  struct bytes normal = {0};
  if (run_file(fuzzer, file, 0, &normal)) {
    uint64_t failed_before = fuzzer->failed, same_max = fuzzer->engine ? SAME_MAX_COMPILED : 1, same_in_row = 0;
    for (uint64_t nth = 1; nth <= fuzzer->most; nth += nth < EACH_UP_TO ? 1 : nth / 10) {
      struct bytes output = {0};
      run_file(fuzzer, file, nth, &output);
      bool same = output.length == normal.length && memcmp(output.data, normal.data, output.length) == 0;
      bytes_fini(&output);
      same_in_row = same ? same_in_row + 1 : 0;
      // As without: no allocation was left to fail. Three failures of one file are enough to read.
      if (same_in_row >= same_max || fuzzer->failed >= failed_before + 3) break;
    }
  }
  bytes_fini(&normal);
}

static const char usage[] = "usage: fuzz_memory --loam PROGRAM [--engine NAME] [--most N] [--time-ms N] FILE...";

int main(int argc, char **argv) {
  bytes_tool_name = "fuzz_memory";
  struct fuzzer fuzzer = {.most = 100000, .time_ms = 20000};
  char folder[] = "/tmp/fuzz-XXXXXX";
  int first = 1;
  for (; first + 1 < argc && argv[first][0] == '-'; first += 2) {
    if (strcmp(argv[first], "--loam") == 0)
      fuzzer.loam = argv[first + 1];
    else if (strcmp(argv[first], "--engine") == 0)
      fuzzer.engine = argv[first + 1];
    else if (strcmp(argv[first], "--most") == 0)
      fuzzer.most = strtoull(argv[first + 1], NULL, 0);
    else if (strcmp(argv[first], "--time-ms") == 0)
      fuzzer.time_ms = strtoull(argv[first + 1], NULL, 0);
    else
      bytes_die("no option '%s'\n%s", argv[first], usage);
  }
  if (!fuzzer.loam || first >= argc) bytes_die("%s", usage);
  child_prepare();
  if (!mkdtemp(folder)) bytes_die("can't make a temporary folder");
  snprintf(fuzzer.output_path, sizeof fuzzer.output_path, "%s/out", folder);
  snprintf(fuzzer.errors_path, sizeof fuzzer.errors_path, "%s/err", folder);
  for (int i = first; i < argc; i++) fuzz_file(&fuzzer, argv[i]);
  unlink(fuzzer.output_path);
  unlink(fuzzer.errors_path);
  rmdir(folder);
  printf("%llu runs, %llu failures\n", (unsigned long long)fuzzer.runs, (unsigned long long)fuzzer.failed);
  return fuzzer.failed ? 1 : 0;
}
