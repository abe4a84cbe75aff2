// SPDX-License-Identifier: MIT
//
// zam.c: the guest: its state, and the hooks of struct loam_guest.
#include "zam_backtrace.h"
#include "zam_channel.h"
#include "zam_cold.h"
#include "zam_debug.h"
#include "zam_debugger.h"
#include "zam_dis.h"
#include "zam_exception.h"
#include "zam_final.h"
#include "zam_flow.h"
#include "zam_function.h"
#include "zam_gc.h"
#include "zam_intern.h"
#include "zam_library.h"
#include "zam_load.h"
#include "zam_memprof.h"
#include "zam_ops.h"
#include "zam_prim.h"
#include "zam_run.h"
#include "zam_signal.h"
#include "zam_stub.h"
#include "zam_thread.h"
#include "zam_tool.h"
#include "zam_weak.h"

static enum loam_err open_guest(struct vm *vm, struct error *err) {
  ASSERT(!vm_guest_state(vm), "a VM of zam is opened with the state %p", vm_guest_state(vm));
  struct zam_state *state = mem_alloc_zero(1, sizeof *state);
  if (!state) return error_set(err, LOAM_ERR_MEMORY, "no memory for the guest's state");
  state->vm = vm;
  state->program = "?";
  state->argument_vector = ZAM_UNIT;
  state->exiting_with = ZAM_UNIT;
  zam_gc_reset(state);
  state->receiver = vm_main_mutator(vm);
  vm_set_guest_state(vm, state);
  return LOAM_OK;
}

static void close_guest(struct vm *vm) {
  struct zam_state *state = vm_guest_state(vm);
  if (!state) return;
  ASSERT(state->vm == vm && !state->closing, "the state of VM %p closes with VM %p", (void *)state->vm, (void *)vm);
  state->closing = true;
  zam_finals_free(state);
  for (struct zam_code *code = state->codes, *next; code; code = next) {
    next = code->next;
    zam_code_free(code);
  }
  if (state->scratch) zam_scratch_fini(state->scratch);
  mem_free(state->scratch);
  mem_free(state->assembly);
  zam_cold_free(state);
  zam_threads_free(state);
  zam_memprof_free(state);
  mem_free(state->prims);
  zam_libraries_close(state);
  zam_channels_close(state);
  zam_weaks_free(state);
  zam_signals_free(state);
  zam_backtrace_free(state);
  zam_debug_free(state);
  zam_debugger_free(state);
  arena_fini(&state->memory);
  arena_fini(&state->functions);
  mem_free(state);
}

static void visit_roots(struct vm *vm, struct root_visitor *visit) {
  struct zam_state *state = vm_guest_state(vm);
  if (!state) return;
  ASSERT(!state->global_count || (zam_is_block(state->globals) && state->globals.bits),
         "zam.I11: %u globals are in %#llx", state->global_count, (unsigned long long)state->globals.bits);
  visit->slot(visit, &state->globals);
  visit->slot(visit, &state->argument_vector);
  visit->slot(visit, &state->exiting_with);
  for (struct zam_named *named = state->named; named; named = named->next) visit->slot(visit, &named->value);
  zam_cold_roots(state, visit);
  zam_intern_roots(state, visit);
  zam_finals_roots(state, visit);
  zam_signals_roots(state, visit);
  zam_backtrace_visit(state->backtrace, visit);
  zam_threads_roots(state, visit);
  zam_memprof_roots(state, visit);
  zam_stub_roots(state, visit);
}

static void visit_weak(struct vm *vm, struct weak_visitor *visit) {
  struct zam_state *state = vm_guest_state(vm);
  if (!state) return;
  zam_weaks_keep(state, visit);
  zam_finals_first(state, visit);
  zam_weaks_keep(state, visit); // for what the finalisers brought back
  zam_weaks_clean(state, visit);
  zam_finals_last(state, visit);
  zam_stub_weak(state);
  zam_memprof_weak(state, visit);
}

