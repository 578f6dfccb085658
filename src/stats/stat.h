/* stats/stat.h
 *
 * A figure, or the reason why there is none. Nothing in this folder answers with NaN: what is
 * undefined says so by a reason from reason.def, whose sentence can be shown to the user.
 *
 *     struct stat_value r2 = regression_r2(&sums);
 *     if (r2.reason)
 *         printf("no R2: %s\n", stat_reason_text(r2.reason));
 *     else
 *         printf("R2 = %.3f\n", r2.value);
 *
 * docs/statistics.md tells which figure and which test is used when. Plain values without owner;
 * free for all threads. */
#ifndef STATS_STAT_H
#define STATS_STAT_H

#include "base/compat.h"

enum stat_reason {
    STAT_OK = 0,
#define X(code, name, text) code,
#include "stats/reason.def"
#undef X
    STAT_REASON_COUNT
};

/* `value` is 0 where there is a reason, so that a forgotten check is at least not poisonous. */
struct stat_value {
    double value;
    enum stat_reason reason;
};

/* A statistic with its two-sided p-value unless the function says otherwise. */
struct stat_test {
    double statistic;
    double p;
    double df; /* degrees of freedom, 0 where the reference distribution has none */
    enum stat_reason reason;
};

struct stat_interval {
    double low, high;
    enum stat_reason reason;
};

/* The value, or STAT_NOT_FINITE where a computation left the real numbers. */
struct stat_value stat_ok(double value);
struct stat_value stat_none(enum stat_reason reason);
struct stat_test stat_test_none(enum stat_reason reason);
struct stat_interval stat_interval_none(enum stat_reason reason);

const char *stat_reason_name(enum stat_reason reason); /* "too_few" */
const char *stat_reason_text(enum stat_reason reason); /* "there are too few rows" */

#endif
