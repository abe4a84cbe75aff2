// SPDX-License-Identifier: MIT
//
// zam_stub_call.c: calling stubs, and leaving them.
//
// A stub takes up to five arguments as C's; of more it gets an array. An exception ends it by siglongjmp to the call,
// which returns THROWN: so an exception crosses C code of the library alone. Where a stub calls the guest back, the
// guest's frames between two stubs are unwound by the substrate, which brings THROWN to the callback, and that jumps
// again. What the program's functions left in ROOTS and in the library's own chain of roots is taken back at the jump.
//
// Fields that stubs store into are remembered by address, not by object: the C interface gives no more. They are roots
// of the next collection if it looks at young objects only; after it no old object refers to a young one through them.
//
// A thread that waits in the system is parked: others run stubs meanwhile, with their own chain of roots.
//
// A VM without libraries runs C code here, too: the operations of its own custom blocks. They raise, but keep no roots
// in the process's state, which may be another VM's.
#include "zam_stub_api.h"
#include "zam_thread.h"

#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ARGS_MAX 5 // that a stub takes one by one

// A thread in a blocking section.
struct parked {
  struct zam_roots *local_roots;
  struct parked *next, *previous;
  bool is_linked; // not when it began to wait before there were stubs
};

// young_limit is above every address, so that allocation inlined into stubs always asks caml_alloc_small_dispatch.
static struct zam_domain domain = {.young_limit = (void *)(UINTPTR_MAX - 7), .young_ptr = (void *)(UINTPTR_MAX - 7)};
struct zam_domain *Caml_state = &domain;

static struct zam_state *_Atomic owner; // the VM that has libraries
static struct zam_slots registered, stored;
static struct parked *all_parked;
static _Thread_local struct parked parked;
static _Thread_local struct mutator *current;
static _Thread_local sigjmp_buf *innermost; // where an exception leaves C code to

bool zam_stub_claim(struct zam_state *state) {
  struct zam_state *before = NULL;
  return atomic_compare_exchange_strong(&owner, &before, state) || before == state;
}

bool zam_stub_owns(const struct zam_state *state) { return owner == state; }

void zam_stub_release(struct zam_state *state) {
  if (!zam_stub_owns(state)) return;
  ASSERT(!innermost, "zam.I20: C libraries are given up in the middle of a call");
  zam_slots_clear(&registered);
  zam_slots_clear(&stored);
  zam_stub_forget_static();
  zam_custom_forget();
  domain.local_roots = NULL;
  owner = NULL;
}

struct mutator *zam_stub_mutator(void) { return current; }

// ---- calls ---------------------------------------------------------------------------------------------------------

typedef struct value stub0(void);
typedef struct value stub1(struct value);
typedef struct value stub2(struct value, struct value);
typedef struct value stub3(struct value, struct value, struct value);
typedef struct value stub4(struct value, struct value, struct value, struct value);
typedef struct value stub5(struct value, struct value, struct value, struct value, struct value);
typedef struct value stub_many(struct value *args, int n);

struct call {
  void *function;
  struct value *args, result;
  uint32_t n;
};

// The array is in order, and the collector updates it.
static __attribute__((noinline)) struct value call_many(const struct call *call) {
  struct value args[ZAM_ARGS_MAX];
  struct zam_roots roots = {domain.local_roots, 1, call->n, {args}};
  CHECK(call->n <= ZAM_ARGS_MAX, "zam.I4: a primitive gets %u arguments", call->n);
  for (uint32_t i = 0; i < call->n; i++) args[i] = zam_arg(call->args, (int)i);
  domain.local_roots = &roots;
  return ((stub_many *)call->function)(args, (int)call->n);
}

static void call_stub(void *context) {
  struct call *call = context;
  const struct value *a = call->args;
  switch (call->n) {
  case 0: call->result = ((stub0 *)call->function)(); break;
  case 1: call->result = ((stub1 *)call->function)(a[0]); break;
  case 2: call->result = ((stub2 *)call->function)(a[0], a[-1]); break;
  case 3: call->result = ((stub3 *)call->function)(a[0], a[-1], a[-2]); break;
  case 4: call->result = ((stub4 *)call->function)(a[0], a[-1], a[-2], a[-3]); break;
  case ARGS_MAX: call->result = ((stub5 *)call->function)(a[0], a[-1], a[-2], a[-3], a[-4]); break;
  default: call->result = call_many(call);
  }
}

