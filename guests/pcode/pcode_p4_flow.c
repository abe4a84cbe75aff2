// SPDX-License-Identifier: MIT
//
// pcode_p4_flow.c: verifies a P4 program. A procedure is what lies between one `ent 1` and the next. Calls tell how
// procedures nest: `mst p` means a procedure declared p levels out of the caller, so that p static links lead to its
// parent; two calls that contradict each other are refused. The operand stack is followed along all ways through a
// procedure, with the type of each operand; where ways meet, the stacks must agree.
//
// An address pushed by `lda` is followed to what uses it. A use that tells how many cells it means (a load, a store,
// `mov`, reading a number into it) keeps these cells in the store; any other keeps all from there to the activation's
// end, as an address passed on may be an array's. A cell that nobody has the address of needs no place in the store.
#include "pcode_p4.h"

#include <string.h>

#define DEPTH_MAX 5000
#define CELLS_MAX (1 << 24)
#define TABLE_ENTRIES_MAX (1 << 22)
#define ANY_CELLS INT64_MAX

// One way through a procedure: the instruction that is next, and the operands.
struct walk {
  struct p4_flow *flow;
  struct p4_proc *proc;
  uint32_t at;
  struct p4_slot slots[DEPTH_MAX];
  uint32_t depth;
  enum loam_err kind; // what went wrong
};

void pcode_p4_flow_fini(struct p4_flow *flow) { arena_fini(&flow->memory); }

static enum loam_err PRINTF_LIKE(3, 4) refuse(const struct p4_flow *flow, uint32_t line, const char *format, ...) {
  struct text why = {0};
  va_list args;
  va_start(args, format);
  text_vprintf(&why, format, args);
  va_end(args);
  enum loam_err kind =
      error_set(flow->err, LOAM_ERR_INPUT, "%s:%u: %s", flow->program->source_name, line, why.bytes ? why.bytes : "?");
  text_fini(&why);
  return kind;
}

static enum loam_err miss_memory(const struct p4_flow *flow) {
  return error_set(flow->err, LOAM_ERR_MEMORY, "%s: no memory to verify it", flow->program->source_name);
}

struct p4_proc *pcode_p4_proc_out(const struct p4_flow *flow, struct p4_proc *proc, int64_t levels) {
  for (; proc && levels; levels--) proc = proc->parent == P4_NOBODY ? NULL : &flow->procs[proc->parent];
  return proc;
}

static bool is_main(const struct p4_flow *flow, const struct p4_proc *proc) { return proc == &flow->procs[flow->main]; }

uint32_t pcode_p4_table_length(const struct p4_program *program, uint32_t at) {
  ASSERT(at <= program->count, "pcode.I11: a table begins at %u of %u", at, program->count);
  uint32_t end = at;
  while (end < program->count && (program->insns[end].op == P4_ujp || program->insns[end].op == P4_ujc)) end++;
  return end - at;
}

// ---- procedures ----------------------------------------------------------------------------------------------------

static char result_of(const struct p4_program *program, const struct p4_proc *proc) {
  for (uint32_t i = proc->first; i < proc->end; i++)
    if (program->insns[i].op == P4_ret) return program->insns[i].type;
  return 'p';
}

static enum loam_err begin_proc(struct p4_flow *flow, uint32_t first) {
  struct p4_program *program = flow->program;
  const struct p4_insn *insn = &program->insns[first];
  struct p4_proc *proc = &flow->procs[flow->proc_count];
  ASSERT(first < program->count && insn->op == P4_ent, "pcode.I11: a procedure begins with instruction %u of %u", first,
         program->count);
  if (first + 1 >= program->start || insn[1].op != P4_ent || insn[1].p != 2)
    return refuse(flow, insn->line, "expected 'ent 2' behind 'ent 1'");
  if (insn->q < P4_FIRST_CELL || insn->q > CELLS_MAX)
    return refuse(flow, insn->line, "expected an activation of %d to %d cells, found %lld", P4_FIRST_CELL, CELLS_MAX,
                  (long long)insn->q);
  flow->owners[first] = (int32_t)flow->proc_count++;
  *proc = (struct p4_proc){.first = first, .end = program->start, .cells = insn->q, .parent = P4_NOBODY};
  proc->params = -1;
  proc->lowest = proc->cells;
  if (proc > flow->procs) proc[-1].end = first;
  return LOAM_OK;
}

