// SPDX-License-Identifier: MIT
//
// zam_stub.h: C code written for OCaml's own runtime, in libraries that programs name ("stubs"). They are compiled
// against that runtime's headers, whose macros read and write its structures directly: this file repeats those layouts,
// word for word, and says how stubs are called. zam_stub_api.h is what they call in turn.
//
// Roots: a stub links blocks of its C variables into Caml_state->local_roots; the collector updates them. Exceptions: a
// stub is left by a jump to where it was called, see zam_stub_call.c. One VM of a process runs stubs at a time, because
// this state, and that of the libraries, is the process's.
#ifndef ZAM_STUB_H
#define ZAM_STUB_H

#include "zam_prim.h"

// Variables of a C function: table_count arrays of item_count values each.
struct zam_roots {
  struct zam_roots *next;
  intptr_t table_count, item_count;
  struct value *tables[5];
};

// What the headers call the domain state: words at fixed places. Names for those that mean something here; the others
// belong to a collector and an interpreter that are not OCaml's.
struct zam_domain {
  void *young_limit, *young_ptr; // a block fits inline when, after young_ptr -= size, young_ptr >= young_limit: never
  uintptr_t heap_words[27];
  intptr_t backtrace_active;
  uintptr_t backtrace_words[3];
  intptr_t compare_unordered; // set by a comparison of custom blocks whose result is no order
  uintptr_t request_words[2];
  struct zam_roots *local_roots; // the innermost
  double words[3];
  intptr_t minor_collections, major_collections; // each of ours is both: it frees what is dead, of any size
  uintptr_t statistics[11];
};
_Static_assert(offsetof(struct zam_domain, backtrace_active) == 232, "the headers say so");
_Static_assert(offsetof(struct zam_domain, compare_unordered) == 264, "the headers say so");
_Static_assert(offsetof(struct zam_domain, local_roots) == 288, "the headers say so");

extern struct zam_domain *Caml_state; // never NULL

// A primitive of a library: a zam_prim without an fn, followed by its C function.
struct zam_stub_prim {
  struct zam_prim prim;
  void *function;
};

// Makes this VM the one whose stubs run. False: another VM of the process has stubs.
bool zam_stub_claim(struct zam_state *state);
// Gives that back, with all that stubs registered.
void zam_stub_release(struct zam_state *state);

// Calls a stub with n arguments: args[0], args[-1], ... as for any primitive.
MAY_GC MAY_THROW enum loam_status zam_stub_call(struct mutator *th, void *function, struct value *args, uint32_t n,
                                                struct value *result);
// Calls fn, which may call C code that raises. THROWN when it did.
typedef void zam_stub_fn(void *context);
MAY_GC MAY_THROW enum loam_status zam_stub_protect(struct mutator *th, zam_stub_fn *fn, void *context);

// The mutator that runs the stub which calls; for the functions of zam_stub_api.h only.
struct mutator *zam_stub_mutator(void);
// Calls one of the machine's primitives, with at most five arguments, args[0] first.
MAY_GC struct value zam_stub_prim(const char *name, unsigned n, const struct value *args);
// Leaves the stub that called, with the exception that is pending. No ROOTS of the callers are unwound by C: what is
// registered is taken back to how it was at the stub's call.
[[noreturn]] void zam_stub_leave(void);
static inline void zam_stub_check(enum loam_status status) {
  if (UNLIKELY(status != DONE)) zam_stub_leave();
}

// Whether the VM is the one that runs stubs.
bool zam_stub_owns(const struct zam_state *state);

// Puts the running thread's part of the state away, and takes it back: around what lets other threads run stubs.
void zam_stub_park(const struct zam_state *state);
void zam_stub_unpark(const struct zam_state *state);
// In the child of a fork: the other threads don't wait any more.
void zam_stub_forget_parked(void);

// Forgets the static data that C code added: see zam_stub_has_static in zam_runtime.h.
void zam_stub_forget_static(void);

// For the collector: the variables of stubs, what they registered, fields they stored into. When a collection knows
// what is alive, those fields are forgotten, and the collection is counted.
void zam_stub_roots(struct zam_state *state, struct root_visitor *visit);
void zam_stub_weak(struct zam_state *state);

#endif
