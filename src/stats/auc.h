/* stats/auc.h
 *
 * The area under the ROC curve: the probability that a positive scores higher than a negative,
 * ties counting half (Hanley & McNeil 1982, Radiology 143). Over the distinct scores s, with p_s
 * and n_s the weights of positives and negatives there:
 *
 *     AUC = sum_s p_s (N_below(s) + n_s / 2) / (P N)        Gini = 2 AUC - 1
 *
 * Exact, with ties and weights. For several classes one-vs-rest, over the classes that occur in
 * the truth; for two classes the score of class 1 decides and every figure is the same AUC.
 *
 *     struct stat_value per_class[3];
 *     struct auc_report report = {.per_class = per_class};
 *     auc_one_vs_rest(&report, probabilities, 3, truth, NULL, n);
 *
 * Nothing is kept; auc_one_vs_rest() allocates while it works. */
#ifndef STATS_AUC_H
#define STATS_AUC_H

#include "stats/ranking.h"

struct auc_report {
    struct stat_value *per_class; /* class_count of them, the caller's */
    struct stat_value macro, weighted;
};

struct stat_value auc_of(const struct ranking *r);
struct stat_value auc_gini(struct stat_value auc);

/* `scores` is n rows of class_count scores; truth[i] >= class_count is a class that the model does
 * not know, a negative for every class. weights may be NULL. */
void auc_one_vs_rest(struct auc_report *report, const double *scores, size_t class_count,
                     const uint32_t *truth, const double *weights, size_t n);

/* The means of `report` from its per-class figures and the weights of the classes in the truth;
 * for those who fill per_class from histograms. */
void auc_average(struct auc_report *report, const double *class_weights, size_t class_count);

#endif
