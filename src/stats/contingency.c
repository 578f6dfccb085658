#include "stats/contingency.h"

#include <math.h>

#include "base/err.h"
#include "stats/dist.h"
#include "stats/special.h"

struct margins {
    double *row, *column;
    double all;
    size_t rows_used, columns_used;
};

static bool margins_fill(struct margins *m, const double *table, size_t rows, size_t columns)
{
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++) {
            double count = table[i * columns + j];
            if (!(count >= 0 && isfinite(count)))
                return false;
            m->row[i] += count;
            m->column[j] += count;
            m->all += count;
        }
    for (size_t i = 0; i < rows; i++)
        m->rows_used += m->row[i] > 0;
    for (size_t j = 0; j < columns; j++)
        m->columns_used += m->column[j] > 0;
    return true;
}

static double distance(const struct margins *m, const double *table, size_t rows, size_t columns,
                       bool corrected)
{
    double chi2 = 0;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++) {
            double expected = m->row[i] / m->all * m->column[j];
            double miss = fabs(table[i * columns + j] - expected);
            if (corrected)
                miss -= fmin(0.5, miss);
            if (expected > 0)
                chi2 += miss * miss / expected;
        }
    return chi2;
}

struct stat_test contingency_chi2(const double *table, size_t rows, size_t columns, bool corrected)
{
    double *memory = xcalloc(rows + columns, sizeof *memory);
    struct margins m = {.row = memory, .column = memory + rows};
    struct stat_test test;
    if (!margins_fill(&m, table, rows, columns)) {
        test = stat_test_none(STAT_OUT_OF_DOMAIN);
    } else if (m.all == 0) {
        test = stat_test_none(STAT_EMPTY);
    } else if (m.rows_used < 2 || m.columns_used < 2) {
        test = stat_test_none(STAT_TOO_FEW);
    } else {
        double df = (double)((m.rows_used - 1) * (m.columns_used - 1));
        double chi2 = distance(&m, table, rows, columns, corrected && df == 1);
        test = (struct stat_test){.statistic = chi2, .p = dist_chi2_sf(chi2, df), .df = df};
    }
    free(memory);
    return test;
}

/* Hypergeometric probability as a ratio of binomials (Loader 2000): x of `first` drawn rows are
 * in the first column. */
static double table_probability(double x, double first, double second, double column)
{
    double all = first + second, p = column / all, q = 1 - p;
    if (p == 0 || q == 0)
        return 1;
    return exp(special_log_binomial(x, first, p, q) +
               special_log_binomial(column - x, second, p, q) -
               special_log_binomial(column, all, p, q));
}

struct stat_test contingency_fisher(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    double first = (double)a + (double)b, second = (double)c + (double)d;
    double column = (double)a + (double)c;
    if (first + second == 0)
        return stat_test_none(STAT_EMPTY);
    double low = fmax(0, column - second), high = fmin(first, column);
    if (high - low > CONTINGENCY_FISHER_MAX)
        return stat_test_none(STAT_TOO_LARGE);
    double seen = table_probability((double)a, first, second, column);
    const double tie = 1 + 1e-7; /* tables that are equally likely but for rounding */
    double p = 0;
    for (double x = low; x <= high; x++) {
        double probability = table_probability(x, first, second, column);
        if (probability <= seen * tie)
            p += probability;
    }
    double crossed = (double)b * (double)c;
    double odds = crossed > 0 ? (double)a * (double)d / crossed : 0;
    return (struct stat_test){.statistic = odds, .p = fmin(1, p)};
}
