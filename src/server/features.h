/* server/features.h
 *
 * The features of the product in the order in which they are opened; they are closed in reverse.
 * To add one: a member in struct features, a pair of small functions and a row in features.c.
 *
 *     struct features f = {.parts = &parts};
 *     err = features_open(&f, e);
 *     features_mount(&f, http);
 *     ...
 *     features_close(&f);
 *
 * What a feature needs of the program is in struct parts. */
#ifndef SERVER_FEATURES_H
#define SERVER_FEATURES_H

#include "base/pool.h"
#include "http/events.h"
#include "http/http.h"
#include "server/program.h"

struct catalog;
struct identity;
struct monitoring;
struct oip;
struct predictions;
struct prometheus;
struct registry;
struct serving;
struct streams;
struct training;

/* What the server lends to the features. */
struct parts {
    struct program *program;
    struct arena *arena; /* for paths and names that live as long as the server */
    struct streams *streams;
    struct events *events;
    struct pool *pool; /* for work that blocks, the HTTP handlers' too */
    void (*expose)(void *context, struct exposition *x); /* writes everybody's metrics */
    void *expose_context;
};

struct features {
    const struct parts *parts;
    size_t opened;      /* rows of the table that are open */
    uint64_t opened_ns; /* when, by the monotonic clock */
    struct identity *identity;
    struct catalog *catalog;
    struct registry *registry;
    struct monitoring *monitoring;
    struct predictions *predictions;
    struct serving *serving;
    struct training *training;
    struct oip *oip;
    struct prometheus *prometheus;
};

WARN_UNUSED enum err features_open(struct features *f, struct err_ctx *e);
void features_mount(struct features *f, struct http_server *http);
void features_close(struct features *f);

/* Whether every feature can do its work; false while one still loads. */
bool features_ready(struct features *f);

/* The metrics of every feature that has some. */
void features_expose(struct features *f, struct exposition *x);

/* Each table of routes in turn, false at the end: for the reference and for tests. */
bool features_routes(size_t index, const struct http_route **routes, size_t *count);

#endif
