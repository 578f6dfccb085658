#include <math.h>

#include "training/inside.h"

enum { METRICS_AT_ONCE = 256 };

static const char *const status_texts[RUN_STATUS_COUNT] = {
    [RUN_QUEUED] = "queued", [RUN_PREPARING] = "preparing", [RUN_RUNNING] = "running",
    [RUN_DONE] = "done",     [RUN_FAILED] = "failed",       [RUN_CANCELLED] = "cancelled",
};

const char *run_status_text(enum run_status status)
{
    assert(status < RUN_STATUS_COUNT);
    return status_texts[status];
}

bool run_status_parse(struct str s, enum run_status *status)
{
    for (int i = 0; i < RUN_STATUS_COUNT; i++) {
        if (str_is(s, status_texts[i])) {
            *status = (enum run_status)i;
            return true;
        }
    }
    return false;
}

static struct bind bind_time(int64_t time_ms)
{
    return time_ms ? bind_i64(time_ms) : bind_null();
}

enum err run_insert(struct db *db, const struct run *run, const char *node, struct err_ctx *e)
{
    return db_exec(
        db,
        "insert into training_runs (id, name, status, module, module_version, parameters, seed, "
        "dataset_name, dataset_number, dataset_version_id, dataset_sha256, target, task, features, "
        "split, experiment_id, tags, launcher, resources, user_name, created_ms, "
        "resubmitted_from, node, cancel_requested) values ($1, $2, 'queued', $3, $4, $5, $6, $7, "
        "$8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, 0)",
        BIND(bind_i64(run->id), bind_text(run->name), bind_text(run->module),
             bind_text(run->module_version), bind_text(run->parameters), bind_i64(run->seed),
             bind_text(run->dataset_name), bind_i64(run->dataset_number),
             bind_i64(run->dataset_version_id), bind_text(run->dataset_sha256),
             bind_text(run->target), bind_text(run->task), bind_text(run->features),
             bind_text(run->split), bind_time(run->experiment_id), bind_text(run->tags),
             bind_text(run->launcher), bind_text(run->resources), bind_text(run->user),
             bind_i64(run->created_ms), bind_time(run->resubmitted_from), bind_cstr(node)),
        NULL, e);
}

enum err run_update(struct db *db, const struct run *run, struct err_ctx *e)
{
    return db_exec(
        db, "update training_runs set name = $1, tags = $2, experiment_id = $3 where id = $4",
        BIND(bind_text(run->name), bind_text(run->tags),
             run->experiment_id ? bind_i64(run->experiment_id) : bind_null(), bind_i64(run->id)),
        NULL, e);
}

const char run_columns[] =
    "select r.id, r.name, r.status, r.error, r.module, r.module_version, r.parameters, r.seed, "
    "r.dataset_name, r.dataset_number, r.dataset_version_id, r.dataset_sha256, r.target, r.task, "
    "r.features, r.split, r.experiment_id, x.name, r.tags, r.launcher, r.resources, "
    "r.progress_fraction, r.progress_message, r.holdout, r.training, r.digest, r.user_name, "
    "r.created_ms, r.started_ms, r.ended_ms, r.resubmitted_from, r.cancel_requested "
    "from training_runs r left join training_experiments x on x.id = r.experiment_id ";

static struct str text_at(struct rows *rows, unsigned column, struct arena *a)
{
    struct str text = rows_text(rows, column);
    return text.p ? arena_str(a, text) : (struct str){NULL, 0};
}

void run_read(struct rows *rows, struct arena *a, struct run *out)
{
    *out = (struct run){.id = rows_i64(rows, 0)};
    struct str *const texts[] = {
        [1] = &out->name,
        [3] = &out->error,
        [4] = &out->module,
        [5] = &out->module_version,
        [6] = &out->parameters,
        [8] = &out->dataset_name,
        [11] = &out->dataset_sha256,
        [12] = &out->target,
        [13] = &out->task,
        [14] = &out->features,
        [15] = &out->split,
        [17] = &out->experiment_name,
        [18] = &out->tags,
        [19] = &out->launcher,
        [20] = &out->resources,
        [22] = &out->progress_message,
        [23] = &out->holdout,
        [24] = &out->training,
        [25] = &out->digest,
        [26] = &out->user,
    };
    for (unsigned i = 0; i < ARRAY_LEN(texts); i++)
        if (texts[i])
            *texts[i] = text_at(rows, i, a);
    if (!run_status_parse(rows_text(rows, 2), &out->status))
        out->status = RUN_FAILED;
    out->seed = rows_i64(rows, 7);
    out->dataset_number = rows_i64(rows, 9);
    out->dataset_version_id = rows_i64(rows, 10);
    out->experiment_id = rows_i64(rows, 16);
    out->progress_fraction = rows_f64(rows, 21);
    out->created_ms = rows_i64(rows, 27);
    out->started_ms = rows_i64(rows, 28);
    out->ended_ms = rows_i64(rows, 29);
    out->resubmitted_from = rows_i64(rows, 30);
    out->cancel_requested = rows_i64(rows, 31) != 0;
}

enum err run_select_id(struct db *db, int64_t id, struct arena *a, struct run *out,
                       struct err_ctx *e)
{
    struct rows *rows = NULL;
    const char *sql = arena_printf(a, "%swhere r.id = $1", run_columns);
    enum err err = db_query_one(db, sql, BIND(bind_i64(id)), &rows, e);
    if (err == ERR_NOT_FOUND)
        return err_set(e, err, "there is no such run");
    if (err)
        return err;
    run_read(rows, a, out);
    rows_close(rows);
    return ERR_OK;
}

