/* server/inside.h
 *
 * What the server's own handlers share. Nothing outside src/server/ includes this. */
#ifndef SERVER_INSIDE_H
#define SERVER_INSIDE_H

#include <stdatomic.h>

#include "base/buf.h"
#include "http/static.h"
#include "server/features.h"
#include "server/housekeeping.h"

struct server {
    struct program *program;
    struct arena arena;
    struct parts parts;
    struct features features;
    struct housekeeping *housekeeping;
    struct pool *pool;
    struct streams *streams;
    struct events *events;
    struct statics *pages;
    struct http_server *http;
    const char *url;
    struct buf reference; /* openapi.json */
    _Atomic bool ready;
};

#define ROUTE(method_, pattern_, role_, handler_, ...)                                             \
    WARN_UNUSED enum err handler_(struct http_request *rq, struct err_ctx *e);
#include "server/clock_routes.def"
#include "server/page_routes.def"
#include "server/routes.def"
#undef ROUTE

/* Writes everybody's metrics; `server` is one. */
void server_metrics(void *server, struct exposition *x);

/* The server's own routes: the interface, the clock for tests, and what is no part of it. */
extern const struct http_route server_routes[];
extern const size_t server_route_count;
extern const struct http_route server_clock_routes[];
extern const size_t server_clock_route_count;
/* Tells an error in the words of the protocol to which the path belongs. */
void server_write_error(struct http_request *rq, const struct err_ctx *e);

extern const struct http_route server_page_routes[];
extern const size_t server_page_route_count;

#endif
