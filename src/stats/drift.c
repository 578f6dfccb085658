#include "stats/drift.h"

#include <math.h>

#include "base/err.h"
#include "stats/contingency.h"
#include "stats/divergence.h"
#include "stats/multiple.h"

const struct drift_options drift_defaults = {
    .warning = 0.1, .alert = 0.25, .p_max = 0.01, .rows_min = 200};

static const double expected_min = 5;

/* The two rows of counts without the cells that occur on neither side. */
struct table {
    double *reference, *current;
    size_t cells;
    double reference_rows, rows;
};

static void keep_occurring(struct table *t, const uint64_t *reference, const uint64_t *current,
                           size_t cells)
{
    for (size_t i = 0; i < cells; i++) {
        if (reference[i] + current[i] == 0)
            continue;
        t->reference[t->cells] = (double)reference[i];
        t->current[t->cells++] = (double)current[i];
        t->reference_rows += (double)reference[i];
        t->rows += (double)current[i];
    }
}

static double psi_of(const struct table *t)
{
    double psi = 0, half = 0.5 * (double)t->cells;
    for (size_t i = 0; i < t->cells; i++) {
        double p = (t->reference[i] + 0.5) / (t->reference_rows + half);
        double q = (t->current[i] + 0.5) / (t->rows + half);
        psi += (p - q) * log(p / q);
    }
    return psi;
}

/* The smaller of the two expected counts of a cell. */
static double expected(const struct table *t, size_t i)
{
    double share = (t->reference[i] + t->current[i]) / (t->reference_rows + t->rows);
    return share * fmin(t->reference_rows, t->rows);
}

static void merge_cells(struct table *t, size_t into, size_t from)
{
    t->reference[into] += t->reference[from];
    t->current[into] += t->current[from];
    size_t behind = --t->cells - from;
    memmove(t->reference + from, t->reference + from + 1, behind * sizeof *t->reference);
    memmove(t->current + from, t->current + from + 1, behind * sizeof *t->current);
}

static size_t rarest(const struct table *t, size_t except)
{
    size_t least = except == 0 ? 1 : 0;
    for (size_t i = 0; i < t->cells; i++)
        if (i != except && expected(t, i) < expected(t, least))
            least = i;
    return least;
}

/* Puts all cells that expect too little into one, and that one into the rarest of the others
 * if it is still too small. */
static void pool(struct table *t)
{
    size_t rest = SIZE_MAX;
    for (size_t i = 0; i < t->cells;) {
        if (expected(t, i) >= expected_min) {
            i++;
        } else if (rest == SIZE_MAX) {
            rest = i++;
        } else {
            merge_cells(t, rest, i); /* the next cell comes to i */
        }
    }
    while (rest != SIZE_MAX && t->cells > 1 && expected(t, rest) < expected_min) {
        size_t neighbour = rarest(t, rest);
        size_t into = MIN(rest, neighbour), from = MAX(rest, neighbour);
        merge_cells(t, into, from);
        rest = into;
    }
}

/* Chi-square of the pooled table; its two rows are made adjacent first. */
static struct stat_test test_of(struct table *t)
{
    if (t->reference_rows == 0 || t->rows == 0)
        return stat_test_none(STAT_EMPTY);
    pool(t);
    if (t->cells < 2)
        return stat_test_none(STAT_TOO_FEW);
    memmove(t->reference + t->cells, t->current, t->cells * sizeof *t->current);
    return contingency_chi2(t->reference, 2, t->cells, false);
}

struct drift_feature drift_measure(const uint64_t *reference, const uint64_t *current, size_t cells)
{
    double *memory = xmalloc(2 * cells * sizeof *memory);
    struct table t = {.reference = memory, .current = memory + cells};
    keep_occurring(&t, reference, current, cells);
    struct drift_feature f = {
        .reference_rows = (uint64_t)t.reference_rows,
        .rows = (uint64_t)t.rows,
        .cells = t.cells,
        .p_adjusted = 1,
    };
    if (f.reference_rows > 0 && f.rows > 0) {
        f.psi = psi_of(&t);
        f.psi_debiased = divergence_psi_debiased(f.psi, t.cells, f.reference_rows, f.rows);
    }
    f.test = test_of(&t);
    free(memory);
    return f;
}

static enum drift_verdict verdict_of(const struct drift_feature *f, const struct drift_options *o)
{
    if (f->rows < o->rows_min || f->reference_rows == 0)
        return DRIFT_INSUFFICIENT;
    if (f->p_adjusted > o->p_max || f->psi_debiased < o->warning)
        return DRIFT_NONE;
    return f->psi_debiased < o->alert ? DRIFT_WARNING : DRIFT_ALERT;
}

void drift_judge(struct drift_feature *features, size_t count, const struct drift_options *options)
{
    /* A feature that could not be tested (one cell on both sides, say) has p = 1 but is no test:
     * it must not make the others pay. */
    double *p = xmalloc(count * sizeof *p);
    size_t tested = 0;
    for (size_t i = 0; i < count; i++)
        if (!features[i].test.reason)
            p[tested++] = features[i].test.p;
    multiple_benjamini_hochberg(p, tested, p);
    tested = 0;
    for (size_t i = 0; i < count; i++) {
        features[i].p_adjusted = features[i].test.reason ? 1 : p[tested++];
        features[i].verdict = verdict_of(&features[i], options);
    }
    free(p);
}

bool drift_confirmed(const enum drift_verdict *verdicts, size_t count, enum drift_verdict level)
{
    size_t reached = 0;
    for (size_t i = 0; i < count; i++)
        reached += verdicts[i] >= level;
    return reached >= 2;
}

const char *drift_verdict_name(enum drift_verdict verdict)
{
    static const char *const names[] = {
        [DRIFT_INSUFFICIENT] = "insufficient",
        [DRIFT_NONE] = "ok",
        [DRIFT_WARNING] = "warning",
        [DRIFT_ALERT] = "alert",
    };
    assert((unsigned)verdict < ARRAY_LEN(names));
    return names[verdict];
}
