#include "stats/delong.h"

#include <math.h>

#include "base/err.h"
#include "stats/normal.h"
#include "stats/ranks.h"

/* One model's structural components: first those of the positives, then of the negatives. */
struct components {
    double *values;
    size_t positives, negatives;
    double auc;
};

static void components_release(struct components *c)
{
    free(c->values);
    *c = (struct components){0};
}

/* memory: 3 n doubles for the grouped scores, their ranks among all and within the class. */
static enum stat_reason components_fill(struct components *c, const double *scores,
                                        const uint8_t *positive, size_t n, double *memory)
{
    double *grouped = memory, *overall = memory + n, *within = memory + 2 * n;
    size_t p = 0, q = c->positives;
    for (size_t i = 0; i < n; i++)
        grouped[positive[i] ? p++ : q++] = scores[i];
    double ties;
    enum stat_reason reason = ranks_mid(grouped, n, overall, &ties);
    if (reason)
        return reason;
    reason = ranks_mid(grouped, c->positives, within, &ties);
    assert(!reason);
    reason = ranks_mid(grouped + c->positives, c->negatives, within + c->positives, &ties);
    assert(!reason);
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        double beyond = overall[i] - within[i];
        bool is_positive = i < c->positives;
        c->values[i] =
            is_positive ? beyond / (double)c->negatives : 1 - beyond / (double)c->positives;
        if (is_positive)
            sum += c->values[i];
    }
    c->auc = sum / (double)c->positives;
    return STAT_OK;
}

static enum stat_reason components_init(struct components *c, const double *scores,
                                        const uint8_t *positive, size_t n)
{
    *c = (struct components){0};
    for (size_t i = 0; i < n; i++)
        c->positives += positive[i] != 0;
    c->negatives = n - c->positives;
    if (n == 0)
        return STAT_EMPTY;
    if (c->positives < 2 || c->negatives < 2)
        return c->positives == 0   ? STAT_NO_POSITIVES
               : c->negatives == 0 ? STAT_NO_NEGATIVES
                                   : STAT_TOO_FEW;
    c->values = xmalloc(n * sizeof *c->values);
    double *memory = xmalloc(3 * n * sizeof *memory);
    enum stat_reason reason = components_fill(c, scores, positive, n, memory);
    free(memory);
    if (reason)
        components_release(c);
    return reason;
}

static double covariance(const double *x, const double *y, double mean_x, double mean_y, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (x[i] - mean_x) * (y[i] - mean_y);
    return sum / (double)(n - 1);
}

static double components_covariance(const struct components *a, const struct components *b)
{
    size_t m = a->positives, n = a->negatives;
    return covariance(a->values, b->values, a->auc, b->auc, m) / (double)m +
           covariance(a->values + m, b->values + m, a->auc, b->auc, n) / (double)n;
}

static void judge(struct delong *d)
{
    d->difference = d->auc_a.value - d->auc_b.value;
    d->variance = fmax(0, d->variance_a + d->variance_b - 2 * d->covariance);
    /* What rounding leaves of a variance that is 0: squares of 1e-16 over the rows. */
    if (d->variance < 1e-30) {
        d->test =
            stat_test_none(fabs(d->difference) < 1e-14 ? STAT_NO_DIFFERENCE : STAT_NO_VARIANCE);
        return;
    }
    double z = d->difference / sqrt(d->variance);
    d->test = (struct stat_test){.statistic = z, .p = normal_two_sided(z)};
}

static struct delong none(enum stat_reason reason)
{
    struct stat_value auc = stat_none(reason);
    return (struct delong){.auc_a = auc, .auc_b = auc, .test = stat_test_none(reason)};
}

/* Both components are given, and released here. */
static struct delong compare(struct components *a, struct components *b, bool paired)
{
    struct delong d = {
        .auc_a = stat_ok(a->auc),
        .auc_b = stat_ok(b->auc),
        .variance_a = components_covariance(a, a),
        .variance_b = components_covariance(b, b),
        .covariance = paired ? components_covariance(a, b) : 0,
    };
    judge(&d);
    components_release(a);
    components_release(b);
    return d;
}

static struct delong compare_samples(const struct delong_sample *a, const struct delong_sample *b,
                                     bool paired)
{
    struct components ca, cb;
    enum stat_reason reason = components_init(&ca, a->scores, a->positive, a->n);
    if (reason)
        return none(reason);
    reason = components_init(&cb, b->scores, b->positive, b->n);
    if (reason) {
        components_release(&ca);
        return none(reason);
    }
    return compare(&ca, &cb, paired);
}

struct delong delong_paired(const double *a, const double *b, const uint8_t *positive, size_t n)
{
    struct delong_sample sample_a = {a, positive, n}, sample_b = {b, positive, n};
    return compare_samples(&sample_a, &sample_b, true);
}

struct delong delong_unpaired(const struct delong_sample *a, const struct delong_sample *b)
{
    return compare_samples(a, b, false);
}
