#include "stats/seqmcnemar.h"

#include <math.h>

#include "stats/special.h"

double seqmcnemar_log_e(uint64_t b, uint64_t c)
{
    double x = (double)b, y = (double)c;
    return (x + y) * M_LN2 + special_log_beta(1 + x, 1 + y);
}

double seqmcnemar_log_e_plus(uint64_t b, uint64_t c)
{
    double x = (double)b, y = (double)c;
    return seqmcnemar_log_e(b, c) + M_LN2 + special_log_beta_inc(1 + y, 1 + x, 0.5);
}
