/* stats/bins.h
 *
 * Bins that are frozen on a reference, so that counts of different hours can be compared and
 * added. A number falls into one of at most `bins_max` quantile bins (one bin per value where
 * there are no more distinct values than that; the border is halfway between two values); a
 * category, given as a hash, into its own bin if it is among the most frequent ones. Three further
 * cells follow the `count` bins:
 *
 *              numeric              categories
 *     count    below the reference  a rarer category of the reference
 *     count+1  above it             a category that the reference did not have
 *     count+2  missing (NaN)        missing
 *
 *     struct bins b;
 *     enum stat_reason reason = bins_init_numeric(&b, reference, n, 20);
 *     bincount_add(&counts, bins_cell(&b, x));
 *     bins_release(&b);
 *
 * It owns its edges. Written once, it may be read by any number of threads. */
#ifndef STATS_BINS_H
#define STATS_BINS_H

#include "stats/codec.h"
#include "stats/heavy.h"
#include "stats/stat.h"

enum { BINS_SPARE_CELLS = 3, BINS_MAX = 4096, BINS_KEYS_MAX = 1 << 16 };

enum bins_kind { BINS_NUMERIC, BINS_CATEGORIES };

struct bins_key {
    uint64_t key;
    uint32_t cell;
};

struct bins {
    enum bins_kind kind;
    uint32_t count;
    double *edges;         /* numeric: count + 1 of them, strictly growing or equal at the ends */
    struct bins_key *keys; /* categories: sorted by key */
    uint32_t key_count;
};

/* NaN are left out of the reference, infinities fall outside the bins. STAT_EMPTY when nothing
 * finite is left; then there is nothing to release. Allocates 16 bytes per value while it works. */
WARN_UNUSED enum stat_reason bins_init_numeric(struct bins *b, const double *reference, size_t n,
                                               uint32_t bins_max);
/* All categories of the reference with their counts; the bins_max most frequent get a bin. */
WARN_UNUSED enum stat_reason bins_init_categories(struct bins *b, const struct heavy_entry *seen,
                                                  size_t n, uint32_t bins_max);
void bins_release(struct bins *b);

uint32_t bins_cells(const struct bins *b); /* count + BINS_SPARE_CELLS */
uint32_t bins_cell(const struct bins *b, double x);
uint32_t bins_cell_category(const struct bins *b, uint64_t key);
uint32_t bins_cell_missing(const struct bins *b);

size_t bins_write(const struct bins *b, uint8_t *p, size_t room);
WARN_UNUSED enum err bins_read(struct bins *b, const uint8_t *p, size_t n, struct err_ctx *e);

#endif
