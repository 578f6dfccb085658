#include "stats/isotonic.h"

#include "base/err.h"

struct block {
    double mean, weight;
    size_t count;
};

void isotonic_fit(double *values, const double *weights, size_t n)
{
    struct block *blocks = xmalloc(n * sizeof *blocks);
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        assert(weights[i] > 0);
        blocks[used++] = (struct block){values[i], weights[i], 1};
        while (used > 1 && blocks[used - 2].mean >= blocks[used - 1].mean) {
            struct block *a = &blocks[used - 2], *b = &blocks[used - 1];
            double weight = a->weight + b->weight;
            a->mean += (b->mean - a->mean) * (b->weight / weight);
            a->weight = weight;
            a->count += b->count;
            used--;
        }
    }
    size_t at = 0;
    for (size_t i = 0; i < used; i++)
        for (size_t j = 0; j < blocks[i].count; j++)
            values[at++] = blocks[i].mean;
    free(blocks);
}
