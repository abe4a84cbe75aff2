// SPDX-License-Identifier: MIT
//
// zam_debugger.c: the conversation with ocamldebug, see zam_debugger.h. The protocol is that of OCaml 4.13's
// runtime/debugger.c and debugger/debugcom.ml: commands are a letter; numbers are four bytes, the highest first; values
// are eight bytes as they lie in memory, which the debugger gives back to ask for what is in them.
//
// A frame's number is the machine's distance from the bottom of its stack: three words of each return or event frame
// and the words of each function's stack. The debugger compares such numbers, subtracts depths, and asks for frames by
// them.
#include "zam_debugger.h"

#include "zam_backtrace.h"
#include "zam_extern.h"
#include "zam_stub_api.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define FRAME_HEAD 3 // words: where to go on, environment, count of further arguments

struct debugger_frame {
  const struct zam_code *code;
  uint32_t pc, depth;
  int64_t number;
  const struct value *locals; // the deepest cell first; the closure, which is the environment, in front of them
};

struct zam_debugger {
  struct sockaddr_storage address;
  socklen_t address_length;
  int socket; // -1: not connected any more
  unsigned char in[512];
  size_t in_from, in_to;
  struct text out;
  uint32_t events_left;
  int64_t barrier; // exceptions whose handler's frame has no higher number are reported
  // While the program stands:
  struct debugger_frame *frames; // the innermost first
  uint32_t frame_count, frame_room, selected;
  const struct value *acc;
};

// One VM of a process is debugged.
static struct zam_debugger *connected;

void zam_debugger_leave(void) {
  if (connected && connected->socket >= 0) close(connected->socket);
  if (connected) connected->socket = -1;
  caml_debugger_in_use = 0;
}

// ---- the connection ------------------------------------------------------------------------------------------------

static _Noreturn void lose(const char *what) {
  fprintf(stderr, "Fatal error: %s the debugger: %s\n", what, errno ? strerror(errno) : "the connection was closed");
  _exit(2); // a checkpoint shares its buffers with the program
}

static void flush(struct zam_debugger *debugger) {
  ASSERT(debugger->socket >= 0, "an answer of %zu bytes goes to no debugger", debugger->out.length);
  size_t at = 0;
  if (debugger->out.failed) errno = ENOMEM, lose("can't answer");
  while (at < debugger->out.length) {
    ssize_t sent = send(debugger->socket, debugger->out.bytes + at, debugger->out.length - at, MSG_NOSIGNAL);
    if (sent < 0 && errno != EINTR) lose("can't write to");
    if (sent > 0) at += (size_t)sent;
  }
  text_clear(&debugger->out);
}

static unsigned get_byte(struct zam_debugger *debugger) {
  while (debugger->in_from == debugger->in_to) {
    errno = 0;
    ssize_t got = read(debugger->socket, debugger->in, sizeof debugger->in);
    if (got <= 0 && errno != EINTR) lose("can't read from");
    debugger->in_from = 0;
    debugger->in_to = got > 0 ? (size_t)got : 0;
  }
  ASSERT(debugger->in_from < debugger->in_to && debugger->in_to <= sizeof debugger->in, "byte %zu of %zu is read",
         debugger->in_from, debugger->in_to);
  return debugger->in[debugger->in_from++];
}

static int32_t get_number(struct zam_debugger *debugger) {
  uint32_t number = 0;
  for (int i = 0; i < 4; i++) number = number << 8 | get_byte(debugger);
  return (int32_t)number;
}

static struct value get_value(struct zam_debugger *debugger) {
  struct value v = {0};
  for (unsigned i = 0; i < sizeof v; i++) v.bits |= (uint64_t)get_byte(debugger) << 8 * i;
  return v;
}

static void put_byte(struct zam_debugger *debugger, char byte) { text_add_char(&debugger->out, byte); }

static void put_number(struct zam_debugger *debugger, int64_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) put_byte(debugger, (char)((uint64_t)number >> shift));
}

static void put_value(struct zam_debugger *debugger, struct value v) {
  text_add(&debugger->out, (const char *)&v.bits, sizeof v.bits);
}

