// SPDX-License-Identifier: MIT
//
// hot_quick_int.h: a function on its way from LLVM's IR to machine code (hot_quick.h).
//
// Instructions have numbers in the order in which their code will stand; a value has the number of the instruction that
// makes it. Position 2n is where instruction n reads its operands, 2n + 1 where it writes its result.
#ifndef LOAM_HOT_HOT_QUICK_INT_H
#define LOAM_HOT_HOT_QUICK_INT_H

#ifndef LOAM_HOT_MODULE
#error "hot_quick_int.h is hot's own"
#endif

#include "hot/hot_quick.h"

#define QUICK_NONE UINT32_MAX
#define QUICK_PARAMS 6 // of handlers

// What an instruction is. Widths are in bits; those of pointers are 64, those of doubles 64, too.
enum quick_op {
  QUICK_NOTHING, // no code: an assumption, or what only LLVM looks at
  QUICK_PARAM,
  QUICK_PHI,
  QUICK_SAME, // the value of its operand: a conversion that changes no bit that anybody reads
  QUICK_ADD,
  QUICK_SUB,
  QUICK_MUL,
  QUICK_AND,
  QUICK_OR,
  QUICK_XOR,
  QUICK_SHL,
  QUICK_LSHR,
  QUICK_ASHR,
  QUICK_SDIV,
  QUICK_SREM,
  QUICK_UDIV,
  QUICK_UREM,
  QUICK_ROTL,
  QUICK_FADD,
  QUICK_FSUB,
  QUICK_FMUL,
  QUICK_FDIV,
  QUICK_FNEG,
  QUICK_FABS,
  QUICK_FSQRT,
  QUICK_ICMP,
  QUICK_FCMP,
  QUICK_ABS,
  QUICK_BSWAP, // the bytes the other way round
  QUICK_SELECT,
  QUICK_CHOOSE, // the smaller or larger one, by the predicate
  QUICK_ZEXT,
  QUICK_SEXT,
  QUICK_TO_BIT,  // the lowest bit
  QUICK_BITCAST, // between a word and a double
  QUICK_SITOFP,
  QUICK_FPTOSI,
  QUICK_ADDRESS, // of an element
  QUICK_ALLOCA,
  QUICK_LOAD,
  QUICK_STORE,
  QUICK_OVERFLOW, // ADD, SUB or MUL, whose overflow is asked for by
  QUICK_FLAG,     // this, right behind
  QUICK_POLL,     // a word of memory compared with 0: is it different?
  QUICK_CALL,     // of a C function
  QUICK_JUMP,     // to a handler, which ends the function
  QUICK_BRANCH,
  QUICK_BRANCH_IF,
  QUICK_SWITCH,
  QUICK_END // control doesn't come here
};

// May the operands of an operation change places?
static inline bool hot_quick_is_commutative(unsigned op) {
  return op == QUICK_ADD || op == QUICK_MUL || op == QUICK_AND || op == QUICK_OR || op == QUICK_XOR ||
         op == QUICK_FADD || op == QUICK_FMUL;
}

enum quick_operand_kind {
  QUICK_ANYTHING, // poison
  QUICK_VALUE,
  QUICK_CONSTANT, // of integers and doubles the bits, those of narrow integers extended by their sign
  QUICK_FUNCTION  // of the unit
};

struct quick_operand {
  enum quick_operand_kind kind;
  uint32_t index; // of a value or function
  int64_t constant;
  bool is_double; // of a call's arguments
};

struct quick_insn {
  uint8_t op;         // enum quick_op
  uint8_t width;      // of the result; of what is compared, stored, or branched on
  uint8_t from_width; // of what is converted
  uint8_t arith;      // the operation whose overflow is asked for
  uint8_t predicate;  // LLVM's
  bool is_double;     // the result, or what is stored
  bool is_emitted;    // it has code of its own, and its value a place
  bool is_fused;      // a condition, made where it is branched on
  bool is_folded;     // a load that the only instruction which wants it makes itself
  bool is_ordered;    // a load that none behind it may overtake
  bool is_test;       // a comparison of an AND with 0
  uint8_t narrow;     // a comparison of so many bits of what an AND leaves of them; or 0
  uint32_t block;
  uint32_t users; // instructions that name it
  uint32_t operand_count;
  struct quick_operand *operands; // a call's: arguments, and what is called last
  int32_t scale;                  // an address's element, or where an alloca is in the frame
  const uint32_t *targets;        // a branch's blocks, and a phi's, from which its operands come
};

struct quick_block {
  LLVMBasicBlockRef ref;
  uint32_t first, end;   // its instructions
  uint32_t depth;        // of loops
  bool is_cold, is_head; // of a loop
  float weight;          // how often control comes here, to the entry once
  const uint32_t *targets;
  uint32_t target_count, way_count; // ways out and in
};

