#include "catalog/quantiles.h"

#include <math.h>

#include "base/err.h"
#include "stats/radix.h"

void quantiles_init(struct quantiles *q, size_t keep)
{
    assert(keep >= 2);
    *q = (struct quantiles){.keep = keep & ~(size_t)1};
}

void quantiles_release(struct quantiles *q)
{
    for (unsigned i = 0; i < q->level_count; i++)
        free(q->levels[i].values);
    free(q->items);
    *q = (struct quantiles){.keep = q->keep};
}

static void sort(double *values, size_t count)
{
    struct radix_item *items = xcalloc(2 * count, sizeof *items);
    for (size_t i = 0; i < count; i++)
        items[i].key = radix_key(values[i]);
    radix_sort(items, items + count, count);
    for (size_t i = 0; i < count; i++)
        values[i] = radix_value(items[i].key);
    free(items);
}

static void add_at(struct quantiles *q, unsigned level, double value);

static void send_up(struct quantiles *q, unsigned level)
{
    double *values = q->levels[level].values;
    size_t count = q->levels[level].count;
    sort(values, count);
    q->levels[level].count = 0;
    for (size_t i = q->levels[level].odd; i < count; i += 2)
        add_at(q, level + 1, values[i]);
    q->levels[level].odd = !q->levels[level].odd;
}

static void add_at(struct quantiles *q, unsigned level, double value)
{
    assert(level < QUANTILES_LEVELS_MAX);
    if (level == q->level_count)
        q->level_count++;
    if (q->levels[level].count == q->keep)
        send_up(q, level);
    if (q->levels[level].count == q->levels[level].capacity) {
        size_t capacity = MIN(q->keep, MAX((size_t)64, q->levels[level].capacity * 2));
        q->levels[level].values = xrealloc(q->levels[level].values, capacity * sizeof(double));
        q->levels[level].capacity = capacity;
    }
    q->levels[level].values[q->levels[level].count++] = value;
}

void quantiles_add(struct quantiles *q, double value)
{
    assert(!q->items && isfinite(value));
    add_at(q, 0, value);
    q->total++;
}

void quantiles_end(struct quantiles *q)
{
    size_t n = 0;
    for (unsigned i = 0; i < q->level_count; i++)
        n += q->levels[i].count;
    struct radix_item *all = xcalloc(2 * n, sizeof *all);
    for (unsigned level = 0; level < q->level_count; level++)
        for (size_t k = 0; k < q->levels[level].count; k++)
            all[q->item_count++] =
                (struct radix_item){radix_key(q->levels[level].values[k]), level};
    radix_sort(all, all + n, n);
    q->items = xcalloc(n, sizeof *q->items);
    for (size_t i = 0; i < n; i++)
        q->items[i] =
            (struct quantiles_item){radix_value(all[i].key), ldexp(1, (int)all[i].payload)};
    free(all);
}

double quantiles_at(const struct quantiles *q, double p)
{
    assert(q->item_count > 0 && p >= 0 && p <= 1);
    double rank = p * (q->total - 1), seen = 0;
    for (size_t i = 0; i < q->item_count; i++) {
        double last = seen + q->items[i].weight - 1;
        if (rank <= last || i + 1 == q->item_count)
            return q->items[i].value;
        if (rank < last + 1)
            return q->items[i].value + (rank - last) * (q->items[i + 1].value - q->items[i].value);
        seen += q->items[i].weight;
    }
    return q->items[q->item_count - 1].value;
}
