// SPDX-License-Identifier: MIT
//
// mitscript_capture.c: finds the variables that don't change any more once a closure holds them.
//
// The course's bytecode shares a captured variable by reference. Where nothing stores into it after the first closure
// was made that holds it, nobody can tell a reference from a copy, so closures hold its value, and it needs no cell.
//
// A variable goes by many references: its owner's, and that of each function that has it as a free variable. They are
// put together (union and find), and one use that isn't understood makes all of them real references: a reference may
// only be loaded at once, or be held by a closure that is made at once. The owner's stores must come before the first
// such closure in the code, and no branch may lead back from behind that to before a store.
#include "mitscript_capture.h"

#include <string.h>

struct search {
  const struct mit_image *image;
  struct mit_captures *captures;
  struct arena *arena;
  uint32_t *first;  // by function: its first reference's place in the arrays below
  uint32_t *joined; // by reference: another one of the same variable, itself for one of each
  bool *shared;     // by reference: of that one, whether it must be a reference
  bool *loose;      // by function: a load_func of it makes no closure that is understood
};

static uint32_t ref_count(const struct mit_function *function) {
  return function->local_ref_vars.count + function->free_vars.count;
}

static uint32_t find(const struct search *search, uint32_t ref) {
  while (search->joined[ref] != ref) ref = search->joined[ref] = search->joined[search->joined[ref]];
  return ref;
}

static void share(const struct search *search, uint32_t ref) { search->shared[find(search, ref)] = true; }

static void join(const struct search *search, uint32_t a, uint32_t b) {
  a = find(search, a);
  b = find(search, b);
  search->joined[b] = a;
  search->shared[a] |= search->shared[b];
}

bool *mit_targets_find(const struct mit_function *function, struct arena *arena) {
  bool *targets = arena_alloc(arena, (size_t)function->insn_count + 1);
  if (!targets) return NULL;
  for (uint32_t at = 0; at < function->insn_count; at++) {
    const struct mit_insn *insn = &function->insns[at];
    int64_t target = (int64_t)at + insn->operand;
    bool branches = insn->op == MIT_GOTO || insn->op == MIT_IF;
    if (branches && target >= 0 && target < function->insn_count) targets[target] = true;
  }
  return targets;
}

// ---- roles ---------------------------------------------------------------------------------------------------------

// Does the instruction at `at` come next wherever the one before it ends, and is it this one?
static bool goes_on_with(const struct mit_function *function, const struct mit_captures *captures, uint32_t at,
                         enum mit_opcode op) {
  return at < function->insn_count && !captures->targets[at] && function->insns[at].op == op;
}

static bool is_index(int32_t operand, uint32_t count) { return operand >= 0 && (uint32_t)operand < count; }

// The load_func at `at` begins the making of a closure: gives it and what follows their roles.
static void mark_make(const struct mit_function *function, struct mit_captures *captures, uint32_t at) {
  if (!is_index(function->insns[at].operand, function->function_count)) return;
  const struct mit_function *inner = function->functions[function->insns[at].operand];
  uint32_t free = inner->free_vars.count, held = 0;
  if (free && mitscript_image_is_native(inner)) return; // no native has any: an exception
  while (held < free && goes_on_with(function, captures, at + 1 + held, MIT_PUSH_REF) &&
         is_index(function->insns[at + 1 + held].operand, ref_count(function)))
    held++;
  const struct mit_insn *end = &function->insns[at + 1 + held];
  if (held < free || !goes_on_with(function, captures, at + 1 + held, MIT_ALLOC_CLOSURE)) return;
  if (end->has_operand && (end->operand < 0 || (uint32_t)end->operand != free)) return;
  captures->roles[at] = MIT_ROLE_MAKE;
  memset(captures->roles + at + 1, MIT_ROLE_MAKE_HOLDS, held);
  captures->roles[at + 1 + held] = MIT_ROLE_MAKE_END;
}

