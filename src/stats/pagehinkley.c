#include "stats/pagehinkley.h"

#include <math.h>

const struct pagehinkley_options pagehinkley_defaults = {
    .tolerance = 0.005, .threshold = 50, .forget = 0.9999, .rows_min = 30};

void pagehinkley_init(struct pagehinkley *p, const struct pagehinkley_options *options)
{
    *p = (struct pagehinkley){.options = *options};
}

enum pagehinkley_change pagehinkley_add(struct pagehinkley *p, double x)
{
    assert(isfinite(x));
    const struct pagehinkley_options *o = &p->options;
    p->rows++;
    p->mean += (x - p->mean) / (double)p->rows;
    p->up = o->forget * p->up + (x - p->mean - o->tolerance);
    p->down = o->forget * p->down + (x - p->mean + o->tolerance);
    p->up_min = fmin(p->up_min, p->up);
    p->down_max = fmax(p->down_max, p->down);
    enum pagehinkley_change change = PAGEHINKLEY_NONE;
    if (p->rows >= o->rows_min && p->up - p->up_min > o->threshold)
        change = PAGEHINKLEY_UP;
    else if (p->rows >= o->rows_min && p->down_max - p->down > o->threshold)
        change = PAGEHINKLEY_DOWN;
    if (change != PAGEHINKLEY_NONE)
        pagehinkley_init(
            p, &(struct pagehinkley_options){o->tolerance, o->threshold, o->forget, o->rows_min});
    return change;
}
