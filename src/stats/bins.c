#include "stats/bins.h"

#include <math.h>

#include "stats/radix.h"

enum { BINS_VERSION = 1 };

static const uint32_t bins_tag = CODEC_TAG('B', 'I', 'N', 'S');

/* The finite values in ascending order, in the first *count items; the caller frees them. */
static struct radix_item *finite_sorted(const double *x, size_t n, size_t *count)
{
    struct radix_item *items = xmalloc(2 * n * sizeof *items);
    *count = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(x[i]))
            items[(*count)++].key = radix_key(x[i]);
    radix_sort(items, items + n, *count);
    return items;
}

/* Edges halfway between the distinct values, if these are at most bins_max; otherwise 0. */
static uint32_t edges_of_values(double *edges, const struct radix_item *items, size_t n,
                                uint32_t bins_max)
{
    uint32_t count = 0;
    double before = 0;
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && items[i].key == items[i - 1].key)
            continue;
        if (count == bins_max)
            return 0;
        double value = radix_value(items[i].key);
        double halfway = 0.5 * before + 0.5 * value;
        edges[count] = count == 0 || halfway <= before ? value : halfway;
        before = value;
        count++;
    }
    edges[count] = before;
    return count;
}

static uint32_t edges_of_quantiles(double *edges, const struct radix_item *items, size_t n,
                                   uint32_t bins_max)
{
    uint32_t count = 0;
    edges[0] = radix_value(items[0].key);
    double last = radix_value(items[n - 1].key);
    for (uint32_t k = 1; k < bins_max; k++) {
        double edge = radix_value(items[(size_t)((double)n * k / bins_max)].key);
        if (edge > edges[count] && edge < last)
            edges[++count] = edge;
    }
    edges[++count] = last;
    return count;
}

enum stat_reason bins_init_numeric(struct bins *b, const double *reference, size_t n,
                                   uint32_t bins_max)
{
    assert(bins_max >= 1 && bins_max <= BINS_MAX);
    *b = (struct bins){.kind = BINS_NUMERIC};
    size_t count;
    struct radix_item *items = finite_sorted(reference, n, &count);
    if (count > 0) {
        b->edges = xmalloc((bins_max + 1) * sizeof *b->edges);
        b->count = edges_of_values(b->edges, items, count, bins_max);
        if (b->count == 0)
            b->count = edges_of_quantiles(b->edges, items, count, bins_max);
    }
    free(items);
    return count > 0 ? STAT_OK : STAT_EMPTY;
}

static int more_frequent_first(const void *a, const void *b)
{
    const struct heavy_entry *x = a, *y = b;
    if (x->rows != y->rows)
        return x->rows > y->rows ? -1 : 1;
    return (x->key > y->key) - (x->key < y->key);
}

static int by_key(const void *a, const void *b)
{
    const struct bins_key *x = a, *y = b;
    return (x->key > y->key) - (x->key < y->key);
}

enum stat_reason bins_init_categories(struct bins *b, const struct heavy_entry *seen, size_t n,
                                      uint32_t bins_max)
{
    assert(bins_max >= 1 && bins_max <= BINS_MAX);
    *b = (struct bins){.kind = BINS_CATEGORIES};
    if (n == 0)
        return STAT_EMPTY;
    if (n > BINS_KEYS_MAX)
        return STAT_TOO_LARGE;
    struct heavy_entry *order = xmalloc(n * sizeof *order);
    memcpy(order, seen, n * sizeof *order);
    qsort(order, n, sizeof *order, more_frequent_first);
    b->count = (uint32_t)MIN(n, (size_t)bins_max);
    b->key_count = (uint32_t)n;
    b->keys = xmalloc(n * sizeof *b->keys);
    for (uint32_t i = 0; i < b->key_count; i++)
        b->keys[i] = (struct bins_key){order[i].key, MIN(i, b->count)};
    qsort(b->keys, n, sizeof *b->keys, by_key);
    free(order);
    return STAT_OK;
}

