// SPDX-License-Identifier: MIT
//
// hot_compile.c: from a request to a unit: plan, IR, LLVM's passes, machine code.
//
// The guest's bitcode is opened lazily when a unit calls bodies that no unit before it did, and linked into a module of
// bodies: so LLVM reads only those that are called, and once. A context is thrown away after HOT_CONTEXT_UNITS units,
// with that module, because it never forgets a type or a constant.
#define LOAM_HOT_MODULE
#include "hot/hot_ir.h"

#include "base/config.h"
#include "hot/hot_box.h"
#include "hot/hot_disasm.h"
#include "hot/hot_dump.h"
#include "hot/hot_forward.h"
#include "hot/hot_half.h"
#include "hot/hot_hoist.h"
#include "hot/hot_inline.h"
#include "hot/hot_late.h"
#include "hot/hot_machine.h"
#include "hot/hot_object.h"
#include "hot/hot_outcome.h"
#include "hot/hot_quick.h"
#include "hot/hot_runtime.h"
#include "hot/hot_scalar.h"
#include "hot/hot_select.h"
#include "hot/hot_width.h"
#include "os/os_clock.h"

#include <stdio.h>
#include <string.h>

#define FRAME_WORDS_MAX 2000u // LLVM takes minutes for functions with thousands of variables

#define UNIT_NS UINT64_C(2000000)      // what LLVM takes for a unit, roughly,
#define FUNCTION_NS UINT64_C(100000)   // for each function,
#define INSTRUCTION_NS UINT64_C(64000) // and each of the guest's instructions

// What LLVM runs when bodies are inlined (hot_inline.c) and tests of their outcomes gone (hot_outcome.c). Values take
// the place of slots, and tests on what is known go; loops are turned and cleared of what doesn't change. No inlining
// by cost, no vectors, no unrolling: the bodies hold nothing for them, and time is short. Each pass here was kept
// because without it code gets slower or larger. Jumps are threaded twice: before instcombine, which makes arithmetic
// of what two ways bring to a join, and behind it, when a comparison is one of the value that came, not of what it was
// converted to. So a method that isn't the one called is tested once.
static const char early_passes[] = "function(sroa,early-cse<memssa>,jump-threading,simplifycfg,"
                                   "instcombine<no-verify-fixpoint>,jump-threading,simplifycfg)";
// Then objects become variables (hot_scalar.c), which become values.
static const char scalar_passes[] = "function(sroa,early-cse<memssa>,simplifycfg)";
#define SCALAR_ROUNDS 4 // objects in objects in objects
static const char box_passes[] = "function(loop-simplify,lcssa)";
// Then boxes go (hot_box.c). Blocks are joined before early-cse: it takes a test that is decided by one further up only
// for blocks that have one way in.
static const char late_passes[] =
    "function("
    "simplifycfg,early-cse<memssa>,loop-mssa(loop-rotate,licm,simple-loop-unswitch),instcombine<no-verify-fixpoint>,"
    "simplifycfg)";

// LLVM says more in its message than fits an error; its first line is enough.
static enum loam_err fail(struct error *err, const char *what, const char *detail) {
  int length = detail ? (int)strcspn(detail, "\n") : 0;
  return error_set(err, LOAM_ERR_FILE, "hot compiler: %s: %.*s", what, length, detail ? detail : "");
}

static LLVMModuleRef make_module(const struct hot_compiler *compiler, const char *name) {
  const struct hot_llvm *l = compiler->llvm;
  LLVMModuleRef module = l->LLVMModuleCreateWithNameInContext(name, compiler->context);
  l->LLVMSetTarget(module, HOT_LLVM_TRIPLE);
  l->LLVMSetDataLayout(module, HOT_LLVM_LAYOUT);
  return module;
}

static void close_context(struct hot_compiler *compiler) {
  if (!compiler->context) return;
  compiler->llvm->LLVMDisposeModule(compiler->bodies);
  compiler->llvm->LLVMContextDispose(compiler->context);
  compiler->context = NULL;
}

