// SPDX-License-Identifier: MIT
//
// filetest_mode.c: the table of modes. A new engine, collector or kind of stress gets a row here, and every file test
// then runs in it. Most have shares of the tests: in those with the hot compiler LLVM takes some 5 ms for each
// function of a program, and several times as much for code that is full of stress; others differ little among them.
#include "filetest_mode.h"

#include "filetest_bytes.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

const struct mode mode_table[] = {
    {.name = "interp", .options = {"--engine=interp"}},
    // Everything compiled as it is loaded; and methods and loops moving into compiled code as they get warm.
    {.name = "baseline", .options = {"--engine=baseline"}},
    {.name = "auto", .options = {"--engine=auto"}},
    // The reference evaluator reads source only.
    {.name = "tree", .options = {"--engine=tree"}, .extension = ".mit"},
    // The P-code machine as it is specified.
    {.name = "plain", .options = {"--engine=plain"}, .extension = ".mvp"},
    {.name = "plain-pm", .options = {"--engine=plain"}, .extension = ".pm"},
    {.name = "compiled-pm", .options = {"--engine=interp"}, .compiled = true, .extension = ".pm"},
    {.name = "compiled-pas", .options = {"--engine=auto"}, .compiled = true, .extension = ".pas"},
    {.name = "compiled-p4", .options = {"--engine=auto"}, .compiled = true, .extension = ".p4"},
    // Source to textual bytecode and back: what the writer leaves out or the reader misreads shows here.
    {.name = "compiled", .options = {"--engine=interp"}, .compiled = true, .extension = ".mit"},
    {.name = "nogc", .options = {"--engine=interp", "--gc=nogc"}, .one_of = 4},
    // The smallest heap of the MITScript course's grading.
    {.name = "smallheap", .options = {"--engine=auto", "--heap-max=4M"}, .one_of = 2},
    // A limit that is never reached: runs the handlers that count instructions.
    {.name = "fuel", .options = {"--fuel=100000000000", "--time-max=1000"}, .one_of = 4},
    {.name = "gc1", .options = {"--engine=interp", "--stress=gc:1,move,poison", "--verify=heap"}, .stress = true},
    {.name = "gc7",
     .options = {"--engine=interp", "--stress=gc:7,poison", "--verify=heap"},
     .stress = true,
     .one_of = 4},
    {.name = "semispace",
     .options = {"--engine=auto", "--gc=semispace", "--stress=gc:3,poison", "--verify=heap"},
     .stress = true,
     .one_of = 2},
    {.name = "marksweep",
     .options = {"--engine=auto", "--gc=marksweep", "--stress=gc:3,poison", "--verify=heap"},
     .stress = true,
     .one_of = 4},
    {.name = "markcompact",
     .options = {"--engine=auto", "--gc=markcompact", "--stress=gc:3,poison", "--verify=heap"},
     .stress = true,
     .one_of = 4},
    {.name = "preempt", .options = {"--engine=interp", "--stress=preempt:1"}, .stress = true, .one_of = 4},
    {.name = "baseline-gc1",
     .options = {"--engine=baseline", "--stress=gc:1,move,poison", "--verify=heap"},
     .stress = true,
     .one_of = 2},
    {.name = "auto-gc7",
     .options = {"--engine=auto", "--stress=gc:7,move,poison", "--verify=heap"},
     .stress = true,
     .one_of = 2},
    {.name = "baseline-preempt", .options = {"--engine=baseline", "--stress=preempt:1"}, .stress = true, .one_of = 4},
    {.name = "auto-preempt", .options = {"--engine=auto", "--stress=preempt:3"}, .stress = true, .one_of = 2},
    // LLVM compiles every function and loop before its first call; what it has no code for leaves for lower engines.
    {.name = "hot", .options = {"--engine=hot", "--verify=ir"}, .one_of = 2},
    {.name = "hot-gc1",
     .options = {"--engine=hot", "--stress=gc:1,move,poison", "--verify=heap"},
     .stress = true,
     .one_of = 8},
    // LLVM writes the machine code, too.
    {.name = "hot-llvm", .options = {"--engine=hot", "--hot-code=llvm"}, .one_of = 8},
    {.name = "hot-preempt", .options = {"--engine=hot", "--stress=preempt:1"}, .stress = true, .one_of = 8},
    // A die says at each safepoint, or at some, which engine goes on; hot code leaves in the middle.
    {.name = "auto-tier", .options = {"--engine=auto", "--stress=tier:1", "--verify=ir"}, .stress = true, .one_of = 4},
    {.name = "auto-deopt", .options = {"--engine=auto", "--stress=tier:7,deopt:3"}, .stress = true, .one_of = 4},
    // The same, but hot code runs for many rounds before it leaves.
    {.name = "auto-rounds", .options = {"--engine=auto", "--stress=tier:2,deopt:97"}, .stress = true, .one_of = 4},
    {.name = "tier-gc",
     .options = {"--engine=auto", "--stress=tier:3,deopt:5,gc:7,move,poison", "--verify=heap"},
     .stress = true,
     .one_of = 8},
    {.name = "coverage", .options = {"--engine=interp", "--stats=ops"}, .optional = true},
    {.name = "bare", .bare = true, .optional = true},
};
const size_t mode_count = sizeof mode_table / sizeof *mode_table;