static void mark_roles(const struct mit_function *function, struct mit_captures *captures) {
  ASSERT(captures->targets, "nobody knows where function %u branches to", function->number);
  for (uint32_t at = 0; at < function->insn_count; at++) {
    const struct mit_insn *insn = &function->insns[at];
    if (insn->op == MIT_LOAD_FUNC) mark_make(function, captures, at);
    if (insn->op != MIT_PUSH_REF || captures->roles[at] != MIT_ROLE_NONE) continue;
    if (!is_index(insn->operand, ref_count(function)) || !goes_on_with(function, captures, at + 1, MIT_LOAD_REF))
      continue;
    captures->roles[at] = MIT_ROLE_READ;
    captures->roles[at + 1] = MIT_ROLE_READ_END;
  }
}

// ---- uses ----------------------------------------------------------------------------------------------------------

// Joins what a closure of `inner` holds with its free variables.
static void join_held(const struct search *search, const struct mit_function *function,
                      const struct mit_function *inner, uint32_t at) {
  ASSERT((size_t)at + 1 + inner->free_vars.count < function->insn_count,
         "mitscript.I6: a closure of %u variables is made from instruction %u on, of %u", inner->free_vars.count, at,
         function->insn_count);
  uint32_t free = search->first[inner->number] + inner->local_ref_vars.count;
  for (uint32_t i = 0; i < inner->free_vars.count; i++)
    join(search, search->first[function->number] + (uint32_t)function->insns[at + 1 + i].operand, free + i);
}

static void look_at_uses(const struct search *search, const struct mit_function *function) {
  const struct mit_captures *captures = &search->captures[function->number];
  for (uint32_t at = 0; at < function->insn_count; at++) {
    const struct mit_insn *insn = &function->insns[at];
    bool known = captures->roles[at] != MIT_ROLE_NONE;
    if (insn->op == MIT_PUSH_REF && !known && is_index(insn->operand, ref_count(function)))
      share(search, search->first[function->number] + (uint32_t)insn->operand);
    if (insn->op != MIT_LOAD_FUNC || !is_index(insn->operand, function->function_count)) continue;
    const struct mit_function *inner = function->functions[insn->operand];
    if (known) join_held(search, function, inner, at);
    search->loose[inner->number] |= !known;
  }
}

// What a closure that isn't understood holds may be any references.
static void share_free(const struct search *search, const struct mit_function *function) {
  for (uint32_t i = 0; i < function->free_vars.count; i++)
    share(search, search->first[function->number] + function->local_ref_vars.count + i);
}

// ---- stores --------------------------------------------------------------------------------------------------------

// Where a function's locals are stored into and held; 0 stands for nowhere, places are counted from 1.
struct places {
  uint32_t *last_store, *first_held; // by local
  uint32_t *reference;               // by local: the reference that was met first, counted from 1
  uint32_t *earliest;                // by place: the first one that control may come to from there
};

static bool make_places(const struct search *search, const struct mit_function *function, struct places *places) {
  size_t locals = function->local_vars.count + 1;
  places->last_store = arena_alloc(search->arena, locals * sizeof *places->last_store);
  places->first_held = arena_alloc(search->arena, locals * sizeof *places->first_held);
  places->reference = arena_alloc(search->arena, locals * sizeof *places->reference);
  places->earliest = arena_alloc(search->arena, ((size_t)function->insn_count + 1) * sizeof *places->earliest);
  return places->last_store && places->first_held && places->reference && places->earliest;
}

static void note_insn(const struct mit_function *function, const struct mit_captures *captures, uint32_t at,
                      const struct places *places) {
  const struct mit_insn *insn = &function->insns[at];
  if (insn->op == MIT_STORE_LOCAL && is_index(insn->operand, function->local_vars.count))
    places->last_store[insn->operand] = at + 1;
  if (captures->roles[at] == MIT_ROLE_MAKE_HOLDS && (uint32_t)insn->operand < function->local_ref_vars.count) {
    uint32_t *first = &places->first_held[captures->ref_locals[insn->operand]];
    if (!*first) *first = at + 1;
  }
  int64_t target = (int64_t)at + insn->operand;
  bool leads_back = (insn->op == MIT_GOTO || insn->op == MIT_IF) && target >= 0 && target < at;
  places->earliest[at + 1] = (leads_back ? (uint32_t)target : at) + 1;
}

