#include "predictions/scores.h"

struct scores scores_slice(const struct scores *s, uint32_t from, uint32_t rows)
{
    assert(from <= s->rows && rows <= s->rows - from);
    struct scores slice = *s;
    slice.rows = rows;
    if (s->classes)
        slice.classes = s->classes + from;
    if (s->others)
        slice.others = s->others + from;
    if (s->probabilities)
        slice.probabilities = s->probabilities + (size_t)from * s->class_count;
    if (s->values)
        slice.values = s->values + from;
    return slice;
}

struct str scores_label(const struct scores *s, const struct signature *sig, uint32_t i)
{
    assert(i < s->rows && s->classes);
    if (s->classes[i] < sig->class_count)
        return str_of(sig->classes[s->classes[i]]);
    return s->others ? s->others[i] : STR("");
}

static void add_probabilities(const struct scores *s, const struct signature *sig, uint32_t i,
                              struct buf *out)
{
    const float *row = s->probabilities + (size_t)i * s->class_count;
    buf_add(out, STR(",\"probabilities\":{"));
    for (uint32_t c = 0; c < s->class_count && c < sig->class_count; c++) {
        if (c)
            buf_add_c(out, ',');
        buf_add_json(out, str_of(sig->classes[c]));
        buf_add_c(out, ':');
        buf_add_f32(out, row[c]);
    }
    buf_add_c(out, '}');
}

void scores_row_to_json(const struct scores *s, const struct signature *sig, uint32_t i,
                        struct buf *out)
{
    if (s->task == TASK_CLASSIFICATION) {
        buf_add(out, STR("\"label\":"));
        buf_add_json(out, scores_label(s, sig, i));
        if (s->probabilities)
            add_probabilities(s, sig, i, out);
    } else if (s->task == TASK_REGRESSION) {
        buf_add(out, STR("\"value\":"));
        buf_add_f64(out, s->values[i]);
    } else {
        buf_add(out, STR("\"label\":null"));
    }
}
