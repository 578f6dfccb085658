#include "stats/pagehinkley.h"

#include <math.h>

enum { PAGEHINKLEY_VERSION = 1 };

static const uint32_t pagehinkley_tag = CODEC_TAG('P', 'A', 'G', 'E');

const struct pagehinkley_options pagehinkley_defaults = {
    .tolerance = 0.005, .threshold = 50, .forget = 0.9999, .rows_min = 30};

static bool options_ok(const struct pagehinkley_options *o)
{
    return isfinite(o->tolerance) && o->threshold > 0 && o->forget > 0 && o->forget <= 1;
}

void pagehinkley_init(struct pagehinkley *p, const struct pagehinkley_options *options)
{
    assert(options_ok(options));
    *p = (struct pagehinkley){.options = *options};
}

enum pagehinkley_change pagehinkley_add(struct pagehinkley *p, double x)
{
    assert(isfinite(x));
    const struct pagehinkley_options *o = &p->options;
    p->rows++;
    p->mean += (x - p->mean) / (double)p->rows;
    p->up = o->forget * p->up + (x - p->mean - o->tolerance);
    p->down = o->forget * p->down + (x - p->mean + o->tolerance);
    p->up_min = fmin(p->up_min, p->up);
    p->down_max = fmax(p->down_max, p->down);
    enum pagehinkley_change change = PAGEHINKLEY_NONE;
    if (p->rows >= o->rows_min && p->up - p->up_min > o->threshold)
        change = PAGEHINKLEY_UP;
    else if (p->rows >= o->rows_min && p->down_max - p->down > o->threshold)
        change = PAGEHINKLEY_DOWN;
    if (change != PAGEHINKLEY_NONE)
        *p = (struct pagehinkley){.options = p->options};
    return change;
}

size_t pagehinkley_write(const struct pagehinkley *p, uint8_t *bytes, size_t room)
{
    struct codec_out out = {.p = bytes, .room = room};
    codec_begin(&out, pagehinkley_tag, PAGEHINKLEY_VERSION);
    codec_put_varint(&out, p->options.rows_min);
    codec_put_varint(&out, p->rows);
    const double fields[] = {p->options.tolerance,
                             p->options.threshold,
                             p->options.forget,
                             p->mean,
                             p->up,
                             p->up_min,
                             p->down,
                             p->down_max};
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        codec_put_f64(&out, fields[i]);
    return codec_end(&out);
}

enum err pagehinkley_read(struct pagehinkley *p, const uint8_t *bytes, size_t n, struct err_ctx *e)
{
    static const char what[] = "change detector";
    struct codec_in in;
    enum err err = codec_open(&in, bytes, n, pagehinkley_tag, PAGEHINKLEY_VERSION, what, e);
    if (err)
        return err;
    struct pagehinkley read = {.options.rows_min = codec_get_varint(&in)};
    read.rows = codec_get_varint(&in);
    double *fields[] = {&read.options.tolerance,
                        &read.options.threshold,
                        &read.options.forget,
                        &read.mean,
                        &read.up,
                        &read.up_min,
                        &read.down,
                        &read.down_max};
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        *fields[i] = codec_get_f64(&in);
    codec_expect(&in, options_ok(&read.options));
    codec_expect(&in, read.up_min <= fmin(0, read.up) && read.down_max >= fmax(0, read.down));
    err = codec_close(&in, what, e);
    if (!err)
        *p = read;
    return err;
}
