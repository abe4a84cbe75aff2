// SPDX-License-Identifier: MIT
//
// opgen_parse.c: reads .ops files. The form is line by line; only bodies are free text, up to the line that closes them
// at the body's own indentation. Every refusal names file, line and op, and says what to write.
#include "opgen.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *const imm_class_names[] = {"local", "u16",    "index", "i32",      "u32",  "target",
                                       "ptr",   "callee", "cache", "feedback", "frame"};
const int imm_bytes[] = {2, 2, 2, 4, 4, 4, 8, 2, 8, 2, 2};
const char *const control_names[] = {"next", "branch", "goto", "call", "return", "stop", "tail", "throw"};

// A file being read, and the record that its lines are about.
struct reader {
  struct table *table;
  const char *path, *tests;
  FILE *file;
  int line;
  char *text;
  size_t capacity;
  struct record *record;
  char **continued; // the text that a further indented line goes on
};

void fail(const char *file, int line, const char *op, const char *format, ...) {
  fprintf(stderr, "%s:%d: ", file, line);
  if (op) fprintf(stderr, "op %s: ", op);
  va_list args;
  va_start(args, format);
  vfprintf(stderr, format, args);
  va_end(args);
  fputc('\n', stderr);
  exit(1);
}

#define FAIL(reader, ...) \
  fail((reader)->path, (reader)->line, (reader)->record ? (reader)->record->name : NULL, __VA_ARGS__)

static void *need(void *block) {
  if (!block) {
    fputs("opgen: out of memory\n", stderr);
    exit(1);
  }
  return block;
}

static char *copy(const char *text, size_t length) {
  char *block = need(malloc(length + 1));
  memcpy(block, text, length);
  block[length] = 0;
  return block;
}

static void append(char **text, const char *more) {
  size_t old = *text ? strlen(*text) : 0;
  *text = need(realloc(*text, old + strlen(more) + 1));
  memcpy(*text + old, more, strlen(more) + 1);
}

static bool read_line(struct reader *reader) {
  ssize_t length = getline(&reader->text, &reader->capacity, reader->file);
  if (length < 0) return false;
  reader->line++;
  while (length > 0 && isspace((unsigned char)reader->text[length - 1])) reader->text[--length] = 0;
  return true;
}

static char *skip_space(char *at) {
  while (*at == ' ') at++;
  return at;
}

// Cuts the next word off *at; NULL at the end of the line.
static char *next_word(char **at) {
  char *start = skip_space(*at);
  if (!*start) return NULL;
  char *end = start;
  while (*end && *end != ' ') end++;
  *at = *end ? end + 1 : end;
  *end = 0;
  return start;
}

int find_record(const struct table *table, const char *name) {
  for (int i = 0; i < table->record_count; i++)
    if (strcmp(table->records[i]->name, name) == 0) return i;
  return -1;
}

static int find_type(struct reader *reader, const char *name) {
  if (strcmp(name, "any") == 0) return 0;
  if (name[0] == '\'' && islower((unsigned char)name[1]) && !name[2]) return TYPE_VARIABLE_BIT | (name[1] - 'a');
  for (int i = 0; i < reader->table->type_count; i++)
    if (strcmp(reader->table->types[i], name) == 0) return i + 1;
  FAIL(reader, "unknown type '%s'; declare it with 'type %s ...', or write any, or a type variable like 'a", name,
       name);
}

// NAME:TYPE or NAME:TYPE[IMM]
static struct operand parse_operand(struct reader *reader, char *word) {
  char *colon = strchr(word, ':');
  if (!colon) FAIL(reader, "operand '%s' has no type; write NAME:TYPE", word);
  struct operand operand = {.name = copy(word, (size_t)(colon - word))};
  char *bracket = strchr(colon, '[');
  if (bracket) {
    char *close = strchr(bracket, ']');
    if (!close) FAIL(reader, "operand '%s' lacks ']'; write NAME:TYPE[IMM]", word);
    operand.count_by = copy(bracket + 1, (size_t)(close - bracket - 1));
    *bracket = 0;
  }
  operand.type = find_type(reader, colon + 1);
  return operand;
}

