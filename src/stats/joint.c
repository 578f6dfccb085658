#include "stats/joint.h"

#include <math.h>

#include "stats/normal.h"
#include "stats/tally.h"

enum { JOINT_VERSION = 2 };

static const uint32_t joint_tag = CODEC_TAG('J', 'O', 'I', 'N');

static size_t cell_count(const struct joint *j)
{
    return (size_t)j->class_count * j->class_count * j->class_count;
}

void joint_init(struct joint *j, uint32_t class_count)
{
    assert(class_count >= 1 && class_count <= JOINT_CLASSES_MAX);
    j->class_count = class_count;
    j->cells = xcalloc(cell_count(j), sizeof *j->cells);
}

void joint_release(struct joint *j)
{
    free(j->cells);
    *j = (struct joint){0};
}

static struct joint_cell *cell(const struct joint *j, uint32_t truth, uint32_t a, uint32_t b)
{
    assert(truth < j->class_count && a < j->class_count && b < j->class_count);
    return &j->cells[((size_t)truth * j->class_count + a) * j->class_count + b];
}

void joint_add(struct joint *j, uint32_t truth, uint32_t a, uint32_t b, double weight)
{
    assert(tally_weight_ok(weight));
    struct joint_cell *c = cell(j, truth, a, b);
    c->rows++;
    dd_add(&c->weight, weight);
    dd_add_product(&c->square, weight, weight);
}

bool joint_remove(struct joint *j, uint32_t truth, uint32_t a, uint32_t b, double weight)
{
    assert(tally_weight_ok(weight));
    struct joint_cell *c = cell(j, truth, a, b);
    if (c->rows == 0)
        return false;
    dd_add(&c->weight, -weight);
    dd_add_product(&c->square, -weight, weight);
    if (--c->rows == 0)
        *c = (struct joint_cell){0};
    return true;
}

void joint_merge(struct joint *j, const struct joint *other)
{
    assert(j->class_count == other->class_count);
    for (size_t i = 0; i < cell_count(j); i++) {
        j->cells[i].rows += other->cells[i].rows;
        dd_add_dd(&j->cells[i].weight, other->cells[i].weight);
        dd_add_dd(&j->cells[i].square, other->cells[i].square);
    }
}

/* One version's margins, as weights: t = truth, p = predicted, h = hits per class, n = all, and
 * what kappa and MCC are made of: cross = sum t p, and spreads n^2 - sum t^2, n^2 - sum p^2. A
 * class occurs where it has rows, whatever they weigh. */
struct margins {
    uint32_t class_count, class;
    double t[JOINT_CLASSES_MAX], p[JOINT_CLASSES_MAX], h[JOINT_CLASSES_MAX];
    bool occurs[JOINT_CLASSES_MAX];
    double n, hits, cross, t_spread, p_spread;
    uint64_t rows;
    unsigned occurring;
};

static void margins_of(struct margins *m, const struct joint *j, bool of_b, uint32_t class)
{
    *m = (struct margins){.class_count = j->class_count, .class = class};
    for (uint32_t y = 0; y < j->class_count; y++)
        for (uint32_t a = 0; a < j->class_count; a++)
            for (uint32_t b = 0; b < j->class_count; b++) {
                const struct joint_cell *c = cell(j, y, a, b);
                double weight = dd_value(&c->weight);
                uint32_t called = of_b ? b : a;
                m->t[y] += weight;
                m->p[called] += weight;
                m->h[y] += called == y ? weight : 0;
                m->n += weight;
                m->rows += c->rows;
                m->occurs[y] |= c->rows > 0;
                m->occurs[called] |= c->rows > 0;
            }
    m->t_spread = m->p_spread = m->n * m->n;
    for (uint32_t k = 0; k < j->class_count; k++) {
        m->hits += m->h[k];
        m->cross += m->t[k] * m->p[k];
        m->t_spread -= m->t[k] * m->t[k];
        m->p_spread -= m->p[k] * m->p[k];
        m->occurring += m->occurs[k];
    }
}

static double ratio(double part, double whole)
{
    return whole > 0 ? part / whole : 0; /* zero_division = 0, with derivative 0 */
}

/* A metric, and its derivative by the cell (truth i, predicted j). */
typedef double metric_value(const struct margins *m);
typedef double metric_slope(const struct margins *m, double value, uint32_t i, uint32_t j);

static double accuracy(const struct margins *m)
{
    return ratio(m->hits, m->n);
}

