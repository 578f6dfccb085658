#include "predictions/report.h"

#include <math.h>

#include "base/num.h"

enum { KEPT_FIRST = 1024 };

void report_init(struct report *r, const struct signature *signature, enum report_rows rows)
{
    *r = (struct report){.signature = signature,
                         .kept = {.wanted = rows == REPORT_KEEP, .stride = 1}};
    counters_init(&r->counters, signature);
}

static void kept_release(struct report_kept *k)
{
    free(k->scores);
    free(k->truths);
    free(k->classes);
    free(k->weights);
    k->scores = k->truths = k->weights = NULL;
    k->classes = NULL;
    k->count = k->room = 0;
}

void report_release(struct report *r)
{
    counters_release(&r->counters);
    kept_release(&r->kept);
}

/* ---- keeping rows ---- */

static unsigned width_of(const struct report *r)
{
    return r->signature->task == TASK_CLASSIFICATION ? r->signature->class_count : 1;
}

static bool kept_room(struct report *r)
{
    struct report_kept *k = &r->kept;
    size_t width = width_of(r);
    if (k->count < k->room)
        return true;
    size_t room = k->room ? k->room * 2 : KEPT_FIRST;
    if (room * width > REPORT_CELLS_MAX)
        room = REPORT_CELLS_MAX / width;
    if (room <= k->count)
        return false;
    k->room = room;
    k->scores = xrealloc(k->scores, room * width * sizeof *k->scores);
    k->weights = xrealloc(k->weights, room * sizeof *k->weights);
    if (r->signature->task == TASK_CLASSIFICATION)
        k->classes = xrealloc(k->classes, room * sizeof *k->classes);
    else
        k->truths = xrealloc(k->truths, room * sizeof *k->truths);
    return true;
}

static void keep_classified(struct report *r, const struct scores *s, uint32_t row,
                            struct str truth, double weight)
{
    struct report_kept *k = &r->kept;
    unsigned width = width_of(r);
    if (k->overflowed || width == 0)
        return;
    if (!kept_room(r)) {
        k->overflowed = true;
        kept_release(k);
        return;
    }
    if (!counters_probabilities(r->signature, s, row, k->scores + k->count * width))
        return;
    int64_t class = counters_class(&r->counters, truth);
    k->classes[k->count] = class < 0 ? UINT32_MAX : (uint32_t) class;
    k->weights[k->count++] = weight;
}

/* Every second row goes, and from now on fewer come: an even sample of them all. */
static void thin_out(struct report_kept *k)
{
    size_t count = 0;
    for (size_t i = 0; i < k->count; i += 2, count++) {
        k->scores[count] = k->scores[i];
        k->truths[count] = k->truths[i];
        k->weights[count] = k->weights[i];
    }
    k->count = count;
    k->stride *= 2;
    k->overflowed = true;
}

static void keep_number(struct report *r, const struct scores *s, uint32_t row, struct str truth,
                        double weight)
{
    struct report_kept *k = &r->kept;
    double number;
    if (!num_parse_f64(truth, &number) || fabs(number) > DD_ABS_MAX ||
        !(fabs(s->values[row]) <= DD_ABS_MAX))
        return;
    if (k->offered++ % k->stride)
        return;
    if (!kept_room(r))
        thin_out(k);
    k->scores[k->count] = s->values[row];
    k->truths[k->count] = number;
    k->weights[k->count++] = weight;
}

void report_keep(struct report *r, const struct scores *s, uint32_t row, struct str truth,
                 double weight)
{
    assert(r->kept.wanted && row < s->rows && truth.p);
    if (s->task == TASK_CLASSIFICATION)
        keep_classified(r, s, row, truth, weight);
    else if (s->task == TASK_REGRESSION)
        keep_number(r, s, row, truth, weight);
}

void report_add(struct report *r, const struct scores *s, uint32_t row, struct str truth,
                double weight)
{
    r->rows++;
    if (!truth.p)
        return;
    counters_add(&r->counters, s, row, truth, weight);
    if (r->kept.wanted)
        report_keep(r, s, row, truth, weight);
}

void report_merge(struct report *r, const struct counters *counters)
{
    counters_merge(&r->counters, counters);
}

void report_forget(struct report *r)
{
    r->kept.wanted = false;
    kept_release(&r->kept);
}

/* ---- what needs probabilities ---- */

const char *report_scores_missing(const struct report *r)
{
    const struct counters *c = &r->counters;
    if (c->proper.rows)
        return NULL;
    if (c->labelled == 0)
        return stat_reason_text(STAT_EMPTY);
    if (c->faults[FAULT_PROBABILITIES])
        return "the probabilities are not numbers from 0 to 1";
    return "the model gives labels without probabilities";
}

bool report_exact(const struct report *r)
{
    return r->kept.wanted && !r->kept.overflowed;
}

enum stat_reason report_ranking(const struct report *r, unsigned k, struct ranking *out)
{
    const struct report_kept *kept = &r->kept;
    unsigned class_count = r->signature->class_count;
    *out = (struct ranking){0};
    if (report_exact(r)) {
        uint8_t *positive = xmalloc(kept->count + 1);
        for (size_t i = 0; i < kept->count; i++)
            positive[i] = kept->classes[i] == k;
        enum stat_reason reason = ranking_init(out, kept->count ? kept->scores + k : NULL,
                                               class_count, positive, kept->weights, kept->count);
        free(positive);
        return reason;
    }
    unsigned histogram = class_count == 2 ? 0 : k;
    if (histogram >= r->counters.histogram_count)
        return STAT_TOO_LARGE;
    scorehist_ranking(&r->counters.histograms[histogram], out);
    return STAT_OK;
}
