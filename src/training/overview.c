#include "training/inside.h"

enum { RECENT_RUNS = 5, DAY_MS = 86400000 };

static enum err add_day(struct training *t, struct db *db, json_t *to, struct err_ctx *e)
{
    struct rows *rows = NULL;
    int64_t since_ms = clock_now_ms(t->opts.clock) - DAY_MS;
    int64_t done = 0, failed = 0;
    enum err err = db_query(db,
                            "select status, count(*) from training_runs where ended_ms >= $1"
                            " group by status",
                            BIND(bind_i64(since_ms)), &rows, e);
    while (!err && !(err = rows_next(rows, e)) && rows_have(rows)) {
        if (str_is(rows_text(rows, 0), run_status_text(RUN_DONE)))
            done = rows_i64(rows, 1);
        else if (str_is(rows_text(rows, 0), run_status_text(RUN_FAILED)))
            failed = rows_i64(rows, 1);
    }
    rows_close(rows);
    json_set_i64(to, "done_24h", done);
    json_set_i64(to, "failed_24h", failed);
    return err;
}

static enum err list_recent(struct db *db, int64_t ids[RECENT_RUNS], unsigned *count,
                            struct err_ctx *e)
{
    struct rows *rows = NULL;
    *count = 0;
    enum err err = db_query(db, "select id from training_runs order by id desc limit $1",
                            BIND(bind_i64(RECENT_RUNS)), &rows, e);
    while (!err && *count < RECENT_RUNS && !(err = rows_next(rows, e)) && rows_have(rows))
        ids[(*count)++] = rows_i64(rows, 0);
    rows_close(rows);
    return err;
}

static enum err add_recent(struct db *db, json_t *to, struct arena *a, struct err_ctx *e)
{
    int64_t ids[RECENT_RUNS];
    unsigned count;
    json_t *list = json_array();
    enum err err = list_recent(db, ids, &count, e);
    for (unsigned i = 0; !err && i < count; i++) {
        struct run run;
        json_t *json = NULL;
        err = run_select_id(db, ids[i], a, &run, e);
        if (!err)
            err = run_json(db, &run, &json, e);
        if (!err)
            json_push(list, json);
    }
    json_set(to, "recent", list);
    return err;
}

enum err training_overview(struct training *t, json_t **out, struct err_ctx *e)
{
    struct training_stats stats;
    struct db *db = NULL;
    struct arena a;
    enum err err = training_stats(t, &stats, e);
    if (!err)
        err = store_read(t->opts.store, &db, e);
    if (err)
        return err;
    arena_init(&a);
    json_t *object = json_object();
    json_set_i64(object, "queued", (int64_t)stats.queued);
    json_set_i64(object, "running", (int64_t)stats.running);
    err = add_day(t, db, object, e);
    if (!err)
        err = add_recent(db, object, &a, e);
    err = db_end(db, err, e);
    arena_release(&a);
    if (err)
        json_decref(object);
    else
        *out = object;
    return err;
}
