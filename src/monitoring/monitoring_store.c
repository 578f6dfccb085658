#include "monitoring/monitoring_store.h"

#include "predictions/predictions.h"
#include "store/keys.h"

/* ---- for counting ---- */

static const struct grain {
    int64_t span_ms;
    const char *find, *save;
} grains[] = {
    {HOUR_MS,
     "select hour_ms, labelled, answered, body, histograms from monitoring_buckets"
     " where model_id = $1 and version = $2 and hour_ms in ($KEYS)",
     "insert into monitoring_buckets (model_id, version, hour_ms, labelled, answered, body,"
     " histograms) values ($1, $2, $3, $4, $5, $6, $7) on conflict (model_id, version, hour_ms)"
     " do update set labelled = excluded.labelled, answered = excluded.answered,"
     " body = excluded.body, histograms = excluded.histograms"},
    {MINUTE_MS,
     "select minute_ms, labelled, answered, body, histograms from monitoring_minutes"
     " where model_id = $1 and version = $2 and minute_ms in ($KEYS)",
     "insert into monitoring_minutes (model_id, version, minute_ms, labelled, answered, body,"
     " histograms) values ($1, $2, $3, $4, $5, $6, $7) on conflict (model_id, version, minute_ms)"
     " do update set labelled = excluded.labelled, answered = excluded.answered,"
     " body = excluded.body, histograms = excluded.histograms"},
};

/* The beginnings of the spans that the minutes lie in, each once: minutes come in order. */
static unsigned starts(const struct grain *grain, const int64_t *minutes, unsigned count,
                       struct bind *out)
{
    unsigned n = 0;
    for (unsigned i = 0; i < count; i++) {
        int64_t from_ms = span_floor(minutes[i], grain->span_ms);
        if (n == 0 || out[n - 1].i64 != from_ms)
            out[n++] = bind_i64(from_ms);
    }
    return n;
}

static struct str kept(struct rows *r, unsigned column, struct arena *a)
{
    return rows_is_null(r, column) ? (struct str){NULL, 0} : arena_str(a, rows_blob(r, column));
}

enum err monitoring_store_find(struct db *db, int64_t model_id, int64_t version,
                               const int64_t *minutes, unsigned count, struct stored_bucket *out,
                               unsigned *found, struct arena *a, struct err_ctx *e)
{
    enum err err = ERR_OK;
    assert(count <= BUCKETS_AT_ONCE);
    *found = 0;
    for (size_t i = 0; !err && i < ARRAY_LEN(grains); i++) {
        struct bind keys[BUCKETS_AT_ONCE];
        struct rows *r = NULL;
        unsigned n = starts(&grains[i], minutes, count, keys);
        err = keys_query(db, grains[i].find, BIND(bind_i64(model_id), bind_i64(version)), keys, n,
                         &r, e);
        while (!err && !(err = rows_next(r, e)) && rows_have(r))
            out[(*found)++] = (struct stored_bucket){.from_ms = rows_i64(r, 0),
                                                     .span_ms = grains[i].span_ms,
                                                     .labelled = rows_i64(r, 1),
                                                     .answered = rows_i64(r, 2),
                                                     .body = kept(r, 3, a),
                                                     .histograms = kept(r, 4, a)};
        rows_close(r);
    }
    return err;
}

enum { SAVE_BINDS = 7 };

static void bind_bucket(int64_t model_id, int64_t version, const struct stored_bucket *bucket,
                        struct bind *to)
{
    const struct bind binds[SAVE_BINDS] = {bind_i64(model_id),           bind_i64(version),
                                           bind_i64(bucket->from_ms),    bind_i64(bucket->labelled),
                                           bind_i64(bucket->answered),   bind_blob(bucket->body),
                                           bind_blob(bucket->histograms)};
    memcpy(to, binds, sizeof binds);
}

enum err monitoring_store_save(struct db *db, int64_t model_id, int64_t version,
                               const struct stored_bucket *buckets, size_t count, struct err_ctx *e)
{
    struct bind *values = xmalloc((count + 1) * SAVE_BINDS * sizeof *values);
    struct binds *sets = xmalloc((count + 1) * sizeof *sets);
    enum err err = ERR_OK;
    for (size_t i = 0; !err && i < ARRAY_LEN(grains); i++) {
        size_t n = 0;
        for (size_t k = 0; k < count; k++) {
            if (buckets[k].span_ms != grains[i].span_ms)
                continue;
            bind_bucket(model_id, version, &buckets[k], values + n * SAVE_BINDS);
            sets[n] = (struct binds){values + n * SAVE_BINDS, SAVE_BINDS};
            n++;
        }
        err = n ? db_exec_many(db, grains[i].save, sets, n, e) : ERR_OK;
    }
    free(sets);
    free(values);
    return err;
}

