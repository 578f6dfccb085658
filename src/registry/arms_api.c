#include "registry/registry_api.h"

#include "base/num.h"

static json_t *decision_to_json(const struct decision *d)
{
    char id[ID_TEXT_BYTES];
    json_t *object = json_object();
    json_set_cstr(object, "id", id_format((uint64_t)d->id, id));
    json_set_time(object, "time", d->time_ms);
    json_set_text(object, "verdict", d->verdict);
    json_set_digits(object, "from", d->from_version);
    json_set_digits(object, "to", d->to_version);
    json_set_text(object, "reason", d->reason);
    json_set_text(object, "actor", d->actor);
    json_set(object, "evidence", d->evidence.p ? json_stored(d->evidence) : json_null());
    return object;
}

enum err registry_api_arms_get(struct http_request *rq, struct err_ctx *e)
{
    struct registry *r = rq->context;
    struct model model;
    struct arm arms[REGISTRY_ARMS_MAX];
    unsigned count = 0;
    enum err err = registry_model(r, rq->params[0], &model, &rq->arena, e);
    if (!err)
        err = registry_arms(r, model.id, arms, &count, e);
    if (err)
        return err;
    json_t *object = json_object();
    json_set(object, "arms", arms_to_json(arms, count));
    http_answer_json(rq, 200, object);
    return ERR_OK;
}

static enum err share(json_t *item, const char *key, double fallback, double *out, unsigned index,
                      struct err_ctx *e)
{
    json_t *value = json_object_get(item, key);
    *out = fallback;
    if (!value || json_is_null(value))
        return ERR_OK;
    double number = json_number_value(value);
    if (json_is_number(value) && number >= 0 && number <= 1) {
        *out = number;
        return ERR_OK;
    }
    char pointer[64];
    snprintf(pointer, sizeof pointer, "/arms/%u/%s", index, key);
    return err_set_at(e, ERR_INVALID, pointer, "\"%s\" must be a number from 0 to 1", key);
}

/* "2" or 2. */
static bool read_version(const json_t *value, int64_t *number)
{
    if (!json_is_integer(value))
        return json_is_string(value) && num_parse_i64(json_str(value), 1, INT64_MAX, number);
    *number = json_integer_value(value);
    return *number > 0;
}

static enum err read_arm(json_t *item, unsigned index, struct arm *arm, struct err_ctx *e)
{
    char pointer[64];
    *arm = (struct arm){.number = 0};
    if (!read_version(json_object_get(item, "version"), &arm->number)) {
        snprintf(pointer, sizeof pointer, "/arms/%u/version", index);
        return err_set_at(e, ERR_INVALID, pointer, "an arm needs a version like \"1\"");
    }
    if (!arm_mode_parse(json_str(json_object_get(item, "mode")), &arm->mode)) {
        snprintf(pointer, sizeof pointer, "/arms/%u/mode", index);
        return err_set_at(e, ERR_INVALID, pointer,
                          "the mode must be champion, shadow, split or bandit");
    }
    json_t *weight = json_object_get(item, "weight");
    if (arm->mode == ARM_SPLIT && (!weight || json_is_null(weight))) {
        snprintf(pointer, sizeof pointer, "/arms/%u/weight", index);
        return err_set_at(e, ERR_INVALID, pointer,
                          "a split arm needs a weight: its share of the requests");
    }
    enum err err = share(item, "weight", 0, &arm->weight, index, e);
    return err ? err : share(item, "sample", 1, &arm->sample, index, e);
}

enum err registry_api_arms_put(struct http_request *rq, struct err_ctx *e)
{
    json_t *body = NULL, *list = NULL;
    struct arm arms[REGISTRY_ARMS_MAX];
    struct str reason = STR("");
    enum err err = http_json_object(rq, &body, e);
    if (!err)
        err = json_want_array(body, "arms", REGISTRY_ARMS_MAX, &list, e);
    if (!err && !list)
        err = err_set_at(e, ERR_INVALID, "/arms", "\"arms\" is missing");
    if (!err)
        err = json_want_text(body, "reason", 0, 2000, &reason, e);
    unsigned count = (unsigned)json_array_size(list);
    for (unsigned i = 0; !err && i < count; i++)
        err = read_arm(json_array_get(list, i), i, &arms[i], e);
    if (!err)
        err = registry_arms_set(rq->context, rq, rq->params[0], arms, count, reason, e);
    return err ? err : registry_api_arms_get(rq, e);
}

static enum err promote(struct http_request *rq, json_t *body, int64_t number, const char *verdict,
                        struct err_ctx *e)
{
    struct decision d;
    struct str reason = STR("");
    enum err err = json_want_text(body, "reason", 0, 2000, &reason, e);
    if (!err)
        err = registry_promote(rq->context, rq, rq->params[0], number, verdict, reason, &d,
                               &rq->arena, e);
    if (!err)
        http_answer_json(rq, 200, decision_to_json(&d));
    return err;
}

enum err registry_api_promote_post(struct http_request *rq, struct err_ctx *e)
{
    json_t *body = NULL;
    int64_t number = 0;
    enum err err = http_json_object(rq, &body, e);
    if (!err && !read_version(json_object_get(body, "version"), &number))
        err = err_set_at(e, ERR_INVALID, "/version", "\"version\" must be a version like \"2\"");
    return err ? err : promote(rq, body, number, "promote", e);
}

enum err registry_api_rollback_post(struct http_request *rq, struct err_ctx *e)
{
    json_t *body = NULL;
    enum err err = http_json_object(rq, &body, e);
    return err ? err : promote(rq, body, 0, "rollback", e);
}

enum err registry_api_decisions_get(struct http_request *rq, struct err_ctx *e)
{
    struct registry *r = rq->context;
    struct model model;
    struct decision *decisions;
    struct page page;
    unsigned count = 0;
    enum err err = page_read(rq, PAGE_BY_ID, INT64_MAX, &page, e);
    if (!err)
        err = registry_model(r, rq->params[0], &model, &rq->arena, e);
    if (!err)
        err = registry_decisions(r, model.id, page.number, (unsigned)page.limit + 1, &decisions,
                                 &count, &rq->arena, e);
    if (err)
        return err;
    for (unsigned i = 0; i < count; i++)
        page_add(&page, decision_to_json(&decisions[i]), decisions[i].id);
    page_answer(rq, &page);
    return ERR_OK;
}
