// SPDX-License-Identifier: MIT
//
// hot_scalar.c: objects that are not made, because nothing but the code that makes them ever sees them.
//
// A tuple that is taken apart at once, a cell and the closures that share it, an option that is matched: once bodies
// are inlined, all that happens to such an object is loads and stores of its words. Then it becomes a variable of the
// function (an alloca), header included, which LLVM's next pass splits into values; and the test for its room goes.
//
// Code that leaves still needs the object, and can't make it: a collection may be due. So it writes the words, as they
// are then, into a place of the thread's that is the object's own in this function (thread.unmade), and where a frame
// has the object it puts that place's address. hot_leave moves what it finds there into the heap (hot_remake.c): one
// object for each, however many frames and objects refer to it, and with whatever they refer to. No other address is
// that of the place, so in comparisons it stands for the object everywhere.
//
// What an object must not do (else it is made where the bytecode makes it): be stored anywhere but in such a place, be
// an argument, or join with another value. So at most one object of each `made` is there at a time, and no call that
// may collect comes while it is. An object that is stored into one that goes may go in the next round, when LLVM sees
// through the variable.
//
// Rejected: making the object on the way out, in room that was tested for before. That takes a test and a way out where
// nothing is made, and more code in each place that leaves.
#define LOAM_HOT_MODULE
#include "hot/hot_scalar.h"

#include "hot/hot_box_int.h"
#include "thread/thread.h"

#include <string.h>

#define WORDS_MAX 24  // of an object: larger ones live longer, and each way out would store all words
#define FILLS_MAX 256 // places of a function that write an object on their way out: they are code

// Blocks that end on the way out and need the object in its place.
struct fill {
  struct fill *next;
  LLVMBasicBlockRef block;
};

struct object {
  struct object *next;
  LLVMValueRef made;
  uint32_t words; // without the header
  struct fill *fills;
};

struct scalars {
  struct hot_boxes *boxes;
  const struct hot_llvm *l;
  LLVMValueRef remember; // heap_remember, or NULL
  struct object *objects;
  struct object *current; // the one whose uses are looked at
  uint32_t fills;         // in the function
  bool nested;            // an object was refused only because another one refers to it
  bool changed;
};

// ---- which objects can go ------------------------------------------------------------------------------------------

static void *allocate(struct scalars *s, size_t bytes) {
  void *memory = arena_alloc(&s->boxes->build->plan->memory, bytes);
  if (!memory) s->boxes->build->plan->failed = true;
  return memory;
}

static bool is_equality(const struct scalars *s, LLVMValueRef user) {
  LLVMIntPredicate predicate = s->l->LLVMGetICmpPredicate(user);
  return predicate == LLVMIntEQ || predicate == LLVMIntNE;
}

// Is all that follows from the value whether it equals others? Low bits of addresses are as good as the address.
static bool is_only_compared(const struct scalars *s, LLVMValueRef value) {
  const struct hot_llvm *l = s->l;
  for (LLVMUseRef use = l->LLVMGetFirstUse(value); use; use = l->LLVMGetNextUse(use)) {
    LLVMValueRef user = l->LLVMGetUser(use);
    if (l->LLVMGetInstructionOpcode(user) != LLVMICmp || !is_equality(s, user)) return false;
  }
  return true;
}

static bool is_small_mask(const struct scalars *s, LLVMValueRef value) {
  return s->l->LLVMIsAConstantInt(value) && s->l->LLVMConstIntGetZExtValue(value) < sizeof(uint64_t);
}

// The offset that a GEP or an addition of a constant adds, in bytes. False: it is something else.
static bool read_offset(const struct scalars *s, LLVMValueRef insn, int64_t *offset) {
  const struct hot_llvm *l = s->l;
  LLVMValueRef index = l->LLVMGetOperand(insn, 1);
  if (l->LLVMGetNumOperands(insn) != 2 || !l->LLVMIsAConstantInt(index)) return false;
  *offset = l->LLVMConstIntGetSExtValue(index);
  if (l->LLVMGetInstructionOpcode(insn) == LLVMAdd) return true;
  LLVMTypeRef type = l->LLVMGetGEPSourceElementType(insn);
  if (type == s->boxes->build->i64)
    *offset *= (int64_t)sizeof(uint64_t);
  else if (type != l->LLVMInt8TypeInContext(s->boxes->build->compiler->context))
    return false;
  return true;
}

