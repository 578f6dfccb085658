#include "protocol/oip/decode.h"

#include "protocol/oip/inside.h"

/* ---- what is asked for ---- */

static int output_index(const struct signature *sig, struct str name)
{
    for (unsigned i = 0; i < sig->output_count; i++)
        if (str_is(name, sig->outputs[i].name))
            return (int)i;
    return -1;
}

static enum err choose_outputs(const struct decoder *d, struct oip_call *call)
{
    const struct signature *sig = d->signature;
    if (!d->has_outputs || d->output_count == 0) {
        call->wanted_count = sig->output_count;
        for (unsigned i = 0; i < sig->output_count; i++)
            call->wanted[i] = (struct oip_wanted){.output = i, .binary = d->binary_output};
        return ERR_OK;
    }
    for (unsigned i = 0; i < d->output_count; i++) {
        struct str name = d->outputs[i].name;
        int index = output_index(sig, name);
        if (index < 0)
            return err_set(d->e, ERR_INVALID, "unexpected inference output '%.*s' for model '%s'",
                           (int)MIN(name.n, (size_t)100), name.p ? name.p : "", d->model);
        bool binary = d->outputs[i].binary < 0 ? d->binary_output : d->outputs[i].binary;
        call->wanted[call->wanted_count++] = (struct oip_wanted){
            .output = (unsigned)index, .binary = binary, .top = d->outputs[i].top};
    }
    return ERR_OK;
}

/* ---- the body as a whole ---- */

static enum err count_rows(struct ask *ask, struct err_ctx *e)
{
    const struct tensor *first = &ask->inputs[0];
    bool rows = ask->version->signature->batch_fixed >= 0;
    ask->rows = 1;
    if (!rows)
        return ERR_OK;
    if (first->rank == 0 || first->shape[0] == 0)
        return err_set(e, ERR_INVALID, "there is no row to predict: the first dimension is 0");
    if (first->shape[0] > UINT32_MAX)
        return err_set(e, ERR_TOO_LARGE, "the request has too many rows");
    ask->rows = (uint32_t)first->shape[0];
    for (unsigned i = 1; i < ask->version->signature->input_count; i++)
        if (ask->inputs[i].rank == 0 || ask->inputs[i].shape[0] != first->shape[0])
            return err_set(e, ERR_INVALID, "the inputs have different numbers of rows");
    return ERR_OK;
}

/* What is read after the model is known is read for this version. */
static void aim(struct decoder *d, const struct ask *ask)
{
    d->model = ask->deployment->model;
    d->signature = ask->version->signature;
    d->tensor_bytes_max = serving_opts(ask->serving)->tensor_bytes_max;
}

static enum err read_body(struct http_request *rq, struct decoder *d, struct ask **ask)
{
    struct oip *o = rq->context;
    enum err err = decode_split(d, http_header(rq, "Inference-Header-Content-Length"), rq->body);
    bool raw = !err && d->header_bytes == 0 && rq->body.n > 0;
    if (!err && !raw)
        err = decode_told(d);
    if (!err)
        err = ask_check_unit(d->unit, "/parameters/unit", d->e);
    if (!err)
        err = ask_new(o->opts.serving, rq, rq->params[0], rq->params[1], d->unit, ask, d->e);
    if (!err)
        aim(d, *ask);
    if (!err && raw)
        err = decode_raw(d);
    return err ? err : decode_tensors(d);
}

enum err oip_decode(struct http_request *rq, struct oip_call **out, struct err_ctx *e)
{
    struct oip_call *call = arena_zalloc(&rq->arena, sizeof *call);
    struct decoder *d = decoder_new(&rq->arena, e);
    enum err err = read_body(rq, d, &call->ask);
    if (err)
        return err;
    struct ask *ask = call->ask;
    call->id = d->id;
    call->header_bytes = d->header_bytes;
    ask->inputs = d->tensors;
    err = choose_outputs(d, call);
    if (!err)
        err = count_rows(ask, e);
    if (err)
        return err;
    ask->timeout_ns = d->timeout_us * 1000;
    ask->protocol = call;
    if (call->id.n && prediction_id_ok(call->id))
        ask->request_id = call->id;
    *out = call;
    return ERR_OK;
}
