#include "serving/predict_rows.h"

#include <math.h>

enum err predict_rows_alloc(const struct signature *sig, uint32_t rows, size_t bytes_max,
                            struct tensor **inputs, struct arena *a, struct err_ctx *e)
{
    *inputs = arena_alloc(a, sig->input_count * sizeof **inputs);
    enum err err = ERR_OK;
    for (unsigned i = 0; !err && i < sig->input_count; i++) {
        const struct tensor_spec *spec = &sig->inputs[i];
        struct tensor *t = &(*inputs)[i];
        *t = (struct tensor){.datatype = spec->datatype, .rank = spec->rank};
        memcpy(t->shape, spec->shape, sizeof t->shape);
        t->shape[0] = rows;
        err = tensor_alloc(t, a, bytes_max, e);
    }
    return err;
}

struct row_reader {
    struct jsonpull *j;
    const struct signature *sig;
    struct tensor *inputs;
    struct err_ctx *e;
    uint32_t row;
    uint32_t *seen; /* by feature: the last row that had it, counted from 1 */
    unsigned hint;  /* the feature that is likely to come next */
};

/* RFC 6901: "~" and "/" in a name are not those of the pointer. */
static void add_name(struct buf *pointer, struct str name)
{
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] == '~' || name.p[i] == '/')
            buf_add(pointer, name.p[i] == '~' ? STR("~0") : STR("~1"));
        else
            buf_add_c(pointer, name.p[i]);
    }
}

static enum err wrong_row(struct row_reader *r, const char *why)
{
    char pointer[ERR_POINTER_MAX];
    snprintf(pointer, sizeof pointer, "/rows/%u", r->row);
    return err_set_at(r->e, ERR_INVALID, pointer, "row %u %s", r->row, why);
}

static enum err wrong(struct row_reader *r, struct str name, const char *why)
{
    struct buf pointer;
    name.n = MIN(name.n, (size_t)80);
    buf_init(&pointer, 4 * (size_t)ERR_POINTER_MAX);
    buf_addf(&pointer, "/rows/%u/", r->row);
    add_name(&pointer, name);
    buf_add_c(&pointer, '\0');
    enum err err = err_set_at(r->e, ERR_INVALID, pointer.p, "row %u: \"" STR_FMT "\" %s", r->row,
                              STR_ARG(name), why);
    buf_release(&pointer);
    return err;
}

static enum err set_whole(struct row_reader *r, struct tensor *t, size_t at, struct str name)
{
    struct str digits;
    if (!jsonpull_digits(r->j, &digits))
        return jsonpull_fail(r->j, r->e);
    return tensor_set_digits(t, at, digits)
               ? ERR_OK
               : wrong(r, name, "is no whole number that the model can take");
}

static enum err set_value(struct row_reader *r, const struct feature *f, struct str name)
{
    struct tensor *t = &r->inputs[f->input];
    size_t width = t->rank == 2 ? (size_t)t->shape[1] : 1;
    size_t at = (size_t)r->row * width + f->column;
    char c = jsonpull_peek(r->j);
    bool number = c == '-' || (c >= '0' && c <= '9');
    double value;
    bool truth;
    if (t->datatype == DATATYPE_BYTES && c == '"')
        return jsonpull_text(r->j, (struct str *)t->data + at) ? ERR_OK : jsonpull_fail(r->j, r->e);
    if ((c == 't' || c == 'f') && t->datatype != DATATYPE_BYTES && jsonpull_bool(r->j, &truth))
        return tensor_set_f64(t, at, truth) ? ERR_OK : wrong(r, name, "cannot be true or false");
    if (t->datatype == DATATYPE_BYTES || !number)
        return wrong(r, name,
                     t->datatype == DATATYPE_BYTES ? "must be a text" : "must be a number");
    if (datatype_is_integer(t->datatype))
        return set_whole(r, t, at, name);
    if (!jsonpull_number(r->j, &value))
        return jsonpull_fail(r->j, r->e);
    if (!isfinite(value) || !tensor_set_f64(t, at, value))
        return wrong(r, name, "is out of the range that the model can take");
    return ERR_OK;
}

/* Clients send the features in the same order each time: the next one is tried first. */
static int find_feature(struct row_reader *r, struct str name)
{
    const struct signature *sig = r->sig;
    if (r->hint < sig->feature_count && str_is(name, sig->features[r->hint].name))
        return (int)r->hint;
    return signature_feature(sig, name);
}

static enum err read_member(struct row_reader *r, struct str name, unsigned *count)
{
    int index = find_feature(r, name);
    if (index < 0)
        return wrong(r, name, "is no feature of this model");
    if (r->seen[index] == r->row + 1)
        return wrong(r, name, "stands there twice");
    r->seen[index] = r->row + 1;
    r->hint = (unsigned)index + 1;
    (*count)++;
    return set_value(r, &r->sig->features[index], name);
}

static enum err read_row(struct row_reader *r)
{
    struct str name;
    unsigned count = 0;
    enum err err = ERR_OK;
    r->hint = 0;
    if (jsonpull_peek(r->j) != '{')
        return wrong_row(r, "must be an object with a value for each feature");
    if (jsonpull_object(r->j))
        while (!err && jsonpull_key(r->j, &name))
            err = read_member(r, name, &count);
    if (!err && r->j->error)
        err = jsonpull_fail(r->j, r->e);
    for (unsigned i = 0; !err && count < r->sig->feature_count && i < r->sig->feature_count; i++)
        if (r->seen[i] != r->row + 1)
            err = wrong(r, str_of(r->sig->features[i].name), "is missing");
    return err;
}

enum err predict_rows_read(struct jsonpull *j, const struct signature *sig, uint32_t rows,
                           struct tensor *inputs, struct arena *a, struct err_ctx *e)
{
    struct row_reader r = {.j = j, .sig = sig, .inputs = inputs, .e = e};
    r.seen = arena_zalloc(a, sig->feature_count * sizeof *r.seen);
    enum err err = ERR_OK;
    if (!jsonpull_array(j))
        return jsonpull_fail(j, e);
    for (r.row = 0; !err && jsonpull_element(j); r.row++) {
        assert(r.row < rows);
        err = read_row(&r);
    }
    if (!err && j->error)
        err = jsonpull_fail(j, e);
    assert(err || r.row == rows);
    return err;
}

void predict_rows_copy(const struct signature *sig, const struct tensor *source, uint32_t from,
                       struct tensor *target, uint32_t to)
{
    for (unsigned i = 0; i < sig->input_count; i++) {
        size_t width = source[i].rank == 2 ? (size_t)source[i].shape[1] : 1;
        size_t bytes =
            width * (source[i].datatype == DATATYPE_BYTES ? sizeof(struct str)
                                                          : datatype_bytes(source[i].datatype));
        memcpy((char *)target[i].data + to * bytes, (char *)source[i].data + from * bytes, bytes);
    }
}
