/* base/arena.h
 *
 * Memory that lives as long as one request or one job: allocate freely, release all at once.
 *
 *     struct arena a;
 *     arena_init(&a);
 *     char *path = arena_printf(&a, "%s/%s", folder, name);
 *     arena_on_release(&a, version_unref_hook, version);
 *     arena_release(&a);
 *
 * Shared things are linked with arena_on_release(), so that a request cannot outlive the version
 * that it uses; hooks run in reverse order, before the memory goes. Out of memory aborts: limit
 * what a request may choose before allocating it here. Not thread-safe. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/str.h"

struct arena_block;
struct arena_hook;

struct arena {
    struct arena_block *blocks;
    struct arena_hook *hooks;
    char *next;  /* free room in the newest block */
    size_t left; /* bytes of it */
};

void arena_init(struct arena *a);
void arena_release(struct arena *a);

/* Runs the hooks and forgets everything, but keeps one block for the next use. */
void arena_reset(struct arena *a);

/* Memory aligned to 16 bytes, not cleared. */
void *arena_alloc(struct arena *a, size_t bytes) __attribute__((returns_nonnull));
void *arena_zalloc(struct arena *a, size_t bytes) __attribute__((returns_nonnull));

/* `alignment` is a power of two. */
void *arena_alloc_aligned(struct arena *a, size_t bytes, size_t alignment)
    __attribute__((returns_nonnull));

/* A terminated copy. */
char *arena_strdup(struct arena *a, struct str s) __attribute__((returns_nonnull));
struct str arena_str(struct arena *a, struct str s);
char *arena_printf(struct arena *a, const char *format, ...) PRINTF_LIKE(2, 3)
    __attribute__((returns_nonnull));

void arena_on_release(struct arena *a, void (*run)(void *), void *argument);

#endif
