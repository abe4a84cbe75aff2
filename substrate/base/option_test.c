// SPDX-License-Identifier: MIT
//
// option_test.c: what a user writes becomes what the table says, and every mistake gets a sentence that helps.
#include "base/option.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct vm_config config;
static struct error err;
static const struct guest_option guest_options[] = {{"level", "N", "how much"}, {"quiet", NULL, "says less"}, {0}};

static enum loam_err parse(const char *word) {
  err = (struct error){0};
  return option_parse(&config, word, guest_options, &err);
}

static int presets(void **state) {
  (void)state;
  option_config_init(&config);
  return 0;
}

static void defaults_come_from_the_table(void **state) {
  (void)state;
  assert_string_equal(config.engine, "auto");
  assert_string_equal(config.gc_plan, "genimmix");
  assert_int_equal(config.stack_max, (size_t)64 << 20);
  assert_int_equal(config.thread_max, 256);
  assert_int_equal(config.fuel, 0);
  assert_int_equal(config.stats, 0);
}

static void sizes_take_units(void **state) {
  (void)state;
  assert_int_equal(parse("--heap-max=16M"), LOAM_OK);
  assert_int_equal(config.heap_max, 16 << 20);
  assert_int_equal(parse("--nursery=65536"), LOAM_OK);
  assert_int_equal(config.nursery_size, 65536);
  assert_int_equal(parse("stack-max=2g"), LOAM_OK);
  assert_int_equal(config.stack_max, UINT64_C(2) << 30);
}

static void times_take_fractions_and_milliseconds(void **state) {
  (void)state;
  static const struct {
    const char *word;
    uint64_t ms;
  } cases[] = {{"--time-max=2", 2000},
               {"--time-max=0.5", 500},
               {"--time-max=1.25s", 1250},
               {"--time-max=250ms", 250},
               {"--time-max=0.0001", 1}};
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    assert_int_equal(parse(cases[i].word), LOAM_OK);
    assert_int_equal(config.time_max_ms, cases[i].ms);
  }
}

static void lists_add_words_and_none_takes_them_back(void **state) {
  (void)state;
  assert_int_equal(parse("--stress=gc:7,move"), LOAM_OK);
  assert_int_equal(parse("--stress=poison,preempt:3"), LOAM_OK);
  assert_int_equal(config.stress_gc_every, 7);
  assert_true(config.stress_move && config.stress_poison);
  assert_int_equal(config.stress_preempt_every, 3);
  assert_int_equal(parse("--stress=none,oom:5"), LOAM_OK);
  assert_int_equal(config.stress_gc_every, 0);
  assert_false(config.stress_move || config.stress_poison);
  assert_int_equal(config.stress_oom_at, 5);
}

static void stats_alone_means_the_table(void **state) {
  (void)state;
  assert_int_equal(parse("--stats"), LOAM_OK);
  assert_int_equal(config.stats, STATS_TABLE);
  assert_int_equal(parse("--stats=ops"), LOAM_OK);
  assert_int_equal(config.stats, STATS_TABLE | STATS_OPS);
}

static void guest_options_are_kept_as_they_stand(void **state) {
  (void)state;
  assert_int_equal(parse("--level=3"), LOAM_OK);
  assert_int_equal(parse("--quiet"), LOAM_OK);
  assert_int_equal(config.guest_option_count, 2);
  assert_string_equal(option_value_of(config.guest_options[0], "level"), "3");
  assert_string_equal(option_value_of(config.guest_options[1], "quiet"), "");
  assert_null(option_value_of(config.guest_options[0], "lev"));
  for (int i = 2; i < CONFIG_GUEST_OPTIONS_MAX; i++) assert_int_equal(parse("--quiet"), LOAM_OK);
  assert_int_equal(parse("--quiet"), LOAM_ERR_USAGE);
}

