// SPDX-License-Identifier: MIT
//
// zam_sys.c: the process: arguments, environment, exit, time, other commands, constants of the system.
#include "zam_prim.h"
#include "zam_run.h"
#include "zam_thread.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RANDOM_BYTES 12

// C strings, one at least, as a block.
static enum loam_status make_strings(struct mutator *th, char *const *strings, size_t words, struct value *out) {
  ASSERT(words, "zam.I5: no strings, as a block");
  struct value block = ZAM_UNIT, string;
  ROOTS(th, &block);
  struct ref object = zam_alloc(th, 0, words);
  if (!object.addr) return THROWN;
  block = value_from_ref(object);
  for (size_t i = 0; i < words; i++) zam_fields(block)[i] = ZAM_UNIT;
  for (size_t i = 0; i < words; i++) {
    if (zam_make_string(th, strings[i], strlen(strings[i]), &string) != DONE) return THROWN;
    heap_store(th, value_to_ref(block), i, string);
  }
  *out = block;
  return DONE;
}

static enum loam_status sys_argv(struct mutator *th, struct value *args, struct value *result) {
  struct zam_state *state = zam_state(th);
  (void)args;
  ASSERT(state->argc >= 0 && (!state->argc || state->argv), "%d arguments are at %p", state->argc, (void *)state->argv);
  char *alone[] = {(char *)state->program}; // a host program gave no arguments, not even the program's name
  char *const *argv = state->argc ? state->argv : alone;
  size_t argc = state->argc ? (size_t)state->argc : 1;
  if (zam_is_int(state->argument_vector) && make_strings(th, argv, argc, &state->argument_vector) != DONE)
    return THROWN;
  *result = state->argument_vector;
  return DONE;
}

static enum loam_status sys_modify_argv(struct mutator *th, struct value *args, struct value *result) {
  zam_state(th)->argument_vector = args[0];
  return zam_return_unit(result);
}

// The program's name and the arguments.
static enum loam_status sys_get_argv(struct mutator *th, struct value *args, struct value *result) {
  struct value vector, name;
  if (sys_argv(th, args, &vector) != DONE) return THROWN;
  ROOTS(th, &vector);
  if (zam_make_string(th, zam_state(th)->program, strlen(zam_state(th)->program), &name) != DONE) return THROWN;
  return zam_make_block2(th, 0, vector, name, result);
}

static enum loam_status sys_executable_name(struct mutator *th, struct value *args, struct value *result) {
  const char *name = zam_state(th)->program;
  (void)args;
  return zam_make_string(th, name, strlen(name), result);
}

static enum loam_status sys_exit(struct mutator *th, struct value *args, struct value *result) {
  *result = ZAM_UNIT;
  return zam_exit(th, (int)zam_arg_int(args, 0));
}

static enum loam_status sys_getenv(struct mutator *th, struct value *args, struct value *result) {
  const char *name = zam_string_bytes(args[0]);
  const char *found = strlen(name) == zam_string_length(args[0]) ? getenv(name) : NULL;
  return found ? zam_make_string(th, found, strlen(found), result) : zam_raise(th, ZAM_NOT_FOUND);
}

// Runs a command and waits for it; meanwhile what the terminal interrupts is the command. Returns errno's number, or 0.
static int run_shell(const char *command, int *status) {
  char *const words[] = {"sh", "-c", (char *)command, NULL};
  struct sigaction ignore = {.sa_handler = SIG_IGN}, interrupt, quit;
  posix_spawnattr_t attributes;
  sigset_t defaults;
  pid_t child, done = 0;
  sigaction(SIGINT, &ignore, &interrupt);
  sigaction(SIGQUIT, &ignore, &quit);
  sigemptyset(&defaults);
  if (interrupt.sa_handler != SIG_IGN) sigaddset(&defaults, SIGINT);
  if (quit.sa_handler != SIG_IGN) sigaddset(&defaults, SIGQUIT);
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  int number = posix_spawn(&child, "/bin/sh", NULL, &attributes, words, environ);
  while (!number && (done = waitpid(child, status, 0)) < 0 && errno == EINTR) continue;
  if (done < 0) number = errno;
  ASSERT(number || done == child, "process %d was waited for, and %d ended", child, done);
  posix_spawnattr_destroy(&attributes);
  sigaction(SIGINT, &interrupt, NULL);
  sigaction(SIGQUIT, &quit, NULL);
  return number;
}

static enum loam_status sys_command(struct mutator *th, struct value *args, struct value *result) {
  char *command = mem_copy_text(zam_string_bytes(args[0]), zam_string_length(args[0])); // the string may move
  if (!command) return zam_raise(th, ZAM_OUT_OF_MEMORY);
  int status = 0, number = ENOENT;
  if (strlen(command) == zam_string_length(args[0])) {
    zam_blocking_enter(th);
    number = run_shell(command, &status);
    zam_blocking_leave(th);
  }
  enum loam_status outcome = number ? zam_raise_sys(th, command, number) : DONE;
  mem_free(command);
  if (outcome != DONE) return THROWN;
  return zam_return_int(result, WIFEXITED(status) ? WEXITSTATUS(status) : 255);
}

static double seconds(struct timeval t) { return (double)t.tv_sec + (double)t.tv_usec / 1e6; }

