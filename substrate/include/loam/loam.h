// SPDX-License-Identifier: MIT
//
// loam.h: what a host program calls: a virtual machine inside it, with limits.
//
//     struct loam_vm *vm;
//     const char *options[] = {"--heap-max=16M", "--fuel=1000000", NULL};
//     if (loam_open(loam_guest_find("NAME"), options, &vm) == LOAM_OK && loam_load_file(vm, "rules.src") == LOAM_OK)
//       loam_run(vm, 0, NULL, NULL);
//     if (loam_error_kind(vm) != LOAM_OK) fprintf(stderr, "%s\n%s", loam_error_text(vm), loam_backtrace(vm));
//     loam_close(vm);
//
// Errors: functions that can fail return `enum loam_err` and record the sentence in the VM, where loam_error_text finds
// it until the next call that can fail. Functions that return a pointer return NULL then. Nothing is printed.
//
// Threads: a process may have any number of VMs. One VM is used by one host thread at a time (loam_stop excepted).
//
// A value of the guest is held by a `struct loam_value`: it stays valid, wherever the collector moves the object behind
// it, until loam_value_release or loam_close. Everything else that is returned belongs to the VM unless it says so.
#ifndef LOAM_LOAM_H
#define LOAM_LOAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Kinds of failure.
enum loam_err {
  LOAM_OK = 0,
  LOAM_ERR_MEMORY, // malloc or mmap said no
  LOAM_ERR_FILE,   // a file can't be opened, read or written
  LOAM_ERR_INPUT,  // a program is malformed; the detail says what was expected, what was found and where
  LOAM_ERR_LIMIT,  // a limit of the box was reached: heap, stack, fuel, time
  LOAM_ERR_USAGE,  // the caller's options or arguments make no sense
  LOAM_ERR_GUEST,  // the guest program ended with an uncaught exception
};

struct loam_guest; // a language: see loam/guest.h
struct loam_vm;
struct loam_value;
struct loam_host_call;

// The library's version, "MAJOR.MINOR.PATCH".
const char *loam_version(void);

// ---- guests -------------------------------------------------------------------------------------------------------

// A guest that is built in, by its name; NULL when there is none.
const struct loam_guest *loam_guest_find(const char *name);
// The built-in guests one after the other; NULL behind the last.
const struct loam_guest *loam_guest_at(size_t index);
const char *loam_guest_name(const struct loam_guest *guest);

// ---- a VM ---------------------------------------------------------------------------------------------------------

// Opens a VM. `options` are those of the command line ("--heap-max=16M", "--stack-max=1M", "--fuel=100000",
// "--time-max=0.5"; `loam help` lists them), ended by NULL; NULL for none. They are copied. *vm is set even when
// opening failed, so that loam_error_text can say why (NULL only when there is no memory at all); close it in any case.
// LOAM_OPTIONS in the environment is not read.
enum loam_err loam_open(const struct loam_guest *guest, const char *const *options, struct loam_vm **vm);
// Ends the guest's threads, flushes its output, frees everything. NULL is allowed.
void loam_close(struct loam_vm *vm);

// What the last function that can fail came to: its kind; its sentence ("" for LOAM_OK); and, for LOAM_ERR_GUEST and
// LOAM_ERR_LIMIT, where the guest was: lines "  at FUNCTION (FILE:LINE:COLUMN)", innermost first.
enum loam_err loam_error_kind(const struct loam_vm *vm);
const char *loam_error_text(const struct loam_vm *vm);
const char *loam_backtrace(const struct loam_vm *vm);

// Where the guest's standard output goes: `write` returns false to end the program. NULL: standard output of the
// process. `write` may be called by any thread of the guest, one at a time, and must not call this API.
typedef bool loam_write_fn(void *context, const char *bytes, size_t length);
void loam_set_output(struct loam_vm *vm, loam_write_fn *write, void *context);
// Where its standard input comes from: `read` sets the next line, without its newline; false at the end. The bytes are
// copied at once. NULL: standard input of the process.
typedef bool loam_read_fn(void *context, const char **line, size_t *length);
void loam_set_input(struct loam_vm *vm, loam_read_fn *read, void *context);
// The output is buffered: hands on what is there.
enum loam_err loam_flush(struct loam_vm *vm);

// ---- programs -----------------------------------------------------------------------------------------------------

// Loads and verifies a program in any form of the guest's: from a file ("-" is standard input), or from memory, where
// `name` is for messages and the bytes are copied. A VM runs the program it loaded last.
enum loam_err loam_load_file(struct loam_vm *vm, const char *path);
enum loam_err loam_load_text(struct loam_vm *vm, const char *name, const char *bytes, size_t length);

// Runs the loaded program, with the arguments if the language has a way to see them. LOAM_OK: it ended by itself;
// *status (NULL: not wanted) is the exit status it would have given. An uncaught exception is reported by the guest in
// its own way, on its output, and makes LOAM_ERR_GUEST with the backtrace. A limit makes LOAM_ERR_LIMIT, and the VM
// runs nothing more. Functions the program defined can be called afterwards.
enum loam_err loam_run(struct loam_vm *vm, int argc, char **argv, int *status);