void bins_release(struct bins *b)
{
    free(b->edges);
    free(b->keys);
    *b = (struct bins){0};
}

uint32_t bins_cells(const struct bins *b)
{
    return b->count + BINS_SPARE_CELLS;
}

uint32_t bins_cell_missing(const struct bins *b)
{
    return b->count + 2;
}

uint32_t bins_cell(const struct bins *b, double x)
{
    assert(b->kind == BINS_NUMERIC && b->count > 0);
    if (isnan(x))
        return bins_cell_missing(b);
    if (x < b->edges[0])
        return b->count;
    if (x > b->edges[b->count])
        return b->count + 1;
    uint32_t low = 0, high = b->count; /* edges[low] <= x, and x < edges[high] unless it is last */
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (x < b->edges[middle])
            high = middle;
        else
            low = middle;
    }
    return low;
}

uint32_t bins_cell_category(const struct bins *b, uint64_t key)
{
    assert(b->kind == BINS_CATEGORIES);
    const struct bins_key wanted = {.key = key};
    const struct bins_key *found = bsearch(&wanted, b->keys, b->key_count, sizeof *b->keys, by_key);
    return found ? found->cell : b->count + 1;
}

size_t bins_write(const struct bins *b, uint8_t *p, size_t room)
{
    struct codec_out out = {.p = p, .room = room};
    codec_begin(&out, bins_tag, BINS_VERSION);
    codec_put_varint(&out, b->kind);
    codec_put_varint(&out, b->count);
    codec_put_varint(&out, b->key_count);
    for (uint32_t i = 0; b->kind == BINS_NUMERIC && i <= b->count; i++)
        codec_put_f64(&out, b->edges[i]);
    for (uint32_t i = 0; i < b->key_count; i++) {
        codec_put_u64(&out, b->keys[i].key);
        codec_put_varint(&out, b->keys[i].cell);
    }
    return codec_end(&out);
}

static void read_edges(struct bins *b, struct codec_in *in)
{
    b->edges = xmalloc((b->count + 1) * sizeof *b->edges);
    for (uint32_t i = 0; i <= b->count && !in->failed; i++) {
        b->edges[i] = codec_get_f64(in);
        codec_expect(in, i == 0 || b->edges[i] >= b->edges[i - 1]);
    }
}

static void read_keys(struct bins *b, struct codec_in *in)
{
    b->keys = xmalloc(b->key_count * sizeof *b->keys);
    for (uint32_t i = 0; i < b->key_count && !in->failed; i++) {
        b->keys[i].key = codec_get_u64(in);
        uint64_t cell = codec_get_varint(in);
        b->keys[i].cell = (uint32_t)cell;
        codec_expect(in, cell <= b->count && (i == 0 || b->keys[i].key > b->keys[i - 1].key));
    }
}

enum err bins_read(struct bins *b, const uint8_t *p, size_t n, struct err_ctx *e)
{
    static const char what[] = "frozen bins";
    struct codec_in in;
    enum err err = codec_open(&in, p, n, bins_tag, BINS_VERSION, what, e);
    if (err)
        return err;
    uint64_t kind = codec_get_varint(&in), count = codec_get_varint(&in);
    uint64_t key_count = codec_get_varint(&in);
    codec_expect(&in, kind <= BINS_CATEGORIES && count > 0 && count <= BINS_MAX);
    codec_expect(&in, key_count <= BINS_KEYS_MAX && (kind == BINS_NUMERIC) == (key_count == 0));
    *b = (struct bins){0};
    if (!in.failed) {
        b->kind = (enum bins_kind)kind;
        b->count = (uint32_t)count;
        b->key_count = (uint32_t)key_count;
        if (b->kind == BINS_NUMERIC)
            read_edges(b, &in);
        else
            read_keys(b, &in);
    }
    err = codec_close(&in, what, e);
    if (err)
        bins_release(b);
    return err;
}
