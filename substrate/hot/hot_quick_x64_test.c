// SPDX-License-Identifier: MIT
//
// hot_quick_x64_test.c: the bytes of instructions, against what assemblers write, and read again by LLVM's disassembler
// (skipped where LLVM is not there).
#define LOAM_HOT_MODULE
#include "hot/hot_quick_x64.h"

#include "hot/hot_disasm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define LOAD (X64_WIDE | 0x8b)
#define LOAD_HALF 0x8b
#define STORE_BYTE (X64_BYTE | 0x88)
#define EXTEND_BYTE (X64_0F | X64_RM_BYTE | 0xb6)
#define LOAD_DOUBLE (X64_F2 | X64_0F | 0x10)

static struct x64_code code;

// What was written since the last time, in hexadecimal digits.
static void expect(const char *bytes) {
  char found[200] = "";
  assert_false(code.no_memory);
  assert_in_range(code.size, 1, sizeof found / 3 - 1);
  for (uint32_t i = 0; i < code.size; i++) snprintf(found + 3 * i, 4, "%02x ", code.bytes[i]);
  found[3 * code.size - 1] = 0;
  assert_string_equal(found, bytes);
  hot_x64_code_fini(&code);
}

static void expect_insn(unsigned opcode, unsigned reg, struct x64_rm rm, const char *bytes) {
  hot_x64_insn(&code, opcode, reg, rm);
  expect(bytes);
}

static struct x64_rm indexed(uint8_t base, uint8_t index, uint8_t shift, int32_t distance) {
  struct x64_rm rm = hot_x64_memory(base, distance);
  rm.index = index;
  rm.shift = shift;
  return rm;
}

static void registers_above_7_take_a_prefix(void **state) {
  (void)state;
  expect_insn(LOAD_HALF, RAX, hot_x64_register(RCX), "8b c1");        // movl %ecx, %eax
  expect_insn(LOAD_HALF, R8, hot_x64_register(RCX), "44 8b c1");      // movl %ecx, %r8d
  expect_insn(LOAD_HALF, RDI, hot_x64_register(R15), "41 8b ff");     // movl %r15d, %edi
  expect_insn(LOAD, RAX, hot_x64_register(RCX), "48 8b c1");          // movq %rcx, %rax
  expect_insn(LOAD, R12, hot_x64_register(R13), "4d 8b e5");          // movq %r13, %r12
  expect_insn(LOAD, RBX, indexed(RSI, R9, 0, 0), "4a 8b 1c 0e");      // movq (%rsi,%r9), %rbx
  expect_insn(LOAD_HALF, R9, indexed(R10, R11, 2, 0), "47 8b 0c 9a"); // movl (%r10,%r11,4), %r9d
  expect_insn(X64_WIDE | 0xf7, 3, hot_x64_register(RDI), "48 f7 df"); // negq %rdi
  expect_insn(0xff, 4, hot_x64_register(R10), "41 ff e2");            // jmpq *%r10
  expect_insn(0xff, 2, hot_x64_register(RAX), "ff d0");               // callq *%rax
}

// Without it 4 to 7 would be ah to bh.
static void bytes_of_registers_from_4_on_take_a_prefix(void **state) {
  (void)state;
  expect_insn(STORE_BYTE, RDX, hot_x64_memory(RSI, 0), "88 16");                 // movb %dl, (%rsi)
  expect_insn(STORE_BYTE, RSI, hot_x64_memory(RDX, 0), "40 88 32");              // movb %sil, (%rdx)
  expect_insn(STORE_BYTE, R8, hot_x64_memory(RDX, 0), "44 88 02");               // movb %r8b, (%rdx)
  expect_insn(X64_BYTE | 0x84, RBX, hot_x64_register(RBX), "84 db");             // testb %bl, %bl
  expect_insn(X64_BYTE | 0x84, RDI, hot_x64_register(RDI), "40 84 ff");          // testb %dil, %dil
  expect_insn(X64_BYTE | 0x3a, RBX, hot_x64_register(RDI), "40 3a df");          // cmpb %dil, %bl
  expect_insn(EXTEND_BYTE, RSI, hot_x64_register(RAX), "0f b6 f0");              // movzbl %al, %esi
  expect_insn(EXTEND_BYTE, RAX, hot_x64_register(RSI), "40 0f b6 c6");           // movzbl %sil, %eax
  expect_insn(EXTEND_BYTE | X64_WIDE, RAX, hot_x64_register(R9), "49 0f b6 c1"); // movzbq %r9b, %rax
  expect_insn(X64_BYTE | X64_0F | 0x94, 0, hot_x64_register(RAX), "0f 94 c0");   // sete %al
  hot_x64_insn_immediate(&code, X64_RM_BYTE | 0xf6, 0, hot_x64_register(RDI), 1, 1);
  expect("40 f6 c7 01"); // testb $1, %dil
  hot_x64_insn_immediate(&code, X64_RM_BYTE | 0xf6, 0, hot_x64_memory(RDI, 8), 1, 1);
  expect("f6 47 08 01"); // testb $1, 8(%rdi)
}

