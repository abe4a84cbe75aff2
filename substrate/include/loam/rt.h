// SPDX-License-Identifier: MIT
//
// rt.h: what a guest calls in the substrate.
//
// Words used here:
//   value     one 64-bit word of the guest: a tagged value, raw bits, or a reference. Locals, operands and most
//             heap fields are values. The guest says which bit patterns are references (`value_is_ref`).
//   ref       the address of an object's payload, that is of the word after its header; 0 is no object.
//   mutator   a thread that runs guest code.
//   safepoint a place where a mutator's frames are complete in memory, so that the collector, an exception, a
//             backtrace or a limit may look at them.
//
// Effect marks on prototypes: MAY_GC: objects may move; any ref or value held in a C local must be listed in
// ROOTS() before the call. NO_GC: nothing moves. MAY_THROW: may return THROWN with `th->pending` set.
//
// Errors come in three kinds, never mixed. A bug: ASSERT or CHECK. A host failure (file, memory, bad input):
// `enum loam_err` with the detail in a `struct error`. A guest exception: pending in the mutator, and the function
// returns THROWN.
#ifndef LOAM_RT_H
#define LOAM_RT_H

#include "loam/loam.h" // enum loam_err

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAY_GC
#define NO_GC
#define MAY_THROW
#define LIKELY(cond) __builtin_expect(!!(cond), 1)
#define UNLIKELY(cond) __builtin_expect(!!(cond), 0)
#define PRINTF_LIKE(format_at, args_at) __attribute__((format(printf, format_at, args_at)))
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

struct mutator;
struct vm;
struct heap;
struct method;

// ---- base: errors, assertions, memory, text ----------------------------------------------------------------------

// The outcome of a function that runs for the guest.
enum loam_status { DONE = 0, THROWN = 1 };

// A host failure with its detail. Zero-initialise; no ownership.
struct error {
  enum loam_err kind;
  char text[480]; // one sentence without a final newline; what is longer is cut with "..."
};

// Records `kind` and the formatted sentence in `err` (which may be NULL) and returns `kind`.
enum loam_err error_set(struct error *err, enum loam_err kind, const char *format, ...) PRINTF_LIKE(3, 4);

