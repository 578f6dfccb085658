/* stats/proper.h
 *
 * Proper scoring rules of predicted probabilities, as running sums:
 *
 *     log loss = mean of -ln(clip(p_truth, eps, 1 - eps)), eps = 2^-52, as scikit-learn
 *     Brier    = two classes: mean of (p_1 - [truth is 1])^2; more: mean over rows of
 *                sum_k (p_k - [truth is k])^2             (Brier 1950, Mon. Weather Rev. 78)
 *
 * A truth that is none of the model's classes (truth >= class_count) counts as a class to which
 * the model gave probability 0; for two classes its Brier term is half the sum of the squares,
 * which is the same scale.
 *
 *     struct proper s = {0};
 *     if (!proper_add(&s, probabilities, 3, truth, weight))
 *         ...                                  // a probability is not a number in [0, 1]
 *     struct stat_value loss = proper_log_loss(&s);
 *
 * All zeros is the empty accumulator; it owns nothing. Merging is adding; removal is exact to
 * about 106 bits. */
#ifndef STATS_PROPER_H
#define STATS_PROPER_H

#include "stats/dd.h"
#include "stats/stat.h"

struct proper {
    uint64_t rows;
    struct dd weight, log_loss, brier; /* sums times weight */
};

/* False, and no change, if a probability is outside [0, 1] or not a number. */
WARN_UNUSED bool proper_add(struct proper *s, const double *probabilities, size_t class_count,
                            size_t truth, double weight);
/* The same arguments as when the row was added; false if that cannot be. */
WARN_UNUSED bool proper_remove(struct proper *s, const double *probabilities, size_t class_count,
                               size_t truth, double weight);
void proper_merge(struct proper *s, const struct proper *other);

struct stat_value proper_log_loss(const struct proper *s);
struct stat_value proper_brier(const struct proper *s);

size_t proper_write(const struct proper *s, uint8_t *p, size_t room);
WARN_UNUSED enum err proper_read(struct proper *s, const uint8_t *p, size_t n, struct err_ctx *e);

#endif
