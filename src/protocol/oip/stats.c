#include "protocol/oip/inside.h"

static uint64_t load(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static json_t *duration(uint64_t count, uint64_t ns)
{
    json_t *object = json_object();
    json_set_i64(object, "count", (int64_t)count);
    json_set_i64(object, "ns", (int64_t)ns);
    return object;
}

static json_t *inference_stats(const struct version_stats *s)
{
    uint64_t success = load(&s->success);
    json_t *object = json_object();
    json_set(object, "success", duration(success, load(&s->success_ns)));
    json_set(object, "fail", duration(load(&s->fail), load(&s->fail_ns)));
    json_set(object, "queue", duration(success, load(&s->queue_ns)));
    json_set(object, "compute_input", duration(success, load(&s->input_ns)));
    json_set(object, "compute_infer", duration(success, load(&s->infer_ns)));
    json_set(object, "compute_output", duration(success, load(&s->output_ns)));
    json_set(object, "cache_hit", duration(0, 0));
    json_set(object, "cache_miss", duration(0, 0));
    return object;
}

static json_t *version_to_json(const struct deployment *d, const struct version *v)
{
    json_t *object = json_object();
    json_set_cstr(object, "name", d->model);
    json_set_cstr(object, "version", v->number_text);
    json_set_i64(object, "last_inference",
                 atomic_load_explicit(&v->stats.last_ms, memory_order_relaxed));
    json_set_i64(object, "inference_count", (int64_t)load(&v->stats.rows));
    json_set_i64(object, "execution_count", (int64_t)load(&v->stats.runs));
    json_set(object, "inference_stats", inference_stats(&v->stats));
    json_set(object, "response_stats", json_object());
    json_set(object, "batch_stats", json_array());
    json_set(object, "memory_usage", json_array());
    return object;
}

static void add_model(const struct deployment *d, int64_t number, json_t *list)
{
    for (unsigned i = d->entry_count; i-- > 0;)
        if (d->entries[i].version && (!number || d->entries[i].number == number))
            json_push(list, version_to_json(d, d->entries[i].version));
}

static void answer(struct http_request *rq, json_t *list)
{
    json_t *body = json_object();
    json_set(body, "model_stats", list);
    http_answer_json(rq, 200, body);
}

enum err oip_api_stats(struct http_request *rq, struct err_ctx *e)
{
    struct deployment *d;
    struct version *v = NULL;
    enum err err = rq->params[1].p ? oip_find_version(rq, &d, &v, e) : oip_find(rq, &d, e);
    if (err)
        return err;
    json_t *list = json_array();
    add_model(d, v ? v->number : 0, list);
    answer(rq, list);
    return ERR_OK;
}

enum err oip_api_stats_all(struct http_request *rq, struct err_ctx *e)
{
    struct oip *o = rq->context;
    unsigned count;
    struct deployment **all = serving_all(o->opts.serving, &count, &rq->arena);
    json_t *list = json_array();
    for (unsigned i = 0; i < count; i++)
        add_model(all[i], 0, list);
    answer(rq, list);
    return ERR_OK;
}