enum loam_status zam_stub_protect(struct mutator *th, zam_stub_fn *fn, void *context) {
  const bool owns = zam_stub_owns(zam_state(th));
  sigjmp_buf jump, *const outer_jump = innermost;
  struct zam_roots *const local_roots = owns ? domain.local_roots : NULL;
  struct root_frame *const roots = th->roots;
  struct mutator *const outer = current;
  enum loam_status status = THROWN;
  if (sigsetjmp(jump, 0) == 0) {
    current = th;
    innermost = &jump;
    fn(context);
    ASSERT(innermost == &jump && current == th, "zam.I20: a call of C code ends in mutator %p, not %p", (void *)current,
           (void *)th);
    status = DONE;
  }
  th->roots = roots;
  if (owns) domain.local_roots = local_roots;
  innermost = outer_jump;
  current = outer;
  return status;
}

enum loam_status zam_stub_call(struct mutator *th, void *function, struct value *args, uint32_t n,
                               struct value *result) {
  struct call call = {.function = function, .args = args, .n = n};
  ASSERT(function && n <= ZAM_ARGS_MAX, "zam.I4: a primitive at %p gets %u arguments", function, n);
  if (zam_stub_protect(th, call_stub, &call) != DONE) return THROWN;
  *result = call.result;
  return DONE;
}

void zam_stub_leave(void) {
  ASSERT(current, "zam.I20: an exception leaves C code that no mutator runs, below %p", (void *)innermost);
  if (!innermost && current->killed) { // a registered thread, at the program's end: it is not waited for
    zam_blocking_enter(current);
    for (;;) pause();
  }
  if (!innermost) {
    fputs("Fatal error: an exception in C code that no program called\n", stderr);
    abort();
  }
  caml_channel_mutex_unlock_exn();
  siglongjmp(*innermost, 1);
}

// ---- the collector -------------------------------------------------------------------------------------------------

void (*caml_scan_roots_hook)(zam_scanning_fn *action);

static struct root_visitor *visitor; // of the collection at work, for the hook

static void visit_slot(struct value v, struct value *slot) {
  (void)v;
  visitor->slot(visitor, slot);
}

static void visit_locals(const struct zam_roots *roots, struct root_visitor *visit) {
  for (; roots; roots = roots->next)
    for (intptr_t t = 0; t < roots->table_count; t++)
      for (intptr_t i = 0; i < roots->item_count; i++) visit->slot(visit, &roots->tables[t][i]);
}

void zam_stub_roots(struct zam_state *state, struct root_visitor *visit) {
  if (owner != state) return;
  visit_locals(domain.local_roots, visit);
  for (const struct parked *thread = all_parked; thread; thread = thread->next)
    visit_locals(thread->local_roots, visit);
  zam_slots_visit(&registered, visit);
  if (visit->young_only) zam_slots_visit(&stored, visit);
  if (!caml_scan_roots_hook) return;
  visitor = visit;
  caml_scan_roots_hook(visit_slot);
}

void zam_stub_weak(struct zam_state *state) {
  if (owner != state) return;
  zam_slots_clear(&stored);
  domain.minor_collections++;
  domain.major_collections++;
}

static void add(struct zam_slots *slots, struct value *slot) {
  if (!zam_slots_add(slots, slot)) caml_fatal_error("out of memory");
}

void caml_modify(struct value *field, struct value v) {
  *field = v;
  if (zam_is_block(v)) add(&stored, field);
}

void caml_initialize(struct value *field, struct value v) { caml_modify(field, v); }

void caml_register_global_root(struct value *slot) { add(&registered, slot); }
void caml_remove_global_root(struct value *slot) { zam_slots_remove(&registered, slot); }
void caml_register_generational_global_root(struct value *slot) { add(&registered, slot); }
void caml_remove_generational_global_root(struct value *slot) { zam_slots_remove(&registered, slot); }
void caml_modify_generational_global_root(struct value *slot, struct value v) { *slot = v; }

// ---- waiting in the system -----------------------------------------------------------------------------------------

static void nothing(void) {}
void (*caml_enter_blocking_section_hook)(void) = nothing;
void (*caml_leave_blocking_section_hook)(void) = nothing;

void zam_stub_park(const struct zam_state *state) {
  if (owner != state) return;
  ASSERT(!parked.is_linked, "zam.I20: a thread with the roots %p waits twice", (void *)parked.local_roots);
  parked = (struct parked){domain.local_roots, all_parked, NULL, true};
  if (all_parked) all_parked->previous = &parked;
  all_parked = &parked;
  domain.local_roots = NULL;
}

void zam_stub_unpark(const struct zam_state *state) {
  if (owner != state || !parked.is_linked) return;
  ASSERT((parked.previous ? parked.previous->next : all_parked) == &parked,
         "zam.I20: the thread %p that waited is not in the list", (void *)&parked);
  parked.is_linked = false;
  *(parked.previous ? &parked.previous->next : &all_parked) = parked.next;
  if (parked.next) parked.next->previous = parked.previous;
  domain.local_roots = parked.local_roots;
}