static void parse_stack(struct reader *reader, char *at) {
  struct record *record = reader->record;
  bool outputs = false;
  record->has_stack = true;
  for (char *word; (word = next_word(&at));) {
    if (strcmp(word, "--") == 0) {
      outputs = true;
      continue;
    }
    int *count = outputs ? &record->out_count : &record->in_count;
    if (*count == OPERANDS_MAX) FAIL(reader, "more than %d operands; write fewer, or a variadic input", OPERANDS_MAX);
    struct operand operand = parse_operand(reader, word);
    if (outputs && operand.count_by) FAIL(reader, "output '%s' can't be variadic; write NAME:TYPE", operand.name);
    if (!outputs && *count && record->in[*count - 1].count_by)
      FAIL(reader, "a variadic input must be the last; write it at the end");
    (outputs ? record->out : record->in)[(*count)++] = operand;
  }
  if (!outputs) FAIL(reader, "the stack effect has no '--'; write INPUTS -- OUTPUTS");
}

static void parse_imms(struct reader *reader, char *at) {
  struct record *record = reader->record;
  for (char *word; (word = next_word(&at));) {
    if (record->imm_count == IMMS_MAX - 1) FAIL(reader, "more than %d immediates; write fewer", IMMS_MAX - 1);
    char *colon = strchr(word, ':');
    if (!colon) FAIL(reader, "immediate '%s' has no kind; write NAME:KIND", word);
    int class = 0;
    while (class < FRAME && strcmp(imm_class_names[class], colon + 1) != 0) class ++;
    if (class == FRAME)
      FAIL(reader, "unknown kind '%s'; write local, u16, index, i32, u32, target, ptr, callee, cache or feedback",
           colon + 1);
    record->imms[record->imm_count++] =
        (struct immediate){copy(word, (size_t)(colon - word)), (enum imm_class) class, 0};
  }
}

static void parse_control(struct reader *reader, const char *word) {
  for (int i = 0; i < CONTROL_COUNT; i++) {
    if (strcmp(control_names[i], word) != 0) continue;
    reader->record->control = (enum control)i;
    return;
  }
  FAIL(reader, "unknown control '%s'; write next, branch, goto, call, return, stop, tail or throw", word);
}

static void parse_effects(struct reader *reader, char *at) {
  for (char *word; (word = next_word(&at));) {
    if (strcmp(word, "slow") == 0)
      reader->record->slow = true;
    else if (strcmp(word, "writes") == 0)
      reader->record->writes = true;
    else
      FAIL(reader, "unknown effect '%s'; write slow, writes or both", word);
  }
}

static void parse_variant(struct reader *reader, char *at) {
  char *name = next_word(&at), *when = next_word(&at);
  if (!name || !when || strcmp(when, "when") != 0) FAIL(reader, "write: variant NAME when CONDITION");
  struct variant *variant = need(calloc(1, sizeof *variant));
  at = skip_space(at);
  *variant = (struct variant){copy(name, strlen(name)), copy(at, strlen(at)), reader->record->variants};
  reader->record->variants = variant;
}

// IMM COUNT
static void parse_few(struct reader *reader, char *at) {
  struct record *record = reader->record;
  char *name = next_word(&at), *count = next_word(&at);
  record->few_count = count ? atoi(count) : 0;
  for (record->few_imm = 0; name && record->few_imm < record->imm_count; record->few_imm++)
    if (strcmp(record->imms[record->few_imm].name, name) == 0) break;
  bool counts = record->few_imm < record->imm_count && variadic_imm(record) == record->few_imm;
  if (!counts || record->few_count < 1 || record->in_count - 1 + record->few_count - 1 > OPERANDS_MAX)
    FAIL(reader,
         "write: few IMM COUNT, below 'stack' and 'imm'; IMM counts the last input, and with COUNT - 1 of them "
         "there may be %d operands",
         OPERANDS_MAX);
}

static int find_operand(const struct operand *operands, int count, const char *name) {
  for (int i = 0; i < count; i++)
    if (strcmp(operands[i].name, name) == 0 && !operands[i].count_by) return i;
  return -1;
}

