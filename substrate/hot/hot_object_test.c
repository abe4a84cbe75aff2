// SPDX-License-Identifier: MIT
//
// hot_object_test.c: what LLVM makes of small functions is loaded and runs; what is not as expected is refused. Skipped
// where LLVM is not there.
#include "hot/hot_object.h"

#include "hot/hot_disasm.h"
#include "hot/hot_llvm.h"

#include <elf.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TRIPLE "x86_64-unknown-linux-gnu"

static struct emit_memory memory;
static const struct hot_llvm *llvm;

static int open_memory(void **state) {
  (void)state;
  struct error err = {0};
  return emit_memory_init(&memory, &err) != LOAM_OK;
}

static int close_memory(void **state) {
  (void)state;
  emit_memory_fini(&memory);
  return 0;
}

// ---- making objects -----------------------------------------------------------------------------------------------

static LLVMTargetMachineRef make_machine(LLVMRelocMode mode) {
  LLVMTargetRef target;
  char *message = NULL;
  assert_int_equal(llvm->LLVMGetTargetFromTriple(TRIPLE, &target, &message), 0);
  return llvm->LLVMCreateTargetMachine(target, TRIPLE, "x86-64", "", LLVMCodeGenLevelDefault, mode, LLVMCodeModelSmall);
}

// The object file of a module's text; the caller disposes of it.
static LLVMMemoryBufferRef make_object(const char *text, LLVMRelocMode mode) {
  struct error err = {0};
  llvm = hot_llvm_open_machine(&err);
  if (!llvm) {
    fprintf(stderr, "skipped: %s\n", err.text);
    skip();
  }
  LLVMContextRef context = llvm->LLVMContextCreate();
  LLVMMemoryBufferRef source = llvm->LLVMCreateMemoryBufferWithMemoryRangeCopy(text, strlen(text), "test"), object;
  LLVMModuleRef module;
  char *message = NULL;
  if (llvm->LLVMParseIRInContext(context, source, &module, &message)) fail_msg("%s", message);
  LLVMTargetMachineRef machine = make_machine(mode);
  if (llvm->LLVMTargetMachineEmitToMemoryBuffer(machine, module, LLVMObjectFile, &message, &object))
    fail_msg("%s", message);
  llvm->LLVMDisposeTargetMachine(machine);
  llvm->LLVMDisposeModule(module);
  llvm->LLVMContextDispose(context);
  return object;
}

static int near_function(int n) { return n + 1; }
static const int near_number = 1000;

static enum loam_err load(const char *text, LLVMRelocMode mode, struct hot_object *out, struct error *err) {
  static int *far_number; // far from the code memory, like the C library
  if (!far_number) far_number = malloc((size_t)1 << 26);
  *far_number = 5;
  const struct op_symbol first[] = {
      {"near_function", (const void *)(uintptr_t)&near_function}, {"near_number", &near_number}, {NULL, NULL}};
  const struct op_symbol second[] = {
      {"far_function", (const void *)(uintptr_t)&abs}, {"far_number", far_number}, {NULL, NULL}};
  LLVMMemoryBufferRef object = make_object(text, mode);
  enum loam_err kind = hot_object_load(&memory, llvm->LLVMGetBufferStart(object), llvm->LLVMGetBufferSize(object),
                                       (const struct op_symbol *const[]){first, second}, 2, out, err);
  llvm->LLVMDisposeMemoryBuffer(object);
  return kind;
}

// Loads a module and calls its function `run`.
static void check_mode(const char *text, LLVMRelocMode mode, int argument, int expected) {
  struct hot_object object;
  struct error err = {0};
  if (load(text, mode, &object, &err) != LOAM_OK) fail_msg("%s", err.text);
  const struct hot_function *run = hot_object_function(&object, "run");
  assert_non_null(run);
  assert_true(emit_contains(&memory, run->address));
  assert_true(run->size > 0 && run->size <= object.code.size);
  assert_int_equal(((int (*)(int))(uintptr_t)run->address)(argument), expected);
  emit_free(&memory, &object.code);
  hot_object_fini(&object);
  assert_int_equal(memory.bytes_used, 0);
}

static void check(const char *text, int argument, int expected) { check_mode(text, LLVMRelocPIC, argument, expected); }
static void check_both(const char *text, int argument, int expected) {
  check_mode(text, LLVMRelocPIC, argument, expected);
  check_mode(text, LLVMRelocStatic, argument, expected);
}

// ---- what is loaded -----------------------------------------------------------------------------------------------

static void functions_near_and_far_are_called(void **state) {
  (void)state;
  check_both("declare i32 @near_function(i32)\n declare i32 @far_function(i32)\n"
             "define i32 @run(i32 %n) {\n %a = call i32 @near_function(i32 %n)\n %b = call i32 @far_function(i32 %a)\n"
             " ret i32 %b }",
             -42, 41);
}

static void functions_of_the_object_call_each_other(void **state) {
  (void)state;
  check_both("define internal i32 @double(i32 %n) noinline {\n %a = mul i32 %n, 2\n ret i32 %a }\n"
             "define i32 @run(i32 %n) {\n %a = call i32 @double(i32 %n)\n %b = call i32 @double(i32 %a)\n ret i32 %b }",
             10, 40);
}

