#include "stats/multiple.h"

#include <math.h>

#include "base/err.h"
#include "stats/radix.h"

/* Items in ascending order of the values, with their places as payload; the caller frees them. */
static struct radix_item *ordered(const double *values, size_t n)
{
    struct radix_item *items = xmalloc(2 * n * sizeof *items);
    for (size_t i = 0; i < n; i++)
        items[i] = (struct radix_item){radix_key(values[i]), i};
    radix_sort(items, items + n, n);
    return items;
}

void multiple_holm(const double *p, size_t n, double *adjusted)
{
    struct radix_item *items = ordered(p, n);
    double least = 0;
    for (size_t i = 0; i < n; i++) {
        least = fmax(least, fmin(1, (double)(n - i) * radix_value(items[i].key)));
        adjusted[items[i].payload] = least;
    }
    free(items);
}

void multiple_benjamini_hochberg(const double *p, size_t n, double *adjusted)
{
    struct radix_item *items = ordered(p, n);
    double most = 1;
    for (size_t i = n; i-- > 0;) {
        most = fmin(most, radix_value(items[i].key) * (double)n / (double)(i + 1));
        adjusted[items[i].payload] = most;
    }
    free(items);
}

size_t multiple_e_benjamini_hochberg(const double *log_e, size_t n, double alpha, bool *declared)
{
    assert(alpha > 0 && alpha < 1);
    struct radix_item *items = ordered(log_e, n);
    size_t count = 0;
    for (size_t k = 1; k <= n; k++)
        if (radix_value(items[n - k].key) >= log((double)n / ((double)k * alpha)))
            count = k;
    memset(declared, 0, n * sizeof *declared);
    for (size_t k = 1; k <= count; k++)
        declared[items[n - k].payload] = true;
    free(items);
    return count;
}
