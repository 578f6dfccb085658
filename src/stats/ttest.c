#include "stats/ttest.h"

#include <math.h>

#include "stats/dist.h"

/* A mean, or a difference of means, with its standard error. */
struct estimate {
    double effect, error, df;
    enum stat_reason reason;
};

static struct estimate paired(const struct moments *d)
{
    struct stat_value mean = moments_mean(d), variance = moments_variance(d);
    if (variance.reason)
        return (struct estimate){.reason = variance.reason};
    double n = (double)d->rows;
    return (struct estimate){
        .effect = mean.value,
        .error = sqrt(variance.value / n),
        .df = n - 1,
        .reason = variance.value > 0 ? STAT_OK : STAT_NO_VARIANCE,
    };
}

static struct estimate welch(const struct moments *a, const struct moments *b)
{
    struct stat_value var_a = moments_variance(a), var_b = moments_variance(b);
    if (var_a.reason || var_b.reason)
        return (struct estimate){.reason = var_a.reason ? var_a.reason : var_b.reason};
    double na = (double)a->rows, nb = (double)b->rows;
    double va = var_a.value / na, vb = var_b.value / nb, v = va + vb;
    if (v <= 0)
        return (struct estimate){.reason = STAT_NO_VARIANCE};
    double share_a = va / v, share_b = vb / v; /* squares of v itself could underflow */
    return (struct estimate){
        .effect = moments_mean(a).value - moments_mean(b).value,
        .error = sqrt(v),
        .df = 1 / (share_a * share_a / (na - 1) + share_b * share_b / (nb - 1)),
    };
}

static struct stat_test test_of(struct estimate e)
{
    if (e.reason)
        return stat_test_none(e.reason);
    double t = e.effect / e.error;
    return (struct stat_test){.statistic = t, .p = dist_student_two_sided(t, e.df), .df = e.df};
}

static struct stat_interval interval_of(struct estimate e, double alpha)
{
    if (!(alpha > 0 && alpha < 1))
        return stat_interval_none(STAT_OUT_OF_DOMAIN);
    if (e.reason)
        return stat_interval_none(e.reason);
    double half = -dist_student_quantile(alpha / 2, e.df) * e.error;
    struct stat_interval ci = {.low = e.effect - half, .high = e.effect + half};
    return isfinite(ci.low) && isfinite(ci.high) ? ci : stat_interval_none(STAT_NOT_FINITE);
}

struct stat_test ttest_paired(const struct moments *d)
{
    return test_of(paired(d));
}

struct stat_interval ttest_paired_interval(const struct moments *d, double alpha)
{
    return interval_of(paired(d), alpha);
}

struct stat_test ttest_welch(const struct moments *a, const struct moments *b)
{
    return test_of(welch(a, b));
}

struct stat_interval ttest_welch_interval(const struct moments *a, const struct moments *b,
                                          double alpha)
{
    return interval_of(welch(a, b), alpha);
}
