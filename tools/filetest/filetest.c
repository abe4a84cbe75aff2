// SPDX-License-Identifier: MIT
//
// filetest.c: runs guest programs that carry their expectation in comments, in every engine and stress mode, and says
// where one does something else.
//
//   filetest --loam build/loam [--jobs N] [--modes interp,gc1,...] [--coverage GUEST] FOLDER|FILE...
//
// Directives are described in filetest_case.h, modes in filetest_mode.c. All modes must give the same output and
// status. A failure is printed with the first difference and the command that runs it again; programs that were cut
// out of a file of several cases stay in a temporary folder for that. The last line is "N passed, N failed"; the exit
// status is 1 when something failed or when --coverage found an op that no test executes.
//
// The jobs are (case, mode) pairs, run by a table of N children that the main loop looks after in turn.
#include "filetest_case.h"
#include "filetest_child.h"
#include "filetest_coverage.h"
#include "filetest_judge.h"
#include "filetest_mode.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define JOBS_MAX 64

struct settings {
  const char *loam, *modes, *coverage, *only_case;
  unsigned jobs;
  uint64_t time_ms;
  bool verbose, all;
};

// One (case, mode) pair while it runs.
struct job {
  bool busy, compiling; // `compiling`: the first of two commands is running
  struct test_case *test;
  const struct mode *mode;
  char *words; // the copy of "args:" that `extra` points into
  char *extra[20];
  size_t extra_count;
  char *program_path, *input_path, *compiled_path, *output_path, *errors_path;
  struct command command;
  struct child child;
};

struct runner {
  struct settings settings;
  struct test_suite suite;
  const struct mode **modes;
  size_t mode_count;
  struct job jobs[JOBS_MAX];
  struct coverage coverage;
  char folder[64];
  size_t passed, failed, cases_kept;
};

// ---- finding the files ------------------------------------------------------------------------------------------

static int compare_names(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static bool is_test_name(const char *name) {
  static const char *const tails[] = {".mit", ".mitbc", ".toy", ".kam", ".mvp", ".pm", ".pas", ".pcode", ".p4"};
  size_t length = strlen(name);
  for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
    size_t tail = strlen(tails[i]);
    if (length > tail && strcmp(name + length - tail, tails[i]) == 0) return true;
  }
  return false;
}

static void add_path(struct runner *runner, const char *path, bool asked_for);

static void add_folder(struct runner *runner, const char *path) {
  DIR *folder = opendir(path);
  if (!folder) bytes_die("can't open the folder '%s'", path);
  char **names = NULL;
  size_t count = 0;
  for (struct dirent *entry; (entry = readdir(folder));) {
    if (entry->d_name[0] == '.') continue;
    struct bytes full = {0};
    bytes_printf(&full, "%s/%s", path, entry->d_name);
    struct stat info;
    bool wanted = is_test_name(entry->d_name) || (stat(full.data, &info) == 0 && S_ISDIR(info.st_mode));
    if (wanted) {
      names = bytes_need_more(names, count + 1, sizeof *names);
      names[count++] = bytes_copy(full.data, full.length);
    }
    bytes_fini(&full);
  }
  closedir(folder);
  if (count) qsort(names, count, sizeof *names, compare_names);
  for (size_t i = 0; i < count; i++) {
    add_path(runner, names[i], false);
    free(names[i]);
  }
  free(names);
}

static void add_file(struct runner *runner, const char *path, bool asked_for) {
  size_t first = runner->suite.count;
  case_read_file(&runner->suite, path);
  for (size_t i = first; i < runner->suite.count; i++) runner->suite.cases[i].asked_for = asked_for;
}

static void add_path(struct runner *runner, const char *path, bool asked_for) {
  struct stat info;
  if (stat(path, &info) != 0) bytes_die("no such file or folder: '%s'", path);
  if (S_ISDIR(info.st_mode))
    add_folder(runner, path);
  else
    add_file(runner, path, asked_for);
}

// ---- one job ----------------------------------------------------------------------------------------------------

