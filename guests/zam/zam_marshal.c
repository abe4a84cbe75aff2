// SPDX-License-Identifier: MIT
//
// zam_marshal.c: the primitives behind module Marshal, and code fragments by their digest.
#include "zam_channel.h"
#include "zam_extern.h"
#include "zam_fragment.h"
#include "zam_intern.h"
#include "zam_md5.h"
#include "zam_prim.h"

// ---- code fragments ------------------------------------------------------------------------------------------------

const uint8_t *zam_fragment_digest(struct zam_code *code) {
  if (!code->has_digest) {
    struct zam_md5 md5;
    zam_md5_init(&md5);
    zam_md5_add(&md5, code->words.words, code->words.count * sizeof(int32_t));
    zam_md5_finish(&md5, code->digest);
    code->has_digest = true;
  }
  return code->digest;
}

struct zam_function *zam_fragment_find(struct zam_state *state, const uint8_t digest[16], uint64_t offset,
                                       uint64_t closure_size) {
  struct zam_code *code = state->codes;
  while (code && memcmp(zam_fragment_digest(code), digest, 16) != 0) code = code->next;
  uint64_t pc = offset / sizeof(int32_t);
  ASSERT(!code || code->has_digest, "code is found by a digest that it hasn't got");
  if (!code || offset % sizeof(int32_t) || pc >= code->words.count) return NULL;
  if (code->words.words[pc] != ZAM_RESTART) return zam_function_at(state, code, (uint32_t)pc);
  if (closure_size <= ZAM_CLOSURE_VALUES + 1 || pc + 1 >= code->words.count) return NULL;
  struct zam_function *function = zam_function_at(state, code, (uint32_t)pc + 1);
  struct error err = {0};
  if (zam_check_program(state, &err) != LOAM_OK) return NULL;
  return function ? zam_function_partial(state, function, (uint32_t)(closure_size - ZAM_CLOSURE_VALUES - 1)) : NULL;
}

// ---- writing -------------------------------------------------------------------------------------------------------

static unsigned flags_of(struct value list) {
  unsigned flags = 0;
  for (; zam_is_block(list); list = zam_fields(list)[1]) flags |= 1u << zam_to_int(zam_fields(list)[0]);
  return flags;
}

static enum loam_status output_value(struct mutator *th, struct value *args, struct value *result) {
  struct text text = {0};
  struct zam_channel *channel = zam_channel_of(args[0]);
  *result = ZAM_UNIT;
  enum loam_status status = zam_extern(th, zam_arg(args, 1), flags_of(zam_arg(args, 2)), &text);
  if (status == DONE) status = zam_channel_write(th, channel, text.bytes, text.length);
  text_fini(&text);
  return status;
}

static enum loam_status output_to_string(struct mutator *th, struct value *args, struct value *result) {
  struct text text = {0};
  enum loam_status status = zam_extern(th, args[0], flags_of(zam_arg(args, 1)), &text);
  if (status == DONE) status = zam_make_string(th, text.bytes, text.length, result);
  text_fini(&text);
  return status;
}

static enum loam_status output_to_buffer(struct mutator *th, struct value *args, struct value *result) {
  struct text text = {0};
  enum loam_status status = zam_extern(th, zam_arg(args, 3), flags_of(zam_arg(args, 4)), &text);
  if (status == DONE && text.length > (size_t)zam_arg_int(args, 2))
    status = zam_fail(th, "Marshal.to_buffer: buffer overflow");
  if (status == DONE) memcpy(zam_string_bytes(args[0]) + zam_arg_int(args, 1), text.bytes, text.length);
  *result = zam_from_int((int64_t)text.length);
  text_fini(&text);
  return status;
}

// ---- reading -------------------------------------------------------------------------------------------------------

