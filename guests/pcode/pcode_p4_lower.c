// SPDX-License-Identifier: MIT
//
// pcode_p4_lower.c: translates a verified P4 program to extended P-code. A procedure becomes a method; its first
// argument is the static link, parameters follow. A cell that is not in the store is a local; the others lie in the
// activation as in P4, behind a base that the procedure gets when it is entered. The program's activation begins at
// address 0, so that its cells are addresses in the code, from whatever level they are reached; texts lie behind it,
// then what the library needs for the four files. Dynamic links, return addresses and temporaries are the substrate's.
//
// An `xjp` becomes a binary search over its table.
#include "pcode_p4.h"

#include "pcode_ops.h"
#include "pcode_routine.h"

#include <stdio.h>
#include <string.h>

#define LINK 0 // the local
#define LOCALS_KEPT_MAX 30000
#define FILE_CELLS 2
#define INPUT (-1) // what pcode_run_bnd calls the standard files
#define OUTPUT (-2)

// A run of entries of a jump table that lead to the same instruction.
struct run {
  int64_t from;
  int64_t to; // P4_NOBODY: nowhere
};

// A constant set that is no word; the start code puts it into a cell behind the program's.
struct big_set {
  const uint64_t *set;
  int64_t cell;
  struct big_set *next;
};

struct emitter {
  const struct p4_flow *flow;
  struct big_set *sets;
  struct pcode_image *image;
  struct p4_proc *proc;
  uint32_t code;    // its number
  uint32_t *starts; // by instruction: its first one in the image
  int32_t *locals;  // by cell: the local that holds it, or P4_NOBODY
  uint32_t base, spare;
  bool is_main, is_framed;
  const struct p4_insn *insn; // at work
};

static uint32_t emit(struct emitter *emitter, uint16_t op, int64_t a, int64_t b, int64_t c) {
  struct pcode_code *code = &emitter->image->codes[emitter->code];
  struct pcode_insn insn = {.op = op, .line = emitter->insn->line, .column = 1, .imm = {a, b, c}};
  return pcode_image_add_insn(emitter->image, code, insn);
}

static void emit_constant(struct emitter *emitter, int64_t n) {
  emit(emitter, n == (int32_t)n ? PCODE_OP_LDC : PCODE_OP_LDCW, n, 0, 0);
}

// Until the end a branch holds the P4 instruction it leads to, as -1 - number.
static uint32_t emit_branch(struct emitter *emitter, uint16_t op, int64_t to) {
  ASSERT(to >= 0 && to < emitter->flow->program->count, "pcode.I11: line %u leads to instruction %lld of %u",
         emitter->insn->line, (long long)to, emitter->flow->program->count);
  return emit(emitter, op, -1 - to, 0, 0);
}

static void land(struct emitter *emitter, uint32_t branch) {
  struct pcode_code *code = &emitter->image->codes[emitter->code];
  ASSERT(emitter->image->failed || branch < code->count, "pcode.I4: instruction %u of %u is to lead here", branch,
         code->count);
  if (!emitter->image->failed) code->insns[branch].imm[0] = code->count;
}

// ---- cells ---------------------------------------------------------------------------------------------------------

static bool is_of_main(const struct emitter *emitter, int64_t levels) {
  ASSERT(pcode_p4_proc_out(emitter->flow, emitter->proc, levels),
         "pcode.I11: line %u leads %lld levels out, where no procedure is", emitter->insn->line, (long long)levels);
  return pcode_p4_proc_out(emitter->flow, emitter->proc, levels) == &emitter->flow->procs[emitter->flow->main];
}

static int32_t local_of(const struct emitter *emitter, int64_t levels, int64_t cell) {
  ASSERT(levels || (cell >= 0 && cell < emitter->proc->cells), "pcode.I11: cell %lld of %lld", (long long)cell,
         (long long)emitter->proc->cells);
  return levels || emitter->is_main ? P4_NOBODY : emitter->locals[cell];
}

static void emit_base(struct emitter *emitter, int64_t levels) {
  if (is_of_main(emitter, levels))
    emit_constant(emitter, 0);
  else if (levels < 2)
    emit(emitter, PCODE_OP_LDL, levels ? LINK : emitter->base, 0, 0);
  else
    emit(emitter, PCODE_OP_P4_LNK, LINK, levels - 1, 0);
}

