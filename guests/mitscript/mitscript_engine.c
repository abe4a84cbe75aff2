// SPDX-License-Identifier: MIT
//
// mitscript_engine.c: --engine=tree: runs the reference evaluator in place of the virtual machine. It recurses on the C
// stack, so it gets a thread with a large one, of which only what is used is ever touched.
#include "mitscript.h"
#include "mitscript_parse.h"
#include "mitscript_tree.h"

#include <pthread.h>
#include <stdio.h>

#define STACK_BYTES ((size_t)MIT_TREE_LEVEL_MAX_DEFAULT * MIT_TREE_BYTES_PER_LEVEL + ((size_t)1 << 20))

struct tree_run {
  struct mutator *th;
  const struct loam_source *source;
  int status;
};

static bool write_output(void *context, const char *bytes, size_t length) {
  struct tree_run *run = context;
  return vm_write(run->th, bytes, length) == DONE;
}

static bool read_line(void *context, struct text *line) {
  struct tree_run *run = context;
  return vm_read_line(run->th, line);
}

static bool is_stopped(void *context) {
  const struct tree_run *run = context;
  return POLL_WANTED(run->th);
}

static void *run_tree(void *arg) {
  struct tree_run *run = arg;
  struct mit_program program = {0};
  struct error err = {0};
  struct mit_tree_io io = {.context = run, .write = write_output, .read_line = read_line, .stopped = is_stopped};
  enum loam_err kind = mitscript_parse_program(&program, run->source, &err);
  if (kind == LOAM_OK) kind = mitscript_tree_run(&program, &io, &run->status, &err);
  mitscript_parse_fini(&program);
  bool stopped = kind == LOAM_ERR_LIMIT && POLL_WANTED(run->th); // the VM says why
  if (kind != LOAM_OK && !stopped) {
    fprintf(stderr, "loam: %s\n", err.text);
    run->status = MIT_STATUS_EXCEPTION;
  }
  return NULL;
}

int mitscript_tree_engine(struct mutator *th, const char *engine, const struct loam_source *source, int argc,
                          char **argv) {
  (void)engine, (void)argc, (void)argv;
  struct tree_run run = {th, source, MIT_STATUS_EXCEPTION};
  pthread_attr_t attributes;
  pthread_t thread;
  if (pthread_attr_init(&attributes) != 0 || pthread_attr_setstacksize(&attributes, STACK_BYTES) != 0 ||
      pthread_create(&thread, &attributes, run_tree, &run) != 0) {
    fprintf(stderr, "loam: no thread with a stack of %zu bytes for the reference evaluator\n", STACK_BYTES);
    return MIT_STATUS_EXCEPTION;
  }
  pthread_join(thread, NULL);
  pthread_attr_destroy(&attributes);
  return run.status;
}
