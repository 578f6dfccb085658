/* stats/divergence.h
 *
 * How far two distributions over the same cells are apart; p = reference, q = current, shares
 * that sum to 1, natural logarithms.
 *
 *     PSI              sum (p - q) ln(p/q)                 0 for equal shares; infinite (a reason)
 *     KL(p||q)         sum p ln(p/q)                       where one side has an empty cell
 *     Jensen-Shannon   sqrt(KL(p||m)/2 + KL(q||m)/2), m = (p+q)/2; in [0, sqrt ln 2]
 *                      the base-2 distance is this divided by sqrt(ln 2)
 *     Hellinger        sqrt(sum (sqrt p - sqrt q)^2 / 2)   in [0, 1]
 *     total variation  sum |p - q|/2                       in [0, 1]
 *     L-infinity       max |p - q|
 *     Wasserstein-1    int |F - G| dx from histograms, mass spread evenly within a bin
 *
 * Counts become shares with half a row added to every cell, so that an empty one is finite. A PSI
 * of counts without any drift is about (B-1)(1/n + 1/m), not 0 (Yurdakul 2018):
 * divergence_psi_debiased() takes that off.
 *
 *     struct stat_value psi = divergence_psi(p, q, cells);
 *
 * Pure. */
#ifndef STATS_DIVERGENCE_H
#define STATS_DIVERGENCE_H

#include "stats/stat.h"

struct stat_value divergence_psi(const double *p, const double *q, size_t cells);
struct stat_value divergence_kl(const double *p, const double *q, size_t cells);
double divergence_jensen_shannon(const double *p, const double *q, size_t cells);
double divergence_hellinger(const double *p, const double *q, size_t cells);
double divergence_total_variation(const double *p, const double *q, size_t cells);
double divergence_max(const double *p, const double *q, size_t cells);

/* edges: cells + 1, growing. Divide by the reference's spread to compare features. */
double divergence_wasserstein(const double *p, const double *q, const double *edges, size_t cells);

/* (counts + 1/2)/(n + cells/2) */
void divergence_shares(const uint64_t *counts, size_t cells, double *shares);

double divergence_psi_debiased(double psi, size_t cells, uint64_t n, uint64_t m);

#endif
