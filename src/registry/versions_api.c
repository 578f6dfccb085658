#include "registry/registry_api.h"

#include "base/file.h"
#include "http/multipart.h"

static struct str id_text(int64_t id, struct arena *a)
{
    char text[ID_TEXT_BYTES];
    return id ? arena_str(a, str_of(id_format((uint64_t)id, text))) : (struct str){NULL, 0};
}

json_t *registry_api_version(struct registry *r, struct str model, const struct model_version *v,
                             struct arena *a)
{
    const struct registry_hooks *hooks = registry_hooks(r);
    const char *reason = "";
    const char *state =
        hooks->state ? hooks->state(hooks->context, model, v->number, &reason, a) : "UNAVAILABLE";
    json_t *object = json_object();
    json_set_text(object, "model", model);
    json_set_digits(object, "version", v->number);
    json_set_time(object, "created", v->created_ms);
    json_set_text(object, "user", v->created_by);
    json_set_text(object, "source", v->source);
    struct str run = id_text(v->run_id, a);
    json_set(object, "run", run.p ? json_text(run) : json_null());
    json_set_text(object, "sha256", v->sha256);
    json_set_i64(object, "bytes", v->bytes);
    json_set_cstr(object, "state", state);
    json_set_cstr(object, "reason", reason);
    json_set(object, "signature", json_stored(v->signature));
    json_set(object, "note", v->note.p ? json_text(v->note) : json_null());
    return object;
}

enum err registry_api_versions_list(struct http_request *rq, struct err_ctx *e)
{
    struct registry *r = rq->context;
    struct model model;
    struct model_version *versions;
    unsigned count = 0;
    enum err err = registry_model(r, rq->params[0], &model, &rq->arena, e);
    if (!err)
        err = registry_versions(r, model.id, &versions, &count, &rq->arena, e);
    if (err)
        return err;
    json_t *items = json_array();
    for (unsigned i = 0; i < count; i++)
        json_push(items, registry_api_version(r, model.name, &versions[i], &rq->arena));
    page_answer_whole(rq, items);
    return ERR_OK;
}

enum err registry_api_versions_get(struct http_request *rq, struct err_ctx *e)
{
    struct registry *r = rq->context;
    struct model model;
    struct model_version v;
    int64_t number = 0;
    enum err err = registry_model(r, rq->params[0], &model, &rq->arena, e);
    if (!err)
        err = registry_api_number(rq->params[1], &number, e);
    if (!err)
        err = registry_version(r, model.id, number, &v, &rq->arena, e);
    if (!err)
        http_answer_json(rq, 200, registry_api_version(r, model.name, &v, &rq->arena));
    return err;
}

static void release_json(void *value)
{
    json_decref(value);
}

static void release_mapping(void *mapping)
{
    mapping_close(mapping);
}

static enum err read_task(struct version_order *order, struct str text, struct err_ctx *e)
{
    if (!text.p || text.n == 0)
        return ERR_OK;
    order->task_given = task_parse(text, &order->task);
    if (order->task_given)
        return ERR_OK;
    return err_set_at(e, ERR_INVALID, "/task",
                      "the task must be classification, regression or other");
}

static enum err order_from_form(struct http_request *rq, struct version_order *order,
                                struct err_ctx *e)
{
    struct multipart *form = arena_alloc(&rq->arena, sizeof *form);
    const struct part *file = NULL;
    enum err err = multipart_parse(rq, form, e);
    if (!err)
        err = multipart_need(form, "file", &file, e);
    if (err)
        return err;
    order->content = file->content;
    order->source = "upload";
    const struct part *signature = multipart_find(form, "signature");
    const struct part *task = multipart_find(form, "task");
    const struct part *note = multipart_find(form, "note");
    if (note)
        order->note = note->content;
    if (task)
        err = read_task(order, str_trim(task->content), e);
    if (err || !signature || str_trim(signature->content).n == 0)
        return err;
    err = json_read_object(signature->content, &order->signature, e);
    if (err)
        return err_prefix(e, "the signature file");
    arena_on_release(&rq->arena, release_json, order->signature);
    return ERR_OK;
}

static enum err map_into_arena(struct http_request *rq, const char *path, struct str *content,
                               struct err_ctx *e)
{
    struct mapping *m = arena_alloc(&rq->arena, sizeof *m);
    enum err err = mapping_open(path, m, e);
    if (err)
        return err;
    arena_on_release(&rq->arena, release_mapping, m);
    *content = m->text;
    return ERR_OK;
}

/* {"run": id, "artifact": "model/model.onnx"}: the run's files are found by the hook. */
static enum err order_from_run(struct http_request *rq, struct version_order *order,
                               struct err_ctx *e)
{
    const struct registry_hooks *hooks = registry_hooks(rq->context);
    json_t *body = NULL;
    struct str run, artifact = STR("model/model.onnx"), task = {NULL, 0};
    struct run_artifact found = {.path = NULL};
    enum err err = http_json_object(rq, &body, e);
    if (!err)
        err = json_need_text(body, "run", 1, 64, &run, e);
    if (!err)
        err = json_want_text(body, "artifact", 1, 400, &artifact, e);
    if (!err)
        err = json_want_text(body, "task", 1, 32, &task, e);
    if (!err)
        err = json_want_text(body, "note", 0, 4000, &order->note, e);
    if (!err)
        err = read_task(order, task, e);
    if (!err && !file_is_relative(artifact))
        err = err_set_at(e, ERR_INVALID, "/artifact",
                         "the artifact must be a path inside the run's artifacts");
    if (!err && !hooks->artifact)
        err = err_set(e, ERR_NOT_FOUND, "there are no runs here");
    if (!err)
        err = hooks->artifact(hooks->context, run, artifact, &found, &rq->arena, e);
    if (err)
        return err;
    order->source = "run";
    order->run_id = found.run_id;
    order->signature = found.signature;
    if (found.signature)
        arena_on_release(&rq->arena, release_json, found.signature);
    if (!order->task_given) {
        order->task_given = true;
        order->task = found.task;
    }
    return map_into_arena(rq, found.path, &order->content, e);
}

enum err registry_api_versions_post(struct http_request *rq, struct err_ctx *e)
{
    struct version_order order = {.rq = rq, .model = rq->params[0]};
    struct model_version v;
    enum err err =
        multipart_is(rq) ? order_from_form(rq, &order, e) : order_from_run(rq, &order, e);
    if (!err)
        err = registry_version_add(rq->context, &order, &v, &rq->arena, e);
    if (!err)
        http_answer_json(rq, 201, registry_api_version(rq->context, order.model, &v, &rq->arena));
    return err;
}
