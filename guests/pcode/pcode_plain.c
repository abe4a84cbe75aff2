// SPDX-License-Identifier: MIT
//
// pcode_plain.c: the 39-instruction machine, literally (B.2 and B.3 of the specification): registers i, b and s, one
// store M. Every access is checked. `x` is an address that the instruction works with.
#include "pcode_plain.h"

#include <string.h>

#define LINKS_ROOM 64 // for the links of calls, which no instruction checks

static int64_t fault(struct plain_machine *machine, enum pcode_error error, int64_t line) {
  if (machine->status != DONE) return 0;
  machine->status = pcode_throw(machine->th, error);
  pcode_state_of(machine->th)->line = (uint32_t)line;
  return 0;
}

static int64_t get(struct plain_machine *machine, int64_t address) {
  if (address >= 0 && address < machine->max) return machine->m[address];
  return fault(machine, PCODE_ERROR_ADDRESS, 0);
}

// Stores; the code may not be overwritten.
static void set(struct plain_machine *machine, int64_t address, int64_t word) {
  if (address >= machine->code_words && address < machine->max)
    machine->m[address] = word;
  else
    fault(machine, PCODE_ERROR_ADDRESS, 0);
}

// Addresses are words like others: they wrap around, and `get` and `set` look at where that leads.
static int64_t plus(int64_t a, int64_t b) { return (int64_t)((uint64_t)a + (uint64_t)b); }

static void push(struct plain_machine *machine, int64_t word) { set(machine, ++machine->s, word); }
static int64_t pop(struct plain_machine *machine) { return get(machine, machine->s--); }

static int64_t chain(struct plain_machine *machine, int64_t levels) {
  int64_t x = machine->b;
  while (levels-- > 0 && machine->status == DONE) x = get(machine, x);
  return x;
}

static void copy(struct plain_machine *machine, int64_t to, int64_t from, int64_t count) {
  for (int64_t k = 0; k < count && machine->status == DONE; k++) set(machine, plus(to, k), get(machine, plus(from, k)));
}

static int64_t divide(struct plain_machine *machine, int64_t l, int64_t r, bool rest) {
  if (!r) return fault(machine, PCODE_ERROR_DIVIDE, 0);
  if (r == -1) return rest ? 0 : (int64_t)-(uint64_t)l;
  return rest ? l % r : l / r;
}

static int64_t operate(struct plain_machine *machine, enum mvp_op op, int64_t l, int64_t r) {
  switch (op) {
  case MVP_ADD: return (int64_t)((uint64_t)l + (uint64_t)r);
  case MVP_DIFF: return (int64_t)((uint64_t)l - (uint64_t)r);
  case MVP_MUL: return (int64_t)((uint64_t)l * (uint64_t)r);
  case MVP_DIV: return divide(machine, l, r, false);
  case MVP_MOD: return divide(machine, l, r, true);
  case MVP_ET: return l & r;
  case MVP_OU: return l | r;
  case MVP_CEG: return l == r;
  case MVP_CNEG: return l != r;
  case MVP_CPG: return l > r;
  case MVP_CNPG: return l <= r;
  case MVP_CPP: return l < r;
  default: return l >= r;
  }
}

static void begin(struct plain_machine *machine, const int64_t *o) {
  ASSERT(machine->code_words <= machine->max, "pcode.I3: the code has %lld words of %lld",
         (long long)machine->code_words, (long long)machine->max);
  machine->s += o[0];
  if (machine->s + o[1] + LINKS_ROOM >= machine->max) fault(machine, PCODE_ERROR_STACK, o[3]);
  machine->i += o[2];
}

static void call(struct plain_machine *machine, int64_t levels, int64_t displacement, int64_t size) {
  int64_t x = chain(machine, levels);
  push(machine, x);
  set(machine, machine->s + 1, machine->b);
  set(machine, machine->s + 2, machine->i + size);
  machine->b = machine->s;
  machine->s = machine->b + 2;
  machine->i += displacement;
}

static void leave(struct plain_machine *machine, int64_t params) {
  machine->s = plus(machine->b, -params - 1);
  machine->i = get(machine, plus(machine->b, 2));
  machine->b = get(machine, plus(machine->b, 1));
}

static void index_element(struct plain_machine *machine, const int64_t *o) {
  int64_t k = pop(machine);
  if (k < o[0] || k > o[1])
    fault(machine, PCODE_ERROR_RANGE, o[3]);
  else
    set(machine, machine->s, plus(get(machine, machine->s), (k - o[0]) * o[2]));
}

static void load_words(struct plain_machine *machine, int64_t count) {
  int64_t x = get(machine, machine->s);
  copy(machine, machine->s, x, count);
  machine->s += count - 1;
}

static void store_words(struct plain_machine *machine, int64_t count) {
  machine->s -= count + 1;
  copy(machine, get(machine, machine->s + 1), machine->s + 2, count);
}

static void branch(struct plain_machine *machine, bool taken, int64_t displacement) {
  machine->i += taken ? displacement : 2;
}

