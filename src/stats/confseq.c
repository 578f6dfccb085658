#include "stats/confseq.h"

#include <math.h>

#include "stats/normal.h"

double confseq_rho2(double alpha, double n_star)
{
    assert(alpha > 0 && alpha < 1 && n_star > 0);
    return (-2 * log(alpha) + log(1 - 2 * log(alpha))) / n_star;
}

double confseq_half_width(double n, double sd, double rho2, double alpha)
{
    assert(n > 0 && rho2 > 0 && alpha > 0 && alpha < 1);
    double grown = n * rho2 + 1;
    return sd * sqrt(2 * grown / (n * n * rho2) * (0.5 * log(grown) - log(alpha)));
}

double confseq_log_e(double n, double mean, double sd, double rho2)
{
    assert(n > 0 && sd > 0 && rho2 > 0);
    double grown = n * rho2 + 1, t = n * mean / sd;
    return rho2 * t * t / (2 * grown) - 0.5 * log(grown);
}

double confseq_log_e_plus(double n, double mean, double sd, double rho2)
{
    double grown = n * rho2 + 1, t = n * mean / sd;
    return M_LN2 + confseq_log_e(n, mean, sd, rho2) + normal_log_cdf(t * sqrt(rho2 / grown));
}

/* Mean and standard deviation of the blocks, or why they do not do. */
static enum stat_reason blocks_ok(const struct moments *blocks, double *mean, double *sd)
{
    if (blocks->rows < CONFSEQ_BLOCKS_MIN)
        return blocks->rows == 0 ? STAT_EMPTY : STAT_TOO_FEW;
    *mean = moments_mean(blocks).value;
    *sd = moments_sd(blocks).value;
    return *sd > 0 ? STAT_OK : STAT_NO_VARIANCE;
}

struct stat_interval confseq_interval(const struct moments *blocks, double rho2, double alpha)
{
    double mean, sd;
    enum stat_reason reason = blocks_ok(blocks, &mean, &sd);
    if (reason)
        return stat_interval_none(reason);
    double half = confseq_half_width((double)blocks->rows, sd, rho2, alpha);
    return (struct stat_interval){.low = mean - half, .high = mean + half};
}

struct stat_value confseq_lower(const struct moments *blocks, double rho2, double alpha)
{
    double mean, sd;
    enum stat_reason reason = blocks_ok(blocks, &mean, &sd);
    if (reason)
        return stat_none(reason);
    /* e+ grows with the gap between the mean and m0; the gap where it is 1/alpha is below the
     * two-sided half-width at the same alpha, because e+ is nearly twice e there. */
    double n = (double)blocks->rows;
    double low = 0, high = 2 * confseq_half_width(n, sd, rho2, alpha);
    for (int i = 0; i < 100; i++) {
        double gap = 0.5 * (low + high);
        if (confseq_log_e_plus(n, gap, sd, rho2) < -log(alpha))
            low = gap;
        else
            high = gap;
    }
    return stat_ok(mean - high);
}

struct stat_value confseq_evidence(const struct moments *blocks, double rho2, double m0)
{
    double mean, sd;
    enum stat_reason reason = blocks_ok(blocks, &mean, &sd);
    if (reason)
        return stat_none(reason);
    return stat_ok(confseq_log_e_plus((double)blocks->rows, mean - m0, sd, rho2));
}
