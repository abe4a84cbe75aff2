// SPDX-License-Identifier: MIT
//
// stencil_peephole.c: fewer instructions in a stencil than clang came to, which sees holes as what they are not:
// results of an assembler instruction that it can neither compute with nor repeat.
//
// - A hole of 32 bits that is moved to the upper half of a word, and maybe one added, is a hole of 64 bits.
// - What only the cold part needs is computed there.
// - What is computed into one register and then moved to another is computed there.
// - What lies in the bytecode is named by its address.
// - An address that is computed for one load, or for one more sum, is part of that instruction; a word that is loaded
//   to be jumped to is the jump's operand.
//
// Each rule looks for its first line and then ahead, along the way that takes no branch. Whether a register is still
// needed somewhere is found by following all ways from there; an instruction that is not listed below is taken to read
// everything.
#include "stencil_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- registers ----------------------------------------------------------------------------------------------------

enum { REGISTERS = 16, NAMES = 4 };
static const char *const register_names[REGISTERS][NAMES] = {
    {"%rax", "%eax", "%ax", "%al"},      {"%rcx", "%ecx", "%cx", "%cl"},      {"%rdx", "%edx", "%dx", "%dl"},
    {"%rbx", "%ebx", "%bx", "%bl"},      {"%rsi", "%esi", "%si", "%sil"},     {"%rdi", "%edi", "%di", "%dil"},
    {"%rbp", "%ebp", "%bp", "%bpl"},     {"%rsp", "%esp", "%sp", "%spl"},     {"%r8", "%r8d", "%r8w", "%r8b"},
    {"%r9", "%r9d", "%r9w", "%r9b"},     {"%r10", "%r10d", "%r10w", "%r10b"}, {"%r11", "%r11d", "%r11w", "%r11b"},
    {"%r12", "%r12d", "%r12w", "%r12b"}, {"%r13", "%r13d", "%r13w", "%r13b"}, {"%r14", "%r14d", "%r14w", "%r14b"},
    {"%r15", "%r15d", "%r15w", "%r15b"},
};

// The register that a whole operand is, in 64 or 32 bits; -1: it is none.
static int register_of(const char *operand) {
  for (int r = 0; r < REGISTERS; r++)
    if (strcmp(operand, register_names[r][0]) == 0 || strcmp(operand, register_names[r][1]) == 0) return r;
  return -1;
}

static bool mentions(const char *text, int r) {
  for (int n = 0; n < NAMES; n++)
    if (strstr(text, register_names[r][n])) return true;
  static const char *const high[] = {"%ah", "%ch", "%dh", "%bh"}; // of the first four
  return r < (int)(sizeof high / sizeof *high) && strstr(text, high[r]);
}

// What handlers hand on to each other (OP_STENCIL_REGISTERS).
static bool is_handed_on(int r) {
  static const char *const names[] = {"%rdi", "%rsi", "%r12", "%r13", "%r14", "%r15", "%rsp", NULL};
  for (const char *const *name = names; *name; name++)
    if (strcmp(register_names[r][0], *name) == 0) return true;
  return false;
}

// The last operand of an instruction: where it writes. The text of the ones before ends at *source_end.
static const char *last_operand(const char *text, size_t *source_end) {
  int depth = 0;
  const char *operands = text + strcspn(text, "\t "), *last = operands;
  for (const char *c = operands; *c; c++) {
    if (*c == '(') depth++;
    if (*c == ')') depth--;
    if (*c == ',' && depth == 0) last = c;
  }
  *source_end = (size_t)(last - text);
  if (*last == ',') last++;
  return last + strspn(last, "\t ");
}

static bool starts(const char *text, const char *prefix) { return strncmp(text, prefix, strlen(prefix)) == 0; }

// Does the instruction write all of its last operand, and read no register that it doesn't mention?
static bool only_writes(const char *text) {
  return starts(text, "movq") || starts(text, "movl") || starts(text, "movz") || starts(text, "movsbq") ||
         starts(text, "movsbl") || starts(text, "movswq") || starts(text, "movswl") || starts(text, "movslq") ||
         starts(text, "movabsq") || starts(text, "leaq") || starts(text, "leal");
}

