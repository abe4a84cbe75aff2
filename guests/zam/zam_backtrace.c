// SPDX-License-Identifier: MIT
//
// zam_backtrace.c: backtraces of exceptions and of calls.
//
// When an exception is raised, the places of all functions up to the one with the handler are recorded: of the
// innermost, where it raised; of the others, where they go on. An exception that is raised again, and was the last one,
// adds to them. A place is a word of a code fragment, in a number that the program may keep and compare.
#include "zam_backtrace.h"

#include "zam_cold.h"
#include "zam_debug.h"
#include "zam_prim.h"

struct zam_backtrace {
  struct value exception; // whose places these are
  struct value places[ZAM_PLACES_MAX];
  size_t count;
  uint32_t opcode; // that raises; 0: a primitive
  bool passes;     // the exception leaves cold code: its places are known
};

// A place as an integer: which code, counted from the program's own, and the word.
#define CODE_SHIFT 32

static struct value place_of(const struct zam_code *code, uint32_t pc) {
  ASSERT(pc <= code->words.count, "zam.I13: a place is word %u of %u", pc, code->words.count);
  return zam_from_int((int64_t)code->number << CODE_SHIFT | pc);
}

static const struct zam_code *code_of_place(const struct zam_state *state, struct value place) {
  const struct zam_code *code = state->codes;
  while (code && code->number != (uint64_t)zam_to_int(place) >> CODE_SHIFT) code = code->next;
  return code;
}

static struct zam_backtrace *backtrace_of(struct zam_state *state) {
  if (!state->backtrace) {
    state->backtrace = mem_alloc_zero(1, sizeof *state->backtrace);
    if (state->backtrace) state->backtrace->exception = ZAM_UNIT;
  }
  return state->backtrace;
}

// ---- recording -----------------------------------------------------------------------------------------------------

uint32_t zam_backtrace_word(const struct zam_code *code, uint32_t pc) {
  struct zam_insn insn;
  if (!zam_insn_read(&code->words, pc, &insn)) return pc;
  bool raises = insn.op == ZAM_RAISE || insn.op == ZAM_RERAISE || insn.op == ZAM_RAISE_NOTRACE;
  bool divides = insn.op == ZAM_DIVINT || insn.op == ZAM_MODINT;
  return raises ? pc : pc + insn.length + divides;
}

// Where cold code is at work.
static struct value place_at(const struct zam_code *code, const struct zam_activation *at) {
  return place_of(code, zam_backtrace_word(code, at->origin + at->pc));
}

struct recording {
  const struct zam_activation *activation; // the innermost that was not met
  struct value *places;
  size_t count, most;
  bool to_handler, handled;
};

// A frame that runs cold code has its place in the activation.
static void record_cold(struct recording *recording, const struct frame_place *place) {
  const struct zam_activation *at = recording->activation;
  if (!at || at->closure != place->locals - 1) return;
  recording->activation = at->outer;
  if (!at->gone) recording->places[recording->count++] = place_at(at->function->code, at);
  recording->handled = recording->to_handler && at->trap && !at->gone;
}

static bool record_place(void *context, const struct frame_place *place) {
  struct recording *recording = context;
  const struct zam_function *function = place->method->guest_data;
  ASSERT(recording->count <= recording->most && recording->most <= ZAM_PLACES_MAX, "%zu of %zu places are recorded",
         recording->count, recording->most);
  ASSERT(!function || function->code, "zam.I1: %s runs the function of word %u, whose code was freed",
         place->method->name, place->insn);
  if (recording->count == recording->most) return false;
  record_cold(recording, place);
  ASSERT(!function || recording->count < recording->most, "%s is cold code and has a place: %zu of %zu",
         place->method->name, recording->count, recording->most);
  if (function) // adapters have none
    recording->places[recording->count++] = place_of(function->code, zam_backtrace_word(function->code, place->insn));
  recording->handled |= recording->to_handler && place->handles;
  return !recording->handled;
}

