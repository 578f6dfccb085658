/* monitoring/bucket.h
 *
 * Counters of one model version over one hour of prediction time, and the set of those that one
 * transaction touches: each is loaded once, changed in memory, and saved at the end.
 *
 *     bucket_set_init(&set, monitoring, db);
 *     err = bucket_set_count(&set, joined, e);      takes the old truth out, adds the new one
 *     ...
 *     err = bucket_set_save(&set, e);
 *     bucket_set_release(&set);
 *
 * A bucket that is damaged, or never held what is to be taken out, is made anew from the log's rows
 * in the same transaction; predictions that were erased meanwhile are then no longer in it.
 *
 * On PostgreSQL a lock per model keeps other writers away until the transaction ends. A set
 * belongs to one thread. */
#ifndef MONITORING_BUCKET_H
#define MONITORING_BUCKET_H

#include "predictions/counters.h"
#include "predictions/predictions.h"

struct monitoring;

struct bucket {
    int64_t model_id, version, hour_ms;
    const struct signature *signature;
    struct counters counters;
    int64_t answered; /* rows with truth that the client got */
    bool made_anew;   /* from the rows, the newest truth included */
};

struct bucket_set {
    struct monitoring *monitoring;
    struct db *db;
    struct bucket *buckets;
    size_t count, room;
    int64_t locked_model_id;
};

void bucket_set_init(struct bucket_set *set, struct monitoring *m, struct db *db);
void bucket_set_release(struct bucket_set *set);

WARN_UNUSED enum err bucket_set_count(struct bucket_set *set, const struct joined *item,
                                      struct err_ctx *e);
WARN_UNUSED enum err bucket_set_save(struct bucket_set *set, struct err_ctx *e);

#endif
