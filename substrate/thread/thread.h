// SPDX-License-Identifier: MIT
//
// thread.h: mutators, their VM stacks, and the ways to stop them.
//
// The world is all mutators of one VM. A mutator is in one of three states; whoever wants to look at the heap or at
// another mutator's frames waits until that one is not in the guest. It asks by setting a request bit and then the
// mutator's poll word to 0; the mutator looks at its requests at its next safepoint.
#ifndef LOAM_THREAD_THREAD_H
#define LOAM_THREAD_THREAD_H

#include "base/config.h"
#include "loam/guest.h"
#include "loam/rt.h"
#include "os/os_process.h"

#include <pthread.h>

#define THREAD_UNBOXED_MAX 256  // words that hot code leaves without their boxes at a time
#define THREAD_UNMADE_WORDS 160 // of objects that it leaves without, headers included,
#define THREAD_UNMADE_MAX 40    // and their number

enum thread_state {
  THREAD_IN_GUEST,  // runs guest code or touches objects
  THREAD_IN_NATIVE, // waits or computes without touching objects
  THREAD_STOPPED,   // at a safepoint, until the world goes on
};

enum thread_request {
  REQUEST_STOP = 1,      // somebody stops the world
  REQUEST_HANDSHAKE = 2, // somebody wants a function run at this mutator's safepoint
  REQUEST_KILL = 4,      // a limit ended the program
  REQUEST_PREEMPT = 8,   // --stress=preempt,tier: stays on, so that every poll comes here
  REQUEST_SAMPLE = 16,   // somebody wants to know what runs
  REQUEST_GUEST = 32,    // the guest wants to be called
};

// What --stress=tier told a mutator to run. TIER_ANY: what the engine says.
enum thread_tier { TIER_ANY, TIER_INTERP, TIER_BASELINE, TIER_HOT };

struct thread;

// A function that somebody wants run for a mutator; on the C stack of who asks.
struct handshake {
  void (*fn)(struct thread *thread, void *arg);
  void *arg;
  struct handshake *next;
  bool done;
};

// A host function's call into the guest; on the C stack of guest_call. What was published before it.
struct guest_entry {
  struct guest_entry *outer;
  struct value *fp, *sp;
  const char *pc;
};

struct thread {
  struct mutator mutator; // first: a mutator is its thread
  struct world *world;
  struct thread *next;
  uint32_t number; // 0 is the main mutator
  enum thread_state state;
  _Atomic unsigned requests;
  struct value *stack_base; // first word
  uintptr_t stack_limit;    // what `poll` is while nobody wants anything
  void *stack_memory;
  size_t stack_bytes;
  struct guest_entry *entries;
  struct text backtrace; // of the exception that is leaving through guest_calls; see frame_unwind
  uint64_t safepoints;   // counted for --stress=preempt only
  // For --stress=tier; see interp_tier.c.
  uint64_t tier_random, tier_events;
  enum thread_tier tier;
  // Where it changed its engine last, or left hot code because something failed there: it goes on from there before it
  // changes again.
  const char *turned_pc;
  // Hot code that leaves: words of frames that hold what is still to be put into boxes; see hot_leave.
  struct thread_unboxed {
    struct value *place;
    uint64_t header, type; // of the box
    uint64_t object;       // a number: words of the same object get the same box
  } unboxed[THREAD_UNBOXED_MAX];
  uint32_t unboxed_count;
  // The same: objects that were never made, each with its header before it, as they would be in the heap. Frames and
  // other objects here have their addresses until hot_leave is done with them.
  uint8_t has_unmade;
  uint64_t unmade[THREAD_UNMADE_WORDS];
  // Which of them are being made: roots, with what they refer to.
  struct thread_remade {
    struct ref outside;
    struct value object; // all bits 0 until it is made
  } remade[THREAD_UNMADE_MAX];
  uint32_t remade_count;
  // The world's sample's: safepoints looked at since the last request; the loop that is watched; its frame, or the one
  // that the request was met in, and whether that one's method is too long to be inlined.
  uint32_t sample_tries;
  void *sample_loop;
  const struct value *sample_fp;
  bool sample_in_long;
  // Asked for and not yet run. Guarded by the world's lock; run by the mutator at a safepoint, or by the asker while it
  // is outside the guest.
  struct handshake *handshakes;
  // What thread_spawn started.
  pthread_t pthread;
  const struct method *start; // its callee and arguments are the first words of its VM stack
  struct value outcome;       // a root: when finished, the result or what it threw
  uint32_t argument_count;
  bool threw;
  bool joinable, joining, finished; // guarded by the world's lock
  bool attached;                    // a thread of the host's, see thread_attach
};

