// SPDX-License-Identifier: MIT
//
// zam_signal.c: Sys.signal. Numbers below 0 are OCaml's own names of the usual signals.
//
// One VM of a process has the signals: the one that asked last.
#include "zam_signal.h"

#include "zam_prim.h"
#include "zam_runtime.h"
#include "zam_thread.h"

#include <errno.h>
#include <signal.h>

enum action { DEFAULT, IGNORE, HANDLE };

struct zam_signals {
  struct value functions[ZAM_SIGNALS];
};

_Atomic intptr_t caml_pending_signals[ZAM_SIGNALS];
_Atomic int caml_something_to_do;

static struct zam_state *_Atomic owner; // the VM that has the signals

static const int portable[] = {0,       SIGABRT, SIGALRM, SIGFPE,  SIGHUP,    SIGILL,  SIGINT,  SIGKILL,
                               SIGPIPE, SIGQUIT, SIGSEGV, SIGTERM, SIGUSR1,   SIGUSR2, SIGCHLD, SIGCONT,
                               SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGVTALRM, SIGPROF, SIGBUS,  SIGPOLL,
                               SIGSYS,  SIGTRAP, SIGURG,  SIGXCPU, SIGXFSZ};

int zam_signal_to_system(int64_t number) {
  return number < 0 && number >= -(int64_t)(COUNT_OF(portable) - 1) ? portable[-number] : (int)number;
}

int64_t zam_signal_from_system(int number) {
  for (int64_t i = 1; i < (int64_t)COUNT_OF(portable); i++)
    if (portable[i] == number) return -i;
  return number;
}

void zam_signals_wake(struct zam_state *state) {
  atomic_store(&caml_something_to_do, 1);
  state->pending = true; // before it is asked who looks: zam_signals_set_receiver does both in the other order
  struct mutator *th = atomic_load(&state->receiver);
  if (th) thread_interrupt(th);
}

void zam_signal_note(struct zam_state *state, int number) {
  ASSERT(number > 0 && number < ZAM_SIGNALS, "signal %d came, of %d", number, ZAM_SIGNALS);
  atomic_store(&caml_pending_signals[number], 1);
  zam_signals_wake(state);
}

static void note(int number) {
  struct zam_state *state = atomic_load(&owner);
  if (state && state->signals) zam_signal_note(state, number);
}

void zam_signals_set_receiver(struct zam_state *state, struct mutator *th) {
  atomic_store(&state->receiver, th);
  if (th && state->pending) thread_interrupt(th);
}

static void wake_only(int number) { (void)number; }

void zam_signals_prepare_end(void) {
  struct sigaction wake = {.sa_handler = wake_only}; // and the system's calls are not begun again
  sigaction(SIGVTALRM, &wake, NULL);
}

