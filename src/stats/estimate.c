#include "stats/estimate.h"

#include <math.h>

#include "stats/auc.h"
#include "stats/isotonic.h"

void estimate_calibration(const struct scorehist *labelled, double *p)
{
    double *weights = xmalloc(labelled->bin_count * sizeof *weights);
    for (uint32_t b = 0; b < labelled->bin_count; b++) {
        double negative = labelled->tallies[2 * (size_t)b].weight;
        double positive = labelled->tallies[2 * (size_t)b + 1].weight;
        weights[b] = positive + negative + 1;
        p[b] = (positive + 0.5) / weights[b];
    }
    isotonic_fit(p, weights, labelled->bin_count);
    free(weights);
}

static struct stat_value share(double part, double whole)
{
    return stat_ok(whole > 0 ? part / whole : 0); /* zero_division = 0 */
}

static struct stat_value expected_auc(const double *p, const uint64_t *rows, uint32_t bins)
{
    struct ranking r = {.steps = xmalloc(bins * sizeof *r.steps)};
    for (uint32_t b = bins; b-- > 0;) {
        double n = (double)rows[b];
        if (n == 0)
            continue;
        struct ranking_step step = {(b + 0.5) / bins, n * p[b], n * (1 - p[b])};
        r.steps[r.count++] = step;
        r.positive += step.positive;
        r.negative += step.negative;
        r.rows += rows[b];
    }
    struct stat_value auc = auc_of(&r);
    ranking_release(&r);
    return auc;
}

static struct estimate none(enum stat_reason reason)
{
    struct stat_value v = stat_none(reason);
    return (struct estimate){.accuracy = v, .precision = v, .recall = v, .f1 = v, .auc = v};
}

static uint64_t labelled_rows(const struct scorehist *h)
{
    uint64_t rows = 0;
    for (size_t i = 0; i < (size_t)h->bin_count * 2; i++)
        rows += h->tallies[i].rows;
    return rows;
}

struct estimate estimate_cbpe(const struct scorehist *labelled, const uint64_t *unlabelled,
                              double threshold)
{
    if (!(threshold >= 0 && threshold <= 1))
        return none(STAT_OUT_OF_DOMAIN);
    if (labelled_rows(labelled) == 0)
        return none(STAT_EMPTY);
    uint32_t bins = labelled->bin_count;
    double *p = xmalloc(bins * sizeof *p), all = 0;
    estimate_calibration(labelled, p);
    struct estimate e = {0};
    for (uint32_t b = 0; b < bins; b++) {
        double n = (double)unlabelled[b];
        bool called = b >= (uint32_t)nearbyint(threshold * bins);
        *(called ? &e.tp : &e.fn) += n * p[b];
        *(called ? &e.fp : &e.tn) += n * (1 - p[b]);
        all += n;
    }
    if (all > 0) {
        e.accuracy = share(e.tp + e.tn, all);
        e.precision = share(e.tp, e.tp + e.fp);
        e.recall = share(e.tp, e.tp + e.fn);
        e.f1 = share(2 * e.tp, 2 * e.tp + e.fp + e.fn);
        e.auc = expected_auc(p, unlabelled, bins);
        e.accuracy_error = sqrt(e.accuracy.value * (1 - e.accuracy.value) / all);
    } else {
        e = none(STAT_EMPTY);
    }
    free(p);
    return e;
}

struct stat_value estimate_accuracy(const struct scorehist *labelled, const uint64_t *unlabelled)
{
    if (labelled_rows(labelled) == 0)
        return stat_none(STAT_EMPTY);
    double *p = xmalloc(labelled->bin_count * sizeof *p), right = 0, all = 0;
    estimate_calibration(labelled, p);
    for (uint32_t b = 0; b < labelled->bin_count; b++) {
        right += (double)unlabelled[b] * p[b];
        all += (double)unlabelled[b];
    }
    free(p);
    return all > 0 ? stat_ok(right / all) : stat_none(STAT_EMPTY);
}

struct estimate_loss estimate_loss(const struct moments *predicted_losses)
{
    struct stat_value sd = moments_sd(predicted_losses);
    struct estimate_loss answer = {.mean = moments_mean(predicted_losses)};
    answer.band = stat_interval_none(sd.reason ? sd.reason : STAT_EMPTY);
    if (!sd.reason) {
        double half = 3 * sd.value / sqrt((double)predicted_losses->rows);
        answer.band = (struct stat_interval){.low = fmax(0, answer.mean.value - half),
                                             .high = answer.mean.value + half};
    }
    return answer;
}
