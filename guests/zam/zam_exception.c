// SPDX-License-Identifier: MIT
//
// zam_exception.c: exceptions. A constant exception is the block [name, id] of tag 248 itself; one with arguments is a
// block [that, argument, ...]. Those of the machine stand in the first globals.
#include "zam_exception.h"

#include "zam_backtrace.h"
#include "zam_memprof.h"
#include "zam_runtime.h"

#include <errno.h>

static struct value exn_constructor(const struct mutator *th, enum zam_exn exn) {
  ASSERT(exn < zam_size(zam_state(th)->globals), "zam.I11: exception %d of %llu globals", (int)exn,
         (unsigned long long)zam_size(zam_state(th)->globals));
  return zam_fields(zam_state(th)->globals)[exn];
}

enum loam_status zam_raise(struct mutator *th, enum zam_exn exn) {
  if (!zam_is_block(zam_state(th)->globals) || zam_state(th)->globals.bits == 0) {
    if (exn == ZAM_OUT_OF_MEMORY)
      return vm_kill(th, LOAM_ERR_MEMORY, "%s: no memory for its globals (--heap-max)", zam_state(th)->program);
    return vm_kill(th, LOAM_ERR_INPUT, "%s: an exception before there are globals", zam_state(th)->program);
  }
  return throw_value(th, exn_constructor(th, exn));
}

enum loam_status zam_raise_with(struct mutator *th, enum zam_exn exn, struct value argument) {
  struct value exception;
  if (!zam_state(th)->globals.bits) return zam_raise(th, exn);
  ROOTS(th, &argument);
  struct ref object = zam_alloc(th, 0, 2);
  if (!object.addr) return THROWN;
  exception = value_from_ref(object);
  zam_fields(exception)[0] = exn_constructor(th, exn);
  zam_fields(exception)[1] = argument;
  return throw_value(th, exception);
}

enum loam_status zam_raise_text(struct mutator *th, enum zam_exn exn, const char *text) {
  struct value argument;
  if (zam_make_string(th, text, strlen(text), &argument) != DONE) return THROWN;
  return zam_raise_with(th, exn, argument);
}

enum loam_status zam_fail(struct mutator *th, const char *text) { return zam_raise_text(th, ZAM_FAILURE, text); }
enum loam_status zam_invalid(struct mutator *th, const char *text) {
  return zam_raise_text(th, ZAM_INVALID_ARGUMENT, text);
}
enum loam_status zam_raise_bounds(struct mutator *th) { return zam_invalid(th, "index out of bounds"); }

enum loam_status zam_raise_sys(struct mutator *th, const char *name, int number) {
  struct text text = {0};
  if (number == EAGAIN || number == EWOULDBLOCK) return zam_raise(th, ZAM_SYS_BLOCKED_IO);
  if (name) text_printf(&text, "%s: ", name);
  text_printf(&text, "%s", strerror(number));
  enum loam_status status =
      text.failed ? zam_raise(th, ZAM_OUT_OF_MEMORY) : zam_raise_text(th, ZAM_SYS_ERROR, text.bytes);
  text_fini(&text);
  return status;
}

enum loam_status zam_raise_op(struct mutator *th, struct value exception, uint32_t opcode) {
  ASSERT(opcode == ZAM_RAISE || opcode == ZAM_RERAISE || opcode == ZAM_RAISE_NOTRACE, "instruction %u raises", opcode);
  if (UNLIKELY(zam_state(th)->memprof)) { // what was allocated for it is told before
    ROOTS(th, &exception);
    if (zam_memprof_run(th) != DONE) return THROWN;
  }
  zam_backtrace_raising(zam_state(th), opcode);
  return throw_value(th, exception);
}

// ---- printing an uncaught exception --------------------------------------------------------------------------------

static void print_string(struct value v, struct text *out) { text_add(out, zam_string_bytes(v), zam_string_length(v)); }

static void print_argument(struct value v, struct text *out) {
  if (zam_is_int(v)) {
    text_printf(out, "%lld", (long long)zam_to_int(v));
  } else if (zam_tag(v) == ZAM_TAG_STRING) {
    text_add_char(out, '"');
    print_string(v, out);
    text_add_char(out, '"');
  } else {
    text_add_char(out, '_');
  }
}

// Three of the machine's exceptions carry a tuple, whose parts are printed as arguments.
static bool has_tuple(const struct zam_state *state, struct value constructor) {
  const struct value *globals = zam_fields(state->globals);
  ASSERT(zam_size(state->globals) > ZAM_UNDEFINED_RECURSIVE_MODULE, "zam.I11: %llu globals have no room for exceptions",
         (unsigned long long)zam_size(state->globals));
  return value_same(constructor, globals[ZAM_MATCH_FAILURE]) || value_same(constructor, globals[ZAM_ASSERT_FAILURE]) ||
         value_same(constructor, globals[ZAM_UNDEFINED_RECURSIVE_MODULE]);
}

void zam_exception_print(const struct zam_state *state, struct value exception, struct text *out) {
  if (zam_is_int(exception) || exception.bits == 0) {
    text_printf(out, "%lld", (long long)zam_to_int(exception));
    return;
  }
  if (zam_tag(exception) != 0) {
    print_string(zam_fields(exception)[0], out);
    return;
  }
  struct value constructor = zam_fields(exception)[0], arguments = exception;
  size_t from = 1;
  print_string(zam_fields(constructor)[0], out);
  if (zam_size(exception) == 2 && zam_is_block(zam_fields(exception)[1]) && zam_tag(zam_fields(exception)[1]) == 0 &&
      has_tuple(state, constructor)) {
    arguments = zam_fields(exception)[1];
    from = 0;
  }
  text_add_char(out, '(');
  for (size_t i = from; i < zam_size(arguments); i++) {
    if (i > from) text_add(out, ", ", 2);
    print_argument(zam_fields(arguments)[i], out);
  }
  text_add_char(out, ')');
}