static enum loam_err open_context(struct hot_compiler *compiler, struct error *err) {
  if (!compiler->ops->bitcode) return fail(err, "the guest was built without bitcode", NULL);
  if (!compiler->llvm) compiler->llvm = hot_llvm_open(err);
  if (!compiler->llvm) return LOAM_ERR_FILE;
  if (compiler->context) return LOAM_OK;
  compiler->context = hot_llvm_make_context(compiler->llvm);
  compiler->llvm->LLVMContextSetDiscardValueNames(compiler->context, !(compiler->dump & DUMP_IR));
  compiler->bodies = make_module(compiler, "bodies");
  compiler->units_in_context = 0;
  return LOAM_OK;
}

// A context for one more unit.
static enum loam_err enter_context(struct hot_compiler *compiler, struct error *err) {
  if (compiler->units_in_context >= HOT_CONTEXT_UNITS) close_context(compiler);
  if (open_context(compiler, err) != LOAM_OK) return err->kind;
  ASSERT(compiler->units_in_context < HOT_CONTEXT_UNITS, "%u units were made in a context, of at most %d",
         compiler->units_in_context, HOT_CONTEXT_UNITS);
  compiler->units_in_context++;
  return LOAM_OK;
}

void hot_compiler_prepare(struct hot_compiler *compiler) {
  struct error err = {0};
  (void)open_context(compiler, &err);
}

void hot_compiler_fini(struct hot_compiler *compiler) {
  close_context(compiler);
  hot_machine_fini(compiler);
}

static void begin_module(struct hot_build *build) {
  const struct hot_llvm *l = build->l;
  LLVMContextRef context = build->compiler->context;
  build->module = make_module(build->compiler, build->plan->root->method->name);
  build->builder = l->LLVMCreateBuilderInContext(context);
  build->i1 = l->LLVMInt1TypeInContext(context);
  build->i32 = l->LLVMInt32TypeInContext(context);
  build->i64 = l->LLVMInt64TypeInContext(context);
  build->ptr = l->LLVMPointerTypeInContext(context, 0);
  LLVMTypeRef registers[] = {build->ptr, build->ptr, build->ptr, build->ptr, build->i64, build->ptr};
  build->handler = l->LLVMFunctionType(l->LLVMVoidTypeInContext(context), registers, COUNT_OF(registers), 0);
  LLVMMetadataRef weights[] = {l->LLVMMDStringInContext2(context, "branch_weights", strlen("branch_weights")),
                               l->LLVMValueAsMetadata(l->LLVMConstInt(build->i32, 2000, 0)),
                               l->LLVMValueAsMetadata(l->LLVMConstInt(build->i32, 1, 0))};
  build->likely = l->LLVMMetadataAsValue(context, l->LLVMMDNodeInContext2(context, weights, COUNT_OF(weights)));
  build->likely_kind = l->LLVMGetMDKindIDInContext(context, "prof", strlen("prof"));
}

// Naming an object touches no memory that anything else sees, but two objects are never one.
static void describe_markers(const struct hot_compiler *compiler) {
  const struct hot_llvm *l = compiler->llvm;
  static const char name[] = "memory";
  enum { INACCESSIBLE_MEMORY = 3 << 2 }; // llvm::MemoryEffects
  unsigned kind = l->LLVMGetEnumAttributeKindForName(name, sizeof name - 1);
  LLVMAttributeRef memory = l->LLVMCreateEnumAttribute(compiler->context, kind, INACCESSIBLE_MEMORY);
  static const char *const markers[] = {"op_marker_box", "op_marker_new"};
  for (unsigned i = 0; i < COUNT_OF(markers); i++) {
    LLVMValueRef marker = l->LLVMGetNamedFunction(compiler->bodies, markers[i]);
    if (marker) l->LLVMAddAttributeAtIndex(marker, (LLVMAttributeIndex)LLVMAttributeFunctionIndex, memory);
  }
}

