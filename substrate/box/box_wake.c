// SPDX-License-Identifier: MIT
//
// box_wake.c: ends waits for the host. An event descriptor that becomes readable once and stays so: whoever waits for
// a file waits for it too. Signals would do it as well, but they belong to the host program.
#include "box/box.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum loam_err box_wake_init(struct box_wake *wake, struct error *err) {
  wake->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake->fd >= 0) return LOAM_OK;
  return error_set(err, LOAM_ERR_LIMIT, "no event descriptor for the time limit: %s", strerror(errno));
}

void box_wake_fini(struct box_wake *wake) {
  if (wake->fd >= 0) close(wake->fd);
  wake->fd = -1;
}

void box_wake_all(struct box_wake *wake) {
  if (wake->fd < 0) return;
  uint64_t one = 1;
  ssize_t written = write(wake->fd, &one, sizeof one);
  (void)written; // it can only fail when the event is set already
}
