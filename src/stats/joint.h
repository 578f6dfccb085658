/* stats/joint.h
 *
 * Truth and the answers of two versions at once: N[y][a][b], the rows with truth y that A called a
 * and B called b. It is the sufficient statistic of every metric of labels for both versions and
 * of their covariance, so that the difference of any smooth metric has an interval at a fixed n:
 *
 *     g = metric(B) - metric(A),   Var g = sum N_i g_i^2 - (sum N_i g_i)^2/n,  g_i = dg/dN_i
 *
 * (delta method; the derivatives are written out in joint.c). Means of time blocks with a
 * confidence sequence (stats/confseq.h) are what automation should look at.
 *
 *     struct joint j;
 *     joint_init(&j, 3);
 *     joint_add(&j, truth, a, b);
 *     struct joint_difference d = joint_compare(&j, JOINT_MACRO_F1, 0, 0.05);
 *     joint_release(&j);
 *
 * To JOINT_CLASSES_MAX classes; it counts rows, not their weights, and owns class_count^3 counters.
 * Merging adds, a row can be taken out. */
#ifndef STATS_JOINT_H
#define STATS_JOINT_H

#include "stats/codec.h"
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

struct joint {
    uint32_t class_count;
    uint64_t *rows; /* [(y * class_count + a) * class_count + b] */
};

/* B minus A: positive where B is better. */
struct joint_difference {
    double a, b, difference, variance;
    struct stat_interval interval; /* normal, with error alpha */
    struct stat_test test;         /* z, two-sided */
    enum stat_reason reason;       /* of a and b: STAT_EMPTY, STAT_CLASS_ABSENT, STAT_ONE_CLASS */
};

void joint_init(struct joint *j, uint32_t class_count); /* 1 .. JOINT_CLASSES_MAX */
void joint_release(struct joint *j);

void joint_add(struct joint *j, uint32_t truth, uint32_t a, uint32_t b);
WARN_UNUSED bool joint_remove(struct joint *j, uint32_t truth, uint32_t a, uint32_t b);
/* Both have the same classes. */
void joint_merge(struct joint *j, const struct joint *other);

/* `class` counts for the metrics of one class only. */
struct joint_difference joint_compare(const struct joint *j, enum joint_metric metric,
                                      uint32_t class, double alpha);

size_t joint_write(const struct joint *j, uint8_t *p, size_t room);
WARN_UNUSED enum err joint_read(struct joint *j, const uint8_t *p, size_t n, struct err_ctx *e);

#endif