static bool only_calls(const struct hot_llvm *l, LLVMValueRef user, LLVMValueRef f) {
  if (!l->LLVMIsACallInst(user) || l->LLVMGetCalledValue(user) != f) return false;
  unsigned named = 0;
  for (unsigned i = 0, count = (unsigned)l->LLVMGetNumOperands(user); i < count; i++)
    named += l->LLVMGetOperand(user, i) == f;
  return named == 1;
}

// What bodies name they call, as C does, and nothing else: so it can be named in a unit's module instead, and a call
// has one function (hot_inline.c).
static void check_names(const struct hot_compiler *compiler) {
  const struct hot_llvm *l = compiler->llvm;
  CHECK(!l->LLVMGetFirstGlobal(compiler->bodies), "hot.I4: a body names a variable");
  for (LLVMValueRef f = l->LLVMGetFirstFunction(compiler->bodies); f; f = l->LLVMGetNextFunction(f)) {
    const char *name = l->LLVMGetValueName2(f, &(size_t){0});
    unsigned convention = l->LLVMGetFunctionCallConv(f);
    CHECK(convention == LLVMCCallConv, "hot.I4: %s, which a body calls, has the calling convention %u", name,
          convention);
    for (LLVMUseRef use = l->LLVMGetFirstUse(f); use; use = l->LLVMGetNextUse(use))
      CHECK(only_calls(l, l->LLVMGetUser(use), f), "hot.I4: a body names %s other than by calling it", name);
  }
}

// Adds those of the bodies that are declared to the module of bodies. The buffer's bytes stay the guest's.
static enum loam_err link_bodies(const struct hot_compiler *compiler, struct error *err) {
  const struct hot_llvm *l = compiler->llvm;
  const struct op_bitcode *bitcode = compiler->ops->bitcode;
  LLVMMemoryBufferRef buffer = l->LLVMCreateMemoryBufferWithMemoryRange(bitcode->bytes, bitcode->size, "bodies", 0);
  LLVMModuleRef all;
  if (l->LLVMGetBitcodeModuleInContext2(compiler->context, buffer, &all)) {
    l->LLVMDisposeMemoryBuffer(buffer);
    return fail(err, "the guest's bitcode can't be read", NULL);
  }
  l->LLVMSetTarget(all, l->LLVMGetTarget(compiler->bodies));
  l->LLVMSetDataLayout(all, l->LLVMGetDataLayoutStr(compiler->bodies));
  for (LLVMValueRef f = l->LLVMGetFirstFunction(all); f; f = l->LLVMGetNextFunction(f)) {
    LLVMValueRef known = l->LLVMGetNamedFunction(compiler->bodies, l->LLVMGetValueName2(f, &(size_t){0}));
    if (!l->LLVMIsDeclaration(f))
      l->LLVMSetLinkage(f, LLVMLinkOnceODRLinkage); // or all would be linked
    else if (known)
      hot_inline_copy_attributes(l, known, f); // which linking doesn't do: a unit may have named it before a body did
  }
  if (l->LLVMLinkModules2(compiler->bodies, all)) return fail(err, "the guest's bitcode can't be linked", NULL);
  check_names(compiler);
  describe_markers(compiler);
  return LOAM_OK;
}

// Every function that the unit calls is in the module of bodies then, with its body if it has one. Handlers have none.
static enum loam_err find_bodies(const struct hot_build *build, struct error *err) {
  const struct hot_llvm *l = build->l;
  LLVMModuleRef bodies = build->compiler->bodies;
  bool is_new = false;
  for (LLVMValueRef f = l->LLVMGetFirstFunction(build->module); f; f = l->LLVMGetNextFunction(f)) {
    const char *name = l->LLVMGetValueName2(f, &(size_t){0});
    if (!l->LLVMIsDeclaration(f) || l->LLVMGetFunctionCallConv(f) != LLVMCCallConv) continue;
    if (l->LLVMGetNamedFunction(bodies, name)) continue;
    l->LLVMAddFunction(bodies, name, l->LLVMGlobalGetValueType(f));
    is_new = true;
  }
  if (!is_new || link_bodies(build->compiler, err) == LOAM_OK) return LOAM_OK;
  build->compiler->units_in_context = HOT_CONTEXT_UNITS; // the last: others would take what is declared for linked
  return err->kind;
}

