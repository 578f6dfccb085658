#include "stats/mcnemar.h"

#include <math.h>

#include "stats/dist.h"
#include "stats/normal.h"

struct stat_test mcnemar_exact(uint64_t b, uint64_t c)
{
    double least = (double)MIN(b, c), n = (double)b + (double)c;
    double p = b == c ? 1 : fmin(1, 2 * dist_binomial_cdf(least, n, 0.5));
    return (struct stat_test){.statistic = least, .p = p};
}

struct stat_test mcnemar_mid_p(uint64_t b, uint64_t c)
{
    double least = (double)MIN(b, c), n = (double)b + (double)c;
    double p = 2 * dist_binomial_cdf(least, n, 0.5) - dist_binomial_pmf(least, n, 0.5);
    return (struct stat_test){.statistic = least, .p = fmin(1, p)};
}

struct stat_test mcnemar_chi2(uint64_t b, uint64_t c, bool corrected)
{
    double n = (double)b + (double)c;
    if (n == 0)
        return stat_test_none(STAT_NO_DIFFERENCE);
    double miss = fabs((double)b - (double)c);
    if (corrected)
        miss = fmax(0, miss - 1);
    double chi2 = miss * miss / n;
    return (struct stat_test){.statistic = chi2, .p = dist_chi2_sf(chi2, 1), .df = 1};
}

struct stat_value mcnemar_difference(uint64_t b, uint64_t c, uint64_t n)
{
    if (n == 0)
        return stat_none(STAT_EMPTY);
    return stat_ok(((double)b - (double)c) / (double)n);
}

struct stat_value mcnemar_variance(uint64_t b, uint64_t c, uint64_t n)
{
    if (n == 0)
        return stat_none(STAT_EMPTY);
    double rows = (double)n, difference = (double)b - (double)c;
    return stat_ok(((double)b + (double)c - difference * difference / rows) / (rows * rows));
}

/* Tango's score statistic at a supposed difference; it falls as the difference grows. */
static double score(double b, double c, double n, double difference)
{
    double linear = -b - c + (2 * n - b + c) * difference;
    double constant = -c * difference * (1 - difference);
    double root = sqrt(fmax(0, linear * linear - 8 * n * constant));
    double p = (root - linear) / (4 * n); /* likeliest chance of "A alone" given the difference */
    double variance = n * (2 * p + difference * (1 - difference));
    double miss = b - c - n * difference;
    if (variance <= 0)
        return miss > 0 ? INFINITY : miss < 0 ? -INFINITY : 0;
    return miss / sqrt(variance);
}

static double limit(double b, double c, double n, double z)
{
    double low = -1, high = 1;
    for (int i = 0; i < 100; i++) {
        double middle = 0.5 * (low + high);
        if (score(b, c, n, middle) > z)
            low = middle;
        else
            high = middle;
    }
    return 0.5 * (low + high);
}

struct stat_interval mcnemar_interval(uint64_t b, uint64_t c, uint64_t n, double alpha)
{
    if (n == 0)
        return stat_interval_none(STAT_EMPTY);
    if (!(alpha > 0 && alpha < 1) || b > n || c > n - b)
        return stat_interval_none(STAT_OUT_OF_DOMAIN);
    double z = normal_upper_quantile(alpha / 2);
    double x = (double)b, y = (double)c, rows = (double)n;
    return (struct stat_interval){.low = limit(x, y, rows, z), .high = limit(x, y, rows, -z)};
}
