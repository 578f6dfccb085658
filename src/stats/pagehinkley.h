/* stats/pagehinkley.h
 *
 * Has the mean of a stream of losses changed? The Page-Hinkley test (Page 1954, Biometrika 41),
 * both ways: it alarms when the cumulated deviation from the running mean has risen (or fallen) by
 * more than `threshold` above its lowest (below its highest) point.
 *
 *     up_t = forget up_{t-1} + (x_t - mean_t - tolerance),  alarm if up_t - min up > threshold
 *
 *     struct pagehinkley p;
 *     pagehinkley_init(&p, &pagehinkley_defaults);
 *     if (pagehinkley_add(&p, block_loss) != PAGEHINKLEY_NONE) ...    // and start anew
 *
 * Feed it block means of a loss. It depends on the order, so it neither merges nor gives a row
 * back. It owns nothing. */
#ifndef STATS_PAGEHINKLEY_H
#define STATS_PAGEHINKLEY_H

#include "stats/codec.h"

enum pagehinkley_change { PAGEHINKLEY_NONE, PAGEHINKLEY_UP, PAGEHINKLEY_DOWN };

struct pagehinkley_options {
    double tolerance, threshold, forget; /* threshold > 0, 0 < forget <= 1 */
    uint64_t rows_min;                   /* no alarm before so many rows */
};

extern const struct pagehinkley_options pagehinkley_defaults; /* 0.005, 50, 0.9999, 30 */

struct pagehinkley {
    struct pagehinkley_options options;
    uint64_t rows;
    double mean, up, up_min, down, down_max;
};

void pagehinkley_init(struct pagehinkley *p, const struct pagehinkley_options *options);
/* x is finite. After an alarm the test has started anew. */
enum pagehinkley_change pagehinkley_add(struct pagehinkley *p, double x);

size_t pagehinkley_write(const struct pagehinkley *p, uint8_t *bytes, size_t room);
WARN_UNUSED enum err pagehinkley_read(struct pagehinkley *p, const uint8_t *bytes, size_t n,
                                      struct err_ctx *e);

#endif
