// SPDX-License-Identifier: MIT
//
// zam_channel.c: buffered files: what the primitives of zam_channel_prim.c share.
//
// Bytes are handed to the system in one call where they fit; an interrupted call is made again, after the
// program's handler ran. `bytes` must not be in the heap: the handler may collect.
#include "zam_channel.h"

#include "zam_runtime.h"

#include <errno.h>
#include <unistd.h>

void zam_channels_close(struct zam_state *state) {
  for (struct zam_channel *channel = state->channels, *next; channel; channel = next) {
    next = channel->next;
    mem_free(channel->name);
    mem_free(channel);
  }
  state->channels = NULL;
}

struct zam_channel *zam_channel_open(struct zam_state *state, int fd, bool input) {
  struct zam_channel *channel = mem_alloc(sizeof *channel);
  if (!channel) return NULL;
  memset(channel, 0, offsetof(struct zam_channel, bytes)); // the buffer's pages are touched when they are used
  zam_hold(state, sizeof *channel);
  channel->fd = fd;
  channel->next = state->channels;
  channel->name = NULL;
  off_t offset = lseek(fd, 0, SEEK_CUR);
  channel->offset = offset < 0 ? 0 : offset;
  channel->curr = channel->bytes;
  channel->end = channel->bytes + ZAM_CHANNEL_BYTES;
  channel->max = input ? channel->bytes : NULL;
  ASSERT(!state->channels || !state->channels->previous,
         "zam.I7: the first channel, of descriptor %d, has one before it", state->channels->fd);
  if (state->channels) state->channels->previous = channel;
  state->channels = channel;
  return channel;
}

void zam_channel_free(struct zam_state *state, struct zam_channel *channel) {
  ASSERT((channel->previous ? channel->previous->next : state->channels) == channel,
         "zam.I7: the channel of descriptor %d is not in the list", channel->fd);
  *(channel->previous ? &channel->previous->next : &state->channels) = channel->next;
  if (channel->next) channel->next->previous = channel->previous;
  zam_let_go(state, sizeof *channel);
  mem_free(channel->name);
  mem_free(channel);
}

enum loam_status zam_channel_locked(struct mutator *th, struct value *args, struct value *result, zam_prim_fn *fn) {
  const struct zam_threads *threads = zam_state(th)->threads;
  struct zam_channel *channel = zam_channel_of(args[0]);
  if (!threads || zam_mutex_is_mine(threads, &channel->mutex)) return fn(th, args, result);
  if (!zam_mutex_take(th, &channel->mutex)) return thread_safepoint(th);
  enum loam_status status = fn(th, args, result);
  (void)zam_mutex_release(th, &channel->mutex);
  return status;
}

enum loam_status zam_channel_interrupted(struct mutator *th, struct zam_channel *channel) {
  bool locked = zam_state(th)->threads && zam_mutex_release(th, &channel->mutex);
  enum loam_status status = zam_run_pending(th);
  if (locked && !zam_mutex_take(th, &channel->mutex)) return thread_safepoint(th);
  return status;
}

static ssize_t write_waiting(struct mutator *th, const struct zam_channel *channel) {
  zam_blocking_enter(th);
  ssize_t written = write(channel->fd, channel->bytes, (size_t)(channel->curr - channel->bytes));
  zam_blocking_leave(th);
  return written;
}

static enum loam_status write_once(struct mutator *th, struct zam_channel *channel, size_t *done) {
  ssize_t written;
  while ((written = write_waiting(th, channel)) < 0 && errno == EINTR)
    if (zam_channel_interrupted(th, channel) != DONE) return THROWN;
  if (written < 0) return zam_raise_sys(th, NULL, errno);
  *done = (size_t)written;
  return DONE;
}

// A signal's function may write to the channel, too, before it is tried again.
enum loam_status zam_channel_flush_part(struct mutator *th, struct zam_channel *channel) {
  size_t done;
  ASSERT(zam_channel_is_sound(channel), "zam.I7: %td bytes wait in a buffer of %d", channel->curr - channel->bytes,
         ZAM_CHANNEL_BYTES);
  if (channel->curr == channel->bytes) return DONE;
  if (write_once(th, channel, &done) != DONE) return THROWN;
  size_t length = (size_t)(channel->curr - channel->bytes);
  ASSERT(done <= length, "zam.I7: %zu bytes were written of %zu", done, length);
  channel->offset += (int64_t)done;
  memmove(channel->bytes, channel->bytes + done, length - done);
  channel->curr -= done;
  return DONE;
}

enum loam_status zam_channel_flush(struct mutator *th, struct zam_channel *channel) {
  while (channel->curr > channel->bytes)
    if (zam_channel_flush_part(th, channel) != DONE) return THROWN;
  return DONE;
}

