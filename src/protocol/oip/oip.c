#include "protocol/oip/oip.h"

#include "base/num.h"
#include "identity/role.h"
#include "protocol/oip/inside.h"

#define ROUTE(method_, pattern_, role_, handler_, ...)                                             \
    HTTP_ROUTE(method_, pattern_, role_, oip_api_##handler_, __VA_ARGS__)
const struct http_route oip_routes[] = {
#include "protocol/oip/routes.def"
};
#undef ROUTE
const size_t oip_route_count = ARRAY_LEN(oip_routes);

enum err oip_open(const struct oip_opts *opts, struct oip **out, struct err_ctx *e)
{
    struct oip *o = xcalloc(1, sizeof *o);
    o->opts = *opts;
    *out = o;
    return ERR_OK;
}

void oip_close(struct oip *o)
{
    free(o);
}

void oip_write_error(struct http_request *rq, const struct err_ctx *e)
{
    struct buf *out = &rq->answer.body;
    buf_clear(out);
    buf_add(out, STR("{\"error\":"));
    buf_add_json(out, str_of(e->detail));
    buf_add_c(out, '}');
    rq->answer.content_type = "application/json";
    if (rq->answer.status == 422 || rq->answer.status == 409)
        rq->answer.status = 400;
}

static void unref_deployment(void *d)
{
    deployment_unref(d);
}

enum err oip_find(struct http_request *rq, struct deployment **out, struct err_ctx *e)
{
    struct oip *o = rq->context;
    *out = serving_find(o->opts.serving, rq->params[0]);
    if (!*out)
        return err_set(e, ERR_NOT_FOUND, "Request for unknown model: '" STR_FMT "' is not found",
                       STR_ARG(rq->params[0]));
    arena_on_release(&rq->arena, unref_deployment, *out);
    return ERR_OK;
}

static enum err choose_version(const struct http_request *rq, const struct deployment *d,
                               struct version **out, struct err_ctx *e)
{
    struct str text = rq->params[1];
    int64_t number = 0;
    const struct entry *entry = NULL;
    if (!text.p && d->champion >= 0) {
        *out = d->arms[d->champion].version;
        return ERR_OK;
    }
    if (text.p && num_parse_i64(text, 1, INT64_MAX, &number))
        entry = deployment_entry(d, number);
    if (text.p && !entry)
        return err_set(e, ERR_NOT_FOUND,
                       "Request for unknown model: '%s' version " STR_FMT " is not found", d->model,
                       STR_ARG(text));
    if (!entry || !entry->version)
        return err_set(e, ERR_INVALID, "Request for unknown model: '%s' has no available versions",
                       d->model);
    *out = entry->version;
    return ERR_OK;
}

enum err oip_find_version(struct http_request *rq, struct deployment **out,
                          struct version **version, struct err_ctx *e)
{
    enum err err = oip_find(rq, out, e);
    return err ? err : choose_version(rq, *out, version, e);
}

enum err oip_api_infer(struct http_request *rq, struct err_ctx *e)
{
    struct oip_call *call = NULL;
    enum err err = oip_decode(rq, &call, e);
    if (err)
        return err;
    call->ask->answer = oip_encode;
    return ask_run(call->ask, e);
}

enum err oip_api_server_metadata(struct http_request *rq, struct err_ctx *e)
{
    const struct oip *o = rq->context;
    struct buf *out = &rq->answer.body;
    buf_add(out, STR("{\"name\":"));
    buf_add_json(out, str_of(o->opts.server_name));
    buf_add(out, STR(",\"version\":"));
    buf_add_json(out, str_of(o->opts.version));
    buf_add(out, STR(",\"extensions\":[\"classification\",\"model_repository\","
                     "\"schedule_policy\",\"model_configuration\",\"binary_tensor_data\","
                     "\"parameters\",\"statistics\"]}"));
    return ERR_OK;
}

enum err oip_api_models(struct http_request *rq, struct err_ctx *e)
{
    const struct oip *o = rq->context;
    unsigned count;
    struct deployment **all = serving_all(o->opts.serving, &count, &rq->arena);
    json_t *body = json_object(), *names = json_array();
    for (unsigned i = 0; i < count; i++)
        json_push(names, json_text(str_of(all[i]->model)));
    json_set(body, "models", names);
    http_answer_json(rq, 200, body);
    return ERR_OK;
}

/* ---- metadata ---- */

static json_t *tensors_to_json(const struct tensor_spec *specs, unsigned count)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < count; i++) {
        json_t *tensor = json_object(), *shape = json_array();
        json_set_cstr(tensor, "name", specs[i].name);
        json_set_cstr(tensor, "datatype", datatype_text(specs[i].datatype));
        for (unsigned d = 0; d < specs[i].rank; d++)
            json_push(shape, json_integer(specs[i].shape[d]));
        json_set(tensor, "shape", shape);
        json_push(list, tensor);
    }
    return list;
}

