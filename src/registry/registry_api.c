#include "registry/registry_api.h"

#include "base/num.h"
#include "identity/role.h"

#define ROUTE(method_, pattern_, role_, handler_, ...)                                             \
    HTTP_ROUTE(method_, pattern_, role_, registry_api_##handler_, __VA_ARGS__)
const struct http_route registry_routes[] = {
#include "registry/routes.def"
};
#undef ROUTE
const size_t registry_route_count = ARRAY_LEN(registry_routes);

enum err registry_api_number(struct str text, int64_t *number, struct err_ctx *e)
{
    if (num_parse_i64(text, 1, INT64_MAX, number))
        return ERR_OK;
    return err_set(e, ERR_NOT_FOUND, "the model has no version \"" STR_FMT "\"", STR_ARG(text));
}

static enum err model_to_json(struct registry *r, const struct model *m, json_t **out,
                              struct arena *a, struct err_ctx *e)
{
    struct arm arms[REGISTRY_ARMS_MAX];
    unsigned arm_count = 0, version_count = 0;
    struct model_version *versions;
    enum err err = registry_arms(r, m->id, arms, &arm_count, e);
    if (!err)
        err = registry_versions(r, m->id, &versions, &version_count, a, e);
    if (err)
        return err;
    json_t *object = json_object();
    json_set_text(object, "name", m->name);
    json_set_cstr(object, "task", task_text(m->task));
    json_set_text(object, "description", m->description);
    json_set_time(object, "created", m->created_ms);
    json_set_text(object, "user", m->created_by);
    json_set_null(object, "champion");
    for (unsigned i = 0; i < arm_count; i++)
        if (arms[i].mode == ARM_CHAMPION)
            json_set_digits(object, "champion", arms[i].number);
    json_set_i64(object, "versions", version_count);
    json_set(object, "arms", arms_to_json(arms, arm_count));
    json_set_cstr(object, "primary_metric",
                  m->task == TASK_CLASSIFICATION ? "accuracy"
                  : m->task == TASK_REGRESSION   ? "rmse"
                                                 : NULL);
    *out = object;
    return ERR_OK;
}

static enum err answer_model(struct http_request *rq, int status, const struct model *m,
                             struct err_ctx *e)
{
    json_t *object = NULL;
    enum err err = model_to_json(rq->context, m, &object, &rq->arena, e);
    if (!err)
        http_answer_json(rq, status, object);
    return err;
}

enum err registry_api_models_list(struct http_request *rq, struct err_ctx *e)
{
    struct registry *r = rq->context;
    struct page page;
    struct model *models = NULL;
    unsigned count = 0;
    enum err err = page_read(rq, PAGE_BY_TEXT, 0, &page, e);
    if (!err)
        err =
            registry_models(r, page.text, (unsigned)page.limit + 1, &models, &count, &rq->arena, e);
    for (unsigned i = 0; !err && i < count; i++) {
        json_t *object = NULL;
        err = model_to_json(r, &models[i], &object, &rq->arena, e);
        if (!err)
            page_add_by_text(&page, object, models[i].name);
    }
    if (!err)
        page_answer(rq, &page);
    return err;
}

enum err registry_api_models_post(struct http_request *rq, struct err_ctx *e)
{
    json_t *body = NULL;
    struct str name, task_name, description = STR("");
    enum task task;
    struct model model;
    enum err err = http_json_object(rq, &body, e);
    if (!err)
        err = json_need_text(body, "name", 1, MODEL_NAME_MAX, &name, e);
    if (!err)
        err = json_need_text(body, "task", 1, 32, &task_name, e);
    if (!err)
        err = json_want_text(body, "description", 0, 4000, &description, e);
    if (!err && !task_parse(task_name, &task))
        err = err_set_at(e, ERR_INVALID, "/task",
                         "the task must be classification, regression or other");
    if (!err)
        err = registry_model_add(rq->context, rq, name, task, description, &model, &rq->arena, e);
    return err ? err : answer_model(rq, 201, &model, e);
}

enum err registry_api_models_get(struct http_request *rq, struct err_ctx *e)
{
    struct model model;
    enum err err = registry_model(rq->context, rq->params[0], &model, &rq->arena, e);
    return err ? err : answer_model(rq, 200, &model, e);
}

enum err registry_api_models_patch(struct http_request *rq, struct err_ctx *e)
{
    json_t *body = NULL;
    struct str description = {NULL, 0};
    enum err err = http_json_object(rq, &body, e);
    if (!err)
        err = json_want_text(body, "description", 0, 4000, &description, e);
    if (!err && description.p)
        err = registry_model_describe(rq->context, rq, rq->params[0], description, e);
    return err ? err : registry_api_models_get(rq, e);
}

enum err registry_api_models_delete(struct http_request *rq, struct err_ctx *e)
{
    enum err err = registry_model_remove(rq->context, rq, rq->params[0], e);
    if (!err)
        http_answer_empty(rq, 204);
    return err;
}
