// SPDX-License-Identifier: MIT
//
// code_build.c: from a verified draft to a method.
//
// The steps: find out where control arrives and how deep the operand stack gets; write the code, fusing sequences, with
// a poll where every backward branch leads; tell for every instruction where it came from; and put all that into a
// block of the method's own. Alternative rejected: letting guests write encoded code themselves; then fusion, polls and
// frame sizes would be each guest's to get wrong.
#define LOAM_CODE_MODULE
#include "code/code_int.h"

#include "base/mem.h"

#include <string.h>

// So that a byte offset in the code fits 31 bits: an instruction, with its poll, takes 128 bytes at most.
#define DRAFT_INSNS_MAX (1u << 24)

// Drafts of more than some three hundred instructions want more. They are few, and what they left would stay in memory.
#define SCRATCH_KEPT_MAX ((size_t)32 << 10)

// Takes `bytes` from a block, and rounds what was taken up. Without a block it only counts.
static void *take(char *block, size_t *at, size_t bytes) {
  char *taken = block ? block + *at : NULL;
  *at += (bytes + 7) & ~(size_t)7;
  return taken;
}

// Lays out the arrays for a draft in `block`, or nowhere; returns their size in all. There may be a poll for each
// instruction, and a word more behind the code, as the last immediate is written with a whole one.
static size_t lay_out_arrays(struct code_build *build, char *block) {
  size_t count = build->draft->insn_count, parts = 2 * count, at = 0;
  build->notes = take(block, &at, (count + 1) * sizeof *build->notes);
  build->branches = take(block, &at, count * sizeof *build->branches);
  build->code = take(block, &at, (parts * build->space->part_words_max + 1) * sizeof *build->code);
  build->runs = take(block, &at, parts * sizeof *build->runs);
  build->steps = take(block, &at, parts * sizeof *build->steps);
  return at;
}

// Makes the space's tables, with the first draft, and gets the memory in which the method is built.
static bool begin(struct code_build *build) {
  struct code_space *space = build->space;
  pthread_mutex_lock(space->lock);
  bool ready = code_note_ops(space);
  build->scratch = space->scratch;
  space->scratch = (struct code_scratch){0};
  pthread_mutex_unlock(space->lock);
  if (!ready) return false;
  size_t size = lay_out_arrays(build, NULL);
  if (size > build->scratch.size) {
    char *block = mem_alloc(size);
    if (!block) return false;
    mem_free(build->scratch.block);
    build->scratch = (struct code_scratch){block, size};
  }
  size_t used = lay_out_arrays(build, build->scratch.block);
  ASSERT(used <= build->scratch.size, "code.I7: the arrays of %s take %zu bytes of %zu", build->draft->name, used,
         build->scratch.size);
  (void)used;
  memset(build->notes, 0, (build->draft->insn_count + 1) * sizeof *build->notes);
  return true;
}

// Puts the method, if there is one, into the space. The scratch memory is left for the next one, unless it is
// large.
static void finish(struct code_build *build, struct method *method) {
  struct code_space *space = build->space;
  pthread_mutex_lock(space->lock);
  if (method) {
    method->next = space->methods;
    space->methods = method;
  }
  if (!space->scratch.block && build->scratch.size <= SCRATCH_KEPT_MAX) {
    space->scratch = build->scratch;
    build->scratch.block = NULL;
  }
  pthread_mutex_unlock(space->lock);
  mem_free(build->scratch.block);
}

static void fill_handlers(const struct code_build *build, struct code_handler *handlers) {
  for (uint32_t i = 0; i < build->draft->handler_count; i++) {
    const struct insn_handler *from = &build->draft->handlers[i];
    ASSERT(from->handler < build->draft->insn_count && from->end <= build->draft->insn_count,
           "code.I1: handler %u of %s is at instruction %u, and covers those below %u, of %u", i, build->draft->name,
           from->handler, from->end, build->draft->insn_count);
    handlers[i] = (struct code_handler){.start = code_leader_pc(build, from->start),
                                        .end = code_leader_pc(build, from->end),
                                        .handler = code_leader_pc(build, from->handler)};
  }
}

// By site: an instruction where a loop begins has two, the poll's first.
static void fill_places(const struct code_build *build, struct code_place *places) {
  const struct code_place *end = places + build->site_count;
  for (uint32_t i = 0; i < build->draft->insn_count; i++) {
    const struct insn *insn = &build->draft->insns[i];
    const struct code_place place = {insn->line, insn->column};
    if (build->notes[i].marks & CODE_LOOP) *places++ = place;
    *places++ = place;
  }
  ASSERT(places == end, "code.I7: %s has places for %td sites more than it has", build->draft->name, places - end);
  (void)end;
}