static void tail_calls_reach_what_is_far(void **state) {
  (void)state;
  check_both("declare i32 @far_function(i32)\n"
             "define i32 @run(i32 %n) {\n %a = tail call i32 @far_function(i32 %n)\n ret i32 %a }",
             -3, 3);
}

static void data_and_addresses_are_found(void **state) {
  (void)state;
  check("@near_number = external global i32\n"
        "define i32 @run(i32 %n) {\n %a = load i32, ptr @near_number\n %b = add i32 %a, %n\n ret i32 %b }",
        7, 1007);
  const char *text = "@far_number = external global i32\n declare i32 @far_function(i32)\n"
                     "define i32 @run(i32 %n) {\n %a = load i32, ptr @far_number\n"
                     " %is = icmp eq i32 %n, 0\n %p = select i1 %is, ptr @far_function, ptr @run\n"
                     " %stop = icmp eq i32 %n, -3\n br i1 %stop, label %out, label %call\n"
                     "call:\n %b = call i32 %p(i32 -3)\n ret i32 %b\n out:\n ret i32 %a }";
  check(text, 0, 3);
  check(text, 1, 5);
}

static void constants_and_jump_tables_come_along(void **state) {
  (void)state;
  check("@numbers = private constant [4 x i32] [i32 10, i32 20, i32 30, i32 40]\n"
        "define i32 @run(i32 %n) {\n %at = getelementptr [4 x i32], ptr @numbers, i32 0, i32 %n\n"
        " %a = load i32, ptr %at\n ret i32 %a }",
        2, 30);
  const char *text =
      "declare i32 @near_function(i32)\n declare i32 @far_function(i32)\n"
      "define i32 @run(i32 %n) {\n switch i32 %n, label %other [ i32 0, label %a\n i32 1, label %b\n i32 2, label %c\n"
      " i32 3, label %d\n i32 4, label %e ]\n"
      "a: %1 = call i32 @near_function(i32 100)\n ret i32 %1\n b: %2 = call i32 @far_function(i32 -200)\n ret i32 %2\n"
      "c: %3 = call i32 @near_function(i32 300)\n ret i32 %3\n d: %4 = call i32 @near_function(i32 400)\n ret i32 %4\n"
      "e: %5 = call i32 @near_function(i32 500)\n ret i32 %5\n other: ret i32 -1 }";
  const int expected[] = {101, 200, 301, 401, 501, -1};
  for (int i = 0; i < 6; i++) check(text, i, expected[i]);
}

static void constants_may_want_more_alignment_than_blocks_have(void **state) {
  (void)state;
  struct emit_block odd;
  assert_true(emit_alloc(&memory, 16, &odd)); // so that the next block is at an odd place
  emit_free(&memory, &odd);
  check("@wide = private constant [16 x i32] [i32 1, i32 2, i32 3, i32 4, i32 5, i32 6, i32 7, i32 8, i32 9, i32 10,"
        " i32 11, i32 12, i32 13, i32 14, i32 15, i32 16], align 256\n"
        "define i32 @run(i32 %n) {\n %p = ptrtoint ptr @wide to i64\n %low = and i64 %p, 255\n"
        " %a = trunc i64 %low to i32\n %at = getelementptr [16 x i32], ptr @wide, i32 0, i32 %n\n"
        " %b = load volatile i32, ptr %at\n %c = add i32 %a, %b\n ret i32 %c }",
        15, 16);
}

static void what_llvm_calls_by_itself_is_there(void **state) {
  (void)state;
  check("declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)\n"
        "define i32 @run(i32 %n) {\n %p = alloca [1000 x i8]\n %size = zext i32 %n to i64\n"
        " call void @llvm.memset.p0.i64(ptr %p, i8 7, i64 %size, i1 false)\n"
        " %at = getelementptr i8, ptr %p, i32 99\n %a = load i8, ptr %at\n %b = zext i8 %a to i32\n ret i32 %b }",
        100, 7);
}

// ---- what is refused ----------------------------------------------------------------------------------------------

static void refuse(const char *text, LLVMRelocMode mode, const char *part) {
  struct hot_object object;
  struct error err = {0};
  assert_int_equal(load(text, mode, &object, &err), LOAM_ERR_INPUT);
  if (!strstr(err.text, part)) fail_msg("expected '%s' in '%s'", part, err.text);
  assert_int_equal(object.code.size, 0);
  assert_null(object.functions);
  assert_int_equal(memory.bytes_used, 0);
}

static void a_name_that_nobody_defines_is_told(void **state) {
  (void)state;
  refuse("declare void @nobody()\n define void @run() {\n call void @nobody()\n ret void }", LLVMRelocPIC, "'nobody'");
}

