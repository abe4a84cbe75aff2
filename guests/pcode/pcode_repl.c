// SPDX-License-Identifier: MIT
//
// pcode_repl.c: the prompt: commands that step through a program, of either machine. All it says goes to standard
// output in the order of events, so that a session that comes from a file leaves a transcript. A program that reads
// gets what the command `input` gave it: standard input is the commands'.
//
// A program of the 39 instructions is moved on by each command that says so (pcode_step.h). One of extended P-code runs
// in loam's engines (pcode_watch.h): it is the command `step`, say, of the first prompt that runs it, and wherever it
// stops it asks for further commands itself, in pcode_repl_stop. What would pull the program away from under itself,
// such as `restart`, is done when it has been left.
#include "pcode_repl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LISTING_COUNT 12 // instructions of `dis` without a number

// What the prompt holds between two inputs.
struct pcode_prompt {
  struct stepper stepper;
  struct watch watch;
  struct mutator *th;
  struct text file;  // the program `load` read, which the stepper refers to
  struct text fresh; // the same, while the one before it is still to be left
  struct text input; // for the program, line by line, and how much of it was taken
  size_t input_at;
  bool input_ends;    // behind that
  struct text answer; // to the command
  char *again;        // the command that an empty line repeats
  bool loaded, quit;
  bool is_extended;                           // the program is the watch's
  bool goes;                                  // the program is to go on
  void (*later)(struct pcode_prompt *prompt); // when the program has been left
};

struct command {
  const char *name, *argument, *help;
  bool needs_program, repeats;
  void (*run)(struct pcode_prompt *prompt, const char *argument);
};

static void say(struct pcode_prompt *prompt, const char *sentence) { text_add_line(&prompt->answer, sentence); }

// A number that is the whole argument, or `otherwise` when there is none. False after a message.
static bool read_number(struct pcode_prompt *prompt, const char *argument, int64_t otherwise, int64_t *out) {
  char *end;
  *out = *argument ? strtoll(argument, &end, 10) : otherwise;
  if (!*argument || (!*end && *out >= 0)) return true;
  text_printf(&prompt->answer, "expected a number, found '%.60s'\n", argument);
  return false;
}

// ---- going on ------------------------------------------------------------------------------------------------------

static void show_place(struct pcode_prompt *prompt) {
  if (prompt->is_extended)
    pcode_watch_show_place(&prompt->watch, &prompt->answer);
  else
    pcode_step_show_place(&prompt->stepper, &prompt->answer);
}

static void tell_stop(struct pcode_prompt *prompt, enum step_stop stop) {
  switch (stop) {
  case STEP_GOAL: break;
  case STEP_BREAK: say(prompt, "breakpoint"); break;
  case STEP_INPUT:
    say(prompt, prompt->is_extended ? "the program waits for a line: input TEXT, or eof"
                                    : "the program waits for an integer: input NUMBER");
    break;
  case STEP_END: say(prompt, "the program has ended"); return;
  case STEP_ERROR:
    if (prompt->th->killed) return; // the command line says what limit was reached
    pcode_error_print(prompt->th, prompt->th->pending, &prompt->answer);
  }
  show_place(prompt);
}

static void go(struct pcode_prompt *prompt, struct step_goal goal) {
  ASSERT(prompt->loaded, "a program goes on that was not loaded");
  bool ended = prompt->is_extended ? prompt->watch.state == WATCH_ENDED : prompt->stepper.ended;
  if (ended) {
    say(prompt, "the program has ended; restart begins it again");
  } else if (prompt->is_extended) {
    pcode_watch_set_goal(&prompt->watch, goal);
    prompt->goes = true;
  } else {
    tell_stop(prompt, pcode_step_run(&prompt->stepper, goal));
  }
}

static void do_step(struct pcode_prompt *prompt, const char *argument) {
  int64_t count;
  if (read_number(prompt, argument, 1, &count) && count) go(prompt, (struct step_goal){STEP_INSTRUCTIONS, count});
}

static void do_next(struct pcode_prompt *prompt, const char *argument) {
  (void)argument;
  go(prompt, (struct step_goal){.how = STEP_NEXT});
}

static void do_line(struct pcode_prompt *prompt, const char *argument) {
  (void)argument;
  go(prompt, (struct step_goal){.how = STEP_LINE});
}

