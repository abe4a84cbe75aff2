// SPDX-License-Identifier: MIT
//
// cli_test.c: the command as a user meets it: what it prints and the status it ends with. LOAM in the environment is
// the command to test; it must have the tutorial machine in it.
#include "loam/rt.h"

#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/loam-cli-XXXXXX";

static void write_file(const char *name, const char *text) {
  char path[100];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
}

static int make_files(void **state) {
  (void)state;
  if (!getenv("LOAM")) return fputs("LOAM must name the command to test\n", stderr), -1;
  if (!mkdtemp(folder) || chdir(folder) != 0) return -1;
  unsetenv("LOAM_OPTIONS");
  write_file("answer.toy", "func main 0\n  function print\n  push 42\n  call 1\n  return\n");
  write_file("answer", "# no extension\nfunc main 0\n  function print\n  push 43\n  call 1\n  return\n");
  write_file("throws.toy", "func main 0\n  push 5\n  throw\n");
  write_file("endless.toy", "func main 0\nagain:\n  jump again\n");
  write_file("bad.toy", "func main 0\n  frob\n");
  write_file("empty.toy", "");
  write_file("empty", "");
  write_file("unknown", "hello\n");
  return 0;
}

// Runs a shell line in which $LOAM is the command; gives its exit status and puts what it prints into `output`.
static int run(const char *line, struct text *output) {
  char *const argv[] = {"sh", "-c", (char *)line, NULL};
  int ends[2], status;
  pid_t child;
  posix_spawn_file_actions_t actions;
  assert_int_equal(pipe(ends), 0);
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, ends[0]);
  posix_spawn_file_actions_addclose(&actions, ends[1]);
  assert_int_equal(posix_spawn(&child, "/bin/sh", &actions, NULL, argv, environ), 0);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  char block[4096];
  for (ssize_t got; (got = read(ends[0], block, sizeof block)) > 0;) text_add(output, block, (size_t)got);
  close(ends[0]);
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status));
  return WEXITSTATUS(status);
}

static int remove_files(void **state) {
  (void)state;
  struct text output = {0};
  char command[100];
  snprintf(command, sizeof command, "rm -r %s", folder);
  int status = chdir("/") == 0 ? run(command, &output) : -1;
  text_fini(&output);
  return status;
}

struct expectation {
  const char *line;
  int status;
  const char *output; // a part of it
};

static void expect(const struct expectation *all, size_t count) {
  for (size_t i = 0; i < count; i++) {
    struct text output = {0};
    int status = run(all[i].line, &output);
    text_add_char(&output, 0);
    if (status != all[i].status || !strstr(output.bytes, all[i].output))
      fail_msg("%s\nexpected status %d and '%s', found status %d and:\n%s", all[i].line, all[i].status, all[i].output,
               status, output.bytes);
    text_fini(&output);
  }
}

static void programs_run_under_every_spelling(void **state) {
  (void)state;
  static const struct expectation all[] = {
      {"\"$LOAM\" run answer.toy", 0, "42\n"},
      {"\"$LOAM\" answer.toy", 0, "42\n"},
      {"\"$LOAM\" answer", 0, "43\n"},
      {"\"$LOAM\" --gc=semispace run --fuel=100 answer.toy --fuel=x and -more", 0, "42\n"},
      {"\"$LOAM\" - < answer.toy", 0, "42\n"},
      {"cat answer.toy | \"$LOAM\" run -", 0, "42\n"},
      {"\"$LOAM\" run -- answer.toy", 0, "42\n"},
      {"\"$LOAM\" --guest=toy run - < answer.toy", 0, "42\n"},
      {"\"$LOAM\" --guest=tyo run - < answer.toy 2>&1", 2, "loam: there is no guest 'tyo'; did you mean toy?\n"},
      {"\"$LOAM\" verify answer.toy", 0, "answer.toy: a good program for toy\n"},
      {"\"$LOAM\" dis answer.toy -o out && cat out", 0, "push 42"},
      {"\"$LOAM\" throws.toy 2>&1", 1, "uncaught exception: 5"},
  };
  expect(all, COUNT_OF(all));
}

static void limits_end_programs_with_status_3(void **state) {
  (void)state;
  static const struct expectation all[] = {
      {"\"$LOAM\" --fuel=1000 endless.toy 2>&1", 3, "loam: limit: fuel: the program used up its 1000 instructions"},
      {"\"$LOAM\" --time-max=50ms endless.toy 2>&1", 3, "loam: limit: time: the program ran longer than 0.05 seconds"},
      {"LOAM_OPTIONS='--fuel=1000' \"$LOAM\" endless.toy 2>&1", 3, "its 1000 instructions"},
      {"LOAM_OPTIONS='--fuel=1000' \"$LOAM\" --fuel=2000 endless.toy 2>&1", 3, "its 2000 instructions"},
  };
  expect(all, COUNT_OF(all));
}