static void emit_load(struct emitter *emitter, int64_t levels, int64_t cell) {
  int32_t local = local_of(emitter, levels, cell);
  if (is_of_main(emitter, levels))
    emit(emitter, PCODE_OP_LDO, cell, 0, 0);
  else if (local != P4_NOBODY)
    emit(emitter, PCODE_OP_LDL, local, 0, 0);
  else if (levels < 2)
    emit(emitter, PCODE_OP_LDF, levels ? LINK : emitter->base, cell, 0);
  else {
    emit_base(emitter, levels);
    emit(emitter, PCODE_OP_IND, cell, 0, 0);
  }
}

static void emit_store(struct emitter *emitter, int64_t levels, int64_t cell) {
  int32_t local = local_of(emitter, levels, cell);
  if (is_of_main(emitter, levels))
    emit(emitter, PCODE_OP_SRO, cell, 0, 0);
  else if (local != P4_NOBODY)
    emit(emitter, PCODE_OP_STL, local, 0, 0);
  else if (levels < 2)
    emit(emitter, PCODE_OP_STF, levels ? LINK : emitter->base, cell, 0);
  else
    emit(emitter, PCODE_OP_P4_STR, LINK, levels - 1, cell);
}

static void emit_address(struct emitter *emitter, int64_t levels, int64_t cell) {
  if (is_of_main(emitter, levels)) return emit_constant(emitter, cell);
  if (levels < 2) {
    emit(emitter, PCODE_OP_LAF, levels ? LINK : emitter->base, cell, 0);
    return;
  }
  emit_base(emitter, levels);
  emit(emitter, PCODE_OP_INC, cell, 0, 0);
}

// ---- constants -----------------------------------------------------------------------------------------------------

static void emit_text(struct emitter *emitter) {
  struct pcode_image *image = emitter->image;
  struct pcode_string *string = arena_alloc(&image->memory, sizeof *string);
  if (!string) image->failed = true;
  if (!string) return;
  *string = (struct pcode_string){image->cells, emitter->insn->text, emitter->insn->length, image->strings};
  image->strings = string;
  emit_constant(emitter, image->cells);
  image->cells += emitter->insn->length;
}

// A member that the word has no bit for is added when the program runs.
static void emit_set(struct emitter *emitter, const uint64_t *set) {
  emit_constant(emitter, (int64_t)(set[0] & INT64_MAX));
  for (unsigned member = 63; member < P4_SET_MEMBERS; member++) {
    if (!(set[member / 64] >> member % 64 & 1)) continue;
    emit_constant(emitter, member);
    emit(emitter, PCODE_OP_P4_SGS, 0, 0, 0);
    emit(emitter, PCODE_OP_P4_UNI, 0, 0, 0);
  }
}

static void lower_set(struct emitter *emitter, const uint64_t *set) {
  struct big_set *big = emitter->sets;
  if (!(set[1] | set[2] | set[3]) && !(set[0] >> 63)) return emit_constant(emitter, (int64_t)set[0]);
  while (big && memcmp(big->set, set, P4_SET_WORDS * sizeof *set) != 0) big = big->next;
  if (!big) {
    big = arena_alloc(&emitter->image->memory, sizeof *big);
    if (!big) emitter->image->failed = true;
    if (!big) return;
    *big = (struct big_set){set, emitter->image->cells++, emitter->sets};
    emitter->sets = big;
  }
  emit(emitter, PCODE_OP_LDO, big->cell, 0, 0);
}

static void lower_constant(struct emitter *emitter) {
  if (emitter->insn->set) return lower_set(emitter, emitter->insn->set);
  emit_constant(emitter, emitter->insn->q);
}

// ---- comparing -----------------------------------------------------------------------------------------------------

static void lower_set_compare(struct emitter *emitter) {
  switch (emitter->insn->op) {
  case P4_equ: emit(emitter, PCODE_OP_CEG, 0, 0, 0); break;
  case P4_neq: emit(emitter, PCODE_OP_CNEG, 0, 0, 0); break;
  case P4_leq: emit(emitter, PCODE_OP_P4_LEQ, 0, 0, 0); break;
  default: emit(emitter, PCODE_OP_P4_GEQ, 0, 0, 0);
  }
}

