// SPDX-License-Identifier: MIT
//
// mitscript_native.c: print, input and intcast (A.7).
#include "mitscript_runtime.h"

static enum loam_status native_print(struct mutator *th, struct value *args, struct value *result) {
  struct text line = {0};
  enum loam_status status = mit_print(th, args[0], &line);
  text_add_char(&line, '\n');
  if (status == DONE) status = line.failed ? mit_throw_memory(th) : vm_write(th, line.bytes, line.length);
  *result = MIT_NONE;
  text_fini(&line);
  return status;
}

static enum loam_status native_input(struct mutator *th, struct value *args, struct value *result) {
  (void)args;
  struct text line = {0};
  vm_read_line(th, &line); // at the end of the input: an empty string
  enum loam_status status =
      line.failed ? mit_throw_memory(th) : mit_string_create(th, line.bytes ? line.bytes : "", line.length, result);
  text_fini(&line);
  return status;
}

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// White space, an optional sign, digits, and anything after them. False without a digit. Wraps to 32 bits.
static bool parse_integer(const char *at, const char *end, int32_t *out) {
  while (at < end && is_space(*at)) at++;
  bool negative = at < end && *at == '-';
  if (at < end && (*at == '-' || *at == '+')) at++;
  uint32_t number = 0;
  const char *digits = at;
  for (; at < end && *at >= '0' && *at <= '9'; at++) number = number * 10 + (uint32_t)(*at - '0');
  *out = (int32_t)(negative ? -number : number);
  return at > digits;
}

static enum loam_status native_intcast(struct mutator *th, struct value *args, struct value *result) {
  *result = args[0];
  if (mit_is_int(args[0])) return DONE;
  if (!mit_is_string(args[0])) return mit_throw_cast(th);
  if (mit_string_flatten(th, args[0]) != DONE) return THROWN;
  size_t length;
  bool flat;
  int32_t number;
  const char *bytes = mit_string_bytes(args[0], &length, &flat);
  ASSERT(flat, "mitscript.I3: the bytes of a rope of %zu are read", length);
  if (!parse_integer(bytes, bytes + length, &number)) return mit_throw_cast(th);
  *result = mit_from_int(number);
  return DONE;
}

enum loam_err mit_natives_create(struct vm *vm, struct mit_proto *protos[3], struct error *err) {
  static const struct {
    const char *name;
    uint16_t params;
    native_fn *fn;
  } natives[] = {{"print", 1, native_print}, {"input", 0, native_input}, {"intcast", 1, native_intcast}};
  struct mit_state *state = vm_guest_state(vm);
  for (unsigned i = 0; i < COUNT_OF(natives); i++) {
    struct mit_proto *proto = protos[i] = arena_alloc(&state->memory, sizeof *proto);
    if (!proto) return error_set(err, LOAM_ERR_MEMORY, "no memory for native %s", natives[i].name);
    proto->body_id = i + 1;
    enum loam_err kind =
        method_create_native(vm, natives[i].name, natives[i].params, natives[i].fn, proto, &proto->method, err);
    if (kind != LOAM_OK) return kind;
  }
  return LOAM_OK;
}
