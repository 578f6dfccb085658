/* stats/estimate.h
 *
 * How well does a model do before the truth is known? Estimates, to be labelled as such; they may
 * ask for labels or a retraining, they must never promote. Both assume that the relation of
 * features and truth is what it was (no concept drift) and that the features overlap.
 *
 *     CBPE   confidence-based performance estimation: from the labelled past one learns what share
 *            of a score bin is positive, isotonic: p_b = PAV((pos_b + 1/2)/(n_b + 1)); with n_b
 *            unlabelled rows in bin b and "positive" from score t on,
 *            E[TP] = sum_{b >= t} n_b p_b, E[FP] = sum_{b >= t} n_b (1 - p_b), ...;
 *            E[AUC] from n_b p_b positives and n_b (1 - p_b) negatives per bin
 *     DLE    direct loss estimation: a second model predicts the loss of every row; the estimate
 *            is the mean of its predictions, with a band of 3 standard errors
 *
 *     struct estimate e = estimate_cbpe(&labelled, unlabelled_counts, 0.5);
 *     if (!e.auc.reason) ...
 *
 * Allocates while it works. */
#ifndef STATS_ESTIMATE_H
#define STATS_ESTIMATE_H

#include "stats/moments.h"
#include "stats/scorehist.h"

struct estimate {
    double tp, fp, fn, tn; /* expected rows */
    struct stat_value accuracy, precision, recall, f1, auc;
    double accuracy_error; /* standard error of the accuracy from the number of rows alone */
};

/* The calibrated share of positives of each bin; `p` has labelled->bin_count places. A bin
 * without labelled rows takes the half of its prior: (0 + 1/2)/(0 + 1), pooled as PAV decides. */
void estimate_calibration(const struct scorehist *labelled, double *p);

/* `unlabelled` counts rows per bin of the same histogram; threshold in [0, 1] is rounded to a
 * bin's lower edge. */
struct estimate estimate_cbpe(const struct scorehist *labelled, const uint64_t *unlabelled,
                              double threshold);

/* Several classes: `labelled` counts the top score of every row, positive where the prediction
 * was right. The expected accuracy of unlabelled rows. */
struct stat_value estimate_accuracy(const struct scorehist *labelled, const uint64_t *unlabelled);

/* The estimated mean loss with its band; for RMSE the caller takes roots of all three. */
struct estimate_loss {
    struct stat_value mean;
    struct stat_interval band;
};
struct estimate_loss estimate_loss(const struct moments *predicted_losses);

#endif