typedef enum loam_status thread_start_fn(struct mutator *th, const struct method *method, struct value callee,
                                         const struct value *args, size_t count);

static inline struct thread *thread_of(struct mutator *th) { return (struct thread *)th; }

struct world {
  pthread_mutex_t lock;
  struct os_fork_lock at_fork; // of `lock`: the sampler is no mutator, and takes it at any time
  pthread_cond_t changed;      // a state, a request, `stopper` or `finished` changed
  struct thread *threads;      // all mutators, newest first
  struct thread *stopper;      // who stopped the world, or NULL
  const struct vm_config *config;
  const struct loam_guest *guest;
  void (*uncaught)(struct thread *thread); // NULL, or called before an exception's frames go (--dump=frames)
  void (*thrown)(struct thread *thread);   // NULL, or called before its handler is looked for (--trace=frames)
  bool locals_watched;                     // see frame_watch_locals
  bool keeps_backtraces; // of exceptions that leave guest_calls, for a host; else only of guests without their own
  // Who wants samples; see thread_world_sample. Called by the mutator itself, at a safepoint; `callee` is what it is
  // about to call, or NULL. True: it is to come again at its next safepoint.
  bool (*sample)(struct thread *thread, const struct method *callee);
  void *sample_context;
  thread_start_fn *start; // runs a spawned mutator's function; set by the layer that has the interpreter
  uint32_t thread_count, next_number;
  uint32_t attached_count;  // of them: what thread_attach made
  _Atomic bool kill_wanted; // a limit was reached: new mutators die at once too
};

static inline bool world_watches_frames(const struct world *world) {
  return world->thrown || world->uncaught || world->locals_watched;
}

enum loam_err thread_world_init(struct world *world, const struct vm_config *config, const struct loam_guest *guest,
                                struct error *err);
// All mutators but the main one must have ended.
void thread_world_fini(struct world *world);

// Makes a mutator with an empty VM stack, in state IN_NATIVE, and puts it into the world. NULL with `err` set when
// memory is out (LOAM_ERR_MEMORY) or there are as many as the config allows (LOAM_ERR_LIMIT). The caller fills in what
// the layers above own (vm, guest, ops, dispatch).
struct thread *thread_create(struct world *world, struct error *err);
// Takes it out again, after running the handshakes that wait for it. Its allocation buffer must have been given back.
void thread_destroy(struct thread *thread);

// Stops every mutator but `self`, which is in the guest with its frame published. False: another one stopped the world
// meanwhile and has let it go on; nothing is stopped.
bool thread_world_stop(struct world *world, struct mutator *self);
void thread_world_resume(struct world *world, struct mutator *self);

// Runs fn for one mutator, at one of its safepoints or while it is outside the guest; returns when it has run. fn runs
// under the world's lock and may not allocate in the heap. The caller is no mutator that is in the guest: two of them
// would wait for each other.
void thread_handshake(struct thread *target, void (*fn)(struct thread *thread, void *arg), void *arg);

// Asks every mutator to call the world's `sample` at its next safepoint. Gives how many had no request open: those that
// ran since the last time. Any thread may call it.
uint32_t thread_world_sample(struct world *world);

// Asks every mutator to end with an exception it can't catch. Any thread may call it.
void thread_world_kill(struct world *world);

// Waits until `self` is the only mutator, after asking all to end when `kill` is set; for attached ones, that end when
// they like, with `attached_too`. `self`, in the guest, goes on waiting when it is asked to end itself.
void thread_world_join_all(struct world *world, struct mutator *self, bool kill, bool attached_too);

// Calls the guest's `interrupted` when that was asked for, at a safepoint.
MAY_GC MAY_THROW enum loam_status thread_run_interrupt(struct mutator *th);
static inline bool thread_interrupted(struct mutator *th) {
  return atomic_load_explicit(&thread_of(th)->requests, memory_order_relaxed) & REQUEST_GUEST;
}

// A safepoint if one is wanted, before a call; the guest is not interrupted yet. Then: may the frame of `callee` reach
// up to `end`? Otherwise THROWN with the guest's stack overflow.
MAY_GC MAY_THROW enum loam_status thread_stack_check(struct mutator *th, const struct method *callee, uintptr_t end);

#endif