static void lower_compare(struct emitter *emitter) {
  static const uint16_t words[P4_OP_COUNT] = {
      [P4_equ] = PCODE_OP_CEG, [P4_neq] = PCODE_OP_CNEG, [P4_geq] = PCODE_OP_CNPP,
      [P4_grt] = PCODE_OP_CPG, [P4_leq] = PCODE_OP_CNPG, [P4_les] = PCODE_OP_CPP};
  static const uint16_t reals[P4_OP_COUNT] = {
      [P4_equ] = PCODE_OP_EQR, [P4_neq] = PCODE_OP_NER, [P4_geq] = PCODE_OP_GER,
      [P4_grt] = PCODE_OP_GTR, [P4_leq] = PCODE_OP_LER, [P4_les] = PCODE_OP_LTR};
  const struct p4_insn *insn = emitter->insn;
  if (insn->type == 's') return lower_set_compare(emitter);
  if (insn->type == 'm') {
    emit(emitter, PCODE_OP_CMS, insn->q, 0, 0);
    emit_constant(emitter, 0);
  }
  ASSERT(words[insn->op], "pcode.I11: '%s' compares", pcode_p4_ops[insn->op].name);
  emit(emitter, (insn->type == 'r' ? reals : words)[insn->op], 0, 0, 0);
}

static void lower_check(struct emitter *emitter) {
  const struct p4_insn *insn = emitter->insn;
  if (insn->type == 'a')
    emit(emitter, PCODE_OP_P4_CHKA, insn->p ? 1 : 0, 0, 0);
  else if (insn->p == (int32_t)insn->p && insn->q == (int32_t)insn->q)
    emit(emitter, PCODE_OP_CHK, insn->p, insn->q, PCODE_ERROR_RANGE);
  else
    emit(emitter, PCODE_OP_CHW, insn->p, insn->q, PCODE_ERROR_RANGE);
}

// ---- control -------------------------------------------------------------------------------------------------------

static void lower_mark(struct emitter *emitter) {
  emit_constant(emitter, 0); // the word below the arguments
  emit_base(emitter, emitter->insn->q);
}

static void lower_call(struct emitter *emitter, const struct p4_step *step) {
  const struct p4_proc *callee = &emitter->flow->procs[step->callee];
  ASSERT(step->callee >= 0 && callee->level && callee->params >= 0,
         "pcode.I11: line %u calls procedure %d, which was not reached", emitter->insn->line, step->callee);
  emit(emitter, PCODE_OP_CUP, callee->params + 1, callee->code, 0);
  if (callee->result == 'p') emit(emitter, PCODE_OP_POP, 0, 0, 0);
}

static void lower_return(struct emitter *emitter) {
  if (emitter->insn->type == 'p')
    emit_constant(emitter, 0);
  else
    emit_load(emitter, 0, 0);
  if (emitter->is_framed) emit(emitter, PCODE_OP_LEV, emitter->base, 0, 0);
  emit(emitter, PCODE_OP_RET, 0, 0, 0);
}

static void lower_standard(struct emitter *emitter) {
  const struct p4_standard *standard = emitter->insn->standard;
  if (standard->routine == P4_NO_ROUTINE)
    emit(emitter, PCODE_OP_SQT, 0, 0, 0);
  else
    emit(emitter, PCODE_OP_CSP, pcode_routines[standard->routine].count, standard->routine, 0);
  if (!standard->result) emit(emitter, PCODE_OP_POP, 0, 0, 0);
}

static void emit_search(struct emitter *emitter, const struct run *runs, uint32_t count) {
  ASSERT(count, "pcode.I11: a table at line %u has no entry left", emitter->insn->line);
  if (count > 1) {
    uint32_t half = count / 2;
    emit(emitter, PCODE_OP_LDL, emitter->spare, 0, 0);
    emit_constant(emitter, runs[half].from);
    emit(emitter, PCODE_OP_CPP, 0, 0, 0);
    uint32_t above = emit(emitter, PCODE_OP_BRNC, 0, 0, 0);
    emit_search(emitter, runs, half);
    land(emitter, above);
    return emit_search(emitter, runs + half, count - half);
  }
  if (runs->to == P4_NOBODY)
    emit(emitter, PCODE_OP_ERR, PCODE_ERROR_CASE, 0, 0);
  else
    emit_branch(emitter, PCODE_OP_BR, runs->to);
}

