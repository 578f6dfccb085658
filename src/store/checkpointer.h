/* store/checkpointer.h
 *
 * Keeps SQLite's write-ahead log short from a thread of its own. SQLite would do that in the
 * transaction that passes a limit, which then takes tens of milliseconds instead of one; and a
 * checkpoint beside a busy writer never catches up with it, so that the log would grow for ever.
 * Hence two steps: most of the log is copied into the database beside the writer, and the few pages
 * that came meanwhile while the writer's place is held, after which the log starts anew.
 *
 *     struct checkpointer *c = checkpointer_new(backend, &opts, writers);
 *     checkpointer_note(c, pages);             after each commit
 *     checkpointer_free(c);
 *
 * Any thread may note. */
#ifndef STORE_CHECKPOINTER_H
#define STORE_CHECKPOINTER_H

#include "store/backend.h"
#include "store/lane.h"

struct checkpointer;

/* The thread starts when it is needed first. `backend`, `opts` and `writers` must stay. */
struct checkpointer *checkpointer_new(const struct backend *backend, const struct store_opts *opts,
                                      struct lane *writers);

/* Lets a checkpoint that runs come to its end. NULL is fine. */
void checkpointer_free(struct checkpointer *c);

/* `pages`: how many the log has now. */
void checkpointer_note(struct checkpointer *c, unsigned pages);

#endif
