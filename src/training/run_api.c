#include "identity/audit.h"
#include "identity/principal.h"
#include "training/experiment.h"
#include "training/handlers.h"

enum { NAME_BYTES_MAX = 200 };

/* ---- answers ---- */

static enum err answer_run(struct http_request *rq, int status, struct str id, struct err_ctx *e)
{
    struct training *t = rq->context;
    struct run run;
    struct db *db = NULL;
    json_t *answer = NULL;
    enum err err = store_read(t->opts.store, &db, e);
    if (err)
        return err;
    err = run_select(db, id, &rq->arena, &run, e);
    if (!err)
        err = run_json(db, &run, &answer, e);
    err = db_end(db, err, e);
    if (!err)
        err = run_add_versions(t, answer, e);
    if (err)
        json_decref(answer);
    else
        http_answer_json(rq, status, answer);
    return err;
}

static struct str id_text(struct http_request *rq, int64_t id)
{
    char *text = arena_alloc(&rq->arena, ID_TEXT_BYTES);
    return str_of(id_format((uint64_t)id, text));
}

/* ---- making runs ---- */

/* Queues all of them or none. */
static enum err queue(struct http_request *rq, struct run *runs, size_t count, struct err_ctx *e)
{
    struct training *t = rq->context;
    struct db *db = NULL;
    enum err err = store_write(t->opts.store, &db, e);
    if (err)
        return err;
    for (size_t i = 0; i < count && !err; i++) {
        runs[i].id = (int64_t)id_next(t->opts.ids, runs[i].created_ms);
        runs[i].user = principal_of(rq)->name;
        err = run_insert(db, &runs[i], "", e);
        if (!err)
            err = dataset_hold(db, runs[i].dataset_version_id, "run", runs[i].id, e);
        if (!err)
            err = audit_add(db, rq, "run.add", id_text(rq, runs[i].id), NULL, e);
    }
    err = db_end(db, err, e);
    for (size_t i = 0; i < count && !err; i++)
        run_publish(t, runs[i].id, RUN_QUEUED, 0, (struct str){NULL, 0});
    if (!err)
        runner_wake(t->runner);
    return err;
}

static enum err post_one(struct http_request *rq, json_t *body, int64_t resubmitted_from,
                         struct err_ctx *e)
{
    struct run run;
    enum err err = run_request(rq->context, body, &rq->arena, &run, e);
    if (err)
        return err;
    run.resubmitted_from = resubmitted_from;
    err = queue(rq, &run, 1, e);
    if (err)
        return err;
    http_answer_header(rq, "Location",
                       arena_printf(&rq->arena, "/api/v1/runs/%s", id_text(rq, run.id).p));
    return answer_run(rq, 201, id_text(rq, run.id), e);
}

enum err run_post(struct http_request *rq, struct err_ctx *e)
{
    json_t *body = NULL;
    enum err err = http_json_object(rq, &body, e);
    return err ? err : post_one(rq, body, 0, e);
}

enum err run_post_module(struct http_request *rq, struct err_ctx *e)
{
    json_t *body = NULL;
    const struct module *m = NULL;
    struct training *t = rq->context;
    enum err err = module_find(catalog_modules(t->opts.catalog), rq->params[0], &rq->arena, &m, e);
    if (!err)
        err = http_json_object(rq, &body, e);
    if (err)
        return err;
    json_set_text(body, "module", rq->params[0]);
    return post_one(rq, body, 0, e);
}

static void drop(void *json)
{
    json_decref(json);
}

/* The first error names the run that it belongs to. */
static enum err read_batch(struct http_request *rq, json_t *bodies, struct run *runs,
                           struct err_ctx *e)
{
    size_t i;
    json_t *body;
    struct err_ctx *why = arena_alloc(&rq->arena, sizeof *why);
    json_array_foreach(bodies, i, body)
    {
        err_ctx_init(why);
        enum err err = run_request(rq->context, body, &rq->arena, &runs[i], why);
        if (err)
            return err_set_at(e, err,
                              arena_printf(&rq->arena, "/runs/%zu%s", i,
                                           why->item_count ? why->items[0].pointer : ""),
                              "%s", why->detail);
    }
    return ERR_OK;
}

static enum err answer_batch(struct http_request *rq, const struct run *runs, size_t count,
                             struct err_ctx *e)
{
    struct training *t = rq->context;
    struct db *db = NULL;
    json_t *items = json_array(), *answer = json_object();
    json_set(answer, "items", items);
    enum err err = store_read(t->opts.store, &db, e);
    if (err)
        goto out_answer;
    for (size_t i = 0; i < count && !err; i++) {
        struct run run;
        json_t *one = NULL;
        err = run_select_id(db, runs[i].id, &rq->arena, &run, e);
        if (!err)
            err = run_json(db, &run, &one, e);
        if (!err)
            json_push(items, one);
    }
    err = db_end(db, err, e);
out_answer:
    if (err)
        json_decref(answer);
    else
        http_answer_json(rq, 201, answer);
    return err;
}

