// SPDX-License-Identifier: MIT
//
// box_output.c: the guest's standard output. Buffered in one block, so that a program that prints a million short
// lines makes a hundred system calls; by line when a person watches.
//
// Not stdio: a failed stdio stream may drop what it held and says nothing of it, and a full disk or a closed pipe must
// end the program with one message. The first failure is remembered and given to every later call.
#define LOAM_BOX_MODULE
#include "box/box.h"

#include "box/box_wait.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define BUFFER_BYTES ((size_t)32 << 10)
// A write to a pipe that poll called writable takes this much without blocking (PIPE_BUF), so that a guest with a
// time limit never hangs in it.
#define WAKEFUL_CHUNK_BYTES ((size_t)4096)

enum loam_err box_output_init(struct box_output *output, const struct box_wake *wake, struct error *err) {
  *output = (struct box_output){.wake = wake, .fd = STDOUT_FILENO, .by_line = isatty(STDOUT_FILENO)};
  output->buffer = mem_alloc(BUFFER_BYTES);
  if (!output->buffer) return error_set(err, LOAM_ERR_MEMORY, "no memory for the output buffer");
  pthread_mutex_init(&output->lock, NULL);
  return LOAM_OK;
}

void box_output_fini(struct box_output *output) {
  if (!output->buffer) return;
  mem_free(output->buffer);
  output->buffer = NULL;
  pthread_mutex_destroy(&output->lock);
}

// Writes to the descriptor. The lock is held.
static void write_descriptor(struct box_output *output, const char *bytes, size_t length) {
  ASSERT(output->error.kind == LOAM_OK, "box.I3: written after a failure: %s", output->error.text);
  bool wakeful = output->wake && output->wake->fd >= 0;
  while (length) {
    if (!box_wait(output->wake, output->fd, POLLOUT)) {
      error_set(&output->error, LOAM_ERR_LIMIT, "output: the program was ended while it waited for its reader");
      return;
    }
    ssize_t done = write(output->fd, bytes, wakeful && length > WAKEFUL_CHUNK_BYTES ? WAKEFUL_CHUNK_BYTES : length);
    if (done < 0 && (errno == EINTR || (errno == EAGAIN && box_wait_again(output->fd, POLLOUT)))) continue;
    if (done < 0) {
      error_set(&output->error, LOAM_ERR_FILE, "output: can't write to standard output: %s", strerror(errno));
      return;
    }
    ASSERT((size_t)done <= length, "box.I1: %zd bytes of %zu were written", done, length);
    bytes += done;
    length -= (size_t)done;
  }
}

static void send_bytes(struct box_output *output, const char *bytes, size_t length) {
  if (output->error.kind != LOAM_OK || !length) return;
  if (!output->write)
    write_descriptor(output, bytes, length);
  else if (!output->write(output->context, bytes, length))
    error_set(&output->error, LOAM_ERR_FILE, "output: the host program refused it");
}

static void send_buffer(struct box_output *output) {
  ASSERT(output->used <= BUFFER_BYTES, "box.I1: %zu bytes in a buffer of %zu", output->used, BUFFER_BYTES);
  send_bytes(output, output->buffer, output->used);
  output->used = 0;
}

// The first failure, copied. The lock is held.
static enum loam_err outcome(const struct box_output *output, struct error *err) {
  if (output->error.kind != LOAM_OK && err) *err = output->error;
  return output->error.kind;
}

// Appends to the buffer, where there is room. The lock is held.
static void buffer_bytes(struct box_output *output, const char *bytes, size_t length) {
  ASSERT(length <= BUFFER_BYTES - output->used, "box.I1: %zu bytes go into a buffer of %zu that holds %zu", length,
         BUFFER_BYTES, output->used);
  memcpy(output->buffer + output->used, bytes, length);
  output->used += length;
}

enum loam_err box_output_write(struct box_output *output, const char *bytes, size_t length, struct error *err) {
  pthread_mutex_lock(&output->lock);
  if (length > BUFFER_BYTES - output->used) send_buffer(output);
  if (length > BUFFER_BYTES) {
    send_bytes(output, bytes, length);
  } else if (length) {
    buffer_bytes(output, bytes, length);
    if (output->by_line && memchr(bytes, '\n', length)) send_buffer(output);
  }
  enum loam_err kind = outcome(output, err);
  pthread_mutex_unlock(&output->lock);
  return kind;
}

bool box_output_try_write(struct box_output *output, const char *bytes, size_t length) {
  if (pthread_mutex_trylock(&output->lock) != 0) return false;
  bool fits = length && length <= BUFFER_BYTES - output->used && !output->by_line && output->error.kind == LOAM_OK;
  if (fits) buffer_bytes(output, bytes, length);
  pthread_mutex_unlock(&output->lock);
  return fits;
}

enum loam_err box_output_flush(struct box_output *output, struct error *err) {
  pthread_mutex_lock(&output->lock);
  send_buffer(output);
  enum loam_err kind = outcome(output, err);
  pthread_mutex_unlock(&output->lock);
  return kind;
}

void box_output_redirect(struct box_output *output, box_write_fn *write_to, void *context) {
  pthread_mutex_lock(&output->lock);
  send_buffer(output);
  output->write = write_to;
  output->context = context;
  output->by_line = !write_to && isatty(output->fd);
  pthread_mutex_unlock(&output->lock);
}