static enum loam_err find_procs(struct p4_flow *flow) {
  const struct p4_program *program = flow->program;
  uint32_t count = 0;
  for (uint32_t i = 0; i < program->start; i++) count += program->insns[i].op == P4_ent && program->insns[i].p == 1;
  flow->procs = arena_alloc(&flow->memory, (count + 1) * sizeof *flow->procs);
  flow->calls = arena_alloc(&flow->memory, (count + 1) * sizeof *flow->calls);
  flow->owners = arena_alloc(&flow->memory, (program->count + 1) * sizeof *flow->owners);
  flow->steps = arena_alloc(&flow->memory, (program->count + 1) * sizeof *flow->steps);
  flow->work = arena_alloc(&flow->memory, (program->count + 1) * sizeof *flow->work);
  if (!flow->procs || !flow->calls || !flow->owners || !flow->steps || !flow->work) return miss_memory(flow);
  for (uint32_t i = 0; i < program->count; i++) flow->owners[i] = P4_NOBODY;
  enum loam_err kind = LOAM_OK;
  for (uint32_t i = 0; i < program->start && kind == LOAM_OK; i++) {
    if (program->insns[i].op == P4_ent && program->insns[i].p == 1)
      kind = begin_proc(flow, i);
    else if (!flow->proc_count)
      kind = refuse(flow, program->insns[i].line, "expected 'ent 1' as a procedure's first instruction");
  }
  for (uint32_t i = 0; i < flow->proc_count; i++) flow->procs[i].result = result_of(program, &flow->procs[i]);
  return kind;
}

// Notes that a procedure is called.
static enum loam_err reach_proc(struct p4_flow *flow, int32_t number, uint32_t level, int32_t parent, int64_t params,
                                uint32_t line) {
  struct p4_proc *proc = &flow->procs[number];
  ASSERT(number >= 0 && (uint32_t)number < flow->proc_count, "pcode.I11: procedure %d of %u is called", number,
         flow->proc_count);
  if (proc->level) {
    if (proc->parent != parent)
      return refuse(flow, line,
                    "expected a call of a procedure of this level, found one that another call puts on "
                    "another level");
    if (proc->params != params)
      return refuse(flow, line, "expected %d cells of parameters, as in another call, found %lld", proc->params,
                    (long long)params);
    return LOAM_OK;
  }
  proc->level = level;
  proc->parent = parent;
  proc->params = (int32_t)params;
  flow->cells += proc->cells;
  if (flow->cells > 2 * (int64_t)CELLS_MAX)
    return refuse(flow, line, "expected activations of at most %d cells in all", 2 * CELLS_MAX);
  if (number != flow->main) proc->cell_flags = arena_alloc(&flow->memory, (size_t)proc->cells + 1);
  if (number != flow->main && !proc->cell_flags) return miss_memory(flow);
  if (P4_FIRST_CELL + params > proc->cells)
    return refuse(flow, line, "expected a procedure whose activation holds %lld parameters, found %lld cells",
                  (long long)params, (long long)proc->cells);
  ASSERT(flow->call_count < flow->proc_count, "pcode.I11: %u of %u procedures are called", flow->call_count,
         flow->proc_count);
  flow->calls[flow->call_count++] = number;
  return LOAM_OK;
}