// KIND INPUT... [-- OUTPUT...] [only] [by TEST]
static void parse_kind_rule(struct reader *reader, char *at) {
  struct record *record = reader->record;
  const struct table *table = reader->table;
  char *name = next_word(&at);
  struct kind_rule rule = {.kind = 0};
  while (name && rule.kind < table->kind_count && strcmp(table->kinds[rule.kind], name) != 0) rule.kind++;
  if (!name || rule.kind == table->kind_count)
    FAIL(reader, "unknown kind '%s'; declare it with 'kind NAME TEST' above the ops", name ? name : "");
  if (record->kind_count && record->kinds[record->kind_count - 1].kind >= rule.kind)
    FAIL(reader, "'%s' is declared above the kind before; write each once, in the order of the declarations", name);
  rule.test = table->kind_tests[rule.kind];
  bool outputs = false;
  for (char *word, *test; (word = next_word(&at));) {
    if (strcmp(word, "--") == 0) {
      outputs = true;
      continue;
    }
    if (strcmp(word, "by") == 0 && (test = next_word(&at))) {
      rule.test = copy(test, strlen(test));
      continue;
    }
    if (strcmp(word, "only") == 0) {
      rule.only = true;
      continue;
    }
    int index =
        outputs ? find_operand(record->out, record->out_count, word) : find_operand(record->in, record->in_count, word);
    if (index < 0) FAIL(reader, "'%s' is no operand that can be of a kind; write names from 'stack', above", word);
    *(outputs ? &rule.gives : &rule.needs) |= 1u << index;
  }
  record->kinds[record->kind_count++] = rule;
}

// Takes the lines up to the brace that closes the body at the indentation of its `body {`.
static void parse_body(struct reader *reader, size_t indent, char **body, int *body_line) {
  *body_line = reader->line + 1;
  append(body, "");
  while (read_line(reader)) {
    size_t spaces = strspn(reader->text, " ");
    if (spaces == indent && reader->text[spaces] == '}' && !reader->text[spaces + 1]) return;
    append(body, reader->text);
    append(body, "\n");
  }
  FAIL(reader, "the body that starts at line %d is not closed; put '}' at the indentation of 'body {'", *body_line - 1);
}

static void parse_key(struct reader *reader, char *at, size_t indent) {
  struct record *record = reader->record;
  char *key = next_word(&at);
  at = skip_space(at);
  char **text = strcmp(key, "doc") == 0      ? &record->doc
                : strcmp(key, "errors") == 0 ? &record->errors
                : strcmp(key, "source") == 0 ? &record->source
                : strcmp(key, "test") == 0   ? &record->test
                                             : NULL;
  reader->continued = text;
  if (text)
    append(text, at);
  else if (strcmp(key, "stack") == 0)
    parse_stack(reader, at);
  else if (strcmp(key, "imm") == 0)
    parse_imms(reader, at);
  else if (strcmp(key, "control") == 0)
    parse_control(reader, at);
  else if (strcmp(key, "effects") == 0)
    parse_effects(reader, at);
  else if (strcmp(key, "kind") == 0)
    parse_kind_rule(reader, at);
  else if (strcmp(key, "variant") == 0)
    parse_variant(reader, at);
  else if (strcmp(key, "few") == 0)
    parse_few(reader, at);
  else if (strcmp(key, "body") == 0 && strcmp(at, "{") == 0)
    parse_body(reader, indent, &record->body, &record->body_line);
  else if (strcmp(key, "retry") == 0 && strcmp(at, "{") == 0)
    parse_body(reader, indent, &record->retry, &record->retry_line);
  else
    FAIL(reader,
         "unknown key '%s'; write stack, imm, control, effects, kind, doc, errors, source, test, variant, few, "
         "'retry {' or 'body {'",
         key);
}

static bool uses(const struct record *record, const char *verb) { return record->body && strstr(record->body, verb); }

