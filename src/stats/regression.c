#include "stats/regression.h"

#include <float.h>
#include <math.h>

#include "stats/tally.h"

enum { REGRESSION_VERSION = 1 };

static const uint32_t regression_tag = CODEC_TAG('R', 'E', 'G', 'R');

static bool values_ok(double truth, double predicted)
{
    return fabs(truth) <= DD_ABS_MAX && fabs(predicted) <= DD_ABS_MAX;
}

static void move(struct regression *s, double y, double p, double w)
{
    struct dd *sums = s->sums;
    double error = p - y;
    dd_add(&sums[REGRESSION_WEIGHT], w);
    dd_add_product(&sums[REGRESSION_TRUTH], w, y);
    dd_add_product(&sums[REGRESSION_PREDICTED], w, p);
    dd_add_product3(&sums[REGRESSION_TRUTH_SQUARED], y, y, w);
    dd_add_product3(&sums[REGRESSION_PREDICTED_SQUARED], p, p, w);
    dd_add_product3(&sums[REGRESSION_CROSS], y, p, w);
    dd_add_product(&sums[REGRESSION_ERROR], w, error);
    dd_add_product(&sums[REGRESSION_ERROR_ABSOLUTE], w, fabs(error));
    dd_add_product3(&sums[REGRESSION_ERROR_SQUARED], error, error, w);
    dd_add_product(&sums[REGRESSION_ERROR_RELATIVE], w, fabs(error) / fmax(fabs(y), DBL_EPSILON));
}

bool regression_add(struct regression *s, double truth, double predicted, double weight)
{
    assert(s && tally_weight_ok(weight));
    if (!values_ok(truth, predicted))
        return false;
    s->rows++;
    s->rows_wrong += predicted != truth;
    move(s, truth, predicted, weight);
    return true;
}

bool regression_remove(struct regression *s, double truth, double predicted, double weight)
{
    assert(s && tally_weight_ok(weight));
    bool wrong = predicted != truth;
    if (!values_ok(truth, predicted) || s->rows == 0 || (wrong && s->rows_wrong == 0))
        return false;
    s->rows_wrong -= wrong;
    move(s, truth, predicted, -weight);
    if (--s->rows == 0)
        *s = (struct regression){0};
    return true;
}

void regression_merge(struct regression *s, const struct regression *other)
{
    s->rows += other->rows;
    s->rows_wrong += other->rows_wrong;
    for (int i = 0; i < REGRESSION_SUMS; i++)
        dd_add_dd(&s->sums[i], other->sums[i]);
}

static enum stat_reason missing(const struct regression *s, uint64_t rows_min)
{
    if (s->rows == 0)
        return STAT_EMPTY;
    if (s->rows < rows_min)
        return STAT_TOO_FEW;
    return dd_value(&s->sums[REGRESSION_WEIGHT]) > 0 ? STAT_OK : STAT_NO_WEIGHT;
}

static double sum_of(const struct regression *s, int which)
{
    return dd_value(&s->sums[which]);
}

static struct stat_value mean_of(const struct regression *s, int which)
{
    enum stat_reason reason = missing(s, 1);
    if (reason)
        return stat_none(reason);
    if (s->rows_wrong == 0)
        return stat_ok(0);
    return stat_ok(sum_of(s, which) / sum_of(s, REGRESSION_WEIGHT));
}

/* sum w (a - mean a)(b - mean b) from sum w a b, sum w a, sum w b */
static double central(const struct regression *s, int product, int a, int b)
{
    /* The mean first: the product of two sums may overflow. */
    struct dd mean = dd_divide(s->sums[a], s->sums[REGRESSION_WEIGHT]);
    struct dd sum = s->sums[product];
    dd_add_dd(&sum, dd_negative(dd_multiply(mean, s->sums[b])));
    return dd_value(&sum);
}

/* A sum of squares around the mean, exactly 0 where only the rounding of the sums is left:
 * every row may add an error of about 2^-103 of the raw sum. */
static double spread(const struct regression *s, int square, int linear)
{
    double around_mean = central(s, square, linear, linear);
    double rounding = ((double)s->rows + 8) * 0x1p-103 * sum_of(s, square);
    return around_mean > rounding ? around_mean : 0;
}

struct stat_value regression_r2(const struct regression *s)
{
    enum stat_reason reason = missing(s, 2);
    if (reason)
        return stat_none(reason);
    double total = spread(s, REGRESSION_TRUTH_SQUARED, REGRESSION_TRUTH);
    if (s->rows_wrong == 0)
        return stat_ok(1);
    double errors = sum_of(s, REGRESSION_ERROR_SQUARED);
    if (total == 0)
        return stat_ok(errors > 0 ? 0 : 1);
    return stat_ok(1 - errors / total);
}

struct stat_value regression_r2_pearson(const struct regression *s)
{
    enum stat_reason reason = missing(s, 2);
    if (reason)
        return stat_none(reason);
    double truth = spread(s, REGRESSION_TRUTH_SQUARED, REGRESSION_TRUTH);
    double predicted = spread(s, REGRESSION_PREDICTED_SQUARED, REGRESSION_PREDICTED);
    if (truth == 0 || predicted == 0)
        return stat_none(STAT_CONSTANT);
    double cross = central(s, REGRESSION_CROSS, REGRESSION_TRUTH, REGRESSION_PREDICTED);
    double r = cross / sqrt(truth) / sqrt(predicted);
    return stat_ok(fmin(1, r * r));
}

struct stat_value regression_mse(const struct regression *s)
{
    return mean_of(s, REGRESSION_ERROR_SQUARED);
}

struct stat_value regression_rmse(const struct regression *s)
{
    struct stat_value mse = regression_mse(s);
    return mse.reason ? mse : stat_ok(sqrt(fmax(0, mse.value)));
}

struct stat_value regression_mae(const struct regression *s)
{
    return mean_of(s, REGRESSION_ERROR_ABSOLUTE);
}

struct stat_value regression_me(const struct regression *s)
{
    return mean_of(s, REGRESSION_ERROR);
}

struct stat_value regression_mape(const struct regression *s)
{
    return mean_of(s, REGRESSION_ERROR_RELATIVE);
}

size_t regression_write(const struct regression *s, uint8_t *p, size_t room)
{
    struct codec_out out = {.p = p, .room = room};
    codec_begin(&out, regression_tag, REGRESSION_VERSION);
    codec_put_u64(&out, s->rows);
    codec_put_u64(&out, s->rows_wrong);
    for (int i = 0; i < REGRESSION_SUMS; i++)
        dd_put(&out, &s->sums[i]);
    return codec_end(&out);
}

enum err regression_read(struct regression *s, const uint8_t *p, size_t n, struct err_ctx *e)
{
    static const char what[] = "regression sums";
    struct codec_in in;
    enum err err = codec_open(&in, p, n, regression_tag, REGRESSION_VERSION, what, e);
    if (err)
        return err;
    struct regression read = {.rows = codec_get_u64(&in)};
    read.rows_wrong = codec_get_u64(&in);
    for (int i = 0; i < REGRESSION_SUMS; i++)
        read.sums[i] = dd_get(&in);
    codec_expect(&in, read.rows_wrong <= read.rows && sum_of(&read, REGRESSION_WEIGHT) >= 0);
    err = codec_close(&in, what, e);
    if (!err)
        *s = read;
    return err;
}
