// SPDX-License-Identifier: MIT
//
// baseline_compile.c: one pass to choose stencils and size the code, one to copy and patch.
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

// A method being compiled. `at` are offsets into its code by code word; METHOD_NOT_COMPILED where no instruction
// starts.
struct compilation {
  const struct baseline *baseline;
  const struct method *method;
  uint32_t *at;
  struct baseline_mark *marks;
  uint32_t target_count;
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

bool baseline_walk_next(struct baseline_walk *walk) {
  const struct method *method = walk->method;
  if (walk->info) walk->word += walk->info->words;
  for (; walk->word < method->code_words; walk->word += walk->info->words) {
    walk->op = op_at(method, walk->word);
    walk->info = &method->ops->ops[walk->op];
    ASSERT(walk->op < method->ops->count && walk->info->words, "%s has op %u of %u at word %u", method->name, walk->op,
           method->ops->count, walk->word);
    while (code_site_next(method, &walk->sites) && walk->sites.site.pc < walk->word * 8) {
    }
    ASSERT(walk->sites.site.pc == walk->word * 8, "%s has no site at word %u", method->name, walk->word);
    walk->depth = walk->sites.site.depth;
    if (walk->depth != DEPTH_UNKNOWN) return true;
  }
  return false;
}

uint32_t baseline_walk_target(const struct baseline_walk *walk) {
  for (unsigned i = 0; i < walk->info->imm_count; i++) {
    if (op_imms(walk->info)[i].kind != IMM_TARGET) continue;
    int32_t distance;
    memcpy(&distance, insn_at(walk->method, walk->word) + op_imms(walk->info)[i].offset, sizeof distance);
    return (uint32_t)((int64_t)walk->word + distance);
  }
  return METHOD_NOT_COMPILED;
}

static void find_targets(struct compilation *compilation) {
  memset(compilation->marks, 0, compilation->method->code_words * sizeof *compilation->marks);
  for (struct baseline_walk walk = {.method = compilation->method}; baseline_walk_next(&walk);) {
    uint32_t target = baseline_walk_target(&walk);
    if (target != METHOD_NOT_COMPILED && !compilation->marks[target].target)
      compilation->marks[target].target = ++compilation->target_count;
    ASSERT(target == METHOD_NOT_COMPILED || target < compilation->method->code_words,
           "baseline.I4: %s branches from word %u to %u of %u", compilation->method->name, walk.word, target,
           compilation->method->code_words);
  }
}

// The stencils of an instruction: of itself, then what goes behind it (a landing or the way out of the register), its
// slow exit and its entry from outside, and what it does before it takes the slow exit; NULL when it has none.
struct choice {
  const struct stencil *own, *behind, *slow_exit, *enter, *retry;
};

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
static const struct stencil *forms_of(const struct stencil_set *set, const struct baseline_walk *walk) {
  const struct stencil_few *few = set->few;
  while (few->op < walk->op) few++;
  if (few->op != walk->op) return set->ops[walk->op];
  uint16_t value;
  memcpy(&value, insn_at(walk->method, walk->word) + few->at, sizeof value);
  return set->ops[value < few->count ? few->first + value : walk->op];
}

// What goes behind an instruction, and what the place says of the one after it.
static const struct stencil *choose_behind(const struct compilation *compilation, const struct baseline_walk *walk,
                                           const struct stencil *own, struct baseline_place *place) {
  if (!(own->flags & (STENCIL_CALLS | STENCIL_CACHES)) && !own->reload_size) return NULL;
  struct baseline_walk after = *walk;
  bool goes_on = baseline_walk_next(&after);
  ASSERT(goes_on, "baseline.I4: %s ends with a %s", walk->method->name, op_name(walk->info));
  (void)goes_on;
  place->depth_after = after.depth;
  place->empties = own->reload_size && after.depth == 0;
  if (own->flags & STENCIL_CALLS) return &place->set->joints[JOINT_LANDING][0]; // all alike: see interp_landing_at
  if (!(own->flags & STENCIL_CACHES) || !compilation->marks[after.word].target) return NULL;
  struct baseline_place behind = {.set = place->set, .depth = after.depth};
  return choose_joint(compilation, JOINT_SPILL, &behind);
}

// May the instruction go slow, with the tests that are left?
static bool goes_slow(const struct stencil *stencil, const struct baseline_place *place) {
  bool slow = stencil->flags & STENCIL_GOES_SLOW;
  for (unsigned i = 0; i < stencil->span_count && !slow; i++)
    slow = !baseline_left_out(&place->set->spans[stencil->spans + i], place);
  return slow;
}

// The stencil of the same form as `far` that is copied between an instruction and its slow exit.
static const struct stencil *choose_retry(const struct compilation *compilation, const struct baseline_walk *walk,
                                          const struct stencil *far, const struct baseline_place *place) {
  const struct stencil_set *set = place->set;
  if (!set->retries[walk->op]) return NULL;
  const struct stencil *retry = &set->ops[set->retries[walk->op]][far - forms_of(set, walk)];
  ASSERT(retry->flags & STENCIL_EXISTS, "baseline.I4: %s can't be tried again", op_name(walk->info));
  if (!baseline_reaches(compilation->baseline, retry)) return NULL;
  return choose_near(compilation, retry, retry + STENCIL_NEAR, place);
}

// Chooses for the instruction, and lets the walk know what it leaves in registers.
static struct choice choose(const struct compilation *compilation, struct baseline_walk *walk,
                            struct baseline_place *place) {
  const struct stencil_set *set = compilation->baseline->ops->stencils;
  *place = (struct baseline_place){.set = set,
                                   .insn = insn_at(walk->method, walk->word),
                                   .depth = walk->depth,
                                   .info = walk->info,
                                   .known = compilation->marks[walk->word].known};
  const struct stencil *forms = forms_of(set, walk);
  bool cached = walk->cached, empty = walk->depth == 0 && (forms[STENCIL_EMPTY].flags & STENCIL_EXISTS);
  const struct stencil *far = &forms[empty ? STENCIL_EMPTY : cached ? STENCIL_CACHED : STENCIL_ANY];
  struct choice choice = {.own = choose_near(compilation, far, far + STENCIL_NEAR, place)};
  if (cached) choice.enter = choose_joint(compilation, JOINT_ENTER, place);
  if (goes_slow(far, place))
    choice.slow_exit = choose_joint(compilation, cached ? JOINT_SLOW_EXIT_CACHED : JOINT_SLOW_EXIT, place);
  if (choice.slow_exit) choice.retry = choose_retry(compilation, walk, far, place);
  choice.behind = choose_behind(compilation, walk, far, place);
  walk->cached = (far->flags & STENCIL_CACHES) && !choice.behind;
  return choice;
}

static uint8_t joint_number(const struct stencil_set *set, const struct stencil *joint) {
  ASSERT(!joint || (size_t)(joint - (const struct stencil *)set->joints) < 2 * (JOINT_LANDING + 1),
         "joint %td of %d is chosen", joint - (const struct stencil *)set->joints, 2 * (JOINT_LANDING + 1));
  return joint ? (uint8_t)(joint - (const struct stencil *)set->joints + 1) : 0;
}

static const struct stencil *joint_of(const struct stencil_set *set, uint8_t number) {
  return number ? &set->joints[(number - 1) / 2][(number - 1) % 2] : NULL;
}

// Notes what was chosen, for the second walk.
static void note(struct baseline_mark *mark, const struct baseline_walk *walk, const struct choice *choice,
                 const struct baseline_place *place) {
  mark->own = (uint8_t)(choice->own - forms_of(place->set, walk));
  ASSERT(mark->own < STENCIL_FORMS && place->depth_after <= UINT16_MAX, "form %u of %d, with %u operands behind it",
         mark->own, STENCIL_FORMS, place->depth_after);
  mark->behind = joint_number(place->set, choice->behind);
  mark->slow_exit = joint_number(place->set, choice->slow_exit);
  mark->enter = joint_number(place->set, choice->enter);
  mark->retry = choice->retry ? (uint8_t)(choice->retry - place->set->ops[place->set->retries[walk->op]] + 1) : 0;
  mark->depth_after = (uint16_t)place->depth_after;
  mark->empties = place->empties;
}

static struct choice recall(const struct compilation *compilation, const struct baseline_walk *walk,
                            struct baseline_place *place) {
  const struct stencil_set *set = compilation->baseline->ops->stencils;
  const struct baseline_mark *mark = &compilation->marks[walk->word];
  *place = (struct baseline_place){.set = set,
                                   .insn = insn_at(walk->method, walk->word),
                                   .depth = walk->depth,
                                   .depth_after = mark->depth_after,
                                   .info = walk->info,
                                   .known = mark->known,
                                   .empties = mark->empties};
  return (struct choice){&forms_of(set, walk)[mark->own], joint_of(set, mark->behind), joint_of(set, mark->slow_exit),
                         joint_of(set, mark->enter),
                         mark->retry ? &set->ops[set->retries[walk->op]][mark->retry - 1] : NULL};
}

static uint32_t size_of(const struct stencil *stencil) { return stencil ? stencil->size : 0; }
static uint32_t cold_size_of(const struct stencil *stencil) { return stencil ? stencil->cold_size : 0; }

// Gives every instruction its offset: first come hot parts, each with what is behind it, then cold parts, slow exits
// and entries. False when an op has no stencil, or one that can't be used.
static bool lay_out(struct compilation *compilation) {
  const struct baseline *baseline = compilation->baseline;
  uint32_t at = 0, slow_size = 0;
  memset(compilation->at, 0xff, compilation->method->code_words * sizeof *compilation->at); // METHOD_NOT_COMPILED
  for (struct baseline_walk walk = {.method = compilation->method}; baseline_walk_next(&walk);) {
    struct baseline_place place;
    struct choice choice = choose(compilation, &walk, &place);
    if (!(choice.own->flags & STENCIL_EXISTS) || !baseline_reaches(baseline, choice.own)) return false;
    compilation->at[walk.word] = at;
    at += baseline_size(choice.own, &place) + size_of(choice.behind);
    note(&compilation->marks[walk.word], &walk, &choice, &place);
    slow_size += choice.own->cold_size + size_of(choice.retry) + cold_size_of(choice.retry);
    slow_size += size_of(choice.slow_exit) + size_of(choice.enter);
  }
  compilation->slow_start = at;
  compilation->size = at + slow_size;
  return true;
}

static const uint8_t *target_of(const struct compilation *compilation, const struct baseline_walk *walk,
                                const uint8_t *run) {
  uint32_t target = baseline_walk_target(walk);
  if (target == METHOD_NOT_COMPILED) return NULL;
  ASSERT(compilation->at[target] != METHOD_NOT_COMPILED, "baseline.I4: %s jumps from word %u to what is not compiled",
         compilation->method->name, walk->word);
  return run + compilation->at[target];
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
  baseline_patch(stencil, place);
}

// Makes the entry from outside of an instruction at `offset` what the map has.
static void put_enter(const struct compilation *compilation, const struct stencil *enter, uint32_t word,
                      struct baseline_place *place, const struct emit_block *block, uint32_t offset) {
  place->target = block->run + compilation->at[word];
  put(enter, place, block, offset, offset);
  compilation->at[word] = offset; // no branch goes there, so nobody else wants to know
}

static void generate(const struct compilation *compilation, const struct emit_block *block) {
  const struct baseline *baseline = compilation->baseline;
  uint32_t cold = compilation->slow_start;
  uint32_t landed = 0; // where the landing before the instruction ends; 0: there is none
  for (struct baseline_walk walk = {.method = compilation->method}; baseline_walk_next(&walk);) {
    struct baseline_place place;
    struct choice choice = recall(compilation, &walk, &place);
    uint32_t offset = compilation->at[walk.word], slow = cold + choice.own->cold_size;
    uint32_t behind = offset + baseline_size(choice.own, &place);
    ASSERT(!landed || (landed == offset && !choice.enter), "baseline.I6: the landing before word %u of %s ends at %u",
           walk.word, walk.method->name, landed);
    landed = choice.own->flags & STENCIL_CALLS ? behind + choice.behind->size : 0;
    place.target = target_of(compilation, &walk, block->run);
    place.slow = block->run + slow;
    put(choice.own, &place, block, offset, cold);
    cold = slow;
    if (choice.retry) {
      cold += choice.retry->size + choice.retry->cold_size;
      place.slow = block->run + cold;
      place.next = block->run + behind;
      put(choice.retry, &place, block, slow, slow + choice.retry->size);
      place.next = NULL;
    }
    if (choice.slow_exit) {
      place.slow_twin = baseline->ops->slow_twins[walk.op];
      put(choice.slow_exit, &place, block, cold, cold);
      cold += choice.slow_exit->size;
    }
    if (choice.enter) {
      put_enter(compilation, choice.enter, walk.word, &place, block, cold);
      cold += choice.enter->size;
    }
    if (!choice.behind) continue;
    if (!(choice.own->flags & STENCIL_CALLS)) place.depth = place.depth_after;
    put(choice.behind, &place, block, behind, cold);
  }
}

// The lock is held.
static bool compile(struct baseline *baseline, struct method *method) {
  struct compilation compilation = {.baseline = baseline,
                                    .method = method,
                                    .is_near = method->local_count < NEAR_WORDS && method->frame_words <= NEAR_WORDS};
  compilation.at = mem_alloc((method->code_words + 1) * sizeof *compilation.at);
  compilation.marks = mem_alloc(method->code_words * sizeof *compilation.marks);
  struct emit_block block;
  if (compilation.marks) {
    find_targets(&compilation);
    baseline_find_known(method, compilation.marks, compilation.target_count);
  }
  bool fits = compilation.at && compilation.marks && lay_out(&compilation) &&
              emit_alloc(baseline->code, compilation.size, &block);
  if (fits) generate(&compilation, &block);
  mem_free(compilation.marks);
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
