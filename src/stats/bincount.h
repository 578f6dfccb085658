/* stats/bincount.h
 *
 * Rows counted in bins that were frozen elsewhere (stats/bins.h): the hourly state of a feature's
 * drift. Nothing but an array of counters with the promises of an accumulator.
 *
 *     struct bincount c;
 *     bincount_init(&c, bins_cells(&frozen));
 *     bincount_add(&c, bins_cell(&frozen, x));
 *     bincount_merge(&c, &next_hour);
 *     bincount_release(&c);
 *
 * Exact in any order; a row can be taken out. It owns its counters. */
#ifndef STATS_BINCOUNT_H
#define STATS_BINCOUNT_H

#include "stats/codec.h"

enum { BINCOUNT_CELLS_MAX = 1 << 20 };

struct bincount {
    uint32_t cell_count;
    uint64_t *rows;
};

void bincount_init(struct bincount *c, uint32_t cell_count); /* <= BINCOUNT_CELLS_MAX */
void bincount_release(struct bincount *c);

void bincount_add(struct bincount *c, uint32_t cell);
WARN_UNUSED bool bincount_remove(struct bincount *c, uint32_t cell);
/* Both have the same number of cells. */
void bincount_merge(struct bincount *c, const struct bincount *other);

uint64_t bincount_total(const struct bincount *c);

size_t bincount_write(const struct bincount *c, uint8_t *p, size_t room);
WARN_UNUSED enum err bincount_read(struct bincount *c, const uint8_t *p, size_t n,
                                   struct err_ctx *e);

#endif
