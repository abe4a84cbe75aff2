// SPDX-License-Identifier: MIT
//
// pcode_repl.c: the prompt: commands that step through a program of the 39-instruction machine. All it says goes to
// standard output in the order of events, so that a session that comes from a file leaves a transcript. A program that
// reads gets what the command `input` gave it: standard input is the commands'.
#include "pcode_step.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LISTING_COUNT 12 // instructions of `dis` without a number

// What the prompt holds between two inputs.
struct pcode_prompt {
  struct stepper stepper;
  struct text file;   // the program `load` read, which the stepper refers to
  struct text answer; // to the command
  char *again;        // the command that an empty line repeats
  bool loaded, quit;
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

// Takes the program's output out of the way, so that what is said now comes behind it.
static void go(struct pcode_prompt *prompt, struct step_goal goal) {
  struct stepper *stepper = &prompt->stepper;
  struct mutator *th = stepper->th;
  if (stepper->ended) {
    say(prompt, "the program has ended; restart begins it again");
    return;
  }
  switch (pcode_step_run(stepper, goal)) {
  case STEP_GOAL: pcode_step_show_place(stepper, &prompt->answer); break;
  case STEP_BREAK:
    say(prompt, "breakpoint");
    pcode_step_show_place(stepper, &prompt->answer);
    break;
  case STEP_INPUT:
    say(prompt, "the program waits for an integer: input NUMBER");
    pcode_step_show_place(stepper, &prompt->answer);
    break;
  case STEP_END: say(prompt, "the program has ended"); break;
  case STEP_ERROR:
    if (th->killed) return; // the command line says what limit was reached
    pcode_error_print(th, th->pending, &prompt->answer);
    pcode_step_show_place(stepper, &prompt->answer);
  }
}

static void do_step(struct pcode_prompt *prompt, const char *argument) {
  int64_t count;
  if (read_number(prompt, argument, 1, &count) && count) go(prompt, (struct step_goal){.instructions = count});
}

static void do_next(struct pcode_prompt *prompt, const char *argument) {
  (void)argument;
  go(prompt, (struct step_goal){.depth = prompt->stepper.depth});
}

static void do_line(struct pcode_prompt *prompt, const char *argument) {
  (void)argument;
  go(prompt, (struct step_goal){.depth = INT64_MAX, .line = true});
}

static void do_finish(struct pcode_prompt *prompt, const char *argument) {
  (void)argument;
  go(prompt, (struct step_goal){.depth = prompt->stepper.depth - 1});
}

static void do_continue(struct pcode_prompt *prompt, const char *argument) {
  (void)argument;
  go(prompt, (struct step_goal){.depth = -1});
}

static void do_restart(struct pcode_prompt *prompt, const char *argument) {
  struct pcode_state *state = pcode_state_of(prompt->stepper.th);
  (void)argument;
  text_clear(&state->input);
  state->input_at = 0;
  state->input_open = false;
  if (pcode_step_restart(&prompt->stepper) == DONE) pcode_step_show_place(&prompt->stepper, &prompt->answer);
}

// Numbers for Lire, behind those that are there.
static void do_input(struct pcode_prompt *prompt, const char *argument) {
  struct pcode_state *state = pcode_state_of(prompt->stepper.th);
  char *end;
  for (const char *at = argument; *at; at = end + strspn(end, " \t")) {
    strtoll(at, &end, 10);
    if (end != at && strchr(" \t", *end)) continue;
    text_printf(&prompt->answer, "expected numbers, found '%.60s'\n", at);
    return;
  }
  text_printf(&state->input, "%s ", argument);
  state->input_open = true;
}

// ---- breakpoints ---------------------------------------------------------------------------------------------------

static void set_break(struct pcode_prompt *prompt, const char *argument, bool set) {
  struct stepper *stepper = &prompt->stepper;
  bool is_address = *argument == '@';
  int64_t number;
  if (!argument[is_address]) {
    say(prompt, "expected a LINE, or an address as @ADDRESS");
  } else if (read_number(prompt, argument + is_address, 0, &number)) {
    unsigned places = is_address ? pcode_step_break_address(stepper, number, set)
                                 : pcode_step_break_line(stepper, (uint32_t)(number & UINT32_MAX), set);
    if (!places)
      text_printf(&prompt->answer, is_address ? "no instruction begins at %lld\n" : "line %lld has no code\n",
                  (long long)number);
  }
}

static void do_break(struct pcode_prompt *prompt, const char *argument) { set_break(prompt, argument, true); }
static void do_delete(struct pcode_prompt *prompt, const char *argument) { set_break(prompt, argument, false); }

// ---- showing -------------------------------------------------------------------------------------------------------

static void do_stack(struct pcode_prompt *prompt, const char *argument) {
  (void)argument;
  pcode_step_show_stack(&prompt->stepper, &prompt->answer);
}

static void do_globals(struct pcode_prompt *prompt, const char *argument) {
  (void)argument;
  pcode_step_show_globals(&prompt->stepper, &prompt->answer);
}

static void do_where(struct pcode_prompt *prompt, const char *argument) {
  (void)argument;
  prompt->stepper.shown_line = 0;
  pcode_step_show_place(&prompt->stepper, &prompt->answer);
}

// `dis`: some instructions from the next one on; `dis all`; `dis ADDRESS`.
static void do_dis(struct pcode_prompt *prompt, const char *argument) {
  const struct stepper *stepper = &prompt->stepper;
  bool all = strcmp(argument, "all") == 0;
  int64_t from = 0;
  if (!all && !read_number(prompt, argument, stepper->machine.i, &from)) return;
  if (!all && (from >= stepper->image.count || !stepper->starts[from]))
    text_printf(&prompt->answer, "no instruction begins at %lld\n", (long long)from);
  else
    pcode_step_show_code(stepper, from, all ? INT64_MAX : LISTING_COUNT, &prompt->answer);
}

// ---- the rest ------------------------------------------------------------------------------------------------------

static enum loam_err take_program(struct pcode_prompt *prompt, struct mutator *th, const struct loam_source *source,
                                  struct error *err) {
  pcode_step_fini(&prompt->stepper);
  enum loam_err kind = pcode_step_load(&prompt->stepper, th, source, err);
  prompt->loaded = kind == LOAM_OK;
  if (prompt->loaded) {
    prompt->stepper.th = th;
    do_restart(prompt, "");
  }
  return kind;
}

static void do_load(struct pcode_prompt *prompt, const char *argument) {
  struct mutator *th = prompt->stepper.th;
  struct loam_source source;
  struct error err = {0};
  if (!*argument) {
    say(prompt, "expected a FILE");
    return;
  }
  if (guest_tool_read(argument, &source, &err) == LOAM_OK) {
    pcode_step_fini(&prompt->stepper);
    text_clear(&prompt->file); // the name, which is the input's, and the bytes
    text_printf(&prompt->file, "%s", argument);
    text_add_char(&prompt->file, 0);
    size_t name_length = prompt->file.length;
    text_add(&prompt->file, source.bytes, source.length);
    mem_free((void *)source.bytes);
    source = (struct loam_source){prompt->file.bytes, prompt->file.bytes + name_length, source.length};
    if (prompt->file.failed)
      error_set(&err, LOAM_ERR_MEMORY, "%s: no memory to read it", argument);
    else
      take_program(prompt, th, &source, &err);
  }
  prompt->stepper.th = th;
  if (err.kind != LOAM_OK) say(prompt, err.text);
}

static void do_quit(struct pcode_prompt *prompt, const char *argument) {
  (void)argument;
  prompt->quit = true;
}

static void do_help(struct pcode_prompt *prompt, const char *argument);

static const struct command commands[] = {
    {"step", "[N]", "executes an instruction, or N of them", true, true, do_step},
    {"next", "", "the same; a call is executed as a whole", true, true, do_next},
    {"line", "", "executes up to an instruction of another line", true, true, do_line},
    {"finish", "", "executes up to the return of this procedure", true, true, do_finish},
    {"continue", "", "executes up to a breakpoint or the end", true, true, do_continue},
    {"break", "LINE or @ADDRESS", "stops before the code of a line, or an instruction", true, false, do_break},
    {"delete", "LINE or @ADDRESS", "takes a breakpoint away", true, false, do_delete},
    {"stack", "", "activations, the innermost first, with every word", true, false, do_stack},
    {"globals", "", "the program's variables", true, false, do_globals},
    {"where", "", "the next instruction and its line", true, false, do_where},
    {"dis", "[ADDRESS or all]", "code from the next instruction or an address on", true, false, do_dis},
    {"input", "NUMBER...", "what the program reads", true, false, do_input},
    {"restart", "", "back to the first instruction; breakpoints stay", true, false, do_restart},
    {"load", "FILE", "takes another program, .mvp or Pascal-", false, false, do_load},
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

// ---- hooks ---------------------------------------------------------------------------------------------------------

static struct pcode_prompt *prompt_of(struct mutator *th) {
  struct pcode_state *state = pcode_state_of(th);
  if (!state->prompt) state->prompt = mem_alloc_zero(1, sizeof *state->prompt);
  if (state->prompt) state->prompt->stepper.th = th;
  return state->prompt;
}

// Writes what there is to say. A closed output is the VM's to report.
static void answer(struct pcode_prompt *prompt, struct mutator *th) {
  if (prompt->answer.failed) text_clear(&prompt->answer);
  if (!th->killed && prompt->answer.length) (void)!vm_write(th, prompt->answer.bytes, prompt->answer.length);
  text_clear(&prompt->answer);
}

enum loam_err pcode_repl_load(struct mutator *th, const struct loam_source *source, struct error *err) {
  struct pcode_prompt *prompt = prompt_of(th);
  if (!prompt) return error_set(err, LOAM_ERR_MEMORY, "no memory for the prompt");
  enum loam_err kind = take_program(prompt, th, source, err);
  answer(prompt, th);
  return kind;
}

bool pcode_repl_eval(struct mutator *th, const char *input) {
  struct pcode_prompt *prompt = prompt_of(th);
  input += strspn(input, " \t");
  size_t length = strcspn(input, "\r\n");
  while (length && strchr(" \t", input[length - 1])) length--;
  if (!prompt) return false;
  const char *text = length ? input : prompt->again ? prompt->again : "";
  char *line = mem_copy_text(text, length ? length : strlen(text)); // `again` is replaced on the way
  if (!line) return false;
  if (*line) execute(prompt, line);
  mem_free(line);
  answer(prompt, th);
  return !prompt->quit;
}

void pcode_repl_close(struct pcode_state *state) {
  struct pcode_prompt *prompt = state->prompt;
  if (!prompt) return;
  pcode_step_fini(&prompt->stepper);
  text_fini(&prompt->file);
  text_fini(&prompt->answer);
  mem_free(prompt->again);
  mem_free(prompt);
}
