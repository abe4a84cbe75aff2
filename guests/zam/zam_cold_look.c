// SPDX-License-Identifier: MIT
//
// zam_cold_look.c: whether code can be done as it stands, found out before any of it is done.
//
// The code is looked through once, from top to bottom. Only what branches downwards is done here, so all that leads to
// an instruction stands above it: at each label that is still ahead, the height of the stack is kept that control
// brings there. What does not fit together is left to the translator, which says what is wrong.
#include "zam_cold.h"

#include "zam_flow.h"
#include "zam_ops.h"

enum { LABELS_MAX = 512, TRAPS_MAX = 64 };

// Control comes to a word with so many values on the stack.
struct label {
  uint32_t pc, height, trap;
};

struct trap {
  uint32_t top, outer; // it ends at this height; the one around it
};

struct look {
  const struct zam_state *state;
  const struct zam_words *code;
  bool of_trap; // as far as the outermost trap frame stays
  uint32_t height, room;
  uint32_t trap;                    // the innermost trap frame; 0: none, which ends at the bottom
  uint32_t label_count, trap_count; // traps: with that one
  struct label labels[LABELS_MAX];  // the next one last
  struct trap traps[TRAPS_MAX];
};

// What is done here, by opcode as it stands: of some, it depends on their operands, or those say what happens to the
// stack. Operands that no compiler makes are found when they are met.
enum does { NOT_HERE, MAY_DO, DOES };
static const uint8_t does[ZAM_OPCODE_COUNT] = {
    [ZAM_ACC0... ZAM_PUSHACC] = DOES,
    [ZAM_POP] = MAY_DO,
    [ZAM_ASSIGN... ZAM_PUSHENVACC] = DOES,
    [ZAM_PUSH_RETADDR... ZAM_RETURN] = MAY_DO,
    [ZAM_CLOSURE... ZAM_CLOSUREREC] = MAY_DO,
    [ZAM_OFFSETCLOSUREM3... ZAM_PUSHATOM] = DOES,
    [ZAM_MAKEBLOCK... ZAM_MAKEFLOATBLOCK] = MAY_DO,
    [ZAM_GETFIELD0... ZAM_GETFIELD] = DOES,
    [ZAM_SETFIELD0... ZAM_SETFIELD] = DOES,
    [ZAM_VECTLENGTH... ZAM_GETVECTITEM] = DOES,
    [ZAM_GETBYTESCHAR] = DOES,
    [ZAM_BRANCH... ZAM_SWITCH] = MAY_DO,
    [ZAM_BOOLNOT] = DOES,
    [ZAM_PUSHTRAP... ZAM_POPTRAP] = MAY_DO,
    [ZAM_RAISE] = DOES,
    [ZAM_C_CALL1... ZAM_C_CALLN] = MAY_DO,
    [ZAM_CONST0... ZAM_ISINT] = DOES,
    [ZAM_BEQ... ZAM_BGEINT] = MAY_DO,
    [ZAM_BULTINT... ZAM_BUGEINT] = MAY_DO,
    [ZAM_RERAISE... ZAM_GETSTRINGCHAR] = DOES,
};

static bool push(struct look *look, uint32_t count) {
  ASSERT(look->height <= look->room, "zam.I15: %u values are in room for %u", look->height, look->room);
  if (count > look->room - look->height) return false;
  look->height += count;
  return true;
}

static bool take(struct look *look, uint32_t count) {
  uint32_t floor = look->traps[look->trap].top;
  ASSERT(floor <= look->height, "zam.I15: a trap frame ends at %u of %u values", floor, look->height);
  if (count > look->height - floor) return false;
  look->height -= count;
  return true;
}

// ---- labels --------------------------------------------------------------------------------------------------------

// Control may come to a label, with the stack as it is.
static bool add_label(struct look *look, uint32_t from, int64_t to) {
  if (to <= from || to >= look->code->count || look->label_count == LABELS_MAX) return false;
  struct label label = {(uint32_t)to, look->height, look->trap};
  if (look->of_trap && !label.trap) return true; // that is somebody else's
  uint32_t at = look->label_count;
  while (at && look->labels[at - 1].pc < label.pc) at--;
  const struct label *same = at ? &look->labels[at - 1] : NULL;
  if (same && same->pc == label.pc) return same->height == label.height && same->trap == label.trap;
  for (uint32_t i = look->label_count++; i > at; i--) look->labels[i] = look->labels[i - 1];
  look->labels[at] = label;
  return true;
}