static void do_over(struct pcode_prompt *prompt, const char *argument) {
  (void)argument;
  go(prompt, (struct step_goal){.how = STEP_OVER});
}

static void do_finish(struct pcode_prompt *prompt, const char *argument) {
  (void)argument;
  go(prompt, (struct step_goal){.how = STEP_FINISH});
}

static void do_continue(struct pcode_prompt *prompt, const char *argument) {
  (void)argument;
  go(prompt, (struct step_goal){.how = STEP_CONTINUE});
}

// Does something that the program must not be in the middle of: at once, or when it has been left.
static void leave(struct pcode_prompt *prompt, void (*then)(struct pcode_prompt *prompt)) {
  bool runs = prompt->is_extended && prompt->watch.state != WATCH_READY;
  if (!runs) return then(prompt);
  prompt->later = then;
  prompt->watch.leaves = true;
}

static void restart(struct pcode_prompt *prompt) {
  ASSERT(prompt->watch.state == WATCH_READY, "pcode.I14: a program begins again in the middle of its run");
  struct pcode_state *state = pcode_state_of(prompt->th);
  text_clear(&state->input);
  state->input_at = 0;
  state->input_open = false;
  text_clear(&prompt->input);
  prompt->input_at = 0;
  prompt->input_ends = false;
  if (prompt->is_extended || pcode_step_restart(&prompt->stepper) == DONE) show_place(prompt);
}

static void do_restart(struct pcode_prompt *prompt, const char *argument) {
  (void)argument;
  leave(prompt, restart);
}

// A line behind those that are there: numbers for Lire, or any text.
static void do_input(struct pcode_prompt *prompt, const char *argument) {
  char *end;
  for (const char *at = argument; *at && !prompt->is_extended; at = end + strspn(end, " \t")) {
    strtoll(at, &end, 10);
    if (end != at && strchr(" \t", *end)) continue;
    text_printf(&prompt->answer, "expected numbers, found '%.60s'\n", at);
    return;
  }
  text_add_line(&prompt->input, argument);
}

static void do_eof(struct pcode_prompt *prompt, const char *argument) {
  (void)argument;
  prompt->input_ends = true;
}

// ---- breakpoints ---------------------------------------------------------------------------------------------------

// The places of "@INSTRUCTION" or "@PROCEDURE:INSTRUCTION"; a message when there is none.
static void break_insn(struct pcode_prompt *prompt, const char *argument, bool set) {
  const char *colon = prompt->is_extended ? strchr(argument, ':') : NULL, *digits = colon ? colon + 1 : argument;
  int64_t number;
  if (!*digits) {
    say(prompt, "expected a number behind '@'");
    return;
  }
  if (!read_number(prompt, digits, 0, &number)) return;
  size_t length = colon ? (size_t)(colon - argument) : 0;
  bool there = prompt->is_extended ? pcode_watch_break_insn(&prompt->watch, argument, length, number, set) > 0
                                   : pcode_step_break_address(&prompt->stepper, number, set);
  if (!there) text_printf(&prompt->answer, "no instruction begins at %.60s\n", argument);
}

static void set_break(struct pcode_prompt *prompt, const char *argument, bool set) {
  int64_t number;
  if (*argument == '@') return break_insn(prompt, argument + 1, set);
  if (!*argument) {
    say(prompt, prompt->is_extended ? "expected a LINE, or an instruction as @NUMBER or @PROCEDURE:NUMBER"
                                    : "expected a LINE, or an address as @ADDRESS");
    return;
  }
  if (!read_number(prompt, argument, 0, &number)) return;
  uint32_t line = number <= UINT32_MAX ? (uint32_t)number : 0;
  unsigned places = 0;
  if (line)
    places = prompt->is_extended ? pcode_watch_break_line(&prompt->watch, line, set)
                                 : pcode_step_break_line(&prompt->stepper, line, set);
  if (!places) text_printf(&prompt->answer, "line %lld has no code\n", (long long)number);
}

static void do_break(struct pcode_prompt *prompt, const char *argument) { set_break(prompt, argument, true); }
static void do_delete(struct pcode_prompt *prompt, const char *argument) { set_break(prompt, argument, false); }

