/* base/pool.h
 *
 * Threads for work that blocks, behind a queue with an end. A full queue refuses at once, so that
 * the caller can say "busy" instead of letting the line grow.
 *
 *     struct pool *files;
 *     err = pool_open(&(struct pool_opts){.name = "files", .threads = 2, .queue_max = 64}, &files,
 * e); if (pool_submit(files, read_it, job) == ERR_BUSY) ... pool_close(files); finishes what is
 * queued, then joins
 *
 * The work owns its argument and reports its end itself. Any thread may submit. */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include "base/err.h"

struct pool;

struct pool_opts {
    const char *name; /* at most 15 bytes: the threads' name too */
    unsigned threads;
    unsigned queue_max;
    int niceness; /* 0 to 19, as nice(1): how far the threads step back for others */
};

struct pool_stats {
    uint64_t submitted, refused;
    unsigned queued, running, queue_max;
};

WARN_UNUSED enum err pool_open(const struct pool_opts *opts, struct pool **out, struct err_ctx *e);

/* ERR_BUSY when the queue is full or the pool is closing; the work is then still the caller's. */
WARN_UNUSED enum err pool_submit(struct pool *p, void (*work)(void *), void *argument);

/* For work that does better with many at once: its thread takes up to `max` of the tasks that wait,
 * oldest first, as its own. All tasks of such a pool are the same work. Returns their number. */
unsigned pool_take(struct pool *p, void **arguments, unsigned max);

void pool_stats(struct pool *p, struct pool_stats *out);

/* Lets everything that was accepted finish. NULL is fine. */
void pool_close(struct pool *p);

#endif
