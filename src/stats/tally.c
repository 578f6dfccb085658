#include "stats/tally.h"

#include <math.h>

enum { TALLY_ROWS_MAX_LOG2 = 62 };

bool tally_weight_ok(double weight)
{
    return weight >= 0 && weight <= TALLY_WEIGHT_MAX;
}

/* Weights are never negative: a minus says that the second part follows. */
void tally_put(struct codec_out *out, const struct tally *t)
{
    bool weighted = t->weight != (double)t->rows || t->weight_low != 0;
    codec_put_varint(out, t->rows << 1 | weighted);
    if (!weighted)
        return;
    codec_put_f64(out, t->weight_low != 0 ? -t->weight : t->weight);
    if (t->weight_low != 0)
        codec_put_f64(out, t->weight_low);
}

struct tally tally_get(struct codec_in *in)
{
    uint64_t head = codec_get_varint(in);
    struct tally t = {.rows = head >> 1, .weight = (double)(head >> 1)};
    if (head & 1)
        t.weight = codec_get_f64(in);
    if (signbit(t.weight)) {
        t.weight = -t.weight;
        t.weight_low = codec_get_f64(in);
        codec_expect(in, t.weight + t.weight_low == t.weight);
    }
    codec_expect(in, t.rows >> TALLY_ROWS_MAX_LOG2 == 0);
    codec_expect(in, t.rows > 0 || t.weight == 0);
    return t;
}

void tally_put_sparse(struct codec_out *out, const struct tally *t, size_t count)
{
    size_t filled = 0;
    for (size_t i = 0; i < count; i++)
        filled += t[i].rows > 0;
    codec_put_varint(out, filled);
    size_t next = 0;
    for (size_t i = 0; i < count; i++) {
        if (t[i].rows == 0)
            continue;
        codec_put_varint(out, i - next);
        tally_put(out, &t[i]);
        next = i + 1;
    }
}

void tally_get_sparse(struct codec_in *in, struct tally *t, size_t count)
{
    uint64_t filled = codec_get_varint(in);
    codec_expect(in, filled <= count);
    size_t next = 0;
    while (!in->failed && filled-- > 0) {
        uint64_t gap = codec_get_varint(in);
        if (!codec_expect(in, gap < count - next))
            return;
        next += (size_t)gap;
        t[next] = tally_get(in);
        codec_expect(in, t[next].rows > 0);
        next++;
    }
}
