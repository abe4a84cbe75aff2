// SPDX-License-Identifier: MIT
//
// host_example.c: a host program with a virtual machine in it. A shop lets its pricing rules be written in MITScript:
// the rules call a function of the shop, the shop calls the rules, and limits keep a bad rule from doing harm.
//
//     cc host_example.c $(pkg-config --cflags --libs loam) -o host_example
#include <loam/loam.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char rules[] = "price = fun(item, count) {\n"
                            "  total = base_price(item) * count;\n"
                            "  if (count >= 10) { total = total - total / 10; }\n"
                            "  return total;\n"
                            "};\n"
                            "label = fun(item) { return \"one \" + item; };\n"
                            "broken = fun(item) { return item * 2; };\n"
                            "endless = fun() { while (true) { } return None; };\n"
                            "print(\"rules are loaded\");\n";

// A function of the host: base_price(item). `user_data` is what was given to loam_define.
static void base_price(struct loam_host_call *call, void *user_data) {
  struct loam_vm *vm = loam_host_vm(call);
  const char *item;
  size_t length;
  if (!loam_value_to_text(vm, loam_host_argument(call, 0), &item, &length)) {
    loam_host_throw(call, "base_price wants the name of an item");
    return;
  }
  const int *tea_price = user_data;
  loam_host_return(call, loam_value_int(vm, strcmp(item, "tea") == 0 ? *tea_price : 5));
}

static bool shop_writes(void *context, const char *bytes, size_t length) {
  return fprintf(context, "[rules] %.*s", (int)length, bytes) >= 0;
}

static void report(const struct loam_vm *vm, const char *what) {
  printf("%s: %s\n%s", what, loam_error_text(vm), loam_backtrace(vm));
}

// Calls price(item, count).
static bool ask_price(struct loam_vm *vm, const char *item, int64_t count, int64_t *price) {
  struct loam_value *arguments[] = {loam_value_text(vm, item, strlen(item)), loam_value_int(vm, count)};
  struct loam_value *result = NULL;
  bool good = arguments[0] && arguments[1] && loam_call_name(vm, "price", arguments, 2, &result) == LOAM_OK &&
              loam_value_to_int(vm, result, price);
  loam_value_release(vm, result);
  loam_value_release(vm, arguments[0]);
  loam_value_release(vm, arguments[1]);
  return good;
}

static void run_shop(struct loam_vm *vm) {
  int64_t price = 0;
  if (ask_price(vm, "tea", 2, &price)) printf("2 tea: %lld\n", (long long)price);
  if (ask_price(vm, "cup", 10, &price)) printf("10 cups: %lld\n", (long long)price);

  // A text comes back: it is the VM's until the next call.
  struct loam_value *cup = loam_value_text(vm, "cup", 3), *label = NULL;
  if (loam_call_name(vm, "label", &cup, 1, &label) == LOAM_OK) printf("%s\n", loam_value_describe(vm, label));
  loam_value_release(vm, label);

  // An exception of the rules: the shop gets it with its place, and goes on.
  if (loam_call_name(vm, "broken", &cup, 1, NULL) != LOAM_OK) report(vm, "a rule failed");
  loam_value_release(vm, cup);

  struct loam_stats stats;
  loam_stats_read(vm, &stats);
  printf("the rules allocated %s\n", stats.bytes_allocated < 100000 ? "little" : "much");

  // A limit: the VM is over then, and says so to every later call.
  if (loam_call_name(vm, "endless", NULL, 0, NULL) == LOAM_ERR_LIMIT)
    printf("a rule went too far: %s\n", loam_error_text(vm));
  if (!ask_price(vm, "tea", 1, &price)) printf("afterwards: %s\n", loam_error_text(vm));
}

int main(void) {
  static const char *const limits[] = {"--heap-max=4M", "--fuel=100000", "--time-max=5", NULL};
  int tea_price = 40;
  struct loam_vm *vm;
  enum loam_err kind = loam_open(loam_guest_find("mitscript"), limits, &vm);
  if (kind == LOAM_OK) {
    loam_set_output(vm, shop_writes, stdout);
    kind = loam_define(vm, "base_price", 1, base_price, &tea_price);
  }
  if (kind == LOAM_OK) kind = loam_load_text(vm, "rules.mit", rules, sizeof rules - 1);
  if (kind == LOAM_OK) kind = loam_run(vm, 0, NULL, NULL);
  if (kind == LOAM_OK)
    run_shop(vm);
  else
    report(vm, "the rules can't be used");
  loam_close(vm);
  return kind == LOAM_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
