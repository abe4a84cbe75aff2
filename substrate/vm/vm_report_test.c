// SPDX-License-Identifier: MIT
//
// vm_report_test.c: what a failed CHECK prints when a guest is running: enough to find the place and run it again.
#include "diag/diag.h"
#include "loam/loam.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const char program[] = "func main 0\n"
                              "  push 1\n  pop\n  function broken\n  call 0\n  return\n";

static void fail_check(struct loam_host_call *call, void *user_data) {
  (void)call;
  CHECK(user_data == NULL, "%s is not empty", "user data");
}

// Runs in a child: the check aborts.
static void run_broken_program(void) {
  static char *command[] = {"loam", "--fuel=9", "a file.toy", NULL};
  static const char *const options[] = {"--gc=semispace", NULL};
  struct rlimit no_core = {0, 0};
  struct loam_vm *vm;
  setrlimit(RLIMIT_CORE, &no_core);
  setenv("LOAM_OPTIONS", "--stress=gc:3", 1);
  diag_report_set_command(3, command);
  if (loam_open(loam_guest_find("toy"), options, &vm) == LOAM_OK &&
      loam_define(vm, "broken", 0, fail_check, vm) == LOAM_OK &&
      loam_load_text(vm, "program", program, sizeof program - 1) == LOAM_OK)
    loam_run(vm, 0, NULL, NULL);
  _exit(0);
}

static void failed_check_tells_guest_method_code_and_command(void **state) {
  (void)state;
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDERR_FILENO);
    signal(SIGABRT, SIG_DFL);
    run_broken_program();
  }
  close(ends[1]);
  char report[8192];
  size_t length = 0;
  for (ssize_t got; (got = read(ends[0], report + length, sizeof report - 1 - length)) > 0;) length += (size_t)got;
  report[length] = 0;
  close(ends[0]);
  int status = 0;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
  static const char *const parts[] = {"check failed: user data is not empty",
                                      "expected: user_data == NULL",
                                      "guest: toy, engine auto, collector semispace, mutator 0",
                                      "method: broken (",
                                      "->     0  native",
                                      "last events:",
                                      "options: LOAM_OPTIONS='--stress=gc:3'",
                                      "run again: LOAM_OPTIONS='--stress=gc:3' loam --fuel=9 'a file.toy'"};
  for (size_t i = 0; i < COUNT_OF(parts); i++)
    if (!strstr(report, parts[i])) fail_msg("expected '%s' in the report, found:\n%s", parts[i], report);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(failed_check_tells_guest_method_code_and_command)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
