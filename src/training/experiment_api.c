#include "identity/audit.h"
#include "identity/principal.h"
#include "training/experiment.h"
#include "training/handlers.h"

enum { NAME_MAX_BYTES = 200, DESCRIPTION_MAX_BYTES = 4000 };

/* What the body says over what is there. */
static enum err read_body(struct http_request *rq, bool name_needed, struct experiment *x,
                          struct err_ctx *e)
{
    json_t *body = NULL, *tags;
    enum err err = http_json_object(rq, &body, e);
    if (!err && name_needed)
        err = json_need_text(body, "name", 1, NAME_MAX_BYTES, &x->name, e);
    else if (!err)
        err = json_want_text(body, "name", 1, NAME_MAX_BYTES, &x->name, e);
    if (!err)
        err = json_want_text(body, "description", 0, DESCRIPTION_MAX_BYTES, &x->description, e);
    if (!err)
        err = json_want_text(body, "status", 1, 16, &x->status, e);
    if (err)
        return err;
    if (!str_is(x->status, "active") && !str_is(x->status, "archived"))
        return err_set_at(e, ERR_INVALID, "/status",
                          "\"status\" must be \"active\" or \"archived\"");
    tags = json_object_get(body, "tags");
    if (!tags || json_is_null(tags))
        return ERR_OK;
    err = run_check_tags(tags, e);
    if (!err)
        x->tags = json_dump(tags, &rq->arena);
    return err;
}

enum err experiment_post(struct http_request *rq, struct err_ctx *e)
{
    struct training *t = rq->context;
    struct experiment x = {.description = STR(""),
                           .tags = STR("{}"),
                           .status = STR("active"),
                           .user = principal_of(rq)->name,
                           .created_ms = clock_now_ms(t->opts.clock)};
    struct db *db = NULL;
    enum err err = read_body(rq, true, &x, e);
    if (!err)
        err = store_write(t->opts.store, &db, e);
    if (err)
        return err;
    x.id = (int64_t)id_next(t->opts.ids, x.created_ms);
    err = experiment_insert(db, &x, e);
    if (!err)
        err = audit_add(db, rq, "experiment.add", x.name, NULL, e);
    err = db_end(db, err, e);
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
    struct training *t = rq->context;
    struct experiment x;
    struct db *db = NULL;
    enum err err = store_write(t->opts.store, &db, e);
    if (err)
        return err;
    err = experiment_select(db, rq->params[0], &rq->arena, &x, e);
    if (!err)
        err = read_body(rq, false, &x, e);
    if (!err)
        err = experiment_update(db, &x, e);
    if (!err)
        err = audit_add(db, rq, "experiment.change", x.name, NULL, e);
    err = db_end(db, err, e);
    if (!err)
        http_answer_json(rq, 200, experiment_json(&x));
    return err;
}

enum err experiment_delete(struct http_request *rq, struct err_ctx *e)
{
    struct training *t = rq->context;
    struct experiment x;
    struct db *db = NULL;
    enum err err = store_write(t->opts.store, &db, e);
    if (err)
        return err;
    err = experiment_select(db, rq->params[0], &rq->arena, &x, e);
    if (!err)
        err = experiment_remove(db, x.id, e);
    if (!err)
        err = audit_add(db, rq, "experiment.delete", x.name, NULL, e);
    err = db_end(db, err, e);
    if (!err)
        http_answer_empty(rq, 204);
    return err;
}