// What is loaded from an address never changes.
static void describe_loads(const struct hot_build *build, LLVMValueRef address) {
  const struct hot_llvm *l = build->l;
  static const char name[] = "invariant.load";
  LLVMContextRef context = build->compiler->context;
  LLVMValueRef nothing = l->LLVMMetadataAsValue(context, l->LLVMMDNodeInContext2(context, NULL, 0));
  unsigned kind = l->LLVMGetMDKindIDInContext(context, name, sizeof name - 1);
  for (LLVMUseRef use = l->LLVMGetFirstUse(address); use; use = l->LLVMGetNextUse(use)) {
    LLVMValueRef user = l->LLVMGetUser(use);
    if (l->LLVMGetInstructionOpcode(user) == LLVMLoad) l->LLVMSetMetadata(user, kind, nothing);
  }
}

// The mutator is there, and the guest's state in it is always the same: LLVM may read it before a loop, whatever the
// loop writes. Without that each store of a guest with memory of its own would be followed by loading its address.
static void describe_mutator(const struct hot_build *build, LLVMValueRef function) {
  const struct hot_llvm *l = build->l;
  static const char name[] = "dereferenceable";
  unsigned kind = l->LLVMGetEnumAttributeKindForName(name, sizeof name - 1);
  LLVMAttributeRef readable = l->LLVMCreateEnumAttribute(build->compiler->context, kind, sizeof(struct mutator));
  l->LLVMAddAttributeAtIndex(function, HOT_TH_REGISTER + 1, readable); // 0 is the result
  LLVMValueRef th = l->LLVMGetParam(function, HOT_TH_REGISTER);
  for (LLVMUseRef use = l->LLVMGetFirstUse(th); use; use = l->LLVMGetNextUse(use)) {
    LLVMValueRef field = l->LLVMGetUser(use);
    if (l->LLVMGetInstructionOpcode(field) != LLVMGetElementPtr || l->LLVMGetNumOperands(field) != 2) continue;
    LLVMValueRef offset = l->LLVMGetOperand(field, 1);
    if (l->LLVMIsAConstantInt(offset) && l->LLVMConstIntGetZExtValue(offset) == offsetof(struct mutator, guest))
      describe_loads(build, field);
  }
}

// --verify=ir: what LLVM refuses is a fault of the passes here.
static void verify(struct hot_build *build) {
  char *message = NULL;
  if (!build->compiler->verify) return;
  bool broken = build->l->LLVMVerifyModule(build->module, LLVMReturnStatusAction, &message);
  CHECK(!broken, "LLVM refuses the code of %s: %s", build->plan->root->method->name, message);
  build->l->LLVMDisposeMessage(message);
}

static enum loam_err run_passes(struct hot_build *build, const char *passes, struct error *err) {
  const struct hot_llvm *l = build->l;
  LLVMPassBuilderOptionsRef options = l->LLVMCreatePassBuilderOptions();
  LLVMErrorRef error = l->LLVMRunPasses(build->module, passes, NULL, options); // no target: same code, in less time
  l->LLVMDisposePassBuilderOptions(options);
  if (!error) return LOAM_OK;
  char *message = l->LLVMGetErrorMessage(error);
  enum loam_err status = fail(err, "LLVM's passes", message);
  l->LLVMDisposeErrorMessage(message);
  return status;
}

static enum loam_err remove_objects(struct hot_build *build, struct error *err) {
  bool again = true;
  for (int round = 0; again && round < SCALAR_ROUNDS; round++)
    if (hot_scalar_run(build, &again) && run_passes(build, scalar_passes, err) != LOAM_OK) return err->kind;
  return LOAM_OK;
}