static void bad_input_gets_one_clear_message(void **state) {
  (void)state;
  static const struct expectation all[] = {
      {"\"$LOAM\" missing.toy 2>&1", 2, "loam: missing.toy: can't be opened: No such file or directory\n"},
      {"\"$LOAM\" run . 2>&1", 2, "loam: .: expected a program, found a directory\n"},
      {"\"$LOAM\" empty 2>&1", 2, "loam: empty: expected a program in a known language"},
      {"\"$LOAM\" unknown 2>&1", 2, "found something else\n"},
      {"\"$LOAM\" empty.toy 2>&1", 2, "loam: empty.toy: expected a function main"},
      {"\"$LOAM\" bad.toy 2>&1", 2, "loam: bad.toy:2: "},
      {"\"$LOAM\" verify bad.toy 2>&1", 2, "loam: bad.toy:2: "},
      {"truncate -s 2G huge.toy && \"$LOAM\" huge.toy 2>&1", 2, "expected a program of at most 1 GiB, found more\n"},
      {"\"$LOAM\" - < . 2>&1", 2, "loam: standard input: expected a program, found a directory\n"},
  };
  expect(all, COUNT_OF(all));
}

static void failed_output_is_told_once_with_status_2(void **state) {
  (void)state;
  static const struct expectation all[] = {
      {"\"$LOAM\" answer.toy 2>&1 >/dev/full", 2, "loam: output: can't write to standard output: No space left"},
      {"\"$LOAM\" answer.toy 2>&1 >&-", 2, "loam: output: can't write to standard output: Bad file descriptor"},
      {"\"$LOAM\" --time-max=9 answer.toy 2>&1 >&-", 2, "standard output: Bad file descriptor"},
      {"\"$LOAM\" help 2>&1 >/dev/full", 2, "loam: standard output: can't be written: No space left"},
      {"\"$LOAM\" dis answer.toy -o /nowhere/x 2>&1", 2, "loam: /nowhere/x: can't be written: No such file"},
  };
  expect(all, COUNT_OF(all));
}

static void mistakes_in_the_command_line_are_explained(void **state) {
  (void)state;
  static const struct expectation all[] = {
      {"\"$LOAM\" --fule=3 answer.toy 2>&1", 2, "loam: there is no option --fule; did you mean --fuel?\n"},
      {"\"$LOAM\" -x answer.toy 2>&1", 2, "loam: expected an option such as --NAME=VALUE, found '-x'\n"},
      {"\"$LOAM\" rnu 2>&1", 2, "loam: there is no file and no command 'rnu'; did you mean run?\n"},
      {"\"$LOAM\" run 2>&1", 2, "loam: expected: loam run FILE [ARGS]\n"},
      {"\"$LOAM\" dis answer.toy more 2>&1", 2, "loam: expected: loam dis FILE [-o OUT]; found 'more' behind it\n"},
      {"\"$LOAM\" dis answer.toy -o 2>&1", 2, "loam: -o needs a file: -o FILE\n"},
      {"\"$LOAM\" --engine=fast answer.toy 2>&1", 2,
       "loam: --engine: expected one of interp, baseline, hot, auto for toy, found 'fast'\n"},
      {"\"$LOAM\" --gc=fast answer.toy 2>&1", 2, "no collector named fast"},
      {"LOAM_OPTIONS=--fuel=x \"$LOAM\" answer.toy 2>&1", 2, "loam: LOAM_OPTIONS: --fuel: expected a number"},
      {"\"$LOAM\" compile answer.toy 2>&1", 2, "loam: answer.toy: toy has no compiler\n"},
      {"\"$LOAM\" repl toy 2>&1", 2, "loam: toy has no prompt\n"},
      {"\"$LOAM\" help hlep 2>&1", 2, "loam: there is no command 'hlep'; did you mean help?\n"},
  };
  expect(all, COUNT_OF(all));
}

static void manual_comes_from_the_records(void **state) {
  (void)state;
  static const struct expectation all[] = {
      {"\"$LOAM\" explain toy.add", 0, "stack     l:value r:value -- sum:value\n"},
      {"\"$LOAM\" explain toy.add", 0, "guests/toy/ops/toy.ops:"},
      // Toy has no index; a loam without mitscript has nothing to show.
      {"if \"$LOAM\" explain mitscript >list 2>&1; then \"$LOAM\" explain mitscript.push_free; "
       "else echo '  imm       i:index'; fi",
       0, "  imm       i:index\n"},
      {"\"$LOAM\" explain toy", 0, "  set_first            "},
      {"\"$LOAM\" explain --list toy", 0, "\nset_first\n"},
      {"\"$LOAM\" explain toy.ad 2>&1", 2, "loam: toy has no op 'ad'; did you mean add?\n"},
      {"\"$LOAM\" explain tyo.add 2>&1", 2, "loam: there is no guest 'tyo'; did you mean toy?\n"},
      {"\"$LOAM\" help", 0, "--stress=WORDS"},
      {"\"$LOAM\" --help", 0, "Languages:\n"},
      {"\"$LOAM\" help run", 0, "loam run FILE [ARGS]: runs a program"},
      {"\"$LOAM\" --version", 0, "loam "},
  };
  expect(all, COUNT_OF(all));
}

