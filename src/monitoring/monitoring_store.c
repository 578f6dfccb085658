#include "monitoring/monitoring_store.h"

enum err monitoring_store_bucket(struct db *db, int64_t model_id, int64_t version, int64_t hour_ms,
                                 struct stored_bucket *out, struct arena *a, struct err_ctx *e)
{
    struct rows *r = NULL;
    *out = (struct stored_bucket){.hour_ms = hour_ms};
    enum err err =
        db_query_one(db,
                     "select labelled, answered, body, histograms from"
                     " monitoring_buckets where model_id = $1 and version = $2"
                     " and hour_ms = $3",
                     BIND(bind_i64(model_id), bind_i64(version), bind_i64(hour_ms)), &r, e);
    if (!err) {
        out->labelled = rows_i64(r, 0);
        out->answered = rows_i64(r, 1);
        out->body = arena_str(a, rows_blob(r, 2));
        if (!rows_is_null(r, 3))
            out->histograms = arena_str(a, rows_blob(r, 3));
    }
    rows_close(r);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err monitoring_store_save(struct db *db, int64_t model_id, int64_t version,
                               const struct stored_bucket *bucket, struct err_ctx *e)
{
    return db_exec(db,
                   "insert into monitoring_buckets (model_id, version, hour_ms, labelled, answered,"
                   " body, histograms) values ($1, $2, $3, $4, $5, $6, $7)"
                   " on conflict (model_id, version, hour_ms) do update set"
                   " labelled = excluded.labelled, answered = excluded.answered,"
                   " body = excluded.body, histograms = excluded.histograms",
                   BIND(bind_i64(model_id), bind_i64(version), bind_i64(bucket->hour_ms),
                        bind_i64(bucket->labelled), bind_i64(bucket->answered),
                        bind_blob(bucket->body), bind_blob(bucket->histograms)),
                   NULL, e);
}

#define SPAN(query)                                                                                \
    BIND(bind_i64((query)->model_id), bind_i64((query)->version), bind_i64((query)->from_ms),      \
         bind_i64((query)->to_ms))

static const char *const select_each[] = {
    "select hour_ms, labelled, answered, body from monitoring_buckets where model_id = $1"
    " and version = $2 and hour_ms >= $3 and hour_ms < $4 order by hour_ms",
    "select hour_ms, labelled, answered, body, histograms from monitoring_buckets"
    " where model_id = $1 and version = $2 and hour_ms >= $3 and hour_ms < $4 order by hour_ms",
};

enum err monitoring_store_each(struct store *s, const struct bucket_query *query,
                               enum err (*take)(void *context, const struct stored_bucket *bucket,
                                                struct err_ctx *e),
                               void *context, struct err_ctx *e)
{
    struct db *db = NULL;
    struct rows *r = NULL;
    enum err err = store_read(s, &db, e);
    if (err)
        return err;
    err = db_query(db, select_each[query->histograms], SPAN(query), &r, e);
    while (!err && !(err = rows_next(r, e)) && rows_have(r)) {
        struct stored_bucket bucket = {.hour_ms = rows_i64(r, 0),
                                       .labelled = rows_i64(r, 1),
                                       .answered = rows_i64(r, 2),
                                       .body = rows_blob(r, 3)};
        if (query->histograms && !rows_is_null(r, 4))
            bucket.histograms = rows_blob(r, 4);
        err = take(context, &bucket, e);
    }
    rows_close(r);
    return db_end(db, err, e);
}

enum err monitoring_store_totals(struct store *s, const struct bucket_query *query,
                                 struct bucket_totals *out, struct err_ctx *e)
{
    struct db *db = NULL;
    struct rows *r = NULL;
    *out = (struct bucket_totals){0};
    enum err err = store_read(s, &db, e);
    if (err)
        return err;
    err = db_query_one(db,
                       "select cast(coalesce(sum(labelled), 0) as bigint),"
                       " cast(coalesce(sum(answered), 0) as bigint) from"
                       " monitoring_buckets where model_id = $1 and version = $2"
                       " and hour_ms >= $3 and hour_ms < $4",
                       SPAN(query), &r, e);
    if (!err)
        *out = (struct bucket_totals){rows_i64(r, 0), rows_i64(r, 1)};
    rows_close(r);
    return db_end(db, err, e);
}
