/* stats/delong.h
 *
 * The difference of two AUCs with its variance (DeLong, DeLong & Clarke-Pearson 1988, Biometrics
 * 44), with midranks in n log n (Sun & Xu 2014, IEEE SPL 21). With m positives and n negatives
 *
 *     V10_i = (R_i - R+_i)/n          rank among all minus rank among the positives
 *     V01_j = 1 - (R_j - R-_j)/m
 *     var(AUC) = var(V10)/m + var(V01)/n,   z = (AUC_A - AUC_B)/sqrt(variance)
 *
 * Paired: both models scored the same rows, and their covariance counts. Unpaired: two samples.
 * The same z holds for Gini = 2 AUC - 1.
 *
 *     struct delong d = delong_paired(scores_a, scores_b, positive, n);
 *     if (!d.test.reason) printf("%+.4f, p = %.3f\n", d.difference, d.test.p);
 *
 * Needs two rows of each class (STAT_TOO_FEW). Where a difference has no variance at all it
 * cannot be tested (STAT_NO_DIFFERENCE, STAT_NO_VARIANCE). Allocates while it works. */
#ifndef STATS_DELONG_H
#define STATS_DELONG_H

#include "stats/stat.h"

struct delong {
    struct stat_value auc_a, auc_b;
    double difference; /* A - B */
    double variance_a, variance_b, covariance;
    double variance; /* of the difference */
    struct stat_test test;
};

struct delong_sample {
    const double *scores;
    const uint8_t *positive;
    size_t n;
};

struct delong delong_paired(const double *a, const double *b, const uint8_t *positive, size_t n);
struct delong delong_unpaired(const struct delong_sample *a, const struct delong_sample *b);

#endif