// 4 as a base says that a second byte follows, and 5 without a distance that there is no base.
static void some_bases_are_written_otherwise(void **state) {
  (void)state;
  expect_insn(LOAD, RAX, hot_x64_memory(RDX, 0), "48 8b 02");
  expect_insn(LOAD, RAX, hot_x64_memory(RSP, 0), "48 8b 04 24");
  expect_insn(LOAD, RAX, hot_x64_memory(R12, 0), "49 8b 04 24");
  expect_insn(LOAD, RAX, hot_x64_memory(R12, -8), "49 8b 44 24 f8");
  expect_insn(LOAD, RAX, hot_x64_memory(RBP, 0), "48 8b 45 00");
  expect_insn(LOAD, RAX, hot_x64_memory(R13, 0), "49 8b 45 00");
  expect_insn(LOAD, RAX, indexed(R13, RCX, 0, 0), "49 8b 44 0d 00");
  expect_insn(LOAD, RAX, indexed(RDX, R12, 3, 0), "4a 8b 04 e2"); // as an index r12 is like others
  expect_insn(LOAD, RAX, hot_x64_memory(QUICK_NO_REGISTER, 0x1234), "48 8b 04 25 34 12 00 00");
  expect_insn(LOAD, RAX, indexed(QUICK_NO_REGISTER, RCX, 3, 16), "48 8b 04 cd 10 00 00 00");
}

static void distances_take_as_many_bytes_as_they_need(void **state) {
  (void)state;
  expect_insn(LOAD, RCX, hot_x64_memory(RDX, 127), "48 8b 4a 7f");
  expect_insn(LOAD, RCX, hot_x64_memory(RDX, -128), "48 8b 4a 80");
  expect_insn(LOAD, RCX, hot_x64_memory(RDX, 128), "48 8b 8a 80 00 00 00");
  expect_insn(LOAD, RCX, hot_x64_memory(RDX, -129), "48 8b 8a 7f ff ff ff");
  expect_insn(LOAD, RCX, hot_x64_memory(RSP, 1000), "48 8b 8c 24 e8 03 00 00");
  expect_insn(LOAD, RCX, indexed(RDX, RBX, 1, INT32_MIN), "48 8b 8c 5a 00 00 00 80");
}

static void prefixes_of_doubles_come_first(void **state) {
  (void)state;
  expect_insn(LOAD_DOUBLE, XMM0 + 1, hot_x64_memory(RSI, 8), "f2 0f 10 4e 08");
  expect_insn(LOAD_DOUBLE, XMM0 + 9, hot_x64_memory(R13, 0), "f2 45 0f 10 4d 00");
  expect_insn(X64_F2 | X64_0F | 0x58, XMM0 + 15, hot_x64_register(XMM0 + 2), "f2 44 0f 58 fa"); // addsd
  expect_insn(X64_66 | X64_0F | 0x2e, XMM0, hot_x64_register(XMM0 + 8), "66 41 0f 2e c0");      // ucomisd
  expect_insn(X64_66 | X64_WIDE | X64_0F | 0x6e, XMM0 + 3, hot_x64_register(RAX), "66 48 0f 6e d8");
  expect_insn(X64_66 | X64_WIDE | X64_0F | 0x7e, XMM0 + 10, hot_x64_register(R11), "66 4d 0f 7e d3");
  expect_insn(X64_F2 | X64_WIDE | X64_0F | 0x2a, XMM0 + 1, hot_x64_register(RDI), "f2 48 0f 2a cf"); // cvtsi2sdq
  expect_insn(X64_F3 | X64_0F | 0xb8, RAX, hot_x64_register(R8), "f3 41 0f b8 c0");                  // popcntl
  expect_insn(X64_66 | 0x89, RSI, hot_x64_memory(RDX, 0), "66 89 32");                               // movw
}