static double time_used(int who) {
  struct rusage usage;
  getrusage(who, &usage);
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

static enum loam_status sys_time(struct mutator *th, struct value *args, struct value *result) {
  (void)args;
  return zam_make_float(th, time_used(RUSAGE_SELF), result);
}
static enum loam_status sys_time_children(struct mutator *th, struct value *args, struct value *result) {
  double children = zam_to_bool(args[0]) ? time_used(RUSAGE_CHILDREN) : 0;
  return zam_make_float(th, time_used(RUSAGE_SELF) + children, result);
}

// Numbers to start a generator with: of the system, or, where it has none, of clock and process.
static enum loam_status sys_random_seed(struct mutator *th, struct value *args, struct value *result) {
  uint8_t bytes[RANDOM_BYTES];
  ssize_t got = -1;
  (void)args;
  int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
  if (fd >= 0) {
    got = read(fd, bytes, sizeof bytes);
    close(fd);
  }
  if (got <= 0) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t seed = (uint64_t)now.tv_nsec ^ (uint64_t)now.tv_sec << 20 ^ (uint64_t)getpid() << 40;
    memcpy(bytes, &seed, got = sizeof seed);
  }
  ASSERT(got > 0 && got <= RANDOM_BYTES, "zam.I5: %zd random bytes of %d", got, RANDOM_BYTES);
  struct ref object = zam_alloc(th, 0, (size_t)got);
  if (!object.addr) return THROWN;
  for (ssize_t i = 0; i < got; i++) object_fields(object)[i] = zam_from_int(bytes[i]);
  *result = value_from_ref(object);
  return DONE;
}

static enum loam_status sys_get_config(struct mutator *th, struct value *args, struct value *result) {
  struct value name;
  (void)args;
  if (zam_make_string(th, "Unix", 4, &name) != DONE) return THROWN;
  return zam_make_block3(th, 0, ZAM_FALSE, zam_from_int(64), name, result); // name, word size, big-endian?
}

// ---- constants -----------------------------------------------------------------------------------------------------

static enum loam_status const_true(struct mutator *th, struct value *args, struct value *result) {
  (void)th, (void)args;
  return zam_return_bool(result, true);
}
static enum loam_status const_false(struct mutator *th, struct value *args, struct value *result) {
  (void)th, (void)args;
  return zam_return_bool(result, false);
}
static enum loam_status const_unit(struct mutator *th, struct value *args, struct value *result) {
  (void)th, (void)args;
  return zam_return_unit(result);
}
static enum loam_status word_size(struct mutator *th, struct value *args, struct value *result) {
  (void)th, (void)args;
  return zam_return_int(result, 64);
}
static enum loam_status int_size(struct mutator *th, struct value *args, struct value *result) {
  (void)th, (void)args;
  return zam_return_int(result, 63);
}
static enum loam_status max_wosize(struct mutator *th, struct value *args, struct value *result) {
  (void)th, (void)args;
  return zam_return_int(result, (int64_t)ZAM_SIZE_MAX);
}
static enum loam_status backend_type(struct mutator *th, struct value *args, struct value *result) {
  (void)th, (void)args;
  return zam_return_int(result, 1); // Bytecode
}
static enum loam_status runtime_variant(struct mutator *th, struct value *args, struct value *result) {
  (void)args;
  return zam_make_string(th, "", 0, result);
}
static enum loam_status runtime_parameters(struct mutator *th, struct value *args, struct value *result) {
  static const char text[] = "";
  (void)args;
  return zam_make_string(th, text, sizeof text - 1, result);
}

const struct zam_prim zam_sys_prims[] = {
    {"caml_sys_argv", sys_argv, 0, 0},
    {"caml_sys_modify_argv", sys_modify_argv, 0, 0},
    {"caml_sys_get_argv", sys_get_argv, 0, 0},
    {"caml_sys_executable_name", sys_executable_name, 0, 0},
    {"caml_sys_exit", sys_exit, 0, 0},
    {"caml_sys_getenv", sys_getenv, 0, 0},
    {"caml_sys_unsafe_getenv", sys_getenv, 0, 0},
    {"caml_sys_system_command", sys_command, 0, 0},
    {"caml_sys_time", sys_time, 0, 0},
    {"caml_sys_time_include_children", sys_time_children, 0, 0},
    {"caml_sys_random_seed", sys_random_seed, 0, 0},
    {"caml_sys_get_config", sys_get_config, 0, 0},
    {"caml_sys_const_big_endian", const_false, 0, 0},
    {"caml_sys_const_word_size", word_size, 0, 0},
    {"caml_sys_const_int_size", int_size, 0, 0},
    {"caml_sys_const_max_wosize", max_wosize, 0, 0},
    {"caml_sys_const_ostype_unix", const_true, 0, 0},
    {"caml_sys_const_ostype_win32", const_false, 0, 0},
    {"caml_sys_const_ostype_cygwin", const_false, 0, 0},
    {"caml_sys_const_naked_pointers_checked", const_false, 0, 0},
    {"caml_sys_const_backend_type", backend_type, 0, 0},
    {"caml_runtime_variant", runtime_variant, 0, 0},
    {"caml_runtime_parameters", runtime_parameters, 0, 0},
    {"caml_ml_enable_runtime_warnings", const_unit, 0, 0},
    {"caml_ml_runtime_warnings_enabled", const_false, 0, 0},
    {"caml_reset_afl_instrumentation", const_unit, 0, 0},
    {"caml_eventlog_pause", const_unit, 0, 0},
    {"caml_eventlog_resume", const_unit, 0, 0},
    {"caml_ensure_stack_capacity", const_unit, 0, 0}, // every call looks whether its frame fits
    {NULL, NULL, 0, 0},
};
