// SPDX-License-Identifier: MIT
//
// zam_channel.h: buffered files. The structure is laid out as C code written for OCaml's runtime expects it.
#ifndef ZAM_CHANNEL_H
#define ZAM_CHANNEL_H

#include "zam_thread.h"

#define ZAM_CHANNEL_BYTES 65536

struct zam_channel {
  int fd;
  int64_t offset;         // of the file, behind what is in the buffer (input) or before it (output)
  char *end, *curr;       // of the buffer; where the next byte is read or written
  char *max;              // behind the last byte that was read; NULL for output
  struct zam_mutex mutex; // held while a primitive works on the channel
  struct zam_channel *next, *previous;
  int refcount; // blocks that hold it
  int flags;
  char bytes[ZAM_CHANNEL_BYTES];
  char *name;
};

_Static_assert(sizeof(struct zam_mutex) == sizeof(void *), "C code finds what is behind it");

// A channel that no block holds yet; NULL when memory is out.
struct zam_channel *zam_channel_open(struct zam_state *state, int fd, bool input);
void zam_channel_free(struct zam_state *state, struct zam_channel *channel);
// A block that holds the channel.
MAY_GC MAY_THROW enum loam_status zam_channel_block(struct mutator *th, struct zam_channel *channel, struct value *out);
// Frees all channels; nothing is flushed.
void zam_channels_close(struct zam_state *state);

static inline struct zam_channel *zam_channel_of(struct value v) {
  return (struct zam_channel *)(uintptr_t)zam_fields(v)[1].bits;
}

// Runs a primitive on the channel that is its first argument, with the channel's lock.
MAY_GC MAY_THROW enum loam_status zam_channel_locked(struct mutator *th, struct value *args, struct value *result,
                                                     zam_prim_fn *fn);
// After an interrupted call of the system: runs what came, without the lock.
MAY_GC MAY_THROW enum loam_status zam_channel_interrupted(struct mutator *th, struct zam_channel *channel);

// Hands the buffer of an output channel to the file.
MAY_GC MAY_THROW enum loam_status zam_channel_flush(struct mutator *th, struct zam_channel *channel);
// The same by one call of the system, which may take a part.
MAY_GC MAY_THROW enum loam_status zam_channel_flush_part(struct mutator *th, struct zam_channel *channel);
// Flushes a full buffer; a closed channel's counts as full, and fails.
MAY_GC MAY_THROW enum loam_status zam_channel_make_room(struct mutator *th, struct zam_channel *channel);
MAY_GC MAY_THROW enum loam_status zam_channel_write(struct mutator *th, struct zam_channel *channel, const char *bytes,
                                                    size_t length);
// Reads `length` bytes, or up to the end; *got says how many.
MAY_GC MAY_THROW enum loam_status zam_channel_read(struct mutator *th, struct zam_channel *channel, char *bytes,
                                                   size_t length, size_t *got);
// Reads what is in the buffer, or what one call of the system brings: at most `length` bytes, none at the end.
MAY_GC MAY_THROW enum loam_status zam_channel_read_part(struct mutator *th, struct zam_channel *channel, char *bytes,
                                                        size_t length, size_t *got);
// One call of the system, which is made again after interruptions; *got is 0 at the end.
MAY_GC MAY_THROW enum loam_status zam_channel_read_file(struct mutator *th, struct zam_channel *channel, char *bytes,
                                                        size_t room, size_t *got);
// Fills the empty buffer; *got is 0 at the end.
MAY_GC MAY_THROW enum loam_status zam_channel_refill(struct mutator *th, struct zam_channel *channel, size_t *got);
// Reads a marshalled value.
MAY_GC MAY_THROW enum loam_status zam_channel_input(struct mutator *th, struct zam_channel *channel,
                                                    struct value *result);
// The next byte; raises End_of_file when there is none.
MAY_GC MAY_THROW enum loam_status zam_channel_next(struct mutator *th, struct zam_channel *channel, uint8_t *byte);
MAY_THROW enum loam_status zam_channel_size(struct mutator *th, const struct zam_channel *channel, int64_t *size);
MAY_GC MAY_THROW enum loam_status zam_channel_seek(struct mutator *th, struct zam_channel *channel, int64_t offset);
// Whether the places lie in the buffer, in their order.
static inline bool zam_channel_is_sound(const struct zam_channel *channel) {
  const char *start = channel->bytes, *limit = channel->max ? channel->max : channel->end;
  return channel->end == start + ZAM_CHANNEL_BYTES && channel->curr >= start && channel->curr <= limit &&
         limit <= channel->end;
}
// The places of an input and of an output channel. Nothing tells a closed channel's kind any more, and what OCaml's
// runtime says of it is of one or the other, too.
static inline int64_t zam_channel_pos_in(const struct zam_channel *channel) {
  return channel->offset - (channel->max - channel->curr);
}
static inline int64_t zam_channel_pos_out(const struct zam_channel *channel) {
  return channel->offset + (channel->curr - channel->bytes);
}

#endif
