// SPDX-License-Identifier: MIT
//
// stencil_tidy.c: improves clang's assembly of the stencils in what clang does not know about them.
//
// Usage: stencil_tidy INPUT OUTPUT. Both are assembly; the input is what clang -S writes, one function after the other.
//
// A stencil runs into the next instruction's code when its last jump is the one to op_next, which is then left out. But
// clang lays blocks out as if all tail calls were alike, and often puts one to op_slow last, so that the fast path ends
// with a jump over it. Here a branch to a block that only jumps on becomes a branch to where that goes, blocks that
// nothing leads to any more are dropped, and what is left ends with op_next. Alignment of loops goes too: a copy starts
// anywhere.
//
// What control reaches without a conditional branch that is taken is the stencil's hot part. The rest goes to a section
// of its own, NAME_cold, which the baseline compiler puts behind all hot parts of the method, so that no fast path
// jumps over a rare one. Jumps between both parts keep relocations, as the assembler can't know the distance.
//
// A test of an operand's kind is left by a branch to op_kind_N (see loam/op.h). Where it can be taken out, because
// nothing but that branch needs it and no other jumps over it, a relocation that does nothing says where it begins.
//
// And each function with operands at a hole's distance from fp or sp gets a twin, NAME_near, where the distance has
// 8 bits instead of 32: nearly all locals and operands are that near. The assembler has no notation for such a hole, so
// the operand is written with a number, and its relocation beside it.
//
// It is done on text because labels and lengths are the assembler's there. An alternative is the object file, for
// which a decoder of instructions would be needed.
#include "stencil_line.h"
#include "stencil_object.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static struct lines function; // at work
static struct line *const lines = function.all;
static struct line *trace[LINES_MAX]; // the hot part
static size_t trace_length;
static unsigned holes_made; // numbers the labels of shortened operands, and of tests

// ---- reading ------------------------------------------------------------------------------------------------------

// Adds a line of a function's body; comments and directives are left out.
static void add_line(const char *path, char *text) {
  text[strcspn(text, "#\n")] = 0;
  for (size_t n = strlen(text); n && isspace((unsigned char)text[n - 1]);) text[--n] = 0;
  bool label = text[0] == '.' && text[strlen(text) - 1] == ':';
  while (isspace((unsigned char)*text)) text++;
  if (!*text || (*text == '.' && !label)) return;
  size_t length = strlen(text);
  if (strncmp(text, "ret", 3) == 0) stencil_fail("%s: a function returns; stencils end with tail calls alone", path);
  if (function.count == LINES_MAX || length >= TEXT_MAX) stencil_fail("%s: a function is too long", path);
  struct line *line = &lines[function.count++];
  *line = (struct line){.kind = PLAIN};
  memcpy(line->text, text, length + 1);
  if (label) {
    line->kind = LABEL;
    line->text[length - 1] = 0;
  } else if ((*text == 'j' && strchr(text, '*')) || strncmp(text, "ud2", 3) == 0) {
    line->kind = END;
  } else if (*text == 'j') {
    sscanf(text, "%*s %399s", line->target);
    line->kind = strncmp(text, "jmp", 3) == 0 ? JUMP : BRANCH;
  }
}

// ---- jumps --------------------------------------------------------------------------------------------------------

struct line *stencil_next_alive(struct lines *among, struct line *line) {
  struct line *end = among->all + among->count;
  while (++line < end && line->dead) continue;
  return line < end ? line : NULL;
}

static struct line *next_alive(struct line *line) { return stencil_next_alive(&function, line); }

// Where a jump to `label` goes in the end, when nothing but a jump is there; else NULL.
static const char *goes_on_to(const char *label) {
  for (struct line *line = lines; line < lines + function.count; line++) {
    if (line->kind != LABEL || strcmp(line->text, label) != 0) continue;
    while (line && line->kind == LABEL) line = next_alive(line);
    return line && line->kind == JUMP && strcmp(line->target, label) != 0 ? line->target : NULL;
  }
  return NULL;
}

static bool shorten_jumps(void) {
  bool changed = false;
  for (size_t i = 0; i < function.count; i++) {
    struct line *line = &lines[i];
    const char *target = !line->dead && (line->kind == JUMP || line->kind == BRANCH) ? goes_on_to(line->target) : NULL;
    if (!target) continue;
    memmove(line->target, target, strlen(target) + 1);
    changed = true;
  }
  return changed;
}

static bool is_used(const char *label) {
  for (size_t i = 0; i < function.count; i++)
    if (!lines[i].dead && (lines[i].kind == JUMP || lines[i].kind == BRANCH) && strcmp(lines[i].target, label) == 0)
      return true;
  return false;
}