enum err run_post_batch(struct http_request *rq, struct err_ctx *e)
{
    json_t *body = NULL, *bodies = NULL;
    enum err err = http_json_object(rq, &body, e);
    if (!err)
        err = run_batch_expand(body, &bodies, e);
    if (bodies)
        arena_on_release(&rq->arena, drop, bodies);
    if (err)
        return err;
    size_t count = json_array_size(bodies);
    struct run *runs = arena_zalloc(&rq->arena, count * sizeof *runs);
    err = read_batch(rq, bodies, runs, e);
    if (!err)
        err = queue(rq, runs, count, e);
    return err ? err : answer_batch(rq, runs, count, e);
}

static enum err select_asked(struct http_request *rq, struct run *run, struct err_ctx *e)
{
    struct training *t = rq->context;
    struct db *db = NULL;
    enum err err = store_read(t->opts.store, &db, e);
    return err ? err : db_end(db, run_select(db, rq->params[0], &rq->arena, run, e), e);
}

enum err run_resubmit(struct http_request *rq, struct err_ctx *e)
{
    struct run from;
    json_t *body = NULL, *parameters = NULL, *value;
    const char *name;
    enum err err = select_asked(rq, &from, e);
    if (!err && rq->body.n)
        err = http_json_object(rq, &body, e);
    if (!err && body)
        err = json_want_object(body, "parameters", &parameters, e);
    if (err)
        return err;
    json_t *again = run_as_request(&from);
    arena_on_release(&rq->arena, drop, again);
    json_object_foreach(parameters, name, value)
    {
        json_set(json_object_get(again, "parameters"), name, json_incref(value));
    }
    return post_one(rq, again, from.id, e);
}

/* ---- one run ---- */

enum err run_get(struct http_request *rq, struct err_ctx *e)
{
    return answer_run(rq, 200, rq->params[0], e);
}

static enum err change(struct http_request *rq, struct db *db, json_t *body, struct err_ctx *e)
{
    struct run run;
    enum err err = run_select(db, rq->params[0], &rq->arena, &run, e);
    if (!err)
        err = json_want_text(body, "name", 0, NAME_BYTES_MAX, &run.name, e);
    if (!err)
        err = run_want_tags(body, &run.tags, &rq->arena, e);
    if (!err)
        err = experiment_want(db, body, &run.experiment_id, e);
    if (!err)
        err = run_update(db, &run, e);
    return err ? err : audit_add(db, rq, "run.change", rq->params[0], NULL, e);
}

enum err run_patch(struct http_request *rq, struct err_ctx *e)
{
    struct training *t = rq->context;
    json_t *body = NULL;
    struct db *db = NULL;
    enum err err = http_json_object(rq, &body, e);
    if (!err)
        err = store_write(t->opts.store, &db, e);
    if (!err)
        err = db_end(db, change(rq, db, body, e), e);
    return err ? err : answer_run(rq, 200, rq->params[0], e);
}

/* A run that waits ends at once; one that is executed is asked to, by whoever follows it. */
static enum err cancel(struct http_request *rq, struct db *db, struct run *run, struct err_ctx *e)
{
    struct training *t = rq->context;
    bool changed = false;
    enum err err = run_select(db, rq->params[0], &rq->arena, run, e);
    if (err || run_has_ended(run))
        return err;
    err = run_request_cancel(db, run->id, e);
    if (!err && run->status == RUN_QUEUED)
        err = run_finish(db, run->id,
                         &(struct run_end){.status = RUN_CANCELLED,
                                           .error = "the run was cancelled before it began",
                                           .ended_ms = clock_now_ms(t->opts.clock)},
                         &changed, e);
    return err ? err : audit_add(db, rq, "run.cancel", rq->params[0], NULL, e);
}

enum err run_cancel(struct http_request *rq, struct err_ctx *e)
{
    struct training *t = rq->context;
    struct run run;
    struct db *db = NULL;
    enum err err = store_write(t->opts.store, &db, e);
    if (!err)
        err = db_end(db, cancel(rq, db, &run, e), e);
    if (err)
        return err;
    if (run.status == RUN_QUEUED)
        run_publish(t, run.id, RUN_CANCELLED, 0, (struct str){NULL, 0});
    runner_wake(t->runner);
    return answer_run(rq, run_has_ended(&run) ? 200 : 202, rq->params[0], e);
}
