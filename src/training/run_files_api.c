#include "training/handlers.h"

static enum err select_asked(struct http_request *rq, struct run *run, struct err_ctx *e)
{
    struct training *t = rq->context;
    struct db *db = NULL;
    enum err err = store_read(t->opts.store, &db, e);
    return err ? err : db_end(db, run_select(db, rq->params[0], &rq->arena, run, e), e);
}

enum err run_get_log(struct http_request *rq, struct err_ctx *e)
{
    struct training *t = rq->context;
    struct run run;
    enum err err = select_asked(rq, &run, e);
    if (err)
        return err;
    if (http_accepts(rq, "text/event-stream"))
        return log_follow_add(t->log_follow, rq, run.id, e);
    char *path = run_file(t, run.id, "log.txt", &rq->arena);
    rq->answer.content_type = "text/plain; charset=utf-8";
    http_answer_header(rq, "X-Content-Type-Options", "nosniff");
    if (file_exists(path))
        rq->answer.file_path = path;
    return ERR_OK;
}

enum { METRICS_PAGE_MAX = 100000 };

static enum err list_metrics(struct db *db, int64_t id, struct str key, json_t *items,
                             struct err_ctx *e)
{
    struct rows *rows = NULL;
    enum err err =
        db_query(db,
                 "select key, value, step, time_ms from training_metrics where run_id = $1 and ($2 "
                 "= '' or key = $2) order by seq limit $3",
                 BIND(bind_i64(id), bind_text(key), bind_i64(METRICS_PAGE_MAX)), &rows, e);
    while (!err && !(err = rows_next(rows, e)) && rows_have(rows)) {
        json_t *one = json_object();
        json_set_text(one, "key", rows_text(rows, 0));
        json_set(one, "value", rows_is_null(rows, 1) ? json_null() : json_real(rows_f64(rows, 1)));
        json_set(one, "step",
                 rows_is_null(rows, 2) ? json_null() : json_integer(rows_i64(rows, 2)));
        json_set_time(one, "time", rows_i64(rows, 3));
        json_push(items, one);
    }
    rows_close(rows);
    return err;
}

enum err run_get_metrics(struct http_request *rq, struct err_ctx *e)
{
    struct training *t = rq->context;
    struct run run;
    struct db *db = NULL;
    struct str key = STR("");
    (void)http_query(rq, "key", &key);
    enum err err = store_read(t->opts.store, &db, e);
    if (err)
        return err;
    json_t *items = json_array(), *answer = json_object();
    json_set(answer, "items", items);
    err = run_select(db, rq->params[0], &rq->arena, &run, e);
    if (!err)
        err = list_metrics(db, run.id, key, items, e);
    err = db_end(db, err, e);
    if (err)
        json_decref(answer);
    else
        http_answer_json(rq, 200, answer);
    return err;
}

enum err run_get_artifacts(struct http_request *rq, struct err_ctx *e)
{
    struct run run;
    json_t *items = NULL, *answer;
    enum err err = select_asked(rq, &run, e);
    if (!err)
        err = run_artifacts(rq->context, &run, &rq->arena, &items, e);
    if (err)
        return err;
    answer = json_object();
    json_set(answer, "items", items);
    http_answer_json(rq, 200, answer);
    return ERR_OK;
}

/* A program may leave HTML: nothing of it is ever shown as a page of this server. */
static const char *type_of(struct str path)
{
    static const struct {
        struct str end;
        const char *type;
    } types[] = {{{".csv", 4}, "text/csv"},
                 {{".json", 5}, "application/json"},
                 {{".ndjson", 7}, "application/x-ndjson"},
                 {{".txt", 4}, "text/plain; charset=utf-8"},
                 {{".png", 4}, "image/png"}};
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (str_ends(path, types[i].end))
            return types[i].type;
    return "application/octet-stream";
}

enum err run_get_artifact(struct http_request *rq, struct err_ctx *e)
{
    struct run run;
    const char *path = NULL;
    enum err err = select_asked(rq, &run, e);
    if (!err)
        err = run_artifact_path(rq->context, run.id, rq->params[1], &rq->arena, &path, e);
    if (err)
        return err;
    rq->answer.content_type = type_of(rq->params[1]);
    rq->answer.file_path = arena_strdup(&rq->arena, str_of(path));
    http_answer_header(rq, "Content-Disposition", "attachment");
    http_answer_header(rq, "X-Content-Type-Options", "nosniff");
    return ERR_OK;
}
