// SPDX-License-Identifier: MIT
//
// hot_policy.c: which methods are worth compiling, and which code was compiled with a wrong guess.
//
// A method is requested when it has run for longer than compiling it takes; what is compiled is its entry, if it is
// called often, and the loops in which it was met. Another loop that gets hot later is added by compiling
// again. A guard that fails often was a wrong guess: the place is marked so that nothing is assumed there any more, and
// the code is made again. That converges, because there are only so many places; should it not, the method goes back to
// the lower engine.
#define LOAM_HOT_MODULE
#include "hot/hot_policy.h"

#include "code/code.h"
#include "os/os_clock.h"

#include <stdio.h>
#include <string.h>

#define CALLS_SHARE 3                  // of the program's time, one part in so many may go into compiling;
#define YOUNG_NS UINT64_C(300000000)   // of what it takes longer than this,
#define GROWN_SHARE 2                  // one in so many;
#define HEAVY_SHARE 4                  // all of it for what it runs one part in so many of its time,
#define GAINS_TIMES 4                  // and so many times as much for what gains most
#define SHARED_NS UINT64_C(1000000000) // of what it takes longer than this,
#define LATE_SHARE 16                  // one part in so many: what runs much was compiled before
#define TINY_PARTS_MAX 6               // of a method that isn't worth code of its own
#define SOON 2                         // when the program has run for so many times what it has run now
#define POINT_NS UINT64_C(500000)      // what a point stands for: the shortest tick gives two
#define COMPILE_NS UINT64_C(2000000)   // what compiling takes, roughly: whatever the method,
#define NS_PER_PART UINT64_C(60000)    // for each instruction before fusing,
#define NS_PER_CALL UINT64_C(1200000)  // each call: what follows is a function, or the callee is inlined,
#define LOAD_NS UINT64_C(6000000)      // and the first method: opening LLVM, whose code comes from the disk
#define PREPARE_NS UINT64_C(5000000)   // which is done ahead in a program that isn't over in some milliseconds
#define MODEL_NS UINT64_C(100000000)   // before so much was compiled the model counts more than what it cost
#define LIGHT_RUNS 8                   // a method has run for so many times what compiling it takes,
#define SOON_RUNS 1                    // when it is heavy,
#define CALLS_OFTEN 8                  // before a loop made a thousand rounds
#define CALLS_PER_POINT 5              // each loses some microseconds on the way to its loop
#define POINTS_MANY (4 * ROUNDS_SHORT) // so many samples meet a call that comes round often
#define COMPILATIONS_MAX 16            // of one method, for all reasons
#define RECOMPILATIONS_MAX 6           // because of guards
#define FAILURES_PER_TICK 20           // of one guard: some percent of the time
#define FAILURES_AT_ENTRY 8            // of one that keeps its loop out: each costs all rounds up to the next try
#define FAILURES_IN_ALL 2000           // of one guard that fails now and then: each costs some microseconds
#define UNIT_FAILURES_MANY 500         // per tick: worse than baseline code
#define UNIT_FAILURES_BAD 100          // per tick, of code that is not compiled again
#define BAD_TICKS_MAX 10               // with so many

// ---- what samples say ---------------------------------------------------------------------------------------------

void hot_policy_give(struct hot *hot, struct method *method, uint32_t points) {
  struct hot_profile *profile = method->site_count ? hot_profile_of(hot, method) : NULL;
  if (!profile) return;
  ASSERT(hot->tick_weight, "a sample of %s counts nothing", method->name);
  points *= hot->tick_weight;
  if (profile->tick != hot->ticks) profile->tick_points = 0;
  profile->tick = hot->ticks;
  if (points > profile->tick_points) {
    profile->points += points - profile->tick_points;
    profile->tick_points = points;
  }
  hot_policy_consider(profile);
}

static bool is_called(const struct hot_profile *profile) {
  return profile->calls || __atomic_load_n(&profile->method->calls, __ATOMIC_RELAXED) > 1;
}

// Do calls come so often that an entry for them is worth its code, and one for a loop is not? Samples meet what
// comes round often; before there are enough of them, the interpreter's count tells: it ends where there is baseline
// code, which a thousand rounds of a loop make, too. Calls are counted again while the hot code has no entry for them.
static bool is_called_often(const struct hot_profile *profile) {
  uint32_t calls = __atomic_load_n(&profile->method->calls, __ATOMIC_RELAXED);
  if (!profile->loops) return profile->calls || calls > 1;
  uint64_t points = profile->points;
  if (profile->calls && profile->calls * UINT64_C(1) * ROUNDS_SHORT >= points) return true;
  if (profile->unit && !profile->wants_entry)
    return points && calls - profile->calls_before >= points * CALLS_PER_POINT;
  return !profile->unit && calls >= CALLS_OFTEN && points < POINTS_MANY;
}

