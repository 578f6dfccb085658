#include "predictions/internal.h"

#include "base/log.h"

/* What is kept and what is forgotten: retention, orphans that wait too long, erasure of a unit.
 * Counts of minutes become counts of hours (counts.c). */

enum { DAY_MS = 86400000, ORPHANS_AT_ONCE = 500 };

/* Everything that hangs on a record, the record last. */
static const char *const record_parts[] = {
    "delete from predictions_feedback where model_id = $1 and seq = $2",
    "delete from predictions_scores where model_id = $1 and seq = $2",
    "delete from predictions_ids where model_id = $1 and seq = $2",
    "delete from predictions_records where model_id = $1 and seq = $2",
};

static enum err forget(struct db *db, int64_t model_id, int64_t seq, struct err_ctx *e)
{
    enum err err = ERR_OK;
    for (size_t i = 0; !err && i < ARRAY_LEN(record_parts); i++)
        err = db_exec(db, record_parts[i], BIND(bind_i64(model_id), bind_i64(seq)), NULL, e);
    return err;
}

struct doomed {
    int64_t model_id, seq, rows;
};

enum { DOOMED_MAX = 1000 };

static enum err list_doomed(struct db *db, const char *sql, struct binds binds, struct doomed *list,
                            unsigned *count, struct err_ctx *e)
{
    struct rows *r = NULL;
    enum err err = db_query(db, sql, binds, &r, e);
    *count = 0;
    while (!err && *count < DOOMED_MAX && !(err = rows_next(r, e)) && rows_have(r))
        list[(*count)++] = (struct doomed){rows_i64(r, 0), rows_i64(r, 1), rows_i64(r, 2)};
    rows_close(r);
    return err;
}

/* Forgets in portions, so that the writer of the log never waits long. */
static enum err forget_all(struct predictions *p, const char *sql, struct binds binds,
                           uint64_t *rows, struct err_ctx *e)
{
    struct doomed *list = xmalloc(DOOMED_MAX * sizeof *list);
    unsigned count = 0;
    enum err err;
    do {
        struct db *db = NULL;
        err = store_write(p->opts.store, &db, e);
        if (err)
            break;
        err = list_doomed(db, sql, binds, list, &count, e);
        for (unsigned i = 0; !err && i < count; i++) {
            err = forget(db, list[i].model_id, list[i].seq, e);
            *rows += (uint64_t)list[i].rows;
        }
        err = db_end(db, err, e);
    } while (!err && count == DOOMED_MAX);
    free(list);
    return err;
}

enum err predictions_erase(struct predictions *p, int64_t model_id, struct str unit,
                           uint64_t *erased, struct err_ctx *e)
{
    *erased = 0;
    return forget_all(p,
                      "select model_id, seq, row_count from predictions_records"
                      " where model_id = $1 and unit = $2 limit 1000",
                      BIND(bind_i64(model_id), bind_text(unit)), erased, e);
}

/* An orphan may have been missed when its prediction was written by another node, or in the moment
 * between the two: those whose prediction is there now are offered again as if they had just come.
 * Each sweep looks at some and goes on where the last one ended. */
struct retry {
    int64_t model_id;
    struct feedback_item item;
};

static enum err list_orphans(struct predictions *p, struct db *db, struct retry *list,
                             unsigned *count, struct arena *a, struct err_ctx *e)
{
    struct rows *r = NULL;
    struct str after = p->retried_id.n ? buf_str(&p->retried_id) : STR("");
    enum err err = db_query(
        db,
        "select model_id, id, truth, weight, time_ms from predictions_orphans"
        " where model_id > $1 or (model_id = $1 and id > $2)"
        " order by model_id, id limit $3",
        BIND(bind_i64(p->retried_model), bind_text(after), bind_i64(ORPHANS_AT_ONCE)), &r, e);
    *count = 0;
    while (!err && *count < ORPHANS_AT_ONCE && !(err = rows_next(r, e)) && rows_have(r)) {
        struct retry *one = &list[(*count)++];
        *one = (struct retry){.model_id = rows_i64(r, 0),
                              .item = {.id = arena_str(a, rows_text(r, 1)),
                                       .truth = arena_str(a, rows_text(r, 2)),
                                       .weight = rows_f64(r, 3),
                                       .time_ms = rows_i64(r, 4)}};
    }
    rows_close(r);
    return err;
}

static void remember_place(struct predictions *p, const struct retry *list, unsigned count)
{
    bool end = count < ORPHANS_AT_ONCE;
    p->retried_model = end ? 0 : list[count - 1].model_id;
    buf_clear(&p->retried_id);
    if (!end)
        buf_add(&p->retried_id, list[count - 1].item.id);
}

static enum err has_prediction(struct db *db, const struct retry *one, bool *found,
                               struct err_ctx *e)
{
    struct rows *r = NULL;
    int64_t seq = 0;
    uint32_t row;
    enum err err = predictions_resolve(db, one->model_id, one->item.id, &seq, &row, NULL);
    if (!err)
        err = db_query_one(db,
                           "select row_count from predictions_records"
                           " where model_id = $1 and seq = $2",
                           BIND(bind_i64(one->model_id), bind_i64(seq)), &r, NULL);
    *found = !err && predictions_has_row(&row, (uint64_t)rows_i64(r, 0));
    rows_close(r);
    return err && err != ERR_NOT_FOUND ? err_set(e, err, "looking for a prediction") : ERR_OK;
}