static int count_imms(const struct record *record, enum imm_class class) {
  int count = 0;
  for (int i = 0; i < record->imm_count; i++) count += record->imms[i].class == class;
  return count;
}

// Does the body begin with `*x = ...;`, of its only local, with no x behind the sign, not even its address?
static bool sets_local(const struct record *record) {
  if (count_imms(record, LOCAL) != 1) return false;
  char place[64];
  for (int i = 0; i < record->imm_count; i++)
    if (record->imms[i].class == LOCAL) snprintf(place, sizeof place, "*%s", record->imms[i].name);
  const char *at = record->body + strspn(record->body, " \n");
  size_t length = strlen(place);
  if (strncmp(at, place, length) != 0 || strncmp(at + length, " = ", 3) != 0) return false;
  const char *read = strstr(at + length, place + 1), *end = strchr(at, ';');
  return end && (!read || read > end);
}

// Notes what a body moves, when it is nothing but assignments of the form `b = a;`, one of them maybe `*x`.
static void find_moves(struct record *record) {
  int from[OPERANDS_MAX], stored = FROM_ELSEWHERE, length;
  char to[64], what[64];
  for (int o = 0; o < OPERANDS_MAX; o++) record->from[o] = from[o] = FROM_ELSEWHERE;
  record->stored = FROM_ELSEWHERE;
  if (count_imms(record, LOCAL) > 1) return;
  for (const char *at = record->body; at[strspn(at, " \n")]; at += length) {
    length = 0;
    if (sscanf(at, " %63[A-Za-z0-9_*] = %63[A-Za-z0-9_*];%n", to, what, &length) != 2 || !length) return;
    int in = find_operand(record->in, record->in_count, what), out = find_operand(record->out, record->out_count, to);
    if (*what == '*' && out >= 0)
      from[out] = FROM_LOCAL;
    else if (*to == '*' && in >= 0)
      stored = in;
    else if (in >= 0 && out >= 0)
      from[out] = in;
    else
      return;
  }
  memcpy(record->from, from, sizeof from);
  record->stored = stored;
}

static void check_test(struct reader *reader) {
  const char *test = reader->record->test;
  if (!reader->tests || strncmp(test, "substrate:", 10) == 0) return;
  char path[1024];
  snprintf(path, sizeof path, "%s/%s", reader->tests, test);
  if (access(path, R_OK) != 0)
    FAIL(reader, "its test %s does not exist; write a program there that executes the op", path);
}

// A negative count would take operands that aren't there.
static void check_count(struct reader *reader) {
  const struct record *record = reader->record;
  const char *name = record->in[record->in_count - 1].count_by;
  int index = variadic_imm(record);
  if (index < 0) FAIL(reader, "no immediate '%s' counts the variadic input; write 'imm %s:u16'", name, name);
  if (record->imms[index].class != U16) FAIL(reader, "'%s' counts the variadic input; write 'imm %s:u16'", name, name);
}

static void check_type_variables(struct reader *reader) {
  const struct record *record = reader->record;
  for (int o = 0; o < record->out_count; o++) {
    bool bound = !(record->out[o].type & TYPE_VARIABLE_BIT);
    // A variadic input may take nothing, and bind nothing.
    for (int i = 0; i < record->in_count; i++)
      bound |= record->in[i].type == record->out[o].type && !record->in[i].count_by;
    if (!bound) FAIL(reader, "output '%s' has a type variable that no input has; write a type", record->out[o].name);
  }
}