static bool is_call(const struct op_info *part) {
  return part->control == CONTROL_CALL || part->control == CONTROL_TAIL;
}

static void add_insn(struct hot_code_size *size, const struct method *method, const struct op_info *info) {
  const struct op_info *ops = method->ops->ops;
  size->parts += info->part_count ? info->part_count : 1u;
  for (unsigned i = 0; i < info->part_count; i++) size->calls += is_call(&ops[op_parts(info)[i]]);
  size->calls += !info->part_count && is_call(info);
}

static struct hot_code_size size_without_callees(const struct method *method) {
  struct hot_code_size size = {0};
  struct code_insn insn;
  for (uint32_t pc = 0; pc < method->code_words * 8u; pc += insn.info->words * 8u) {
    code_decode(method, pc, &insn);
    add_insn(&size, method, insn.info);
    for (unsigned i = 0; i < insn.info->imm_count; i++) // a loop is no leaf's
      size.calls += op_imms(insn.info)[i].kind == IMM_TARGET && insn.imm[i] <= pc;
  }
  return size;
}

// What a call's cache names, if it is short, has no loop and calls nothing: inlined it costs what its code costs.
static const struct method *leaf_called(const struct code_insn *insn) {
  const struct method *callee = code_last_called(insn);
  bool is_short = callee && callee->site_count && callee->code_words <= HOT_INLINE_WORDS_MAX;
  return is_short && !size_without_callees(callee).calls ? callee : NULL;
}

struct hot_code_size hot_policy_size(const struct method *method, uint32_t from, uint32_t to) {
  struct hot_code_size size = {0};
  struct code_insn insn;
  ASSERT(from <= to && to <= method->code_words, "hot.I1: words %u to %u of %s are measured, of %u", from, to,
         method->name, method->code_words);
  for (uint32_t word = from; word < to; word += insn.info->words) {
    code_decode(method, word * 8, &insn);
    uint32_t calls = size.calls;
    add_insn(&size, method, insn.info);
    const struct method *leaf = size.calls > calls ? leaf_called(&insn) : NULL;
    if (!leaf) continue;
    size.calls--;
    size.parts += size_without_callees(leaf).parts;
  }
  return size;
}

void hot_policy_measure(struct hot_profile *profile) {
  profile->size = hot_policy_size(profile->method, 0, profile->method->code_words);
  for (struct hot_loop *loop = profile->loops; loop; loop = loop->next)
    loop->size = hot_policy_size(profile->method, loop->word, loop->end);
}

// Of a method that isn't called again, code is made for the loops that were seen only.
static struct hot_code_size size_of(const struct hot_profile *profile) {
  if (is_called_often(profile)) return profile->size;
  struct hot_code_size size = {0};
  for (const struct hot_loop *loop = profile->loops; loop; loop = loop->next) {
    bool is_inner = false;
    for (const struct hot_loop *outer = profile->loops; outer; outer = outer->next)
      is_inner |= outer->word < loop->word && loop->word < outer->end;
    if (is_inner) continue;
    size.parts += loop->size.parts;
    size.calls += loop->size.calls;
  }
  return size;
}

uint64_t hot_policy_model_ns(const struct hot_profile *profile) {
  uint64_t load = profile->hot->prepared || profile->hot->compilations ? 0 : LOAD_NS;
  struct hot_code_size size = size_of(profile);
  return load + COMPILE_NS + NS_PER_PART * size.parts + NS_PER_CALL * size.calls;
}

// Loops over numbers and arrays run several times faster in hot code, and so does what makes as few calls and is too
// long to be inlined. A call that isn't inlined, and what follows it, gains little, and what is short and has no loop
// is better inlined: that has to show that it runs long.
static bool gains_most(const struct hot_profile *profile) {
  bool has_code_of_its_own = profile->loops || profile->method->code_words > HOT_INLINE_WORDS_MAX;
  return has_code_of_its_own && size_of(profile).calls == 0;
}

// What compiling it takes here, as far as the units that were made tell.
static uint64_t cost_ns(const struct hot_profile *profile) {
  const struct hot *hot = profile->hot;
  enum { ONE = 1024 };
  if (profile->known_ns) return profile->known_ns;
  uint64_t factor = (MODEL_NS + hot->stats.compile_ns) * ONE / (MODEL_NS + hot->modelled_ns);
  return hot_policy_model_ns(profile) * factor / ONE;
}

