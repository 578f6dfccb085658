#include "protocol/oip/inside.h"

#include <math.h>

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

/* ---- the classification extension ---- */

/* What is no number comes last. */
static double rank_of(const struct tensor *t, size_t index)
{
    double value = tensor_f64(t, index);
    return value == value ? value : -INFINITY;
}

static bool greater(const struct tensor *t, size_t x, size_t y)
{
    double a = rank_of(t, x), b = rank_of(t, y);
    return a > b || (a == b && x < y);
}

static int by_size(const void *x, const void *y, void *tensor)
{
    return greater(tensor, *(const size_t *)x, *(const size_t *)y) ? -1 : 1;
}

/* All of them, sorted: where a client asks for many. */
static void sort_all(const struct tensor *t, size_t first, size_t width, size_t *best)
{
    for (size_t i = 0; i < width; i++)
        best[i] = first + i;
    qsort_r(best, width, sizeof *best, by_size, (void *)(uintptr_t)t);
}

/* The largest `top` of `width` elements from `first` on, by insertion: `top` is small. */
static void find_top(const struct tensor *t, size_t first, size_t width, size_t top, size_t *best)
{
    size_t n = 0;
    for (size_t i = 0; i < width; i++) {
        size_t at = n < top ? n : top;
        while (at > 0 && greater(t, first + i, best[at - 1]))
            at--;
        if (at >= top)
            continue;
        n = MIN(n + 1, top);
        memmove(best + at + 1, best + at, (n - at - 1) * sizeof *best);
        best[at] = first + i;
    }
}

enum err oip_classify(const struct signature *sig, const struct tensor *t, uint32_t top,
                      struct tensor *out, struct arena *a, struct err_ctx *e)
{
    if (t->datatype == DATATYPE_BYTES)
        return err_set(e, ERR_INVALID, "classification needs an output of numbers");
    enum { FEW = 32 };
    size_t rows = t->rank > 1 ? (size_t)t->shape[0] : 1;
    size_t width = rows ? t->count / rows : 0;
    size_t take = MIN((size_t)top, width);
    *out = (struct tensor){
        .datatype = DATATYPE_BYTES, .rank = 2, .shape = {(int64_t)rows, (int64_t)take}};
    if (t->rank <= 1) {
        out->rank = 1;
        out->shape[0] = (int64_t)take;
    }
    enum err err = tensor_alloc(out, a, (size_t)1 << 28, e);
    if (err)
        return err;
    bool few = take <= FEW;
    size_t *best = arena_alloc(a, (few ? take + 1 : width) * sizeof *best);
    struct str *texts = out->data;
    for (size_t r = 0; r < rows; r++) {
        if (few)
            find_top(t, r * width, width, take, best);
        else
            sort_all(t, r * width, width, best);
        for (size_t k = 0; k < take; k++) {
            size_t index = best[k] - r * width;
            bool named = index < sig->class_count && width == sig->class_count;
            texts[r * take + k] =
                str_of(arena_printf(a, "%f:%zu%s%s", tensor_f64(t, best[k]), index,
                                    named ? ":" : "", named ? sig->classes[index] : ""));
        }
    }
    return ERR_OK;
}