static enum loam_status interrupted(struct mutator *th) { return zam_state(th)->pending ? zam_run_pending(th) : DONE; }

static void thrown(struct mutator *th) {
  const struct zam_state *state = zam_state(th);
  if (LIKELY(!state->backtrace_active && !state->debugger)) return;
  zam_backtrace_record(th);
  zam_debugger_note_raise(th);
}

// A call in cold code has no frame where its place could be recorded later.
static enum loam_status throw_stack_overflow(struct mutator *th) {
  (void)zam_raise(th, ZAM_STACK_OVERFLOW);
  if (!th->killed) zam_backtrace_record(th);
  return THROWN;
}
static enum loam_status throw_out_of_memory(struct mutator *th) { return zam_raise(th, ZAM_OUT_OF_MEMORY); }

static void print_value(struct mutator *th, struct value v, struct text *out) {
  (void)th;
  if (zam_is_int(v))
    text_printf(out, "%lld", (long long)zam_to_int(v));
  else
    text_printf(out, "%#llx", (unsigned long long)v.bits); // it need not be a block
}

static enum loam_status from_int(struct mutator *th, int64_t number, struct value *out) {
  (void)th;
  *out = zam_from_int(number);
  return DONE;
}

static bool to_int(struct mutator *th, struct value v, int64_t *out) {
  (void)th;
  *out = zam_to_int(v);
  return zam_is_int(v);
}

static bool lookup(struct mutator *th, const char *name, struct value *out) {
  const struct zam_named *named = zam_named_find(zam_state(th), name);
  if (named) *out = named->value;
  return named;
}

// ---- the guest -----------------------------------------------------------------------------------------------------

#define VALUES {LAYOUT_VALUES, 0, NULL}
static const struct heap_layout layouts[256] = {
    [0 ... ZAM_TAG_LAZY] = VALUES,
    [ZAM_TAG_CLOSURE] = {LAYOUT_VALUES, 0, NULL}, // code and info are no references
    [ZAM_TAG_OBJECT] = {LAYOUT_VALUES, 0, NULL},
    [ZAM_TAG_INFIX] = {LAYOUT_INNER, 0, NULL},
    [ZAM_TAG_FORWARD] = VALUES,
    [ZAM_TAG_ABSTRACT] = {LAYOUT_BYTES, 0, NULL},
    [ZAM_TAG_STRING] = {LAYOUT_BYTES, 0, NULL},
    [ZAM_TAG_DOUBLE] = {LAYOUT_BYTES, 0, NULL},
    [ZAM_TAG_DOUBLE_ARRAY] = {LAYOUT_BYTES, 0, NULL},
    [ZAM_TAG_CUSTOM] = {LAYOUT_BYTES, 0, NULL},
};
static const char *const extensions[] = {".byte", NULL};

static const struct guest_option options[] = {
    {"dll-path", "DIR:...", "Where to look first for the C libraries that an OCaml program needs"},
    {NULL, NULL, NULL},
};

const struct loam_guest zam_guest = {
    .name = "zam",
    .title = "bytecode executables of OCaml 4.13",
    .extensions = extensions,
    .ops = &zam_op_table,
    .layouts = layouts,
    .size_mask = ZAM_SIZE_MASK,
    .ref_mask = 1,
    .initial_local = {1}, // unit
    .none = {1},
    .open = open_guest,
    .close = close_guest,
    .roots = visit_roots,
    .weak = visit_weak,
    .recognise = zam_image_recognise,
    .load = zam_load,
    .verify = zam_verify,
    .run = zam_run,
    .disassemble = zam_disassemble,
    .make_box = zam_make_box,
    .throw_stack_overflow = throw_stack_overflow,
    .throw_out_of_memory = throw_out_of_memory,
    .throw_text = zam_fail,
    .interrupted = interrupted,
    .thrown = thrown,
    .native_place = zam_cold_place,
    .print_value = print_value,
    .lookup = lookup,
    .call = zam_call,
    .from_int = from_int,
    .to_int = to_int,
    .options = options,
    .tools = zam_tools,
};