// Ends the running program at its next safepoint with LOAM_ERR_LIMIT. Any thread may call it, at any time before
// loam_close.
void loam_stop(struct loam_vm *vm);

// ---- values -------------------------------------------------------------------------------------------------------

// New values. NULL: memory is out, a limit was reached, or the guest has no such values. The caller releases them.
struct loam_value *loam_value_none(struct loam_vm *vm);
struct loam_value *loam_value_bool(struct loam_vm *vm, bool truth);
struct loam_value *loam_value_int(struct loam_vm *vm, int64_t number);
struct loam_value *loam_value_text(struct loam_vm *vm, const char *bytes, size_t length);
struct loam_value *loam_value_copy(struct loam_vm *vm, const struct loam_value *value);
// NULL is allowed.
void loam_value_release(struct loam_vm *vm, struct loam_value *value);

// What a value is: false when it is not of that kind, or NULL; nothing is recorded then. Text is valid until the next
// call with this VM, and ends with a NUL byte that `length` does not count.
bool loam_value_is_none(struct loam_vm *vm, const struct loam_value *value);
bool loam_value_to_bool(struct loam_vm *vm, const struct loam_value *value, bool *truth);
bool loam_value_to_int(struct loam_vm *vm, const struct loam_value *value, int64_t *number);
bool loam_value_to_text(struct loam_vm *vm, const struct loam_value *value, const char **bytes, size_t *length);
// Any value as the guest would show it to a programmer. Valid until the next call with this VM.
const char *loam_value_describe(struct loam_vm *vm, const struct loam_value *value);

// ---- calling the guest --------------------------------------------------------------------------------------------

// A function or variable of the program by its name; NULL when there is none. The caller releases it.
struct loam_value *loam_lookup(struct loam_vm *vm, const char *name);

// Calls a value of the guest. *result (NULL: not wanted) is the caller's to release. Fails as loam_run does; the text
// of LOAM_ERR_GUEST describes the exception. May be called inside a host function.
enum loam_err loam_call(struct loam_vm *vm, const struct loam_value *function, struct loam_value *const *arguments,
                        size_t count, struct loam_value **result);
// The same with a name.
enum loam_err loam_call_name(struct loam_vm *vm, const char *name, struct loam_value *const *arguments, size_t count,
                             struct loam_value **result);

// ---- functions of the host ----------------------------------------------------------------------------------------

// A C function that the guest can call. It gives its result with loam_host_return (none otherwise). It runs on the
// guest's thread that calls it; while it runs, it may use the VM. A guest with threads may run several at once: then
// the host keeps them apart with a lock of its own.
typedef void loam_host_fn(struct loam_host_call *call, void *user_data);

// Makes `fn` known to the guest under a name, with a fixed number of arguments. `user_data` stays the caller's.
enum loam_err loam_define(struct loam_vm *vm, const char *name, unsigned argument_count, loam_host_fn *fn,
                          void *user_data);

struct loam_vm *loam_host_vm(struct loam_host_call *call);
unsigned loam_host_argument_count(const struct loam_host_call *call);
// An argument; it belongs to the call and is valid until the host function returns. NULL when there is none such.
const struct loam_value *loam_host_argument(struct loam_host_call *call, unsigned index);
// Sets the result and releases the value. NULL (a value that could not be made) ends the program with that error.
void loam_host_return(struct loam_host_call *call, struct loam_value *value);
// Throws an exception of the guest's with this text when the host function returns.
void loam_host_throw(struct loam_host_call *call, const char *text);
// Ends the program with LOAM_ERR_LIMIT and this text when the host function returns; the guest can't catch it.
void loam_host_stop(struct loam_host_call *call, const char *text);

// ---- memory -------------------------------------------------------------------------------------------------------

struct loam_stats {
  uint64_t collections, collections_full; // all, and those that looked at old objects
  uint64_t bytes_allocated;               // by the guest since the VM was opened
  uint64_t bytes_used, bytes_used_max;    // held now, and at most
  uint64_t pause_ns_total, pause_ns_max;  // how long collections stopped the guest
  uint64_t bytes_promoted;                // copied out of the nursery, when the plan has one
};
void loam_stats_read(const struct loam_vm *vm, struct loam_stats *stats);
// Collects now, old objects too.
void loam_collect(struct loam_vm *vm);

// ---- whole command lines ------------------------------------------------------------------------------------------

// For programs that are a language's own command: these do what `loam run` and its sisters do. They read LOAM_OPTIONS,
// then `options` (NULL-terminated, may be NULL); print messages and statistics on standard error; and return an exit
// status: the program's own, 2 for input or usage errors, 3 when a limit was reached.
int loam_run_file(const struct loam_guest *guest, const char *path, const char *const *options, int argc, char **argv);
// Translates a source to the guest's bytecode; `out_path` NULL or "-" is standard output.
int loam_compile_file(const struct loam_guest *guest, const char *path, const char *out_path,
                      const char *const *options);
// Loads and verifies without running; prints nothing when the program is good.
int loam_verify_file(const struct loam_guest *guest, const char *path, const char *const *options);

#ifdef __cplusplus
}
#endif

#endif
