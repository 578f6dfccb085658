/* monitoring/monitoring_store.h
 *
 * The buckets in the database. Inside this folder only. */
#ifndef MONITORING_MONITORING_STORE_H
#define MONITORING_MONITORING_STORE_H

#include "store/store.h"

struct stored_bucket {
    int64_t hour_ms, labelled, answered;
    struct str body;       /* counters_write(); without a pointer: there is no such bucket */
    struct str histograms; /* counters_write_histograms(); without a pointer: none */
};

/* One bucket, its bytes in the arena. */
WARN_UNUSED enum err monitoring_store_bucket(struct db *db, int64_t model_id, int64_t version,
                                             int64_t hour_ms, struct stored_bucket *out,
                                             struct arena *a, struct err_ctx *e);
WARN_UNUSED enum err monitoring_store_save(struct db *db, int64_t model_id, int64_t version,
                                           const struct stored_bucket *bucket, struct err_ctx *e);

/* The buckets of a version in a span of full hours. */
struct bucket_query {
    int64_t model_id, version, from_ms, to_ms;
    bool histograms; /* these too */
};

/* Hands them over by hour; an error of `take` ends it. Views live until `take` returns. */
WARN_UNUSED enum err monitoring_store_each(struct store *s, const struct bucket_query *query,
                                           enum err (*take)(void *context,
                                                            const struct stored_bucket *bucket,
                                                            struct err_ctx *e),
                                           void *context, struct err_ctx *e);

/* How many rows have truth in the span, and of how many the client got the answer. */
struct bucket_totals {
    int64_t labelled, answered;
};
WARN_UNUSED enum err monitoring_store_totals(struct store *s, const struct bucket_query *query,
                                             struct bucket_totals *out, struct err_ctx *e);

#endif
