/* stats/classify.h
 *
 * The metrics of labels from a confusion matrix, with scikit-learn's definitions and
 * zero_division = 0:
 *
 *     precision = TP / (TP + FP)      recall = TP / (TP + FN)      F1 = 2 TP / (2 TP + FP + FN)
 *     accuracy  = sum of the diagonal / all
 *     MCC   = (c s - sum p_k t_k) / sqrt((s^2 - sum p_k^2)(s^2 - sum t_k^2)), 0 where the root is 0
 *             (Gorodkin 2004, Comput. Biol. Chem. 28, eq. 8)
 *     kappa = (p_o - p_e) / (1 - p_e)                       (Cohen 1960, Educ. Psychol. Meas. 20)
 *
 * Macro means and means weighted by support run over the classes that occur in truth or
 * prediction, also where all their weights are 0. A class that does not occur has no figures, and
 * a matrix without rows or weight has none at all; the reason stands in each figure.
 *
 *     struct classify_report r;
 *     classify_init(&r, &confusion);
 *     if (!r.macro.f1.reason) ...
 *     classify_release(&r);
 *
 * The report owns its array of classes. */
#ifndef STATS_CLASSIFY_H
#define STATS_CLASSIFY_H

#include "stats/confusion.h"
#include "stats/stat.h"

struct classify_scores {
    struct stat_value precision, recall, f1;
};

struct classify_class {
    struct tally truth;     /* rows whose truth is this class (its support) */
    struct tally predicted; /* rows that were predicted as it */
    struct tally hit;       /* both */
    struct classify_scores scores;
};

struct classify_report {
    uint32_t class_count;
    struct classify_class *classes;
    struct tally all, hit;
    uint32_t classes_occurring; /* in truth or prediction */
    struct stat_value accuracy, mcc, kappa;
    struct classify_scores macro, weighted;
};

void classify_init(struct classify_report *r, const struct confusion *c);
void classify_release(struct classify_report *r);

#endif
