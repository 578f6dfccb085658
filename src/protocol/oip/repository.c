#include "protocol/oip/inside.h"

#include "base/num.h"

static void add_entry(const char *model, const struct entry *entry, bool only_ready, json_t *list)
{
    bool ready = entry->version != NULL;
    if (only_ready && !ready)
        return;
    json_t *object = json_object();
    json_set_cstr(object, "name", model);
    json_set_digits(object, "version", entry->number);
    json_set_cstr(object, "state", ready ? "READY" : entry->loading ? "LOADING" : "UNAVAILABLE");
    json_set_cstr(object, "reason", entry->reason);
    json_push(list, object);
}

static enum err read_body(struct http_request *rq, json_t **body, struct err_ctx *e)
{
    *body = NULL;
    return str_trim(rq->body).n ? http_json_object(rq, body, e) : ERR_OK;
}

enum err oip_api_repository_index(struct http_request *rq, struct err_ctx *e)
{
    struct oip *o = rq->context;
    json_t *body = NULL;
    bool only_ready = false;
    unsigned count;
    enum err err = read_body(rq, &body, e);
    if (!err && body)
        err = json_want_bool(body, "ready", &only_ready, e);
    if (err)
        return err;
    struct deployment **all = serving_all(o->opts.serving, &count, &rq->arena);
    json_t *list = json_array();
    for (unsigned i = 0; i < count; i++)
        for (unsigned k = all[i]->entry_count; k-- > 0;)
            add_entry(all[i]->model, &all[i]->entries[k], only_ready, list);
    http_answer_json(rq, 200, list);
    return ERR_OK;
}

static enum err failed_to_load(struct http_request *rq, const char *why, struct err_ctx *e)
{
    err_ctx_init(e);
    return err_set(e, ERR_INVALID, "failed to load '" STR_FMT "', %s", STR_ARG(rq->params[0]), why);
}

/* Triton takes a model's content here. Versions come into the registry by an upload, and whoever
 * sent a file must not believe that it is what was loaded. */
static enum err refuse_files(struct http_request *rq, json_t *parameters, struct err_ctx *e)
{
    const char *name;
    json_t *value;
    json_object_foreach(parameters, name, value)
    {
        if (strncmp(name, "file:", 5) == 0)
            return failed_to_load(rq, "files are not taken here; upload a version of the model", e);
    }
    return ERR_OK;
}

/* parameters.config is a JSON document in a text; of it max_batch_size is ours to change. */
static enum err read_config(struct http_request *rq, json_t *parameters, int64_t *rows_max,
                            struct err_ctx *e)
{
    json_t *config = json_object_get(parameters, "config"), *document = NULL;
    struct err_ctx quiet;
    err_ctx_init(&quiet);
    if (!config)
        return ERR_OK;
    if (!json_is_string(config) || json_read_object(json_str(config), &document, &quiet))
        return failed_to_load(rq, "the config parameter is no JSON document", e);
    /* Protocol buffers write a number as a text too. */
    json_t *batch = json_object_get(document, "max_batch_size");
    if (json_is_integer(batch))
        *rows_max = json_integer_value(batch);
    else if (batch && !num_parse_i64(json_str(batch), 1, INT64_MAX, rows_max))
        *rows_max = 0;
    json_decref(document);
    return *rows_max > 0 ? ERR_OK
                         : failed_to_load(rq, "max_batch_size must be a number above 0", e);
}

static const char *first_failure(const struct deployment *d)
{
    for (unsigned i = 0; i < d->entry_count; i++)
        if (!d->entries[i].version && d->entries[i].reason[0])
            return d->entries[i].reason;
    return "no version is available";
}

static enum err check_loaded(struct http_request *rq, int64_t rows_max, struct err_ctx *e)
{
    struct oip *o = rq->context;
    struct deployment *d = serving_find(o->opts.serving, rq->params[0]);
    if (!d)
        return failed_to_load(rq, "it is gone", e);
    enum err err = ERR_OK;
    if (d->champion < 0)
        err = failed_to_load(rq, first_failure(d), e);
    for (unsigned i = 0; i < d->entry_count; i++)
        if (d->entries[i].version)
            d->entries[i].version->rows_max = rows_max;
    deployment_unref(d);
    return err;
}

enum err oip_api_repository_load(struct http_request *rq, struct err_ctx *e)
{
    struct oip *o = rq->context;
    json_t *body = NULL, *parameters = NULL;
    struct model model;
    struct err_ctx quiet;
    int64_t rows_max = INT64_MAX;
    err_ctx_init(&quiet);
    enum err err = read_body(rq, &body, e);
    if (!err && body)
        err = json_want_object(body, "parameters", &parameters, e);
    if (!err && parameters)
        err = refuse_files(rq, parameters, e);
    if (!err && parameters)
        err = read_config(rq, parameters, &rows_max, e);
    if (err)
        return err;
    if (registry_model(o->opts.registry, rq->params[0], &model, &rq->arena, &quiet))
        return failed_to_load(rq, "there is no model of this name in the registry", e);
    err = registry_version_loaded(o->opts.registry, rq, rq->params[0], true, e);
    return err ? err : check_loaded(rq, rows_max, e);
}

enum err oip_api_repository_unload(struct http_request *rq, struct err_ctx *e)
{
    struct oip *o = rq->context;
    struct model model;
    struct err_ctx quiet;
    err_ctx_init(&quiet);
    if (registry_model(o->opts.registry, rq->params[0], &model, &rq->arena, &quiet))
        return ERR_OK; /* as in Triton: what is not there is unloaded */
    return registry_version_loaded(o->opts.registry, rq, rq->params[0], false, e);
}
