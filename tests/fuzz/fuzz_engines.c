// SPDX-License-Identifier: MIT
//
// fuzz_engines.c: differential fuzzing. Makes a random program for every seed, runs it in the tree-walking evaluator
// and in every engine and stress mode, and compares standard output, exit status, backtraces, and the frames with their
// values at each call of a native and each exception (--trace=frames): of every second program, as hot code keeps what
// is watched.
//
//   fuzz_engines --loam build/loam [--language pascal] [--from SEED] [--runs N] [--seconds S] [--modes A,B,...] [--all]
//                [--keep FOLDER] [--fpc COMMAND]
//
// Modes that take a share of the file tests (filetest_mode.h) get a share of the programs, unless --all is given. Some
// programs go round many times, so that the compilers have something to go by. The first mode is the reference; with
// the default modes that is "tree", the small evaluator that is obviously right; every fourth program is random
// bytecode, which "interp" is then the reference for. Of Pascal, "interp" is the reference for all; every second
// program that ends without an error is also compared with what Free Pascal makes of it, where that is. A program on
// which modes differ is kept in FOLDER (default: fuzz-failures), and the two commands are printed. The last line is "N
// programs, N runs, N differ"; the exit status is 1 when one differs. The same seed makes the same program everywhere,
// so a seed number is a bug report.
#include "filetest_child.h"
#include "filetest_mode.h"
#include "fuzz_bytecode.h"
#include "mitscript_gen.h"
#include "pascal_gen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// What random programs read; fewer lines than some of them ask for.
static const char program_input[] = "1\n22\n-3\nabc\n\n7";

struct fuzzer {
  const char *loam, *keep, *fpc; // `fpc`: "" for none
  bool pascal;
  uint64_t from, runs, seconds, time_ms;
  bool all;
  bool traces; // the program's frames
  const struct mode **modes;
  size_t mode_count;
  char folder[64];
  char *source_path, *bytecode_path, *pascal_path, *compiled_path, *pcode_path, *twin_path, *input_path, *output_path,
      *errors_path;
  const char *program_path; // one of the first three
  uint64_t programs, executed, twins, failed;
};

// What one mode did with the program.
struct answer {
  struct bytes output, errors, end; // `end`: exit status or signal, as a sentence
  bool bad;                         // a signal, a hang, a sanitizer's report
};

static void answer_fini(struct answer *answer) {
  bytes_fini(&answer->output);
  bytes_fini(&answer->errors);
  bytes_fini(&answer->end);
}

static char *folder_path(const struct fuzzer *fuzzer, const char *name) {
  struct bytes path = {0};
  bytes_printf(&path, "%s/%s", fuzzer->folder, name);
  return path.data;
}

static void run_command(struct fuzzer *fuzzer, const struct mode *mode, const struct command *command,
                        struct answer *answer) {
  struct child child = {.argv = command->argv,
                        .stdin_path = fuzzer->input_path,
                        .stdout_path = fuzzer->output_path,
                        .stderr_path = fuzzer->errors_path,
                        .time_ms_max = fuzzer->time_ms * (mode->stress ? 6 : 1)};
  if (!child_run(&child)) exit(2);
  fuzzer->executed++;
  *answer = (struct answer){0};
  bytes_read_file(&answer->output, fuzzer->output_path);
  bytes_read_file(&answer->errors, fuzzer->errors_path);
  child_print_end(&child, &answer->end);
  answer->bad = child.signal || child.timed_out || child.status > 1 || child_is_report(answer->errors.data);
}

static const char *compiled_path(const struct fuzzer *fuzzer) {
  return fuzzer->pascal ? fuzzer->pcode_path : fuzzer->compiled_path;
}

static void make_compile(const struct fuzzer *fuzzer, const char *program, struct command *command) {
  *command = (struct command){0};
  const char *const words[] = {fuzzer->loam, "compile", program, "-o", compiled_path(fuzzer)};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) command_add(command, words[i]);
}

// The tree evaluator has no frames, and those of translated programs are no models.
static bool has_frames(const struct mode *mode) { return !mode->compiled && strcmp(mode->name, "tree") != 0; }

static void make_run(const struct fuzzer *fuzzer, const struct mode *mode, const char *file, struct command *command) {
  static char *const trace[] = {"--trace=frames"};
  command_make_run(command, mode, fuzzer->loam, trace, fuzzer->traces && has_frames(mode), file);
}