/* Leaves in the list those whose prediction is there. */
static enum err find_missed(struct predictions *p, struct retry *list, unsigned *count,
                            struct arena *a, struct err_ctx *e)
{
    struct db *db = NULL;
    unsigned found = 0;
    enum err err = store_read(p->opts.store, &db, e);
    if (err)
        return err;
    err = list_orphans(p, db, list, count, a, e);
    if (!err)
        remember_place(p, list, *count);
    for (unsigned i = 0; !err && i < *count; i++) {
        bool there = false;
        err = has_prediction(db, &list[i], &there, e);
        if (there)
            list[found++] = list[i];
    }
    *count = found;
    return db_end(db, err, e);
}

static enum err drop_orphan(struct predictions *p, const struct retry *one, struct err_ctx *e)
{
    struct db *db = NULL;
    enum err err = store_write(p->opts.store, &db, e);
    if (err)
        return err;
    err = db_exec(db, "delete from predictions_orphans where model_id = $1 and id = $2",
                  BIND(bind_i64(one->model_id), bind_text(one->item.id)), NULL, e);
    return db_end(db, err, e);
}

static enum err retry_orphans(struct predictions *p, struct err_ctx *e)
{
    struct arena a;
    struct retry *list = xmalloc(ORPHANS_AT_ONCE * sizeof *list);
    unsigned count = 0;
    arena_init(&a);
    enum err err = find_missed(p, list, &count, &a, e);
    for (unsigned i = 0; !err && i < count; i++) {
        struct feedback_result result;
        err = predictions_feedback(p, list[i].model_id, &list[i].item, 1, &result, e);
        if (!err && result.queued == 0)
            err = drop_orphan(p, &list[i], e);
    }
    arena_release(&a);
    free(list);
    return err;
}

static enum err expire_orphans(struct predictions *p, int64_t now_ms, struct err_ctx *e)
{
    struct db *db = NULL;
    struct rows *r = NULL;
    int64_t before_ms = now_ms - (int64_t)p->opts.orphan_days * DAY_MS;
    int64_t known = atomic_load(&p->orphans), left = known;
    enum err err = store_write(p->opts.store, &db, e);
    if (err)
        return err;
    err = db_exec(db, "delete from predictions_orphans where arrived_ms < $1",
                  BIND(bind_i64(before_ms)), NULL, e);
    if (!err)
        err = db_query_one(db, "select count(*) from predictions_orphans", BIND_NONE, &r, e);
    if (!err)
        left = rows_i64(r, 0);
    rows_close(r);
    err = db_end(db, err, e);
    /* Not where feedback has come meanwhile: the next sweep counts again. */
    if (!err)
        (void)atomic_compare_exchange_strong(&p->orphans, &known, left);
    return err;
}

/* The next model that has predictions; 0: there is none. Deleted models have theirs too. */
static enum err next_model(struct predictions *p, int64_t *model_id, struct err_ctx *e)
{
    struct db *db = NULL;
    struct rows *r = NULL;
    enum err err = store_read(p->opts.store, &db, e);
    if (err)
        return err;
    err = db_query_one(db,
                       "select coalesce(min(model_id), 0) from predictions_records"
                       " where model_id > $1",
                       BIND(bind_i64(*model_id)), &r, e);
    *model_id = err ? 0 : rows_i64(r, 0);
    rows_close(r);
    return db_end(db, err, e);
}

static enum err drop_old(struct predictions *p, int64_t now_ms, struct err_ctx *e)
{
    uint64_t rows = 0;
    int64_t before_ms = now_ms - (int64_t)p->opts.retain_days * DAY_MS, model_id = 0;
    enum err err = next_model(p, &model_id, e);
    while (!err && model_id) {
        err = forget_all(
            p,
            "select model_id, seq, row_count from predictions_records"
            " where model_id = $1 and seq < $2 and time_ms < $3 order by seq limit 1000",
            BIND(bind_i64(model_id), bind_i64((int64_t)id_floor(before_ms)), bind_i64(before_ms)),
            &rows, e);
        if (!err)
            err = next_model(p, &model_id, e);
    }
    if (rows)
        log_info("predictions", "%llu predictions are older than %u days and were dropped",
                 (unsigned long long)rows, p->opts.retain_days);
    return err;
}

enum err predictions_sweep(struct predictions *p, struct err_ctx *e)
{
    int64_t now_ms = clock_now_ms(p->opts.clock);
    enum err err = ERR_OK;
    if (atomic_load(&p->orphans))
        err = retry_orphans(p, e);
    if (!err && atomic_load(&p->orphans))
        err = expire_orphans(p, now_ms, e);
    if (!err)
        err = counts_fold(p, now_ms, e);
    return err || !p->opts.retain_days ? err : drop_old(p, now_ms, e);
}