// A record is complete: what it lacks or contradicts is refused here.
static void finish_record(struct reader *reader) {
  struct record *record = reader->record;
  if (!record) return;
  const int line = reader->line;
  reader->line = record->line;
  if (!record->has_stack) FAIL(reader, "no stack effect; write 'stack INPUTS -- OUTPUTS'");
  if (!record->doc) FAIL(reader, "no doc; write 'doc' and a sentence that says what the op does");
  if (!record->source) FAIL(reader, "no source; write 'source' and the place in the guest's specification");
  if (!record->test) FAIL(reader, "no test; write 'test FILE', a program that executes the op");
  if (!record->body) FAIL(reader, "no body; write 'body {' and the op's C text");
  // NEW(...), BOX(...), and macros of the guest's that begin so, have a SLOW in them.
  bool slow = uses(record, "SLOW(") || uses(record, " NEW(") || uses(record, " BOX(") || uses(record, " BOX_");
  if (slow && !record->slow) FAIL(reader, "the body says SLOW; write 'effects slow'");
  if (!slow && record->slow) FAIL(reader, "the body has no SLOW(...); leave slow out of its effects");
  if (!slow && record->retry) FAIL(reader, "the body has no SLOW(...), so nothing is tried again; leave 'retry' out");
  bool jumps = record->control == BRANCH || record->control == GOTO;
  if (jumps != (count_imms(record, TARGET) == 1))
    FAIL(reader, "control branch and goto go with one immediate of kind target; write both");
  if (uses(record, "BRANCH") && !jumps) FAIL(reader, "the body says BRANCH; write 'control branch' or 'control goto'");
  bool calls = record->control == CALL || record->control == TAIL;
  if (uses(record, "CALL(") != calls)
    FAIL(reader, "CALL(...) in the body goes with 'control call' or 'control tail'; write both");
  if (uses(record, "RETURN(") != (record->control == RETURN))
    FAIL(reader, "RETURN(...) in the body goes with 'control return'; write both");
  if (uses(record, "THROW(") != (record->control == THROW))
    FAIL(reader, "THROW(...) in the body goes with 'control throw'; write both");
  bool variadic = record->in_count && record->in[record->in_count - 1].count_by;
  if (calls && !variadic) FAIL(reader, "a call's last input must be variadic; write args:TYPE[IMM]");
  if (variadic) check_count(reader);
  if (record->out_count > OUTPUTS_MAX) FAIL(reader, "%d outputs; write at most %d", record->out_count, OUTPUTS_MAX);
  if (record->control == TAIL && record->out_count) FAIL(reader, "a tail call leaves nothing; write no outputs");
  check_type_variables(reader);
  check_test(reader);
  record->sets = sets_local(record);
  find_moves(record);
  for (int i = 0; i < record->kind_count; i++)
    if (record->kinds[i].needs && (!slow || variadic))
      FAIL(reader, "inputs of a kind go with a SLOW(...) for others, and with no variadic input; leave 'kind' out");
  bool leaves = record->control == RETURN || record->control == TAIL;
  if (leaves) record->imms[record->imm_count++] = (struct immediate){"frame", FRAME, 0};
  reader->record = NULL;
  reader->line = line;
}

int variadic_imm(const struct record *record) {
  const char *name = record->in_count ? record->in[record->in_count - 1].count_by : NULL;
  for (int i = 0; name && i < record->imm_count; i++)
    if (strcmp(record->imms[i].name, name) == 0) return i;
  return -1;
}

static int parse_number(struct reader *reader, const char *word) {
  char *end;
  long number = strtol(word, &end, 10);
  if (*end || number < 0 || number > UINT16_MAX)
    FAIL(reader, "'%s' is no number; write one from 0 to %d", word, UINT16_MAX);
  for (int i = 0; i < reader->table->record_count; i++)
    if (reader->table->records[i]->number == number)
      FAIL(reader, "%s has number %ld already; write another", reader->table->records[i]->name, number);
  return (int)number;
}

static void parse_op(struct reader *reader, char *at) {
  struct table *table = reader->table;
  char *name = next_word(&at);
  if (!name) FAIL(reader, "write: op NAME [= NUMBER] [internal]");
  if (find_record(table, name) >= 0)
    fail(reader->path, reader->line, name, "there is already an op of this name; write another");
  if (table->record_count == RECORDS_MAX) FAIL(reader, "more than %d ops; raise RECORDS_MAX", RECORDS_MAX);
  struct record *record = need(calloc(1, sizeof *record));
  *record = (struct record){.file = reader->path, .line = reader->line, .name = copy(name, strlen(name)), .number = -1};
  table->records[table->record_count++] = record;
  reader->record = record;
  for (char *word; (word = next_word(&at));) {
    char *number;
    if (strcmp(word, "internal") == 0)
      record->internal = true;
    else if (strcmp(word, "=") == 0 && (number = next_word(&at)))
      record->number = parse_number(reader, number);
    else
      FAIL(reader, "'%s' after the name; write: op NAME [= NUMBER] [internal]", word);
  }
}