static void read_number(struct plain_machine *machine) {
  int64_t number = 0;
  if (pcode_read_integer(machine->th, &number) != DONE)
    machine->status = THROWN;
  else
    set(machine, pop(machine), number);
}

// Executes what goes on behind itself. False: some other instruction.
static bool step_straight(struct plain_machine *machine, enum mvp_op op, const int64_t *o) {
  int64_t r;
  switch (op) {
  case MVP_ADRV: push(machine, plus(chain(machine, o[0]), o[1])); return true;
  case MVP_ADRP: push(machine, get(machine, plus(chain(machine, o[0]), o[1]))); return true;
  case MVP_ADRI: index_element(machine, o); return true;
  case MVP_ADRC: set(machine, machine->s, plus(get(machine, machine->s), o[0])); return true;
  case MVP_VALV: load_words(machine, o[0]); return true;
  case MVP_VAL1: load_words(machine, 1); return true;
  case MVP_AFFV: store_words(machine, o[0]); return true;
  case MVP_AFF1: store_words(machine, 1); return true;
  case MVP_CNST: push(machine, o[0]); return true;
  case MVP_NEG: set(machine, machine->s, get(machine, machine->s) != 1); return true;
  case MVP_INVS: set(machine, machine->s, (int64_t)-(uint64_t)get(machine, machine->s)); return true;
  case MVP_LIRE: read_number(machine); return true;
  case MVP_ECR:
    if (pcode_write_integer(machine->th, pop(machine)) != DONE) machine->status = THROWN;
    return true;
  case MVP_ADRL: push(machine, plus(machine->b, o[0])); return true;
  case MVP_VARL: push(machine, get(machine, plus(machine->b, o[0]))); return true;
  case MVP_ADRG: push(machine, plus(chain(machine, 1), o[0])); return true;
  case MVP_VARG: push(machine, get(machine, plus(chain(machine, 1), o[0]))); return true;
  default:
    if (op < MVP_ADD || op > MVP_CNPP) return false;
    r = pop(machine);
    set(machine, machine->s, operate(machine, op, get(machine, machine->s), r));
    return true;
  }
}

// Executes an instruction; false after Fin.
static bool step(struct plain_machine *machine, const struct mvp_insn *insn) {
  const int64_t *o = insn->operands;
  switch (insn->op) {
  case MVP_DEB:
    machine->b = machine->code_words;
    machine->s = machine->b + 2;
    begin(machine, o);
    return true;
  case MVP_FIN: return false;
  case MVP_DEBP: begin(machine, o); return true;
  case MVP_APL: call(machine, o[0], o[1], 3); return true;
  case MVP_APLG: call(machine, 1, o[0], 2); return true;
  case MVP_FINP: leave(machine, o[0]); return true;
  case MVP_BR: branch(machine, true, o[0]); return true;
  case MVP_BRNC: branch(machine, pop(machine) != 1, o[0]); return true;
  case MVP_BRC: branch(machine, pop(machine) == 1, o[0]); return true;
  default: break;
  }
  bool done = step_straight(machine, insn->op, o);
  ASSERT(done, "instruction %d at address %u is done by nobody", (int)insn->op, insn->address);
  (void)done;
  machine->i += pcode_mvp_insn_size(insn->op);
  return true;
}

enum loam_status pcode_plain_start(struct plain_machine *machine, struct mutator *th, const struct mvp_image *image) {
  struct pcode_state *state = pcode_state_of(th);
  *machine = (struct plain_machine){.th = th, .m = state->cells, .max = state->limit, .code_words = image->count};
  if (image->count >= state->limit) return machine->status = pcode_throw(th, PCODE_ERROR_STACK);
  ASSERT(machine->max <= PCODE_CELLS && image->count < machine->max, "pcode.I3: a program of %u words is put into %lld",
         image->count, (long long)machine->max);
  memcpy(machine->m, image->words, image->count * sizeof *image->words);
  return DONE;
}

bool pcode_plain_step(struct plain_machine *machine, const struct mvp_image *image) {
  struct mvp_insn insn;
  ASSERT(machine->status == DONE, "pcode.I3: the machine goes on at address %lld after an error",
         (long long)machine->i);
  if (POLL_WANTED(machine->th) && thread_safepoint(machine->th) != DONE)
    machine->status = THROWN;
  else if (!pcode_mvp_insn_decode(image, machine->i, &insn))
    fault(machine, PCODE_ERROR_ADDRESS, 0);
  else if (step(machine, &insn) && machine->status == DONE)
    return true;
  else if (machine->status != DONE && !pcode_state_of(machine->th)->line)
    pcode_state_of(machine->th)->line = insn.line;
  return false;
}

enum loam_status pcode_mvp_plain_run(struct mutator *th, const struct mvp_image *image) {
  struct plain_machine machine;
  if (pcode_plain_start(&machine, th, image) != DONE) return THROWN;
  while (pcode_plain_step(&machine, image)) {
  }
  return machine.status;
}
