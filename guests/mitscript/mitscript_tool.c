// SPDX-License-Identifier: MIT
//
// mitscript_tool.c: the course's command lines (A.12), under the names mitscript and mitscriptc.
//
//     mitscript [-s|-b] FILE [-mem MB] [--opt=NAME]          run source (or bytecode: it is recognised)
//     mitscript -p FILE                                      parse only
//     mitscript scan|parse|interpret|compile|vm|derby FILE [-o OUT] [-m MB]      2025
//     mitscriptc FILE [-o OUT]                               compile to bytecode text
//
// Options may stand before or after the file. What begins with -- and is not the course's is an option of loam.
#include "loam/loam.h"
#include "mitscript.h"
#include "mitscript_parse.h"
#include "mitscript_scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPTIONS_MAX 32
#define STATUS_INPUT 2 // loam's exit status for files and options that are wrong

enum work { RUN, SCAN, PARSE, COMPILE };

struct command {
  enum work work;
  const char *path, *out_path;
  char heap_max[40];
  const char *options[OPTIONS_MAX + 2]; // loam's, NULL-terminated
  size_t option_count;
};

static const char usage_text[] = "usage: mitscript [-s|-b|-p] FILE [-mem MB] [--opt=NAME]\n"
                                 "       mitscript scan|parse|interpret|compile|vm|derby FILE [-o OUT] [-m MB]\n"
                                 "       mitscriptc FILE [-o OUT]\n";

static int refuse(const char *name, const char *why, const char *what) {
  fprintf(stderr, "%s: %s%s%s\n%s", name, why, what ? " " : "", what ? what : "", usage_text);
  return 1; // the course's scripts expect it
}

static int help(void) { return fputs(usage_text, stdout) < 0 || fflush(stdout) != 0; }

static bool asks_for_help(const char *word) { return strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0; }

static bool find_work(const char *word, enum work *work) {
  static const struct {
    const char *word;
    enum work work;
  } words[] = {{"scan", SCAN}, {"parse", PARSE}, {"interpret", RUN}, {"compile", COMPILE}, {"vm", RUN}, {"derby", RUN}};
  for (size_t i = 0; i < COUNT_OF(words); i++) {
    if (strcmp(words[i].word, word) != 0) continue;
    *work = words[i].work;
    return true;
  }
  return false;
}

// The memory limit of the course is megabytes of garbage-collected heap here.
static bool set_memory(struct command *command, const char *megabytes) {
  char *end;
  long number = megabytes ? strtol(megabytes, &end, 10) : 0;
  if (number <= 0 || *end || number > 1 << 20) return false;
  snprintf(command->heap_max, sizeof command->heap_max, "--heap-max=%ldM", number);
  return true;
}

// Takes one argument, and the one after it if it belongs to it; returns how many, 0: it makes no sense.
static int take_argument(struct command *command, char **argv, bool first) {
  const char *word = argv[0], *next = argv[1];
  bool value = strcmp(word, "-mem") == 0 || strcmp(word, "-m") == 0 || strcmp(word, "--mem") == 0;
  if (value) return set_memory(command, next) ? 2 : 0;
  if (strcmp(word, "-o") == 0 && next) {
    command->out_path = next;
    return 2;
  }
  if (strcmp(word, "-s") == 0 || strcmp(word, "-b") == 0) return 1; // the form is recognised
  if (strncmp(word, "--opt=", 6) == 0) return 1;                    // loam chooses by itself
  if (strcmp(word, "-p") == 0) {
    command->work = PARSE;
    return 1;
  }
  if (strncmp(word, "--", 2) == 0 && command->option_count < OPTIONS_MAX) {
    command->options[command->option_count++] = word;
    return 1;
  }
  if (first && find_work(word, &command->work)) return 1;
  if (command->path || (word[0] == '-' && word[1])) return 0;
  command->path = word;
  return 1;
}

// Writes what there is to the file the command names, which is left alone when there is nothing.
static enum loam_err write_output(const struct command *command, const struct text *out, struct error *err) {
  if (!out->length) return LOAM_OK;
  FILE *file = command->out_path ? fopen(command->out_path, "w") : stdout;
  if (!file) return error_set(err, LOAM_ERR_FILE, "%s: can't be written", command->out_path);
  bool written = fwrite(out->bytes, 1, out->length, file) == out->length && fflush(file) == 0;
  if (file != stdout) fclose(file);
  return written ? LOAM_OK : error_set(err, LOAM_ERR_FILE, "the output can't be written");
}

// What needs only the text of the program, not a VM.
static int scan_or_parse(const struct command *command) {
  ASSERT(command->path && (command->work == SCAN || command->work == PARSE), "work %d needs a VM", command->work);
  struct error err = {0};
  struct text out = {0};
  struct loam_source source = {0};
  enum loam_err kind = guest_tool_read(command->path, &source, &err);
  if (kind == LOAM_OK && command->work == SCAN) kind = mitscript_scan_list(&source, &out, &err);
  if (kind == LOAM_OK && command->work == PARSE) {
    struct mit_program program = {0};
    kind = mitscript_parse_program(&program, &source, &err);
    mitscript_parse_fini(&program);
  }
  enum loam_err write_kind = write_output(command, &out, kind == LOAM_OK ? &err : NULL);
  if (kind == LOAM_OK) kind = write_kind;
  if (kind != LOAM_OK) fprintf(stderr, "%s\n", err.text);
  text_fini(&out);
  mem_free((void *)source.bytes);
  return kind == LOAM_OK ? 0 : 1;
}

static int work(int argc, char **argv, enum work first_work) {
  struct command command = {.work = first_work};
  for (int i = 1; i < argc;) {
    if (asks_for_help(argv[i])) return help();
    int taken = take_argument(&command, argv + i, i == 1);
    if (!taken) return refuse(argv[0], "can't make sense of", argv[i]);
    i += taken;
  }
  if (!command.path) return refuse(argv[0], "no file is named", NULL);
  if (command.heap_max[0]) command.options[command.option_count++] = command.heap_max;
  ASSERT(command.option_count < COUNT_OF(command.options), "%zu options, in room for %zu", command.option_count,
         COUNT_OF(command.options));
  command.options[command.option_count] = NULL;
  int status;
  switch (command.work) {
  case RUN: status = loam_run_file(&mitscript_guest, command.path, command.options, 1, argv); break;
  case COMPILE: status = loam_compile_file(&mitscript_guest, command.path, command.out_path, command.options); break;
  default: return scan_or_parse(&command);
  }
  return status == STATUS_INPUT ? 1 : status; // as the course's tools
}

static int mitscript_main(int argc, char **argv) { return work(argc, argv, RUN); }
static int mitscriptc_main(int argc, char **argv) { return work(argc, argv, COMPILE); }

const struct guest_tool mitscript_tools[] = {
    {"mitscript", mitscript_main, false}, {"mitscriptc", mitscriptc_main, false}, {NULL, NULL, false}};
