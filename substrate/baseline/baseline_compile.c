// SPDX-License-Identifier: MIT
//
// baseline_compile.c: one pass to read instructions, one to choose stencils and size the code, one to copy and patch.
//
// The code of a method: the hot parts of the stencils of its reachable instructions in their order, then the cold
// parts, each with what is tried before its slow exit and that behind it, out of the way of the fast paths.
#define LOAM_BASELINE_MODULE
#include "baseline/baseline_int.h"

#include "os/os_clock.h"

#include <string.h>

void baseline_init(struct baseline *baseline, const struct op_table *ops, struct emit_memory *code) {
  *baseline = (struct baseline){.ops = ops, .code = code};
  pthread_mutex_init(&baseline->lock, NULL);
  os_process_note_lock(&baseline->at_fork, &baseline->lock);
}

void baseline_fini(struct baseline *baseline) {
  if (!baseline->code) return;
  os_process_forget_lock(&baseline->at_fork);
  pthread_mutex_destroy(&baseline->lock);
  baseline->code = NULL;
}

// A method being compiled. `at` is by code word, METHOD_NOT_COMPILED where no instruction starts: first the number of
// the instruction, in the end the offset of its code.
struct compilation {
  const struct baseline *baseline;
  struct baseline_code code;
  uint32_t *at;
  uint32_t slow_start, size;
  bool is_near; // all distances of its frame fit 8 bits: no need to look at each
};

// So many words from fp, on both sides, fit 8 bits.
#define NEAR_WORDS 15

static const char *bytes_at(const struct method *method, uint32_t word) { return (const char *)(method->code + word); }

static uint16_t op_at(const struct method *method, uint32_t word) {
  uint16_t op;
  memcpy(&op, bytes_at(method, word), sizeof op);
  return op;
}

// Reads the reachable instructions, whose depths are in the site table.
static void read_instructions(struct compilation *compilation) {
  const struct method *method = compilation->code.method;
  struct code_site_walk sites = {0};
  memset(compilation->at, 0xff, method->code_words * sizeof *compilation->at);
  for (uint32_t word = 0, words; word < method->code_words; word += words) {
    uint16_t op = op_at(method, word);
    const struct op_info *info = &method->ops->ops[op];
    words = info->words;
    ASSERT(op < method->ops->count && words, "%s has op %u of %u at word %u", method->name, op, method->ops->count,
           word);
    while (code_site_next(method, &sites) && sites.site.pc < word * 8) {
    }
    ASSERT(sites.site.pc == word * 8, "%s has no site at word %u", method->name, word);
    if (sites.site.depth == DEPTH_UNKNOWN) continue;
    ASSERT(compilation->code.count < method->site_count, "%s has more instructions than sites", method->name);
    compilation->at[word] = compilation->code.count;
    compilation->code.insns[compilation->code.count++] =
        (struct baseline_insn){.info = info, .word = word, .op = op, .depth = sites.site.depth};
  }
}

// The word that an instruction branches to, or METHOD_NOT_COMPILED.
static uint32_t target_word(const struct method *method, const struct baseline_insn *insn) {
  const struct op_imm *imms = op_imms(insn->info);
  for (unsigned i = 0; i < insn->info->imm_count; i++) {
    if (imms[i].kind != IMM_TARGET) continue;
    int32_t distance;
    memcpy(&distance, bytes_at(method, insn->word) + imms[i].offset, sizeof distance);
    return (uint32_t)((int64_t)insn->word + distance);
  }
  return METHOD_NOT_COMPILED;
}

static void find_targets(struct compilation *compilation) {
  struct baseline_code *code = &compilation->code;
  const struct method *method = code->method;
  for (uint32_t i = 0; i < code->count; i++) {
    struct baseline_insn *insn = &code->insns[i];
    uint32_t word = target_word(method, insn);
    insn->target = BASELINE_NO_TARGET;
    if (word == METHOD_NOT_COMPILED) continue;
    ASSERT(word < method->code_words && compilation->at[word] < code->count,
           "baseline.I4: %s branches from word %u to %u of %u, which is not compiled", method->name, insn->word, word,
           method->code_words);
    insn->target = compilation->at[word];
    if (!code->insns[insn->target].label) code->insns[insn->target].label = ++code->label_count;
  }
  for (uint32_t i = 0; i < method->handler_count; i++) {
    uint32_t handler = compilation->at[method->handlers[i].handler / sizeof *method->code];
    if (handler != METHOD_NOT_COMPILED) code->insns[handler].is_handler = true;
  }
}

static const struct stencil *choose_near(const struct compilation *compilation, const struct stencil *far,
                                         const struct stencil *near, const struct baseline_place *place) {
  return (near->flags & STENCIL_EXISTS) && (compilation->is_near || baseline_is_near(near, place)) ? near : far;
}

static const struct stencil *choose_joint(const struct compilation *compilation, enum stencil_joint joint,
                                          const struct baseline_place *place) {
  const struct stencil *two = compilation->baseline->ops->stencils->joints[joint];
  return choose_near(compilation, &two[0], &two[1], place);
}

