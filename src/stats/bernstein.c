#include "stats/bernstein.h"

#include <math.h>

enum { BERNSTEIN_VERSION = 1 };

static const uint32_t bernstein_tag = CODEC_TAG('B', 'E', 'R', 'N');

void bernstein_init(struct bernstein *b, double alpha)
{
    assert(alpha > 0 && alpha < 1);
    *b = (struct bernstein){.alpha = alpha, .high = 1};
}

bool bernstein_add(struct bernstein *b, double x)
{
    if (!(x >= 0 && x <= 1))
        return false;
    double before = (double)b->rows, t = before + 1;
    double mean = (0.5 + b->sum) / t, variance = (0.25 + b->square) / t;
    double bet = fmin(0.5, sqrt(2 * log(2 / b->alpha) / (variance * t * log1p(t))));
    b->bets += bet;
    b->won += bet * x;
    b->cost += (x - mean) * (x - mean) * (-log1p(-bet) - bet);
    b->sum += x;
    b->rows++;
    double mean_now = (0.5 + b->sum) / (t + 1);
    b->square += (x - mean_now) * (x - mean_now);

    double half = (log(2 / b->alpha) + b->cost) / b->bets;
    b->low = fmax(b->low, b->won / b->bets - half);
    b->high = fmin(b->high, b->won / b->bets + half);
    return true;
}

struct stat_interval bernstein_interval(const struct bernstein *b)
{
    if (b->rows == 0)
        return stat_interval_none(STAT_EMPTY);
    /* An empty intersection has chance alpha at most; the mean then drifted. */
    return (struct stat_interval){.low = fmin(b->low, b->high), .high = fmax(b->low, b->high)};
}

double bernstein_log_e(const struct bernstein *b, double m0)
{
    return b->won - m0 * b->bets - b->cost;
}

size_t bernstein_write(const struct bernstein *b, uint8_t *p, size_t room)
{
    struct codec_out out = {.p = p, .room = room};
    codec_begin(&out, bernstein_tag, BERNSTEIN_VERSION);
    codec_put_varint(&out, b->rows);
    const double fields[] = {b->alpha, b->sum,  b->square, b->bets,
                             b->won,   b->cost, b->low,    b->high};
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        codec_put_f64(&out, fields[i]);
    return codec_end(&out);
}

enum err bernstein_read(struct bernstein *b, const uint8_t *p, size_t n, struct err_ctx *e)
{
    static const char what[] = "confidence sequence";
    struct codec_in in;
    enum err err = codec_open(&in, p, n, bernstein_tag, BERNSTEIN_VERSION, what, e);
    if (err)
        return err;
    struct bernstein read = {.rows = codec_get_varint(&in)};
    double *fields[] = {&read.alpha, &read.sum,  &read.square, &read.bets,
                        &read.won,   &read.cost, &read.low,    &read.high};
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        *fields[i] = codec_get_f64(&in);
        codec_expect(&in, *fields[i] >= 0);
    }
    codec_expect(&in, read.alpha > 0 && read.alpha < 1 && read.low <= 1 && read.high <= 1);
    err = codec_close(&in, what, e);
    if (!err)
        *b = read;
    return err;
}