static void run_mode(struct fuzzer *fuzzer, const struct mode *mode, struct answer *answer) {
  struct command command;
  const char *file = fuzzer->program_path;
  if (mode->compiled) {
    make_compile(fuzzer, file, &command);
    run_command(fuzzer, mode, &command, answer);
    if (answer->bad || strcmp(answer->end.data, "exit status 0") != 0) return;
    answer_fini(answer);
    file = compiled_path(fuzzer);
  }
  make_run(fuzzer, mode, file, &command);
  run_command(fuzzer, mode, &command, answer);
}

// ---- reporting --------------------------------------------------------------------------------------------------

static void print_commands(const struct fuzzer *fuzzer, const struct mode *mode, const char *program) {
  struct bytes text = {0};
  struct command command;
  const char *file = program;
  bytes_add_text(&text, "  again: ");
  if (mode->compiled) {
    make_compile(fuzzer, program, &command);
    child_print_command(command.argv, &text);
    bytes_add_text(&text, " && ");
    file = compiled_path(fuzzer);
  }
  make_run(fuzzer, mode, file, &command);
  child_print_command(command.argv, &text);
  bytes_printf(&text, " < %s/input", fuzzer->keep);
  puts(text.data);
  bytes_fini(&text);
}

static void print_first_difference(const char *what, const struct bytes *a, const struct bytes *b) {
  unsigned line = 1;
  size_t at = 0, start = 0;
  for (; at < a->length && at < b->length && a->data[at] == b->data[at]; at++)
    if (a->data[at] == '\n') {
      line++;
      start = at + 1;
    }
  if (at == a->length && at == b->length) return;
  printf("  %s differs in line %u:\n", what, line);
  printf("    reference: %.*s\n", (int)strcspn(a->data + start, "\n"), a->data + start);
  printf("    here:      %.*s\n", (int)strcspn(b->data + start, "\n"), b->data + start);
}

static void report(struct fuzzer *fuzzer, uint64_t seed, const struct bytes *program, const struct mode *first,
                   const struct mode *mode, const struct answer *reference, const struct bytes *frames,
                   const struct answer *answer) {
  fuzzer->failed++;
  struct bytes path = {0}, input = {0};
  mkdir(fuzzer->keep, 0777);
  bytes_printf(&path, "%s/seed_%llu%s", fuzzer->keep, (unsigned long long)seed, strrchr(fuzzer->program_path, '.'));
  bytes_printf(&input, "%s/input", fuzzer->keep);
  if (!bytes_write_file(path.data, program->data, program->length) ||
      !bytes_write_file(input.data, program_input, sizeof program_input - 1))
    fprintf(stderr, "%s: can't write '%s'\n", bytes_tool_name, path.data);
  printf("DIFFERS seed %llu: %s\n", (unsigned long long)seed, path.data);
  printf("  %s: %s, %s: %s\n", first->name, reference->end.data, mode->name, answer->end.data);
  print_first_difference("standard output", &reference->output, &answer->output);
  if (frames)
    print_first_difference("standard error", frames, &answer->errors);
  else if (answer->errors.length)
    printf("  standard error: %.1500s\n", answer->errors.data);
  print_commands(fuzzer, first, path.data);
  if (mode != first) print_commands(fuzzer, mode, path.data);
  fflush(stdout);
  bytes_fini(&path);
  bytes_fini(&input);
}

static bool same_bytes(const struct bytes *a, const struct bytes *b) {
  return a->length == b->length && memcmp(a->data, b->data, a->length) == 0;
}

static bool same_answer(const struct answer *a, const struct answer *b) {
  return strcmp(a->end.data, b->end.data) == 0 && same_bytes(&a->output, &b->output);
}

static bool mode_wanted(const struct fuzzer *fuzzer, const struct mode *mode, uint64_t seed, bool skip_compiled) {
  char name[24];
  snprintf(name, sizeof name, "%llu", (unsigned long long)seed);
  return mode_fits(mode, fuzzer->program_path) && !(mode->compiled && skip_compiled) &&
         (fuzzer->all || mode_shares(mode, "", name));
}

static bool has_twin(const struct fuzzer *fuzzer, uint64_t seed) { return fuzzer->pascal && *fuzzer->fpc && seed % 2; }

