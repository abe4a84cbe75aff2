// SPDX-License-Identifier: MIT
//
// baseline_kinds_test.c: a test of a value's kind is left out of a method's code where the program proves the kind, and
// nowhere else.
//
// Each program is compiled twice, once as if its guest had no kinds. An instruction that is shorter the other time, by
// just the bytes that a stencil of its op lists as the test, has lost it. The probe's `negate` tests for an odd value
// and throws for others; `next` tests, but takes a cell, too; `push` makes odd values.
#include "baseline/baseline.h"

#include "interp/interp_probe_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct probe probe;
static struct baseline compiler;
static struct emit_memory memory;

// The words of the instruction at `word`, and what is said of its op.
static const struct op_info *info_at(const struct method *method, uint32_t word, uint16_t *op) {
  memcpy(op, method->code + word, sizeof *op);
  return &method->ops->ops[*op];
}

// Compiles a draft with this table's kinds.
static struct method *compile(const struct code_draft *draft, const struct op_table *table) {
  struct method *method = probe_method(&probe, draft);
  method->ops = table;
  assert_true(baseline_compile(&compiler, method));
  return method;
}

// Is that the size of the test in one of the op's stencils? (They differ in the registers that they test.)
static bool is_size_of_test(uint16_t op, uint32_t size) {
  const struct stencil_set *set = probe_op_table.stencils;
  for (int form = 0; form < STENCIL_FORMS; form++)
    if (set->ops[op][form].span_count && set->spans[set->ops[op][form].spans].size == size) return true;
  return false;
}

// The tests of a method in the order of its code: '-' for one that is left out, 't' for one that is not.
static void list_tests(const struct method *method, const struct method *whole, char *list) {
  uint16_t op;
  for (uint32_t word = 0; word < method->code_words; word += info_at(method, word, &op)->words) {
    uint32_t next = word + info_at(method, word, &op)->words;
    const struct stencil *stencil = &probe_op_table.stencils->ops[op][STENCIL_ANY];
    if (!stencil->span_count) continue;
    assert_int_equal(stencil->span_count, 1);
    uint32_t size = method->compiled_at[next] - method->compiled_at[word];
    uint32_t whole_size = whole->compiled_at[next] - whole->compiled_at[word];
    assert_true(size == whole_size || is_size_of_test(op, whole_size - size));
    *list++ = size == whole_size ? 't' : '-';
  }
  *list = 0;
}