enum loam_status zam_channel_make_room(struct mutator *th, struct zam_channel *channel) {
  return channel->curr == channel->end ? zam_channel_flush(th, channel) : DONE;
}

enum loam_status zam_channel_write(struct mutator *th, struct zam_channel *channel, const char *bytes, size_t length) {
  while (length) {
    if (zam_channel_make_room(th, channel) != DONE) return THROWN;
    size_t room = (size_t)(channel->end - channel->curr), part = length < room ? length : room;
    ASSERT(zam_channel_is_sound(channel) && room, "zam.I7: %zu bytes are to be written, room is made for %zu", length,
           room);
    memcpy(channel->curr, bytes, part);
    channel->curr += part;
    bytes += part;
    length -= part;
  }
  return zam_channel_make_room(th, channel);
}

static ssize_t read_waiting(struct mutator *th, const struct zam_channel *channel, char *bytes, size_t room) {
  zam_blocking_enter(th);
  ssize_t got = read(channel->fd, bytes, room);
  zam_blocking_leave(th);
  return got;
}

enum loam_status zam_channel_read_file(struct mutator *th, struct zam_channel *channel, char *bytes, size_t room,
                                       size_t *got) {
  ssize_t done;
  while ((done = read_waiting(th, channel, bytes, room)) < 0 && errno == EINTR)
    if (zam_channel_interrupted(th, channel) != DONE) return THROWN;
  if (done < 0) return zam_raise_sys(th, NULL, errno);
  ASSERT((size_t)done <= room, "zam.I7: %zd bytes were read into room for %zu", done, room);
  *got = (size_t)done;
  channel->offset += done;
  return DONE;
}

enum loam_status zam_channel_refill(struct mutator *th, struct zam_channel *channel, size_t *got) {
  if (zam_channel_read_file(th, channel, channel->bytes, ZAM_CHANNEL_BYTES, got) != DONE) return THROWN;
  channel->curr = channel->bytes;
  channel->max = channel->bytes + *got;
  ASSERT(zam_channel_is_sound(channel), "zam.I7: %zu bytes were read into a buffer of %d", *got, ZAM_CHANNEL_BYTES);
  return DONE;
}

enum loam_status zam_channel_next(struct mutator *th, struct zam_channel *channel, uint8_t *byte) {
  size_t got = 1;
  if (channel->curr >= channel->max && zam_channel_refill(th, channel, &got) != DONE) return THROWN;
  if (!got) return zam_raise(th, ZAM_END_OF_FILE);
  *byte = (uint8_t)*channel->curr++;
  return DONE;
}

enum loam_status zam_channel_read_part(struct mutator *th, struct zam_channel *channel, char *bytes, size_t length,
                                       size_t *got) {
  *got = 0;
  if (channel->curr == channel->max && length && zam_channel_refill(th, channel, got) != DONE) return THROWN;
  size_t there = (size_t)(channel->max - channel->curr);
  ASSERT(zam_channel_is_sound(channel), "zam.I7: %td bytes are left, of %td", channel->max - channel->curr,
         channel->max - channel->bytes);
  *got = length < there ? length : there;
  memcpy(bytes, channel->curr, *got);
  channel->curr += *got;
  return DONE;
}

enum loam_status zam_channel_read(struct mutator *th, struct zam_channel *channel, char *bytes, size_t length,
                                  size_t *got) {
  for (*got = 0; *got < length;) {
    size_t part;
    if (zam_channel_read_part(th, channel, bytes + *got, length - *got, &part) != DONE) return THROWN;
    if (!part) break;
    *got += part;
  }
  return DONE;
}

enum loam_status zam_channel_seek(struct mutator *th, struct zam_channel *channel, int64_t offset) {
  if (channel->max && offset <= channel->offset && offset >= channel->offset - (channel->max - channel->bytes)) {
    channel->curr = channel->max - (channel->offset - offset);
    ASSERT(zam_channel_is_sound(channel), "zam.I7: byte %lld is sought in a buffer that ends at %lld",
           (long long)offset, (long long)channel->offset);
    return DONE;
  }
  if (!channel->max && zam_channel_flush(th, channel) != DONE) return THROWN;
  if (lseek(channel->fd, offset, SEEK_SET) != offset) return zam_raise_sys(th, NULL, errno);
  channel->offset = offset;
  channel->curr = channel->bytes;
  if (channel->max) channel->max = channel->bytes;
  return DONE;
}

enum loam_status zam_channel_size(struct mutator *th, const struct zam_channel *channel, int64_t *size) {
  int fd = channel->fd;
  off_t end = fd == -1 ? -1 : lseek(fd, 0, SEEK_END);
  if (fd == -1) errno = EBADF;
  if (end < 0 || lseek(fd, channel->offset, SEEK_SET) < 0) return zam_raise_sys(th, NULL, errno);
  *size = end;
  return DONE;
}
