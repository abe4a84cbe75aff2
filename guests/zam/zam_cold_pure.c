// SPDX-License-Identifier: MIT
//
// zam_cold_pure.c: the instructions of cold code that only compute: they neither call nor allocate, raise nothing and
// store nothing into the heap. Two thirds of all are of this kind. So nobody looks at the machine's registers while
// they run, which are C variables here; zam_cold_insn.c does one of the others whenever these have come to an end.
#include "zam_cold.h"

struct registers {
  const int32_t *pc, *end;            // words of the code; behind the last
  struct value acc, *sp;              // behind the top of the stack
  struct value *base, *floor, *limit; // of what may be read, taken off, and put there
  const struct value *closure;        // NULL: none
};

// ---- parts of instructions; false: the instruction can't be done here -----------------------------------------------

static inline bool go_on(struct registers *r, int words) {
  r->pc += words;
  return true;
}

// Are there so many operands, that is, is the code long enough?
static inline bool has(const struct registers *r, int count) { return r->pc + count < r->end; }

static inline bool push(struct registers *r) {
  if (r->sp == r->limit) return false;
  *r->sp++ = r->acc;
  return true;
}

static inline bool set_acc(struct registers *r, struct value v, int words) {
  r->acc = v;
  return go_on(r, words);
}

static inline bool load_slot(struct registers *r, int32_t n, int words) {
  return n >= 0 && n < r->sp - r->base && set_acc(r, r->sp[-1 - n], words);
}

static inline bool drop(struct registers *r, int32_t count) {
  if (count < 0 || count > r->sp - r->floor) return false;
  r->sp -= count;
  return go_on(r, 2);
}

static inline bool load_field(struct registers *r, struct value block, int32_t n, int words) {
  return n >= 0 && set_acc(r, zam_fields(block)[n], words);
}

static inline bool load_captured(struct registers *r, int32_t n, int words) {
  return r->closure && load_field(r, *r->closure, n, words);
}

static inline bool load_sibling(struct registers *r, int32_t n, int words) { // a function made with this one
  if (!r->closure) return false;
  return set_acc(r, (struct value){r->closure->bits + (uint64_t)((int64_t)n * 8)}, words);
}

static inline bool load_global(struct registers *r, const struct zam_state *state, int words) {
  int32_t n = r->pc[1];
  return (uint32_t)n < state->global_count && load_field(r, state->globals, n, words);
}

static inline bool load_global_field(struct registers *r, const struct zam_state *state) {
  int32_t field = r->pc[2];
  return field >= 0 && load_global(r, state, 3) && load_field(r, r->acc, field, 0);
}

static inline bool load_atom(struct registers *r, int32_t tag, int words) {
  return set_acc(r, zam_atom((unsigned)tag & 255), words);
}

static inline bool load_int(struct registers *r, int64_t n, int words) { return set_acc(r, zam_from_int(n), words); }

static inline bool offset(struct registers *r, int64_t n) {
  return set_acc(r, (struct value){r->acc.bits + (uint64_t)(n * 2)}, 2);
}

// The topmost value, as the accumulator's partner.
static inline bool pop(struct registers *r, struct value *v) {
  if (r->sp == r->floor) return false;
  *v = *--r->sp;
  return true;
}

// Forwards only: what is behind may come again.
static inline bool go_to(struct registers *r, const int32_t *label, int64_t distance) {
  int64_t words = label - r->pc + distance;
  if (words <= 0 || words >= r->end - r->pc) return false;
  r->pc += words;
  return true;
}

static inline bool branch(struct registers *r, bool goes) { return goes ? go_to(r, r->pc + 1, r->pc[1]) : go_on(r, 2); }

static inline bool compare(struct registers *r, uint8_t op) {
  struct value k = zam_from_int(r->pc[1]);
  int64_t left = (int64_t)k.bits, right = (int64_t)r->acc.bits;
  bool goes;
  switch (op) {
  case ZAM_BEQ: goes = left == right; break;
  case ZAM_BNEQ: goes = left != right; break;
  case ZAM_BLTINT: goes = left < right; break;
  case ZAM_BLEINT: goes = left <= right; break;
  case ZAM_BGTINT: goes = left > right; break;
  case ZAM_BGEINT: goes = left >= right; break;
  case ZAM_BULTINT: goes = k.bits < r->acc.bits; break;
  default: goes = k.bits >= r->acc.bits; break;
  }
  return goes ? go_to(r, r->pc + 2, r->pc[2]) : go_on(r, 3);
}

