/* base/clock.h
 *
 * What time it is: the system's, or a virtual one for tests that stands still until it is told
 * to move. Times are milliseconds since 1970-01-01T00:00:00Z.
 *
 *     struct clock clock;
 *     clock_init(&clock);
 *     int64_t now_ms = clock_now_ms(&clock);
 *
 * Any thread. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdatomic.h>
#include <time.h>

#include "base/str.h"

struct clock {
    _Atomic int64_t virtual_ms; /* INT64_MIN: the system's clock */
};

enum { CLOCK_TEXT_BYTES = 25 }; /* 2026-01-31T08:15:00.000Z and a 0 */

void clock_init(struct clock *c);
void clock_init_virtual(struct clock *c, int64_t start_ms);
bool clock_is_virtual(const struct clock *c);
int64_t clock_now_ms(const struct clock *c);

/* Only for a virtual clock; `by_ms` is not negative. */
void clock_advance(struct clock *c, int64_t by_ms);

/* For durations: never goes back, not related to the time of day. */
uint64_t clock_monotonic_ns(void);

/* The moment `after_ms` from now on that clock, for pthread_cond_clockwait(CLOCK_MONOTONIC): a wait
 * by the time of day would end early or late when somebody sets it. */
struct timespec clock_deadline(unsigned after_ms);

/* RFC 3339 in UTC with milliseconds. Returns `text`. */
char *clock_format(int64_t time_ms, char text[CLOCK_TEXT_BYTES]);

/* Reads RFC 3339 with any offset, a date alone included (midnight, UTC). */
WARN_UNUSED bool clock_parse(struct str s, int64_t *time_ms);

/* Reads a span like 30s, 15m, 24h, 7d, 2w; at most ten years. */
WARN_UNUSED bool clock_parse_span(struct str s, int64_t *span_ms);

#endif