// Bodies in the place of their calls, with as little for LLVM to take away again as is cheap to see. What the simple
// ones leave in slots is known when the others are inlined; where these go by what their outcome is, single ways on
// show more, by which outcomes are known.
static bool put_bodies(struct hot_build *build) {
  if (!hot_inline_run(build, HOT_BODIES_SIMPLE) || !hot_forward_run(build)) return false;
  if (!hot_inline_run(build, HOT_BODIES_ALL)) return false;
  hot_outcome_run(build);
  if (!hot_forward_run(build)) return false;
  hot_outcome_run(build);
  return true;
}

static enum loam_err optimise(struct hot_build *build, struct error *err) {
  enum loam_err status;
  if (!put_bodies(build)) return error_set(err, LOAM_ERR_MEMORY, "hot compiler: no memory for bodies");
  verify(build);
  if (run_passes(build, early_passes, err) != LOAM_OK) return err->kind;
  if ((status = remove_objects(build, err)) != LOAM_OK) return status;
  if (run_passes(build, box_passes, err) != LOAM_OK) return err->kind;
  if (!hot_box_run(build)) return fail(err, "boxes that LLVM has merged", NULL);
  if (build->plan->failed) return error_set(err, LOAM_ERR_MEMORY, "hot compiler: no memory for boxes");
  for (const struct hot_entry *entry = build->entries; entry; entry = entry->next)
    describe_mutator(build, entry->function);
  hot_hoist_run(build);
  hot_half_run(build);
  if (build->plan->failed) return error_set(err, LOAM_ERR_MEMORY, "hot compiler: no memory for words of halves");
  verify(build);
  if (run_passes(build, late_passes, err) != LOAM_OK) return err->kind;
  hot_late_run(build);
  hot_select_run(build);
  hot_width_run(build);
  verify(build);
  return LOAM_OK;
}

static void dump_ir(const struct hot_build *build) {
  char *text = build->l->LLVMPrintModuleToString(build->module);
  fprintf(stderr, "%s\n", text);
  build->l->LLVMDisposeMessage(text);
}

static void dump_asm(const struct hot_build *build, const struct hot_object *object) {
  struct text text = {0};
  struct error err = {0};
  text_printf(&text, "hot code of %s, %zu bytes\n", build->plan->root->method->name, build->unit->code.size);
  for (uint32_t i = 0; i < object->function_count; i++) {
    const struct hot_function *function = &object->functions[i];
    text_printf(&text, "%s:\n", function->name);
    if (hot_disasm(function->address, function->size, (uintptr_t)function->address, &text, &err) != LOAM_OK)
      text_printf(&text, "%s\n", err.text);
  }
  if (!text.failed) fwrite(text.bytes, 1, text.length, stderr);
  text_fini(&text);
}

// ---- the unit ------------------------------------------------------------------------------------------------------

static bool is_published(const struct hot_entry *entry) {
  bool is_place = entry->kind == HOT_ENTRY_LOOP || entry->kind == HOT_ENTRY_HANDLER;
  return is_place && !entry->context->caller && !entry->full;
}

// Where the unit can be entered.
static enum loam_err fill_entries(struct hot_build *build, const struct hot_object *object, struct error *err) {
  struct method_code *published = &build->unit->published;
  uint32_t count = 0;
  for (const struct hot_entry *e = build->entries; e; e = e->next) count += is_published(e);
  uint32_t *words = mem_alloc_zero(count + 1, sizeof *words);
  const void **loops = mem_alloc_zero(count + 1, sizeof *loops);
  published->words = words;
  published->loops = loops;
  if (!words || !loops) return error_set(err, LOAM_ERR_MEMORY, "hot compiler: no memory for a unit");
  for (const struct hot_entry *e = build->entries; e; e = e->next) {
    const char *name = build->l->LLVMGetValueName2(e->function, &(size_t){0});
    const struct hot_function *function = hot_object_function(object, name);
    CHECK(function, "hot.I5: %s has no code", name);
    ASSERT((uintptr_t)function->address - (uintptr_t)build->unit->code.run < build->unit->code.size,
           "hot.I5: %s of %s is at %p, not in its unit", name, build->unit->method->name, function->address);
    if (e->kind == HOT_ENTRY_CALL) published->entry = function->address;
    if (!is_published(e)) continue;
    words[published->loop_count] = e->pc / 8;
    loops[published->loop_count++] = function->address;
  }
  ASSERT(published->loop_count == count, "hot.I5: %u of %u loops of %s have code", published->loop_count, count,
         build->unit->method->name);
  ASSERT(!published->entry == !build->plan->request->entry,
         "hot.I5: calls of %s are asked for: %d, and have code at %p", build->unit->method->name,
         build->plan->request->entry, published->entry);
  return LOAM_OK;
}