static bool job_wanted(const struct runner *runner, const struct test_case *test, const struct mode *mode) {
  if (!mode_fits(mode, test->path)) return false;
  if (mode->stress && test->slow) return false;
  if (runner->settings.only_case && (!test->name || strcmp(test->name, runner->settings.only_case) != 0)) return false;
  // Counting ops is no mode of its own for "only: interp" or "skip: stress": it runs what interp runs.
  const char *name = strcmp(mode->name, "coverage") == 0 ? "interp" : mode->name;
  if (test->only && !case_list_names(test->only, name, mode->stress)) return false;
  bool all = runner->settings.all || test->asked_for || test->only;
  if (!all && !mode_shares(mode, test->path, test->name)) return false;
  return !case_list_names(test->skip, name, mode->stress);
}

static char *job_path(const struct runner *runner, const struct job *job, const char *tail) {
  struct bytes path = {0};
  bytes_printf(&path, "%s/j%zu%s", runner->folder, (size_t)(job - runner->jobs), tail);
  return path.data;
}

static void split_args(struct job *job) {
  job->extra_count = 0;
  if (!job->test->args) return;
  job->words = bytes_copy(job->test->args, strlen(job->test->args));
  for (char *word = strtok(job->words, " "); word; word = strtok(NULL, " ")) {
    if (job->extra_count == sizeof job->extra / sizeof *job->extra) bytes_die("%s: too many args", job->test->path);
    job->extra[job->extra_count++] = word;
  }
}

// Puts a case's program and input where a command can be given their names; a case that is a whole file stays there.
static void write_program(struct runner *runner, struct job *job) {
  const struct test_case *test = job->test;
  size_t index = (size_t)(test - runner->suite.cases);
  struct bytes path = {0};
  if (!test->name) {
    bytes_add_text(&path, test->path);
  } else {
    const char *slash = strrchr(test->path, '/');
    bytes_printf(&path, "%s/%zu_%s", runner->folder, index, slash ? slash + 1 : test->path);
    if (access(path.data, R_OK) != 0 && !bytes_write_file(path.data, test->program.data, test->program.length))
      bytes_die("can't write '%s'", path.data);
  }
  job->program_path = path.data;
  if (!test->input.data) return;
  struct bytes input = {0};
  bytes_printf(&input, "%s/%zu.stdin", runner->folder, index);
  if (access(input.data, R_OK) != 0 && !bytes_write_file(input.data, test->input.data, test->input.length))
    bytes_die("can't write '%s'", input.data);
  job->input_path = input.data;
}

static void job_launch(struct runner *runner, struct job *job) {
  const struct settings *settings = &runner->settings;
  if (job->compiling) {
    job->command = (struct command){0};
    const char *const words[] = {settings->loam, "compile", job->program_path, "-o", job->compiled_path};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) command_add(&job->command, words[i]);
  } else {
    const char *file = job->mode->compiled ? job->compiled_path : job->program_path;
    command_make_run(&job->command, job->mode, settings->loam, job->extra, job->extra_count, file);
  }
  job->child = (struct child){.argv = job->command.argv,
                              .stdin_path = job->compiling ? NULL : job->input_path,
                              .stdout_path = job->output_path,
                              .stderr_path = job->errors_path,
                              // Checking the heap at every allocation costs one to two orders of magnitude.
                              .time_ms_max = settings->time_ms * (job->mode->stress ? 6 : 1)};
  if (!child_start(&job->child)) exit(2);
}

static void job_begin(struct runner *runner, struct job *job, struct test_case *test, const struct mode *mode) {
  *job = (struct job){.busy = true, .compiling = mode->compiled, .test = test, .mode = mode};
  split_args(job);
  write_program(runner, job);
  job->compiled_path = job_path(runner, job, ".mitbc");
  job->output_path = job_path(runner, job, ".out");
  job->errors_path = job_path(runner, job, ".err");
  job_launch(runner, job);
}

static void job_end(struct job *job) {
  char *owned[] = {job->words,         job->program_path, job->input_path,
                   job->compiled_path, job->output_path,  job->errors_path};
  for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) free(owned[i]);
  job->busy = false;
}

