// SPDX-License-Identifier: MIT
//
// zam_channel_prim.c: the primitives on channels.
//
// A channel is C memory; the programs hold it in custom blocks, which count. When the last block dies the channel goes,
// unless it has output that was never flushed: at_exit finds it in the list.
#include "zam_channel.h"

#include "zam_custom.h"
#include "zam_final.h"
#include "zam_md5.h"
#include "zam_prim.h"

#include <errno.h>
#include <unistd.h>

static int compare_channels(struct value a, struct value b) {
  const struct zam_channel *left = zam_channel_of(a), *right = zam_channel_of(b);
  return (left > right) - (left < right);
}

static intptr_t hash_channel(struct value v) { return (intptr_t)zam_channel_of(v); }

const struct zam_custom_ops zam_channel_ops = {
    .identifier = "_chan", .compare = compare_channels, .hash = hash_channel};

static void channel_died(struct zam_state *state, struct value block) {
  struct zam_channel *channel = zam_channel_of(block);
  ASSERT(channel->refcount > 0, "zam.I7: a block dies that holds the channel of descriptor %d, counted %d times",
         channel->fd, channel->refcount);
  if (--channel->refcount > 0) return;
  if (channel->max || channel->curr == channel->bytes) zam_channel_free(state, channel);
}

enum loam_status zam_channel_block(struct mutator *th, struct zam_channel *channel, struct value *out) {
  ASSERT(zam_channel_is_sound(channel) && channel->refcount >= 0,
         "zam.I7: a block is to hold a channel, counted %d times", channel->refcount);
  channel->refcount++;
  if (zam_make_custom_int(th, &zam_channel_ops, (int64_t)(intptr_t)channel, out) != DONE) return THROWN;
  return zam_finals_watch(th, *out, channel_died);
}

static enum loam_status open_channel(struct mutator *th, int fd, bool input, struct value *result) {
  zam_hold_limit(th);
  struct zam_channel *channel = zam_channel_open(zam_state(th), fd, input);
  return channel ? zam_channel_block(th, channel, result) : zam_raise(th, ZAM_OUT_OF_MEMORY);
}

static enum loam_status ml_open_in(struct mutator *th, struct value *args, struct value *result) {
  return open_channel(th, (int)zam_arg_int(args, 0), true, result);
}
static enum loam_status ml_open_out(struct mutator *th, struct value *args, struct value *result) {
  return open_channel(th, (int)zam_arg_int(args, 0), false, result);
}

// The open output channels, the oldest first.
static enum loam_status ml_out_channels_list(struct mutator *th, struct value *args, struct value *result) {
  (void)args;
  struct value list = zam_from_int(0), block = ZAM_UNIT;
  ROOTS(th, &list, &block);
  for (struct zam_channel *channel = zam_state(th)->channels; channel; channel = channel->next) {
    if (channel->max) continue;
    if (zam_channel_block(th, channel, &block) != DONE) return THROWN;
    if (zam_make_block2(th, 0, list, block, &list) != DONE) return THROWN;
  }
  *result = list;
  return DONE;
}

static enum loam_status ml_close(struct mutator *th, struct value *args, struct value *result) {
  struct zam_channel *channel = zam_channel_of(args[0]);
  int fd = channel->fd;
  channel->fd = -1;
  channel->curr = channel->max = channel->end; // so that every use fails
  ASSERT(zam_channel_is_sound(channel), "zam.I7: a channel was closed");
  *result = ZAM_UNIT;
  if (fd == -1) return DONE;
  zam_blocking_enter(th);
  bool closed = close(fd) == 0;
  zam_blocking_leave(th);
  if (!closed) return zam_raise_sys(th, NULL, errno);
  return DONE;
}

static enum loam_status ml_flush(struct mutator *th, struct value *args, struct value *result) {
  struct zam_channel *channel = zam_channel_of(args[0]);
  *result = ZAM_UNIT;
  return channel->fd == -1 ? DONE : zam_channel_flush(th, channel);
}

static enum loam_status ml_output_char(struct mutator *th, struct value *args, struct value *result) {
  char c = (char)zam_arg_int(args, 1);
  *result = ZAM_UNIT;
  return zam_channel_write(th, zam_channel_of(args[0]), &c, 1);
}