// ---- showing -------------------------------------------------------------------------------------------------------

static void do_stack(struct pcode_prompt *prompt, const char *argument) {
  (void)argument;
  if (prompt->is_extended)
    pcode_watch_show_stack(&prompt->watch, &prompt->answer);
  else
    pcode_step_show_stack(&prompt->stepper, &prompt->answer);
}

static void do_globals(struct pcode_prompt *prompt, const char *argument) {
  (void)argument;
  if (prompt->is_extended)
    pcode_watch_show_globals(&prompt->watch, &prompt->answer);
  else
    pcode_step_show_globals(&prompt->stepper, &prompt->answer);
}

static void do_where(struct pcode_prompt *prompt, const char *argument) {
  (void)argument;
  prompt->stepper.shown_line = prompt->watch.shown_line = 0;
  prompt->watch.shown_proc = UINT32_MAX;
  show_place(prompt);
}

// `dis`: some instructions from the next one on; `dis all`; `dis ADDRESS`.
static void do_dis(struct pcode_prompt *prompt, const char *argument) {
  const struct stepper *stepper = &prompt->stepper;
  const struct watch *watch = &prompt->watch;
  bool all = strcmp(argument, "all") == 0, there = true;
  int64_t from = 0;
  if (!all && !read_number(prompt, argument, prompt->is_extended ? watch->insn : stepper->machine.i, &from)) return;
  ASSERT(!prompt->is_extended || watch->proc < watch->image.code_count,
         "pcode.I14: the program stands in procedure %u of %u", watch->proc, watch->image.code_count);
  if (!all && prompt->is_extended) there = from < watch->image.codes[watch->proc].count;
  if (!all && !prompt->is_extended) there = from < stepper->image.count && stepper->starts[from];
  if (!there)
    text_printf(&prompt->answer, "no instruction begins at %lld\n", (long long)from);
  else if (prompt->is_extended)
    pcode_watch_show_code(watch, from, LISTING_COUNT, all, &prompt->answer);
  else
    pcode_step_show_code(stepper, from, all ? INT64_MAX : LISTING_COUNT, &prompt->answer);
}

// ---- the rest ------------------------------------------------------------------------------------------------------

static enum loam_err take_program(struct pcode_prompt *prompt, const struct loam_source *source, struct error *err) {
  struct pcode_state *state = pcode_state_of(prompt->th);
  ASSERT(prompt->watch.state == WATCH_READY, "pcode.I14: %s is loaded in the middle of another's run", source->name);
  pcode_step_fini(&prompt->stepper);
  pcode_watch_fini(&prompt->watch);
  prompt->is_extended = state->is_pascal = pcode_program_is_extended(source);
  enum loam_err kind = prompt->is_extended ? pcode_watch_load(&prompt->watch, prompt->th, source, err)
                                           : pcode_step_load(&prompt->stepper, prompt->th, source, err);
  prompt->loaded = kind == LOAM_OK;
  if (prompt->loaded) restart(prompt);
  return kind;
}

// The program in `fresh`: its name with a NUL, and its bytes.
static void take_fresh(struct pcode_prompt *prompt) {
  struct error err = {0};
  struct text old = prompt->file;
  prompt->file = prompt->fresh;
  prompt->fresh = (struct text){0};
  size_t name_length = strlen(prompt->file.bytes) + 1;
  ASSERT(name_length <= prompt->file.length, "a program of %zu bytes has a name of %zu", prompt->file.length,
         name_length);
  struct loam_source source = {.name = prompt->file.bytes,
                               .bytes = prompt->file.bytes + name_length,
                               .length = prompt->file.length - name_length};
  if (take_program(prompt, &source, &err) != LOAM_OK) say(prompt, err.text);
  text_fini(&old);
}

static void do_load(struct pcode_prompt *prompt, const char *argument) {
  struct loam_source source;
  struct error err = {0};
  if (!*argument) {
    say(prompt, "expected a FILE");
    return;
  }
  if (guest_tool_read(argument, &source, &err) != LOAM_OK) {
    say(prompt, err.text);
    return;
  }
  text_clear(&prompt->fresh);
  text_printf(&prompt->fresh, "%s", argument);
  text_add_char(&prompt->fresh, 0);
  text_add(&prompt->fresh, source.bytes, source.length);
  mem_free((void *)source.bytes);
  if (!prompt->fresh.failed) return leave(prompt, take_fresh);
  text_fini(&prompt->fresh);
  text_printf(&prompt->answer, "%s: no memory to read it\n", argument);
}