static const struct program {
  const char *what, *tests;
  int64_t result; // of 40, 1 and 7
  bool handled;   // by its last instructions but three
  struct code_draft draft;
} programs[] = {
    {"a constant", "-", -7, false, DRAFT(3, 3, INSN(PUSH, 7), INSN(NEGATE), INSN(RETURN))},
    {"what an op made", "t-", 40, false, DRAFT(3, 3, INSN(LOAD, 0), INSN(NEGATE), INSN(NEGATE), INSN(RETURN))},
    {"a local that an op threw for unless it is of the kind", "t-", -40, false,
     DRAFT(3, 3, INSN(LOAD, 0), INSN(NEGATE), INSN(POP), INSN(LOAD, 0), INSN(NEGATE), INSN(RETURN))},
    {"a local after a store of what is not known", "tt", -1, false,
     DRAFT(3, 3, INSN(LOAD, 0), INSN(NEGATE), INSN(POP), INSN(LOAD, 1), INSN(STORE, 0), INSN(LOAD, 0), INSN(NEGATE),
           INSN(RETURN))},
    {"a local after a store of what is known", "t-", 40, false,
     DRAFT(3, 3, INSN(LOAD, 0), INSN(NEGATE), INSN(STORE, 2), INSN(LOAD, 2), INSN(NEGATE), INSN(RETURN))},
    {"an operand loaded before a store of what is known", "t", -40, false,
     DRAFT(3, 3, INSN(LOAD, 0), INSN(PUSH, 5), INSN(STORE, 0), INSN(NEGATE), INSN(RETURN))},
    {"what an op made that takes other kinds, too", "tt", 42, false,
     DRAFT(3, 3, INSN(LOAD, 0), INSN(NEXT), INSN(NEXT), INSN(RETURN))},
    {"what such an op made of what is known", "--", 9, false,
     DRAFT(3, 3, INSN(PUSH, 7), INSN(NEXT), INSN(NEXT), INSN(RETURN))},
    {"a local that such an op was given", "tt", 41, false,
     DRAFT(3, 3, INSN(LOAD, 0), INSN(NEXT), INSN(POP), INSN(LOAD, 0), INSN(NEXT), INSN(RETURN))},
    {"a local that one of two ways proves", "tt", -40, false,
     DRAFT(3, 3, INSN(LOAD, 1), INSN(JUMP_IF, 5), INSN(LOAD, 0), INSN(NEGATE), INSN(POP), INSN(LOAD, 0), INSN(NEGATE),
           INSN(RETURN))},
    {"a local that both ways prove", "tt-", -40, false,
     DRAFT(3, 3, INSN(LOAD, 1), INSN(JUMP_IF, 6), INSN(LOAD, 0), INSN(NEGATE), INSN(POP), INSN(JUMP, 9), INSN(LOAD, 0),
           INSN(NEGATE), INSN(POP), INSN(LOAD, 0), INSN(NEGATE), INSN(RETURN))},
    {"a local that stays of the kind around a loop", "t--", -40, false,
     DRAFT(3, 3, INSN(LOAD, 0), INSN(NEGATE), INSN(STORE, 0), INSN(LOAD, 0), INSN(NEGATE), INSN(STORE, 0),
           INSN(LOAD, 2), INSN(PUSH, -1), INSN(ADD), INSN(STORE, 2), INSN(LOAD, 2), INSN(JUMP_IF, 3), INSN(LOAD, 0),
           INSN(NEGATE), INSN(RETURN))},
    {"a local that a loop's end stores into", "tt-", 1, false,
     DRAFT(3, 3, INSN(LOAD, 0), INSN(NEGATE), INSN(STORE, 0), INSN(LOAD, 0), INSN(NEGATE), INSN(NEGATE), INSN(POP),
           INSN(LOAD, 1), INSN(STORE, 0), INSN(LOAD, 2), INSN(PUSH, -1), INSN(ADD), INSN(STORE, 2), INSN(LOAD, 2),
           INSN(JUMP_IF, 3), INSN(LOAD, 0), INSN(RETURN))},
    {"a local in a handler", "tt", -40, true,
     DRAFT(3, 3, INSN(LOAD, 0), INSN(NEGATE), INSN(THROW), INSN(POP), INSN(LOAD, 0), INSN(NEGATE), INSN(RETURN))},
};

static void a_test_is_left_out_where_the_program_proves_the_kind_and_nowhere_else(void **state) {
  (void)state;
  probe_open(&probe, (const char *const[]){"--engine=interp", NULL});
  struct error err = {0};
  assert_int_equal(emit_memory_init(&memory, &err), LOAM_OK);
  baseline_init(&compiler, &probe_op_table, &memory);
  struct op_table without_kinds = probe_op_table;
  without_kinds.kinds = NULL;
  for (size_t i = 0; i < COUNT_OF(programs); i++) {
    struct code_draft draft = programs[i].draft;
    draft.handlers = &(struct insn_handler){0, draft.insn_count - 4, draft.insn_count - 4};
    draft.handler_count = programs[i].handled;
    uint64_t bytes_before = compiler.code_bytes;
    const struct method *whole = compile(&draft, &without_kinds);
    uint64_t whole_bytes = compiler.code_bytes - bytes_before;
    const struct method *method = compile(&draft, &probe_op_table);
    uint64_t bytes = compiler.code_bytes - bytes_before - whole_bytes;
    char tests[32];
    list_tests(method, whole, tests);
    if (strcmp(tests, programs[i].tests) != 0)
      fail_msg("%s: expected the tests %s (-: left out), found %s", programs[i].what, programs[i].tests, tests);
    assert_int_equal(bytes < whole_bytes, strchr(tests, '-') != NULL);
    assert_int_equal(probe_call(&probe, method, (int64_t[]){40, 1, 7}, 3), programs[i].result);
    assert_int_equal(probe_call(&probe, whole, (int64_t[]){40, 1, 7}, 3), programs[i].result);
  }
  baseline_fini(&compiler);
  emit_memory_fini(&memory);
  probe_close(&probe);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_test_is_left_out_where_the_program_proves_the_kind_and_nowhere_else),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