static uint64_t ran_ns(const struct hot *hot) { return os_clock_cpu_ns() - hot->created_ns; }

static bool is_heavy(const struct hot_profile *profile, uint64_t ran) {
  return profile->points * POINT_NS * HEAVY_SHARE >= ran;
}

// What a method must have before it is compiled. A program whose time is spread over thousands of methods gets little
// from any of them: LLVM, and code that is entered and left, took more of coqc's time than they gave it. Rounded up,
// as what is worth less than it costs is requested for nothing, and looked at again some milliseconds later only.
static uint32_t points_needed(const struct hot_profile *profile) {
  uint64_t runs = is_heavy(profile, ran_ns(profile->hot)) ? SOON_RUNS : LIGHT_RUNS, ns = runs * cost_ns(profile);
  if (gains_most(profile)) ns = cost_ns(profile) / GAINS_TIMES;
  return (uint32_t)((ns + POINT_NS - 1) / POINT_NS);
}

// What may be spent on it by what it has run.
static uint64_t worth_ns(const struct hot_profile *profile) {
  return profile->points * POINT_NS * (gains_most(profile) ? GAINS_TIMES : 1);
}

uint64_t hot_policy_allowed_ns(const struct hot_profile *profile) {
  return profile->urgent || profile->unit || profile->recompilations ? 0 : worth_ns(profile);
}

void hot_policy_defer(struct hot_profile *profile, uint64_t ns) {
  ASSERT(profile->compilations && ns, "a compilation of %s is taken back that was not counted, or costs %llu ns",
         profile->method->name, (unsigned long long)ns);
  profile->known_ns = ns;
  profile->compilations--;
  profile->wants_entry = false;
  for (struct hot_loop *loop = profile->loops; loop; loop = loop->next) loop->wanted = false;
  if (profile->hot->setup.config->trace & TRACE_TIERS)
    fprintf(stderr, "hot %s: not yet, it would take %.1f ms\n", profile->method->name, (double)ns / 1e6);
}

// Does control mostly come soon from it to the loop around it?
static bool is_left_soon(const struct hot_loop *loop) { return loop->left * 2 > loop->watched; }

bool hot_policy_runs_long(const struct hot_loop *loop) { return loop->left * 4 < loop->watched; }

// A loop that needs no entry, because its code is soon entered elsewhere: at the method's calls, which samples have
// met, too, and they meet what comes round often; or at the head of a loop around it. Each entry is a function with all
// the code that follows it.
static bool is_entered_elsewhere(const struct hot_profile *profile, const struct hot_loop *loop) {
  return is_called_often(profile) || is_left_soon(loop);
}

// Has a loop been met, so that it may be worth an entry? One point it has, too, when control came there once from a
// loop in it: that counts when it mostly does.
static bool is_met(const struct hot_profile *profile, const struct hot_loop *loop) {
  bool has_inner = false;
  for (const struct hot_loop *inner = profile->loops; inner; inner = inner->next) {
    if (inner->word <= loop->word || inner->word >= loop->end) continue;
    if (is_left_soon(inner)) return loop->points > 0;
    has_inner = true;
  }
  return loop->points > has_inner;
}

void hot_policy_choose(struct hot_profile *profile) {
  bool first = profile->compilations == 0;
  bool any = false;
  for (struct hot_loop *loop = profile->loops; loop; loop = loop->next) {
    bool now = is_met(profile, loop) && !is_entered_elsewhere(profile, loop);
    loop->wanted = now || (loop->wanted && !first);
    any |= loop->wanted;
  }
  profile->wants_entry |= is_called_often(profile) || !any;
}

// Was an inner loop met by a sample, which gives it two points, but nobody has looked yet where control went from
// there?
static bool lacks_looks(const struct hot_profile *profile) {
  bool lacks = false;
  for (const struct hot_loop *loop = profile->loops; loop; loop = loop->next)
    lacks |= loop->nested && loop->points > 1 && !loop->watched && !loop->wanted;
  return lacks;
}

// What takes the time of a method without loops that is as short as this is not its own code: it passes a call on, and
// the samples meet what a guest does there in C.
static bool is_tiny(const struct hot_profile *profile) {
  return !profile->loops && profile->size.parts <= TINY_PARTS_MAX;
}

