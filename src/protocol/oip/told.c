#include "base/num.h"
#include "protocol/oip/decode.h"

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
            return err_set(d->e, ERR_INVALID,
                           "input %u: a dimension must be a whole number, not " STR_FMT,
                           d->input_count, STR_ARG(digits));
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
        return err_set(d->e, ERR_INVALID, "input %u: \"%.*s\" is no datatype", d->input_count,
                       (int)MIN(text.n, (size_t)40), text.p);
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

struct decoder *decoder_new(struct arena *a, struct err_ctx *e)
{
    struct decoder *d = arena_alloc(a, sizeof *d);
    memset(d, 0, offsetof(struct decoder, inputs));
    d->arena = a;
    d->e = e;
    return d;
}

enum err decode_split(struct decoder *d, struct str header_length, struct str body)
{
    uint64_t n = body.n;
    if (header_length.p && !num_parse_u64(str_trim(header_length), UINT64_MAX, &n))
        return err_set(d->e, ERR_SYNTAX, "Inference-Header-Content-Length is no number");
    if (n > body.n)
        return err_set(d->e, ERR_SYNTAX,
                       "Inference-Header-Content-Length is %llu, but the body has %zu bytes",
                       (unsigned long long)n, body.n);
    d->header_bytes = (size_t)n;
    d->binary = str_from(body.p + n, body.n - (size_t)n);
    jsonpull_init(&d->j, str_from(body.p, (size_t)n), d->arena);
    return ERR_OK;
}

enum err decode_told(struct decoder *d)
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
        } else if (str_is(key, "id") && jsonpull_peek(&d->j) != 'n') {
            jsonpull_text(&d->j, &d->id);
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
    return err;
}
