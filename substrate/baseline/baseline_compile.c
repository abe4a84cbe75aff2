// SPDX-License-Identifier: MIT
//
// baseline_compile.c: one pass to choose stencils and size the code, one to copy and patch.
//
// The code of a method: the stencils of its reachable instructions in their order, then their slow exits, out of the
// way of the fast paths.
#define LOAM_BASELINE_MODULE
#include "baseline/baseline_int.h"

#include "os/os_clock.h"

#include <string.h>

void baseline_init(struct baseline *baseline, const struct op_table *ops, struct emit_memory *code) {
  *baseline = (struct baseline){.ops = ops, .code = code};
  pthread_mutex_init(&baseline->lock, NULL);
}

void baseline_fini(struct baseline *baseline) {
  if (!baseline->code) return;
  pthread_mutex_destroy(&baseline->lock);
  baseline->code = NULL;
}

// A method being compiled. `at` are offsets into its code by code word; METHOD_NOT_COMPILED where no instruction
// starts.
struct compilation {
  const struct baseline *baseline;
  const struct method *method;
  uint32_t *at;
  uint32_t slow_start, size;
};

static const char *insn_at(const struct method *method, uint32_t word) { return (const char *)(method->code + word); }

static uint16_t op_at(const struct method *method, uint32_t word) {
  uint16_t op;
  memcpy(&op, insn_at(method, word), sizeof op);
  return op;
}

static const struct stencil *stencil_of(const struct baseline *baseline, uint16_t op, uint32_t depth) {
  const struct stencil *both = baseline->ops->stencils[op];
  return depth == 0 && both[1].code ? &both[1] : &both[0];
}

// Walks the reachable instructions of a method.
struct walk {
  const struct method *method;
  uint32_t word, site, depth;
  const struct op_info *info;
  uint16_t op;
};

static bool walk_next(struct walk *walk) {
  const struct method *method = walk->method;
  if (walk->info) walk->word += walk->info->words;
  for (; walk->word < method->code_words; walk->word += walk->info->words) {
    walk->op = op_at(method, walk->word);
    walk->info = &method->ops->ops[walk->op];
    while (method->sites[walk->site].pc < walk->word * 8) walk->site++;
    walk->depth = method->sites[walk->site].depth;
    if (walk->depth != DEPTH_UNKNOWN) return true;
  }
  return false;
}

// The size of an instruction's code but for its slow exit. A callee returns to a landing behind the stencil.
static uint32_t size_of(const struct baseline *baseline, const struct stencil *stencil) {
  return stencil->size + (baseline_has_hole(stencil, HOLE_RETURN) ? baseline->ops->landing->size : 0);
}

// How much code the method becomes. False when an op has no stencil, or one that can't be used.
static bool measure(struct compilation *compilation) {
  const struct baseline *baseline = compilation->baseline;
  uint32_t slow_count = 0;
  for (struct walk walk = {.method = compilation->method}; walk_next(&walk);) {
    const struct stencil *stencil = stencil_of(baseline, walk.op, walk.depth);
    if (!stencil->code || !baseline_reaches(baseline, stencil)) return false;
    compilation->slow_start += size_of(baseline, stencil);
    slow_count += baseline_has_hole(stencil, HOLE_SLOW);
  }
  compilation->size = compilation->slow_start + slow_count * baseline->ops->slow_exit->size;
  return true;
}

// Gives every instruction its offset.
static void lay_out(const struct compilation *compilation) {
  uint32_t at = 0;
  for (uint32_t i = 0; i < compilation->method->code_words; i++) compilation->at[i] = METHOD_NOT_COMPILED;
  for (struct walk walk = {.method = compilation->method}; walk_next(&walk);) {
    compilation->at[walk.word] = at;
    at += size_of(compilation->baseline, stencil_of(compilation->baseline, walk.op, walk.depth));
  }
}

