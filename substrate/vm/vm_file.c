// SPDX-License-Identifier: MIT
//
// vm_file.c: program files in memory, and files written. Everything that can be wrong with a path gets one sentence
// that begins with the path.
#include "vm/vm.h"

#include "os/os_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FILE_BYTES_MAX ((size_t)1 << 30) // no program is so long; it keeps 32-bit positions in loaders safe
#define READ_BYTES ((size_t)64 << 10)
#define MAP_BYTES_MIN ((size_t)256 << 10) // below, reading costs little, and the file may be written to meanwhile
#define WATCH_FD_MIN 512                  // out of the way: programs see the numbers of theirs

static enum loam_err refuse_huge(const char *path, struct error *err) {
  return error_set(err, LOAM_ERR_FILE, "%s: expected a program of at most 1 GiB, found more", path);
}

// Reads to the end, whatever kind of file it is: a size from stat is a hint, pipes have none.
static enum loam_err read_all(int fd, const char *path, size_t hint, struct text *text, struct error *err) {
  size_t room = hint + 2 > READ_BYTES ? hint + 2 : READ_BYTES; // the NUL, and a byte to see the end by
  for (;;) {
    if (text->capacity - text->length < 2) {
      size_t capacity = text->capacity ? text->capacity * 2 : room;
      char *bytes = mem_resize(text->bytes, capacity);
      if (!bytes) return error_set(err, LOAM_ERR_MEMORY, "%s: no memory for a file of this length", path);
      if (!text->bytes) os_memory_populate(bytes, hint);
      text->bytes = bytes;
      text->capacity = capacity;
    }
    ssize_t got = read(fd, text->bytes + text->length, text->capacity - text->length - 1);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return error_set(err, LOAM_ERR_FILE, "%s: can't be read: %s", path, strerror(errno));
    if (got == 0) break;
    text->length += (size_t)got;
    if (text->length > FILE_BYTES_MAX) return refuse_huge(path, err);
  }
  ASSERT(text->length < text->capacity, "%zu bytes of a file in room for %zu: none for the NUL", text->length,
         text->capacity);
  text->bytes[text->length] = 0;
  return LOAM_OK;
}

static enum loam_err read_descriptor(int fd, const char *path, struct text *text, struct error *err) {
  struct stat about;
  if (fstat(fd, &about) != 0) return error_set(err, LOAM_ERR_FILE, "%s: can't be read: %s", path, strerror(errno));
  if (S_ISDIR(about.st_mode)) return error_set(err, LOAM_ERR_FILE, "%s: expected a program, found a directory", path);
  if (S_ISREG(about.st_mode) && (uint64_t)about.st_size > FILE_BYTES_MAX) return refuse_huge(path, err);
  return read_all(fd, path, S_ISREG(about.st_mode) ? (size_t)about.st_size : 0, text, err);
}

// A text has no NUL byte; an executable ends with numbers. What reads a text goes through all of it and takes it not to
// change meanwhile, which holds for a copy.
static bool is_text(int fd, size_t length) {
  char end[16];
  ssize_t got = pread(fd, end, sizeof end, (off_t)(length - sizeof end));
  return got != (ssize_t)sizeof end || !memchr(end, 0, sizeof end);
}

// A large executable is mapped: loaders skip most of it, debug information above all. What is behind its end in the
// last page is 0, which gives the NUL byte that follows the bytes; a file that fills its last page is read. (Who writes
// to the file may put something else there at any time: no assert.)
static bool map(int fd, struct vm_file *file) {
  struct stat about;
  if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) return false;
  size_t length = (size_t)about.st_size;
  if (length < MAP_BYTES_MIN || length > FILE_BYTES_MAX || length % os_memory_page_size() == 0) return false;
  if (is_text(fd, length)) return false;
  int watch_fd = fcntl(fd, F_DUPFD_CLOEXEC, WATCH_FD_MIN);
  void *start = watch_fd < 0 ? MAP_FAILED : mmap(NULL, length, PROT_READ, MAP_PRIVATE, fd, 0);
  if (start == MAP_FAILED) {
    if (watch_fd >= 0) close(watch_fd);
    return false;
  }
  file->source.bytes = start;
  file->source.length = file->mapped = length;
  file->watch_fd = watch_fd;
  file->written = about.st_mtim;
  file->device = about.st_dev;
  file->inode = about.st_ino;
  return true;
}