static void machine_code_of_an_op_is_listed_for_each_engine(void **state) {
  (void)state;
  static const struct expectation all[] = {
      {"\"$LOAM\" explain toy.add --asm", 0, "stack     l:value r:value -- sum:value\n"},
      {"\"$LOAM\" explain --asm toy.add", 0, "\n  interp: fast twin, "},
      {"\"$LOAM\" explain --asm toy.add", 0, "\n  interp: slow twin, "},
      {"\"$LOAM\" explain --asm toy.add", 0, " <toy_add_slow_twin>\n"},
      {"\"$LOAM\" explain --asm toy.push", 0, "\n  interp: handler, "},
      {"\"$LOAM\" explain --asm toy.add", 0, "\n  baseline: stencil, "},
      {"\"$LOAM\" explain --asm toy.add", 0, " # this instruction's slow exit\n"},
      {"\"$LOAM\" explain --asm toy.push", 0, " # immediate n\n"},
      {"\"$LOAM\" explain --asm toy.add", 0, "\n  hot: "},
      {"\"$LOAM\" explain --asm toy 2>&1", 2, "loam: --asm needs an op: loam explain toy.OP --asm\n"},
      // LLVM's library is broken, or what it needs, be it loam's own or the distribution's.
      {"mkdir broken && cp \"$LOAM\" broken/loam && echo no | tee broken/libstdc++.so.6 >broken/libloam-llvm.so && "
       "LD_LIBRARY_PATH=broken broken/loam explain --asm toy.add 2>&1",
       2, "loam: LLVM 19 can't be opened: looked for libLLVM"},
  };
  expect(all, COUNT_OF(all));
}

static void numbers_dumps_and_traces_go_to_standard_error(void **state) {
  (void)state;
  static const struct expectation all[] = {
      {"\"$LOAM\" --stats answer.toy 2>&1 >/dev/null", 0, "collections       "},
      {"\"$LOAM\" --stats=ops answer.toy 2>&1 >/dev/null", 0, "loam-op: push 1\n"},
      {"\"$LOAM\" --stats=ops answer.toy 2>&1 >/dev/null", 0, "loam-op: pair 0\n"},
      // Ops that only loading makes are counted; toy has none, a loam without mitscript has nothing to show.
      {"if \"$LOAM\" explain mitscript >list 2>&1; then echo 'print({a: 1;});' >record.mit; "
       "\"$LOAM\" --stats=ops record.mit 2>&1 >/dev/null; else echo 'loam-op: make_record 1'; fi",
       0, "loam-op: make_record 1\n"},
      {"\"$LOAM\" --dump=bytecode answer.toy 2>&1 >/dev/null", 0, "push n=42"},
      {"\"$LOAM\" --dump=frames throws.toy 2>&1", 1, "  main (throws.toy:3), pc "},
      {"\"$LOAM\" --engine=hot --dump=maps answer.toy 2>&1 >/dev/null", 0, "called: main, pc 0, line "},
      {"\"$LOAM\" --engine=hot --trace=tiers answer.toy 2>&1 >/dev/null", 0, "hot main: installed "},
      {"\"$LOAM\" --trace=ops answer.toy 2>&1 >/dev/null", 0, " push  top function print\n"},
      {"\"$LOAM\" --trace=calls answer.toy 2>&1 >/dev/null", 0, "loam-trace: [0] main:4 calls\n"},
      {"\"$LOAM\" --trace=frames --engine=hot answer.toy 2>&1 >/dev/null", 0,
       "loam-frames: [0] calls | print 42 | main#2:4; function print\n"},
      {"\"$LOAM\" --trace=frames throws.toy 2>&1", 1, "loam-frames: [0] throws | main#"},
  };
  expect(all, COUNT_OF(all));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(programs_run_under_every_spelling),
      cmocka_unit_test(limits_end_programs_with_status_3),
      cmocka_unit_test(bad_input_gets_one_clear_message),
      cmocka_unit_test(failed_output_is_told_once_with_status_2),
      cmocka_unit_test(mistakes_in_the_command_line_are_explained),
      cmocka_unit_test(manual_comes_from_the_records),
      cmocka_unit_test(machine_code_of_an_op_is_listed_for_each_engine),
      cmocka_unit_test(numbers_dumps_and_traces_go_to_standard_error),
  };
  return cmocka_run_group_tests(tests, make_files, remove_files);
}