static void lower_table(struct emitter *emitter) {
  const struct p4_program *program = emitter->flow->program;
  uint32_t table = (uint32_t)emitter->insn->q, length = pcode_p4_table_length(program, table), count = 1;
  struct run *runs = arena_alloc(&emitter->image->memory, (length + 2) * sizeof *runs);
  if (!runs) emitter->image->failed = true;
  if (!runs) return;
  runs[0] = (struct run){INT64_MIN, P4_NOBODY};
  for (uint32_t i = 0; i <= length; i++) { // behind the table there is nothing
    const struct p4_insn *entry = &program->insns[table + i];
    int64_t to = i < length && entry->op == P4_ujp ? entry->q : P4_NOBODY;
    if (to != runs[count - 1].to) runs[count++] = (struct run){i, to};
  }
  emit(emitter, PCODE_OP_STL, emitter->spare, 0, 0);
  emit_search(emitter, runs, count);
}

// ---- instructions --------------------------------------------------------------------------------------------------

static void lower_arithmetic(struct emitter *emitter) {
  static const uint16_t ops[P4_OP_COUNT] = {
      [P4_adi] = PCODE_OP_ADI,    [P4_adr] = PCODE_OP_ADR,    [P4_sbi] = PCODE_OP_SBI,    [P4_sbr] = PCODE_OP_SBR,
      [P4_sgs] = PCODE_OP_P4_SGS, [P4_flt] = PCODE_OP_FLT,    [P4_flo] = PCODE_OP_P4_FLO, [P4_trc] = PCODE_OP_TRC,
      [P4_ngi] = PCODE_OP_INVS,   [P4_ngr] = PCODE_OP_NGR,    [P4_abi] = PCODE_OP_ABI,    [P4_abr] = PCODE_OP_ABR,
      [P4_not] = PCODE_OP_NEG,    [P4_and] = PCODE_OP_ET,     [P4_ior] = PCODE_OP_OU,     [P4_dif] = PCODE_OP_P4_DIF,
      [P4_int] = PCODE_OP_P4_INT, [P4_uni] = PCODE_OP_P4_UNI, [P4_inn] = PCODE_OP_P4_INN, [P4_mod] = PCODE_OP_MDI,
      [P4_odd] = PCODE_OP_ODD,    [P4_mpi] = PCODE_OP_MPI,    [P4_mpr] = PCODE_OP_MPR,    [P4_dvi] = PCODE_OP_DVI,
      [P4_dvr] = PCODE_OP_DVR,    [P4_sqi] = PCODE_OP_SQI,    [P4_sqr] = PCODE_OP_SQR,
  };
  enum p4_op op = emitter->insn->op;
  ASSERT(ops[op] || op == P4_eof || op == P4_chr || op == P4_ord, "pcode.I11: no op is '%s'", pcode_p4_ops[op].name);
  if (op == P4_eof)
    emit(emitter, PCODE_OP_CSP, 1, PCODE_ROUTINE_p4eof, 0);
  else if (op == P4_chr)
    emit(emitter, PCODE_OP_CHK, 0, 255, PCODE_ERROR_CHR);
  else if (op != P4_ord) // a character or a truth value is its number
    emit(emitter, ops[op], 0, 0, 0);
}

static void lower_insn(struct emitter *emitter, uint32_t at) {
  const struct p4_insn *insn = emitter->insn = &emitter->flow->program->insns[at];
  switch (insn->op) {
  case P4_lod: return emit_load(emitter, insn->p, insn->q);
  case P4_str: return emit_store(emitter, insn->p, insn->q);
  case P4_lda: return emit_address(emitter, insn->p, insn->q);
  case P4_ldo: emit(emitter, PCODE_OP_LDO, insn->q, 0, 0); break;
  case P4_sro: emit(emitter, PCODE_OP_SRO, insn->q, 0, 0); break;
  case P4_lao: return emit_constant(emitter, insn->q);
  case P4_lca: return emit_text(emitter);
  case P4_ldc: return lower_constant(emitter);
  case P4_ind: emit(emitter, PCODE_OP_IND, insn->q, 0, 0); break;
  case P4_sto: emit(emitter, PCODE_OP_STO, 0, 0, 0); break;
  case P4_mov: emit(emitter, PCODE_OP_MOV, insn->q, 0, 0); break;
  case P4_inc: emit(emitter, PCODE_OP_INC, insn->q, 0, 0); break;
  case P4_dec: emit(emitter, PCODE_OP_INC, -insn->q, 0, 0); break;
  case P4_ixa: emit(emitter, PCODE_OP_IXU, 0, insn->q, 0); break;
  case P4_chk: return lower_check(emitter);
  case P4_mst: return lower_mark(emitter);
  case P4_cup: return lower_call(emitter, &emitter->flow->steps[at]);
  case P4_ret: return lower_return(emitter);
  case P4_csp: return lower_standard(emitter);
  case P4_ujp: emit_branch(emitter, PCODE_OP_BR, insn->q); break;
  case P4_fjp: emit_branch(emitter, PCODE_OP_BRNC, insn->q); break;
  case P4_xjp: return lower_table(emitter);
  case P4_ujc: emit(emitter, PCODE_OP_ERR, PCODE_ERROR_CASE, 0, 0); break;
  case P4_equ:
  case P4_neq:
  case P4_geq:
  case P4_grt:
  case P4_leq:
  case P4_les: return lower_compare(emitter);
  default: return lower_arithmetic(emitter);
  }
}

