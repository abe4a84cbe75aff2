// SPDX-License-Identifier: MIT
//
// emit_name.c: the names of compiled functions, for perf and gdb.
//
// perf reads /tmp/perf-PID.map when it reports: a line for each piece of code, "START SIZE NAME" with hexadecimal
// numbers. A line can't be taken back; where code was replaced, two lines have the same addresses, and perf may show
// either name. gdb is told through its own interface: emit_gdb.c.
//
// Names belong to the process: its VMs write into one file.
#define LOAM_EMIT_MODULE
#include "emit/emit_int.h"

#include "os/os_process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NAME_MAX_BYTES 400 // of a line's name: some languages make very long ones of types

static pthread_mutex_t names_lock = PTHREAD_MUTEX_INITIALIZER;
static int map_fd = -1;
static _Atomic bool tells_perf, tells_gdb;

enum loam_err emit_names_start(bool perf, bool gdb, struct error *err) {
  if (gdb) tells_gdb = true;
  if (!perf) return LOAM_OK;
  char path[64];
  snprintf(path, sizeof path, "/tmp/perf-%ld.map", (long)getpid());
  pthread_mutex_lock(&names_lock);
  // Not through a link that somebody else left in the common folder.
  if (map_fd < 0) map_fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0644);
  int failure = map_fd < 0 ? errno : 0;
  pthread_mutex_unlock(&names_lock);
  if (failure) return error_set(err, LOAM_ERR_FILE, "--names=perf: can't write %s: %s", path, strerror(failure));
  tells_perf = true;
  return LOAM_OK;
}

// A name is whatever the guest's program says: a newline in it must not begin a line.
static void make_printable(char *name) {
  for (; *name; name++)
    if ((unsigned char)*name < ' ' || *name == 0x7f) *name = '?';
}

void emit_name(const struct emit_memory *memory, const struct emit_block *block, const char *engine,
               const char *function, const char *file) {
  if ((!tells_perf && !tells_gdb) || !block->size || os_process_id() != memory->owner) return;
  ASSERT(emit_contains(memory, block->run), "emit.I1: %s is named at %p, outside of the memory", function,
         (const void *)block->run);
  char name[NAME_MAX_BYTES];
  snprintf(name, sizeof name, "loam:%s:%s%s%s", engine, function, file ? " " : "", file ? file : "");
  make_printable(name);
  if (tells_gdb) emit_gdb_register(block->run, block->size, name);
  if (!tells_perf) return;
  char line[NAME_MAX_BYTES + 40];
  int length =
      snprintf(line, sizeof line, "%llx %zx %s\n", (unsigned long long)(uintptr_t)block->run, block->size, name);
  ASSERT(length > 0 && (size_t)length < sizeof line, "a line of %d bytes for perf in room for %zu", length,
         sizeof line);
  // One write at the file's end, so that lines of several threads don't mix. What a full disk loses is only a name.
  ssize_t written = write(map_fd, line, (size_t)length);
  (void)written;
}