static void mistakes_say_what_was_expected_and_found(void **state) {
  (void)state;
  static const struct {
    const char *word, *sentence;
  } cases[] = {
      {"--fule=3", "there is no option --fule; did you mean --fuel?"},
      {"--levle=3", "there is no option --levle; did you mean --level?"},
      {"--frobnicate", "there is no option --frobnicate (loam help lists them)"},
      {"--fuel", "--fuel needs a value: --fuel=N"},
      {"--fuel=", "--fuel needs a value: --fuel=N"},
      {"--level", "--level needs a value: --level=N"},
      {"--fuel=12x", "--fuel: expected a number, found '12x'"},
      {"--fuel=-1", "--fuel: expected a number, found '-1'"},
      {"--fuel=99999999999999999999", "--fuel: expected a number, found '99999999999999999999'"},
      {"--heap-max=12Q", "--heap-max: expected a size such as 512K, 64M or 2G, found '12Q'"},
      {"--heap-max=1", "--heap-max: expected 256K to 1T, found 1"},
      {"--heap-max=16777216T", "--heap-max: expected a size such as 512K, 64M or 2G, found '16777216T'"},
      {"--time-max=0", "--time-max: expected 1ms to 31536000, found 0"},
      {"--time-max=.5", "--time-max: expected seconds such as 2, 0.5 or 250ms, found '.5'"},
      {"--trace=op", "--trace: expected some of ops, calls, gc, tiers, frames; found 'op'"},
      {"--trace=ops,", "--trace: expected some of ops, calls, gc, tiers, frames; found ''"},
      {"--stress=gc", "--stress: expected some of gc:N, move, poison, preempt:N, deopt:N, tier:N, oom:N; found 'gc'"},
      {"--stress=gc:0", "--stress: expected gc:N with N from 1, found 'gc:0'"},
      {"--stress=move:1",
       "--stress: expected some of gc:N, move, poison, preempt:N, deopt:N, tier:N, oom:N; found 'move:1'"},
  };
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    assert_int_equal(parse(cases[i].word), LOAM_ERR_USAGE);
    assert_string_equal(err.text, cases[i].sentence);
  }
}

static void texts_of_many_options_are_split_at_space(void **state) {
  (void)state;
  struct arena arena = {0};
  err = (struct error){0};
  assert_int_equal(option_parse_text(&config, &arena, "  --fuel=7\t--engine=other\n", NULL, &err), LOAM_OK);
  assert_int_equal(config.fuel, 7);
  assert_string_equal(config.engine, "other");
  assert_int_equal(option_parse_text(&config, &arena, "--fuel=8 --level=2", NULL, &err), LOAM_ERR_USAGE);
  assert_int_equal(config.fuel, 8);
  arena_fini(&arena);
}

static void what_is_set_prints_as_the_command_line_that_sets_it(void **state) {
  (void)state;
  static const char *const words[] = {"--heap-max=1536K", "--time-max=250ms", "--stress=gc:2,poison", "--level=3"};
  for (size_t i = 0; i < COUNT_OF(words); i++) assert_int_equal(parse(words[i]), LOAM_OK);
  struct text text = {0};
  option_print_set(&config, &text);
  assert_string_equal(text.bytes, " --heap-max=1536K --time-max=250ms --stress=gc:2,poison --level=3");
  text_fini(&text);
}

static void help_has_a_line_for_every_option_and_word(void **state) {
  (void)state;
  struct text text = {0};
  option_print_help(&text);
  assert_false(text.failed);
  for (size_t i = 0; i < option_count; i++) {
    assert_non_null(strstr(text.bytes, option_table[i].name));
    for (size_t w = 0; w < option_table[i].word_count; w++)
      assert_non_null(strstr(text.bytes, option_table[i].words[w].help));
  }
  text_fini(&text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(defaults_come_from_the_table, presets),
      cmocka_unit_test_setup(sizes_take_units, presets),
      cmocka_unit_test_setup(times_take_fractions_and_milliseconds, presets),
      cmocka_unit_test_setup(lists_add_words_and_none_takes_them_back, presets),
      cmocka_unit_test_setup(stats_alone_means_the_table, presets),
      cmocka_unit_test_setup(guest_options_are_kept_as_they_stand, presets),
      cmocka_unit_test_setup(mistakes_say_what_was_expected_and_found, presets),
      cmocka_unit_test_setup(texts_of_many_options_are_split_at_space, presets),
      cmocka_unit_test_setup(what_is_set_prints_as_the_command_line_that_sets_it, presets),
      cmocka_unit_test_setup(help_has_a_line_for_every_option_and_word, presets),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
