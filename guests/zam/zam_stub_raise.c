// SPDX-License-Identifier: MIT
//
// zam_stub_raise.c: what stubs call to raise exceptions, and to end the process.
#include "zam_stub_api.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

void (*caml_fatal_error_hook)(char *message, va_list args);

void caml_raise(struct value exception) {
  struct mutator *th = zam_stub_mutator();
  if (!th) caml_fatal_error("exception %s", caml_format_exception(exception));
  if (zam_state(th)->pending) { // a handler may raise another one instead
    ROOTS(th, &exception);
    zam_stub_check(zam_run_pending(th));
    (void)throw_value(th, exception);
    zam_stub_leave();
  }
  (void)throw_value(th, exception);
  zam_stub_leave();
}

void caml_raise_constant(struct value constructor) { caml_raise(constructor); }

void caml_raise_with_args(struct value constructor, int n, struct value *args) {
  struct zam_roots arrays = {Caml_state->local_roots, 1, n, {args}}, one = {&arrays, 1, 1, {&constructor}};
  Caml_state->local_roots = &one;
  struct value exception = caml_alloc_small((uintptr_t)n + 1, 0);
  zam_fields(exception)[0] = constructor;
  for (int i = 0; i < n; i++) zam_fields(exception)[i + 1] = args[i];
  ASSERT(Caml_state->local_roots == &one, "roots are left by what makes an exception of %d arguments", n);
  Caml_state->local_roots = arrays.next;
  caml_raise(exception);
}

void caml_raise_with_arg(struct value constructor, struct value arg) { caml_raise_with_args(constructor, 1, &arg); }

void caml_raise_with_string(struct value constructor, const char *text) {
  struct mutator *th = zam_stub_mutator();
  struct value string = ZAM_UNIT, exception;
  ROOTS(th, &constructor, &string); // not Caml_state's: this is called for VMs without libraries, too
  zam_stub_check(zam_make_string(th, text, strlen(text), &string));
  zam_stub_check(zam_make_block2(th, 0, string, constructor, &exception));
  caml_raise(exception);
}

// ---- the exceptions of the machine ---------------------------------------------------------------------------------

// Doesn't return while the globals themselves are read, as from malformed DATA: then there are no exceptions yet.
static struct value constructor_of(enum zam_exn exn) {
  struct mutator *th = zam_stub_mutator();
  if (!zam_state(th)->globals.bits) zam_stub_check(zam_raise(th, exn));
  ASSERT(exn < zam_size(zam_state(th)->globals), "zam.I11: exception %d of %llu globals", (int)exn,
         (unsigned long long)zam_size(zam_state(th)->globals));
  return zam_fields(zam_state(th)->globals)[exn];
}

void caml_failwith(const char *text) { caml_raise_with_string(constructor_of(ZAM_FAILURE), text); }
void caml_failwith_value(struct value text) { caml_raise_with_arg(constructor_of(ZAM_FAILURE), text); }
void caml_invalid_argument(const char *text) { caml_raise_with_string(constructor_of(ZAM_INVALID_ARGUMENT), text); }
void caml_invalid_argument_value(struct value text) { caml_raise_with_arg(constructor_of(ZAM_INVALID_ARGUMENT), text); }
void caml_array_bound_error(void) { caml_invalid_argument("index out of bounds"); }
void caml_raise_out_of_memory(void) { caml_raise(constructor_of(ZAM_OUT_OF_MEMORY)); }
void caml_raise_stack_overflow(void) { caml_raise(constructor_of(ZAM_STACK_OVERFLOW)); }
void caml_raise_end_of_file(void) { caml_raise(constructor_of(ZAM_END_OF_FILE)); }
void caml_raise_zero_divide(void) { caml_raise(constructor_of(ZAM_DIVISION_BY_ZERO)); }
void caml_raise_not_found(void) { caml_raise(constructor_of(ZAM_NOT_FOUND)); }
void caml_raise_sys_blocked_io(void) { caml_raise(constructor_of(ZAM_SYS_BLOCKED_IO)); }
void caml_raise_sys_error(struct value text) { caml_raise_with_arg(constructor_of(ZAM_SYS_ERROR), text); }

// Sys_error of errno; `name` is a string, or an integer when there is none.
void caml_sys_error(struct value name) {
  const char *text = zam_is_block(name) ? caml_stat_strdup(zam_string_bytes(name)) : NULL;
  enum loam_status status = zam_raise_sys(zam_stub_mutator(), text, errno);
  caml_stat_free((void *)text);
  zam_stub_check(status);
  abort(); // it throws
}

// ---- the end -------------------------------------------------------------------------------------------------------

void caml_fatal_error(const char *format, ...) {
  va_list args;
  va_start(args, format);
  if (caml_fatal_error_hook) {
    caml_fatal_error_hook((char *)format, args);
  } else {
    fputs("Fatal error: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
  }
  va_end(args);
  abort();
}

void caml_failed_assert(const char *expression, const char *file, int line) {
  fprintf(stderr, "file %s; line %d ### Assertion failed: %s\n", file, line, expression);
  abort();
}

char *caml_format_exception(struct value exception) {
  struct text text = {0};
  zam_exception_print(zam_state(zam_stub_mutator()), exception, &text);
  return text.failed ? mem_copy_text("?", 1) : text.bytes; // the caller frees it
}
