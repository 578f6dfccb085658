/* stats/adwin.h
 *
 * A window that keeps itself as long as its mean does not change: ADWIN2 (Bifet & Gavalda 2007,
 * SDM). The window is an exponential histogram: buckets of 2^i rows, at most ADWIN_PER_ROW of
 * each size. After every row it drops its oldest buckets while some cut into an old part (n0) and
 * a new part (n1) shows different means:
 *
 *     |mean0 - mean1| > sqrt(2/m v ln(2/d)) + 2/(3m) ln(2/d),
 *     1/m = 1/n0 + 1/n1,  v = variance of the window,  d = delta/ln n
 *
 *     struct adwin a;
 *     adwin_init(&a, 0.002);
 *     if (adwin_add(&a, loss_in_0_1)) ...               // changed: the old part is gone
 *
 * For values in [0, 1]. Depends on the order: neither merges nor gives a row back. It owns
 * nothing: 5 KiB in the structure. */
#ifndef STATS_ADWIN_H
#define STATS_ADWIN_H

#include "stats/codec.h"

enum { ADWIN_PER_ROW = 5, ADWIN_SIZES = 48, ADWIN_ROWS_MIN = 10, ADWIN_PART_MIN = 5 };

struct adwin_bucket {
    double sum, square; /* square: sum of squares around the bucket's mean */
};

struct adwin_row {
    unsigned count;
    struct adwin_bucket buckets[ADWIN_PER_ROW + 1]; /* oldest first */
};

struct adwin {
    double delta;
    uint64_t rows;
    double sum, square;
    struct adwin_row sizes[ADWIN_SIZES];
};

void adwin_init(struct adwin *a, double delta);
/* True when the window shrank. x in [0, 1]. */
bool adwin_add(struct adwin *a, double x);

double adwin_mean(const struct adwin *a);

size_t adwin_write(const struct adwin *a, uint8_t *p, size_t room);
WARN_UNUSED enum err adwin_read(struct adwin *a, const uint8_t *p, size_t n, struct err_ctx *e);

#endif