// The start code: mst 0; cup 0 l n; stp.
static enum loam_err find_start(struct p4_flow *flow) {
  const struct p4_program *program = flow->program;
  const struct p4_insn *insn = &program->insns[program->start];
  uint32_t count = program->count - program->start, line = count ? insn->line : 0;
  bool good = count == 3 && insn[0].op == P4_mst && insn[0].q == 0 && insn[1].op == P4_cup && insn[1].p == 0 &&
              insn[2].op == P4_stp;
  if (!good) return refuse(flow, line, "expected the start code 'mst 0', 'cup 0 l n', 'stp'");
  flow->main = insn[1].q < program->start ? flow->owners[insn[1].q] : P4_NOBODY;
  if (flow->main == P4_NOBODY) return refuse(flow, insn[1].line, "expected a call of a procedure's 'ent 1'");
  struct p4_proc *proc = &flow->procs[flow->main];
  if (proc->cells < P4_PROGRAM_CELLS)
    return refuse(flow, program->insns[proc->first].line, "expected at least %d cells of the program, found %lld",
                  P4_PROGRAM_CELLS, (long long)proc->cells);
  if (proc->result != 'p') return refuse(flow, insn[1].line, "expected a program that ends with 'retp'");
  return reach_proc(flow, flow->main, 1, P4_NOBODY, 0, insn[1].line);
}

// ---- operands ------------------------------------------------------------------------------------------------------

static const struct p4_insn *insn_of(const struct walk *walk) { return &walk->flow->program->insns[walk->at]; }

static const char *name_of(char type) {
  switch (type) {
  case 'a': return "an address";
  case 'i': return "an integer";
  case 'r': return "a real";
  case 'b': return "a truth value";
  case 'c': return "a character";
  case 's': return "a set";
  default: return "a mark";
  }
}

static void fail(struct walk *walk, enum loam_err kind) {
  if (walk->kind == LOAM_OK) walk->kind = kind;
}

static void push_from(struct walk *walk, char type, int32_t from) {
  if (walk->depth == DEPTH_MAX)
    return fail(walk, refuse(walk->flow, insn_of(walk)->line, "expected at most %d operands", DEPTH_MAX));
  walk->slots[walk->depth++] = (struct p4_slot){type, from};
}
static void push(struct walk *walk, char type) { push_from(walk, type, P4_NOBODY); }

static struct p4_slot pop(struct walk *walk, char type) {
  struct p4_slot slot = {type, P4_NOBODY};
  if (walk->kind != LOAM_OK) return slot;
  if (!walk->depth) {
    fail(walk, refuse(walk->flow, insn_of(walk)->line, "expected %s for '%s', found an empty stack", name_of(type),
                      pcode_p4_ops[insn_of(walk)->op].name));
    return slot;
  }
  slot = walk->slots[--walk->depth];
  if (slot.type != type)
    fail(walk, refuse(walk->flow, insn_of(walk)->line, "expected %s for '%s', found %s", name_of(type),
                      pcode_p4_ops[insn_of(walk)->op].name, name_of(slot.type)));
  return slot;
}

// Keeps cells that an address is used for in the store.
static void use(struct walk *walk, struct p4_slot slot, int64_t offset, int64_t count) {
  if (slot.type != 'a' || slot.from == P4_NOBODY || walk->kind != LOAM_OK) return;
  const struct p4_insn *lda = &walk->flow->program->insns[slot.from];
  struct p4_proc *proc = pcode_p4_proc_out(walk->flow, walk->proc, lda->p);
  ASSERT(proc && lda->op == P4_lda, "pcode.I11: line %u pushed an address of an activation that is not there",
         lda->line);
  int64_t first = lda->q + offset;
  if (is_main(walk->flow, proc)) return; // all its cells are in the store
  if (count == ANY_CELLS || count < 1 || first < 0) {
    if (lda->q < proc->lowest) proc->lowest = lda->q;
    return;
  }
  for (int64_t cell = first; cell < proc->cells && cell - first < count; cell++)
    proc->cell_flags[cell] |= P4_CELL_IN_STORE;
}
static void escape(struct walk *walk, struct p4_slot slot) { use(walk, slot, 0, ANY_CELLS); }