static enum loam_err copy_guards(struct hot_build *build, struct error *err) {
  struct hot_unit *unit = build->unit;
  unit->guards = mem_alloc_zero(build->guard_count + 1, sizeof *unit->guards);
  if (!unit->guards) return error_set(err, LOAM_ERR_MEMORY, "hot compiler: no memory for guards");
  ASSERT(build->guard_count <= build->guard_room, "hot.I1: %u guards are in room for %u", build->guard_count,
         build->guard_room);
  if (build->guard_count) memcpy(unit->guards, build->guards, build->guard_count * sizeof *unit->guards);
  for (uint32_t i = 0; i < build->guard_count; i++) unit->guards[i].unit = unit;
  unit->guard_count = build->guard_count;
  return LOAM_OK;
}

static enum loam_err copy_named(struct hot_build *build, struct error *err) {
  struct hot_unit *unit = build->unit;
  uint32_t count = 0;
  for (const struct hot_named *named = build->plan->named; named; named = named->next) count++;
  unit->named = mem_alloc(count * sizeof *unit->named);
  if (!unit->named) return error_set(err, LOAM_ERR_MEMORY, "hot compiler: no memory for names");
  for (const struct hot_named *named = build->plan->named; named; named = named->next)
    unit->named[unit->named_count++] = named->method;
  ASSERT(unit->named_count == count, "hot.I10: %u of %u methods are named", unit->named_count, count);
  return LOAM_OK;
}

static enum loam_err generate(struct hot_build *build, struct error *err) {
  if (copy_guards(build, err) != LOAM_OK || copy_named(build, err) != LOAM_OK) return err->kind;
  const struct op_symbol guards[] = {{"hot_guards", build->unit->guards}, {NULL, NULL}};
  const struct op_symbol *const tables[] = {guards, hot_runtime_symbols, build->compiler->ops->bitcode->symbols};
  struct hot_object object = {0};
  enum loam_err status = LOAM_ERR_LIMIT;
  if (!build->compiler->by_llvm) status = hot_quick_generate(build, tables, COUNT_OF(tables), &object, err);
  if (status == LOAM_ERR_LIMIT) {
    (void)snprintf(build->unit->by_llvm, sizeof build->unit->by_llvm, "%s",
                   build->compiler->by_llvm ? "as asked" : err->text);
    status = hot_machine_generate(build, tables, COUNT_OF(tables), &object, err);
  }
  if (status != LOAM_OK) return status;
  ASSERT(object.code.size && object.function_count, "hot.I12: an object was loaded with %u functions in %zu bytes",
         object.function_count, object.code.size);
  build->unit->code = object.code;
  status = fill_entries(build, &object, err);
  if (build->compiler->dump & DUMP_ASM) dump_asm(build, &object);
  if (build->compiler->dump & DUMP_MAPS) hot_dump_maps(build, &object);
  hot_object_fini(&object);
  const struct method *method = build->plan->root->method;
  emit_name(build->compiler->memory, &build->unit->code, "hot", method->name, method->source_name);
  return status;
}

static uint64_t end_phase(struct hot_build *build, enum hot_phase phase, uint64_t start) {
  uint64_t now = os_clock_thread_ns();
  ASSERT(now >= start, "phase %d ends at %llu ns and began at %llu", phase, (unsigned long long)now,
         (unsigned long long)start);
  build->unit->phase_ns[phase] = now - start;
  return now;
}