static void data_that_is_written_is_refused(void **state) {
  (void)state;
  refuse("@counter = global i32 1\n define ptr @run() {\n ret ptr @counter }", LLVMRelocPIC,
         "section .data is written");
  refuse("@counter = global i32 0\n define ptr @run() {\n ret ptr @counter }", LLVMRelocPIC, "section .bss is written");
  refuse("@own = thread_local global i32 5\n define i32 @run() {\n %a = load i32, ptr @own\n ret i32 %a }",
         LLVMRelocPIC, "section .tdata");
}

static void an_address_that_does_not_fit_is_refused(void **state) {
  (void)state;
  refuse("@far_number = external dso_local global i32\n define i32 @run() {\n %a = load i32, ptr @far_number\n ret i32 "
         "%a }",
         LLVMRelocStatic, "can't reach 'far_number'");
}

static void an_object_that_does_not_fit_is_refused(void **state) {
  (void)state;
  LLVMMemoryBufferRef file = make_object("define void @run() { ret void }", LLVMRelocPIC);
  struct emit_block all;
  assert_true(emit_alloc(&memory, memory.bytes - memory.top, &all));
  struct hot_object object;
  struct error err = {0};
  assert_int_equal(
      hot_object_load(&memory, llvm->LLVMGetBufferStart(file), llvm->LLVMGetBufferSize(file), NULL, 0, &object, &err),
      LOAM_ERR_MEMORY);
  llvm->LLVMDisposeMemoryBuffer(file);
}

// Damages every byte of an object in turn: it is loaded, or refused, and nothing else.
static void a_damaged_object_harms_nobody(void **state) {
  (void)state;
  LLVMMemoryBufferRef file =
      make_object("declare i32 @memcmp(ptr, ptr, i64)\n @x = private constant [4 x i32] zeroinitializer\n"
                  "define i32 @run(ptr %p) {\n %a = call i32 @memcmp(ptr %p, ptr @x, i64 4)\n ret i32 %a }",
                  LLVMRelocPIC);
  size_t size = llvm->LLVMGetBufferSize(file);
  char *copy = malloc(size);
  for (size_t at = 0; at <= size; at++) {
    for (unsigned k = 0; k < 3; k++) {
      memcpy(copy, llvm->LLVMGetBufferStart(file), size);
      if (at < size) copy[at] = (char)(copy[at] ^ (k == 0 ? 0xff : k == 1 ? 0x80 : 1));
      struct hot_object object;
      if (hot_object_load(&memory, copy, at < size || k == 0 ? size : size / (k + 1), NULL, 0, &object, NULL) ==
          LOAM_OK)
        emit_free(&memory, &object.code);
      hot_object_fini(&object);
    }
  }
  free(copy);
  llvm->LLVMDisposeMemoryBuffer(file);
  assert_int_equal(memory.bytes_used, 0);
}

// ---- listing ------------------------------------------------------------------------------------------------------

static const char *name_of(void *context, uint64_t address) {
  return address == *(const uint64_t *)context ? "somewhere" : NULL;
}

static void note_length(void *context, size_t at, size_t length, struct text *out) {
  (void)context;
  if (at == 3) text_printf(out, "%zu bytes", length);
}

static void code_is_listed_with_addresses_names_and_notes(void **state) {
  (void)state;
  const uint8_t code[] = {0x48, 0x01, 0xf7, 0xe8, 0x10, 0x00, 0x00, 0x00, 0xeb, 0xf6, 0x06, 0xc3};
  struct text out = {0};
  struct error err = {0};
  uint64_t target = 0x1018;
  const struct hot_disasm_notes notes = {&target, name_of, note_length};
  if (!hot_llvm_open_machine(&err)) skip();
  assert_int_equal(hot_disasm_noted(code, sizeof code, 0x1000, &notes, &out, &err), LOAM_OK);
  assert_string_equal(out.bytes, "      1000  addq %rsi, %rdi\n"
                                 "      1003  callq 0x1018 <somewhere> # 5 bytes\n"
                                 "      1008  jmp 0x1000\n"
                                 "      100a  .byte 0x06\n"
                                 "      100b  retq\n");
  text_fini(&out);
}

int main(void) {
#define WITH_MEMORY(test) cmocka_unit_test_setup_teardown(test, open_memory, close_memory)
  const struct CMUnitTest tests[] = {
      WITH_MEMORY(functions_near_and_far_are_called),
      WITH_MEMORY(functions_of_the_object_call_each_other),
      WITH_MEMORY(tail_calls_reach_what_is_far),
      WITH_MEMORY(data_and_addresses_are_found),
      WITH_MEMORY(constants_and_jump_tables_come_along),
      WITH_MEMORY(constants_may_want_more_alignment_than_blocks_have),
      WITH_MEMORY(what_llvm_calls_by_itself_is_there),
      WITH_MEMORY(a_name_that_nobody_defines_is_told),
      WITH_MEMORY(data_that_is_written_is_refused),
      WITH_MEMORY(an_address_that_does_not_fit_is_refused),
      WITH_MEMORY(an_object_that_does_not_fit_is_refused),
      WITH_MEMORY(a_damaged_object_harms_nobody),
      cmocka_unit_test(code_is_listed_with_addresses_names_and_notes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