// What Free Pascal's program does, when its compiler takes ours: it knows fewer forms of some things. A difference is
// reported with the reference's command alone.
static void compare_with_twin(struct fuzzer *fuzzer, uint64_t seed, const struct bytes *program,
                              const struct mode *first, const struct answer *reference) {
  static const struct mode twin = {.name = "fpc"};
  struct command command = {0};
  struct answer answer;
  struct bytes out = {0};
  bytes_printf(&out, "-o%s", fuzzer->twin_path);
  const char *const words[] = {fuzzer->fpc, "-Miso", "-O2", "-v0", out.data, fuzzer->program_path};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) command_add(&command, words[i]);
  run_command(fuzzer, &twin, &command, &answer);
  bool taken = strcmp(answer.end.data, "exit status 0") == 0;
  answer_fini(&answer);
  if (taken) {
    command = (struct command){0};
    command_add(&command, fuzzer->twin_path);
    run_command(fuzzer, &twin, &command, &answer);
    fuzzer->twins++;
    if (!same_answer(reference, &answer)) report(fuzzer, seed, program, first, first, reference, NULL, &answer);
    answer_fini(&answer);
  }
  bytes_fini(&out);
}

// Runs the program in every mode that can, and compares with the first of them; frames with the first that has some.
static void run_program(struct fuzzer *fuzzer, uint64_t seed, const struct bytes *program, bool skip_compiled) {
  const struct mode *first = NULL;
  struct answer reference = {0}, answer;
  struct bytes frames = {0};
  bool good = true, known = false;
  fuzzer->traces = seed % 2;
  for (size_t i = 0; i < fuzzer->mode_count && good; i++) {
    const struct mode *mode = fuzzer->modes[i];
    if (!mode_wanted(fuzzer, mode, seed, skip_compiled)) continue;
    run_mode(fuzzer, mode, &answer);
    bool is_first = !first, compares = known && has_frames(mode);
    if (is_first) first = mode;
    const struct answer *model = is_first ? &answer : &reference;
    good = !answer.bad && same_answer(model, &answer) && (!compares || same_bytes(&frames, &answer.errors));
    if (!good) report(fuzzer, seed, program, first, mode, model, compares && !answer.bad ? &frames : NULL, &answer);
    if (!known && has_frames(mode)) {
      known = true;
      bytes_add(&frames, answer.errors.data, answer.errors.length);
    }
    if (is_first)
      reference = answer;
    else
      answer_fini(&answer);
  }
  if (good && first && has_twin(fuzzer, seed) && strcmp(reference.end.data, "exit status 0") == 0)
    compare_with_twin(fuzzer, seed, program, first, &reference);
  bytes_fini(&frames);
  answer_fini(&reference);
}

// How often a program goes round: what is long enough for samples takes seconds in other modes.
static unsigned rounds_for(uint64_t seed) { return seed % 16 == 5 ? 200 : seed % 3 == 1 ? 12 : 0; }

static void fuzz_pascal(struct fuzzer *fuzzer, uint64_t seed) {
  struct bytes program = {0};
  bool twin = has_twin(fuzzer, seed);
  unsigned mistakes = twin ? 0 : seed % 4 ? 4000 : 300;
  pas_program(seed, &(struct pas_options){rounds_for(seed), mistakes, twin}, &program);
  fuzzer->program_path = fuzzer->pascal_path;
  if (!bytes_write_file(fuzzer->program_path, program.data, program.length))
    bytes_die("can't write '%s'", fuzzer->program_path);
  fuzzer->programs++;
  run_program(fuzzer, seed, &program, false);
  bytes_fini(&program);
}

static void fuzz_mitscript(struct fuzzer *fuzzer, uint64_t seed) {
  struct bytes program = {0};
  // Function equality depends on what textual bytecode can't carry: those programs skip mode compiled.
  bool equality = seed % 8 == 0, bytecode = seed % 4 == 3;
  uint64_t state = seed;
  if (bytecode)
    bytecode_program(&state, true, &program);
  else
    gen_program(seed, &(struct gen_options){.function_equality = equality, .rounds = rounds_for(seed)}, &program);
  fuzzer->program_path = bytecode ? fuzzer->bytecode_path : fuzzer->source_path;
  if (!bytes_write_file(fuzzer->program_path, program.data, program.length))
    bytes_die("can't write '%s'", fuzzer->program_path);
  fuzzer->programs++;
  run_program(fuzzer, seed, &program, equality);
  bytes_fini(&program);
}

// ---- options ----------------------------------------------------------------------------------------------------

