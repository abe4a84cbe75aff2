// SPDX-License-Identifier: MIT
//
// check.c: the report of a failed check, and the ring of last events that it shows.
//
// The report goes straight to standard error and allocates nothing: memory may be what is broken.
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>

#define EVENT_COUNT 64 // enough to see the last collections and loads, small enough to print
#define REPORTER_MAX 4

struct event {
  const char *format;
  unsigned long long a, b;
};

static struct event events[EVENT_COUNT];
static _Atomic unsigned event_next;
static void (*reporters[REPORTER_MAX])(void);
static unsigned reporter_count;

void check_add_reporter(void (*print)(void)) {
  for (unsigned i = 0; i < reporter_count; i++)
    if (reporters[i] == print) return;
  ASSERT(reporter_count < REPORTER_MAX, "base.I5: a report of more than %d parts", REPORTER_MAX);
  reporters[reporter_count++] = print;
}

void check_note_event(const char *format, unsigned long long a, unsigned long long b) {
  // Relaxed: the ring is only read when the process is about to end.
  unsigned at = atomic_fetch_add_explicit(&event_next, 1, memory_order_relaxed) % EVENT_COUNT;
  events[at] = (struct event){format, a, b};
}

static void print_events(void) {
  unsigned next = atomic_load_explicit(&event_next, memory_order_relaxed);
  unsigned first = next > EVENT_COUNT ? next - EVENT_COUNT : 0;
  if (next) fprintf(stderr, "  last events:\n");
  for (unsigned i = first; i < next; i++) {
    const struct event *event = &events[i % EVENT_COUNT];
    fprintf(stderr, "    %u. ", i + 1);
#pragma clang diagnostic ignored "-Wformat-nonliteral"
    fprintf(stderr, event->format, event->a, event->b);
    fputc('\n', stderr);
  }
}

void check_failed(const char *file, int line, const char *function, const char *cond, const char *format, ...) {
  static _Atomic bool failing;
  if (atomic_exchange(&failing, true)) abort(); // a reporter failed in turn
  fprintf(stderr, "loam: check failed: ");
  va_list args;
  va_start(args, format);
  vfprintf(stderr, format, args);
  va_end(args);
  fprintf(stderr, "\n  expected: %s\n  in: %s, %s:%d\n", cond, function, file, line);
  for (unsigned i = 0; i < reporter_count; i++) reporters[i]();
  print_events();
  fflush(stderr);
  abort();
}
