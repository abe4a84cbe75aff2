// SPDX-License-Identifier: MIT
//
// hot_profile.c: what is known of a method: its loops, and the kinds of values its locals have there.
//
// Of a local at a loop head, three things can be known: nothing yet (0), that it was of one kind whenever it was seen
// (the kind's index + 1), or that it was not (KIND_MIXED, and so it stays). The compiler gets a copy that holds still
// while it compiles, so that it may ask twice.
#define LOAM_HOT_MODULE
#include "hot/hot_policy.h"

#include "code/code.h"
#include "frame/frame.h"

#include <string.h>

#define KIND_MIXED UINT8_MAX

bool hot_profile_is_poll(const struct method *method, uint32_t word) {
  uint16_t op;
  ASSERT(word < method->code_words, "hot.I1: word %u of %s, which has %u", word, method->name, method->code_words);
  memcpy(&op, method->code + word, sizeof op);
  const struct op_info *info = &method->ops->ops[op];
  return op == CORE_POLL || (info->part_count && op_parts(info)[0] == CORE_POLL);
}

// --hot-only=NAME: what has another name is never compiled.
static bool is_left_out(const struct hot *hot, const struct method *method) {
  const char *only = hot->setup.config->hot_only;
  return only && strcmp(method->name, only) != 0;
}

struct hot_profile *hot_profile_of(struct hot *hot, struct method *method) {
  struct hot_profile *profile = method->profile;
  if (profile) return profile;
  profile = mem_alloc_zero(1, sizeof *profile);
  if (!profile) return NULL;
  *profile = (struct hot_profile){.next = hot->profiles, .hot = hot, .method = method, .feedback = true};
  profile->refused = is_left_out(hot, method);
  hot->profiles = profile;
  __atomic_store_n(&method->profile, profile, __ATOMIC_RELEASE); // pairs with hot_profile_kinds
  return profile;
}

uint32_t hot_loop_end(const struct method *method, uint32_t head) {
  struct code_insn insn;
  uint32_t end = head;
  for (uint32_t word = head; word < method->code_words; word += insn.info->words) {
    code_decode(method, word * 8, &insn);
    for (unsigned i = 0; i < insn.info->imm_count; i++)
      if (op_imms(insn.info)[i].kind == IMM_TARGET && insn.imm[i] == head * INT64_C(8)) end = word + insn.info->words;
  }
  return end;
}

// Does a branch behind the head lead to one before it?
static bool is_nested(const struct method *method, uint32_t head) {
  struct code_insn insn;
  for (uint32_t word = head; word < method->code_words; word += insn.info->words) {
    code_decode(method, word * 8, &insn);
    for (unsigned i = 0; i < insn.info->imm_count; i++)
      if (op_imms(insn.info)[i].kind == IMM_TARGET && insn.imm[i] < head * INT64_C(8)) return true;
  }
  return false;
}

struct hot_loop *hot_profile_loop(struct hot_profile *profile, uint32_t word) {
  for (struct hot_loop *loop = profile->loops; loop; loop = loop->next)
    if (loop->word == word) return loop;
  size_t locals = profile->method->local_count;
  ASSERT(hot_profile_is_poll(profile->method, word), "hot.I1: no loop of %s begins at word %u", profile->method->name,
         word);
  struct hot_loop *loop = mem_alloc_zero(1, sizeof *loop + 2 * locals);
  if (!loop) return NULL;
  *loop = (struct hot_loop){.next = profile->loops, .word = word, .kinds = (uint8_t *)(loop + 1)};
  loop->end = hot_loop_end(profile->method, word);
  loop->size = hot_policy_size(profile->method, word, loop->end);
  loop->nested = is_nested(profile->method, word);
  loop->shown = loop->kinds + locals;
  return profile->loops = loop;
}