static void put_place(struct zam_debugger *debugger, const struct zam_code *code, uint32_t pc) {
  put_number(debugger, code->number);
  put_number(debugger, (int64_t)pc * (int64_t)sizeof(int32_t));
}

static void put_marshalled(struct mutator *th, struct zam_debugger *debugger, struct value v, unsigned flags) {
  size_t before = debugger->out.length;
  struct value pending = th->pending;
  ROOTS(th, &pending);
  if (zam_extern(th, v, flags, &debugger->out) == DONE) return;
  th->pending = pending;
  debugger->out.length = before;
  text_add(&debugger->out, "\0\0\0\0", 4); // no marshalled value begins so: the debugger sees that it can't be had
}

// The process that it is talks to the debugger; the first one says so.
static bool call(struct zam_debugger *debugger, bool first) {
  debugger->socket = socket(debugger->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const struct sockaddr *address = (const struct sockaddr *)&debugger->address;
  if (debugger->socket < 0 || connect(debugger->socket, address, debugger->address_length) != 0) return false;
  debugger->in_from = debugger->in_to = 0;
  text_clear(&debugger->out);
  if (first) put_number(debugger, -1);
  put_number(debugger, getpid());
  flush(debugger);
  return true;
}

// A path, or a host and a port with a colon between.
static enum loam_err find_address(struct zam_debugger *debugger, const char *name, struct error *err) {
  const char *colon = strchr(name, ':');
  if (!colon) {
    struct sockaddr_un *local = (struct sockaddr_un *)&debugger->address;
    if (strlen(name) >= sizeof local->sun_path)
      return error_set(err, LOAM_ERR_INPUT,
                       "CAML_DEBUG_SOCKET: expected the path of a socket of less than %zu bytes, found %zu bytes",
                       sizeof local->sun_path, strlen(name));
    local->sun_family = AF_UNIX;
    memcpy(local->sun_path, name, strlen(name) + 1);
    debugger->address_length = sizeof *local;
    return LOAM_OK;
  }
  char host[256];
  struct addrinfo *found, hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
  snprintf(host, sizeof host, "%.*s", (int)(colon - name), name);
  int failure = getaddrinfo(host, colon + 1, &hints, &found);
  if (failure)
    return error_set(err, LOAM_ERR_INPUT, "CAML_DEBUG_SOCKET: expected a socket's path or HOST:PORT, found %s: %s",
                     name, gai_strerror(failure));
  memcpy(&debugger->address, found->ai_addr, found->ai_addrlen);
  debugger->address_length = found->ai_addrlen;
  freeaddrinfo(found);
  return LOAM_OK;
}

void zam_watch_free(struct zam_watch *watch) {
  if (!watch) return;
  mem_free(watch->events);
  mem_free(watch->depths);
  mem_free(watch);
}

static bool watch(struct zam_code *code) {
  ASSERT(!code->watch, "code %u is watched twice", code->number);
  struct zam_watch *made = mem_alloc_zero(1, sizeof *made);
  if (!made) return false;
  made->events = mem_alloc_zero(code->words.count + 1, sizeof *made->events);
  made->depths = mem_alloc_zero(code->words.count + 1, sizeof *made->depths);
  if (made->events && made->depths) return code->watch = made, true;
  zam_watch_free(made);
  return false;
}

enum loam_err zam_debugger_connect(struct mutator *th, struct error *err) {
  struct zam_state *state = zam_state(th);
  const char *name = getenv("CAML_DEBUG_SOCKET");
  if (!name || connected) return LOAM_OK;
  struct zam_debugger *debugger = mem_alloc_zero(1, sizeof *debugger);
  if (!debugger) return error_set(err, LOAM_ERR_MEMORY, "no memory for a debugger");
  debugger->socket = -1;
  state->debugger = debugger;
  enum loam_err kind = find_address(debugger, name, err);
  if (kind != LOAM_OK) return kind;
  if (!call(debugger, true))
    return error_set(err, LOAM_ERR_FILE, "cannot connect to debugger at %s: %s", name, strerror(errno));
  unsetenv("CAML_DEBUG_SOCKET"); // processes that the program starts are not debugged
  for (struct zam_code *code = state->codes; code; code = code->next)
    if (!watch(code)) return error_set(err, LOAM_ERR_MEMORY, "%s: no memory to debug it", state->program);
  frame_watch_locals(th);
  caml_debugger_in_use = 1;
  connected = debugger;
  return LOAM_OK;
}

void zam_debugger_free(struct zam_state *state) {
  struct zam_debugger *debugger = state->debugger;
  if (!debugger) return;
  if (debugger->socket >= 0) close(debugger->socket);
  if (connected == debugger) {
    connected = NULL;
    caml_debugger_in_use = 0;
  }
  text_fini(&debugger->out);
  mem_free(debugger->frames);
  mem_free(debugger);
}

// ---- frames --------------------------------------------------------------------------------------------------------

static bool add_frame(void *context, const struct frame_place *place) {
  struct zam_debugger *debugger = context;
  const struct zam_function *function = place->method->guest_data;
  if (!function) return true; // an adapter: the machine has none
  if (!mem_grow(&debugger->frames, debugger->frame_count, &debugger->frame_room, sizeof *debugger->frames))
    return false;
  const struct zam_code *code = function->code;
  uint32_t pc = debugger->frame_count ? zam_backtrace_word(code, place->insn) : place->insn;
  ASSERT(code->watch && pc <= code->words.count, "word %u of %u is not watched", pc, code->words.count);
  debugger->frames[debugger->frame_count++] =
      (struct debugger_frame){.code = code, .pc = pc, .depth = code->watch->depths[pc], .locals = place->locals};
  return true;
}

// Numbers the frames, the outermost first. Returns the number of frame `to`; 0 when that is not there.
static int64_t number_frames(struct zam_debugger *debugger, uint32_t to) {
  ASSERT(debugger->frame_count <= debugger->frame_room, "%u frames are in room for %u", debugger->frame_count,
         debugger->frame_room);
  int64_t number = 0;
  for (uint32_t i = debugger->frame_count; i-- > to;)
    debugger->frames[i].number = number += FRAME_HEAD + debugger->frames[i].depth;
  return number;
}

// The innermost function stands at an event.
static void find_frames(struct mutator *th, struct zam_debugger *debugger) {
  debugger->frame_count = debugger->selected = 0;
  frame_each(th, add_frame, debugger);
  number_frames(debugger, 0);
}

static const struct debugger_frame *selected_frame(const struct zam_debugger *debugger) {
  return debugger->selected < debugger->frame_count ? &debugger->frames[debugger->selected] : NULL;
}

static void put_frame(struct zam_debugger *debugger, const struct debugger_frame *frame) {
  enum { NONE = -1 };
  put_number(debugger, frame ? frame->number : NONE);
  if (frame) {
    put_place(debugger, frame->code, frame->pc);
    return;
  }
  put_number(debugger, 0);
  put_number(debugger, 0);
}

static void select_frame(struct zam_debugger *debugger, int32_t number) {
  for (uint32_t i = 0; i < debugger->frame_count; i++)
    if (debugger->frames[i].number == number) debugger->selected = i;
}

static void go_up(struct zam_debugger *debugger) {
  ASSERT(debugger->selected <= debugger->frame_count, "frame %u of %u is selected", debugger->selected,
         debugger->frame_count);
  if (debugger->selected + 1 < debugger->frame_count) {
    debugger->selected++;
    put_frame(debugger, selected_frame(debugger));
  } else {
    put_number(debugger, -1);
  }
}

// ---- commands ------------------------------------------------------------------------------------------------------

static void set_event(struct mutator *th, struct zam_debugger *debugger, uint8_t event) {
  uint32_t number = (uint32_t)get_number(debugger), pc = (uint32_t)get_number(debugger) / sizeof(int32_t);
  const struct zam_code *code = zam_state(th)->codes;
  while (code && code->number != number) code = code->next;
  if (code && pc < code->words.count) code->watch->events[pc] = event;
}

static void checkpoint(const struct mutator *th, struct zam_debugger *debugger) {
  if (zam_state(th)->threads) {
    fprintf(stderr, "Fatal error: a program with threads can't be debugged: checkpoints would lose them\n");
    _exit(2);
  }
  pid_t child = fork();
  if (child != 0) {
    put_number(debugger, child);
    return;
  }
  close(debugger->socket);
  if (!call(debugger, false)) lose("a checkpoint can't connect to");
}

// S[index] of the selected frame.
static struct value local(const struct zam_debugger *debugger, int32_t index) {
  const struct debugger_frame *frame = selected_frame(debugger);
  bool is_there = frame && index >= 0 && (uint32_t)index < frame->depth;
  ASSERT(!is_there || frame->locals, "word %d of a frame of %u is asked for, and it has none", index, frame->depth);
  return is_there ? frame->locals[frame->depth - 1 - (uint32_t)index] : ZAM_UNIT;
}

static struct value field_of(struct value v, int32_t index) {
  bool is_there = zam_is_block(v) && v.bits && index >= 0 && (uint64_t)index < zam_size(v);
  return is_there ? zam_fields(v)[index] : ZAM_UNIT;
}

static void put_field(struct zam_debugger *debugger) {
  struct value v = get_value(debugger);
  int32_t index = get_number(debugger);
  put_byte(debugger, zam_is_block(v) && v.bits && zam_tag(v) == ZAM_TAG_DOUBLE_ARRAY);
  put_value(debugger, field_of(v, index));
}

static void put_closure_code(struct zam_debugger *debugger) {
  const struct zam_function *function = zam_code_of(get_value(debugger));
  put_place(debugger, function->code, function->pc);
}

static void put_global(struct mutator *th, struct zam_debugger *debugger) {
  put_value(debugger, field_of(zam_state(th)->globals, get_number(debugger)));
}

static void put_environment(struct zam_debugger *debugger) {
  const struct debugger_frame *frame = selected_frame(debugger);
  int32_t index = get_number(debugger);
  bool is_there = frame && zam_is_block(frame->locals[-1]) && index >= 0;
  // It may be an inner function of the closure, whose size is not its own.
  put_value(debugger, is_there ? zam_fields(frame->locals[-1])[index] : ZAM_UNIT);
}

// What changes something. False: it was no such command.
static bool obey(struct mutator *th, struct zam_debugger *debugger, unsigned command) {
  switch (command) {
  case 'e': set_event(th, debugger, ZAM_EVENT); return true;
  case 'B': set_event(th, debugger, ZAM_BREAK); return true;
  case 'i': set_event(th, debugger, 0); return true;
  case 'c': checkpoint(th, debugger); return true;
  case 's': _exit(0);
  case 'w': wait(NULL); return true;
  case 'S': select_frame(debugger, get_number(debugger)); return true;
  case 'b': debugger->barrier = get_number(debugger); return true;
  case 'K': caml_debugger_fork_mode = get_number(debugger); return true;
  default: return false;
  }
}

// What only asks.
static void answer(struct mutator *th, struct zam_debugger *debugger, unsigned command) {
  switch (command) {
  case '0': debugger->selected = 0; __attribute__((fallthrough));
  case 'f': put_frame(debugger, selected_frame(debugger)); return;
  case 'U':
    (void)get_number(debugger); // the depth of the frame, which is known
    go_up(debugger);
    return;
  case 'L': put_value(debugger, local(debugger, get_number(debugger))); return;
  case 'E': put_environment(debugger); return;
  case 'G': put_global(th, debugger); return;
  case 'A': put_value(debugger, debugger->acc ? *debugger->acc : ZAM_UNIT); return;
  case 'H': put_number(debugger, (int64_t)*object_header(value_to_ref(get_value(debugger)))); return;
  case 'F': put_field(debugger); return;
  case 'M': put_marshalled(th, debugger, get_value(debugger), ZAM_CLOSURES); return;
  case 'C': put_closure_code(debugger); return;
  default: return;
  }
}

// Until it says that the program goes on.
static void listen_to(struct mutator *th, struct zam_debugger *debugger) {
  ASSERT(!debugger->out.length, "%zu bytes of a report wait while the debugger is listened to", debugger->out.length);
  for (unsigned command; (command = get_byte(debugger)) != 'g';) {
    if (!obey(th, debugger, command)) answer(th, debugger, command);
    if (debugger->out.length) flush(debugger);
  }
  debugger->events_left = (uint32_t)get_number(debugger);
  debugger->frame_count = 0;
  debugger->acc = NULL;
}

// ---- why the program stands ----------------------------------------------------------------------------------------

static struct zam_debugger *debugger_of(const struct mutator *th) {
  struct zam_debugger *debugger = zam_state(th)->debugger;
  return debugger && debugger->socket >= 0 ? debugger : NULL;
}

// The end of a report, and what the debugger says to it. `frame`: NULL where no function stands at an event.
static void stand(struct mutator *th, struct zam_debugger *debugger, const struct debugger_frame *frame) {
  ASSERT(debugger == connected && debugger->socket >= 0, "the program stands, and no debugger is connected");
  put_number(debugger, debugger->events_left);
  if (frame) {
    put_frame(debugger, frame);
  } else {
    put_number(debugger, 0);
    put_number(debugger, -1);
    put_number(debugger, 0);
  }
  flush(debugger);
  listen_to(th, debugger);
}

static void report(struct mutator *th, char why) {
  struct zam_debugger *debugger = debugger_of(th);
  if (!debugger) return;
  put_byte(debugger, why);
  stand(th, debugger, NULL);
}

static void report_code(struct mutator *th, char why, const struct zam_code *code) {
  struct zam_debugger *debugger = debugger_of(th);
  if (!debugger) return;
  put_byte(debugger, why);
  put_number(debugger, code->number);
  stand(th, debugger, NULL);
}

enum loam_status zam_debugger_reach(struct mutator *th, const uint8_t *event, struct value acc, struct value *same) {
  struct zam_debugger *debugger = debugger_of(th);
  ROOTS(th, &acc);
  if (debugger && (*event == ZAM_BREAK || --debugger->events_left == 0)) {
    find_frames(th, debugger);
    debugger->acc = &acc;
    put_byte(debugger, *event == ZAM_BREAK ? 'b' : 'e');
    stand(th, debugger, selected_frame(debugger));
  }
  *same = acc;
  return DONE;
}

void zam_debugger_note_start(struct mutator *th) {
  struct zam_debugger *debugger = debugger_of(th);
  if (debugger) listen_to(th, debugger);
}

void zam_debugger_note_exit(struct mutator *th) { report(th, 'x'); }

void zam_debugger_note_uncaught(struct mutator *th, struct value *exception) {
  struct zam_debugger *debugger = debugger_of(th);
  if (debugger) debugger->acc = exception;
  report(th, 'u');
}

// The number of the innermost frame with a handler; 0: there is none.
struct handler_search {
  struct zam_debugger *debugger;
  uint32_t frame;
  bool found;
};

static bool look_for_handler(void *context, const struct frame_place *place) {
  struct handler_search *search = context;
  search->found |= place->handles;
  search->frame += !search->found && place->method->guest_data;
  if (!search->debugger->barrier) return !search->found; // only who has no handler is below it
  return add_frame(search->debugger, place);
}

void zam_debugger_note_raise(struct mutator *th) {
  struct zam_debugger *debugger = debugger_of(th);
  if (!debugger) return;
  struct handler_search search = {.debugger = debugger};
  debugger->frame_count = 0;
  frame_each(th, look_for_handler, &search);
  // What lies below the handler's frame; its trap is somewhere in it.
  int64_t number = search.found ? number_frames(debugger, search.frame + 1) : 0;
  debugger->frame_count = 0;
  if (number + search.found <= debugger->barrier) report(th, 's');
}

bool zam_debugger_note_code(struct mutator *th, struct zam_code *code, const struct value *events) {
  if (!zam_state(th)->debugger) return true;
  if (!watch(code)) return false;
  struct zam_debugger *debugger = debugger_of(th);
  if (debugger && !value_same(*events, ZAM_UNIT)) {
    put_byte(debugger, 'D');
    put_marshalled(th, debugger, *events, 0);
    stand(th, debugger, NULL);
  }
  report_code(th, 'L', code);
  return true;
}

void zam_debugger_note_release(struct mutator *th, const struct zam_code *code) { report_code(th, 'U', code); }
