/* stats/joint.h
 *
 * Truth and the answers of two versions at once: W[y][a][b], the weight of the rows with truth y
 * that A called a and B called b. It is the sufficient statistic of every metric of labels for both
 * versions; with V, the sum of the squared weights, also of their covariance, so that the
 * difference of any smooth metric has an interval at a fixed n:
 *
 *     g = metric(B) - metric(A),   Var g = sum V_i g_i^2 - (sum W_i g_i)^2/n,  g_i = dg/dW_i
 *
 * (delta method; the derivatives are written out in joint.c, n = rows). Weights count as
 * everywhere: the metrics are those of stats/classify.h with the same weights, and only the ratios
 * of weights matter to the interval. Means of time blocks with a confidence sequence
 * (stats/confseq.h) are what automation should look at.
 *
 *     struct joint j;
 *     joint_init(&j, 3);
 *     joint_add(&j, truth, a, b, weight);
 *     struct joint_difference d = joint_compare(&j, JOINT_MACRO_F1, 0, 0.05);
 *     joint_release(&j);
 *
 * To JOINT_CLASSES_MAX classes; it owns class_count^3 cells of 40 bytes. Merging adds, a row can be
 * taken out, as exactly as from a tally (stats/tally.h). */
#ifndef STATS_JOINT_H
#define STATS_JOINT_H

#include "stats/dd.h"
#include "stats/stat.h"

enum { JOINT_CLASSES_MAX = 32 };

enum joint_metric {
    JOINT_ACCURACY,
    JOINT_PRECISION, /* of one class */
    JOINT_RECALL,    /* of one class */
    JOINT_F1,        /* of one class */
    JOINT_MACRO_F1,
    JOINT_KAPPA,
    JOINT_MCC,
    JOINT_METRICS
};

struct joint_cell {
    uint64_t rows;
    struct dd weight, square; /* sums of the weights and of their squares */
};

struct joint {
    uint32_t class_count;
    struct joint_cell *cells; /* [(y * class_count + a) * class_count + b] */
};

/* B minus A: positive where B is better. */
struct joint_difference {
    double a, b, difference, variance;
    struct stat_interval interval; /* normal, with error alpha */
    struct stat_test test;         /* z, two-sided */
    enum stat_reason reason;       /* of a and b: STAT_EMPTY, STAT_NO_WEIGHT, STAT_CLASS_ABSENT,
                                      STAT_ONE_CLASS */
};

void joint_init(struct joint *j, uint32_t class_count); /* 1 .. JOINT_CLASSES_MAX */
void joint_release(struct joint *j);

/* tally_weight_ok(weight) */
void joint_add(struct joint *j, uint32_t truth, uint32_t a, uint32_t b, double weight);
/* False, and no change, if the cell holds no row. */
WARN_UNUSED bool joint_remove(struct joint *j, uint32_t truth, uint32_t a, uint32_t b,
                              double weight);
/* Both have the same classes. */
void joint_merge(struct joint *j, const struct joint *other);

/* `class` counts for the metrics of one class only. */
struct joint_difference joint_compare(const struct joint *j, enum joint_metric metric,
                                      uint32_t class, double alpha);

size_t joint_write(const struct joint *j, uint8_t *p, size_t room);
WARN_UNUSED enum err joint_read(struct joint *j, const uint8_t *p, size_t n, struct err_ctx *e);

#endif