// Turns the signal off while its function runs.
static void block(int number, bool on) {
  ASSERT(number > 0 && number < ZAM_SIGNALS, "signal %d of %d is blocked", number, ZAM_SIGNALS);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, number);
  pthread_sigmask(on ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

static bool any_came(void) {
  for (int number = 1; number < ZAM_SIGNALS; number++)
    if (atomic_load_explicit(&caml_pending_signals[number], memory_order_relaxed)) return true;
  return false;
}

enum loam_status zam_signals_run(struct mutator *th) {
  const struct zam_threads *threads = zam_state(th)->threads;
  struct zam_signals *signals = zam_state(th)->signals;
  enum loam_status status = DONE;
  if (threads && threads->ending) { // no handler sees that
    th->killed = true;
    return throw_value(th, ZAM_UNIT);
  }
  if (!signals || !any_came()) return DONE;
  sigset_t blocked; // what this thread doesn't want is for another one
  pthread_sigmask(SIG_BLOCK, NULL, &blocked);
  for (int number = 1; number < ZAM_SIGNALS && status == DONE; number++) {
    if (sigismember(&blocked, number) == 1 || !atomic_exchange(&caml_pending_signals[number], 0)) continue;
    if (zam_is_int(signals->functions[number])) continue; // a library's, who asked for it by itself
    struct value argument = zam_from_int(zam_signal_from_system(number)), result;
    if (any_came()) zam_state(th)->pending = true; // the function may let another thread run, who wants to know
    block(number, true);
    status = zam_call(th, signals->functions[number], &argument, 1, &result);
    block(number, false);
  }
  if (!any_came()) return status;
  zam_state(th)->pending = true;                       // for a thread that doesn't block it
  if (status != DONE) zam_signals_wake(zam_state(th)); // C code calls this alone, and nobody behind it wakes
  return status;
}

void zam_signals_roots(struct zam_state *state, struct root_visitor *visit) {
  for (int number = 0; state->signals && number < ZAM_SIGNALS; number++)
    visit->slot(visit, &state->signals->functions[number]);
}

void zam_signals_free(struct zam_state *state) {
  for (int number = 1; state->signals && number < ZAM_SIGNALS; number++)
    if (zam_is_block(state->signals->functions[number])) signal(number, SIG_DFL);
  if (atomic_load(&owner) == state) atomic_store(&owner, NULL);
  mem_free(state->signals);
}

static bool make_signals(struct zam_state *state) {
  if (!state->signals) {
    state->signals = mem_alloc_zero(1, sizeof *state->signals);
    for (int i = 0; state->signals && i < ZAM_SIGNALS; i++) state->signals->functions[i] = ZAM_UNIT;
  }
  return state->signals;
}

// What the signal did before, as the program sees it.
static enum loam_status old_action(struct mutator *th, const struct sigaction *before, int number,
                                   struct value *result) {
  if (before->sa_handler == note) return zam_make_block1(th, 0, zam_state(th)->signals->functions[number], result);
  return zam_return_int(result, before->sa_handler == SIG_IGN ? IGNORE : DEFAULT);
}

// Ignore, Default, or Handle of a function. The types say so, unless the program was written by hand.
static bool is_action(const struct mutator *th, struct value action) {
  if (zam_is_int(action)) return true;
  if (zam_is_outside(th, action) || !zam_size(action)) return false;
  struct value function = zam_fields(action)[0];
  if (zam_is_int(function) || zam_is_outside(th, function)) return false;
  return zam_tag(function) == ZAM_TAG_CLOSURE || zam_tag(function) == ZAM_TAG_INFIX;
}

static enum loam_status install_handler(struct mutator *th, struct value *args, struct value *result) {
  struct zam_state *state = zam_state(th);
  int number = zam_signal_to_system(zam_arg_int(args, 0));
  if (number < 1 || number >= ZAM_SIGNALS) return zam_invalid(th, "Sys.signal: unavailable signal");
  if (!is_action(th, zam_arg(args, 1))) return zam_invalid(th, "Sys.signal: expected an action");
  if (!make_signals(state)) return zam_raise(th, ZAM_OUT_OF_MEMORY);
  struct value action = zam_arg(args, 1);
  struct sigaction wanted = {.sa_handler = note}, before;
  if (zam_is_int(action)) wanted.sa_handler = zam_to_int(action) == IGNORE ? SIG_IGN : SIG_DFL;
  sigemptyset(&wanted.sa_mask);
  atomic_store(&owner, state);
  if (sigaction(number, &wanted, &before) != 0) return zam_raise_sys(th, NULL, errno);
  if (old_action(th, &before, number, result) != DONE) return THROWN;
  action = zam_arg(args, 1);                                                           // it may have moved
  if (zam_is_block(action)) state->signals->functions[number] = zam_fields(action)[0]; // one may have come before
  return DONE;
}

const struct zam_prim zam_signal_prims[] = {{"caml_install_signal_handler", install_handler, 0, 0}, {NULL, NULL, 0, 0}};