// Does it touch no register that it doesn't mention?
static bool is_known(const char *text) {
  static const char *const names[] = {"mov", "lea", "add", "sub", "and", "or",  "xor", "cmp", "test", "shl",
                                      "shr", "sar", "inc", "dec", "neg", "not", "set", "bt",  NULL};
  for (const char *const *name = names; *name; name++)
    if (starts(text, *name)) return !starts(text, "cmpxchg");
  return false;
}

enum use { READS, WRITES, NEITHER };
static enum use use_of(const char *text, int r) {
  if (!is_known(text)) return READS;
  if (!mentions(text, r)) return NEITHER;
  size_t source_end;
  const char *last = last_operand(text, &source_end);
  if (!only_writes(text) || register_of(last) != r) return READS;
  char source[TEXT_MAX];
  snprintf(source, sizeof source, "%.*s", (int)source_end, text);
  return mentions(source, r) ? READS : WRITES;
}

// Is the register, as it is before the line, read from there on? NULL: behind the last line.
static bool is_needed(struct lines *lines, struct line *line, int r, unsigned char *seen) {
  for (; line && !seen[line - lines->all]; line = stencil_next_alive(lines, line)) {
    seen[line - lines->all] = 1;
    if (line->kind == END) return is_handed_on(r) || mentions(line->text, r);
    if (line->kind == PLAIN) {
      enum use use = use_of(line->text, r);
      if (use != NEITHER) return use == READS;
    }
    if (line->kind != JUMP && line->kind != BRANCH) continue;
    struct line *target = stencil_find_label(lines, line->target);
    if (target ? is_needed(lines, target, r, seen) : is_handed_on(r)) return true;
    if (line->kind == JUMP) return false;
  }
  return false;
}

static bool is_needed_from(struct lines *lines, struct line *line, int r) {
  unsigned char seen[LINES_MAX] = {0};
  return is_needed(lines, line, r, seen);
}

// The same at a jump's target.
static bool is_needed_at(struct lines *lines, const struct line *jump, int r) {
  struct line *target = stencil_find_label(lines, jump->target);
  return target ? is_needed_from(lines, target, r) : is_handed_on(r);
}

// ---- the rules ----------------------------------------------------------------------------------------------------

// The next line of the straight way that mentions a register; NULL where the way ends, or may be joined, before. Nobody
// who leaves it in between needs the register.
static struct line *next_mention(struct lines *lines, struct line *line, int r) {
  while ((line = stencil_next_alive(lines, line))) {
    if (line->kind == PLAIN && !is_known(line->text)) return NULL;
    if (line->kind == PLAIN && mentions(line->text, r)) return line;
    if (line->kind == BRANCH && !is_needed_at(lines, line, r)) continue;
    if (line->kind != PLAIN) return NULL;
  }
  return NULL;
}

// movl $op_hole_N, %r; shlq $32, %r: a hole of 64 bits; incq or orq $1 behind it as well.
static bool lift_hole(struct lines *lines, struct line *move) {
  int hole;
  char name[16], text[64];
  if (sscanf(move->text, "movl $op_hole_%d, %15s", &hole, name) != 2 || register_of(name) < 0) return false;
  int r = register_of(name);
  const char *whole = register_names[r][0];
  struct line *shift = next_mention(lines, move, r);
  snprintf(text, sizeof text, "shlq\t$32, %s", whole);
  if (!shift || strcmp(shift->text, text) != 0) return false;
  if (stencil_flags_are_used(lines, stencil_next_alive(lines, shift))) return false;
  shift->dead = true;
  struct line *one = next_mention(lines, move, r);
  char increment[64], set[64];
  snprintf(increment, sizeof increment, "incq\t%s", whole);
  snprintf(set, sizeof set, "orq\t$1, %s", whole);
  bool adds = one && (strcmp(one->text, increment) == 0 || strcmp(one->text, set) == 0) &&
              !stencil_flags_are_used(lines, stencil_next_alive(lines, one));
  if (adds) one->dead = true;
  snprintf(move->text, sizeof move->text, "movabsq\t$op_hole_high_%d%s, %s", hole, adds ? "+1" : "", whole);
  return true;
}

static bool has_one_way_in(struct lines *lines, const struct line *label) {
  int jumps = 0;
  bool falls_in = label == lines->all;
  for (struct line *line = lines->all; line < lines->all + lines->count; line++) {
    if (line->dead) continue;
    jumps += (line->kind == JUMP || line->kind == BRANCH) && strcmp(line->target, label->text) == 0;
    falls_in |= stencil_next_alive(lines, line) == label && line->kind != JUMP && line->kind != END;
  }
  return jumps == 1 && !falls_in;
}