static void quit(struct pcode_prompt *prompt) { prompt->quit = true; }

static void do_quit(struct pcode_prompt *prompt, const char *argument) {
  (void)argument;
  leave(prompt, quit);
}

static void do_help(struct pcode_prompt *prompt, const char *argument);

static const struct command commands[] = {
    {"step", "[N]", "executes an instruction, or N of them", true, true, do_step},
    {"next", "", "the same; a call is executed as a whole", true, true, do_next},
    {"line", "", "executes up to an instruction of another line", true, true, do_line},
    {"over", "", "the same; calls are executed as a whole", true, true, do_over},
    {"finish", "", "executes up to the return of this procedure", true, true, do_finish},
    {"continue", "", "executes up to a breakpoint or the end", true, true, do_continue},
    {"break", "LINE or @ADDRESS", "stops before the code of a line, or an instruction, in Pascal @[PROCEDURE:]NUMBER",
     true, false, do_break},
    {"delete", "LINE or @ADDRESS", "takes a breakpoint away", true, false, do_delete},
    {"stack", "", "activations, the innermost first, with every word", true, false, do_stack},
    {"globals", "", "the program's variables", true, false, do_globals},
    {"where", "", "the next instruction and its line", true, false, do_where},
    {"dis", "[ADDRESS or all]", "code from the next instruction or an address on", true, false, do_dis},
    {"input", "TEXT", "a line that the program reads", true, false, do_input},
    {"eof", "", "there is no more of it", true, false, do_eof},
    {"restart", "", "back to the first instruction; breakpoints stay", true, false, do_restart},
    {"load", "FILE", "takes another program", false, false, do_load},
    {"help", "", "this list; a command may be shortened, an empty line goes on as before", false, false, do_help},
    {"quit", "", "leaves the prompt", false, false, do_quit},
};

static void do_help(struct pcode_prompt *prompt, const char *argument) {
  (void)argument;
  for (size_t i = 0; i < COUNT_OF(commands); i++) {
    size_t start = prompt->answer.length;
    text_printf(&prompt->answer, "%s %s", commands[i].name, commands[i].argument);
    while (prompt->answer.length < start + 24 && !prompt->answer.failed) text_add_char(&prompt->answer, ' ');
    say(prompt, commands[i].help);
  }
}

// The first command that begins with the word: `s` is step, `st` too, `sta` stack.
static const struct command *find_command(const char *word, size_t length) {
  for (size_t i = 0; i < COUNT_OF(commands); i++)
    if (strncmp(commands[i].name, word, length) == 0) return &commands[i];
  return NULL;
}

static void execute(struct pcode_prompt *prompt, const char *line) {
  size_t length = strcspn(line, " \t");
  const struct command *command = find_command(line, length);
  const char *argument = line + length + strspn(line + length, " \t");
  if (!command)
    text_printf(&prompt->answer, "expected a command, found '%.*s' (help lists them)\n",
                (int)(length < 60 ? length : 60), line);
  else if (command->needs_program && !prompt->loaded)
    say(prompt, "expected a program first: load FILE");
  else if (!*command->argument && *argument)
    text_printf(&prompt->answer, "%s takes nothing, found '%.60s'\n", command->name, argument);
  else
    command->run(prompt, argument);
  mem_free(prompt->again);
  prompt->again = command && command->repeats ? mem_copy_text(line, strlen(line)) : NULL;
}

// A command, or the one before it again when the line is empty.
static void execute_line(struct pcode_prompt *prompt, const char *input) {
  input += strspn(input, " \t");
  size_t length = strcspn(input, "\r\n");
  while (length && strchr(" \t", input[length - 1])) length--;
  ASSERT(!prompt->again || *prompt->again, "an empty line repeats an empty command");
  const char *text = length ? input : prompt->again ? prompt->again : "";
  char *line = mem_copy_text(text, length ? length : strlen(text)); // `again` is replaced on the way
  if (line && *line) execute(prompt, line);
  mem_free(line);
}

