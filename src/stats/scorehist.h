/* stats/scorehist.h
 *
 * The scores of one class, positives and negatives apart, counted in equal bins of [0, 1]. Where
 * a window holds too many rows to sort, every figure of a ranking comes from here: AUC with a
 * bound of its error, ROC, precision-recall, lift and calibration through a ranking of the bins.
 *
 *     AUC      = sum_b p_b (N_below(b) + n_b / 2) / (P N)
 *     |error| <= sum_b p_b n_b / (2 P N)          (only pairs inside one bin can be misordered)
 *
 *     struct scorehist h;
 *     scorehist_init(&h, 1024);
 *     if (!scorehist_add(&h, score, truth == k, weight))
 *         ...                                     // the score is not in [0, 1]
 *     struct scorehist_auc auc = scorehist_auc(&h);
 *     scorehist_release(&h);
 *
 * A bin b holds b/B <= score < (b+1)/B, 1 itself is in the last; unless B is a power of two, a
 * score within the last digit of an edge may fall to its neighbour. It owns its bins: 48 bytes
 * each.
 */
#ifndef STATS_SCOREHIST_H
#define STATS_SCOREHIST_H

#include "stats/ranking.h"
#include "stats/tally.h"

enum { SCOREHIST_BINS = 1024, SCOREHIST_BINS_MAX = 1 << 16 };

struct scorehist {
    uint32_t bin_count;
    struct tally *tallies; /* two per bin: [2b] its negatives, [2b + 1] its positives */
};

struct scorehist_auc {
    struct stat_value auc;
    double error_max;
};

void scorehist_init(struct scorehist *h, uint32_t bin_count);
void scorehist_release(struct scorehist *h);

/* False, and no change, if the score is outside [0, 1] or not a number. */
WARN_UNUSED bool scorehist_add(struct scorehist *h, double score, bool positive, double weight);
WARN_UNUSED bool scorehist_remove(struct scorehist *h, double score, bool positive, double weight);
/* Both have the same number of bins. */
void scorehist_merge(struct scorehist *h, const struct scorehist *other);

struct scorehist_auc scorehist_auc(const struct scorehist *h);

/* A ranking whose steps are the bins that hold rows, at their centres; the caller releases it. */
void scorehist_ranking(const struct scorehist *h, struct ranking *r);

size_t scorehist_write(const struct scorehist *h, uint8_t *p, size_t room);
WARN_UNUSED enum err scorehist_read(struct scorehist *h, const uint8_t *p, size_t n,
                                    struct err_ctx *e);

#endif