// Puts a copy of `line` behind another.
static void copy_behind(struct lines *lines, struct line *line, struct line *place) {
  struct line copy = *line;
  memmove(place + 2, place + 1, (size_t)(lines->all + lines->count - (place + 1)) * sizeof *place);
  place[1] = copy;
  lines->count++;
}

// A constant that only who takes a certain branch needs is moved behind it.
static bool sink_constant(struct lines *lines, struct line *move) {
  size_t source_end;
  int r = register_of(last_operand(move->text, &source_end));
  bool constant = starts(move->text, "movl\t$") || starts(move->text, "movl $") || starts(move->text, "movabsq");
  if (!constant || r < 0 || lines->count == LINES_MAX) return false;
  struct line *needs = NULL, *line = move;
  while ((line = stencil_next_alive(lines, line)) && (line->kind == PLAIN || line->kind == BRANCH)) {
    enum use use = line->kind == PLAIN ? use_of(line->text, r) : NEITHER;
    if (use == READS) return false;
    if (use == WRITES) break;
    if (line->kind != BRANCH || !is_needed_at(lines, line, r)) continue;
    if (needs) return false;
    needs = stencil_find_label(lines, line->target);
    if (!needs || !has_one_way_in(lines, needs)) return false;
  }
  bool written = line && line->kind == PLAIN;
  if (!needs || !line || needs < move || (!written && is_needed_from(lines, line, r))) return false;
  copy_behind(lines, move, needs);
  move->dead = true;
  return true;
}

static bool is_move(const struct line *line, int *from, int *to) {
  char source[16], written[16];
  if (line->kind != PLAIN || sscanf(line->text, "movq %15[^,], %15s", source, written) != 2) return false;
  *from = register_of(source);
  *to = register_of(written);
  return *from >= 0 && *to >= 0;
}

// Does the line compute an address in the frame, from fp or what may be sp, that others can load through?
static bool makes_frame_address(const struct line *line) {
  int fp = register_of("%r14"), sp = register_of("%r13");
  size_t source_end;
  int r = line->kind == PLAIN ? register_of(last_operand(line->text, &source_end)) : -1;
  if (r < 0 || r == fp || r == sp || (strchr(line->text, '(') && !starts(line->text, "lea"))) return false;
  return mentions(line->text, fp) || mentions(line->text, sp);
}

static bool has_frame_address(const struct lines *lines) {
  for (size_t i = 0; i < lines->count; i++)
    if (!lines->all[i].dead && makes_frame_address(&lines->all[i])) return true;
  return false;
}

// Does the instruction, which writes a register, read memory that the other one may write? Locals, at holes of
// immediates, are no operands, at hole 1. Neither is what is loaded through a register that can't point to the frame.
static bool may_read_written(const struct lines *lines, const struct line *reads, const struct line *writes) {
  size_t source_end;
  const char *written = last_operand(writes->text, &source_end);
  if (!strchr(written, '(')) return false;
  bool operand = starts(written, "op_hole_1(%r14)") || starts(written, "op_hole_1+") || starts(written, "op_hole_1-");
  if (!operand || !strstr(written, "(%r14)")) return true;
  int hole;
  const char *read = strstr(reads->text, "op_hole_");
  bool local =
      read && sscanf(read, "op_hole_%d", &hole) == 1 && hole != 1 && starts(read + strcspn(read, "("), "(%r14)");
  if (local) return false;
  bool frame = mentions(reads->text, register_of("%r14")) || mentions(reads->text, register_of("%r13"));
  if (frame || !starts(reads->text, "mov")) return true;
  return strchr(reads->text, '(') && has_frame_address(lines);
}

