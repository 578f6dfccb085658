#include "serving/outputs.h"

#include "base/decimal.h"
#include "base/num.h"

static enum err wrong_shape(const struct tensor_spec *spec, const struct tensor *t, size_t expected,
                            struct err_ctx *e)
{
    return err_set(e, ERR_INTERNAL,
                   "the model's output \"%.100s\" has %zu values where its signature promises %zu",
                   spec->name, t->count, expected);
}

static uint16_t class_of_text(const struct signature *sig, struct str label, uint16_t hint)
{
    if (hint < sig->class_count && str_is(label, sig->model_labels[hint]))
        return hint;
    for (unsigned c = 0; c < sig->class_count; c++)
        if (str_is(label, sig->model_labels[c]))
            return (uint16_t)c;
    return SCORES_NO_CLASS;
}

static void keep_other(struct scores *s, uint32_t i, struct str label, struct arena *a)
{
    if (!s->others)
        s->others = arena_zalloc(a, s->rows * sizeof *s->others);
    s->others[i] = arena_str(a, label);
}

/* Labels repeat and mostly count from 0: the last one and the label's own value are good first
 * guesses. */
static void read_labels(struct scores *s, const struct signature *sig, const struct tensor *t,
                        struct arena *a)
{
    for (uint32_t i = 0; i < s->rows; i++) {
        char number[DECIMAL_DIGITS_MAX];
        struct str label;
        uint16_t hint = i ? s->classes[i - 1] : 0;
        if (t->datatype == DATATYPE_BYTES) {
            label = ((const struct str *)t->data)[i];
        } else {
            int64_t value = t->datatype == DATATYPE_INT64 ? ((const int64_t *)t->data)[i]
                                                          : (int64_t)tensor_f64(t, i);
            label = str_from(number, decimal_format_i64(value, number));
            hint = value >= 0 && value < UINT16_MAX ? (uint16_t)value : 0;
        }
        s->classes[i] = class_of_text(sig, label, hint);
        if (s->classes[i] == SCORES_NO_CLASS)
            keep_other(s, i, label, a);
    }
}

static void take_largest(struct scores *s)
{
    for (uint32_t i = 0; i < s->rows; i++) {
        const float *row = s->probabilities + (size_t)i * s->class_count;
        uint32_t best = 0;
        for (uint32_t c = 1; c < s->class_count; c++)
            if (row[c] > row[best])
                best = c;
        s->classes[i] = (uint16_t)best;
    }
}

static enum err read_probabilities(struct scores *s, const struct signature *sig,
                                   const struct tensor *t, struct arena *a, struct err_ctx *e)
{
    size_t count;
    if (!num_mul(s->rows, s->class_count, &count) || t->count != count)
        return wrong_shape(&sig->outputs[sig->scores_output], t, count, e);
    if (t->datatype == DATATYPE_FP32) {
        s->probabilities = t->data;
        return ERR_OK;
    }
    s->probabilities = arena_alloc(a, count * sizeof *s->probabilities);
    for (size_t i = 0; i < count; i++)
        s->probabilities[i] = (float)tensor_f64(t, i);
    return ERR_OK;
}

static enum err classify(struct scores *s, const struct signature *sig,
                         const struct tensor *outputs, struct arena *a, struct err_ctx *e)
{
    s->class_count = sig->class_count;
    s->classes = arena_alloc(a, s->rows * sizeof *s->classes);
    if (sig->scores_output >= 0 && s->class_count) {
        enum err err = read_probabilities(s, sig, &outputs[sig->scores_output], a, e);
        if (err)
            return err;
    }
    if (sig->label_output >= 0) {
        const struct tensor *labels = &outputs[sig->label_output];
        if (labels->count != s->rows)
            return wrong_shape(&sig->outputs[sig->label_output], labels, s->rows, e);
        read_labels(s, sig, labels, a);
    } else if (s->probabilities) {
        take_largest(s);
    } else {
        return err_set(e, ERR_INTERNAL, "the model has neither labels nor scores");
    }
    return ERR_OK;
}

enum err outputs_read(struct scores *s, const struct signature *sig, const struct tensor *outputs,
                      uint32_t rows, struct arena *a, struct err_ctx *e)
{
    *s = (struct scores){.task = sig->task, .rows = rows};
    if (sig->task == TASK_CLASSIFICATION)
        return classify(s, sig, outputs, a, e);
    if (sig->task != TASK_REGRESSION)
        return ERR_OK;
    const struct tensor *t = &outputs[sig->value_output];
    if (t->count != rows)
        return wrong_shape(&sig->outputs[sig->value_output], t, rows, e);
    s->values = arena_alloc(a, rows * sizeof *s->values);
    for (uint32_t i = 0; i < rows; i++)
        s->values[i] = tensor_f64(t, i);
    return ERR_OK;
}