// Bytes of what is loaded or stored: an integer or an address. 0: something else.
static uint64_t bytes_of(const struct scalars *s, LLVMValueRef value) {
  LLVMTypeRef type = s->l->LLVMTypeOf(value);
  if (type == s->boxes->build->ptr) return sizeof(uint64_t);
  if (s->l->LLVMGetTypeKind(type) == LLVMDoubleTypeKind) return sizeof(double);
  return s->l->LLVMGetTypeKind(type) == LLVMIntegerTypeKind ? (s->l->LLVMGetIntTypeWidth(type) + 7) / 8 : 0;
}

static bool is_within(const struct scalars *s, int64_t offset, LLVMValueRef value) {
  uint64_t bytes = bytes_of(s, value);
  return bytes && offset >= -(int64_t)sizeof(uint64_t) &&
         offset + (int64_t)bytes <= (int64_t)(s->current->words * sizeof(uint64_t));
}

// Does an address in the object do nothing but lead to its words?
static bool is_private_address(struct scalars *s, LLVMValueRef address, int64_t offset) {
  const struct hot_llvm *l = s->l;
  for (LLVMUseRef use = l->LLVMGetFirstUse(address); use; use = l->LLVMGetNextUse(use)) {
    LLVMValueRef user = l->LLVMGetUser(use);
    int64_t more;
    switch (l->LLVMGetInstructionOpcode(user)) {
    case LLVMLoad:
      if (!is_within(s, offset, user)) return false;
      break;
    case LLVMStore:
      if (l->LLVMGetOperand(user, 0) == address || !is_within(s, offset, l->LLVMGetOperand(user, 0))) return false;
      break;
    case LLVMGetElementPtr:
      if (!read_offset(s, user, &more) || !is_private_address(s, user, offset + more)) return false;
      break;
    case LLVMICmp:
      if (!is_equality(s, user)) return false;
      break;
    default: return false;
    }
  }
  return true;
}

static bool is_private_sum(struct scalars *s, LLVMValueRef sum) {
  const struct hot_llvm *l = s->l;
  int64_t offset;
  if (!read_offset(s, sum, &offset)) return false;
  for (LLVMUseRef use = l->LLVMGetFirstUse(sum); use; use = l->LLVMGetNextUse(use)) {
    LLVMValueRef user = l->LLVMGetUser(use);
    if (l->LLVMGetInstructionOpcode(user) != LLVMIntToPtr || !is_private_address(s, user, offset)) return false;
  }
  return true;
}

// `block` leaves, and needs the object in its place.
static bool add_fill(struct scalars *s, LLVMBasicBlockRef block) {
  for (const struct fill *known = s->current->fills; known; known = known->next)
    if (known->block == block) return true;
  struct fill *fill = s->fills < FILLS_MAX ? allocate(s, sizeof *fill) : NULL;
  ASSERT(s->fills <= FILLS_MAX, "a function writes objects at %u places, of at most %d", s->fills, FILLS_MAX);
  if (!fill) return false;
  *fill = (struct fill){s->current->fills, block};
  s->current->fills = fill;
  s->fills++;
  return true;
}

// A join where leaving places meet, and what is done with it there. `join` is the object, or joins it.
static bool is_published_join(struct scalars *s, LLVMValueRef join, LLVMValueRef value) {
  const struct hot_llvm *l = s->l;
  const struct hot_box_node *node = hot_box_node_of(s->boxes, l->LLVMGetInstructionParent(join));
  if (!node || node->kind != HOT_BOX_EXIT_BLOCK || !hot_box_is_published_only(s->boxes, join)) return false;
  for (unsigned i = 0; i < l->LLVMCountIncoming(join); i++) {
    if (l->LLVMGetIncomingValue(join, i) != value) continue;
    LLVMBasicBlockRef from = l->LLVMGetIncomingBlock(join, i);
    node = hot_box_node_of(s->boxes, from);
    if (node->kind != HOT_BOX_EXIT_BLOCK || !add_fill(s, from)) return false;
  }
  return true;
}

// Is the address one in an object that may go?
static bool is_in_object(const struct scalars *s, LLVMValueRef address) {
  const struct hot_llvm *l = s->l;
  while (l->LLVMIsAInstruction(address)) {
    LLVMOpcode opcode = l->LLVMGetInstructionOpcode(address);
    if (opcode != LLVMGetElementPtr && opcode != LLVMIntToPtr && opcode != LLVMAdd) break;
    address = l->LLVMGetOperand(address, 0);
  }
  return hot_box_calls(s->boxes, address, s->boxes->made);
}

