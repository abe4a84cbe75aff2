// SPDX-License-Identifier: MIT
//
// box_wait.h: waiting for a descriptor of the host, for the files of this module.
#ifndef LOAM_BOX_WAIT_H
#define LOAM_BOX_WAIT_H
#ifndef LOAM_BOX_MODULE
#error "box_wait.h is for the files of substrate/box; others include box/box.h"
// After a read or write that would have blocked, on a descriptor that somebody made non-blocking: waits for it alone,
// so that the retry does not spin. Returns true, for loop conditions.
static inline bool box_wait_again(int fd, short events) {
  struct pollfd one = {.fd = fd, .events = events};
  poll(&one, 1, -1);
  return true;
}

#endif

#include "box/box.h"

#include <poll.h>

// Waits until `fd` is ready for `events` (POLLIN, POLLOUT). False when the wake came first; without a wake it returns
// at once, and the read or write itself waits. After the wake, output still goes to a reader who takes it, so that what
// the program printed before its end is not lost; input doesn't, since it may go on for ever.
static inline bool box_wait(const struct box_wake *wake, int fd, short events) {
  if (!wake || wake->fd < 0) return true;
  struct pollfd both[2] = {{.fd = wake->fd, .events = POLLIN}, {.fd = fd, .events = events}};
  for (;;) {
    both[0].revents = both[1].revents = 0;
    poll(both, 2, -1);
    if (both[1].revents && (events == POLLOUT || !both[0].revents)) return true;
    if (both[0].revents) return false;
  }
}

// After a read or write that would have blocked, on a descriptor that somebody made non-blocking: waits for it alone,
// so that the retry does not spin. Returns true, for loop conditions.
static inline bool box_wait_again(int fd, short events) {
  struct pollfd one = {.fd = fd, .events = events};
  poll(&one, 1, -1);
  return true;
}

#endif