// What is inlined, and how often, is known only now. Up to here nearly nothing was spent.
static bool is_too_dear(const struct hot_build *build) {
  uint64_t cost = UNIT_NS + FUNCTION_NS * build->entry_count + INSTRUCTION_NS * build->instructions;
  uint64_t allowed = build->plan->request->allowed_ns;
  if (allowed && cost > allowed) build->compiler->too_dear_ns = cost;
  return build->compiler->too_dear_ns != 0;
}

static enum loam_err make_code(struct hot_build *build, struct error *err) {
  enum loam_err status = LOAM_OK;
  uint64_t start = os_clock_thread_ns();
  if (!hot_ir_build(build)) return error_set(err, LOAM_ERR_MEMORY, "hot compiler: no memory for a plan");
  if (is_too_dear(build)) return error_set(err, LOAM_ERR_LIMIT, "hot compiler: it takes too long for now");
  if ((status = find_bodies(build, err)) != LOAM_OK) return status;
  verify(build);
  start = end_phase(build, HOT_IR, start);
  if ((status = optimise(build, err)) != LOAM_OK) return status;
  start = end_phase(build, HOT_PASSES, start);
  if (build->compiler->dump & DUMP_IR) dump_ir(build);
  status = generate(build, err);
  end_phase(build, HOT_CODE, start);
  return status;
}

enum loam_err hot_compile(struct hot_compiler *compiler, const struct hot_request *request, struct hot_unit **unit,
                          struct error *err) {
  ASSERT(request->loop_count <= HOT_LOOPS_MAX && (request->entry || request->loop_count),
         "code of %s is requested for %u loops, of at most %d", request->method->name, request->loop_count,
         HOT_LOOPS_MAX);
  uint64_t start = os_clock_thread_ns(); // the budget is of processor time: a busy machine makes nothing dearer
  *unit = NULL;
  compiler->too_dear_ns = 0;
  if (request->method->local_count + request->method->frame_words > FRAME_WORDS_MAX)
    return error_set(err, LOAM_ERR_LIMIT, "hot compiler: %s has a frame of more than %u words", request->method->name,
                     FRAME_WORDS_MAX);
  if (enter_context(compiler, err) != LOAM_OK) return err->kind;
  struct hot_plan plan = {0};
  struct hot_build build = {.compiler = compiler, .l = compiler->llvm, .plan = &plan};
  build.unit = mem_alloc_zero(1, sizeof *build.unit);
  enum loam_err status = LOAM_OK;
  if (!build.unit || !hot_plan_init(&plan, request)) {
    status = error_set(err, LOAM_ERR_MEMORY, "hot compiler: no memory for a plan");
  } else {
    build.unit->method = request->method;
    begin_module(&build);
    status = make_code(&build, err);
    build.l->LLVMDisposeBuilder(build.builder);
    build.l->LLVMDisposeModule(build.module);
  }
  if (build.unit) {
    build.unit->instructions = build.instructions;
    build.unit->inlined = plan.inlined;
    build.unit->functions = build.entry_count;
    build.unit->compile_ns = os_clock_thread_ns() - start;
  }
  ASSERT(status != LOAM_OK || build.unit->code.size, "hot.I5: code of %s was made, and has no bytes",
         request->method->name);
  hot_plan_fini(&plan);
  if (status == LOAM_OK)
    *unit = build.unit;
  else if (build.unit)
    hot_unit_destroy(compiler, build.unit);
  return status;
}

void hot_unit_destroy(struct hot_compiler *compiler, struct hot_unit *unit) {
  if (unit->code.size) emit_free(compiler->memory, &unit->code);
  mem_free((void *)unit->published.words);
  mem_free((void *)unit->published.loops);
  mem_free(unit->guards);
  mem_free(unit->named);
  for (struct hot_frame *frame = unit->frames, *next; frame; frame = next) {
    next = frame->next;
    mem_free(frame);
  }
  mem_free(unit);
}
