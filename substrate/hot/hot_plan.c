// SPDX-License-Identifier: MIT
//
// hot_plan.c: reading bytecode for a unit, and deciding what is inlined.
//
// A call is inlined when an inline cache says that it always went to the same method, that method is small, and the
// unit has room. A recursive method is inlined into itself a few times: that unrolls the top of its recursion. What was
// never called has an empty cache and is left out, not inlined.
#define LOAM_HOT_MODULE
#include "hot/hot_plan.h"

#include "frame/frame.h"

#include <string.h>

#define UNIT_WORDS_MAX 400        // of all that is inlined into one unit
#define INLINE_DEPTH_MAX 4        // calls within calls
#define INLINE_RECURSION_MAX 2    // the same method within itself,
#define INLINE_LINEAR_MAX 4       // that makes one call
#define PEELED_CALLS_MAX 2        // of a method that is inlined into itself though its calls are peeled: once then
#define UNIT_CALLS_MAX 12         // in inlined methods: each that is made for real is a function of its own
#define UNIT_FRAME_WORDS_MAX 1000 // how far inlined frames may reach: nobody checks that they fit, see thread_mutator.c

void hot_plan_name(struct hot_plan *plan, const struct method *method) {
  for (const struct hot_named *known = plan->named; known; known = known->next)
    if (known->method == method) return;
  struct hot_named *named = arena_alloc(&plan->memory, sizeof *named);
  if (!named) {
    plan->failed = true;
    return;
  }
  *named = (struct hot_named){plan->named, method};
  plan->named = named;
}

int64_t hot_plan_target(const struct code_insn *insn) {
  for (unsigned i = 0; i < insn->info->imm_count; i++)
    if (op_imms(insn->info)[i].kind == IMM_TARGET) return insn->imm[i];
  return -1;
}

struct hot_targets hot_plan_targets(const struct hot_plan *plan, const struct method *method, uint32_t pc) {
  return plan->request->feedback ? hot_profile_targets(method, pc) : (struct hot_targets){0};
}

static bool is_doubted(const struct hot_plan *plan, const struct method *method, const struct code_insn *insn) {
  unsigned last = insn->info->part_count ? insn->info->part_count - 1u : 0;
  return hot_plan_doubts(plan, method, insn->pc + last);
}

// What a call always calls, as far as its cache is to be trusted; else NULL.
static const struct method *callee_of(const struct hot_plan *plan, const struct method *method,
                                      const struct code_insn *insn) {
  if (is_doubted(plan, method, insn) || hot_plan_targets(plan, method, insn->pc).count) return NULL;
  return code_last_called(insn);
}

static bool is_self_tail(const struct hot_plan *plan, const struct method *method, const struct code_insn *insn) {
  return insn->info->control == CONTROL_TAIL && callee_of(plan, method, insn) == method;
}

static void read_insn(const struct hot_plan *plan, struct hot_method *info, const struct code_insn *insn) {
  int64_t target = hot_plan_target(insn);
  uint32_t end = insn->pc + insn->info->words * 8u;
  if (is_self_tail(plan, info->method, insn)) {
    info->self_tail[insn->pc / 8] = true;
    target = 0;
  }
  bool calls = insn->info->control == CONTROL_CALL;
  info->calls += calls || insn->info->control == CONTROL_TAIL;
  info->calls_itself |= calls && callee_of(plan, info->method, insn) == info->method;
  if (target < 0) return;
  ASSERT(target % 8 == 0 && target < info->method->code_words * INT64_C(8), "hot.I1: %s branches at %u to byte %lld",
         info->method->name, insn->pc, (long long)target);
  info->leader[target / 8] = true;
  if (target > insn->pc) return;
  info->has_loop = true;
  if (info->loop_end[target / 8] < end) info->loop_end[target / 8] = end;
}

static struct hot_method *read_method(struct hot_plan *plan, const struct method *method) {
  for (struct hot_method *known = plan->methods; known; known = known->next)
    if (known->method == method) return known;
  struct hot_method *info = arena_alloc(&plan->memory, sizeof *info);
  if (!info) return NULL;
  hot_plan_name(plan, method);
  info->method = method;
  info->leader = arena_alloc(&plan->memory, method->code_words * sizeof *info->leader);
  info->loop_end = arena_alloc(&plan->memory, method->code_words * sizeof *info->loop_end);
  info->kinds = arena_alloc(&plan->memory, method->code_words * sizeof *info->kinds);
  info->kinds_known = arena_alloc(&plan->memory, method->code_words * sizeof *info->kinds_known);
  info->self_tail = arena_alloc(&plan->memory, method->code_words * sizeof *info->self_tail);
  if (!info->leader || !info->loop_end || !info->kinds || !info->kinds_known || !info->self_tail) return NULL;
  for (uint32_t i = 0; i < method->handler_count; i++) {
    ASSERT(method->handlers[i].handler / 8 < method->code_words, "hot.I1: handler %u of %s is at byte %u of %u words",
           i, method->name, method->handlers[i].handler, method->code_words);
    info->leader[method->handlers[i].handler / 8] = true;
  }
  struct code_insn insn;
  for (uint32_t pc = 0; pc < method->code_words * 8u; pc += insn.info->words * 8u) {
    code_decode(method, pc, &insn);
    if (hot_plan_depth(method, pc) != DEPTH_UNKNOWN) read_insn(plan, info, &insn); // else nothing comes there
  }
  info->next = plan->methods;
  return plan->methods = info;
}