// ASSERT: an invariant, checked in debug builds. CHECK: stays in release builds and guards the sandbox boundary.
// The message quotes the invariant by its number in the module's README and gives the values.
#define CHECK(cond, ...) \
  do { \
    if (UNLIKELY(!(cond))) check_failed(__FILE__, __LINE__, __func__, #cond, __VA_ARGS__); \
  } while (0)
#ifdef NDEBUG
#define ASSERT(cond, ...) ((void)sizeof(cond))
#else
#define ASSERT(cond, ...) CHECK(cond, __VA_ARGS__)
#endif
// Prints the report of a failed check (place, sentence, guest, method, pc, last events, options and the command to
// run it again) and aborts.
[[noreturn]] void check_failed(const char *file, int line, const char *function, const char *cond, const char *format,
                               ...) PRINTF_LIKE(5, 6);

// C memory. All of it goes through these, so that tests can make the Nth request fail. NULL when there is none.
// The caller owns the block and gives it to mem_free.
void *mem_alloc(size_t bytes);
void *mem_alloc_zero(size_t count, size_t bytes_each);
void *mem_resize(void *block, size_t bytes); // `block` stays valid when NULL comes back
// Makes room for one more in an array that grows: `array` is the address of a pointer to `count` elements, in room for
// *room; NULL and 0 at first. False when memory is out; then nothing is changed.
bool mem_grow_full(void *array, uint32_t *room, size_t bytes_each); // one that has no room left
static inline bool mem_grow(void *array, uint32_t count, uint32_t *room, size_t bytes_each) {
  return LIKELY(count < *room) || mem_grow_full(array, room, bytes_each);
}
// Makes room for so many in an array whose elements are of no worth any more: less is touched than when it grows.
// False when memory is out; then there is the old array.
bool mem_reserve(void *array, uint32_t *room, uint32_t count, size_t bytes_each);
void mem_free(void *block);
char *mem_copy_text(const char *text, size_t length); // NUL-terminated copy

// A growing byte string. Zero-initialise; text_fini frees it. After a failed growth `failed` is true, the bytes so far
// are kept and further appends do nothing: check it once, at the end.
struct text {
  char *bytes; // NUL-terminated when length > 0
  size_t length, capacity;
  bool failed;
};
void text_add(struct text *text, const char *bytes, size_t length);
void text_add_char(struct text *text, char c);
void text_add_line(struct text *text, const char *line); // adds `line` and a newline
void text_printf(struct text *text, const char *format, ...) PRINTF_LIKE(2, 3);
void text_vprintf(struct text *text, const char *format, va_list args);
void text_clear(struct text *text);
// Writes `n` in decimal so that it ends before `end`, with TEXT_DIGITS_MAX bytes of room; returns where it begins.
// Printf would take several times as long.
#define TEXT_DIGITS_MAX 20
char *text_digits(int64_t n, char *end);
void text_fini(struct text *text);

// Memory that is freed all at once: syntax trees, tables made while loading. Zero-initialise.
struct arena {
  struct arena_chunk *chunks;
  char *cursor, *limit;
};
void *arena_alloc(struct arena *arena, size_t bytes); // zeroed, 16-byte aligned; NULL when memory is out
// Whether `at`, any address, is that of a block, of an arena whose blocks all have `bytes`, a power of two from 16 to
// 1024.
bool arena_has(const struct arena *arena, uintptr_t at, size_t bytes);
void arena_fini(struct arena *arena);

// FNV-1a of `length` bytes, finished so that the low bits are good for tables.
uint32_t hash_bytes(const char *bytes, size_t length);

// ---- values and objects ------------------------------------------------------------------------------------------

struct value {
  uint64_t bits;
};
struct ref {
  uintptr_t addr;
};

#define REF_NULL ((struct ref){0})
static inline struct value value_from_ref(struct ref object) { return (struct value){object.addr}; }
static inline struct ref value_to_ref(struct value v) { return (struct ref){v.bits}; }
static inline bool value_same(struct value a, struct value b) { return a.bits == b.bits; }

// For a body that has a value in a rare case from elsewhere than mostly: clang would have both cases compute an
// address, and load from it behind them.
static inline __attribute__((always_inline)) void value_keep_apart(struct value *v) {
#ifdef OP_BITCODE
  (void)v;
#else
  __asm__("" : "+r"(v->bits));
#endif
}

// The header word before each payload: tag:8 | gc:2 | guest:53 | forwarded:1, from bit 0 up. A tag below, a size
// above: as other runtimes lay theirs out, so that guests can share blocks with C code written for those.
#define HEADER_TAG_MASK UINT64_C(0xff)
#define HEADER_OLD_CLEAN (UINT64_C(1) << 8) // old and not in the remembered set: a store into it must remember it
#define HEADER_GC_MASK (UINT64_C(3) << 8)   // both bits belong to the collector; a fresh object has them clear
#define HEADER_GUEST_SHIFT 10
#define HEADER_FORWARDED (UINT64_C(1) << 63) // the other bits are the payload's new address

static inline uint64_t *object_header(struct ref object) { return (uint64_t *)object.addr - 1; }
static inline struct value *object_fields(struct ref object) { return (struct value *)object.addr; }
static inline unsigned object_tag(struct ref object) { return (unsigned)(*object_header(object) & HEADER_TAG_MASK); }
// A header for a fresh object: `guest_bits` go into the 53 guest bits.
static inline uint64_t header_make(unsigned tag, uint64_t guest_bits) {
  return (uint64_t)tag | guest_bits << HEADER_GUEST_SHIFT;
}

// ---- mutators and the VM stack -----------------------------------------------------------------------------------
//
// A frame, laid out the same for every engine, growing upwards:
//
//     ... the caller's operands, callee | local 0 .. local n-1 | header | spill | operand 0, operand 1, ...
//                                         ^ frame_locals         ^ fp             ^ fp + FRAME_WORDS
//
// The callee value (a closure, say) stays in the word below local 0, where the caller pushed it; the caller's last
// operands become the callee's first locals. `spill` takes the top-of-stack register when the operand stack is empty,
// and is never scanned.
//
// A caller that is compiled code leaves in FRAME_RETURN_CODE where its code goes on; an interpreted one leaves 0. Who
// returns there has in sp where the result's place is; code finds its fp from there.
enum frame_word {
  FRAME_CALLER = 0,
  FRAME_RETURN_PC = 1,
  FRAME_METHOD = 2,
  FRAME_RETURN_CODE = 3,
  FRAME_SPILL = 4,
  FRAME_WORDS = 5
};

struct root_frame; // see ROOTS

// What engines and opcode bodies touch of a mutator. The hot part of a larger structure that the substrate keeps.
struct mutator {
  // Allocation: the free part of this mutator's buffer, [alloc_cursor, alloc_limit), addresses.
  uintptr_t alloc_cursor, alloc_limit;
  // The highest address a frame may reach; 0 asks the mutator to stop at its next safepoint. One word serves as stack
  // limit and poll word. Written by other threads (relaxed; pairs with the load in POLL_WANTED and in calls).
  _Atomic uintptr_t poll;
  // The top frame, published at safepoints: its fp, the address of its topmost live operand, and the pc of the
  // instruction at work (see struct method: a pc has byte precision inside a fused instruction).
  struct value *fp, *sp;
  const char *pc;
  struct value result;      // what the last guest call returned
  struct value pending;     // the exception in flight, when a function says THROWN
  struct root_frame *roots; // the innermost ROOTS of this thread
  void *guest;              // the guest's state, shared by the VM's mutators
  struct vm *vm;
  struct heap *heap;
  const void *const *resume;        // a handler table that goes on in compiled code where there is some
  const void *const *dispatch;      // the interpreter's handler table in force: the guest's, or one that observes
  const struct op_table *ops;       // the guest's
  struct interp_observer *observer; // who watches every instruction, or NULL
  struct value initial_local;       // what a local that is not a parameter starts as
  uint64_t fuel;                    // instructions left, counted only when a fuel limit was set
  uintptr_t call_return_code;       // used, with call_method, like it
  const struct method *call_method; // used between the interpreter's fast and slow call paths
  const void *reenter;              // the code where interp_throw is to go on at pc instead, or NULL
  uint32_t wants_hot;               // how many more slow polls and calls look for a way back into hot code
  // Compiles a method that runs often, at a call or in a loop; NULL where the engine doesn't. True: it has compiled
  // code now.
  bool (*compile)(struct mutator *th, const struct method *method);
  uint64_t compile_from; // the interpreter doesn't ask for it before this time (of os_clock_ns); 0: that has passed
  // The same by the hot compiler, while this mutator waits at a safepoint; NULL where the engine has none.
  MAY_GC bool (*compile_hot)(struct mutator *th, const struct method *method);
  uint64_t deopt_countdown;         // --stress=deopt: instructions of the hot compiler's code until one leaves it
  uintptr_t heap_start, heap_bytes; // where objects are
  bool threw;                       // the interpreter was left by an exception
  bool killed;                      // a limit was reached: `pending` can't be caught
};

static inline const struct method *frame_method(const struct value *fp) {
  return (const struct method *)(uintptr_t)fp[FRAME_METHOD].bits;
}

// ---- heap --------------------------------------------------------------------------------------------------------

// Allocates an object of `words` payload words (at least 1) from the mutator's buffer, or returns REF_NULL when that
// is full: then call heap_alloc_slow. The payload is not initialised: fill it before the next safepoint; the first
// stores need no barrier.
static inline NO_GC struct ref heap_try_alloc(struct mutator *th, uint64_t header, size_t words) {
  uintptr_t at = th->alloc_cursor, end = at + (words + 1) * sizeof(uint64_t);
  if (UNLIKELY(end > th->alloc_limit)) return REF_NULL;
  th->alloc_cursor = end;
  __builtin_assume(end - words * sizeof(uint64_t) != 0); // spares who asks whether there is an object
  *(uint64_t *)at = header;
  return (struct ref){end - words * sizeof(uint64_t)};
}

// The same when the buffer is full: may collect. Returns REF_NULL with the guest's out-of-memory exception pending when
// the heap limit is reached.
MAY_GC MAY_THROW struct ref heap_alloc_slow(struct mutator *th, uint64_t header, size_t words);

static inline MAY_GC MAY_THROW struct ref heap_alloc(struct mutator *th, uint64_t header, size_t words) {
  struct ref object = heap_try_alloc(th, header, words);
  return LIKELY(object.addr) ? object : heap_alloc_slow(th, header, words);
}

// The heap's hard limit in bytes, for guests that build something in C memory whose size a program can choose.
NO_GC size_t heap_bytes_max(const struct mutator *th);

// Whether an address lies where objects are: for guests whose values may be addresses of other things.
static inline NO_GC bool heap_has(const struct mutator *th, uint64_t address) {
  return address - th->heap_start < th->heap_bytes;
}

// Collects now; `full` also the old objects. For the C functions of guests that offer it to programs.
MAY_GC void heap_collect(struct mutator *th, bool full);

// What `th` makes while this is on will live long, as a program's constants do: plans with generations let it be born
// old ("pretenured"), so that nobody copies it. Until it is off again, which the next collection sees to as well, no
// other thread sees these objects, and their headers stay as they were made. At one time, one thread has it on; for
// others nothing changes. When it is asked for while a full collection is due, that comes first.
MAY_GC void heap_pretenure(struct mutator *th, bool on);

// While a heap is watched, no mutator has a buffer: each allocation goes through heap_alloc_slow. A mutator that had
// one calls this again.
NO_GC void heap_watch(struct mutator *th, bool on);

// The collector's counters. What is left of the mutator's buffer does not count as allocated.
NO_GC void heap_read_counters(const struct mutator *th, struct loam_stats *out);

// Puts an old object into the remembered set. Called by the barrier only.
NO_GC void heap_remember(struct mutator *th, struct ref object);

// Runs a statement for each i below `count`, where a body fills a fresh object. In the hot compiler's form, and where
// the count is a constant, the first ones are written out: LLVM sees through no loop there.
#define REPEAT_ONE(n, i, count, ...) \
  do { \
    const uint32_t i = (n); \
    if (i < (uint32_t)(count)) __VA_ARGS__; \
  } while (0)
#define REPEAT_KNOWN(i, count, ...) \
  do { \
    REPEAT_ONE(0, i, count, __VA_ARGS__); \
    REPEAT_ONE(1, i, count, __VA_ARGS__); \
    REPEAT_ONE(2, i, count, __VA_ARGS__); \
    REPEAT_ONE(3, i, count, __VA_ARGS__); \
    REPEAT_ONE(4, i, count, __VA_ARGS__); \
    REPEAT_ONE(5, i, count, __VA_ARGS__); \
    for (uint32_t i = 6; i < (uint32_t)(count); i++) __VA_ARGS__; \
  } while (0)
#ifdef OP_BITCODE
#define REPEAT(i, count, ...) REPEAT_KNOWN(i, count, __VA_ARGS__)
#else
#define REPEAT(i, count, ...) \
  do { \
    if (__builtin_constant_p(count)) { \
      REPEAT_KNOWN(i, count, __VA_ARGS__); \
    } else { \
      _Pragma("clang loop vectorize(disable) unroll(disable)") for (uint32_t i = 0; i < (uint32_t)(count); i++) \
          __VA_ARGS__; \
    } \
  } while (0)
#endif

// What fast paths call keeps the registers for them, and aligns the C stack.
#define CALLED_IN_STENCIL __attribute__((preserve_most, force_align_arg_pointer))
#define NOT_KEPT_IN_STENCIL \
  "r11", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", \
      "xmm13", "xmm14", "xmm15", "memory", "cc"
// heap_remember for stencils. The first two arguments are in registers that stencils need for other things.
CALLED_IN_STENCIL NO_GC void heap_remember_in_stencil(uint64_t unused, uint64_t unused_too, struct ref object,
                                                      struct mutator *th);

// In a stencil the call is written by hand: for one that it knows of clang makes room on the C stack in each execution.
static inline NO_GC void heap_remember_stored(struct mutator *th, struct ref object) {
#ifdef OP_STENCIL
  __asm__ volatile("callq heap_remember_in_stencil" ::"d"(object.addr), "c"(th) : "rax", NOT_KEPT_IN_STENCIL);
#else
  heap_remember(th, object);
#endif
}

// Stores a value into a field of an object that may be old: every store into the heap that is not the first.
static inline NO_GC void heap_store(struct mutator *th, struct ref object, size_t field, struct value v) {
  object_fields(object)[field] = v;
  if (UNLIKELY(*object_header(object) & HEADER_OLD_CLEAN)) heap_remember_stored(th, object);
}

// Roots for C code that holds values across a MAY_GC call: ROOTS(th, &a, &b); once in a block, after the variables
// a and b (struct value) are initialised. The collector updates them; they are dropped at the end of the block.
struct root_frame {
  struct root_frame *outer;
  struct mutator *th;
  struct value *const *slots;
  size_t count;
};
static inline void root_frame_drop(struct root_frame *frame) { frame->th->roots = frame->outer; }
#define ROOTS(thread, ...) \
  struct value *const roots_slots_[] = {__VA_ARGS__}; \
  struct root_frame roots_frame_ \
      __attribute__((cleanup(root_frame_drop))) = {(thread)->roots, (thread), roots_slots_, COUNT_OF(roots_slots_)}; \
  (thread)->roots = &roots_frame_

// What a guest's `roots` callback is given: call visit->slot for each root slot outside heap and frames.
struct root_visitor {
  void (*slot)(struct root_visitor *visit, struct value *slot);
  // Old objects are taken to be alive, and only those that were remembered are looked into. A guest that remembers
  // fields in a way of its own gives them to the visitor then, and only then.
  bool young_only;
};

// What a guest's `weak` callback is given.
struct weak_visitor {
  // True when the slot's object survives (the slot is updated when it moves), or the value is no reference to one.
  bool (*alive)(struct weak_visitor *visit, struct value *slot);
  // Makes the slot's object survive, with all that it refers to.
  void (*keep)(struct weak_visitor *visit, struct value *slot);
  // False: only objects made since the last collection may die or move; all others are alive and stay.
  bool full;
};

// ---- methods and their code --------------------------------------------------------------------------------------

// C code behind a guest function. `args` are the frame's locals, in order; they are roots, so read them again after a
// MAY_GC call. On DONE, *result is the function's value.
typedef enum loam_status native_fn(struct mutator *th, struct value *args, struct value *result);

// One place of a method's code that can be named: where its instruction came from. See method_site_at.
struct code_site {
  uint32_t pc;           // byte offset in the code; inside a fused instruction, + its part's index
  uint32_t insn;         // index of the instruction in the guest's own bytecode
  uint16_t depth;        // operands on the stack before it; DEPTH_UNKNOWN where it can't be reached
  uint16_t live_locals;  // the first so many locals hold values while it is at work; the others are no roots
  uint32_t line, column; // where in the source that was: from 1; 0 when not known
};
#define DEPTH_UNKNOWN UINT16_MAX

struct code_place {
  uint32_t line, column;
};

// Covers instructions [start, end): an exception raised there continues at `handler` with the stack cut to `depth`
// operands and the exception pushed. Byte offsets in the code. The first entry that covers the pc wins.
#define CATCHES_COUNTED 16 // so many say that the handler is used; relaxed, some may get lost
struct code_handler {
  uint32_t start, end, handler, depth;
  uint32_t caught; // exceptions for which frames were unwound,
  uint32_t frames; // and how many at most for one of them
};

// Where code of the hot compiler can be entered. Belongs to that compiler; see method.hot.
struct method_code {
  const void *entry;        // by a call; NULL: not
  uint32_t loop_count;      // at loop heads,
  const uint32_t *words;    // at these code words,
  const void *const *loops; // here
};

// A function ready to run. Made by method_create or method_create_native; lives as long as its VM, or until it was
// released and nothing runs it any more.
#define METHOD_NOT_COMPILED UINT32_MAX
struct method {
  const uint64_t *code; // instructions, see op.h
  const void *entry;    // the handler that a call jumps to: interp_enter, or compiled code
  // What calls read stands together with the above, in one line of the cache.
  uint16_t param_count;   // the first locals
  uint16_t local_count;   // parameters included
  uint16_t init_start;    // locals from here on get the initial value at a call
  bool has_handlers;      // an exception that comes through asks no more of most methods
  bool stays_interpreted; // compiling it was tried, and failed; guarded by the compiler's lock
  uint32_t frame_words;   // words above the last local: header, spill and deepest operand stack
  int32_t init_offset;    // the same as init_start: bytes from fp, at most 0
  const void *identity;   // the guest's: what names the method in its callees, for method_guess; or NULL
  uint32_t calls;         // of the interpreter, counted (relaxed) while it may be compiled
  uint32_t code_words;
  const char *compiled;          // written after compiled_at: read it first, with acquire
  const struct method_code *hot; // the hot compiler's, or NULL; may be replaced: read it with acquire
  struct hot_profile *profile;   // the hot compiler's
  // By byte of code (a part of a fused instruction has its own, see struct code_site): how often a fast path gave up
  // there, up to 254; 255: the hot compiler is to assume nothing there. Written without synchronisation: a count may
  // get lost. NULL for natives, and until baseline code is made.
  uint8_t *slow_counts;
  const uint32_t *compiled_at; // compiled code by code word: byte offsets in `compiled`, and one more: its size;
                               // NULL when there is none
  uint32_t site_count;         // 0: a native
  uint32_t site_run_count, handler_count;
  uint8_t block_class; // see code/code_memory.h
  uint8_t often;       // how many times its calls were enough for compiling it but for the program's youth
  bool is_released;    // see method_release; then
  bool is_named;       // something still names it, as was found when it was last tried to free it,
  void (*freed)(struct vm *vm, void *guest_data); // and who wants to know
  const char *name;                               // for backtraces; never NULL
  const char *source_name;                        // the file it came from; may be NULL
  union {
    const struct code_site_run *sites; // sorted by pc; see code/code.h
    void *host_data;                   // of a native that the embedding API made: the host's function
  };
  const struct code_place *places; // by site; NULL: none is known
  struct code_handler *handlers;   // innermost first
  const struct op_table *ops;
  void *guest_data;    // the guest's own description
  struct method *next; // all methods of a VM
  struct vm *vm;
};

// Compiling a function costs about as much as interpreting it some hundred times, the more the longer it is: its calls
// run through a part of it only. Its code takes memory, and most functions of a short run are called less often.
// Measured with a large compiler as the program, beside 200 calls for all: a run of 70 ms takes 3 % less, and 6 % less
// memory; one of 0.7 s the same.
static inline uint32_t interp_calls_before_compiling(const struct method *method) {
  return 100 + 4 * method->code_words;
}

// The last site at or before byte `pc` of the code. False when there is none: *site is all 0 then.
bool method_site_at(const struct method *method, uint32_t pc, struct code_site *site);

// The counts, or NULL. Another thread may be making them: pairs with the release in code_method_count_slow.
static inline uint8_t *method_slow_counts(const struct method *method) {
  return __atomic_load_n(&method->slow_counts, __ATOMIC_ACQUIRE);
}

// What a call op's cache holds, and whether that is the method which the callee names. A body that finds it is calls
// the guess: the processor has it at once, while the method is at the end of a chain of loads, for which the callee's
// fp, hence all that it loads, would wait in each call. The compiler must not know that both are the same; LLVM may, it
// drops one of them. Where the callee leads to the method over more than one load, compare the guess's `identity` with
// the first word that tells: that is next to what the call reads anyway, and a large program's calls wait for memory.
static inline __attribute__((always_inline)) const struct method *method_guess(const uint64_t *target) {
  return (const struct method *)(uintptr_t)__atomic_load_n(target, __ATOMIC_RELAXED);
}
// Has the cache learn what the call calls. The hot compiler's worker looks into the method that it finds there, which
// may be new: released, and read with acquire.
static inline __attribute__((always_inline)) void method_note_called(uint64_t *target, const struct method *method) {
  __atomic_store_n(target, (uintptr_t)method, __ATOMIC_RELEASE);
}
static inline __attribute__((always_inline)) bool method_guessed(const struct method *guess,
                                                                 const struct method *method) {
#ifdef OP_STENCIL
  bool same; // by hand, because a copy of the guess would cost an instruction
  __asm__("cmpq %2, %1" : "=@cce"(same) : "r"(guess), "r"(method));
  return same;
#else
#ifndef OP_BITCODE
  __asm__("" : "+r"(guess));
#endif
  return guess == method;
#endif
}

static inline struct value *frame_locals(struct value *fp) { return fp - frame_method(fp)->local_count; }

// One instruction before it is encoded: an op of the guest's table and its explicit immediates, in the record's order.
#define INSN_IMMS_MAX 4
struct insn {
  uint16_t op;
  uint32_t line, column;
  uint32_t origin;            // index in the guest's own bytecode, for messages and backtraces
  int64_t imm[INSN_IMMS_MAX]; // a branch target is the index of an instruction of the same array
};

// An exception handler before it is encoded: instruction indices.
struct insn_handler {
  uint32_t start, end, handler;
};

// A function before it is encoded. The arrays stay the caller's.
#define LOCALS_MAX 32000 // a local's distance from fp is 16 bits in the code
struct code_draft {
  const char *name, *source_name; // copied
  const struct insn *insns;
  uint32_t insn_count;
  const struct insn_handler *handlers;
  uint32_t handler_count;
  uint16_t param_count, local_count;
  void *guest_data;
  // By instruction: how many of the first locals hold values while it is at work. The others are no roots then, and
  // nothing may read them before it writes them. NULL: all, always.
  const uint16_t *live_locals;
};

// Encodes a verified draft: resolves targets, fuses instructions as the guest's records allow, lays out frames.
// Code that was not verified must not be given to it. The VM owns the method.
enum loam_err method_create(struct vm *vm, const struct code_draft *draft, struct method **out, struct error *err);

// A function whose body is `fn`. The VM owns the method.
enum loam_err method_create_native(struct vm *vm, const char *name, uint16_t param_count, native_fn *fn,
                                   void *guest_data, struct method **out, struct error *err);

// The guest needs a method no more: no value, no code of another method and nothing in C memory leads to it, or will.
// Frames may still run it, and caches and compiled code name it. Its bytecode, its tables and all code made of it are
// freed when nothing does: now, at a collection, or when more methods were released. `freed`, or NULL, is told then,
// with the method's guest_data, while the world is stopped: it may free C memory, and nothing else.
MAY_GC void method_release(struct mutator *th, struct method *method, void (*freed)(struct vm *vm, void *guest_data));

// Disassembles the encoded code of a method, one instruction a line (`--dump=bytecode`).
void method_print(const struct method *method, struct text *out);

// ---- verifying ---------------------------------------------------------------------------------------------------

// The state before an instruction: the operand types, bottom first, as the guest's records name them (enum
// <guest>_type). TYPE_ANY stands where two paths disagree: nothing may use it but an op that takes any type.
struct verify_state {
  uint16_t depth;
  const uint8_t *types;
};
#define TYPE_ANY 0

// What to verify, and the guest's own checks. `check_insn` looks at one instruction's immediates and types and returns
// LOAM_OK, or sets `err`; `state` is NULL for an instruction that can't be reached.
struct verify_job {
  const struct op_table *ops;
  const struct code_draft *draft;
  const char *place; // names the function in messages: "function main"
  enum loam_err (*check_insn)(const struct verify_job *job, uint32_t index, const struct verify_state *state,
                              struct error *err);
  // What the program calls the instruction that a draft's was made of, when its ops have other names; NULL: the op's.
  const char *(*name_insn)(const struct verify_job *job, uint32_t index);
  void *context;        // the guest's
  uint32_t depth_max;   // deepest operand stack that is accepted
  uint8_t handler_type; // what an exception handler finds on its stack
};

// Why a method was refused, for guests that have their own error for each.
enum verify_fault { VERIFY_GOOD, VERIFY_UNDERFLOW, VERIFY_OTHER };

// Runs the data-flow analysis over the stack effects of the records. LOAM_ERR_INPUT with the place, what was expected
// and what was found when the code is not acceptable. Unreachable code is checked for targets and immediates only.
enum loam_err verify_code(const struct verify_job *job, enum verify_fault *fault, struct error *err);

// ---- running -----------------------------------------------------------------------------------------------------

// Calls a method with `count` arguments, which must be its param_count. `callee` is put below the arguments. DONE:
// the value is in th->result. THROWN: th->pending. Guest calls below it don't use the C stack.
MAY_GC MAY_THROW enum loam_status guest_call(struct mutator *th, const struct method *method, struct value callee,
                                             const struct value *args, size_t count);

// Sets the pending exception and returns THROWN.
static inline enum loam_status throw_value(struct mutator *th, struct value exception) {
  th->pending = exception;
  return THROWN;
}

// Stops here if somebody asked for it: a collection, a handshake, a limit. THROWN when a limit ended the guest.
MAY_GC MAY_THROW enum loam_status thread_safepoint(struct mutator *th);
// The head of a loop: a safepoint; and, when the loop's count of rounds says that it runs often, the place to move into
// compiled code.
MAY_GC MAY_THROW enum loam_status interp_loop(struct mutator *th, uint16_t *heat);
// The poll word. A stencil reads it once, and clang compares with memory only what is not atomic.
static inline __attribute__((always_inline)) uintptr_t thread_poll_word(const struct mutator *th) {
#ifdef OP_STENCIL
  return *(const uintptr_t *)&th->poll;
#else
  return atomic_load_explicit(&th->poll, memory_order_relaxed);
#endif
}
#define POLL_WANTED(th) UNLIKELY(thread_poll_word(th) == 0)

// Asks a mutator to call the guest's `interrupted` at its next safepoint: at a call or in a loop. Any thread may call
// it, and so may a signal's handler; the mutator must not end meanwhile.
NO_GC void thread_interrupt(struct mutator *th);

// Brackets a wait or a long computation that touches no object: collections go on without this mutator. Leaving may
// wait for one to finish.
void thread_enter_native(struct mutator *th);
MAY_GC void thread_leave_native(struct mutator *th);

// Starts a mutator that calls `method` with the arguments; the number is for thread_join. LOAM_ERR_MEMORY or
// LOAM_ERR_LIMIT with `err` set when no thread is to be had. It gets half of the caller's remaining fuel.
NO_GC enum loam_err thread_spawn(struct mutator *th, const struct method *method, struct value callee,
                                 const struct value *args, size_t count, uint32_t *number, struct error *err);
// Waits for a spawned mutator, gives its result (or throws what it threw) and forgets it. *found is false, and nothing
// else happens, when there is no such thread or somebody joins it already.
MAY_GC MAY_THROW enum loam_status thread_join(struct mutator *th, uint32_t number, struct value *result, bool *found);

// Makes the calling thread, which is a host's own, a mutator of other's VM, outside the guest. It has as much fuel as
// a program starts with. NULL when memory is out, or there are as many as the config allows. Whoever ends the VM waits
// for it to be detached; the end of a program doesn't.
NO_GC struct mutator *thread_attach(struct mutator *other);
// The opposite; in the guest, by the same thread, which has no frame.
NO_GC void thread_detach(struct mutator *th);

// Until it is called with false, no hot code runs, but what the caller's own method has up to its next loop: so each
// object is made that the program makes, those too that nobody would see. For profilers; methods get other hot code
// afterwards.
MAY_GC void method_avoid_hot(struct mutator *th, bool avoid);

// In the child of a fork: the VM's other mutators are no more. The caller counts as the program's, whoever made it.
NO_GC void thread_forget_others(struct mutator *th);

// The chain of active guest functions, innermost first, as lines "  at NAME (FILE:LINE:COLUMN)" or, without a source,
// "  at NAME (instruction N)". Long chains are cut in the middle, and say how many frames were left out.
NO_GC void backtrace_print(const struct mutator *th, struct text *out);
// One of them, for guests with backtraces of their own.
struct frame_place {
  const struct method *method;
  uint32_t insn;              // of the guest's own bytecode: the one at work, or the one that called; 0 in natives
  bool handles;               // an exception there is caught in this function
  const struct value *locals; // parameters first; the callee's value is locals[-1]. Kept up to date: frame_watch_locals
};
// Calls fn for the active functions, innermost first, until it returns false. Only where the frames are complete: in a
// function behind a SLOW, a native, or the guest's `thrown`.
NO_GC void frame_each(const struct mutator *th, bool (*fn)(void *context, const struct frame_place *place),
                      void *context);
// Before a program is loaded whose locals somebody will look at, as a debugger does: compiled code keeps all of them
// then, also those that nothing reads any more.
NO_GC void frame_watch_locals(struct mutator *th);
// Whether somebody looks at frames, so that each function should have one.
NO_GC bool frame_is_watched(const struct mutator *th);
// The backtrace of the exception that guest_call last returned THROWN for, taken before its frames went; "" when there
// is none. Valid until the next guest_call.
NO_GC const char *backtrace_last(const struct mutator *th);
// The program ends with the exception in th->pending, as guest_call has left it: said before it is reported, which may
// run more of the program. A host that runs the guest is told of it, with its backtrace.
NO_GC void vm_note_uncaught(struct mutator *th);

// ---- the VM and its box ------------------------------------------------------------------------------------------

static inline void *guest_state(const struct mutator *th) { return th->guest; }
void vm_set_guest_state(struct vm *vm, void *state); // for the guest's open; seen by all mutators
void *vm_guest_state(const struct vm *vm);
struct mutator *vm_main_mutator(struct vm *vm);

// Standard output of the guest, buffered; flushed by vm_flush and when the VM closes. A closed or full output is
// remembered and ends the guest at its next write: THROWN with an exception it can't catch. Collections go on while it
// waits for a reader, so `bytes` are not an object's.
MAY_GC MAY_THROW enum loam_status vm_write(struct mutator *th, const char *bytes, size_t length);
enum loam_err vm_flush(struct vm *vm, struct error *err);
// Reads a line from the guest's standard input, without its newline, appended to `line`. False at end of file.
// Flushes the output first when the input is a terminal. Collections go on while it waits.
MAY_GC bool vm_read_line(struct mutator *th, struct text *line);
// For a guest that stops a program in the middle of repl_eval, to talk about it: the prompt's next input, which is the
// prompt's until the next call; NULL at its end. The time limit doesn't count the wait.
MAY_GC const char *vm_prompt_input(struct mutator *th);

// Whether the file of a source that stays was written to since it was loaded: what was read of it late, before this is
// asked, may be another program's. A system call; but the file is looked at each 200 us at most, and what was read and
// run in between is not told apart.
bool vm_program_changed(struct vm *vm);
// Gives back the memory that what was read of that file takes. It comes again when it is read.
void vm_program_release(const struct vm *vm);

// Ends the guest with a host error it can't catch: sets `killed`, returns THROWN.
enum loam_status vm_kill(struct mutator *th, enum loam_err kind, const char *format, ...) PRINTF_LIKE(3, 4);
// Ends the guest as it wants itself: all its mutators, whatever they do. No handler sees it. Returns THROWN.
enum loam_status vm_exit(struct mutator *th);
// The error behind a killed mutator, for the guest's `run` to report; LOAM_OK when nothing was killed.
const struct error *vm_kill_reason(const struct vm *vm);

// An option the guest declared (struct loam_guest.options), or NULL when not given.
const char *vm_guest_option(const struct vm *vm, const char *name);
// The value of --engine, for guests with engines of their own.
const char *vm_engine(const struct vm *vm);
// Whether methods get code when they have run often (--engine=auto), so that what runs once need not be one.
bool vm_compiles_lazily(const struct vm *vm);

#endif
