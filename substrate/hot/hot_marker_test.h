// SPDX-License-Identifier: MIT
//
// hot_marker_test.h: for the tests of passes (hot_box_test.c, hot_scalar_test.c, hot_late_test.c): a module from text,
// a pass runs on it, and what comes out is text again, to be counted in.
#ifndef LOAM_HOT_HOT_MARKER_TEST_H
#define LOAM_HOT_HOT_MARKER_TEST_H

#include "hot/hot_plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char *text; // of the module behind the pass; LLVM's
static const struct hot_llvm *l;

// The compiler has its context. `before` declares what `body` uses, and begins the function f.
static void fill_build(struct hot_build *build, const char *before, const char *body) {
  LLVMContextRef context = build->compiler->context;
  char source[8000], *message = NULL;
  int length = snprintf(source, sizeof source, "%s%s}\n", before, body);
  LLVMMemoryBufferRef buffer = l->LLVMCreateMemoryBufferWithMemoryRangeCopy(source, (size_t)length, "test");
  if (l->LLVMParseIRInContext(context, buffer, &build->module, &message)) fail_msg("%s", message);
  build->builder = l->LLVMCreateBuilderInContext(context);
  build->i1 = l->LLVMInt1TypeInContext(context);
  build->i32 = l->LLVMInt32TypeInContext(context);
  build->i64 = l->LLVMInt64TypeInContext(context);
  build->ptr = l->LLVMPointerTypeInContext(context, 0);
}

// All that a pass looks at: f is the only entry.
struct marker_unit {
  struct hot_compiler compiler;
  struct hot_plan plan;
  struct hot_entry entry;
  struct hot_build build;
};
// Skips the test where there is no LLVM. The unit stays where it is until empty_build.
static inline void fill_unit(struct marker_unit *unit, const char *before, const char *body) {
  struct error err = {0};
  if (!(l = hot_llvm_open_machine(&err))) skip();
  *unit = (struct marker_unit){.compiler = {.llvm = l, .context = l->LLVMContextCreate()}};
  unit->build = (struct hot_build){.compiler = &unit->compiler, .l = l, .plan = &unit->plan, .entries = &unit->entry};
  fill_build(&unit->build, before, body);
  unit->entry.function = l->LLVMGetNamedFunction(unit->build.module, "f");
}

// Sets `text`. `good`: the pass did its work, and LLVM must find nothing wrong with it.
static void empty_build(struct hot_build *build, bool good) {
  char *message = NULL;
  if (good && l->LLVMVerifyModule(build->module, LLVMReturnStatusAction, &message)) fail_msg("%s", message);
  l->LLVMDisposeMessage(message);
  text = l->LLVMPrintModuleToString(build->module);
  l->LLVMDisposeBuilder(build->builder);
  l->LLVMDisposeModule(build->module);
  l->LLVMContextDispose(build->compiler->context);
  hot_plan_fini(build->plan);
}

static inline unsigned count(const char *what) {
  unsigned found = 0;
  for (const char *at = text; (at = strstr(at, what)); at++) found++;
  return found;
}

#endif
