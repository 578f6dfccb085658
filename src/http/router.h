/* http/router.h
 *
 * Finds the route of a path: a tree of segments, where a literal segment wins over a parameter and
 * a parameter over "the rest".
 *
 *     router_add(&r, route, mount);
 *     router_find(&r, HTTP_GET, STR("/a/x/b"), &match);
 *
 * Built before the server starts, read by any thread after that. */
#ifndef HTTP_ROUTER_H
#define HTTP_ROUTER_H

#include "http/http.h"

struct router_node;

struct router {
    struct router_node *root;
};

struct router_match {
    const struct http_route *route; /* NULL: no such path, or not with this method */
    const struct http_mount *mount; /* without a route: of another method, whose words fit too */
    struct str params[HTTP_PARAMS_MAX]; /* still encoded */
    unsigned param_count;
    unsigned methods; /* bit per method that the path has */
};

void router_init(struct router *r);
void router_release(struct router *r);

/* A pattern with a method that is already there is a bug. */
void router_add(struct router *r, const struct http_route *route, const struct http_mount *mount);

void router_find(const struct router *r, enum http_method method, struct str path,
                 struct router_match *match);

#endif