static enum loam_status ml_output_int(struct mutator *th, struct value *args, struct value *result) {
  uint32_t n = (uint32_t)zam_arg_int(args, 1);
  char bytes[4] = {(char)(n >> 24), (char)(n >> 16), (char)(n >> 8), (char)n};
  *result = ZAM_UNIT;
  return zam_channel_write(th, zam_channel_of(args[0]), bytes, 4);
}

// Part by part: the string may move whenever the channel is flushed.
static enum loam_status ml_output(struct mutator *th, struct value *args, struct value *result) {
  size_t from = (size_t)zam_arg_int(args, 2), left = (size_t)zam_arg_int(args, 3);
  *result = ZAM_UNIT;
  while (left) {
    struct zam_channel *channel = zam_channel_of(args[0]);
    if (zam_channel_make_room(th, channel) != DONE) return THROWN;
    size_t room = (size_t)(channel->end - channel->curr), part = left < room ? left : room;
    if (zam_channel_write(th, channel, zam_string_bytes(zam_arg(args, 1)) + from, part) != DONE) return THROWN;
    from += part;
    left -= part;
  }
  return DONE;
}

static enum loam_status ml_input_char(struct mutator *th, struct value *args, struct value *result) {
  uint8_t byte;
  if (zam_channel_next(th, zam_channel_of(args[0]), &byte) != DONE) return THROWN;
  return zam_return_int(result, byte);
}

static enum loam_status ml_input_int(struct mutator *th, struct value *args, struct value *result) {
  uint32_t n = 0;
  struct zam_channel *channel = zam_channel_of(args[0]);
  if (channel->max - channel->curr >= (ptrdiff_t)sizeof n) { // at once
    memcpy(&n, channel->curr, sizeof n);
    channel->curr += sizeof n;
    return zam_return_int(result, (int32_t)__builtin_bswap32(n));
  }
  for (int i = 0; i < 4; i++) {
    uint8_t byte;
    if (zam_channel_next(th, channel, &byte) != DONE) return THROWN;
    n = n << 8 | byte;
  }
  ASSERT(zam_channel_is_sound(channel), "zam.I7: four bytes were read");
  return zam_return_int(result, (int32_t)n);
}

static enum loam_status ml_input(struct mutator *th, struct value *args, struct value *result) {
  struct zam_channel *channel = zam_channel_of(args[0]);
  size_t got = 1, length = (size_t)zam_arg_int(args, 3);
  if (channel->curr == channel->max && length && zam_channel_refill(th, channel, &got) != DONE) return THROWN;
  if (!got) return zam_return_int(result, 0);
  char *bytes = zam_string_bytes(zam_arg(args, 1)) + zam_arg_int(args, 2); // where it is now
  if (zam_channel_read_part(th, channel, bytes, length, &got) != DONE) return THROWN;
  ASSERT(got <= length, "zam.I7: %zu bytes were read of %zu", got, length);
  return zam_return_int(result, (int64_t)got);
}

// How many bytes up to the next newline, which counts; negative: so many are there, and no newline; 0 at the end.
static enum loam_status ml_scan_line(struct mutator *th, struct value *args, struct value *result) {
  struct zam_channel *channel = zam_channel_of(args[0]);
  char *from = channel->curr;
  for (;;) {
    char *newline = memchr(from, '\n', (size_t)(channel->max - from));
    if (newline) return zam_return_int(result, newline + 1 - channel->curr);
    ASSERT(zam_channel_is_sound(channel), "zam.I7: a line is looked for in %td bytes", channel->max - channel->curr);
    if (channel->curr > channel->bytes) { // make room
      size_t length = (size_t)(channel->max - channel->curr);
      memmove(channel->bytes, channel->curr, length);
      channel->curr = channel->bytes;
      channel->max = channel->bytes + length;
    }
    from = channel->max;
    if (from == channel->end) return zam_return_int(result, -(channel->max - channel->curr));
    size_t got;
    if (zam_channel_read_file(th, channel, from, (size_t)(channel->end - from), &got) != DONE) return THROWN;
    if (got == 0) return zam_return_int(result, -(channel->max - channel->curr));
    channel->max += got;
  }
}