// Mutators count there without synchronisation, too: relaxed.
void hot_profile_doubt(const struct method *method, uint32_t pc) {
  uint8_t *counts = method_slow_counts(method);
  if (!counts) return;
  uint16_t op;
  ASSERT(pc % 8 == 0 && pc / 8 < method->code_words, "hot.I1: byte %u of %s is doubted, which has %u words", pc,
         method->name, method->code_words);
  memcpy(&op, (const char *)method->code + pc, sizeof op);
  uint32_t end = pc + method->ops->ops[op].words * (uint32_t)sizeof(uint64_t);
  for (; pc < end; pc++) __atomic_store_n(&counts[pc], UINT8_MAX, __ATOMIC_RELAXED);
}

// ---- calls of several methods --------------------------------------------------------------------------------------

static struct hot_call_site *call_site(struct hot_profile *profile, uint32_t pc) {
  for (struct hot_call_site *site = profile->call_sites; site; site = site->next)
    if (site->pc == pc) return site;
  struct hot_call_site *site = mem_alloc_zero(1, sizeof *site);
  if (!site) return NULL;
  site->next = profile->call_sites;
  site->pc = pc;
  return profile->call_sites = site;
}

static void add_target(struct hot_targets *targets, const struct method *target) {
  ASSERT(targets->count <= HOT_TARGETS_MAX, "hot.I4: %u methods of at most %d are known at a call", targets->count,
         HOT_TARGETS_MAX);
  for (uint32_t i = 0; i < targets->count; i++)
    if (targets->methods[i] == target) return;
  if (target && targets->count < HOT_TARGETS_MAX)
    targets->methods[targets->count++] = target;
  else
    targets->more |= target != NULL;
}

struct hot_targets hot_profile_see_targets(struct hot_profile *profile, uint32_t pc, const struct method *before,
                                           const struct method *now) {
  ASSERT(pc / 8 < profile->method->code_words, "hot.I1: %s calls at byte %u, it has %u words", profile->method->name,
         pc, profile->method->code_words);
  struct hot_call_site *site = call_site(profile, pc);
  if (!site) return (struct hot_targets){.more = true};
  add_target(&site->targets, before);
  add_target(&site->targets, now);
  return site->targets;
}

void hot_profile_forget_released(struct hot_profile *profile) {
  mem_free(profile->caches); // what is there may be what dies, or a word that looks like it
  profile->caches = NULL;
  for (struct hot_call_site *site = profile->call_sites; site; site = site->next) {
    struct hot_targets seen = site->targets;
    site->targets.count = 0;
    for (uint32_t i = 0; i < seen.count; i++)
      if (!seen.methods[i]->is_released) site->targets.methods[site->targets.count++] = seen.methods[i];
  }
}

struct hot_targets hot_profile_targets(const struct method *method, uint32_t pc) {
  struct hot_profile *profile = __atomic_load_n(&method->profile, __ATOMIC_ACQUIRE);
  struct hot_targets targets = {0};
  if (!profile) return targets;
  pthread_mutex_lock(&profile->hot->lock);
  for (const struct hot_call_site *site = profile->call_sites; site; site = site->next)
    if (site->pc == pc) targets = site->targets;
  pthread_mutex_unlock(&profile->hot->lock);
  return targets;
}

// ---- inline caches -------------------------------------------------------------------------------------------------

// Is it a call's cache, whose targets are few?
static bool is_explained(struct hot_profile *profile, const struct code_insn *insn, unsigned imm, uint64_t before,
                         uint64_t now) {
  if (!code_imm_is_target_cache(&op_imms(insn->info)[imm])) return false;
  return !hot_profile_see_targets(profile, insn->pc, (const struct method *)(uintptr_t)before,
                                  (const struct method *)(uintptr_t)now)
              .more;
}

