/* stats/special.h
 *
 * Special functions that libm lacks: the regularised incomplete beta and gamma functions, their
 * logarithms where a tail underflows, and their inverses.
 *
 *     I_x(a, b) = 1/B(a, b) int_0^x t^(a-1) (1-t)^(b-1) dt            a, b > 0; 0 <= x <= 1
 *     P(a, x)   = 1/Gamma(a) int_0^x t^(a-1) e^-t dt,  Q = 1 - P      a > 0; x >= 0
 *
 * Continued fractions by Lentz's method (DLMF 8.17.22, 8.9.2) and the power series of P (DLMF
 * 8.11.4). The powers in front are formed by Loader's saddle-point expansion (Loader 2000, "Fast
 * and accurate computation of binomial probabilities"), because differences of lgamma() lose all
 * digits at the sizes of a prediction log. 12 digits up to parameters of 10^4, 10 to 10^6; the work
 * grows with the square root of the parameters.
 *
 * Arguments outside the domain are bugs and assert. Pure; free for all threads (lgamma_r). */
#ifndef STATS_SPECIAL_H
#define STATS_SPECIAL_H

#include "base/compat.h"

double special_lgamma(double x);             /* x > 0 */
double special_log_beta(double a, double b); /* a, b > 0 */

/* ln of x^a y^b / B(a, b), where y = 1 - x is given apart so that no digits are lost. */
double special_log_beta_term(double a, double b, double x, double y);

double special_beta_inc(double a, double b, double x);
/* The same with y = 1 - x given apart, for x near 1. */
double special_beta_inc_xy(double a, double b, double x, double y);
double special_log_beta_inc(double a, double b, double x); /* -infinity at x = 0 */
/* The x with I_x(a, b) = p, 0 <= p <= 1. */
double special_beta_inc_inverse(double a, double b, double p);
/* ln(x / (1 - x)) of it, which keeps its digits near both ends. */
double special_beta_inc_inverse_logit(double a, double b, double p);

double special_gamma_p(double a, double x);
double special_gamma_q(double a, double x);
/* The x with P(a, x) = p, and with Q(a, x) = q; infinity at p = 1, q = 0. */
double special_gamma_p_inverse(double a, double p);
double special_gamma_q_inverse(double a, double q);

/* ln of the binomial probability of k successes in n trials with chance p, q = 1 - p; k and n
 * need not be whole. 0 <= k <= n. */
double special_log_binomial(double k, double n, double p, double q);

#endif