static const char usage[] = "usage: fuzz_engines --loam PROGRAM [--language mitscript|pascal] [--from SEED] [--runs N] "
                            "[--seconds S] [--modes A,B,...] [--all] [--keep FOLDER] [--time-ms N] [--fpc COMMAND]";

static const char mitscript_modes[] = "tree,interp,baseline,auto,compiled,semispace,gc1,gc7,smallheap,fuel,preempt,"
                                      "baseline-gc1,auto-gc7,baseline-preempt,auto-preempt,"
                                      "hot,auto-tier,auto-deopt,auto-rounds,tier-gc,hot-gc1,hot-preempt";
// Nothing is collected in Pascal; one mode that collects shows it.
static const char pascal_modes[] = "interp,baseline,auto,compiled-pas,fuel,preempt,auto-gc7,baseline-preempt,"
                                   "auto-preempt,hot,auto-tier,auto-deopt,auto-rounds,hot-preempt";

static void read_options(struct fuzzer *fuzzer, int argc, char **argv) {
  const char *modes = NULL;
  for (int i = 1; i < argc; i += 2) {
    if (strcmp(argv[i], "--all") == 0) {
      fuzzer->all = true;
      i--; // it has no value
      continue;
    }
    if (i + 1 == argc) bytes_die("%s", usage);
    const char *value = argv[i + 1];
    if (strcmp(argv[i], "--loam") == 0)
      fuzzer->loam = value;
    else if (strcmp(argv[i], "--language") == 0)
      fuzzer->pascal = strcmp(value, "pascal") == 0;
    else if (strcmp(argv[i], "--fpc") == 0)
      fuzzer->fpc = value;
    else if (strcmp(argv[i], "--modes") == 0)
      modes = value;
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
  }
  if (!fuzzer->loam) bytes_die("--loam is missing\n%s", usage);
  if (!modes) modes = fuzzer->pascal ? pascal_modes : mitscript_modes;
  fuzzer->modes = mode_list(modes, &fuzzer->mode_count);
  if (fuzzer->mode_count == 0) bytes_die("no modes\n%s", usage);
}

int main(int argc, char **argv) {
  bytes_tool_name = "fuzz_engines";
  struct fuzzer fuzzer = {.fpc = "", .keep = "fuzz-failures", .from = 1, .time_ms = 20000};
  read_options(&fuzzer, argc, argv);
  if (!fuzzer.runs && !fuzzer.seconds) fuzzer.runs = 200;
  child_prepare();
  snprintf(fuzzer.folder, sizeof fuzzer.folder, "/tmp/fuzz-XXXXXX");
  if (!mkdtemp(fuzzer.folder)) bytes_die("can't make a temporary folder");
  char **paths[] = {&fuzzer.source_path, &fuzzer.bytecode_path, &fuzzer.compiled_path,
                    &fuzzer.pascal_path, &fuzzer.pcode_path,    &fuzzer.twin_path,
                    &fuzzer.input_path,  &fuzzer.output_path,   &fuzzer.errors_path};
  static const char *const names[] = {"p.mit", "b.mitbc", "p.mitbc", "p.pas", "p.pcode", "twin", "input", "out", "err"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) *paths[i] = folder_path(&fuzzer, names[i]);
  if (!bytes_write_file(fuzzer.input_path, program_input, sizeof program_input - 1)) bytes_die("can't write the input");
  uint64_t end_ms = child_now_ms() + fuzzer.seconds * 1000;
  for (uint64_t i = 0; fuzzer.runs ? i < fuzzer.runs : true; i++) {
    if (fuzzer.seconds && child_now_ms() >= end_ms) break;
    (fuzzer.pascal ? fuzz_pascal : fuzz_mitscript)(&fuzzer, fuzzer.from + i);
  }
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    unlink(*paths[i]);
    free(*paths[i]);
  }
  char *object = folder_path(&fuzzer, "twin.o"); // fpc leaves it when it can't link
  unlink(object);
  free(object);
  rmdir(fuzzer.folder);
  free(fuzzer.modes);
  if (*fuzzer.fpc) printf("%llu compared with fpc; ", (unsigned long long)fuzzer.twins);
  printf("%llu programs, %llu runs, %llu differ\n", (unsigned long long)fuzzer.programs,
         (unsigned long long)fuzzer.executed, (unsigned long long)fuzzer.failed);
  return fuzzer.failed ? 1 : 0;
}