enum err oip_api_metadata(struct http_request *rq, struct err_ctx *e)
{
    struct deployment *d;
    struct version *v;
    enum err err = oip_find_version(rq, &d, &v, e);
    if (err)
        return err;
    json_t *body = json_object(), *versions = json_array();
    json_set_cstr(body, "name", d->model);
    for (unsigned i = d->entry_count; i-- > 0;)
        if (d->entries[i].version)
            json_push(versions, json_text(str_of(d->entries[i].version->number_text)));
    json_set(body, "versions", versions);
    json_set_cstr(body, "platform", "onnxruntime_onnx");
    json_set(body, "inputs", tensors_to_json(v->signature->inputs, v->signature->input_count));
    json_set(body, "outputs", tensors_to_json(v->signature->outputs, v->signature->output_count));
    http_answer_json(rq, 200, body);
    return ERR_OK;
}

enum err oip_api_ready(struct http_request *rq, struct err_ctx *e)
{
    struct deployment *d;
    struct version *v;
    enum err err = oip_find_version(rq, &d, &v, e);
    if (err)
        return err;
    json_t *body = json_object();
    json_set_cstr(body, "name", d->model);
    json_set_bool(body, "ready", true);
    http_answer_json(rq, 200, body);
    return ERR_OK;
}

/* ---- configuration ---- */

static json_t *config_tensors(const struct tensor_spec *specs, unsigned count, bool batched)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < count; i++) {
        json_t *tensor = json_object(), *dims = json_array();
        const char *type = datatype_text(specs[i].datatype);
        char name[32];
        snprintf(name, sizeof name, "TYPE_%s",
                 specs[i].datatype == DATATYPE_BYTES ? "STRING" : type);
        json_set_cstr(tensor, "name", specs[i].name);
        json_set_cstr(tensor, "data_type", name);
        for (unsigned d = batched ? 1 : 0; d < specs[i].rank; d++)
            json_push(dims, json_integer(specs[i].shape[d]));
        json_set(tensor, "dims", dims);
        json_push(list, tensor);
    }
    return list;
}

enum err oip_api_config(struct http_request *rq, struct err_ctx *e)
{
    struct oip *o = rq->context;
    struct deployment *d;
    struct version *v;
    enum err err = oip_find_version(rq, &d, &v, e);
    if (err)
        return err;
    const struct signature *sig = v->signature;
    bool batched = sig->batch_fixed == 0;
    int64_t rows_max = MIN(v->rows_max, (int64_t)serving_opts(o->opts.serving)->batch_rows_max);
    json_t *body = json_object(), *versions = json_object();
    json_set_cstr(body, "name", d->model);
    json_set_cstr(body, "platform", "onnxruntime_onnx");
    json_set_cstr(body, "backend", "onnxruntime");
    json_set_i64(body, "max_batch_size", batched ? rows_max : 0);
    json_set(body, "input", config_tensors(sig->inputs, sig->input_count, batched));
    json_set(body, "output", config_tensors(sig->outputs, sig->output_count, batched));
    json_set(versions, "all", json_object());
    json_set(body, "version_policy", versions);
    http_answer_json(rq, 200, body);
    return ERR_OK;
}