// All active functions; the outermost code, where it runs without a frame, is the last one.
static void record_places(struct mutator *th, struct recording *recording) {
  const struct zam_state *state = zam_state(th);
  bool is_main = state->cold && th == vm_main_mutator(state->vm);
  recording->activation = is_main ? state->cold->innermost : NULL;
  recording->handled = false;
  frame_each(th, record_place, recording);
  const struct zam_activation *at = recording->activation;
  if (recording->handled || recording->count == recording->most || !at || at->function || at->gone) return;
  recording->places[recording->count++] = place_at(zam_program_code(state), at);
}

void zam_backtrace_raising(struct zam_state *state, uint32_t opcode) {
  if (state->backtrace_active && backtrace_of(state)) state->backtrace->opcode = opcode;
}

void zam_backtrace_passes(struct zam_state *state) {
  if (state->backtrace_active && backtrace_of(state)) state->backtrace->passes = true;
}

void zam_backtrace_record(struct mutator *th) {
  struct zam_state *state = zam_state(th);
  struct zam_backtrace *backtrace = state->backtrace_active ? backtrace_of(state) : NULL;
  if (!backtrace) return;
  uint32_t opcode = backtrace->opcode;
  bool passes = backtrace->passes;
  backtrace->opcode = 0;
  backtrace->passes = false;
  if (passes) return;
  if (opcode == ZAM_RAISE_NOTRACE) return;
  if (opcode != ZAM_RERAISE || !value_same(backtrace->exception, th->pending)) {
    backtrace->exception = th->pending;
    backtrace->count = 0;
  }
  struct recording recording = {NULL, backtrace->places, backtrace->count, ZAM_PLACES_MAX, true, false};
  record_places(th, &recording);
  backtrace->count = recording.count;
  ASSERT(backtrace->count <= ZAM_PLACES_MAX, "a backtrace has %zu places, of at most %d", backtrace->count,
         ZAM_PLACES_MAX);
}

size_t zam_backtrace_callstack(struct mutator *th, struct value places[ZAM_PLACES_MAX], size_t most) {
  struct recording recording = {NULL, places, 0, most < ZAM_PLACES_MAX ? most : ZAM_PLACES_MAX, false, false};
  record_places(th, &recording);
  return recording.count;
}

void zam_backtrace_visit(struct zam_backtrace *backtrace, struct root_visitor *visit) {
  if (backtrace) visit->slot(visit, &backtrace->exception);
}

void zam_backtrace_free(struct zam_state *state) { mem_free(state->backtrace); }

// ---- showing -------------------------------------------------------------------------------------------------------

static const struct zam_place *source_of(const struct zam_state *state, struct value place) {
  const struct zam_code *code = code_of_place(state, place);
  return code ? zam_debug_find(code, (uint32_t)zam_to_int(place)) : NULL;
}

static bool is_raise(const struct zam_state *state, struct value place) {
  const struct zam_code *code = code_of_place(state, place);
  uint32_t pc = (uint32_t)zam_to_int(place);
  if (!code || pc >= code->words.count) return false;
  return code->words.words[pc] == ZAM_RAISE || code->words.words[pc] == ZAM_RERAISE;
}

static void print_place(const struct zam_state *state, struct value place, size_t index, struct text *out) {
  const struct zam_place *source = source_of(state, place);
  bool raise = is_raise(state, place);
  if (!source && raise) return; // the compiler's own
  ASSERT(!source || (source->function && source->file), "a place in the source has no function or no file");
  text_printf(out, "%s ",
              raise   ? index ? "Re-raised at" : "Raised at"
              : index ? "Called from"
                      : "Raised by primitive operation at");
  if (source)
    text_printf(out, "%s in file \"%s\", line %u, characters %u-%u\n", source->function, source->file, source->line,
                source->start, source->end);
  else
    text_printf(out, "unknown location\n");
}

