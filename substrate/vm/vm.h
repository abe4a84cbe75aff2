// SPDX-License-Identifier: MIT
//
// vm.h: one VM, for the command line and the embedding API. Guests see the part in rt.h, host programs loam.h.
#ifndef LOAM_VM_VM_H
#define LOAM_VM_VM_H

#include "base/config.h"
#include "loam/guest.h"
#include "loam/loam.h"
#include "loam/rt.h"

#include <sys/types.h>
#include <time.h>

// Exit statuses of a program that ended in a way that is not its guest's own.
enum vm_status { VM_STATUS_INPUT = 2, VM_STATUS_LIMIT = 3 };

// Makes a VM for one guest; its main mutator belongs to the calling thread and is in the guest. `config` is copied with
// its texts. On failure *out is NULL and `err` is set.
enum loam_err vm_open(const struct loam_guest *guest, const struct vm_config *config, struct vm **out,
                      struct error *err);
// Ends what the guest's threads do and frees everything. Call it on the thread that runs the main mutator. NULL is
// allowed.
void vm_close(struct vm *vm);

// Loads a source with the guest's loader and shows its code when --dump=bytecode asks.
enum loam_err vm_load(struct vm *vm, const struct loam_source *source, struct method **main, struct error *err);

// Loads it and checks also what the loader leaves for later.
enum loam_err vm_verify(struct vm *vm, const struct loam_source *source, struct error *err);

// Starts and ends the wall-time limit, if there is one: it counts while the host lets the guest run.
enum loam_err vm_clock_start(struct vm *vm, struct error *err);
void vm_clock_stop(struct vm *vm);

// Who gives vm_prompt_input its inputs: NULL at the end.
typedef const char *vm_prompt_fn(void *context);
void vm_set_prompt(struct vm *vm, vm_prompt_fn *next, void *context);

// A file in memory; `path` may be "-" for standard input. vm_file_fini frees it. A large executable is mapped: it may
// change under who reads it late, see vm_file_changed, and be cut short, see vm_file_guard.
struct vm_file {
  struct loam_source source; // its name is `path`, borrowed
  char *bytes;               // in C memory, or NULL
  size_t mapped;             // bytes of a mapping, or 0; then also:
  int watch_fd;
  dev_t device;
  ino_t inode;
  struct timespec written; // when, before it was mapped
};
enum loam_err vm_file_read(const char *path, struct vm_file *file, struct error *err);
void vm_file_fini(struct vm_file *file);
// Gives back the pages of a mapping; they come again when they are read.
void vm_file_release(const struct vm_file *file);
// Whether a mapped file was written to since. One system call.
bool vm_file_changed(const struct vm_file *file);
// For a process that has this one program: ends it with a message when a page of the mapping is gone from the file.
void vm_file_guard(const struct vm_file *file);

// Runs a file, which outlives the VM, from load to flushed output in the engine of the config, and ends the threads it
// left. The exit status is the guest's own, unless `err` is set: the program was refused, a limit ended it, or its
// output failed. Prints nothing itself. The statistics are printed when asked for.
int vm_run_file(struct vm *vm, const struct vm_file *file, int argc, char **argv, struct error *err);
// The exit status for a run that ended with this error.
int vm_status_of(enum loam_err kind);

// For a process that is about to end. True: something is still compiled in the background, vm_close would have waited
// for it, and may not be called any more.
bool vm_compile_abandon(struct vm *vm);

// A guest's translators: source to bytecode, bytecode to listing, listing to bytecode.
enum vm_translation { VM_COMPILE, VM_ASSEMBLE, VM_DISASSEMBLE };
enum loam_err vm_translate(struct vm *vm, enum vm_translation translation, const struct loam_source *source,
                           struct text *out, struct error *err);

// The config of a command line: the defaults, then LOAM_OPTIONS, then `options` (NULL-terminated; NULL for none), each
// of which may be one of the guest's. Texts live in `arena` and in `options`.
enum loam_err vm_config_read(struct vm_config *config, struct arena *arena, const struct loam_guest *guest,
                             const char *const *options, struct error *err);
// Opens a VM, runs the source, prints messages and statistics on standard error, closes it. Gives the exit status.
int vm_command_run(const struct loam_guest *guest, const struct vm_config *config, const struct vm_file *file, int argc,
                   char **argv);
// Prints a command's failure, "loam: SENTENCE" or "loam: limit: SENTENCE", and gives its exit status.
int vm_command_fail(const struct error *err);

// Writes a file, or standard output when `path` is NULL or "-".
enum loam_err vm_file_write(const char *path, const struct text *text, struct error *err);

#endif
