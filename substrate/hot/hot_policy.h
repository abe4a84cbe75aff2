// SPDX-License-Identifier: MIT
//
// hot_policy.h: the state of a VM's hot compiler: what was sampled, what is requested, what was made.
//
// One lock guards all of it. It is held for a few steps only, never during a compilation, and nobody who holds it takes
// the world's lock.
#ifndef LOAM_HOT_HOT_POLICY_H
#define LOAM_HOT_HOT_POLICY_H

#include "hot/hot_int.h"

#include <sys/types.h>

#define ROUNDS_SHORT 128 // of so many samples one at least meets what comes round often
#define ROUNDS_LONG 1000 // a loop with so many rounds gets an entry, see LOOKS_WHEN_ASKED of the interpreter
#define LOOPS_WATCHED 16 // samples of a loop that count its rounds

// What says how much compiling a part of a method takes: instructions before fusing, and the calls among them.
struct hot_code_size {
  uint32_t parts, calls;
};

// A loop head that was seen.
struct hot_loop {
  struct hot_loop *next;
  uint32_t word, end; // its head; behind the last branch back to it
  struct hot_code_size size;
  uint32_t points;  // since the method was last compiled
  uint32_t watched; // samples behind which somebody looked where control went from here,
  uint32_t left;    // and those where it soon came to a loop around this one
  bool nested;      // there is one
  bool wanted;      // is to be in the method's code
  uint8_t *kinds;   // by local: what was seen, see hot_profile_kinds; written by mutators
  uint8_t *shown;   // the same at the time of compilation `shown_at`
  uint64_t shown_at;
};

// A call that does not always call the same.
struct hot_call_site {
  struct hot_call_site *next;
  uint32_t pc;
  struct hot_targets targets;
};

enum hot_state { HOT_IDLE, HOT_REQUESTED, HOT_COMPILING };

// What is known of a method. Belongs to the VM's hot compiler; a method keeps its profile.
struct hot_profile {
  struct hot_profile *next, *next_requested;
  struct hot *hot;
  struct method *method;
  struct hot_loop *loops;
  struct hot_call_site *call_sites; // where a guess of the callee was wrong
  struct hot_unit *unit;            // its code, or NULL
  enum hot_state state;
  uint64_t tick;             // the sampler's, when it last got points;
  uint32_t tick_points;      // the points of that tick
  uint32_t points;           // what samples gave since it was last compiled
  uint32_t calls;            // samples at calls of it in that time, or behind a call that is made all the time
  uint32_t calls_before;     // method.calls when it was last compiled
  uint32_t compilations;     // tried
  uint32_t recompilations;   // because guards failed
  uint32_t bad_ticks;        // in a row, with code that fails often and is not compiled again
  struct hot_code_size size; // of all of it; 0 parts: not measured yet
  uint64_t known_ns;         // what it would take, when that was more than it had run for; else 0
  uint64_t modelled_ns;      // what its compilation was taken to cost, for all methods alike
  uint64_t *caches;          // what the method's inline caches held at the last look
  bool wants_entry;
  bool urgent; // somebody waits for it
  bool feedback;
  bool refused; // never again
};

typedef enum loam_err hot_compile_fn(struct hot_compiler *compiler, const struct hot_request *request,
                                     struct hot_unit **unit, struct error *err);

struct hot {
  struct hot_setup setup;
  struct hot_compiler compiler;
  hot_compile_fn *compile;                        // hot_compile, or a test's
  void (*prepare)(struct hot_compiler *compiler); // hot_compiler_prepare, or NULL: the first compilation does it
  void (*destroy_unit)(struct hot_compiler *compiler, struct hot_unit *unit);
  pid_t owner; // the process that has the threads
  pthread_mutex_t lock;
  pthread_cond_t work;       // something is requested, or it is closing
  pthread_cond_t done;       // a request was answered
  pthread_cond_t tick;       // the sampler is to wake up
  pthread_mutex_t tick_lock; // of that alone; who has it takes no other
  pthread_t worker, sampler;
  bool has_worker;
  _Atomic bool has_sampler;
  _Atomic bool closing;
  _Atomic bool asleep; // the sampler waits until a mutator runs
  _Atomic bool compiling;
  bool prepared;  // or the worker is at it:
  bool preparing; // it opens LLVM
  bool parked;    // the worker is stuck for good, and the compiler with it
  struct hot_profile *profiles;
  struct hot_profile *requested; // those of them
  struct hot_unit *units;        // in use,
  struct hot_unit *retired;      // replaced
  uint64_t compilations;         // started
  uint64_t created_ns;           // processor time
  uint64_t modelled_ns;          // what the model says of all units; stats.compile_ns is what they cost
  uint64_t sampler_ns;           // when the sampler was asked for
  uint64_t ticks;                // of the sampler
  uint32_t tick_weight;          // what a point of this one counts: its length in the shortest ticks
  uint32_t holds;                // who wants that no compilation starts
  bool avoided;                  // nobody is to wait for one either, see hot_avoid
  _Atomic bool news;             // since the sampler last looked: a request, a unit
  struct hot_stats stats;
};

// ---- profiles: hot_profile.c; the lock is held ----