// From each place control goes forward to the branches that lead back, and from where they lead on in the same way.
static void find_earliest(uint32_t *earliest, uint32_t count) {
  for (uint32_t place = count; place > 1; place--)
    if (earliest[place] < earliest[place - 1]) earliest[place - 1] = earliest[place];
  for (uint32_t place = 1; place <= count; place++)
    if (earliest[place] < place) earliest[place] = earliest[earliest[place]];
}

// Shares those of a function's own variables that are stored into once a closure holds them.
static bool look_at_stores(const struct search *search, const struct mit_function *function) {
  const struct mit_captures *captures = &search->captures[function->number];
  struct places places;
  if (!captures->ref_locals) return true;
  if (!make_places(search, function, &places)) return false;
  for (uint32_t at = 0; at < function->insn_count; at++) note_insn(function, captures, at, &places);
  find_earliest(places.earliest, function->insn_count);
  for (uint32_t i = 0; i < function->local_ref_vars.count; i++) {
    uint32_t local = captures->ref_locals[i], ref = search->first[function->number] + i;
    ASSERT(local < function->local_vars.count, "mitscript.I6: reference %u of function %u is to local %u of %u", i,
           function->number, local, function->local_vars.count);
    uint32_t store = places.last_store[local], held = places.first_held[local];
    if (held && store && places.earliest[held] <= store) share(search, ref);
    if (held && store > held) share(search, ref);
    if (!places.reference[local]) places.reference[local] = ref + 1;
    join(search, places.reference[local] - 1, ref);
  }
  return true;
}

// ---- an image ------------------------------------------------------------------------------------------------------

static bool make_arrays(struct search *search) {
  const struct mit_image *image = search->image;
  size_t refs = 0;
  search->first = arena_alloc(search->arena, image->function_count * sizeof *search->first);
  if (!search->first) return false;
  for (const struct mit_function *function = image->all; function; function = function->next) {
    ASSERT(function->number < image->function_count, "mitscript.I4: function %u of %u is listed", function->number,
           image->function_count);
    search->first[function->number] = (uint32_t)refs;
    refs += ref_count(function);
    struct mit_captures *captures = &search->captures[function->number];
    captures->roles = arena_alloc(search->arena, (size_t)function->insn_count + 1);
    captures->by_value = arena_alloc(search->arena, (size_t)ref_count(function) + 1);
    if (!captures->roles || !captures->by_value) return false;
  }
  search->joined = arena_alloc(search->arena, (refs + 1) * sizeof *search->joined);
  search->shared = arena_alloc(search->arena, refs + 1);
  search->loose = arena_alloc(search->arena, image->function_count);
  for (uint32_t ref = 0; ref < refs && search->joined; ref++) search->joined[ref] = ref;
  return search->joined && search->shared && search->loose;
}

bool mit_captures_find(const struct mit_image *image, struct mit_captures *captures, struct arena *arena) {
  struct search search = {.image = image, .captures = captures, .arena = arena};
  if (!make_arrays(&search)) return false;
  for (const struct mit_function *function = image->all; function; function = function->next)
    mark_roles(function, &captures[function->number]);
  for (const struct mit_function *function = image->all; function; function = function->next) {
    look_at_uses(&search, function);
    if (!look_at_stores(&search, function)) return false;
  }
  for (const struct mit_function *function = image->all; function; function = function->next)
    if (search.loose[function->number]) share_free(&search, function);
  for (const struct mit_function *function = image->all; function; function = function->next)
    for (uint32_t i = 0; i < ref_count(function); i++)
      captures[function->number].by_value[i] = !search.shared[find(&search, search.first[function->number] + i)];
  return true;
}