struct quick_range {
  uint32_t start, end; // positions: from the first up to the second, which is not in it
};

// Values that share one place. A group that was joined to another says so, and has nothing else to say.
struct quick_group {
  uint32_t parent; // itself
  struct quick_range *ranges;
  uint32_t range_count;
  float uses, area; // what it costs in memory, by weight; for how many positions it would have a register
  uint32_t friends[4];
  uint8_t friend_count;
  uint8_t wish; // a register that would save a move; QUICK_NO_REGISTER
  uint8_t reg;  // QUICK_NO_REGISTER: it is in memory
  bool is_double;
  int32_t slot; // its word in the native frame, above what is passed; negative: none
};

// Registers: the sixteen general ones by their numbers, then the sixteen of doubles.
enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15, XMM0 };
#define QUICK_REGISTERS 32
#define QUICK_NO_REGISTER 255
#define QUICK_SCRATCH RAX // never a value's; RCX neither, and the last two of doubles
#define QUICK_SCRATCH_2 RCX
#define QUICK_DOUBLE_SCRATCH (XMM0 + 15)
#define QUICK_DOUBLE_SCRATCH_2 (XMM0 + 14)
#define QUICK_WORDS_PASSED 6       // to a C function, in registers
#define QUICK_DOUBLES_PASSED_MAX 8 // the same
static const uint8_t hot_quick_jump_registers[QUICK_PARAMS] = {R12, R13, R14, R15, RDI, RSI};
static const uint8_t hot_quick_call_registers[QUICK_WORDS_PASSED] = {RDI, RSI, RDX, RCX, R8, R9};

struct quick_function {
  const struct hot_llvm *l;
  struct arena *arena;
  LLVMValueRef ref;
  const char *failure; // why it is refused, or NULL
  bool no_memory;
  bool verify; // look at all places again
  struct quick_insn *insns;
  struct quick_block *blocks; // in the order of their code
  uint32_t insn_count, block_count;
  struct quick_group *groups; // by value
  int32_t frame_bytes;        // of allocas and words for values
  int32_t passed_bytes;       // of arguments that don't fit registers, below these in the native frame
};

// An array of zeros that lives as long as the function. NULL: `no_memory` is set.
static inline void *hot_quick_array(struct quick_function *f, size_t count, size_t bytes_each) {
  void *array = arena_alloc(f->arena, count * bytes_each);
  if (!array) f->no_memory = true;
  return array;
}

// A unit's functions and names.
struct quick_names {
  const struct op_symbol *const *tables;
  size_t table_count;
  LLVMModuleRef module;
};

// ---- hot_quick_read.c ----------------------------------------------------------------------------------------------

// Reads a function. False: it has something unknown, or memory is out; see `failure`.
bool hot_quick_read(struct quick_function *f, const struct quick_names *names);

// ---- hot_quick_select.c --------------------------------------------------------------------------------------------

// An address: of a value, or of the native frame, and a multiple of another value.
struct quick_address {
  struct quick_operand base, index;
  bool is_frame;
  uint8_t shift; // what the index is multiplied with: a power of two, at most 3
  int32_t distance;
};

// Decides which instructions have code.
bool hot_quick_select(struct quick_function *f);
// What an operand is behind conversions that change nothing.
struct quick_operand hot_quick_leaf(const struct quick_function *f, struct quick_operand operand);
// The address that an operand is. The address of an element itself, when `own`, is that of its base and index.
struct quick_address hot_quick_address_of(const struct quick_function *f, struct quick_operand operand, bool own);
// What an instruction compares, and how many bits of it. Of a test: the operands of its AND.
unsigned hot_quick_compared(const struct quick_function *f, const struct quick_insn *insn,
                            struct quick_operand compared[2]);
// The load that an operand is, when it is folded into what reads it; or NULL.
const struct quick_insn *hot_quick_folded(const struct quick_function *f, struct quick_operand operand);
// Calls back for each value that the code of an instruction reads, but a phi's.
void hot_quick_each_read(const struct quick_function *f, const struct quick_insn *insn,
                         void (*fn)(void *context, uint32_t value), void *context);
// Are all bits from `bits` on 0 in the place of a value?
bool hot_quick_is_clean(const struct quick_function *f, struct quick_operand operand, unsigned bits);

// ---- hot_quick_place.c ---------------------------------------------------------------------------------------------

// Gives each value a place.
bool hot_quick_place(struct quick_function *f);
static inline struct quick_group *hot_quick_group_of(const struct quick_function *f, uint32_t value) {
  while (f->groups[value].parent != value) value = f->groups[value].parent;
  return &f->groups[value];
}
bool hot_quick_lives_at(const struct quick_group *group, uint32_t position);
// Does a C function keep what is in a register?
bool hot_quick_is_kept(uint8_t reg);

#endif