void zam_stub_forget_parked(void) {
  all_parked = parked.is_linked ? &parked : NULL;
  parked.next = parked.previous = NULL;
}

void caml_enter_blocking_section_no_pending(void) {
  zam_blocking_enter(current);
  caml_enter_blocking_section_hook();
}

void caml_enter_blocking_section(void) {
  if (zam_state(current)->pending) zam_stub_check(zam_signals_run(current));
  caml_enter_blocking_section_no_pending();
}

void caml_leave_blocking_section(void) {
  int number = errno;
  caml_leave_blocking_section_hook();
  zam_blocking_leave(current);
  errno = number;
}

// A thread of C code's own is registered outside the guest, and enters it as at the end of a blocking section.
int caml_c_thread_register(void) {
  if (current || !owner) return 0;
  current = zam_thread_attach(owner);
  return current != NULL;
}

int caml_c_thread_unregister(void) {
  if (!current || !zam_thread_detach(current)) return 0;
  current = NULL;
  return 1;
}

// ---- callbacks -----------------------------------------------------------------------------------------------------

int caml_callback_depth;

#define CALL_ARGS_MAX 8       // of zam_call
#define CALLBACK_ARGS_MAX 252 // as in OCaml's own runtime
#define EXCEPTION_BIT UINT64_C(2)

// With more arguments than a call takes the closure gets the first ones, and what it returns the others.
static enum loam_status call_back_many(struct value closure, size_t n, const struct value *args, struct value *result) {
  struct value copy[CALLBACK_ARGS_MAX];
  struct zam_roots roots = {domain.local_roots, 1, (intptr_t)n, {copy}};
  enum loam_status status = DONE;
  if (n > CALLBACK_ARGS_MAX) caml_fatal_error("a callback with more than %d arguments", CALLBACK_ARGS_MAX);
  memcpy(copy, args, n * sizeof *args);
  domain.local_roots = &roots;
  *result = closure;
  for (size_t at = 0, part; status == DONE && at < n; at += part) {
    part = n - at < CALL_ARGS_MAX ? n - at : CALL_ARGS_MAX;
    status = zam_call(current, *result, copy + at, part, result);
  }
  ASSERT(domain.local_roots == &roots, "zam.I20: a callback with %zu arguments has left roots", n);
  domain.local_roots = roots.next;
  return status;
}

// The end of a program, and limits, are no exceptions: C code doesn't see them.
struct value caml_callbackN_exn(struct value closure, int n, struct value *args) {
  struct mutator *th = current;
  struct value result;
  caml_callback_depth++;
  enum loam_status status = n <= CALL_ARGS_MAX ? zam_call(th, closure, args, (size_t)n, &result)
                                               : call_back_many(closure, (size_t)n, args, &result);
  caml_callback_depth--;
  if (status == DONE) return result;
  if (th->killed) zam_stub_leave();
  return (struct value){th->pending.bits | EXCEPTION_BIT};
}

struct value caml_raise_if_exception(struct value v) {
  if ((v.bits & 3) == EXCEPTION_BIT) caml_raise((struct value){v.bits & ~EXCEPTION_BIT});
  return v;
}

struct value caml_callbackN(struct value closure, int n, struct value *args) {
  return caml_raise_if_exception(caml_callbackN_exn(closure, n, args));
}

struct value caml_callback_exn(struct value closure, struct value a) { return caml_callbackN_exn(closure, 1, &a); }
struct value caml_callback2_exn(struct value closure, struct value a, struct value b) {
  return caml_callbackN_exn(closure, 2, (struct value[]){a, b});
}
struct value caml_callback3_exn(struct value closure, struct value a, struct value b, struct value c) {
  return caml_callbackN_exn(closure, 3, (struct value[]){a, b, c});
}
struct value caml_callback(struct value closure, struct value a) { return caml_callbackN(closure, 1, &a); }
struct value caml_callback2(struct value closure, struct value a, struct value b) {
  return caml_callbackN(closure, 2, (struct value[]){a, b});
}
struct value caml_callback3(struct value closure, struct value a, struct value b, struct value c) {
  return caml_callbackN(closure, 3, (struct value[]){a, b, c});
}

const struct value *caml_named_value(const char *name) {
  struct zam_state *state = owner;
  const struct zam_named *named = state ? zam_named_find(state, name) : NULL;
  return named ? &named->value : NULL;
}

void caml_iterate_named_values(void (*fn)(const struct value *v, char *name)) {
  struct zam_state *state = owner;
  for (struct zam_named *named = state ? state->named : NULL; named; named = named->next)
    fn(&named->value, (char *)named->name);
}