static bool is_private_use(struct scalars *s, LLVMValueRef user, LLVMValueRef value) {
  const struct hot_llvm *l = s->l;
  if (hot_box_is_publishing(s->boxes, user, value)) return add_fill(s, l->LLVMGetInstructionParent(user));
  switch (l->LLVMGetInstructionOpcode(user)) {
  case LLVMIntToPtr: return is_private_address(s, user, 0);
  case LLVMAdd: return is_private_sum(s, user);
  case LLVMICmp: return is_equality(s, user);
  case LLVMAnd: return is_small_mask(s, l->LLVMGetOperand(user, 1)) || is_only_compared(s, user);
  case LLVMOr:
  case LLVMTrunc: return is_only_compared(s, user);
  case LLVMPHI: return is_published_join(s, user, value);
  case LLVMCall: return hot_box_calls(s->boxes, user, s->remember); // never comes there: the object isn't old
  case LLVMStore: s->nested |= is_in_object(s, l->LLVMGetOperand(user, 1)); return false;
  default: return false;
  }
}

static bool is_private(struct scalars *s, LLVMValueRef made) {
  const struct hot_llvm *l = s->l;
  bool private = true;
  for (LLVMUseRef use = l->LLVMGetFirstUse(made); use && private; use = l->LLVMGetNextUse(use))
  private = is_private_use(s, l->LLVMGetUser(use), made);
  return private;
}

// How many words a call of `new` says, without a header. 0: an unknown number, or the object has several tests or
// names.
static uint32_t known_words(const struct scalars *s, LLVMValueRef new) {
  ASSERT(hot_box_calls(s->boxes, new, s->boxes->new), "the words are asked for of what names no object");
  const struct hot_llvm *l = s->l;
  LLVMValueRef words = l->LLVMGetOperand(new, NEW_WORDS);
  unsigned made = 0, others = 0;
  for (LLVMUseRef use = l->LLVMGetFirstUse(new); use; use = l->LLVMGetNextUse(use)) {
    LLVMValueRef user = l->LLVMGetUser(use);
    made += hot_box_calls(s->boxes, user, s->boxes->made);
    others += !hot_box_calls(s->boxes, user, s->boxes->made) && !hot_box_calls(s->boxes, user, s->boxes->fits);
  }
  if (made != 1 || others || !l->LLVMIsAConstantInt(words)) return 0;
  uint64_t count = l->LLVMConstIntGetZExtValue(words);
  return count <= WORDS_MAX ? (uint32_t)count : 0;
}

static void consider(struct scalars *s, LLVMValueRef made) {
  uint32_t words = known_words(s, s->l->LLVMGetOperand(made, 0)), fills = s->fills;
  struct object *object = words ? allocate(s, sizeof *object) : NULL;
  if (!object) return;
  *object = (struct object){.next = s->objects, .made = made, .words = words};
  s->current = object;
  if (is_private(s, made))
    s->objects = object;
  else
    s->fills = fills;
}

// ---- objects become variables --------------------------------------------------------------------------------------

static LLVMValueRef byte_address(const struct scalars *s, LLVMValueRef base, uint64_t offset) {
  const struct hot_build *build = s->boxes->build;
  LLVMValueRef index = hot_ir_i64(build, offset);
  LLVMTypeRef byte = s->l->LLVMInt8TypeInContext(build->compiler->context);
  return s->l->LLVMBuildInBoundsGEP2(build->builder, byte, base, &index, 1, "");
}

static void position_at_start(const struct scalars *s, LLVMValueRef function) {
  const struct hot_llvm *l = s->l;
  LLVMValueRef first = l->LLVMGetFirstInstruction(l->LLVMGetEntryBasicBlock(function));
  l->LLVMPositionBuilderBefore(s->boxes->build->builder, first);
}

static bool has_fill(const struct object *object, LLVMBasicBlockRef block) {
  for (const struct fill *fill = object->fills; fill; fill = fill->next)
    if (fill->block == block) return true;
  return false;
}

// Will a block further on the only way out write the object? Once is enough: what is noted of a box is noted once.
static bool is_filled_later(const struct scalars *s, const struct object *object, LLVMBasicBlockRef block) {
  const struct hot_llvm *l = s->l;
  for (;;) {
    LLVMValueRef end = l->LLVMGetBasicBlockTerminator(block);
    if (l->LLVMGetNumSuccessors(end) != 1) return false;
    block = l->LLVMGetSuccessor(end, 0);
    if (has_fill(object, block)) return true;
  }
}

