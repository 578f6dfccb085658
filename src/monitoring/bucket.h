/* monitoring/bucket.h
 *
 * Counters of one model version over one span of prediction time, and how truth gets into them. A
 * bucket is a minute; minutes of an hour that is long gone are added up into one bucket for the
 * hour, and truth about that time goes to the hour from then on. All that one transaction joined
 * is counted together: each bucket is loaded once, changed in memory and saved.
 *
 *     err = bucket_count(monitoring, db, items, count, e);       in the transaction of the truth
 *     err = bucket_fold(monitoring, now_ms, e);                  now and then, by one thread
 *
 * A bucket that is damaged, or never held what is to be taken out, is made anew from the log's rows
 * in the same transaction; predictions that were erased meanwhile are then no longer in it.
 *
 * On PostgreSQL a lock per model keeps other writers away until the transaction ends. */
#ifndef MONITORING_BUCKET_H
#define MONITORING_BUCKET_H

#include "monitoring/inside.h"
#include "monitoring/monitoring_store.h"

struct bucket {
    int64_t model_id, from_ms, span_ms;
    const struct known *version;
    struct counters counters;
    int64_t answered; /* rows with truth that the client got */
    bool made_anew;   /* from the rows, the newest truth included */
};

/* Takes old truths out and adds new ones. All items are of one model, their truth is stored, and
 * what is stored of them is among the items. */
WARN_UNUSED enum err bucket_count(struct monitoring *m, struct db *db, const struct joined *items,
                                  size_t count, struct err_ctx *e);

/* Adds the minutes of hours before minutes_horizon() up, a transaction for each hour. */
WARN_UNUSED enum err bucket_fold(struct monitoring *m, int64_t now_ms, struct err_ctx *e);

/* ---- for bucket.c and bucket_fold.c ---- */

/* From its stored bytes, or empty without a body; made anew where they are damaged. The caller
 * releases the counters, also after an error. */
WARN_UNUSED enum err bucket_open(struct monitoring *m, struct db *db,
                                 const struct stored_bucket *stored, struct bucket *b,
                                 struct err_ctx *e);
WARN_UNUSED enum err bucket_make_anew(struct monitoring *m, struct db *db, struct bucket *b,
                                      const char *why, struct err_ctx *e);

/* As it is to be stored, its bytes in the arena. */
struct stored_bucket bucket_pack(const struct bucket *b, struct arena *a);

WARN_UNUSED enum err bucket_lock(struct db *db, int64_t model_id, struct err_ctx *e);

#endif
