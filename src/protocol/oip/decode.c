#include "protocol/oip/decode.h"

#include "base/num.h"

/* ---- what is asked for ---- */

static int output_index(const struct signature *sig, struct str name)
{
    for (unsigned i = 0; i < sig->output_count; i++)
        if (str_is(name, sig->outputs[i].name))
            return (int)i;
    return -1;
}

static enum err choose_outputs(struct decoder *d)
{
    struct oip_call *call = d->call;
    const struct signature *sig = call->ask->version->signature;
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
                           (int)MIN(name.n, (size_t)100), name.p ? name.p : "",
                           call->ask->deployment->model);
        bool binary = d->outputs[i].binary < 0 ? d->binary_output : d->outputs[i].binary;
        call->wanted[call->wanted_count++] = (struct oip_wanted){
            .output = (unsigned)index, .binary = binary, .top = d->outputs[i].top};
    }
    return ERR_OK;
}

/* ---- the body as a whole ---- */

/* Inference-Header-Content-Length says where the JSON ends and the binary tensors begin. */
static enum err split_body(struct decoder *d)
{
    struct str header = http_header(d->rq, "Inference-Header-Content-Length");
    struct str body = d->rq->body;
    uint64_t n = body.n;
    if (header.p && !num_parse_u64(str_trim(header), UINT64_MAX, &n))
        return err_set(d->e, ERR_SYNTAX, "Inference-Header-Content-Length is no number");
    if (n > body.n)
        return err_set(d->e, ERR_SYNTAX,
                       "Inference-Header-Content-Length is %llu, but the body has %zu bytes",
                       (unsigned long long)n, body.n);
    d->call->header_bytes = (size_t)n;
    d->binary = str_from(body.p + n, body.n - (size_t)n);
    jsonpull_init(&d->j, str_from(body.p, (size_t)n), &d->rq->arena);
    return ERR_OK;
}

/* With a JSON part of no bytes the body is the model's only input, and all outputs are binary. */
static enum err decode_raw(struct decoder *d)
{
    const struct signature *sig = d->call->ask->version->signature;
    const struct tensor_spec *spec = &sig->inputs[0];
    struct told *in = &d->inputs[0];
    size_t width = datatype_bytes(spec->datatype), fixed = 1;
    int open = -1;
    *in = (struct told){.name = str_of(spec->name),
                        .datatype = spec->datatype,
                        .has_datatype = true,
                        .has_shape = true,
                        .has_size = true,
                        .binary_bytes = d->binary.n,
                        .rank = spec->rank};
    for (unsigned i = 0; i < spec->rank; i++) {
        in->shape[i] = spec->shape[i] < 0 ? 1 : spec->shape[i];
        if (spec->shape[i] < 0 && open >= 0)
            return err_set(d->e, ERR_INVALID,
                           "a raw request needs a model with at most one open dimension");
        if (spec->shape[i] < 0)
            open = (int)i;
        else
            fixed *= (size_t)spec->shape[i];
    }
    if (sig->input_count != 1)
        return err_set(d->e, ERR_INVALID, "a raw request needs a model with exactly one input");
    if (open >= 0 && width && fixed)
        in->shape[open] = (int64_t)(d->binary.n / (fixed * width));
    d->input_count = 1;
    d->binary_output = true;
    return ERR_OK;
}

static enum err count_rows(struct decoder *d)
{
    struct ask *ask = d->call->ask;
    const struct tensor *first = &ask->inputs[0];
    bool rows = ask->version->signature->batch_fixed >= 0;
    ask->rows = 1;
    if (!rows)
        return ERR_OK;
    if (first->rank == 0 || first->shape[0] == 0)
        return err_set(d->e, ERR_INVALID, "there is no row to predict: the first dimension is 0");
    if (first->shape[0] > UINT32_MAX)
        return err_set(d->e, ERR_TOO_LARGE, "the request has too many rows");
    ask->rows = (uint32_t)first->shape[0];
    for (unsigned i = 1; i < ask->version->signature->input_count; i++)
        if (ask->inputs[i].rank == 0 || ask->inputs[i].shape[0] != first->shape[0])
            return err_set(d->e, ERR_INVALID, "the inputs have different numbers of rows");
    return ERR_OK;
}

enum err oip_decode(struct http_request *rq, struct oip_call **out, struct err_ctx *e)
{
    struct oip *o = rq->context;
    struct oip_call *call = arena_zalloc(&rq->arena, sizeof *call);
    struct decoder *d = arena_alloc(&rq->arena, sizeof *d);
    memset(d, 0, offsetof(struct decoder, inputs));
    d->rq = rq;
    d->call = call;
    d->e = e;
    enum err err = split_body(d);
    bool raw = !err && call->header_bytes == 0 && rq->body.n > 0;
    if (!err && !raw)
        err = decode_told(d);
    if (!err)
        err = ask_new(o->opts.serving, rq, rq->params[0], rq->params[1], d->unit, &call->ask, e);
    if (!err && raw)
        err = decode_raw(d);
    if (!err)
        err = decode_tensors(d);
    if (!err)
        err = choose_outputs(d);
    if (!err)
        err = count_rows(d);
    if (err)
        return err;
    call->ask->timeout_ns = d->timeout_us * 1000;
    call->ask->protocol = call;
    if (call->id.n && prediction_id_ok(call->id))
        call->ask->request_id = call->id;
    *out = call;
    return ERR_OK;
}
