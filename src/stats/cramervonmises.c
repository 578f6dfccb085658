#include "stats/cramervonmises.h"

#include <float.h>
#include <math.h>

#include "base/err.h"
#include "stats/radix.h"
#include "stats/ranks.h"

/* Rows times values of the smaller sample times the values that U can take. */
static const double work_max = 2e9;

/* e^y K_{1/4}(y) = int_0^inf exp(-y (cosh t - 1)) cosh(t/4) dt; the trapezoidal rule converges
 * geometrically on it. */
static double bessel_scaled(double y)
{
    const double step = 1.0 / 64;
    double sum = 0.5;
    for (int i = 1;; i++) {
        double t = i * step, term = exp(-y * (cosh(t) - 1)) * cosh(0.25 * t);
        sum += term;
        if (term < DBL_EPSILON * 1e-3 * sum)
            return sum * step;
    }
}

double cramervonmises_limit_cdf(double x)
{
    if (x <= 0)
        return 0;
    double sum = 0, factor = 1; /* Gamma(k + 1/2) / (Gamma(1/2) k!) */
    for (int k = 0; k < 200; k++) {
        double u = 4 * k + 1, y = u * u / (16 * x);
        double term = factor * sqrt(u) * exp(-2 * y) * bessel_scaled(y);
        sum += term;
        if (term < DBL_EPSILON * 1e-3 * sum || sum == 0)
            break;
        factor *= (k + 0.5) / (k + 1);
    }
    return fmin(1, sum / (M_PI * sqrt(x)));
}

/* The sum over a sample, in ascending order, of (rank among both samples - place in its own)^2. */
static double rank_distance(const double *rank, size_t n)
{
    struct radix_item *items = xmalloc(2 * n * sizeof *items);
    for (size_t i = 0; i < n; i++)
        items[i] = (struct radix_item){radix_key(rank[i]), 0};
    radix_sort(items, items + n, n);
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        double beyond = radix_value(items[i].key) - (double)(i + 1);
        sum += beyond * beyond;
    }
    free(items);
    return sum;
}

static enum stat_reason criterion(const double *x, size_t n, const double *y, size_t m, double *u,
                                  double *t)
{
    if (n < 2 || m < 2)
        return n == 0 || m == 0 ? STAT_EMPTY : STAT_TOO_FEW;
    size_t rows = n + m;
    double *memory = xmalloc(2 * rows * sizeof *memory);
    double *both = memory, *ranks = memory + rows, ties;
    memcpy(both, x, n * sizeof *x);
    memcpy(both + n, y, m * sizeof *y);
    enum stat_reason reason = ranks_mid(both, rows, ranks, &ties);
    if (!reason) {
        double a = (double)n, b = (double)m, all = a + b;
        *u = a * rank_distance(ranks, n) + b * rank_distance(ranks + n, m);
        *t = *u / (a * b * all) - (4 * a * b - 1) / (6 * all);
    }
    free(memory);
    return reason;
}

struct stat_test cramervonmises_asymptotic(const double *x, size_t n, const double *y, size_t m)
{
    double u, t;
    enum stat_reason reason = criterion(x, n, y, m, &u, &t);
    if (reason)
        return stat_test_none(reason);
    double a = (double)n, b = (double)m, all = a + b;
    double mean = (1 + 1 / all) / 6;
    double variance = (all + 1) * (4 * a * b * all - 3 * (a * a + b * b) - 2 * a * b) /
                      (45 * all * all * 4 * a * b);
    double matched = 1.0 / 6 + (t - mean) / sqrt(45 * variance);
    double p = matched < 0.003 ? 1 : fmax(0, 1 - cramervonmises_limit_cdf(matched));
    return (struct stat_test){.statistic = t, .p = p};
}

/* Both samples together, in groups of equal values. When the values are dealt to the samples anew,
 * a group that gets k of the first and l of the second adds to U what depends on how many of each
 * came before it; so U is a sum over the groups. It is counted in whole numbers: divided by the
 * common divisor of n and m, and times four where a group of even size has a half for its rank. */
struct pool {
    uint64_t n, m; /* n <= m */
    uint64_t divisor, unit;
    size_t *sizes;
    size_t groups;
};

/* The least and the most that the groups from g on can still add, v values of the first dealt. */
struct range {
    uint64_t least, most;
};