// ---- procedures ----------------------------------------------------------------------------------------------------

// Decides where each cell lives. The arguments keep their places; base and spare come last.
static void place_cells(struct emitter *emitter) {
  struct p4_proc *proc = emitter->proc;
  struct pcode_code *code = &emitter->image->codes[emitter->code];
  uint32_t locals = code->params;
  ASSERT(proc->params >= 0 && P4_FIRST_CELL + proc->params <= proc->cells,
         "pcode.I11: %d parameters lie in an activation of %lld cells", proc->params, (long long)proc->cells);
  emitter->is_framed = !emitter->is_main && proc->has_children;
  for (int64_t cell = 0; cell < proc->cells && !emitter->is_main; cell++) {
    bool is_param = cell >= P4_FIRST_CELL && cell < P4_FIRST_CELL + proc->params;
    emitter->locals[cell] = P4_NOBODY;
    if (cell && cell < P4_FIRST_CELL) continue;
    if (locals >= LOCALS_KEPT_MAX && cell < proc->lowest) proc->lowest = cell;
    if (pcode_p4_cell_in_store(proc, cell))
      emitter->is_framed |= proc->cell_flags[cell] || cell == proc->lowest;
    else if (is_param)
      emitter->locals[cell] = (int32_t)(cell - P4_FIRST_CELL + 1);
    else if (proc->cell_flags[cell] & P4_CELL_USED)
      emitter->locals[cell] = (int32_t)locals++;
  }
  emitter->base = locals++;
  emitter->spare = locals++;
  code->locals = locals;
  ASSERT(emitter->base >= code->params && emitter->spare < locals, "pcode.I5: %u locals, of which %u are parameters",
         locals, code->params);
}

static void emit_start(struct emitter *emitter) {
  const struct p4_proc *proc = emitter->proc;
  emitter->insn = &emitter->flow->program->insns[proc->first];
  if (!emitter->is_framed) return;
  emit(emitter, PCODE_OP_P4_ENT, emitter->base, proc->cells, 0);
  if (proc->has_children) {
    emit(emitter, PCODE_OP_LDL, LINK, 0, 0);
    emit(emitter, PCODE_OP_STF, emitter->base, 1, 0);
  }
  for (int32_t i = 0; i < proc->params; i++) {
    if (!pcode_p4_cell_in_store(proc, P4_FIRST_CELL + i)) continue;
    emit(emitter, PCODE_OP_LDL, i + 1, 0, 0);
    emit(emitter, PCODE_OP_STF, emitter->base, P4_FIRST_CELL + i, 0);
  }
}

// Puts instructions' places into the branches.
static void resolve(struct emitter *emitter) {
  struct pcode_code *code = &emitter->image->codes[emitter->code];
  for (uint32_t i = 0; i < code->count; i++) {
    struct pcode_insn *insn = &code->insns[i];
    bool is_branch = insn->op == PCODE_OP_BR || insn->op == PCODE_OP_BRNC;
    if (!is_branch || insn->imm[0] >= 0) continue;
    ASSERT(emitter->flow->steps[-1 - insn->imm[0]].is_reached,
           "pcode.I11: instruction %u leads to %lld, which was not followed", i, (long long)(-1 - insn->imm[0]));
    insn->imm[0] = emitter->starts[-1 - insn->imm[0]];
  }
}

