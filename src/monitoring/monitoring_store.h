/* monitoring/monitoring_store.h
 *
 * The buckets in the database: minutes, and the hours that minutes were added up into. Of one
 * version and hour there is either the hour or some of its minutes. Inside this folder only. */
#ifndef MONITORING_MONITORING_STORE_H
#define MONITORING_MONITORING_STORE_H

#include "store/store.h"

struct stored_bucket {
    int64_t from_ms, span_ms, labelled, answered;
    struct str body;       /* counters_write() */
    struct str histograms; /* counters_write_histograms(); without a pointer: none */
};

/* Hands one over; its views live until it returns, and an error ends the list. */
typedef enum err take_bucket(void *context, const struct stored_bucket *bucket, struct err_ctx *e);

enum { BUCKETS_AT_ONCE = 24 };

/* The buckets that count for at most BUCKETS_AT_ONCE minutes: those that exist of the minutes and
 * of their hours, at most 2 * BUCKETS_AT_ONCE, their bytes in the arena. */
WARN_UNUSED enum err monitoring_store_find(struct db *db, int64_t model_id, int64_t version,
                                           const int64_t *minutes, unsigned count,
                                           struct stored_bucket *out, unsigned *found,
                                           struct arena *a, struct err_ctx *e);
WARN_UNUSED enum err monitoring_store_save(struct db *db, int64_t model_id, int64_t version,
                                           const struct stored_bucket *buckets, size_t count,
                                           struct err_ctx *e);

/* The buckets of a version that touch a span. */
struct bucket_query {
    int64_t model_id, version, from_ms, to_ms;
    bool histograms; /* these too */
};

/* In the order of time. */
WARN_UNUSED enum err monitoring_store_each(struct db *db, const struct bucket_query *query,
                                           take_bucket *take, void *context, struct err_ctx *e);

/* The same without the counters: no body, no histograms, `answered` 0. */
WARN_UNUSED enum err monitoring_store_list(struct db *db, const struct bucket_query *query,
                                           take_bucket *take, void *context, struct err_ctx *e);

/* How many of the rows with truth the client got the answer of. */
WARN_UNUSED enum err monitoring_store_answered(struct db *db, const struct bucket_query *query,
                                               int64_t *out, struct err_ctx *e);

/* ---- for the sweep ---- */

struct old_hour {
    int64_t model_id, version, hour_ms;
};

/* Hours that have minutes before `before_ms`, at most `room` of them. */
WARN_UNUSED enum err monitoring_store_old(struct db *db, int64_t before_ms, struct old_hour *out,
                                          unsigned room, unsigned *count, struct err_ctx *e);

/* Deletes the minutes of an hour. */
WARN_UNUSED enum err monitoring_store_drop(struct db *db, const struct old_hour *hour,
                                           struct err_ctx *e);

#endif
