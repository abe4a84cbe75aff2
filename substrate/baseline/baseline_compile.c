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
  bool is_near; // all distances of its frame fit 8 bits: no need to look at each
};

// So many words from fp, on both sides, fit 8 bits.
#define NEAR_WORDS 15

static const char *insn_at(const struct method *method, uint32_t word) { return (const char *)(method->code + word); }

static uint16_t op_at(const struct method *method, uint32_t word) {
  uint16_t op;
  memcpy(&op, insn_at(method, word), sizeof op);
  return op;
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

// The stencils of an instruction: of itself, of the landing behind it and of its slow exit; NULL when it has none.
struct choice {
  const struct stencil *own, *landing, *slow_exit;
};

static const struct stencil *choose_near(const struct compilation *compilation, const struct stencil *far,
                                         const struct stencil *near, const struct baseline_place *place) {
  return (near->flags & STENCIL_EXISTS) && (compilation->is_near || baseline_is_near(near, place)) ? near : far;
}

static struct choice choose(const struct compilation *compilation, const struct walk *walk,
                            struct baseline_place *place) {
  const struct stencil_set *set = compilation->baseline->ops->stencils;
  *place = (struct baseline_place){
      .set = set, .insn = insn_at(walk->method, walk->word), .depth = walk->depth, .info = walk->info};
  const struct stencil *forms = set->ops[walk->op];
  bool empty = walk->depth == 0 && (forms[STENCIL_EMPTY].flags & STENCIL_EXISTS);
  const struct stencil *far = &forms[empty ? STENCIL_EMPTY : STENCIL_ANY];
  struct choice choice = {.own = choose_near(compilation, far, far + STENCIL_NEAR, place)};
  if (far->flags & STENCIL_GOES_SLOW)
    choice.slow_exit = choose_near(compilation, &set->slow_exit[0], &set->slow_exit[1], place);
  if (far->flags & STENCIL_CALLS) {
    struct walk after = *walk;
    bool goes_on = walk_next(&after);
    ASSERT(goes_on, "baseline.I4: %s ends with a call", walk->method->name);
    (void)goes_on;
    place->depth_after = after.depth;
    choice.landing = choose_near(compilation, &set->landing[0], &set->landing[1], place);
  }
  return choice;
}

// Gives every instruction its offset: first come the instructions, each with its landing, then the slow exits. False
// when an op has no stencil, or one that can't be used.
static bool lay_out(struct compilation *compilation) {
  const struct baseline *baseline = compilation->baseline;
  uint32_t at = 0, slow_size = 0;
  for (uint32_t i = 0; i < compilation->method->code_words; i++) compilation->at[i] = METHOD_NOT_COMPILED;
  for (struct walk walk = {.method = compilation->method}; walk_next(&walk);) {
    struct baseline_place place;
    struct choice choice = choose(compilation, &walk, &place);
    if (!(choice.own->flags & STENCIL_EXISTS) || !baseline_reaches(baseline, choice.own)) return false;
    compilation->at[walk.word] = at;
    at += choice.own->size + (choice.landing ? choice.landing->size : 0);
    slow_size += choice.slow_exit ? choice.slow_exit->size : 0;
  }
  compilation->slow_start = at;
  compilation->size = at + slow_size;
  return true;
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

// Copies a stencil to `offset` of the code.
static void put(const struct stencil *stencil, struct baseline_place *place, uint8_t *write, const uint8_t *run,
                uint32_t offset) {
  place->write = write + offset;
  place->run = run + offset;
  baseline_patch(stencil, place);
}

static void generate(const struct compilation *compilation, uint8_t *write, const uint8_t *run) {
  const struct baseline *baseline = compilation->baseline;
  uint32_t slow = compilation->slow_start;
  for (struct walk walk = {.method = compilation->method}; walk_next(&walk);) {
    struct baseline_place place;
    struct choice choice = choose(compilation, &walk, &place);
    uint32_t offset = compilation->at[walk.word];
    place.target = target_of(compilation, &walk, run);
    place.slow = run + slow;
    put(choice.own, &place, write, run, offset);
    if (choice.landing) put(choice.landing, &place, write, run, offset + choice.own->size);
    if (!choice.slow_exit) continue;
    place.slow_twin = baseline->ops->slow_twins[walk.op];
    put(choice.slow_exit, &place, write, run, slow);
    slow += choice.slow_exit->size;
  }
}

// The lock is held.
static bool compile(struct baseline *baseline, struct method *method) {
  struct compilation compilation = {.baseline = baseline,
                                    .method = method,
                                    .is_near = method->local_count < NEAR_WORDS && method->frame_words <= NEAR_WORDS};
  compilation.at = mem_alloc((method->code_words + 1) * sizeof *compilation.at);
  struct emit_block block;
  if (!compilation.at || !lay_out(&compilation) || !emit_alloc(baseline->code, compilation.size, &block)) {
    mem_free(compilation.at);
    return false;
  }
  compilation.at[method->code_words] = (uint32_t)block.size;
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
