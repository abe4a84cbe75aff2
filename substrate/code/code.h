// SPDX-License-Identifier: MIT
//
// code.h: making methods out of drafts, and reading their code back.
#ifndef LOAM_CODE_CODE_H
#define LOAM_CODE_CODE_H

#include "code/code_memory.h"

#include "loam/guest.h"
#include "loam/rt.h"

#include <pthread.h>
#include <string.h>

// All methods of a VM.
struct code_op;
struct code_form;
struct code_space {
  struct vm *vm;
  const struct op_table *ops;
  const void *entry;         // what a call of a method jumps to as long as it is not compiled
  struct method *methods;    // newest first
  pthread_mutex_t *lock;     // guards `methods` and what is made with the first one, and `scratch`; the owner's
  bool fuse;                 // make fused instructions; off when every op must be seen on its own
  struct code_memory blocks; // where methods are; guarded by the lock, too
  // Who makes a method takes it along; NULL: somebody has it, or there is none yet.
  struct code_scratch {
    char *block;
    size_t size;
  } scratch;
  // Made with the first method, of the guest's table.
  struct arena memory;
  const struct code_op *op_facts;
  const struct code_form *forms;
  uint32_t part_words_max; // so many words a part of an instruction takes at most
  native_fn *watch;        // NULL, or called in the place of each native; calls code_native_function
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

// ---- sites (code_site.c)

// They are kept in runs, because twelve bytes for each would be more than the code. A run's first site is told in full,
// each other one by what it has more than the one before, in a step. All steps follow the method's last run.
struct code_site_run {
  uint32_t pc, insn;
  uint16_t depth, live_locals;
  uint32_t first; // sites before it
};
struct code_site_step {
  uint8_t forward; // words of code, 0: to the next part; in the low half the guest's instructions
  uint8_t depth;   // UINT8_MAX: DEPTH_UNKNOWN
  uint8_t live_locals;
};

enum { CODE_SITE_HALF_BITS = 4, CODE_SITE_FORWARD_MAX = (1 << CODE_SITE_HALF_BITS) - 1 }; // of `forward`

static inline const struct code_site_step *code_site_steps(const struct method *method) {
  return (const struct code_site_step *)(method->sites + method->site_run_count);
}
static inline uint32_t code_site_step_pc(uint32_t pc, const struct code_site_step *step) {
  unsigned words = step->forward >> CODE_SITE_HALF_BITS;
  return words ? (pc & ~7u) + words * 8 : pc + 1;
}
static inline uint32_t code_site_step_insns(const struct code_site_step *step) {
  return step->forward & CODE_SITE_FORWARD_MAX;
}
static inline uint16_t code_site_step_depth(const struct code_site_step *step) {
  return step->depth == UINT8_MAX ? DEPTH_UNKNOWN : step->depth;
}

// From site to site; all 0 is before the first. Places are left out.
struct code_site_walk {
  uint32_t run_count, count; // behind the walk
  struct code_site site;
};
static inline bool code_site_next(const struct method *method, struct code_site_walk *walk) {
  if (walk->count == method->site_count) return false;
  const struct code_site_run *run = &method->sites[walk->run_count];
  if (walk->run_count < method->site_run_count && run->first == walk->count) {
    walk->site = (struct code_site){run->pc, run->insn, run->depth, run->live_locals, 0, 0};
    walk->run_count++;
  } else {
    const struct code_site_step *step = &code_site_steps(method)[walk->count - walk->run_count];
    walk->site = (struct code_site){code_site_step_pc(walk->site.pc, step),
                                    walk->site.insn + code_site_step_insns(step),
                                    code_site_step_depth(step),
                                    step->live_locals,
                                    0,
                                    0};
  }
  walk->count++;
  return true;
}

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
