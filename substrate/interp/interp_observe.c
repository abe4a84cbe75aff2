// SPDX-License-Identifier: MIT
//
// interp_observe.c: watching every instruction: fuel, traces, counts.
//
// A second handler table, with the same handler in every place: it looks at the instruction, then goes to the guest's
// own handler. Handlers pass the table on in a register, so that the whole interpreter is observed without one test in
// its fast paths, and an unobserved one pays nothing.
#include "interp/interp.h"

#include "loam/op.h"

// How many of the guest's own instructions an op stands for. The substrate's ops (polls above all) are none: what a
// program costs doesn't depend on where the substrate puts them.
static unsigned instructions_of(const struct op_info *op, uint16_t number) {
  unsigned count = number >= CORE_OP_COUNT && !op->part_count;
  for (unsigned i = 0; i < op->part_count; i++) count += op_parts(op)[i] >= CORE_OP_COUNT;
  return count;
}

static void count_op(struct interp_observer *observer, const struct op_info *op, uint16_t number) {
  // Relaxed: the counts are read when all mutators have ended.
  __atomic_fetch_add(&observer->counts[number], 1, __ATOMIC_RELAXED);
  for (unsigned i = 0; i < op->part_count; i++)
    __atomic_fetch_add(&observer->counts[op_parts(op)[i]], 1, __ATOMIC_RELAXED);
}

// Everything but the jump, in C. THROWN when the program has used up its fuel.
static __attribute__((noinline)) enum loam_status observe(struct mutator *th, uint16_t number) {
  struct interp_observer *observer = th->observer;
  ASSERT(observer && number < th->ops->count, "interp.I8: op %u of %u is watched by %p", number, th->ops->count,
         (void *)observer);
  const struct op_info *op = &th->ops->ops[number];
  if (observer->counts) count_op(observer, op, number);
  if (observer->trace_ops || (observer->trace_calls && (op->control == CONTROL_CALL || op->control == CONTROL_RETURN)))
    observer->trace(th, op);
  if (!observer->fuel) return DONE;
  unsigned used = instructions_of(op, number);
  if (th->fuel < used) return observer->out_of_fuel(th);
  th->fuel -= used;
  return DONE;
}

static OP_HANDLER observe_op(OP_REGISTERS) {
  uint16_t number = *(const uint16_t *)pc;
  if (number != CORE_EXIT) { // whose frame is gone
    *sp = tos;
    op_publish(th, pc, sp, fp);
    if (observe(th, number) != DONE) OP_TAIL_CALL(interp_throw);
  }
  OP_TAIL_CALL((op_handler *)th->ops->handlers[number]);
}

enum loam_err interp_observer_init(struct interp_observer *observer, const struct op_table *ops, bool count_ops) {
  ASSERT(!observer->table && !observer->counts, "interp.I8: an observer of %s is made twice", ops->guest);
  const void **table = mem_alloc_zero(ops->count, sizeof *table);
  if (count_ops) observer->counts = mem_alloc_zero(ops->count, sizeof *observer->counts);
  if (!table || (count_ops && !observer->counts)) {
    mem_free(table);
    interp_observer_fini(observer);
    return LOAM_ERR_MEMORY;
  }
  for (unsigned i = 0; i < ops->count; i++) table[i] = (const void *)observe_op;
  observer->table = table;
  return LOAM_OK;
}

void interp_observer_fini(struct interp_observer *observer) {
  mem_free((void *)observer->table);
  mem_free(observer->counts);
  observer->table = NULL;
  observer->counts = NULL;
}

void interp_observer_attach(struct interp_observer *observer, struct mutator *th) {
  ASSERT(observer->table && !th->fp, "interp.I8: a mutator is watched from the middle of a frame, %p, or by nobody",
         (void *)th->fp);
  th->observer = observer;
  th->dispatch = observer->table;
  th->compile = NULL; // compiled code is not observed
  th->compile_hot = NULL;
}
