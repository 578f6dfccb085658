#include "protocol/oip/inside.h"

#include "base/num.h"
#include "serving/tensor_json.h"

/* An input as the request tells it, before its data is read. */
struct told {
    struct str name;
    enum datatype datatype;
    bool has_datatype, has_shape, has_data, has_size;
    unsigned rank;
    int64_t shape[TENSOR_RANK_MAX];
    uint64_t binary_bytes;
    struct jsonpull data; /* stands before the list */
    size_t data_bytes;    /* of it */
};

struct decoder {
    struct http_request *rq;
    struct oip_call *call;
    struct err_ctx *e;
    struct jsonpull j;
    unsigned input_count, output_count;
    struct str binary;  /* what is left of the bytes behind the JSON */
    bool binary_output; /* for every output that does not say itself */
    bool has_outputs;
    struct str unit;
    uint64_t timeout_us;
    struct str refused; /* a parameter that asks for what we cannot do; without a pointer: none */
    /* As many as were counted; the rest is never touched, for a small request's sake. */
    struct told inputs[SIGNATURE_TENSORS_MAX];
    struct {
        struct str name;
        int binary; /* -1: not said */
        uint32_t top;
    } outputs[SIGNATURE_TENSORS_MAX];
};

static enum err broken(struct decoder *d)
{
    return jsonpull_fail(&d->j, d->e);
}

/* ---- parameters ---- */

static enum err take_count(struct decoder *d, const char *name, uint64_t max, uint64_t *value)
{
    struct str digits;
    char c = jsonpull_peek(&d->j);
    bool number = (c >= '0' && c <= '9') || c == '-';
    if (number && !jsonpull_digits(&d->j, &digits))
        return broken(d);
    if (number && num_parse_u64(digits, max, value))
        return ERR_OK;
    return err_set(d->e, ERR_INVALID,
                   "the parameter '%s' must be a whole number that is not "
                   "negative",
                   name);
}

static enum err take_flag(struct decoder *d, const char *name, bool *value)
{
    char c = jsonpull_peek(&d->j);
    if ((c == 't' || c == 'f') && jsonpull_bool(&d->j, value))
        return ERR_OK;
    return err_set(d->e, ERR_INVALID, "the parameter '%s' must be true or false", name);
}

/* Parameters that mean something to others and nothing here are skipped; those that would make the
 * answer another one are refused. */
static void skip_parameter(struct decoder *d, struct str key)
{
    static const char *const refused[] = {"sequence_id", "sequence_start", "sequence_end",
                                          "shared_memory_region"};
    for (size_t i = 0; i < ARRAY_LEN(refused); i++)
        if (str_is(key, refused[i]))
            d->refused = str_of(refused[i]);
    jsonpull_skip(&d->j);
}

static enum err take_input_parameter(struct decoder *d, struct str key)
{
    struct told *in = &d->inputs[d->input_count];
    if (!str_is(key, "binary_data_size")) {
        skip_parameter(d, key);
        return ERR_OK;
    }
    in->has_size = true;
    return take_count(d, "binary_data_size", UINT64_MAX, &in->binary_bytes);
}

static enum err take_output_parameter(struct decoder *d, struct str key)
{
    uint64_t top = 0;
    bool binary = false;
    enum err err = ERR_OK;
    if (str_is(key, "binary_data")) {
        err = take_flag(d, "binary_data", &binary);
        d->outputs[d->output_count].binary = binary;
    } else if (str_is(key, "classification")) {
        err = take_count(d, "classification", UINT32_MAX, &top);
        d->outputs[d->output_count].top = (uint32_t)top;
    } else {
        skip_parameter(d, key);
    }
    return err;
}

static enum err take_parameter(struct decoder *d, struct str key)
{
    if (str_is(key, "binary_data_output"))
        return take_flag(d, "binary_data_output", &d->binary_output);
    if (str_is(key, "timeout"))
        return take_count(d, "timeout", INT64_MAX / 1000, &d->timeout_us);
    if (str_is(key, "unit") && jsonpull_peek(&d->j) == '"')
        jsonpull_text(&d->j, &d->unit);
    else
        skip_parameter(d, key);
    return ERR_OK;
}

static enum err take_parameters(struct decoder *d,
                                enum err (*take)(struct decoder *d, struct str key))
{
    struct str key;
    enum err err = ERR_OK;
    if (!jsonpull_object(&d->j))
        return broken(d);
    while (!err && jsonpull_key(&d->j, &key))
        err = take(d, key);
    return err ? err : d->j.error ? broken(d) : ERR_OK;
}