// Drops labels that nothing jumps to, and what control does not reach without one.
static bool drop_unreachable(void) {
  bool changed = false, reached = true;
  for (size_t i = 0; i < function.count; i++) {
    struct line *line = &lines[i];
    if (line->dead) continue;
    bool used = line->kind == LABEL && is_used(line->text);
    reached |= used;
    line->dead = !reached || (line->kind == LABEL && !used);
    changed |= line->dead;
    if (line->kind == JUMP || line->kind == END) reached = false;
  }
  return changed;
}

struct line *stencil_find_label(struct lines *among, const char *label) {
  for (struct line *line = among->all; line < among->all + among->count; line++)
    if (!line->dead && line->kind == LABEL && strcmp(line->text, label) == 0) return line;
  return NULL;
}

static struct line *find_label(const char *label) { return stencil_find_label(&function, label); }

// Puts the hot part into `trace`: what follows the entry, through jumps.
static void follow_trace(void) {
  trace_length = 0;
  for (size_t i = 0; i < function.count; i++) lines[i].cold = true;
  struct line *line = lines[0].dead ? next_alive(lines) : lines;
  while (line) {
    line->cold = false;
    struct line *target = line->kind == JUMP ? find_label(line->target) : NULL;
    if (target && target->cold) {
      line = target;
      continue;
    }
    trace[trace_length++] = line;
    line = line->kind == JUMP || line->kind == END ? NULL : next_alive(line);
  }
}

// ---- writing ------------------------------------------------------------------------------------------------------

// The hole and addend of an operand at that distance from fp, or from sp, and nothing more; NULL where there is none,
// or the distance isn't the last byte of the code: an immediate follows, which comparisons of reals have in their name.
static const char *hole_operand(const char *text, size_t *length) {
  const char *start = strstr(text, "op_hole_");
  bool real = strncmp(text, "cmp", 3) == 0 && strcspn(text, "\t ") > strlen("cmpq");
  if (!start || real || strchr(text, '$')) return NULL;
  *length = strcspn(start, "(, ");
  const char *base = start + *length;
  bool frame = strncmp(base, "(%r14)", 6) == 0 || strncmp(base, "(%r13)", 6) == 0;
  return frame ? start : NULL;
}

static void write_near(FILE *out, const char *text) {
  size_t length;
  const char *hole = hole_operand(text, &length);
  if (!hole) {
    fprintf(out, "\t%s\n", text);
    return;
  }
  unsigned n = holes_made++;
  fprintf(out, "\t%.*s%d%s\n.Lnear%u:\n\t.reloc .Lnear%u-1, R_X86_64_8, %.*s\n", (int)(hole - text), text,
          STENCIL_HOLE_8, hole + length, n, n, (int)length, hole);
}

// The op_kind_N that a branch goes to, maybe by way of moves between registers; or NULL.
static const char *kind_of_branch(const struct line *branch) {
  if (branch->kind != BRANCH) return NULL;
  const char *target = branch->target;
  for (const struct line *line = find_label(target);
       line && (line->kind != PLAIN || strncmp(line->text, "mov", 3) == 0); line = next_alive((struct line *)line)) {
    if (line->kind == LABEL) continue;
    if (line->kind == JUMP) target = line->target;
    if (line->kind != PLAIN) break;
  }
  return strncmp(target, "op_kind_", 8) == 0 ? target : NULL;
}

static size_t place_in_trace(const char *label) {
  for (size_t i = 0; i < trace_length; i++)
    if (trace[i]->kind == LABEL && strcmp(trace[i]->text, label) == 0) return i;
  return trace_length;
}

// Is that the line's instruction, of any size of its operands? (And not one of reals, such as addsd.)
static bool is_instruction(const struct line *line, const char *name) {
  size_t length = strlen(name);
  const char *rest = line->text + length;
  return strncmp(line->text, name, length) == 0 && isspace((unsigned char)rest[strspn(rest, "bwlq")]);
}

static bool is_one_of(const struct line *line, const char *const *names) {
  while (*names && !is_instruction(line, *names)) names++;
  return *names != NULL;
}

static bool uses_flags(const struct line *line) {
  static const char *const names[] = {"adc", "sbb", "rcl", "rcr", NULL};
  return line->kind == BRANCH || strncmp(line->text, "set", 3) == 0 || strncmp(line->text, "cmov", 4) == 0 ||
         is_one_of(line, names);
}

// Does it leave none of the flags as they were? (What is not listed may.)
static bool sets_flags(const struct line *line) {
  static const char *const names[] = {"add",  "sub", "and",     "or",      "xor",  "cmp",
                                      "test", "neg", "ucomiss", "ucomisd", "call", NULL};
  return line->kind == PLAIN && is_one_of(line, names);
}