static void note_file(struct walk *walk, int64_t cell) {
  if (cell >= P4_FIRST_FILE && cell < P4_FIRST_FILE + P4_FILES) walk->flow->uses_file[cell - P4_FIRST_FILE] = true;
}

// Looks whether a cell is one of the activation p levels out, and notes that it is used.
static void touch_cell(struct walk *walk, int64_t levels, int64_t cell) {
  struct p4_proc *proc = pcode_p4_proc_out(walk->flow, walk->proc, levels);
  uint32_t line = insn_of(walk)->line;
  if (!proc)
    return fail(walk, refuse(walk->flow, line, "expected fewer than %u levels, found %lld", walk->proc->level,
                             (long long)levels));
  if ((cell && cell < P4_FIRST_CELL) || cell >= proc->cells)
    return fail(walk, refuse(walk->flow, line, "expected cell 0 or one from %d to %lld of the activation, found %lld",
                             P4_FIRST_CELL, (long long)proc->cells - 1, (long long)cell));
  if (is_main(walk->flow, proc)) return note_file(walk, cell);
  proc->cell_flags[cell] |= levels ? P4_CELL_IN_STORE : P4_CELL_USED;
}

static void touch_program(struct walk *walk, int64_t cell) {
  int64_t cells = walk->flow->procs[walk->flow->main].cells;
  if (cell < P4_FIRST_CELL || cell >= cells)
    fail(walk, refuse(walk->flow, insn_of(walk)->line, "expected a cell of the program, from %d to %lld, found %lld",
                      P4_FIRST_CELL, (long long)cells - 1, (long long)cell));
  note_file(walk, cell);
}

// ---- calls ---------------------------------------------------------------------------------------------------------

static void follow_mst(struct walk *walk) {
  const struct p4_insn *insn = insn_of(walk);
  struct p4_proc *parent = insn->q < 0 ? NULL : pcode_p4_proc_out(walk->flow, walk->proc, insn->q);
  if (!parent)
    return fail(walk, refuse(walk->flow, insn->line, "expected fewer than %u levels, found %lld", walk->proc->level,
                             (long long)insn->q));
  parent->has_children = true;
  push_from(walk, 'k', (int32_t)walk->at);
}

static void follow_cup(struct walk *walk) {
  struct p4_flow *flow = walk->flow;
  const struct p4_insn *insn = insn_of(walk);
  struct p4_step *step = &flow->steps[walk->at];
  int32_t callee = insn->q < flow->program->start ? flow->owners[insn->q] : P4_NOBODY;
  if (callee == P4_NOBODY || callee == flow->main)
    return fail(walk, refuse(flow, insn->line, "expected a call of a procedure's 'ent 1', found 'l %u'", insn->label));
  for (int64_t i = 0; i < insn->p; i++) {
    if (!walk->depth || walk->slots[walk->depth - 1].type == 'k')
      return fail(walk, refuse(flow, insn->line, "expected %lld operands since 'mst', found %lld", (long long)insn->p,
                               (long long)i));
    escape(walk, walk->slots[--walk->depth]);
  }
  struct p4_slot mark = pop(walk, 'k');
  if (walk->kind != LOAM_OK) return;
  struct p4_proc *parent = pcode_p4_proc_out(flow, walk->proc, flow->program->insns[mark.from].q);
  ASSERT(parent && flow->program->insns[mark.from].op == P4_mst, "pcode.I11: the mark of line %u was no 'mst'",
         insn->line);
  step->callee = callee;
  step->mark = mark.from;
  fail(walk, reach_proc(flow, callee, parent->level + 1, (int32_t)(parent - flow->procs), insn->p, insn->line));
  if (flow->procs[callee].result != 'p') push(walk, flow->procs[callee].result);
}