// A method's arrays, which follow it in its block.
struct parts {
  uint64_t *code;
  struct code_site_run *sites;
  struct code_place *places; // or NULL
  struct code_handler *handlers;
  char *name, *source_name;
};

// Lays the parts out in `block`, or nowhere; returns their size in all.
static size_t lay_out_parts(const struct code_build *build, char *block, struct parts *parts) {
  const struct code_draft *draft = build->draft;
  size_t at = 0;
  (void)take(block, &at, sizeof(struct method));
  parts->code = take(block, &at, build->code_words * sizeof *parts->code);
  parts->sites = take(block, &at, code_site_bytes(build));
  parts->places = build->has_places ? take(block, &at, build->site_count * sizeof *parts->places) : NULL;
  parts->handlers = take(block, &at, draft->handler_count * sizeof *parts->handlers);
  parts->name = take(block, &at, strlen(draft->name) + 1);
  parts->source_name = draft->source_name ? take(block, &at, strlen(draft->source_name) + 1) : NULL;
  return at;
}

// Makes the method and its arrays, one block that is freed as one. NULL when memory is out.
static struct method *make_method(struct code_build *build) {
  const struct code_draft *draft = build->draft;
  struct parts parts;
  size_t size = lay_out_parts(build, NULL, &parts);
  uint8_t block_class = 0;
  pthread_mutex_lock(build->space->lock);
  struct method *method = code_memory_alloc(&build->space->blocks, size, &block_class);
  pthread_mutex_unlock(build->space->lock);
  if (!method) return NULL;
  size_t used = lay_out_parts(build, (char *)method, &parts);
  ASSERT(used == size, "code.I7: the parts of %s take %zu bytes of %zu", draft->name, used, size);
  (void)used;
  memcpy(parts.name, draft->name, strlen(draft->name) + 1);
  if (parts.source_name) memcpy(parts.source_name, draft->source_name, strlen(draft->source_name) + 1);
  memcpy(parts.code, build->code, build->code_words * sizeof *parts.code);
  code_copy_sites(build, parts.sites);
  if (parts.places) fill_places(build, parts.places);
  fill_handlers(build, parts.handlers);
  uint16_t init_start = draft->live_locals ? draft->local_count : draft->param_count;
  *method = (struct method){.code = parts.code,
                            .entry = build->space->entry,
                            .code_words = build->code_words,
                            .param_count = draft->param_count,
                            .local_count = draft->local_count,
                            .init_start = init_start,
                            .init_offset = (init_start - draft->local_count) * (int32_t)sizeof(struct value),
                            .frame_words = FRAME_WORDS + build->operands_max,
                            .site_count = build->site_count,
                            .has_handlers = draft->handler_count > 0,
                            .block_class = block_class,
                            .handler_count = draft->handler_count,
                            .name = parts.name,
                            .source_name = parts.source_name,
                            .sites = parts.sites,
                            .site_run_count = build->run_count,
                            .places = parts.places,
                            .handlers = parts.handlers,
                            .guest_data = draft->guest_data,
                            .ops = build->ops,
                            .vm = build->space->vm};
  return method;
}

enum loam_err code_method_create(struct code_space *space, const struct code_draft *draft, struct method **out,
                                 struct error *err) {
  struct code_build build = {.draft = draft, .ops = space->ops, .space = space};
  ASSERT(draft->param_count <= draft->local_count, "code.I2: %s has %u parameters in %u locals", draft->name,
         draft->param_count, draft->local_count);
  ASSERT(draft->local_count <= LOCALS_MAX, "code.I2: %s has %u locals", draft->name, draft->local_count);
  *out = NULL;
  if (draft->insn_count > DRAFT_INSNS_MAX)
    return error_set(err, LOAM_ERR_LIMIT, "%s has %u instructions; at most %u are possible", draft->name,
                     draft->insn_count, DRAFT_INSNS_MAX);
  bool has_room = begin(&build);
  if (has_room) code_look_at(&build);
  bool fits = build.operands_max < DEPTH_UNKNOWN;
  if (has_room && fits) {
    code_encode(&build, space->fuse);
    code_find_sites(&build);
    *out = make_method(&build);
  }
  finish(&build, *out);
  if (!fits)
    return error_set(err, LOAM_ERR_LIMIT, "%s has %u operands; fewer than %u are possible", draft->name,
                     build.operands_max, DEPTH_UNKNOWN);
  return *out ? LOAM_OK : error_set(err, LOAM_ERR_MEMORY, "no memory for the code of %s", draft->name);
}

