// SPDX-License-Identifier: MIT
//
// hot_machine.c: LLVM's machine code of a unit. The library that made the unit's IR has none: the module goes as
// bitcode to the distribution's, into a context that lasts for this unit. That takes little beside the 10 to 30 ms of
// LLVM's machine passes; few units come here.
#define LOAM_HOT_MODULE
#include "hot/hot_machine.h"

#include <string.h>

// Its features are asked for; what is more is how to schedule. For AMD's LLVM schedules a second time, behind register
// allocation, which takes a twentieth of its time and gains nothing on processors that reorder.
#define TUNED_FOR "x86-64-v3"

// The first line of LLVM's message is enough.
static enum loam_err fail(const struct hot_llvm *l, struct error *err, const char *what, char *message) {
  int length = message ? (int)strcspn(message, "\n") : 0;
  error_set(err, LOAM_ERR_FILE, "hot compiler: %s: %.*s", what, length, message ? message : "");
  l->LLVMDisposeMessage(message);
  return LOAM_ERR_FILE;
}

static enum loam_err open_machine(struct hot_compiler *compiler, const struct hot_llvm *l, struct error *err) {
  LLVMTargetRef target;
  char *message = NULL;
  if (compiler->machine) return LOAM_OK;
  if (l->LLVMGetTargetFromTriple(HOT_LLVM_TRIPLE, &target, &message))
    return fail(l, err, "no code for this machine", message);
  char *features = l->LLVMGetHostCPUFeatures();
  compiler->machine = l->LLVMCreateTargetMachine(target, HOT_LLVM_TRIPLE, TUNED_FOR, features, LLVMCodeGenLevelDefault,
                                                 LLVMRelocPIC, LLVMCodeModelSmall);
  l->LLVMDisposeMessage(features);
  return compiler->machine ? LOAM_OK : error_set(err, LOAM_ERR_FILE, "hot compiler: no code for this machine");
}

void hot_machine_fini(struct hot_compiler *compiler) {
  if (compiler->machine) hot_llvm_open_machine(NULL)->LLVMDisposeTargetMachine(compiler->machine);
  compiler->machine = NULL;
}

// The module again, in a context of the other library's. NULL: it can't be read.
static LLVMModuleRef copy_module(const struct hot_build *build, const struct hot_llvm *l, LLVMContextRef context) {
  LLVMMemoryBufferRef bitcode = build->l->LLVMWriteBitcodeToMemoryBuffer(build->module);
  LLVMMemoryBufferRef range = l->LLVMCreateMemoryBufferWithMemoryRange(build->l->LLVMGetBufferStart(bitcode),
                                                                       build->l->LLVMGetBufferSize(bitcode), "unit", 0);
  LLVMModuleRef module;
  bool failed = l->LLVMParseBitcodeInContext2(context, range, &module);
  l->LLVMDisposeMemoryBuffer(range);
  build->l->LLVMDisposeMemoryBuffer(bitcode);
  return failed ? NULL : module;
}

enum loam_err hot_machine_generate(struct hot_build *build, const struct op_symbol *const *tables, size_t table_count,
                                   struct hot_object *object, struct error *err) {
  const struct hot_llvm *l = hot_llvm_open_machine(err);
  if (!l || open_machine(build->compiler, l, err) != LOAM_OK) return err->kind;
  struct hot_compiler *compiler = build->compiler;
  LLVMContextRef context = hot_llvm_make_context(l);
  LLVMModuleRef module = copy_module(build, l, context);
  LLVMMemoryBufferRef file;
  char *message = NULL;
  enum loam_err status;
  if (!module) {
    status = error_set(err, LOAM_ERR_FILE, "hot compiler: LLVM can't read the unit");
  } else if (l->LLVMTargetMachineEmitToMemoryBuffer(compiler->machine, module, LLVMObjectFile, &message, &file)) {
    status = fail(l, err, "LLVM makes no code", message);
  } else {
    status = hot_object_load(compiler->memory, l->LLVMGetBufferStart(file), l->LLVMGetBufferSize(file), tables,
                             table_count, object, err);
    l->LLVMDisposeMemoryBuffer(file);
  }
  if (module) l->LLVMDisposeModule(module);
  l->LLVMContextDispose(context);
  ASSERT(status != LOAM_OK || object->function_count, "hot.I12: LLVM's code of %s has no function",
         build->plan->root->method->name);
  return status;
}
