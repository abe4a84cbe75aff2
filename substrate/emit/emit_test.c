// SPDX-License-Identifier: MIT
//
// emit_test.c: code memory hands out blocks that run, takes them back, and tells perf and gdb their names.
#include "emit/emit.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct emit_memory memory;

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

static struct emit_block take(size_t bytes) {
  struct emit_block block;
  assert_true(emit_alloc(&memory, bytes, &block));
  assert_true(block.size >= bytes);
  assert_int_equal((uintptr_t)block.run % 16, 0);
  return block;
}

// Code that returns a number.
static struct emit_block emit_number(uint32_t number) {
  struct emit_block block = take(6);
  block.write[0] = 0xb8; // mov eax, number
  memcpy(block.write + 1, &number, sizeof number);
  block.write[5] = 0xc3; // ret
  return block;
}

static uint32_t run(const struct emit_block *block) { return ((uint32_t (*)(void))(uintptr_t)block->run)(); }

static void what_is_written_at_one_address_runs_at_the_other(void **state) {
  (void)state;
  struct emit_block first = emit_number(42), second = emit_number(7);
  assert_int_equal(run(&first), 42);
  assert_int_equal(run(&second), 7);
  assert_true(emit_contains(&memory, first.run));
  assert_false(emit_contains(&memory, first.write));
  assert_false(emit_contains(&memory, &memory));
}

// Full pages are put on large ones, while code in them may run.
static void code_of_many_pages_runs(void **state) {
  (void)state;
  struct emit_block blocks[320];
  for (uint32_t i = 0; i < COUNT_OF(blocks); i++) {
    struct emit_block filler = take(16 << 10);
    memset(filler.write, 0xcc, filler.size);
    blocks[i] = emit_number(i);
    assert_int_equal(run(&blocks[i / 2]), i / 2);
  }
  for (uint32_t i = 0; i < COUNT_OF(blocks); i++) assert_int_equal(run(&blocks[i]), i);
  assert_int_equal((uintptr_t)memory.run_base % ((size_t)2 << 20), 0);
}

static void the_memory_is_near_the_substrate(void **state) {
  (void)state;
  assert_true(emit_reaches(&memory, (const void *)(uintptr_t)&emit_alloc));
  assert_true(emit_reaches(&memory, memory.run_base + memory.bytes));
  assert_false(emit_reaches(&memory, (const void *)16));
  assert_false(emit_reaches(&memory, memory.run_base + ((size_t)1 << 31)));
  assert_false(emit_reaches(&memory, memory.run_base - ((size_t)1 << 31)));
}

static void a_freed_block_is_handed_out_again(void **state) {
  (void)state;
  struct emit_block first = emit_number(1), second = emit_number(2), third = emit_number(3);
  emit_free(&memory, &second);
  assert_int_equal(second.write[0], 0xcc); // a trap
  assert_int_equal(run(&first), 1);
  assert_int_equal(run(&third), 3);
  struct emit_block again = emit_number(4);
  assert_ptr_equal(again.run, second.run);
  assert_int_equal(run(&again), 4);
}

static void neighbours_that_are_free_become_one(void **state) {
  (void)state;
  struct emit_block blocks[6];
  for (size_t i = 0; i < COUNT_OF(blocks); i++) blocks[i] = take(48);
  const size_t order[] = {3, 1, 2}; // before, behind and between
  for (size_t i = 0; i < COUNT_OF(order); i++) emit_free(&memory, &blocks[order[i]]);
  struct emit_block large = take(3 * 48);
  assert_ptr_equal(large.run, blocks[1].run);
  emit_free(&memory, &large);
  struct emit_block small = take(16), rest = take(3 * 48 - 16);
  assert_ptr_equal(small.run, blocks[1].run);
  assert_ptr_equal(rest.run, blocks[1].run + 16);
}

static void memory_that_is_all_free_is_as_it_was_new(void **state) {
  (void)state;
  size_t top = memory.top;
  struct emit_block blocks[40];
  for (unsigned round = 1; round < 40; round += 2) {
    for (size_t i = 0; i < COUNT_OF(blocks); i++) blocks[i] = take(1 + i * round * 7 % 300);
    assert_true(memory.bytes_used >= COUNT_OF(blocks) * 16);
    // Every block once, in an order of its own in every round: 41 is prime, and block 0 of 41 is left out.
    for (size_t i = 1, k = round; i <= COUNT_OF(blocks); i++, k += round) emit_free(&memory, &blocks[k % 41 - 1]);
    assert_int_equal(memory.bytes_used, 0);
    assert_int_equal(memory.top, top);
    assert_null(memory.holes);
  }
}