// X..., %r; moves and spills; movq %r, %q, where nothing else needs %r: the first is done last, into %q.
static bool forward_move(struct lines *lines, struct line *first) {
  size_t source_end;
  const char *name = last_operand(first->text, &source_end);
  int r = register_of(name), from, to, last_from, last_to;
  if (r < 0 || is_handed_on(r) || !only_writes(first->text)) return false;
  struct line *last = first;
  do
    if (!(last = stencil_next_alive(lines, last)) || last->kind != PLAIN) return false;
  while (!is_move(last, &last_from, &last_to) || last_from != r);
  if (last_to == r || is_needed_from(lines, stencil_next_alive(lines, last), r)) return false;
  char source[TEXT_MAX];
  snprintf(source, sizeof source, "%.*s", (int)source_end, first->text);
  for (struct line *line = stencil_next_alive(lines, first); line != last; line = stencil_next_alive(lines, line)) {
    bool moves = is_move(line, &from, &to);
    bool spills = starts(line->text, "movq\t%r") && strchr(line->text, '(');
    if (!moves && (!spills || may_read_written(lines, first, line))) return false;
    if (mentions(line->text, r) || (moves && (to == last_to || mentions(source, to)))) return false;
  }
  char made[TEXT_MAX];
  int bits_32 = strcmp(name, register_names[r][1]) == 0;
  if (snprintf(made, sizeof made, "%s, %s", source, register_names[last_to][bits_32]) >= TEXT_MAX) return false;
  memcpy(last->text, made, sizeof made);
  first->dead = true;
  return true;
}

// leaq M, %r; leaq (%r,%i,s), %r or movX (%r), %q, where nothing else needs it: M's place is the operand's.
static bool fold_address(struct lines *lines, struct line *lea) {
  struct line *user = stencil_next_alive(lines, lea);
  if (!starts(lea->text, "leaq") || !user || user->kind != PLAIN) return false;
  size_t source_end, user_end;
  const char *name = last_operand(lea->text, &source_end), *place = lea->text + strcspn(lea->text, "\t ") + 1;
  const char *written = last_operand(user->text, &user_end);
  char address[TEXT_MAX], old[TEXT_MAX], made[2 * TEXT_MAX];
  snprintf(address, sizeof address, "%.*s", (int)(lea->text + source_end - place), place);
  int r = register_of(name);
  if (r < 0 || is_handed_on(r) || strstr(address, "%rip") || !only_writes(user->text)) return false;
  size_t mnemonic = strcspn(user->text, "\t ");
  if (strcmp(written, name) != 0 &&
      (register_of(written) < 0 || is_needed_from(lines, stencil_next_alive(lines, user), r)))
    return false;
  snprintf(old, sizeof old, "%.*s", (int)(user->text + user_end - (user->text + mnemonic + 1)),
           user->text + mnemonic + 1);
  char plain[32], indexed[32];
  snprintf(plain, sizeof plain, "(%s)", name);
  snprintf(indexed, sizeof indexed, "(%s,", name);
  if (strcmp(old, plain) == 0) {
    snprintf(made, sizeof made, "%.*s\t%s, %s", (int)mnemonic, user->text, address, written);
  } else if (starts(old, indexed) && !mentions(old + strlen(indexed), r) && !strchr(address, ',') &&
             address[strlen(address) - 1] == ')') {
    snprintf(made, sizeof made, "%.*s\t%.*s,%s, %s", (int)mnemonic, user->text, (int)strlen(address) - 1, address,
             old + strlen(indexed), written);
  } else {
    return false;
  }
  if (strlen(made) >= sizeof user->text) return false;
  memcpy(user->text, made, strlen(made) + 1);
  lea->dead = true;
  return true;
}

// Marks the lines that the register comes to as it is before `line`.
static void follow(struct lines *lines, struct line *line, int r, unsigned char *seen) {
  for (; line && !seen[line - lines->all]; line = stencil_next_alive(lines, line)) {
    seen[line - lines->all] = 1;
    size_t source_end;
    if (line->kind == PLAIN && register_of(last_operand(line->text, &source_end)) == r) return;
    if (line->kind == END) return;
    if (line->kind != JUMP && line->kind != BRANCH) continue;
    struct line *target = stencil_find_label(lines, line->target);
    if (target) follow(lines, target, r, seen);
    if (line->kind == JUMP) return;
  }
}

// What the line does with the register: nothing, or it is the address of a load, whose place in the text is *use.
static bool loads_through(struct line *line, int r, char **use) {
  char through[16];
  snprintf(through, sizeof through, "\t(%s),", register_names[r][0]);
  *use = line->kind == LABEL ? NULL : strstr(line->text, through);
  return line->kind == LABEL ||
         (*use ? starts(line->text, "mov") && !strchr(*use + strlen(through), '(') : !mentions(line->text, r));
}

