// SPDX-License-Identifier: MIT
//
// hot_ir.h: making LLVM IR of a plan.
//
// Each entry of the plan becomes a function with the interpreter's signature. Each word of the frames is a stack slot
// of LLVM's (an alloca), which its first pass turns into values; instructions are calls of their ops' bodies on these,
// to be inlined. What is in memory:
//   - on entry every live word is in its frame, except the top operand of a loop entry and the result of a return
//   entry,
//     which come in the register `tos`;
//   - a call, a slow path and an exit first store all words that may differ from memory, and the headers of inlined
//     frames ("publish"): from there on the frames are as the interpreter would have left them;
//   - behind a slow path that comes back, all live words are loaded again, because objects may have moved.
// No function keeps anything anywhere else, so control may leave for a lower engine wherever an instruction starts.
#ifndef LOAM_HOT_HOT_IR_H
#define LOAM_HOT_HOT_IR_H

#include "hot/hot_plan.h"
#include "interp/interp.h"

#define HOT_OPERANDS_MAX 64  // inputs, outputs and immediates of one op
#define HOT_PRESERVE_NONE 21 // LLVM's number for the calling convention of the interpreter's handlers
// Places of the interpreter's registers among the parameters of handlers.
enum { HOT_SP_REGISTER = 1, HOT_FP_REGISTER = 2, HOT_TH_REGISTER = 3, HOT_TOS_REGISTER = 4 };

// A variable in the place of a call's cache, where nothing else is expected than what that held.
struct hot_cache {
  struct hot_cache *next;
  LLVMValueRef variable;
  uint64_t holds;
};

// A unit on its way to IR.
struct hot_build {
  struct hot_compiler *compiler;
  const struct hot_llvm *l;
  struct hot_plan *plan;
  struct hot_unit *unit;
  LLVMModuleRef module;
  LLVMBuilderRef builder;
  LLVMTypeRef i1, i32, i64, ptr, handler;
  LLVMValueRef likely; // metadata of branches that are nearly always taken,
  unsigned likely_kind;
  struct hot_entry *entries, **entries_end;
  struct hot_cache *caches;
  struct hot_guard *guards; // in the plan's memory, until their number is known
  uint32_t guard_count, guard_room, entry_count, instructions;
  uint32_t transfers; // words stored and loaded between variables and frames
};

// A block of guest instructions in a function.
struct hot_block {
  const struct hot_entry *entry; // the function it is in
  struct hot_context *context;
  uint32_t pc;
  LLVMBasicBlockRef block;
  struct hot_block *next;
};

// Where the leaving places of one block meet.
struct hot_exit {
  struct hot_exit *next;
  const struct hot_context *context;
  uint32_t count;       // of the context's locals, those that frames have there,
  const uint64_t *live; // and those that are read; see hot_plan_live_set
  uint32_t horizon;     // before which what was done lies
  uint32_t words;       // that it stores
  LLVMBasicBlockRef block;
  LLVMValueRef guard, tos; // what they bring
};

// A word of the frames in a function.
struct hot_slot {
  LLVMValueRef variable; // NULL until first used
  LLVMValueRef value;    // what it holds as long as
  uint32_t run;          // this is the function's
};

// A function being made.
struct hot_ir_function {
  struct hot_build *build;
  struct hot_entry *entry;
  LLVMValueRef value, fp, th, tos;
  LLVMBasicBlockRef setup; // where slots are made; its end leads to the first block
  struct hot_slot *slots;  // by word - first_word
  // Blocks of which each has no way in but from the one before: the one being made, and their number.
  LLVMBasicBlockRef run_block;
  uint32_t run, run_count;
  int32_t first_word, word_count;
  struct hot_exit *exits;                 // of the block being made
  const uint32_t *written;                // of the root; see hot_plan_written
  struct hot_block *blocks, **blocks_end; // still to be filled
};

// What a place of the code leaves with: which operands are where. `start` holds values of operands [low, depth) that
// the instruction may have taken already; NULL: they are in their slots.
struct hot_state {
  struct hot_context *context;
  uint32_t pc, depth, low;
  const LLVMValueRef *start;
};

// An instruction being made.
struct hot_insn {
  struct hot_ir_function *f;
  struct hot_context *context;
  struct code_insn code;
  uint32_t next_pc, depth; // operands now
  struct hot_state state;  // before it
  LLVMValueRef start[HOT_OPERANDS_MAX];
  LLVMBasicBlockRef leave; // stores `state` and leaves; NULL as long as nothing needs it
  uint32_t guard;          // that block's, in the build's
  bool merged;             // a slow path came back within this instruction: it can't be started again
};

// ---- hot_ir.c: words, memory, exits --------------------------------------------------------------------------------

// Makes the module's functions for all entries, those that turn up on the way included. False: memory is out.
bool hot_ir_build(struct hot_build *build);

LLVMValueRef hot_ir_i32(const struct hot_build *build, uint32_t n);
LLVMValueRef hot_ir_i64(const struct hot_build *build, uint64_t n);
// The only block that leads to this one, and by one way; NULL: there are more, or none.
LLVMBasicBlockRef hot_ir_only_way(const struct hot_llvm *l, LLVMBasicBlockRef block);
// The only block that this one leads to; NULL: there are more, or none.
LLVMBasicBlockRef hot_ir_only_way_on(const struct hot_llvm *l, LLVMBasicBlockRef block);
// Do all ways from a block leave for a lower engine, past `depth` branches at most? `hot_leave`: the function.
bool hot_ir_leaves(const struct hot_llvm *l, LLVMValueRef hot_leave, LLVMBasicBlockRef block, unsigned depth);
// What came to a block's joins from `from` comes from `to`, unless that is NULL; with `stays`, from both.
void hot_ir_move_incoming(const struct hot_build *build, LLVMBasicBlockRef block, LLVMBasicBlockRef from,
                          LLVMBasicBlockRef to, bool stays);
