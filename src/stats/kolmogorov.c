#include "stats/kolmogorov.h"

#include <math.h>

#include "base/err.h"
#include "stats/special.h"

enum { EXACT_ROWS_MAX = 500, TAIL_ROWS_MAX = 20000, TERMS_MAX = 100 };

double kolmogorov_sf(double x)
{
    assert(!isnan(x));
    if (x <= 0.04) /* below it the probability of less is under 10^-300 */
        return 1;
    if (x < 1) { /* the other side by Jacobi's transform converges faster */
        double sum = 0, unit = M_PI * M_PI / (8 * x * x);
        for (int k = 1; k < 2 * TERMS_MAX; k += 2)
            sum += exp(-k * (double)k * unit);
        return 1 - sqrt(2 * M_PI) / x * sum;
    }
    double sum = 0;
    for (int k = TERMS_MAX; k >= 1; k--)
        sum += (k % 2 ? 2 : -2) * exp(-2.0 * k * k * x * x);
    return fmin(1, sum);
}

/* P(D+ >= d) = d sum_j C(n,j) (d + j/n)^(j-1) (1 - d - j/n)^(n-j)   (Smirnov 1944) */
static double smirnov_sf(double n, double d)
{
    double sum = 0;
    for (double j = 0; j <= floor(n * (1 - d)); j++) {
        double low = d + j / n, high = 1 - d - j / n;
        if (high <= 0)
            continue; /* (0)^0 at j = n * (1 - d) adds what the neighbours' limit already holds */
        double log_term = special_log_binomial(j, n, low, high) - log(low);
        sum += exp(log_term);
    }
    return d * sum;
}

/* A square matrix scaled by a power of ten, so that H^n does not overflow. */
struct scaled {
    double *cells;
    int exponent;
};

static void multiply(const double *a, const double *b, double *product, size_t m)
{
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < m; j++) {
            double sum = 0;
            for (size_t k = 0; k < m; k++)
                sum += a[i * m + k] * b[k * m + j];
            product[i * m + j] = sum;
        }
}

static void rescale(struct scaled *x, size_t m)
{
    if (x->cells[(m / 2) * m + m / 2] <= 1e140)
        return;
    for (size_t i = 0; i < m * m; i++)
        x->cells[i] *= 1e-140;
    x->exponent += 140;
}

/* result = base^power; `base` is used up, `spare` is scratch. */
static void power_of(struct scaled *result, struct scaled *base, double *spare, size_t m,
                     uint64_t power)
{
    memset(result->cells, 0, m * m * sizeof *result->cells);
    for (size_t i = 0; i < m; i++)
        result->cells[i * m + i] = 1;
    for (; power > 0; power >>= 1) {
        if (power & 1) {
            multiply(result->cells, base->cells, spare, m);
            memcpy(result->cells, spare, m * m * sizeof *spare);
            result->exponent += base->exponent;
            rescale(result, m);
        }
        multiply(base->cells, base->cells, spare, m);
        memcpy(base->cells, spare, m * m * sizeof *spare);
        base->exponent *= 2;
        rescale(base, m);
    }
}

/* The matrix H of Marsaglia, Tsang & Wang for k - h = n d. */
static void fill_matrix(double *cells, size_t m, double h)
{
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < m; j++)
            cells[i * m + j] = i + 1 >= j ? 1 : 0;
    for (size_t i = 0; i < m; i++) {
        cells[i * m] -= pow(h, (double)(i + 1));
        cells[(m - 1) * m + i] -= pow(h, (double)(m - i));
    }
    if (2 * h > 1)
        cells[(m - 1) * m] += pow(2 * h - 1, (double)m);
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j <= i; j++)
            for (size_t g = 1; g <= i - j + 1; g++)
                cells[i * m + j] /= (double)g;
}

static double exact_cdf(uint64_t n, double d)
{
    double scaled_d = (double)n * d;
    size_t k = (size_t)floor(scaled_d) + 1;
    size_t m = 2 * k - 1;
    double *memory = xmalloc(3 * m * m * sizeof *memory);
    struct scaled base = {memory, 0}, result = {memory + m * m, 0};
    fill_matrix(base.cells, m, (double)k - scaled_d);
    power_of(&result, &base, memory + 2 * m * m, m, n);
    double p = result.cells[(k - 1) * m + k - 1];
    for (uint64_t i = 1; i <= n; i++) {
        p *= (double)i / (double)n;
        if (p < 1e-140) {
            p *= 1e140;
            result.exponent -= 140;
        }
    }
    free(memory);
    return p * pow(10, result.exponent);
}

double kolmogorov_finite_sf(uint64_t n, double d)
{
    assert(n > 0 && !isnan(d));
    double rows = (double)n, root = sqrt(rows), x = d * root;
    if (d >= 1 || 2 * rows * d <= 1)
        return d >= 1 ? 0 : 1;
    if (x > 18)
        return 0; /* below the smallest double */
    if (x >= 2 && n <= TAIL_ROWS_MAX)
        return fmin(1, 2 * smirnov_sf(rows, d));
    if (n <= EXACT_ROWS_MAX)
        return fmax(0, 1 - exact_cdf(n, d));
    return kolmogorov_sf(x + 1 / (6 * root) + (x - 1) / (4 * rows));
}
