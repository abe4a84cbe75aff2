// SPDX-License-Identifier: MIT
//
// zam_stub_channel.c: what stubs call to read and write the program's channels, whose structure they know. They take a
// channel's lock by the hook; as in OCaml's own runtime an exception gives the lock back that was taken last.
#include "zam_channel.h"
#include "zam_stub_api.h"

#include <unistd.h>

// ---- locks ---------------------------------------------------------------------------------------------------------

static _Thread_local struct zam_channel *locked;

static void lock(struct zam_channel *channel) {
  struct mutator *th = zam_stub_mutator();
  if (!zam_state(th)->threads) return;
  if (!zam_mutex_take(th, &channel->mutex)) zam_stub_check(thread_safepoint(th));
  locked = channel;
}

static void unlock(struct zam_channel *channel) {
  struct mutator *th = zam_stub_mutator();
  if (zam_state(th)->threads) (void)zam_mutex_release(th, &channel->mutex);
  locked = NULL;
}

static void unlock_locked(void) {
  if (locked) unlock(locked);
}

void (*caml_channel_mutex_free)(struct zam_channel *channel);
void (*caml_channel_mutex_lock)(struct zam_channel *channel) = lock;
void (*caml_channel_mutex_unlock)(struct zam_channel *channel) = unlock;
void (*caml_channel_mutex_unlock_exn)(void) = unlock_locked;

// ---- opening, closing ----------------------------------------------------------------------------------------------

static struct zam_channel *open_channel(int fd, bool input) {
  struct zam_channel *channel = zam_channel_open(zam_state(zam_stub_mutator()), fd, input);
  if (!channel) caml_raise_out_of_memory();
  return channel;
}
struct zam_channel *caml_open_descriptor_in(int fd) { return open_channel(fd, true); }
struct zam_channel *caml_open_descriptor_out(int fd) { return open_channel(fd, false); }

struct value caml_alloc_channel(struct zam_channel *channel) {
  struct value v;
  zam_stub_check(zam_channel_block(zam_stub_mutator(), channel, &v));
  return v;
}

void caml_close_channel(struct zam_channel *channel) {
  close(channel->fd);
  if (channel->refcount <= 0) zam_channel_free(zam_state(zam_stub_mutator()), channel);
}

int caml_channel_binary_mode(struct zam_channel *channel) {
  (void)channel;
  return 1; // there is no other one
}

// ---- writing -------------------------------------------------------------------------------------------------------

int caml_flush_partial(struct zam_channel *channel) {
  zam_stub_check(zam_channel_flush_part(zam_stub_mutator(), channel));
  return channel->curr == channel->bytes;
}

void caml_flush(struct zam_channel *channel) { zam_stub_check(zam_channel_flush(zam_stub_mutator(), channel)); }

void caml_really_putblock(struct zam_channel *channel, const char *bytes, intptr_t length) {
  zam_stub_check(zam_channel_write(zam_stub_mutator(), channel, bytes, (size_t)length));
}

int caml_putblock(struct zam_channel *channel, const char *bytes, intptr_t length) {
  zam_stub_check(zam_channel_make_room(zam_stub_mutator(), channel));
  intptr_t room = channel->end - channel->curr, part = length < room ? length : room;
  ASSERT(room > 0, "zam.I7: room was made, of %zd bytes", (ssize_t)room);
  caml_really_putblock(channel, bytes, part);
  return (int)part;
}

void caml_putch(struct zam_channel *channel, int byte) { caml_really_putblock(channel, &(char){(char)byte}, 1); }

void caml_putword(struct zam_channel *channel, uint32_t word) {
  for (int shift = 24; shift >= 0; shift -= 8) caml_putch(channel, (int)(word >> shift & 0xFF));
}

void caml_output_val(struct zam_channel *channel, struct value v, struct value flags) {
  char *bytes;
  intptr_t length;
  caml_output_value_to_malloc(v, flags, &bytes, &length);
  enum loam_status status = zam_channel_write(zam_stub_mutator(), channel, bytes, (size_t)length);
  mem_free(bytes);
  zam_stub_check(status);
}

// ---- reading -------------------------------------------------------------------------------------------------------

unsigned char caml_getch(struct zam_channel *channel) {
  uint8_t byte = 0;
  zam_stub_check(zam_channel_next(zam_stub_mutator(), channel, &byte));
  return byte;
}

// For an empty buffer.
unsigned char caml_refill(struct zam_channel *channel) { return caml_getch(channel); }

uint32_t caml_getword(struct zam_channel *channel) {
  uint32_t word = 0;
  for (int i = 0; i < 4; i++) word = word << 8 | caml_getch(channel);
  return word;
}

int caml_getblock(struct zam_channel *channel, char *bytes, intptr_t length) {
  size_t got = 0;
  zam_stub_check(zam_channel_read_part(zam_stub_mutator(), channel, bytes, (size_t)length, &got));
  ASSERT(got <= (size_t)length, "zam.I7: %zu bytes were read of %zd", got, (ssize_t)length);
  return (int)got;
}

intptr_t caml_really_getblock(struct zam_channel *channel, char *bytes, intptr_t length) {
  size_t got = 0;
  zam_stub_check(zam_channel_read(zam_stub_mutator(), channel, bytes, (size_t)length, &got));
  ASSERT(got <= (size_t)length, "zam.I7: %zu bytes were read of %zd", got, (ssize_t)length);
  return (intptr_t)got;
}

struct value caml_input_val(struct zam_channel *channel) {
  struct value v;
  zam_stub_check(zam_channel_input(zam_stub_mutator(), channel, &v));
  return v;
}

// ---- places --------------------------------------------------------------------------------------------------------

void caml_seek_in(struct zam_channel *channel, int64_t offset) {
  zam_stub_check(zam_channel_seek(zam_stub_mutator(), channel, offset));
}
void caml_seek_out(struct zam_channel *channel, int64_t offset) { caml_seek_in(channel, offset); }
int64_t caml_pos_in(struct zam_channel *channel) { return zam_channel_pos_in(channel); }
int64_t caml_pos_out(struct zam_channel *channel) { return zam_channel_pos_out(channel); }

int64_t caml_channel_size(struct zam_channel *channel) {
  int64_t size = 0;
  zam_stub_check(zam_channel_size(zam_stub_mutator(), channel, &size));
  return size;
}
