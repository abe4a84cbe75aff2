// SPDX-License-Identifier: MIT
//
// vm_int.h: what a VM is made of, for the files of this module.
#ifndef LOAM_VM_VM_INT_H
#define LOAM_VM_VM_INT_H
#ifndef LOAM_VM_MODULE
#error "vm_int.h is for the files of substrate/vm; others include vm/vm.h"
#endif

#include "baseline/baseline.h"
#include "box/box.h"
#include "code/code.h"
#include "emit/emit.h"
#include "heap/heap.h"
#include "hot/hot.h"
#include "interp/interp.h"
#include "thread/thread.h"
#include "vm/vm.h"

struct diag_run;

// In the order in which they are made; unmade in the opposite one.
struct vm {
  const struct loam_guest *guest;
  struct arena texts; // what `config` points to
  struct vm_config config;
  pthread_mutex_t lock; // guards code, kill_reason, and what is released
  struct box_wake wake;
  struct box_output output;
  struct box_input input;
  struct world world;
  struct heap *heap;
  struct code_space code;
  struct emit_memory code_memory;
  struct baseline baseline;
  const void *const *resume;                          // mutator.resume
  bool compiles, compile_all;                         // methods are compiled; all of them, as they are made
  uint32_t released, released_fresh, released_rounds; // methods that wait to be freed: all, those that came since the
                                                      // last look; collections without one
  uint32_t methods_freed;
  uint64_t code_freed;             // bytes of baseline code
  struct hot *hot;                 // NULL where the engine has none
  struct interp_observer observer; // its table is NULL when nobody watches
  struct thread *main;
  const struct vm_file *file; // that is run; NULL when it is not known to stay
  uint64_t file_looked_ns;    // when it was found unchanged last; atomic
  void *guest_state;
  vm_prompt_fn *prompt; // NULL without one
  void *prompt_context;
  struct box_timer timer;
  struct error kill_reason; // written once, before `ended`
  struct error uncaught;    // of the program that was run last, for a host; LOAM_OK: it had none
  struct text uncaught_backtrace;
  _Atomic bool ended;
  uint64_t started_ns;
  bool has_lock, has_output, has_input, has_world, is_open; // how far vm_open came
};

// Records why the program ends, if it is the first reason, and asks all mutators to end. Any thread may call it.
void vm_end(struct vm *vm, enum loam_err kind, const char *text);

// Says in `err` which exception is pending.
void vm_describe_exception(struct mutator *th, struct error *err);

// Which engines are the substrate's own.
bool vm_engine_is_substrate(const char *engine);
// Makes ready what the chosen engine needs, behind the observer; what a mutator, and a new method, get of it.
enum loam_err vm_compile_init(struct vm *vm, struct error *err);
void vm_compile_attach(struct vm *vm, struct mutator *th);
void vm_compile_made(struct vm *vm, struct method *method);
// At every collection, with the world stopped.
void vm_compile_world_stopped(struct vm *vm);
// Frees released methods, if it is time for that. The same.
void vm_release_world_stopped(struct vm *vm);
void vm_compile_read_stats(struct vm *vm, struct diag_run *run);
void vm_compile_fini(struct vm *vm);

// Makes the observer that the config asks for, if any.
enum loam_err vm_watch_init(struct vm *vm, struct error *err);
// Prints what --stats asks for.
void vm_watch_print_stats(struct vm *vm);

#endif