void zam_backtrace_print(struct mutator *th, struct text *out) {
  struct zam_state *state = zam_state(th);
  static const char *const reasons[] = {
      "", "file not found", "file appears to be corrupt", "file has wrong magic number",
      "file cannot be opened;\n -- too many open files. Try running with OCAMLRUNPARAM=b=2"};
  enum zam_debug_status status = zam_debug_load(th);
  for (size_t i = 0; state->backtrace && i < state->backtrace->count; i++)
    print_place(state, state->backtrace->places[i], i, out);
  if (status != ZAM_DEBUG_GOOD)
    text_printf(out, "(Cannot print locations:\n bytecode executable program %s)\n", reasons[status]);
}

// ---- primitives ----------------------------------------------------------------------------------------------------

static enum loam_status record_backtrace(struct mutator *th, struct value *args, struct value *result) {
  struct zam_state *state = zam_state(th);
  bool active = zam_to_bool(args[0]);
  if (active != state->backtrace_active && state->backtrace) {
    state->backtrace->count = 0;
    state->backtrace->exception = ZAM_UNIT;
  }
  state->backtrace_active = active;
  return zam_return_unit(result);
}

static enum loam_status backtrace_status(struct mutator *th, struct value *args, struct value *result) {
  (void)args;
  return zam_return_bool(result, zam_state(th)->backtrace_active);
}

static enum loam_status make_places(struct mutator *th, const struct value *places, size_t count,
                                    struct value *result) {
  *result = zam_atom(0);
  ASSERT(count <= ZAM_PLACES_MAX && (places || !count), "%zu places, of at most %d, become a value", count,
         ZAM_PLACES_MAX);
  if (count == 0) return DONE;
  struct ref object = zam_alloc(th, 0, count);
  if (!object.addr) return THROWN;
  memcpy(object_fields(object), places, count * sizeof *places);
  *result = value_from_ref(object);
  return DONE;
}

static enum loam_status get_raw_backtrace(struct mutator *th, struct value *args, struct value *result) {
  struct zam_state *state = zam_state(th);
  (void)args;
  const struct zam_backtrace *backtrace = state->backtrace_active ? state->backtrace : NULL;
  return make_places(th, backtrace ? backtrace->places : NULL, backtrace ? backtrace->count : 0, result);
}

static enum loam_status restore_raw_backtrace(struct mutator *th, struct value *args, struct value *result) {
  struct zam_backtrace *backtrace = backtrace_of(zam_state(th));
  struct value places = zam_arg(args, 1);
  *result = ZAM_UNIT;
  if (!backtrace) return zam_raise(th, ZAM_OUT_OF_MEMORY);
  backtrace->exception = args[0];
  backtrace->count = zam_size(places) < ZAM_PLACES_MAX ? zam_size(places) : ZAM_PLACES_MAX;
  memcpy(backtrace->places, zam_fields(places), backtrace->count * sizeof(struct value));
  return DONE;
}

static enum loam_status get_callstack(struct mutator *th, struct value *args, struct value *result) {
  struct value places[ZAM_PLACES_MAX];
  int64_t most = zam_arg_int(args, 0);
  size_t count = zam_backtrace_callstack(th, places, most < 0 ? 0 : (size_t)most);
  return make_places(th, places, count, result);
}

// Known_location of a record, or Unknown_location.
static enum loam_status make_slot(struct mutator *th, struct value place, struct value *result) {
  const struct zam_state *state = zam_state(th);
  const struct zam_place *source = source_of(state, place);
  struct value raise = zam_from_bool(is_raise(state, place)), file = ZAM_UNIT, function = ZAM_UNIT;
  if (!source) return zam_make_block1(th, 1, raise, result);
  ROOTS(th, &file, &function);
  if (zam_make_string(th, source->file, strlen(source->file), &file) != DONE) return THROWN;
  if (zam_make_string(th, source->function, strlen(source->function), &function) != DONE) return THROWN;
  struct value fields[] = {
      function, ZAM_FALSE, zam_from_int(source->end), zam_from_int(source->start), zam_from_int(source->line),
      ZAM_UNIT, raise}; // the last one first
  struct ref object = zam_alloc(th, 0, COUNT_OF(fields));
  if (!object.addr) return THROWN;
  fields[0] = function;
  fields[5] = file;
  for (size_t i = 0; i < COUNT_OF(fields); i++) object_fields(object)[i] = fields[COUNT_OF(fields) - 1 - i];
  *result = value_from_ref(object);
  return DONE;
}

