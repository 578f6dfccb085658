#include "serving/tensor_json.h"

#include <math.h>

#include "base/decimal.h"

struct reader {
    struct jsonpull *j;
    struct tensor *t;
    struct str name;
    struct err_ctx *e;
    size_t next; /* index of the next element */
};

static enum err misfit(struct reader *r, const char *why)
{
    return err_set(r->e, ERR_INVALID, "input '" STR_FMT "': element %zu %s %s", STR_ARG(r->name),
                   r->next, why, datatype_text(r->t->datatype));
}

static enum err too_many(struct reader *r)
{
    return err_set(r->e, ERR_INVALID,
                   "input '" STR_FMT "' has more data than the %zu elements of its shape",
                   STR_ARG(r->name), r->t->count);
}

/* ---- one element ---- */

static enum err read_real(struct reader *r)
{
    double value;
    if (!jsonpull_number(r->j, &value))
        return jsonpull_fail(r->j, r->e);
    return tensor_set_f64(r->t, r->next, value) && isfinite(value)
               ? ERR_OK
               : misfit(r, "is out of the range of");
}

static enum err read_whole(struct reader *r)
{
    struct str digits;
    if (!jsonpull_digits(r->j, &digits))
        return jsonpull_fail(r->j, r->e);
    return tensor_set_digits(r->t, r->next, digits)
               ? ERR_OK
               : misfit(r, "is no whole number in the range of");
}

static enum err read_truth(struct reader *r)
{
    bool value;
    char c = jsonpull_peek(r->j);
    if (c == '0' || c == '1')
        return read_whole(r);
    if (!jsonpull_bool(r->j, &value))
        return jsonpull_fail(r->j, r->e);
    ((uint8_t *)r->t->data)[r->next] = value;
    return ERR_OK;
}

static enum err read_text(struct reader *r)
{
    struct str *texts = r->t->data;
    if (!jsonpull_text(r->j, &texts[r->next]))
        return jsonpull_fail(r->j, r->e);
    return ERR_OK;
}

static enum err read_element(struct reader *r)
{
    if (r->next == r->t->count)
        return too_many(r);
    enum err err;
    if (datatype_is_real(r->t->datatype))
        err = read_real(r);
    else if (datatype_is_integer(r->t->datatype))
        err = read_whole(r);
    else if (r->t->datatype == DATATYPE_BOOL)
        err = read_truth(r);
    else
        err = read_text(r);
    r->next++;
    return err;
}

/* ---- lists ---- */

/* The common case without a call per character: numbers for FP32. Stops at whatever is unusual and
 * leaves it to the general way. */
static void read_floats(struct reader *r)
{
    float *data = r->t->data;
    struct jsonpull *j = r->j;
    const char *p = j->at;
    while (r->next < r->t->count) {
        double value;
        size_t n = decimal_parse_f64(str_from(p, (size_t)(j->end - p)), &value);
        if (n == 0 || !(value >= -3.4028234663852886e38 && value <= 3.4028234663852886e38))
            break;
        p += n;
        data[r->next++] = (float)value;
        j->at = p;
        j->first = false;
        if (j->end - p < 2 || p[0] != ',')
            break;
        p += p[1] == ' ' ? 2 : 1;
    }
}

static enum err read_list(struct reader *r)
{
    if (!jsonpull_array(r->j))
        return jsonpull_fail(r->j, r->e);
    unsigned depth = r->j->depth;
    if (r->t->datatype == DATATYPE_FP32 && jsonpull_peek(r->j) != '[')
        read_floats(r);
    enum err err = ERR_OK;
    while (!err && jsonpull_element(r->j))
        err = jsonpull_peek(r->j) == '[' ? read_list(r) : read_element(r);
    if (!err && r->j->error)
        err = jsonpull_fail(r->j, r->e);
    assert(err || r->j->depth == depth - 1);
    return err;
}

enum err tensor_json_read(struct jsonpull *j, struct tensor *t, struct str name, struct err_ctx *e)
{
    struct reader r = {j, t, name, e, 0};
    enum err err = jsonpull_peek(j) == '[' ? read_list(&r) : read_element(&r);
    if (!err && r.next != t->count)
        return err_set(e, ERR_INVALID,
                       "input '" STR_FMT "' has %zu elements where its shape needs %zu",
                       STR_ARG(name), r.next, t->count);
    return err;
}

/* ---- writing ---- */

static void write_element(const struct tensor *t, size_t i, struct buf *out)
{
    switch (t->datatype) {
    case DATATYPE_BYTES:
        buf_add_json(out, ((const struct str *)t->data)[i]);
        break;
    case DATATYPE_BOOL:
        buf_add(out, ((const uint8_t *)t->data)[i] ? STR("true") : STR("false"));
        break;
    case DATATYPE_INT64:
        buf_add_i64(out, ((const int64_t *)t->data)[i]);
        break;
    case DATATYPE_UINT64:
        buf_add_u64(out, ((const uint64_t *)t->data)[i]);
        break;
    case DATATYPE_FP64:
        buf_add_f64(out, ((const double *)t->data)[i]);
        break;
    default:
        if (datatype_is_real(t->datatype))
            buf_add_f32(out, (float)tensor_f64(t, i));
        else
            buf_add_i64(out, (int64_t)tensor_f64(t, i));
    }
}

void tensor_json_write(const struct tensor *t, struct buf *out)
{
    buf_add_c(out, '[');
    for (size_t i = 0; i < t->count; i++) {
        if (i)
            buf_add_c(out, ',');
        write_element(t, i, out);
    }
    buf_add_c(out, ']');
}
