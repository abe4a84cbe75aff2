// SPDX-License-Identifier: MIT
//
// code_memory_test.c: blocks for methods: apart from each other, aligned, in low memory, used again by their size.
#include "code/code_memory.h"

#include "base/mem.h"
#include "os/os_memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { BLOCKS = 500, BYTES_MAX = 70000 };

struct block {
  unsigned char *start;
  size_t bytes;
  uint8_t class;
};

static struct block take(struct code_memory *memory, size_t bytes) {
  struct block block = {.bytes = bytes};
  block.start = code_memory_alloc(memory, bytes, &block.class);
  assert_non_null(block.start);
  assert_int_equal((uintptr_t)block.start % 64, 0);
  memset(block.start, (int)(bytes % 251), bytes);
  return block;
}

static void check(const struct block *block) {
  size_t same = 0;
  while (same < block->bytes && block->start[same] == block->bytes % 251) same++;
  assert_int_equal(same, block->bytes);
}

// Of all sizes up to those that have pages of their own; each keeps what was written into it, and what is freed comes
// again.
static void blocks_lie_apart_and_are_used_again(void **state) {
  (void)state;
  static struct block blocks[BLOCKS];
  struct code_memory memory = {0};
  for (size_t i = 0; i < BLOCKS; i++) blocks[i] = take(&memory, i * i % BYTES_MAX);
  for (size_t i = 0; i < BLOCKS; i++) check(&blocks[i]);
  for (size_t i = 0; i < BLOCKS; i += 2) {
    code_memory_free(&memory, blocks[i].start, blocks[i].class);
    struct block again = take(&memory, blocks[i].bytes);
    if (again.class) assert_ptr_equal(again.start, blocks[i].start);
    blocks[i] = again;
  }
  for (size_t i = 0; i < BLOCKS; i++) {
    check(&blocks[i]);
    code_memory_free(&memory, blocks[i].start, blocks[i].class);
  }
  code_memory_fini(&memory);
}

static void blocks_are_named_in_four_bytes_where_the_system_has_such_memory(void **state) {
  (void)state;
  struct code_memory memory = {0};
  void *probe = os_memory_map_low(os_memory_page_size());
  if (!probe) skip();
  os_memory_unmap(probe, os_memory_page_size());
  struct block small = take(&memory, 1), large = take(&memory, 64 << 10), huge = take(&memory, (64 << 10) + 1);
  assert_int_equal(huge.class, 0);
  const struct block *const blocks[] = {&small, &large, &huge};
  for (size_t i = 0; i < COUNT_OF(blocks); i++)
    assert_true((uintptr_t)blocks[i]->start + blocks[i]->bytes <= INT32_MAX);
  code_memory_free(&memory, huge.start, huge.class);
  if (!small.class) code_memory_free(&memory, small.start, small.class);
  if (!large.class) code_memory_free(&memory, large.start, large.class);
  code_memory_fini(&memory);
}

static void a_request_may_be_made_to_fail(void **state) {
  (void)state;
  struct code_memory memory = {0};
  uint8_t class;
  mem_fail_at(1);
  assert_null(code_memory_alloc(&memory, 100, &class));
  mem_fail_at(0);
  struct block block = take(&memory, 100);
  code_memory_free(&memory, block.start, block.class);
  code_memory_fini(&memory);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(blocks_lie_apart_and_are_used_again),
      cmocka_unit_test(blocks_are_named_in_four_bytes_where_the_system_has_such_memory),
      cmocka_unit_test(a_request_may_be_made_to_fail),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
