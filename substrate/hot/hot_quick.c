// SPDX-License-Identifier: MIT
//
// hot_quick.c: a unit's code, function by function, into code memory.
//
// The native frame: a function is entered by a jump, from code that has the stack as it is in a C function that was
// just called. It takes what it needs for allocas and values without a register, and gives it back where it jumps away.
#define LOAM_HOT_MODULE
#include "hot/hot_quick.h"

#include "hot/hot_quick_emit.h"

#include <string.h>

#define FRAME_BYTES_MAX 8192 // of the native stack
#define FUNCTION_BYTES 16    // a function begins at a multiple of this,
#define LOOP_BYTES 32        // and a loop, as processors fetch and keep instructions;
#define BLOCK_ALIGNMENT 16   // emit_alloc's

struct unit {
  const struct hot_build *build;
  struct quick_names names;
  struct x64_code code;
  struct quick_emitter emitter; // its arrays are used again
  uint32_t *starts, *ends, count;
  const char *failure;
};

// Each parameter goes where it lives.
static void enter(struct quick_emitter *e) {
  e->number = 0;
  if (e->frame_bytes) hot_x64_insn_immediate(e->code, X64_WIDE | 0x81, 5, hot_x64_register(RSP), e->frame_bytes, 4);
  for (uint32_t i = 0; i < QUICK_PARAMS; i++)
    if (e->f->groups[i].range_count || e->f->groups[i].parent != i)
      hot_quick_move_add_place(e, hot_x64_register(hot_quick_jump_registers[i]), hot_quick_place_of(e, i));
  hot_quick_move_all(e, QUICK_SCRATCH, QUICK_SCRATCH_2);
}

static void write_insn(struct quick_emitter *e, uint32_t number) {
  const struct quick_insn *insn = &e->f->insns[number];
  e->number = number;
  switch (insn->op) {
  case QUICK_PARAM:
  case QUICK_PHI:
  case QUICK_END: return;
  case QUICK_BRANCH:
  case QUICK_BRANCH_IF:
  case QUICK_SWITCH: hot_quick_branch(e, number); return;
  case QUICK_JUMP: hot_quick_jump_out(e, number); return;
  case QUICK_CALL: hot_quick_call(e, number); return;
  default: hot_quick_compute(e, number);
  }
}

static void write_stubs(struct quick_emitter *e) {
  for (uint32_t i = 0; i < e->stub_count; i++) {
    struct quick_stub stub = e->stubs[i];
    e->number = e->f->blocks[stub.from].end - 1;
    hot_x64_bind(e->code, stub.label);
    if (hot_quick_move_joins(e, stub.from, stub.to)) hot_quick_move_all(e, QUICK_SCRATCH, QUICK_SCRATCH_2);
    hot_x64_jump(e->code, e->first_label + stub.to);
  }
  e->stub_count = 0;
}

static bool list_saved(struct quick_emitter *e) {
  const struct quick_function *f = e->f;
  e->saved_count = 0;
  e->saved = arena_alloc(f->arena, f->insn_count * sizeof *e->saved);
  if (!e->saved) return false;
  for (uint32_t i = 0; i < f->insn_count; i++) {
    const struct quick_group *group = &f->groups[i];
    if (group->parent == i && group->range_count && group->reg != QUICK_NO_REGISTER && group->slot >= 0)
      e->saved[e->saved_count++] = i;
  }
  return true;
}

static bool write_function(struct quick_emitter *e) {
  const struct quick_function *f = e->f;
  bool calls = false;
  for (uint32_t i = 0; i < f->insn_count; i++) calls |= f->insns[i].op == QUICK_CALL;
  e->frame_bytes = (f->passed_bytes + f->frame_bytes + 15) / 16 * 16 + (calls ? 8 : 0); // aligned to 16 where it calls
  if (!list_saved(e)) return false;
  e->first_label = e->code->label_count;
  ASSERT(!calls || e->frame_bytes % 16 == 8, "C functions are called with %d bytes in the native frame",
         e->frame_bytes);
  for (uint32_t b = 0; b < f->block_count; b++) (void)hot_x64_label(e->code);
  enter(e);
  for (uint32_t b = 0; b < f->block_count; b++) {
    if (f->blocks[b].is_head && !f->blocks[b].is_cold) hot_x64_align(e->code, LOOP_BYTES);
    hot_x64_bind(e->code, e->first_label + b);
    for (uint32_t i = f->blocks[b].first; i < f->blocks[b].end; i++)
      if (f->insns[i].is_emitted) write_insn(e, i);
  }
  write_stubs(e);
  return !e->code->no_memory;
}

// Sets `failure` where there is something unknown.
static bool make_function(struct unit *unit, LLVMValueRef ref) {
  struct arena arena = {0};
  struct quick_function f = {.l = unit->build->l, .arena = &arena, .ref = ref, .verify = unit->build->compiler->verify};
  bool made = hot_quick_read(&f, &unit->names) && hot_quick_select(&f) && hot_quick_place(&f);
  if (made && f.passed_bytes + f.frame_bytes > FRAME_BYTES_MAX) {
    f.failure = "a function with many values in memory";
    made = false;
  }
  if (made) {
    hot_x64_align(&unit->code, FUNCTION_BYTES);
    unit->starts[unit->count] = unit->code.size;
    unit->emitter.f = &f;
    made = write_function(&unit->emitter);
    unit->ends[unit->count++] = unit->code.size;
  }
  if (!made) unit->failure = f.failure;
  arena_fini(&arena);
  return made;
}

