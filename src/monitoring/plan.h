/* monitoring/plan.h
 *
 * How a span of time is put together from what was counted: parts whose buckets count as they are,
 * and parts that have to be read row by row, because the span cuts a bucket, or because an hour
 * whose minutes are gone is asked for by shorter steps.
 *
 *     plan_init(&plan, from_ms, to_ms, step_ms);             step_ms 0: no steps
 *     for (each bucket, in the order of time, an hour before its minutes)
 *         if (plan_add(&plan, bucket_from_ms, bucket_span_ms, rows))
 *             ...                                            it counts as it is
 *     for (size_t i = 0; i < plan.count; i++)
 *         use(&plan.parts[i]);
 *     plan_release(&plan);
 *
 * Between its buckets a part covers time in which there was nothing. Steps are full hours or
 * divide an hour, and begin in 1970. It owns its parts. Inside this folder only. */
#ifndef MONITORING_PLAN_H
#define MONITORING_PLAN_H

#include "base/err.h"

struct part {
    int64_t from_ms, to_ms;
    bool whole; /* its buckets count as they are */
};

struct plan {
    int64_t from_ms, to_ms, step_ms;
    struct part *parts;
    size_t count, room;
    uint64_t whole_rows; /* in buckets that count as they are */
    uint64_t cut_rows;   /* in the others, also where they lie outside of the span */
    uint64_t split_rows; /* of those, in hours that are longer than a step */
};

void plan_init(struct plan *p, int64_t from_ms, int64_t to_ms, int64_t step_ms);
void plan_release(struct plan *p);

/* True when the bucket counts as it is. */
bool plan_add(struct plan *p, int64_t from_ms, int64_t span_ms, uint64_t rows);

/* True for a time that is to be read row by row. */
bool plan_cuts(const struct plan *p, int64_t time_ms);

#endif