static void lower_proc(struct emitter *emitter, struct p4_proc *proc) {
  emitter->proc = proc;
  emitter->code = proc->code;
  emitter->is_main = proc == &emitter->flow->procs[emitter->flow->main];
  emitter->locals = NULL;
  if (!emitter->is_main)
    emitter->locals = arena_alloc(&emitter->image->memory, (size_t)proc->cells * sizeof *emitter->locals);
  if (!emitter->is_main && !emitter->locals) emitter->image->failed = true;
  if (emitter->image->failed) return;
  place_cells(emitter);
  emit_start(emitter);
  for (uint32_t i = proc->first + 2; i < proc->end; i++) {
    ASSERT(i < emitter->flow->program->count, "pcode.I11: instruction %u of %u is a procedure's", i,
           emitter->flow->program->count);
    emitter->starts[i] = emitter->image->codes[emitter->code].count;
    if (emitter->flow->steps[i].is_reached) lower_insn(emitter, i);
  }
  if (!emitter->image->failed) resolve(emitter);
}

static void emit_routine(struct emitter *emitter, uint16_t routine) {
  emit(emitter, PCODE_OP_CSP, pcode_routines[routine].count, routine, 0);
  emit(emitter, PCODE_OP_POP, 0, 0, 0);
}

// Opens a file: its variable lies behind everything else.
static void emit_file(struct emitter *emitter, int file, int place) {
  ASSERT(file >= 0 && file < P4_FILES, "pcode.I7: file %d of %d is opened", file, P4_FILES);
  int64_t variable = emitter->image->cells - FILE_CELLS * (P4_FILES - file);
  emit_constant(emitter, variable);
  emit_constant(emitter, 1);
  emit_constant(emitter, 1);
  emit_routine(emitter, PCODE_ROUTINE_opn);
  emit_constant(emitter, variable);
  emit_constant(emitter, place);
  emit_routine(emitter, PCODE_ROUTINE_bnd);
  emit_constant(emitter, P4_FIRST_FILE + file);
  emit_routine(emitter, PCODE_ROUTINE_p4opn);
}

// The start code. Files but the standard ones are named on the command line, in their order.
static void lower_start(struct emitter *emitter) {
  static const int places[] = {INPUT, OUTPUT};
  int named = 0;
  emitter->code = 0;
  emitter->insn = &emitter->flow->program->insns[emitter->flow->program->start];
  for (int file = 0; file < P4_FILES; file++)
    if (emitter->flow->uses_file[file]) emit_file(emitter, file, file < 2 ? places[file] : named++);
  for (const struct big_set *big = emitter->sets; big; big = big->next) {
    emit_set(emitter, big->set);
    emit(emitter, PCODE_OP_SRO, big->cell, 0, 0);
  }
  emit_constant(emitter, 0);
  emit_constant(emitter, 0);
  emit(emitter, PCODE_OP_CUP, 1, emitter->flow->procs[emitter->flow->main].code, 0);
  emit(emitter, PCODE_OP_RET, 0, 0, 0);
}

static void lower_program(struct emitter *emitter) {
  const struct p4_flow *flow = emitter->flow;
  char name[32];
  emitter->image->cells = flow->procs[flow->main].cells;
  pcode_image_add_code(emitter->image, "start");
  for (uint32_t i = 0; i < flow->call_count; i++) {
    struct p4_proc *proc = &flow->procs[flow->calls[i]];
    snprintf(name, sizeof name, "line_%u", flow->program->insns[proc->first].line);
    proc->code = pcode_image_add_code(emitter->image, i ? name : "program");
    if (emitter->image->failed) return;
    emitter->image->codes[proc->code].params = (uint32_t)proc->params + 1;
  }
  for (uint32_t i = 0; i < flow->call_count; i++) lower_proc(emitter, &flow->procs[flow->calls[i]]);
  emitter->image->cells += FILE_CELLS * P4_FILES;
  lower_start(emitter);
}

enum loam_err pcode_p4_translate(struct p4_program *program, struct pcode_image *image, struct error *err) {
  struct p4_flow flow = {.program = program, .err = err};
  ASSERT(!image->code_count, "an image of %u procedures is made a second time", image->code_count);
  enum loam_err kind = pcode_p4_flow_find(&flow);
  struct emitter emitter = {.flow = &flow, .image = image};
  if (kind == LOAM_OK) {
    emitter.starts = arena_alloc(&flow.memory, (program->count + 1) * sizeof *emitter.starts);
    if (emitter.starts) lower_program(&emitter);
    if (!emitter.starts || image->failed)
      kind = error_set(err, LOAM_ERR_MEMORY, "%s: no memory to translate it", program->source_name);
  }
  pcode_p4_flow_fini(&flow);
  return kind;
}
