// SPDX-License-Identifier: MIT
//
// box_test.c: a guest's output arrives whole and in order, its failure is told once and for ever, its input comes by
// lines, and the timer rings once or not at all.
#include "box/box.h"

#include "os/os_clock.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

// ---- output -------------------------------------------------------------------------------------------------------

static bool collect(void *context, const char *bytes, size_t length) {
  text_add(context, bytes, length);
  return true;
}

static bool refuse(void *context, const char *bytes, size_t length) {
  (void)bytes, (void)length;
  ++*(int *)context;
  return false;
}

static void output_arrives_whole_and_in_order(void **state) {
  (void)state;
  struct box_output output;
  struct text got = {0}, meant = {0};
  assert_int_equal(box_output_init(&output, NULL, NULL), LOAM_OK);
  box_output_redirect(&output, collect, &got);
  char chunk[70000];
  for (unsigned i = 0; i < 9; i++) {
    static const size_t lengths[] = {1, 0, 100, 32768, 5, 70000, 32767, 2, 32769};
    memset(chunk, 'a' + (int)i, lengths[i]);
    text_add(&meant, chunk, lengths[i]);
    assert_int_equal(box_output_write(&output, chunk, lengths[i], NULL), LOAM_OK);
  }
  assert_int_equal(box_output_flush(&output, NULL), LOAM_OK);
  assert_int_equal(got.length, meant.length);
  assert_memory_equal(got.bytes, meant.bytes, got.length);
  box_output_fini(&output);
  text_fini(&got);
  text_fini(&meant);
}

static void failed_output_is_told_every_time_and_tried_once(void **state) {
  (void)state;
  struct box_output output;
  struct error err = {0};
  int calls = 0;
  assert_int_equal(box_output_init(&output, NULL, NULL), LOAM_OK);
  box_output_redirect(&output, refuse, &calls);
  assert_int_equal(box_output_write(&output, "x", 1, &err), LOAM_OK);
  assert_int_equal(box_output_flush(&output, &err), LOAM_ERR_FILE);
  assert_string_equal(err.text, "output: the host program refused it");
  assert_int_equal(box_output_write(&output, "y", 1, &err), LOAM_ERR_FILE);
  assert_int_equal(box_output_flush(&output, NULL), LOAM_ERR_FILE);
  assert_int_equal(calls, 1);
  box_output_fini(&output);
}

static void closed_pipe_is_an_error_of_the_write(void **state) {
  (void)state;
  signal(SIGPIPE, SIG_IGN);
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  struct box_output output;
  struct error err = {0};
  assert_int_equal(box_output_init(&output, NULL, NULL), LOAM_OK);
  output.fd = ends[1];
  close(ends[0]);
  assert_int_equal(box_output_write(&output, "x", 1, NULL), LOAM_OK);
  assert_int_equal(box_output_flush(&output, &err), LOAM_ERR_FILE);
  assert_string_equal(err.text, "output: can't write to standard output: Broken pipe");
  close(ends[1]);
  box_output_fini(&output);
}

static void wake_ends_a_wait_for_the_reader(void **state) {
  (void)state;
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  struct box_wake wake;
  struct box_output output;
  assert_int_equal(box_wake_init(&wake, NULL), LOAM_OK);
  assert_int_equal(box_output_init(&output, &wake, NULL), LOAM_OK);
  output.fd = ends[1];
  fcntl(ends[1], F_SETFL, O_NONBLOCK);
  char block[4096] = {0};
  while (write(ends[1], block, sizeof block) > 0) {
  } // now it is full
  box_wake_all(&wake);
  assert_int_equal(box_output_write(&output, "x", 1, NULL), LOAM_OK);
  assert_int_equal(box_output_flush(&output, NULL), LOAM_ERR_LIMIT);
  close(ends[0]);
  close(ends[1]);
  box_output_fini(&output);
  box_wake_fini(&wake);
}

static void output_after_the_wake_reaches_a_reader_who_takes_it(void **state) {
  (void)state;
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  struct box_wake wake;
  struct box_output output;
  assert_int_equal(box_wake_init(&wake, NULL), LOAM_OK);
  assert_int_equal(box_output_init(&output, &wake, NULL), LOAM_OK);
  output.fd = ends[1];
  assert_int_equal(box_output_write(&output, "printed before the end", 22, NULL), LOAM_OK);
  box_wake_all(&wake);
  assert_int_equal(box_output_flush(&output, NULL), LOAM_OK);
  char got[32];
  assert_int_equal(read(ends[0], got, sizeof got), 22);
  close(ends[0]);
  close(ends[1]);
  box_output_fini(&output);
  box_wake_fini(&wake);
}

