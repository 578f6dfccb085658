#include "base/exposition.h"

#include <math.h>

void exposition_init(struct exposition *x, struct buf *out)
{
    *x = (struct exposition){out, NULL};
}

static void begin(struct exposition *x, const char *name, const char *help, const char *type)
{
    x->family = name;
    buf_addf(x->out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void exposition_counter(struct exposition *x, const char *name, const char *help)
{
    assert(str_ends(str_of(name), STR("_total")));
    begin(x, name, help, "counter");
}

void exposition_gauge(struct exposition *x, const char *name, const char *help)
{
    begin(x, name, help, "gauge");
}

void exposition_histogram(struct exposition *x, const char *name, const char *help)
{
    begin(x, name, help, "histogram");
}

static void add_value(struct buf *out, double value)
{
    if (isnan(value))
        buf_add(out, STR("NaN"));
    else if (isinf(value))
        buf_add(out, value > 0 ? STR("+Inf") : STR("-Inf"));
    else
        buf_add_f64(out, value);
}

static void add_escaped(struct buf *out, struct str value)
{
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] == '\n')
            buf_add(out, STR("\\n"));
        else if (value.p[i] == '"' || value.p[i] == '\\')
            buf_addf(out, "\\%c", value.p[i]);
        else
            buf_add_c(out, value.p[i]);
    }
}

/* `bound` is a histogram's le, NULL for other series. */
static void add_series(struct exposition *x, const char *suffix,
                       const struct exposition_label *labels, size_t count, const double *bound,
                       double value)
{
    struct buf *out = x->out;
    assert(x->family);
    buf_addf(out, "%s%s", x->family, suffix);
    for (size_t i = 0; i < count; i++) {
        buf_addf(out, "%s%s=\"", i ? "," : "{", labels[i].name);
        add_escaped(out, labels[i].value);
        buf_add_c(out, '"');
    }
    if (bound) {
        buf_add(out, count ? STR(",le=\"") : STR("{le=\""));
        add_value(out, *bound);
        buf_add_c(out, '"');
    }
    buf_add(out, count || bound ? STR("} ") : STR(" "));
    add_value(out, value);
    buf_add_c(out, '\n');
}

void exposition_add(struct exposition *x, const struct exposition_label *labels, size_t count,
                    double value)
{
    add_series(x, "", labels, count, NULL, value);
}

void exposition_add_histogram(struct exposition *x, const struct exposition_label *labels,
                              size_t count, const struct histogram *h)
{
    uint64_t seen = 0;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        double bound = histogram_bound_s(i);
        seen += atomic_load_explicit(&h->counts[i], memory_order_relaxed);
        add_series(x, "_bucket", labels, count, &bound, (double)seen);
    }
    add_series(x, "_sum", labels, count, NULL, (double)atomic_load(&h->sum_ns) / 1e9);
    add_series(x, "_count", labels, count, NULL, (double)seen);
}