static void immediates_and_constants(void **state) {
  (void)state;
  hot_x64_insn_immediate(&code, X64_WIDE | 0x83, 5, hot_x64_register(RSP), 24, 1);
  expect("48 83 ec 18"); // subq $24, %rsp
  hot_x64_insn_immediate(&code, X64_WIDE | 0xc7, 0, hot_x64_memory(R12, 8), -2, 4);
  expect("49 c7 44 24 08 fe ff ff ff"); // movq $-2, 8(%r12)
  hot_x64_insn_immediate(&code, X64_66 | 0xc7, 0, hot_x64_memory(RDX, 0), -2, 2);
  expect("66 c7 02 fe ff"); // movw $-2, (%rdx)
  hot_x64_insn_immediate(&code, X64_WIDE | 0x69, R9, hot_x64_register(RDX), 1000, 4);
  expect("4c 69 ca e8 03 00 00"); // imulq $1000, %rdx, %r9
  hot_x64_load_constant(&code, RDI, 0);
  expect("bf 00 00 00 00"); // not xorl: the flags stay
  hot_x64_load_constant(&code, R9, UINT32_MAX);
  expect("41 b9 ff ff ff ff");
  hot_x64_load_constant(&code, R9, -2);
  expect("49 c7 c1 fe ff ff ff");
  hot_x64_load_constant(&code, RCX, INT64_C(0x100000000));
  expect("48 b9 00 00 00 00 01 00 00 00");
  hot_x64_load_constant(&code, R15, INT64_MIN);
  expect("49 bf 00 00 00 00 00 00 00 80");
}

static void what_lies_elsewhere_is_filled_in_later(void **state) {
  (void)state;
  struct x64_rm one = hot_x64_constant(&code, 5), other = hot_x64_constant(&code, 6);
  hot_x64_insn(&code, LOAD_DOUBLE, XMM0 + 9, other);
  assert_int_equal(hot_x64_constant(&code, 5).constant, one.constant); // once is enough
  assert_int_equal(code.constant_count, 2);
  assert_int_equal(code.fixup_count, 1);
  assert_int_equal(code.fixups[0].kind, X64_TO_CONSTANT);
  assert_int_equal(code.fixups[0].at, 5);
  assert_int_equal(code.fixups[0].target, other.constant);
  expect("f2 44 0f 10 0d 00 00 00 00");
  hot_x64_load_function(&code, R10, 3);
  assert_int_equal(code.fixups[0].kind, X64_TO_FUNCTION);
  assert_int_equal(code.fixups[0].target, 3);
  expect("4c 8d 15 00 00 00 00"); // leaq (%rip), %r10
  hot_x64_jump_to(&code, 0xe8, X64_TO_ADDRESS, 0x123456789);
  assert_int_equal(code.fixups[0].at, 1);
  assert_int_equal(code.fixups[0].target, 0x123456789);
  expect("e8 00 00 00 00");
}

static void jumps_back_are_short_where_they_reach(void **state) {
  (void)state;
  uint32_t label = hot_x64_label(&code);
  hot_x64_bind(&code, label);
  hot_x64_jump(&code, label);
  hot_x64_jump_if(&code, X64_NE, label);
  assert_int_equal(code.fixup_count, 0);
  expect("eb fe 75 fc");
  for (int near = 0; near < 2; near++) { // the farthest that they reach, and a byte more
    label = hot_x64_label(&code);
    hot_x64_bind(&code, label);
    for (int i = 0; i < (near ? 126 : 127); i++) hot_x64_put(&code, "\x90", 1);
    hot_x64_jump_if(&code, X64_L, label);
    assert_int_equal(code.fixup_count, !near);
    assert_int_equal(code.size, near ? 128 : 127 + 6);
    assert_int_equal(code.bytes[near ? 127 : 128], near ? 0x80 : 0x8c);
    hot_x64_code_fini(&code);
  }
}

static void jumps_forward_are_filled_in_later(void **state) {
  (void)state;
  uint32_t first = hot_x64_label(&code), label = hot_x64_label(&code);
  hot_x64_bind(&code, first);
  hot_x64_jump(&code, label);
  hot_x64_jump_if(&code, X64_BE, label);
  hot_x64_bind(&code, label);
  assert_int_equal(code.labels[label], 11);
  assert_int_equal(code.fixup_count, 2);
  assert_int_equal(code.fixups[0].kind, X64_TO_LABEL);
  assert_int_equal(code.fixups[0].at, 1);
  assert_int_equal(code.fixups[1].at, 7);
  assert_int_equal(code.fixups[1].target, label);
  expect("e9 00 00 00 00 0f 86 00 00 00 00");
}

// ---- read again ----------------------------------------------------------------------------------------------------

static const char *const names[] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                    "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};

static void disassemble(struct text *out) {
  struct error err = {0};
  assert_false(code.no_memory);
  if (hot_disasm(code.bytes, code.size, 0, out, &err) != LOAM_OK) skip();
  hot_x64_code_fini(&code);
}

// The text behind the address of the next line.
static const char *next_insn(const char **at) {
  static char insn[100];
  assert_int_equal(sscanf(*at, " %*x %99[^\n]", insn), 1);
  *at = strchr(*at, '\n') + 1;
  return insn;
}

