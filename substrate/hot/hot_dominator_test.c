// SPDX-License-Identifier: MIT
//
// hot_dominator_test.c: dominators of small functions. Without LLVM's library the tests are skipped.
#define LOAM_HOT_MODULE
#include "hot/hot_dominator.h"

#include "hot/hot_marker_test.h"

static const char before[] = "define void @f(ptr %pc, ptr %sp, ptr %fp, ptr %th, i64 %tos, ptr %dispatch) {\n"
                             "entry:\n  %c = icmp eq i64 %tos, 7\n";

// The body's blocks are named by one letter. `pairs`: "xy" says that x dominates y; no other pair does, but that each
// block dominates itself and the entry, e, all that can be reached.
static void expect(const char *body, const char *letters, const char *pairs) {
  struct marker_unit unit;
  struct hot_dominators d;
  uint32_t numbers[26];
  fill_unit(&unit, before, body);
  assert_true(hot_dominators_init(&d, l, &unit.plan.memory, unit.entry.function));
  assert_int_equal(d.count, strlen(letters));
  LLVMBasicBlockRef block = l->LLVMGetFirstBasicBlock(unit.entry.function);
  for (const char *letter = letters; *letter; letter++, block = l->LLVMGetNextBasicBlock(block)) {
    numbers[*letter - 'a'] = hot_dominators_number(&d, block);
    assert_ptr_equal(d.blocks[numbers[*letter - 'a']].block, block);
  }
  if (block) assert_int_equal(hot_dominators_number(&d, block), HOT_DOMINATOR_NONE);
  for (const char *a = letters; *a; a++)
    for (const char *b = letters; *b; b++) {
      bool is = *a == *b || *a == 'e' || strstr(pairs, (char[]){*a, *b, 0});
      if (hot_dominates(&d, numbers[*a - 'a'], numbers[*b - 'a']) != is)
        fail_msg("expected that block %c dominates %c: %d, found that it is not so", *a, *b, is);
    }
  empty_build(&unit.build, true);
  l->LLVMDisposeMessage(text);
}

static void a_join_is_dominated_by_the_branch(void **state) {
  (void)state;
  expect("  br i1 %c, label %a, label %b\na:\n  br label %j\nb:\n  br label %j\nj:\n  ret void\n", "eabj", "");
}

static void a_loop_is_dominated_by_its_head(void **state) {
  (void)state;
  expect("  br label %h\nh:\n  br i1 %c, label %a, label %o\na:\n  br i1 %c, label %h, label %b\nb:\n  br label %h\n"
         "o:\n  ret void\n",
         "ehabo", "ha hb ho ab");
}

static void a_loop_of_two_heads_is_dominated_by_none(void **state) {
  (void)state;
  expect("  br i1 %c, label %a, label %b\na:\n  br label %b\nb:\n  br i1 %c, label %a, label %o\no:\n  ret void\n",
         "eabo", "bo");
}

static void what_nothing_leads_to_has_no_number(void **state) {
  (void)state;
  expect("  br label %a\na:\n  ret void\nu:\n  br label %a\n", "ea", "");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_join_is_dominated_by_the_branch),
      cmocka_unit_test(a_loop_is_dominated_by_its_head),
      cmocka_unit_test(a_loop_of_two_heads_is_dominated_by_none),
      cmocka_unit_test(what_nothing_leads_to_has_no_number),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
