#include "stats/evalue.h"

#include <math.h>

void evalue_observe(struct evalue *e, double log_e)
{
    assert(!isnan(log_e));
    e->log_now = log_e;
    e->log_max = fmax(e->log_max, log_e);
}

double evalue_p(const struct evalue *e)
{
    return exp(-e->log_max);
}

double evalue_round_alpha(double alpha, uint64_t round)
{
    assert(round >= 1 && alpha > 0 && alpha < 1);
    double r = (double)round;
    return 6 * alpha / (M_PI * M_PI * r * r);
}

double evalue_log_threshold(uint64_t challengers, double alpha)
{
    assert(challengers >= 1 && alpha > 0 && alpha < 1);
    return log((double)challengers / alpha);
}
