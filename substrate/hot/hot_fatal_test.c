// SPDX-License-Identifier: MIT
//
// hot_fatal_test.c: LLVM meets an error behind which it would end the process. The program goes on, without the hot
// compiler but with the code that there is; so does a second VM, with a compiler.
#define LOAM_HOT_MODULE
#include "hot/hot_fixture_test.h"

// The compiler's thread stands still in the middle of LLVM, and what LLVM holds there is never freed: no leak to
// report.
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "detect_leaks=0"; }

// A function that calls an instruction of another processor: LLVM's checks let it pass, and its instruction selection
// knows no way out.
static void select_the_impossible(const struct hot_llvm *l) {
  LLVMContextRef context = l->LLVMContextCreate();
  LLVMModuleRef module = l->LLVMModuleCreateWithNameInContext("impossible", context);
  LLVMTypeRef i32 = l->LLVMInt32TypeInContext(context);
  LLVMTypeRef void_type = l->LLVMVoidTypeInContext(context);
  LLVMTypeRef hint_type = l->LLVMFunctionType(void_type, &i32, 1, 0), type = l->LLVMFunctionType(void_type, NULL, 0, 0);
  LLVMValueRef hint = l->LLVMAddFunction(module, "llvm.aarch64.hint", hint_type);
  LLVMValueRef function = l->LLVMAddFunction(module, "function", type), zero = l->LLVMConstInt(i32, 0, 0);
  LLVMBuilderRef builder = l->LLVMCreateBuilderInContext(context);
  l->LLVMPositionBuilderAtEnd(builder, l->LLVMAppendBasicBlockInContext(context, function, ""));
  l->LLVMBuildCall2(builder, hint_type, hint, &zero, 1, "");
  l->LLVMBuildRetVoid(builder);
  LLVMTargetRef target;
  char *message = NULL;
  if (l->LLVMGetTargetFromTriple(HOT_LLVM_TRIPLE, &target, &message)) return;
  LLVMTargetMachineRef machine = l->LLVMCreateTargetMachine(target, HOT_LLVM_TRIPLE, "generic", "",
                                                            LLVMCodeGenLevelDefault, LLVMRelocPIC, LLVMCodeModelSmall);
  LLVMMemoryBufferRef file;
  (void)l->LLVMTargetMachineEmitToMemoryBuffer(machine, module, LLVMObjectFile, &message, &file);
}

static bool came_back;

static enum loam_err compile_the_impossible(struct hot_compiler *compiler, const struct hot_request *request,
                                            struct hot_unit **unit, struct error *err) {
  (void)compiler, (void)request, (void)unit;
  const struct hot_llvm *l = hot_llvm_open_machine(err);
  if (!l) return LOAM_ERR_FILE;
  select_the_impossible(l);
  came_back = true;
  return error_set(err, LOAM_ERR_FILE, "it was possible");
}

static struct method *make_sum(void) {
  return METHOD(1, 2, INSN(PUSH, 0), INSN(STORE, 1), INSN(LOAD, 1), INSN(LOAD, 0), INSN(ADD), INSN(STORE, 1),
                INSN(LOAD, 0), INSN(PUSH, -1), INSN(ADD), INSN(STORE, 0), INSN(LOAD, 0), INSN(JUMP_IF, 2),
                INSN(LOAD, 1), INSN(RETURN));
}

static void program_goes_on_when_llvm_gives_up(void **state) {
  (void)state;
  for (int vm = 0; vm < 2; vm++) {
    open_with("--stack-max=1M");
    struct method *good = make_sum(), *bad = make_sum(), *late = make_sum();
    warm_up(good, 10);
    compile(good);
    hot->compile = compile_the_impossible;
    warm_up(bad, 10);
    assert_false(hot_compile_now(hot, probe.th, bad));
    assert_false(came_back);
    assert_non_null(strstr(stats().unavailable, "LLVM gave up"));
    assert_non_null(strstr(stats().unavailable, "llvm.aarch64.hint"));
    assert_int_equal(stats().refused, 1);
    assert_false(hot_compile_now(hot, probe.th, late));
    assert_non_null(good->hot);
    assert_int_equal(call(good, 100), 5050);
    assert_int_equal(call(bad, 100), 5050);
    assert_int_equal(call(late, 100), 5050);
    probe_close(&probe); // waits for nobody
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(program_goes_on_when_llvm_gives_up)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