static struct hot_context *make_context(struct hot_plan *plan, const struct method *method) {
  struct hot_context *context = arena_alloc(&plan->memory, sizeof *context);
  if (!context) return NULL;
  context->method = method;
  context->info = read_method(plan, method);
  context->blocks = arena_alloc(&plan->memory, method->code_words * sizeof(struct hot_block *));
  context->copies = arena_alloc(&plan->memory, method->code_words);
  return context->info && context->blocks && context->copies ? context : NULL;
}

bool hot_plan_init(struct hot_plan *plan, const struct hot_request *request) {
  *plan = (struct hot_plan){.request = request};
  plan->root = make_context(plan, request->method);
  return plan->root != NULL;
}

void hot_plan_fini(struct hot_plan *plan) { arena_fini(&plan->memory); }

static uint32_t recursion_max(struct hot_plan *plan, struct hot_method *info) {
  if (!hot_peel_prepare(plan, info)) return info->calls == 1 ? INLINE_LINEAR_MAX : INLINE_RECURSION_MAX;
  return info->calls <= PEELED_CALLS_MAX;
}

static bool makes_real_calls(struct hot_plan *plan, const struct method *method, uint32_t start, uint32_t end,
                             uint32_t frames);

// Is a call inlined, and what it calls, as far as exceptions are known to come from: out of so many frames?
static bool is_made_inlined(struct hot_plan *plan, const struct method *method, const struct code_insn *insn,
                            uint32_t frames) {
  const struct method *callee = callee_of(plan, method, insn);
  if (!callee || !callee->site_count || callee->code_words > HOT_INLINE_WORDS_MAX) return false;
  const struct hot_method *info = read_method(plan, callee);
  if (!info || info->has_loop) return false;
  if (!info->calls || frames == 1) return true;
  return frames && frames <= INLINE_LINEAR_MAX &&
         !makes_real_calls(plan, callee, 0, callee->code_words * 8u, frames - 1);
}

// Does a method make calls between two bytes of its code that aren't inlined?
static bool makes_real_calls(struct hot_plan *plan, const struct method *method, uint32_t start, uint32_t end,
                             uint32_t frames) {
  struct code_insn insn;
  for (uint32_t pc = 0; pc < end; pc += insn.info->words * 8u) {
    code_decode(method, pc, &insn);
    if (pc + insn.info->words * 8u <= start || insn.info->control != CONTROL_CALL) continue;
    if (!is_made_inlined(plan, method, &insn, frames)) return true;
  }
  return false;
}

// Does the method catch, by unwinding, what calls raise that are made for real? The unwinder finds the root's handlers
// only: control would be in a lower engine behind each such exception, and stay there until the caller is entered anew.
static bool catches_calls(struct hot_plan *plan, const struct method *method) {
  for (uint32_t i = 0; i < method->handler_count; i++) {
    const struct code_handler *handler = &method->handlers[i];
    if (__atomic_load_n(&handler->caught, __ATOMIC_RELAXED) < CATCHES_COUNTED) continue;
    uint32_t frames = __atomic_load_n(&handler->frames, __ATOMIC_RELAXED);
    if (makes_real_calls(plan, method, handler->start, handler->end, frames)) return true;
  }
  return false;
}

// `outer` is the context that makes the call. A method with a loop costs so much more than its call that inlining it
// gains nothing.
static bool is_worth_inlining(struct hot_plan *plan, const struct hot_context *outer, const struct method *callee,
                              int32_t fp_word) {
  uint32_t recursion = 0;
  for (const struct hot_context *c = outer; c; c = c->caller) recursion += c->method == callee;
  if (!callee->site_count || callee->code_words > HOT_INLINE_WORDS_MAX) return false;
  if (plan->words_inlined + callee->code_words > UNIT_WORDS_MAX || outer->depth >= INLINE_DEPTH_MAX + recursion ||
      fp_word + (int32_t)callee->frame_words > UNIT_FRAME_WORDS_MAX)
    return false;
  struct hot_method *info = read_method(plan, callee);
  if (!info || info->has_loop || plan->calls + info->calls > UNIT_CALLS_MAX) return false;
  if (plan->request->feedback && catches_calls(plan, callee)) return false;
  return !recursion || recursion <= recursion_max(plan, info);
}

