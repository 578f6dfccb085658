#include "stats/sketch.h"

#include <math.h>

enum { SKETCH_VERSION = 1, INDEX_MAX = 1745, SPARE = 32 };

static const uint32_t sketch_tag = CODEC_TAG('S', 'K', 'E', 'T');
static const double magnitude_min = 1e-15;
static const double gamma_minus_one = 0.02;

void sketch_init(struct sketch *s)
{
    *s = (struct sketch){0};
}

void sketch_release(struct sketch *s)
{
    free(s->negative.rows);
    free(s->positive.rows);
    sketch_init(s);
}

static int32_t index_of(double magnitude)
{
    double index = ceil(log(magnitude) / log1p(gamma_minus_one));
    return (int32_t)fmin(INDEX_MAX, fmax(-INDEX_MAX, index));
}

/* The point of a bucket with the least relative error: 2 gamma^i / (gamma + 1). */
static double centre_of(int32_t index)
{
    return 2 * exp(index * log1p(gamma_minus_one)) / (2 + gamma_minus_one);
}

uint64_t sketch_side_rows(const struct sketch_side *side, int32_t index)
{
    if (index < side->first || index >= side->first + (int32_t)side->count)
        return 0;
    return side->rows[index - side->first];
}

/* Widens the side so that it holds the index, with some room for the neighbours. */
static void side_reach(struct sketch_side *side, int32_t index)
{
    if (side->count > 0 && index >= side->first && index < side->first + (int32_t)side->count)
        return;
    int32_t first = side->count == 0 ? index : MIN(index, side->first);
    int32_t end = side->count == 0 ? index + 1 : MAX(index + 1, side->first + (int32_t)side->count);
    first = MAX(-INDEX_MAX, first - SPARE);
    end = MIN(INDEX_MAX + 1, end + SPARE);
    uint64_t *rows = xcalloc((size_t)(end - first), sizeof *rows);
    if (side->count > 0)
        memcpy(rows + (side->first - first), side->rows, side->count * sizeof *rows);
    free(side->rows);
    *side = (struct sketch_side){first, (uint32_t)(end - first), rows};
}

static uint64_t *counter_of(struct sketch *s, double x)
{
    if (fabs(x) < magnitude_min)
        return &s->zeros;
    struct sketch_side *side = x > 0 ? &s->positive : &s->negative;
    int32_t index = index_of(fabs(x));
    side_reach(side, index);
    return &side->rows[index - side->first];
}

bool sketch_add(struct sketch *s, double x)
{
    if (!isfinite(x))
        return false;
    ++*counter_of(s, x);
    s->rows++;
    return true;
}

bool sketch_remove(struct sketch *s, double x)
{
    if (!isfinite(x))
        return false;
    uint64_t *counter = counter_of(s, x);
    if (*counter == 0)
        return false;
    --*counter;
    s->rows--;
    return true;
}

static void side_merge(struct sketch_side *side, const struct sketch_side *other)
{
    for (uint32_t i = 0; i < other->count; i++) {
        if (other->rows[i] == 0)
            continue;
        side_reach(side, other->first + (int32_t)i);
        side->rows[other->first + (int32_t)i - side->first] += other->rows[i];
    }
}

void sketch_merge(struct sketch *s, const struct sketch *other)
{
    assert(s != other);
    s->rows += other->rows;
    s->zeros += other->zeros;
    side_merge(&s->negative, &other->negative);
    side_merge(&s->positive, &other->positive);
}

struct stat_value sketch_quantile(const struct sketch *s, double q)
{
    if (!(q >= 0 && q <= 1))
        return stat_none(STAT_OUT_OF_DOMAIN);
    if (s->rows == 0)
        return stat_none(STAT_EMPTY);
    double rank = q * (double)(s->rows - 1), seen = 0;
    for (uint32_t i = s->negative.count; i-- > 0;) {
        seen += (double)s->negative.rows[i];
        if (seen > rank)
            return stat_ok(-centre_of(s->negative.first + (int32_t)i));
    }
    seen += (double)s->zeros;
    if (seen > rank)
        return stat_ok(0);
    int32_t last = 0;
    for (uint32_t i = 0; i < s->positive.count && seen <= rank; i++) {
        seen += (double)s->positive.rows[i];
        last = s->positive.first + (int32_t)i;
    }
    return stat_ok(centre_of(last));
}

static void side_put(struct codec_out *out, const struct sketch_side *side)
{
    uint32_t filled = 0;
    for (uint32_t i = 0; i < side->count; i++)
        filled += side->rows[i] > 0;
    codec_put_varint(out, filled);
    int32_t next = -INDEX_MAX;
    for (uint32_t i = 0; i < side->count; i++) {
        if (side->rows[i] == 0)
            continue;
        int32_t index = side->first + (int32_t)i;
        codec_put_varint(out, (uint64_t)(index - next));
        codec_put_varint(out, side->rows[i]);
        next = index + 1;
    }
}

/* Returns the rows read. */
static uint64_t side_get(struct codec_in *in, struct sketch_side *side)
{
    uint64_t filled = codec_get_varint(in), total = 0;
    int64_t next = -INDEX_MAX;
    while (!in->failed && filled-- > 0) {
        uint64_t gap = codec_get_varint(in), rows = codec_get_varint(in);
        if (!codec_expect(in, gap <= (uint64_t)(INDEX_MAX - next) && rows > 0 && rows >> 62 == 0))
            break;
        next += (int64_t)gap;
        side_reach(side, (int32_t)next);
        side->rows[next - side->first] = rows;
        total += rows;
        if (next++ == INDEX_MAX)
            codec_expect(in, filled == 0);
    }
    return total;
}

size_t sketch_write(const struct sketch *s, uint8_t *p, size_t room)
{
    struct codec_out out = {.p = p, .room = room};
    codec_begin(&out, sketch_tag, SKETCH_VERSION);
    codec_put_varint(&out, s->zeros);
    side_put(&out, &s->negative);
    side_put(&out, &s->positive);
    return codec_end(&out);
}

enum err sketch_read(struct sketch *s, const uint8_t *p, size_t n, struct err_ctx *e)
{
    static const char what[] = "quantile sketch";
    struct codec_in in;
    enum err err = codec_open(&in, p, n, sketch_tag, SKETCH_VERSION, what, e);
    if (err)
        return err;
    sketch_init(s);
    s->zeros = codec_get_varint(&in);
    s->rows = s->zeros;
    s->rows += side_get(&in, &s->negative);
    s->rows += side_get(&in, &s->positive);
    err = codec_close(&in, what, e);
    if (err)
        sketch_release(s);
    return err;
}