// Writes what there is to say. A closed output is the VM's to report.
static void answer(struct pcode_prompt *prompt) {
  ASSERT(prompt->input_at <= prompt->input.length, "the program has taken %zu of %zu bytes", prompt->input_at,
         prompt->input.length);
  struct mutator *th = prompt->th;
  if (prompt->answer.failed) text_clear(&prompt->answer);
  if (!th->killed && prompt->answer.length) (void)!vm_write(th, prompt->answer.bytes, prompt->answer.length);
  text_clear(&prompt->answer);
}

// ---- a program that runs -------------------------------------------------------------------------------------------

struct watch *pcode_repl_watch(const struct mutator *th) {
  struct pcode_prompt *prompt = pcode_state_of(th)->prompt;
  return prompt && prompt->is_extended ? &prompt->watch : NULL;
}

void pcode_repl_stop(struct mutator *th, enum step_stop stop) {
  struct pcode_prompt *prompt = pcode_state_of(th)->prompt;
  ASSERT(prompt && prompt->is_extended && prompt->th == th, "a program stops, and no prompt runs it");
  tell_stop(prompt, stop);
  prompt->goes = false;
  for (;;) {
    answer(prompt);
    if (prompt->goes || prompt->watch.leaves || th->killed) return;
    const char *input = vm_prompt_input(th);
    if (!input)
      leave(prompt, quit);
    else
      execute_line(prompt, input);
  }
}

bool pcode_repl_wants_input(const struct mutator *th) {
  const struct pcode_prompt *prompt = pcode_state_of(th)->prompt;
  if (!prompt || prompt->input_ends) return false;
  const char *rest = prompt->input.length ? prompt->input.bytes + prompt->input_at : "";
  return prompt->is_extended ? !*rest : !rest[strspn(rest, " \t\r\n")];
}

bool pcode_read_line(struct mutator *th, struct text *line) {
  struct pcode_prompt *prompt = pcode_state_of(th)->prompt;
  if (!prompt) return vm_read_line(th, line);
  while (prompt->is_extended && pcode_repl_wants_input(th) && !prompt->watch.leaves && !th->killed)
    pcode_repl_stop(th, STEP_INPUT);
  const char *rest = prompt->input.length ? prompt->input.bytes + prompt->input_at : "";
  size_t length = strcspn(rest, "\n");
  if (!rest[length]) return false;
  text_add(line, rest, length);
  ASSERT(prompt->input_at + length < prompt->input.length, "line of %zu bytes is taken at byte %zu of %zu", length,
         prompt->input_at, prompt->input.length);
  prompt->input_at += length + 1;
  return true;
}

// ---- hooks ---------------------------------------------------------------------------------------------------------

static struct pcode_prompt *prompt_of(struct mutator *th) {
  struct pcode_state *state = pcode_state_of(th);
  if (!state->prompt) state->prompt = mem_alloc_zero(1, sizeof *state->prompt);
  if (state->prompt) state->prompt->th = th;
  return state->prompt;
}

enum loam_err pcode_repl_load(struct mutator *th, const struct loam_source *source, struct error *err) {
  struct pcode_prompt *prompt = prompt_of(th);
  if (!prompt) return error_set(err, LOAM_ERR_MEMORY, "no memory for the prompt");
  enum loam_err kind = take_program(prompt, source, err);
  answer(prompt);
  return kind;
}

bool pcode_repl_eval(struct mutator *th, const char *input) {
  struct pcode_prompt *prompt = prompt_of(th);
  if (!prompt) return false;
  prompt->goes = false;
  execute_line(prompt, input);
  if (prompt->goes && prompt->is_extended) {
    prompt->later = NULL;
    pcode_watch_run(&prompt->watch);
    if (prompt->later && !th->killed) prompt->later(prompt);
  }
  answer(prompt);
  return !prompt->quit;
}

void pcode_repl_close(struct pcode_state *state) {
  struct pcode_prompt *prompt = state->prompt;
  if (!prompt) return;
  pcode_step_fini(&prompt->stepper);
  pcode_watch_fini(&prompt->watch);
  text_fini(&prompt->file);
  text_fini(&prompt->fresh);
  text_fini(&prompt->input);
  text_fini(&prompt->answer);
  mem_free(prompt->again);
  mem_free(prompt);
}
