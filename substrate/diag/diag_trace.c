// SPDX-License-Identifier: MIT
//
// diag_trace.c: one line for an instruction, before it runs.
#include "diag/diag.h"

#include "frame/frame.h"

#include <stdio.h>

static void print_top(struct mutator *th, struct text *line) {
  if (th->sp <= th->fp + FRAME_SPILL) return; // no operand
  text_add(line, "  top ", 6);
  thread_of(th)->world->guest->print_value(th, *th->sp, line);
}

static void print_place(struct mutator *th, struct text *line) {
  const struct method *method = frame_method(th->fp);
  text_printf(line, "[%u] %s", thread_of(th)->number, method->name);
  struct code_site site;
  (void)frame_site(method, th->pc, &site);
  if (site.line) text_printf(line, ":%u", site.line);
}

static bool print_own(struct mutator *th, const struct op_info *op, struct text *line) {
  const struct loam_guest *guest = thread_of(th)->world->guest;
  struct code_site site;
  return frame_site(frame_method(th->fp), th->pc, &site) && guest->trace_op(th, op, site.insn, line);
}

void diag_trace_op(struct mutator *th, const struct op_info *op) {
  const struct method *method = frame_method(th->fp);
  ptrdiff_t pc = th->pc - (const char *)method->code;
  ASSERT(pc >= 0 && (size_t)pc < method->code_words * 8u, "diag.I1: pc %td is not in %s", pc, method->name);
  struct text line = {0};
  text_printf(&line, "loam-trace: ");
  if (th->observer->trace_ops && thread_of(th)->world->guest->trace_op) {
    if (print_own(th, op, &line) && !line.failed) fprintf(stderr, "%s\n", line.bytes);
    return text_fini(&line);
  }
  print_place(th, &line);
  if (th->observer->trace_ops)
    text_printf(&line, " %td %s", pc, op_name(op));
  else
    text_printf(&line, " %s", op->control == CONTROL_CALL ? "calls" : "returns");
  if (th->observer->trace_ops || op->control == CONTROL_RETURN) print_top(th, &line);
  if (!line.failed) fprintf(stderr, "%s\n", line.bytes);
  text_fini(&line);
}