// ---- input --------------------------------------------------------------------------------------------------------

static void expect_line(struct box_input *input, const char *expected) {
  struct text line = {0};
  assert_true(box_input_read_line(input, &line));
  assert_int_equal(line.length, strlen(expected));
  assert_string_equal(line.length ? line.bytes : "", expected);
  text_fini(&line);
}

static void lines_come_without_newlines_and_the_last_may_lack_one(void **state) {
  (void)state;
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  static const char bytes[] = "one\n\nthree\nlast";
  assert_int_equal(write(ends[1], bytes, sizeof bytes - 1), sizeof bytes - 1);
  close(ends[1]);
  struct box_input input;
  assert_int_equal(box_input_init(&input, NULL, NULL), LOAM_OK);
  input.fd = ends[0];
  expect_line(&input, "one");
  expect_line(&input, "");
  expect_line(&input, "three");
  expect_line(&input, "last");
  struct text line = {0};
  assert_false(box_input_read_line(&input, &line));
  assert_false(box_input_read_line(&input, &line));
  assert_int_equal(line.length, 0);
  close(ends[0]);
  box_input_fini(&input);
}

static void line_may_be_longer_than_the_buffer(void **state) {
  (void)state;
  FILE *file = tmpfile();
  assert_non_null(file);
  int fd = fileno(file);
  char block[1000];
  memset(block, 'x', sizeof block);
  for (int i = 0; i < 100; i++) assert_int_equal(write(fd, block, sizeof block), sizeof block);
  assert_int_equal(write(fd, "\nend\n", 5), 5);
  lseek(fd, 0, SEEK_SET);
  struct box_input input;
  struct text line = {0};
  assert_int_equal(box_input_init(&input, NULL, NULL), LOAM_OK);
  input.fd = fd;
  assert_true(box_input_read_line(&input, &line));
  assert_int_equal(line.length, 100000);
  expect_line(&input, "end");
  text_fini(&line);
  fclose(file);
  box_input_fini(&input);
}

static void wake_ends_a_wait_for_input(void **state) {
  (void)state;
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  struct box_wake wake;
  struct box_input input;
  struct text line = {0};
  assert_int_equal(box_wake_init(&wake, NULL), LOAM_OK);
  assert_int_equal(box_input_init(&input, &wake, NULL), LOAM_OK);
  input.fd = ends[0];
  box_wake_all(&wake);
  assert_false(box_input_read_line(&input, &line));
  close(ends[0]);
  close(ends[1]);
  box_input_fini(&input);
  box_wake_fini(&wake);
}

// ---- timer --------------------------------------------------------------------------------------------------------

static void ring(void *context) { atomic_fetch_add((_Atomic int *)context, 1); }

static void timer_rings_once_after_its_time(void **state) {
  (void)state;
  struct box_timer timer;
  _Atomic int rung = 0;
  uint64_t start = os_clock_ns();
  assert_int_equal(box_timer_start(&timer, 20, ring, &rung, NULL), LOAM_OK);
  while (!rung && os_clock_ns() - start < UINT64_C(10000000000)) usleep(1000);
  assert_true(os_clock_ns() - start >= 20000000);
  box_timer_stop(&timer);
  assert_int_equal(rung, 1);
}

static void stopped_timer_never_rings(void **state) {
  (void)state;
  struct box_timer timer;
  _Atomic int rung = 0;
  assert_int_equal(box_timer_start(&timer, 60000, ring, &rung, NULL), LOAM_OK);
  box_timer_stop(&timer);
  box_timer_stop(&timer);
  assert_int_equal(rung, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(output_arrives_whole_and_in_order),
      cmocka_unit_test(failed_output_is_told_every_time_and_tried_once),
      cmocka_unit_test(closed_pipe_is_an_error_of_the_write),
      cmocka_unit_test(wake_ends_a_wait_for_the_reader),
      cmocka_unit_test(output_after_the_wake_reaches_a_reader_who_takes_it),
      cmocka_unit_test(lines_come_without_newlines_and_the_last_may_lack_one),
      cmocka_unit_test(line_may_be_longer_than_the_buffer),
      cmocka_unit_test(wake_ends_a_wait_for_input),
      cmocka_unit_test(timer_rings_once_after_its_time),
      cmocka_unit_test(stopped_timer_never_rings),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