/* ---- inputs and outputs as told ---- */

static enum err take_shape(struct decoder *d, struct told *in)
{
    struct str digits;
    in->has_shape = true;
    in->rank = 0;
    if (!jsonpull_array(&d->j))
        return broken(d);
    while (jsonpull_element(&d->j)) {
        if (in->rank == TENSOR_RANK_MAX)
            return err_set(d->e, ERR_INVALID, "a shape may have at most %d dimensions",
                           TENSOR_RANK_MAX);
        if (!jsonpull_digits(&d->j, &digits))
            return broken(d);
        if (!num_parse_i64(digits, 0, INT64_MAX, &in->shape[in->rank++]))
            return err_set(d->e, ERR_INVALID, "a dimension must be a whole number, not " STR_FMT,
                           STR_ARG(digits));
    }
    return d->j.error ? broken(d) : ERR_OK;
}

static enum err take_datatype(struct decoder *d, struct told *in)
{
    struct str text;
    if (!jsonpull_text(&d->j, &text))
        return broken(d);
    in->has_datatype = true;
    if (!datatype_parse(text, &in->datatype))
        return err_set(d->e, ERR_INVALID, "\"%.*s\" is no datatype", (int)MIN(text.n, (size_t)40),
                       text.p);
    return ERR_OK;
}

static enum err take_input(struct decoder *d)
{
    struct told *in = &d->inputs[d->input_count];
    struct str key;
    enum err err = ERR_OK;
    if (d->input_count == SIGNATURE_TENSORS_MAX)
        return err_set(d->e, ERR_INVALID, "a request may have at most %d inputs",
                       SIGNATURE_TENSORS_MAX);
    *in = (struct told){.rank = 0};
    if (!jsonpull_object(&d->j))
        return broken(d);
    while (!err && jsonpull_key(&d->j, &key)) {
        if (str_is(key, "name")) {
            jsonpull_text(&d->j, &in->name);
        } else if (str_is(key, "shape")) {
            err = take_shape(d, in);
        } else if (str_is(key, "datatype")) {
            err = take_datatype(d, in);
        } else if (str_is(key, "parameters")) {
            err = take_parameters(d, take_input_parameter);
        } else if (str_is(key, "data")) {
            in->data = d->j;
            in->has_data = true;
            jsonpull_pass(&d->j);
            in->data_bytes = (size_t)(d->j.at - in->data.at);
        } else {
            jsonpull_skip(&d->j);
        }
    }
    d->input_count++;
    return err ? err : d->j.error ? broken(d) : ERR_OK;
}

static enum err take_output(struct decoder *d)
{
    struct str key;
    enum err err = ERR_OK;
    if (d->output_count == SIGNATURE_TENSORS_MAX)
        return err_set(d->e, ERR_INVALID, "a request may name at most %d outputs",
                       SIGNATURE_TENSORS_MAX);
    d->outputs[d->output_count].name = (struct str){NULL, 0};
    d->outputs[d->output_count].binary = -1;
    d->outputs[d->output_count].top = 0;
    if (!jsonpull_object(&d->j))
        return broken(d);
    while (!err && jsonpull_key(&d->j, &key)) {
        if (str_is(key, "name"))
            jsonpull_text(&d->j, &d->outputs[d->output_count].name);
        else if (str_is(key, "parameters"))
            err = take_parameters(d, take_output_parameter);
        else
            jsonpull_skip(&d->j);
    }
    d->output_count++;
    return err ? err : d->j.error ? broken(d) : ERR_OK;
}

static enum err take_list(struct decoder *d, enum err (*take)(struct decoder *d))
{
    enum err err = ERR_OK;
    if (!jsonpull_array(&d->j))
        return broken(d);
    while (!err && jsonpull_element(&d->j))
        err = take(d);
    return err ? err : d->j.error ? broken(d) : ERR_OK;
}

static enum err take_body(struct decoder *d)
{
    struct str key;
    enum err err = ERR_OK;
    if (!jsonpull_object(&d->j))
        return broken(d);
    while (!err && jsonpull_key(&d->j, &key)) {
        if (str_is(key, "inputs")) {
            err = take_list(d, take_input);
        } else if (str_is(key, "outputs") && jsonpull_peek(&d->j) != 'n') {
            d->has_outputs = true;
            err = take_list(d, take_output);
        } else if (str_is(key, "id") && jsonpull_peek(&d->j) == '"') {
            jsonpull_text(&d->j, &d->call->id);
        } else if (str_is(key, "parameters") && jsonpull_peek(&d->j) == '{') {
            err = take_parameters(d, take_parameter);
        } else {
            jsonpull_skip(&d->j);
        }
    }
    if (!err && !jsonpull_end(&d->j))
        err = broken(d);
    if (!err && d->refused.p)
        err = err_set(d->e, ERR_INVALID, "the parameter '" STR_FMT "' is not supported",
                      STR_ARG(d->refused));
    return err ? err : ask_check_unit(d->unit, "/parameters/unit", d->e);
}