/* ---- for reading ---- */

#define HOURS(more)                                                                                \
    "select hour_ms, 3600000, labelled, " more " from monitoring_buckets"                          \
    " where model_id = $1 and version = $2 and hour_ms > $3 and hour_ms < $5"
#define MINUTES(more)                                                                              \
    "select minute_ms, 60000, labelled, " more " from monitoring_minutes"                          \
    " where model_id = $1 and version = $2 and minute_ms > $4 and minute_ms < $5"
#define BOTH(more) HOURS(more) " union all " MINUTES(more) " order by 1"

static const char select_list[] = BOTH("0");
static const char *const select_each[] = {BOTH("answered, body"),
                                          BOTH("answered, body, histograms")};

static enum err query_span(struct db *db, const char *sql, const struct bucket_query *q,
                           struct rows **out, struct err_ctx *e)
{
    return db_query(db, sql,
                    BIND(bind_i64(q->model_id), bind_i64(q->version),
                         bind_i64(q->from_ms - HOUR_MS), bind_i64(q->from_ms - MINUTE_MS),
                         bind_i64(q->to_ms)),
                    out, e);
}

enum err monitoring_store_each(struct db *db, const struct bucket_query *query, take_bucket *take,
                               void *context, struct err_ctx *e)
{
    struct rows *r = NULL;
    enum err err = query_span(db, select_each[query->histograms], query, &r, e);
    while (!err && !(err = rows_next(r, e)) && rows_have(r)) {
        struct stored_bucket bucket = {.from_ms = rows_i64(r, 0),
                                       .span_ms = rows_i64(r, 1),
                                       .labelled = rows_i64(r, 2),
                                       .answered = rows_i64(r, 3),
                                       .body = rows_blob(r, 4)};
        if (query->histograms && !rows_is_null(r, 5))
            bucket.histograms = rows_blob(r, 5);
        err = take(context, &bucket, e);
    }
    rows_close(r);
    return err;
}

enum err monitoring_store_list(struct db *db, const struct bucket_query *query, take_bucket *take,
                               void *context, struct err_ctx *e)
{
    struct rows *r = NULL;
    enum err err = query_span(db, select_list, query, &r, e);
    while (!err && !(err = rows_next(r, e)) && rows_have(r)) {
        struct stored_bucket bucket = {
            .from_ms = rows_i64(r, 0), .span_ms = rows_i64(r, 1), .labelled = rows_i64(r, 2)};
        err = take(context, &bucket, e);
    }
    rows_close(r);
    return err;
}

enum err monitoring_store_answered(struct db *db, const struct bucket_query *query, int64_t *out,
                                   struct err_ctx *e)
{
    struct rows *r = NULL;
    enum err err =
        query_span(db,
                   "select cast(coalesce(sum(answered), 0) as bigint) from"
                   " (select answered from monitoring_buckets where model_id = $1 and version = $2"
                   " and hour_ms > $3 and hour_ms < $5 union all"
                   " select answered from monitoring_minutes where model_id = $1 and version = $2"
                   " and minute_ms > $4 and minute_ms < $5) b",
                   query, &r, e);
    if (!err)
        err = rows_next(r, e);
    *out = err ? 0 : rows_i64(r, 0);
    rows_close(r);
    return err;
}

/* ---- for the sweep ---- */

enum err monitoring_store_old(struct db *db, int64_t before_ms, struct old_hour *out, unsigned room,
                              unsigned *count, struct err_ctx *e)
{
    struct rows *r = NULL;
    enum err err = db_query(db,
                            "select distinct model_id, version, minute_ms - minute_ms % 3600000"
                            " from monitoring_minutes where minute_ms < $1 limit $2",
                            BIND(bind_i64(before_ms), bind_i64(room)), &r, e);
    *count = 0;
    while (!err && *count < room && !(err = rows_next(r, e)) && rows_have(r))
        out[(*count)++] = (struct old_hour){rows_i64(r, 0), rows_i64(r, 1), rows_i64(r, 2)};
    rows_close(r);
    return err;
}

enum err monitoring_store_drop(struct db *db, const struct old_hour *hour, struct err_ctx *e)
{
    return db_exec(db,
                   "delete from monitoring_minutes where model_id = $1 and version = $2"
                   " and minute_ms >= $3 and minute_ms < $4",
                   BIND(bind_i64(hour->model_id), bind_i64(hour->version), bind_i64(hour->hour_ms),
                        bind_i64(hour->hour_ms + HOUR_MS)),
                   NULL, e);
}