// A way that only jumps in a circle uses none.
bool stencil_flags_are_used(struct lines *among, struct line *line) {
  for (size_t steps = 0; line && steps < 2 * among->count && !sets_flags(line); steps++) {
    if (line->kind != LABEL && uses_flags(line)) return true;
    if (line->kind == END) return false;
    line = line->kind == JUMP ? stencil_find_label(among, line->target) : stencil_next_alive(among, line);
  }
  return false;
}

// Is the line of the trace a comparison that only the branch to op_kind_N behind it needs?
static bool begins_kind_test(size_t i) {
  if (i + 2 >= trace_length || trace[i]->kind != PLAIN || !kind_of_branch(trace[i + 1])) return false;
  if (!is_instruction(trace[i], "test") && !is_instruction(trace[i], "cmp")) return false;
  if (stencil_flags_are_used(&function, trace[i + 2])) return false;
  for (size_t from = 0; from < trace_length; from++) {
    if (strncmp(trace[from]->target, ".L", 2) != 0) continue;
    size_t to = place_in_trace(trace[from]->target);
    if (to != trace_length && (from < i) != (to <= i)) return false;
  }
  return true;
}

static void write_kind_mark(FILE *out, const char *target) {
  unsigned n = holes_made++;
  fprintf(out, ".Lkind%u:\n\t.reloc .Lkind%u, R_X86_64_NONE, %s\n", n, n, target);
}

static bool has_near(void) {
  size_t length;
  for (size_t i = 0; i < function.count; i++)
    if (!lines[i].dead && lines[i].kind == PLAIN && hole_operand(lines[i].text, &length)) return true;
  return false;
}

static void write_line(FILE *out, const struct line *line, bool near) {
  const char *suffix = near ? "_near" : "";
  bool local = strncmp(line->target, ".L", 2) == 0;
  switch (line->kind) {
  case LABEL: fprintf(out, "%s%s:\n", line->text, suffix); break;
  case JUMP:
  case BRANCH:
    fprintf(out, "\t%.*s\t%s%s\n", (int)strcspn(line->text, "\t "), line->text, line->target, local ? suffix : "");
    break;
  case PLAIN:
    if (near) {
      write_near(out, line->text);
      break;
    }
    [[fallthrough]];
  case END: fprintf(out, "\t%s\n", line->text);
  }
}

static void write_parts(FILE *out, const char *name, bool near) {
  const char *suffix = near ? "_near" : "";
  for (size_t i = 0; i < trace_length; i++) {
    if (begins_kind_test(i)) write_kind_mark(out, kind_of_branch(trace[i + 1]));
    write_line(out, trace[i], near);
  }
  fprintf(out, "\t.section\t.text.%s%s_cold,\"ax\",@progbits\n", name, suffix);
  for (struct line *line = lines; line < lines + function.count; line++) {
    if (line->dead || !line->cold) continue;
    write_line(out, line, near);
    const struct line *next = line->kind == JUMP || line->kind == END ? NULL : next_alive(line);
    if (next && !next->cold) fprintf(out, "\tjmp\t%s%s\n", next->text, suffix);
  }
}

static void write_function(FILE *out, const char *name) {
  for (bool changed = true; changed;) {
    changed = shorten_jumps();
    changed |= drop_unreachable();
    changed |= stencil_peephole(&function);
  }
  follow_trace();
  write_parts(out, name, false);
  if (has_near()) {
    fprintf(out, "\t.section\t.text.%s_near,\"ax\",@progbits\n%s_near:\n", name, name);
    write_parts(out, name, true);
  }
  fprintf(out, "\t.section\t.text.%s,\"ax\",@progbits\n", name);
}

int main(int argc, char **argv) {
  if (argc != 3) stencil_fail("usage: stencil_tidy INPUT OUTPUT");
  FILE *in = fopen(argv[1], "r"), *out = fopen(argv[2], "w");
  if (!in || !out) stencil_fail("%s or %s can't be opened", argv[1], argv[2]);
  static char text[1 << 16], name[TEXT_MAX];
  bool inside = false;
  while (fgets(text, sizeof text, in)) {
    if (inside && strncmp(text, ".Lfunc_end", 10) == 0) {
      write_function(out, name);
      inside = false;
    }
    if (inside) {
      add_line(argv[1], text);
      continue;
    }
    fputs(text, out);
    if (strstr(text, ",@function") && sscanf(text, " .type %399[^,]", name) == 1) continue;
    if (*name && strncmp(text, name, strlen(name)) == 0 && text[strlen(name)] == ':') {
      inside = true;
      function.count = 0;
    }
  }
  if (inside) stencil_fail("%s: %s has no end", argv[1], name);
  fclose(in);
  return fclose(out) == 0 ? 0 : 1;
}
