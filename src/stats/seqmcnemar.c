#include "stats/seqmcnemar.h"

#include <math.h>

#include "stats/special.h"

/* 2^n B(1+b, 1+c) = 1/((n+1) BinPMF(b; n, 1/2)): in this form n ln 2 does not swallow the digits.
 */
double seqmcnemar_log_e(uint64_t b, uint64_t c)
{
    double x = (double)b, n = x + (double)c;
    return -log1p(n) - special_log_binomial(x, n, 0.5, 0.5);
}

double seqmcnemar_log_e_plus(uint64_t b, uint64_t c)
{
    double x = (double)b, y = (double)c;
    return seqmcnemar_log_e(b, c) + M_LN2 + special_log_beta_inc(1 + y, 1 + x, 0.5);
}