static double accuracy_slope(const struct margins *m, double value, uint32_t i, uint32_t j)
{
    return ratio((i == j) - value, m->n);
}

static double precision(const struct margins *m)
{
    return ratio(m->h[m->class], m->p[m->class]);
}

static double precision_slope(const struct margins *m, double value, uint32_t i, uint32_t j)
{
    return j == m->class ? ratio((i == j) - value, m->p[j]) : 0;
}

static double recall(const struct margins *m)
{
    return ratio(m->h[m->class], m->t[m->class]);
}

static double recall_slope(const struct margins *m, double value, uint32_t i, uint32_t j)
{
    return i == m->class ? ratio((i == j) - value, m->t[i]) : 0;
}

static double f1_of(const struct margins *m, uint32_t k)
{
    return ratio(2 * m->h[k], m->t[k] + m->p[k]);
}

static double f1_slope_of(const struct margins *m, uint32_t k, uint32_t i, uint32_t j)
{
    double hit = i == k && j == k ? 2 : 0;
    return ratio(hit - f1_of(m, k) * ((i == k) + (j == k)), m->t[k] + m->p[k]);
}

static double f1(const struct margins *m)
{
    return f1_of(m, m->class);
}

static double f1_slope(const struct margins *m, double value, uint32_t i, uint32_t j)
{
    return f1_slope_of(m, m->class, i, j);
}

static double macro_f1(const struct margins *m)
{
    double sum = 0;
    for (uint32_t k = 0; k < m->class_count; k++)
        sum += f1_of(m, k);
    return ratio(sum, m->occurring);
}

static double macro_f1_slope(const struct margins *m, double value, uint32_t i, uint32_t j)
{
    double sum = f1_slope_of(m, i, i, j); /* the other classes do not feel this cell */
    if (j != i)
        sum += f1_slope_of(m, j, i, j);
    return ratio(sum, m->occurring);
}

static double kappa(const struct margins *m)
{
    return ratio(m->n * m->hits - m->cross, m->n * m->n - m->cross);
}

static double agreement_slope(const struct margins *m, uint32_t i, uint32_t j)
{
    return m->hits + (i == j ? m->n : 0) - m->p[i] - m->t[j];
}

static double kappa_slope(const struct margins *m, double value, uint32_t i, uint32_t j)
{
    double chance = 2 * m->n - m->p[i] - m->t[j];
    return ratio(agreement_slope(m, i, j) - value * chance, m->n * m->n - m->cross);
}

static double mcc(const struct margins *m)
{
    return ratio(m->n * m->hits - m->cross, sqrt(m->t_spread) * sqrt(m->p_spread));
}

static double mcc_slope(const struct margins *m, double value, uint32_t i, uint32_t j)
{
    double spread = sqrt(m->t_spread) * sqrt(m->p_spread);
    return ratio(agreement_slope(m, i, j), spread) -
           value * (ratio(m->n - m->t[i], m->t_spread) + ratio(m->n - m->p[j], m->p_spread));
}

struct metric_row {
    metric_value *value;
    metric_slope *slope;
    bool one_class;
};

static const struct metric_row metric_rows[JOINT_METRICS] = {
    [JOINT_ACCURACY] = {accuracy, accuracy_slope, false},
    [JOINT_PRECISION] = {precision, precision_slope, true},
    [JOINT_RECALL] = {recall, recall_slope, true},
    [JOINT_F1] = {f1, f1_slope, true},
    [JOINT_MACRO_F1] = {macro_f1, macro_f1_slope, false},
    [JOINT_KAPPA] = {kappa, kappa_slope, false},
    [JOINT_MCC] = {mcc, mcc_slope, false},
};

static enum stat_reason undefined(const struct margins *m, enum joint_metric metric)
{
    if (m->n <= 0)
        return m->rows == 0 ? STAT_EMPTY : STAT_NO_WEIGHT;
    if (metric_rows[metric].one_class && !m->occurs[m->class])
        return STAT_CLASS_ABSENT;
    if (metric == JOINT_KAPPA && m->n * m->n - m->cross <= 0)
        return STAT_ONE_CLASS;
    return STAT_OK;
}

static double variance_of(const struct joint *j, const struct metric_row *metric,
                          const struct margins *a, const struct margins *b, double value_a,
                          double value_b)
{
    double square = 0, sum = 0;
    for (uint32_t y = 0; y < j->class_count; y++)
        for (uint32_t i = 0; i < j->class_count; i++)
            for (uint32_t k = 0; k < j->class_count; k++) {
                const struct joint_cell *c = cell(j, y, i, k);
                if (c->rows == 0)
                    continue;
                double slope = metric->slope(b, value_b, y, k) - metric->slope(a, value_a, y, i);
                square += dd_value(&c->square) * slope * slope;
                sum += dd_value(&c->weight) * slope;
            }
    return fmax(0, square - sum * sum / (double)a->rows);
}

