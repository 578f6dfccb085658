#include "stats/ranks.h"

#include <math.h>

#include "base/err.h"
#include "stats/radix.h"

static void spread_ranks(const struct radix_item *items, size_t n, double *rank, double *tie_sum)
{
    *tie_sum = 0;
    for (size_t from = 0; from < n;) {
        size_t end = from + 1;
        while (end < n && items[end].key == items[from].key)
            end++;
        double ties = (double)(end - from);
        for (size_t i = from; i < end; i++)
            rank[items[i].payload] = 0.5 * (double)(from + 1 + end);
        *tie_sum += ties * ties * ties - ties;
        from = end;
    }
}

enum stat_reason ranks_mid(const double *x, size_t n, double *rank, double *tie_sum)
{
    struct radix_item *items = xmalloc(2 * n * sizeof *items);
    enum stat_reason reason = STAT_OK;
    for (size_t i = 0; i < n && !reason; i++) {
        if (isnan(x[i]))
            reason = STAT_NOT_FINITE;
        else
            items[i] = (struct radix_item){radix_key(x[i]), i};
    }
    if (!reason) {
        radix_sort(items, items + n, n);
        spread_ranks(items, n, rank, tie_sum);
    }
    free(items);
    return reason;
}