static bool is_worth_peeling(struct hot_plan *plan, const struct hot_context *outer, const struct method *callee,
                             int32_t fp_word) {
  if (!callee->site_count || fp_word + (int32_t)callee->frame_words > UNIT_FRAME_WORDS_MAX) return false;
  while (outer && outer->method != callee) outer = outer->caller;
  struct hot_method *info = outer ? read_method(plan, callee) : NULL;
  return info && hot_peel_prepare(plan, info);
}

// A context behind `outer`, whose frame is at a word. Without `info` it only remembers that it is not inlined.
static struct hot_context *inline_or_not(struct hot_plan *plan, const struct hot_context *outer,
                                         const struct method *callee, int32_t fp_word, bool may_peel) {
  struct hot_context *context = NULL;
  bool is_whole = is_worth_inlining(plan, outer, callee, fp_word);
  bool is_peeled = !is_whole && may_peel && is_worth_peeling(plan, outer, callee, fp_word);
  if (is_whole || is_peeled) context = make_context(plan, callee);
  if (!context) context = arena_alloc(&plan->memory, sizeof *context);
  if (!context) {
    plan->failed = true;
    return NULL;
  }
  context->method = callee;
  context->fp_word = fp_word;
  context->depth = outer->depth + 1;
  context->is_peeled = is_peeled;
  if (!context->info || is_peeled) return context;
  plan->words_inlined += callee->code_words;
  plan->calls += context->info->calls;
  plan->inlined++;
  return context;
}

struct hot_context *hot_plan_inline(struct hot_plan *plan, struct hot_context *caller, uint32_t call_pc,
                                    uint32_t return_pc, const struct method *callee, int32_t arg_word) {
  for (struct hot_context *known = caller->callees; known; known = known->sibling)
    if (known->call_pc == call_pc && known->method == callee) return known->info ? known : NULL;
  struct hot_context *context = inline_or_not(plan, caller, callee, arg_word + callee->local_count, true);
  if (!context) return NULL;
  context->caller = caller;
  context->call_pc = call_pc;
  context->return_pc = return_pc;
  ASSERT(context->fp_word > caller->fp_word && arg_word > hot_plan_top(caller, 0),
         "hot.I3: %s is inlined at word %d, its arguments at %d, into a frame at %d", callee->name, context->fp_word,
         arg_word, caller->fp_word);
  context->sibling = caller->callees;
  caller->callees = context;
  return context->info ? context : NULL;
}

struct hot_context *hot_plan_inline_tail(struct hot_plan *plan, struct hot_context *replaced, uint32_t tail_pc,
                                         const struct method *callee) {
  for (struct hot_context *known = replaced->tails; known; known = known->sibling)
    if (known->tail_pc == tail_pc && known->method == callee) return known->info ? known : NULL;
  int32_t fp_word = hot_plan_local(replaced, callee->local_count);
  ASSERT(replaced->caller, "hot.I3: %s is called in the place of %s, which is not inlined", callee->name,
         replaced->method->name);
  struct hot_context *context = inline_or_not(plan, replaced, callee, fp_word, false);
  if (!context) return NULL;
  context->caller = replaced->caller;
  context->call_pc = replaced->call_pc;
  context->return_pc = replaced->return_pc;
  context->tail_pc = tail_pc;
  context->sibling = replaced->tails;
  replaced->tails = context;
  return context->info ? context : NULL;
}

bool hot_plan_encloses(const struct hot_context *head, uint32_t head_pc, const struct hot_context *context,
                       uint32_t pc) {
  for (;; context = context->caller) {
    if (context == head) break;
    if (!context->caller) return false;
    pc = context->call_pc;
  }
  ASSERT(head_pc / 8 < head->info->method->code_words, "hot.I1: a loop of %s begins at byte %u of %u words",
         head->info->method->name, head_pc, head->info->method->code_words);
  return head_pc <= pc && pc < head->info->loop_end[head_pc / 8];
}

uint32_t hot_plan_outermost_loop(const struct hot_context *context, uint32_t pc) {
  for (uint32_t head = 0; head < pc; head += 8)
    if (context->info->loop_end[head / 8] > pc) return head;
  return pc;
}

// ---- what a function writes -----------------------------------------------------------------------------------------

// A search through the root's code.
struct search {
  const struct hot_context *root;
  uint32_t entry_pc;
  bool at_loop;      // the entry is a loop head: coming back to it ends nothing
  uint32_t *written; // by local: the first byte that writes it, of those that were looked at, or UINT32_MAX
  bool *seen;
  uint32_t *stack, depth;
};