// It is on its way to a request: will one follow? A loop that was met comes round often; what else was met once may
// never be met again. Opening LLVM takes longer than half of what gains most has to run.
static bool is_promising(const struct hot_profile *profile) {
  uint64_t ran = ran_ns(profile->hot);
  bool again = profile->loops || profile->points > profile->tick_points;
  bool near = gains_most(profile) || profile->points >= points_needed(profile) / 2;
  return again && near && ran >= PREPARE_NS && is_heavy(profile, ran) && !is_tiny(profile);
}

void hot_policy_consider(struct hot_profile *profile) {
  if (profile->state != HOT_IDLE || profile->refused) return;
  if (!profile->loops && !is_called(profile)) return; // its code would never be entered, and it may be long
  bool is_new = !profile->size.parts;
  if (is_new) hot_policy_measure(profile);
  if (profile->points < points_needed(profile) / 4) return;
  if (method_is_released(profile->method)) return;
  hot_profile_look_at_caches(profile);
  if (!profile->unit && !is_new) hot_policy_measure(profile); // calls have filled their caches by now
  if (!profile->hot->prepared && is_promising(profile)) hot_thread_prepare(profile->hot);
  if (profile->points < points_needed(profile) || is_tiny(profile)) return;
  if (profile->compilations >= COMPILATIONS_MAX || profile->hot->stats.unavailable[0]) return;
  if (lacks_looks(profile)) return;
  bool lacks = !profile->wants_entry && (profile->unit ? is_called_often(profile) : is_called(profile));
  for (const struct hot_loop *loop = profile->loops; loop; loop = loop->next)
    lacks |= !loop->wanted && (profile->unit ? loop->points >= points_needed(profile) : is_met(profile, loop)) &&
             !is_entered_elsewhere(profile, loop);
  if (!lacks) return;
  hot_policy_choose(profile);
  hot_thread_request(profile);
}

// What gains most counts twice: nothing inlines it, and who calls it has half of its points beside its own.
static uint64_t weight(const struct hot_profile *profile) {
  return profile->points * (gains_most(profile) ? UINT64_C(2) : 1) + (profile->urgent ? UINT64_C(1) << 40 : 0);
}

// The program pays for it by what it ran, all in all, and the method by what it ran itself: a program whose time is
// spread over many methods gets little from any of them, and nothing from loading LLVM for the first one.
static bool is_affordable(const struct hot_profile *profile, uint64_t ran) {
  uint64_t estimate = cost_ns(profile), early = ran < SHARED_NS ? ran : SHARED_NS;
  uint64_t young = early < YOUNG_NS ? early : YOUNG_NS;
  uint64_t budget = young / CALLS_SHARE + (early - young) / GROWN_SHARE;
  if (is_heavy(profile, ran)) budget = early;
  if (gains_most(profile)) budget = early * GAINS_TIMES;
  budget += (ran - early) / LATE_SHARE;
  bool worth = worth_ns(profile) >= estimate;
  return profile->urgent || (worth && profile->hot->stats.compile_ns + estimate <= budget);
}

bool hot_policy_can_afford(const struct hot_profile *profile) { return is_affordable(profile, ran_ns(profile->hot)); }

// The heaviest of those that can be afforded soon: what is cheap need not wait with what is much dearer, but often what
// is heavier inlines it.
struct hot_profile *hot_policy_next(struct hot *hot) {
  struct hot_profile *best = NULL;
  uint64_t ran = SOON * ran_ns(hot);
  bool soon = false;
  for (struct hot_profile *profile = hot->requested; profile; profile = profile->next_requested) {
    bool can = is_affordable(profile, ran);
    if (best && (can != soon ? soon : weight(profile) <= weight(best))) continue;
    best = profile;
    soon = can;
  }
  ASSERT(!best || best->state == HOT_REQUESTED, "hot.I8: %s is among what is requested, in state %d",
         best->method->name, (int)best->state);
  return best;
}

void hot_policy_drop(struct hot_profile *profile) {
  struct hot_profile **at = &profile->hot->requested;
  ASSERT(profile->state == HOT_REQUESTED, "hot.I8: %s is not requested", profile->method->name);
  while (*at != profile) {
    ASSERT(*at, "hot.I8: %s is not among what is requested", profile->method->name);
    at = &(*at)->next_requested;
  }
  *at = profile->next_requested;
  profile->state = HOT_IDLE;
}

// ---- what guards say ----------------------------------------------------------------------------------------------