void hot_profile_look_at_caches(struct hot_profile *profile) {
  const struct method *method = profile->method;
  bool first = !profile->caches;
  if (first) profile->caches = mem_alloc_zero(method->code_words, sizeof *profile->caches); // a cache takes a word
  if (!profile->caches) return;
  struct code_insn insn;
  uint32_t count = 0;
  for (uint32_t pc = 0; pc < method->code_words * 8u; pc += insn.info->words * 8u) {
    code_decode(method, pc, &insn);
    for (unsigned i = 0; i < insn.info->imm_count; i++) {
      if (op_imms(insn.info)[i].kind != IMM_CACHE) continue;
      uint64_t now = (uint64_t)insn.imm[i], *before = &profile->caches[count++];
      ASSERT(count <= method->code_words, "hot.I4: %s has %u caches in %u words", method->name, count,
             method->code_words);
      if (!first && *before && *before != now && !is_explained(profile, &insn, i, *before, now))
        hot_profile_doubt(method, pc);
      *before = now;
    }
  }
}

void hot_profile_want_all(struct hot_profile *profile) {
  const struct method *method = profile->method;
  profile->wants_entry = true;
  for (uint32_t word = 0; word < method->code_words;) {
    uint16_t op;
    memcpy(&op, method->code + word, sizeof op);
    struct code_site site;
    bool is_loop = hot_profile_is_poll(method, word) &&
                   frame_site(method, (const char *)(method->code + word), &site) && site.depth != DEPTH_UNKNOWN;
    struct hot_loop *loop = is_loop ? hot_profile_loop(profile, word) : NULL;
    if (loop) loop->wanted = true;
    word += method->ops->ops[op].words;
  }
}

void hot_profile_destroy(struct hot_profile *profile) {
  for (struct hot_loop *loop = profile->loops, *next; loop; loop = next) {
    next = loop->next;
    mem_free(loop);
  }
  for (struct hot_call_site *site = profile->call_sites, *next; site; site = next) {
    next = site->next;
    mem_free(site);
  }
  mem_free(profile->caches);
  mem_free(profile);
}

// ---- kinds --------------------------------------------------------------------------------------------------------

static uint8_t kind_of(const struct value_kind *kinds, struct value v) {
  for (uint8_t i = 0; kinds[i].name; i++)
    if ((v.bits & kinds[i].mask) == kinds[i].bits) {
      ASSERT(i + 1 < KIND_MIXED, "kind %s of values is the %uth", kinds[i].name, i + 1);
      return (uint8_t)(i + 1);
    }
  return KIND_MIXED;
}

void hot_profile_see(struct hot_profile *profile, struct hot_loop *loop, const struct value *locals) {
  const struct value_kind *kinds = profile->hot->setup.guest->kinds;
  if (!kinds) return;
  for (uint32_t i = 0; i < profile->method->local_count; i++) {
    if (loop->kinds[i] == KIND_MIXED) continue;
    uint8_t kind = kind_of(kinds, locals[i]);
    loop->kinds[i] = !loop->kinds[i] || loop->kinds[i] == kind ? kind : KIND_MIXED;
  }
}

// What was seen at a loop head, copied once in a compilation.
static const uint8_t *show(struct hot_profile *profile, struct hot_loop *loop) {
  uint32_t count = profile->method->local_count;
  if (!count || !loop->kinds[0]) return NULL;
  if (loop->shown_at == profile->hot->compilations) return loop->shown;
  loop->shown_at = profile->hot->compilations;
  for (uint32_t i = 0; i < count; i++) loop->shown[i] = loop->kinds[i] == KIND_MIXED ? 0 : loop->kinds[i];
  return loop->shown;
}

const uint8_t *hot_profile_kinds(const struct method *method, uint32_t word) {
  struct hot_profile *profile = __atomic_load_n(&method->profile, __ATOMIC_ACQUIRE);
  if (!profile) return NULL;
  const uint8_t *kinds = NULL;
  pthread_mutex_lock(&profile->hot->lock);
  for (struct hot_loop *loop = profile->loops; loop && !kinds; loop = loop->next)
    if (loop->word == word) kinds = show(profile, loop);
  pthread_mutex_unlock(&profile->hot->lock);
  return kinds;
}
