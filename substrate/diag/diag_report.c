// SPDX-License-Identifier: MIT
//
// diag_report.c: the VM's part of the report that a failed ASSERT or CHECK prints: which guest, which method, the
// instructions around its pc, the options, and the command that runs it again.
//
// The process may be half broken: nothing here allocates, takes a lock or follows more pointers than it must. What is
// shown is the state at the last safepoint; the pc is newer than that for no engine.
#include "diag/diag.h"

#include "base/check.h"
#include "code/code.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INSNS_BEFORE 4
#define INSNS_AFTER 4

static _Thread_local struct mutator *current;
static int command_argc;
static char **command_argv;

struct mutator *diag_report_set_mutator(struct mutator *th) {
  struct mutator *before = current;
  current = th;
  return before;
}

void diag_report_set_command(int argc, char **argv) {
  command_argc = argc;
  command_argv = argv;
}

static void print_insn(const struct method *method, uint32_t pc, bool marked) {
  struct code_insn insn;
  code_decode(method, pc, &insn);
  fprintf(stderr, "    %s %5u  %s", marked ? "->" : "  ", pc, op_name(insn.info));
  for (unsigned i = 0; i < insn.info->imm_count; i++)
    fprintf(stderr, " %s=%lld", imm_name(&op_imms(insn.info)[i]), (long long)insn.imm[i]);
  fputc('\n', stderr);
}

static uint32_t insn_bytes(const struct method *method, uint32_t pc) {
  uint16_t op;
  memcpy(&op, (const char *)method->code + pc, sizeof op);
  if (op >= method->ops->count || method->ops->ops[op].words == 0) return 0; // not code: stop here
  return method->ops->ops[op].words * 8u;
}

// Prints the instructions around byte `at`. Lengths are known forwards only, so it walks from the method's start.
static void print_code_around(const struct method *method, uint32_t at) {
  uint32_t window[INSNS_BEFORE + 1] = {0};
  unsigned seen = 0, after = 0;
  for (uint32_t pc = 0, bytes; pc < method->code_words * 8u && after <= INSNS_AFTER; pc += bytes) {
    bytes = insn_bytes(method, pc);
    if (!bytes) return;
    if (pc + bytes > at) { // the instruction at work, or one behind it
      if (after == 0)
        for (unsigned i = seen < INSNS_BEFORE ? 0 : seen - INSNS_BEFORE; i < seen; i++)
          print_insn(method, window[i % COUNT_OF(window)], false);
      print_insn(method, pc, after++ == 0);
    }
    window[seen++ % COUNT_OF(window)] = pc;
  }
}

static void print_place(const struct mutator *th) {
  if (!th->fp) {
    fprintf(stderr, "  method: none, no guest code is running\n");
    return;
  }
  const struct method *method = frame_method(th->fp);
  uint32_t pc = (uint32_t)(th->pc - (const char *)method->code);
  fprintf(stderr, "  method: %s (%s), pc %u of %u\n", method->name, method->source_name ? method->source_name : "?", pc,
          method->code_words * 8u);
  if (pc < method->code_words * 8u) print_code_around(method, pc);
}

static void print_command(void) {
  const char *environment = getenv("LOAM_OPTIONS");
  if (environment) fprintf(stderr, "  options: LOAM_OPTIONS='%s'\n", environment);
  if (!command_argc) return;
  fprintf(stderr, "  run again:");
  if (environment) fprintf(stderr, " LOAM_OPTIONS='%s'", environment);
  for (int i = 0; i < command_argc; i++) {
    bool plain = *command_argv[i] && !strpbrk(command_argv[i], " \t\n'\"$*?&|;<>()\\`");
    fprintf(stderr, plain ? " %s" : " '%s'", command_argv[i]);
  }
  fputc('\n', stderr);
}

static void print_report(void) {
  const struct mutator *th = current;
  if (th) {
    const struct thread *thread = thread_of((struct mutator *)th);
    const struct vm_config *config = thread->world->config;
    fprintf(stderr, "  guest: %s, engine %s, collector %s, mutator %u\n", thread->world->guest->name, config->engine,
            config->gc_plan, thread->number);
    print_place(th);
  }
  print_command();
}

void diag_report_init(void) { check_add_reporter(print_report); }