static void a_block_that_does_not_fit_is_refused(void **state) {
  (void)state;
  struct emit_block block;
  assert_false(emit_alloc(&memory, memory.bytes, &block));
  assert_int_equal(block.size, 0);
  assert_false(emit_alloc(&memory, SIZE_MAX - 3, &block));
  struct emit_block half = take(memory.bytes / 2);
  assert_false(emit_alloc(&memory, memory.bytes / 2, &block));
  emit_free(&memory, &half);
  take(memory.bytes / 2);
  emit_free(&memory, &block); // an empty one
}

static void memory_that_could_not_be_reserved_has_no_blocks(void **state) {
  (void)state;
  struct emit_memory none = {0};
  struct emit_block block;
  assert_false(emit_alloc(&none, 16, &block));
  assert_false(emit_contains(&none, &none));
  emit_memory_fini(&none);
}

static void a_forked_process_runs_the_shared_code_but_writes_none(void **state) {
  (void)state;
  struct emit_block block = emit_number(42);
  pid_t child = fork();
  if (child == 0) {
    struct emit_block more;
    bool good = !emit_alloc(&memory, 16, &more) && run(&block) == 42;
    emit_free(&memory, &block);
    _exit(good ? 0 : 1);
  }
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  assert_int_equal(run(&block), 42);
}

// ---- names --------------------------------------------------------------------------------------------------------

// What gdb looks at.
struct jit_code_entry {
  struct jit_code_entry *next, *prev;
  const char *symbol_file;
  uint64_t symbol_file_bytes;
};
extern struct {
  uint32_t version, action;
  struct jit_code_entry *changed, *first;
} __jit_debug_descriptor;

static bool gdb_knows(const char *name) {
  for (struct jit_code_entry *entry = __jit_debug_descriptor.first; entry; entry = entry->next)
    if (memmem(entry->symbol_file, entry->symbol_file_bytes, name, strlen(name) + 1)) return true;
  return false;
}

static bool perf_knows(const char *name) {
  char path[64], line[500];
  snprintf(path, sizeof path, "/tmp/perf-%ld.map", (long)getpid());
  FILE *file = fopen(path, "r");
  bool found = false;
  while (file && !found && fgets(line, sizeof line, file)) found = strcmp(line, name) == 0;
  if (file) fclose(file);
  return found;
}

static void names_are_told_once_somebody_asked(void **state) {
  (void)state;
  struct emit_block before = emit_number(1);
  emit_name(&memory, &before, "baseline", "early", "a.src");
  struct error err = {0};
  assert_int_equal(emit_names_start(true, true, &err), LOAM_OK);
  assert_int_equal(emit_names_start(true, false, &err), LOAM_OK);
  struct emit_block block = emit_number(2), odd = emit_number(3);
  emit_name(&memory, &block, "hot", "late", "a.src");
  emit_name(&memory, &odd, "hot", "two\nlines", NULL);
  char line[200];
  snprintf(line, sizeof line, "%llx %zx loam:hot:late a.src\n", (unsigned long long)(uintptr_t)block.run, block.size);
  assert_true(perf_knows(line));
  snprintf(line, sizeof line, "%llx %zx loam:hot:two?lines\n", (unsigned long long)(uintptr_t)odd.run, odd.size);
  assert_true(perf_knows(line));
  assert_false(gdb_knows("loam:baseline:early a.src"));
  assert_true(gdb_knows("loam:hot:late a.src"));
  assert_true(gdb_knows("loam:hot:two?lines"));
  emit_free(&memory, &block);
  assert_false(gdb_knows("loam:hot:late a.src"));
  assert_true(gdb_knows("loam:hot:two?lines"));
  emit_memory_fini(&memory);
  assert_null(__jit_debug_descriptor.first);
  snprintf(line, sizeof line, "/tmp/perf-%ld.map", (long)getpid());
  unlink(line);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(what_is_written_at_one_address_runs_at_the_other, open_memory, close_memory),
      cmocka_unit_test_setup_teardown(code_of_many_pages_runs, open_memory, close_memory),
      cmocka_unit_test_setup_teardown(the_memory_is_near_the_substrate, open_memory, close_memory),
      cmocka_unit_test_setup_teardown(a_freed_block_is_handed_out_again, open_memory, close_memory),
      cmocka_unit_test_setup_teardown(neighbours_that_are_free_become_one, open_memory, close_memory),
      cmocka_unit_test_setup_teardown(memory_that_is_all_free_is_as_it_was_new, open_memory, close_memory),
      cmocka_unit_test_setup_teardown(a_block_that_does_not_fit_is_refused, open_memory, close_memory),
      cmocka_unit_test(memory_that_could_not_be_reserved_has_no_blocks),
      cmocka_unit_test_setup_teardown(a_forked_process_runs_the_shared_code_but_writes_none, open_memory, close_memory),
      cmocka_unit_test_setup_teardown(names_are_told_once_somebody_asked, open_memory, close_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
