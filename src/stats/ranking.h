/* stats/ranking.h
 *
 * The rows of a two-class question in the order of their scores: one step per distinct score,
 * highest first, with the weight of positives and negatives that have it. AUC, ROC,
 * precision-recall, lift, calibration and Kolmogorov-Smirnov all read this one table.
 *
 *     struct ranking r;
 *     enum stat_reason reason = ranking_init(&r, scores, 1, positive, weights, n);
 *     if (reason) ...
 *     struct stat_value auc = auc_of(&r);
 *     ranking_release(&r);
 *
 * It allocates 24 bytes per distinct score, and 32 bytes per row while it sorts. */
#ifndef STATS_RANKING_H
#define STATS_RANKING_H

#include "stats/stat.h"

struct ranking_step {
    double score;
    double positive, negative; /* weights */
};

struct ranking {
    struct ranking_step *steps; /* strictly descending scores */
    size_t count;
    double positive, negative; /* totals */
    uint64_t rows;             /* those without weight included, although they make no step */
};

/* `positive[i]` is 1 where row i belongs to the class, 0 elsewhere; `weights` may be NULL (all
 * 1). `stride` is the distance of one row's score to the next, 1 for a plain array. On a reason
 * (STAT_NOT_FINITE for a score that is NaN, STAT_BAD_WEIGHT) there is nothing to release. */
WARN_UNUSED enum stat_reason ranking_init(struct ranking *r, const double *scores, size_t stride,
                                          const uint8_t *positive, const double *weights, size_t n);
void ranking_release(struct ranking *r);

/* STAT_OK, or why nothing that needs both classes can be computed. */
enum stat_reason ranking_two_classes(const struct ranking *r);

#endif
