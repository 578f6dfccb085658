#include "base/num.h"
#include "protocol/oip/decode.h"
#include "serving/tensor_json.h"

static enum err misshapen(struct decoder *d, const struct told *in, const struct tensor_spec *spec)
{
    struct buf expected, got;
    buf_init(&expected, 400);
    buf_init(&got, 400);
    for (unsigned i = 0; i < spec->rank; i++)
        buf_addf(&expected, "%s%lld", i ? "," : "", (long long)spec->shape[i]);
    for (unsigned i = 0; i < in->rank; i++)
        buf_addf(&got, "%s%lld", i ? "," : "", (long long)in->shape[i]);
    enum err err = err_set(
        d->e, ERR_INVALID,
        "unexpected shape for input '%s' for model '%s'. Expected [" STR_FMT "], got [" STR_FMT "]",
        spec->name, d->model, STR_ARG(buf_str(&expected)), STR_ARG(buf_str(&got)));
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
                       spec->name, datatype_text(in->datatype), d->model,
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
    const struct tensor_spec *spec = &d->signature->inputs[index];
    struct tensor *t = &d->tensors[index];
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
        err = tensor_alloc(t, d->arena, d->tensor_bytes_max, d->e);
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

enum err decode_raw(struct decoder *d)
{
    const struct signature *sig = d->signature;
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

enum err decode_tensors(struct decoder *d)
{
    const struct signature *sig = d->signature;
    bool seen[SIGNATURE_TENSORS_MAX] = {false};
    d->tensors = arena_alloc(d->arena, sig->input_count * sizeof *d->tensors);
    for (unsigned i = 0; i < d->input_count; i++) {
        struct str name = d->inputs[i].name;
        int index = input_index(sig, name);
        if (index < 0)
            return err_set(d->e, ERR_INVALID, "unexpected inference input '%.*s' for model '%s'",
                           (int)MIN(name.n, (size_t)100), name.p ? name.p : "", d->model);
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
                       sig->input_count, d->input_count, d->model);
    if (d->binary.n)
        return err_set(d->e, ERR_INVALID, "%zu bytes follow the last binary tensor", d->binary.n);
    return ERR_OK;
}
