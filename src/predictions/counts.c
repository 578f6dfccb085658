#include "predictions/internal.h"

/* How many rows each version scored. Minutes and hours lie in two tables, and a row is counted in
 * one of them, so that their sum is right at any moment: the writer of the log adds to minutes
 * without looking at hours. */

enum { COUNTS_FIRST = 64, MARGIN_MS = 60000 };

/* A list that grows while its rows are read, and ends up in the arena. */
struct list {
    struct row_count *items;
    size_t count, room;
};

static void add(struct list *l, struct row_count item)
{
    if (l->count == l->room) {
        l->room = l->room ? l->room * 2 : COUNTS_FIRST;
        l->items = xrealloc(l->items, l->room * sizeof *l->items);
    }
    l->items[l->count++] = item;
}

static void hand_out(struct list *l, struct row_count **out, size_t *count, struct arena *a)
{
    *count = l->count;
    *out = arena_alloc(a, l->count * sizeof **out + 1);
    if (l->count)
        memcpy(*out, l->items, l->count * sizeof **out);
    free(l->items);
}

enum err predictions_counts(struct db *db, int64_t model_id, int64_t version, int64_t from_ms,
                            int64_t to_ms, struct row_count **out, size_t *count, struct arena *a,
                            struct err_ctx *e)
{
    struct rows *r = NULL;
    struct list list = {0};
    enum err err =
        db_query(db,
                 "select hour_ms, 3600000, row_total, served_total from predictions_counts"
                 " where model_id = $1 and version = $2 and hour_ms > $3 and hour_ms < $5"
                 " union all"
                 " select minute_ms, 60000, row_total, served_total from predictions_minutes"
                 " where model_id = $1 and version = $2 and minute_ms > $4 and minute_ms < $5"
                 " order by 1, 2 desc",
                 BIND(bind_i64(model_id), bind_i64(version), bind_i64(from_ms - HOUR_MS),
                      bind_i64(from_ms - MINUTE_MS), bind_i64(to_ms)),
                 &r, e);
    while (!err && !(err = rows_next(r, e)) && rows_have(r))
        add(&list, (struct row_count){rows_i64(r, 0), rows_i64(r, 1), (uint64_t)rows_i64(r, 2),
                                      (uint64_t)rows_i64(r, 3)});
    rows_close(r);
    hand_out(&list, out, count, a);
    return err;
}

/* ---- from the rows ---- */

/* Served and shadow in turn. The margin as in read.c: a record's number may be a little late. */
#define IN_SPAN " and r.seq >= $3 and r.seq < $4 and r.time_ms >= $5 and r.time_ms < $6"
#define SERVED " from predictions_records r where r.model_id = $1 and r.version = $2" IN_SPAN
#define SHADOW                                                                                     \
    " from predictions_scores s join predictions_records r"                                        \
    " on r.model_id = s.model_id and r.seq = s.seq where s.model_id = $1 and s.version = $2"       \
    " and s.seq >= $3 and s.seq < $4" IN_SPAN
#define STEPS "select r.time_ms - r.time_ms % $7, cast(sum(r.row_count) as bigint)"
#define TRUTHS                                                                                     \
    "select cast(coalesce(sum((select count(*) from predictions_feedback f"                        \
    " where f.model_id = r.model_id and f.seq = r.seq)), 0) as bigint)"

static const char *const count_steps[] = {STEPS SERVED " group by 1", STEPS SHADOW " group by 1"};
static const char *const count_truths[] = {TRUTHS SERVED, TRUTHS SHADOW};

#define SPAN_BINDS                                                                                 \
    bind_i64(model_id), bind_i64(version), bind_i64((int64_t)id_floor(from_ms)),                   \
        bind_i64(to_ms < INT64_MAX - MARGIN_MS ? (int64_t)id_floor(to_ms + MARGIN_MS)              \
                                               : INT64_MAX),                                       \
        bind_i64(from_ms), bind_i64(to_ms)

enum err predictions_count_rows(struct db *db, int64_t model_id, int64_t version, int64_t from_ms,
                                int64_t to_ms, int64_t step_ms, struct row_count **out,
                                size_t *count, struct arena *a, struct err_ctx *e)
{
    struct list list = {0};
    enum err err = ERR_OK;
    for (size_t i = 0; !err && i < ARRAY_LEN(count_steps); i++) {
        struct rows *r = NULL;
        err = db_query(db, count_steps[i], BIND(SPAN_BINDS, bind_i64(step_ms)), &r, e);
        while (!err && !(err = rows_next(r, e)) && rows_have(r)) {
            uint64_t rows = (uint64_t)rows_i64(r, 1);
            add(&list, (struct row_count){rows_i64(r, 0), step_ms, rows, i == 0 ? rows : 0});
        }
        rows_close(r);
    }
    hand_out(&list, out, count, a);
    return err;
}

enum err predictions_count_labelled(struct db *db, int64_t model_id, int64_t version,
                                    int64_t from_ms, int64_t to_ms, uint64_t *out,
                                    struct err_ctx *e)
{
    enum err err = ERR_OK;
    *out = 0;
    for (size_t i = 0; !err && i < ARRAY_LEN(count_truths); i++) {
        struct rows *r = NULL;
        err = db_query_one(db, count_truths[i], BIND(SPAN_BINDS), &r, e);
        if (!err)
            *out += (uint64_t)rows_i64(r, 0);
        rows_close(r);
    }
    return err;
}

/* ---- folding ---- */

/* Adds a minute's counts to those of its hour. */
static enum err add_to_hour(struct db *db, const int64_t counts[5], struct err_ctx *e)
{
    return db_exec(db,
                   "insert into predictions_counts as c (model_id, version, hour_ms, row_total,"
                   " served_total) values ($1, $2, $3, $4, $5)"
                   " on conflict (model_id, version, hour_ms)"
                   " do update set row_total = c.row_total + excluded.row_total,"
                   " served_total = c.served_total + excluded.served_total",
                   BIND(bind_i64(counts[0]), bind_i64(counts[1]),
                        bind_i64(span_floor(counts[2], HOUR_MS)), bind_i64(counts[3]),
                        bind_i64(counts[4])),
                   NULL, e);
}

/* Exactly what is deleted is added, whatever the writer does to these minutes meanwhile. */
static enum err fold_in(struct db *db, int64_t before_ms, struct err_ctx *e)
{
    struct rows *r = NULL;
    enum err err = db_query(db,
                            "delete from predictions_minutes where minute_ms < $1"
                            " returning model_id, version, minute_ms, row_total, served_total",
                            BIND(bind_i64(before_ms)), &r, e);
    while (!err && !(err = rows_next(r, e)) && rows_have(r)) {
        int64_t counts[5];
        for (unsigned i = 0; i < ARRAY_LEN(counts); i++)
            counts[i] = rows_i64(r, i);
        err = add_to_hour(db, counts, e);
    }
    rows_close(r);
    return err;
}

static enum err fold(struct predictions *p, int64_t before_ms, struct err_ctx *e)
{
    struct db *db = NULL;
    enum err err = store_write(p->opts.store, &db, e);
    return err ? err : db_end(db, fold_in(db, before_ms, e), e);
}

/* Once for each hour that passes: the table is read as a whole for it. */
enum err counts_fold(struct predictions *p, int64_t now_ms, struct err_ctx *e)
{
    int64_t before_ms = minutes_horizon(now_ms);
    enum err err = before_ms > p->folded_ms ? fold(p, before_ms, e) : ERR_OK;
    if (!err)
        p->folded_ms = before_ms;
    return err;
}