/* ---- the tensors ---- */

static enum err misshapen(struct decoder *d, const struct told *in, const struct tensor_spec *spec)
{
    struct buf expected, got;
    buf_init(&expected, 400);
    buf_init(&got, 400);
    for (unsigned i = 0; i < spec->rank; i++)
        buf_addf(&expected, "%s%lld", i ? "," : "", (long long)spec->shape[i]);
    for (unsigned i = 0; i < in->rank; i++)
        buf_addf(&got, "%s%lld", i ? "," : "", (long long)in->shape[i]);
    enum err err = err_set(d->e, ERR_INVALID,
                           "unexpected shape for input '%s' for model '%s'. Expected [" STR_FMT
                           "], got [" STR_FMT "]",
                           spec->name, d->call->ask->deployment->model, STR_ARG(buf_str(&expected)),
                           STR_ARG(buf_str(&got)));
    buf_release(&expected);
    buf_release(&got);
    return err;
}

static enum err check_input(struct decoder *d, const struct told *in,
                            const struct tensor_spec *spec)
{
    if (!in->has_shape || !in->has_datatype)
        return err_set(d->e, ERR_INVALID, "input '%s' needs a shape and a datatype", spec->name);
    if (in->datatype != spec->datatype)
        return err_set(d->e, ERR_INVALID,
                       "inference input '%s' data-type is '%s', but model '%s' expects '%s'",
                       spec->name, datatype_text(in->datatype), d->call->ask->deployment->model,
                       datatype_text(spec->datatype));
    if (!spec->shape_known)
        return ERR_OK;
    if (in->rank != spec->rank)
        return misshapen(d, in, spec);
    for (unsigned i = 0; i < in->rank; i++)
        if (spec->shape[i] >= 0 && in->shape[i] != spec->shape[i])
            return misshapen(d, in, spec);
    return ERR_OK;
}

/* Texts: a length of four bytes and the bytes, for each element. */
static enum err read_binary_texts(struct decoder *d, struct tensor *t, struct str bytes,
                                  const char *name)
{
    struct str *texts = t->data;
    for (size_t i = 0; i < t->count; i++) {
        uint32_t n;
        if (bytes.n < sizeof n)
            return err_set(d->e, ERR_INVALID, "input '%s': element %zu has no length", name, i);
        memcpy(&n, bytes.p, sizeof n);
        bytes = str_from(bytes.p + sizeof n, bytes.n - sizeof n);
        if (n > bytes.n)
            return err_set(d->e, ERR_INVALID,
                           "input '%s': element %zu says %u bytes where %zu are left", name, i, n,
                           bytes.n);
        texts[i] = str_from(bytes.p, n);
        bytes = str_from(bytes.p + n, bytes.n - n);
    }
    if (bytes.n)
        return err_set(d->e, ERR_INVALID, "input '%s' has %zu bytes more than its shape needs",
                       name, bytes.n);
    return ERR_OK;
}

/* Raw little-endian values; NaN and infinities are no business of a protocol that carries bits, but
 * they are the prediction's: they are refused as in JSON. */
static enum err check_finite(struct decoder *d, const struct tensor *t, const char *name)
{
    if (!datatype_is_real(t->datatype))
        return ERR_OK;
    for (size_t i = 0; i < t->count; i++) {
        double value = tensor_f64(t, i);
        if (!(value - value == 0))
            return err_set(d->e, ERR_INVALID, "input '%s': element %zu is not a finite number",
                           name, i);
    }
    return ERR_OK;
}

static enum err check_truths(struct decoder *d, const struct tensor *t, const char *name)
{
    for (size_t i = 0; i < t->count; i++)
        if (((const uint8_t *)t->data)[i] > 1)
            return err_set(d->e, ERR_INVALID, "input '%s': element %zu is neither 0 nor 1", name,
                           i);
    return ERR_OK;
}

