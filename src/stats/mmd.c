#include "stats/mmd.h"

#include <math.h>

#include "base/err.h"
#include "stats/radix.h"

/* The kernel matrix of the pooled rows, without its diagonal, and its row sums. */
struct kernel {
    float *cells;
    double *row_sums;
    double all;
    size_t rows;
};

static double square_distance(const double *a, const double *b, size_t columns)
{
    double sum = 0;
    for (size_t i = 0; i < columns; i++)
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sum;
}

static void fill_distances(struct kernel *k, const double *rows, size_t columns)
{
    for (size_t i = 0; i < k->rows; i++)
        for (size_t j = 0; j <= i; j++) {
            double d = square_distance(rows + i * columns, rows + j * columns, columns);
            k->cells[i * k->rows + j] = k->cells[j * k->rows + i] = (float)d;
        }
}

/* The median of the squared distances above the diagonal. */
static double median_distance(const struct kernel *k)
{
    size_t pairs = k->rows * (k->rows - 1) / 2, at = 0;
    struct radix_item *items = xmalloc(2 * pairs * sizeof *items);
    for (size_t i = 0; i < k->rows; i++)
        for (size_t j = 0; j < i; j++)
            items[at++] = (struct radix_item){radix_key((double)k->cells[i * k->rows + j]), 0};
    radix_sort(items, items + pairs, pairs);
    double median = radix_value(items[pairs / 2].key);
    free(items);
    return median;
}

static void apply_kernel(struct kernel *k, double median_square)
{
    for (size_t i = 0; i < k->rows; i++) {
        double sum = 0;
        for (size_t j = 0; j < k->rows; j++) {
            float *cell = &k->cells[i * k->rows + j];
            *cell = i == j ? 0 : expf((float)(-0.5 * (double)*cell / median_square));
            sum += (double)*cell;
        }
        k->row_sums[i] = sum;
        k->all += sum;
    }
}

/* MMD^2 of the first n rows of `order` against the others. Only the sum within the first group
 * needs a double loop: the row sums give the rest. */
static double discrepancy(const struct kernel *k, const uint32_t *order, size_t n)
{
    double first = (double)n, second = (double)(k->rows - n), within = 0, rows = 0;
    for (size_t i = 0; i < n; i++) {
        const float *cells = k->cells + (size_t)order[i] * k->rows;
        double sum = 0;
        for (size_t j = 0; j < n; j++)
            sum += (double)cells[order[j]];
        within += sum;
        rows += k->row_sums[order[i]];
    }
    double across = rows - within, other = k->all - rows - across;
    return within / (first * (first - 1)) + other / (second * (second - 1)) -
           2 * across / (first * second);
}

static void shuffle(uint32_t *order, size_t n, struct rng *rng)
{
    for (size_t i = n; i > 1; i--) {
        size_t j = (size_t)rng_below(rng, i);
        uint32_t swap = order[i - 1];
        order[i - 1] = order[j];
        order[j] = swap;
    }
}

static double permuted_p(const struct kernel *k, size_t n, double seen, unsigned permutations,
                         struct rng *rng)
{
    uint32_t *order = xmalloc(k->rows * sizeof *order);
    for (uint32_t i = 0; i < k->rows; i++)
        order[i] = i;
    unsigned reached = 0;
    for (unsigned i = 0; i < permutations; i++) {
        shuffle(order, k->rows, rng);
        reached += discrepancy(k, order, n) >= seen;
    }
    free(order);
    return (1.0 + reached) / (1.0 + permutations);
}

static double first_discrepancy(const struct kernel *k, size_t n)
{
    uint32_t *order = xmalloc(k->rows * sizeof *order);
    for (uint32_t i = 0; i < k->rows; i++)
        order[i] = i;
    double seen = discrepancy(k, order, n);
    free(order);
    return seen;
}

static bool all_finite(const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(x[i]))
            return false;
    return true;
}

struct mmd mmd_test(const double *x, size_t n, const double *y, size_t m, size_t columns,
                    unsigned permutations, struct rng *rng)
{
    if (n < 2 || m < 2 || columns == 0)
        return (struct mmd){.p = 1, .reason = STAT_TOO_FEW};
    if (n > MMD_ROWS_MAX || m > MMD_ROWS_MAX - n)
        return (struct mmd){.p = 1, .reason = STAT_TOO_LARGE};
    if (!all_finite(x, n * columns) || !all_finite(y, m * columns))
        return (struct mmd){.p = 1, .reason = STAT_NOT_FINITE};
    struct kernel k = {.rows = n + m};
    k.cells = xmalloc(k.rows * k.rows * sizeof *k.cells);
    k.row_sums = xmalloc(k.rows * sizeof *k.row_sums);
    double *rows = xmalloc(k.rows * columns * sizeof *rows);
    memcpy(rows, x, n * columns * sizeof *rows);
    memcpy(rows + n * columns, y, m * columns * sizeof *rows);
    fill_distances(&k, rows, columns);

    double median_square = median_distance(&k);
    struct mmd answer = {.p = 1, .reason = STAT_CONSTANT};
    if (median_square > 0) {
        apply_kernel(&k, median_square);
        answer = (struct mmd){.mmd2 = first_discrepancy(&k, n), .bandwidth = sqrt(median_square)};
        answer.p = permuted_p(&k, n, answer.mmd2, permutations, rng);
    }
    free(rows);
    free(k.row_sums);
    free(k.cells);
    return answer;
}