// A value that has no case, which types rule out, goes to the nearest one, as in translated code.
static inline bool switch_to(struct registers *r) {
  uint32_t sizes = (uint32_t)r->pc[1];
  int64_t ints = sizes & 0xffff, blocks = sizes >> 16;
  bool is_int = zam_is_int(r->acc), by_int = !blocks || (is_int && ints);
  if (ints + blocks == 0 || (is_int && !by_int) || 1 + ints + blocks >= r->end - r->pc) return false;
  int64_t index = by_int ? zam_to_int(r->acc) : (int64_t)zam_tag(r->acc), most = by_int ? ints : blocks;
  index = (index < 0 ? 0 : index < most ? index : most - 1) + (by_int ? 0 : ints);
  return go_to(r, r->pc + 2, r->pc[2 + index]);
}

// As in translated code, also of what is no integer: a program may cast addresses.
static inline bool compute(struct registers *r, uint8_t op) {
  struct value right;
  if (!pop(r, &right)) return false;
  uint64_t a = r->acc.bits, b = right.bits;
  int64_t n = zam_to_int(right), left = (int64_t)a, other = (int64_t)b;
  switch (op) {
  case ZAM_ADDINT: a += b - 1; break;
  case ZAM_SUBINT: a -= b - 1; break;
  case ZAM_MULINT: a = (a - 1) * (uint64_t)n + 1; break;
  case ZAM_ANDINT: a &= b; break;
  case ZAM_ORINT: a |= b; break;
  case ZAM_XORINT: a = (a ^ b) | 1; break;
  case ZAM_LSLINT: a = ((a - 1) << (n & 63)) + 1; break;
  case ZAM_LSRINT: a = a >> (n & 63) | 1; break;
  case ZAM_ASRINT: a = (uint64_t)(left >> (n & 63)) | 1; break;
  case ZAM_EQ: a = zam_from_bool(a == b).bits; break;
  case ZAM_NEQ: a = zam_from_bool(a != b).bits; break;
  case ZAM_LTINT: a = zam_from_bool(left < other).bits; break;
  case ZAM_LEINT: a = zam_from_bool(left <= other).bits; break;
  case ZAM_GTINT: a = zam_from_bool(left > other).bits; break;
  default: a = zam_from_bool(left >= other).bits; break;
  }
  return set_acc(r, (struct value){a}, 1);
}

static inline bool load_item(struct registers *r, bool is_byte) {
  struct value index;
  if (!pop(r, &index)) return false;
  int64_t n = zam_to_int(index);
  return is_byte ? load_int(r, (uint8_t)zam_string_bytes(r->acc)[n], 1) : set_acc(r, zam_fields(r->acc)[n], 1);
}

// ---- instructions --------------------------------------------------------------------------------------------------

