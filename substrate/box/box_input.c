// SPDX-License-Identifier: MIT
//
// box_input.c: the guest's standard input, by lines. A line may hold any bytes and be of any length; what memory can't
// hold ends the input, and the text says so (`failed`).
#define LOAM_BOX_MODULE
#include "box/box.h"

#include "box/box_wait.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define BUFFER_BYTES ((size_t)16 << 10)

enum loam_err box_input_init(struct box_input *input, const struct box_wake *wake, struct error *err) {
  (void)err;
  *input = (struct box_input){.wake = wake, .fd = STDIN_FILENO};
  pthread_mutex_init(&input->lock, NULL);
  return LOAM_OK;
}

void box_input_fini(struct box_input *input) {
  mem_free(input->buffer);
  input->buffer = NULL;
  pthread_mutex_destroy(&input->lock);
}

void box_input_redirect(struct box_input *input, box_read_fn *read_from, void *context) {
  pthread_mutex_lock(&input->lock);
  input->read = read_from;
  input->context = context;
  pthread_mutex_unlock(&input->lock);
}

bool box_input_is_terminal(const struct box_input *input) { return !input->read && isatty(input->fd); }

// Fills the empty buffer; false at the end. The buffer is made by the first read: most programs never read.
static bool fill(struct box_input *input, struct text *line) {
  if (!input->buffer) input->buffer = mem_alloc(BUFFER_BYTES);
  if (!input->buffer) line->failed = true;
  if (input->ended || !input->buffer) return false;
  ASSERT(input->next == input->used, "box.I2: filled with %zu of %zu bytes unread", input->used - input->next,
         input->used);
  ssize_t got;
  do {
    if (!box_wait(input->wake, input->fd, POLLIN)) return false;
    got = read(input->fd, input->buffer, BUFFER_BYTES);
  } while (got < 0 && (errno == EINTR || (errno == EAGAIN && box_wait_again(input->fd, POLLIN))));
  input->next = 0;
  input->used = got > 0 ? (size_t)got : 0;
  // A terminal can be read again after its end-of-file key; a file can't.
  if (got <= 0) input->ended = !isatty(input->fd);
  return got > 0;
}

// Moves bytes up to a newline into `line`; true when the newline came.
static bool take_rest_of_line(struct box_input *input, struct text *line) {
  ASSERT(input->next < input->used, "box.I2: a line goes on at byte %zu of %zu that were read", input->next,
         input->used);
  const char *start = input->buffer + input->next;
  size_t left = input->used - input->next;
  const char *newline = memchr(start, '\n', left);
  size_t length = newline ? (size_t)(newline - start) : left;
  text_add(line, start, length);
  input->next += length + (newline != NULL);
  ASSERT(input->next <= input->used, "box.I2: read up to %zu of %zu buffered bytes", input->next, input->used);
  return newline != NULL;
}

static bool read_line(struct box_input *input, struct text *line) {
  if (input->read) return input->read(input->context, line);
  for (bool any = false;; any = true) {
    if (input->next == input->used && !fill(input, line)) return any;
    if (take_rest_of_line(input, line)) return true;
  }
}

bool box_input_read_line(struct box_input *input, struct text *line) {
  pthread_mutex_lock(&input->lock);
  bool found = read_line(input, line);
  pthread_mutex_unlock(&input->lock);
  return found && !line->failed;
}