// The forms of an instruction's stencil.
static const struct stencil *forms_of(const struct stencil_set *set, const struct baseline_place *place) {
  const struct baseline_insn *insn = place->insn;
  const struct stencil_few *few = set->few;
  while (few->op < insn->op) few++;
  if (few->op != insn->op) return set->ops[insn->op];
  uint16_t value;
  memcpy(&value, place->bytes + few->at, sizeof value);
  return set->ops[value < few->count ? few->first + value : insn->op];
}

static struct baseline_place place_of(const struct compilation *compilation, const struct baseline_insn *insn) {
  const char *bytes = bytes_at(compilation->code.method, insn->word);
  return (struct baseline_place){.set = compilation->baseline->ops->stencils,
                                 .insn = insn,
                                 .bytes = bytes,
                                 .values[HOLE_STACK] = baseline_distance(insn->depth),
                                 .values[HOLE_BACK] = -baseline_distance(insn->depth_after),
                                 .values[HOLE_PC] = baseline_address(bytes)};
}

// Chooses what goes behind an instruction, which is told what it finds there.
static const struct stencil *choose_behind(const struct compilation *compilation, struct baseline_insn *insn,
                                           const struct stencil *own) {
  if (!(own->flags & (STENCIL_CALLS | STENCIL_CACHES)) && !own->reload_size) return NULL;
  const struct baseline_insn *after = insn + 1;
  ASSERT(after < compilation->code.insns + compilation->code.count, "baseline.I4: %s ends with a %s",
         compilation->code.method->name, op_name(insn->info));
  insn->depth_after = after->depth;
  insn->empties = own->reload_size && after->depth == 0;
  const struct stencil_set *set = compilation->baseline->ops->stencils;
  if (own->flags & STENCIL_CALLS) return &set->joints[JOINT_LANDING][0]; // all alike: see interp_landing_at
  if (!(own->flags & STENCIL_CACHES) || !after->label) return NULL;
  struct baseline_place behind = {.set = set, .insn = insn, .values[HOLE_STACK] = baseline_distance(after->depth)};
  return choose_joint(compilation, JOINT_SPILL, &behind);
}

// May the instruction go slow, with the tests that are left?
static bool goes_slow(const struct stencil *stencil, const struct baseline_place *place) {
  bool slow = stencil->flags & STENCIL_GOES_SLOW;
  for (unsigned i = 0; i < stencil->span_count && !slow; i++)
    slow = !baseline_left_out(&place->set->spans[stencil->spans + i], place);
  return slow;
}

// The stencil of the form that is copied between an instruction and its slow exit.
static const struct stencil *choose_retry(const struct compilation *compilation, enum stencil_form form,
                                          const struct baseline_place *place) {
  const struct stencil_set *set = place->set;
  if (!set->retries[place->insn->op]) return NULL;
  const struct stencil *retry = &set->ops[set->retries[place->insn->op]][form];
  ASSERT(retry->flags & STENCIL_EXISTS, "baseline.I4: %s can't be tried again", op_name(place->insn->info));
  if (!baseline_reaches(compilation->baseline, retry)) return NULL;
  return choose_near(compilation, retry, retry + STENCIL_NEAR, place);
}

// Chooses the instruction's stencils. `cached` is whether the operand below the top is in its register, before and
// after it.
static void choose(const struct compilation *compilation, struct baseline_insn *insn, bool *cached) {
  struct baseline_place place = place_of(compilation, insn);
  const struct stencil *forms = forms_of(place.set, &place);
  bool empty = insn->depth == 0 && (forms[STENCIL_EMPTY].flags & STENCIL_EXISTS);
  enum stencil_form form = empty ? STENCIL_EMPTY : *cached ? STENCIL_CACHED : STENCIL_ANY;
  const struct stencil *far = &forms[form];
  insn->own = choose_near(compilation, far, far + STENCIL_NEAR, &place);
  if (*cached) insn->enter = choose_joint(compilation, JOINT_ENTER, &place);
  if (goes_slow(far, &place))
    insn->slow_exit = choose_joint(compilation, *cached ? JOINT_SLOW_EXIT_CACHED : JOINT_SLOW_EXIT, &place);
  if (insn->slow_exit) insn->retry = choose_retry(compilation, form, &place);
  insn->behind = choose_behind(compilation, insn, far);
  insn->size = baseline_size(insn->own, &place);
  *cached = (far->flags & STENCIL_CACHES) && !insn->behind;
}

static uint32_t size_of(const struct stencil *stencil) { return stencil ? stencil->size : 0; }
static uint32_t cold_size_of(const struct stencil *stencil) { return stencil ? stencil->cold_size : 0; }

