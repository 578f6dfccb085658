/* stats/regression.h
 *
 * The metrics of numeric predictions as running sums; e = prediction - truth, w = weight:
 *
 *     r2    = 1 - sum w e^2 / sum w (y - mean y)^2; truth constant: 1 if no error, otherwise 0
 *     r2_pearson = squared correlation of truth and prediction
 *     mse, rmse, mae, me = means of e^2 (and its root), |e|, e
 *     mape  = mean of |e| / max(|y|, 2^-52)
 *
 * as scikit-learn defines them (it gives no r2 below two rows, and neither does this). The sums
 * are raw powers in double-double (stats/dd.h): they merge by adding, a corrected truth can be
 * taken out again, and r2 is right where the mean is 10^9 times the spread. The spread counts as
 * zero where it drowns in the rounding of the sums, at about |mean| / sd > 10^12, and where the
 * squares vanish, below about 1e-150.
 *
 *     struct regression s = {0};
 *     if (!regression_add(&s, truth, predicted, 1))
 *         ...                                     // not finite, or beyond 1e140
 *     struct stat_value r2 = regression_r2(&s);
 *
 * All zeros is the empty accumulator; it owns nothing. */
#ifndef STATS_REGRESSION_H
#define STATS_REGRESSION_H

#include "stats/dd.h"
#include "stats/stat.h"

enum {
    REGRESSION_WEIGHT,
    REGRESSION_TRUTH,
    REGRESSION_PREDICTED,
    REGRESSION_TRUTH_SQUARED,
    REGRESSION_PREDICTED_SQUARED,
    REGRESSION_CROSS,
    REGRESSION_ERROR,
    REGRESSION_ERROR_ABSOLUTE,
    REGRESSION_ERROR_SQUARED,
    REGRESSION_ERROR_RELATIVE,
    REGRESSION_SUMS
};

struct regression {
    uint64_t rows;
    uint64_t rows_wrong; /* e != 0: says exactly whether the errors sum to nothing */
    struct dd sums[REGRESSION_SUMS];
};

/* False, and no change, if a number is not finite or its magnitude is above DD_ABS_MAX. */
WARN_UNUSED bool regression_add(struct regression *s, double truth, double predicted,
                                double weight);
WARN_UNUSED bool regression_remove(struct regression *s, double truth, double predicted,
                                   double weight);
void regression_merge(struct regression *s, const struct regression *other);

struct stat_value regression_r2(const struct regression *s);
struct stat_value regression_r2_pearson(const struct regression *s);
struct stat_value regression_mse(const struct regression *s);
struct stat_value regression_rmse(const struct regression *s);
struct stat_value regression_mae(const struct regression *s);
struct stat_value regression_me(const struct regression *s);
struct stat_value regression_mape(const struct regression *s);

size_t regression_write(const struct regression *s, uint8_t *p, size_t room);
WARN_UNUSED enum err regression_read(struct regression *s, const uint8_t *p, size_t n,
                                     struct err_ctx *e);

#endif
