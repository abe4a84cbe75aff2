// SPDX-License-Identifier: MIT
//
// zam_state.h: what a VM of this guest holds: code, functions, primitives, named values, and what the primitives keep.
#ifndef ZAM_STATE_H
#define ZAM_STATE_H

#include "zam_insn.h"
#include "zam_value.h"

#define ZAM_ARGS_MAX 1023
#define ZAM_MINOR_WORDS_MAX 256 // larger blocks are said to be born old
#define ZAM_ARITY_UNKNOWN UINT16_MAX
#define ZAM_CONTROLS 11 // fields of module Gc's control record

// A stretch of bytecode: the program's CODE section, or what a program made itself and may release again.
struct zam_code {
  struct zam_words words;          // of the program's file, where that stays
  int32_t *copy;                   // else: the same, or NULL
  struct zam_function **functions; // a table open at the next place, by the word where the body starts
  uint32_t function_count, function_room;
  uint8_t digest[16]; // MD5 of the words, when has_digest
  bool has_digest;
  uint32_t number;          // 0: the program's; no two have the same
  uint32_t users;           // when it was released: methods that aren't freed yet
  struct zam_place *places; // its debug information, sorted by word; see zam_debug.h
  uint32_t place_count, place_room;
  struct arena place_texts;
  size_t place_text_bytes;
  struct zam_watch *watch; // see zam_debugger.h
  struct zam_code *next;
};

// What a closure's code pointer points at: the function that begins at a word of the code, or a partial application of
// one, after its first `saved` arguments are known. Lives as long as its code; then it is empty (code is NULL), because
// a program may have kept a closure against its promise, and becomes another function's. A compiler has ten thousand,
// and calls a third of them: each takes 64 bytes.
#define ZAM_DIRECT_CALLS 4
struct zam_function {
  // By argument count, from 1: what such a call runs. First the adapter; when it was called, what the adapter found.
  struct method *calls[ZAM_DIRECT_CALLS];
  union {
    struct method *method;           // when arity is known
    struct zam_cold_code *cold_code; // before: NULL, or what its first calls run
  };
  uint16_t arity; // arguments that `method` takes; ZAM_ARITY_UNKNOWN until it is translated
  uint16_t saved;
  uint32_t pc; // of its entry; of a partial application, of the RESTART before it
  struct zam_code *code;
  union {
    struct zam_kin *kin;
    struct zam_function *next_empty;
  };
};

// What is kept of few functions.
enum zam_kin_kind {
  ZAM_ORIGINAL, // of a partial application: the function
  ZAM_PARTIAL,  // a partial application, with `saved` arguments
  ZAM_MAKER     // of calls with `saved` arguments, too few: makes a closure
};
struct zam_kin {
  struct zam_kin *next;
  uint16_t kind, saved;
  union {
    struct zam_function *function;
    struct method *maker;
  };
};

// A primitive: C code that bytecode calls. The first argument is args[0], the second args[-1], and so on: they lie on
// the VM stack, and the collector updates them there.
typedef enum loam_status zam_prim_fn(struct mutator *th, struct value *args, struct value *result);
struct zam_prim {
  const char *name;
  zam_prim_fn *fn; // NULL: known, not made yet; or, with op_args ZAM_PRIM_STUB, a struct zam_stub_prim
  uint16_t op;     // an op that does the same, 0 when there is none; it takes `op_args` arguments
  uint8_t op_args;
  uint16_t op_number; // the op's immediates, where it has some: an address, a number, in this order
  const void *op_address;
};
#define ZAM_PRIM_STUB UINT8_MAX

struct zam_named {
  const char *name;
  struct value value;
  struct zam_named *next;
};

struct zam_state {
  struct value globals;                      // first, for the op that reads it
  struct method *adapters[ZAM_ARGS_MAX + 1]; // by argument count: what a call of any function can go through
  struct method **overs[ZAM_ARGS_MAX + 1];   // by argument count, by arity: a call and a call of its result
  struct vm *vm;
  struct arena memory, functions;       // of functions alone: an address in there is one
  struct zam_code *codes;               // the newest first, the program's last
  uint32_t code_count;                  // ever made
  struct zam_function *empty_functions; // to be used again,
  struct zam_kin *empty_kin;            // these, too
  const struct zam_prim **prims;
  uint32_t prim_count, prim_room, global_count;
  uint64_t control[ZAM_CONTROLS];  // what Gc.get returns
  struct zam_scratch *scratch;     // of the translator
  struct zam_assembly *assembly;   // of methods that are put together from ops
  uint64_t windows_read;           // of the program's file, see zam_note_read
  uint32_t translated;             // functions, or copied as cold code
  struct zam_cold *cold;           // NULL before the program runs
  struct zam_libraries *libraries; // of C code; NULL: the program needs none
  struct zam_named *named;
  const char *program; // path of the bytecode file
  int argc;
  char **argv;
  struct value argument_vector; // Sys.argv, made once
  int64_t fresh_id;             // for objects
  struct zam_intern *interns;   // unmarshalling at work, for the roots
  struct zam_channel *channels;
  struct zam_finals *finals;
  struct zam_weaks *weaks;
  struct zam_signals *signals;
  struct method *thread_main;       // what a thread of the program runs first
  struct zam_threads *threads;      // NULL until the program asks for them
  struct zam_memprof *memprof;      // NULL until the program samples
  struct zam_debug *debug;          // NULL until it was asked for
  struct zam_debugger *debugger;    // NULL: none is connected
  _Atomic bool pending;             // signals or finalisers wait for a safepoint
  struct mutator *_Atomic receiver; // who looks after them: the main mutator, or who has the master lock; NULL: nobody
  struct zam_backtrace *backtrace;
  bool backtrace_active, parser_trace, exiting;
  bool closing;  // the VM is: finalizers in C are not called any more, as OCaml's runtime doesn't at its end
  bool verifies; // what the translator makes is verified once more
  int exit_status;
  struct value exiting_with;
  uint64_t compactions, forced_majors;     // that the program asked for
  uint64_t major_words, major_words_fresh; // of blocks that are said to be born old; since they made it collect
  uint64_t held, held_due, held_fresh;     // see zam_hold
};

static inline struct zam_state *zam_state(const struct mutator *th) { return th->guest; }

// The oldest code is the program's own.
static inline struct zam_code *zam_program_code(const struct zam_state *state) {
  struct zam_code *code = state->codes;
  while (code->next) code = code->next;
  return code;
}

static inline struct zam_function *zam_code_of(struct value closure) {
  return (struct zam_function *)(uintptr_t)zam_fields(closure)[0].bits;
}

#endif
