// SPDX-License-Identifier: MIT
//
// zam_stub_signal.c: what stubs call about signals, and variables that they look at.
#include "zam_stub_api.h"

#include "zam_debugger.h"

int caml_debugger_in_use, caml_debugger_fork_mode = 1;
void caml_debugger_cleanup_fork(void) { zam_debugger_leave(); }
int (*caml_sigmask_hook)(int how, const sigset_t *set, sigset_t *old) = pthread_sigmask;

void caml_process_pending_actions(void) {
  struct mutator *th = zam_stub_mutator();
  if (zam_state(th)->pending) zam_stub_check(zam_run_pending(th));
}

struct value caml_process_pending_actions_exn(void) {
  struct mutator *th = zam_stub_mutator();
  if (!zam_state(th)->pending || zam_run_pending(th) == DONE) return ZAM_UNIT;
  if (th->killed) zam_stub_leave();
  return (struct value){th->pending.bits | 2};
}

int caml_check_pending_actions(void) { return zam_state(zam_stub_mutator())->pending; }
void caml_record_signal(int number) { zam_signal_note(zam_state(zam_stub_mutator()), number); }
int caml_convert_signal_number(int number) { return zam_signal_to_system(number); }
int caml_rev_convert_signal_number(int number) { return (int)zam_signal_from_system(number); }
