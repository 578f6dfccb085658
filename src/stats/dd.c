#include "stats/dd.h"

struct dd dd_divide(struct dd a, struct dd b)
{
    assert(b.high != 0);
    double q1 = a.high / b.high;
    struct dd rest = a;
    dd_add_dd(&rest, dd_negative(dd_times(b, q1)));
    double q2 = rest.high / b.high;
    dd_add_dd(&rest, dd_negative(dd_times(b, q2)));
    double q3 = rest.high / b.high;
    struct dd q = dd_normal(q1, q2);
    dd_add(&q, q3);
    return q;
}

void dd_put(struct codec_out *out, const struct dd *s)
{
    codec_put_f64(out, s->high);
    codec_put_f64(out, s->low);
}

struct dd dd_get(struct codec_in *in)
{
    struct dd s;
    s.high = codec_get_f64(in);
    s.low = codec_get_f64(in);
    return s;
}