static enum err read_binary(struct decoder *d, const struct told *in, struct tensor *t,
                            const char *name)
{
    struct str bytes = str_from(d->binary.p, (size_t)in->binary_bytes);
    d->binary = str_from(d->binary.p + bytes.n, d->binary.n - bytes.n);
    if (t->datatype == DATATYPE_BYTES)
        return read_binary_texts(d, t, bytes, name);
    memcpy(t->data, bytes.p, bytes.n);
    return t->datatype == DATATYPE_BOOL ? check_truths(d, t, name) : check_finite(d, t, name);
}

/* A shape may claim what the body does not hold: that costs no memory. */
static enum err check_claim(struct decoder *d, const struct told *in, const struct tensor *t,
                            const char *name)
{
    size_t count, bytes, width = datatype_bytes(t->datatype);
    if (in->has_size && in->binary_bytes > d->binary.n)
        return err_set(d->e, ERR_INVALID,
                       "input '%s' says %llu binary bytes, but only %zu are left in the body", name,
                       (unsigned long long)in->binary_bytes, d->binary.n);
    bool sane = tensor_count(t->shape, t->rank, &count) && num_mul(count, width, &bytes);
    if (sane && in->has_size && width && bytes != in->binary_bytes)
        return err_set(d->e, ERR_INVALID,
                       "unexpected total byte size %llu for input '%s', expecting %zu",
                       (unsigned long long)in->binary_bytes, name, bytes);
    size_t most = in->has_size ? (size_t)in->binary_bytes : in->data_bytes / 2 + 1;
    if (sane && count <= most)
        return ERR_OK;
    return err_set(d->e, ERR_INVALID,
                   "input '%s' has a shape of more elements than the request has data", name);
}

static enum err read_input(struct decoder *d, const struct told *in, unsigned index)
{
    struct ask *ask = d->call->ask;
    const struct tensor_spec *spec = &ask->version->signature->inputs[index];
    struct tensor *t = &ask->inputs[index];
    enum err err = check_input(d, in, spec);
    if (err)
        return err;
    *t = (struct tensor){.datatype = in->datatype, .rank = in->rank};
    memcpy(t->shape, in->shape, sizeof t->shape);
    if (in->has_size == in->has_data)
        return err_set(d->e, ERR_INVALID,
                       in->has_data ? "input '%s' has both data and binary_data_size"
                                    : "input '%s' has no data",
                       spec->name);
    err = check_claim(d, in, t, spec->name);
    if (!err)
        err = tensor_alloc(t, &d->rq->arena, serving_opts(ask->serving)->tensor_bytes_max, d->e);
    if (err)
        return err;
    if (in->has_size)
        return read_binary(d, in, t, spec->name);
    struct jsonpull data = in->data;
    return tensor_json_read(&data, t, in->name, d->e);
}

static int input_index(const struct signature *sig, struct str name)
{
    for (unsigned i = 0; i < sig->input_count; i++)
        if (str_is(name, sig->inputs[i].name))
            return (int)i;
    return -1;
}

static enum err read_inputs(struct decoder *d)
{
    struct ask *ask = d->call->ask;
    const struct signature *sig = ask->version->signature;
    const char *model = ask->deployment->model;
    bool seen[SIGNATURE_TENSORS_MAX] = {false};
    ask->inputs = arena_alloc(&d->rq->arena, sig->input_count * sizeof *ask->inputs);
    for (unsigned i = 0; i < d->input_count; i++) {
        struct str name = d->inputs[i].name;
        int index = input_index(sig, name);
        if (index < 0)
            return err_set(d->e, ERR_INVALID, "unexpected inference input '%.*s' for model '%s'",
                           (int)MIN(name.n, (size_t)100), name.p ? name.p : "", model);
        if (seen[index])
            return err_set(d->e, ERR_INVALID, "input '%s' stands there twice",
                           sig->inputs[index].name);
        seen[index] = true;
        enum err err = read_input(d, &d->inputs[i], (unsigned)index);
        if (err)
            return err;
    }
    if (d->input_count != sig->input_count)
        return err_set(d->e, ERR_INVALID, "expected %u inputs but got %u inputs for model '%s'",
                       sig->input_count, d->input_count, model);
    if (d->binary.n)
        return err_set(d->e, ERR_INVALID, "%zu bytes follow the last binary tensor", d->binary.n);
    return ERR_OK;
}

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
        err = take_body(d);
    if (!err)
        err = ask_new(o->opts.serving, rq, rq->params[0], rq->params[1], d->unit, &call->ask, e);
    if (!err && raw)
        err = decode_raw(d);
    if (!err)
        err = read_inputs(d);
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
