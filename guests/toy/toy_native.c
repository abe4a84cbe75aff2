// SPDX-License-Identifier: MIT
//
// toy_native.c: functions of the machine that are written in C. A native gets its arguments as the locals of a frame:
// the collector updates them in place, so they are read again after anything that may collect.
#include "toy_value.h"

#include <string.h>

// print(v): a line with the text of v; nil.
static enum loam_status native_print(struct mutator *th, struct value *args, struct value *result) {
  struct text line = {0};
  toy_print(args[0], &line);
  text_add_char(&line, '\n');
  enum loam_status status = line.failed ? toy_throw(th, TOY_ERROR_MEMORY) : vm_write(th, line.bytes, line.length);
  text_fini(&line);
  *result = TOY_NIL;
  return status;
}

// apply(f, x): f(x). From the program into C and back into the program; what f throws goes through.
static enum loam_status native_apply(struct mutator *th, struct value *args, struct value *result) {
  return toy_call(th, args[0], &args[1], 1, result);
}

// keep(v): keeps v where all threads see it, and returns what was kept before. Whoever takes a pair from here reads its
// fields next: the exchange acquires what the one that kept it released.
static enum loam_status native_keep(struct mutator *th, struct value *args, struct value *result) {
  struct toy_state *state = guest_state(th);
  result->bits = __atomic_exchange_n(&state->kept.bits, args[0].bits, __ATOMIC_ACQ_REL);
  return DONE;
}

// spawn(f, x): starts a thread that calls f(x); its number, for join.
static enum loam_status native_spawn(struct mutator *th, struct value *args, struct value *result) {
  if (toy_check_call(th, args[0], 1) != DONE) return THROWN;
  uint32_t number;
  enum loam_err kind = thread_spawn(th, toy_to_function(args[0])->method, args[0], &args[1], 1, &number, NULL);
  if (kind != LOAM_OK) return toy_throw(th, TOY_ERROR_THREAD);
  *result = toy_from_int(number);
  return DONE;
}

// join(number): waits for the thread and returns what its function returned, or throws what it threw.
static enum loam_status native_join(struct mutator *th, struct value *args, struct value *result) {
  bool found = false;
  if (!toy_is_int(args[0])) return toy_throw(th, TOY_ERROR_TYPE);
  int64_t number = toy_to_int(args[0]);
  if (number != (uint32_t)number) return toy_throw(th, TOY_ERROR_THREAD);
  enum loam_status status = thread_join(th, (uint32_t)number, result, &found);
  return found ? status : toy_throw(th, TOY_ERROR_THREAD);
}

enum loam_err toy_natives_create(struct vm *vm, struct error *err) {
  static const struct {
    const char *name;
    uint16_t params;
    native_fn *fn;
  } natives[] = {{"print", 1, native_print},
                 {"apply", 2, native_apply},
                 {"keep", 1, native_keep},
                 {"spawn", 2, native_spawn},
                 {"join", 1, native_join}};
  enum loam_err kind = LOAM_OK;
  for (unsigned i = 0; i < COUNT_OF(natives) && kind == LOAM_OK; i++) {
    struct toy_function *f = toy_add(vm_guest_state(vm), natives[i].name, strlen(natives[i].name));
    if (!f) return error_set(err, LOAM_ERR_MEMORY, "no memory for native %s", natives[i].name);
    kind = method_create_native(vm, f->name, natives[i].params, natives[i].fn, f, &f->method, err);
  }
  return kind;
}
