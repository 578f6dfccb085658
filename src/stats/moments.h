/* stats/moments.h
 *
 * Mean, variance and extremes of a stream of numbers, from raw power sums in double-double
 * (stats/dd.h). Welford's recurrence is the usual choice; these sums are as exact on NIST's
 * hardest sets, merge by adding, and let a corrected row be taken out again without a trace.
 *
 *     struct moments m = {0};
 *     if (!moments_add(&m, x)) ...            // not finite, or beyond 1e140
 *     struct stat_value sd = moments_sd(&m);
 *
 * Numbers below about 1e-150 keep their mean, but their squares vanish: the variance is 0 then. The
 * extremes cannot forget: after a removal of the smallest or largest value they are bounds
 * only, and extremes_loose says so. All zeros is the empty accumulator; it owns nothing. */
#ifndef STATS_MOMENTS_H
#define STATS_MOMENTS_H

#include "stats/dd.h"
#include "stats/stat.h"

struct moments {
    uint64_t rows;
    struct dd sum, square;
    double min, max; /* meaningless while rows is 0 */
    bool extremes_loose;
};

WARN_UNUSED bool moments_add(struct moments *m, double x);
WARN_UNUSED bool moments_remove(struct moments *m, double x);
void moments_merge(struct moments *m, const struct moments *other);

struct stat_value moments_mean(const struct moments *m);
/* With divisor n - 1; 0 where the spread drowns in rounding, at |mean| / sd of about 10^12. */
struct stat_value moments_variance(const struct moments *m);
struct stat_value moments_sd(const struct moments *m);

size_t moments_write(const struct moments *m, uint8_t *p, size_t room);
WARN_UNUSED enum err moments_read(struct moments *m, const uint8_t *p, size_t n, struct err_ctx *e);

#endif