static inline bool run_insn(struct registers *r, const struct zam_state *state) {
  if (!has(r, 0)) return false;
  int32_t op = *r->pc;
  switch (op) {
  case ZAM_ACC0 ... ZAM_ACC7: return load_slot(r, op - ZAM_ACC0, 1);
  case ZAM_ACC: return has(r, 1) && load_slot(r, r->pc[1], 2);
  case ZAM_PUSH: return push(r) && go_on(r, 1);
  case ZAM_PUSHACC0 ... ZAM_PUSHACC7: return push(r) && load_slot(r, op - ZAM_PUSHACC0, 1);
  case ZAM_PUSHACC: return has(r, 1) && push(r) && load_slot(r, r->pc[1], 2);
  case ZAM_POP: return has(r, 1) && drop(r, r->pc[1]);
  case ZAM_ENVACC1 ... ZAM_ENVACC4: return load_captured(r, op - ZAM_ENVACC1 + 1, 1);
  case ZAM_ENVACC: return has(r, 1) && load_captured(r, r->pc[1], 2);
  case ZAM_PUSHENVACC1 ... ZAM_PUSHENVACC4: return push(r) && load_captured(r, op - ZAM_PUSHENVACC1 + 1, 1);
  case ZAM_PUSHENVACC: return has(r, 1) && push(r) && load_captured(r, r->pc[1], 2);
  case ZAM_OFFSETCLOSUREM3 ... ZAM_OFFSETCLOSURE3: return load_sibling(r, 3 * (op - ZAM_OFFSETCLOSURE0), 1);
  case ZAM_OFFSETCLOSURE: return has(r, 1) && load_sibling(r, r->pc[1], 2);
  case ZAM_PUSHOFFSETCLOSUREM3 ... ZAM_PUSHOFFSETCLOSURE3:
    return push(r) && load_sibling(r, 3 * (op - ZAM_PUSHOFFSETCLOSURE0), 1);
  case ZAM_PUSHOFFSETCLOSURE: return has(r, 1) && push(r) && load_sibling(r, r->pc[1], 2);
  case ZAM_GETGLOBAL: return has(r, 1) && load_global(r, state, 2);
  case ZAM_PUSHGETGLOBAL: return has(r, 1) && push(r) && load_global(r, state, 2);
  case ZAM_GETGLOBALFIELD: return has(r, 2) && load_global_field(r, state);
  case ZAM_PUSHGETGLOBALFIELD: return has(r, 2) && push(r) && load_global_field(r, state);
  case ZAM_ATOM0: return load_atom(r, 0, 1);
  case ZAM_ATOM: return has(r, 1) && load_atom(r, r->pc[1], 2);
  case ZAM_PUSHATOM0: return push(r) && load_atom(r, 0, 1);
  case ZAM_PUSHATOM: return has(r, 1) && push(r) && load_atom(r, r->pc[1], 2);
  case ZAM_GETFIELD0 ... ZAM_GETFIELD3: return load_field(r, r->acc, op - ZAM_GETFIELD0, 1);
  case ZAM_GETFIELD: return has(r, 1) && load_field(r, r->acc, r->pc[1], 2);
  case ZAM_VECTLENGTH: return load_int(r, (int64_t)zam_size(r->acc), 1);
  case ZAM_GETVECTITEM: return load_item(r, false);
  case ZAM_GETBYTESCHAR:
  case ZAM_GETSTRINGCHAR: return load_item(r, true);
  case ZAM_BRANCH: return has(r, 1) && branch(r, true);
  case ZAM_BRANCHIF: return has(r, 1) && branch(r, zam_to_bool(r->acc));
  case ZAM_BRANCHIFNOT: return has(r, 1) && branch(r, !zam_to_bool(r->acc));
  case ZAM_SWITCH: return has(r, 1) && switch_to(r);
  case ZAM_BEQ ... ZAM_BGEINT:
  case ZAM_BULTINT:
  case ZAM_BUGEINT: return has(r, 2) && compare(r, (uint8_t)op);
  case ZAM_CONST0 ... ZAM_CONST3: return load_int(r, op - ZAM_CONST0, 1);
  case ZAM_CONSTINT: return has(r, 1) && load_int(r, r->pc[1], 2);
  case ZAM_PUSHCONST0 ... ZAM_PUSHCONST3: return push(r) && load_int(r, op - ZAM_PUSHCONST0, 1);
  case ZAM_PUSHCONSTINT: return has(r, 1) && push(r) && load_int(r, r->pc[1], 2);
  case ZAM_ADDINT ... ZAM_MULINT:
  case ZAM_ANDINT ... ZAM_GEINT: return compute(r, (uint8_t)op);
  case ZAM_OFFSETINT: return has(r, 1) && offset(r, r->pc[1]);
  case ZAM_NEGINT: return set_acc(r, (struct value){2 - r->acc.bits}, 1);
  case ZAM_BOOLNOT: return set_acc(r, (struct value){4 - r->acc.bits}, 1);
  case ZAM_ISINT: return set_acc(r, zam_from_bool(zam_is_int(r->acc)), 1);
  default: return false;
  }
}

void zam_cold_run_pure(const struct zam_state *state, struct zam_activation *at) {
  struct zam_cold *cold = state->cold;
  struct value *base = cold->stack + at->base, *sp;
  struct registers r = {.pc = at->words.words + at->pc,
                        .end = at->words.words + at->words.count,
                        .acc = cold->acc,
                        .sp = cold->stack + cold->count,
                        .base = base,
                        .floor = base + at->trap,
                        .limit = base + at->room,
                        .closure = at->closure};
  ASSERT(r.sp >= r.floor && r.sp <= r.limit,
         "zam.I15: %u values are on the stack, of %u, %u of them up to a trap frame", cold->count - at->base, at->room,
         at->trap);
  do sp = r.sp;
  while (run_insn(&r, state));
  ASSERT(sp >= r.floor && sp <= r.limit && r.pc <= r.end,
         "zam.I15: %td values are left in room for %u, before word %td of %u", sp - base, at->room,
         r.pc - at->words.words, at->words.count);
  at->pc = (uint32_t)(r.pc - at->words.words);
  cold->acc = r.acc;
  cold->count = (uint32_t)(sp - cold->stack); // without what an instruction had pushed that ended otherwise
}