// Gives every instruction its stencils and offset: first come hot parts, each with what is behind it, then cold parts,
// slow exits and entries. False when an op has no stencil, or one that can't be used.
static bool lay_out(struct compilation *compilation) {
  uint32_t at = 0, slow_size = 0;
  bool cached = false;
  for (uint32_t i = 0; i < compilation->code.count; i++) {
    struct baseline_insn *insn = &compilation->code.insns[i];
    choose(compilation, insn, &cached);
    if (!(insn->own->flags & STENCIL_EXISTS) || !baseline_reaches(compilation->baseline, insn->own)) return false;
    insn->offset = at;
    at += insn->size + size_of(insn->behind);
    slow_size += insn->own->cold_size + size_of(insn->retry) + cold_size_of(insn->retry);
    slow_size += size_of(insn->slow_exit) + size_of(insn->enter);
  }
  compilation->slow_start = at;
  compilation->size = at + slow_size;
  return true;
}

// Copies a stencil to `offset` of the code, its cold part to `cold`.
static void put(const struct stencil *stencil, struct baseline_place *place, const struct emit_block *block,
                uint32_t offset, uint32_t cold) {
  ASSERT(offset + baseline_size(stencil, place) <= block->size && cold + stencil->cold_size <= block->size,
         "baseline.I3: stencils are put to %u and %u of a block of %zu bytes", offset, cold, block->size);
  place->write = block->write + offset;
  place->run = block->run + offset;
  place->cold_write = block->write + cold;
  place->cold_run = block->run + cold;
  place->values[HOLE_HOT] = baseline_address(place->run);
  place->values[HOLE_COLD] = baseline_address(place->cold_run);
  baseline_patch(stencil, place);
}

static void generate(const struct compilation *compilation, const struct emit_block *block) {
  const struct baseline_code *code = &compilation->code;
  uint32_t cold = compilation->slow_start;
  uint32_t landed = 0; // where the landing before the instruction ends; 0: there is none
  for (uint32_t i = 0; i < code->count; i++) {
    const struct baseline_insn *insn = &code->insns[i];
    struct baseline_place place = place_of(compilation, insn);
    uint32_t offset = insn->offset, behind = offset + insn->size, slow = cold + insn->own->cold_size;
    ASSERT(!landed || (landed == offset && !insn->enter), "baseline.I6: the landing before word %u of %s ends at %u",
           insn->word, code->method->name, landed);
    landed = insn->own->flags & STENCIL_CALLS ? behind + insn->behind->size : 0;
    if (insn->target != BASELINE_NO_TARGET)
      place.values[HOLE_TARGET] = baseline_address(block->run + code->insns[insn->target].offset);
    place.values[HOLE_NEXT] = place.values[HOLE_RETURN] = baseline_address(block->run + behind);
    place.values[HOLE_SLOW] = baseline_address(block->run + slow);
    put(insn->own, &place, block, offset, cold);
    cold = slow;
    if (insn->retry) {
      cold += insn->retry->size + insn->retry->cold_size;
      place.values[HOLE_SLOW] = baseline_address(block->run + cold);
      put(insn->retry, &place, block, slow, slow + insn->retry->size);
    }
    if (insn->slow_exit) {
      place.values[HOLE_SLOW_TWIN] = baseline_address(compilation->baseline->ops->slow_twins[insn->op]);
      put(insn->slow_exit, &place, block, cold, cold);
      cold += insn->slow_exit->size;
    }
    compilation->at[insn->word] = offset;
    if (insn->enter) {
      place.values[HOLE_TARGET] = baseline_address(block->run + offset);
      put(insn->enter, &place, block, cold, cold);
      compilation->at[insn->word] = cold;
      cold += insn->enter->size;
    }
    if (!insn->behind) continue;
    if (!(insn->own->flags & STENCIL_CALLS)) place.values[HOLE_STACK] = baseline_distance(insn->depth_after);
    place.values[HOLE_NEXT] = baseline_address(block->run + behind + insn->behind->size);
    put(insn->behind, &place, block, behind, cold);
  }
}

// Stencils name the bytecode in four bytes (code/code_memory.h).
static bool is_low(const struct method *method) { return (uintptr_t)(method->code + method->code_words) <= INT32_MAX; }

// The lock is held.
static bool compile(struct baseline *baseline, struct method *method) {
  if (!is_low(method)) return false;
  struct compilation compilation = {.baseline = baseline,
                                    .code.method = method,
                                    .is_near = method->local_count < NEAR_WORDS && method->frame_words <= NEAR_WORDS};
  compilation.at = mem_alloc((method->code_words + 1) * sizeof *compilation.at);
  compilation.code.insns = mem_alloc(method->site_count * sizeof *compilation.code.insns);
  struct emit_block block;
  bool fits = compilation.at && compilation.code.insns;
  if (fits) {
    read_instructions(&compilation);
    find_targets(&compilation);
    baseline_find_known(&compilation.code);
    fits = lay_out(&compilation) && emit_alloc(baseline->code, compilation.size, &block);
  }
  if (fits) generate(&compilation, &block);
  mem_free(compilation.code.insns);
  if (!fits) {
    mem_free(compilation.at);
    return false;
  }
  compilation.at[method->code_words] = (uint32_t)block.size;
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
  ASSERT(offset < baseline->code->bytes && method->compiled_at, "the code of %s is at %zu of %zu bytes", method->name,
         offset, baseline->code->bytes);
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
