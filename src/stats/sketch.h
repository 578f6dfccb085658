/* stats/sketch.h
 *
 * Quantiles of a stream with a bounded relative error, after DDSketch (Masson, Rim & Lee 2019,
 * VLDB 12): a value x > 0 is counted in bucket ceil(ln x / ln gamma), so that every value of a
 * bucket is within (gamma - 1)/(gamma + 1) of its centre: 1 % with gamma = 1.02. Negative values
 * have buckets of their own, magnitudes below 1e-15 count as 0, and magnitudes above 1e15 fall
 * into the last bucket.
 *
 *     struct sketch s;
 *     sketch_init(&s);
 *     if (!sketch_add(&s, latency_ms)) ...             // not finite
 *     struct stat_value p99 = sketch_quantile(&s, 0.99);
 *     sketch_release(&s);
 *
 * Merging adds counts and is exact in any order; a value can be taken out again. It owns its
 * buckets: 8 bytes for each between the smallest and the largest used, at most 3 500 a side. */
#ifndef STATS_SKETCH_H
#define STATS_SKETCH_H

#include "stats/codec.h"
#include "stats/stat.h"

/* Counts of consecutive bucket indices. */
struct sketch_side {
    int32_t first;
    uint32_t count;
    uint64_t *rows;
};

struct sketch {
    uint64_t rows, zeros;
    struct sketch_side negative, positive; /* negative: by the magnitude */
};

void sketch_init(struct sketch *s);
void sketch_release(struct sketch *s);

WARN_UNUSED bool sketch_add(struct sketch *s, double x);
WARN_UNUSED bool sketch_remove(struct sketch *s, double x);
void sketch_merge(struct sketch *s, const struct sketch *other);

/* The value at rank q (n - 1), 0 <= q <= 1, to within 1 % of its magnitude. */
struct stat_value sketch_quantile(const struct sketch *s, double q);

/* Rows of one bucket, 0 for those that were never used. */
uint64_t sketch_side_rows(const struct sketch_side *side, int32_t index);

size_t sketch_write(const struct sketch *s, uint8_t *p, size_t room);
WARN_UNUSED enum err sketch_read(struct sketch *s, const uint8_t *p, size_t n, struct err_ctx *e);

#endif
