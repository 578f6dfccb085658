/* stats/curve.h
 *
 * What a ranking looks like when the threshold moves from "nobody" to "everybody":
 *
 *     ROC    x = false positive rate, y = true positive rate
 *     PR     x = recall, y = precision; starts at (0, 1)
 *     lift   x = share of the rows that score at least the threshold,
 *            y = share of positives among them / share of positives overall
 *
 * Corners are kept and straight runs left out; where more than `room` points remain they are
 * thinned evenly along the ROC curve, first and last kept. The first point of ROC and PR stands
 * for a threshold above every score and has threshold +infinity.
 *
 *     struct curve_point points[2000];
 *     struct curve c = {.points = points, .room = 2000};
 *     enum stat_reason reason = curve_roc(&c, &ranking);
 *
 * Also here: figures that are read off such a curve (average precision as scikit-learn's step
 * sum; Kolmogorov-Smirnov of the scores, max(TPR - FPR)) and the calibration curve, as
 * scikit-learn's calibration_curve(strategy="uniform"): bins (i/B, (i+1)/B], 0 in the first.
 *
 * The caller owns the points. Nothing is allocated. */
#ifndef STATS_CURVE_H
#define STATS_CURVE_H

#include "stats/ranking.h"

struct curve_point {
    double x, y, threshold;
};

struct curve {
    struct curve_point *points;
    size_t room; /* at least 3 */
    size_t count;
};

struct curve_bin {
    double predicted; /* mean score */
    double observed;  /* share of positives */
    double weight;    /* 0: the bin is empty and has neither */
};

/* STAT_OK, or the reason why there is no curve (then count is 0). */
WARN_UNUSED enum stat_reason curve_roc(struct curve *c, const struct ranking *r);
WARN_UNUSED enum stat_reason curve_precision_recall(struct curve *c, const struct ranking *r);
WARN_UNUSED enum stat_reason curve_lift(struct curve *c, const struct ranking *r);

struct stat_value curve_average_precision(const struct ranking *r);
struct stat_value curve_ks(const struct ranking *r);

/* Scores in [0, 1]; STAT_OUT_OF_DOMAIN otherwise. Fills all bin_count bins. */
WARN_UNUSED enum stat_reason curve_calibration(struct curve_bin *bins, size_t bin_count,
                                               const struct ranking *r);

/* Expected calibration error: mean of |observed - predicted| over the bins, by weight
 * (Naeini, Cooper, Hauskrecht 2015, AAAI). */
struct stat_value curve_ece(const struct curve_bin *bins, size_t bin_count);

#endif