// Was the guess wrong of what the call at an instruction calls, and is there a better one now?
static bool knows_targets(struct hot *hot, const struct hot_guard *guard) {
  struct hot_profile *profile = guard->expected ? hot_profile_of(hot, (struct method *)(uintptr_t)guard->method) : NULL;
  if (!profile) return false;
  struct code_insn insn;
  code_decode(guard->method, guard->pc, &insn);
  struct hot_targets targets = hot_profile_see_targets(profile, guard->pc, guard->expected, code_last_called(&insn));
  return targets.count > 1 && targets.count > guard->targets && !targets.more;
}

// Nothing is to be assumed at this instruction. Mutators count there without synchronisation, too: relaxed.
static void doubt(struct hot *hot, struct hot_guard *guard, uint32_t failures) {
  const struct method *method = guard->method;
  const uint8_t *counts = method_slow_counts(method);
  if (guard->doubted || !counts || __atomic_load_n(&counts[guard->pc], __ATOMIC_RELAXED) == UINT8_MAX) return;
  ASSERT(guard->pc / 8 < method->code_words, "hot.I1: byte %u of %s is doubted, of %u words", guard->pc, method->name,
         method->code_words);
  guard->doubted = true;
  uint16_t op;
  memcpy(&op, (const char *)method->code + guard->pc, sizeof op);
  if (hot->setup.config->trace & TRACE_TIERS)
    fprintf(stderr, "hot %s: a guard failed %u times at byte %u, %s\n", method->name, failures, guard->pc,
            op_name(&method->ops->ops[op]));
  if (!knows_targets(hot, guard)) hot_profile_doubt(method, guard->pc);
}

// How often the guards of a unit have failed since the last look. *wrong: one failed so often that it is doubted now.
static uint64_t look_at_unit(struct hot *hot, struct hot_unit *unit, bool *wrong) {
  uint64_t all = 0;
  uint32_t failed = atomic_load_explicit(&unit->failures, memory_order_acquire); // pairs with hot_leave
  if (failed == unit->failures_seen) return 0;
  unit->failures_seen = failed;
  for (uint32_t i = 0; i < unit->guard_count; i++) {
    struct hot_guard *guard = &unit->guards[i];
    uint32_t failures = atomic_load_explicit(&guard->failures, memory_order_relaxed); // pairs with hot_leave
    uint32_t fresh = failures - guard->failures_seen;
    guard->failures_seen = failures;
    all += fresh;
    uint32_t enough = guard->at_entry ? FAILURES_AT_ENTRY : FAILURES_IN_ALL;
    if (fresh <= FAILURES_PER_TICK && (!fresh || failures <= enough)) continue;
    doubt(hot, guard, fresh);
    *wrong = true;
  }
  return all;
}

// Until its new code is there, the method does without code that is left all the time.
static void compile_again(struct hot_profile *profile, uint64_t failures) {
  ASSERT(profile->unit, "hot.I6: code of %s is made again that it hasn't got", profile->method->name);
  if (failures >= UNIT_FAILURES_MANY) hot_uninstall(profile);
  profile->recompilations++;
  profile->hot->stats.recompiled++;
  hot_thread_request(profile);
}

// True when something changed.
static bool look_at(struct hot_profile *profile) {
  bool wrong = false;
  uint64_t failures = look_at_unit(profile->hot, profile->unit, &wrong);
  profile->hot->stats.guards_failed += failures;
  if (profile->state != HOT_IDLE) return failures > 0;
  if (wrong && profile->recompilations < RECOMPILATIONS_MAX) {
    compile_again(profile, failures);
    return true;
  }
  bool given_up = profile->recompilations >= RECOMPILATIONS_MAX || profile->refused;
  profile->bad_ticks = given_up && failures >= UNIT_FAILURES_BAD ? profile->bad_ticks + 1 : 0;
  if (profile->bad_ticks >= BAD_TICKS_MAX) {
    profile->refused = true;
    hot_uninstall(profile);
  }
  return false;
}

uint64_t hot_policy_failures(const struct hot *hot) {
  uint64_t all = 0;
  for (const struct hot_unit *unit = hot->units; unit; unit = unit->next)
    all += atomic_load_explicit(&unit->failures, memory_order_relaxed) - unit->failures_seen;
  return all;
}

bool hot_policy_look(struct hot *hot) {
  if (hot->setup.config->stress_deopt_every) return false; // they fail on purpose
  bool changed = false;
  for (struct hot_unit *unit = hot->units, *next; unit; unit = next) {
    next = unit->next; // it may be taken away
    ASSERT(unit->method->profile && unit->method->profile->unit == unit,
           "hot.I6: code of %s is in use, and not its own", unit->method->name);
    changed |= look_at(unit->method->profile);
  }
  return changed;
}
