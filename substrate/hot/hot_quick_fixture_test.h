// SPDX-License-Identifier: MIT
//
// hot_quick_fixture_test.h: for the tests of hot_quick.h's code: functions from text, made, run and compared.
//
// A test writes instructions on the words %x and %y, or on the doubles %dx and %dy, that make one of the results %r (a
// word), %h (half a word), %d (a double) or %c (a bit). They begin in the block %start. `compile` makes a function of
// them, as they are or between two loops that turn more words and doubles round than there are registers: then the
// operands and the result are in memory, and what the loops turn is moved in circles.
#ifndef LOAM_HOT_HOT_QUICK_FIXTURE_TEST_H
#define LOAM_HOT_HOT_QUICK_FIXTURE_TEST_H

#include "hot/hot_quick.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define CIRCLE_WORDS 13   // a register more than there are for words,
#define CIRCLE_DOUBLES 15 // and for doubles
#define CIRCLE (CIRCLE_WORDS + CIRCLE_DOUBLES)
#define CIRCLE_AT 8 // of the frame: what is turned; words first
#define FRAME_WORDS 64

static struct emit_memory memory;
static const struct hot_llvm *l;
static int64_t frame[FRAME_WORDS], thread[8];
static const void *dispatch[4];
static const char *declarations;        // of what else is called,
static const struct op_symbol *symbols; // and where it is
static struct {
  void *pc, *sp, *fp, *th, *dispatch;
  int64_t tos;
} left; // what reached hot_leave

static int open_memory(void **state) {
  (void)state;
  return emit_memory_init(&memory, NULL) != LOAM_OK;
}

static int close_memory(void **state) {
  (void)state;
  emit_memory_fini(&memory);
  return 0;
}

// ---- making and running code ---------------------------------------------------------------------------------------

#define REGISTERS void *pc, void *sp, void *fp, void *th, int64_t tos, void *table
typedef __attribute__((preserve_none)) void handler(REGISTERS);
static __attribute__((preserve_none, noinline)) void hot_leave(REGISTERS) {
  left.pc = pc, left.sp = sp, left.fp = fp, left.th = th, left.tos = tos, left.dispatch = table;
}

#define SYMBOL(name) {#name, (const void *)(uintptr_t)&name}
static const struct op_symbol own_symbols[] = {SYMBOL(hot_leave), {"numbers", frame}, {NULL, NULL}};
#define HANDLER(name) \
  "define preserve_nonecc void @" name "(ptr %pc, ptr %sp, ptr %fp, ptr %th, i64 %tos, ptr %dispatch) {\n"
#define JUMP(to, values) "  musttail call preserve_nonecc void " to "(" values ")\n  ret void\n"
#define LEAVE(tos) JUMP("@hot_leave", "ptr %pc, ptr %sp, ptr %fp, ptr %th, i64 " tos ", ptr %dispatch")

// A unit of a module's text. The test is skipped where there is no LLVM.
struct parsed {
  struct hot_compiler compiler;
  struct hot_build build;
};

static void parse(struct parsed *unit, const char *source) {
  struct text all = {0};
  struct error err = {0};
  char *message = NULL;
  if (!(l = hot_llvm_open(&err))) skip();
  *unit =
      (struct parsed){.compiler = {.llvm = l, .context = l->LLVMContextCreate(), .memory = &memory, .verify = true}};
  unit->build = (struct hot_build){.compiler = &unit->compiler, .l = l};
  text_printf(&all,
              "@numbers = external global i64\n"
              "declare preserve_nonecc void @hot_leave(ptr, ptr, ptr, ptr, i64, ptr)\n%s%s",
              declarations ? declarations : "", source);
  LLVMMemoryBufferRef buffer = l->LLVMCreateMemoryBufferWithMemoryRangeCopy(all.bytes, all.length, "test");
  if (l->LLVMParseIRInContext(unit->compiler.context, buffer, &unit->build.module, &message))
    fail_msg("%s\n%s", message, source);
  if (l->LLVMVerifyModule(unit->build.module, LLVMReturnStatusAction, &message)) fail_msg("%s\n%s", message, source);
  l->LLVMDisposeMessage(message);
  text_fini(&all);
}

static void forget(struct parsed *unit) {
  l->LLVMDisposeModule(unit->build.module);
  l->LLVMContextDispose(unit->compiler.context);
}

static enum loam_err generate(const struct parsed *unit, struct hot_object *object, struct error *err) {
  const struct op_symbol *const tables[] = {own_symbols, symbols};
  return hot_quick_generate(&unit->build, tables, symbols ? 2 : 1, object, err);
}

struct code {
  struct hot_object object;
  handler *run; // its function f
};

static struct code make(const char *source) {
  struct parsed unit;
  struct code code;
  struct error err = {0};
  parse(&unit, source);
  if (generate(&unit, &code.object, &err) != LOAM_OK) fail_msg("%s\n%s", err.text, source);
  forget(&unit);
  const struct hot_function *f = hot_object_function(&code.object, "f");
  assert_non_null(f);
  assert_true(emit_contains(&memory, f->address) && f->size > 0);
  code.run = (handler *)(uintptr_t)f->address;
  return code;
}

static void release(struct code *code) {
  emit_free(&memory, &code->object.code);
  hot_object_fini(&code->object);
  assert_int_equal(memory.bytes_used, 0);
}

