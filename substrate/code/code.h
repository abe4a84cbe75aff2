// SPDX-License-Identifier: MIT
//
// code.h: making methods out of drafts, and reading their code back.
#ifndef LOAM_CODE_CODE_H
#define LOAM_CODE_CODE_H

#include "loam/guest.h"
#include "loam/rt.h"

#include <pthread.h>
#include <string.h>

// All methods of a VM.
struct code_op;
struct code_edge;
struct code_space {
  struct vm *vm;
  const struct op_table *ops;
  const void *entry;      // what a call of a method jumps to as long as it is not compiled
  struct method *methods; // newest first
  pthread_mutex_t *lock;  // guards `methods`; the owner's
  bool fuse;              // make fused instructions; off when every op must be seen on its own
  // Made with the first method, of the guest's table.
  struct arena memory;
  struct code_op *op_facts;
  const uint8_t *op_words; // by op: the length of its instruction
  struct code_edge *edges;
  uint32_t edge_room;
  native_fn *watch; // NULL, or called in the place of each native; calls code_native_function
};

enum loam_err code_method_create(struct code_space *space, const struct code_draft *draft, struct method **out,
                                 struct error *err);
enum loam_err code_native_create(struct code_space *space, const char *name, uint16_t param_count, native_fn *fn,
                                 void *guest_data, struct method **out, struct error *err);
// Lets the method's slow paths be counted from now on, unless memory is out. For methods that are compiled.
void code_method_count_slow(struct code_space *space, struct method *method);
// What a native method runs, watched or not.
native_fn *code_native_function(const struct method *method);
void code_space_fini(struct code_space *space);

// For freeing methods (vm_release.c); the world is stopped. An op's cache of the name `target` holds the method that
// was called there: where that is a released one, the cache becomes empty.
void code_clear_caches(struct code_space *space);
// Unlinks and frees all released methods that nothing names. `unmake` is called for each before.
void code_free_released(struct code_space *space, void (*unmake)(void *context, struct method *method), void *context);

// One instruction read back from encoded code.
struct code_insn {
  const struct op_info *info;
  uint32_t pc;                    // byte offset
  int64_t imm[INSN_IMMS_MAX * 8]; // in the order of info->imms; locals as indices, targets as byte offsets
};
void code_decode(const struct method *method, uint32_t pc, struct code_insn *out);
// Is it the cache in which a call keeps the method that it called last?
static inline bool code_imm_is_target_cache(const struct op_imm *imm) {
  return imm->kind == IMM_CACHE && strcmp(imm_name(imm), "target") == 0;
}
// The hot compiler's worker asks while mutators run (see method_release).
static inline bool method_is_released(const struct method *method) {
  return __atomic_load_n(&method->is_released, __ATOMIC_RELAXED);
}
// What that cache held when the instruction was read; NULL: it has none, or nothing was called.
static inline const struct method *code_last_called(const struct code_insn *insn) {
  for (unsigned i = 0; i < insn->info->imm_count; i++)
    if (code_imm_is_target_cache(&op_imms(insn->info)[i])) return (const struct method *)(uintptr_t)insn->imm[i];
  return NULL;
}

#endif