static enum loam_status ml_seek(struct mutator *th, struct value *args, struct value *result) {
  *result = ZAM_UNIT;
  return zam_channel_seek(th, zam_channel_of(args[0]), zam_arg_int(args, 1));
}
static enum loam_status ml_seek_64(struct mutator *th, struct value *args, struct value *result) {
  *result = ZAM_UNIT;
  return zam_channel_seek(th, zam_channel_of(args[0]), zam_custom_int(zam_arg(args, 1)));
}
// Of a closed input channel the buffer can still be sought in.
static enum loam_status ml_seek_out(struct mutator *th, struct value *args, struct value *result) {
  return zam_channel_of(args[0])->fd == -1 ? zam_raise_sys(th, NULL, EBADF) : ml_seek(th, args, result);
}
static enum loam_status ml_seek_out_64(struct mutator *th, struct value *args, struct value *result) {
  return zam_channel_of(args[0])->fd == -1 ? zam_raise_sys(th, NULL, EBADF) : ml_seek_64(th, args, result);
}
static enum loam_status ml_pos_in(struct mutator *th, struct value *args, struct value *result) {
  (void)th;
  return zam_return_int(result, zam_channel_pos_in(zam_channel_of(args[0])));
}
static enum loam_status ml_pos_out(struct mutator *th, struct value *args, struct value *result) {
  (void)th;
  return zam_return_int(result, zam_channel_pos_out(zam_channel_of(args[0])));
}
static enum loam_status ml_pos_in_64(struct mutator *th, struct value *args, struct value *result) {
  return zam_make_custom_int(th, &zam_boxed_ops[ZAM_INT64], zam_channel_pos_in(zam_channel_of(args[0])), result);
}
static enum loam_status ml_pos_out_64(struct mutator *th, struct value *args, struct value *result) {
  return zam_make_custom_int(th, &zam_boxed_ops[ZAM_INT64], zam_channel_pos_out(zam_channel_of(args[0])), result);
}

static enum loam_status ml_size(struct mutator *th, struct value *args, struct value *result) {
  int64_t size;
  if (zam_channel_size(th, zam_channel_of(args[0]), &size) != DONE) return THROWN;
  return zam_return_int(result, size);
}
static enum loam_status ml_size_64(struct mutator *th, struct value *args, struct value *result) {
  int64_t size;
  if (zam_channel_size(th, zam_channel_of(args[0]), &size) != DONE) return THROWN;
  return zam_make_custom_int(th, &zam_boxed_ops[ZAM_INT64], size, result);
}

static enum loam_status ml_set_binary(struct mutator *th, struct value *args, struct value *result) {
  (void)th, (void)args; // there is no other mode
  return zam_return_unit(result);
}

static enum loam_status ml_set_name(struct mutator *th, struct value *args, struct value *result) {
  struct zam_channel *channel = zam_channel_of(args[0]);
  struct value name = zam_arg(args, 1);
  size_t length = zam_string_length(name);
  (void)th;
  mem_free(channel->name);
  channel->name = length ? mem_copy_text(zam_string_bytes(name), length) : NULL;
  return zam_return_unit(result);
}

static enum loam_status ml_descriptor(struct mutator *th, struct value *args, struct value *result) {
  int fd = zam_channel_of(args[0])->fd;
  if (fd == -1) return zam_raise_sys(th, NULL, EBADF);
  return zam_return_int(result, fd);
}

// Digest.channel: of `length` bytes, or up to the end.
static enum loam_status md5_chan(struct mutator *th, struct value *args, struct value *result) {
  struct zam_channel *channel = zam_channel_of(args[0]);
  int64_t left = zam_arg_int(args, 1);
  struct zam_md5 md5;
  zam_md5_init(&md5);
  for (bool all = left < 0; all || left;) {
    char part[4096];
    size_t got, wanted = all || left > (int64_t)sizeof part ? sizeof part : (size_t)left;
    if (zam_channel_read_part(th, channel, part, wanted, &got) != DONE) return THROWN;
    if (!got && !all) return zam_raise(th, ZAM_END_OF_FILE);
    if (!got) break;
    ASSERT(got <= wanted, "zam.I7: %zu bytes were read of %zu", got, wanted);
    zam_md5_add(&md5, part, got);
    left -= all ? 0 : (int64_t)got;
  }
  char digest[16];
  zam_md5_finish(&md5, (uint8_t *)digest);
  return zam_make_string(th, digest, sizeof digest, result);
}

