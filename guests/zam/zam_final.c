// SPDX-License-Identifier: MIT
//
// zam_final.c: finalisers. See zam_final.h.
//
// Entries stand in the order of their registration. When the collector knows what is alive, entries of the first kind
// whose value isn't are moved to the list of functions to run, which makes the value live again; those of the last kind
// follow when weak references were cleared. The functions run at the next safepoint that asks for them, those of one
// collection in reverse order of registration. What an entry had at the last collection is old: a collection of young
// objects looks at newer entries only.
#include "zam_final.h"

#include "zam_runtime.h"
#include "zam_signal.h"

#include <string.h>

struct entry {
  struct value function, value;
  zam_died_fn *died; // of a watched block
  bool last;
};

struct list {
  struct entry *entries;
  uint32_t count, room;
  uint32_t old_count; // of watched and registered ones: those below were there at the last collection
  uint32_t done;      // of ready ones: those below have run
};

struct zam_finals {
  struct list watched, registered, ready;
  bool running;
};

static bool add(struct list *list, struct entry entry) {
  if (!mem_grow(&list->entries, list->count, &list->room, sizeof *list->entries)) return false;
  list->entries[list->count++] = entry;
  return true;
}

static struct zam_finals *finals_of(struct zam_state *state) {
  if (!state->finals) state->finals = mem_alloc_zero(1, sizeof *state->finals);
  return state->finals;
}

// Makes sure that as many entries as are registered can become ready: nothing may fail in a collection.
static bool reserve_ready(struct zam_finals *finals) {
  struct list *ready = &finals->ready;
  size_t wanted = (size_t)ready->count + finals->registered.count + 1;
  while (ready->room < wanted)
    if (!mem_grow(&ready->entries, ready->room, &ready->room, sizeof *ready->entries)) return false;
  return true;
}

enum loam_status zam_finals_watch(struct mutator *th, struct value block, zam_died_fn *died) {
  ASSERT(zam_is_block(block) && died, "zam.I12: %#llx is watched, and nobody told of its death",
         (unsigned long long)block.bits);
  struct zam_finals *finals = finals_of(zam_state(th));
  if (!finals || !add(&finals->watched, (struct entry){.function = ZAM_UNIT, .value = block, .died = died}))
    return zam_raise(th, ZAM_OUT_OF_MEMORY);
  return DONE;
}

enum loam_status zam_finals_register(struct mutator *th, struct value function, struct value v, bool last) {
  struct zam_finals *finals = finals_of(zam_state(th));
  if (!finals || !reserve_ready(finals) ||
      !add(&finals->registered, (struct entry){.function = function, .value = v, .last = last}))
    return zam_raise(th, ZAM_OUT_OF_MEMORY);
  ASSERT(finals->registered.count <= finals->ready.room - finals->ready.count,
         "zam.I12: %u values have finalisers, and %u of them may die", finals->registered.count,
         finals->ready.room - finals->ready.count);
  return DONE;
}

// The first entry that a collection looks at.
static uint32_t first_of(const struct list *list, bool full) {
  ASSERT(list->old_count <= list->count, "zam.I12: %u of %u entries are old", list->old_count, list->count);
  return full ? 0 : list->old_count;
}

// Moves the dead entries of one kind to those that are ready, the youngest first.
static void collect_dead(struct zam_state *state, struct weak_visitor *visit, bool last) {
  struct zam_finals *finals = state->finals;
  struct list *registered = &finals->registered;
  uint32_t kept = registered->count, first = first_of(registered, visit->full);
  for (uint32_t i = registered->count; i-- > first;) {
    struct entry entry = registered->entries[i];
    if (entry.last == last && !visit->alive(visit, &entry.value)) {
      if (last) entry.value = ZAM_UNIT;
      ASSERT(finals->ready.count < finals->ready.room, "zam.I12: %u functions wait in room for %u, in a collection",
             finals->ready.count, finals->ready.room);
      (void)add(&finals->ready, entry); // reserved
      zam_signals_wake(state);
    } else {
      registered->entries[--kept] = entry;
    }
  }
  uint32_t count = first;
  while (kept < registered->count) registered->entries[count++] = registered->entries[kept++];
  ASSERT(count <= registered->count, "zam.I12: %u of %u are kept", count, registered->count);
  registered->count = count;
  if (registered->old_count > count) registered->old_count = count;
}

void zam_finals_first(struct zam_state *state, struct weak_visitor *visit) {
  struct zam_finals *finals = state->finals;
  if (!finals) return;
  collect_dead(state, visit, false);
  for (uint32_t i = finals->ready.done; i < finals->ready.count; i++)
    visit->keep(visit, &finals->ready.entries[i].value);
}

void zam_finals_last(struct zam_state *state, struct weak_visitor *visit) {
  struct zam_finals *finals = state->finals;
  if (!finals) return;
  collect_dead(state, visit, true);
  struct list *watched = &finals->watched;
  uint32_t kept = first_of(watched, visit->full);
  for (uint32_t i = kept; i < watched->count; i++) {
    struct entry entry = watched->entries[i];
    if (visit->alive(visit, &entry.value))
      watched->entries[kept++] = entry;
    else
      entry.died(state, entry.value);
  }
  ASSERT(kept <= watched->count, "zam.I12: %u watched blocks are kept of %u", kept, watched->count);
  watched->count = watched->old_count = kept;
  finals->registered.old_count = finals->registered.count;
}

void zam_finals_roots(struct zam_state *state, struct root_visitor *visit) {
  struct zam_finals *finals = state->finals;
  if (!finals) return;
  for (uint32_t i = first_of(&finals->registered, !visit->young_only); i < finals->registered.count; i++)
    visit->slot(visit, &finals->registered.entries[i].function);
  ASSERT(finals->ready.done <= finals->ready.count, "zam.I12: %u of %u finalisers have run", finals->ready.done,
         finals->ready.count);
  for (uint32_t i = finals->ready.done; i < finals->ready.count; i++) {
    visit->slot(visit, &finals->ready.entries[i].function);
    visit->slot(visit, &finals->ready.entries[i].value);
  }
}

// The room of those that have run is used again when they are half of all.
static struct entry take_ready(struct list *ready) {
  ASSERT(ready->done < ready->count && ready->count <= ready->room,
         "zam.I12: %u of %u finalisers have run, in room for %u", ready->done, ready->count, ready->room);
  struct entry entry = ready->entries[ready->done++];
  if (2 * ready->done >= ready->count) {
    ready->count -= ready->done;
    memmove(ready->entries, ready->entries + ready->done, ready->count * sizeof *ready->entries);
    ready->done = 0;
  }
  return entry;
}

enum loam_status zam_finals_run(struct mutator *th) {
  struct zam_state *state = zam_state(th);
  struct zam_finals *finals = state->finals;
  if (!finals || finals->running) return DONE;
  enum loam_status status = DONE;
  finals->running = true;
  while (status == DONE && finals->ready.count) {
    struct entry entry = take_ready(&finals->ready);
    struct value result;
    status = zam_call(th, entry.function, &entry.value, 1, &result);
  }
  ASSERT(finals->running, "zam.I12: finalisers ran that nobody ran");
  finals->running = false;
  return status;
}

void zam_finals_free(struct zam_state *state) {
  if (!state->finals) return;
  const struct list *watched = &state->finals->watched;
  for (uint32_t i = 0; i < watched->count; i++) watched->entries[i].died(state, watched->entries[i].value);
  mem_free(watched->entries);
  mem_free(state->finals->registered.entries);
  mem_free(state->finals->ready.entries);
  mem_free(state->finals);
}
