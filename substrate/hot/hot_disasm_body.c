// SPDX-License-Identifier: MIT
//
// hot_disasm_body.c: what LLVM makes of one op's body, when it stands alone.
//
// LLVM writes the assembly text itself, so that functions and labels have their names; of what it writes for an
// assembler, only labels and instructions are kept.
#include "hot/hot_disasm.h"

#include "hot/hot_llvm.h"

#include <stdio.h>
#include <string.h>

struct body {
  const struct hot_llvm *llvm;
  LLVMContextRef context;
  LLVMModuleRef module;
  LLVMTargetMachineRef machine;
  struct error *err;
};

// Takes LLVM's message, if there is one.
static bool fail(const struct body *body, const char *what, char *message) {
  error_set(body->err, LOAM_ERR_INPUT, "%s%s%s", what, message ? ": " : "", message ? message : "");
  if (message) body->llvm->LLVMDisposeMessage(message);
  return false;
}

static bool read_module(struct body *body, const struct op_bitcode *bitcode) {
  const struct hot_llvm *llvm = body->llvm;
  LLVMMemoryBufferRef buffer =
      llvm->LLVMCreateMemoryBufferWithMemoryRange(bitcode->bytes, bitcode->size, "bodies", false);
  bool failed = llvm->LLVMParseBitcodeInContext2(body->context, buffer, &body->module);
  llvm->LLVMDisposeMemoryBuffer(buffer);
  return !failed || fail(body, "LLVM can't read the bitcode of the ops", NULL);
}

static bool make_machine(struct body *body) {
  const struct hot_llvm *llvm = body->llvm;
  LLVMTargetRef target;
  char *message = NULL;
  if (llvm->LLVMGetTargetFromTriple(HOT_LLVM_TRIPLE, &target, &message))
    return fail(body, "LLVM makes no code for this machine", message);
  char *cpu = llvm->LLVMGetHostCPUName(), *features = llvm->LLVMGetHostCPUFeatures();
  body->machine = llvm->LLVMCreateTargetMachine(target, HOT_LLVM_TRIPLE, cpu, features, LLVMCodeGenLevelDefault,
                                                LLVMRelocPIC, LLVMCodeModelSmall);
  llvm->LLVMDisposeMessage(cpu);
  llvm->LLVMDisposeMessage(features);
  return body->machine || fail(body, "LLVM makes no code for this machine", NULL);
}

// Inlines what the function calls of the others, and drops them.
static bool keep_only(struct body *body, const char *name) {
  const struct hot_llvm *llvm = body->llvm;
  LLVMValueRef kept = llvm->LLVMGetNamedFunction(body->module, name);
  if (!kept || llvm->LLVMIsDeclaration(kept)) return fail(body, "the bitcode of the ops has no such body", NULL);
  for (LLVMValueRef f = llvm->LLVMGetFirstFunction(body->module); f; f = llvm->LLVMGetNextFunction(f))
    if (f != kept && !llvm->LLVMIsDeclaration(f)) llvm->LLVMSetLinkage(f, LLVMInternalLinkage);
  LLVMPassBuilderOptionsRef options = llvm->LLVMCreatePassBuilderOptions();
  LLVMErrorRef error = llvm->LLVMRunPasses(body->module, "always-inline,globaldce", body->machine, options);
  llvm->LLVMDisposePassBuilderOptions(options);
  if (!error) return true;
  llvm->LLVMConsumeError(error);
  return fail(body, "LLVM can't inline into the body", NULL);
}

// Adds a line of assembly, unless it is a directive or a comment. Labels of the function begin with .L too.
static void add_line(const char *line, size_t length, struct text *out) {
  bool label = length > 2 && strncmp(line, ".LB", 3) == 0;
  if (!label && (length < 2 || *line != '\t' || line[1] == '.' || line[1] == '#')) return;
  text_printf(out, label ? "  " : "            "); // where hot_disasm puts addresses and instructions
  for (size_t i = *line == '\t'; i < length && line[i] != '#'; i++) text_add_char(out, line[i] == '\t' ? ' ' : line[i]);
  text_add_char(out, '\n');
}

static bool list(const struct body *body, struct text *out) {
  const struct hot_llvm *llvm = body->llvm;
  LLVMMemoryBufferRef assembly;
  char *message = NULL;
  if (llvm->LLVMTargetMachineEmitToMemoryBuffer(body->machine, body->module, LLVMAssemblyFile, &message, &assembly))
    return fail(body, "LLVM can't compile the body", message);
  const char *at = llvm->LLVMGetBufferStart(assembly), *end = at + llvm->LLVMGetBufferSize(assembly);
  while (at < end) {
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    size_t length = newline ? (size_t)(newline - at) : (size_t)(end - at);
    add_line(at, length, out);
    at += length + 1;
  }
  llvm->LLVMDisposeMemoryBuffer(assembly);
  if (out->failed) error_set(body->err, LOAM_ERR_MEMORY, "no memory for the listing");
  return !out->failed;
}

enum loam_err hot_disasm_body(const struct op_table *ops, const char *op, struct text *out, struct error *err) {
  struct error own = {0};
  struct body body = {.llvm = hot_llvm_open_machine(err), .err = err ? err : &own};
  if (!body.llvm) return LOAM_ERR_FILE;
  char name[200];
  snprintf(name, sizeof name, "%s_%s_fast", ops->guest, op);
  body.context = body.llvm->LLVMContextCreate();
  bool done = read_module(&body, ops->bitcode) && make_machine(&body) && keep_only(&body, name) && list(&body, out);
  if (body.machine) body.llvm->LLVMDisposeTargetMachine(body.machine);
  if (body.module) body.llvm->LLVMDisposeModule(body.module);
  body.llvm->LLVMContextDispose(body.context);
  return done ? LOAM_OK : body.err->kind;
}
