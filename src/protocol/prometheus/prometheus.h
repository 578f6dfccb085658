/* protocol/prometheus/prometheus.h
 *
 * GET /metrics for Prometheus: what the process uses, and what the parts of the program tell.
 *
 *     struct prometheus *p = NULL;
 *     err = prometheus_open(&(struct prometheus_opts){.expose = expose, .context = server,
 *                                                     .version = "0.1.0"}, &p, e);
 *     prometheus_close(p);
 *
 * Any thread. */
#ifndef PROTOCOL_PROMETHEUS_PROMETHEUS_H
#define PROTOCOL_PROMETHEUS_PROMETHEUS_H

#include "base/exposition.h"
#include "http/http.h"

struct prometheus;

struct prometheus_opts {
    void (*expose)(void *context, struct exposition *x); /* writes everybody's metrics */
    void *context;
    const char *version;
};

extern const struct http_route prometheus_routes[];
extern const size_t prometheus_route_count;

WARN_UNUSED enum err prometheus_open(const struct prometheus_opts *opts, struct prometheus **out,
                                     struct err_ctx *e);
void prometheus_close(struct prometheus *p);

#endif