// ---- into code memory ----------------------------------------------------------------------------------------------

// `skipped`: of the block, before the code.
static void fill(const struct unit *unit, const struct emit_block *block, uint32_t skipped, uint32_t constants_at) {
  for (uint32_t i = 0; i < unit->code.fixup_count; i++) {
    const struct x64_fixup *fixup = &unit->code.fixups[i];
    uint64_t target = fixup->target, base = (uint64_t)(uintptr_t)block->run + skipped;
    switch (fixup->kind) {
    case X64_TO_LABEL:
      ASSERT(unit->code.labels[target] < constants_at, "a jump at %u leads to label %llu, which is nowhere", fixup->at,
             (unsigned long long)target);
      target = base + unit->code.labels[target];
      break;
    case X64_TO_FUNCTION:
      ASSERT(target < unit->count, "a jump at %u leads to function %llu of %u", fixup->at, (unsigned long long)target,
             unit->count);
      target = base + unit->starts[target];
      break;
    case X64_TO_CONSTANT:
      ASSERT(target < unit->code.constant_count, "the instruction at %u reads constant %llu of %u", fixup->at,
             (unsigned long long)target, unit->code.constant_count);
      target = base + constants_at + 8 * target;
      break;
    case X64_TO_ADDRESS: break;
    }
    int64_t distance = (int64_t)(target - (base + fixup->at + 4));
    CHECK(distance == (int32_t)distance, "hot.I12: a jump at %u can't reach %p", fixup->at, (void *)(uintptr_t)target);
    int32_t narrow = (int32_t)distance;
    memcpy(block->write + skipped + fixup->at, &narrow, sizeof narrow);
  }
}

static bool load(struct unit *unit, LLVMValueRef first, struct hot_object *out) {
  const struct hot_llvm *l = unit->build->l;
  struct x64_code *code = &unit->code;
  hot_x64_align(code, 8);
  uint32_t constants_at = code->size;
  hot_x64_put(code, code->constants, code->constant_count * 8);
  size_t names = 0;
  for (LLVMValueRef f = first; f; f = l->LLVMGetNextFunction(f)) {
    size_t length = 0;
    if (!l->LLVMIsDeclaration(f)) (void)l->LLVMGetValueName2(f, &length), names += length + 1;
  }
  out->functions = mem_alloc(unit->count * sizeof *out->functions + names + 1);
  size_t room = code->size + LOOP_BYTES - BLOCK_ALIGNMENT;
  if (code->no_memory || !out->functions || !emit_alloc(unit->build->compiler->memory, room, &out->code)) return false;
  uint32_t skipped = -(uint32_t)(uintptr_t)out->code.run % LOOP_BYTES;
  ASSERT(skipped + code->size <= out->code.size, "hot.I12: %u bytes of code begin at %u of %zu", code->size, skipped,
         out->code.size);
  memcpy(out->code.write + skipped, code->bytes, code->size);
  fill(unit, &out->code, skipped, constants_at);
  char *name = (char *)(out->functions + unit->count);
  for (LLVMValueRef f = first; f; f = l->LLVMGetNextFunction(f)) {
    if (l->LLVMIsDeclaration(f)) continue;
    size_t length = 0;
    const char *text = l->LLVMGetValueName2(f, &length);
    uint32_t i = out->function_count++;
    memcpy(name, text, length + 1);
    const uint8_t *start = out->code.run + skipped + unit->starts[i];
    out->functions[i] = (struct hot_function){name, start, unit->ends[i] - unit->starts[i]};
    name += length + 1;
  }
  ASSERT(out->function_count == unit->count, "%u functions have a name, and %u have code", out->function_count,
         unit->count);
  return true;
}

static bool make_all(struct unit *unit, struct hot_object *out) {
  const struct hot_llvm *l = unit->build->l;
  LLVMValueRef first = l->LLVMGetFirstFunction(unit->build->module);
  uint32_t count = 0;
  for (LLVMValueRef f = first; f; f = l->LLVMGetNextFunction(f)) count += !l->LLVMIsDeclaration(f);
  unit->starts = mem_alloc((count + 1) * sizeof *unit->starts);
  unit->ends = mem_alloc((count + 1) * sizeof *unit->ends);
  if (!unit->starts || !unit->ends) return false;
  for (LLVMValueRef f = first; f; f = l->LLVMGetNextFunction(f))
    if (!l->LLVMIsDeclaration(f) && !make_function(unit, f)) return false;
  return load(unit, first, out);
}

enum loam_err hot_quick_generate(const struct hot_build *build, const struct op_symbol *const *symbol_tables,
                                 size_t table_count, struct hot_object *out, struct error *err) {
  struct unit unit = {.build = build, .names = {symbol_tables, table_count, build->module}};
  unit.emitter.code = &unit.code;
  unit.emitter.memory = build->compiler->memory;
  *out = (struct hot_object){0};
  bool made = make_all(&unit, out);
  if (!made) {
    hot_object_fini(out);
    *out = (struct hot_object){0};
  }
  hot_x64_code_fini(&unit.code);
  mem_free(unit.emitter.stubs);
  mem_free(unit.emitter.moves);
  mem_free(unit.starts);
  mem_free(unit.ends);
  if (made) return LOAM_OK;
  if (unit.failure) return error_set(err, LOAM_ERR_LIMIT, "%s", unit.failure);
  return error_set(err, LOAM_ERR_MEMORY, "no memory for machine code");
}