static const uint8_t *target_of(const struct compilation *compilation, const struct walk *walk, const uint8_t *run) {
  for (unsigned i = 0; i < walk->info->imm_count; i++) {
    if (walk->info->imms[i].kind != IMM_TARGET) continue;
    int32_t distance;
    memcpy(&distance, insn_at(compilation->method, walk->word) + walk->info->imms[i].offset, sizeof distance);
    uint32_t offset = compilation->at[(int64_t)walk->word + distance];
    ASSERT(offset != METHOD_NOT_COMPILED, "baseline.I4: %s jumps from word %u to what is not compiled",
           compilation->method->name, walk->word);
    return run + offset;
  }
  return NULL;
}

// Puts the landing behind the stencil at `place`.
static void land(const struct compilation *compilation, const struct stencil *stencil, struct baseline_place place,
                 struct walk walk) {
  bool goes_on = walk_next(&walk);
  ASSERT(goes_on, "baseline.I4: %s ends with a call", compilation->method->name);
  place.write += stencil->size;
  place.run += stencil->size;
  place.depth_after = walk.depth;
  baseline_patch(compilation->baseline->ops->landing, &place);
}

static void generate(const struct compilation *compilation, uint8_t *write, const uint8_t *run) {
  const struct baseline *baseline = compilation->baseline;
  const struct stencil *exit = baseline->ops->slow_exit;
  uint32_t slow = compilation->slow_start;
  for (struct walk walk = {.method = compilation->method}; walk_next(&walk);) {
    const struct stencil *stencil = stencil_of(baseline, walk.op, walk.depth);
    uint32_t offset = compilation->at[walk.word];
    struct baseline_place place = {.write = write + offset,
                                   .run = run + offset,
                                   .insn = insn_at(compilation->method, walk.word),
                                   .depth = walk.depth,
                                   .target = target_of(compilation, &walk, run),
                                   .slow = run + slow,
                                   .slow_twin = baseline->ops->slow_twins[walk.op],
                                   .info = walk.info};
    baseline_patch(stencil, &place);
    if (baseline_has_hole(stencil, HOLE_RETURN)) land(compilation, stencil, place, walk);
    if (!baseline_has_hole(stencil, HOLE_SLOW)) continue;
    place.write = write + slow;
    place.run = run + slow;
    baseline_patch(exit, &place);
    slow += exit->size;
  }
}

// The lock is held.
static bool compile(struct baseline *baseline, struct method *method) {
  struct compilation compilation = {.baseline = baseline, .method = method};
  if (!measure(&compilation)) return false;
  compilation.at = mem_alloc((method->code_words + 1) * sizeof *compilation.at);
  struct emit_block block;
  if (!compilation.at || !emit_alloc(baseline->code, compilation.size, &block)) {
    mem_free(compilation.at);
    return false;
  }
  compilation.at[method->code_words] = (uint32_t)block.size;
  lay_out(&compilation);
  generate(&compilation, block.write, block.run);
  emit_name(baseline->code, &block, "baseline", method->name, method->source_name);
  baseline->methods++;
  baseline->instructions += method->site_count;
  baseline->code_bytes += block.size;
  const char *compiled = (const char *)block.run;
  method->compiled_at = compilation.at;
  // Released: who sees the code's address sees its map, and the code.
  __atomic_store_n(&method->compiled, compiled, __ATOMIC_RELEASE);
  __atomic_store_n(&method->entry, (const void *)compiled, __ATOMIC_RELEASE);
  return true;
}

size_t baseline_forget(struct baseline *baseline, const struct method *method) {
  if (!method->compiled) return 0;
  size_t offset = (size_t)((const uint8_t *)method->compiled - baseline->code->run_base);
  struct emit_block block = {baseline->code->write_base + offset, baseline->code->run_base + offset,
                             method->compiled_at[method->code_words]};
  emit_free(baseline->code, &block);
  return block.size;
}

bool baseline_compile(struct baseline *baseline, struct method *method) {
  if (!method->site_count) return false; // natives have no sites, and nothing to gain
  uint64_t start = os_clock_ns();
  pthread_mutex_lock(&baseline->lock);
  if (!method->compiled && !method->stays_interpreted) {
    method->stays_interpreted = !compile(baseline, method);
    baseline->refused += method->stays_interpreted;
    baseline->compile_ns += os_clock_ns() - start;
  }
  bool done = method->compiled != NULL;
  pthread_mutex_unlock(&baseline->lock);
  return done;
}
