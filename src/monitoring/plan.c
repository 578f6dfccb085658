#include "monitoring/plan.h"

void plan_init(struct plan *p, int64_t from_ms, int64_t to_ms, int64_t step_ms)
{
    assert(from_ms <= to_ms && step_ms >= 0);
    *p = (struct plan){.from_ms = from_ms, .to_ms = to_ms, .step_ms = step_ms};
}

void plan_release(struct plan *p)
{
    free(p->parts);
    *p = (struct plan){0};
}

/* Neighbours of one kind are one part. */
static void extend(struct plan *p, int64_t from_ms, int64_t to_ms, bool whole)
{
    if (p->count && p->parts[p->count - 1].whole == whole) {
        p->parts[p->count - 1].to_ms = MAX(p->parts[p->count - 1].to_ms, to_ms);
        return;
    }
    if (p->count == p->room) {
        p->room = p->room ? p->room * 2 : 8;
        p->parts = xrealloc(p->parts, p->room * sizeof *p->parts);
    }
    p->parts[p->count++] = (struct part){from_ms, to_ms, whole};
}

bool plan_add(struct plan *p, int64_t from_ms, int64_t span_ms, uint64_t rows)
{
    int64_t to_ms = from_ms + span_ms;
    bool fits = p->step_ms == 0 || p->step_ms % span_ms == 0;
    bool whole = fits && from_ms >= p->from_ms && to_ms <= p->to_ms;
    const struct part *last = p->count ? &p->parts[p->count - 1] : NULL;
    assert(!last || last->from_ms <= MAX(from_ms, p->from_ms));
    if (last && !last->whole && from_ms < last->to_ms)
        return false; /* it is read with the hour that it lies in */
    if (whole)
        p->whole_rows += rows;
    else
        p->cut_rows += rows;
    if (!fits)
        p->split_rows += rows;
    extend(p, MAX(from_ms, p->from_ms), MIN(to_ms, p->to_ms), whole);
    return whole;
}

bool plan_cuts(const struct plan *p, int64_t time_ms)
{
    size_t low = 0, high = p->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (p->parts[middle].to_ms <= time_ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low < p->count && p->parts[low].from_ms <= time_ms && !p->parts[low].whole;
}