enum loam_err code_native_create(struct code_space *space, const char *name, uint16_t param_count, native_fn *fn,
                                 void *guest_data, struct method **out, struct error *err) {
  // The last one is the native; a watcher stands before it, and it is never reached itself.
  struct insn insns[] = {{.op = CORE_NATIVE, .imm = {(int64_t)(intptr_t)space->watch}},
                         {.op = CORE_NATIVE, .imm = {(int64_t)(intptr_t)fn}}};
  struct code_draft draft = {.name = name,
                             .insns = space->watch ? insns : insns + 1,
                             .insn_count = space->watch ? 2 : 1,
                             .param_count = param_count,
                             .local_count = param_count,
                             .guest_data = guest_data};
  enum loam_err kind = code_method_create(space, &draft, out, err);
  if (kind != LOAM_OK) return kind;
  (*out)->site_count = (*out)->site_run_count = 0; // it comes from no bytecode
  (*out)->host_data = NULL;
  return LOAM_OK;
}

void code_method_count_slow(struct code_space *space, struct method *method) {
  if (method_slow_counts(method) || !method->site_count) return;
  pthread_mutex_lock(space->lock);
  if (!method->slow_counts) // one for each byte of code
    __atomic_store_n(&method->slow_counts, mem_alloc_zero(method->code_words, sizeof *method->code), __ATOMIC_RELEASE);
  pthread_mutex_unlock(space->lock);
}

native_fn *code_native_function(const struct method *method) {
  ASSERT(!method->site_count, "code.I4: the C function is asked for of %s, which has bytecode", method->name);
  struct code_insn insn;
  code_decode(method, 0, &insn);
  uint32_t size = insn.info->words * 8u;
  if (method->code_words * 8u > size) code_decode(method, size, &insn);
  return (native_fn *)(uintptr_t)insn.imm[0];
}

static void method_destroy(struct code_space *space, struct method *method) {
  mem_free((void *)method->compiled_at);
  mem_free(method->slow_counts);
  code_memory_free(&space->blocks, method, method->block_class);
}

void code_space_fini(struct code_space *space) {
  for (struct method *method = space->methods, *next; method; method = next) {
    next = method->next;
    method_destroy(space, method);
  }
  mem_free(space->scratch.block);
  code_memory_fini(&space->blocks);
  arena_fini(&space->memory);
  space->methods = NULL;
  space->op_facts = NULL;
}

// ---- freeing -------------------------------------------------------------------------------------------------------

static bool has_target_cache(const struct op_info *info) {
  for (unsigned i = 0; i < info->imm_count; i++)
    if (code_imm_is_target_cache(&op_imms(info)[i])) return true;
  return false;
}

// A released method is in a cache only as long as it isn't freed: so what is found may be looked at.
static void clear_caches_of(const struct method *method) {
  for (uint32_t word = 0; word < method->code_words;) {
    char *insn = (char *)(uintptr_t)(method->code + word);
    uint16_t op;
    memcpy(&op, insn, sizeof op);
    const struct op_info *info = &method->ops->ops[op];
    ASSERT(op < method->ops->count && info->words, "code.I4: word %u of %s begins with op %u of %u", word, method->name,
           op, method->ops->count);
    for (unsigned i = 0; i < info->imm_count; i++) {
      if (!code_imm_is_target_cache(&op_imms(info)[i])) continue;
      uint64_t *cache = (uint64_t *)(void *)(insn + op_imms(info)[i].offset);
      const struct method *target = (const struct method *)(uintptr_t)__atomic_load_n(cache, __ATOMIC_RELAXED);
      if (target && target->is_released) __atomic_store_n(cache, 0, __ATOMIC_RELAXED);
    }
    word += info->words;
  }
}

void code_clear_caches(struct code_space *space) {
  bool any = false;
  for (unsigned op = 0; op < space->ops->count && !any; op++) any = has_target_cache(&space->ops->ops[op]);
  for (const struct method *method = space->methods; any && method; method = method->next) clear_caches_of(method);
}

void code_free_released(struct code_space *space, void (*unmake)(void *context, struct method *method), void *context) {
  for (struct method **at = &space->methods, *method; (method = *at);) {
    if (!method->is_released || method->is_named) {
      at = &method->next;
      continue;
    }
    *at = method->next;
    unmake(context, method);
    pthread_mutex_lock(space->lock);
    method_destroy(space, method);
    pthread_mutex_unlock(space->lock);
  }
}
