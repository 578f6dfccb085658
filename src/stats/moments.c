#include "stats/moments.h"

#include <math.h>

enum { MOMENTS_VERSION = 1 };

static const uint32_t moments_tag = CODEC_TAG('M', 'O', 'M', 'T');

bool moments_add(struct moments *m, double x)
{
    if (!(fabs(x) <= DD_ABS_MAX))
        return false;
    m->min = m->rows == 0 ? x : fmin(m->min, x);
    m->max = m->rows == 0 ? x : fmax(m->max, x);
    m->rows++;
    dd_add(&m->sum, x);
    dd_add_product(&m->square, x, x);
    return true;
}

bool moments_remove(struct moments *m, double x)
{
    if (m->rows == 0 || !(fabs(x) <= DD_ABS_MAX))
        return false;
    if (--m->rows == 0) {
        *m = (struct moments){0};
        return true;
    }
    m->extremes_loose |= x <= m->min || x >= m->max;
    dd_add(&m->sum, -x);
    dd_add_product(&m->square, -x, x);
    return true;
}

void moments_merge(struct moments *m, const struct moments *other)
{
    if (other->rows == 0)
        return;
    m->min = m->rows == 0 ? other->min : fmin(m->min, other->min);
    m->max = m->rows == 0 ? other->max : fmax(m->max, other->max);
    m->rows += other->rows;
    dd_add_dd(&m->sum, other->sum);
    dd_add_dd(&m->square, other->square);
    m->extremes_loose |= other->extremes_loose;
}

struct stat_value moments_mean(const struct moments *m)
{
    if (m->rows == 0)
        return stat_none(STAT_EMPTY);
    struct dd mean = dd_divide(m->sum, (struct dd){(double)m->rows, 0});
    return stat_ok(dd_value(&mean));
}

struct stat_value moments_variance(const struct moments *m)
{
    if (m->rows < 2)
        return stat_none(m->rows == 0 ? STAT_EMPTY : STAT_TOO_FEW);
    double rows = (double)m->rows;
    struct dd square_of_sum = dd_multiply(m->sum, m->sum);
    struct dd around_mean = m->square;
    dd_add_dd(&around_mean, dd_negative(dd_divide(square_of_sum, (struct dd){rows, 0})));
    double left = dd_value(&around_mean);
    double rounding = (rows + 8) * 0x1p-103 * dd_value(&m->square);
    return stat_ok(left > rounding ? left / (rows - 1) : 0);
}

struct stat_value moments_sd(const struct moments *m)
{
    struct stat_value variance = moments_variance(m);
    return variance.reason ? variance : stat_ok(sqrt(variance.value));
}

size_t moments_write(const struct moments *m, uint8_t *p, size_t room)
{
    struct codec_out out = {.p = p, .room = room};
    codec_begin(&out, moments_tag, MOMENTS_VERSION);
    codec_put_varint(&out, m->rows);
    codec_put_varint(&out, m->extremes_loose);
    dd_put(&out, &m->sum);
    dd_put(&out, &m->square);
    codec_put_f64(&out, m->min);
    codec_put_f64(&out, m->max);
    return codec_end(&out);
}

enum err moments_read(struct moments *m, const uint8_t *p, size_t n, struct err_ctx *e)
{
    static const char what[] = "moments";
    struct codec_in in;
    enum err err = codec_open(&in, p, n, moments_tag, MOMENTS_VERSION, what, e);
    if (err)
        return err;
    struct moments read = {.rows = codec_get_varint(&in)};
    uint64_t loose = codec_get_varint(&in);
    read.extremes_loose = loose == 1;
    read.sum = dd_get(&in);
    read.square = dd_get(&in);
    read.min = codec_get_f64(&in);
    read.max = codec_get_f64(&in);
    codec_expect(&in, loose <= 1 && read.min <= read.max && dd_value(&read.square) >= 0);
    err = codec_close(&in, what, e);
    if (!err)
        *m = read;
    return err;
}