// A function of its own, so that what handlers don't keep is kept here.
static __attribute__((noinline)) void enter(handler *code, int64_t tos) {
  code(&thread[6], &frame[4], frame, thread, tos, dispatch);
}

static int64_t run(const struct code *code, int64_t x, int64_t y) {
  memset(&left, 0, sizeof left);
  frame[0] = x;
  frame[1] = y;
  for (int i = 0; i < CIRCLE; i++) frame[CIRCLE_AT + i] = 1000 + i;
  enter(code->run, 5);
  assert_ptr_equal(left.pc, &thread[6]);
  assert_ptr_equal(left.sp, &frame[4]);
  assert_ptr_equal(left.fp, frame);
  assert_ptr_equal(left.th, thread);
  assert_ptr_equal(left.dispatch, dispatch);
  return left.tos;
}

// ---- functions of some instructions --------------------------------------------------------------------------------

static const char *circle_type(int i) { return i < CIRCLE_WORDS ? "i64" : "double"; }

// What comes behind the i-th of a circle.
static int circle_next(int i) { return i + 1 == CIRCLE_WORDS ? 0 : i + 1 == CIRCLE ? CIRCLE_WORDS : i + 1; }

static void put_circle(struct text *out) {
  for (int i = 0; i < CIRCLE; i++)
    text_printf(out, "  %%at%d = getelementptr i64, ptr %%fp, i64 %d\n  %%v0.%d = load %s, ptr %%at%d\n", i,
                CIRCLE_AT + i, i, circle_type(i), i);
}

// A loop of three rounds, the first or the second: what is turned goes two places on.
static void put_loop(struct text *out, int n) {
  text_printf(out, "  br label %%before%d\nbefore%d:\n  br label %%loop%d\nloop%d:\n", n, n, n, n);
  text_printf(out, "  %%i%d = phi i64 [ 0, %%before%d ], [ %%j%d, %%loop%d ]\n", n, n, n, n);
  for (int i = 0; i < CIRCLE; i++)
    text_printf(out, "  %%v%d.%d = phi %s [ %%v%d.%d, %%before%d ], [ %%v%d.%d, %%loop%d ]\n", n, i, circle_type(i),
                n - 1, i, n, n, circle_next(i), n);
  text_printf(out, "  %%j%d = add i64 %%i%d, 1\n  %%again%d = icmp ult i64 %%j%d, 3\n", n, n, n, n);
  text_printf(out, "  br i1 %%again%d, label %%loop%d, label %%behind%d\nbehind%d:\n", n, n, n, n);
}

static struct code compile(const char *insns, bool in_memory) {
  struct text source = {0};
  text_printf(&source, "%s",
              HANDLER("f") "  %yp = getelementptr i64, ptr %fp, i64 1\n"
                           "  %x = load i64, ptr %fp\n  %y = load i64, ptr %yp\n"
                           "  %dx = load double, ptr %fp\n  %dy = load double, ptr %yp\n");
  if (in_memory) put_circle(&source), put_loop(&source, 1);
  text_printf(&source, "  br label %%start\nstart:\n%s\n", insns);
  if (in_memory) put_loop(&source, 2);
  for (int i = 0; in_memory && i < CIRCLE; i++)
    text_printf(&source, "  store %s %%v2.%d, ptr %%at%d\n", circle_type(i), i, i);
  if (strstr(insns, "%h = ")) text_printf(&source, "  %%r = zext i32 %%h to i64\n");
  if (strstr(insns, "%d = ")) text_printf(&source, "  %%r = bitcast double %%d to i64\n");
  if (strstr(insns, "%c = ")) text_printf(&source, "  %%r = zext i1 %%c to i64\n");
  text_printf(&source, "%s}\n", LEAVE("%r"));
  struct code code = make(source.bytes);
  text_fini(&source);
  return code;
}

static void check_run(const struct code *code, const char *insns, bool in_memory, int64_t x, int64_t y,
                      int64_t expected) {
  int64_t found = run(code, x, y);
  if (found != expected)
    fail_msg("%s\nof %" PRId64 " and %" PRId64 " in %s is %" PRIx64 ", expected %" PRIx64, insns, x, y,
             in_memory ? "memory" : "registers", found, expected);
  if (!in_memory) return;
  for (int i = 0; i < CIRCLE; i++) {
    int from = i; // four places on: two loops
    for (int k = 0; k < 4; k++) from = circle_next(from);
    assert_int_equal(frame[CIRCLE_AT + i], 1000 + from);
  }
}

static inline void check(const char *insns, int64_t x, int64_t y, int64_t expected) {
  for (int in_memory = 0; in_memory < 2; in_memory++) {
    struct code code = compile(insns, in_memory);
    check_run(&code, insns, in_memory, x, y, expected);
    release(&code);
  }
}

// For all pairs of some words: is it what C says?
static inline void check_pairs(const char *insns, const int64_t *words, unsigned count,
                               int64_t (*expected)(const void *context, int64_t x, int64_t y), const void *context) {
  for (int in_memory = 0; in_memory < 2; in_memory++) {
    struct code code = compile(insns, in_memory);
    for (unsigned i = 0; i < count; i++)
      for (unsigned k = 0; k < count; k++)
        check_run(&code, insns, in_memory, words[i], words[k], expected(context, words[i], words[k]));
    release(&code);
  }
}

static inline int64_t bits_of(double d) {
  int64_t bits;
  memcpy(&bits, &d, sizeof bits);
  return bits;
}

#endif
