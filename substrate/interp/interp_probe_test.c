// SPDX-License-Identifier: MIT
//
// interp_probe_test.c: the probe's hooks, and what its tests need to make and run methods.
#include "interp/interp_probe_test.h"

#include "heap/heap.h"
#include "vm/vm.h"

#include <stdio.h>
#include <stdlib.h>

enum loam_status probe_box(struct mutator *th, struct value v, struct value *out) {
  ROOTS(th, &v);
  heap_collect(th, true);
  struct ref object = heap_alloc(th, header_make(1, 1), 1);
  if (!object.addr) return THROWN;
  object_fields(object)[0] = v;
  *out = value_from_ref(object);
  return DONE;
}

enum loam_status probe_cell_next(struct value cell, struct value *out) {
  *out = probe_int(probe_unbox(cell) + 1);
  return DONE;
}

static enum loam_status throw_stack_overflow(struct mutator *th) {
  return throw_value(th, probe_int(PROBE_STACK_OVERFLOW));
}

static enum loam_status throw_out_of_memory(struct mutator *th) {
  return throw_value(th, probe_int(PROBE_OUT_OF_MEMORY));
}

static void print_value(struct mutator *th, struct value v, struct text *out) {
  (void)th;
  text_printf(out, "%lld", (long long)probe_to_int(v));
}

static const struct heap_layout layouts[256] = {[1] = {LAYOUT_VALUES, 0, NULL}};
static const char *const extensions[] = {".probe", NULL};

static const struct loam_guest probe_guest = {
    .name = "probe",
    .title = "the substrate's tests",
    .extensions = extensions,
    .ops = &probe_op_table,
    .layouts = layouts,
    .size_mask = UINT32_MAX,
    .ref_mask = 1,
    .initial_local = {1},
    .throw_stack_overflow = throw_stack_overflow,
    .throw_out_of_memory = throw_out_of_memory,
    .print_value = print_value,
};

static void need(enum loam_err kind, const struct error *err) {
  if (kind == LOAM_OK) return;
  fprintf(stderr, "probe: %s\n", err->text);
  abort();
}

void probe_open(struct probe *probe, const char *const *options) {
  struct vm_config config;
  struct error err = {0};
  *probe = (struct probe){0};
  need(vm_config_read(&config, &probe->texts, &probe_guest, options, &err), &err);
  need(vm_open(&probe_guest, &config, &probe->vm, &err), &err);
  probe->th = vm_main_mutator(probe->vm);
  probe->compile_from = probe->th->compile_from;
  probe->th->compile_from = 0;
}

void probe_close(struct probe *probe) {
  vm_close(probe->vm);
  arena_fini(&probe->texts);
}

// Instructions come from a literal of the test, so that they may be written.
static void number_insns(const struct code_draft *draft) {
  struct insn *insns = (struct insn *)draft->insns;
  for (uint32_t i = 0; i < draft->insn_count; i++) {
    insns[i].origin = i;
    insns[i].line = i + 1;
  }
}

enum loam_err probe_verify(const struct code_draft *draft, enum verify_fault *fault, struct error *err) {
  number_insns(draft);
  struct verify_job job = {.ops = &probe_op_table,
                           .draft = draft,
                           .place = draft->name,
                           .depth_max = PROBE_DEPTH_MAX,
                           .handler_type = PROBE_TYPE_INT};
  return verify_code(&job, fault, err);
}

struct method *probe_method(struct probe *probe, const struct code_draft *draft) {
  struct error err = {0};
  enum verify_fault fault;
  struct method *method;
  need(probe_verify(draft, &fault, &err), &err);
  need(method_create(probe->vm, draft, &method, &err), &err);
  return method;
}

struct method *probe_native(struct probe *probe, const char *name, uint16_t param_count, native_fn *fn) {
  struct error err = {0};
  struct method *method;
  need(method_create_native(probe->vm, name, param_count, fn, NULL, &method, &err), &err);
  return method;
}

int64_t probe_call(struct probe *probe, const struct method *method, const int64_t *args, size_t count) {
  struct value values[16];
  for (size_t i = 0; i < count; i++) values[i] = probe_int(args[i]);
  enum loam_status status = guest_call(probe->th, method, probe_int(0), values, count);
  return status == DONE ? probe_to_int(probe->th->result) : -999;
}