static void judge(struct joint_difference *d, double alpha)
{
    /* What rounding leaves of a variance of 0. */
    if (d->variance < 1e-30) {
        enum stat_reason reason = d->difference == 0 ? STAT_NO_DIFFERENCE : STAT_NO_VARIANCE;
        d->interval = stat_interval_none(reason);
        d->test = stat_test_none(reason);
        return;
    }
    double error = sqrt(d->variance), z = d->difference / error;
    double half = normal_upper_quantile(alpha / 2) * error;
    d->interval = (struct stat_interval){d->difference - half, d->difference + half, STAT_OK};
    d->test = (struct stat_test){.statistic = z, .p = normal_two_sided(z)};
}

struct joint_difference joint_compare(const struct joint *j, enum joint_metric metric,
                                      uint32_t class, double alpha)
{
    assert((unsigned)metric < JOINT_METRICS && class < j->class_count && alpha > 0 && alpha < 1);
    struct margins a, b;
    margins_of(&a, j, false, class);
    margins_of(&b, j, true, class);
    enum stat_reason reason = undefined(&a, metric);
    if (!reason)
        reason = undefined(&b, metric);
    if (reason)
        return (struct joint_difference){.interval = stat_interval_none(reason),
                                         .test = stat_test_none(reason),
                                         .reason = reason};
    const struct metric_row *row = &metric_rows[metric];
    struct joint_difference d = {.a = row->value(&a), .b = row->value(&b)};
    d.difference = d.b - d.a;
    d.variance = variance_of(j, row, &a, &b, d.a, d.b);
    judge(&d, alpha);
    return d;
}

/* While every weight of a cell is 1 both sums are its rows, and are not written. */
static void put_cell(struct codec_out *out, const struct joint_cell *c)
{
    double rows = (double)c->rows;
    bool weighted = c->weight.high != rows || c->weight.low != 0 || c->square.high != rows ||
                    c->square.low != 0;
    codec_put_varint(out, c->rows << 1 | weighted);
    if (weighted) {
        dd_put(out, &c->weight);
        dd_put(out, &c->square);
    }
}

static struct joint_cell get_cell(struct codec_in *in)
{
    uint64_t head = codec_get_varint(in);
    double rows = (double)(head >> 1);
    struct joint_cell c = {.rows = head >> 1, .weight.high = rows, .square.high = rows};
    if (head & 1) {
        c.weight = dd_get(in);
        c.square = dd_get(in);
    }
    codec_expect(in, c.rows > 0 && c.rows >> 62 == 0);
    codec_expect(in, dd_value(&c.weight) >= 0 && dd_value(&c.square) >= 0);
    return c;
}

size_t joint_write(const struct joint *j, uint8_t *p, size_t room)
{
    struct codec_out out = {.p = p, .room = room};
    codec_begin(&out, joint_tag, JOINT_VERSION);
    codec_put_u32(&out, j->class_count);
    size_t next = 0;
    for (size_t i = 0; i < cell_count(j); i++) {
        if (j->cells[i].rows == 0)
            continue;
        codec_put_varint(&out, i - next);
        put_cell(&out, &j->cells[i]);
        next = i + 1;
    }
    return codec_end(&out);
}

enum err joint_read(struct joint *j, const uint8_t *p, size_t n, struct err_ctx *e)
{
    static const char what[] = "joint table";
    struct codec_in in;
    enum err err = codec_open(&in, p, n, joint_tag, JOINT_VERSION, what, e);
    if (err)
        return err;
    uint32_t class_count = codec_get_u32(&in);
    codec_expect(&in, class_count >= 1 && class_count <= JOINT_CLASSES_MAX);
    joint_init(j, in.failed ? 1 : class_count);
    size_t next = 0;
    while (!in.failed && in.at < in.n) {
        uint64_t gap = codec_get_varint(&in);
        struct joint_cell c = get_cell(&in);
        if (!codec_expect(&in, gap < cell_count(j) - next))
            break;
        next += (size_t)gap;
        j->cells[next++] = c;
    }
    err = codec_close(&in, what, e);
    if (err)
        joint_release(j);
    return err;
}
