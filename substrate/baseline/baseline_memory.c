// SPDX-License-Identifier: MIT
//
// baseline_memory.c: memory for machine code, mapped twice.
//
// Stencils jump to the substrate's functions with 32-bit distances, so the mapping that runs must lie within 2 GB of
// them. The system puts mappings far from a position-independent program; hints walk away from our own code until one
// is taken.
#define LOAM_BASELINE_MODULE
#include "baseline/baseline_int.h"

#include <sys/mman.h>
#include <unistd.h>

#define CODE_BYTES ((size_t)64 << 20) // address space; pages appear as code is written
#define REACH ((intptr_t)1 << 30)     // half of what a jump reaches: the program's own extent has the rest
#define FIRST_BYTE 64                 // where the first code goes: the function sanitizer reads before what is called
#define HINT_STEP ((intptr_t)16 << 20)

static bool is_near(const void *at) {
  intptr_t distance = (intptr_t)at - (intptr_t)(uintptr_t)&baseline_compile;
  return distance > -REACH && distance + (intptr_t)CODE_BYTES < REACH;
}

static const uint8_t *map_near(int fd) {
  uintptr_t here = (uintptr_t)&baseline_compile & ~(uintptr_t)0xfffff;
  for (intptr_t away = HINT_STEP; away < REACH; away += HINT_STEP) {
    for (int side = 0; side < 2; side++) {
      void *hint = (void *)(side ? here - (uintptr_t)away - CODE_BYTES : here + (uintptr_t)away);
      void *at = mmap(hint, CODE_BYTES, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
      if (at == MAP_FAILED) return NULL;
      if (is_near(at)) return at;
      munmap(at, CODE_BYTES);
    }
  }
  return NULL;
}

enum loam_err baseline_init(struct baseline *baseline, const struct op_table *ops, struct error *err) {
  *baseline = (struct baseline){.ops = ops, .bytes = CODE_BYTES, .bytes_used = FIRST_BYTE, .owner = getpid()};
  int fd = memfd_create("loam-code", MFD_CLOEXEC);
  void *write_base = MAP_FAILED;
  if (fd >= 0 && ftruncate(fd, (off_t)CODE_BYTES) == 0) {
    write_base = mmap(NULL, CODE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    baseline->run_base = map_near(fd);
  }
  if (fd >= 0) close(fd);
  if (write_base != MAP_FAILED && baseline->run_base && pthread_mutex_init(&baseline->lock, NULL) == 0) {
    baseline->write_base = write_base;
    return LOAM_OK;
  }
  if (write_base != MAP_FAILED) munmap(write_base, CODE_BYTES);
  if (baseline->run_base) munmap((void *)(uintptr_t)baseline->run_base, CODE_BYTES);
  *baseline = (struct baseline){0};
  return error_set(err, LOAM_ERR_MEMORY, "no memory for compiled code within reach");
}

void baseline_fini(struct baseline *baseline) {
  if (!baseline->run_base) return;
  munmap(baseline->write_base, CODE_BYTES);
  munmap((void *)(uintptr_t)baseline->run_base, CODE_BYTES);
  pthread_mutex_destroy(&baseline->lock);
  arena_fini(&baseline->memory);
}
