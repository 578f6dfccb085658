/* stats/heavy.h
 *
 * The most frequent values of a stream in fixed space: Space-Saving (Metwally, Agrawal & El
 * Abbadi 2005). A value that occurs in more than 1/128 of the rows is always among the entries;
 * its true count lies in [rows - error, rows].
 *
 *     struct heavy h = {0};
 *     heavy_add(&h, hash_of_value);
 *     struct heavy_entry top[HEAVY_ENTRIES];
 *     size_t n = heavy_top(&h, top);                    // most frequent first
 *
 * Values are 64-bit hashes; who adds them keeps their names. Two summaries merge with the errors
 * added (Agarwal et al. 2012, "Mergeable summaries"). A value cannot be taken out: rebuild the
 * bucket. All zeros is the empty summary; it owns nothing. */
#ifndef STATS_HEAVY_H
#define STATS_HEAVY_H

#include "stats/codec.h"

enum { HEAVY_ENTRIES = 128 };

struct heavy_entry {
    uint64_t key, rows, error;
};

struct heavy {
    uint64_t rows;
    uint32_t count;
    struct heavy_entry entries[HEAVY_ENTRIES];
};

void heavy_add(struct heavy *h, uint64_t key);
void heavy_merge(struct heavy *h, const struct heavy *other);

/* Fills `top` by falling count (equal counts: by key) and returns how many there are. */
size_t heavy_top(const struct heavy *h, struct heavy_entry top[HEAVY_ENTRIES]);

size_t heavy_write(const struct heavy *h, uint8_t *p, size_t room);
WARN_UNUSED enum err heavy_read(struct heavy *h, const uint8_t *p, size_t n, struct err_ctx *e);

#endif