static void search_push(struct search *search, uint32_t pc) {
  ASSERT(pc % 8 == 0 && pc / 8 < search->root->method->code_words, "hot.I1: %s goes on at byte %u",
         search->root->method->name, pc);
  if (search->seen[pc / 8]) return;
  bool ends =
      search->root->info->loop_end[pc / 8] && hot_plan_encloses(search->root, pc, search->root, search->entry_pc);
  if (ends && !(search->at_loop && pc == search->entry_pc)) return;
  ASSERT(search->depth < search->root->method->code_words, "hot.I1: %u places of %s wait, it has %u words",
         search->depth, search->root->method->name, search->root->method->code_words);
  search->seen[pc / 8] = true;
  search->stack[search->depth++] = pc;
}

// Whatever throws, the function may go on at the handler: the bytes of an instruction name its parts.
static void search_handlers(struct search *search, const struct code_insn *insn) {
  const struct method *method = search->root->method;
  uint32_t end = insn->pc + insn->info->words * 8u;
  for (uint32_t i = 0; i < method->handler_count; i++)
    if (method->handlers[i].start < end && insn->pc < method->handlers[i].end)
      search_push(search, method->handlers[i].handler);
}

static void search_insn(struct search *search, const struct code_insn *insn) {
  const struct hot_method *info = search->root->info;
  search_handlers(search, insn);
  if (info->self_tail[insn->pc / 8]) {
    for (uint32_t i = 0; i <= info->method->local_count; i++) search->written[i] = 0;
    search_push(search, 0);
  }
  ASSERT(!info->self_tail[insn->pc / 8] || insn->info->control == CONTROL_TAIL,
         "hot.I4: %s calls itself at byte %u by an op with control %d", info->method->name, insn->pc,
         insn->info->control);
  if (insn->info->flags & OP_WRITES)
    for (unsigned i = 0; i < insn->info->imm_count; i++)
      if (op_imms(insn->info)[i].kind == IMM_LOCAL && insn->pc < search->written[insn->imm[i]])
        search->written[insn->imm[i]] = insn->pc;
  int64_t target = hot_plan_target(insn);
  if (target >= 0) search_push(search, (uint32_t)target);
  enum op_control control = insn->info->control;
  if (control == CONTROL_NEXT || control == CONTROL_BRANCH || control == CONTROL_CALL)
    search_push(search, insn->pc + insn->info->words * 8u);
}

uint32_t *hot_plan_written(struct hot_plan *plan, const struct hot_entry *entry) {
  const struct method *method = plan->root->method;
  const struct hot_context *context = entry->context;
  struct search search = {.root = plan->root, .entry_pc = entry->pc};
  for (; context->caller; context = context->caller) search.entry_pc = context->return_pc;
  search.at_loop = !entry->context->caller && entry->kind == HOT_ENTRY_LOOP;
  search.written = arena_alloc(&plan->memory, (method->local_count + 1u) * sizeof *search.written);
  search.seen = arena_alloc(&plan->memory, method->code_words);
  search.stack = arena_alloc(&plan->memory, method->code_words * sizeof *search.stack);
  if (!search.written || !search.seen || !search.stack) return NULL;
  ASSERT(search.entry_pc / 8 < method->code_words, "hot.I1: an entry of %s is at byte %u of %u words", method->name,
         search.entry_pc, method->code_words);
  for (uint32_t i = 0; i <= method->local_count; i++) search.written[i] = UINT32_MAX;
  search.seen[search.entry_pc / 8] = true;
  search.stack[search.depth++] = search.entry_pc;
  while (search.depth) {
    struct code_insn insn;
    code_decode(method, search.stack[--search.depth], &insn);
    search_insn(&search, &insn);
  }
  return search.written;
}

// Control goes on to higher bytes, but where a loop goes round, and where something is caught. Who comes to the head of
// a loop may have gone round it.
uint32_t hot_plan_horizon(const struct hot_method *info, uint32_t pc) {
  if (info->method->handler_count) return UINT32_MAX;
  uint32_t end = pc;
  for (uint32_t head = 0; head < end || head == pc; head += 8)
    if (info->loop_end[head / 8] > end) end = info->loop_end[head / 8];
  return end;
}

uint32_t hot_plan_live(const struct method *method, uint32_t pc) {
  return frame_live_locals(method, (const char *)method->code + pc);
}

uint32_t hot_plan_depth(const struct method *method, uint32_t pc) {
  struct code_site site;
  return frame_site(method, (const char *)method->code + pc, &site) ? site.depth : DEPTH_UNKNOWN;
}