static enum loam_status convert_slot(struct mutator *th, struct value *args, struct value *result) {
  (void)zam_debug_load(th);
  return make_slot(th, args[0], result);
}

static enum loam_status convert_backtrace(struct mutator *th, struct value *args, struct value *result) {
  struct value slots = zam_atom(0), slot;
  size_t count = zam_size(args[0]);
  if (count == 0) return *result = slots, DONE;
  ROOTS(th, &slots);
  (void)zam_debug_load(th);
  struct ref object = zam_alloc(th, 0, count);
  if (!object.addr) return THROWN;
  slots = value_from_ref(object);
  for (size_t i = 0; i < count; i++) zam_fields(slots)[i] = ZAM_UNIT;
  for (size_t i = 0; i < count; i++) {
    if (make_slot(th, zam_fields(args[0])[i], &slot) != DONE) return THROWN;
    heap_store(th, value_to_ref(slots), i, slot);
  }
  *result = slots;
  return DONE;
}

static enum loam_status get_exception_backtrace(struct mutator *th, struct value *args, struct value *result) {
  struct value raw, slots;
  if (get_raw_backtrace(th, args, &raw) != DONE) return THROWN;
  ROOTS(th, &raw);
  if (convert_backtrace(th, &raw, &slots) != DONE) return THROWN;
  return zam_make_block1(th, 0, slots, result);
}

static enum loam_status raw_length(struct mutator *th, struct value *args, struct value *result) {
  (void)th;
  return zam_return_int(result, (int64_t)zam_size(args[0]));
}

static enum loam_status raw_slot(struct mutator *th, struct value *args, struct value *result) {
  uint64_t index = (uint64_t)zam_arg_int(args, 1);
  if (index >= zam_size(args[0])) return zam_invalid(th, "Printexc.get_raw_backtrace_slot: index out of bounds");
  *result = zam_fields(args[0])[index];
  return DONE;
}

// Nothing is inlined in bytecode.
static enum loam_status next_slot(struct mutator *th, struct value *args, struct value *result) {
  (void)th, (void)args;
  return zam_return_int(result, 0);
}

static enum loam_status debug_status(struct mutator *th, struct value *args, struct value *result) {
  (void)args;
  return zam_return_int(result, -(int64_t)zam_debug_load(th));
}

const struct zam_prim zam_backtrace_prims[] = {
    {"caml_record_backtrace", record_backtrace, 0, 0},
    {"caml_backtrace_status", backtrace_status, 0, 0},
    {"caml_get_exception_raw_backtrace", get_raw_backtrace, 0, 0},
    {"caml_get_current_callstack", get_callstack, 0, 0},
    {"caml_restore_raw_backtrace", restore_raw_backtrace, 0, 0},
    {"caml_get_exception_backtrace", get_exception_backtrace, 0, 0},
    {"caml_convert_raw_backtrace", convert_backtrace, 0, 0},
    {"caml_convert_raw_backtrace_slot", convert_slot, 0, 0},
    {"caml_raw_backtrace_length", raw_length, 0, 0},
    {"caml_raw_backtrace_slot", raw_slot, 0, 0},
    {"caml_raw_backtrace_next_slot", next_slot, 0, 0},
    {"caml_ml_debug_info_status", debug_status, 0, 0},
    {NULL, NULL, 0, 0},
};
