#include "stats/auc.h"

#include <math.h>

#include "base/err.h"
#include "stats/dd.h"

struct stat_value auc_of(const struct ranking *r)
{
    enum stat_reason reason = ranking_two_classes(r);
    if (reason)
        return stat_none(reason);
    struct dd won = {0}, below = {0};
    for (size_t i = r->count; i-- > 0;) {
        const struct ranking_step *step = &r->steps[i];
        if (step->positive > 0)
            dd_add_product(&won, step->positive, dd_value(&below) + 0.5 * step->negative);
        dd_add(&below, step->negative);
    }
    double auc = dd_value(&won) / r->positive / r->negative;
    return stat_ok(fmin(1, fmax(0, auc)));
}

struct stat_value auc_gini(struct stat_value auc)
{
    return auc.reason ? auc : stat_ok(2 * auc.value - 1);
}

static struct stat_value one_class(const double *scores, size_t class_count, size_t k,
                                   const uint32_t *truth, const double *weights, size_t n,
                                   uint8_t *positive)
{
    for (size_t i = 0; i < n; i++)
        positive[i] = truth[i] == k;
    struct ranking r;
    enum stat_reason reason =
        ranking_init(&r, scores ? scores + k : NULL, class_count, positive, weights, n);
    if (reason)
        return stat_none(reason);
    struct stat_value auc = auc_of(&r);
    ranking_release(&r);
    return auc;
}

void auc_average(struct auc_report *report, const double *class_weights, size_t class_count)
{
    double sum = 0, weighted_sum = 0, weight = 0;
    size_t defined = 0;
    enum stat_reason reason = STAT_EMPTY;
    bool broken =
        false; /* a class that occurs has no AUC: a mean of the others would be no answer */
    for (size_t k = 0; k < class_count && !broken; k++) {
        const struct stat_value *auc = &report->per_class[k];
        if (auc->reason == STAT_NO_POSITIVES)
            continue;
        if (auc->reason) {
            reason = auc->reason == STAT_NO_NEGATIVES ? STAT_ONE_CLASS : auc->reason;
            broken = true;
            continue;
        }
        defined++;
        sum += auc->value;
        weighted_sum += auc->value * class_weights[k];
        weight += class_weights[k];
    }
    if (broken || defined == 0 || weight <= 0) {
        report->macro = report->weighted = stat_none(reason);
        return;
    }
    report->macro = stat_ok(sum / (double)defined);
    report->weighted = stat_ok(weighted_sum / weight);
}

void auc_one_vs_rest(struct auc_report *report, const double *scores, size_t class_count,
                     const uint32_t *truth, const double *weights, size_t n)
{
    assert(report && report->per_class && class_count > 0);
    uint8_t *positive = xmalloc(n);
    double *class_weights = xcalloc(class_count, sizeof *class_weights);
    for (size_t i = 0; i < n; i++)
        if (truth[i] < class_count)
            class_weights[truth[i]] += weights ? weights[i] : 1;
    for (size_t k = 0; k < class_count; k++)
        report->per_class[k] = one_class(scores, class_count, k, truth, weights, n, positive);
    if (class_count == 2) {
        /* One question seen from both sides: rounding in 1 - p must not make two answers of it. */
        if (!report->per_class[1].reason)
            report->per_class[0] = report->per_class[1];
    }
    auc_average(report, class_weights, class_count);
    free(class_weights);
    free(positive);
}