static void follow_ret(struct walk *walk) {
  const struct p4_insn *insn = insn_of(walk);
  if (insn->type != walk->proc->result)
    fail(walk, refuse(walk->flow, insn->line, "expected 'ret%c', as in the procedure's other ends, found 'ret%c'",
                      walk->proc->result, insn->type));
  if (walk->depth)
    fail(walk, refuse(walk->flow, insn->line, "expected an empty stack at 'ret%c', found %s", insn->type,
                      name_of(walk->slots[walk->depth - 1].type)));
}

static void follow_csp(struct walk *walk) {
  const struct p4_standard *standard = insn_of(walk)->standard;
  // The variables that these read or set are one cell.
  static const char one_cell[] = "rdi rdr rdc new sav get put";
  bool known = strstr(one_cell, standard->name) != NULL;
  for (size_t i = strlen(standard->operands); i--;)
    use(walk, pop(walk, standard->operands[i]), 0, known ? 1 : ANY_CELLS);
  if (standard->result) push(walk, standard->result);
}

// ---- instructions --------------------------------------------------------------------------------------------------

static void follow_operation(struct walk *walk) {
  static const struct {
    enum p4_op op;
    char left, right, result; // 0: there is none
  } operations[] = {
      {P4_adi, 'i', 'i', 'i'}, {P4_sbi, 'i', 'i', 'i'}, {P4_mpi, 'i', 'i', 'i'}, {P4_dvi, 'i', 'i', 'i'},
      {P4_mod, 'i', 'i', 'i'}, {P4_adr, 'r', 'r', 'r'}, {P4_sbr, 'r', 'r', 'r'}, {P4_mpr, 'r', 'r', 'r'},
      {P4_dvr, 'r', 'r', 'r'}, {P4_sgs, 0, 'i', 's'},   {P4_flt, 0, 'i', 'r'},   {P4_trc, 0, 'r', 'i'},
      {P4_ngi, 0, 'i', 'i'},   {P4_ngr, 0, 'r', 'r'},   {P4_sqi, 0, 'i', 'i'},   {P4_sqr, 0, 'r', 'r'},
      {P4_abi, 0, 'i', 'i'},   {P4_abr, 0, 'r', 'r'},   {P4_not, 0, 'b', 'b'},   {P4_and, 'b', 'b', 'b'},
      {P4_ior, 'b', 'b', 'b'}, {P4_dif, 's', 's', 's'}, {P4_int, 's', 's', 's'}, {P4_uni, 's', 's', 's'},
      {P4_inn, 'i', 's', 'b'}, {P4_odd, 0, 'i', 'b'},   {P4_chr, 0, 'i', 'c'},   {P4_eof, 0, 'a', 'b'},
      {P4_ixa, 'a', 'i', 'a'},
  };
  if (insn_of(walk)->op == P4_flo) {
    pop(walk, 'r'), pop(walk, 'i');
    push(walk, 'r');
    return push(walk, 'r');
  }
  size_t i = 0;
  while (i + 1 < COUNT_OF(operations) && operations[i].op != insn_of(walk)->op) i++;
  ASSERT(operations[i].op == insn_of(walk)->op, "pcode.I11: nothing is known of '%s'",
         pcode_p4_ops[insn_of(walk)->op].name);
  escape(walk, pop(walk, operations[i].right));
  if (operations[i].left) escape(walk, pop(walk, operations[i].left));
  push(walk, operations[i].result);
}

// Compilers compare the ordinal numbers of characters and truth values by the instruction for the type itself.
static void follow_compare(struct walk *walk) {
  const struct p4_insn *insn = insn_of(walk);
  for (int i = 0; i < 2; i++) {
    char type = insn->type == 'm' ? 'a' : insn->type;
    bool is_number = walk->depth && walk->slots[walk->depth - 1].type == 'i';
    if ((type == 'c' || type == 'b') && is_number) type = 'i';
    use(walk, pop(walk, type), 0, insn->type == 'm' ? insn->q : ANY_CELLS);
  }
  push(walk, 'b');
}

