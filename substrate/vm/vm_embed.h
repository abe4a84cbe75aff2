// SPDX-License-Identifier: MIT
//
// vm_embed.h: a host program's VM, for the files that implement loam.h.
#ifndef LOAM_VM_VM_EMBED_H
#define LOAM_VM_VM_EMBED_H

#include "loam/loam.h"
#include "vm/vm_int.h"

struct loam_vm {
  struct vm *vm; // NULL when opening failed
  const struct loam_guest *guest;
  struct error error;    // of the last function that can fail
  struct text backtrace; // beside it
  struct text scratch;   // what loam_value_to_text and loam_value_describe return
  struct vm_file program;
  char *program_name;
  struct method *main; // of the program; NULL when none is loaded, or its engine loads it itself
  struct host_function *functions;
  loam_read_fn *read;
  void *read_context;
};

// A C function behind a method of the guest: its host_data.
struct host_function {
  struct host_function *next;
  struct loam_vm *owner;
  loam_host_fn *fn;
  void *user_data;
};

// One call of a host function, on the C stack.
struct loam_host_call {
  struct host_function *function;
  struct mutator *th;
  struct value *args; // the frame's locals: roots
  unsigned argument_count;
  struct handle **arguments; // made when asked for
  struct handle *result;
  struct error end; // not LOAM_OK: how the call ends instead; LOAM_ERR_GUEST is an exception of the guest's
};

// The bracket around everything that touches the guest. A call from inside a host function runs on that function's
// mutator, which is in the guest; any other on the main mutator, which is outside between calls.
struct vm_embed_scope {
  struct mutator *th;
  bool entered;
};
struct vm_embed_scope vm_embed_enter(struct loam_vm *vm);
void vm_embed_leave(struct vm_embed_scope scope);
// Makes `th` (NULL: none) the one whose host function runs on this C thread; gives the one before.
struct mutator *vm_embed_set_current(struct mutator *th);

// A loam_value is a handle of the heap.
static inline struct handle *vm_embed_handle(const struct loam_value *value) { return (struct handle *)value; }
static inline struct loam_value *vm_embed_value(struct handle *handle) { return (struct loam_value *)handle; }
// Records an error for memory when `heap_handle_create` fails.
struct loam_value *vm_embed_new_value(struct loam_vm *vm, struct value v);

static inline struct value vm_embed_none(const struct loam_guest *guest) {
  return guest->none.bits ? guest->none : guest->initial_local;
}

void vm_embed_clear_error(struct loam_vm *vm);
// Records what a THROWN left behind: the limit that killed the program, or the pending exception with its backtrace.
enum loam_err vm_embed_take_exception(struct loam_vm *vm, struct mutator *th);
// LOAM_OK when the VM is open and was not killed; else the error, recorded.
enum loam_err vm_embed_check_usable(struct loam_vm *vm);

#endif