static void print_failure(struct runner *runner, const struct job *job, const struct bytes *why) {
  struct bytes text = {0};
  bytes_printf(&text, "FAILED %s: ", job->mode->name);
  case_print_name(job->test, &text);
  bytes_printf(&text, "\n%s  again: ", why->data);
  if (job->mode->compiled && !job->compiling) {
    const char *const words[] = {runner->settings.loam, "compile", job->program_path, "-o", job->compiled_path, NULL};
    child_print_command(words, &text);
    bytes_add_text(&text, " && ");
  }
  child_print_command(job->command.argv, &text);
  if (job->input_path) bytes_printf(&text, " < %s", job->input_path);
  puts(text.data);
  fflush(stdout);
  bytes_fini(&text);
  if (job->test->name || job->input_path) runner->cases_kept++;
}

static void job_finish(struct runner *runner, struct job *job) {
  if (job->compiling && job->child.status == 0 && !job->child.timed_out) {
    job->compiling = false;
    job_launch(runner, job);
    return;
  }
  struct outcome outcome = {.child = &job->child};
  if (!bytes_read_file(&outcome.output, job->output_path) || !bytes_read_file(&outcome.errors, job->errors_path))
    bytes_die("can't read what '%s' printed", job->program_path);
  struct bytes why = {0};
  if (judge_outcome(job->test, job->mode->name, &outcome, &why)) {
    runner->passed++;
    if (runner->settings.verbose)
      printf("passed %s: %s %s\n", job->mode->name, job->test->path, job->test->name ? job->test->name : "");
  } else {
    runner->failed++;
    print_failure(runner, job, &why);
  }
  if (strcmp(job->mode->name, "coverage") == 0) coverage_add(&runner->coverage, outcome.errors.data);
  bytes_fini(&outcome.output);
  bytes_fini(&outcome.errors);
  bytes_fini(&why);
  job_end(job);
}

// ---- all jobs ---------------------------------------------------------------------------------------------------

static struct job *wait_for_free_job(struct runner *runner) {
  for (;;) {
    for (unsigned i = 0; i < runner->settings.jobs; i++) {
      struct job *job = &runner->jobs[i];
      if (job->busy && child_ended(&job->child)) job_finish(runner, job);
      if (!job->busy) return job;
    }
    child_wait();
  }
}

static void wait_for_all_jobs(struct runner *runner) {
  for (bool busy = true; busy;) {
    busy = false;
    for (unsigned i = 0; i < runner->settings.jobs; i++) {
      struct job *job = &runner->jobs[i];
      if (job->busy && child_ended(&job->child)) job_finish(runner, job);
      busy = busy || job->busy;
    }
    if (busy) child_wait();
  }
}

static void run_all(struct runner *runner) {
  for (size_t i = 0; i < runner->suite.count; i++)
    for (size_t m = 0; m < runner->mode_count; m++)
      if (job_wanted(runner, &runner->suite.cases[i], runner->modes[m]))
        job_begin(runner, wait_for_free_job(runner), &runner->suite.cases[i], runner->modes[m]);
  wait_for_all_jobs(runner);
}

// Removes the temporary folder; keeps programs and inputs that a failure's command names.
static void clean_folder(const struct runner *runner) {
  DIR *folder = opendir(runner->folder);
  if (!folder) return;
  for (struct dirent *entry; (entry = readdir(folder));) {
    if (entry->d_name[0] == '.') continue;
    if (runner->cases_kept && entry->d_name[0] != 'j' && entry->d_name[0] != 'o') continue;
    struct bytes path = {0};
    bytes_printf(&path, "%s/%s", runner->folder, entry->d_name);
    unlink(path.data);
    bytes_fini(&path);
  }
  closedir(folder);
  if (!runner->cases_kept) rmdir(runner->folder);
}

static bool report_coverage(struct runner *runner) {
  if (!runner->settings.coverage) return true;
  struct bytes missing = {0};
  size_t count =
      coverage_report(&runner->coverage, runner->settings.loam, runner->settings.coverage, runner->folder, &missing);
  if (count) printf("FAILED coverage: write a test for each of these\n%s", missing.data);
  bytes_fini(&missing);
  return count == 0;
}