// Of a SWITCH the last one first, which mostly leads furthest.
static bool add_labels(struct look *look, const struct zam_insn *insn) {
  uint32_t count = zam_insn_label_count(insn);
  for (uint32_t i = count; i-- > 0;)
    if (!add_label(look, insn->pc, zam_insn_label(look->code, insn, i))) return false;
  return count > 0;
}

static bool is_at_label(const struct look *look, uint32_t pc) {
  return look->label_count && look->labels[look->label_count - 1].pc <= pc;
}

// Control goes on at *pc, where it falls through to, or else at the next label. False: that is inside of an
// instruction, or is reached with another stack.
static bool go_on(struct look *look, bool falls, uint32_t *pc) {
  if (falls && !is_at_label(look, *pc)) return true;
  ASSERT(look->label_count, "zam.I13: nothing leads on from word %u", *pc);
  struct label next = look->labels[--look->label_count];
  if (next.pc < *pc || (falls && (next.height != look->height || next.trap != look->trap))) return false;
  *pc = next.pc;
  look->height = next.height;
  look->trap = next.trap;
  return true;
}

// ---- instructions --------------------------------------------------------------------------------------------------

static bool push_trap(struct look *look, const struct zam_insn *insn) {
  if (look->trap_count == TRAPS_MAX || !add_label(look, insn->pc, zam_insn_only_label(insn))) return false;
  if (!push(look, ZAM_TRAP_WORDS)) return false;
  look->traps[look->trap_count] = (struct trap){look->height, look->trap};
  look->trap = look->trap_count++;
  return true;
}

static bool pop_trap(struct look *look) {
  struct trap trap = look->traps[look->trap];
  if (!look->trap || look->height != trap.top) return false;
  look->height -= ZAM_TRAP_WORDS;
  look->trap = trap.outer;
  return true;
}

// A function's end takes its whole frame.
static bool leaves(const struct look *look, int32_t words) {
  return !look->of_trap && !look->trap && words >= 0 && (uint32_t)words == look->height;
}

static bool has_prim(const struct look *look, const struct zam_insn *insn) {
  int32_t count = insn->args[0], number = insn->args[1];
  if (count < 1 || count > ZAM_ARGS_MAX || number < 0 || (uint32_t)number >= look->state->prim_count) return false;
  const struct zam_prim *prim = look->state->prims[number];
  return prim->fn && prim->op != ZAM_OP_CURRENT_ENVIRONMENT; // which asks for a frame
}

static bool has_functions(const struct look *look, const struct zam_insn *insn) {
  for (uint32_t i = zam_insn_label_count(insn); i-- > 0;) {
    int64_t pc = zam_insn_label(look->code, insn, i);
    if (pc < 0 || pc >= look->code->count) return false;
  }
  return true;
}

// One whose operands matter, after its push.
static bool look_at_operands(struct look *look, const struct zam_insn *insn) {
  int32_t n = insn->args[0], second = insn->args[1];
  bool fits = true;
  switch (insn->op) {
  case ZAM_PUSHTRAP: return push_trap(look, insn);
  case ZAM_POPTRAP: return pop_trap(look);
  case ZAM_PUSH_RETADDR: return push(look, ZAM_RETURN_WORDS);
  case ZAM_RETURN: return leaves(look, n);
  case ZAM_APPTERM: return n >= 1 && leaves(look, second) && take(look, (uint32_t)n);
  case ZAM_CLOSUREREC: // it asks for the functions' room before it takes anything
    fits = n <= ZAM_COLD_CLOSURES_MAX && second >= 0 && (uint32_t)n <= look->room - look->height;
    return fits && has_functions(look, insn) && take(look, zam_insn_counted(insn)) && push(look, (uint32_t)n);
  case ZAM_APPLY:
    fits = n >= 1 && n <= ZAM_ARGS_MAX && take(look, (uint32_t)n);
    return fits && (look->code->words[insn->pc] != ZAM_APPLY || take(look, ZAM_RETURN_WORDS));
  case ZAM_C_CALLN: fits = has_prim(look, insn); break;
  case ZAM_MAKEBLOCK: fits = n >= 1 && second >= 0 && second <= UINT8_MAX; break;
  case ZAM_MAKEFLOATBLOCK: fits = n >= 1; break;
  case ZAM_CLOSURE: fits = n >= 0 && has_functions(look, insn); break;
  case ZAM_POP: fits = n >= 0; break;
  default: break;
  }
  fits = fits && take(look, zam_insn_taken(insn));
  return fits && (!(insn->facts & ZAM_BRANCHES) || add_labels(look, insn));
}