static void follow_memory(struct walk *walk) {
  const struct p4_insn *insn = insn_of(walk);
  if (insn->op == P4_ind) {
    use(walk, pop(walk, 'a'), insn->q, 1);
    return push(walk, insn->type);
  }
  if (insn->op == P4_sto) {
    escape(walk, pop(walk, insn->type));
    return use(walk, pop(walk, 'a'), 0, 1);
  }
  if (insn->q < 0)
    fail(walk, refuse(walk->flow, insn->line, "expected a number of cells, found %lld", (long long)insn->q));
  use(walk, pop(walk, 'a'), 0, insn->q); // mov
  use(walk, pop(walk, 'a'), 0, insn->q);
}

// Follows one instruction that neither calls nor jumps.
static void follow_plain(struct walk *walk) {
  const struct p4_insn *insn = insn_of(walk);
  switch (insn->op) {
  case P4_lod: return touch_cell(walk, insn->p, insn->q), push(walk, insn->type);
  case P4_str: return touch_cell(walk, insn->p, insn->q), escape(walk, pop(walk, insn->type));
  case P4_lda: return touch_cell(walk, insn->p, insn->q), push_from(walk, 'a', (int32_t)walk->at);
  case P4_ldo: return touch_program(walk, insn->q), push(walk, insn->type);
  case P4_sro: return touch_program(walk, insn->q), escape(walk, pop(walk, insn->type));
  case P4_lao: return touch_program(walk, insn->q), push(walk, 'a');
  case P4_lca: return push(walk, 'a');
  case P4_ldc: return push(walk, insn->type == 'n' ? 'a' : insn->type == '(' ? 's' : insn->type);
  case P4_ind:
  case P4_sto:
  case P4_mov: return follow_memory(walk);
  case P4_inc:
  case P4_dec:
  case P4_chk: return escape(walk, pop(walk, insn->type)), push(walk, insn->type);
  case P4_ord: return escape(walk, pop(walk, insn->type)), push(walk, 'i');
  case P4_mst: return follow_mst(walk);
  case P4_cup: return follow_cup(walk);
  case P4_csp: return follow_csp(walk);
  case P4_equ:
  case P4_neq:
  case P4_geq:
  case P4_grt:
  case P4_leq:
  case P4_les: return follow_compare(walk);
  case P4_ent: return fail(walk, refuse(walk->flow, insn->line, "expected 'ret' before the next procedure"));
  case P4_stp: return fail(walk, refuse(walk->flow, insn->line, "expected 'stp' in the start code only"));
  default: return follow_operation(walk);
  }
}

// ---- ways ----------------------------------------------------------------------------------------------------------

// Arrives at an instruction: notes the stack there, or compares it with what is known.
static void arrive(struct walk *walk, int64_t to) {
  struct p4_flow *flow = walk->flow;
  uint32_t line = insn_of(walk)->line;
  if (walk->kind != LOAM_OK) return;
  if (to < walk->proc->first + 2 || to >= walk->proc->end)
    return fail(walk, refuse(flow, line, "expected to go on in the same procedure, found the end or another one"));
  struct p4_step *step = &flow->steps[to];
  for (uint32_t i = 0; i < walk->depth && to != walk->at + 1; i++) escape(walk, walk->slots[i]);
  if (!step->is_reached) {
    step->slots = arena_alloc(&flow->memory, (walk->depth + 1) * sizeof *step->slots);
    if (!step->slots) return fail(walk, miss_memory(flow));
    memcpy(step->slots, walk->slots, walk->depth * sizeof *step->slots);
    step->depth = walk->depth;
    step->is_reached = true;
    ASSERT(flow->work_count < flow->program->count, "pcode.I11: %u of %u instructions wait", flow->work_count,
           flow->program->count);
    flow->work[flow->work_count++] = (uint32_t)to;
    return;
  }
  uint32_t there = flow->program->insns[to].line;
  if (step->depth != walk->depth)
    return fail(walk, refuse(flow, line, "expected %u operands at line %u, as on another way, found %u", step->depth,
                             there, walk->depth));
  for (uint32_t i = 0; i < walk->depth; i++) {
    const struct p4_slot *known = &step->slots[i], *found = &walk->slots[i];
    bool same_mark = found->type != 'k' || found->from == known->from;
    if (known->type != found->type || !same_mark)
      return fail(walk, refuse(flow, line, "expected %s at line %u, as on another way, found %s", name_of(known->type),
                               there, same_mark ? name_of(found->type) : "another mark"));
    escape(walk, *found);
  }
}