// ---- one thread at a time ------------------------------------------------------------------------------------------

#define LOCKED(name, fn) \
  static enum loam_status name(struct mutator *th, struct value *args, struct value *result) { \
    return zam_channel_locked(th, args, result, fn); \
  }

LOCKED(locked_flush, ml_flush)
LOCKED(locked_output_int, ml_output_int)
LOCKED(locked_output, ml_output)
LOCKED(locked_input_int, ml_input_int)
LOCKED(locked_input, ml_input)
LOCKED(locked_scan_line, ml_scan_line)
LOCKED(locked_seek, ml_seek)
LOCKED(locked_seek_64, ml_seek_64)
LOCKED(locked_seek_out, ml_seek_out)
LOCKED(locked_seek_out_64, ml_seek_out_64)
LOCKED(locked_pos_in, ml_pos_in)
LOCKED(locked_pos_out, ml_pos_out)
LOCKED(locked_pos_in_64, ml_pos_in_64)
LOCKED(locked_pos_out_64, ml_pos_out_64)
LOCKED(locked_size, ml_size)
LOCKED(locked_size_64, ml_size_64)
LOCKED(locked_md5_chan, md5_chan)

// A byte that goes into the buffer or comes out of it: the thread keeps the master lock, and nobody is at work on the
// channel.
static enum loam_status locked_output_char(struct mutator *th, struct value *args, struct value *result) {
  struct zam_channel *channel = zam_channel_of(args[0]);
  if (channel->end - channel->curr <= 1 || zam_mutex_is_taken(&channel->mutex))
    return zam_channel_locked(th, args, result, ml_output_char);
  *channel->curr++ = (char)zam_arg_int(args, 1);
  *result = ZAM_UNIT;
  return DONE;
}

static enum loam_status locked_input_char(struct mutator *th, struct value *args, struct value *result) {
  struct zam_channel *channel = zam_channel_of(args[0]);
  if (channel->curr >= channel->max || zam_mutex_is_taken(&channel->mutex))
    return zam_channel_locked(th, args, result, ml_input_char);
  return zam_return_int(result, (uint8_t)*channel->curr++);
}

const struct zam_prim zam_channel_prims[] = {
    {"caml_ml_open_descriptor_in", ml_open_in, 0, 0},
    {"caml_ml_open_descriptor_out", ml_open_out, 0, 0},
    {"caml_ml_out_channels_list", ml_out_channels_list, 0, 0},
    {"caml_ml_close_channel", ml_close, 0, 0},
    {"caml_ml_flush", locked_flush, 0, 0},
    {"caml_ml_output_char", locked_output_char, 0, 0},
    {"caml_ml_output_int", locked_output_int, 0, 0},
    {"caml_ml_output", locked_output, 0, 0},
    {"caml_ml_output_bytes", locked_output, 0, 0},
    {"caml_ml_input_char", locked_input_char, 0, 0},
    {"caml_ml_input_int", locked_input_int, 0, 0},
    {"caml_ml_input", locked_input, 0, 0},
    {"caml_ml_input_scan_line", locked_scan_line, 0, 0},
    {"caml_ml_seek_in", locked_seek, 0, 0},
    {"caml_ml_seek_out", locked_seek_out, 0, 0},
    {"caml_ml_seek_in_64", locked_seek_64, 0, 0},
    {"caml_ml_seek_out_64", locked_seek_out_64, 0, 0},
    {"caml_ml_pos_in", locked_pos_in, 0, 0},
    {"caml_ml_pos_out", locked_pos_out, 0, 0},
    {"caml_ml_pos_in_64", locked_pos_in_64, 0, 0},
    {"caml_ml_pos_out_64", locked_pos_out_64, 0, 0},
    {"caml_ml_channel_size", locked_size, 0, 0},
    {"caml_ml_channel_size_64", locked_size_64, 0, 0},
    {"caml_ml_set_binary_mode", ml_set_binary, 0, 0},
    {"caml_ml_set_channel_name", ml_set_name, 0, 0},
    {"caml_channel_descriptor", ml_descriptor, 0, 0},
    {"caml_md5_chan", locked_md5_chan, 0, 0},
    {NULL, NULL, 0, 0},
};