// ---- options ----------------------------------------------------------------------------------------------------

static const char usage[] =
    "usage: filetest --loam PROGRAM [options] FOLDER|FILE...\n"
    "  --modes A,B,...    only these modes (filetest_mode.c lists them; default: all but coverage and bare)\n"
    "  --coverage GUEST   also run in mode coverage, and fail when an op of GUEST is executed by no test\n"
    "  --all              also what modes leave out because they take a share of the tests in a folder only\n"
    "  --jobs N           how many programs run at once (default 2)\n"
    "  --time-ms N        time for one program in a plain mode (default 10000); stress modes get six times as much\n"
    "  --case NAME        only the cases of that name\n"
    "  --verbose          also print what passed\n";

static const char *option_value(int argc, char **argv, int *i, const char *name) {
  size_t length = strlen(name);
  if (strncmp(argv[*i], name, length) != 0) return NULL;
  if (argv[*i][length] == '=') return argv[*i] + length + 1;
  if (argv[*i][length] != '\0') return NULL;
  if (*i + 1 >= argc) bytes_die("'%s' wants a value", name);
  return argv[++*i];
}

static unsigned long number_value(const char *text, const char *name, unsigned long least, unsigned long most) {
  char *end;
  unsigned long number = strtoul(text, &end, 10);
  if (end == text || *end || number < least || number > most)
    bytes_die("'%s' wants a number from %lu to %lu, not '%s'", name, least, most, text);
  return number;
}

// Reads the options; what is left of argv are the paths, which are read too.
static void read_options(struct runner *runner, int argc, char **argv) {
  struct settings *settings = &runner->settings;
  *settings = (struct settings){.jobs = 2, .time_ms = 10000};
  for (int i = 1; i < argc; i++) {
    const char *value;
    if ((value = option_value(argc, argv, &i, "--loam")))
      settings->loam = value;
    else if ((value = option_value(argc, argv, &i, "--modes")))
      settings->modes = value;
    else if ((value = option_value(argc, argv, &i, "--coverage")))
      settings->coverage = value;
    else if ((value = option_value(argc, argv, &i, "--case")))
      settings->only_case = value;
    else if ((value = option_value(argc, argv, &i, "--jobs")))
      settings->jobs = (unsigned)number_value(value, "--jobs", 1, JOBS_MAX);
    else if ((value = option_value(argc, argv, &i, "--time-ms")))
      settings->time_ms = number_value(value, "--time-ms", 1, 100000000);
    else if (strcmp(argv[i], "--verbose") == 0)
      settings->verbose = true;
    else if (strcmp(argv[i], "--all") == 0)
      settings->all = true;
    else if (argv[i][0] == '-')
      bytes_die("no option '%s'\n%s", argv[i], usage);
    else
      add_path(runner, argv[i], true);
  }
  if (!settings->loam) bytes_die("--loam is missing\n%s", usage);
  if (runner->suite.count == 0) bytes_die("there are no tests in what was named\n%s", usage);
}

int main(int argc, char **argv) {
  static struct runner runner;
  read_options(&runner, argc, argv);
  child_prepare();
  snprintf(runner.folder, sizeof runner.folder, "/tmp/filetest-XXXXXX");
  if (!mkdtemp(runner.folder)) bytes_die("can't make a temporary folder");
  runner.modes = mode_list(runner.settings.modes, &runner.mode_count);
  if (runner.settings.coverage) runner.modes[runner.mode_count++] = mode_find("coverage", strlen("coverage"));
  run_all(&runner);
  bool covered = report_coverage(&runner);
  clean_folder(&runner);
  printf("%zu passed, %zu failed\n", runner.passed, runner.failed);
  bool good = runner.failed == 0 && covered;
  free(runner.modes);
  coverage_fini(&runner.coverage);
  case_suite_fini(&runner.suite);
  return good ? 0 : 1;
}
