#include "identity/audit.h"
#include "identity/principal.h"
#include "training/experiment.h"
#include "training/handlers.h"

enum { NAME_MAX_BYTES = 200, DESCRIPTION_MAX_BYTES = 4000 };

/* What the body says; a text without a pointer is one that it does not mention. */
static enum err read_body(struct http_request *rq, struct experiment *x, struct err_ctx *e)
{
    json_t *body = NULL;
    *x = (struct experiment){.id = 0};
    enum err err = http_json_object(rq, &body, e);
    if (!err)
        err = json_want_text(body, "name", 1, NAME_MAX_BYTES, &x->name, e);
    if (!err)
        err = json_want_text(body, "description", 0, DESCRIPTION_MAX_BYTES, &x->description, e);
    if (!err)
        err = json_want_text(body, "status", 1, 16, &x->status, e);
    if (!err && x->status.p && !str_is(x->status, "active") && !str_is(x->status, "archived"))
        err =
            err_set_at(e, ERR_INVALID, "/status", "\"status\" must be \"active\" or \"archived\"");
    return err ? err : run_want_tags(body, &x->tags, &rq->arena, e);
}

/* Of two texts the one that is there. */
static struct str either(struct str said, struct str otherwise)
{
    return said.p ? said : otherwise;
}

static enum err begin(struct http_request *rq, struct db **db, struct experiment *x,
                      struct err_ctx *e)
{
    struct training *t = rq->context;
    enum err err = store_write(t->opts.store, db, e);
    if (err)
        return err;
    err = experiment_select(*db, rq->params[0], &rq->arena, x, e);
    return err ? db_end(*db, err, e) : ERR_OK;
}

static enum err end(struct http_request *rq, struct db *db, enum err err, const char *action,
                    const struct experiment *x, struct err_ctx *e)
{
    if (!err)
        err = audit_add(db, rq, action, x->name, NULL, e);
    return db_end(db, err, e);
}

enum err experiment_post(struct http_request *rq, struct err_ctx *e)
{
    struct training *t = rq->context;
    struct experiment x;
    struct db *db = NULL;
    enum err err = read_body(rq, &x, e);
    if (!err && !x.name.p)
        err = err_set_at(e, ERR_INVALID, "/name", "\"name\" is missing");
    if (!err)
        err = store_write(t->opts.store, &db, e);
    if (err)
        return err;
    x.created_ms = clock_now_ms(t->opts.clock);
    x.id = (int64_t)id_next(t->opts.ids, x.created_ms);
    x.user = principal_of(rq)->name;
    x.description = either(x.description, STR(""));
    x.tags = either(x.tags, STR("{}"));
    x.status = either(x.status, STR("active"));
    err = end(rq, db, experiment_insert(db, &x, e), "experiment.add", &x, e);
    if (!err)
        http_answer_json(rq, 201, experiment_json(&x));
    return err;
}

enum err experiment_get_all(struct http_request *rq, struct err_ctx *e)
{
    struct training *t = rq->context;
    struct page page;
    struct db *db = NULL;
    enum err err = page_read(rq, PAGE_BY_ID, INT64_MAX, &page, e);
    if (!err)
        err = store_read(t->opts.store, &db, e);
    if (err)
        return err;
    err = db_end(db, experiment_list(db, &page, e), e);
    if (!err)
        page_answer(rq, &page);
    return err;
}

enum err experiment_get(struct http_request *rq, struct err_ctx *e)
{
    struct training *t = rq->context;
    struct experiment x;
    struct db *db = NULL;
    enum err err = store_read(t->opts.store, &db, e);
    if (err)
        return err;
    err = db_end(db, experiment_select(db, rq->params[0], &rq->arena, &x, e), e);
    if (!err)
        http_answer_json(rq, 200, experiment_json(&x));
    return err;
}

enum err experiment_patch(struct http_request *rq, struct err_ctx *e)
{
    struct experiment said, x;
    struct db *db = NULL;
    enum err err = read_body(rq, &said, e);
    if (!err)
        err = begin(rq, &db, &x, e);
    if (err)
        return err;
    x.name = either(said.name, x.name);
    x.description = either(said.description, x.description);
    x.tags = either(said.tags, x.tags);
    x.status = either(said.status, x.status);
    err = end(rq, db, experiment_update(db, &x, e), "experiment.change", &x, e);
    if (!err)
        http_answer_json(rq, 200, experiment_json(&x));
    return err;
}

enum err experiment_delete(struct http_request *rq, struct err_ctx *e)
{
    struct experiment x;
    struct db *db = NULL;
    enum err err = begin(rq, &db, &x, e);
    if (err)
        return err;
    err = end(rq, db, experiment_remove(db, x.id, e), "experiment.delete", &x, e);
    if (!err)
        http_answer_empty(rq, 204);
    return err;
}
