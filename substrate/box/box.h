// SPDX-License-Identifier: MIT
//
// box.h: what a guest may do to the host: its standard output, its standard input, and the clock that ends it.
//
// The box knows neither mutators nor exceptions. It says that an output failed or that the time is over; the vm layer
// makes the end of the program of it. Files, network and processes of guests will pass here too.
#ifndef LOAM_BOX_BOX_H
#define LOAM_BOX_BOX_H

#include "loam/rt.h"

#include <pthread.h>

// A host's own place for the guest's output: returns false when it can't take the bytes.
typedef bool box_write_fn(void *context, const char *bytes, size_t length);
// A host's own source of lines: appends one, without its newline; false at the end.
typedef bool box_read_fn(void *context, struct text *line);

// ---- wake: what ends a wait for the host --------------------------------------------------------------------------

// A VM that may be killed from outside has one, so that a guest that waits for its input ends too. fd is -1 when there
// is none.
struct box_wake {
  int fd;
};
enum loam_err box_wake_init(struct box_wake *wake, struct error *err);
void box_wake_fini(struct box_wake *wake);
// Ends all waits, now and later. Any thread may call it.
void box_wake_all(struct box_wake *wake);

// ---- output -------------------------------------------------------------------------------------------------------

struct box_output {
  pthread_mutex_t lock; // guards all below
  const struct box_wake *wake;
  int fd;
  box_write_fn *write; // instead of the fd
  void *context;
  char *buffer;
  size_t used;
  bool by_line;       // a person watches: what is written shows at the end of its line
  struct error error; // the first failure; after it nothing is written
};

// Output to standard output. `wake` is borrowed, and may be NULL.
enum loam_err box_output_init(struct box_output *output, const struct box_wake *wake, struct error *err);
// Drops what was not flushed.
void box_output_fini(struct box_output *output);
// Sends what comes later to `write` (NULL: standard output again). What is buffered goes where it was meant to go.
void box_output_redirect(struct box_output *output, box_write_fn *write, void *context);

// The first two return LOAM_ERR_FILE with the reason once the output has failed, and LOAM_ERR_LIMIT when the wait for a
// reader was ended. Any thread may call them.
enum loam_err box_output_write(struct box_output *output, const char *bytes, size_t length, struct error *err);
enum loam_err box_output_flush(struct box_output *output, struct error *err);
// Buffers `bytes` when that takes no waiting, for a reader or for another thread; else does nothing and returns false.
bool box_output_try_write(struct box_output *output, const char *bytes, size_t length);

// ---- input --------------------------------------------------------------------------------------------------------

struct box_input {
  pthread_mutex_t lock;
  const struct box_wake *wake;
  int fd;
  box_read_fn *read; // instead of the fd
  void *context;
  char *buffer;
  size_t used, next; // [next, used) is not read yet
  bool ended;
};

// Input from standard input. `wake` is borrowed, and may be NULL.
enum loam_err box_input_init(struct box_input *input, const struct box_wake *wake, struct error *err);
void box_input_fini(struct box_input *input);
void box_input_redirect(struct box_input *input, box_read_fn *read, void *context);
// Appends a line without its newline; false at the end, when reading failed, or when the wait was ended. A last line
// without a newline counts when it has a byte.
bool box_input_read_line(struct box_input *input, struct text *line);
// Is the input a terminal? Then a prompt must be visible before the guest waits.
bool box_input_is_terminal(const struct box_input *input);

// ---- timer --------------------------------------------------------------------------------------------------------

// One wish for a call after some time, on a thread of its own that exists only as long as the wish.
struct box_timer {
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  uint64_t deadline_ns; // of the monotonic clock
  bool running, stop;
  void (*expired)(void *context);
  void *context;
};

// Calls expired(context) once after `ms`, unless box_timer_stop comes first.
enum loam_err box_timer_start(struct box_timer *timer, uint64_t ms, void (*expired)(void *context), void *context,
                              struct error *err);
// Returns when `expired` has run or never will. Does nothing to a timer that was not started (zeroed).
void box_timer_stop(struct box_timer *timer);

#endif
