// SPDX-License-Identifier: MIT
//
// hot_llvm_test.c: LLVM's library opens once, has every function that is declared, and makes x86-64 code, of data laid
// out as IR is made for. Without the library the tests are skipped; that it is then missed politely is tested with the
// command (cli_test.c). Tests find the distribution's library only.
#include "hot/hot_llvm.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct hot_llvm *open_or_skip(void) {
  struct error err = {0};
  const struct hot_llvm *llvm = hot_llvm_open_machine(&err);
  if (llvm) return llvm;
  assert_int_equal(err.kind, LOAM_ERR_FILE);
  assert_non_null(strstr(err.text, "LLVM"));
  fprintf(stderr, "skipped: %s\n", err.text);
  skip();
  return NULL;
}

static void every_function_declared_is_found(void **state) {
  (void)state;
  const struct hot_llvm *llvm = open_or_skip();
  const void *addresses[sizeof *llvm / sizeof(void *)];
  memcpy(addresses, llvm, sizeof addresses);
  for (size_t i = 0; i < COUNT_OF(addresses); i++) assert_non_null(addresses[i]);
}

static void *open_in_thread(void *arg) {
  (void)arg;
  return (void *)hot_llvm_open(NULL);
}

static void threads_that_open_it_at_once_get_the_same(void **state) {
  (void)state;
  pthread_t threads[4];
  for (size_t i = 0; i < COUNT_OF(threads); i++)
    assert_int_equal(pthread_create(&threads[i], NULL, open_in_thread, NULL), 0);
  for (size_t i = 0; i < COUNT_OF(threads); i++) {
    void *found;
    pthread_join(threads[i], &found);
    assert_ptr_equal(found, hot_llvm_open(NULL));
  }
}

static void it_makes_code_for_this_machine(void **state) {
  (void)state;
  const struct hot_llvm *llvm = open_or_skip();
  LLVMTargetRef target;
  char *message = NULL;
  assert_int_equal(llvm->LLVMGetTargetFromTriple(HOT_LLVM_TRIPLE, &target, &message), 0);
  char *cpu = llvm->LLVMGetHostCPUName(), *features = llvm->LLVMGetHostCPUFeatures();
  LLVMTargetMachineRef machine = llvm->LLVMCreateTargetMachine(
      target, HOT_LLVM_TRIPLE, cpu, features, LLVMCodeGenLevelDefault, LLVMRelocStatic, LLVMCodeModelSmall);
  assert_non_null(machine);
  LLVMTargetDataRef data = llvm->LLVMCreateTargetDataLayout(machine);
  char *layout = llvm->LLVMCopyStringRepOfTargetData(data);
  assert_string_equal(layout, HOT_LLVM_LAYOUT);
  llvm->LLVMDisposeMessage(layout);
  llvm->LLVMDisposeTargetData(data);
  llvm->LLVMDisposeTargetMachine(machine);
  llvm->LLVMDisposeMessage(cpu);
  llvm->LLVMDisposeMessage(features);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(threads_that_open_it_at_once_get_the_same),
      cmocka_unit_test(every_function_declared_is_found),
      cmocka_unit_test(it_makes_code_for_this_machine),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
