/* stats/paired.h
 *
 * Two versions that answered the same rows. For labels the four counts of a comparison; for
 * numbers the moments of d = loss of A - loss of B, positive where B is better.
 *
 *     struct paired p = {0};
 *     paired_add_labels(&p, a_right, b_right);
 *     struct stat_test t = mcnemar_mid_p(p.only_b, p.only_a);
 *
 * Rows are counted, not weighted: this is the evidence of a test, and a row of weight 3 is one
 * piece of evidence, not three. Metrics that weigh are in stats/classify.h, stats/regression.h and,
 * for two versions at once, stats/joint.h. Merging adds, a row can be taken out (moments_remove()
 * says what that means for extremes). All zeros is the empty accumulator; it owns nothing. */
#ifndef STATS_PAIRED_H
#define STATS_PAIRED_H

#include "stats/moments.h"

struct paired {
    uint64_t both_right, only_a, only_b, both_wrong;
    struct moments difference;
};

void paired_add_labels(struct paired *p, bool a_right, bool b_right);
WARN_UNUSED bool paired_remove_labels(struct paired *p, bool a_right, bool b_right);
/* False, and no change, if a loss is not finite or beyond 1e140. */
WARN_UNUSED bool paired_add_losses(struct paired *p, double loss_a, double loss_b);
WARN_UNUSED bool paired_remove_losses(struct paired *p, double loss_a, double loss_b);
void paired_merge(struct paired *p, const struct paired *other);

size_t paired_write(const struct paired *p, uint8_t *bytes, size_t room);
WARN_UNUSED enum err paired_read(struct paired *p, const uint8_t *bytes, size_t n,
                                 struct err_ctx *e);

#endif