static void follow_xjp(struct walk *walk) {
  struct p4_program *program = walk->flow->program;
  int64_t table = insn_of(walk)->q;
  uint32_t length = table < walk->proc->end ? pcode_p4_table_length(program, (uint32_t)table) : 0;
  pop(walk, 'i');
  walk->flow->table_entries += length;
  if (walk->flow->table_entries > TABLE_ENTRIES_MAX)
    fail(walk, refuse(walk->flow, insn_of(walk)->line, "expected jump tables of at most %d entries in all",
                      TABLE_ENTRIES_MAX));
  if (!length)
    fail(walk, refuse(walk->flow, insn_of(walk)->line, "expected a table of 'ujp' and 'ujc' for 'xjp', found '%s'",
                      table < program->count ? pcode_p4_ops[program->insns[table].op].name : "nothing"));
  for (uint32_t i = 0; i < length; i++)
    if (program->insns[table + i].op == P4_ujp) arrive(walk, program->insns[table + i].q);
}

static void follow(struct walk *walk) {
  const struct p4_insn *insn = insn_of(walk);
  switch (insn->op) {
  case P4_ujp: return arrive(walk, insn->q);
  case P4_ujc: return;
  case P4_xjp: return follow_xjp(walk);
  case P4_ret: return follow_ret(walk);
  case P4_fjp:
    pop(walk, 'b');
    arrive(walk, insn->q);
    break;
  default: follow_plain(walk);
  }
  arrive(walk, (int64_t)walk->at + 1);
}

static enum loam_err follow_proc(struct walk *walk, struct p4_proc *proc) {
  struct p4_flow *flow = walk->flow;
  walk->proc = proc;
  walk->at = proc->first + 1;
  walk->depth = 0;
  arrive(walk, (int64_t)walk->at + 1);
  while (flow->work_count && walk->kind == LOAM_OK) {
    ASSERT(flow->work_count <= flow->program->count, "pcode.I11: %u of %u instructions wait", flow->work_count,
           flow->program->count);
    walk->at = flow->work[--flow->work_count];
    const struct p4_step *step = &flow->steps[walk->at];
    memcpy(walk->slots, step->slots, step->depth * sizeof *step->slots);
    walk->depth = step->depth;
    ASSERT(step->is_reached && walk->at > proc->first && walk->at < proc->end,
           "pcode.I11: instruction %u of a procedure from %u to %u is followed", walk->at, proc->first, proc->end);
    follow(walk);
  }
  return walk->kind;
}

enum loam_err pcode_p4_flow_find(struct p4_flow *flow) {
  enum loam_err kind = find_procs(flow);
  if (kind == LOAM_OK) kind = find_start(flow);
  if (kind != LOAM_OK) return kind;
  struct walk *walk = arena_alloc(&flow->memory, sizeof *walk);
  if (!walk) return miss_memory(flow);
  walk->flow = flow;
  walk->kind = LOAM_OK;
  for (uint32_t i = 0; i < flow->call_count && kind == LOAM_OK; i++)
    kind = follow_proc(walk, &flow->procs[flow->calls[i]]);
  return kind;
}
