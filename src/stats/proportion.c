#include "stats/proportion.h"

#include <math.h>

#include "stats/dist.h"
#include "stats/normal.h"
#include "stats/special.h"

static enum stat_reason trials_ok(uint64_t x, uint64_t n, double alpha)
{
    if (n == 0)
        return STAT_EMPTY;
    return x <= n && alpha > 0 && alpha < 1 ? STAT_OK : STAT_OUT_OF_DOMAIN;
}

struct stat_interval proportion_wilson(uint64_t x, uint64_t n, double alpha)
{
    enum stat_reason reason = trials_ok(x, n, alpha);
    if (reason)
        return stat_interval_none(reason);
    double trials = (double)n, p = (double)x / trials, z = normal_upper_quantile(alpha / 2);
    double centre = p + z * z / (2 * trials);
    double half = z * sqrt(p * (1 - p) / trials + z * z / (4 * trials * trials));
    double scale = 1 + z * z / trials;
    return (struct stat_interval){
        .low = x == 0 ? 0 : fmax(0, (centre - half) / scale),
        .high = x == n ? 1 : fmin(1, (centre + half) / scale),
    };
}

struct stat_interval proportion_newcombe(uint64_t x1, uint64_t n1, uint64_t x2, uint64_t n2,
                                         double alpha)
{
    struct stat_interval a = proportion_wilson(x1, n1, alpha);
    struct stat_interval b = proportion_wilson(x2, n2, alpha);
    if (a.reason || b.reason)
        return stat_interval_none(a.reason ? a.reason : b.reason);
    double p1 = (double)x1 / (double)n1, p2 = (double)x2 / (double)n2;
    return (struct stat_interval){
        .low = p1 - p2 - hypot(p1 - a.low, b.high - p2),
        .high = p1 - p2 + hypot(a.high - p1, p2 - b.low),
    };
}

struct stat_test proportion_two(uint64_t x1, uint64_t n1, uint64_t x2, uint64_t n2)
{
    enum stat_reason reason = trials_ok(x1, n1, 0.5);
    if (!reason)
        reason = trials_ok(x2, n2, 0.5);
    if (reason)
        return stat_test_none(reason);
    double a = (double)n1, b = (double)n2, pooled = ((double)x1 + (double)x2) / (a + b);
    double variance = pooled * (1 - pooled) * (1 / a + 1 / b);
    if (variance <= 0)
        return stat_test_none(STAT_NO_DIFFERENCE);
    double z = ((double)x1 / a - (double)x2 / b) / sqrt(variance);
    return (struct stat_test){.statistic = z, .p = normal_two_sided(z)};
}

static enum stat_reason shares_ok(const uint64_t *units, const double *shares, size_t arms,
                                  double *all, double *whole)
{
    *all = *whole = 0;
    for (size_t k = 0; k < arms; k++) {
        if (!(shares[k] > 0 && isfinite(shares[k])))
            return STAT_OUT_OF_DOMAIN;
        *all += (double)units[k];
        *whole += shares[k];
    }
    if (arms < 2)
        return STAT_TOO_FEW;
    return *all > 0 ? STAT_OK : STAT_EMPTY;
}

struct stat_test proportion_allocation(const uint64_t *units, const double *shares, size_t arms)
{
    double all, whole, chi2 = 0;
    enum stat_reason reason = shares_ok(units, shares, arms, &all, &whole);
    if (reason)
        return stat_test_none(reason);
    for (size_t k = 0; k < arms; k++) {
        double expected = all * shares[k] / whole, miss = (double)units[k] - expected;
        chi2 += miss * miss / expected;
    }
    double df = (double)(arms - 1);
    return (struct stat_test){.statistic = chi2, .p = dist_chi2_sf(chi2, df), .df = df};
}

/* ln of the marginal likelihood under Dirichlet(1, ..., 1) over that of the configured shares.
 * Under the first every outcome is as likely as any other; the second is a product of binomials,
 * each arm against those after it, so that no logarithm of a factorial swallows the digits. */
struct stat_value proportion_allocation_log_e(const uint64_t *units, const double *shares,
                                              size_t arms)
{
    double all, whole;
    enum stat_reason reason = shares_ok(units, shares, arms, &all, &whole);
    if (reason)
        return stat_none(reason);
    double log_e = 0, rest = 0, rest_share = 0;
    for (size_t k = arms; k-- > 0;) {
        double seen = (double)units[k], share = shares[k];
        if (k + 1 < arms) {
            double both = share + rest_share;
            log_e += log((double)(arms - 1 - k) / (all + (double)(arms - 1 - k)));
            log_e -= special_log_binomial(seen, seen + rest, share / both, rest_share / both);
        }
        rest += seen;
        rest_share += share;
    }
    return stat_ok(log_e);
}