LLVMValueRef hot_ir_first_behind_joins(const struct hot_llvm *l, LLVMBasicBlockRef block);
LLVMValueRef hot_ir_address(const struct hot_build *build, const void *address);
// A function or object of the substrate, by its name in a symbol table.
LLVMValueRef hot_ir_extern(const struct hot_build *build, const char *name, LLVMTypeRef type);
LLVMBasicBlockRef hot_ir_block(struct hot_ir_function *f);
void hot_ir_at(const struct hot_ir_function *f, LLVMBasicBlockRef block); // goes on writing at its end
// A fresh variable of the function, to be passed by address.
LLVMValueRef hot_ir_variable(struct hot_ir_function *f, LLVMTypeRef type);
// The variable of a word, which the caller may write to; the address of the word in memory.
LLVMValueRef hot_ir_slot(struct hot_ir_function *f, int32_t word);
LLVMValueRef hot_ir_word_address(const struct hot_ir_function *f, int32_t word);
LLVMValueRef hot_ir_get(struct hot_ir_function *f, int32_t word);
void hot_ir_set(struct hot_ir_function *f, int32_t word, LLVMValueRef value);
// A field of the mutator.
LLVMValueRef hot_ir_mutator_field(const struct hot_ir_function *f, size_t offset);

// Stores every word that is live with `depth` operands on the context's stack, but the topmost `held` ones.
void hot_ir_publish(struct hot_ir_function *f, const struct hot_state *state, uint32_t held);
// Loads every word that is live at an instruction, or part of one, with `depth` operands.
void hot_ir_reload(struct hot_ir_function *f, const struct hot_context *context, uint32_t pc, uint32_t depth);
// Before a C function is called that may collect: this unit is at work in the root's frame.
void hot_ir_mark_unit(struct hot_ir_function *f);

// A jump that ends the function. NULL where nobody looks at an argument.
void hot_ir_jump(struct hot_ir_function *f, LLVMValueRef target, LLVMValueRef pc, LLVMValueRef sp, LLVMValueRef fp,
                 LLVMValueRef tos, LLVMValueRef dispatch);
// Publishes a state and leaves for the lower engines at its instruction: because an assumption failed, perhaps as soon
// as the code was entered, or because the code ends there.
enum hot_leaving { HOT_FAILED, HOT_FAILED_AT_ENTRY, HOT_PLANNED };
void hot_ir_leave(struct hot_ir_function *f, const struct hot_state *state, enum hot_leaving why);
// The unit is so large that what comes now leaves for the lower engines.
bool hot_ir_is_full(const struct hot_build *build);
// Goes on at an instruction of a context: in this function, or in the one of a loop that it is in.
void hot_ir_go_to(struct hot_ir_function *f, struct hot_context *context, uint32_t pc);
struct hot_entry *hot_ir_entry(struct hot_build *build, struct hot_context *context, uint32_t pc,
                               enum hot_entry_kind kind);

// ---- hot_ir_op.c: instructions -------------------------------------------------------------------------------------

// Fills a block from its first instruction to where control goes elsewhere.
void hot_ir_fill(struct hot_ir_function *f, const struct hot_block *block);
// The block that leaves before this instruction.
LLVMBasicBlockRef hot_ir_leaving(struct hot_insn *insn);
// Does nobody want the mutator to stop?
LLVMValueRef hot_ir_nobody_wants_me(struct hot_ir_function *f);
// Goes on in a new block when `condition` holds, else elsewhere; `likely` it does.
void hot_ir_unless(struct hot_ir_function *f, LLVMValueRef condition, LLVMBasicBlockRef otherwise);
// Calls a slow body, a C function that may collect or throw; what must be published is. Leaves with the exception when
// it threw. The result is its outcome.
LLVMValueRef hot_ir_call_slow(struct hot_ir_function *f, uint16_t op, LLVMTypeRef type, LLVMValueRef *args,
                              unsigned count);

// ---- hot_ir_call.c: guest calls ------------------------------------------------------------------------------------

// Goes on in the function that a call's body has chosen; in the place of the running one, where the instruction is a
// tail call: its frame begins over where it calls itself. `expected` is what the op's cache `target` holds: a method, 0
// where nothing was called yet; NULL where it is not to be trusted.
void hot_ir_call(struct hot_insn *insn, LLVMValueRef callee, const struct method *const *expected, uint32_t arg_count);
// Is only what the cache holds expected to be called there?
bool hot_ir_expects(const struct hot_insn *insn, const struct method *held, uint32_t arg_count);
// Leaves the context with a result.
void hot_ir_return(struct hot_insn *insn, LLVMValueRef value, uint32_t frame_words);

// ---- hot_ir_throw.c: exceptions ------------------------------------------------------------------------------------

// Raises a value at `pc`, an instruction or part of one, with `live` operands below it.
void hot_ir_throw(struct hot_insn *insn, uint32_t pc, uint32_t live, LLVMValueRef value);
// Makes entries for those handlers of the root's that catch exceptions of what it calls.
void hot_ir_enter_handlers(struct hot_build *build);

#endif
