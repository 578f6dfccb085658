/* stats/bernstein.h
 *
 * A confidence sequence for the mean of numbers in [0, 1] that is exact at every n, not only in
 * the limit: the predictable plug-in empirical-Bernstein sequence (Waudby-Smith & Ramdas 2024,
 * JRSSB 86, theorem 2). For rewards, where a few large values would deceive a normal limit.
 *
 *     mu_t    = (1/2 + sum x)/(t + 1),  sigma_t^2 = (1/4 + sum (x_i - mu_i)^2)/(t + 1)
 *     lambda_t = min(1/2, sqrt(2 ln(2/alpha)/(sigma_{t-1}^2 t ln(1 + t))))
 *     v_t     = 4 (x_t - mu_{t-1})^2,   psi(l) = (-ln(1 - l) - l)/4
 *     interval: (sum lambda x -+ (ln(2/alpha) + sum v psi(lambda)))/sum lambda,
 *               intersected over time
 *
 *     struct bernstein b;
 *     bernstein_init(&b, 0.05);
 *     if (!bernstein_add(&b, reward)) ...                  // outside [0, 1]
 *     struct stat_interval ci = bernstein_interval(&b);
 *
 * The bets depend on the order of the rows, so it can neither be merged nor give a row back:
 * feed it in order of arrival, the first truth only. It owns nothing. */
#ifndef STATS_BERNSTEIN_H
#define STATS_BERNSTEIN_H

#include "stats/codec.h"
#include "stats/stat.h"

struct bernstein {
    double alpha;
    uint64_t rows;
    double sum, square;     /* of x, of (x - mu)^2 */
    double bets, won, cost; /* sums of lambda, lambda x, v psi(lambda) */
    double low, high;       /* the intersection so far */
};

void bernstein_init(struct bernstein *b, double alpha);
WARN_UNUSED bool bernstein_add(struct bernstein *b, double x);

struct stat_interval bernstein_interval(const struct bernstein *b);
/* ln of an e-value against "the mean is at most m0". */
double bernstein_log_e(const struct bernstein *b, double m0);

size_t bernstein_write(const struct bernstein *b, uint8_t *p, size_t room);
WARN_UNUSED enum err bernstein_read(struct bernstein *b, const uint8_t *p, size_t n,
                                    struct err_ctx *e);

#endif