static enum loam_err read_file(const char *path, bool may_map, struct vm_file *file, struct error *err) {
  *file = (struct vm_file){0};
  bool is_input = strcmp(path, "-") == 0;
  const char *name = is_input ? "standard input" : path;
  int fd = is_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return error_set(err, LOAM_ERR_FILE, "%s: can't be opened: %s", path, strerror(errno));
  struct text text = {0};
  file->source.name = name;
  bool mapped = may_map && !is_input && map(fd, file);
  enum loam_err kind = mapped ? LOAM_OK : read_descriptor(fd, name, &text, err);
  if (!is_input) close(fd);
  if (mapped) return LOAM_OK;
  if (kind != LOAM_OK) {
    text_fini(&text);
    return kind;
  }
  file->bytes = text.bytes;
  file->source = (struct loam_source){name, text.bytes, text.length, false};
  return LOAM_OK;
}

enum loam_err vm_file_read(const char *path, struct vm_file *file, struct error *err) {
  return read_file(path, true, file, err);
}

// Programs may close, and open again, descriptors that they didn't open. This is asked often, and the system's own call
// takes two thirds of the C library's time, which goes by way of an empty path.
static bool is_watched(const struct vm_file *file, struct stat *about) {
  return file->mapped && syscall(SYS_fstat, file->watch_fd, about) == 0 && about->st_dev == file->device &&
         about->st_ino == file->inode;
}

bool vm_file_changed(const struct vm_file *file) {
  struct stat about;
  if (!is_watched(file, &about)) return false;
  return about.st_mtim.tv_sec != file->written.tv_sec || about.st_mtim.tv_nsec != file->written.tv_nsec ||
         (size_t)about.st_size != file->mapped;
}

void vm_file_fini(struct vm_file *file) {
  ASSERT(!file->mapped || (!file->bytes && file->source.length == file->mapped), "%s is mapped, %zu bytes, and read",
         file->source.name, file->mapped);
  struct stat about;
  if (file->mapped) os_memory_unmap((void *)file->source.bytes, file->mapped);
  if (is_watched(file, &about)) close(file->watch_fd);
  mem_free(file->bytes);
  *file = (struct vm_file){0};
}

void vm_file_release(const struct vm_file *file) {
  if (file->mapped) os_memory_release((void *)file->source.bytes, file->mapped);
}

// ---- a file that is cut short --------------------------------------------------------------------------------------

static struct loam_source guarded;

static void note_gone(int signal, siginfo_t *info, void *context) {
  (void)context;
  size_t at = (uintptr_t)info->si_addr - (uintptr_t)guarded.bytes;
  if (at >= guarded.length) {
    (void)sigaction(signal, &(struct sigaction){.sa_handler = SIG_DFL}, NULL); // it comes again
    return;
  }
  const char what[] = ": expected the program that was loaded, found its file cut short\n";
  (void)!write(STDERR_FILENO, guarded.name, strlen(guarded.name));
  (void)!write(STDERR_FILENO, what, sizeof what - 1);
  _exit(VM_STATUS_INPUT);
}

void vm_file_guard(const struct vm_file *file) {
  if (!file->mapped) return;
  guarded = file->source;
  (void)sigaction(SIGBUS, &(struct sigaction){.sa_sigaction = note_gone, .sa_flags = SA_SIGINFO | SA_ONSTACK}, NULL);
}

// ---- writing -------------------------------------------------------------------------------------------------------

static bool write_all(int fd, const char *bytes, size_t length) {
  while (length) {
    ssize_t done = write(fd, bytes, length);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return false;
    bytes += done;
    length -= (size_t)done;
  }
  return true;
}

enum loam_err vm_file_write(const char *path, const struct text *text, struct error *err) {
  bool is_output = !path || strcmp(path, "-") == 0;
  const char *name = is_output ? "standard output" : path;
  int fd = is_output ? STDOUT_FILENO : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) return error_set(err, LOAM_ERR_FILE, "%s: can't be written: %s", name, strerror(errno));
  bool written = write_all(fd, text->bytes, text->length);
  int reason = errno;
  if (!is_output && close(fd) != 0 && written) written = false, reason = errno;
  if (written) return LOAM_OK;
  return error_set(err, LOAM_ERR_FILE, "%s: can't be written: %s", name, strerror(reason));
}

enum loam_err guest_tool_read(const char *path, struct loam_source *source, struct error *err) {
  struct vm_file file;
  enum loam_err kind = read_file(path, false, &file, err);
  if (kind == LOAM_OK) *source = file.source;
  return kind;
}