enum err run_select(struct db *db, struct str id, struct arena *a, struct run *out,
                    struct err_ctx *e)
{
    uint64_t number;
    if (!id_parse(id, &number))
        return err_set(e, ERR_NOT_FOUND, "there is no run \"" STR_FMT "\"",
                       (int)MIN(id.n, (size_t)64), id.p);
    return run_select_id(db, (int64_t)number, a, out, e);
}

enum err run_move(struct db *db, int64_t id, enum run_status from, enum run_status to,
                  const char *node, int64_t time_ms, bool *changed, struct err_ctx *e)
{
    int64_t n = 0;
    enum err err = db_exec(db,
                           "update training_runs set status = $1, node = $2, started_ms = "
                           "coalesce(started_ms, $3) where id = $4 and status = $5",
                           BIND(bind_cstr(run_status_text(to)), bind_cstr(node), bind_time(time_ms),
                                bind_i64(id), bind_cstr(run_status_text(from))),
                           &n, e);
    *changed = n == 1;
    return err;
}

static enum err save_figures(struct db *db, int64_t id, const struct run_figure *figures,
                             size_t count, struct err_ctx *e)
{
    enum err err = ERR_OK;
    for (size_t i = 0; i < count && !err; i++)
        err = db_exec(db,
                      "insert into training_figures (run_id, key, value) values ($1, $2, $3) on "
                      "conflict (run_id, key) do update set value = excluded.value",
                      BIND(bind_i64(id), bind_cstr(figures[i].key), bind_f64(figures[i].value)),
                      NULL, e);
    return err;
}

/* A sentence that was cut in the middle of a character ends before it. */
static struct str whole_characters(const char *sentence)
{
    struct str s = str_of(sentence);
    while (s.n && !str_is_utf8(s))
        s.n--;
    return s;
}

enum err run_finish(struct db *db, int64_t id, const struct run_end *end, bool *changed,
                    struct err_ctx *e)
{
    int64_t n = 0;
    enum err err = db_exec(
        db,
        "update training_runs set status = $1, error = $2, holdout = $3, training = $4, digest = "
        "$5, ended_ms = $6 where id = $7 and status in ('queued', 'preparing', 'running')",
        BIND(bind_cstr(run_status_text(end->status)), bind_text(whole_characters(end->error)),
             bind_text(end->holdout), bind_text(end->training), bind_cstr(end->digest),
             bind_i64(end->ended_ms), bind_i64(id)),
        &n, e);
    *changed = n == 1;
    if (!err && n == 1)
        err = dataset_let_go(db, "run", id, e);
    if (!err && n == 1)
        err = save_figures(db, id, end->figures, end->figure_count, e);
    return err;
}

enum err run_request_cancel(struct db *db, int64_t id, struct err_ctx *e)
{
    return db_exec(db, "update training_runs set cancel_requested = 1 where id = $1",
                   BIND(bind_i64(id)), NULL, e);
}

enum err run_set_progress(struct db *db, int64_t id, double fraction, struct str message,
                          struct err_ctx *e)
{
    return db_exec(db,
                   "update training_runs set progress_fraction = $1, progress_message = $2 where "
                   "id = $3",
                   BIND(bind_f64(fraction), bind_text(message), bind_i64(id)), NULL, e);
}

static enum err add_lines(struct db *db, int64_t id, const struct metric_line *lines, size_t count,
                          struct err_ctx *e)
{
    struct bind values[METRICS_AT_ONCE][6];
    struct binds binds[METRICS_AT_ONCE];
    for (size_t i = 0; i < count; i++) {
        const struct metric_line *m = &lines[i];
        values[i][0] = bind_i64(id);
        values[i][1] = bind_i64(m->seq);
        values[i][2] = bind_text(m->key);
        values[i][3] = bind_f64(m->value);
        values[i][4] = m->has_step ? bind_i64(m->step) : bind_null();
        values[i][5] = bind_i64(m->time_ms);
        binds[i] = (struct binds){values[i], 6};
    }
    return db_exec_many(db,
                        "insert into training_metrics (run_id, seq, key, value, step, time_ms) "
                        "values ($1, $2, $3, $4, $5, $6) on conflict (run_id, seq) do nothing",
                        binds, count, e);
}

enum err run_add_metrics(struct db *db, int64_t id, const struct metric_line *lines, size_t count,
                         struct err_ctx *e)
{
    enum err err = ERR_OK;
    for (size_t at = 0; at < count && !err; at += METRICS_AT_ONCE)
        err = add_lines(db, id, lines + at, MIN((size_t)METRICS_AT_ONCE, count - at), e);
    for (size_t i = 0; i < count && !err; i++)
        err =
            db_exec(db,
                    "insert into training_figures (run_id, key, value) values ($1, $2, $3) on "
                    "conflict (run_id, key) do update set value = excluded.value",
                    BIND(bind_i64(id), bind_text(lines[i].key), bind_f64(lines[i].value)), NULL, e);
    return err;
}

enum err run_select_reported(struct db *db, int64_t id, json_t **out, struct err_ctx *e)
{
    struct rows *rows = NULL;
    struct arena a;
    arena_init(&a);
    *out = json_object();
    enum err err = db_query(db,
                            "select key, value from training_figures where run_id = $1 and key not "
                            "like 'holdout.%' and key not like 'training.%' order by key",
                            BIND(bind_i64(id)), &rows, e);
    while (!err && !(err = rows_next(rows, e)) && rows_have(rows))
        json_set_f64(*out, arena_strdup(&a, rows_text(rows, 0)),
                     rows_is_null(rows, 1) ? NAN : rows_f64(rows, 1));
    rows_close(rows);
    arena_release(&a);
    return err;
}