static void parse_fuse(struct reader *reader, char *at) {
  struct table *table = reader->table;
  if (table->fusion_count == RECORDS_MAX) FAIL(reader, "more than %d fused ops; raise RECORDS_MAX", RECORDS_MAX);
  struct fusion *fusion = need(calloc(1, sizeof *fusion));
  *fusion = (struct fusion){.file = reader->path, .line = reader->line};
  table->fusions[table->fusion_count++] = fusion;
  for (char *word; (word = next_word(&at));) {
    if (fusion->name) append(&fusion->name, "+");
    append(&fusion->name, word);
  }
  if (!fusion->name || !strchr(fusion->name, '+')) FAIL(reader, "write: fuse OP OP..., two ops at least");
}

static void parse_type(struct reader *reader, char *at) {
  struct table *table = reader->table;
  char *name = next_word(&at);
  int most = (int)(sizeof table->types / sizeof *table->types);
  if (!name) FAIL(reader, "write: type NAME DOC");
  if (table->type_count == most) FAIL(reader, "more than %d types; raise the size of table.types", most);
  table->types[table->type_count] = copy(name, strlen(name));
  at = skip_space(at);
  table->type_docs[table->type_count++] = copy(at, strlen(at));
}

static void parse_kind(struct reader *reader, char *at) {
  struct table *table = reader->table;
  char *name = next_word(&at), *test = next_word(&at);
  if (!name || !test) FAIL(reader, "write: kind NAME TEST, a C function that tests a value for it");
  if (table->kind_count == KINDS_MAX) FAIL(reader, "more than %d kinds; write fewer", KINDS_MAX);
  table->kinds[table->kind_count] = copy(name, strlen(name));
  table->kind_tests[table->kind_count++] = copy(test, strlen(test));
}

static void parse_include(struct reader *reader, char *at) {
  struct table *table = reader->table;
  int most = (int)(sizeof table->includes / sizeof *table->includes);
  if (table->include_count == most) FAIL(reader, "more than %d includes; include a header that includes them", most);
  table->includes[table->include_count++] = copy(at, strlen(at));
}

static void parse_top(struct reader *reader, char *at) {
  struct table *table = reader->table;
  finish_record(reader);
  reader->continued = NULL;
  char *key = next_word(&at);
  at = skip_space(at);
  if (strcmp(key, "op") == 0)
    parse_op(reader, at);
  else if (strcmp(key, "fuse") == 0)
    parse_fuse(reader, at);
  else if (strcmp(key, "type") == 0)
    parse_type(reader, at);
  else if (strcmp(key, "kind") == 0)
    parse_kind(reader, at);
  else if (strcmp(key, "guest") == 0)
    table->guest = copy(at, strlen(at));
  else if (strcmp(key, "include") == 0)
    parse_include(reader, at);
  else
    FAIL(reader, "unknown word '%s'; write guest, include, type, kind, fuse or op", key);
}

void parse_file(struct table *table, const char *path, const char *tests) {
  struct reader reader = {.table = table, .path = path, .tests = tests, .file = fopen(path, "r")};
  if (!reader.file) fail(path, 0, NULL, "can't be read; write the name of a file of records");
  while (read_line(&reader)) {
    size_t indent = strspn(reader.text, " ");
    char *at = reader.text + indent;
    if (!*at || *at == '#') continue;
    if (indent == 0) {
      parse_top(&reader, at);
    } else if (!reader.record) {
      FAIL(&reader, "an indented line outside a record; write 'op NAME' first");
    } else if (indent > 2 && reader.continued) {
      append(reader.continued, " ");
      append(reader.continued, at);
    } else {
      parse_key(&reader, at, indent);
    }
  }
  finish_record(&reader);
  free(reader.text);
  fclose(reader.file);
}