// Reads the header from a channel. The longer one is recognised by its fourth byte.
static enum loam_status read_header(struct mutator *th, struct zam_channel *channel,
                                    struct zam_marshal_header *header) {
  char bytes[ZAM_MARSHAL_HEADER_MAX];
  size_t got, more = 0;
  if (zam_channel_read(th, channel, bytes, ZAM_MARSHAL_HEADER_MIN, &got) != DONE) return THROWN;
  if (got == 0) return zam_raise(th, ZAM_END_OF_FILE);
  if (got < ZAM_MARSHAL_HEADER_MIN) return zam_fail(th, "input_value: truncated object");
  ASSERT(got == ZAM_MARSHAL_HEADER_MIN, "zam.I17: %zu bytes of a header were asked for, %d came", got,
         ZAM_MARSHAL_HEADER_MIN);
  if (zam_marshal_read_header(bytes, got, header)) return DONE;
  bool big = (uint8_t)bytes[3] == 0xBF;
  if (big && zam_channel_read(th, channel, bytes + got, ZAM_MARSHAL_HEADER_MAX - got, &more) != DONE) return THROWN;
  if (big && more < ZAM_MARSHAL_HEADER_MAX - got) return zam_fail(th, "input_value: truncated object");
  return zam_marshal_read_header(bytes, got + more, header) ? DONE : zam_fail(th, "input_value: bad object");
}

enum loam_status zam_channel_input(struct mutator *th, struct zam_channel *channel, struct value *result) {
  struct zam_marshal_header header;
  size_t got;
  if (read_header(th, channel, &header) != DONE) return THROWN;
  char *data = mem_alloc(header.data_bytes + 1);
  if (!data) return zam_raise(th, ZAM_OUT_OF_MEMORY);
  enum loam_status status = zam_channel_read(th, channel, data, header.data_bytes, &got);
  if (status == DONE && got < header.data_bytes) status = zam_fail(th, "input_value: truncated object");
  ASSERT(status != DONE || got == header.data_bytes, "zam.I17: %zu bytes of %zu were read", got,
         (size_t)header.data_bytes);
  if (status == DONE) status = zam_intern(th, data, &header, result);
  mem_free(data);
  return status;
}

static enum loam_status input_value(struct mutator *th, struct value *args, struct value *result) {
  return zam_channel_input(th, zam_channel_of(args[0]), result);
}

// The header at an offset of a string. False: there is none.
static bool header_in(const struct value *args, struct zam_marshal_header *header) {
  size_t length = zam_string_length(args[0]), offset = (size_t)zam_arg_int(args, 1);
  return offset <= length && zam_marshal_read_header(zam_string_bytes(args[0]) + offset, length - offset, header);
}

static enum loam_status input_from_bytes(struct mutator *th, struct value *args, struct value *result) {
  struct zam_marshal_header header;
  if (!header_in(args, &header)) return zam_fail(th, "input_val_from_string: bad object");
  size_t length = zam_string_length(args[0]), from = (size_t)zam_arg_int(args, 1) + header.header_bytes;
  ASSERT(from <= length, "zam.I17: a header ends at byte %zu of %zu", from, length);
  if (header.data_bytes > length - from) return zam_fail(th, "input_val_from_string: bad length");
  char *data = mem_copy_text(zam_string_bytes(args[0]) + from, header.data_bytes); // the string may move
  if (!data) return zam_raise(th, ZAM_OUT_OF_MEMORY);
  enum loam_status status = zam_intern(th, data, &header, result);
  mem_free(data);
  return status;
}

static enum loam_status data_size(struct mutator *th, struct value *args, struct value *result) {
  struct zam_marshal_header header;
  if (!header_in(args, &header)) return zam_fail(th, "Marshal.data_size: bad object");
  return zam_return_int(result, (int64_t)(header.header_bytes - ZAM_MARSHAL_HEADER_MIN + header.data_bytes));
}

static enum loam_status locked_output_value(struct mutator *th, struct value *args, struct value *result) {
  return zam_channel_locked(th, args, result, output_value);
}
static enum loam_status locked_input_value(struct mutator *th, struct value *args, struct value *result) {
  return zam_channel_locked(th, args, result, input_value);
}

const struct zam_prim zam_marshal_prims[] = {
    {"caml_output_value", locked_output_value, 0, 0},
    {"caml_output_value_to_string", output_to_string, 0, 0},
    {"caml_output_value_to_bytes", output_to_string, 0, 0},
    {"caml_output_value_to_buffer", output_to_buffer, 0, 0},
    {"caml_input_value", locked_input_value, 0, 0},
    {"caml_input_value_from_bytes", input_from_bytes, 0, 0},
    {"caml_marshal_data_size", data_size, 0, 0},
    {NULL, NULL, 0, 0},
};