// May the line write any part of the register?
static bool may_define(const struct line *line, int r) {
  if (line->dead || line->kind != PLAIN) return false;
  size_t source_end;
  const char *last = last_operand(line->text, &source_end);
  return !is_known(line->text) || (mentions(last, r) && !strchr(last, '('));
}

// leaq M(%r14), %r, and all who need it load from there: they do so themselves.
static bool spread_address(struct lines *lines, struct line *lea) {
  size_t source_end;
  int r = register_of(last_operand(lea->text, &source_end)), fp = register_of("%r14");
  char address[TEXT_MAX], made[2 * TEXT_MAX];
  if (r < 0 || is_handed_on(r) || !strstr(lea->text, "(%r14),")) return false;
  if (sscanf(lea->text, "leaq %399[^(]", address) != 1) return false;
  unsigned char seen[LINES_MAX] = {0}, others[LINES_MAX] = {0};
  follow(lines, stencil_next_alive(lines, lea), r, seen);
  for (struct line *line = lines->all; line < lines->all + lines->count; line++)
    if (line != lea && may_define(line, r)) follow(lines, stencil_next_alive(lines, line), r, others);
  char *use;
  for (size_t i = 0; i < lines->count; i++) {
    struct line *line = &lines->all[i];
    if (!seen[i] || line->dead) continue;
    if (!loads_through(line, r, &use) || (use && others[i])) return false;
    if (line->kind == PLAIN && (!is_known(line->text) || register_of(last_operand(line->text, &source_end)) == fp))
      return false;
  }
  for (size_t i = 0; i < lines->count; i++) {
    struct line *line = &lines->all[i];
    if (!seen[i] || line->dead || !loads_through(line, r, &use) || !use) continue;
    snprintf(made, sizeof made, "%.*s\t%s(%%r14),%s", (int)(use - line->text), line->text, address,
             strchr(use, ',') + 1);
    snprintf(line->text, sizeof line->text, "%s", made);
  }
  lea->dead = true;
  return true;
}

// movq M, %r; jmpq *%r, with a move between registers in between: the jump loads.
static bool fold_jump(struct lines *lines, struct line *load) {
  size_t source_end, between_end;
  const char *name = last_operand(load->text, &source_end);
  struct line *jump = stencil_next_alive(lines, load);
  int r = register_of(name);
  if (!starts(load->text, "movq\t") || r < 0 || is_handed_on(r) || !strchr(load->text, '(') || !jump) return false;
  if (jump->kind == PLAIN && starts(jump->text, "movq\t%")) {
    const char *to = last_operand(jump->text, &between_end);
    if (register_of(to) < 0 || mentions(load->text, register_of(to)) || mentions(jump->text, r)) return false;
    jump = stencil_next_alive(lines, jump);
  }
  char text[64];
  snprintf(text, sizeof text, "jmpq\t*%s", name);
  if (!jump || jump->kind != END || strcmp(jump->text, text) != 0) return false;
  snprintf(jump->text, sizeof jump->text, "jmpq\t*%.*s", (int)(source_end - strlen("movq\t")),
           load->text + strlen("movq\t"));
  load->dead = true;
  return true;
}

// What a load or store names in the bytecode by its distance from the code, which may be too far, has an address that
// fits.
static bool name_address(struct lines *lines, struct line *line) {
  static const char relative[] = "(%rip)";
  char *name = strstr(line->text, "op_hole_at_"), *base = name ? name + strcspn(name, "(, ") : NULL;
  (void)lines;
  if (!base || !starts(base, relative) || starts(line->text, "lea")) return false;
  memmove(base, base + strlen(relative), strlen(base + strlen(relative)) + 1);
  return true;
}

bool stencil_peephole(struct lines *lines) {
  static bool (*const rules[])(struct lines *lines, struct line *line) = {
      name_address, lift_hole, fold_address, fold_jump, forward_move, spread_address, sink_constant};
  bool changed = false;
  for (size_t i = 0; i < lines->count; i++)
    for (size_t r = 0; r < sizeof rules / sizeof *rules; r++)
      if (!lines->all[i].dead && lines->all[i].kind == PLAIN) changed |= rules[r](lines, &lines->all[i]);
  return changed;
}