/* What the deals so far have paid, as chances: p[i] of first + i, `reached` of those that will end
 * at what was seen or above it, whatever comes. Those that will not get there are left out. */
struct bundle {
    uint64_t first, end;
    double *p;
    double reached;
};

static uint64_t common_divisor(uint64_t a, uint64_t b)
{
    while (b > 0) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Fills the groups from the ranks of all values; `sizes` has room for each. */
static void pool_fill(struct pool *pool, struct radix_item *items, size_t rows)
{
    radix_sort(items, items + rows, rows);
    pool->unit = 4;
    for (size_t from = 0, end = 0; from < rows; from = end) {
        while (end < rows && items[end].key == items[from].key)
            end++;
        pool->sizes[pool->groups++] = end - from;
        if ((end - from) % 2 == 0)
            pool->unit = 1;
    }
}

/* Twice the distances of a group's rank from the places that its k values take, squared; `others`
 * values of the other sample came before. */
static uint64_t squares(uint64_t k, uint64_t others, uint64_t size)
{
    uint64_t sum = 0;
    for (uint64_t j = 1; j <= k; j++) {
        uint64_t a = 2 * others + size + 1, b = 2 * j, gap = a > b ? a - b : b - a;
        sum += gap * gap;
    }
    return sum;
}

/* What a group adds that gets k of the first sample, after v of the first and u of the second. */
static uint64_t price(const struct pool *pool, uint64_t v, uint64_t u, uint64_t k, uint64_t size)
{
    uint64_t sum = pool->n / pool->divisor * squares(k, u, size) +
                   pool->m / pool->divisor * squares(size - k, v, size);
    return sum / pool->unit;
}

/* Whether a group can get k of the first sample. */
static bool can_deal(const struct pool *pool, uint64_t v, uint64_t u, uint64_t k, uint64_t size)
{
    return k <= size && v + k <= pool->n && u + (size - k) <= pool->m;
}

static void fill_left(const struct pool *pool, struct range *left)
{
    uint64_t columns = pool->n + 1, dealt = pool->n + pool->m;
    left[pool->groups * columns + pool->n] = (struct range){0, 0};
    for (size_t g = pool->groups; g-- > 0;) {
        uint64_t size = pool->sizes[g];
        dealt -= size;
        for (uint64_t v = 0; v <= MIN(pool->n, dealt); v++) {
            struct range *here = &left[g * columns + v];
            *here = (struct range){UINT64_MAX, 0};
            for (uint64_t k = 0; dealt - v <= pool->m && k <= size; k++) {
                if (!can_deal(pool, v, dealt - v, k, size))
                    continue;
                const struct range *next = &left[(g + 1) * columns + v + k];
                uint64_t paid = price(pool, v, dealt - v, k, size);
                here->least = MIN(here->least, next->least + paid);
                here->most = MAX(here->most, next->most + paid);
            }
        }
    }
}

/* share[k]: the chance that k of `size` values go to the first sample, which lacks `want` of the
 * `rest` values that are left. */
static void deal(double *share, uint64_t size, uint64_t want, uint64_t rest)
{
    memset(share, 0, (size + 1) * sizeof *share);
    share[0] = 1;
    for (uint64_t drawn = 0; drawn < size; drawn++)
        for (uint64_t k = MIN(drawn, want) + 1; k-- > 0;) {
            double first = (double)(want - k) / (double)(rest - drawn);
            share[k + 1] += share[k] * first;
            share[k] *= 1 - first;
        }
}

/* Adds a share of the deals of `from`, each having paid `paid` more. Below to->first the deals are
 * lost, from to->end on they have reached what was seen. */
static void pour(struct bundle *to, const struct bundle *from, double share, uint64_t paid)
{
    to->reached += share * from->reached;
    for (uint64_t at = from->first; at < from->end; at++) {
        double chance = share * from->p[at - from->first];
        if (at + paid >= to->end)
            to->reached += chance;
        else if (at + paid >= to->first)
            to->p[at + paid - to->first] += chance;
    }
}

/* Narrows a bundle to the sums that are still undecided, those that can both reach `seen` and miss
 * it, and makes room for them. */
static void bundle_open(struct bundle *b, const struct range *left, uint64_t seen)
{
    b->first = MAX(b->first, seen > left->most ? seen - left->most : 0);
    b->end = MIN(b->end, seen > left->least ? seen - left->least : 0);
    b->p = xcalloc(b->end > b->first ? (size_t)(b->end - b->first) : 0, sizeof *b->p);
}

static void bundle_reach(struct bundle *b, const struct bundle *from, uint64_t paid)
{
    if (from->first >= from->end)
        return;
    b->first = MIN(b->first, from->first + paid);
    b->end = MAX(b->end, from->end + paid);
}

/* Deals one group: from[v] are the deals that gave v of `dealt` values to the first sample. */
static void deal_group(const struct pool *pool, const struct bundle *from, struct bundle *to,
                       uint64_t dealt, uint64_t size, const struct range *left, uint64_t seen)
{
    double *share = xmalloc((size + 1) * sizeof *share);
    for (uint64_t v = 0; v <= pool->n; v++)
        to[v] = (struct bundle){.first = UINT64_MAX};
    for (int pour_now = 0; pour_now < 2; pour_now++) {
        for (uint64_t v = dealt > pool->m ? dealt - pool->m : 0; v <= MIN(pool->n, dealt); v++) {
            deal(share, size, pool->n - v, pool->n + pool->m - dealt);
            for (uint64_t k = 0; k <= size; k++) {
                if (!can_deal(pool, v, dealt - v, k, size))
                    continue;
                uint64_t paid = price(pool, v, dealt - v, k, size);
                if (pour_now)
                    pour(&to[v + k], &from[v], share[k], paid);
                else
                    bundle_reach(&to[v + k], &from[v], paid);
            }
        }
        for (uint64_t v = 0; v <= pool->n && !pour_now; v++)
            bundle_open(&to[v], &left[v], seen);
    }
    free(share);
}

static void release_bundles(struct bundle *bundles, size_t count)
{
    for (size_t v = 0; v < count; v++)
        free(bundles[v].p);
}

/* The chance that a random deal pays at least `seen`. */
static double chance_to_reach(const struct pool *pool, uint64_t seen)
{
    size_t columns = pool->n + 1;
    struct range *left = xcalloc((pool->groups + 1) * columns, sizeof *left);
    struct bundle *now = xcalloc(2 * columns, sizeof *now), *next = now + columns, *memory = now;
    fill_left(pool, left);
    now[0] = (struct bundle){.end = 1, .p = xmalloc(sizeof(double))};
    now[0].p[0] = 1;
    uint64_t dealt = 0;
    for (size_t g = 0; g < pool->groups; g++) {
        deal_group(pool, now, next, dealt, pool->sizes[g], left + (g + 1) * columns, seen);
        release_bundles(now, columns);
        struct bundle *swap = now;
        now = next;
        next = swap;
        dealt += pool->sizes[g];
    }
    double reached = now[pool->n].reached;
    release_bundles(now, columns);
    free(memory);
    free(left);
    return reached;
}

/* The pool of both samples; its sizes are the caller's to free. */
static struct pool pool_of(const double *x, size_t n, const double *y, size_t m)
{
    struct pool pool = {.n = n, .m = m, .divisor = common_divisor(n, m)};
    size_t rows = n + m;
    struct radix_item *items = xmalloc(2 * rows * sizeof *items);
    for (size_t i = 0; i < rows; i++)
        items[i] = (struct radix_item){radix_key(i < n ? x[i] : y[i - n]), 0};
    pool.sizes = xmalloc(rows * sizeof *pool.sizes);
    pool_fill(&pool, items, rows);
    free(items);
    return pool;
}

struct stat_test cramervonmises_exact(const double *x, size_t n, const double *y, size_t m)
{
    if (n > m)
        return cramervonmises_exact(y, m, x, n);
    double u, t;
    enum stat_reason reason = criterion(x, n, y, m, &u, &t);
    if (reason)
        return stat_test_none(reason);
    struct pool pool = pool_of(x, n, y, m);
    double a = (double)n, b = (double)m, all = a + b;
    double scale = 4 / (double)pool.unit / (double)pool.divisor; /* from U to whole numbers */
    struct stat_test test = stat_test_none(STAT_TOO_LARGE);
    double values = fmax(all, all * a * b * t * scale); /* a group of ties costs its size, too */
    if (all * a * values <= work_max) {
        double p = chance_to_reach(&pool, (uint64_t)(u * scale));
        test = (struct stat_test){.statistic = t, .p = fmin(1, p)};
    }
    free(pool.sizes);
    return test;
}
