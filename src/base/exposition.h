/* base/exposition.h
 *
 * Writes metrics as Prometheus reads them (text format 0.0.4): a family with its help and type,
 * then its series.
 *
 *     exposition_counter(x, "crisol_http_requests_total", "Requests that were answered.");
 *     exposition_add(x, LABELS({"status", STR("200")}), 17);
 *     exposition_gauge(x, "crisol_pool_queued", "Work that waits for a thread.");
 *     exposition_add(x, NO_LABELS, 3);
 *     exposition_histogram(x, "crisol_http_seconds", "How long requests take.");
 *     exposition_add_histogram(x, LABELS({"phase", STR("total")}), &took);
 *
 * A family is begun once; its series follow it at once. Names are literals. Not thread-safe. */
#ifndef BASE_EXPOSITION_H
#define BASE_EXPOSITION_H

#include "base/buf.h"
#include "base/histogram.h"

struct exposition {
    struct buf *out;
    const char *family; /* the one that was begun last */
};

struct exposition_label {
    const char *name;
    struct str value;
};

#define LABELS(...)                                                                                \
    (const struct exposition_label[]){__VA_ARGS__},                                                \
        sizeof((const struct exposition_label[]){__VA_ARGS__}) / sizeof(struct exposition_label)
#define NO_LABELS NULL, 0

void exposition_init(struct exposition *x, struct buf *out);

void exposition_counter(struct exposition *x, const char *name, const char *help);
void exposition_gauge(struct exposition *x, const char *name, const char *help);
void exposition_histogram(struct exposition *x, const char *name, const char *help);

void exposition_add(struct exposition *x, const struct exposition_label *labels, size_t count,
                    double value);
void exposition_add_histogram(struct exposition *x, const struct exposition_label *labels,
                              size_t count, const struct histogram *h);

#endif