// Those from *pc on whose operands don't matter, as far as control falls through and no label is met.
static bool look_at_plain(struct look *look, uint32_t *pc) {
  const int32_t *words = look->code->words, *at = words + *pc;
  const int32_t *end = words + (look->label_count ? look->labels[look->label_count - 1].pc : look->code->count);
  uint32_t height = look->height, floor = look->traps[look->trap].top, room = look->room;
  for (; at < end && (uint32_t)*at < ZAM_OPCODE_COUNT && does[*at] == DOES; at++) {
    const struct zam_opcode_info *info = &zam_opcodes[*at];
    if (info->facts & ZAM_ENDS) break;
    height += info->push || *at == ZAM_PUSH;
    uint32_t taken = info->facts / ZAM_TAKES_1;
    ASSERT(taken <= 2, "zam.I14: %s takes as many as its operands say", info->name);
    if (height > room || taken > height - floor) return false;
    height -= taken;
    at += info->words;
  }
  look->height = height;
  *pc = (uint32_t)(at - words);
  return true;
}

// The instruction at *pc, which becomes what stands behind it. *falls: control may fall through.
static bool look_at(struct look *look, uint32_t *pc, bool *falls) {
  struct zam_insn insn;
  bool known = zam_insn_read_plain(look->code, *pc, &insn);
  if (!known || does[look->code->words[*pc]] == NOT_HERE || (insn.push && !push(look, 1))) return false;
  *falls = !(insn.facts & ZAM_ENDS);
  *pc += insn.length;
  return look_at_operands(look, &insn);
}

// Returns the word behind the last one that control comes to; 0: something is not done here.
static uint32_t look_through(struct look *look, uint32_t pc) {
  ASSERT(pc <= look->code->count, "zam.I13: word %u of %u is looked at", pc, look->code->count);
  for (;;) {
    bool falls = true;
    if (!look_at_plain(look, &pc)) return 0;
    if (!is_at_label(look, pc) && !look_at(look, &pc, &falls)) return 0;
    falls &= !look->of_trap || look->trap;
    if (!falls && !look->label_count) return pc <= look->code->count ? pc : 0;
    if (!go_on(look, falls, &pc)) return 0;
  }
}

// One place is left for the accumulator, which becomes an argument on the stack (zam_cold_insn.c).
static void begin_look(struct look *look, const struct zam_state *state, const struct zam_words *code, uint32_t height,
                       uint32_t room) {
  look->state = state;
  look->code = code;
  look->height = height;
  look->room = room - 1;
  look->trap = look->label_count = 0;
  look->trap_count = 1;
  look->traps[0] = (struct trap){0};
}

uint32_t zam_cold_measure(const struct zam_state *state, const struct zam_words *code, uint32_t start, uint32_t arity) {
  struct look look;
  if (arity > ZAM_COLD_ARGS_MAX) return 0;
  look.of_trap = false;
  begin_look(&look, state, code, arity, ZAM_COLD_ROOM_EACH);
  uint32_t end = look_through(&look, start);
  return end ? end - start : 0;
}

bool zam_cold_takes_trap(const struct zam_state *state, const struct zam_activation *at, uint32_t height) {
  struct look look;
  ASSERT(!at->function && !at->trap, "zam.I15: word %u is looked at again", at->pc);
  if (height >= at->room) return false;
  look.of_trap = true;
  begin_look(&look, state, &at->words, height, at->room);
  return look_through(&look, at->pc);
}