const struct mode *mode_find(const char *name, size_t length) {
  for (size_t i = 0; i < mode_count; i++)
    if (strlen(mode_table[i].name) == length && memcmp(mode_table[i].name, name, length) == 0) return &mode_table[i];
  return NULL;
}

bool mode_fits(const struct mode *mode, const char *path) {
  if (!mode->extension) return true;
  size_t length = strlen(path), tail = strlen(mode->extension);
  return length > tail && strcmp(path + length - tail, mode->extension) == 0;
}

bool mode_shares(const struct mode *mode, const char *path, const char *name) {
  if (!mode->one_of) return true;
  const char *slash = strrchr(path, '/');
  const char *const texts[] = {mode->name, slash ? slash + 1 : path, name ? name : ""};
  uint32_t hash = UINT32_C(2166136261); // FNV-1a, 32 bits
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    for (const char *c = texts[i]; *c; c++) hash = (hash ^ (unsigned char)*c) * UINT32_C(16777619);
  return (hash >> 8) % mode->one_of == 0;
}

const struct mode **mode_list(const char *names, size_t *count) {
  const struct mode **list = bytes_need(mode_count + 1, sizeof *list);
  *count = 0;
  if (!names) {
    for (size_t i = 0; i < mode_count; i++)
      if (!mode_table[i].optional) list[(*count)++] = &mode_table[i];
    return list;
  }
  for (const char *at = names; *at;) {
    size_t length = strcspn(at, ",");
    const struct mode *mode = mode_find(at, length);
    if (!mode) {
      struct bytes known = {0};
      for (size_t i = 0; i < mode_count; i++) bytes_printf(&known, " %s", mode_table[i].name);
      bytes_die("no mode '%.*s'; there are:%s", (int)length, at, known.data);
    }
    if (*count < mode_count) list[(*count)++] = mode;
    at += length + (at[length] == ',');
  }
  return list;
}

void command_add(struct command *command, const char *word) {
  if (command->count + 1 >= sizeof command->argv / sizeof *command->argv) bytes_die("too many options at '%s'", word);
  command->argv[command->count++] = word;
  command->argv[command->count] = NULL;
}

void command_make_run(struct command *command, const struct mode *mode, const char *loam, char *const *extra,
                      size_t extra_count, const char *file) {
  *command = (struct command){0};
  command_add(command, loam);
  if (!mode->bare) {
    command_add(command, "run");
    for (size_t i = 0; mode->options[i]; i++) command_add(command, mode->options[i]);
    for (size_t i = 0; i < extra_count; i++) command_add(command, extra[i]);
  }
  command_add(command, file);
}