static void put_distance(char *out, size_t size, int32_t n) {
  int64_t wide = n;
  if (n)
    snprintf(out, size, "%s0x%llx", n < 0 ? "-" : "", (unsigned long long)(n < 0 ? -wide : wide));
  else
    out[0] = 0;
}

static void addresses_are_read_as_they_were_meant(void **state) {
  (void)state;
  static const int32_t distances[] = {0, 1, -128, 127, 128, -129, INT32_MAX, INT32_MIN};
  for (unsigned reg = 0; reg < 16; reg++)
    for (unsigned base = 0; base < 16; base++) {
      struct text text = {0};
      for (unsigned d = 0; d < COUNT_OF(distances); d++)
        for (unsigned index = 0; index < 16; index++) {
          struct x64_rm rm = hot_x64_memory((uint8_t)base, distances[d]);
          if (index != RSP) rm = indexed((uint8_t)base, (uint8_t)index, (uint8_t)(index % 4), distances[d]);
          hot_x64_insn(&code, LOAD, reg, rm);
        }
      disassemble(&text);
      const char *at = text.bytes;
      for (unsigned d = 0; d < COUNT_OF(distances); d++)
        for (unsigned index = 0; index < 16; index++) {
          char distance[20], pair[20] = "", expected[100];
          put_distance(distance, sizeof distance, distances[d]);
          if (index != RSP && index % 4 == 0) snprintf(pair, sizeof pair, ",%%%s", names[index]);
          if (index != RSP && index % 4) snprintf(pair, sizeof pair, ",%%%s,%d", names[index], 1 << index % 4);
          snprintf(expected, sizeof expected, "movq %s(%%%s%s), %%%s", distance, names[base], pair, names[reg]);
          assert_string_equal(next_insn(&at), expected);
        }
      text_fini(&text);
    }
}

static void bytes_of_all_registers_are_read_as_they_were_meant(void **state) {
  (void)state;
  static const char *const byte_names[] = {"al",  "cl",  "dl",   "bl",   "spl",  "bpl",  "sil",  "dil",
                                           "r8b", "r9b", "r10b", "r11b", "r12b", "r13b", "r14b", "r15b"};
  struct text text = {0};
  for (unsigned i = 0; i < 256; i++) hot_x64_insn(&code, STORE_BYTE, i / 16, hot_x64_register(i % 16));
  for (unsigned i = 0; i < 256; i++) hot_x64_insn(&code, EXTEND_BYTE | X64_WIDE, i / 16, hot_x64_register(i % 16));
  disassemble(&text);
  const char *at = text.bytes;
  for (unsigned i = 0; i < 512; i++) {
    char expected[100];
    unsigned reg = i / 16 % 16, rm = i % 16;
    if (i < 256)
      snprintf(expected, sizeof expected, "movb %%%s, %%%s", byte_names[reg], byte_names[rm]);
    else
      snprintf(expected, sizeof expected, "movzbq %%%s, %%%s", byte_names[rm], names[reg]);
    assert_string_equal(next_insn(&at), expected);
  }
  text_fini(&text);
}

static void code_is_aligned_by_instructions_that_do_nothing(void **state) {
  (void)state;
  for (uint32_t at = 0; at <= 32; at++) {
    struct text text = {0};
    for (uint32_t i = 0; i < at; i++) hot_x64_put(&code, "\xc3", 1);
    hot_x64_align(&code, 32);
    assert_int_equal(code.size, (at + 31) / 32 * 32);
    if (code.size == 0) continue;
    disassemble(&text);
    unsigned lines = 0;
    for (const char *line = text.bytes; *line; lines++) {
      const char *insn = next_insn(&line);
      bool is_nop = strncmp(insn, "nop", 3) == 0 || strncmp(insn, "xchgw\t%ax", 3) == 0;
      assert_true(lines < at ? strcmp(insn, "retq") == 0 : is_nop);
    }
    assert_true(lines >= at && lines <= at + 4);
    text_fini(&text);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(registers_above_7_take_a_prefix),
      cmocka_unit_test(bytes_of_registers_from_4_on_take_a_prefix),
      cmocka_unit_test(some_bases_are_written_otherwise),
      cmocka_unit_test(distances_take_as_many_bytes_as_they_need),
      cmocka_unit_test(prefixes_of_doubles_come_first),
      cmocka_unit_test(immediates_and_constants),
      cmocka_unit_test(what_lies_elsewhere_is_filled_in_later),
      cmocka_unit_test(jumps_back_are_short_where_they_reach),
      cmocka_unit_test(jumps_forward_are_filled_in_later),
      cmocka_unit_test(addresses_are_read_as_they_were_meant),
      cmocka_unit_test(bytes_of_all_registers_are_read_as_they_were_meant),
      cmocka_unit_test(code_is_aligned_by_instructions_that_do_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
