// SPDX-License-Identifier: MIT
//
// heap_handle.c: roots that host code holds for long: a ring of separately allocated slots, so that a slot's address
// lasts, creating and destroying takes constant time, and the collector visits each. Short-lived roots of C functions
// are ROOTS, which cost no allocation.
#define HEAP_MODULE
#include "heap/heap_int.h"

void heap_handle_init(struct heap *heap) {
  pthread_mutex_init(&heap->handles_lock, NULL);
  heap->handles.next = heap->handles.previous = &heap->handles;
}

void heap_handle_fini(struct heap *heap) {
  for (struct handle *handle = heap->handles.next, *next; handle != &heap->handles; handle = next) {
    next = handle->next;
    mem_free(handle);
  }
  pthread_mutex_destroy(&heap->handles_lock);
}

struct handle *heap_handle_create(struct heap *heap, struct value v) {
  struct handle *handle = mem_alloc(sizeof *handle);
  if (!handle) return NULL;
  handle->value = v;
  pthread_mutex_lock(&heap->handles_lock);
  handle->previous = &heap->handles;
  handle->next = heap->handles.next;
  handle->next->previous = handle->previous->next = handle;
  pthread_mutex_unlock(&heap->handles_lock);
  return handle;
}

void heap_handle_destroy(struct heap *heap, struct handle *handle) {
  if (!handle) return;
  pthread_mutex_lock(&heap->handles_lock);
  ASSERT(handle->next->previous == handle && handle->previous->next == handle, "handle %p is not in the ring",
         (void *)handle);
  handle->next->previous = handle->previous;
  handle->previous->next = handle->next;
  pthread_mutex_unlock(&heap->handles_lock);
  mem_free(handle);
}

void heap_handle_scan(struct heap *heap, struct root_visitor *visit) {
  pthread_mutex_lock(&heap->handles_lock);
  for (struct handle *handle = heap->handles.next; handle != &heap->handles; handle = handle->next)
    visit->slot(visit, &handle->value);
  pthread_mutex_unlock(&heap->handles_lock);
}