// Writes an object into its place at the end of a block. `variable` and `place` are addresses of headers.
static void fill_place(const struct scalars *s, const struct object *object, LLVMBasicBlockRef block,
                       LLVMValueRef variable, uint64_t place) {
  const struct hot_llvm *l = s->l;
  const struct hot_build *build = s->boxes->build;
  ASSERT(place + (object->words + 1) * sizeof(uint64_t) <=
             offsetof(struct thread, unmade) + sizeof(uint64_t[THREAD_UNMADE_WORDS]),
         "hot.I9: an object of %u words has its place at byte %llu of a thread", object->words,
         (unsigned long long)place);
  LLVMValueRef end = l->LLVMGetBasicBlockTerminator(block), before = l->LLVMGetPreviousInstruction(end);
  bool leaves = before && hot_box_calls(s->boxes, before, s->boxes->leave);
  l->LLVMPositionBuilderBefore(build->builder, leaves ? before : end);
  LLVMValueRef th = l->LLVMGetParam(l->LLVMGetBasicBlockParent(block), HOT_TH_REGISTER);
  for (uint32_t i = 0; i <= object->words; i++) {
    LLVMValueRef from = byte_address(s, variable, i * sizeof(uint64_t));
    LLVMValueRef word = l->LLVMBuildLoad2(build->builder, build->i64, from, "");
    l->LLVMBuildStore(build->builder, word, byte_address(s, th, place + i * sizeof(uint64_t)));
  }
  LLVMValueRef flag = byte_address(s, th, offsetof(struct thread, has_unmade));
  l->LLVMBuildStore(build->builder, l->LLVMConstInt(l->LLVMInt8TypeInContext(build->compiler->context), 1, 0), flag);
}

static void replace(const struct scalars *s, LLVMValueRef insn, LLVMValueRef by) {
  ASSERT(s->l->LLVMTypeOf(insn) == s->l->LLVMTypeOf(by), "opcode %d is replaced by a value of another type",
         (int)s->l->LLVMGetInstructionOpcode(insn));
  s->l->LLVMReplaceAllUsesWith(insn, by);
  s->l->LLVMInstructionEraseFromParent(insn);
}

// An address in the variable in the place of one that was computed from the object's. `payload`: what offset 0 is.
static void redirect(const struct scalars *s, LLVMValueRef to_ptr, LLVMValueRef variable, int64_t offset) {
  s->l->LLVMPositionBuilderBefore(s->boxes->build->builder, to_ptr);
  replace(s, to_ptr, byte_address(s, variable, (uint64_t)offset + sizeof(uint64_t)));
}

static void redirect_sum(const struct scalars *s, LLVMValueRef sum, LLVMValueRef variable) {
  const struct hot_llvm *l = s->l;
  int64_t offset;
  bool is_sum = read_offset(s, sum, &offset);
  ASSERT(is_sum, "an object's address goes into a sum that is not known");
  (void)is_sum;
  for (LLVMUseRef use; (use = l->LLVMGetFirstUse(sum));) redirect(s, l->LLVMGetUser(use), variable, offset);
  l->LLVMInstructionEraseFromParent(sum);
}

// All uses that lead to the object's words, or look at low bits of its address.
static void redirect_uses(const struct scalars *s, LLVMValueRef made, LLVMValueRef variable) {
  const struct hot_llvm *l = s->l;
  for (LLVMUseRef use = l->LLVMGetFirstUse(made); use;) {
    LLVMValueRef user = l->LLVMGetUser(use);
    LLVMOpcode opcode = l->LLVMGetInstructionOpcode(user);
    if (opcode == LLVMIntToPtr) {
      redirect(s, user, variable, 0);
    } else if (opcode == LLVMAdd) {
      redirect_sum(s, user, variable);
    } else if (opcode == LLVMAnd && is_small_mask(s, l->LLVMGetOperand(user, 1))) {
      replace(s, user, hot_ir_i64(s->boxes->build, 0));
    } else {
      use = l->LLVMGetNextUse(use);
      continue;
    }
    use = l->LLVMGetFirstUse(made);
  }
}

static void drop_tests(const struct scalars *s, LLVMValueRef new) {
  const struct hot_llvm *l = s->l;
  for (LLVMUseRef use; (use = l->LLVMGetFirstUse(new));) {
    ASSERT(hot_box_calls(s->boxes, l->LLVMGetUser(use), s->boxes->fits),
           "an object goes that more than its test names");
    replace(s, l->LLVMGetUser(use), l->LLVMConstInt(s->boxes->build->i1, 1, 0));
  }
  l->LLVMInstructionEraseFromParent(new);
}

