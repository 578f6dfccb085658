#include "stats/divergence.h"

#include <math.h>

struct stat_value divergence_psi(const double *p, const double *q, size_t cells)
{
    double sum = 0;
    for (size_t i = 0; i < cells; i++)
        if (p[i] != q[i])
            sum += (p[i] - q[i]) * log(p[i] / q[i]);
    return stat_ok(sum);
}

struct stat_value divergence_kl(const double *p, const double *q, size_t cells)
{
    double sum = 0;
    for (size_t i = 0; i < cells; i++)
        if (p[i] > 0)
            sum += p[i] * log(p[i] / q[i]);
    return stat_ok(sum);
}

double divergence_jensen_shannon(const double *p, const double *q, size_t cells)
{
    double sum = 0;
    for (size_t i = 0; i < cells; i++) {
        double middle = 0.5 * (p[i] + q[i]);
        if (p[i] > 0)
            sum += 0.5 * p[i] * log(p[i] / middle);
        if (q[i] > 0)
            sum += 0.5 * q[i] * log(q[i] / middle);
    }
    return sqrt(fmax(0, sum));
}

double divergence_hellinger(const double *p, const double *q, size_t cells)
{
    double sum = 0;
    for (size_t i = 0; i < cells; i++) {
        double miss = sqrt(p[i]) - sqrt(q[i]);
        sum += miss * miss;
    }
    return sqrt(0.5 * sum);
}

double divergence_total_variation(const double *p, const double *q, size_t cells)
{
    double sum = 0;
    for (size_t i = 0; i < cells; i++)
        sum += fabs(p[i] - q[i]);
    return 0.5 * sum;
}

double divergence_max(const double *p, const double *q, size_t cells)
{
    double most = 0;
    for (size_t i = 0; i < cells; i++)
        most = fmax(most, fabs(p[i] - q[i]));
    return most;
}

double divergence_wasserstein(const double *p, const double *q, const double *edges, size_t cells)
{
    double sum = 0, before = 0;
    for (size_t i = 0; i < cells; i++) {
        double after = before + p[i] - q[i], width = edges[i + 1] - edges[i];
        /* The gap runs straight from `before` to `after`; where it changes sign, two triangles. */
        double area = before * after >= 0
                          ? 0.5 * fabs(before + after)
                          : 0.5 * (before * before + after * after) / (fabs(before) + fabs(after));
        sum += width * area;
        before = after;
    }
    return sum;
}

void divergence_shares(const uint64_t *counts, size_t cells, double *shares)
{
    double n = 0;
    for (size_t i = 0; i < cells; i++)
        n += (double)counts[i];
    for (size_t i = 0; i < cells; i++)
        shares[i] = ((double)counts[i] + 0.5) / (n + 0.5 * (double)cells);
}

double divergence_psi_debiased(double psi, size_t cells, uint64_t n, uint64_t m)
{
    assert(cells > 0 && n > 0 && m > 0);
    return psi - (double)(cells - 1) * (1 / (double)n + 1 / (double)m);
}
