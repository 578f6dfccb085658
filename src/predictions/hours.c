#include "predictions/internal.h"

enum { HOURS_FIRST = 64, MARGIN_MS = 60000 };

enum err predictions_hours(struct predictions *p, int64_t model_id, int64_t version,
                           int64_t from_ms, int64_t to_ms, struct hour_rows **out, size_t *count,
                           struct arena *a, struct err_ctx *e)
{
    struct db *db = NULL;
    struct rows *r = NULL;
    size_t room = HOURS_FIRST;
    *count = 0;
    enum err err = store_read(p->opts.store, &db, e);
    if (err)
        return err;
    struct hour_rows *hours = xmalloc(room * sizeof *hours);
    err = db_query(db,
                   "select hour_ms, row_total, served_total from predictions_counts where"
                   " model_id = $1 and version = $2 and hour_ms >= $3 and hour_ms < $4"
                   " order by hour_ms",
                   BIND(bind_i64(model_id), bind_i64(version), bind_i64(from_ms), bind_i64(to_ms)),
                   &r, e);
    while (!err && !(err = rows_next(r, e)) && rows_have(r)) {
        if (*count == room)
            hours = xrealloc(hours, (room *= 2) * sizeof *hours);
        hours[(*count)++] =
            (struct hour_rows){rows_i64(r, 0), (uint64_t)rows_i64(r, 1), (uint64_t)rows_i64(r, 2)};
    }
    rows_close(r);
    *out = arena_alloc(a, *count * sizeof **out + 1);
    memcpy(*out, hours, *count * sizeof **out);
    free(hours);
    return db_end(db, err, e);
}

/* Served and shadow in turn. The margin as in read.c: a record's number may be a little late. */
static const char *const count_rows[] = {
    "select cast(coalesce(sum(row_count), 0) as bigint) from predictions_records where model_id = "
    "$1"
    " and version = $2 and seq >= $3 and seq < $4 and time_ms >= $5 and time_ms < $6",
    "select cast(coalesce(sum(r.row_count), 0) as bigint) from predictions_scores s"
    " join predictions_records r"
    " on r.model_id = s.model_id and r.seq = s.seq where s.model_id = $1 and s.version = $2"
    " and s.seq >= $3 and s.seq < $4 and r.time_ms >= $5 and r.time_ms < $6",
};

enum err predictions_rows(struct predictions *p, int64_t model_id, int64_t version, int64_t from_ms,
                          int64_t to_ms, uint64_t *out, struct err_ctx *e)
{
    struct db *db = NULL;
    *out = 0;
    enum err err = store_read(p->opts.store, &db, e);
    if (err)
        return err;
    for (size_t i = 0; !err && i < ARRAY_LEN(count_rows); i++) {
        struct rows *r = NULL;
        err = db_query_one(db, count_rows[i],
                           BIND(bind_i64(model_id), bind_i64(version),
                                bind_i64((int64_t)id_floor(from_ms)),
                                bind_i64((int64_t)id_floor(to_ms + MARGIN_MS)), bind_i64(from_ms),
                                bind_i64(to_ms)),
                           &r, e);
        if (!err)
            *out += (uint64_t)rows_i64(r, 0);
        rows_close(r);
    }
    return db_end(db, err, e);
}