// `place`: of its header, in a thread.
static void take_apart(struct scalars *s, const struct object *object, LLVMValueRef function, uint64_t place) {
  ASSERT(object->words && object->words <= WORDS_MAX, "an object of %u words becomes a variable, of at most %d",
         object->words, WORDS_MAX);
  const struct hot_llvm *l = s->l;
  struct hot_build *build = s->boxes->build;
  LLVMValueRef made = object->made, new = l->LLVMGetOperand(made, 0);
  position_at_start(s, function);
  LLVMTypeRef type = l->LLVMArrayType2(build->i64, object->words + 1);
  LLVMValueRef variable = l->LLVMBuildAlloca(build->builder, type, "");
  LLVMValueRef payload = byte_address(s, l->LLVMGetParam(function, HOT_TH_REGISTER), place + sizeof(uint64_t));
  LLVMValueRef address = l->LLVMBuildPtrToInt(build->builder, payload, build->i64, "");
  l->LLVMPositionBuilderBefore(build->builder, made);
  l->LLVMBuildStore(build->builder, l->LLVMGetOperand(new, BOX_HEADER), variable);
  for (const struct fill *fill = object->fills; fill; fill = fill->next)
    if (!is_filled_later(s, object, fill->block)) fill_place(s, object, fill->block, variable, place);
  redirect_uses(s, made, variable);
  replace(s, made, address);
  drop_tests(s, new);
  s->changed = true;
}

// A thread's address has no low bits: LLVM finds out by itself what tests of places are true.
static void align_thread(const struct scalars *s, LLVMValueRef function) {
  const struct hot_llvm *l = s->l;
  static const char name[] = "align";
  unsigned kind = l->LLVMGetEnumAttributeKindForName(name, sizeof name - 1);
  LLVMAttributeRef align = l->LLVMCreateEnumAttribute(s->boxes->build->compiler->context, kind, sizeof(uint64_t));
  l->LLVMAddAttributeAtIndex(function, HOT_TH_REGISTER + 1, align);
}

static struct hot_entry *entry_of(const struct hot_build *build, LLVMValueRef function) {
  struct hot_entry *entry = build->entries;
  while (entry && entry->function != function) entry = entry->next;
  return entry;
}

static void run(struct scalars *s, LLVMValueRef function) {
  const struct hot_llvm *l = s->l;
  struct hot_entry *entry = entry_of(s->boxes->build, function);
  if (!entry) return;
  s->objects = NULL;
  s->fills = 0;
  hot_box_collect(s->boxes, function);
  if (s->boxes->build->plan->failed) return; // blocks may have no nodes
  for (LLVMUseRef use = l->LLVMGetFirstUse(s->boxes->made); use; use = l->LLVMGetNextUse(use)) {
    LLVMValueRef made = l->LLVMGetUser(use);
    LLVMValueRef new = l->LLVMGetOperand(made, 0);
    if (l->LLVMGetBasicBlockParent(l->LLVMGetInstructionParent(made)) != function) continue;
    if (hot_box_calls(s->boxes, new, s->boxes->new)) consider(s, made);
  }
  if (s->objects) align_thread(s, function);
  for (const struct object *object = s->objects; object; object = object->next) {
    if (entry->unmade_count == THREAD_UNMADE_MAX || entry->unmade_words + object->words + 1 > THREAD_UNMADE_WORDS)
      break;
    uint64_t place = offsetof(struct thread, unmade) + entry->unmade_words * sizeof(uint64_t);
    entry->unmade_count++;
    entry->unmade_words += object->words + 1;
    take_apart(s, object, function, place);
    ASSERT(entry->unmade_count <= THREAD_UNMADE_MAX && entry->unmade_words <= THREAD_UNMADE_WORDS,
           "hot.I9: a function leaves %u objects of %u words unmade", entry->unmade_count, entry->unmade_words);
  }
}

bool hot_scalar_run(struct hot_build *build, bool *again) {
  const struct hot_llvm *l = build->l;
  struct hot_boxes boxes;
  hot_box_find_markers(build, &boxes);
  struct scalars scalars = {.boxes = &boxes, .l = l};
  scalars.remember = l->LLVMGetNamedFunction(build->module, "heap_remember");
  if (boxes.new && boxes.made && boxes.leave)
    for (LLVMValueRef f = l->LLVMGetFirstFunction(build->module); f; f = l->LLVMGetNextFunction(f))
      if (!l->LLVMIsDeclaration(f) && !build->plan->failed && !boxes.strange) run(&scalars, f);
  *again = scalars.changed && scalars.nested;
  return scalars.changed;
}