// The profile of a method, made when there is none; NULL when memory is out.
struct hot_profile *hot_profile_of(struct hot *hot, struct method *method);
// The profile's loop at a code word, made when there is none; NULL when memory is out.
struct hot_loop *hot_profile_loop(struct hot_profile *profile, uint32_t word);
// The word behind the last branch back to a loop's head.
uint32_t hot_loop_end(const struct method *method, uint32_t head);
// Looks at the locals of a frame at a loop head.
void hot_profile_see(struct hot_profile *profile, struct hot_loop *loop, const struct value *locals);
// Looks at the method's inline caches. One that holds something else than at the last look is doubted: what it says is
// not what always happens there. But for a call's target as long as these are few.
void hot_profile_look_at_caches(struct hot_profile *profile);
// Nothing is to be assumed any more at the instruction of a method at this byte.
void hot_profile_doubt(const struct method *method, uint32_t pc);
// The call at a byte was seen to call these two, of which either may be NULL. The result is what it is known to call
// now; of those that are always the same it has one.
struct hot_targets hot_profile_see_targets(struct hot_profile *profile, uint32_t pc, const struct method *before,
                                           const struct method *now);
// Methods that are released are not among what calls were seen to call any more, nor among what caches held.
void hot_profile_forget_released(struct hot_profile *profile);
// Wants all loops of the method.
void hot_profile_want_all(struct hot_profile *profile);
void hot_profile_destroy(struct hot_profile *profile);

// Does an instruction begin with a poll?
bool hot_profile_is_poll(const struct method *method, uint32_t word);

// ---- what is sampled: hot_sample.c ----

// For world.sample.
bool hot_sample(struct thread *thread, const struct method *callee);
// Looks at the locals of the loop whose head the mutator is at, if it is at one. The lock is held.
void hot_sample_loop(struct hot *hot, struct mutator *th);

// ---- what is compiled, and compiled again: hot_policy.c; the lock is held ----

// Gives a method points for a sample, times the tick's weight; a tick counts once, with the most it gave.
void hot_policy_give(struct hot *hot, struct method *method, uint32_t points);
// Of a method's code between two words; with what calls of short methods without loops and calls will inline.
struct hot_code_size hot_policy_size(const struct method *method, uint32_t from, uint32_t to);
// Measures the method and its loops; the models below go by that.
void hot_policy_measure(struct hot_profile *profile);
// What compiling a method takes on a machine like the one that the model is of, nanoseconds of processor time.
uint64_t hot_policy_model_ns(const struct hot_profile *profile);
// Chooses where the method's code is entered. Asked again when it is compiled: while it waited it was sampled more.
void hot_policy_choose(struct hot_profile *profile);
// Does control hardly ever come soon from a loop to the one around it? False where nobody has looked.
bool hot_policy_runs_long(const struct hot_loop *loop);
// Requests the method if its points say so.
void hot_policy_consider(struct hot_profile *profile);
// Looks at the failures of all guards, and has code made again where they fail often. True when something changed.
bool hot_policy_look(struct hot *hot);
// Counts the failures since the last look.
uint64_t hot_policy_failures(const struct hot *hot);
// Has the program run long enough for this compilation? What LLVM takes, from the other processors or from this
// program, stays in proportion to what the program takes itself.
// What compiling it for the first time may take, by what it has run; 0: whatever it takes. It would take more: it is
// considered again when it has run for that.
uint64_t hot_policy_allowed_ns(const struct hot_profile *profile);
void hot_policy_defer(struct hot_profile *profile, uint64_t ns);
bool hot_policy_can_afford(const struct hot_profile *profile);
// The request to answer next, or NULL.
struct hot_profile *hot_policy_next(struct hot *hot);
// Takes a request back.
void hot_policy_drop(struct hot_profile *profile);

// ---- making and unmaking: hot_install.c; the lock is held ----

void hot_install(struct hot_profile *profile, struct hot_unit *unit);
// Takes the method's code away: it goes on in the lower engines.
void hot_uninstall(struct hot_profile *profile);
// Has frames return to the lower engines that would return into units which were replaced. The world is stopped.
void hot_install_redirect(struct hot *hot);
// In a forked child: has the one thread's frames return to the lower engines, whatever they would return into; and
// takes a method's code away, whatever becomes of its unit.
void hot_install_redirect_all(struct thread *thread);
void hot_install_clear(struct method *method);
// hot_find_unused, with the lock held.
void hot_install_find_unused(struct hot *hot);
// Destroys the units that it found.
void hot_install_free_unused(struct hot *hot);

// ---- threads: hot_thread.c; the lock is held ----

void hot_thread_start_sampler(struct hot *hot);
// Starts the worker, which opens LLVM, if there is a processor beside the program's.
void hot_thread_prepare(struct hot *hot);
// Lets the worker know that something is requested; starts it the first time.
void hot_thread_request(struct hot_profile *profile);
// Waits for the threads to end.
void hot_thread_stop(struct hot *hot);
// The lock need not be held.
void hot_thread_wake_sampler(struct hot *hot);

// Is this a process that was forked off? It has the code, but no thread to make more.
bool hot_thread_is_gone(const struct hot *hot);
// Switches the hot compiler off for this VM.
void hot_thread_give_up(struct hot *hot, const char *why);

#endif
