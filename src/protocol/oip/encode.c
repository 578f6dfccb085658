#include "protocol/oip/inside.h"

#include "serving/tensor_json.h"

static void add_shape(const struct tensor *t, struct buf *out)
{
    buf_add_c(out, '[');
    for (unsigned i = 0; i < t->rank; i++) {
        if (i)
            buf_add_c(out, ',');
        buf_add_i64(out, t->shape[i]);
    }
    buf_add_c(out, ']');
}

static void add_output(const char *name, const struct tensor *t, bool binary, struct buf *out)
{
    buf_add(out, STR("{\"name\":"));
    buf_add_json(out, str_of(name));
    buf_add(out, STR(",\"shape\":"));
    add_shape(t, out);
    buf_add(out, STR(",\"datatype\":\""));
    buf_add(out, str_of(datatype_text(t->datatype)));
    if (binary) {
        buf_add(out, STR("\",\"parameters\":{\"binary_data_size\":"));
        buf_add_u64(out, tensor_bytes(t));
        buf_add(out, STR("}}"));
        return;
    }
    buf_add(out, STR("\",\"data\":"));
    tensor_json_write(t, out);
    buf_add_c(out, '}');
}

static void add_binary(const struct tensor *t, struct buf *out)
{
    if (t->datatype != DATATYPE_BYTES) {
        buf_add(out, str_from(t->data, tensor_bytes(t)));
        return;
    }
    const struct str *texts = t->data;
    for (size_t i = 0; i < t->count; i++) {
        uint32_t n = (uint32_t)texts[i].n;
        buf_add(out, str_from((const char *)&n, sizeof n));
        buf_add(out, texts[i]);
    }
}

static void add_head(const struct oip_call *call, struct buf *out)
{
    const struct ask *ask = call->ask;
    char own[PREDICTION_ID_BYTES];
    bool given = ask->request_id.p && ask->outcome != APPEND_ID_TAKEN;
    buf_add(out, STR("{\"model_name\":"));
    buf_add_json(out, str_of(ask->deployment->model));
    buf_add(out, STR(",\"model_version\":\""));
    buf_add(out, str_of(ask->version->number_text));
    buf_add_c(out, '"');
    if (call->id.p) {
        buf_add(out, STR(",\"id\":"));
        buf_add_json(out, call->id);
    }
    buf_add(out, STR(",\"parameters\":{\"prediction_id\":"));
    buf_add_json(out, given ? ask->request_id : str_of(prediction_id(ask->seq, own)));
    buf_add(out, STR("},\"outputs\":["));
}

/* The tensors that the client gets, in its order: outputs as they are, or their top classes. */
static enum err collect(const struct oip_call *call, struct tensor *tensors, struct arena *a,
                        struct err_ctx *e)
{
    const struct ask *ask = call->ask;
    enum err err = ERR_OK;
    for (unsigned i = 0; !err && i < call->wanted_count; i++) {
        const struct oip_wanted *want = &call->wanted[i];
        tensors[i] = ask->outputs[want->output];
        if (want->top)
            err = oip_classify(ask->version->signature, &ask->outputs[want->output], want->top,
                               &tensors[i], a, e);
    }
    return err;
}

enum err oip_encode(struct http_request *rq, struct err_ctx *e)
{
    struct ask *ask = rq->work;
    const struct oip_call *call = ask->protocol;
    const struct signature *sig = ask->version->signature;
    struct buf *out = &rq->answer.body;
    struct tensor tensors[SIGNATURE_TENSORS_MAX];
    bool binary = false;
    enum err err = collect(call, tensors, &rq->arena, e);
    if (err)
        return err;
    add_head(call, out);
    for (unsigned i = 0; i < call->wanted_count; i++) {
        if (i)
            buf_add_c(out, ',');
        add_output(sig->outputs[call->wanted[i].output].name, &tensors[i], call->wanted[i].binary,
                   out);
        binary = binary || call->wanted[i].binary;
    }
    buf_add(out, STR("]}"));
    if (!binary)
        return ERR_OK;
    http_answer_header(rq, "Inference-Header-Content-Length",
                       arena_printf(&rq->arena, "%zu", out->n));
    rq->answer.content_type = "application/octet-stream";
    for (unsigned i = 0; i < call->wanted_count; i++)
        if (call->wanted[i].binary)
            add_binary(&tensors[i], out);
    return ERR_OK;
}
